//! The HTML report in a real browser: hostile messages, a person's way through it, and its speed.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use hl7::Message;
use journal::{Direction, Journal, Link, Peer, What};
use steps::report::harness::Finding;
use steps::report::{Probe, RunReport, ScenarioReport, StepPlace, StepReport, Verdict, html, json};
use steps::suite::features::ScenarioId;
use steps::suite::requirements::{Catalogue, Requirement};
use steps::world::Stop;

/// What a page must show and never obey.
const HOSTILE: &str = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><!-- \u{2028}\u{2029}\
    \u{202e}\u{2066}\u{feff} javascript:window.hacked=1 {{ title }} ' \" & \u{0}\u{1b}[31m\u{7f}";

/// A report that is hostile wherever a text can be.
fn hostile() -> RunReport {
    let text = HOSTILE.to_owned();
    let journal = Journal::new("x");
    let long = "A".repeat(10 << 20);
    let orm = format!("MSH|^~\\&|{HOSTILE}\rPID|1|{HOSTILE}\rZ<b>|{HOSTILE}\rOBX|1|ED|||{long}\r__proto__|x\r");
    for content in [orm.as_bytes(), b"MSH\xff\xfe|\x80\r\xc3\x28|\x00\x0b\x1c\r", b"", b"\r\r|||\r", HOSTILE.as_bytes()]
    {
        let content = content.to_vec();
        let frame = What::Frame { link: Link::Orders, connection: 1, direction: Direction::Out, content };
        journal.record(Peer::Emr, frame);
    }
    journal.fact(Peer::Cloud, HOSTILE, HOSTILE, serde_json::json!({ HOSTILE: HOSTILE }));
    journal.fact(Peer::Harness, steps::report::probes::PROBE, HOSTILE, serde_json::json!({ HOSTILE: HOSTILE }));
    let process = What::Process { instance: text.clone(), state: text.clone(), detail: text.clone() };
    journal.record(Peer::Proxy, process);
    journal.record(Peer::Harness, What::Fault { name: text.clone(), detail: text.clone() });
    let place = StepPlace { text: text.clone(), file: text.clone(), line: 1 };
    let step = StepReport { place: place.clone(), argument: Some(text.clone()), verdict: Some(Verdict::Failed) };
    let scenario = ScenarioReport {
        id: ScenarioId { feature: text.clone(), slug: text.clone(), row: 1, title: text.clone() },
        requirements: vec![text.clone()],
        stop: Some(Stop::Failed { requirement: "HOSTILE-1".into(), expected: text.clone(), seen: text.clone() }),
        step: Some(place),
        steps: vec![step],
        ..ScenarioReport::default()
    };
    let mut scenario = scenario.with_events(journal.events());
    scenario.probes.push(Probe { requirement: text.clone(), seen: text.clone().into() });
    let requirement =
        serde_json::json!({ "id": text, "level": "MUST", "subject": "proxy", "basis": "ruling", "text": text });
    let requirement: Requirement = serde_json::from_value(requirement).expect("a requirement may hold any text");
    RunReport {
        contract: text.clone(),
        profile: text.clone(),
        harness: vec![Finding::new(text.clone(), text.clone())],
        placeholder_for: vec![text.clone()],
        catalogue: Catalogue::of([requirement]),
        scenarios: vec![scenario],
        selected: 1,
        ..RunReport::default()
    }
}

/// A run of the reference proxy with a defect that changes bytes.
fn failed(folder: &Path) -> RunReport {
    let profile = include_str!("../src/proxy/reference.yaml");
    let profile = profile.replace("args: [reference-proxy]", "args: [reference-proxy, --defect, result-own-sender]");
    std::fs::write(folder.join("profile.yaml"), profile).expect("a profile can be written");
    let mut program = Command::new(env!("CARGO_BIN_EXE_iris-conformance"));
    let names = "results/content|charges/content|orders/accepted";
    let output = program
        .args(["run", "--name", names, "--profile", "profile.yaml", "--json", "failed.json"])
        .current_dir(folder)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    json::read(&folder.join("failed.json")).expect("a run that was saved can be read")
}

/// A thousand scenarios with messages of their own, made of real ones, and one with many events.
fn large(run: &RunReport) -> RunReport {
    let mut large = RunReport { scenarios: Vec::new(), selected: 1_000, ..run.clone() };
    large.duration = Duration::from_secs(100);
    for (copy, scenario) in run.scenarios.iter().cycle().take(1_000).enumerate() {
        let mut scenario = scenario.clone();
        scenario.id.feature = format!("{}-{}", scenario.id.feature, copy / 25);
        scenario.id.title = format!("{} (copy {copy})", scenario.id.title);
        scenario.id.row = copy;
        scenario.difference = None;
        for (entry, message) in scenario.log.iter_mut().enumerate().filter_map(|(i, e)| Some((i, e.message.as_mut()?)))
        {
            let Ok(mut unique) = Message::parse(message.clone()) else { continue };
            let path = "MSH-10".parse().expect("the path is a constant");
            if unique.set(&path, format!("{copy}-{entry}").as_bytes()).is_ok() {
                *message = unique.bytes().to_vec();
            }
        }
        large.scenarios.push(scenario);
    }
    let many = large.scenarios.last_mut().expect("there are scenarios");
    let log = many.log.clone();
    many.log = log.into_iter().cycle().take(8_000).collect();
    many.id =
        ScenarioId { feature: "large".into(), slug: "many-events".into(), row: 0, title: "Many events".to_owned() };
    large
}

#[test]
#[ignore = "needs Node.js, Chromium, and `npm ci` in steps/tests/browser; .ci/run sees to them"]
fn the_report_is_harmless_useful_and_fast_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let kept = std::env::var_os("REPORT_PICTURES").map(std::path::PathBuf::from);
    let folder = kept.as_deref().unwrap_or(folder.path());
    let failed = failed(folder);
    let runs = [("hostile.html", hostile()), ("failed.html", failed.clone()), ("large.html", large(&failed))];
    for (name, run) in &runs {
        let page = html::write(run).unwrap();
        println!("{name}: {} bytes", page.len());
        assert!(page.len() < 15_000_000, "{name} is larger than 15 MB: {}", page.len());
        std::fs::write(folder.join(name), page).unwrap();
    }
    let path = |name: &str| folder.join(name).display().to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/report.mjs");
    let output = Command::new("node")
        .arg(script)
        .args([path("hostile.html"), path("failed.html"), path("large.html"), path("")])
        .output()
        .expect("node starts");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    println!("{said}");
    assert!(output.status.success(), "{said}");
}
