//! One row of a custom set, and what it can fit.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, IntoDeserializer};

use crate::catalogue::Catalogue;
use crate::grading::Level;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) scope: Scope,
    pub(super) kind: Kind,
    pub(super) finding: String,
    pub(super) level: Option<Level>,
    pub(super) result: String,
    pub(super) identifier: String,
    pub(super) value: String,
    pub(super) flag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Scope {
    #[serde(rename = "order")]
    Order,
    #[serde(rename = "OD")]
    Right,
    #[serde(rename = "OS")]
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Severity,
    Diagnosis,
    Suspected,
    Quality,
}

/// What a row has to fit.
pub(super) struct Case<'a> {
    pub(super) scope: Scope,
    pub(super) kind: Kind,
    /// The names under which rows may know the finding: its own, and for free text its text.
    pub(super) findings: [&'a str; 2],
    pub(super) level: Option<Level>,
    pub(super) result: &'a str,
}

/// The columns that a fitting row has.
impl fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = match self.scope {
            Scope::Order => "order",
            Scope::Right => "OD",
            Scope::Left => "OS",
        };
        match self.kind {
            Kind::Severity => write!(f, "{scope} severity result `{}`", self.result),
            Kind::Diagnosis => write!(f, "{scope} diagnosis finding `{}` result `{}`", self.findings[0], self.result),
            Kind::Suspected => {
                write!(f, "{scope} suspected finding `{}`", self.findings[0])?;
                self.level.map_or(Ok(()), |level| write!(f, " level `{}`", word(level)))
            }
            Kind::Quality => write!(f, "{scope} quality result `{}`", self.result),
        }
    }
}

impl Row {
    /// An error is a column and its problem.
    pub(super) fn parse<'a>(text: impl Fn(&str) -> &'a str) -> Result<Self, (&'static str, String)> {
        fn word<'a, T: Deserialize<'a>>(column: &'static str, text: &'a str) -> Result<T, (&'static str, String)> {
            T::deserialize(text.into_deserializer()).map_err(|problem: de::value::Error| (column, problem.to_string()))
        }
        Ok(Self {
            scope: word("scope", text("scope"))?,
            kind: word("kind", text("kind"))?,
            finding: text("finding").into(),
            level: Some(text("level"))
                .filter(|level| !level.is_empty())
                .map(|level| word("level", level))
                .transpose()?,
            result: text("result").into(),
            identifier: text("identifier").into(),
            value: text("value").into(),
            flag: text("flag").into(),
        })
    }

    /// Refuses a row that could never be used as it is meant.
    pub(super) fn checked(self) -> Result<Self, (&'static str, String)> {
        let per_order = self.kind == Kind::Severity;
        if per_order != (self.scope == Scope::Order) {
            return Err(("scope", "severity has the scope order, everything else OD or OS; correct it".into()));
        }
        let finding = self.finding.as_str();
        match self.kind {
            Kind::Diagnosis if finding != "*" && Catalogue::get().diagnosis(finding).is_none() => {
                return Err(("finding", format!("`{finding}` is no diagnosis; name one, or write *")));
            }
            Kind::Suspected if finding.is_empty() => {
                return Err(("finding", "empty; name a condition, or write *".into()));
            }
            Kind::Severity | Kind::Quality if !finding.is_empty() => {
                return Err(("finding", "belongs to diagnoses and suspected conditions; leave it empty".into()));
            }
            _ => {}
        }
        if self.kind != Kind::Suspected && self.level.is_some() {
            return Err(("level", "belongs to suspected conditions; leave it empty".into()));
        }
        let results: &[&str] = match self.kind {
            Kind::Severity => &["emergent", "urgent", "critical", "abnormal", "normal", "ungradable", "*"],
            Kind::Quality => &["gradable", "ungradable", "*"],
            Kind::Suspected => &["", "*"],
            Kind::Diagnosis if self.result.is_empty() => return Err(("result", "empty; give a value, or *".into())),
            Kind::Diagnosis => &[],
        };
        let result = self.result.as_str();
        if !results.is_empty() && !results.contains(&result) {
            return Err(("result", format!("`{result}` is none of: {}", results.join(" "))));
        }
        if !self.identifier.is_empty() && self.value.is_empty() {
            return Err(("value", "empty; give one, or remove the identifier to send no line".into()));
        }
        let rest = self.value.replace("{result}", "").replace("{finding}", "");
        if rest.contains(['{', '}']) {
            return Err(("value", "only {result} and {finding} may stand in braces; correct it".into()));
        }
        if self.flag.contains(|c: char| !c.is_ascii_graphic() || "|^~\\&".contains(c)) {
            return Err((
                "flag",
                format!("`{}` is no code of HL7 table 0078; write for example A, AA, N, ND", self.flag),
            ));
        }
        Ok(self)
    }

    pub(super) fn fits(&self, case: &Case) -> bool {
        self.scope == case.scope
            && self.kind == case.kind
            && (self.finding == "*" || case.findings.contains(&self.finding.as_str()))
            && self.level.is_none_or(|level| case.level == Some(level))
            && (self.result == "*" || self.result == case.result)
    }

    /// OBX-5 (DISC-213), in one pass, so that a text that holds a placeholder stays as it is.
    pub(super) fn value(&self, case: &Case) -> String {
        self.value.split_inclusive('}').map(|piece| fill(piece, case)).collect()
    }
}

/// A text with at most one placeholder, at its end.
fn fill(piece: &str, case: &Case) -> String {
    match (piece.strip_suffix("{result}"), piece.strip_suffix("{finding}")) {
        (Some(before), _) => format!("{before}{}", case.result),
        (_, Some(before)) => format!("{before}{}", case.findings[0]),
        _ => piece.into(),
    }
}

/// A level as the table writes it.
fn word(level: Level) -> &'static str {
    match level {
        Level::NotReferable => "not_referable",
        Level::Referable => "referable",
        Level::Severe => "severe",
        Level::Urgent => "urgent",
        Level::Emergent => "emergent",
    }
}
