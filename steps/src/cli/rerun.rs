//! `run --rerun FILE`: what did not pass in a saved run.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use super::wrong_usage;
use crate::suite::features::Features;

/// Of a saved run only what is needed, so that those of other versions can be read.
#[derive(Deserialize)]
struct Saved {
    #[serde(default)]
    selected: usize,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    id: String,
    verdict: String,
}

/// The ids of the scenarios that did not pass in the saved run. Ends the program if the suite does not have one of them.
///
/// # Errors
/// A file that is no saved run.
pub(super) fn not_green(path: &Path, features: &Features) -> anyhow::Result<BTreeSet<String>> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let saved: Saved = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no saved run; `run --json FILE` makes one", path.display()))?;
    let not_run = saved.selected.saturating_sub(saved.scenarios.len());
    if not_run > 0 {
        eprintln!("{not_run} scenarios were not run then, and are not now either");
    }
    let green = ["passed", "warning", "skipped"];
    let ids = saved.scenarios.into_iter().filter(|s| !green.contains(&s.verdict.as_str())).map(|s| s.id);
    let ids: BTreeSet<String> = ids.collect();
    let known: BTreeSet<String> = features.scenarios().map(|(f, s)| features.id(f, s).to_string()).collect();
    if let Some(gone) = ids.iter().find(|id| !known.contains(*id)) {
        wrong_usage(&format!("{}: the suite has no scenario \"{gone}\"; it may have another name now", path.display()));
    }
    Ok(ids)
}
