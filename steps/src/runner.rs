//! Runs the selected scenarios with cucumber and makes the report.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cucumber::event::{self, ScenarioFinished, StepError};
use cucumber::gherkin::{Feature, Scenario, Step};
use cucumber::{Event, World as _, cli, parser};
use futures::stream;
use journal::{Journal, Peer, What};

use crate::report::{RunReport, ScenarioReport, StepPlace, StepReport, Verdict};
use crate::suite::binding::Binding;
use crate::suite::features::{Features, requirement_ids};
use crate::suite::shown;
use crate::world::{Run, Stop, World};

/// How long ending a scenario may take.
const END_LIMIT: Duration = Duration::from_secs(30);

/// What one scenario left behind, kept until cucumber says that it is over.
struct Pending {
    journal: Journal,
    began: Instant,
    step: Option<StepPlace>,
    stop: Option<Stop>,
    ended: bool,
}

type Key = (PathBuf, usize);

/// Shared by the hooks, which know the World, and the writer, which knows the steps.
#[derive(Clone, Default)]
struct Shared(Arc<Mutex<HashMap<Key, Pending>>>);

impl Shared {
    fn with<T>(&self, key: &Key, change: impl FnOnce(&mut Pending) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_mut(key).map(change)
    }
}

fn key(feature: &Feature, scenario: &Scenario) -> Key {
    (feature.path.clone().unwrap_or_default(), scenario.position.line)
}

/// Runs `selected`, at most `jobs` at once, and calls `ended` for each scenario as it ends. Once `stopped` is set no further
/// scenario begins; those are missing in the report.
pub async fn run(
    run: Arc<Run>,
    features: Arc<Features>,
    selected: Vec<Feature>,
    jobs: usize,
    stopped: Arc<AtomicBool>,
    ended: impl Fn(&ScenarioReport) + 'static,
) -> RunReport {
    let (began, began_at) = (Instant::now(), jiff::Timestamp::now());
    let count = selected.iter().map(cucumber::feature::Ext::count_scenarios).sum();
    let shared = Shared::default();
    let (before, after) = (shared.clone(), shared.clone());
    let (before_features, before_run) = (features.clone(), run.clone());
    let (reports, mut skipped) = (Rc::<RefCell<Vec<ScenarioReport>>>::default(), Vec::new());
    let selected =
        selected.into_iter().filter_map(|feature| without_skipped(feature, &run.binding, &features, &mut skipped));
    let selected = selected.collect::<Vec<_>>();
    skipped.iter().for_each(&ended);
    reports.borrow_mut().extend(skipped);
    let writer = Collector {
        shared,
        features: features.clone(),
        reports: Rc::clone(&reports),
        binding: run.binding.clone(),
        ended: Box::new(ended),
    };
    World::cucumber::<&str>()
        .with_parser(Ready(selected))
        .with_writer(writer)
        .fail_on_skipped()
        .max_concurrent_scenarios(jobs)
        .before(move |feature, _rule, scenario, world| {
            journal::catch_panic_locations();
            if stopped.load(Ordering::Relaxed) {
                // the one way in which cucumber lets a hook keep a scenario from running
                return Box::pin(async { panic!("the run was stopped before") });
            }
            world.begin(before_run.clone(), before_features.id(feature, scenario));
            let pending =
                Pending { journal: world.journal.clone(), began: Instant::now(), step: None, stop: None, ended: false };
            before.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key(feature, scenario), pending);
            Box::pin(async {})
        })
        .after(move |feature, _rule, scenario, finished, world| {
            let (after, key) = (after.clone(), key(feature, scenario));
            Box::pin(async move {
                let stop = end(finished, world).await;
                after.with(&key, |pending| (pending.stop, pending.ended) = (stop, true));
            })
        })
        .with_default_cli()
        .run("")
        .await;
    let mut scenarios = reports.take();
    let place: HashMap<_, _> = features.scenarios().enumerate().map(|(i, (f, s))| (features.id(f, s), i)).collect();
    scenarios.sort_by_key(|report| place.get(&report.id).copied());
    RunReport {
        contract: format!("{} {}", run.contract.name, run.contract.version),
        placeholder_for: run.contract.placeholder_for.clone(),
        not_binding: run.contract.not_binding.clone(),
        profile: run.profile.name.clone(),
        seed: run.seed.value(),
        scenarios,
        selected: count,
        duration: began.elapsed(),
        began: Some(began_at),
        ..RunReport::of_this_program()
    }
}

/// Takes out of a feature what the contract has no ground for.
fn without_skipped(
    mut feature: Feature,
    binding: &Binding,
    features: &Features,
    skipped: &mut Vec<ScenarioReport>,
) -> Option<Feature> {
    let whole = feature.clone();
    let mut applies = |scenario: &Scenario| {
        let requirements = requirement_ids(&whole, scenario);
        let Some(why) = binding.skip(&requirements) else { return true };
        skipped.push(ScenarioReport {
            id: features.id(&whole, scenario),
            stop: Some(Stop::Skipped(why.to_owned())),
            requirements,
            steps: steps(&whole, scenario, None, Verdict::Skipped),
            ..ScenarioReport::default()
        });
        false
    };
    feature.scenarios.retain(&mut applies);
    feature.rules.iter_mut().for_each(|rule| rule.scenarios.retain(&mut applies));
    feature.rules.retain(|rule| !rule.scenarios.is_empty());
    (!feature.scenarios.is_empty() || !feature.rules.is_empty()).then_some(feature)
}

/// Ends a scenario and gives its verdict: that of its steps, or what is found when everything has stopped.
async fn end(finished: &ScenarioFinished, world: Option<&mut World>) -> Option<Stop> {
    let steps = match finished {
        ScenarioFinished::StepPassed => None,
        ScenarioFinished::StepSkipped => {
            Some(Stop::Error("a step is not defined; `iris-conformance lint` names it".to_owned()))
        }
        ScenarioFinished::StepFailed(_, _, StepError::Panic(payload)) => Some(match &world {
            Some(world) => in_time(stop_of(payload), world.elapsed(), world.time_limit()),
            None => stop_of(payload),
        }),
        ScenarioFinished::StepFailed(_, _, other) => Some(Stop::Error(other.to_string())),
        ScenarioFinished::BeforeHookFailed(payload) => {
            Some(Stop::Error(format!("the before hook panicked: {payload:?}")))
        }
    };
    let Some(world) = world else {
        return steps.or_else(|| Some(Stop::Error("the scenario could not begin".to_owned())));
    };
    let exit = world.unexpected_exit();
    if tokio::time::timeout(END_LIMIT, world.end()).await.is_err() {
        return steps
            .or_else(|| Some(Stop::Error(format!("the scenario did not end within {} s", END_LIMIT.as_secs()))));
    }
    steps.or_else(|| found_at_the_end(world, exit))
}

/// A scenario that has used up its time waits for nothing more: what it then misses is no fault of the proxy.
fn in_time(stop: Stop, elapsed: Duration, limit: Duration) -> Stop {
    match stop {
        Stop::Failed { .. } | Stop::Blocked(_) if elapsed >= limit => {
            Stop::Error(format!("the {} s of --timeout were over; then: {}", limit.as_secs(), stop.summary()))
        }
        other => other,
    }
}

fn found_at_the_end(world: &World, exit: Option<String>) -> Option<Stop> {
    if let Some(panic) = world.panic() {
        return Some(Stop::Error(format!("a defect of the harness: {panic}")));
    }
    let failed = |requirement: &str, expected: &str, seen: String| {
        Some(Stop::Failed { requirement: requirement.to_owned(), expected: expected.to_owned(), seen })
    };
    if let Some(exit) = exit {
        return failed("", "the proxy keeps running", exit);
    }
    match world.search_for_traces() {
        Err(stop) => Some(stop),
        Ok(traces) => {
            let first = traces.first()?;
            let seen = format!(
                "{} at offset {} of {} ({} places in all)",
                first.value,
                first.offset,
                first.place,
                traces.len()
            );
            failed("TOP-060", "no trace of the patient, and no secret, in the proxy's folders and output", seen)
        }
    }
}

/// Cucumber carries a step's error as text only, so [`Stop`] is written as JSON there.
fn stop_of(payload: &event::Info) -> Stop {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("a step panicked without a message");
    // cucumber puts words of its own around the error
    let json = text.find('{').and_then(|start| serde_json::from_str(&text[start..]).ok());
    json.unwrap_or_else(|| Stop::Error(format!("a defect of the harness: {text}")))
}

fn place(feature: &Feature, step: &Step) -> StepPlace {
    StepPlace {
        text: format!("{}{}", step.keyword, step.value),
        file: feature.path.as_deref().map_or_else(String::new, shown),
        line: step.position.line,
    }
}

/// The steps of a scenario that stopped at one of them with a verdict, or passed them all.
fn steps(feature: &Feature, scenario: &Scenario, stopped: Option<&StepPlace>, verdict: Verdict) -> Vec<StepReport> {
    let background = feature.background.iter().flat_map(|background| &background.steps);
    let mut state = (verdict != Verdict::Skipped).then_some(Verdict::Passed);
    let report = |step: &Step| {
        let place = place(feature, step);
        let here = stopped == Some(&place);
        let verdict = if here { Some(verdict) } else { state };
        if here {
            state = None;
        }
        StepReport { place, argument: argument(step), verdict }
    };
    background.chain(&scenario.steps).map(report).collect()
}

/// The text or table below a step.
fn argument(step: &Step) -> Option<String> {
    let row = |cells: &Vec<String>| format!("| {} |", cells.join(" | "));
    let table = step.table.as_ref().map(|table| table.rows.iter().map(row).collect::<Vec<_>>().join("\n"));
    step.docstring.as_ref().map(|text| text.trim_matches('\n').to_owned()).or(table)
}

/// Features that are parsed and selected already.
struct Ready(Vec<Feature>);

impl parser::Parser<&'static str> for Ready {
    type Cli = cli::Empty;
    type Output = stream::Iter<std::vec::IntoIter<parser::Result<Feature>>>;

    fn parse(self, _input: &'static str, _cli: cli::Empty) -> Self::Output {
        stream::iter(self.0.into_iter().map(Ok).collect::<Vec<_>>())
    }
}

/// Makes a report of every scenario from cucumber's events.
struct Collector {
    shared: Shared,
    features: Arc<Features>,
    reports: Rc<RefCell<Vec<ScenarioReport>>>,
    binding: Binding,
    ended: Box<dyn Fn(&ScenarioReport)>,
}

impl Collector {
    fn scenario(&mut self, feature: &Feature, scenario: &Scenario, event: event::Scenario<World>) {
        let key = key(feature, scenario);
        match event {
            event::Scenario::Background(step, event::Step::Failed(..) | event::Step::Skipped)
            | event::Scenario::Step(step, event::Step::Failed(..) | event::Step::Skipped) => {
                self.shared.with(&key, |pending| pending.step = Some(place(feature, &step)));
            }
            event::Scenario::Finished => self.finish(feature, scenario, &key),
            _ => {}
        }
    }

    fn finish(&mut self, feature: &Feature, scenario: &Scenario, key: &Key) {
        let pending = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        let Some(mut pending) = pending else { return };
        if !pending.ended {
            pending.stop = Some(Stop::Error("the scenario ended without its after hook".to_owned()));
        }
        let requirements = requirement_ids(feature, scenario);
        let excuse = pending.stop.as_ref().and_then(|stop| self.binding.excuse(stop, &requirements));
        let verdict = Verdict::of(pending.stop.as_ref(), excuse.is_some()).word().to_owned();
        let detail = pending.stop.as_ref().map_or_else(String::new, Stop::summary);
        pending.journal.record(Peer::Harness, What::Verdict { verdict, detail });
        let report = ScenarioReport {
            id: self.features.id(feature, scenario),
            requirements,
            steps: steps(
                feature,
                scenario,
                pending.step.as_ref(),
                Verdict::of(pending.stop.as_ref(), excuse.is_some()),
            ),
            stop: pending.stop,
            excuse,
            step: pending.step,
            duration: pending.began.elapsed(),
            ..ScenarioReport::default()
        };
        let report = report.with_events(pending.journal.events());
        (self.ended)(&report);
        self.reports.borrow_mut().push(report);
    }
}

impl cucumber::Writer<World> for Collector {
    type Cli = cli::Empty;

    async fn handle_event(&mut self, event: parser::Result<Event<event::Cucumber<World>>>, _cli: &cli::Empty) {
        let Ok(event) = event else { return };
        if let event::Cucumber::Feature(feature, event) = event.into_inner() {
            match event {
                event::Feature::Scenario(scenario, event) => self.scenario(&feature, &scenario, event.event),
                event::Feature::Rule(_, event::Rule::Scenario(scenario, event)) => {
                    self.scenario(&feature, &scenario, event.event)
                }
                _ => {}
            }
        }
    }
}

impl cucumber::writer::Normalized for Collector {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_when_the_time_of_the_scenario_is_over_is_an_error() {
        let limit = Duration::from_secs(60);
        let missing = || Stop::Failed { requirement: "ACK-001".into(), expected: "an ACK".into(), seen: "none".into() };
        let before = in_time(missing(), limit - Duration::from_nanos(1), limit);
        assert!(matches!(before, Stop::Failed { .. }));
        let Stop::Error(why) = in_time(missing(), limit, limit) else { panic!("a verdict about the proxy") };
        assert!(why.starts_with("the 60 s of --timeout were over; then: "), "{why}");
    }
}
