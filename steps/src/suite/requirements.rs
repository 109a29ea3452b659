//! The requirement catalogue: what each id means (features/requirements/*.yaml).

use std::collections::{BTreeMap, HashSet};

use anyhow::{Context, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Suite, shown};

/// How binding a requirement is (01-topology, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// A deviation fails the scenario.
    Must,
    /// A deviation is a warning.
    Should,
    /// Both outcomes pass.
    May,
    /// Not specified; recorded only.
    Probe,
}

/// Who has to obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names say it
pub enum Subject {
    Proxy,
    Emr,
    Cloud,
    Harness,
}

/// Where a requirement comes from (01-topology, section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)] // the names say it
pub enum Basis {
    Published,
    Older,
    Standard,
    Deduction,
    Ruling,
}

/// One requirement.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Its id, for ever the same.
    pub id: String,
    /// How binding it is.
    pub level: Level,
    /// Who has to obey.
    pub subject: Subject,
    /// Where it comes from.
    pub basis: Basis,
    /// What it says.
    pub text: String,
    /// The unpublished item (TOP-1xx) on which it depends (TOP-122).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Switches of the contract that must stand so, or its scenarios do not apply: `{ ack_mode: after_cloud }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub premise: BTreeMap<String, String>,
    /// The part of the specification that holds it; in a catalogue that of its file.
    #[serde(default)]
    pub source: String,
    /// Why no scenario tests it, or where it is tested instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untested: Option<String>,
}

/// A file of the catalogue.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CatalogueFile {
    /// The part of the specification.
    source: String,
    /// Every requirement of the file has a scenario or says why it has none.
    #[serde(default)]
    complete: bool,
    /// Its requirements.
    requirements: Vec<Requirement>,
}

/// All requirements by id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    all: BTreeMap<String, Requirement>,
    /// The ids of the files that claim to be complete.
    complete: Vec<String>,
}

impl Catalogue {
    /// Reads `features/requirements/*.yaml` of a suite.
    ///
    /// # Errors
    /// A file that is no catalogue, or repeats an id; the message names file and place.
    pub fn load(suite: &Suite) -> anyhow::Result<Catalogue> {
        let (mut all, mut complete) = (BTreeMap::new(), Vec::new());
        for (name, _) in suite.files().filter(|(name, _)| name.starts_with("features/requirements/")) {
            let path = suite.path(name);
            let file: CatalogueFile = yaml::parse(suite.text(name)?, &shown(&path))
                .with_context(|| format!("{} is no requirement catalogue", shown(&path)))?;
            for mut requirement in file.requirements {
                requirement.source.clone_from(&file.source);
                let id = requirement.id.clone();
                if file.complete {
                    complete.push(id.clone());
                }
                if all.insert(id.clone(), requirement).is_some() {
                    bail!("{} holds the id {id}, which stands elsewhere too; ids are unique", shown(&path));
                }
            }
        }
        Ok(Catalogue { all, complete })
    }

    /// These requirements; of several with one id the last.
    pub fn of(requirements: impl IntoIterator<Item = Requirement>) -> Catalogue {
        let all = requirements.into_iter().map(|requirement| (requirement.id.clone(), requirement)).collect();
        Catalogue { all, complete: Vec::new() }
    }

    /// The requirement with this id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        self.all.get(id)
    }

    /// The unpublished items on which these requirements rest.
    pub fn items(&self, ids: &[String]) -> Vec<&str> {
        let mut items: Vec<&str> = ids.iter().filter_map(|id| self.get(id)?.item.as_deref()).collect();
        items.sort_unstable();
        items.dedup();
        items
    }

    /// What is wrong with the reasons for missing scenarios, given the ids that scenarios test: a line each. For a MUST on
    /// the proxy there is no reason.
    pub fn gaps(&self, tested: &HashSet<String>) -> Vec<String> {
        let binds_the_proxy = |r: &Requirement| r.subject == Subject::Proxy && r.level == Level::Must;
        let missing = self.complete.iter().filter(|id| !tested.contains(*id)).filter_map(|id| {
            let requirement = self.get(id)?;
            if binds_the_proxy(requirement) {
                return Some(format!("features/requirements: {id} binds the proxy and has no scenario; write one"));
            }
            let hint = "has no scenario; write one, or say under `untested` why there is none";
            requirement.untested.is_none().then(|| format!("features/requirements: {id} {hint}"))
        });
        let stale = self.all.values().filter(|r| r.untested.is_some() && tested.contains(&r.id));
        let stale = stale.map(|r| format!("features/requirements: {} has a scenario; remove `untested`", r.id));
        missing.chain(stale).collect()
    }

    /// All requirements, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Requirement> {
        self.all.values()
    }

    /// The id with its text, for people.
    pub fn describe(&self, id: &str) -> String {
        match self.get(id) {
            Some(requirement) => format!("{id}  {}", requirement.text),
            None => id.to_owned(),
        }
    }
}

/// Whether a tag has the form of a requirement id: capital letters, a hyphen, and more (`ORM-PID-5.1`, `ACK-030`).
pub fn is_id(tag: &str) -> bool {
    let mut parts = tag.splitn(2, '-');
    let first = parts.next().unwrap_or("");
    first.len() >= 3
        && first.bytes().all(|b| b.is_ascii_uppercase())
        && parts.next().is_some_and(|rest| !rest.is_empty())
}

/// How sure a requirement is, by its basis.
pub fn explained(basis: Basis) -> &'static str {
    match basis {
        Basis::Published => "published",
        Basis::Older => "older: published earlier",
        Basis::Standard => "standard: HL7 or MLLP",
        Basis::Deduction => "deduction from published text",
        Basis::Ruling => "ruling: no public text decides it",
    }
}
