//! A run as a file, from which every report can be made again: see [`Saved`], or `iris-conformance report schema`.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use cloud::contract::NotBinding;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::harness::Finding;
use super::message::Message;
use super::{Attempt, Difference, Entry, Probe, RunReport, ScenarioReport, Shards, StepPlace, StepReport, Verdict};
use crate::suite::features::ScenarioId;
use crate::suite::requirements::{Catalogue, Requirement};
use crate::world::Stop;

/// Name and version of the layout; the number grows when a reader would have to change.
pub const SCHEMA: &str = "iris-conformance/report/1";

/// A saved run.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Saved {
    /// Name and version of the layout: `iris-conformance/report/1`.
    schema: String,
    /// The program that made it, with its version.
    program: String,
    /// Operating system and processor.
    machine: String,
    /// SHA-256 of what the run was made with, by name: `suite`, and `contract` and `profile` where they came from files.
    digests: BTreeMap<String, String>,
    /// When the run began.
    began: Option<Timestamp>,
    /// Which shards it covers; null if it is a whole run.
    shards: Option<Shards>,
    /// Contract name and version.
    contract: String,
    /// Unpublished items for which the contract holds a placeholder.
    placeholder_for: Vec<String>,
    /// Rulings that the contract switches off.
    not_binding: Vec<NotBinding>,
    /// Proxy profile.
    profile: String,
    /// The seed.
    seed: u64,
    /// Number of scenarios that were selected.
    selected: usize,
    /// Number of scenarios by verdict.
    counts: BTreeMap<Verdict, usize>,
    /// How long the run took, in milliseconds.
    duration_ms: f64,
    /// What the harness found out about itself and the machine.
    harness: Vec<Finding>,
    /// The requirements, each with what it asks for.
    requirements: Vec<Requirement>,
    /// The scenarios, in the order of the features.
    scenarios: Vec<Scenario>,
    /// The messages of all scenarios, each once; logs name them by their place here, from 0.
    messages: Vec<Message>,
}

/// A scenario of a saved run.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Scenario {
    /// Feature and scenario in one text.
    id: String,
    #[serde(flatten)]
    parts: ScenarioId,
    /// What became of it.
    verdict: Verdict,
    /// Its requirement ids.
    requirements: Vec<String>,
    /// How long it took, in milliseconds.
    duration_ms: f64,
    /// The step at which it stopped; null if it passed, or if it was found when the scenario ended.
    step: Option<StepPlace>,
    /// Why it did not pass.
    stop: Option<Why>,
    /// Why what was broken is a warning only.
    excuse: Option<String>,
    /// All its steps.
    steps: Vec<StepReport>,
    /// What happened.
    log: Vec<Entry<usize>>,
    /// Outcomes that the specification leaves open.
    probes: Vec<Probe>,
    /// How it ended before it was repeated.
    earlier: Vec<Attempt>,
    /// Snapshot and message, where it failed on a snapshot; by their places in `messages`.
    difference: Option<Difference<usize>>,
}

/// Why a scenario did not pass.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Why {
    /// A requirement is broken.
    Broken {
        /// The requirement that was checked, or several with blanks between; empty: those of the scenario.
        requirement: String,
        /// What had to be.
        expected: String,
        /// What was.
        seen: String,
    },
    /// Something else.
    Because {
        /// What it was.
        because: String,
    },
}

/// The messages of a run, each once.
#[derive(Default)]
struct Table<'a> {
    all: Vec<Message>,
    known: HashMap<&'a [u8], usize>,
}

impl<'a> Table<'a> {
    fn number(&mut self, bytes: &'a [u8]) -> usize {
        *self.known.entry(bytes).or_insert_with(|| {
            self.all.push(Message::of(bytes));
            self.all.len() - 1
        })
    }
}

impl Saved {
    /// What is to be saved of a run.
    pub fn of(run: &RunReport) -> Saved {
        let mut messages = Table::default();
        let scenarios = run.scenarios.iter().map(|report| Scenario::of(report, &mut messages)).collect();
        Saved {
            schema: SCHEMA.to_owned(),
            program: run.program.clone(),
            machine: run.machine.clone(),
            digests: run.digests.clone(),
            began: run.began,
            shards: run.shards.clone(),
            contract: run.contract.clone(),
            placeholder_for: run.placeholder_for.clone(),
            not_binding: run.not_binding.clone(),
            profile: run.profile.clone(),
            seed: run.seed,
            selected: run.selected,
            counts: Verdict::ALL.into_iter().map(|verdict| (verdict, run.count(verdict))).collect(),
            duration_ms: run.duration.as_secs_f64() * 1000.0,
            harness: run.harness.clone(),
            requirements: run.catalogue.iter().cloned().collect(),
            scenarios,
            messages: messages.all,
        }
    }

    /// The run.
    ///
    /// # Errors
    /// Parts that contradict each other; the scenario is named.
    pub fn into_run(self) -> anyhow::Result<RunReport> {
        let mut left = MOST_BYTES;
        let messages = self
            .messages
            .into_iter()
            .enumerate()
            .map(|(number, message)| message.bytes(&mut left).with_context(|| format!("messages[{number}]")));
        let messages: Vec<Vec<u8>> = messages.collect::<anyhow::Result<_>>()?;
        let scenarios = self.scenarios.into_iter().map(|scenario| {
            let id = scenario.id.clone();
            scenario.into_report(&messages).with_context(|| format!("the scenario \"{id}\""))
        });
        let scenarios: Vec<ScenarioReport> = scenarios.collect::<anyhow::Result<_>>()?;
        ensure!(self.selected >= scenarios.len(), "`selected` is less than the number of scenarios");
        Ok(RunReport {
            program: self.program,
            machine: self.machine,
            digests: self.digests,
            began: self.began,
            shards: self.shards,
            contract: self.contract,
            placeholder_for: self.placeholder_for,
            not_binding: self.not_binding,
            profile: self.profile,
            seed: self.seed,
            harness: self.harness,
            catalogue: Catalogue::of(self.requirements),
            scenarios,
            selected: self.selected,
            duration: duration(self.duration_ms)?,
        })
    }
}

/// Most bytes that the messages of a file may have together, unpacked.
const MOST_BYTES: usize = 1 << 30;

impl Scenario {
    fn of<'a>(report: &'a ScenarioReport, messages: &mut Table<'a>) -> Scenario {
        let log = report.log.iter().map(|entry| {
            let message = entry.message.as_deref().map(|bytes| messages.number(bytes));
            entry.with(message)
        });
        let log = log.collect();
        let difference = report.difference.as_ref();
        let difference = difference.map(|Difference { expected, seen }| Difference {
            expected: messages.number(expected),
            seen: messages.number(seen),
        });
        Scenario {
            id: report.id.to_string(),
            parts: report.id.clone(),
            verdict: report.verdict(),
            requirements: report.requirements.clone(),
            duration_ms: report.duration.as_secs_f64() * 1000.0,
            step: report.step.clone(),
            stop: report.stop.as_ref().map(Why::of),
            excuse: report.excuse.clone(),
            steps: report.steps.clone(),
            log,
            probes: report.probes.clone(),
            earlier: report.earlier.clone(),
            difference,
        }
    }

    fn into_report(self, messages: &[Vec<u8>]) -> anyhow::Result<ScenarioReport> {
        let message = |number: usize| messages.get(number).cloned().with_context(|| format!("has no message {number}"));
        let mut log = Vec::with_capacity(self.log.len());
        for entry in self.log {
            let bytes = entry.message.map(message).transpose()?;
            log.push(entry.with(bytes));
        }
        let difference = match self.difference {
            Some(Difference { expected, seen }) => {
                Some(Difference { expected: message(expected)?, seen: message(seen)? })
            }
            None => None,
        };
        let report = ScenarioReport {
            id: self.parts,
            requirements: self.requirements,
            stop: self.stop.map(|why| why.into_stop(self.verdict)).transpose()?,
            excuse: self.excuse,
            step: self.step,
            steps: self.steps,
            duration: duration(self.duration_ms)?,
            log,
            probes: self.probes,
            earlier: self.earlier,
            difference,
            events: Vec::new(),
        };
        let (said, found) = (self.verdict.word(), report.verdict().word());
        ensure!(said == found, "says that its verdict is `{said}`, but by its `stop` and `excuse` it is `{found}`");
        Ok(report)
    }
}

impl Why {
    fn of(stop: &Stop) -> Why {
        match stop.clone() {
            Stop::Failed { requirement, expected, seen } => Why::Broken { requirement, expected, seen },
            Stop::Blocked(because) | Stop::Error(because) | Stop::Skipped(because) => Why::Because { because },
        }
    }

    fn into_stop(self, verdict: Verdict) -> anyhow::Result<Stop> {
        Ok(match (self, verdict) {
            (Why::Broken { requirement, expected, seen }, _) => Stop::Failed { requirement, expected, seen },
            (Why::Because { because }, Verdict::Blocked) => Stop::Blocked(because),
            (Why::Because { because }, Verdict::Error) => Stop::Error(because),
            (Why::Because { because }, Verdict::Skipped) => Stop::Skipped(because),
            (Why::Because { .. }, verdict) => bail!("is `{}`, but its `stop` names no requirement", verdict.word()),
        })
    }
}

fn duration(ms: f64) -> anyhow::Result<Duration> {
    Duration::try_from_secs_f64(ms / 1000.0).with_context(|| format!("`duration_ms` is {ms}"))
}

/// The run as text.
///
/// # Errors
/// Texts that cannot be written as JSON, which would be a defect of the harness.
pub fn write(run: &RunReport) -> anyhow::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Saved::of(run))?)
}

/// Reads a saved run.
///
/// # Errors
/// A file that cannot be read or is no saved run; file and place are named.
pub fn read(path: &Path) -> anyhow::Result<RunReport> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = path.display();
    let saved: Saved = match serde_json::from_slice(&bytes) {
        Ok(saved) => saved,
        Err(error) => {
            #[derive(Deserialize)]
            struct Head {
                schema: serde_json::Value,
            }
            match serde_json::from_slice::<Head>(&bytes) {
                Ok(Head { schema }) if schema != SCHEMA => bail!(wrong_schema(path, &schema.to_string())),
                _ => bail!("{file} is no saved run: {error}; give a file that `run --json` wrote"),
            }
        }
    };
    ensure!(saved.schema == SCHEMA, wrong_schema(path, &saved.schema));
    saved.into_run().with_context(|| format!("{file} is no saved run that can be used"))
}

fn wrong_schema(path: &Path, schema: &str) -> String {
    format!(
        "{} has the layout {schema}, this program reads {SCHEMA}; run the suite again, or use the program's version that wrote it",
        path.display()
    )
}

/// The layout as a JSON schema, made from the types.
pub fn schema() -> String {
    let mut schema = schemars::schema_for!(Saved);
    schema.insert("title".to_owned(), "A saved run of iris-conformance".into());
    format!("{:#}\n", schema.to_value())
}

#[cfg(test)]
mod tests;
