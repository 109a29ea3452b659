//! Several saved runs as one: the shards of a run, or a run and what was repeated of it.

use std::collections::HashMap;
use std::fmt::Debug;

use anyhow::{bail, ensure};

use super::harness::Finding;
use super::{Attempt, RunReport, ScenarioReport, Shards};

/// A saved run and where it was read.
pub struct Part {
    /// Its file, for messages.
    pub file: String,
    /// The run.
    pub run: RunReport,
}

/// Joins runs of the same suite under the same contract with the same profile and seed. With `retries` a scenario that several
/// runs have counts as it ended in the one that began last, and keeps how it had ended before.
///
/// # Errors
/// Runs that do not belong together, and without `retries` a scenario that is there twice; files are named.
pub fn merge(mut parts: Vec<Part>, retries: bool) -> anyhow::Result<RunReport> {
    parts.sort_by_key(|part| part.run.began);
    let Some((first, rest)) = parts.split_first() else { bail!("there is nothing to merge") };
    for part in rest {
        same(first, part)?;
    }
    let mut whole = RunReport { scenarios: Vec::new(), harness: Vec::new(), ..first.run.clone() };
    whole.selected = 0;
    whole.duration = parts.iter().map(|part| part.run.duration).sum();
    whole.shards = shards(&parts)?;
    whole.program = joined(&parts, |run| &run.program);
    whole.machine = joined(&parts, |run| &run.machine);
    let mut places: HashMap<String, (usize, String)> = HashMap::new();
    for Part { file, run } in parts {
        whole.selected += run.selected - run.scenarios.len();
        let named = |finding: Finding| Finding::new(format!("{}, {file}", finding.name), finding.value);
        whole.harness.extend(run.harness.into_iter().map(named));
        for mut scenario in run.scenarios {
            match places.get(&scenario.id.to_string()) {
                None => {
                    places.insert(scenario.id.to_string(), (whole.scenarios.len(), file.clone()));
                    whole.scenarios.push(scenario);
                    whole.selected += 1;
                }
                Some((place, _)) if retries => {
                    let before = std::mem::take(&mut whole.scenarios[*place]);
                    scenario.earlier.splice(0..0, before.earlier.iter().cloned().chain([Attempt::of(&before)]));
                    whole.scenarios[*place] = scenario;
                }
                Some((_, other)) => bail!(
                    "the scenario \"{}\" stands in {other} and in {file}; give each shard once, or `--retries` if the later \
                     run repeats scenarios of the earlier one",
                    scenario.id
                ),
            }
        }
    }
    whole.scenarios.sort_by(|a, b| place(a).cmp(&place(b)));
    Ok(whole)
}

/// What two runs have to have in common.
fn same(first: &Part, other: &Part) -> anyhow::Result<()> {
    fn check<T: PartialEq + Debug>(what: &str, first: (&Part, &T), other: (&Part, &T)) -> anyhow::Result<()> {
        let (a, b) = (first.1, other.1);
        ensure!(
            a == b,
            "{} and {} cannot be merged: {what} is {a:?} in the first and {b:?} in the second",
            first.0.file,
            other.0.file
        );
        Ok(())
    }
    let (a, b) = (&first.run, &other.run);
    for name in ["suite", "contract", "profile"] {
        let digest = |run: &RunReport| run.digests.get(name).cloned().unwrap_or_else(|| "built in".to_owned());
        check(&format!("the SHA-256 of the {name}"), (first, &digest(a)), (other, &digest(b)))?;
    }
    check("the contract", (first, &a.contract), (other, &b.contract))?;
    check("what the contract holds placeholders for", (first, &a.placeholder_for), (other, &b.placeholder_for))?;
    check("what does not bind", (first, &a.not_binding), (other, &b.not_binding))?;
    check("the proxy profile", (first, &a.profile), (other, &b.profile))?;
    check("the seed", (first, &a.seed), (other, &b.seed))
}

/// Which shards there are together; none if that is the whole run.
fn shards(parts: &[Part]) -> anyhow::Result<Option<Shards>> {
    let mut sharded = parts.iter().filter_map(|part| part.run.shards.as_ref().map(|shards| (&part.file, shards)));
    let Some((file, first)) = sharded.next() else { return Ok(None) };
    let mut all = first.clone();
    for (other, shards) in sharded {
        ensure!(
            shards.of == all.of,
            "{file} and {other} cannot be merged: the first is of {} shards, the second of {}",
            all.of,
            shards.of
        );
        all.present.extend(&shards.present);
    }
    all.present.sort_unstable();
    all.present.dedup();
    Ok(Some(all).filter(|all| !all.missing().is_empty()))
}

/// The different values, with commas.
fn joined(parts: &[Part], value: impl Fn(&RunReport) -> &String) -> String {
    let mut values: Vec<&str> = Vec::new();
    for part in parts {
        if !values.contains(&value(&part.run).as_str()) {
            values.push(value(&part.run));
        }
    }
    values.join(", ")
}

/// Where a scenario stands among the features: rows of an outline share their steps.
fn place(scenario: &ScenarioReport) -> (Vec<&str>, Option<usize>, usize) {
    let line = scenario.steps.last().map(|step| step.place.line);
    (scenario.id.feature.split('/').collect(), line, scenario.id.row)
}

#[cfg(test)]
mod tests;
