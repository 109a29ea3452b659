//! `iris-conformance explain`.

use std::process::{Command, Output, Stdio};

fn explain(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .arg("explain")
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("the program starts")
}

fn text(arguments: &[&str]) -> String {
    let output = explain(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_field_id_is_explained_with_its_line_in_the_field_table() {
    let expected = "\
ORU-OBR-22
  text      OBR-22 Status Change Time of an ORU is the grading time.
  level     MUST, asked of the IRIS cloud
  basis     published by IRIS
  source    04 ORU^R01 results
  field     ORU^R01 OBR-22, Results Rpt/Status Chng - Date/Time
            R: always filled
            type TS
            value {graded:ts}
  tested    ";
    let field = text(&["ORU-OBR-22"]);
    assert!(field.starts_with(expected) && field.contains("\n  family    `explain ORU-OBR` lists "), "{field}");
    // ids are taken in small letters too
    assert_eq!(text(&["oru-obr-22"]), field);
    let header = text(&["ORU-MSH-11"]);
    assert!(header.contains("allowed P or T\n") && header.contains("MSH-11, Processing ID\n"), "{header}");
    let run = text(&["ORU-PID-9"]);
    assert!(run.contains("ORU^R01 PID-9..17, Patient Alias to Religion\n            X: always empty\n"), "{run}");
    let segment = text(&["ORU-SEG-02"]);
    assert!(segment.contains("field     ORU^R01 PV1, Patient Visit\n            once\n"), "{segment}");
}

#[test]
fn an_id_of_a_field_of_an_order_has_its_hl7_name_and_its_relatives() {
    let name = text(&["ORM-PID-5.1"]);
    assert!(
        name.contains("HL7 name  Patient Name / Family Name\n") && name.contains("related   ORM-PID-5\n"),
        "{name}"
    );
    assert!(name.contains("family    `explain ORM-PID` lists "), "{name}");
    let above = text(&["ORM-PID-5"]);
    assert!(above.contains("related   ORM-PID-5.1 ORM-PID-5.2"), "{above}");
}

#[test]
fn a_rule_id_is_explained_with_the_scenarios_that_test_it() {
    let rule = text(&["CON-042"]);
    assert!(rule.contains("source    11 Reference contract"), "{rule}");
    assert!(rule.contains("basis     a ruling of the specification"), "{rule}");
    // a plain scenario by its line, the rows of an outline together
    let file = std::fs::read_to_string("../features/charges/at-most-once.feature").unwrap();
    let title = "A charge that another instance has claimed is not sent";
    let line = 1 + file.lines().position(|line| line.contains(title)).unwrap();
    let place = format!("tested    features/charges/at-most-once.feature:{line}: {title}\n");
    assert!(rule.replace('\\', "/").contains(&place), "{rule}");
    assert!(rule.contains("DFT-AMO-01: ") && rule.contains(" rows more)"), "{rule}");
    assert!(!rule.contains("field  "), "{rule}");
}

#[test]
fn the_beginning_of_ids_lists_the_family_in_order() {
    let family = text(&["ORU-OBR"]);
    let ids: Vec<_> = family.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert!(ids.len() > 15 && ids.iter().all(|id| id.starts_with("ORU-OBR-")), "{ids:?}");
    assert_eq!(ids[..3], ["ORU-OBR-1", "ORU-OBR-2", "ORU-OBR-3"]);
    assert!(family.contains("ORU-OBR-22     OBR-22 Status Change Time of an ORU is the grading time.\n"), "{family}");
    assert_eq!(text(&["ORU-OBR-"]), family);
    // the beginning of a number is no family
    assert_eq!(explain(&["ACK-03"]).status.code(), Some(2));
}

#[test]
fn json_has_an_object_a_requirement() {
    let json: serde_json::Value = serde_json::from_str(&text(&["ORU-OBR-22", "CON-042", "--format", "json"])).unwrap();
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    let mut field = json[0].clone();
    field["scenarios"] = serde_json::json!([]);
    let expected = serde_json::json!({
        "id": "ORU-OBR-22", "level": "MUST", "subject": "cloud", "basis": "published",
        "text": "OBR-22 Status Change Time of an ORU is the grading time.", "source": "04 ORU^R01 results",
        "element": "Results Rpt/Status Chng - Date/Time",
        "fields": [{ "message": "ORU^R01", "path": "OBR-22", "name": "Results Rpt/Status Chng - Date/Time",
                     "usage": "R: always filled", "type": "TS", "allowed": [], "value": "{graded:ts}" }],
        "scenarios": [], "related": [], "family": "ORU-OBR",
    });
    assert_eq!(field, expected);
    let scenarios = json[1]["scenarios"].as_array().unwrap();
    assert!(scenarios.iter().all(|s| s["file"].is_string() && s["line"].is_u64() && s["name"].is_string()));
    assert!(scenarios.len() > 3, "rows of outlines stand on their own");
    let family: serde_json::Value = serde_json::from_str(&text(&["ORU-OBR", "--format", "json"])).unwrap();
    assert!(family.as_array().is_some_and(|family| family.len() > 15));
}

#[test]
fn an_unknown_id_exits_2_and_the_nearest_are_named() {
    for (id, expected) in [
        ("ORU-OBR-222", "there is no requirement `ORU-OBR-222`; did you mean ORU-OBR-22, "),
        ("ACK030", "did you mean ACK-030"),
        ("nonsense", "there is no requirement `NONSENSE`; `iris-conformance coverage` lists all ids"),
    ] {
        let output = explain(&["ACK-030", id]);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{id}");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(expected), "{text}");
    }
    assert_eq!(explain(&[]).status.code(), Some(2));
}

#[test]
fn a_reader_that_goes_away_ends_the_program_in_peace() {
    let mut explain = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    let mut child = explain.args(["explain", "ACK"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap()), (Some(0), String::new()));
}
