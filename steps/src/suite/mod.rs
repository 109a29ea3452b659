//! The suite: features, their selection, requirements and checks.

pub mod binding;
pub mod features;
pub mod lint;
pub mod requirements;
pub mod select;

use std::path::{Path, PathBuf};

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
}

/// A path as a person types it: relative to the working folder where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
