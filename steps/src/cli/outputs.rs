//! The files that a report is written to.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::report::harness::HarnessCheck;
use crate::report::{RunReport, html, json, junit};
use crate::suite::features::Features;
use crate::suite::requirements::Catalogue;

#[derive(Args)]
pub(super) struct Outputs {
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a JSON report
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report for people: one HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write everything that happened, one JSON object a line
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
}

impl Outputs {
    pub(super) fn write(
        &self,
        report: &RunReport,
        catalogue: &Catalogue,
        features: &Features,
        harness: &HarnessCheck,
    ) -> anyhow::Result<()> {
        if let Some(path) = &self.html {
            save(path, html::write(report, catalogue, features, harness)?.as_bytes())?;
        }
        if let Some(path) = &self.junit {
            save(path, junit::write(report, catalogue)?.as_bytes())?;
        }
        if let Some(path) = &self.json {
            save(path, &serde_json::to_vec_pretty(&json::value(report))?)?;
        }
        if let Some(path) = &self.journal {
            let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut file = BufWriter::new(file);
            for scenario in &report.scenarios {
                journal::jsonl::write(&mut file, &scenario.events)
                    .with_context(|| format!("cannot write {}", path.display()))?;
            }
        }
        Ok(())
    }
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
