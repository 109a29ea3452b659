//! The suite: features, their selection, requirements and checks.

pub mod binding;
pub mod features;
pub mod lint;
pub mod requirements;
pub mod select;
mod tree;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use yaml::did_you_mean;

use crate::evidence::bundle::sha256;

/// What makes a folder a suite.
const MARKER: &str = "features/requirements";

/// The suite that this program was built with.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/suite.tar.gz"));

/// The files of a suite: features, requirement catalogue, messages, fault plans and snapshots.
///
/// They are named by their path below the suite's folder, such as `features/orders/accepted.feature`.
#[derive(Clone, Debug)]
pub struct Suite {
    files: Arc<tree::Files>,
    /// Where they come from; none for the suite inside the program.
    folder: Option<PathBuf>,
}

impl Suite {
    /// The suite to use: that of the folder asked for, else that of the working folder if it holds one, else the one inside
    /// the program.
    ///
    /// # Errors
    /// A folder without a suite, or a file of it that cannot be read.
    pub fn open(asked: Option<&Path>) -> anyhow::Result<Suite> {
        match asked {
            Some(folder) => Suite::at(folder),
            None if Path::new(MARKER).is_dir() => Suite::at("."),
            None => Ok(Suite::built_in()),
        }
    }

    /// The suite of a folder.
    ///
    /// # Errors
    /// It has none, or a file of it cannot be read.
    pub fn at(folder: impl AsRef<Path>) -> anyhow::Result<Suite> {
        let folder = folder.as_ref();
        if !folder.join(MARKER).is_dir() {
            bail!(
                "{} holds no suite: there is no folder {MARKER} in it; `iris-conformance eject DIR` makes one",
                folder.display()
            );
        }
        let folder = std::path::absolute(folder).with_context(|| format!("cannot find {}", folder.display()))?;
        let files = tree::read(&folder).with_context(|| format!("cannot read the suite in {}", folder.display()))?;
        Ok(Suite { files: Arc::new(files), folder: Some(folder) })
    }

    /// The suite inside the program.
    pub fn built_in() -> Suite {
        let files = unpack().expect("a test reads the archive that the build script packs");
        Suite { files: Arc::new(files), folder: None }
    }

    /// The folder that the suite is read from; none for the one inside the program.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Names and contents of all files.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(name, content)| (name.as_str(), content.as_slice()))
    }

    /// The content of a file.
    ///
    /// # Errors
    /// There is none of that name; the nearest names are told.
    pub fn read(&self, name: &str) -> anyhow::Result<&[u8]> {
        self.files.get(name).map(Vec::as_slice).with_context(|| {
            format!("the suite has no {name}{}", did_you_mean(name, self.files.keys().map(String::as_str)))
        })
    }

    /// The content of a text file.
    ///
    /// # Errors
    /// There is none of that name, or it is not UTF-8.
    pub fn text(&self, name: &str) -> anyhow::Result<&str> {
        std::str::from_utf8(self.read(name)?).with_context(|| format!("{} is not UTF-8", shown(&self.path(name))))
    }

    /// Where a file is, as people are told; one inside the program by its name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.as_ref().map_or_else(|| name.into(), |folder| folder.join(name))
    }

    /// SHA-256 of each file, in hexadecimal.
    pub fn digests(&self) -> BTreeMap<String, String> {
        self.files().map(|(name, content)| (name.to_owned(), sha256(content))).collect()
    }

    /// One digest for all files, equal for equal suites.
    pub fn digest(&self) -> String {
        digest_of(&self.digests())
    }
}

/// One digest for the files of a suite: SHA-256 of the list of their digests as `sha256sum` prints it.
pub fn digest_of(digests: &BTreeMap<String, String>) -> String {
    let list: String = digests.iter().map(|(name, digest)| format!("{digest}  {name}\n")).collect();
    sha256(list.as_bytes())
}

/// Which suite it is: `built in, SHA-256 0123456789ab`.
impl std::fmt::Display for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.folder.as_ref().map_or_else(|| "built in".to_owned(), |folder| folder.display().to_string());
        write!(f, "{place}, SHA-256 {}", &self.digest()[..12])
    }
}

fn unpack() -> std::io::Result<tree::Files> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(PACKED));
    let mut files = BTreeMap::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().replace('\\', "/");
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        files.insert(name, content);
    }
    Ok(files)
}

/// A path as a person types it: relative to the working folder where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(here).unwrap_or(path).display().to_string()
}
