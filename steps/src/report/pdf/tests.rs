use super::*;
use crate::report::ScenarioReport;
use crate::world::Stop;

fn run(stops: impl IntoIterator<Item = Option<Stop>>) -> RunReport {
    let scenario = |stop| ScenarioReport { stop, ..ScenarioReport::default() };
    let scenarios: Vec<_> = stops.into_iter().map(scenario).collect();
    RunReport { selected: scenarios.len(), scenarios, ..RunReport::default() }
}

fn failed(text: &str) -> Option<Stop> {
    Some(Stop::Failed { requirement: String::new(), expected: text.into(), seen: text.into() })
}

#[test]
fn only_a_whole_run_that_is_green_is_called_good() {
    assert_eq!(outcome(&run([None, None])), ("All requirements that were tested are met", true));
    assert!(!outcome(&run([])).1);
    assert!(!outcome(&run([None, failed("x")])).1);
    assert!(!outcome(&run([None, Some(Stop::Blocked("x".into()))])).1);
    assert!(!outcome(&run([Some(Stop::Skipped("x".into()))])).1);
    assert!(!outcome(&RunReport { selected: 3, ..run([None]) }).1);
    let shards = Some(crate::report::Shards { present: vec![1], of: 2 });
    assert!(!outcome(&RunReport { shards, ..run([None]) }).1);
}

#[test]
fn any_text_can_be_set_and_equal_runs_give_equal_bytes() {
    let hostile =
        "a\u{0}\u{b}\u{202e}\u{5d0}\u{1f441}\r\n\t".to_owned() + &"long ".repeat(20_000) + &"x".repeat(100_000);
    let hostile = run([failed(&hostile), Some(Stop::Error(String::new()))]);
    let cover = Cover { title: Some("T\u{0}".repeat(500)), customer: Some(String::new()), site: None };
    let pdf = write(&hostile, &cover).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000);
    assert!(pdf == write(&hostile, &cover).unwrap());
}
