//! What a CI needs of `run`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const CONTENT: &str = "charges/content: Both eyes are normal";
/// Fails with a proxy that answers nothing.
const ORDER: &str = "orders/accepted: The reference order";

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    program.env_remove("GITHUB_ACTIONS").env_remove("GITHUB_STEP_SUMMARY");
    program
}

fn call(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_iris-conformance")).parent().expect("the program is in a folder");
    let path = folder.join("examples").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    path.display().to_string().replace('\\', "/")
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// A profile of the program that ignores everything.
fn deaf(folder: &Path) -> String {
    let launch = "args: [\"{proxy.orders}\"], ready: { tcp: \"{proxy.orders}\", within_ms: 5000 }";
    let timing = "timing: { deadline: 400, quiet: 250 }";
    let text = format!("proxy: {{ launch: {{ command: \"{}\", {launch} }} }}\n{timing}\n", example("deaf"));
    std::fs::write(folder.join("deaf.yaml"), text).expect("a profile can be written");
    file(folder, "deaf.yaml")
}

/// A profile of the reference proxy that does not come up for the first scenario.
fn flaky(folder: &Path) -> String {
    let reference = include_str!("../src/proxy/reference.yaml");
    let text = reference
        .replace("command: \"{self}\"", &format!("command: \"{}\"", example("flaky")))
        .replace("args: [reference-proxy]", "args: [\"{profile_dir}/count\", \"{self}\", reference-proxy]");
    std::fs::write(folder.join("flaky.yaml"), text).expect("a profile can be written");
    let _ = std::fs::remove_file(folder.join("count"));
    file(folder, "flaky.yaml")
}

#[test]
fn shards_are_disjoint_and_together_the_whole() {
    let ids = |arguments: &[&str]| -> Vec<String> {
        let output = call(&[&["list"], arguments].concat());
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    let parts: Vec<_> = ["hash:1/3", "hash:2/3", "hash:3/3"].iter().map(|shard| ids(&["--shard", shard])).collect();
    let (whole, joined) = (ids(&[]), parts.concat());
    assert_eq!(joined.len(), whole.len());
    assert_eq!(joined.iter().collect::<BTreeSet<_>>(), whole.iter().collect());
    // none of three parts of hundreds of scenarios has more than half of them
    assert!(parts.iter().all(|part| part.len() * 2 < whole.len()));
    assert_eq!(call(&["list", "--shard", "hash:4/3"]).status.code(), Some(2));
}

#[test]
fn shards_that_ran_apart_are_joined_even_if_one_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    let mut codes = BTreeSet::new();
    let saved: Vec<String> = (1..=2).map(|number| file(folder.path(), &format!("{number}.json"))).collect();
    for (number, saved) in (1..).zip(&saved) {
        let shard = format!("hash:{number}/2");
        let output = call(&["run", "--name", CONTENT, "--shard", &shard, "--json", saved]);
        assert!(stderr(&output).contains(&format!("shard {number} of 2")), "{}", stderr(&output));
        codes.insert(output.status.code());
    }
    assert_eq!(codes, BTreeSet::from([Some(0), Some(4)]));
    let merged = call(&["report", "merge", &saved[0], &saved[1]]);
    let text = String::from_utf8_lossy(&merged.stdout).into_owned();
    assert_eq!(merged.status.code(), Some(0), "{text}{}", stderr(&merged));
    assert!(text.starts_with("1 scenarios: 1 passed"), "{text}");
}

#[test]
fn a_scenario_that_passes_when_repeated_is_flaky() {
    let folder = tempfile::tempdir().unwrap();
    let junit = file(folder.path(), "junit.xml");
    let run = |more: &[&str]| {
        let profile = flaky(folder.path());
        let common = ["run", "--name", CONTENT, "--profile", &profile, "--junit", &junit];
        call(&[&common, more].concat())
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));

    let output = run(&["--retry", "2"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("1 passed, 0 failed, 1 of them flaky;"), "{text}");
    assert!(text.contains(&format!("flaky    {CONTENT} (attempt 2; before: ")), "{text}");
    let xml = std::fs::read_to_string(&junit).unwrap();
    assert!(xml.contains("failures=\"0\" errors=\"0\"") && xml.contains("<flakyError message="), "{xml}");

    assert_eq!(run(&["--retry", "1", "--flaky-fails"]).status.code(), Some(1));
    assert_eq!(run(&["--flaky-fails"]).status.code(), Some(2));
}

#[test]
fn a_run_stops_at_the_first_failure_and_repeats_only_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let (profile, json) = (deaf(folder.path()), file(folder.path(), "report.json"));
    let common = ["run", "--profile", &profile, "--name", "^orders/", "--jobs", "1"];
    let output = call(&[&common[..], &["--fail-fast", "--json", &json]].concat());
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("stopped at the first failure (--fail-fast)"), "{text}");
    let saved: serde_json::Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let (selected, ran) = (saved["selected"].as_u64().unwrap(), saved["scenarios"].as_array().unwrap());
    let last = text.lines().last().unwrap();
    assert!(last.contains(&format!("{} not run", selected - ran.len() as u64)), "{last}");
    let failed: Vec<_> = ran.iter().filter(|scenario| scenario["verdict"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{last}");

    let again = call(&["run", "--profile", &profile, "--rerun", &json]);
    let last = stderr(&again).lines().last().unwrap().to_owned();
    assert!(last.starts_with("1 scenarios: 0 passed, 1 failed;"), "{last}");
    assert!(stderr(&again).contains(failed[0]["id"].as_str().unwrap()), "{}", stderr(&again));
}

#[test]
fn a_rerun_of_something_else_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "report.json");
    std::fs::write(&path, r#"{"scenarios":[{"id":"a: gone","verdict":"failed"}]}"#).unwrap();
    let output = call(&["run", "--rerun", &path]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the suite has no scenario \"a: gone\""), "{}", stderr(&output));
    std::fs::write(&path, "<xml>").unwrap();
    assert!(stderr(&call(&["run", "--rerun", &path])).contains("is no saved run"));
}

#[test]
fn github_gets_annotations_and_a_summary_and_others_their_formats() {
    let folder = tempfile::tempdir().unwrap();
    let (profile, summary) = (deaf(folder.path()), file(folder.path(), "summary.md"));
    let (tap, cucumber) = (file(folder.path(), "tap"), file(folder.path(), "cucumber.json"));
    let mut run = program();
    run.args(["run", "--profile", &profile, "--name", ORDER, "--tap", &tap, "--cucumber", &cucumber]);
    let output = run.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.starts_with("::error file=") && text.contains("orders/accepted.feature,line="), "{text}");
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(summary.contains("1 scenarios: 0 passed, 1 failed") && summary.contains("| failed |"), "{summary}");
    assert!(std::fs::read_to_string(tap).unwrap().contains("\nnot ok 1 - orders/accepted"));
    let cucumber: serde_json::Value = serde_json::from_slice(&std::fs::read(cucumber).unwrap()).unwrap();
    let steps = cucumber[0]["elements"][0]["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["result"]["status"] == "failed").count(), 1);

    let plain = run.args(["--format", "human"]).output().unwrap();
    assert!(plain.stdout.is_empty());
}

/// Ends the program with the test.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_watching_run_begins_again_when_the_profile_changes() {
    let folder = tempfile::tempdir().unwrap();
    let profile = deaf(folder.path());
    let mut run = program();
    run.args(["run", "--watch", "--profile", &profile, "--name", ORDER]).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut watching = Watching(run.spawn().expect("the program starts"));
    let lines = BufReader::new(watching.0.stderr.take().unwrap()).lines();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
    let wait_for = |wanted: &str| {
        while !receiver.recv_timeout(Duration::from_secs(60)).expect("the run goes on").starts_with(wanted) {}
    };
    wait_for("1 scenarios: 0 passed, 1 failed");
    wait_for("waiting for a change");
    std::fs::write(&profile, "proxy: {").unwrap();
    wait_for("error: the profile ");
    wait_for("waiting for a change");
    deaf(folder.path());
    wait_for("1 scenarios: 0 passed, 1 failed");
}
