//! `iris-conformance simulate all`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::cloud::contract::Contract;
use anyhow::anyhow;
use clap::Args;
use journal::Seed;
use tokio::task::LocalSet;

use super::super::{Exit, print, run, runtime};
use crate::live::Live;
use crate::proxy::{Profile, asked_to_end};
use crate::suite::Suite;
use crate::world::{Run, Stop, World};

/// A day: nobody watches a bench for longer.
const LONGEST: u64 = 24 * 3600;

#[derive(Args)]
#[command(
    after_help = "Example:\n  iris-conformance simulate all --page     prints the address of a page to watch and act"
)]
pub(super) struct SimulateAll {
    /// Serve a page, and a JSON API, to watch and act; any free port of loopback without a number
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0")]
    page: Option<u16>,
    /// How the proxy is started or reached (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Seed of patients, secrets and ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds until it stops by itself
    #[arg(long = "for", value_name = "S", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    seconds: u64,
}

impl SimulateAll {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        let limit = Duration::from_secs(self.seconds + 60); // the time to end as well
        let (run, _folder) = run::shared(contract, profile, suite, Seed::new(self.seed), limit)?;
        // what acts in a world need not be able to move between threads
        runtime()?.block_on(LocalSet::new().run_until(self.serve(Arc::new(run))))
    }

    async fn serve(self, run: Arc<Run>) -> anyhow::Result<Exit> {
        let mut world = World::bench(run);
        if let Err(stop) = begin(&mut world).await {
            world.end().await;
            return Err(anyhow!("{}", stop.summary()));
        }
        let mut text = String::from("EMR, proxy and IRIS cloud are wired together:\n");
        text.push_str(&format!("  {:<26} {}\n", "proxy, orders (MLLP)", world.orders_address()));
        if let Ok(emr) = world.emr() {
            text.push_str(&format!("  {:<26} {}\n", "EMR, results (MLLP)", emr.results_address()));
        }
        let live = Live::new(world);
        let page = match self.page {
            Some(port) => Some(live.clone().listen(port).await?),
            None => None,
        };
        if let Some(page) = &page {
            text.push_str(&format!("  {:<26} {}\n", "page", page.link()));
            text.push_str(&format!("  {:<26} {}\n", "token of the API", page.token()));
        }
        text.push_str("Send an order to the proxy: iris-conformance generate orm --emr epic --to <proxy, orders>\n");
        text.push_str(&format!("It stops after {} s, or when it is interrupted.\n", self.seconds));
        print(&text)?;
        let interrupted = tokio::time::timeout(Duration::from_secs(self.seconds), asked_to_end()).await.is_ok();
        drop(page);
        live.end().await;
        Ok(if interrupted { Exit::Interrupted } else { Exit::Passed })
    }
}

/// Everything is started; charges are on, since a bench is for seeing all that a grading brings.
async fn begin(world: &mut World) -> Result<(), Stop> {
    world.connect_all().await?;
    world.set_results_option("dft.enabled", "on")
}
