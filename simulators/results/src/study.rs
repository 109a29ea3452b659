//! A grading that was checked against the rules for input, and the observations that follow from it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::error::BuildError;
use crate::grading::{Eye, Finding, Grading, Level, Side};
use crate::order::Order;
use crate::profile::Profile;

/// Both eyes, checked (DISC-020 to DISC-028).
pub(crate) struct Study {
    pub(crate) right: EyeState,
    pub(crate) left: EyeState,
}

pub(crate) enum EyeState {
    Gradable(Exam),
    Ungradable { reason: Option<String> },
    Excluded { reason: Option<String> },
}

/// What was found in a gradable eye: an answer to every diagnosis, and the suspected conditions in the order of the grading.
pub(crate) struct Exam {
    pub(crate) diagnoses: Vec<Answer>,
    pub(crate) conditions: Vec<Condition>,
}

/// A diagnosis and its result.
pub(crate) struct Answer {
    pub(crate) finding: &'static str,
    observation: &'static str,
    pub(crate) result: &'static str,
    flag: Flag,
    pub(crate) negative: bool,
}

/// A suspected condition.
pub(crate) struct Condition {
    /// The name under which care plans know it; `Other` for free text.
    pub(crate) finding: String,
    /// How it is written in results.
    text: String,
    pub(crate) level: Level,
}

/// OBX-8, the least significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) enum Flag {
    #[serde(rename = "")]
    None,
    A,
    #[serde(rename = "AA")]
    Aa,
}

/// One line of the discrete block.
pub(crate) struct Observation {
    pub(crate) identifier: String,
    pub(crate) value: String,
    /// OBX-8; empty, or any code of table 0078 (DISC-218).
    pub(crate) flag: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    diagnoses: Vec<DiagnosisRow>,
    conditions: Vec<ConditionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DiagnosisRow {
    finding: String,
    observation: String,
    results: Vec<ResultRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultRow {
    #[serde(rename = "id")]
    _requirement: String,
    result: String,
    flag: Flag,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionRow {
    #[serde(rename = "id")]
    _requirement: String,
    condition: String,
    level: Level,
    #[serde(default)]
    also: Vec<String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/findings.yaml")).expect("the embedded findings are checked by tests")
});

impl Study {
    pub(crate) fn check(_order: &Order, grading: &Grading, _profile: &Profile) -> Result<Self, BuildError> {
        let study = Self { right: eye(Side::Right, &grading.right)?, left: eye(Side::Left, &grading.left)? };
        if study.evaluated().next().is_none() {
            return Err(BuildError::new(
                "DISC-028",
                "both eyes are excluded; at least one must be graded or ungradable",
            ));
        }
        Ok(study)
    }

    /// The eyes that are part of the study, right before left (DISC-150).
    pub(crate) fn evaluated(&self) -> impl Iterator<Item = (Side, &EyeState)> {
        [(Side::Right, &self.right), (Side::Left, &self.left)]
            .into_iter()
            .filter(|(_, state)| !matches!(state, EyeState::Excluded { .. }))
    }

    /// What was found in the gradable eyes.
    pub(crate) fn exams(&self) -> impl Iterator<Item = &Exam> {
        [&self.right, &self.left].into_iter().filter_map(EyeState::exam)
    }

    /// The lines of the discrete block (DISC-150, DISC-151).
    pub(crate) fn observations(&self, _profile: &Profile) -> Result<Vec<Observation>, BuildError> {
        let mut lines = Vec::new();
        // DISC-045: without a gradable eye there is no severity.
        if let Some(highest) = self.exams().map(Exam::highest_flag).max() {
            let severity = match highest {
                Flag::None => "NORMAL",
                Flag::A => "ABNORMAL",
                Flag::Aa => "CRITICAL",
            };
            lines.push(Observation {
                identifier: "SEVERITY".into(),
                value: severity.into(),
                flag: highest.as_str().into(),
            });
        }
        for (side, state) in self.evaluated() {
            let eye = match side {
                Side::Right => "RIGHT",
                Side::Left => "LEFT",
            };
            let mut line = |observation: &str, value: &str, flag: Flag| {
                let (identifier, flag) = (format!("{eye}{observation}"), flag.as_str().into());
                lines.push(Observation { identifier, value: value.into(), flag });
            };
            if let EyeState::Gradable(exam) = state {
                for answer in &exam.diagnoses {
                    line(answer.observation, answer.result, answer.flag);
                }
                line("OTHERRETIN", exam.condition_list().as_deref().unwrap_or("None"), exam.condition_flag());
            }
            let quality = if state.exam().is_some() { "Gradable Image" } else { "Not Gradable Image" };
            line("QUALAPP", quality, Flag::None);
        }
        Ok(lines)
    }
}

impl EyeState {
    pub(crate) fn exam(&self) -> Option<&Exam> {
        match self {
            EyeState::Gradable(exam) => Some(exam),
            _ => None,
        }
    }
}

impl Exam {
    /// The result of a diagnosis.
    pub(crate) fn result(&self, finding: &str) -> Option<&'static str> {
        self.diagnoses.iter().find(|answer| answer.finding == finding).map(|answer| answer.result)
    }

    /// The suspected conditions as one text (DISC-102), `None` when there are none.
    pub(crate) fn condition_list(&self) -> Option<String> {
        let texts: Vec<_> = self.conditions.iter().map(|condition| condition.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }

    fn condition_flag(&self) -> Flag {
        self.conditions.iter().map(|condition| condition.level.flag()).max().unwrap_or(Flag::None)
    }

    fn highest_flag(&self) -> Flag {
        self.diagnoses.iter().map(|answer| answer.flag).fold(self.condition_flag(), Flag::max)
    }
}

impl Level {
    /// DISC-105, DISC-108
    fn flag(self) -> Flag {
        match self {
            Level::NotReferable => Flag::None,
            Level::Referable => Flag::A,
            Level::Severe | Level::Urgent | Level::Emergent => Flag::Aa,
        }
    }
}

impl Flag {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Flag::None => "",
            Flag::A => "A",
            Flag::Aa => "AA",
        }
    }
}

fn eye(side: Side, eye: &Eye) -> Result<EyeState, BuildError> {
    let stated = |reason: &Option<String>| reason.clone().filter(|text| !text.is_empty());
    Ok(match eye {
        Eye::Gradable(findings) => EyeState::Gradable(exam(side, findings)?),
        Eye::Ungradable { reason } => EyeState::Ungradable { reason: stated(reason) },
        Eye::Excluded { reason } => EyeState::Excluded { reason: stated(reason) },
    })
}

fn exam(side: Side, findings: &[Finding]) -> Result<Exam, BuildError> {
    let diagnoses = CATALOGUE.diagnoses.iter().map(|row| answer(side, row, findings)).collect::<Result<Vec<_>, _>>()?;
    let conditions = findings
        .iter()
        .filter(|finding| !CATALOGUE.diagnoses.iter().any(|row| row.finding == finding.finding))
        .map(|finding| condition(side, finding))
        .collect::<Result<Vec<_>, _>>()?;
    if conditions.is_empty()
        && let Some(answer) = diagnoses.iter().find(|answer| answer.result == "Indeterminable")
    {
        let message = format!(
            "{side} eye: {} cannot be Indeterminable without a suspected condition of the same eye; add one",
            answer.finding
        );
        return Err(BuildError::new("DISC-025", message));
    }
    Ok(Exam { diagnoses, conditions })
}

/// The answer to one diagnosis; a diagnosis that the grader left out is negative (DISC-021, DISC-022).
fn answer(side: Side, row: &'static DiagnosisRow, findings: &[Finding]) -> Result<Answer, BuildError> {
    let name = &row.finding;
    let mut given = findings.iter().filter(|finding| finding.finding == *name);
    let index = match given.next() {
        None => 0,
        Some(finding) => {
            let result = finding.result.as_deref().unwrap_or_default();
            row.results.iter().position(|known| known.result == result).ok_or_else(|| {
                let known: Vec<_> = row.results.iter().map(|known| known.result.as_str()).collect();
                let known = known.join(", ");
                BuildError::new("DISC-024", format!("{side} eye: {name} is `{result}`; give one of: {known}"))
            })?
        }
    };
    if given.next().is_some() {
        return Err(BuildError::new("DISC-002", format!("{side} eye: {name} is given twice; give it once")));
    }
    let ResultRow { result, flag, .. } = &row.results[index];
    Ok(Answer { finding: name, observation: &row.observation, result, flag: *flag, negative: index == 0 })
}

fn condition(side: Side, finding: &Finding) -> Result<Condition, BuildError> {
    let name = finding.finding.as_str();
    let result = finding.result.as_deref().filter(|text| !text.is_empty());
    if name == "Other" {
        return match (result, finding.level) {
            (Some(text), Some(level)) => Ok(Condition { finding: name.into(), text: text.into(), level }),
            _ => Err(BuildError::new("DISC-107", format!("{side} eye: Other needs its text as result, and a level"))),
        };
    }
    let row = CATALOGUE.conditions.iter().find(|row| row.condition == name || row.also.iter().any(|also| also == name));
    let (text, level) = match row {
        Some(row) => (row.condition.as_str(), row.level),
        None if name.starts_with("Suspected ") => (name, Level::Referable), // DISC-SUS-17
        None => {
            let message = format!(
                "{side} eye: `{name}` is neither a diagnosis of this evaluation nor a suspected condition; a condition that is \
                 not listed is given as Other with text and level"
            );
            return Err(BuildError::new("FND-004", message));
        }
    };
    if result.is_some() || finding.level.is_some() {
        let message =
            format!("{side} eye: `{name}` has neither result nor level of its own; leave them out, or use Other");
        return Err(BuildError::new("FND-002", message));
    }
    Ok(Condition { finding: text.into(), text: text.into(), level })
}
