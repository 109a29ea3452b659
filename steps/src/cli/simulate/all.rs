//! `iris-conformance simulate all`

use std::path::PathBuf;
use std::sync::Arc;

use ::cloud::contract::Contract;
use clap::Args;
use journal::Seed;
use tokio::task::LocalSet;

use super::super::{Exit, run, runtime};
use super::{Bench, line, nothing};
use crate::proxy::Profile;
use crate::suite::Suite;
use crate::world::{Outcome, Run, World};

#[derive(Args)]
#[command(
    after_help = "Example:\n  iris-conformance simulate all --page     prints the address of a page to watch and act"
)]
pub(super) struct SimulateAll {
    #[command(flatten)]
    bench: Bench,
    /// How the proxy is started or reached (YAML); the built-in reference proxy if left out
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Seed of patients, secrets and ids
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl SimulateAll {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let profile = Profile::load(self.profile.as_deref())?;
        let (run, _folder) = run::shared(contract, profile, suite, Seed::new(self.seed), self.bench.limit())?;
        // what acts in a world need not be able to move between threads
        runtime()?.block_on(LocalSet::new().run_until(self.serve(Arc::new(run))))
    }

    async fn serve(self, run: Arc<Run>) -> anyhow::Result<Exit> {
        let mut world = World::bench(run);
        let begun = begin(&mut world).await;
        let describe = |world: &World| {
            let results = world.emr().map(|emr| emr.results_address().to_string()).unwrap_or_default();
            [
                "EMR, proxy and IRIS cloud are wired together:\n",
                &line("proxy, orders (MLLP)", world.orders_address()),
                &line("EMR, results (MLLP)", &results),
                "Send an order to the proxy: iris-conformance generate orm --emr epic --to ",
                world.orders_address(),
                "\n",
            ]
            .concat()
        };
        self.bench.serve(world, begun, describe, nothing).await
    }
}

/// Everything is started; charges are on, since a bench is for seeing all that a grading brings.
async fn begin(world: &mut World) -> Outcome {
    world.connect_all().await?;
    world.set_results_option("dft.enabled", "on")
}
