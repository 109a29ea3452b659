//! Comparing two messages, by bytes and by meaning.

mod align;
mod compare;
mod report;

use crate::{Message, Path};
use compare::Comparison;

/// Result of a comparison; its `Display` is a report for a terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// How the two relate.
    pub verdict: Verdict,
    /// Where they differ, in the order of the message; none exactly when they are identical.
    pub differences: Vec<Difference>,
}

/// How two byte strings relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The same bytes.
    Identical,
    /// The same message written differently: trailing delimiters (ESC-005), trailing blanks (ESC-007), spelling of
    /// escapes, segment ends.
    SameMeaning,
    /// Anything else.
    Different,
}

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// The values differ.
    Value,
    /// The actual message lacks the segment.
    Missing,
    /// The actual message has a segment that is not expected.
    Surplus,
    /// At least one side is no HL7 message, so only bytes were compared.
    NotHl7,
    /// Trailing delimiters are present on one side only (ESC-005).
    TrailingDelimiters,
    /// Trailing blanks differ (ESC-007).
    TrailingBlanks,
    /// The same value, escaped differently.
    Escapes,
    /// Segments end with other bytes; reported once, for the first segment.
    SegmentEnds,
}

impl Note {
    /// Whether the difference makes the two [`Verdict::Different`].
    pub fn changes_meaning(self) -> bool {
        matches!(self, Note::Value | Note::Missing | Note::Surplus | Note::NotHl7)
    }
}

/// One place where two messages differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The element; none if it has no legal path.
    pub path: Option<Path>,
    /// Path and name of the element, such as `PID-5.1 Family Name`.
    pub label: String,
    /// Where the element begins in the expected bytes, or would begin.
    pub offset_expected: usize,
    /// Where the element begins in the actual bytes, or would begin.
    pub offset_actual: usize,
    /// The element's expected bytes.
    pub expected: Vec<u8>,
    /// The element's actual bytes.
    pub actual: Vec<u8>,
    /// What kind of difference it is.
    pub note: Note,
}

/// Compares the bytes of two messages. OBX-5 of type RP is compared as raw bytes (ESC-023). Where a side is no HL7
/// message, the bytes are compared as a whole.
pub fn diff(expected: &[u8], actual: &[u8]) -> Diff {
    if expected == actual {
        return Diff { verdict: Verdict::Identical, differences: Vec::new() };
    }
    let differences = match (Message::parse(expected), Message::parse(actual)) {
        (Ok(expected), Ok(actual)) => Comparison::new(&expected, &actual).run(),
        (parsed, other) => {
            let sides = [("expected", parsed.err()), ("actual", other.err())];
            let reasons = sides.into_iter().filter_map(|(side, error)| Some(format!("{side} bytes: {}", error?)));
            let label = reasons.collect::<Vec<_>>().join("; ");
            let (expected, actual) = (expected.to_vec(), actual.to_vec());
            let note = Note::NotHl7;
            vec![Difference { path: None, label, offset_expected: 0, offset_actual: 0, expected, actual, note }]
        }
    };
    let different = differences.iter().any(|difference| difference.note.changes_meaning());
    Diff { verdict: if different { Verdict::Different } else { Verdict::SameMeaning }, differences }
}
