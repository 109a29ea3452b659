use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// `PID-18`, `PID-5.1`, or a run of fields (`PID-9..17`) or of components (`PID-2.2..4`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FieldPath {
    /// Segment name.
    pub segment: String,
    /// Field number; the first one of a run of fields.
    pub field: u16,
    /// Component number; the first one of a run of components.
    pub component: Option<u16>,
    /// Number of the last field or component of a run.
    pub run_to: Option<u16>,
}

impl FieldPath {
    /// Whether it names more than one field or component.
    pub fn is_run(&self) -> bool {
        self.run_to.is_some()
    }

    /// The highest field number that it covers.
    pub fn last_field(&self) -> u16 {
        if self.component.is_none() { self.run_to.unwrap_or(self.field) } else { self.field }
    }

    /// Whether all that it covers lies before all that `other` covers.
    pub(crate) fn ends_before(&self, other: &Self) -> bool {
        if self.last_field() != other.field {
            return self.last_field() < other.field;
        }
        match (self.component, other.component) {
            (Some(component), Some(other)) => self.run_to.unwrap_or(component) < other,
            _ => false,
        }
    }
}

impl FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (segment, place) = text.split_once('-')?;
            let (first, run_to) = match place.split_once("..") {
                Some((first, last)) => (first, Some(last.parse().ok()?)),
                None => (place, None),
            };
            let (field, component) = match first.split_once('.') {
                Some((field, component)) => (field.parse().ok()?, Some(component.parse().ok()?)),
                None => (first.parse().ok()?, None),
            };
            let counts_up = run_to.is_none_or(|last: u16| last > component.unwrap_or(field));
            let valid = segment.len() == 3 && field > 0 && component != Some(0) && counts_up;
            valid.then(|| Self { segment: segment.into(), field, component, run_to })
        };
        parts().ok_or_else(|| format!("`{text}` is no path; write PID-18, PID-5.1, PID-9..17 or PID-2.2..4"))
    }
}

impl TryFrom<String> for FieldPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.segment, self.field)?;
        if let Some(component) = self.component {
            write!(f, ".{component}")?;
        }
        if let Some(last) = self.run_to {
            write!(f, "..{last}")?;
        }
        Ok(())
    }
}
