//! A case, and the ways in which one ends.

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use crate::world::Stop;

/// One thing that is tried.
pub(crate) struct Case {
    /// Its name in answers, options and reports.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// What it proves.
    pub(crate) requirements: &'static [&'static str],
    /// What a person has to do; `{order}` and `{patient}` are filled in.
    pub(crate) act: Option<&'static str>,
    /// What a person has to look at, a question to be answered by yes or no.
    pub(crate) look: Option<&'static str>,
    /// Whether it belongs to this acceptance.
    pub(crate) applies: fn(&Answers) -> bool,
}

impl Case {
    /// The keys of its answers.
    pub(crate) fn keys(&self) -> Vec<String> {
        let key = format!("case.{}", self.id);
        let done = self.act.map(|_| format!("{key}.done"));
        let seen = self.look.map(|_| format!("{key}.seen"));
        [Some(key), done, seen].into_iter().flatten().collect()
    }
}

/// Why a case, or all of it, does not go on.
#[derive(Debug)]
pub(crate) enum Halt {
    /// The case has ended.
    Stop(Stop),
    /// The person wants to go on another time.
    Pause,
    /// A question has no usable answer, and nobody is there to be asked.
    Unanswered(anyhow::Error),
    /// Nothing can be tried at all.
    Broken(anyhow::Error),
}

impl From<Stop> for Halt {
    fn from(stop: Stop) -> Halt {
        Halt::Stop(stop)
    }
}

impl From<anyhow::Error> for Halt {
    fn from(error: anyhow::Error) -> Halt {
        Halt::Broken(error)
    }
}

/// What a part of a case gives.
pub(crate) type Step<T = ()> = Result<T, Halt>;

/// A requirement is broken.
pub(crate) fn failed<T>(requirement: &str, expected: impl ToString, seen: impl ToString) -> Step<T> {
    Ok(crate::world::failed(requirement, expected, seen)?)
}

/// A case that ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// [`Case::id`].
    pub(crate) case: String,
    pub(crate) stop: Option<Stop>,
    /// Why a failure is a warning only.
    pub(crate) excuse: Option<String>,
    pub(crate) milliseconds: u64,
    pub(crate) events: Vec<journal::Event>,
}

#[cfg(test)]
mod tests {
    use crate::accept::{EmrParty, Party, ProxyParty};
    use crate::suite::Suite;
    use crate::suite::requirements::Catalogue;

    #[test]
    fn cases_have_names_of_their_own_and_prove_requirements_that_are_known() {
        let catalogue = Catalogue::load(&Suite::built_in()).unwrap();
        for cases in [ProxyParty::CASES, EmrParty::CASES] {
            for (index, case) in cases.iter().enumerate() {
                assert!(
                    cases[..index].iter().all(|other| other.id != case.id && other.title != case.title),
                    "{}",
                    case.id
                );
                assert!(!case.requirements.is_empty(), "{}", case.id);
                for id in case.requirements {
                    assert!(catalogue.get(id).is_some(), "{}: {id}", case.id);
                }
            }
        }
    }
}
