//! `iris-conformance simulate emr`

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::cloud::contract::Contract;
use ::emr::{Answer, Personality, Rule};
use clap::Args;
use journal::Seed;
use tokio::task::LocalSet;

use super::super::{Exit, generate, print, run, runtime};
use super::{Bench, LONGEST, line};
use crate::live::Live;
use crate::ports::exposure;
use crate::proxy::{Attach, Profile, Proxy};
use crate::suite::Suite;
use crate::world::{Outcome, Run, World};

/// How long a proxy may take to answer an order, in milliseconds.
const PATIENCE: u64 = 30_000;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance simulate emr --listen 127.0.0.1:6662                   takes results\n  \
    iris-conformance simulate emr --to emr-proxy.test:6661 --every 5               and orders\n  \
    iris-conformance simulate emr --answer \"an application error\" --page")]
pub(super) struct SimulateEmr {
    #[command(flatten)]
    bench: Bench,
    /// Where results are taken; port 0 for any, and anything but loopback lets other machines in
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The proxy that orders are sent to
    #[arg(long, value_name = "HOST:PORT", value_parser = generate::address)]
    to: Option<String>,
    /// The EMR that orders: athena, cerner, ecw, epic, ochin, or a personality file that ends with .yaml
    #[arg(long, value_name = "EMR", default_value = "epic", value_parser = generate::personality)]
    emr: Personality,
    /// Send an order every so many seconds, the first one at once
    #[arg(long, value_name = "S", requires = "to", value_parser = clap::value_parser!(u64).range(1..=LONGEST))]
    every: Option<u64>,
    /// How every message is answered, by name; a wrong name lists the right ones
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Answer>)]
    answer: Option<Answer>,
    /// Seed of patients and orders
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

impl SimulateEmr {
    pub(super) fn execute(self, suite: Suite) -> anyhow::Result<Exit> {
        let (contract, profile) = (Contract::load(None)?, Profile::load(None)?);
        let (mut run, _folder) = run::shared(contract, profile, suite, Seed::new(self.seed), self.bench.limit())?;
        let orders = self.to.clone().unwrap_or_default();
        run.profile.proxy = Proxy::Attach(Attach { orders, results_listen: self.listen.to_string() });
        run.profile.timing.deadline = PATIENCE;
        runtime()?.block_on(LocalSet::new().run_until(self.serve(Arc::new(run))))
    }

    async fn serve(self, run: Arc<Run>) -> anyhow::Result<Exit> {
        let mut world = World::bench(run);
        world.adopt(self.to.clone(), None);
        let begun = begin(&mut world, self.listen, self.answer).await;
        let describe = |world: &World| {
            let results = world.emr().map(|emr| emr.results_address().to_string()).unwrap_or_default();
            let mut text = format!("An EMR is simulated here:\n{}", line("EMR, results (MLLP)", &results));
            if let Some(to) = &self.to {
                text.push_str(&line("proxy, orders (MLLP)", to));
            }
            text + &exposure(self.listen.ip())
        };
        let work = async |live: Live| tokio::try_join!(tell(&live), order(&live, &self.emr, self.every)).map(drop);
        self.bench.serve(world, begun, describe, work).await
    }
}

async fn begin(world: &mut World, listen: SocketAddr, answer: Option<Answer>) -> Outcome {
    world.start_emr(listen).await?;
    if let Some(answer) = answer {
        world.emr()?.script().add(Rule { answers: vec![answer], ..Rule::default() });
    }
    Ok(())
}

/// Prints every message that comes or goes.
async fn tell(live: &Live) -> anyhow::Result<()> {
    let mut next = 0;
    loop {
        let lines;
        (lines, next) = live.messages_from(next).await;
        print(&lines)?;
    }
}

async fn order(live: &Live, personality: &Personality, every: Option<u64>) -> anyhow::Result<()> {
    let Some(every) = every else { return Ok(()) };
    let mut ticks = tokio::time::interval(Duration::from_secs(every));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(why) = live.order(personality).await {
            print(&format!("no order: {why}\n"))?;
        }
    }
}
