//! What the page shows, as data for its script.

use std::collections::{BTreeMap, HashMap};

use journal::{Direction, Event, Link, Peer, What};
use serde::Serialize;
use serde_json::{Value, json};

use super::message::Shortened;
use crate::report::harness::HarnessCheck;
use crate::report::{RunReport, ScenarioReport, Verdict, wire_log};
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;
use crate::suite::shown;

pub(super) const TITLE: &str = "IRIS EMR Proxy conformance report";
/// Most events of a scenario that are shown; the journal has them all.
const MOST_EVENTS: usize = 5_000;

/// The lanes of the sequence diagram; what concerns no lane goes across all.
const EMR: u8 = 0;
const PROXY: u8 = 1;
const CLOUD: u8 = 2;
const ALL: u8 = 3;

/// A scenario of the page.
#[derive(Serialize)]
struct Scenario<'a> {
    /// For links: nothing but a-z, 0-9 and -.
    key: String,
    feature: &'a str,
    title: &'a str,
    verdict: &'static str,
    ids: &'a [String],
    ms: f64,
    step: Option<Value>,
    stop: Option<Value>,
    /// State, text, file and line of each step.
    steps: Vec<(&'static str, String, String, usize)>,
    events: Vec<Arrow>,
}

/// Milliseconds, from lane, to lane, kind, text, number of the message that can be opened.
type Arrow = (f64, u8, u8, &'static str, String, Option<usize>);

/// The messages of all scenarios, each once.
#[derive(Default)]
struct Messages<'a> {
    all: Vec<Shortened>,
    known: HashMap<&'a [u8], usize>,
}

impl<'a> Messages<'a> {
    /// The number of a message.
    fn number(&mut self, content: &'a [u8]) -> usize {
        *self.known.entry(content).or_insert_with(|| {
            self.all.push(Shortened::of(content));
            self.all.len() - 1
        })
    }
}

/// Everything that the page shows.
pub(super) fn page(run: &RunReport, catalogue: &Catalogue, features: &Features, harness: &HarnessCheck) -> Value {
    let counts: BTreeMap<&str, usize> = Verdict::ALL.iter().map(|v| (v.word(), run.count(*v))).collect();
    let began = run.scenarios.iter().filter_map(|s| s.events.first()).map(|event| event.wall).min();
    let steps = steps(features);
    let mut messages = Messages::default();
    let scenarios: Vec<Scenario<'_>> =
        run.scenarios.iter().enumerate().map(|(index, s)| scenario(index, s, &steps, &mut messages)).collect();
    let requirements: BTreeMap<&str, Value> = catalogue
        .iter()
        .map(|r| {
            let value = json!({ "text": r.text, "level": r.level, "subject": r.subject, "basis": r.basis,
                "untested": r.untested });
            (r.id.as_str(), value)
        })
        .collect();
    json!({
        "title": TITLE,
        "contract": run.contract,
        "placeholders": run.placeholder_for,
        "profile": run.profile,
        "began": began.map_or_else(|| "nothing ran".to_owned(), |at| format!("{at:.0}")),
        "duration_ms": run.duration.as_secs_f64() * 1000.0,
        "selected": run.selected,
        "covered": run.requirements().len(),
        "counts": counts,
        "environment": [
            ("proxy profile", run.profile.clone()),
            ("seed", run.seed.to_string()),
            ("harness", format!("iris-conformance {}", env!("CARGO_PKG_VERSION"))),
            ("machine", format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH)),
            ("scenarios selected", run.selected.to_string()),
        ],
        "harness": harness.rows(),
        "names": names(run),
        "requirements": requirements,
        "scenarios": scenarios,
        "messages": messages.all,
    })
}

/// The steps of every scenario, those of its background first.
fn steps(features: &Features) -> BTreeMap<String, Vec<(String, String, usize)>> {
    let all = features.scenarios().map(|(feature, scenario)| {
        let file = feature.path.as_deref().map_or_else(String::new, shown);
        let background = feature.background.iter().flat_map(|background| &background.steps);
        let steps = background.chain(&scenario.steps);
        let steps = steps.map(|s| (format!("{}{}", s.keyword, s.value), file.clone(), s.position.line)).collect();
        (features.id(feature, scenario).to_string(), steps)
    });
    all.collect()
}

fn scenario<'a>(
    index: usize,
    report: &'a ScenarioReport,
    known: &BTreeMap<String, Vec<(String, String, usize)>>,
    messages: &mut Messages<'a>,
) -> Scenario<'a> {
    let verdict = report.verdict().word();
    let stopped = report.step.as_ref().map(|step| step.line);
    let mut state = "passed";
    let mut steps = Vec::new();
    for (text, file, line) in known.get(&report.id.to_string()).into_iter().flatten() {
        let here = stopped == Some(*line) && state == "passed";
        steps.push((if here { verdict } else { state }, text.clone(), file.clone(), *line));
        if here {
            state = "open";
        }
    }
    let mut events: Vec<Arrow> = report.events.iter().filter_map(|event| arrow(event, messages)).collect();
    if events.len() > MOST_EVENTS {
        let left = events.len() - MOST_EVENTS;
        events.truncate(MOST_EVENTS);
        events.push((0.0, ALL, ALL, "fact", format!("{left} events more are in the journal (--journal)"), None));
    }
    Scenario {
        key: format!("{}-{}-{}", report.id.feature.replace('/', "-"), report.id.slug, index),
        feature: &report.id.feature,
        title: &report.id.title,
        verdict,
        ids: &report.requirements,
        ms: report.duration.as_secs_f64() * 1000.0,
        step: report.step.as_ref().map(|s| json!({ "text": s.text, "file": s.file, "line": s.line })),
        stop: report.stop.as_ref().map(crate::report::json::stop),
        steps,
        events,
    }
}

/// An event as an arrow between lanes, or as a note on one.
fn arrow<'a>(event: &'a Event, messages: &mut Messages<'a>) -> Option<Arrow> {
    let text = wire_log::text(event)?;
    let lane = match event.peer {
        Peer::Emr => EMR,
        Peer::Proxy => PROXY,
        Peer::Cloud => CLOUD,
        Peer::Harness => ALL,
    };
    let (from, to, kind, message) = match &event.what {
        What::Frame { direction, content, .. } => {
            let (from, to) = mllp(*direction);
            (from, to, "message", Some(messages.number(content)))
        }
        What::Malformed { bytes, .. } => (PROXY, EMR, "message", Some(messages.number(bytes))),
        What::Http { .. } => (PROXY, CLOUD, "http", None),
        What::Opened { link: Link::Orders, .. } => (EMR, PROXY, "connection", None),
        What::Opened { link: Link::Results, .. } => (PROXY, EMR, "connection", None),
        What::Fault { .. } => (ALL, ALL, "fault", None),
        What::Panic { .. } => (ALL, ALL, "fault", None),
        What::Process { .. } => (PROXY, PROXY, "process", None),
        _ => (lane, lane, "fact", None),
    };
    Some((ms(event), from, to, kind, text, message))
}

/// Both MLLP links are recorded by the EMR.
fn mllp(direction: Direction) -> (u8, u8) {
    match direction {
        Direction::Out => (EMR, PROXY),
        Direction::In => (PROXY, EMR),
    }
}

fn ms(event: &Event) -> f64 {
    (event.at_us / 100) as f64 / 10.0
}

/// The names of the segments that occur, and of their fields.
fn names(run: &RunReport) -> BTreeMap<String, Vec<&'static str>> {
    let mut names = BTreeMap::new();
    let frames = run.scenarios.iter().flat_map(|scenario| &scenario.events).filter_map(|event| match &event.what {
        What::Frame { content, .. } => Some(content),
        _ => None,
    });
    for segment in frames.flat_map(|content| content.split(|byte| *byte == b'\r')) {
        let Some(id) = segment.get(..3).and_then(|id| str::from_utf8(id).ok()) else { continue };
        if names.contains_key(id) {
            continue;
        }
        if let Some(name) = hl7::names::segment(id) {
            let fields = (1..).map_while(|field| hl7::names::field(id, field));
            names.insert(id.to_owned(), std::iter::once(name).chain(fields).collect());
        }
    }
    names
}
