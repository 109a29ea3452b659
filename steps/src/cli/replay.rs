//! `iris-conformance replay`

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use cloud::contract::Contract;
use cloud::orm::OrderProfile;
use emr::Emr;
use faults::Faults;
use journal::{Clock, Event, Journal, Link, Seed};
use tempfile::TempDir;

use super::Exit;
use crate::proxy::{Profile, asked_to_end};
use crate::record;
use crate::replay::{Finding, Played, Recording, Stage, against};
use crate::suite::Suite;
use crate::world::{self, Stop};

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance replay day.jsonl                              to the built-in proxy, with a simulated cloud\n  \
    iris-conformance replay day.jsonl --profile my-proxy.yaml      to yours\n  \
    iris-conformance replay day.jsonl --to proxy.test:6661         orders only, to whoever listens there\n  \
    iris-conformance replay run.jsonl --scenario \"orders/accepted: The reference order\"\n\n\
    Exit codes: 0 the same, 1 different, 2 the journal cannot be read or played, 3 the proxy or the harness broke.")]
pub(super) struct Replay {
    /// A journal of `record` or of `run --journal`
    journal: PathBuf,
    /// Which scenario of it, where there are several
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// Play one wire to whoever listens there, instead of a proxy with a simulated cloud
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["profile", "contract"])]
    to: Option<String>,
    /// With --to: the wire to play; orders to a proxy, or results to an EMR
    #[arg(long, value_name = "orders|results", default_value = "orders", requires = "to")]
    link: Wire,
    /// How to start or reach the proxy (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// What is agreed for orders (YAML), as for `check`; the simulated cloud refuses what breaks it
    #[arg(long, value_name = "FILE")]
    orders: Option<PathBuf>,
    /// How much faster than it was recorded; 0 is as fast as answers allow
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = speed)]
    speed: f64,
    /// Seed of the simulated cloud; that of the run for a journal of `run`
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds that an answer may take
    #[arg(long, value_name = "S", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    deadline: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wire {
    Orders,
    Results,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.0..=1_000_000.0).contains(&speed) { Ok(speed) } else { Err("from 0 to 1000000".to_owned()) }
}

impl Replay {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let link = if self.link == Wire::Orders { Link::Orders } else { Link::Results };
        let Some(recording) = open(&self.journal, self.scenario.as_deref(), link) else {
            return Ok(Exit::Unreadable);
        };
        let runtime = super::runtime()?;
        let done = match &self.to {
            Some(to) => runtime.block_on(interruptible(self.play_to(to, &recording))),
            None => {
                let agreed = self.orders.as_deref().map(agreed).transpose()?;
                let (run, _folder) =
                    shared(suite, self.profile.as_deref(), self.contract.as_deref(), self.seed, self.deadline)?;
                runtime.block_on(interruptible(play_around(run, &recording, agreed.as_ref(), self.speed)))
            }
        };
        runtime.shutdown_timeout(Duration::from_secs(5));
        match done? {
            Some(played) => Ok(tell(&played)),
            None => Ok(Exit::Interrupted),
        }
    }

    async fn play_to(&self, to: &str, recording: &Recording) -> anyhow::Result<Played> {
        let found = tokio::net::lookup_host(to).await.with_context(|| format!("--to {to} leads nowhere"))?;
        let to = found.into_iter().next().with_context(|| format!("--to {to} has no address"))?;
        let journal = Journal::new("replay");
        let options = emr::Options {
            results_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            max_content: mllp::DEFAULT_MAX_CONTENT,
            clock: Clock::system(),
            ack_delay_late: Duration::ZERO,
            faults: Faults::new(journal.clone(), Seed::new(self.seed)),
        };
        let emr = Emr::start(journal, options).await.context("cannot start the EMR")?;
        let played = against(Err((&emr, to, Duration::from_secs(self.deadline))), recording, self.speed).await;
        emr.stop().await;
        played.map_err(broken)
    }
}

/// Reads a journal, or says on standard error why it cannot be played.
pub(super) fn open(path: &Path, scenario: Option<&str>, link: Link) -> Option<Recording> {
    let opened = read(path).and_then(|events| {
        let recording = Recording::new(&events, scenario, link);
        recording.map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))
    });
    opened.inspect_err(|error| eprintln!("error: {error:#}")).ok()
}

fn read(path: &Path) -> anyhow::Result<Vec<Event>> {
    let (events, torn) = record::read(path)?;
    if torn {
        eprintln!("{}: the last line is half a line and is left out", path.display());
    }
    Ok(events)
}

/// What all attempts share, and the folder that they need.
pub(super) fn shared(
    suite: Suite,
    profile: Option<&Path>,
    contract: Option<&Path>,
    seed: u64,
    deadline: u64,
) -> anyhow::Result<(Arc<world::Run>, TempDir)> {
    let (contract, mut profile) = (Contract::load(contract)?, Profile::load(profile)?);
    profile.timing.deadline = profile.timing.deadline.min(deadline.saturating_mul(1000));
    let hour = Duration::from_secs(3600); // every wait has a limit of its own
    let (run, folder) = super::run::shared(contract, profile, suite, Seed::new(seed), hour)?;
    Ok((Arc::new(run), folder))
}

/// Plays with cloud and EMR around the proxy of the profile.
async fn play_around(
    run: Arc<world::Run>,
    recording: &Recording,
    agreed: Option<&OrderProfile>,
    speed: f64,
) -> anyhow::Result<Played> {
    let stage = Stage::start(run, &recording.scenario, agreed).await.map_err(broken)?;
    let played = against(Ok(&stage), recording, speed).await;
    stage.end().await;
    played.map_err(broken)
}

fn agreed(file: &Path) -> anyhow::Result<OrderProfile> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_yaml::from_str(&text).with_context(|| format!("{} does not say what is agreed for orders", file.display()))
}

fn broken(stop: Stop) -> anyhow::Error {
    anyhow::anyhow!("{}", stop.summary())
}

pub(super) async fn interruptible<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<Option<T>> {
    tokio::select! {
        done = work => done.map(Some),
        _ = asked_to_end() => Ok(None),
    }
}

fn tell(played: &Played) -> Exit {
    for finding in &played.findings {
        eprintln!("{}\n", describe(finding));
    }
    match played.findings.len() {
        0 => eprintln!("the same: {} answers and messages compared", played.compared),
        n => eprintln!("different: {n} differences in {} answers and messages", played.compared),
    }
    if played.findings.is_empty() { Exit::Passed } else { Exit::Failed }
}

/// A finding in a few lines.
pub(super) fn describe(finding: &Finding) -> String {
    let message = hl7::Message::parse(finding.message.clone()).map(|message| {
        let (kind, trigger) = message.message_type();
        format!("{kind}^{trigger} {}", String::from_utf8_lossy(message.control_id()))
    });
    let message = message.unwrap_or_else(|_| "bytes that are no message".to_owned());
    let breaks = match finding.rule.requirement() {
        "" => "not as recorded".to_owned(),
        requirement => format!("breaks {requirement}"),
    };
    format!("DIFFERENT  {message}: {breaks}\n  {}", finding.detail.trim_end().replace('\n', "\n  "))
}
