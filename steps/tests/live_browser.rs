//! The live page in a real browser: an exam is ordered, graded and read by clicks, and what a bench cannot do is not there.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs a script with the link of a bench's page, a folder for pictures, and more.
fn browse(bench: &[&str], script: &str, more: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("REPORT_PICTURES").map(std::path::PathBuf::from);
    let pictures = kept.as_deref().unwrap_or(folder.path());
    let mut process = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .arg("simulate")
        .args(bench)
        .args(["--page", "--for", "120"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
    let link = lines.find_map(|line| line.ok()?.split_once("http://").map(|(_, link)| format!("http://{link}")));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser").join(script);
    let link = link.unwrap_or_else(|| "no link".to_owned());
    let output = Command::new("node").arg(script).arg(link).arg(pictures).args(more).output();
    // asked to end, so that it ends its proxy as well
    Command::new("kill").args(["-INT", &process.id().to_string()]).status().expect("a signal can be sent");
    process.wait().ok();
    let output = output.expect("node starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{bench:?}: {said}");
}

#[test]
#[ignore = "needs Node.js, Chromium, and `npm ci` in steps/tests/browser; .ci/run sees to them"]
fn an_exam_is_ordered_graded_and_read_by_clicks() {
    browse(&["all"], "live.mjs", &[]);
}

#[test]
#[ignore = "needs Node.js, Chromium, and `npm ci` in steps/tests/browser; .ci/run sees to them"]
fn a_page_has_no_action_that_its_bench_has_no_party_for() {
    let emr = ["answer", "faults", "connections"];
    browse(&["emr"], "live_parts.mjs", &emr);
    browse(&["emr", "--to", "127.0.0.1:9"], "live_parts.mjs", &[&["order", "exam", "cancel"], &emr[..]].concat());
    let graded = ["exam", "grade", "resend", "faults"];
    browse(
        &["proxy", "--listen", "127.0.0.1:0", "--results", "127.0.0.1:9"],
        "live_parts.mjs",
        &[&graded[..], &["proxy"]].concat(),
    );
    browse(&["cloud", "--https-port", "0", "--amqps-port", "0"], "live_parts.mjs", &graded);
}
