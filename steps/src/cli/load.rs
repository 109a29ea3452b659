//! `iris-conformance load`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::cloud::contract::Contract;
use anyhow::anyhow;
use clap::Args;
use journal::Seed;

use super::outputs::save;
use super::{Exit, print, run, runtime, wrong_usage};
use crate::load::report::{Limit, LoadReport, Shard};
use crate::load::{self, Mix, Plan, Target};
use crate::proxy::Profile;
use crate::suite::Suite;

const EXAMPLES: &str = "Examples:
  iris-conformance load --rate 50 --duration 30                       orders to the built-in proxy
  iris-conformance load --rate 100 --mix orm=6,oru=3,dft=1 --limit p99=250 --html load.html
  iris-conformance load --max --connections 8 --profile my-proxy.yaml
  iris-conformance load --rate 400 --shard 2/4 --json load-2.json     one of four machines; then `report merge load-*.json`

Exit codes: 0 every message was settled and the limits were kept, 1 not so, 2 wrong usage, 3 a part did not start.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Load {
    /// Messages a second, all kinds together: each is due whether the one before was answered or not
    #[arg(long, value_name = "N", required_unless_present = "max", value_parser = rate)]
    rate: Option<f64>,
    /// As many as are answered
    #[arg(long, conflicts_with = "rate")]
    max: bool,
    /// Connections that send orders; with --max also how many results are under way
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// Seconds for which messages are due
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    duration: u64,
    /// Seconds that an answer, or the last delivery, is waited for
    #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    settle: u64,
    /// Kinds of messages with their weights: orm, oru, mdm, dft [default: orm=1; oru=1 for the EMR]
    #[arg(long, value_name = "MIX")]
    mix: Option<Mix>,
    /// A limit: p99=50 or max=500 (milliseconds), rate=100 (settled a second), of one kind as orm.p99=50; growth=16 (MiB) or open=10
    /// (descriptors, tasks) of harness and proxy since the first quarter; may be repeated
    #[arg(long, value_name = "LIMIT")]
    limit: Vec<Limit>,
    /// What is under load; `emr` and `cloud` are the simulators alone, to know what the harness itself can do
    #[arg(long, value_enum, default_value = "proxy")]
    target: Target,
    /// The part of the load that this machine makes, of how many; each makes its share of the rate
    #[arg(long, value_name = "M/N", default_value = "1/1")]
    shard: Shard,
    /// How the proxy is started or reached (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// What goes wrong (YAML); messages that are refused or not answered are no failure then, those that are lost still are
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Seed of patients, secrets and ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    outputs: LoadOutputs,
}

/// The reports of a load that are written to files.
#[derive(Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct LoadOutputs {
    /// Write a page with plots
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Save the load, histograms included, so that `report merge` can join it with those of other machines
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
}

fn rate(text: &str) -> Result<f64, &'static str> {
    let rate = text.parse().ok().filter(|rate| (0.01..=100_000.0).contains(rate));
    rate.ok_or("a number from 0.01 to 100000")
}

impl Load {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let default = if self.target == Target::Emr { "oru=1" } else { "orm=1" };
        let mix = self.mix.unwrap_or_else(|| default.parse().expect("a mix"));
        let plan = Plan {
            target: self.target,
            rate: self.rate,
            connections: usize::from(self.connections),
            duration: Duration::from_secs(self.duration),
            settle: Duration::from_secs(self.settle),
            mix,
            shard: self.shard,
        };
        plan.check().unwrap_or_else(|problem| wrong_usage(&problem));
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        let limit = plan.duration + 2 * plan.settle + Duration::from_secs(60);
        let (mut run, _folder) = run::shared(contract, profile, suite, Seed::new(self.seed), limit)?;
        if let Some(file) = &self.faults {
            run.faults = faults::Plan::load(file)?;
        }
        let load = runtime()?.block_on(load::go(Arc::new(run), &plan)).map_err(|stop| anyhow!("{}", stop.summary()))?;
        self.outputs.write(&load, &self.limit)
    }
}

impl LoadOutputs {
    /// Writes what was asked for, prints the load, and says how it ended.
    pub(super) fn write(&self, load: &LoadReport, limits: &[Limit]) -> anyhow::Result<Exit> {
        let broken = load.broken(limits);
        if let Some(path) = &self.html {
            save(path, load::html(load, &broken)?.as_bytes())?;
        }
        if let Some(path) = &self.json {
            save(path, &serde_json::to_vec(load)?)?;
        }
        print(&load.text())?;
        broken.iter().for_each(|line| eprintln!("{line}"));
        Ok(if broken.is_empty() { Exit::Passed } else { Exit::Failed })
    }
}
