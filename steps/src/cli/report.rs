//! `iris-conformance report`: reports of saved runs.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{Exit, print, run};
use crate::report::merge::{Part, merge};
use crate::report::pdf::Cover;
use crate::report::{RunReport, Shards, cucumber, html, json, junit, pdf, tap};

#[derive(Subcommand)]
pub(super) enum Report {
    /// Make reports of a saved run
    Show {
        /// A file that `run --json` or `report merge --json` wrote
        #[arg(value_name = "FILE")]
        saved: PathBuf,
        #[command(flatten)]
        outputs: Outputs,
    },
    /// Join the saved runs of all shards, or a run and what was repeated of it
    Merge {
        /// Files that `run --json` wrote
        #[arg(value_name = "FILE", required = true)]
        saved: Vec<PathBuf>,
        /// A scenario that several files have counts as it ended in the run that began last
        #[arg(long)]
        retries: bool,
        #[command(flatten)]
        outputs: Outputs,
    },
    /// Print the JSON schema of a saved run
    Schema,
}

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

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

impl Report {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let merged = matches!(self, Report::Merge { .. });
        let (report, outputs) = match self {
            Report::Schema => {
                print(&json::schema())?;
                return Ok(Exit::Passed);
            }
            Report::Show { saved, outputs } => (json::read(&saved)?, outputs),
            Report::Merge { saved, retries, outputs } => {
                let part = |path: &PathBuf| Ok(Part { file: path.display().to_string(), run: json::read(path)? });
                let parts: Vec<Part> = saved.iter().map(part).collect::<anyhow::Result<_>>()?;
                (merge(parts, retries)?, outputs)
            }
        };
        outputs.write(&report)?;
        print(&format!("{}\n", report.summary()))?;
        let missing = report.shards.as_ref().filter(|_| merged).map_or_else(Vec::new, Shards::missing);
        for shard in &missing {
            eprintln!("shard {shard} is missing; give its saved run too");
        }
        Ok(if missing.is_empty() { run::exit(&report) } else { Exit::Broken })
    }
}
