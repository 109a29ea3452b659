//! Names of segments, fields and components, as in HL7 v2.5.1.

mod table;

use table::{SEGMENTS, TYPES};

/// The name of a segment, such as `Patient Identification` for `PID`.
pub fn segment(name: &str) -> Option<&'static str> {
    SEGMENTS.iter().find(|(id, ..)| *id == name).map(|(_, name, _)| *name)
}

/// The name of a field, such as `Patient Name` for `PID`, 5.
pub fn field(segment: &str, field: usize) -> Option<&'static str> {
    entry(segment, field).map(|(name, _)| name)
}

/// The name of a component, such as `Family Name` for `PID`, 5, 1.
pub fn component(segment: &str, field: usize, component: usize) -> Option<&'static str> {
    let (_, data_type) = entry(segment, field)?;
    let (_, components) = TYPES.iter().find(|(id, _)| *id == data_type)?;
    components.split('|').nth(component.checked_sub(1)?)
}

/// Name and data type of a field.
fn entry(segment: &str, field: usize) -> Option<(&'static str, &'static str)> {
    let (.., fields) = SEGMENTS.iter().find(|(id, ..)| *id == segment)?;
    fields.split('|').nth(field.checked_sub(1)?)?.rsplit_once(' ')
}
