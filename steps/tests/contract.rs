//! The contract file is really replaced: scenarios pass unchanged under another one (TOP-121).

use std::path::Path;
use std::process::{Command, Output};

const VARIANT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../features/contracts/variant.yaml");

fn run(contract: &Path, names: &str) -> (Output, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    let output = program.args(["run", "--name", names, "--contract"]).arg(contract).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, text)
}

// TOP-101 codec, TOP-104 keys, TOP-106 entra, TOP-108 blobs: with the other names of the variant nothing would pass by luck.
#[test]
fn top_121_scenarios_pass_unchanged_under_a_contract_with_other_names_and_codecs() {
    let names = "^orders/accepted: The reference|^transport/cloud: Orders by blob|^charges/at-most-once: DFT-AMO-0[12]|^management/";
    let (output, text) = run(Path::new(VARIANT), names);
    assert_eq!(output.status.code(), Some(0), "{text}");
    // TOP-120: name and version stand at the beginning and at the end
    assert!(text.contains("\ncontract variant of the reference contract v1 ("), "{text}");
    let last = text.lines().last().unwrap();
    assert!(last.contains("0 failed") && last.contains("contract variant of the reference contract v1"), "{last}");
}

#[test]
fn what_a_contract_switches_off_stands_at_the_beginning_of_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yaml");
    let with = |id: &str| {
        let off = format!("not_binding: [{{ id: {id}, because: the real proxy differs }}]\n");
        std::fs::write(&path, format!("{}{off}", cloud::contract::REFERENCE)).unwrap();
        run(&path, "^orders/accepted: The reference")
    };
    let (output, text) = with("CON-078");
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("not binding: CON-078, because the real proxy differs"), "{text}");
    let (output, text) = with("TOP-060");
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("TOP-060: a published requirement cannot be switched off"), "{text}");
}
