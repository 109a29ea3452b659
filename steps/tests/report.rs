//! Saved runs, and what is made of them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn program(args: &[&str], folder: &Path) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    program.args(args).current_dir(folder).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn saved(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&read(folder, name)).expect("a saved run is JSON")
}

fn save(folder: &Path, name: &str, value: &Value) {
    std::fs::write(folder.join(name), value.to_string()).expect("a file can be written");
}

/// A saved run of two scenarios, and each as the only one of a shard.
fn whole_and_shards(folder: &Path) -> [Value; 3] {
    let output = program(
        &[
            "run",
            "--name",
            "charges/content: (Both|An?)",
            "--json",
            "run.json",
            "--html",
            "run.html",
            "--junit",
            "run.xml",
        ],
        folder,
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let whole = saved(folder, "run.json");
    let all = whole["scenarios"].as_array().expect("there are scenarios");
    assert!(all.len() >= 2, "{all:?}");
    let shard = |number: usize| {
        let mut shard = whole.clone();
        let mine: Vec<&Value> = all.iter().enumerate().filter(|(i, _)| i % 2 == number - 1).map(|(_, s)| s).collect();
        shard["selected"] = mine.len().into();
        shard["scenarios"] = json!(mine);
        shard["shards"] = json!({ "present": [number], "of": 2 });
        save(folder, &format!("{number}.json"), &shard);
        shard
    };
    let shards = [1, 2].map(shard);
    let [first, second] = shards;
    [whole, first, second]
}

#[test]
fn every_form_is_made_again_from_a_saved_run() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    whole_and_shards(folder);
    let again = ["--html", "again.html", "--junit", "again.xml", "--json", "again.json", "--pdf", "again.pdf"];
    let output = program(&[&["report", "show", "run.json"][..], &again[..]].concat(), folder);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains(" passed, 0 failed; "));
    for form in ["html", "xml", "json"] {
        let (run, again) = (read(folder, &format!("run.{form}")), read(folder, &format!("again.{form}")));
        assert!(run == again, "the {form} of the saved run differs from that of the run");
    }
    let pdf = lopdf::Document::load_mem(&read(folder, "again.pdf")).unwrap();
    assert!(pdf.catalog().unwrap().has(b"StructTreeRoot"), "the acceptance report is tagged");
    let text = pdf.extract_text(&[1]).unwrap();
    assert!(text.contains("All requirements that were tested are met"), "{text}");
}

#[test]
fn shards_are_merged_into_the_run_that_they_are_parts_of() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [whole, ..] = whole_and_shards(folder);
    let merge = |files: &[&str]| program(&[&["report", "merge", "--json", "all.json"], files].concat(), folder);
    let output = merge(&["2.json", "1.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let merged = saved(folder, "all.json");
    for part in ["selected", "counts", "shards"] {
        assert_eq!(merged[part], whole[part], "{part}");
    }
    let ids = |run: &Value| -> Vec<String> {
        run["scenarios"].as_array().unwrap().iter().map(|scenario| scenario["id"].to_string()).collect()
    };
    assert_eq!(ids(&merged), ids(&whole));

    let output = merge(&["2.json"]);
    assert_eq!((output.status.code(), stderr(&output).contains("shard 1 is missing")), (Some(3), true));
    let output = merge(&["1.json", "2.json", "1.json"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("stands in 1.json and in 1.json; give each shard once"), "{}", stderr(&output));
}

#[test]
fn a_merged_run_ends_as_the_whole_run_would_have() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [_, mut first, second] = whole_and_shards(folder);
    let broken = |stop: Value, verdict: &str| {
        first["scenarios"][0]["stop"] = stop;
        first["scenarios"][0]["verdict"] = verdict.into();
        save(folder, "1.json", &first);
        program(&["report", "merge", "1.json", "2.json"], folder).status.code()
    };
    let mut broken = broken;
    let failed = json!({ "requirement": "ACK-030", "expected": "one", "seen": "two" });
    assert_eq!(broken(failed, "failed"), Some(1));
    assert_eq!(broken(json!({ "because": "no proxy" }), "error"), Some(3));
    let mut other = second;
    other["seed"] = 7.into();
    save(folder, "2.json", &other);
    let output = program(&["report", "merge", "1.json", "2.json"], folder);
    assert!(stderr(&output).contains("the seed is 1 in the first and 7 in the second"), "{}", stderr(&output));
}

#[test]
fn what_is_no_saved_run_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = |content: &str, words: &str| {
        std::fs::write(folder.join("x.json"), content).unwrap();
        let output = program(&["report", "show", "x.json"], folder);
        assert_eq!(output.status.code(), Some(3));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    };
    refused("", "x.json is no saved run: EOF");
    refused("{ \"schema\": \"iris-conformance/report/9\" }", "this program reads iris-conformance/report/1");
    refused("{ \"schema\": \"iris-conformance/report/1\" }", "missing field");
    let output = program(&["report", "show", "absent.json"], folder);
    assert!(stderr(&output).contains("cannot read absent.json"), "{}", stderr(&output));
    assert_eq!(program(&["report", "merge"], folder).status.code(), Some(2));
    assert_eq!(program(&["report", "show", "x.json", "--site", "S"], folder).status.code(), Some(2));
}

#[test]
fn the_schema_is_printed_and_a_saved_run_follows_it() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [whole, ..] = whole_and_shards(folder);
    let printed = program(&["report", "schema"], folder).stdout;
    let schema: Value = serde_json::from_slice(&printed).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> = validator.iter_errors(&whole).map(|error| error.to_string()).collect();
    assert_eq!(problems, [""; 0]);
    let mut wrong = whole;
    wrong["scenarios"][0]["verdict"] = "fine".into();
    assert!(!validator.is_valid(&wrong));
}
