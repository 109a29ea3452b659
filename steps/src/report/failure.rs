//! A scenario that did not pass, so that a person can act on it within a minute.

use std::fmt::Write;

use super::{ScenarioReport, wire_log};
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

/// Scenario, step, requirement, what was expected and seen, and the wire log.
pub fn describe(report: &ScenarioReport, catalogue: &Catalogue) -> String {
    let Some(stop) = &report.stop else { return String::new() };
    let mut text = format!("{}  {}\n", report.verdict().word().to_uppercase(), report.id);
    let mut row = |name: &str, value: &str| {
        for (index, line) in value.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            let _ = writeln!(text, "  {name:<9} {line}");
        }
    };
    match &report.step {
        Some(step) => row("step", &format!("{}\n{}:{}", step.text, step.file, step.line)),
        None => row("step", "(found when the scenario ended)"),
    }
    match stop {
        Stop::Failed { requirement, expected, seen } => {
            let broken = if requirement.is_empty() { report.requirements.join(" ") } else { requirement.clone() };
            for id in broken.split_whitespace() {
                row("breaks", &catalogue.describe(id));
            }
            if let Some(excuse) = &report.excuse {
                row("warning", excuse);
            }
            row("expected", expected);
            row("seen", seen);
        }
        Stop::Blocked(why) | Stop::Error(why) | Stop::Skipped(why) => row("because", why),
    }
    row("proves", &report.requirements.join(" "));
    row("wire log", &wire_log::lines(&report.log).join("\n"));
    text
}
