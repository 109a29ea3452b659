//! What binds a proxy in a run: the levels of the catalogue, less what the contract switches off.

use std::collections::BTreeMap;

use anyhow::bail;
use cloud::contract::Contract;

use super::requirements::{Basis, Catalogue, Level, Subject};
use crate::world::Stop;

/// Why a deviation from a SHOULD is no failure.
const SHOULD: &str = "a SHOULD: it binds nobody";

/// Which requirements give a warning and no failure, and which scenarios the contract has no use for.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// Why a deviation from these is a warning.
    lenient: BTreeMap<String, String>,
    /// Requirements of the harness itself: they say nothing about the proxy.
    of_the_harness: Vec<String>,
    /// Why the contract takes the ground from scenarios of these.
    premises: BTreeMap<String, String>,
}

impl Binding {
    /// # Errors
    /// A requirement that the contract may not switch off; file and key are named.
    pub fn new(catalogue: &Catalogue, contract: &Contract) -> anyhow::Result<Binding> {
        let mut binding = Binding::default();
        for requirement in catalogue.iter() {
            let id = || requirement.id.clone();
            if requirement.level == Level::Should {
                binding.lenient.insert(id(), SHOULD.to_owned());
            }
            if requirement.subject == Subject::Harness {
                binding.of_the_harness.push(id());
            }
            for (switch, needed) in &requirement.premise {
                match contract.switch(switch) {
                    Some(set) if set == needed => {}
                    Some(set) => {
                        let why = format!("{} needs `{switch}: {needed}`, the contract says {set}", requirement.id);
                        binding.premises.insert(id(), why);
                    }
                    None => {
                        bail!("features/requirements: {} has the premise `{switch}`, no switch of a contract", id())
                    }
                }
            }
        }
        for (index, off) in contract.not_binding.iter().enumerate() {
            let place = format!("the contract {}: not_binding[{index}].id: {}", contract.file, off.id);
            match catalogue.get(&off.id).map(|requirement| requirement.basis) {
                None => bail!("{place} is in no catalogue; `iris-conformance coverage` lists all ids"),
                Some(Basis::Published | Basis::Older | Basis::Standard) => {
                    bail!("{place}: a published requirement cannot be switched off, only a ruling or a deduction")
                }
                Some(Basis::Deduction | Basis::Ruling) => {}
            }
            if off.because.trim().is_empty() {
                bail!("{place} has no reason; say it under `because`");
            }
            binding.lenient.insert(off.id.clone(), format!("not binding by the contract: {}", off.because));
        }
        Ok(binding)
    }

    /// Why a failure is a warning only: every requirement that it breaks is lenient. A check that names none breaks those of
    /// the scenario.
    pub fn excuse(&self, stop: &Stop, requirements: &[String]) -> Option<String> {
        let Stop::Failed { requirement, .. } = stop else { return None };
        let named: Vec<&str> = requirement.split_whitespace().collect();
        let of_the_scenario = requirements.iter().filter(|id| !self.of_the_harness.contains(id)).map(String::as_str);
        let broken = if named.is_empty() { of_the_scenario.collect() } else { named };
        let reasons = broken.iter().map(|id| self.lenient.get(*id).map(|reason| format!("{id}: {reason}")));
        let reasons = reasons.collect::<Option<Vec<_>>>().filter(|reasons| !reasons.is_empty())?;
        Some(reasons.join("; "))
    }

    /// Why a scenario with these requirements does not apply under the contract.
    pub fn skip(&self, requirements: &[String]) -> Option<&str> {
        requirements.iter().find_map(|id| self.premises.get(id)).map(String::as_str)
    }
}

#[cfg(test)]
mod tests;
