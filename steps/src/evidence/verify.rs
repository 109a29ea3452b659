//! Checks a bundle that somebody else made. Nothing is unpacked to the disk, and nothing is read beyond what the manifest
//! announces.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::Value;
use zip::ZipArchive;

use super::attestation::Envelope;
use super::bundle::{sha256, sha256_of};
use super::{ATTESTATION, MANIFEST, Manifest, Outcome, REPORT, SCHEMA};
use crate::report::Verdict;

/// More entries no bundle has.
const MOST_ENTRIES: usize = 64;
/// A manifest or a statement is shorter.
const MOST_TEXT: u64 = 64 << 20;
/// All files together are shorter.
const MOST_BYTES: u64 = 8 << 30;
/// Length of the record at the end of a zip archive, without a comment.
const END_RECORD: i64 = 22;

/// What was found.
pub struct Findings {
    /// What it is evidence of.
    pub manifest: Manifest,
    /// What is wrong, each with its file. Empty: the bundle is as it was made.
    pub problems: Vec<String>,
    /// Whether there is a signature.
    pub signed: bool,
}

/// The parts of a saved run that the manifest repeats.
#[derive(Deserialize)]
struct Saved {
    seed: u64,
    contract: String,
    profile: String,
    digests: BTreeMap<String, String>,
    selected: usize,
    counts: BTreeMap<Verdict, usize>,
    scenarios: Vec<Scenario>,
}

#[derive(Deserialize)]
struct Scenario {
    id: String,
    verdict: Verdict,
}

type Archive = ZipArchive<File>;

/// Checks a bundle: no file changed, missing or added; manifest, report and statement agree; and with a `key` that it is signed
/// by it.
///
/// # Errors
/// A file that cannot be read, or that is no bundle at all.
pub fn verify(path: &Path, key: Option<&[u8]>) -> anyhow::Result<Findings> {
    let no_bundle = || format!("{} is no evidence bundle", path.display());
    let mut file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let announced = announced_entries(&mut file).with_context(no_bundle)?;
    let mut archive = ZipArchive::new(file).with_context(no_bundle)?;
    let manifest_bytes = read(&mut archive, MANIFEST, MOST_TEXT).with_context(no_bundle)?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest_bytes).context("its manifest.json cannot be read").with_context(no_bundle)?;
    ensure!(manifest.schema == SCHEMA, "{}: its layout is {:?}, not {SCHEMA}", path.display(), manifest.schema);

    let mut problems = Vec::new();
    if announced != archive.len() {
        problems
            .push(format!("the archive has {announced} entries, of which {} hide others", announced - archive.len()));
    }
    names(&archive, &manifest, &mut problems);
    contents(&mut archive, &manifest, &mut problems);
    let report = agreement(&mut archive, &manifest, &mut problems);
    let signed = archive.index_for_name(ATTESTATION).is_some();
    if signed {
        let subject = Subject { manifest: &manifest, digest: sha256(&manifest_bytes), report: report.as_ref() };
        if let Err(problem) = statement(&mut archive, &subject, key) {
            problems.push(format!("{ATTESTATION}: {problem:#}"));
        }
    } else if key.is_some() {
        problems.push(format!("{ATTESTATION} is missing: the bundle is not signed"));
    }
    Ok(Findings { manifest, problems, signed })
}

/// The number of entries that the end of the archive announces; an archive with a comment or of several parts is none of ours.
fn announced_entries(file: &mut File) -> anyhow::Result<usize> {
    file.seek(SeekFrom::End(-END_RECORD)).context("it is too short")?;
    let mut end = [0; END_RECORD as usize];
    file.read_exact(&mut end)?;
    file.rewind()?;
    ensure!(end.starts_with(b"PK\x05\x06"), "it is no zip archive, or one with something behind its end");
    let entries = usize::from(u16::from_le_bytes([end[10], end[11]]));
    ensure!(entries <= MOST_ENTRIES, "it has {entries} entries");
    Ok(entries)
}

fn read(archive: &mut Archive, name: &str, most: u64) -> anyhow::Result<Vec<u8>> {
    let entry = archive.by_name(name).with_context(|| format!("{name} is missing"))?;
    let mut bytes = Vec::new();
    entry.take(most + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be unpacked"))?;
    ensure!(bytes.len() as u64 <= most, "{name} is longer than {most} bytes");
    Ok(bytes)
}

fn names(archive: &Archive, manifest: &Manifest, problems: &mut Vec<String>) {
    let present: BTreeSet<&str> = archive.file_names().collect();
    let ours = |name: &str| manifest.files.contains_key(name) || [MANIFEST, ATTESTATION].contains(&name);
    problems.extend(present.iter().filter(|name| !ours(name)).map(|name| format!("{name:?} was added")));
    let missing = manifest.files.keys().filter(|name| !present.contains(name.as_str()));
    problems.extend(missing.map(|name| format!("{name} is missing")));
    if !manifest.files.contains_key(REPORT) {
        problems.push(format!("{MANIFEST} does not name {REPORT}"));
    }
}

fn contents(archive: &mut Archive, manifest: &Manifest, problems: &mut Vec<String>) {
    let announced = manifest.files.values().try_fold(0_u64, |sum, content| sum.checked_add(content.size));
    if announced.is_none_or(|bytes| bytes > MOST_BYTES) {
        problems.push(format!("{MANIFEST} announces more than {MOST_BYTES} bytes; its files were not looked at"));
        return;
    }
    for (name, content) in &manifest.files {
        let Ok(entry) = archive.by_name(name) else { continue };
        match sha256_of(entry.take(content.size + 1)) {
            Err(error) => problems.push(format!("{name} cannot be unpacked: {error}")),
            Ok((_, length)) if length > content.size => {
                problems.push(format!("{name} is longer than the {} bytes of the manifest", content.size));
            }
            Ok((_, length)) if length < content.size => {
                problems.push(format!("{name} has {length} bytes, in the manifest {}", content.size));
            }
            Ok((digest, _)) if digest != content.sha256 => {
                problems.push(format!("{name} was changed: SHA-256 {digest}, in the manifest {}", content.sha256));
            }
            Ok(_) => {}
        }
    }
}

/// Whether report and manifest say the same of the run.
fn agreement(archive: &mut Archive, manifest: &Manifest, problems: &mut Vec<String>) -> Option<Saved> {
    let size = manifest.files.get(REPORT)?.size.min(MOST_BYTES);
    let saved = read(archive, REPORT, size).and_then(|bytes| Ok(serde_json::from_slice::<Saved>(&bytes)?));
    let saved = match saved {
        Ok(saved) => saved,
        Err(error) => {
            problems.push(format!("{REPORT} is no saved run: {error:#}"));
            return None;
        }
    };
    let mut counts: BTreeMap<Verdict, usize> = Verdict::ALL.map(|verdict| (verdict, 0)).into();
    saved.scenarios.iter().for_each(|scenario| *counts.entry(scenario.verdict).or_default() += 1);
    let mut check = |agrees: bool, what: &str| {
        if !agrees {
            problems.push(format!("{REPORT} and {MANIFEST} disagree about {what}"));
        }
    };
    let outcome = Outcome { selected: saved.selected, counts: counts.clone() };
    check(outcome == manifest.result, "the verdicts");
    check(saved.counts == counts, "the number of verdicts");
    check(saved.seed == manifest.seed, "the seed");
    check(saved.contract == manifest.contract, "the contract");
    check(saved.profile == manifest.profile, "the profile");
    check(saved.digests.get("suite") == Some(&crate::suite::digest_of(&manifest.suite)), "the suite");
    Some(saved)
}

/// What a statement has to be about.
struct Subject<'a> {
    manifest: &'a Manifest,
    digest: String,
    report: Option<&'a Saved>,
}

fn statement(archive: &mut Archive, subject: &Subject, key: Option<&[u8]>) -> anyhow::Result<()> {
    let bytes = read(archive, ATTESTATION, MOST_TEXT)?;
    let envelope: Envelope = serde_json::from_slice(&bytes).context("it is no DSSE envelope")?;
    if let Some(key) = key {
        ensure!(envelope.is_signed_by(key), "it is not signed by this key");
    }
    let statement = envelope.statement()?;
    let digest = |name: &str| {
        let subjects = statement["subject"].as_array().into_iter().flatten();
        subjects.filter(|s| s["name"] == name).find_map(|s| s["digest"]["sha256"].as_str())
    };
    ensure!(digest(MANIFEST) == Some(&subject.digest), "it is about another manifest");
    ensure!(digest("proxy") == subject.manifest.programs.get("proxy").map(String::as_str), "it is about another proxy");
    let Some(report) = subject.report else { return Ok(()) };
    let named = |name: &str| -> BTreeSet<&str> {
        let tests = statement["predicate"][name].as_array().into_iter().flatten();
        tests.filter_map(Value::as_str).collect()
    };
    for (name, verdicts) in [
        ("passedTests", &[Verdict::Passed][..]),
        ("warnedTests", &[Verdict::Warning]),
        ("failedTests", &[Verdict::Failed, Verdict::Blocked, Verdict::Error]),
    ] {
        let scenarios = report.scenarios.iter().filter(|scenario| verdicts.contains(&scenario.verdict));
        let expected: BTreeSet<&str> = scenarios.map(|scenario| scenario.id.as_str()).collect();
        ensure!(named(name) == expected, "its {name} are not those of {REPORT}");
    }
    let red = report.scenarios.len() < report.selected || !named("failedTests").is_empty();
    let shown = !named("passedTests").is_empty() || !named("warnedTests").is_empty();
    let expected = match (red || !shown, named("warnedTests").is_empty()) {
        (true, _) => "FAILED",
        (false, false) => "WARNED",
        (false, true) => "PASSED",
    };
    let result = &statement["predicate"]["result"];
    ensure!(result == expected, "its result is {result}, by {REPORT} {expected}");
    Ok(())
}
