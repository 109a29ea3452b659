//! The suite: features, their selection, requirements and checks.

pub mod binding;
pub mod features;
pub mod lint;
pub mod requirements;
pub mod select;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::evidence::bundle::sha256;

/// The folders of a suite: `features` and `snapshots` below one root.
#[derive(Clone, Debug)]
pub struct Suite {
    root: PathBuf,
}

impl Suite {
    /// The suite below `root`.
    pub fn at(root: impl Into<PathBuf>) -> Suite {
        Suite { root: root.into() }
    }

    /// The suite of the source tree from which the program was built.
    pub fn of_the_source_tree() -> Suite {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        Suite::at(here.parent().unwrap_or(here))
    }

    /// Folder of the feature files.
    pub fn features(&self) -> PathBuf {
        self.root.join("features")
    }

    /// Folder of the whole messages that features name.
    pub fn messages(&self) -> PathBuf {
        self.features().join("messages")
    }

    /// Folder of the requirement catalogue.
    pub fn requirements(&self) -> PathBuf {
        self.features().join("requirements")
    }

    /// Folder of the snapshots.
    pub fn snapshots(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// SHA-256 of each file of the suite, in hexadecimal, by its path below the root with `/`.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn digests(&self) -> anyhow::Result<BTreeMap<String, String>> {
        let mut digests = BTreeMap::new();
        for folder in [self.features(), self.snapshots()] {
            for entry in walkdir::WalkDir::new(&folder) {
                let entry = entry.with_context(|| format!("cannot read the suite in {}", folder.display()))?;
                let path = entry.path();
                // what a failed run puts beside a snapshot is no part of the suite
                if !entry.file_type().is_file() || path.to_string_lossy().contains(".snap.new") {
                    continue;
                }
                let below = path.strip_prefix(&self.root).unwrap_or(path);
                let name: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                let content = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                digests.insert(name.join("/"), sha256(&content));
            }
        }
        Ok(digests)
    }
}

/// One digest for all files of a suite, equal for equal suites: SHA-256 of the list as `sha256sum` prints it.
pub fn digest_of(digests: &BTreeMap<String, String>) -> String {
    let list: String = digests.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    sha256(list.as_bytes())
}

/// A path as a person types it: relative to the working folder where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
