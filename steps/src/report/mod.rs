//! One model of a run, and what is written from it. No report reads the World.

pub mod failure;
pub mod harness;
pub mod html;
pub mod json;
pub mod junit;
pub mod probes;
pub mod progress;
mod wire_log;

use std::collections::BTreeSet;
use std::time::Duration;

use cloud::contract::NotBinding;
use journal::Event;

use crate::suite::features::ScenarioId;
use crate::world::Stop;

/// What became of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepPlace {
    /// Keyword and text.
    pub text: String,
    /// Feature file.
    pub file: String,
    /// Line.
    pub line: usize,
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
    /// How long it took.
    pub duration: Duration,
    /// What happened.
    pub events: Vec<Event>,
}

impl ScenarioReport {
    /// What became of it.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self.stop.as_ref(), self.excuse.is_some())
    }
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct RunReport {
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
    /// The scenarios, in the order of the features.
    pub scenarios: Vec<ScenarioReport>,
    /// Number of scenarios that were selected.
    pub selected: usize,
    /// How long the run took.
    pub duration: Duration,
}

impl RunReport {
    /// How many scenarios have the verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.scenarios.iter().filter(|s| s.verdict() == verdict).count()
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

    /// The last line of a run.
    pub fn summary(&self) -> String {
        let counts: Vec<String> = Verdict::ALL
            .iter()
            .map(|v| (v, self.count(*v)))
            .filter(|(v, n)| *n > 0 || matches!(v, Verdict::Passed | Verdict::Failed))
            .map(|(v, n)| format!("{n} {}", v.word()))
            .collect();
        let missing = self.selected - self.scenarios.len();
        let missing = if missing > 0 { format!(", {missing} not run") } else { String::new() };
        format!(
            "{} scenarios: {}{missing}; {} requirements covered; {:.1} s (seed {}, contract {}, proxy {})",
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
