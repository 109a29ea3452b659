//! The run in the Test Anything Protocol, version 14.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{RunReport, ScenarioReport, Verdict};
use crate::world::Stop;

/// The report; one test point a scenario, with what is known of it as YAML where it is not plainly passed.
///
/// # Errors
/// Texts that cannot be YAML.
pub fn write(run: &RunReport) -> anyhow::Result<String> {
    let mut text = format!("TAP version 14\n1..{}\n", run.scenarios.len());
    let _ = writeln!(text, "# {}", one_line(&run.summary()));
    for (index, scenario) in run.scenarios.iter().enumerate() {
        let word = if scenario.verdict().is_green() { "ok" } else { "not ok" };
        let skip = match &scenario.stop {
            Some(Stop::Skipped(why)) => format!(" # SKIP {}", one_line(why)),
            _ => String::new(),
        };
        let _ = writeln!(text, "{word} {} - {}{skip}", index + 1, escaped(&scenario.id.to_string()));
        if let Some(details) = details(scenario) {
            let lines = serde_yaml::to_string(&details)?;
            text += "  ---\n";
            lines.lines().for_each(|line| text += &format!("  {line}\n"));
            text += "  ...\n";
        }
    }
    Ok(text)
}

fn details(scenario: &ScenarioReport) -> Option<Map<String, Value>> {
    let mut details = Map::new();
    let mut add = |name: &str, value: Value| details.insert(name.to_owned(), value);
    match scenario.stop.as_ref()? {
        Stop::Skipped(_) => return None,
        Stop::Failed { requirement, expected, seen } => {
            add("requirement", json!(requirement));
            add("expected", json!(expected));
            add("seen", json!(seen));
        }
        Stop::Blocked(why) | Stop::Error(why) => {
            add("because", json!(why));
        }
    }
    add("verdict", json!(scenario.verdict().word()));
    if scenario.verdict() == Verdict::Warning {
        add("excuse", json!(scenario.excuse));
    }
    if let Some(step) = &scenario.step {
        add("step", json!(step.text));
        add("at", json!(format!("{}:{}", step.file, step.line)));
    }
    Some(details)
}

/// A description in which `#` begins no directive.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('#', "\\#")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{failing, run_of};

    #[test]
    fn a_title_cannot_become_a_directive_nor_a_value_the_end_of_the_details() {
        let text = write(&run_of(vec![failing("a # SKIP b\\", "x\n...\nnot ok 9")])).unwrap();
        assert!(text.starts_with("TAP version 14\n1..1\n"), "{text}");
        assert!(text.contains("\nnot ok 1 - f: a \\# SKIP b\\\\\n  ---\n"), "{text}");
        // every line of the details is indented further than their end
        assert_eq!(text.lines().filter(|line| *line == "  ...").count(), 1, "{text}");
        assert!(!text.contains("\nnot ok 9"), "{text}");
    }
}
