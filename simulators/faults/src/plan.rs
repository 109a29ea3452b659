//! Plans as files.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Place, Rule};

/// A plan with an example of each fault, in which every key is explained.
pub const EXAMPLE: &str = include_str!("../every_fault.yaml");

/// A list of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The rules; of several that fit the first acts.
    pub rules: Vec<Rule>,
}

/// A plan as it stands in a file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// The rules; of several that fit the first acts.
    faults: Vec<Rule>,
}

/// A plan that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The file cannot be read.
    #[error("cannot read the fault plan {file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// It is no plan.
    #[error(
        "{file}: {source}\na plan is `faults:` and a list of `on`, `when`, `times` and `do`; `iris-conformance config faults` shows every key"
    )]
    Yaml {
        /// The file.
        file: String,
        /// What is wrong, with line and column.
        source: yaml::Error,
    },
    /// A rule cannot act where the plan is used.
    #[error("{file}: rule {rule} acts on {place}, which is not played here; take it out")]
    Elsewhere {
        /// The file.
        file: String,
        /// Number of the rule, from 1.
        rule: usize,
        /// Where it acts.
        place: Place,
    },
}

impl Plan {
    /// Reads a plan; `file` names it in errors.
    ///
    /// # Errors
    /// [`PlanError::Yaml`]
    pub fn parse(text: &str, file: &str) -> Result<Plan, PlanError> {
        let written = yaml::parse(text, file).map_err(|source| PlanError::Yaml { file: file.to_owned(), source });
        written.map(|PlanFile { faults: rules }| Plan { rules })
    }

    /// Reads a plan from a file.
    ///
    /// # Errors
    /// [`PlanError`]
    pub fn load(path: &Path) -> Result<Plan, PlanError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Plan::parse(&text, &file),
            Err(source) => Err(PlanError::Io { file, source }),
        }
    }

    /// Makes sure that every rule acts on the cloud.
    ///
    /// # Errors
    /// [`PlanError::Elsewhere`]; `file` names the plan.
    pub fn for_cloud(self, file: &Path) -> Result<Plan, PlanError> {
        match self.rules.iter().enumerate().find(|(_, rule)| !rule.on.is_cloud()) {
            None => Ok(self),
            Some((at, rule)) => {
                Err(PlanError::Elsewhere { file: file.display().to_string(), rule: at + 1, place: rule.on })
            }
        }
    }
}
