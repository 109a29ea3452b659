//! The evidence of a run in one file: its reports and journal, what it was made with, and digests of everything, so that
//! somebody else can check it later without a network.
//!
//! A bundle is a zip archive whose `manifest.json` ([`Manifest`]) names every other file with its digest. `attestation.json`,
//! if it is there, is a signed statement about the manifest and the proxy ([`attestation`]).

pub mod attestation;
pub mod bundle;
mod redact;
pub mod verify;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::report::{RunReport, Verdict};

/// Name and version of the layout.
pub const SCHEMA: &str = "iris-conformance/evidence/1";
/// The file that names all others.
pub const MANIFEST: &str = "manifest.json";
/// The signed statement.
pub const ATTESTATION: &str = "attestation.json";
/// The saved run.
pub const REPORT: &str = "report.json";

/// What a bundle holds and what it is evidence of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// What came out.
    pub result: Outcome,
    /// The seed.
    pub seed: u64,
    /// Contract name and version (TOP-120).
    pub contract: String,
    /// Proxy profile.
    pub profile: String,
    /// The harness, with its version.
    pub program: String,
    /// Operating system and processor.
    pub machine: String,
    /// SHA-256 of the programs: `harness`, and `proxy` where the harness started it.
    pub programs: BTreeMap<String, String>,
    /// SHA-256 of each file of the suite.
    pub suite: BTreeMap<String, String>,
    /// The other files of the bundle.
    pub files: BTreeMap<String, Content>,
}

/// What came out of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Scenarios that were selected.
    pub selected: usize,
    /// How many of them have which verdict.
    pub counts: BTreeMap<Verdict, usize>,
}

impl Outcome {
    /// That of a run.
    pub fn of(run: &RunReport) -> Outcome {
        let counts = Verdict::ALL.map(|verdict| (verdict, run.count(verdict)));
        Outcome { selected: run.selected, counts: counts.into() }
    }
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}
