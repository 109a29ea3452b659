//! `iris-conformance coverage`

use std::collections::BTreeMap;

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Exit, print};
use crate::suite::Suite;
use crate::suite::features::{Features, requirement_ids};
use crate::suite::requirements::{Basis, Catalogue, Level, Requirement, Subject};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance coverage                                 how much is tested, by level and by whom it binds\n  \
    iris-conformance coverage --open                          what is neither tested nor excused\n  \
    iris-conformance coverage --format csv > coverage.csv     one line a requirement, for a spreadsheet")]
pub(super) struct Coverage {
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Only requirements without scenario and without a reason
    #[arg(long)]
    open: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Sums, and the requirements that are open
    Text,
    /// One line a requirement
    Csv,
    /// One object a requirement
    Json,
}

/// A requirement and what tests it.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    level: Level,
    subject: Subject,
    basis: Basis,
    source: &'a str,
    text: &'a str,
    state: State,
    scenarios: Vec<String>,
    /// Why there is no scenario.
    reason: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Tested,
    /// Not tested, for a reason.
    Excused,
    Open,
}

impl Coverage {
    pub(super) fn execute(self, suite: &Suite) -> Result<Exit> {
        let features = Features::load(suite)?;
        let catalogue = Catalogue::load(suite)?;
        let mut tests: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (feature, scenario) in features.scenarios() {
            for id in requirement_ids(feature, scenario) {
                tests.entry(id).or_default().push(features.id(feature, scenario).to_string());
            }
        }
        let rows = catalogue.iter().map(|requirement| row(requirement, &tests));
        let rows: Vec<Row> = rows.filter(|row| !self.open || row.state == State::Open).collect();
        let text = match self.format {
            Format::Text => text(&rows),
            Format::Csv => csv(&rows)?,
            Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
        };
        print(&text)?;
        Ok(Exit::Passed)
    }
}

fn row<'a>(requirement: &'a Requirement, tests: &BTreeMap<String, Vec<String>>) -> Row<'a> {
    let scenarios = tests.get(&requirement.id).cloned().unwrap_or_default();
    let state = match (&scenarios[..], &requirement.untested) {
        ([], None) => State::Open,
        ([], Some(_)) => State::Excused,
        _ => State::Tested,
    };
    Row {
        id: &requirement.id,
        level: requirement.level,
        subject: requirement.subject,
        basis: requirement.basis,
        source: &requirement.source,
        text: &requirement.text,
        state,
        scenarios,
        reason: requirement.untested.as_deref().unwrap_or_default(),
    }
}

fn csv(rows: &[Row]) -> Result<String> {
    let mut to = csv::Writer::from_writer(Vec::new());
    to.write_record(["id", "level", "subject", "basis", "source", "state", "scenarios", "reason", "text"])?;
    for row in rows {
        let [level, subject, basis, state] = [word(row.level), word(row.subject), word(row.basis), word(row.state)];
        let scenarios = row.scenarios.join("; ");
        to.write_record([row.id, &level, &subject, &basis, row.source, &state, &scenarios, row.reason, row.text])?;
    }
    Ok(String::from_utf8(to.into_inner()?)?)
}

/// The word that stands for it in JSON.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn text(rows: &[Row]) -> String {
    let mut sums: BTreeMap<(String, String), [usize; 3]> = BTreeMap::new();
    let mut of_file: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for row in rows {
        let at = row.state as usize;
        sums.entry((word(row.subject), word(row.level))).or_default()[at] += 1;
        of_file.entry(row.source).or_default()[at] += 1;
    }
    let mut text = format!("{:<60} {:>7} {:>7} {:>7} {:>7}\n", "", "all", "tested", "excused", "open");
    let mut line = |name: &str, [tested, excused, open]: [usize; 3]| {
        text.push_str(&format!("{name:<60} {:>7} {tested:>7} {excused:>7} {open:>7}\n", tested + excused + open));
    };
    for ((subject, level), counts) in &sums {
        line(&format!("{subject} {level}"), *counts);
    }
    for (source, counts) in &of_file {
        line(source, *counts);
    }
    let all = rows.iter().fold([0; 3], |mut all: [usize; 3], row| {
        all[row.state as usize] += 1;
        all
    });
    line("all", all);
    for row in rows.iter().filter(|row| row.state == State::Open) {
        text.push_str(&format!("open: {:<14} {:<6} {}\n", row.id, word(row.level), row.text));
    }
    text
}
