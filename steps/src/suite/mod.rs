//! The suite: features, their selection, requirements and checks.

pub mod binding;
pub mod features;
pub mod lint;
pub mod requirements;
pub mod select;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use ring::digest::{SHA256, digest};

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

    /// SHA-256 over digests and names of all files of the suite: equal for equal suites.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn digest(&self) -> anyhow::Result<String> {
        let mut whole = String::new();
        for folder in [self.features(), self.snapshots()] {
            for entry in walkdir::WalkDir::new(&folder).sort_by_file_name() {
                let entry = entry.with_context(|| format!("cannot read the suite in {}", folder.display()))?;
                let path = entry.path();
                // what a failed run puts beside a snapshot is no part of the suite
                if !entry.file_type().is_file() || path.to_string_lossy().contains(".snap.new") {
                    continue;
                }
                let below = path.strip_prefix(&self.root).unwrap_or(path);
                let name: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
                let content = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                whole += &format!("{}  {}\n", sha256(&content), name.join("/"));
            }
        }
        Ok(sha256(whole.as_bytes()))
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A path as a person types it: relative to the working folder where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
