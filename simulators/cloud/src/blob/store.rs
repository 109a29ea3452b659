//! Containers and blobs, and their limits.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;

use super::failure::Failure;

/// Longest blob, in bytes: eight times the largest file that is expected.
const MAX_BLOB: usize = 64 * 1024 * 1024;
/// Most bytes of the whole store. Name, metadata and properties of a container or blob count as so many bytes each, those
/// of a block as fewer.
const MAX_TOTAL: usize = 256 * 1024 * 1024;
const OVERHEAD: usize = 16 * 1024;
const BLOCK_OVERHEAD: usize = 256;
/// Most bytes of the metadata of one thing; the limit of the real service.
pub(super) const MAX_METADATA: usize = 8 * 1024;

pub(super) type Metadata = BTreeMap<String, String>;

/// The blob account. Both account names of the contract stand for it.
#[derive(Debug)]
pub(crate) struct Store {
    containers: BTreeMap<String, Container>,
    /// Grows with each change; entity tags are made of it.
    version: u64,
}

#[derive(Debug)]
pub(super) struct Container {
    pub(super) stamp: Stamp,
    pub(super) metadata: Metadata,
    pub(super) blobs: BTreeMap<String, Blob>,
    /// Blocks that are uploaded and not yet part of their blob.
    pub(super) staged: BTreeMap<String, Vec<Block>>,
}

/// When and by which change something became what it is.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) etag: String,
    pub(super) modified: Timestamp,
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    /// Base64, as the client sent it.
    pub(super) id: String,
    pub(super) content: Bytes,
}

#[derive(Clone, Debug)]
pub(super) struct Blob {
    pub(super) content: Bytes,
    /// `Content-Type`, `Content-MD5` and their like.
    pub(super) headers: BTreeMap<&'static str, String>,
    pub(super) metadata: Metadata,
    /// The blocks of which it was made; none if it came as a whole.
    pub(super) blocks: Vec<Block>,
    pub(super) created: Timestamp,
    pub(super) stamp: Stamp,
}

impl Store {
    /// A store with empty containers.
    pub(crate) fn with(containers: &[String], now: Timestamp) -> Store {
        let mut store = Store { containers: BTreeMap::new(), version: 0 };
        for name in containers {
            store.create(name, Metadata::new(), now);
        }
        store
    }

    /// The names of the blobs of a container.
    pub(crate) fn names(&self, container: &str) -> Vec<String> {
        self.containers.get(container).map(|c| c.blobs.keys().cloned().collect()).unwrap_or_default()
    }

    /// The content of a blob.
    pub(crate) fn content(&self, container: &str, blob: &str) -> Option<Bytes> {
        Some(self.containers.get(container)?.blobs.get(blob)?.content.clone())
    }

    /// A new stamp.
    pub(super) fn stamp(&mut self, now: Timestamp) -> Stamp {
        self.version += 1;
        Stamp { etag: format!("0x8D{:013X}", self.version), modified: now }
    }

    pub(super) fn containers(&self) -> &BTreeMap<String, Container> {
        &self.containers
    }

    pub(super) fn create(&mut self, name: &str, metadata: Metadata, now: Timestamp) -> &Container {
        let stamp = self.stamp(now);
        let new = Container { stamp, metadata, blobs: BTreeMap::new(), staged: BTreeMap::new() };
        self.containers.entry(name.to_owned()).insert_entry(new).into_mut()
    }

    pub(super) fn delete(&mut self, name: &str) {
        self.containers.remove(name);
    }

    pub(super) fn container(&self, name: &str) -> Result<&Container, Failure> {
        self.containers.get(name).ok_or_else(Failure::no_container)
    }

    pub(super) fn container_mut(&mut self, name: &str) -> Result<&mut Container, Failure> {
        self.containers.get_mut(name).ok_or_else(Failure::no_container)
    }

    /// Whether so many bytes more may be kept.
    pub(super) fn reserve(&self, length: usize) -> Result<(), Failure> {
        let block = |block: &Block| block.content.len() + BLOCK_OVERHEAD;
        let kept = |c: &Container| -> usize {
            // a blob's blocks share its content
            let blobs: usize =
                c.blobs.values().map(|b| b.content.len() + OVERHEAD + BLOCK_OVERHEAD * b.blocks.len()).sum();
            blobs + c.staged.values().flatten().map(block).sum::<usize>() + OVERHEAD * (1 + c.staged.len())
        };
        let total: usize = self.containers.values().map(kept).sum();
        match () {
            () if length > MAX_BLOB => Err(Failure::too_large("a blob has at most 64 MiB")),
            () if total + length + OVERHEAD > MAX_TOTAL => Err(Failure::too_large("the store has at most 256 MiB")),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_and_the_store_may_have_their_size_and_no_byte_more() {
        let now = Timestamp::UNIX_EPOCH;
        let mut store = Store::with(&["orders".to_owned()], now);
        assert!(store.reserve(MAX_BLOB).is_ok());
        assert!(store.reserve(MAX_BLOB + 1).is_err());

        let largest = Bytes::from(vec![0; MAX_BLOB]); // the blobs share it
        for name in ["a", "b", "c"] {
            let (headers, metadata) = Default::default();
            let (content, stamp) = (largest.clone(), store.stamp(now));
            let blob = Blob { content, headers, metadata, blocks: Vec::new(), created: now, stamp };
            store.container_mut("orders").unwrap().blobs.insert(name.to_owned(), blob);
        }
        // the container, three blobs, and the new one count besides their bytes
        let left = MAX_TOTAL - 3 * MAX_BLOB - 5 * OVERHEAD;
        assert!(store.reserve(left).is_ok());
        assert!(store.reserve(left + 1).is_err());
    }
}
