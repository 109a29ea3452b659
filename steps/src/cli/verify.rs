//! `iris-conformance verify` and `evidence`

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use rcgen::{KeyPair, PKCS_ED25519};
use tempfile::NamedTempFile;

use super::{Exit, print};
use crate::evidence::attestation::public_key;
use crate::evidence::verify::verify;

#[derive(Args)]
#[command(after_help = "Exit codes: 0 the bundle is as it was made, 1 it is not, 2 unreadable input or wrong usage.")]
pub(super) struct Verify {
    /// A file that `run --bundle` wrote
    #[arg(value_name = "FILE")]
    bundle: PathBuf,
    /// Public key (PEM) by which it must be signed
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

impl Verify {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let key = self.key.as_deref().map(public_key).transpose();
        let found = match key.and_then(|key| verify(&self.bundle, key.as_deref())) {
            Ok(found) => found,
            Err(error) => {
                eprintln!("error: {error:#}");
                return Ok(Exit::Unreadable);
            }
        };
        if !found.problems.is_empty() {
            let lines: String = found.problems.iter().map(|problem| format!("  {problem}\n")).collect();
            print(&format!("{}: not as it was made\n{lines}", self.bundle.display()))?;
            return Ok(Exit::Failed);
        }
        let signature = match (found.signed, &self.key) {
            (true, Some(_)) => "signed by the key",
            (true, None) => "signed, by whom was not checked: give --key",
            (false, _) => "not signed: anybody could have made it",
        };
        let manifest = &found.manifest;
        let counts = manifest.result.counts.iter().filter(|(_, count)| **count > 0);
        let counts: Vec<String> = counts.map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
        let proxy = manifest.programs.get("proxy").map_or("it ran already", String::as_str);
        print(&format!(
            "{}: {} files as they were made; {signature}\n  result    {} scenarios: {}\n  proxy     {} (SHA-256 {proxy})\n  \
             contract  {}\n  seed      {}\n  made by   {} on {}\n",
            self.bundle.display(),
            manifest.files.len(),
            manifest.result.selected,
            counts.join(", "),
            manifest.profile,
            manifest.contract,
            manifest.seed,
            manifest.program,
            manifest.machine,
        ))?;
        Ok(Exit::Passed)
    }
}

#[derive(Subcommand)]
pub(super) enum Evidence {
    /// Make a key for `run --sign`, and beside it the public key for `verify --key`
    Keygen {
        /// The private key; the public one is put into FILE.pub
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

impl Evidence {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let Evidence::Keygen { out } = self;
        let key = KeyPair::generate_for(&PKCS_ED25519).context("cannot make a key")?;
        let public = PathBuf::from(format!("{}.pub", out.display()));
        save_new(&out, &key.serialize_pem())?;
        save_new(&public, &key.public_key_pem())?;
        print(&format!("{}: the private key; keep it secret\n{}: the public key\n", out.display(), public.display()))?;
        Ok(Exit::Passed)
    }
}

/// Writes a file that only its owner can read, never over another one.
fn save_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)?;
    file.persist_noclobber(path).with_context(cannot)?;
    Ok(())
}
