//! A grading that was checked against the rules for input (05-discrete-results, section 2).

use std::borrow::Cow;

use crate::catalogue::{Catalogue, DiagnosisRow, Flag};
use crate::error::BuildError;
use crate::evaluation::EvaluationType;
use crate::grading::{Eye, Finding, Grading, Level, Side};
use crate::order::Order;
use crate::profile::{Observations, Profile, SevereFlag, UnlistedValues};

/// Both eyes, checked (DISC-020 to DISC-028).
pub(crate) struct Study {
    pub(crate) right: EyeState,
    pub(crate) left: EyeState,
    evaluations: Vec<EvaluationType>,
}

pub(crate) enum EyeState {
    Gradable(Exam),
    Ungradable { reason: Option<String> },
    Excluded { reason: Option<String> },
}

/// What was found in a gradable eye: an answer to every diagnosis, and the suspected conditions in the order of the grading.
pub(crate) struct Exam {
    /// In the order of the observations (DISC-151).
    pub(crate) diagnoses: Vec<Answer>,
    pub(crate) conditions: Vec<Condition>,
}

/// A diagnosis and its result.
pub(crate) struct Answer {
    pub(crate) finding: &'static str,
    pub(crate) observation: &'static str,
    pub(crate) result: Cow<'static, str>,
    pub(crate) flag: Flag,
    pub(crate) negative: bool,
}

/// A suspected condition.
pub(crate) struct Condition {
    /// The name under which care plans know it; `Other` for free text.
    pub(crate) finding: String,
    /// How it is written in results.
    pub(crate) text: String,
    pub(crate) level: Level,
    flag: Flag,
}

impl Study {
    pub(crate) fn check(order: &Order, grading: &Grading, profile: &Profile) -> Result<Self, BuildError> {
        let evaluations = match order.evaluations.as_slice() {
            [] => vec![EvaluationType::DR], // EVL-24
            given => given.to_vec(),
        };
        let right = eye(Side::Right, &grading.right, &evaluations, profile)?;
        let left = eye(Side::Left, &grading.left, &evaluations, profile)?;
        if let (EyeState::Excluded { .. }, EyeState::Excluded { .. }) = (&right, &left) {
            return Err(BuildError::new(
                "DISC-028",
                "both eyes are excluded; at least one must be graded or ungradable",
            ));
        }
        Ok(Self { right, left, evaluations })
    }

    /// What a normal result is negative for; `None` when only suspected pathology was looked for (ORU-NAR-51).
    pub(crate) fn subject(&self) -> Option<&'static str> {
        Catalogue::get().subject(&self.evaluations)
    }

    /// What was found in the gradable eyes.
    pub(crate) fn exams(&self) -> impl Iterator<Item = &Exam> {
        [&self.right, &self.left].into_iter().filter_map(EyeState::exam)
    }

    /// The suspected conditions of both eyes.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.exams().flat_map(|exam| &exam.conditions)
    }

    /// The most significant flag (DISC-040); `None` without a gradable eye (DISC-134).
    pub(crate) fn highest_flag(&self) -> Option<Flag> {
        self.exams().map(Exam::highest_flag).max()
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
    pub(crate) fn result(&self, finding: &str) -> Option<&str> {
        self.diagnoses.iter().find(|answer| answer.finding == finding).map(|answer| answer.result.as_ref())
    }

    /// The suspected conditions as one text (DISC-102), `None` when there are none.
    pub(crate) fn condition_list(&self) -> Option<String> {
        let texts: Vec<_> = self.conditions.iter().map(|condition| condition.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join(","))
    }

    /// DISC-104
    pub(crate) fn condition_flag(&self) -> Flag {
        self.conditions.iter().map(|condition| condition.flag).max().unwrap_or(Flag::None)
    }

    fn highest_flag(&self) -> Flag {
        self.diagnoses.iter().map(|answer| answer.flag).fold(self.condition_flag(), Flag::max)
    }
}

impl Level {
    /// DISC-105, DISC-108
    fn flag(self, profile: &Profile) -> Flag {
        let flag = match (self, profile.other_severe_flag) {
            (Level::NotReferable, _) => Flag::None,
            (Level::Referable, _) | (Level::Severe, SevereFlag::A) => Flag::A,
            (Level::Severe, SevereFlag::Aa) | (Level::Urgent | Level::Emergent, _) => Flag::Aa,
        };
        match profile.observations {
            Observations::RevB => flag.min(Flag::A), // DISC-173
            _ => flag,
        }
    }
}

fn eye(side: Side, eye: &Eye, evaluations: &[EvaluationType], profile: &Profile) -> Result<EyeState, BuildError> {
    let stated = |reason: &Option<String>| reason.clone().filter(|text| !text.is_empty());
    Ok(match eye {
        Eye::Gradable(findings) => EyeState::Gradable(exam(side, findings, evaluations, profile)?),
        Eye::Ungradable { reason } => EyeState::Ungradable { reason: stated(reason) },
        Eye::Excluded { reason } => EyeState::Excluded { reason: stated(reason) },
    })
}

fn exam(
    side: Side,
    findings: &[Finding],
    evaluations: &[EvaluationType],
    profile: &Profile,
) -> Result<Exam, BuildError> {
    let catalogue = Catalogue::get();
    let mut diagnoses = Vec::new();
    for row in &catalogue.diagnoses {
        let mut given = findings.iter().filter(|finding| finding.finding == row.finding);
        match given.next() {
            Some(finding) => diagnoses.push(answer(side, row, finding, profile)?), // DISC-023: asked for or not
            None if row.is_asked_by(evaluations) => diagnoses.extend(unanswered(row, profile)),
            None => {}
        }
        if given.next().is_some() {
            let message = format!("{side} eye: {} is given twice; give it once", row.finding);
            return Err(BuildError::new("DISC-002", message));
        }
    }
    let conditions = findings
        .iter()
        .filter(|finding| catalogue.diagnosis(&finding.finding).is_none())
        .map(|finding| condition(side, finding, profile))
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

/// A diagnosis that the grader left out is negative (DISC-021, DISC-022).
fn unanswered(row: &'static DiagnosisRow, profile: &Profile) -> Option<Answer> {
    let negative = row.results(&profile.observations).first()?;
    Some(row.answer(Cow::Borrowed(&negative.result), negative.flag))
}

fn answer(side: Side, row: &'static DiagnosisRow, finding: &Finding, profile: &Profile) -> Result<Answer, BuildError> {
    let result = finding.result.as_deref().unwrap_or_default();
    let listed = row.results(&profile.observations);
    if let Some(known) = listed.iter().find(|known| known.result == result) {
        return Ok(row.answer(Cow::Borrowed(&known.result), known.flag));
    }
    if profile.unlisted_values == UnlistedValues::Pass && !result.is_empty() {
        return Ok(row.answer(Cow::Owned(result.into()), Flag::A)); // DISC-024
    }
    let name = &row.finding;
    let listed = listed.iter().map(|known| known.result.as_str()).collect::<Vec<_>>().join(", ");
    Err(BuildError::new("DISC-024", format!("{side} eye: {name} is `{result}`; give one of: {listed}")))
}

impl DiagnosisRow {
    fn answer(&'static self, result: Cow<'static, str>, flag: Flag) -> Answer {
        let negative = matches!(result.as_ref(), "None" | "No Observable"); // CPL-012, ORU-NAR-50
        Answer { finding: &self.finding, observation: &self.observation, result, flag, negative }
    }
}

fn condition(side: Side, finding: &Finding, profile: &Profile) -> Result<Condition, BuildError> {
    let name = finding.finding.as_str();
    let result = finding.result.as_deref().filter(|text| !text.is_empty());
    let condition = |text: &str, level: Level| Condition {
        finding: if name == "Other" { name } else { text }.into(),
        text: text.into(),
        level,
        flag: level.flag(profile),
    };
    if name == "Other" {
        return match (result, finding.level) {
            (Some(text), Some(level)) => Ok(condition(text, level)),
            _ => Err(BuildError::new("DISC-107", format!("{side} eye: Other needs its text as result, and a level"))),
        };
    }
    let (text, level) = match Catalogue::get().condition(name) {
        Some(row) => (row.condition.as_str(), row.level),
        None if name.starts_with("Suspected ") => (name, Level::Referable), // DISC-SUS-17
        None => {
            let message = format!(
                "{side} eye: `{name}` is neither a diagnosis nor a suspected condition; a condition that is not listed is given \
                 as Other with text and level"
            );
            return Err(BuildError::new("FND-004", message));
        }
    };
    if result.is_some() || finding.level.is_some() {
        let message =
            format!("{side} eye: `{name}` has neither result nor level of its own; leave them out, or use Other");
        return Err(BuildError::new("FND-002", message));
    }
    Ok(condition(text, level))
}
