//! The values of one segment, as 03-orm understands them.

use super::Refusal;
use hl7::{Delimiters, Segment, Value, escape, unescape};

/// A segment whose values are read without trailing blanks (ESC-007), with `""` as empty (ESC-006) and without regard to trailing
/// delimiters (ESC-005). All numbers start at 1.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    segment: Segment<'a>,
    delimiters: Delimiters,
    name: &'static str,
    occurrence: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(
        segment: Segment<'a>,
        delimiters: Delimiters,
        name: &'static str,
        occurrence: usize,
    ) -> Fields<'a> {
        Fields { segment, delimiters, name, occurrence }
    }

    /// The repetitions of a field that hold something: number, and decoded component.
    pub(super) fn repetitions(&self, field: usize, component: usize) -> Vec<(usize, Vec<u8>)> {
        let repetitions = self.field(field).split(|b| *b == self.delimiters.repetition).zip(1..);
        let filled = repetitions.filter(|(raw, _)| self.is_filled(raw));
        filled.map(|(raw, number)| (number, self.component(raw, component))).collect()
    }

    /// Whether any repetition of the field holds something.
    pub(super) fn has(&self, field: usize) -> bool {
        self.field(field).split(|b| *b == self.delimiters.repetition).any(|raw| self.is_filled(raw))
    }

    /// The decoded component; no bytes when it is empty.
    pub(super) fn value(&self, field: usize, repetition: usize, component: usize) -> Vec<u8> {
        self.component(nth(self.field(field), self.delimiters.repetition, repetition), component)
    }

    /// The whole field, encoded with `|^~\&` (ESC-002).
    pub(super) fn encoded(&self, field: usize) -> Vec<u8> {
        let (from, to) = (self.delimiters, Delimiters::default());
        let raw = significant(self.field(field));
        if (Delimiters { truncation: None, ..from }) == to {
            return raw.to_vec();
        }
        let mut out = Vec::with_capacity(raw.len());
        for part in raw.split_inclusive(|b| [from.repetition, from.component, from.subcomponent].contains(b)) {
            let (value, end) = match part.split_last() {
                Some((end, value)) if *end == from.repetition => (value, Some(to.repetition)),
                Some((end, value)) if *end == from.component => (value, Some(to.component)),
                Some((end, value)) if *end == from.subcomponent => (value, Some(to.subcomponent)),
                _ => (part, None),
            };
            out.extend_from_slice(&escape(&unescape(value, &from), &to));
            out.extend(end);
        }
        out
    }

    /// A refusal because of this element; repetition and component 0 stand for the whole field.
    pub(super) fn refuse(
        &self,
        requirement: &'static str,
        error: u16,
        (field, repetition, component): (usize, usize, usize),
        why: &str,
    ) -> Refusal {
        let segment = format!("{}[{}]", self.name, self.occurrence);
        let at = match component {
            0 => format!("{segment}-{field}"),
            _ => format!("{segment}-{field}[{repetition}].{component}"),
        };
        Refusal::new(requirement, error, &at, why)
    }

    fn is_filled(&self, repetition: &[u8]) -> bool {
        repetition.split(|b| *b == self.delimiters.component).any(|component| !significant(component).is_empty())
    }

    /// Of sub-components the first.
    fn component(&self, repetition: &[u8], number: usize) -> Vec<u8> {
        let d = &self.delimiters;
        let component = nth(repetition, d.component, number);
        unescape(significant(nth(component, d.subcomponent, 1)), d).into_owned()
    }

    fn field(&self, number: usize) -> &'a [u8] {
        match self.segment.field(number) {
            Value::Present(raw) => raw,
            Value::Absent | Value::Empty | Value::Null => b"",
        }
    }
}

/// Without trailing blanks; no bytes for the explicit null.
fn significant(raw: &[u8]) -> &[u8] {
    let end = raw.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    match &raw[..end] {
        b"\"\"" => b"",
        value => value,
    }
}

fn nth(raw: &[u8], delimiter: u8, number: usize) -> &[u8] {
    raw.split(|b| *b == delimiter).nth(number.saturating_sub(1)).unwrap_or_default()
}
