//! Repeats what failed, and stops early when told so.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use cucumber::gherkin::Feature;

use crate::report::{Attempt, RunReport, ScenarioReport};
use crate::runner;
use crate::suite::features::{Features, ScenarioId};
use crate::suite::select::keep_ids;
use crate::world::Run;

/// What is done about a scenario that does not pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// How often it is repeated, in a fresh world with the same seed.
    pub retries: usize,
    /// Whether no other one begins while it does not pass.
    pub fail_fast: bool,
}

/// Runs `selected` as [`runner::run`] does; `ended` also gets the number of the attempt, from 1.
pub async fn run(
    run: Arc<Run>,
    features: Arc<Features>,
    selected: Vec<Feature>,
    jobs: usize,
    policy: Policy,
    ended: impl Fn(&ScenarioReport, usize) + 'static,
) -> RunReport {
    let began = Instant::now();
    let ended = Arc::new(ended);
    let mut whole: Option<RunReport> = None;
    let mut left = selected.clone();
    loop {
        let stopped = Arc::new(AtomicBool::new(false));
        let before = whole.as_ref().map_or_else(HashMap::new, attempts);
        let (stop, ended) = (stopped.clone(), ended.clone());
        let round = runner::run(run.clone(), features.clone(), left, jobs, stopped, move |scenario| {
            if policy.fail_fast && !scenario.verdict().is_green() {
                stop.store(true, Ordering::Relaxed);
            }
            ended(scenario, before.get(&scenario.id).copied().unwrap_or(0) + 1);
        });
        let mut joined = join(whole.take(), round.await, &features);
        let again = again(&joined, policy, &features, &selected);
        left = keep_ids(&features, &selected, &again);
        if left.is_empty() {
            joined.duration = began.elapsed();
            return joined;
        }
        whole = Some(joined);
    }
}

/// How often each scenario has run.
fn attempts(report: &RunReport) -> HashMap<ScenarioId, usize> {
    report.scenarios.iter().map(|scenario| (scenario.id.clone(), scenario.earlier.len() + 1)).collect()
}

/// Which scenarios run in the next round.
fn again(report: &RunReport, policy: Policy, features: &Features, selected: &[Feature]) -> BTreeSet<ScenarioId> {
    let failed = report.scenarios.iter().filter(|scenario| !scenario.verdict().is_green());
    let (left, lost): (Vec<_>, Vec<_>) = failed.partition(|scenario| scenario.earlier.len() < policy.retries);
    let mut again: BTreeSet<ScenarioId> = left.iter().map(|scenario| scenario.id.clone()).collect();
    if policy.fail_fast {
        if !lost.is_empty() {
            return BTreeSet::new();
        }
        let ran = attempts(report);
        let scenarios = selected.iter().flat_map(|feature| {
            let in_rules = feature.rules.iter().flat_map(|rule| &rule.scenarios);
            feature.scenarios.iter().chain(in_rules).map(move |scenario| features.id(feature, scenario))
        });
        again.extend(scenarios.filter(|id| !ran.contains_key(id)));
    }
    again
}

/// A run and its next round; what ran again counts as it ended last.
fn join(whole: Option<RunReport>, round: RunReport, features: &Features) -> RunReport {
    let Some(mut whole) = whole else { return round };
    for mut scenario in round.scenarios {
        match whole.scenarios.iter_mut().find(|earlier| earlier.id == scenario.id) {
            Some(place) => {
                scenario.earlier = std::mem::take(&mut place.earlier);
                scenario.earlier.push(Attempt::of(place));
                *place = scenario;
            }
            None => whole.scenarios.push(scenario),
        }
    }
    let place: HashMap<_, _> = features.scenarios().enumerate().map(|(i, (f, s))| (features.id(f, s), i)).collect();
    whole.scenarios.sort_by_key(|report| place.get(&report.id).copied());
    whole
}
