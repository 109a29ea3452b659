//! `iris-conformance deidentify`

use std::path::PathBuf;

use clap::Args;

use super::{Exit, print};
use crate::deidentify::{Key, all};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance deidentify order.hl7 result.hl7 --out clean\n  \
    iris-conformance deidentify day.jsonl --out clean --key secret.key     pseudonyms as in the last call\n\n\
    The same patient gets the same pseudonym in all files of one call, and in all calls with the same --key.\n\
    Look at the result before it leaves your house: no program knows every way to write a name.\n\
    Exit codes: 0 written, 2 a file cannot be read, 3 a file cannot be written.")]
pub(super) struct Deidentify {
    /// HL7 files (one message, several, or an MLLP capture) and journals
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A file of at least 16 secret bytes that pseudonyms are made with; a key that nobody knows if left out
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Leave the providers' names and numbers as they are
    #[arg(long)]
    keep_providers: bool,
}

impl Deidentify {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        use crate::deidentify::DeidentifyError as E;
        let key = match self.key.as_deref().map_or_else(Key::random, Key::read) {
            Ok(key) => key,
            Err(error) => {
                eprintln!("error: {error}");
                return Ok(Exit::Unreadable);
            }
        };
        let written = match all(&self.files, &self.out, key, self.keep_providers) {
            Ok(written) => written,
            Err(error @ (E::Read(..) | E::Large(_) | E::NoMessage(_) | E::Journal(_))) => {
                eprintln!("error: {error}");
                return Ok(Exit::Unreadable);
            }
            Err(error) => return Err(error.into()),
        };
        for (from, to) in self.files.iter().zip(&written.files) {
            // names of files hold names of patients, so they change as well
            print(&format!("{} is {}\n", from.display(), to.display()))?;
        }
        for (place, count) in &written.counts {
            let name = place.parse::<hl7::Path>().ok().and_then(|path| path.name()).unwrap_or_default();
            eprintln!("{count:>7}  {place:<8} {name}");
        }
        eprintln!("{:>7}  replaced", written.counts.values().sum::<usize>());
        Ok(Exit::Passed)
    }
}
