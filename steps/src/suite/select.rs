//! Which scenarios to run. All filters are ANDed.

use cucumber::gherkin::Feature;
use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::tag::Ext;
use regex::Regex;

use super::features::{Features, requirement_ids, tags};
use super::requirements::Catalogue;

/// The filters of the command line.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Tag expression, such as `@charges and not @contract`.
    pub tags: Option<TagOperation>,
    /// Regular expression on the scenario id.
    pub name: Option<Regex>,
}

impl Selection {
    /// Keeps the selected scenarios, and the features that have any left. A scenario that rests on unpublished items has
    /// their ids as tags too, and `@contract` (TOP-122).
    pub fn apply(&self, features: &Features, catalogue: &Catalogue) -> Vec<Feature> {
        let keep = |original: &Feature, scenario: &cucumber::gherkin::Scenario| {
            let name = features.id(original, scenario).to_string();
            let items = catalogue.items(&requirement_ids(original, scenario));
            let mut tags = tags(original, scenario);
            tags.extend(items.first().map(|_| "contract"));
            tags.extend(items);
            self.tags.as_ref().is_none_or(|expression| expression.eval(tags))
                && self.name.as_ref().is_none_or(|regex| regex.is_match(&name))
        };
        let selected = features.all.iter().cloned().map(|mut feature| {
            let original = feature.clone();
            feature.scenarios.retain(|scenario| keep(&original, scenario));
            for rule in &mut feature.rules {
                rule.scenarios.retain(|scenario| keep(&original, scenario));
            }
            feature
        });
        selected.filter(|f| !f.scenarios.is_empty() || f.rules.iter().any(|r| !r.scenarios.is_empty())).collect()
    }
}
