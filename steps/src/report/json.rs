//! The run as JSON, for programs:
//!
//! - `schema`; `contract` (name and version), `placeholder_for` (TOP-1xx ids), `not_binding` (`id`, `because`); `profile`, `seed`
//! - `selected`, `counts` by verdict (`passed`, `warning`, `failed`, `blocked`, `error`, `skipped`), `requirements`, `duration_ms`
//! - `scenarios`: `id`, `feature`, `scenario`, `verdict`, `requirements`, `duration_ms`, `step` (`text`, `file`, `line`), `stop`
//!   (`requirement`, `expected`, `seen`, or `because`), `excuse` (why a warning is no failure), `faults`
//!   (`name`, `detail`), `probes` (`requirement`, `seen`)

use journal::{Event, What};
use serde_json::{Value, json};

use super::{RunReport, Verdict, probes};
use crate::world::Stop;

/// Version of the layout; it grows when a reader would have to change.
pub const SCHEMA: u32 = 1;

/// The whole run without its journals.
pub fn value(run: &RunReport) -> Value {
    let counts: serde_json::Map<String, Value> =
        Verdict::ALL.iter().map(|v| (v.word().to_owned(), json!(run.count(*v)))).collect();
    let scenarios: Vec<Value> = run
        .scenarios
        .iter()
        .map(|s| {
            json!({
                "id": s.id.to_string(),
                "feature": s.id.feature,
                "scenario": s.id.title,
                "verdict": s.verdict(),
                "requirements": s.requirements,
                "duration_ms": s.duration.as_secs_f64() * 1000.0,
                "step": s.step.as_ref().map(|step| json!({ "text": step.text, "file": step.file, "line": step.line })),
                "stop": s.stop.as_ref().map(stop),
                "excuse": s.excuse,
                "faults": s.events.iter().filter_map(fault).collect::<Vec<_>>(),
                "probes": probes::of(s).map(|(id, seen)| json!({ "requirement": id, "seen": seen })).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "contract": run.contract,
        "placeholder_for": run.placeholder_for,
        "not_binding": run.not_binding,
        "profile": run.profile,
        "seed": run.seed,
        "selected": run.selected,
        "counts": counts,
        "requirements": run.requirements(),
        "duration_ms": run.duration.as_secs_f64() * 1000.0,
        "scenarios": scenarios,
    })
}

/// A fault that acted, or was put on a wire.
fn fault(event: &Event) -> Option<Value> {
    match &event.what {
        What::Fault { name, detail } => Some(json!({ "name": name, "detail": detail })),
        _ => None,
    }
}

pub(super) fn stop(stop: &Stop) -> Value {
    match stop {
        Stop::Failed { requirement, expected, seen } => {
            json!({ "requirement": requirement, "expected": expected, "seen": seen })
        }
        Stop::Blocked(why) | Stop::Error(why) | Stop::Skipped(why) => json!({ "because": why }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ScenarioReport;
    use crate::suite::features::ScenarioId;

    #[test]
    fn outcomes_that_are_left_open_are_reported_with_their_scenario() {
        let journal = journal::Journal::new("x");
        journal.fact(journal::Peer::Harness, probes::PROBE, "ORM-NEG-243", json!({ "answer": "AE" }));
        journal.fact(journal::Peer::Cloud, "order.accepted", "1", json!({}));
        let scenario = ScenarioReport {
            id: ScenarioId::default(),
            requirements: Vec::new(),
            stop: None,
            excuse: None,
            step: None,
            duration: std::time::Duration::ZERO,
            events: journal.events(),
        };
        let report = value(&RunReport { scenarios: vec![scenario], ..RunReport::default() });
        let expected = json!([{ "requirement": "ORM-NEG-243", "seen": { "answer": "AE" } }]);
        assert_eq!(report["scenarios"][0]["probes"], expected);
    }
}
