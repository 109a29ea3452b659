//! Checks of the suite itself.

use std::collections::HashSet;

use anyhow::bail;
use cucumber::World as _;
use cucumber::gherkin::{Feature, Scenario, Step};
use regex::Regex;

use super::features::{Features, requirement_ids, tags};
use super::requirements::{Catalogue, is_id};
use super::{Suite, shown};
use crate::vocabulary;
use crate::world::World;

/// Every finding as one line: place, what is wrong, what to do.
///
/// # Errors
/// A folder that cannot be read.
pub fn check(suite: &Suite, features: &Features, catalogue: &Catalogue) -> anyhow::Result<Vec<String>> {
    let mut findings = undefined_steps(features);
    for (feature, scenario) in features.scenarios() {
        let place = place(feature, scenario.position.line);
        if requirement_ids(feature, scenario).is_empty() {
            findings.push(format!("{place}: the scenario has no requirement id; tag it with what it proves"));
        }
        for tag in tags(feature, scenario).into_iter().filter(|tag| is_id(tag) && catalogue.get(tag).is_none()) {
            findings.push(format!("{place}: the requirement id {tag} is not in features/requirements"));
        }
    }
    let tested = features.scenarios().flat_map(|(feature, scenario)| requirement_ids(feature, scenario)).collect();
    findings.extend(catalogue.gaps(&tested));
    findings.extend(unused_steps(features));
    findings.extend(orphan_snapshots(suite, features)?);
    findings.dedup();
    Ok(findings)
}

/// Refuses a suite with undefined or ambiguous steps, which a runner would skip.
///
/// # Errors
/// The findings.
pub fn steps_are_defined(features: &Features) -> anyhow::Result<()> {
    let findings = undefined_steps(features);
    if !findings.is_empty() {
        bail!("the suite cannot be run:\n{}", findings.join("\n"));
    }
    Ok(())
}

fn all_steps<'a>(feature: &'a Feature, scenario: &'a Scenario) -> impl Iterator<Item = &'a Step> {
    feature.background.iter().flat_map(|b| &b.steps).chain(&scenario.steps)
}

fn undefined_steps(features: &Features) -> Vec<String> {
    let collection = World::collection();
    let mut findings = Vec::new();
    for (feature, scenario) in features.scenarios() {
        for step in all_steps(feature, scenario) {
            let place = place(feature, step.position.line);
            match collection.find(step) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    let near = nearest_step(&step.value);
                    findings.push(format!(
                        "{place}: no step fits \"{}\"{near}; `iris-conformance steps` lists them",
                        step.value
                    ));
                }
                Err(ambiguous) => {
                    findings.push(format!("{place}: more than one step fits \"{}\": {ambiguous}", step.value))
                }
            }
        }
    }
    findings
}

/// The step that was probably meant: texts and numbers do not count.
fn nearest_step(text: &str) -> String {
    let parameter = Regex::new(r#""[^"]*"|\{[a-z]+\}|\b\d+\b"#);
    let plain = |text: &str| parameter.as_ref().map_or_else(|_| text.into(), |p| p.replace_all(text, "_").into_owned());
    let known: Vec<_> = vocabulary::all().into_iter().map(|step| (plain(&step.expression), step.expression)).collect();
    let near = yaml::nearest(&plain(text), known.iter().map(|(plain, _)| plain.as_str()));
    let near = near.first().and_then(|near| known.iter().find(|(plain, _)| plain == near));
    near.map_or_else(String::new, |(_, expression)| format!("; did you mean \"{expression}\"?"))
}

fn unused_steps(features: &Features) -> Vec<String> {
    let collection = World::collection();
    let used: HashSet<(String, u32)> = features
        .scenarios()
        .flat_map(|(feature, scenario)| all_steps(feature, scenario))
        .filter_map(|step| collection.find(step).ok().flatten())
        .filter_map(|(_, _, location, _)| location.map(|l| (l.path.to_string(), l.line)))
        .collect();
    vocabulary::all()
        .into_iter()
        .filter(|step| !used.contains(&(step.file.clone(), step.line)))
        .map(|step| {
            format!(
                "{}:{}: no scenario uses the step \"{}\"; use it or remove it",
                step.file, step.line, step.expression
            )
        })
        .collect()
}

/// Snapshot files that no scenario asks for.
fn orphan_snapshots(suite: &Suite, features: &Features) -> anyhow::Result<Vec<String>> {
    let named = Regex::new(vocabulary::SNAPSHOT_NAME)?;
    let mut wanted: HashSet<String> = HashSet::new();
    for (feature, scenario) in features.scenarios() {
        let folder = features.id(feature, scenario).snapshot_folder();
        for name in scenario.steps.iter().filter_map(|step| named.captures(&step.value)) {
            wanted.insert(format!("{folder}/{}.snap", &name[1]));
            wanted.insert(format!("{folder}/{}.snap.hl7", &name[1]));
        }
    }
    let orphans = suite.files().map(|(name, _)| name).filter(|name| name.starts_with("snapshots/"));
    let orphans = orphans.filter(|name| !wanted.contains(*name));
    Ok(orphans.map(|name| format!("{name}: no scenario asks for it; remove it")).collect())
}

fn place(feature: &Feature, line: usize) -> String {
    let path = feature.path.as_deref().map_or_else(String::new, shown);
    format!("{path}:{line}")
}
