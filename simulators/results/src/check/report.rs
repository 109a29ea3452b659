use std::ops::Range;

use super::view::Place;

/// The number of problems of one message that are reported at most.
pub const MOST_PROBLEMS: usize = 500;

/// One place of a message that breaks one requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The requirement, e.g. `ORU-OBX-8`.
    pub requirement: String,
    /// The HL7 path, e.g. `OBX[3]-8`.
    pub path: String,
    /// The offending bytes, as offsets in the message; empty where something is missing.
    pub range: Range<usize>,
    /// What should be there, in words.
    pub expected: String,
    /// What is there, in words.
    pub seen: String,
    /// The option of a profile under which this would be right.
    pub option: Option<&'static str>,
}

impl Problem {
    pub(super) fn new(requirement: &str, at: &Place<'_>, expected: impl Into<String>) -> Self {
        Self {
            requirement: requirement.into(),
            path: at.path.to_string(),
            range: at.range.clone(),
            expected: expected.into(),
            seen: seen(at.raw()),
            option: None,
        }
    }

    pub(super) fn allowed_by(self, option: impl Into<Option<&'static str>>) -> Self {
        Self { option: option.into(), ..self }
    }

    pub(super) fn seen(self, seen: impl Into<String>) -> Self {
        Self { seen: seen.into(), ..self }
    }
}

/// A value for people.
pub(super) fn seen(value: &[u8]) -> String {
    if value.is_empty() { "nothing".into() } else { format!("`{}`", hl7::show::excerpt(value, 0, 60)) }
}

/// The problems found so far.
#[derive(Default)]
pub(super) struct Report {
    problems: Vec<Problem>,
}

impl Report {
    pub(super) fn add(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// The problems in the order of the message.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.problems.sort_by_key(|problem| problem.range.start);
        self.problems
    }
}
