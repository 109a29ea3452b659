//! Annotations and a step summary for GitHub Actions.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context;

use super::{RunReport, ScenarioReport, Verdict};
use crate::world::Stop;

/// As many failures stand in the summary; GitHub cuts one off that is over 1 MiB.
const MOST_ROWS: usize = 200;
/// Characters of one text in the summary.
const MOST_TEXT: usize = 1000;

/// A workflow command a line for each scenario that failed, warned or was flaky.
pub fn annotations(run: &RunReport) -> String {
    let line = |scenario: &ScenarioReport| {
        let (command, text) = match (scenario.verdict(), &scenario.stop) {
            (Verdict::Passed, _) if scenario.flaky() => {
                let before = scenario.earlier.last().map_or("", |attempt| attempt.because.as_str());
                ("warning", format!("flaky: passed at attempt {}; before: {before}", scenario.earlier.len() + 1))
            }
            (Verdict::Passed | Verdict::Skipped, _) | (_, None) => return None,
            (Verdict::Warning, Some(stop)) => ("warning", stop.summary()),
            (verdict, Some(stop)) => ("error", format!("{}: {}", verdict.word(), stop.summary())),
        };
        let place = match &scenario.step {
            Some(step) => format!("file={},line={}", property(&step.file), step.line),
            None => format!("file={}", property(&format!("features/{}.feature", scenario.id.feature))),
        };
        let title = property(&scenario.id.to_string());
        Some(format!("::{command} {place},title={title}::{}\n", data(&text)))
    };
    run.scenarios.iter().filter_map(line).collect()
}

/// What may not stand plainly in the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What may not stand plainly in a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Appends the run in Markdown to the file that GitHub shows with the step.
///
/// # Errors
/// A file that cannot be written.
pub fn append_summary(path: &Path, run: &RunReport) -> anyhow::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(summary(run).as_bytes()))
        .with_context(|| format!("cannot write the step summary {}", path.display()))
}

/// The run in Markdown: the last line of a run, and a table of what is not green.
pub fn summary(run: &RunReport) -> String {
    let mut text = format!("### IRIS EMR Proxy conformance\n\n{}\n\n", cell(&run.summary()));
    let shown: Vec<&ScenarioReport> = run
        .scenarios
        .iter()
        .filter(|s| s.verdict() == Verdict::Warning || !s.verdict().is_green() || s.flaky())
        .collect();
    if shown.is_empty() {
        return text;
    }
    text += "| verdict | scenario | requirement | why |\n| -- | -- | -- | -- |\n";
    for scenario in shown.iter().take(MOST_ROWS) {
        let verdict = if scenario.flaky() { "flaky" } else { scenario.verdict().word() };
        let requirement = match &scenario.stop {
            Some(Stop::Failed { requirement, .. }) if !requirement.is_empty() => requirement.clone(),
            _ => scenario.requirements.join(" "),
        };
        let why = match &scenario.stop {
            Some(Stop::Failed { expected, seen, .. }) => format!("expected {expected}; seen {seen}"),
            Some(stop) => stop.summary(),
            None => scenario.earlier.last().map_or_else(String::new, |attempt| attempt.because.clone()),
        };
        text +=
            &format!("| {verdict} | {} | {} | {} |\n", cell(&scenario.id.to_string()), cell(&requirement), cell(&why));
    }
    if shown.len() > MOST_ROWS {
        text += &format!("\n… and {} more; the reports have them all.\n", shown.len() - MOST_ROWS);
    }
    text + "\n"
}

/// A text of a message in Markdown, where it is no markup.
fn cell(text: &str) -> String {
    let short: String = text.chars().take(MOST_TEXT).collect();
    let line = short.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut safe = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '&' => safe += "&amp;",
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '~' | '#' | '!' | '@' => safe.extend(['\\', character]),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{failing, flaky, passing, run_of};

    #[test]
    fn a_text_of_a_message_is_no_workflow_command_of_its_own() {
        let text = annotations(&run_of(vec![passing("a"), failing("b: c, d", "50%\n::set-output name=x::y\r")]));
        let start =
            "::error file=features/f.feature,title=f%3A b%3A c%2C d::failed: ACK-030: expected one; seen 50%25%0A::set";
        assert!(text.starts_with(start), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn a_flaky_scenario_is_a_warning() {
        let text = annotations(&run_of(vec![flaky("a")]));
        assert!(text.starts_with("::warning ") && text.contains("passed at attempt 2; before: two"), "{text}");
    }

    #[test]
    fn the_summary_holds_no_markup_of_a_message() {
        let text = summary(&run_of(vec![failing("b", "a|b\n<script>[x](y)")]));
        assert!(text.contains("seen a\\|b &lt;script&gt;\\[x\\](y) |\n"), "{text}");
    }
}
