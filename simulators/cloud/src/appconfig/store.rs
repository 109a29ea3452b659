//! The key-values and their limits.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::filter::Selection;
use super::problem::Problem;

/// Most key-values that are kept.
const MAX_ITEMS: usize = 10_000;
/// Most bytes of one key-value, all its texts together; the limit of the real service.
const MAX_ITEM_BYTES: usize = 10 * 1024;

/// Key and label.
pub(super) type Id = (String, Option<String>);

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) value: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) locked: bool,
    pub(super) etag: String,
    pub(super) last_modified: Timestamp,
}

/// The body of a PUT; SDKs send the remaining fields of a key-value as well, which are the service's to say.
#[derive(Debug, Default, Deserialize)]
pub(super) struct NewValue {
    value: Option<String>,
    content_type: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

/// All key-values of the store.
#[derive(Debug, Default)]
pub(crate) struct Store {
    items: BTreeMap<Id, Item>,
    /// Grows with each change; entity tags are made of it.
    version: u64,
}

impl Store {
    /// How many changes there were.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Sets a value in the name of the scenario, whatever is locked.
    pub(crate) fn put(&mut self, key: &str, label: &str, value: &str, now: Timestamp) {
        let new = NewValue { value: Some(value.to_owned()), content_type: Some(String::new()), tags: None };
        self.write((key.to_owned(), Some(label.to_owned())), new, now);
    }

    pub(super) fn get(&self, id: &Id) -> Option<&Item> {
        self.items.get(id)
    }

    pub(super) fn set(&mut self, id: Id, new: NewValue, now: Timestamp) -> Result<&Item, Problem> {
        let optional = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let tags: usize = new.tags.iter().flatten().map(|(name, value)| name.len() + value.len()).sum();
        let length = id.0.len() + optional(&id.1) + optional(&new.value) + optional(&new.content_type) + tags;
        if matches!(id.0.as_str(), "." | "..") || id.0.contains('%') {
            return Err(Problem::invalid("key", "key: must not be '.', '..' or hold '%'"));
        }
        if length > MAX_ITEM_BYTES {
            return Err(Problem::new(
                413,
                "about:blank",
                &format!("The key-value is larger than {MAX_ITEM_BYTES} bytes"),
            ));
        }
        if self.items.len() >= MAX_ITEMS && !self.items.contains_key(&id) {
            return Err(Problem::new(413, "about:blank", &format!("The store holds {MAX_ITEMS} key-values already")));
        }
        Ok(self.write(id, new, now))
    }

    fn write(&mut self, id: Id, new: NewValue, now: Timestamp) -> &Item {
        self.version += 1;
        let item = Item {
            value: new.value,
            content_type: new.content_type,
            tags: new.tags.unwrap_or_default(),
            locked: false,
            etag: format!("v{}", self.version),
            last_modified: now,
        };
        self.items.entry(id).insert_entry(item).into_mut()
    }

    pub(super) fn remove(&mut self, id: &Id) -> Option<Item> {
        let removed = self.items.remove(id);
        self.version += u64::from(removed.is_some());
        removed
    }

    pub(super) fn lock(&mut self, id: &Id, locked: bool, now: Timestamp) -> Option<&Item> {
        let item = self.items.get_mut(id)?;
        if item.locked != locked {
            self.version += 1;
            (item.locked, item.etag, item.last_modified) = (locked, format!("v{}", self.version), now);
        }
        Some(item)
    }

    /// The first items of a selection, and whether there are more.
    pub(super) fn page(&self, selection: &Selection, size: usize) -> (Vec<(&Id, &Item)>, bool) {
        let behind = |id: &Id| selection.after.as_ref().is_none_or(|after| id > after);
        let mut found: Vec<_> =
            self.items.iter().filter(|(id, item)| behind(id) && selection.fits(id, item)).take(size + 1).collect();
        let more = found.len() > size;
        found.truncate(size);
        (found, more)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(|(key, _)| key.as_str()).collect::<BTreeSet<_>>().into_iter()
    }

    pub(super) fn labels(&self) -> BTreeSet<Option<String>> {
        self.items.keys().map(|(_, label)| label.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_value_may_have_its_size_and_no_byte_more() {
        let mut store = Store::default();
        let mut set = |length: usize| {
            let new = NewValue { value: Some("x".repeat(length)), ..NewValue::default() };
            store.set(("key".to_owned(), None), new, Timestamp::UNIX_EPOCH).is_ok()
        };
        assert!(set(MAX_ITEM_BYTES - "key".len()));
        assert!(!set(MAX_ITEM_BYTES - "key".len() + 1));
    }

    #[test]
    fn the_store_takes_so_many_key_values_and_no_more_and_any_may_change() {
        let mut store = Store::default();
        let mut set =
            |key: usize| store.set((key.to_string(), None), NewValue::default(), Timestamp::UNIX_EPOCH).is_ok();
        assert!((1..=MAX_ITEMS).all(&mut set));
        assert!(!set(MAX_ITEMS + 1));
        assert!(set(1));
    }
}
