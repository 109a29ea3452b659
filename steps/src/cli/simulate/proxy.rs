//! `iris-conformance simulate proxy`

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use ::cloud::contract::Contract;
use anyhow::ensure;
use clap::Args;
use emr::Personality;
use journal::Seed;
use tokio::task::LocalSet;

use super::super::{Exit, generate, run, runtime};
use super::{Bench, line, nothing};
use crate::ports::{exposure, free_port};
use crate::proxy::{Profile, Proxy};
use crate::suite::Suite;
use crate::world::{Outcome, Run, World, error};

#[derive(Args)]
#[command(after_help = "Example:\n  \
    iris-conformance simulate proxy --results emr.test:6662 --page     a page to grade what the EMR ordered")]
pub(super) struct SimulateProxy {
    #[command(flatten)]
    bench: Bench,
    /// Where the proxy takes orders; port 0 for any, and anything but loopback lets other machines in
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:6661")]
    listen: SocketAddr,
    /// Where the EMR takes results
    #[arg(long, value_name = "HOST:PORT", value_parser = generate::address)]
    results: String,
    /// The EMR that orders, for what its clinic and IRIS have agreed on: athena, cerner, ecw, epic, ochin, or a personality file
    #[arg(long, value_name = "EMR", default_value = "epic", value_parser = generate::personality)]
    emr: Personality,
    /// How the proxy is started (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Seed of secrets and ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl SimulateProxy {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        ensure!(
            matches!(profile.proxy, Proxy::Launch(_)),
            "the profile attaches to a proxy that runs already; use `simulate cloud` and `simulate emr` with it"
        );
        let (run, _folder) = run::shared(contract, profile, suite, Seed::new(self.seed), self.bench.limit())?;
        runtime()?.block_on(LocalSet::new().run_until(self.serve(Arc::new(run))))
    }

    async fn serve(self, run: Arc<Run>) -> anyhow::Result<Exit> {
        let mut world = World::bench(run);
        let begun = self.begin(&mut world).await;
        let describe = |world: &World| {
            let mut text = "A proxy runs here, with an IRIS cloud behind it:\n".to_owned();
            text.push_str(&line("proxy, orders (MLLP)", world.orders_address()));
            text.push_str(&line("EMR, results (MLLP)", &self.results));
            text + &exposure(self.listen.ip())
        };
        self.bench.serve(world, begun, describe, nothing).await
    }

    async fn begin(&self, world: &mut World) -> Outcome {
        let port = if self.listen.port() == 0 { free_port().map_err(error)?.port() } else { self.listen.port() };
        world.start_cloud(SocketAddr::new(self.listen.ip(), port).to_string(), self.results.clone()).await?;
        world.cloud()?.set_order_profile(self.emr.order_profile().map_err(error)?);
        world.start_proxy().await?;
        world.set_results_option("dft.enabled", "on")
    }
}
