//! What a run says about each requirement.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{RunReport, ScenarioReport, Verdict};
use crate::suite::requirements::Requirement;
use crate::world::Stop;

/// What a run says about a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Proof {
    /// Every scenario that carries it passed.
    Passed,
    /// A scenario found a deviation that does not bind.
    Warning,
    /// A scenario found it broken.
    Failed,
    /// A scenario that carries it stopped for another reason.
    Open,
    /// The contract takes the ground from all its scenarios.
    Skipped,
    /// No scenario of the run carries it.
    Untested,
}

impl Proof {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Proof; 6] =
        [Proof::Passed, Proof::Warning, Proof::Failed, Proof::Open, Proof::Skipped, Proof::Untested];

    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Proof::Passed => "passed",
            Proof::Warning => "warning",
            Proof::Failed => "failed",
            Proof::Open => "not proven",
            Proof::Skipped => "skipped",
            Proof::Untested => "no scenario",
        }
    }
}

/// A requirement, with the places of its scenarios in the run.
pub struct Row<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// What the run says.
    pub proof: Proof,
    /// Its scenarios.
    pub scenarios: Vec<usize>,
}

/// Every requirement of the catalogue, in the order of the ids.
pub fn rows<'a>(run: &'a RunReport) -> Vec<Row<'a>> {
    let mut carriers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, scenario) in run.scenarios.iter().enumerate() {
        for id in &scenario.requirements {
            carriers.entry(id).or_default().push(place);
        }
        // a scenario can break what it does not carry: what holds in all of them
        for id in broken(scenario).filter(|id| !scenario.requirements.iter().any(|own| own == id)) {
            carriers.entry(id).or_default().push(place);
        }
    }
    let row = |requirement: &'a Requirement| {
        let scenarios = carriers.remove(requirement.id.as_str()).unwrap_or_default();
        Row { requirement, proof: proof(&requirement.id, scenarios.iter().map(|at| &run.scenarios[*at])), scenarios }
    };
    run.catalogue.iter().map(row).collect()
}

/// The requirements that a scenario names as broken.
fn broken(scenario: &ScenarioReport) -> impl Iterator<Item = &str> {
    let named = match &scenario.stop {
        Some(Stop::Failed { requirement, .. }) => requirement.as_str(),
        _ => "",
    };
    named.split_whitespace()
}

fn proof<'a>(id: &str, scenarios: impl Iterator<Item = &'a ScenarioReport>) -> Proof {
    let says = |scenario: &ScenarioReport| {
        // a check that names no requirement breaks those of the scenario
        let its_own = broken(scenario).next().is_none() || broken(scenario).any(|named| named == id);
        match scenario.verdict() {
            Verdict::Passed => Proof::Passed,
            Verdict::Warning if its_own => Proof::Warning,
            Verdict::Failed if its_own => Proof::Failed,
            Verdict::Skipped => Proof::Skipped,
            Verdict::Warning | Verdict::Failed | Verdict::Blocked | Verdict::Error => Proof::Open,
        }
    };
    let all: Vec<Proof> = scenarios.map(says).collect();
    let decisive = [Proof::Failed, Proof::Warning, Proof::Open, Proof::Passed, Proof::Skipped];
    decisive.into_iter().find(|proof| all.contains(proof)).unwrap_or(Proof::Untested)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(ids: &[&str], stop: Option<Stop>, excused: bool) -> ScenarioReport {
        ScenarioReport {
            requirements: ids.iter().map(ToString::to_string).collect(),
            stop,
            excuse: excused.then(String::new),
            ..ScenarioReport::default()
        }
    }

    fn failed(id: &str) -> Option<Stop> {
        Some(Stop::Failed { requirement: id.into(), expected: String::new(), seen: String::new() })
    }

    #[test]
    fn a_requirement_is_failed_where_a_scenario_names_it_and_open_where_it_names_another() {
        let says = |id: &str, scenarios: &[ScenarioReport]| proof(id, scenarios.iter());
        let both = ["ACK-001", "ACK-002"];
        let passed = || scenario(&both, None, false);
        assert_eq!(says("ACK-001", &[passed(), passed()]), Proof::Passed);
        let first = || [passed(), scenario(&both, failed("ACK-001"), false)];
        assert_eq!((says("ACK-001", &first()), says("ACK-002", &first())), (Proof::Failed, Proof::Open));
        assert_eq!(says("ACK-001", &[scenario(&both, failed(""), false)]), Proof::Failed);
        assert_eq!(says("ACK-001", &[passed(), scenario(&both, failed("ACK-001"), true)]), Proof::Warning);
        assert_eq!(says("ACK-001", &[passed(), scenario(&both, Some(Stop::Error("x".into())), false)]), Proof::Open);
        let skipped = || scenario(&both, Some(Stop::Skipped("x".into())), false);
        assert_eq!(says("ACK-001", &[skipped(), passed()]), Proof::Passed);
        assert_eq!(says("ACK-001", &[skipped()]), Proof::Skipped);
        assert_eq!(says("ACK-001", &[]), Proof::Untested);
    }

    #[test]
    fn a_requirement_that_a_scenario_breaks_without_carrying_it_is_failed() {
        let text = "{ id: TOP-060, level: MUST, subject: proxy, basis: ruling, text: no trace }";
        let requirement: Requirement = serde_yaml::from_str(text).unwrap();
        let run = RunReport {
            catalogue: crate::suite::requirements::Catalogue::of([requirement]),
            scenarios: vec![scenario(&["ACK-001"], failed("TOP-060"), false)],
            ..RunReport::default()
        };
        let rows = rows(&run);
        assert_eq!((rows[0].proof, &rows[0].scenarios[..]), (Proof::Failed, &[0][..]));
    }
}
