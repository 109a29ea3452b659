//! A proxy with EMR and cloud around it, for traffic that was recorded.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use cloud::Kind;
use cloud::orm::OrderProfile;
use hl7::Message;
use tokio_util::sync::DropGuard;

use super::answering::{self, Replies};
use super::{Delivered, Finding, rules};
use crate::suite::features::ScenarioId;
use crate::vocabulary;
use crate::world::{self, Outcome, Stop, World, error};

/// Everything around the proxy, and the proxy.
#[derive(Debug)]
pub struct Stage {
    pub(super) world: World,
    replies: Replies,
    _listener: DropGuard,
}

impl Stage {
    /// Starts all of it as for the scenario of that name, so that the cloud makes the same choices; `agreed` is what clinic and IRIS agreed on for orders.
    ///
    /// # Errors
    /// [`Stop::Error`] when a part does not start.
    pub async fn start(run: Arc<world::Run>, scenario: &str, agreed: Option<&OrderProfile>) -> Result<Stage, Stop> {
        let (feature, title) = scenario.split_once(": ").unwrap_or((scenario, ""));
        let id = ScenarioId { feature: feature.to_owned(), title: title.to_owned(), ..ScenarioId::default() };
        let mut world = World::preflight(run.clone());
        world.begin(run, id);
        let started = async {
            world.start_parties().await?;
            let replies = Replies::default();
            world.emr()?.leave_results_port().await;
            let at = world.emr()?.results_address();
            let listener = answering::listen(at, replies.clone(), world.journal.clone()).await;
            let listener = listener.map_err(|e| error(format!("the EMR cannot listen on {at}: {e}")))?;
            world.set_results_option("dft.enabled", "on")?;
            let base = vocabulary::order_profile(&OrderProfile::default(), "provider.type", "SERDOTON")?;
            world.cloud()?.set_order_profile(agreed.cloned().unwrap_or(base)); // as scenarios have it
            world.start_proxy().await?;
            Ok((replies, listener))
        };
        match started.await {
            Ok((replies, listener)) => Ok(Stage { world, replies, _listener: listener }),
            Err(stop) => {
                world.end().await;
                Err(stop)
            }
        }
    }

    /// Lets IRIS hand over a message, and waits until the EMR has got as many as it was recorded to answer.
    ///
    /// # Errors
    /// [`Stop::Error`] when the bus is gone.
    pub async fn deliver(&self, delivered: &Delivered) -> Outcome {
        let kind = match Message::parse(delivered.content.clone()).map(|message| message.message_type().0).as_deref() {
            Ok("DFT") => Kind::Dft,
            Ok("MDM") => Kind::Mdm,
            _ => Kind::Oru,
        };
        self.replies.add(&delivered.content, &delivered.replies);
        let cloud = self.world.cloud()?;
        // what was delivered before may come again meanwhile
        let mut others: HashSet<Vec<u8>> = cloud.deliveries().into_iter().map(|other| other.content).collect();
        others.remove(&delivered.content);
        let before = self.world.journal.read(|events| arrived(events, &others));
        cloud.signal(&cloud.prepare(kind, delivered.content.clone())).map_err(error)?;
        let wanted = before + delivered.replies.len().max(1);
        let enough = |events: &[journal::Event]| (arrived(events, &others) >= wanted).then_some(());
        let came = self.world.journal.eventually(self.deadline(), enough);
        let _ = came.await; // too few are a finding
        Ok(())
    }

    pub(super) fn deadline(&self) -> Duration {
        self.world.deadline()
    }

    /// What was not kept so far.
    ///
    /// # Errors
    /// [`Stop::Blocked`] without a cloud.
    pub fn findings(&self) -> Result<Vec<Finding>, Stop> {
        let cloud = self.world.cloud()?;
        Ok(self.world.journal.read(|events| rules::check(cloud, events)))
    }

    /// Ends everything.
    pub async fn end(mut self) {
        self.world.end().await;
    }
}

/// Frames with something else than `others`, and what was no frame, on the results wire.
fn arrived(events: &[journal::Event], others: &HashSet<Vec<u8>>) -> usize {
    use journal::{Direction, Link, What};
    let comes = |what: &What| match what {
        What::Frame { link: Link::Results, direction: Direction::In, content, .. } => !others.contains(content),
        What::Malformed { link: Link::Results, .. } => true,
        _ => false,
    };
    events.iter().filter(|event| comes(&event.what)).count()
}
