//! `iris-conformance list`

use super::{Exit, Filters};
use crate::suite::Suite;
use crate::suite::features::{Features, requirement_ids};

pub(super) fn execute(suite: &Suite, filters: &Filters) -> anyhow::Result<Exit> {
    let features = Features::load(&suite.features())?;
    let selected = filters.select(&features);
    for feature in &selected {
        let scenarios = feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
        for scenario in scenarios {
            println!("{}  [{}]", features.id(feature, scenario), requirement_ids(feature, scenario).join(" "));
        }
    }
    if selected.is_empty() {
        eprintln!("nothing selected: no scenario fits all filters");
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Passed)
}
