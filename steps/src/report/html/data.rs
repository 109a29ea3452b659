//! What the page shows, as data for its script.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;
use serde_json::{Value, json};

use super::message::Shortened;
use crate::report::{Attempt, Difference, Entry, Kind, Lane, Probe, RunReport, ScenarioReport, StepReport, Verdict};
use crate::report::{matrix, probes};
use crate::world::Stop;

pub(super) const TITLE: &str = "IRIS EMR Proxy conformance report";

/// A scenario of the page.
#[derive(Serialize)]
struct Scenario<'a> {
    /// For links: the same in every run.
    key: String,
    feature: &'a str,
    title: &'a str,
    verdict: Verdict,
    ids: &'a [String],
    ms: f64,
    at: Option<String>,
    /// Broken requirement, expected, seen; or why it could not be judged.
    stop: Option<Value>,
    excuse: Option<&'a str>,
    earlier: &'a [Attempt],
    probes: Vec<(&'a str, String)>,
    steps: &'a [StepReport],
    log: Vec<Arrow<'a>>,
    difference: Option<Difference<usize>>,
}

/// Milliseconds, from lane, to lane, kind, text, number of the message that can be opened.
type Arrow<'a> = (f64, Lane, Option<Lane>, Kind, Cow<'a, str>, Option<usize>);

/// The messages of all scenarios, each once.
#[derive(Default)]
struct Messages<'a> {
    all: Vec<Shortened>,
    known: HashMap<&'a [u8], usize>,
    /// The segments that occur.
    segments: BTreeSet<&'a str>,
}

impl<'a> Messages<'a> {
    /// The number of a message.
    fn number(&mut self, content: &'a [u8]) -> usize {
        if let Some(known) = self.known.get(content) {
            return *known;
        }
        let segments =
            content.split(|byte| *byte == b'\r').filter_map(|segment| str::from_utf8(segment.get(..3)?).ok());
        self.segments.extend(segments);
        self.all.push(Shortened::of(content));
        self.known.insert(content, self.all.len() - 1);
        self.all.len() - 1
    }

    /// The names of the segments and of their fields.
    fn names(&self) -> BTreeMap<&'a str, Vec<&'static str>> {
        let names = |id: &&'a str| {
            let fields = (1..).map_while(|field| hl7::names::field(id, field));
            Some((*id, std::iter::once(hl7::names::segment(id)?).chain(fields).collect()))
        };
        self.segments.iter().filter_map(names).collect()
    }
}

/// Longest text that is kept whole, in characters; messages are cut by field.
const LONGEST: usize = 4_000;

/// The text, or its beginning and how long it was.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((end, _)) => format!("{} … ({} characters in all)", &text[..end], text.chars().count()).into(),
    }
}

/// Everything that the page shows.
pub(super) fn page(run: &RunReport) -> Value {
    let mut messages = Messages::default();
    let scenarios: Vec<Scenario<'_>> = run.scenarios.iter().map(|report| scenario(report, &mut messages)).collect();
    let requirements: Vec<Value> = matrix::rows(run)
        .into_iter()
        .map(|matrix::Row { requirement: r, proof, scenarios }| {
            json!({ "id": r.id, "text": r.text, "level": r.level, "subject": r.subject, "basis": r.basis,
                "item": r.item, "source": r.source, "untested": r.untested, "proof": proof.word(), "by": scenarios })
        })
        .collect();
    json!({
        "title": TITLE,
        "contract": run.contract,
        "profile": run.profile,
        "began": run.began.map(|at| format!("{}", at.strftime("%Y-%m-%d %H:%M:%S UTC"))),
        "duration_ms": run.duration.as_secs_f64() * 1000.0,
        "selected": run.selected,
        "shards": run.shards,
        "missing_shards": run.shards.as_ref().map_or_else(Vec::new, |shards| shards.missing()),
        "covered": run.requirements().len(),
        "counts": Verdict::ALL.into_iter().map(|v| (v.word(), run.count(v))).collect::<BTreeMap<_, _>>(),
        "verdicts": Verdict::ALL,
        "proofs": matrix::Proof::ALL.map(matrix::Proof::word),
        "placeholders": run.placeholder_for,
        "not_binding": run.not_binding,
        "environment": run.environment(),
        "harness": run.harness,
        "names": messages.names(),
        "requirements": requirements,
        "scenarios": scenarios,
        "messages": messages.all,
    })
}

fn scenario<'a>(report: &'a ScenarioReport, messages: &mut Messages<'a>) -> Scenario<'a> {
    let row = if report.id.row > 0 { format!("/{}", report.id.row) } else { String::new() };
    let log = report.log.iter().map(|entry| {
        let Entry { at_us, from, to, kind, text, message, .. } = entry;
        let ms = (at_us / 100) as f64 / 10.0;
        (ms, *from, *to, *kind, cut(text), message.as_deref().map(|bytes| messages.number(bytes)))
    });
    let log = log.collect();
    let difference = report.difference.as_ref();
    let difference = difference.map(|Difference { expected, seen }| Difference {
        expected: messages.number(expected),
        seen: messages.number(seen),
    });
    Scenario {
        key: format!("{}/{}{row}", report.id.feature, report.id.slug),
        feature: &report.id.feature,
        title: &report.id.title,
        verdict: report.verdict(),
        ids: &report.requirements,
        ms: report.duration.as_secs_f64() * 1000.0,
        at: report.step.as_ref().map(|step| format!("{}\n{}:{}", step.text.trim(), step.file, step.line)),
        stop: report.stop.as_ref().map(stop),
        excuse: report.excuse.as_deref(),
        earlier: &report.earlier,
        probes: report
            .probes
            .iter()
            .map(|Probe { requirement, seen }| (requirement.as_str(), probes::text(seen)))
            .collect(),
        steps: &report.steps,
        log,
        difference,
    }
}

fn stop(stop: &Stop) -> Value {
    match stop {
        Stop::Failed { requirement, expected, seen } => {
            json!({ "requirement": requirement, "expected": cut(expected), "seen": cut(seen) })
        }
        Stop::Blocked(why) | Stop::Error(why) | Stop::Skipped(why) => json!({ "because": cut(why) }),
    }
}
