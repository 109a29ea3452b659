use jiff::Timestamp;

use super::*;
use crate::report::{StepPlace, StepReport, Verdict};
use crate::suite::features::ScenarioId;
use crate::world::Stop;

fn scenario(feature: &str, line: usize, row: usize, passed: bool) -> ScenarioReport {
    let place = StepPlace { text: "Then it holds".into(), file: feature.into(), line };
    let title = format!("Scenario of line {line}, row {row}");
    let stop = Stop::Failed { requirement: "ACK-020".into(), expected: "one".into(), seen: "none".into() };
    ScenarioReport {
        id: ScenarioId { feature: feature.into(), slug: "scenario".into(), row, title },
        steps: vec![StepReport { place, argument: None, verdict: Some(Verdict::Passed) }],
        stop: (!passed).then_some(stop),
        ..ScenarioReport::default()
    }
}

fn part(file: &str, began: i64, shards: Option<(u32, u32)>, scenarios: Vec<ScenarioReport>) -> Part {
    let shards = shards.map(|(number, of)| Shards { present: vec![number], of });
    let began = Some(Timestamp::from_second(began).unwrap());
    let selected = scenarios.len();
    Part { file: file.into(), run: RunReport { began, shards, scenarios, selected, ..RunReport::default() } }
}

fn error(parts: Vec<Part>) -> String {
    merge(parts, false).unwrap_err().to_string()
}

#[test]
fn shards_become_the_whole_run_in_the_order_of_the_features() {
    let all = [("orders/a", 9, 2), ("orders/a", 30, 0), ("charges/b", 5, 0), ("orders/a", 9, 10)];
    let shard = |number: u32, ids: &[usize]| {
        let scenarios = ids.iter().map(|id| scenario(all[*id].0, all[*id].1, all[*id].2, true)).collect();
        part(&format!("{number}.json"), i64::from(number), Some((number, 2)), scenarios)
    };
    let whole = merge(vec![shard(2, &[3, 1]), shard(1, &[0, 2])], false).unwrap();
    let order: Vec<_> = whole.scenarios.iter().map(|s| (s.id.feature.as_str(), s.id.row)).collect();
    assert_eq!(order, [("charges/b", 0), ("orders/a", 2), ("orders/a", 10), ("orders/a", 0)]);
    assert_eq!((whole.shards, whole.selected), (None, 4));
}

#[test]
fn shards_that_are_not_there_are_named() {
    let shard =
        |number: u32| part("f", number.into(), Some((number, 5)), vec![scenario("a", number as usize, 0, true)]);
    let whole = merge(vec![shard(4), shard(2)], false).unwrap();
    assert_eq!(whole.shards, Some(Shards { present: vec![2, 4], of: 5 }));
    assert_eq!(whole.shards.unwrap().missing(), [1, 3, 5]);
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let plain = || part("a.json", 1, None, Vec::new());
    let other = |change: fn(&mut RunReport)| {
        let mut part = part("b.json", 2, None, Vec::new());
        change(&mut part.run);
        error(vec![plain(), part])
    };
    assert_eq!(
        other(|run| run.seed = 7),
        "a.json and b.json cannot be merged: the seed is 0 in the first and 7 in the second"
    );
    assert!(other(|run| run.contract = "mine 2".into()).contains("the contract is \"\" in the first and \"mine 2\""));
    assert!(other(|run| run.suite = "ff".into()).contains("the suite (SHA-256 of its files)"));
    assert!(other(|run| run.profile = "mine".into()).contains("the proxy profile"));
    let shards = error(vec![part("a", 1, Some((1, 2)), Vec::new()), part("b", 2, Some((1, 3)), Vec::new())]);
    assert_eq!(shards, "a and b cannot be merged: the first is of 2 shards, the second of 3");
    assert!(merge(Vec::new(), false).is_err());
}

#[test]
fn a_scenario_that_is_there_twice_is_an_error_unless_it_was_repeated() {
    let parts = || {
        let repeated = part("again.json", 20, None, vec![scenario("a", 3, 0, true)]);
        vec![repeated, part("first.json", 10, None, vec![scenario("a", 3, 0, false), scenario("a", 9, 0, true)])]
    };
    assert!(error(parts()).starts_with(
        "the scenario \"a: Scenario of line 3, row 0\" stands in first.json and in again.json; give each shard once"
    ));
    let whole = merge(parts(), true).unwrap();
    assert_eq!((whole.selected, whole.count(Verdict::Passed)), (2, 2));
    let because = "ACK-020: expected one; seen none".to_owned();
    assert_eq!(whole.scenarios[0].earlier, [Attempt { verdict: Verdict::Failed, because }]);
}
