//! The files that a report is written to.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use super::load::LoadOutputs;
use crate::report::pdf::Cover;
use crate::report::{RunReport, cucumber, html, json, junit, pdf, tap};

/// The reports of a run that are written to files.
#[derive(Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct Outputs {
    /// Write a report for people: one HTML page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write an acceptance report to be signed
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a TAP 14 report
    #[arg(long, value_name = "FILE")]
    tap: Option<PathBuf>,
    /// Write a report in Cucumber's JSON format
    #[arg(long, value_name = "FILE")]
    cucumber: Option<PathBuf>,
    /// Save the run, messages included, so that `report` can make every form from it
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Title of the acceptance report
    #[arg(long, value_name = "TEXT", requires = "pdf")]
    title: Option<String>,
    /// Customer named in the acceptance report
    #[arg(long, value_name = "NAME", requires = "pdf")]
    customer: Option<String>,
    /// Site named in the acceptance report
    #[arg(long, value_name = "NAME", requires = "pdf")]
    site: Option<String>,
}

impl Outputs {
    /// The same for a load, which has two forms only.
    pub(super) fn of_load(self) -> Result<LoadOutputs, &'static str> {
        match self {
            Outputs { html, json, pdf: None, junit: None, tap: None, cucumber: None, .. } => {
                Ok(LoadOutputs { html, json })
            }
            _ => Err("a load is written with --html and --json only"),
        }
    }

    /// Writes what was asked for.
    pub(super) fn write(&self, report: &RunReport) -> anyhow::Result<()> {
        if let Some(path) = &self.html {
            save(path, html::write(report)?.as_bytes())?;
        }
        if let Some(path) = &self.pdf {
            let Outputs { title, customer, site, .. } = self;
            let cover = Cover { title: title.clone(), customer: customer.clone(), site: site.clone() };
            save(path, &pdf::write(report, &cover)?)?;
        }
        if let Some(path) = &self.junit {
            save(path, junit::write(report)?.as_bytes())?;
        }
        if let Some(path) = &self.tap {
            save(path, tap::write(report)?.as_bytes())?;
        }
        if let Some(path) = &self.cucumber {
            save(path, &cucumber::write(report)?)?;
        }
        if let Some(path) = &self.json {
            save(path, &json::write(report)?)?;
        }
        Ok(())
    }
}

/// Writes everything that happened, one JSON object a line.
pub(super) fn write_journal(path: &Path, report: &RunReport) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(cannot)?);
    for scenario in &report.scenarios {
        journal::jsonl::write(&mut file, &scenario.events).with_context(cannot)?;
    }
    file.flush().with_context(cannot)
}

pub(super) fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
