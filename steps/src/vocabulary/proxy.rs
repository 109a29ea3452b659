//! The proxy as a process: several, killed, stopped.

use cucumber::{given, then, when};
use journal::Event;

use super::parameters::Kind;
use super::{received, seen_facts};
use crate::world::{Outcome, World, failed};

/// A second instance with the same settings runs beside the first (TOP-063); its orders port is its own.
#[given(expr = "a second proxy instance is connected")]
async fn second(world: &mut World) -> Outcome {
    world.launch()?;
    world.move_orders_port()?;
    world.start_proxy().await
}

/// Waits until the EMR has received a message of the kind, answered or not.
#[when(expr = "the EMR holds the {kind}")]
async fn held(world: &mut World, kind: Kind) -> Outcome {
    world.first(kind).await.map(drop)
}

/// The proxy is killed as soon as the EMR has received a message of the kind.
#[when(expr = "the proxy is killed once the EMR holds the {kind}")]
async fn killed_once(world: &mut World, kind: Kind) -> Outcome {
    let held = |events: &[Event]| (!received(events, kind.name()).is_empty()).then_some(());
    world
        .expect("TOP-005", format!("a {} at the EMR", kind.name()), held, |events| seen_facts(events, "delivery."))
        .await?;
    world.kill_proxy().await
}

/// Another instance starts in the place of the one that is gone (TOP-062).
#[when(expr = "another proxy instance takes over")]
async fn takes_over(world: &mut World) -> Outcome {
    world.launch()?;
    world.start_proxy().await
}

/// The proxy is asked to stop, in the way of its profile.
#[when(expr = "the proxy is asked to stop")]
async fn stopped(world: &mut World) -> Outcome {
    let launch = world.launch()?;
    world.exit_expected = true;
    let how = world.proxy()?.stop(&launch).await;
    if how.starts_with("killed") { failed("CON-079", "the proxy ends within the grace period", how) } else { Ok(()) }
}

/// The proxy process still runs.
#[then(expr = "the proxy still runs")]
async fn still_runs(world: &mut World) -> Outcome {
    let proxy = world.proxy()?;
    if proxy.runs() { Ok(()) } else { failed("", format!("proxy {} runs", proxy.name()), "it has ended") }
}

impl World {
    async fn kill_proxy(&mut self) -> Outcome {
        self.launch()?;
        self.exit_expected = true;
        self.proxy()?.kill().await;
        Ok(())
    }
}
