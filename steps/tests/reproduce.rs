//! QA with a customer's bug: a recording is played again, shrunk to a scenario, and freed of its patients.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A day of a clinic: 20 orders with results and charges that the EMR refuses, 60 messages and their answers.
const DAY: &str = "Feature: A day

  @TOP-010
  Scenario: A day of a clinic
    Given an EMR, a proxy and the IRIS cloud are connected
    And charges are enabled for the organization
    And the EMR answers every DFT with an application error
    When the EMR orders 20 exams on one connection
    And all exams are graded \"normal in both eyes\"
    Then the EMR receives exactly 20 ORU
    And the EMR receives exactly 20 DFT
";

fn program(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{}", said(output)))
}

/// Writes `day.jsonl`, as the good proxy makes it, and the suite into `suite`.
fn recorded(folder: &Path) {
    assert_eq!(code(&program(&["eject", "suite"], folder)), 0);
    fs::create_dir(folder.join("suite/features/day")).unwrap();
    fs::write(folder.join("suite/features/day/day.feature"), DAY).unwrap();
    let run = program(&["run", "--suite", "suite", "--name", "day/day", "--journal", "day.jsonl"], folder);
    assert_eq!(code(&run), 0, "{}", said(&run));
}

/// A profile of the reference proxy with a defect.
fn faulty(folder: &Path, defect: &str) -> String {
    let (profile, name) = (include_str!("../src/proxy/reference.yaml"), format!("{defect}.yaml"));
    let profile = profile.replace("args: [reference-proxy]", &format!("args: [reference-proxy, --defect, {defect}]"));
    assert!(profile.contains(defect));
    fs::write(folder.join(&name), profile).unwrap();
    name
}

#[test]
fn a_recording_is_played_again_and_what_differs_is_named_by_field() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recorded(folder);
    for more in [&[][..], &["--speed", "1"], &["--scenario", "day/day: A day of a clinic"]] {
        let same = program(&[&["replay", "day.jsonl"], more].concat(), folder);
        assert_eq!(code(&same), 0, "{more:?}: {}", said(&same));
        assert!(said(&same).contains("the same: 60 answers and messages compared"), "{}", said(&same));
    }

    let profile = faulty(folder, "order-upper-case");
    let different = program(&["replay", "day.jsonl", "--profile", &profile], folder);
    assert_eq!(code(&different), 1, "{}", said(&different));
    assert!(said(&different).contains("breaks TOP-010") && said(&different).contains("PID-5.1 Family Name"));
    assert!(said(&different).contains("different: 20 differences in 60"), "one for each order: {}", said(&different));

    // nobody there is no verdict
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let refused = program(&["replay", "day.jsonl", "--to", &nobody], folder);
    assert_eq!(code(&refused), 3, "{}", said(&refused));
    assert!(said(&refused).contains("nobody takes connections"), "{}", said(&refused));

    // a machine that breaks off leaves half a line
    let day = fs::read(folder.join("day.jsonl")).unwrap();
    fs::write(folder.join("torn.jsonl"), [&day[..], br#"{"seq":99999,"at_"#].concat()).unwrap();
    let torn = program(&["replay", "torn.jsonl"], folder);
    assert_eq!(code(&torn), 0, "{}", said(&torn));
    assert!(said(&torn).contains("the last line is half a line"), "{}", said(&torn));

    fs::write(folder.join("wrong.jsonl"), [b"no journal\n", &day[..]].concat()).unwrap();
    for (arguments, expected) in [
        (&["replay", "wrong.jsonl"][..], "line 1"),
        (&["replay", "nowhere.jsonl"], "nowhere.jsonl"),
        (
            &["replay", "day.jsonl", "--scenario", "day/day: A day of a clinik"],
            "did you mean day/day: A day of a clinic?",
        ),
    ] {
        let refused = program(arguments, folder);
        assert_eq!(code(&refused), 2, "{arguments:?}: {}", said(&refused));
        assert!(said(&refused).contains(expected), "{arguments:?}: {}", said(&refused));
        assert!(!said(&refused).contains("jsonl: wrong.jsonl"), "each file is named once: {}", said(&refused));
    }
}

#[test]
fn defects_amid_sixty_messages_shrink_to_a_scenario_of_one_that_tells_the_proxies_apart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    recorded(folder);
    fs::remove_dir_all(folder.join("suite/features/day")).unwrap();
    let defects = [
        ("order-last-cr-cut", "TOP-010"),
        ("answered-twice", "ACK-020"),
        ("ack-line-feeds", "CON-031"),
        ("result-without-last-segment", "TOP-010"),
        ("charge-repeated-refused", "ACK-030"),
    ];
    for (defect, requirement) in defects {
        let (profile, out) = (faulty(folder, defect), format!("suite/features/recorded/{defect}.feature"));
        let arguments = ["shrink", "day.jsonl", "--profile", &profile, "--attempts", "6", "--out", &out];
        let shrunk = program(&arguments, folder);
        assert_eq!(code(&shrunk), 0, "{defect}: {}", said(&shrunk));
        assert!(said(&shrunk).contains("1 message is enough"), "{defect}: {}", said(&shrunk));
        assert!(fs::read_to_string(folder.join(&out)).unwrap().contains(&format!("@{requirement}\n")), "{defect}");

        let name = format!("recorded/{defect}:");
        let run = |more: &[&str]| program(&[&["run", "--suite", "suite", "--name", &name], more].concat(), folder);
        assert_eq!(code(&run(&["--profile", &profile])), 1, "{defect}: the faulty proxy fails");
        let good = run(&[]);
        assert_eq!(code(&good), 0, "{defect}: {}", said(&good));
    }
    let lint = program(&["lint", "--suite", "suite"], folder);
    assert_eq!(code(&lint), 0, "{}", said(&lint));

    let nothing = program(&["shrink", "day.jsonl", "--profile", "nowhere.yaml"], folder);
    assert_eq!(code(&nothing), 3, "{}", said(&nothing));
    let good = program(&["shrink", "day.jsonl"], folder);
    assert_eq!(code(&good), 1, "{}", said(&good));
    assert!(said(&good).contains("nothing to shrink"), "{}", said(&good));
}
