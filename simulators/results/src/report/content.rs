use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use super::values::{joined, unescaped, value};
use crate::error::BuildError;
use crate::grading::{Grading, Plan};
use crate::order::Order;
use crate::paper::printable;
use crate::profile::Profile;
use crate::study::{Exam, EyeState, Study};
use crate::{care_plan, icd};

/// What the report says, in texts that its fonts can show.
pub(super) struct Content {
    pub(super) placer: String,
    pub(super) filler: String,
    pub(super) mrn: String,
    pub(super) grader: String,
    /// Label and value.
    pub(super) patient: Vec<(&'static str, String)>,
    pub(super) order: Vec<(&'static str, String)>,
    pub(super) severity: Severity,
    pub(super) plan: Plan,
    pub(super) findings: Vec<Row>,
    /// Code with its dot, and description.
    pub(super) diagnoses: Vec<(String, String)>,
    pub(super) comments: String,
    pub(super) signature: String,
    pub(super) disclaimer: String,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Severity {
    Normal,
    Abnormal,
    Critical,
    /// Without a gradable eye there is none (DISC-045).
    Undetermined,
}

/// One line of the table of findings.
pub(super) struct Row {
    pub(super) label: String,
    /// A result of a diagnosis, which is short; else free text.
    pub(super) diagnosis: bool,
    pub(super) right: Cell,
    pub(super) left: Cell,
}

pub(super) struct Cell {
    pub(super) text: String,
    /// It calls for attention.
    pub(super) marked: bool,
}

impl Content {
    /// `order` is an effective one.
    pub(super) fn new(order: &Order, grading: &Grading, profile: &Profile) -> Result<Self, BuildError> {
        let study = Study::check(order, grading, profile)?;
        let (born, age) = birth(order, grading)?;
        let grader = &grading.grader;
        let by = grader.with_credentials(format!("{}, {}", grader.family, grader.given));
        let mut service = order.service.split(|byte| *byte == b'^').map(unescaped);
        let (code, procedure) = (service.next().unwrap_or_default(), service.next().unwrap_or_default());
        let provider = &order.provider;
        let name = joined(&[&provider.prefix, &provider.given, &provider.family], " ");
        let plan = grading.plan.clone().unwrap_or_else(|| care_plan::by_rank(&study).into());
        let diagnoses = icd::diagnoses(order, &study, profile);
        let notes: Vec<_> = grading.notes.iter().map(|note| note.trim()).filter(|note| !note.is_empty()).collect();
        Ok(Self {
            placer: value(&order.placer),
            filler: order.filler.to_string(),
            mrn: value(&order.mrn),
            grader: value(by.as_bytes()),
            patient: vec![
                ("Name", joined(&[&order.family, &order.given], ", ")),
                ("MRN", value(&order.mrn)),
                ("Date of birth", format!("{} ({age} years)", born.strftime("%m-%d-%Y"))),
                ("Sex", value(&order.sex)),
                ("Encounter", value(&order.encounter)),
                ("Site", value(&order.clinic)),
                ("Point of care", value(&order.location)),
            ],
            order: vec![
                ("Order number", value(&order.placer)),
                ("IRIS order", order.filler.to_string()),
                ("Ordering provider", joined(&[name.as_bytes(), &provider.degrees], ", ")),
                ("Provider ID", value(&provider.id)),
                ("Procedure", joined(&[&code, &procedure], " ")),
                ("Images captured", instant(grading.captured)),
                ("Graded", instant(grading.graded)),
            ],
            severity: severity(&study, profile)?,
            plan: Plan { name: printable(plan.name.trim().as_bytes()), text: printable(plan.text.trim().as_bytes()) },
            findings: findings(&study),
            diagnoses: diagnoses.iter().map(|dx| (value(icd::dotted(&dx.code).as_bytes()), value(&dx.text))).collect(),
            comments: if notes.is_empty() {
                "No comments provided".into()
            } else {
                printable(notes.join("\n").as_bytes())
            },
            signature: value(format!("Electronically signed by {by} on {}.", instant(grading.graded)).as_bytes()),
            disclaimer: printable(profile.disclaimer.trim().as_bytes()),
        })
    }
}

fn instant(instant: Timestamp) -> String {
    format!("{} UTC", instant.to_zoned(TimeZone::UTC).strftime("%m-%d-%Y %H:%M:%S"))
}

/// The birth date, and completed years at the capture of the images (ORU-TIM-10).
fn birth(order: &Order, grading: &Grading) -> Result<(Date, i16), BuildError> {
    let digits = order.dob.len() == 8 && order.dob.iter().all(u8::is_ascii_digit);
    let born = digits.then(|| Date::strptime("%Y%m%d", &order.dob).ok()).flatten().ok_or_else(|| {
        let dob = String::from_utf8_lossy(&order.dob);
        let message = format!("the order's birth date `{dob}` is no calendar date; give it as yyyyMMdd");
        BuildError::new("ORU-TIM-02", message)
    })?;
    let captured = grading.captured.to_zoned(TimeZone::UTC).date();
    match born.until((Unit::Year, captured)) {
        Ok(age) if born <= captured => Ok((born, age.get_years())),
        _ => {
            let message = format!(
                "the order's birth date {born} is after the capture of the images on {captured}; correct one of them"
            );
            Err(BuildError::new("ORU-TIM-10", message))
        }
    }
}

fn severity(study: &Study, profile: &Profile) -> Result<Severity, BuildError> {
    // The customer's own words for severities are for the discrete block; its rules for flags hold here as well.
    let plain = Profile::default();
    let Profile { discrete, observations, severity_middle, ungradable_severity, .. } = plain;
    let own = Profile { discrete, observations, severity_middle, ungradable_severity, ..profile.clone() };
    let observations = study.observations(&own)?;
    let observation = observations.iter().find(|observation| observation.identifier.contains("SEVERITY"));
    Ok(match observation.map(|observation| observation.value.as_str()) {
        Some("NORMAL") => Severity::Normal,
        Some("ABNORMAL") => Severity::Abnormal,
        Some("CRITICAL") => Severity::Critical,
        _ => Severity::Undetermined,
    })
}

fn findings(study: &Study) -> Vec<Row> {
    let mut questions: Vec<&'static str> = Vec::new();
    for answer in study.exams().flat_map(|exam| &exam.diagnoses) {
        if !questions.contains(&answer.finding) {
            questions.push(answer.finding);
        }
    }
    let row = |label: &str, cell: &dyn Fn(&EyeState) -> Cell| Row {
        label: label.into(),
        diagnosis: questions.contains(&label),
        right: cell(&study.right),
        left: cell(&study.left),
    };
    let mut rows = vec![row("Image quality", &quality)];
    rows.extend(questions.iter().map(|finding| row(finding, &|eye| result(eye, finding))));
    if study.exams().next().is_some() {
        rows.push(row("Suspected conditions", &conditions));
    }
    rows
}

fn quality(eye: &EyeState) -> Cell {
    let because = |what: &str, reason: &Option<String>| match reason {
        Some(reason) => Cell { text: printable(format!("{what}: {reason}").as_bytes()), marked: true },
        None => Cell { text: what.into(), marked: true },
    };
    match eye {
        EyeState::Gradable(_) => Cell { text: "Gradable".into(), marked: false },
        EyeState::Ungradable { reason } => because("Not gradable", reason),
        EyeState::Excluded { reason } => because("Not evaluated", reason),
    }
}

fn result(eye: &EyeState, finding: &str) -> Cell {
    let answer = eye.exam().and_then(|exam| exam.diagnoses.iter().find(|answer| answer.finding == finding));
    answer.map_or_else(Cell::nothing, |answer| Cell {
        text: printable(answer.result.as_bytes()),
        marked: !answer.negative,
    })
}

fn conditions(eye: &EyeState) -> Cell {
    let list = |exam: &Exam| exam.condition_list().map(|list| spaced(&list));
    match eye.exam().map(list) {
        None => Cell::nothing(),
        Some(None) => Cell { text: "None".into(), marked: false },
        Some(Some(list)) => Cell { text: printable(list.as_bytes()), marked: true },
    }
}

/// The list has no blanks after its commas (DISC-102); with them it breaks into rows. A decimal comma gets none.
fn spaced(list: &str) -> String {
    let mut text = String::with_capacity(list.len());
    let mut chars = list.chars().peekable();
    while let Some(c) = chars.next() {
        text.push(c);
        if c == ',' && chars.peek().is_some_and(|next| next.is_alphabetic()) {
            text.push(' ');
        }
    }
    text
}

impl Cell {
    fn nothing() -> Self {
        Self { text: "\u{2013}".into(), marked: false }
    }
}
