//! Makes a bundle.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use journal::What;
use rcgen::KeyPair;
use ring::digest::{Context, SHA256, digest};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::attestation::{Envelope, statement};
use super::{ATTESTATION, Content, MANIFEST, Manifest, Outcome, REPORT, SCHEMA, redact};
use crate::report::{RunReport, html, json, junit};

/// What a bundle tells besides the run itself.
pub struct Sources<'a> {
    /// Text of the profile.
    pub profile: String,
    /// Text of the contract.
    pub contract: String,
    /// Text of the fault plan.
    pub faults: Option<String>,
    /// Secrets that the profile fixes.
    pub secrets: Vec<String>,
    /// The proxy's program, where the harness started it.
    pub proxy: Option<PathBuf>,
    /// SHA-256 of each file of the suite.
    pub suite: BTreeMap<String, String>,
    /// Signs the bundle.
    pub key: Option<&'a KeyPair>,
}

/// Writes the evidence of a run. Equal runs give equal bytes: order and times of the entries are fixed.
///
/// # Errors
/// Files that cannot be read or written.
pub fn write(path: &Path, run: &RunReport, sources: &Sources) -> anyhow::Result<()> {
    let mut files: BTreeMap<&str, Vec<u8>> = BTreeMap::from([
        (REPORT, json::write(run)?),
        ("report.html", html::write(run)?.into_bytes()),
        ("junit.xml", junit::write(run)?.into_bytes()),
        ("journal.jsonl", events(run)?),
        ("proxy-output.log", output(run).into_bytes()),
        ("profile.yaml", redact::profile(&sources.profile)?.into_bytes()),
        ("contract.yaml", sources.contract.clone().into_bytes()),
    ]);
    if let Some(faults) = &sources.faults {
        files.insert("faults.yaml", faults.clone().into_bytes());
    }
    files.values_mut().try_for_each(|bytes| redact::overwrite(bytes, &sources.secrets))?;

    let mut programs = BTreeMap::new();
    let harness = std::env::current_exe().context("cannot tell where this program is")?;
    programs.insert("harness".to_owned(), sha256_of_file(&harness)?);
    if let Some(proxy) = &sources.proxy {
        programs.insert("proxy".to_owned(), sha256_of_file(proxy)?);
    }
    let content = |bytes: &Vec<u8>| Content { sha256: sha256(bytes), size: bytes.len() as u64 };
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        result: Outcome::of(run),
        seed: run.seed,
        contract: run.contract.clone(),
        profile: run.profile.clone(),
        program: run.program.clone(),
        machine: run.machine.clone(),
        programs,
        suite: sources.suite.clone(),
        files: files.iter().map(|(name, bytes)| ((*name).to_owned(), content(bytes))).collect(),
    };
    let manifest_bytes = serde_json::to_vec_pretty(&manifest)?;
    let attestation = match sources.key {
        Some(key) => {
            Some(serde_json::to_vec_pretty(&Envelope::sign(&statement(run, &manifest, &manifest_bytes), key)?)?)
        }
        None => None,
    };
    let first = [(MANIFEST, &manifest_bytes)].into_iter().chain(attestation.as_ref().map(|bytes| (ATTESTATION, bytes)));
    archive(path, first.chain(files.iter().map(|(name, bytes)| (*name, bytes))))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn archive<'a>(path: &Path, entries: impl Iterator<Item = (&'a str, &'a Vec<u8>)>) -> anyhow::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    let mut zip = ZipWriter::new(BufWriter::new(File::create(path)?));
    for (name, bytes) in entries {
        zip.start_file(name, options)?;
        zip.write_all(bytes)?;
    }
    zip.finish()?.flush()?;
    Ok(())
}

fn events(run: &RunReport) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for scenario in &run.scenarios {
        journal::jsonl::write(&mut lines, &scenario.events).context("cannot write the journal")?;
    }
    Ok(lines)
}

/// What the proxy wrote to its standard output and error, by scenario.
fn output(run: &RunReport) -> String {
    let mut text = String::new();
    for scenario in &run.scenarios {
        text += &format!("== {}\n", scenario.id);
        for event in &scenario.events {
            if let What::Process { instance, state, detail } = &event.what {
                text += &format!("{:>10.1} ms  {instance} {state}: {detail}\n", event.at_us as f64 / 1000.0);
            }
        }
    }
    text
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(digest(&SHA256, bytes).as_ref())
}

fn sha256_of_file(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (digest, _) = sha256_of(BufReader::new(file)).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(digest)
}

/// SHA-256 of what a reader has left, and its length.
pub(super) fn sha256_of(mut reader: impl Read) -> std::io::Result<(String, u64)> {
    let (mut context, mut length, mut portion) = (Context::new(&SHA256), 0, vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut portion)? {
            0 => return Ok((hexadecimal(context.finish().as_ref()), length)),
            read => {
                context.update(&portion[..read]);
                length += read as u64;
            }
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
