//! The report on a comparison for a terminal.

use super::compare::common_prefix;
use super::{Diff, Difference, Note, Verdict};
use crate::show;
use std::fmt;

/// More differences than this are only counted.
const MOST_SHOWN: usize = 20;

/// More bytes of a value than this are cut.
const WIDTH: usize = 80;

impl fmt::Display for Diff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match self.differences.len() {
            1 => "1 difference".to_owned(),
            n => format!("{n} differences"),
        };
        match self.verdict {
            Verdict::Identical => return f.write_str("identical"),
            Verdict::SameMeaning => write!(f, "same meaning, other bytes: {count}")?,
            Verdict::Different => write!(f, "different: {count}")?,
        }
        // What changes the meaning comes first, so that spelling never hides it.
        let (serious, spelling): (Vec<_>, Vec<_>) = self.differences.iter().partition(|d| d.note.changes_meaning());
        for difference in serious.into_iter().chain(spelling).take(MOST_SHOWN) {
            write!(f, "\n\n{difference}")?;
        }
        match self.differences.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n\n... and {more} more"),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = common_prefix(&self.expected, &self.actual);
        writeln!(f, "{}: {}", self.label, self.note)?;
        writeln!(f, "  expected  {}", value(&self.expected, at))?;
        writeln!(f, "  actual    {}", value(&self.actual, at))?;
        writeln!(f, "  from byte {} (expected), {} (actual)", self.offset_expected + at, self.offset_actual + at)?;
        writeln!(f, "  expected  {}", show::hex(&self.expected, at))?;
        write!(f, "  actual    {}", show::hex(&self.actual, at))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Note::Value => "the values differ",
            Note::Missing => "the segment is missing",
            Note::Surplus => "the segment is not expected",
            Note::NotHl7 => "only bytes were compared",
            Note::TrailingDelimiters => "trailing delimiters differ, the meaning is the same",
            Note::TrailingBlanks => "trailing blanks differ, the meaning is the same",
            Note::Escapes => "escaped differently, the value is the same",
            Note::SegmentEnds => "the segment ends differ, here and perhaps below",
        })
    }
}

fn value(bytes: &[u8], at: usize) -> String {
    if bytes.is_empty() { "(nothing)".to_owned() } else { show::excerpt(bytes, at, WIDTH) }
}
