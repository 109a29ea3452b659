//! `load`: its ledger, its limits, its reports, and the joining of several machines'.

use std::path::Path;
use std::process::{Command, Output};

fn program(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// The reference proxy with a defect.
fn faulty(folder: &Path, defect: &str) -> &'static str {
    let profile = include_str!("../src/proxy/reference.yaml");
    let profile = profile.replace("args: [reference-proxy]", &format!("args: [reference-proxy, --defect, {defect}]"));
    assert!(profile.contains(defect));
    std::fs::write(folder.join("faulty.yaml"), profile).unwrap();
    "faulty.yaml"
}

#[test]
fn every_message_of_a_good_proxy_is_settled_and_the_parts_of_two_machines_are_joined() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for part in ["1/2", "2/2"] {
        let file = format!("{}.json", &part[..1]);
        let arguments = [
            "load",
            "--rate",
            "60",
            "--duration",
            "1",
            "--mix",
            "orm=3,oru=1,mdm=1,dft=1",
            "--shard",
            part,
            "--json",
            &file,
        ];
        let output = program(&arguments, folder);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    }
    let output = program(&["report", "merge", "1.json", "2.json", "--json", "all.json", "--html", "all.html"], folder);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let all: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("all.json")).unwrap()).unwrap();
    // 60 a second: half of them each, 15 orders and 5 of every other kind
    for (flow, due) in [("orm", 30), ("oru", 10), ("mdm", 10), ("dft", 10)] {
        let flow = &all["flows"][flow];
        assert_eq!((&flow["due"], &flow["settled"]), (&due.into(), &due.into()), "{flow}");
        let latencies = flow["latency"].as_array().unwrap().iter().map(|step| step[1].as_u64().unwrap());
        assert_eq!(latencies.sum::<u64>(), due, "each message has a latency");
    }
    let page = std::fs::read_to_string(folder.join("all.html")).unwrap();
    assert!(page.contains("on each of 2 machines") && page.contains("<polyline") && !page.contains("<script"));

    let twice = program(&["report", "merge", "1.json", "1.json"], folder);
    assert!(said(&twice).contains("shard 1/2 comes twice"), "{}", said(&twice));
    let pdf = program(&["report", "show", "all.json", "--pdf", "all.pdf"], folder);
    assert_eq!(pdf.status.code(), Some(2), "{}", said(&pdf));
}

#[test]
fn what_a_faulty_proxy_does_is_counted_and_exit_1() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let plan = "faults: [{ on: emr_api, when: { request: orders }, do: { status: { code: 503 } } }]";
    std::fs::write(folder.join("down.yaml"), plan).unwrap();
    for (defect, more, expected) in [
        ("answered-twice", &[][..], "the answer is to another message (ACK-010)"),
        ("aa-without-cloud", &["--faults", "down.yaml"], "orm: 20 lost: accepted, and not on the other side"),
    ] {
        let profile = faulty(folder, defect);
        let arguments = ["load", "--rate", "20", "--duration", "1", "--settle", "1", "--profile", profile];
        let output = program(&[&arguments, more].concat(), folder);
        assert_eq!(output.status.code(), Some(1), "{defect}: {}", said(&output));
        assert!(said(&output).contains(expected), "{defect}: {}", said(&output));
    }
    // a good proxy refuses what IRIS does not take
    let output = program(&["load", "--rate", "20", "--duration", "1", "--faults", "down.yaml"], folder);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("20 answered A"), "{}", said(&output));
}

#[test]
fn a_limit_that_is_passed_is_exit_1_and_wrong_words_are_exit_2() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let load = |more: &[&str]| {
        program(
            &[&["load", "--max", "--target", "emr", "--duration", "1", "--connections", "2"], more].concat(),
            folder,
        )
    };
    let kept = load(&["--limit", "rate=1", "--limit", "max=30000"]);
    assert_eq!(kept.status.code(), Some(0), "{}", said(&kept));
    let passed = load(&["--limit", "oru.p50=0"]);
    assert_eq!(passed.status.code(), Some(1), "{}", said(&passed));
    assert!(said(&passed).contains("oru: p50 is"), "{}", said(&passed));
    for wrong in [&["--limit", "p99"][..], &["--mix", "adt=1"], &["--mix", "orm=1"], &["--rate", "5"]] {
        assert_eq!(load(wrong).status.code(), Some(2), "{wrong:?}");
    }
    let cloud = program(&["load", "--rate", "50", "--target", "cloud", "--duration", "1", "--settle", "5"], folder);
    assert_eq!(cloud.status.code(), Some(0), "{}", said(&cloud));
    assert!(said(&cloud).contains("Load on simulated cloud: 50 messages a second"), "{}", said(&cloud));
    let results = program(&["load", "--rate", "50", "--target", "cloud", "--mix", "oru=1"], folder);
    assert!(said(&results).contains("the cloud takes orders only"), "{}", said(&results));
    let many = program(&["load", "--rate", "100000", "--duration", "3600"], folder);
    assert!(said(&many).contains("use --shard"), "{}", said(&many));
}
