//! The program as a user meets it: exit codes, messages, files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use journal::{Direction, Event, Link, What};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
}

fn run(arguments: &[&str]) -> Output {
    program().arg("run").args(arguments).output().expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The example program that ignores everything.
fn deaf() -> PathBuf {
    let bin = Path::new(env!("CARGO_BIN_EXE_iris-conformance"));
    bin.parent()
        .expect("the binary is in a folder")
        .join("examples")
        .join(format!("deaf{}", std::env::consts::EXE_SUFFIX))
}

fn profile(folder: &Path, launch: &str) -> String {
    let path = folder.join("profile.yaml");
    let timing = "timing: { deadline: 400, quiet: 250 }";
    let command = deaf().display().to_string().replace('\\', "/");
    std::fs::write(&path, format!("proxy:\n  launch:\n    command: \"{command}\"\n{launch}\n{timing}\n"))
        .expect("a profile can be written");
    path.display().to_string()
}

fn events(path: &Path) -> Vec<Event> {
    let file = std::fs::File::open(path).expect("the journal is there");
    journal::jsonl::read(std::io::BufReader::new(file)).expect("the journal can be read")
}

/// The different messages on the MLLP links, by scenario, without the proxy's own acknowledgements; how often a proxy
/// repeats an unanswered result before it is killed is a matter of time.
fn messages(events: &[Event]) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut messages: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for event in events {
        if let What::Frame { link, direction, content, .. } = &event.what
            && matches!((link, direction), (Link::Orders, Direction::Out) | (Link::Results, Direction::In))
        {
            let of_scenario = messages.entry(event.scenario.clone()).or_default();
            if !of_scenario.contains(content) {
                of_scenario.push(content.clone());
            }
        }
    }
    messages
}

#[test]
fn a_passing_run_exits_0_and_writes_its_reports() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (junit, json, journal) = (file("junit.xml"), file("report.json"), file("journal.jsonl"));
    let output = run(&["--name", "charges/content: Both", "--junit", &junit, "--json", &json, "--journal", &journal]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let last = stderr(&output).lines().last().unwrap().to_owned();
    assert!(last.starts_with("1 scenarios: 1 passed, 0 failed; 6 requirements covered; "), "{last}");

    let junit = std::fs::read_to_string(junit).unwrap();
    assert!(
        junit.contains("tests=\"1\" skipped=\"0\" failures=\"0\" errors=\"0\"") && junit.contains("DFT-FT1-S01"),
        "{junit}"
    );
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
    assert_eq!((&json["schema"], &json["counts"]["passed"]), (&"iris-conformance/report/1".into(), &1.into()));
    assert_eq!(json["scenarios"][0]["id"], "charges/content: Both eyes are normal");
    let events = events(&folder.path().join("journal.jsonl"));
    assert!(events.iter().any(|e| matches!(&e.what, What::Fact { name, .. } if name == "delivery.claimed")));
    let secret = events
        .iter()
        .any(|e| matches!(&e.what, What::Bytes { bytes, .. } if bytes.windows(11).any(|w| w == b"Bearer eyJ0")));
    assert!(!secret, "the journal holds an access token");
}

#[test]
fn nothing_selected_exits_4_and_wrong_usage_exits_2() {
    assert_eq!(run(&["--name", "no scenario is called so"]).status.code(), Some(4));
    // all filters are ANDed
    assert_eq!(run(&["--name", "charges/", "--tags", "@privacy"]).status.code(), Some(4));
    for wrong in
        [&["--jobs", "0"][..], &["--jobs", "many"], &["--tags", "@a or"], &["--name", "("], &["--no-such-option"]]
    {
        assert_eq!(run(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn a_proxy_that_ends_at_once_exits_3_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(&["--profile", &profile(folder.path(), "    ready: { heartbeat: true, within_ms: 5000 }")]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("the proxy exited before it was ready") && text.contains("no address given"), "{text}");
}

#[test]
fn a_proxy_that_never_gets_ready_exits_3() {
    let folder = tempfile::tempdir().unwrap();
    let launch = "    args: [\"{proxy.orders}\"]\n    ready: { heartbeat: true, within_ms: 300 }";
    let output = run(&["--profile", &profile(folder.path(), launch)]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("was not ready within 300 ms (a heartbeat)"), "{text}");
}

#[test]
fn a_proxy_that_accepts_and_ignores_everything_exits_1_and_names_the_requirement() {
    let folder = tempfile::tempdir().unwrap();
    let launch = "    args: [\"{proxy.orders}\"]\n    ready: { tcp: \"{proxy.orders}\", within_ms: 5000 }";
    let output = run(&["--profile", &profile(folder.path(), launch), "--name", "orders/accepted"]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("breaks    ACK-020") && text.contains("expected  one answer to the order"), "{text}");
    assert!(text.contains(" 0 passed"), "{text}");
}

#[test]
fn a_profile_that_names_no_program_exits_3_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.yaml");
    std::fs::write(&path, "proxy:\n  launch: { command: ./no-such-proxy, ready: { heartbeat: true, within_ms: 1 } }\n")
        .unwrap();
    let output = run(&["--profile", &path.display().to_string()]);
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("no-such-proxy") && text.contains("check `command` in the profile"), "{text}");
}

#[test]
fn equal_seeds_give_equal_bytes_and_other_seeds_other_patients() {
    let folder = tempfile::tempdir().unwrap();
    let messages_of = |seed: &str, jobs: &str, name: &str| {
        let path = folder.path().join(name);
        let output = run(&[
            "--name",
            "privacy/traces: Order|results/delivery: (Bytes|Results)|transport/.*: Several",
            "--seed",
            seed,
            "--jobs",
            jobs,
            "--journal",
            &path.display().to_string(),
        ]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        messages(&events(&path))
    };
    let first = messages_of("7", "8", "first.jsonl");
    assert_eq!(first.len(), 4);
    let second = messages_of("7", "1", "second.jsonl");
    let differing: Vec<_> =
        first.iter().filter(|(scenario, bytes)| second.get(*scenario) != Some(bytes)).map(|(s, _)| s).collect();
    assert!(differing.is_empty() && first.len() == second.len(), "{differing:?}");
    let other = messages_of("8", "8", "third.jsonl");
    let scenario = "privacy/traces: Order, result and charge of one patient";
    assert!(first[scenario] != other[scenario], "another seed gave the same patient");
}

#[test]
fn a_run_with_snapshots_forced_to_pass_is_refused() {
    let output = program().args(["run", "--name", "orders/accepted"]).env("INSTA_FORCE_PASS", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("INSTA_FORCE_PASS is set"));
}

#[test]
fn con_060_a_proxy_that_runs_already_is_reached_where_the_profile_says() {
    let folder = tempfile::tempdir().unwrap();
    let port = || std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (https, amqps, orders, results) = (port(), port(), port(), port());
    let path = folder.path().join("attach.yaml");
    let text = format!(
        "proxy:\n  attach: {{ orders: \"127.0.0.1:{orders}\", results_listen: \"127.0.0.1:{results}\" }}\n\
         cloud: {{ https_port: {https}, amqps_port: {amqps}, ca_dir: ca, client_secret: s3cret, bus_key: k3y }}\n\
         timing: {{ deadline: 20000 }}\n" // the proxy's own time limits come before it finds the next scenario's bus
    );
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    // nobody listens yet; this run makes the CA that a proxy has to trust
    let without = run(&["--profile", &path, "--name", "The reference order"]);
    assert_eq!(without.status.code(), Some(3), "{}", stderr(&without));
    assert!(stderr(&without).contains("no proxy listens for orders"), "{}", stderr(&without));

    let contract = cloud::contract::Contract::load(None).unwrap();
    let bus =
        |name: &str| format!("Endpoint=sb://localhost:{amqps}/;SharedAccessKeyName={name}-listen;SharedAccessKey=k3y");
    let url = format!("https://localhost:{https}");
    let mut proxy = program()
        .arg("reference-proxy")
        .envs(["IRIS_LOGIN", "IRIS_SETTINGS", "IRIS_EMR_API", "IRIS_BLOB"].map(|name| (name, url.clone())))
        .envs([("IRIS_TENANT", contract.login.tenant), ("IRIS_CLIENT_ID", contract.login.client_id)])
        .envs([("IRIS_CLIENT_SECRET", "s3cret".to_owned()), ("IRIS_INSTALLATION", contract.settings.installation)])
        .envs([("IRIS_RESULTS_BUS", bus("results")), ("IRIS_NOTIFICATION_BUS", bus("notification"))])
        .envs(["IRIS_RESULTS_BUS_HOST", "IRIS_NOTIFICATION_BUS_HOST"].map(|name| (name, "localhost")))
        .envs(["IRIS_RESULTS_BUS_PORT", "IRIS_NOTIFICATION_BUS_PORT"].map(|name| (name, amqps.to_string())))
        .env("IRIS_CA_FILE", folder.path().join("ca/test-ca.pem"))
        .spawn()
        .expect("the proxy starts");
    let with = run(&[
        "--profile",
        &path,
        "--name",
        "The reference order|An order that IRIS cannot take|results/content: Both",
    ]);
    proxy.kill().expect("the proxy can be killed");
    proxy.wait().expect("the proxy ends");
    let text = stderr(&with);
    // a scenario that needs the process is blocked, and a run with a blocked scenario is not green
    assert!(text.contains(" 2 passed, 0 failed, 1 blocked"), "{text}");
    assert_eq!(with.status.code(), Some(3), "{text}");
}

#[test]
fn coverage_counts_every_requirement_once_in_each_format() {
    let coverage = |format: &str| {
        let output = program().args(["coverage", "--format", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let rows: Vec<serde_json::Value> = serde_json::from_str(&coverage("json")).unwrap();
    let states = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
    let (tested, excused, open) = (states("tested"), states("excused"), states("open"));
    assert_eq!(tested + excused + open, rows.len());
    assert!(tested > 1_500 && excused > 400, "{tested} {excused} {open}");
    let text = coverage("text");
    let all = text.lines().find(|line| line.starts_with("all ")).unwrap();
    let counts: Vec<usize> = all.split_whitespace().skip(1).map(|count| count.parse().unwrap()).collect();
    assert_eq!(counts, [rows.len(), tested, excused, open]);
    assert_eq!(text.lines().filter(|line| line.starts_with("open: ")).count(), open);
    assert_eq!(coverage("csv").lines().count(), rows.len() + 1, "a line each, and the header");
    let charge = rows.iter().find(|row| row["id"] == "ACK-030").unwrap();
    assert_eq!(
        (&charge["level"], &charge["subject"], &charge["state"]),
        (&"MUST".into(), &"proxy".into(), &"tested".into())
    );
}

#[test]
fn the_self_test_says_who_catches_a_defect_and_finds_no_unknown_one() {
    let test = |arguments: &[&str]| program().arg("self-test").args(arguments).output().unwrap();
    let unknown = test(&["--defect", "no-such-defect"]);
    assert_eq!(unknown.status.code(), Some(3));
    assert!(stderr(&unknown).contains("there is no defect no-such-defect"), "{}", stderr(&unknown));
}
