//! What is kept between two starts.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use journal::Seed;
use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::case::Ended;

/// Version of the layout.
const VERSION: u32 = 1;

/// The state of an acceptance.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct State {
    version: u32,
    /// What is accepted: `proxy` or `emr`.
    acceptance: String,
    pub(crate) seed: u64,
    /// Starts so far: each has orders of its own, so that no number is used twice.
    pub(crate) starts: u32,
    /// The answers; none while they are not complete.
    pub(crate) answers: Option<Answers>,
    /// Answers of an acceptance before this one, to be proposed.
    #[serde(default)]
    pub(crate) proposed: Answers,
    pub(crate) ended: Vec<Ended>,
}

impl State {
    pub(crate) fn new(acceptance: &str, seed: u64) -> State {
        let proposed = Answers::new();
        State {
            version: VERSION,
            acceptance: acceptance.to_owned(),
            seed,
            starts: 0,
            answers: None,
            proposed,
            ended: Vec::new(),
        }
    }

    /// The state that a file keeps; none if there is no file.
    ///
    /// # Errors
    /// The file cannot be read, or keeps something else.
    pub(crate) fn load(path: &Path, acceptance: &str) -> anyhow::Result<Option<State>> {
        let file = path.display();
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {file}")),
        };
        let hint = "give another file for --state, or remove this one";
        let state: State =
            serde_json::from_slice(&text).with_context(|| format!("{file} keeps no acceptance; {hint}"))?;
        if state.version != VERSION {
            bail!("{file} was written by another version of this program; {hint}");
        }
        if state.acceptance != acceptance {
            bail!("{file} keeps an acceptance of the {}, not of the {acceptance}; {hint}", state.acceptance);
        }
        Ok(Some(state))
    }

    /// Begins anew; the answers are proposed.
    pub(crate) fn restart(self, seed: u64) -> State {
        let proposed = self.answers.unwrap_or(self.proposed);
        State { proposed, ..State::new(&self.acceptance, seed) }
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || -> anyhow::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&serde_json::to_vec(self)?)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write the state to {}", path.display()))
    }

    /// The seed of this start.
    pub(crate) fn seed_of_start(&self) -> Seed {
        Seed::new(self.seed).derive(&format!("start {}", self.starts))
    }

    /// How a case ended, if it did.
    pub(crate) fn of(&self, case: &str) -> Option<&Ended> {
        self.ended.iter().find(|ended| ended.case == case)
    }

    /// Keeps how a case ended, in place of what was kept of it before.
    pub(crate) fn keep(&mut self, ended: Ended) {
        self.ended.retain(|other| other.case != ended.case);
        self.ended.push(ended);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_a_foreign_file_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        assert!(State::load(&path, "proxy").unwrap().is_none());
        let mut state = State::new("proxy", 7);
        state.answers = Some([("proxy.orders".to_owned(), "a:1".to_owned())].into());
        let ended = |stop| Ended { case: "order".to_owned(), stop, excuse: None, milliseconds: 5, events: Vec::new() };
        state.keep(ended(Some(crate::world::Stop::Skipped("no time".to_owned()))));
        state.keep(ended(None));
        state.save(&path).unwrap();
        let read = State::load(&path, "proxy").unwrap().unwrap();
        assert_eq!((read.seed, read.ended.len(), &read.of("order").unwrap().stop), (7, 1, &None));
        let anew = read.restart(8);
        assert_eq!((anew.seed, anew.ended.len(), anew.answers.is_none(), anew.proposed.len()), (8, 0, true, 1));
        assert!(State::load(&path, "emr").unwrap_err().to_string().contains("keeps an acceptance of the proxy"));
        std::fs::write(&path, "{}").unwrap();
        assert!(State::load(&path, "proxy").unwrap_err().to_string().contains("keeps no acceptance"));
    }
}
