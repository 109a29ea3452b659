//! Outcomes that the specification leaves open (01-topology, section 1: PROBE): recorded, never judged.

use std::collections::BTreeMap;
use std::fmt::Write;

use journal::{Event, What};
use serde_json::Value;

use super::{Probe, RunReport};
use crate::suite::requirements::{Catalogue, Level};

/// The fact by which a step records such an outcome; its identity is the requirement, or empty for those of the scenario.
pub const PROBE: &str = "probe.seen";

/// The probes of a scenario with these requirements.
pub(super) fn of(events: &[Event], requirements: &[String]) -> Vec<Probe> {
    let probe = |event: &Event| match &event.what {
        What::Fact { name, id, data } if name == PROBE => {
            let requirement = if id.is_empty() { requirements.join(" ") } else { id.clone() };
            Some(Probe { requirement, seen: data.clone() })
        }
        _ => None,
    };
    events.iter().filter_map(probe).collect()
}

/// `{"answer":"AE"}` as `answer=AE`.
pub fn text(seen: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match seen.as_object() {
        Some(fields) => fields.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect::<Vec<_>>().join(" "),
        None => plain(seen),
    }
}

/// One line an outcome, with how often it was seen; empty without probes. An acknowledgement is shown by its code.
pub fn block(run: &RunReport, catalogue: &Catalogue) -> String {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for Probe { requirement: requirements, seen } in run.scenarios.iter().flat_map(|scenario| &scenario.probes) {
        let open = |id: &&str| catalogue.get(id).is_some_and(|known| known.level == Level::Probe);
        let left_open: Vec<&str> = requirements.split_whitespace().filter(open).collect();
        let requirements = if left_open.is_empty() { requirements.clone() } else { left_open.join(" ") };
        *counts.entry((requirements, brief(seen))).or_default() += 1;
    }
    let mut block = String::new();
    for ((requirement, seen), times) in counts {
        if block.is_empty() {
            block.push_str("not specified, for information\n");
        }
        let _ = writeln!(block, "  {requirement}  {seen}  ({times} x)");
    }
    block
}

fn brief(seen: &Value) -> String {
    const LONGEST: usize = 60;
    let code = seen["answer"].as_str().and_then(|answer| answer.split_once("MSA|")).and_then(|(_, msa)| msa.get(..2));
    code.map_or_else(|| text(seen).chars().take(LONGEST).collect(), |code| format!("answer={code}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::ScenarioReport;
    use journal::{Journal, Peer};
    use serde_json::json;

    #[test]
    fn the_summary_says_what_was_seen_and_how_often() {
        let scenario = |requirement: &str, answer: &str| {
            let journal = Journal::new("x");
            journal.fact(Peer::Harness, PROBE, requirement, json!({ "answer": format!("MSH|<CR>MSA|{answer}|7<CR>") }));
            let requirements = vec!["ORM-NEG-243".to_owned()];
            ScenarioReport { requirements, ..ScenarioReport::default() }.with_events(journal.events())
        };
        let scenarios = vec![scenario("", "AE"), scenario("ORM-NEG-243", "AE"), scenario("ORM-NEG-244", "AA")];
        let run = RunReport { scenarios, ..RunReport::default() };
        let expected =
            "not specified, for information\n  ORM-NEG-243  answer=AE  (2 x)\n  ORM-NEG-244  answer=AA  (1 x)\n";
        assert_eq!(block(&run, &Catalogue::default()), expected);
        assert_eq!(block(&RunReport::default(), &Catalogue::default()), "");
    }
}
