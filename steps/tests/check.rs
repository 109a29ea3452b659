//! `iris-conformance check` as a user meets it: exit codes, formats, files with several messages.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn check(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .arg("check")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // a program that refuses its arguments does not read
    let _ = child.stdin.take().expect("it is piped").write_all(input);
    child.wait_with_output().expect("the program ends")
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../simulators/results/tests/data/check")
}

fn example(file: &str) -> Vec<u8> {
    std::fs::read(data().join(file)).expect("the example is there")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the report is UTF-8")
}

#[test]
fn a_conforming_message_ends_with_0_and_a_broken_one_with_1() {
    let good = check(&["-"], &example("oru/ref_default_normal.hl7"));
    assert_eq!(good.status.code(), Some(0), "{}", stdout(&good));
    assert!(stdout(&good).contains("no problem"));
    let bad = check(&["-"], &example("oru/published_example_b.hl7"));
    assert_eq!(bad.status.code(), Some(1));
}

#[test]
fn the_report_for_people_shows_rule_place_expectation_and_option() {
    let output = check(&["-"], &example("oru/published_example_b.hl7"));
    let text = stdout(&output);
    assert!(!text.contains('\u{1b}'), "colours only on a terminal");
    let expected = "\
error[DISC-150]: OBX[2]-3.1 Identifier: The sequence is SEVERITY, right eye, left eye, with all lines of an eye together.
  |
7 | OBX|2|ST|LEFTDIABRETIN^^IRIS|2|Severe|||AA|||F
  |          ^^^^^^^^^^^^^ expected the right eye in front of the left one
  |
  = seen: `LEFTDIABRETIN`
  = where: standard input, byte 749
  = rule: MUST, published
  = allowed by: `eye_order: left_first` in a file for --profile
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_profile_allows_what_it_names_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("profile.yaml");
    let options = "{ recv_app: Vendor, recv_fac: Vendor, eye_order: left_first, narrative: nte, document: off, pid_account: off }";
    std::fs::write(&profile, options).expect("a profile can be written");
    let profile = profile.display().to_string();
    let output = check(&["--profile", &profile, "--format", "json", "-"], &example("oru/repaired_example_c.hl7"));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["summary"], serde_json::json!({ "messages": 1, "problems": 1 }));
    assert_eq!(report["messages"][0]["problems"][0]["requirement"], "ORU-OBR-32.5");
}

#[test]
fn orders_are_read_by_their_own_agreement() {
    let folder = tempfile::tempdir().expect("a folder");
    let orders = folder.path().join("orders.yaml");
    std::fs::write(&orders, "patient_id: { source: PID-3 }\nprovider: { type: SERDOTON }\n").expect("a file");
    let order = example("orm/published-example-a.hl7");
    assert_eq!(check(&["-"], &order).status.code(), Some(1), "ORM-PID-2");
    assert_eq!(check(&["--orders", &orders.display().to_string(), "-"], &order).status.code(), Some(0));
}

#[test]
fn a_file_may_hold_several_messages() {
    let several = [example("oru/ref_default_normal.hl7"), example("dft/ref_o1_diagnosed.hl7")].concat();
    let output = check(&["--format", "json", "-"], &several);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(report["version"], 1);
    assert_eq!(report["messages"][1]["type"], "DFT^P03");
    assert_eq!(report["messages"][1]["offset"], 2784);
}

#[test]
fn an_mllp_capture_is_taken_apart() {
    let frame = |content: Vec<u8>| [b"\x0b", &content[..], b"\x1c\r"].concat();
    let capture =
        [frame(example("oru/ref_default_normal.hl7")), b"stray".to_vec(), frame(example("ack/ack.hl7"))].concat();
    let output = check(&["--format", "json", "-"], &capture);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(1));
    let messages = report["messages"].as_array().expect("a list");
    assert_eq!(messages.len(), 3);
    assert_eq!(messages[0]["offset"], 1);
    assert_eq!(messages[1]["problems"][0]["requirement"], "MLLP-020");
    assert_eq!(messages[1]["offset"], 2787);
    assert_eq!(messages[2]["problems"], serde_json::json!([]));
    assert_eq!(messages[2]["offset"], 2793);
}

#[test]
fn what_cannot_be_read_ends_with_2_and_says_what_to_do() {
    for (input, expected) in [(&b""[..], "is empty"), (b"PID|1\r", "must"), (b"hello", "instead of `MSH`")] {
        let output = check(&["-"], input);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("standard input") && (error.contains(expected) || error.contains("MSH")), "{error}");
    }
    assert_eq!(check(&["no-such-file"], b"").status.code(), Some(2));
    assert_eq!(check(&[], b"").status.code(), Some(2));
    assert_eq!(check(&["--format", "xml", "-"], b"").status.code(), Some(2));
    let folder = tempfile::tempdir().expect("a folder");
    let profile = folder.path().join("profile.yaml");
    std::fs::write(&profile, "eye_order: upwards\n").expect("a file");
    let output = check(&["--profile", &profile.display().to_string(), "-"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("upwards"));
}

#[test]
fn junit_has_one_case_a_message() {
    let both = [example("oru/ref_default_normal.hl7"), example("orm/published-example-b.hl7")].concat();
    let output = check(&["--format", "junit", "-"], &both);
    let xml = stdout(&output);
    assert!(xml.contains("tests=\"2\" skipped=\"0\" failures=\"1\""), "{xml}");
    assert!(xml.contains("ORM-PID-2 PID-2, ORM-DG1-1 DG1[2]-1"), "{xml}");
    assert!(!xml.contains('\u{1b}'), "{xml}");
}

#[test]
fn odd_bytes_and_long_segments_are_shown_around_the_place() {
    let mut message = example("oru/ref_document_pdf.hl7");
    let at = message.windows(4).position(|window| window == b"JVBE").expect("the data");
    message.splice(at..at, b"\xff\x00\xe9 ".repeat(50_000));
    let output = check(&["-"], &message);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    assert!(text.lines().all(|line| line.len() < 2_000), "a line is too long");
    assert!(text.contains("error[ORU-DOC-11]: OBX[28]-5.5"), "{text}");
}
