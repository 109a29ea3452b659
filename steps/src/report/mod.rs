//! One model of a run, and what is written from it. No report reads the World.

pub mod cucumber;
pub mod failure;
pub mod github;
pub mod harness;
pub mod html;
pub mod json;
pub mod junit;
pub mod matrix;
pub mod merge;
mod message;
pub mod pdf;
pub mod probes;
pub mod progress;
pub mod tap;
mod wire_log;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use cloud::contract::NotBinding;
use jiff::Timestamp;
use journal::Event;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::harness::Finding;
pub(crate) use self::html::Shortened;
pub(crate) use self::wire_log::entry;
pub use self::wire_log::{Entry, Kind, Lane};
use crate::suite::features::ScenarioId;
use crate::suite::requirements::Catalogue;
use crate::world::Stop;

/// What became of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every step passed, and nothing was found when it ended.
    Passed,
    /// Something that does not bind was not kept: a SHOULD, or a ruling that the contract switches off.
    Warning,
    /// A requirement is broken.
    Failed,
    /// A step could not do its work because of what came before.
    Blocked,
    /// The harness, the proxy's start or the environment broke.
    Error,
    /// The contract takes the ground from it.
    Skipped,
}

impl Verdict {
    /// All verdicts, in the order in which they are counted.
    pub const ALL: [Verdict; 6] =
        [Verdict::Passed, Verdict::Warning, Verdict::Failed, Verdict::Blocked, Verdict::Error, Verdict::Skipped];

    /// The verdict that a stop means; `excused` when what was broken does not bind.
    pub fn of(stop: Option<&Stop>, excused: bool) -> Verdict {
        match stop {
            None => Verdict::Passed,
            Some(Stop::Failed { .. }) if excused => Verdict::Warning,
            Some(Stop::Failed { .. }) => Verdict::Failed,
            Some(Stop::Blocked(_)) => Verdict::Blocked,
            Some(Stop::Error(_)) => Verdict::Error,
            Some(Stop::Skipped(_)) => Verdict::Skipped,
        }
    }

    /// Whether a run can be green with it.
    pub fn is_green(self) -> bool {
        matches!(self, Verdict::Passed | Verdict::Warning | Verdict::Skipped)
    }

    /// The verdict as a word.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Warning => "warning",
            Verdict::Failed => "failed",
            Verdict::Blocked => "blocked",
            Verdict::Error => "error",
            Verdict::Skipped => "skipped",
        }
    }
}

/// A step of a feature file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepPlace {
    /// Keyword and text.
    pub text: String,
    /// Feature file.
    pub file: String,
    /// Line.
    pub line: usize,
}

/// A step and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepReport {
    /// Which.
    #[serde(flatten)]
    pub place: StepPlace,
    /// The text or table below it, as lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// What became of it; none if the scenario stopped before.
    pub verdict: Option<Verdict>,
}

/// An outcome that the specification leaves open (01-topology, section 1: PROBE).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Probe {
    /// The requirements that leave it open, with blanks between.
    pub requirement: String,
    /// What was seen.
    pub seen: serde_json::Value,
}

/// A message that differs from its snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Difference<M = Vec<u8>> {
    /// The snapshot's bytes.
    pub expected: M,
    /// The message.
    pub seen: M,
}

/// How a scenario ended that was run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attempt {
    /// What became of it.
    pub verdict: Verdict,
    /// Why, in one line; empty if it passed.
    pub because: String,
}

impl Attempt {
    /// How it ended.
    pub fn of(report: &ScenarioReport) -> Attempt {
        Attempt { verdict: report.verdict(), because: report.stop.as_ref().map_or_else(String::new, Stop::summary) }
    }
}

/// One scenario that ran.
#[derive(Clone, Debug, Default)]
pub struct ScenarioReport {
    /// Which.
    pub id: ScenarioId,
    /// Its requirement ids.
    pub requirements: Vec<String>,
    /// Why it did not pass.
    pub stop: Option<Stop>,
    /// Why a failure is a warning only.
    pub excuse: Option<String>,
    /// The step at which it stopped; none if it was found when the scenario ended.
    pub step: Option<StepPlace>,
    /// All its steps, those of the background first.
    pub steps: Vec<StepReport>,
    /// How long it took.
    pub duration: Duration,
    /// What happened, as reports show it.
    pub log: Vec<Entry>,
    /// Outcomes that are left open.
    pub probes: Vec<Probe>,
    /// How it ended before it was repeated, the first attempt first.
    pub earlier: Vec<Attempt>,
    /// How the message differs that it failed on.
    pub difference: Option<Difference>,
    /// The whole journal; a saved run does not keep it.
    pub events: Vec<Event>,
}

impl ScenarioReport {
    /// What became of it.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.stop.as_ref(), self.excuse.is_some())
    }

    /// Whether it passed only when it was repeated.
    pub fn flaky(&self) -> bool {
        !self.earlier.is_empty() && self.verdict().is_green()
    }

    /// With what is read from its journal: log, probes, and the message that it failed on.
    pub fn with_events(mut self, events: Vec<Event>) -> ScenarioReport {
        self.log = wire_log::entries(&events);
        self.probes = probes::of(&events, &self.requirements);
        self.difference = wire_log::difference(&events).filter(|_| self.stop.is_some());
        self.events = events;
        self
    }
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
    /// The program that made it, with its version.
    pub program: String,
    /// Operating system and processor.
    pub machine: String,
    /// SHA-256 of what the run was made with, by name: `suite`, and `contract` and `profile` where they came from files.
    pub digests: BTreeMap<String, String>,
    /// When it began, by the wall clock.
    pub began: Option<Timestamp>,
    /// Which shards it covers, if not everything.
    pub shards: Option<Shards>,
    /// Contract name and version (TOP-120).
    pub contract: String,
    /// Unpublished items for which the contract holds a placeholder.
    pub placeholder_for: Vec<String>,
    /// Rulings that the contract switches off.
    pub not_binding: Vec<NotBinding>,
    /// Proxy profile.
    pub profile: String,
    /// The seed.
    pub seed: u64,
    /// What the harness found out about itself and the machine.
    pub harness: Vec<Finding>,
    /// What the requirement ids mean.
    pub catalogue: Catalogue,
    /// The scenarios, in the order of the features.
    pub scenarios: Vec<ScenarioReport>,
    /// Number of scenarios that were selected.
    pub selected: usize,
    /// How long the run took.
    pub duration: Duration,
}

/// Parts of a run that was split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shards {
    /// The numbers of those that are here, from 1, in ascending order.
    pub present: Vec<u32>,
    /// How many there are.
    pub of: u32,
}

impl Shards {
    /// The numbers of those that are not here.
    pub fn missing(&self) -> Vec<u32> {
        (1..=self.of).filter(|number| !self.present.contains(number)).collect()
    }
}

impl fmt::Display for Shards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.present.iter().map(u32::to_string).collect();
        let word = if numbers.len() == 1 { "shard" } else { "shards" };
        write!(f, "{word} {} of {}", numbers.join(", "), self.of)
    }
}

impl RunReport {
    /// A report without content that this program makes on this machine.
    pub fn of_this_program() -> RunReport {
        RunReport {
            program: concat!("iris-conformance ", env!("CARGO_PKG_VERSION")).to_owned(),
            machine: format!("{} on {}", std::env::consts::OS, std::env::consts::ARCH),
            ..RunReport::default()
        }
    }

    /// How many scenarios have the verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.scenarios.iter().filter(|s| s.verdict() == verdict).count()
    }

    /// The scenarios that passed only when they were repeated.
    pub fn flaky(&self) -> impl Iterator<Item = &ScenarioReport> {
        self.scenarios.iter().filter(|scenario| scenario.flaky())
    }

    /// The requirements that scenarios of the run carry and have looked at.
    pub fn requirements(&self) -> BTreeSet<&str> {
        self.scenarios
            .iter()
            .filter(|s| s.verdict() != Verdict::Skipped)
            .flat_map(|s| &s.requirements)
            .map(String::as_str)
            .collect()
    }

    /// Where and how it ran, for people.
    pub fn environment(&self) -> Vec<Finding> {
        let rows = [
            ("proxy profile", self.profile.clone()),
            ("contract", self.contract.clone()),
            ("seed", self.seed.to_string()),
            ("harness", self.program.clone()),
            ("machine", self.machine.clone()),
            ("scenarios selected", self.selected.to_string()),
        ];
        let digests = self.digests.iter().map(|(name, digest)| Finding::new(format!("{name} (SHA-256)"), digest));
        rows.into_iter().map(|(name, value)| Finding::new(name, value)).chain(digests).collect()
    }

    /// The last line of a run.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = Verdict::ALL
            .iter()
            .map(|v| (v, self.count(*v)))
            .filter(|(v, n)| *n > 0 || matches!(v, Verdict::Passed | Verdict::Failed))
            .map(|(v, n)| format!("{n} {}", v.word()))
            .collect();
        let flaky = match self.flaky().count() {
            0 => String::new(),
            flaky => format!(", {flaky} of them flaky"),
        };
        let missing = self.selected.saturating_sub(self.scenarios.len());
        let missing = if missing > 0 { format!(", {missing} not run") } else { String::new() };
        let shards = self.shards.as_ref().map_or_else(String::new, |shards| format!(", {shards}"));
        format!(
            "{} scenarios: {}{missing}{flaky}; {} requirements covered; {:.1} s (seed {}, contract {}, proxy {}{shards})",
            self.selected,
            counts.join(", "),
            self.requirements().len(),
            self.duration.as_secs_f64(),
            self.seed,
            self.contract,
            self.profile,
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! Scenarios for the tests of what is written from a run.

    use super::*;

    pub(crate) fn passing(title: &str) -> ScenarioReport {
        let id = ScenarioId { feature: "f".to_owned(), title: title.to_owned(), ..ScenarioId::default() };
        ScenarioReport { id, requirements: vec!["ACK-030".to_owned()], ..ScenarioReport::default() }
    }

    pub(crate) fn failing(title: &str, seen: &str) -> ScenarioReport {
        let (requirement, expected) = ("ACK-030".to_owned(), "one".to_owned());
        let stop = Some(Stop::Failed { requirement, expected, seen: seen.to_owned() });
        ScenarioReport { stop, ..passing(title) }
    }

    pub(crate) fn flaky(title: &str) -> ScenarioReport {
        let earlier = vec![Attempt { verdict: Verdict::Failed, because: "two".to_owned() }];
        ScenarioReport { earlier, ..passing(title) }
    }

    pub(crate) fn run_of(scenarios: Vec<ScenarioReport>) -> RunReport {
        RunReport { selected: scenarios.len(), scenarios, ..RunReport::default() }
    }
}
