//! `iris-conformance simulate`

mod all;
mod cloud;
mod emr;
mod proxy;

use std::time::Duration;

use anyhow::anyhow;
use clap::{Args, Subcommand};

use super::{Exit, print};
use crate::live::Live;
use crate::proxy::asked_to_end;
use crate::suite::Suite;
use crate::world::{Outcome, World};

/// A day: nobody watches a bench for longer.
const LONGEST: u64 = 24 * 3600;

#[derive(Args)]
pub(super) struct Simulate {
    #[command(subcommand)]
    party: Party,
}

#[derive(Subcommand)]
enum Party {
    /// An EMR that listens for results and sends orders, for a proxy that runs on its own
    Emr(Box<emr::SimulateEmr>),
    /// A proxy with an IRIS cloud behind it, for an EMR that runs on its own
    Proxy(Box<proxy::SimulateProxy>),
    /// The IRIS cloud: login, settings, EMR API and bus, for a proxy that runs on its own
    Cloud(cloud::SimulateCloud),
    /// EMR, proxy and IRIS cloud, wired together on free loopback ports
    All(all::SimulateAll),
}

impl Simulate {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        match self.party {
            Party::Emr(options) => options.execute(suite),
            Party::Proxy(options) => options.execute(suite),
            Party::Cloud(options) => options.execute(suite),
            Party::All(options) => options.execute(suite),
        }
    }
}

/// How long a bench is there, and whether with a page.
#[derive(Args)]
struct Bench {
    /// Serve a page, and a JSON API, to watch and act; any free port of loopback without a number
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0")]
    page: Option<u16>,
    /// Seconds until it stops by itself
    #[arg(long = "for", value_name = "S", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    seconds: u64,
}

impl Bench {
    /// How long its world may take: the time to end as well.
    fn limit(&self) -> Duration {
        Duration::from_secs(self.seconds + 60)
    }

    /// Prints what runs where, and serves it until the time is over or somebody interrupts; meanwhile `work` is done. Must be
    /// called on a `LocalSet`; ends the world in any case.
    async fn serve(
        self,
        mut world: World,
        begun: Outcome,
        describe: impl FnOnce(&World) -> String,
        work: impl AsyncFnOnce(Live) -> anyhow::Result<()>,
    ) -> anyhow::Result<Exit> {
        if let Err(stop) = begun {
            world.end().await;
            return Err(anyhow!("{}", stop.summary()));
        }
        let mut text = describe(&world);
        let live = Live::new(world);
        let served = async {
            let page = match self.page {
                Some(port) => Some(live.clone().listen(port).await?),
                None => None,
            };
            if let Some(page) = &page {
                text.push_str(&line("page", &page.link()));
                text.push_str(&line("token of the API", page.token()));
            }
            text.push_str(&format!("It stops after {} s, or when it is interrupted.\n", self.seconds));
            print(&text)?;
            let over = tokio::time::timeout(Duration::from_secs(self.seconds), asked_to_end());
            let worked = async {
                work(live.clone()).await?;
                std::future::pending().await
            };
            tokio::select! {
                worked = worked => worked,
                over = over => Ok(if over.is_ok() { Exit::Interrupted } else { Exit::Passed }),
            }
        };
        let ended = served.await;
        live.end().await;
        ended
    }
}

/// A name and its value, in columns.
fn line(name: &str, value: &str) -> String {
    format!("  {name:<32} {value}\n")
}

/// Nothing is done while people act.
async fn nothing(_: Live) -> anyhow::Result<()> {
    Ok(())
}
