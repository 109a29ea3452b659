//! What is known of all patients before anything is replaced.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};

use super::pseudonym::{Key, in_letters_of};

/// A value that is shorter is replaced in its own field only: in a text it would be found by accident.
const SHORTEST: usize = 3;
/// A value that is shorter is replaced in texts only where no letter or digit is next to it.
const SHORTEST_WITHIN: usize = 6;

/// Values and what stands for them, and who belongs together.
#[derive(Default)]
pub(super) struct Known {
    values: HashMap<Vec<u8>, Vec<u8>>,
    /// Each identifier leads to another one of the same patient, the last one to itself.
    groups: HashMap<String, String>,
    search: Option<(AhoCorasick, Vec<Vec<u8>>)>,
}

impl Known {
    /// Remembers a value. The first pseudonym stays.
    pub fn add(&mut self, value: &[u8], pseudonym: Vec<u8>) {
        let value = value.trim_ascii();
        if value.len() >= SHORTEST && pseudonym.len() == value.len() && value != b"\"\"" {
            self.values.entry(value.to_ascii_lowercase()).or_insert(pseudonym);
        }
    }

    /// Says that identifiers are of the same patient; gives one that stands for all.
    pub fn same_patient(&mut self, ids: &[String]) -> String {
        let roots: Vec<String> = ids.iter().map(|id| self.patient(id)).collect();
        let Some(first) = roots.iter().min().cloned() else { return String::new() };
        for id in ids.iter().chain(&roots) {
            self.groups.insert(id.clone(), first.clone());
        }
        first
    }

    pub fn patient(&self, id: &str) -> String {
        let mut id = id.to_owned();
        while let Some(next) = self.groups.get(&id).filter(|next| **next != id) {
            id.clone_from(next);
        }
        id
    }

    /// From now on texts can be searched.
    pub fn complete(&mut self) -> Result<(), aho_corasick::BuildError> {
        let (patterns, pseudonyms): (Vec<_>, Vec<_>) = self.values.clone().into_iter().unzip();
        let mut builder = AhoCorasick::builder();
        let search = builder.match_kind(MatchKind::LeftmostLongest).ascii_case_insensitive(true).build(patterns)?;
        self.search = Some((search, pseudonyms));
        Ok(())
    }

    /// What stands for a whole value.
    pub fn pseudonym(&self, value: &[u8]) -> Option<Vec<u8>> {
        let pseudonym = self.values.get(&value.to_ascii_lowercase())?;
        Some(in_letters_of(value, pseudonym))
    }

    /// The same for any value: what is known, or a mask.
    pub fn or_mask(&self, value: &[u8], key: &Key) -> Vec<u8> {
        self.pseudonym(value).unwrap_or_else(|| key.mask(value))
    }

    /// Replaces known values in a text, and says which bytes they were.
    pub fn replace(&self, text: &mut [u8], done: &mut [bool]) {
        let Some((search, pseudonyms)) = &self.search else { return };
        let original = text.to_vec();
        for found in search.find_iter(&original) {
            let (start, end) = (found.start(), found.end());
            let stands_alone = |at: Option<&u8>| at.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte < 0x80);
            let alone =
                stands_alone(start.checked_sub(1).and_then(|at| original.get(at))) && stands_alone(original.get(end));
            if end - start >= SHORTEST_WITHIN || alone {
                text[start..end].copy_from_slice(&in_letters_of(&original[start..end], &pseudonyms[found.pattern()]));
                done[start..end].fill(true);
            }
        }
    }
}
