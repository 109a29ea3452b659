//! The live page in a real browser: an exam is ordered, graded and read by clicks.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

#[test]
#[ignore = "needs Node.js, Chromium, and `npm ci` in steps/tests/browser; .ci/run sees to them"]
fn an_exam_is_ordered_graded_and_read_by_clicks() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("REPORT_PICTURES").map(std::path::PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    let mut bench = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
        .args(["simulate", "all", "--page", "--for", "120"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(bench.stdout.take().expect("it is piped")).lines();
    let link = lines.find_map(|line| line.ok()?.split_once("http://").map(|(_, link)| format!("http://{link}")));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/live.mjs");
    let output = Command::new("node").arg(script).args([link.as_deref().unwrap_or("no link")]).arg(folder).output();
    bench.kill().ok();
    bench.wait().ok();
    let output = output.expect("node starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success(), "{link:?}: {said}");
}
