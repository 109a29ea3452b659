use std::path::PathBuf;

use journal::{Direction, Journal, Link, Peer, What};
use serde_json::{Value, json};

use super::*;
use crate::report::probes;

fn run() -> RunReport {
    let journal = Journal::new("x");
    journal.fact(Peer::Harness, probes::PROBE, "ORM-NEG-243", json!({ "answer": "AE" }));
    for content in [b"MSH|^~\\&|\xff\r".to_vec(), vec![b'x'; 100_000], b"MSH|^~\\&|\xff\r".to_vec()] {
        journal
            .record(Peer::Emr, What::Frame { link: Link::Orders, connection: 1, direction: Direction::Out, content });
    }
    let stop = Some(Stop::Failed { requirement: "ACK-006".into(), expected: "one".into(), seen: "two".into() });
    let scenario = ScenarioReport { stop, excuse: Some("a SHOULD".into()), ..ScenarioReport::default() };
    let blocked = ScenarioReport { stop: Some(Stop::Blocked("no proxy".into())), ..ScenarioReport::default() };
    RunReport { scenarios: vec![scenario.with_events(journal.events()), blocked], selected: 3, ..RunReport::default() }
}

fn value(run: &RunReport) -> Value {
    serde_json::from_slice(&write(run).unwrap()).unwrap()
}

fn into_run(value: Value) -> anyhow::Result<RunReport> {
    serde_json::from_value::<Saved>(value)?.into_run()
}

#[test]
fn a_saved_run_is_read_back_as_it_was() {
    let run = run();
    let saved = value(&run);
    assert_eq!(saved["messages"].as_array().unwrap().len(), 2, "equal messages are saved once");
    assert_eq!(saved["scenarios"][0]["probes"], json!([{ "requirement": "ORM-NEG-243", "seen": { "answer": "AE" } }]));
    let again = into_run(saved.clone()).unwrap();
    assert_eq!(value(&again), saved);
    assert_eq!(again.scenarios[0].log, run.scenarios[0].log);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let refused = |path: &str, wrong: Value| {
        let mut saved = value(&run());
        *saved.pointer_mut(path).unwrap() = wrong;
        format!("{:#}", into_run(saved).unwrap_err())
    };
    let verdict = refused("/scenarios/0/verdict", json!("failed"));
    assert!(verdict.contains("says that its verdict is `failed`, but by its `stop` and `excuse` it is `warning`"));
    assert!(refused("/scenarios/1/verdict", json!("passed")).contains("is `passed`, but its `stop` names no"));
    assert!(refused("/scenarios/0/log/1/message", json!(7)).contains("has no message 7"));
    assert!(refused("/selected", json!(1)).contains("`selected` is less"));
    assert!(refused("/duration_ms", json!(-1)).contains("`duration_ms` is -1"));
    assert!(refused("/messages/0/size", json!(3)).contains("messages[0]"));
}

/// To renew it: `iris-conformance report schema > steps/report.schema.json`.
#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
    let published = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    assert!(published == schema(), "run: iris-conformance report schema > steps/report.schema.json");
}
