//! Observation sets of a customer: a table of identifier, value and flag (05-discrete-results, section 10).

mod row;

use std::sync::{Arc, LazyLock};

use crate::catalogue::Flag;
use crate::error::BuildError;
use crate::grading::{Level, Side};
use crate::observations::Observation;
use crate::profile::Profile;
use crate::study::{EyeState, Study};
use row::{Case, Kind, Row, Scope};

/// The columns of the table (DISC-212); a remark may stand under `origin`.
const COLUMNS: [&str; 8] = ["scope", "kind", "finding", "level", "result", "identifier", "value", "flag"];
const REMARK: &str = "origin";

/// A customer's own discrete observations: a CSV table with a header line, one row for every line of the block that may occur. The
/// first row that fits is used (DISC-216). Its columns (DISC-212):
///
/// - `scope`: `order`, `OD` (right eye) or `OS`; `kind`: `severity`, `diagnosis`, `suspected` or `quality`;
/// - `finding`: name of a diagnosis or a condition, `*` for any; `level`: of a condition, empty for any;
/// - `result`: of a diagnosis; the key of the severity (`emergent`, `urgent`, `critical`, `abnormal`, `normal`, `ungradable`);
///   `gradable` or `ungradable` for quality; `*` for any;
/// - `identifier`: OBX-3.1, empty to send no line; `value`: OBX-5, in which `{result}` and `{finding}` stand for what was graded;
///   `flag`: OBX-8;
/// - `origin`: a remark; may be left out.
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
            let set = CustomSet::parse("custom_set_iris31.csv", include_str!("../../mapping/custom_set_iris31.csv"));
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
        let (identifier, flag) = (row.identifier.clone(), row.flag.clone());
        Ok((!identifier.is_empty()).then(|| Observation { identifier, value: row.value(case), flag }))
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
