//! `iris-conformance shrink`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use journal::Link;

use super::{Exit, print, replay};
use crate::proxy::Proxy;
use crate::shrink::{Limits, NotShrunk, shrink, write};
use crate::suite::Suite;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance shrink day.jsonl --profile my-proxy.yaml      the smallest messages that still fail\n  \
    iris-conformance eject suite\n  \
    iris-conformance shrink day.jsonl --profile my-proxy.yaml --out suite/features/recorded/problem.feature\n\n\
    Exit codes: 0 shrunk, 1 nothing to shrink or not to be shrunk, 2 the journal cannot be read, 3 the proxy or the harness broke.")]
pub(super) struct Shrink {
    /// A journal of `record` or of `run --journal`
    journal: PathBuf,
    /// Which scenario of it, where there are several
    #[arg(long, value_name = "ID")]
    scenario: Option<String>,
    /// How to start or reach the proxy that fails (YAML)
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// The scenario to write: SUITE/features/SUBJECT/NAME.feature
    #[arg(long, value_name = "FILE.feature")]
    out: Option<PathBuf>,
    /// Attempts at most
    #[arg(long, value_name = "N", default_value_t = 1000)]
    attempts: usize,
    /// Seconds at most
    #[arg(long = "for", value_name = "S", default_value_t = 50)]
    seconds: u64,
    /// Seed of the simulated cloud
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl Shrink {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let Some(recording) = replay::open(&self.journal, self.scenario.as_deref(), Link::Orders) else {
            return Ok(Exit::Unreadable);
        };
        let contract = self.contract.as_deref();
        let (run, _folder) = replay::shared(suite.clone(), self.profile.as_deref(), contract, self.seed, 5)?;
        let (reference, _other) = replay::shared(suite, None, contract, self.seed, 5)?;
        let limits = Limits { attempts: self.attempts, time: Duration::from_secs(self.seconds) };
        let runtime = super::runtime()?;
        let launches = matches!(run.profile.proxy, Proxy::Launch(_));
        let reference = self.profile.is_some().then_some(&reference);
        let search = async { Ok(shrink(&recording, &run, reference, launches, limits).await) };
        let found = runtime.block_on(replay::interruptible(search))?;
        runtime.shutdown_timeout(Duration::from_secs(5));
        let found = match found {
            None => return Ok(Exit::Interrupted),
            Some(Ok(found)) => found,
            Some(Err(NotShrunk::Broken(why))) => anyhow::bail!(why),
            Some(Err(why)) => {
                eprintln!("{why}");
                return Ok(Exit::Failed);
            }
        };
        eprintln!("{}\n", replay::describe(&found.finding));
        for item in &found.case.0 {
            eprintln!("{}\n", String::from_utf8_lossy(item.content()).trim_end().replace('\r', "\n"));
        }
        let early = if found.attempts.ended_early { ", ended by a limit" } else { "" };
        let count = found.case.0.len();
        let messages = if count == 1 { "message is" } else { "messages are" };
        eprintln!("{count} {messages} enough, found in {} attempts{early}", found.attempts.count);
        if let Some(out) = &self.out {
            for file in write(&found.case, found.finding.rule, out)? {
                print(&format!("{}\n", file.display()))?;
            }
        }
        Ok(Exit::Passed)
    }
}
