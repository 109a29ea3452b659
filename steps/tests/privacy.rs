//! What the harness's own reports may hold: never a secret, and of a patient nothing but the messages of the wire log. The journal and
//! the saved run are the evidence and hold the messages, and with them the HTML page made of it does; terminal, JUnit, PDF and what
//! else the saved run says of a green run hold no value of a patient.

use std::path::Path;
use std::process::{Command, Output};

use journal::{Direction, Event, Link, What};
use steps::proxy::Searcher;

const SCENARIOS: &str = "Order, result and charge of one patient|is delivered as a file named after|IRIS cannot take$";

struct Reports {
    output: Output,
    junit: Vec<u8>,
    json: Vec<u8>,
    html: Vec<u8>,
    events: Vec<Event>,
}

/// Runs the scenarios against the reference proxy, as the lines change its profile.
fn run(folder: &Path, change: impl Fn(&str) -> String) -> Reports {
    let path = |name: &str| folder.join(name).display().to_string();
    let profile = include_str!("../src/proxy/reference.yaml");
    std::fs::write(folder.join("profile.yaml"), change(profile)).expect("a profile can be written");
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    let command = program.args(["run", "--tags", "@privacy", "--name", SCENARIOS, "--profile", &path("profile.yaml")]);
    let command = command.args(["--junit", &path("junit"), "--json", &path("json"), "--journal", &path("journal")]);
    let command = command.args(["--html", &path("html")]);
    let output = command.output().expect("the program starts");
    let read = |name: &str| std::fs::read(folder.join(name)).expect("the report is there");
    let events = journal::jsonl::read(&read("journal")[..]).expect("the journal can be read");
    Reports { output, junit: read("junit"), json: read("json"), html: read("html"), events }
}

/// Values of the patients of all orders: what stands in PID-3, PID-5.1 and ORC-2.1.
fn values(events: &[Event]) -> Vec<String> {
    let mut values = Vec::new();
    for event in events {
        if let What::Frame { link: Link::Orders, direction: Direction::Out, content, .. } = &event.what {
            let order = hl7::Message::parse(content.clone()).expect("the orders of these scenarios can be read");
            let texts =
                ["PID-3.1", "PID-5.1", "PID-19", "ORC-2.1"].map(|path| order.text(path).map(|text| text.into_owned()));
            values.extend(texts.into_iter().flatten());
        }
    }
    assert!(values.len() >= 12, "{values:?}");
    values
}

/// Text that a secret has wherever it stands: the client secret, a bearer token, the signature of a shared access signature, a
/// bus key in a connection string.
fn secrets(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let pattern =
        "secret-[0-9a-f]{32}|eyJ[A-Za-z0-9_-]{20,}|sig=[A-Za-z0-9%+/]{20,}|SharedAccessKey=[A-Za-z0-9+/=]{20,}";
    let pattern = regex::Regex::new(pattern).expect("the pattern is a constant");
    pattern.find_iter(&text).map(|found| found.as_str().to_owned()).collect()
}

fn no_secrets(reports: &Reports) {
    let Reports { output, junit, json, html, .. } = reports;
    let files = [&output.stdout, &output.stderr, junit, json, html];
    for (name, bytes) in ["stdout", "stderr", "JUnit", "JSON", "HTML"].into_iter().zip(files) {
        assert_eq!(secrets(bytes), [""; 0], "{name}");
    }
    for event in &reports.events {
        let told = match &event.what {
            // the journal writes bytes in base64, which would hide a secret here
            What::Bytes { bytes, .. } => bytes.clone(),
            other => serde_json::to_vec(other).expect("an event can be written"),
        };
        assert_eq!(secrets(&told), [""; 0], "{event:?}");
    }
}

#[test]
fn top_065_reports_of_a_green_run_hold_no_secret_and_no_value_of_a_patient() {
    let folder = tempfile::tempdir().unwrap();
    let reports = run(folder.path(), str::to_owned);
    assert!(reports.output.status.success(), "{}", String::from_utf8_lossy(&reports.output.stdout));
    no_secrets(&reports);
    let searcher = Searcher::new(&values(&reports.events)).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&reports.json).unwrap();
    json["messages"].take();
    for scenario in json["scenarios"].as_array_mut().unwrap() {
        scenario["log"].take();
    }
    let json = serde_json::to_vec(&json).unwrap();
    let without = [&reports.output.stdout, &reports.output.stderr, &reports.junit, &json];
    for (name, bytes) in ["stdout", "stderr", "JUnit", "JSON"].into_iter().zip(without) {
        assert_eq!(searcher.find(bytes), [], "{name}");
    }
}

#[test]
fn top_065_reports_of_a_failure_hold_no_secret_even_if_the_proxy_told_it() {
    let folder = tempfile::tempdir().unwrap();
    let reports = run(folder.path(), |profile| {
        profile.replace("args: [reference-proxy]", "args: [reference-proxy, --defect, secret-logged]")
    });
    assert_eq!(reports.output.status.code(), Some(1), "{}", String::from_utf8_lossy(&reports.output.stdout));
    no_secrets(&reports);
}

#[test]
fn top_065_titles_and_properties_of_a_failure_hold_no_value_of_a_patient() {
    let folder = tempfile::tempdir().unwrap();
    let reports = run(folder.path(), |profile| {
        profile.replace("args: [reference-proxy]", "args: [reference-proxy, --defect, content-logged]")
    });
    assert_eq!(reports.output.status.code(), Some(1));
    let searcher = Searcher::new(&values(&reports.events)).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&reports.json).unwrap();
    for scenario in json["scenarios"].as_array().unwrap() {
        for part in ["id", "feature", "scenario", "requirements", "step", "steps"] {
            assert_eq!(searcher.find(scenario[part].to_string().as_bytes()), [], "{part}");
        }
    }
    let junit = String::from_utf8(reports.junit).unwrap();
    let names = regex::Regex::new(r#"(?:name|classname|value)="[^"]*""#).unwrap();
    for name in names.find_iter(&junit) {
        assert_eq!(searcher.find(name.as_str().as_bytes()), [], "{}", name.as_str());
    }
}
