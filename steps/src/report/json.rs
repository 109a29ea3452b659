//! The run as JSON, for programs.

use serde_json::{Value, json};

use super::{RunReport, Verdict};
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
            })
        })
        .collect();
    json!({
        "schema": SCHEMA,
        "contract": run.contract,
        "placeholder_for": run.placeholder_for,
        "profile": run.profile,
        "seed": run.seed,
        "selected": run.selected,
        "counts": counts,
        "requirements": run.requirements(),
        "duration_ms": run.duration.as_secs_f64() * 1000.0,
        "scenarios": scenarios,
    })
}

fn stop(stop: &Stop) -> Value {
    match stop {
        Stop::Failed { requirement, expected, seen } => {
            json!({ "requirement": requirement, "expected": expected, "seen": seen })
        }
        Stop::Blocked(why) | Stop::Error(why) => json!({ "because": why }),
    }
}
