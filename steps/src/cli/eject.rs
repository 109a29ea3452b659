//! `iris-conformance eject`

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use super::{Exit, config, print, schema};
use crate::suite::Suite;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance eject suite              write everything below the new folder `suite`\n  \
    cd suite && iris-conformance run          the files of the folder count now, with your changes\n  \
    iris-conformance run --suite suite        the same from elsewhere")]
pub(super) struct Eject {
    /// Folder to write to; made if it is not there
    dir: PathBuf,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
}

impl Eject {
    pub(super) fn execute(self, suite: &Suite) -> anyhow::Result<Exit> {
        let examples = [config::examples(), schema::all()?].concat();
        let examples = examples.iter().map(|(name, text)| (name.as_str(), text.as_bytes()));
        let files: Vec<_> = suite.files().chain(examples).collect();
        if !self.force {
            self.refuse_to_replace(&files)?;
        }
        for (name, content) in &files {
            write(&self.dir.join(name), content)?;
        }
        print(&format!("{} files written to {}\n", files.len(), self.dir.display()))?;
        Ok(Exit::Passed)
    }

    /// Before anything is written: nobody's changes are lost, and no half of a suite is left.
    fn refuse_to_replace(&self, files: &[(&str, &[u8])]) -> anyhow::Result<()> {
        let there: Vec<_> = files.iter().map(|(name, _)| self.dir.join(name)).filter(|path| path.exists()).collect();
        match &there[..] {
            [] => Ok(()),
            [first, ..] => bail!(
                "{} is there already, and {} more; nothing was written. Choose another folder, or replace them with --force",
                first.display(),
                there.len() - 1
            ),
        }
    }
}

fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, content))
        .with_context(|| format!("cannot write {}", path.display()))
}
