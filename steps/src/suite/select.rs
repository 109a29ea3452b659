//! Which scenarios to run. All filters are ANDed.

use std::collections::BTreeSet;
use std::str::FromStr;

use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::gherkin::{Feature, Scenario};
use cucumber::tag::Ext;
use regex::Regex;
use ring::digest::{SHA256, digest};

use super::features::{Features, ScenarioId, requirement_ids, tags};
use super::requirements::Catalogue;

/// The filters of the command line.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Tag expression, such as `@charges and not @contract`.
    pub tags: Option<TagOperation>,
    /// Regular expression on the scenario id.
    pub name: Option<Regex>,
    /// One part of several.
    pub shard: Option<Shard>,
    /// Scenario ids.
    pub only: Option<BTreeSet<String>>,
}

impl Selection {
    /// The selected scenarios, and the features that have any. A scenario that rests on unpublished items has their ids as
    /// tags too, and `@contract` (TOP-122).
    pub fn apply(&self, features: &Features, catalogue: &Catalogue) -> Vec<Feature> {
        keep(&features.all, |feature, scenario| {
            let id = features.id(feature, scenario).to_string();
            let items = catalogue.items(&requirement_ids(feature, scenario));
            let mut tags = tags(feature, scenario);
            tags.extend(items.first().map(|_| "contract"));
            tags.extend(items);
            self.tags.as_ref().is_none_or(|expression| expression.eval(tags))
                && self.name.as_ref().is_none_or(|regex| regex.is_match(&id))
                && self.shard.is_none_or(|shard| shard.holds(&id))
                && self.only.as_ref().is_none_or(|only| only.contains(&id))
        })
    }
}

/// The scenarios for which `wanted` is true, and the features that have any.
pub fn keep(features: &[Feature], wanted: impl Fn(&Feature, &Scenario) -> bool) -> Vec<Feature> {
    let selected = features.iter().map(|original| {
        let mut feature = original.clone();
        feature.scenarios.retain(|scenario| wanted(original, scenario));
        for rule in &mut feature.rules {
            rule.scenarios.retain(|scenario| wanted(original, scenario));
        }
        feature
    });
    selected.filter(|f| !f.scenarios.is_empty() || f.rules.iter().any(|r| !r.scenarios.is_empty())).collect()
}

/// Those of `selected` whose ids are wanted.
pub fn keep_ids(features: &Features, selected: &[Feature], ids: &BTreeSet<ScenarioId>) -> Vec<Feature> {
    keep(selected, |feature, scenario| ids.contains(&features.id(feature, scenario)))
}

/// Part `number` of `of`, written `hash:2/4`. Which part has a scenario depends on its id alone, so that new scenarios, other
/// filters and another order move none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    pub number: u32,
    /// How many there are.
    pub of: u32,
}

impl Shard {
    /// Whether a scenario belongs to the part.
    pub fn holds(self, id: &str) -> bool {
        let digest = digest(&SHA256, id.as_bytes());
        let hash = digest.as_ref().iter().take(8).fold(0_u64, |hash, byte| hash << 8 | u64::from(*byte));
        hash % u64::from(self.of) == u64::from(self.number) - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.strip_prefix("hash:").and_then(|numbers| numbers.split_once('/'));
        let numbers = parts.and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number, of }),
            _ => Err("write hash:M/N with 1 ≤ M ≤ N, such as hash:1/4 for the first of four parts".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_shard_is_written_with_its_kind() {
        assert_eq!("hash:2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for wrong in ["2/4", "hash:0/4", "hash:5/4", "hash:1/0", "hash:1", "hash:-1/2", "slice:1/2", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_scenario_keeps_its_shard_for_ever() {
        // otherwise shards of two versions of the program could not be compared
        let shard = |id: &str| (1..=8).find(|number| Shard { number: *number, of: 8 }.holds(id));
        assert_eq!(shard("charges/content: Both eyes are normal"), Some(2));
    }

    proptest! {
        #[test]
        fn shards_are_disjoint_and_together_the_whole(id in ".{0,60}", of in 1_u32..200) {
            let holders = (1..=of).filter(|number| Shard { number: *number, of }.holds(&id)).count();
            prop_assert_eq!(holders, 1);
        }
    }
}
