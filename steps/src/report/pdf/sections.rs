use std::collections::BTreeMap;

use krilla::tagging::Tag;
use results::paper::{Color, Place, REGULAR, SEMIBOLD, printable};
use serde_json::json;

use super::flow::{AMBER, BRAND, Cell, Flow, GREEN, INK, LEFT, MUTED, RED, RIGHT, RULE, TINT, Type, body, group};
use super::{Cover, outcome};
use crate::report::matrix::{self, Proof};
use crate::report::{RunReport, ScenarioReport, Verdict, wire_log};
use crate::world::Stop;

/// Most lines of a wire log that are printed, and most characters of one.
const MOST_LINES: usize = 60;
const LONGEST_LINE: usize = 240;
/// Most characters of what was expected or seen.
const LONGEST_TEXT: usize = 2_000;

const WHOLE: f32 = RIGHT - LEFT;

fn bold(color: Color) -> Type {
    (&SEMIBOLD, 9.0, color)
}

fn muted() -> Type {
    (&REGULAR, 9.0, MUTED)
}

fn color(verdict: Verdict) -> Color {
    match verdict {
        Verdict::Passed => GREEN,
        Verdict::Failed | Verdict::Error => RED,
        Verdict::Warning | Verdict::Blocked => AMBER,
        Verdict::Skipped => MUTED,
    }
}

fn pairs(flow: &mut Flow, rows: impl IntoIterator<Item = (String, String)>) {
    let rows = rows.into_iter().map(|(name, value)| vec![(name, muted()), (value, body())]);
    flow.table(&[], &[130.0, WHOLE - 130.0], rows);
}

/// A name, or a line on which to write it.
fn or_blank(text: Option<&String>) -> String {
    text.cloned().unwrap_or_else(|| "________________________".to_owned())
}

pub(super) fn cover(flow: &mut Flow, run: &RunReport, cover: &Cover, title: &str) {
    flow.y += 30.0;
    let style = flow.sheet().style(&SEMIBOLD, 26.0, BRAND);
    let place = Place { x: LEFT, top: flow.y, width: WHOLE, rows: 3 };
    let text = printable(title.as_bytes());
    let (node, bottom) = flow.sheet().text(&text, style, place);
    flow.sheet().nodes.push(group(Tag::Title, vec![node]));
    flow.y = bottom + 6.0;
    flow.paragraph("What must hold between a hospital's EMR and the IRIS cloud, tested message by message.", muted());
    flow.y += 16.0;
    let date = run.began.map_or_else(|| "nothing ran".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
    pairs(
        flow,
        [
            ("Customer".to_owned(), or_blank(cover.customer.as_ref())),
            ("Site".to_owned(), or_blank(cover.site.as_ref())),
            ("Under test".to_owned(), run.profile.clone()),
            ("Tested".to_owned(), date),
        ],
    );
    flow.y += 14.0;
    banner(flow, run);
}

/// The result, large.
fn banner(flow: &mut Flow, run: &RunReport) {
    let (text, good) = outcome(run);
    let color = if good { GREEN } else { RED };
    let top = flow.y;
    flow.y += 12.0;
    let counts = Verdict::ALL.into_iter().map(|verdict| (verdict.word(), run.count(verdict)));
    let mut counts: Vec<String> = counts.filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    let not_run = run.selected.saturating_sub(run.scenarios.len());
    if not_run > 0 {
        counts.push(format!("{not_run} not run"));
    }
    for shard in run.shards.iter().flat_map(|shards| shards.missing()) {
        counts.push(format!("shard {shard} is missing"));
    }
    let counts = format!("{} scenarios: {}", run.selected, counts.join(", "));
    for (text, kind) in [(text, (&*SEMIBOLD, 16.0, color)), (counts.as_str(), (&*REGULAR, 10.0, INK))] {
        flow.lines(text, kind);
    }
    flow.y += 12.0;
    let bottom = flow.y;
    flow.sheet().fill([LEFT, top, RIGHT, bottom], TINT);
    flow.sheet().fill([LEFT, top, LEFT + 4.0, bottom], color);
}

pub(super) fn scope(flow: &mut Flow, run: &RunReport) {
    flow.heading(1, "Scope");
    let rows = matrix::rows(run);
    let with = |proof: Proof| rows.iter().filter(|row| row.proof == proof).count();
    let untested = with(Proof::Untested);
    flow.paragraph(
        &format!(
            "What was tested ran as it runs in operation, against simulated counterparts, and every message was taken from the \
             wires. {} of the {} requirements in the catalogue were tested by {} scenarios. {untested} requirements have no scenario in this run: they are not part \
             of this acceptance.",
            rows.len() - untested,
            rows.len(),
            run.scenarios.len(),
        ),
        body(),
    );
    let mut features: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    for scenario in &run.scenarios {
        *features.entry(&scenario.id.feature).or_default().entry(scenario.verdict()).or_default() += 1;
    }
    let row = |(feature, counts): (&str, BTreeMap<Verdict, usize>)| {
        let worst = [RED, AMBER].into_iter().find(|bad| counts.keys().any(|verdict| color(*verdict) == *bad));
        let words: Vec<String> = counts.iter().map(|(verdict, n)| format!("{n} {}", verdict.word())).collect();
        vec![(feature.to_owned(), body()), (words.join(", "), worst.map_or_else(body, bold))]
    };
    flow.table(&["Feature", "Scenarios"], &[240.0, WHOLE - 240.0], features.into_iter().map(row));
}

pub(super) fn environment(flow: &mut Flow, run: &RunReport) {
    flow.heading(1, "Environment");
    let findings = run.environment().into_iter().chain(run.harness.iter().cloned());
    pairs(flow, findings.map(|finding| (finding.name, finding.value)));
    if !run.placeholder_for.is_empty() {
        flow.heading(2, "Placeholders of the contract");
        flow.paragraph(
            "What proxy and cloud say to each other is not public. The contract fills these gaps; the real contract may differ.",
            body(),
        );
        pairs(flow, run.placeholder_for.iter().map(|id| (id.clone(), text(run, id))));
    }
    if !run.not_binding.is_empty() {
        flow.heading(2, "Not binding under this contract");
        pairs(
            flow,
            run.not_binding
                .iter()
                .map(|off| (off.id.clone(), format!("{} Because {}", text(run, &off.id), off.because))),
        );
    }
}

fn text(run: &RunReport, id: &str) -> String {
    run.catalogue.get(id).map_or_else(String::new, |requirement| requirement.text.clone())
}

pub(super) fn failures(flow: &mut Flow, run: &RunReport) {
    flow.heading(1, "What did not pass");
    let bad: Vec<&ScenarioReport> = run.scenarios.iter().filter(|s| s.verdict() != Verdict::Passed).collect();
    if bad.is_empty() {
        flow.paragraph("Nothing: every scenario passed.", body());
    }
    for scenario in bad {
        flow.heading(2, &scenario.id.to_string());
        let verdict = scenario.verdict();
        flow.paragraph(verdict.word(), bold(color(verdict)));
        let mut rows = Vec::new();
        if let Some(step) = &scenario.step {
            rows.push(("step", format!("{}\n{}:{}", step.text, step.file, step.line)));
        }
        match &scenario.stop {
            Some(Stop::Failed { requirement, expected, seen }) => {
                let ids: Vec<&str> = match requirement.as_str() {
                    "" => scenario.requirements.iter().map(String::as_str).collect(),
                    ids => ids.split_whitespace().collect(),
                };
                rows.extend(ids.into_iter().map(|id| ("breaks", run.catalogue.describe(id))));
                rows.extend(scenario.excuse.iter().map(|excuse| ("warning", excuse.clone())));
                rows.extend([("expected", shortened(expected, LONGEST_TEXT)), ("seen", shortened(seen, LONGEST_TEXT))]);
            }
            Some(Stop::Blocked(why) | Stop::Error(why) | Stop::Skipped(why)) => {
                rows.push(("because", shortened(why, LONGEST_TEXT)));
            }
            None => {}
        }
        let rows = rows.into_iter().map(|(name, value)| vec![(name.to_owned(), muted()), (value, body())]);
        flow.table(&[], &[70.0, WHOLE - 70.0], rows);
        evidence(flow, scenario);
    }
}

/// The end of the wire log: what happened last is what matters.
fn evidence(flow: &mut Flow, scenario: &ScenarioReport) {
    let (left, lines) = latest(wire_log::lines(&scenario.log));
    if left > 0 {
        flow.lines(&format!("{left} earlier lines are in the HTML report"), (&REGULAR, 7.5, MUTED));
    }
    for line in &lines {
        flow.lines(&shortened(line, LONGEST_LINE).replace('\n', " ").replace('→', "->"), (&REGULAR, 7.5, INK)); // the font has no arrows
    }
}

/// The lines that are printed, and how many are left out before them.
fn latest(mut lines: Vec<String>) -> (usize, Vec<String>) {
    let left = lines.len().saturating_sub(MOST_LINES);
    (left, lines.split_off(left))
}

fn shortened(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} … ({} characters in all)", &text[..end], text.chars().count()),
    }
}

pub(super) fn requirements(flow: &mut Flow, run: &RunReport) {
    flow.heading(1, "Requirements");
    flow.paragraph("Every requirement that this run tested, and what its scenarios say.", body());
    let small = |color: Color| -> Type { (&REGULAR, 7.5, color) };
    let row = |row: matrix::Row<'_>| -> Vec<Cell> {
        let requirement = row.requirement;
        let color = match row.proof {
            Proof::Passed => GREEN,
            Proof::Failed => RED,
            Proof::Warning | Proof::Open => AMBER,
            Proof::Skipped | Proof::Untested => MUTED,
        };
        let plain = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let [level, subject, basis] =
            [json!(requirement.level), json!(requirement.subject), json!(requirement.basis)].map(plain);
        vec![
            (requirement.id.clone(), (&SEMIBOLD, 7.5, INK)),
            (row.proof.word().to_owned(), (&SEMIBOLD, 7.5, color)),
            (format!("{level} {subject}\n{basis}"), small(MUTED)),
            (requirement.text.clone(), small(INK)),
            (row.scenarios.len().to_string(), small(MUTED)),
        ]
    };
    let rows: Vec<_> = matrix::rows(run).into_iter().filter(|row| row.proof != Proof::Untested).map(row).collect();
    let widths = [80.0, 56.0, 68.0, WHOLE - 256.0, 52.0];
    flow.table(&["Id", "Verdict", "Binds", "What it asks for", "Scenarios"], &widths, rows);
}

pub(super) fn signatures(flow: &mut Flow) {
    const BLOCK: f32 = 80.0;
    flow.need(3.0 * BLOCK + 90.0);
    flow.heading(1, "Signatures");
    flow.paragraph(
        "Who signs has read the verdicts, what did not pass, and what is not part of this acceptance.",
        body(),
    );
    for role in ["Tested by", "Reviewed for IRIS", "Accepted for the customer"] {
        flow.y += 10.0;
        flow.paragraph(role, bold(BRAND));
        flow.y += 24.0;
        let widths = [190.0, 200.0, WHOLE - 390.0 - 24.0];
        let (mut x, y) = (LEFT, flow.y);
        for (label, width) in ["Name", "Signature", "Date"].into_iter().zip(widths) {
            flow.sheet().fill([x, y, x + width, y + 0.7], RULE);
            let style = flow.sheet().style(&REGULAR, 7.5, MUTED);
            let (node, bottom) = flow.sheet().text(label, style, Place { x, top: y + 2.0, width, rows: 1 });
            flow.sheet().nodes.push(group(Tag::P, vec![node]));
            flow.y = bottom + 10.0;
            x += width + 12.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_log_is_cut_before_its_last_lines_and_a_line_behind_its_first_characters() {
        let lines = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(latest(lines(MOST_LINES)), (0, lines(MOST_LINES)));
        assert_eq!(latest(lines(MOST_LINES + 1)), (1, lines(MOST_LINES + 1)[1..].to_vec()));
        let line = |length: usize| "é".repeat(length);
        assert_eq!(shortened(&line(LONGEST_LINE), LONGEST_LINE), line(LONGEST_LINE));
        let cut = shortened(&line(LONGEST_LINE + 1), LONGEST_LINE);
        assert_eq!(cut, format!("{} … (241 characters in all)", line(LONGEST_LINE)));
    }
}
