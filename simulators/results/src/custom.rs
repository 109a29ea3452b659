//! Observation sets of a customer: a table of identifier, value and flag (05-discrete-results, section 10).

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::{self, IntoDeserializer};

use crate::catalogue::{Catalogue, Flag};
use crate::error::BuildError;
use crate::grading::{Level, Side};
use crate::observations::Observation;
use crate::profile::Profile;
use crate::study::{EyeState, Study};

/// The columns of the table (DISC-212); a remark may stand under `origin`.
const COLUMNS: [&str; 8] = ["scope", "kind", "finding", "level", "result", "identifier", "value", "flag"];
const REMARK: &str = "origin";

/// A customer's own discrete observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomSet {
    name: String,
    rows: Vec<Row>,
}

/// A table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}{place}: {problem} (DISC-212)", place = place(*.line, .column))]
pub struct CustomSetError {
    /// File name.
    pub file: String,
    /// Line, counted from 1; `None`: the file as a whole.
    pub line: Option<u64>,
    /// Name of the column; `None`: the line as a whole.
    pub column: Option<String>,
    /// What is wrong and what to do, in words.
    pub problem: String,
}

fn place(line: Option<u64>, column: &Option<String>) -> String {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    let column = column.as_ref().map(|column| format!(", column {column}")).unwrap_or_default();
    line + &column
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    scope: Scope,
    kind: Kind,
    finding: String,
    level: Option<Level>,
    result: String,
    identifier: String,
    value: String,
    flag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Scope {
    #[serde(rename = "order")]
    Order,
    #[serde(rename = "OD")]
    Right,
    #[serde(rename = "OS")]
    Left,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Severity,
    Diagnosis,
    Suspected,
    Quality,
}

/// What a row has to fit.
struct Case<'a> {
    scope: Scope,
    kind: Kind,
    /// The names under which rows may know the finding: its own, and for free text its text.
    findings: [&'a str; 2],
    level: Option<Level>,
    result: &'a str,
}

impl CustomSet {
    /// Reads a table from CSV with a header line; `name` is the file name, which errors show.
    pub fn parse(name: &str, csv: &str) -> Result<Self, CustomSetError> {
        let error = |line, column: Option<&str>, problem: String| CustomSetError {
            file: name.into(),
            line,
            column: column.map(String::from),
            problem,
        };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.as_bytes());
        let header = reader.headers().map_err(|problem| error(Some(1), None, problem.to_string()))?.clone();
        for column in COLUMNS {
            if header.iter().filter(|known| *known == column).count() != 1 {
                let problem = format!("the header line must name `{column}` once; columns: {}", COLUMNS.join(","));
                return Err(error(Some(1), Some(column), problem));
            }
        }
        if let Some(unknown) = header.iter().find(|column| !COLUMNS.contains(column) && *column != REMARK) {
            let problem = format!("unknown column; remove it, or use `{REMARK}` for remarks");
            return Err(error(Some(1), Some(unknown), problem));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|problem| {
                let line = problem.position().map(csv::Position::line);
                let problem = match problem.kind() {
                    csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                        format!("{len} fields, but the header has {expected_len}; put a text with commas in quotes")
                    }
                    _ => problem.to_string(),
                };
                error(line, None, problem)
            })?;
            let line = record.position().map(csv::Position::line);
            let row = Row::parse(|column| {
                let at = header.iter().position(|known| known == column);
                at.and_then(|at| record.get(at)).unwrap_or_default()
            });
            let row = row.and_then(Row::checked).map_err(|(column, problem)| error(line, Some(column), problem))?;
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(error(None, None, "no rows; write one for every line that may occur".into()));
        }
        Ok(Self { name: name.into(), rows })
    }

    /// A set that comes with this library; `custom_set_iris31.csv` is the published sample (DISC-222).
    pub fn embedded(name: &str) -> Option<Arc<Self>> {
        static PUBLISHED: LazyLock<Arc<CustomSet>> = LazyLock::new(|| {
            let set = CustomSet::parse("custom_set_iris31.csv", include_str!("../mapping/custom_set_iris31.csv"));
            Arc::new(set.expect("the embedded set is checked by tests"))
        });
        (PUBLISHED.name == name).then(|| PUBLISHED.clone())
    }

    /// The file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The discrete block (DISC-215).
    pub(crate) fn observations(&self, study: &Study, profile: &Profile) -> Result<Vec<Observation>, BuildError> {
        let mut lines = Vec::new();
        let (scope, kind, result) = (Scope::Order, Kind::Severity, severity_key(study));
        lines.extend(self.line(&Case { scope, kind, findings: [""; 2], level: None, result })?);
        for (side, state) in study.evaluated(profile) {
            let scope = match side {
                Side::Right => Scope::Right,
                Side::Left => Scope::Left,
            };
            let mut quality = "ungradable";
            if let EyeState::Gradable(exam) = state {
                for answer in &exam.diagnoses {
                    let (findings, result) = ([answer.finding; 2], answer.result.as_ref());
                    lines.extend(self.line(&Case { scope, kind: Kind::Diagnosis, findings, level: None, result })?);
                }
                let mut conditions: Vec<_> = exam.conditions.iter().collect();
                conditions.sort_by_key(|condition| condition.level); // stable: within a level as graded
                for condition in conditions {
                    let (findings, level) = ([condition.text.as_str(), &condition.finding], Some(condition.level));
                    lines.extend(self.line(&Case { scope, kind: Kind::Suspected, findings, level, result: "" })?);
                }
                quality = "gradable";
            }
            let (kind, findings) = (Kind::Quality, [""; 2]);
            lines.extend(self.line(&Case { scope, kind, findings, level: None, result: quality })?);
        }
        Ok(lines)
    }

    /// The line of the first row that fits, `None` if the row suppresses it (DISC-216).
    fn line(&self, case: &Case) -> Result<Option<Observation>, BuildError> {
        let Some(row) = self.rows.iter().find(|row| row.fits(case)) else {
            let message =
                format!("{}: no row fits {case}; add one, without identifier if no line is wanted", self.name);
            return Err(BuildError::new("DISC-216", message));
        };
        // DISC-213; in one pass, so that a text that holds a placeholder stays as it is.
        let value = row.value.split_inclusive('}').map(|piece| fill(piece, case)).collect();
        let (identifier, flag) = (row.identifier.clone(), row.flag.clone());
        Ok((!row.identifier.is_empty()).then_some(Observation { identifier, value, flag }))
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

/// DISC-214; the flags are those of the default set, since those of the customer may be any.
fn severity_key(study: &Study) -> &'static str {
    match (study.conditions().map(|condition| condition.level).max(), study.highest_flag()) {
        (Some(Level::Emergent), _) => "emergent",
        (Some(Level::Urgent), _) => "urgent",
        (_, Some(Flag::Aa)) => "critical",
        (_, Some(Flag::A)) => "abnormal",
        (_, Some(Flag::None)) => "normal",
        (_, None) => "ungradable",
    }
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
                self.level.map_or(Ok(()), |level| write!(f, " level {level:?}"))
            }
            Kind::Quality => write!(f, "{scope} quality result `{}`", self.result),
        }
    }
}

impl Row {
    /// An error is a column and its problem.
    fn parse<'a>(text: impl Fn(&str) -> &'a str) -> Result<Self, (&'static str, String)> {
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
    fn checked(self) -> Result<Self, (&'static str, String)> {
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

    fn fits(&self, case: &Case) -> bool {
        self.scope == case.scope
            && self.kind == case.kind
            && (self.finding == "*" || case.findings.contains(&self.finding.as_str()))
            && self.level.is_none_or(|level| case.level == Some(level))
            && (self.result == "*" || self.result == case.result)
    }
}
