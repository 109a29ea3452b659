//! `iris-conformance report`: reports of saved runs.

use std::path::PathBuf;

use clap::Subcommand;

use super::outputs::Outputs;
use super::{Exit, print, run, wrong_usage};
use crate::load::report::LoadReport;
use crate::report::merge::{Part, merge};
use crate::report::{Shards, json};

#[derive(Subcommand)]
pub(super) enum Report {
    /// Make reports of a saved run
    Show {
        /// A file that `run --json`, `load --json` or `report merge --json` wrote
        #[arg(value_name = "FILE")]
        saved: PathBuf,
        #[command(flatten)]
        outputs: Outputs,
    },
    /// Join the saved runs of all shards, or a run and what was repeated of it
    Merge {
        /// Files that `run --json`, or `load --json`, wrote
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

impl Report {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let merged = matches!(self, Report::Merge { .. });
        let (report, outputs) = match self {
            Report::Schema => {
                print(&json::schema())?;
                return Ok(Exit::Passed);
            }
            Report::Show { saved, outputs } if LoadReport::is_one(&saved) => return of_loads(&[saved], outputs),
            Report::Merge { saved, outputs, .. } if LoadReport::is_one(&saved[0]) => return of_loads(&saved, outputs),
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

/// Reports of a load that several machines made.
fn of_loads(saved: &[PathBuf], outputs: Outputs) -> anyhow::Result<Exit> {
    let loads = saved.iter().map(|path| LoadReport::read(path)).collect::<anyhow::Result<_>>()?;
    let outputs = outputs.of_load().unwrap_or_else(|problem| wrong_usage(problem));
    outputs.write(&LoadReport::merge(loads)?, &[])
}
