//! `iris-conformance list`

use super::{Exit, Filters, print};
use crate::suite::Suite;
use crate::suite::features::{Features, requirement_ids};
use crate::suite::requirements::Catalogue;

pub(super) fn execute(suite: &Suite, filters: &Filters) -> anyhow::Result<Exit> {
    let features = Features::load(suite)?;
    let catalogue = Catalogue::load(suite)?;
    let selected = filters.select(&features, &catalogue);
    let mut text = String::new();
    for feature in &selected {
        let scenarios = feature.scenarios.iter().chain(feature.rules.iter().flat_map(|rule| &rule.scenarios));
        for scenario in scenarios {
            let ids = requirement_ids(feature, scenario);
            let items = match catalogue.items(&ids).join(" ") {
                none if none.is_empty() => none,
                items => format!("  @contract {items}"),
            };
            text += &format!("{}  [{}]{items}\n", features.id(feature, scenario), ids.join(" "));
        }
    }
    print(&text)?;
    if selected.is_empty() {
        eprintln!("{}", filters.nothing_selected(&features, &catalogue));
        return Ok(Exit::Nothing);
    }
    Ok(Exit::Passed)
}
