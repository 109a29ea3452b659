//! Load: messages at a rate, or as fast as answers allow, and what became of each of them.
//!
//! The schedule is open: a message is due whether the one before it was answered or not, and its latency counts from when it was
//! due, so that a proxy that stalls cannot hide it.

mod api;
mod deliveries;
mod exchange;
mod html;
mod ledger;
mod mix;
mod pace;
pub mod report;
mod resources;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use journal::Journal;

use crate::world::{Run, Stop, World, error};
use api::Api;
use exchange::{Exchange, Template, To};
use ledger::Ledger;
use pace::Pace;
use report::{FlowReport, LoadReport, Shard};
use resources::Sample;

pub use html::write as html;
pub use mix::{Flow, Mix, MixError};

/// Events that the journal keeps; more are not looked at.
const KEPT_EVENTS: usize = 1_000;
/// Messages of one run, or of each kind where no rate tells how many there will be; the ledger has an entry for each.
const MOST_MESSAGES: u64 = 10_000_000;

/// Against whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Target {
    /// The proxy of the profile, between the simulated EMR and cloud.
    Proxy,
    /// The simulated EMR alone: how much of what is measured is the harness.
    Emr,
    /// The simulated cloud alone: orders by its API.
    Cloud,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Against whom.
    pub target: Target,
    /// Messages a second, all flows together; as many as are answered without.
    pub rate: Option<f64>,
    /// Connections that send orders; without a rate also deliveries that are under way.
    pub connections: usize,
    /// How long messages are due.
    pub duration: Duration,
    /// How long the last ones are waited for.
    pub settle: Duration,
    /// How the messages are divided.
    pub mix: Mix,
    /// The part of a load that several machines make together.
    pub shard: Shard,
}

impl Plan {
    /// # Errors
    /// More messages than a run can have.
    pub fn check(&self) -> Result<(), String> {
        if self.target == Target::Emr && self.mix.shares().any(|(flow, _)| flow == Flow::Orm) {
            return Err("the EMR takes no orders; its mix is of oru, mdm and dft".to_owned());
        }
        if self.target == Target::Cloud && self.mix.shares().any(|(flow, _)| flow != Flow::Orm) {
            return Err("the cloud takes orders only; its mix is orm=1".to_owned());
        }
        let messages = self.rate.unwrap_or_default() * self.duration.as_secs_f64();
        if messages > MOST_MESSAGES as f64 {
            return Err(format!("{messages:.0} messages are more than the {MOST_MESSAGES} of one run; use --shard"));
        }
        Ok(())
    }

    /// How many orders the cloud must know, so that one that is repeated while its sender waits is known again.
    fn kept_orders(&self) -> usize {
        const MOST: f64 = 5_000.0;
        let waiting = self.rate.map_or(MOST, |rate| rate * self.shard.share() * self.settle.as_secs_f64());
        waiting.clamp(500.0, MOST) as usize
    }
}

/// Makes the load and gives what came of it.
///
/// # Errors
/// [`Stop::Error`] when a part does not start.
pub async fn go(run: Arc<Run>, plan: &Plan) -> Result<LoadReport, Stop> {
    let ledger = Ledger::new(&plan.shard.prefix());
    let observer = ledger.clone();
    let journal = Journal::observed("load", KEPT_EVENTS, move |event| observer.see(event));
    let mut world = World::lasting(run, "load", journal, plan.kept_orders());
    let report = measured(&mut world, plan, &ledger).await;
    world.end().await;
    report
}

async fn measured(world: &mut World, plan: &Plan, ledger: &Ledger) -> Result<LoadReport, Stop> {
    let personality = emr::Personality::named("epic").map_err(error)?;
    match plan.target {
        Target::Proxy => world.connect_all().await?,
        Target::Emr | Target::Cloud => world.start_parties().await?,
    }
    world.set_results_option("dft.enabled", "on")?;
    let (emr, cloud) = (world.emr()?, world.cloud()?);
    cloud.set_order_profile(personality.order_profile().map_err(error)?);
    let api;
    let to = match plan.target {
        Target::Proxy => To::Mllp(emr, world.resolved_orders_address().await?),
        Target::Emr => To::Mllp(emr, emr.results_address()),
        Target::Cloud => {
            api = Api::open(world).await?;
            To::Api(&api)
        }
    };
    let began = jiff::Timestamp::now();
    let start = Instant::now();
    ledger.begin(start);
    let mut flows = Vec::new();
    for (flow, share) in plan.mix.shares() {
        let content = match flow {
            Flow::Orm => personality.order(world.seed, 0, world.clock.now()).map_err(error)?,
            other => world.message(other.example())?,
        };
        let template = Template::new(content, flow).map_err(error)?;
        let rate = plan.rate.map(|rate| rate * share * plan.shard.share());
        flows.push((flow, template, Pace::new(start, rate, plan.duration)));
    }
    let sending = flows.iter().map(|(flow, template, pace)| async move {
        let exchange = Exchange { to, template, pace, ledger, flow: *flow, limit: plan.settle };
        if *flow == Flow::Orm || plan.target == Target::Emr {
            join_all((0..plan.connections).map(|_| exchange.send_all())).await;
        } else {
            deliveries::hand_over(cloud, &exchange, plan.rate.is_none().then_some(plan.connections)).await;
        }
    });
    let end = async {
        join_all(sending).await;
        ledger.settled(plan.settle).await;
    };
    let mut samples = Vec::new();
    tokio::select! {
        () = end => {}
        () = shown(ledger, plan) => {}
        () = sampled(world, plan, &mut samples) => {}
    }
    let (lasted, run) = (start.elapsed(), world.run());
    Ok(LoadReport {
        schema: report::SCHEMA.to_owned(),
        program: concat!("iris-conformance ", env!("CARGO_PKG_VERSION")).to_owned(),
        target: match plan.target {
            Target::Proxy => run.profile.name.clone(),
            Target::Emr => "simulated EMR".to_owned(),
            Target::Cloud => "simulated cloud".to_owned(),
        },
        contract: run.contract.name.clone(),
        seed: run.seed.value(),
        shards: vec![plan.shard],
        began,
        disturbed: !run.faults.rules.is_empty(),
        rate: plan.rate,
        connections: plan.connections,
        duration_s: plan.duration.as_secs_f64(),
        lasted_s: lasted.as_secs_f64(),
        samples,
        flows: flows.iter().map(|(flow, ..)| (*flow, ledger.report(*flow))).collect(),
    })
}

/// Notes what is in use, 240 times in the whole load or each second, for ever.
async fn sampled(world: &World, plan: &Plan, samples: &mut Vec<Sample>) {
    let mut ticks = tokio::time::interval((plan.duration / 240).max(Duration::from_secs(1)));
    let start = Instant::now();
    loop {
        ticks.tick().await;
        samples.push(Sample::take(world, start.elapsed().as_secs()));
    }
}

/// Says each second how it goes, for ever: a line that moves on a terminal, one in ten seconds elsewhere.
async fn shown(ledger: &Ledger, plan: &Plan) {
    use std::io::IsTerminal;
    let terminal = std::io::stderr().is_terminal();
    let bar = terminal.then(|| {
        let bar = ProgressBar::with_draw_target(Some(plan.duration.as_secs().max(1)), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} s  {wide_msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar
    });
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    for second in 1_u64.. {
        ticks.tick().await;
        let flows: Vec<String> = plan
            .mix
            .shares()
            .map(|(flow, _)| {
                let FlowReport { due, settled, .. } = ledger.counts(flow);
                let [half, most] = [50.0, 99.0].map(|percent| ledger.percentile_ms(flow, percent));
                format!("{}: {settled} of {due} done, p50 {half:.1} ms, p99 {most:.1} ms", flow.name())
            })
            .collect();
        let line = flows.join("; ");
        match &bar {
            Some(bar) => {
                bar.set_position(second);
                bar.set_message(line);
            }
            None if second % 10 == 0 => eprintln!("{second} s  {line}"),
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_may_have_so_many_messages_and_no_more() {
        let plan = |rate| Plan {
            target: Target::Proxy,
            rate: Some(rate),
            connections: 1,
            duration: Duration::from_secs(1_000),
            settle: Duration::ZERO,
            mix: "orm=1".parse().unwrap(),
            shard: Shard::default(),
        };
        assert_eq!(plan(10_000.0).check(), Ok(()));
        assert!(plan(10_000.001).check().unwrap_err().starts_with("10000001 messages are more than the 10000000"));
    }
}
