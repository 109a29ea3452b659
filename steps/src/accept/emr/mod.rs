//! `accept emr`: the customer's EMR or engine; the harness is proxy and cloud.

mod cases;
mod orders;
mod questions;
mod run;
mod wire;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use cloud::orm::{Action, LocationSource, OrderProfile, PatientIdSource, TypeComponent, judge};
use emr::Personality;
use jiff::Timestamp;
use journal::{Direction, Event, Journal, Link, Seed, What};
use results::profile::Status;
use results::{Order, Profile};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answers::{Answers, Question, seconds, text};
use super::case::{Case, Step};
use super::guide::Party;
use super::judge::{Crossed, Judge, crossed};
use super::state::State;
use super::talk::Talk;
use crate::cli::check::load;
use crate::ports::exposure;
use crate::suite::requirements::Catalogue;
use crate::vocabulary::acknowledgement;
use crate::world::{SentOrder, Stop};
use orders::{Desk, Orders};
use wire::{MALFORMED, Wire};

/// How long an answer too many is waited for when a connection is closed.
const SURPLUS: Duration = Duration::from_millis(200);

/// What an EMR's acknowledgement may have otherwise, since IRIS does not look at it.
const TOLERATED: [&str; 5] = ["ACK-002", "ACK-003", "ACK-005", "ACK-007", "ACK-008"];

/// Proxy and cloud, as the EMR sees them.
pub(crate) struct EmrParty {
    journal: Journal,
    judge: Judge,
    /// Where orders come in; none if they are made up.
    orders: Option<Orders>,
    generated: Option<Personality>,
    seed: Seed,
    /// Orders made up so far.
    made: u32,
    /// The number that IRIS gives to the first of them.
    first_filler: u64,
    /// The order of the last result, and those that have results.
    last: Option<Order>,
    with_results: BTreeSet<Vec<u8>>,
    /// Where the EMR listens for results.
    address: String,
    connection: Option<Wire>,
    profile: Profile,
    documents: bool,
    wait_answer: Duration,
    wait_order: Duration,
}

impl Party for EmrParty {
    const NAME: &'static str = "emr";
    const WELCOME: &'static str = "Acceptance of an EMR.\n\
        This program plays the IRIS EMR Proxy and IRIS: it takes the orders of your EMR\n\
        and sends results to it. Use test patients only: reports and state hold the\n\
        messages. Nothing is lost when you stop: the next start goes on.";
    const QUESTIONS: &'static [Question] = questions::QUESTIONS;
    const CASES: &'static [Case] = cases::CASES;

    async fn start(state: &State, answers: &Answers, mut judge: Judge, journal: Journal) -> anyhow::Result<Self> {
        let seed = state.seed_of_start();
        let profile = Some(text(answers, "results.profile")).filter(|file| !file.is_empty());
        let profile: Option<Profile> = load(profile.map(Path::new))?;
        judge.results = profile.clone();
        let (mut listening, mut generated) = (None, None);
        if text(answers, "orders.from") == "generated" {
            let name = text(answers, "emr");
            let personality = match name.rsplit_once('.') {
                Some((_, "yaml" | "yml")) => Personality::load(Path::new(name)),
                _ => Personality::named(name),
            };
            let personality = personality.map_err(|error| anyhow!("`emr`: {error}"))?;
            judge.orders = personality.order_profile()?;
            generated = Some(personality);
        } else {
            judge.orders = agreed(answers);
            let mut desk = Desk::new(seed, judge.orders.clone());
            for order in earlier(state, Link::Orders, Direction::Out) {
                desk.take(&order.content);
            }
            let on: SocketAddr = text(answers, "orders.listen").parse().context("`orders.listen` is no address")?;
            let orders = Orders::listen(on, desk, &journal).await;
            let taken = |error| anyhow!("`orders.listen`: cannot listen on {on}: {error}; is another program there?");
            listening = Some(orders.map_err(taken)?);
        }
        let with_results = earlier(state, Link::Results, Direction::In);
        Ok(EmrParty {
            journal,
            judge,
            orders: listening,
            generated,
            seed,
            made: 0,
            first_filler: 273_013 + 1000 * u64::from(state.starts),
            last: None,
            with_results: with_results.into_iter().map(|message| message.placer.into_bytes()).collect(),
            address: text(answers, "emr.results").to_owned(),
            connection: None,
            // without an agreement a corrected result says that it is one
            profile: profile.unwrap_or_else(|| Profile { status: Status::CorrectedOnRegrade, ..Profile::default() }),
            documents: text(answers, "results.kind") == "mdm",
            wait_answer: seconds(answers, "wait.answer"),
            wait_order: seconds(answers, "wait.order"),
        })
    }

    fn accepted(answers: &Answers) -> String {
        format!("played by this program, EMR at {}", text(answers, "emr.results"))
    }

    fn ready(&self) -> String {
        let orders = self
            .orders
            .as_ref()
            .map_or("Orders are made up.".to_owned(), |orders| format!("Orders are awaited on {}.", orders.address));
        let exposed = self.orders.as_ref().map_or_else(String::new, |orders| exposure(orders.address.ip()));
        format!("{orders} Results go to {}. {exposed}", self.address).trim_end().to_owned()
    }

    async fn run(&mut self, case: &Case, talk: &mut Talk) -> Step {
        let outcome = run::case(self, case, talk).await;
        self.close().await;
        if let Some(orders) = &self.orders {
            orders.desk().refuse_next = false;
        }
        outcome
    }

    fn found(&mut self, events: &[Event], talk: &Talk) -> Option<Stop> {
        let failed = |requirement: &str, expected: &str, seen: String| {
            Some(Stop::Failed { requirement: requirement.to_owned(), expected: expected.to_owned(), seen })
        };
        for event in events {
            if let What::Fact { name, data, .. } = &event.what
                && name == MALFORMED
            {
                return failed("MLLP-001", "frames of VT, message, FS, CR, and nothing between them", data.to_string());
            }
        }
        let sent = crossed(events, Link::Results, Direction::In).len();
        let answers = crossed(events, Link::Results, Direction::Out).len();
        if answers > sent {
            return failed("ACK-020", "one acknowledgement for each message", format!("{answers} for {sent} messages"));
        }
        let mut first: Option<Stop> = None;
        for order in crossed(events, Link::Orders, Direction::Out) {
            let problems = self.judge.problems(&order.content);
            talk.say(format!("  {} for order {}: {} problem(s)", order.name, order.placer, problems.len()));
            if !problems.is_empty() {
                talk.say(self.judge.shown(&order.name, &order.content, &problems));
            }
            first = first.or_else(|| self.judge.stop(&order.name, &problems));
        }
        first
    }

    fn excuse(&self, stop: &Stop, case: &Case) -> Option<String> {
        if let Stop::Failed { requirement, .. } = stop
            && TOLERATED.contains(&requirement.as_str())
        {
            return Some(format!("{requirement}: IRIS takes such an acknowledgement (ACK-064, ACK-065)"));
        }
        let requirements: Vec<String> = case.requirements.iter().map(|&id| id.to_owned()).collect();
        self.judge.binding.excuse(stop, &requirements)
    }

    fn catalogue(&self) -> &Catalogue {
        &self.judge.catalogue
    }

    async fn end(mut self) {
        self.close().await;
    }
}

/// The messages of earlier cases.
fn earlier(state: &State, link: Link, direction: Direction) -> Vec<Crossed> {
    state.ended.iter().flat_map(|ended| crossed(&ended.events, link, direction)).collect()
}

fn agreed(answers: &Answers) -> OrderProfile {
    let mut agreed = OrderProfile::default();
    if text(answers, "orders.patient_id") == "PID-3" {
        agreed.patient_id.source = PatientIdSource::Pid3;
    }
    if text(answers, "orders.clinic_field") == "ORC-13.1" {
        agreed.location.source = LocationSource::Orc;
    }
    text(answers, "orders.patient_id_type").clone_into(&mut agreed.patient_id.r#type);
    text(answers, "orders.provider_type").clone_into(&mut agreed.provider.r#type);
    agreed.provider.type_component = TypeComponent::Thirteen;
    if text(answers, "orders.changes") == "yes" {
        agreed.order_control.insert("XO".to_owned(), Action::Change);
    }
    agreed
}

impl EmrParty {
    /// The order that the next result is for: one without result, or else the newest.
    fn order(&mut self) -> Step<Order> {
        let order = match (&self.generated, &self.orders) {
            (Some(personality), _) => {
                let content = personality.order(self.seed, self.made, Timestamp::now()).map_err(anyhow::Error::from)?;
                let request = judge(&content, &self.judge.orders).map_err(|refusal| anyhow!(refusal.text))?;
                self.made += 1;
                Some(Order { filler: self.first_filler + u64::from(self.made), ..request.order })
            }
            (None, Some(orders)) => {
                let desk = orders.desk();
                let without = desk.open.iter().find(|order| !self.with_results.contains(&order.placer));
                without.or(desk.open.last()).cloned()
            }
            (None, None) => None,
        };
        let missing = "no order has come that a result could be for; let the case `order` come first (--case order)";
        Ok(order.ok_or_else(|| Stop::Blocked(missing.to_owned()))?)
    }

    /// Sends a message, whose acknowledgement has to accept it; gives how long it took.
    async fn send(&mut self, content: &[u8], talk: &Talk) -> Step {
        let mut wire = match self.connection.take() {
            Some(wire) => wire,
            None => self.connect().await?,
        };
        let message = Crossed::of(content);
        let waiting = talk.spinner(&format!("the acknowledgement of {}", message.name), self.wait_answer);
        let began = Instant::now();
        let exchange = async {
            wire.send(content).await?;
            wire.next().await
        };
        let answer = timeout(self.wait_answer, exchange).await;
        let took = began.elapsed().as_millis();
        drop(waiting);
        let answer = match answer {
            Ok(Ok(Some(answer))) => Ok(answer),
            Ok(Ok(None)) => Err("the connection was closed without an acknowledgement".to_owned()),
            Ok(Err(error)) => Err(format!("the connection failed: {error}")),
            Err(_) => Err(format!("no acknowledgement within {} s", self.wait_answer.as_secs())),
        };
        match &answer {
            Ok(_) => self.connection = Some(wire),
            Err(why) => wire.close(why).await,
        }
        self.with_results.insert(message.placer.clone().into_bytes());
        let (ack, ack_message) = acknowledgement::of(&SentOrder { content: content.to_vec(), answer })?;
        talk.say(format!("  {} was answered {} after {took} ms", message.name, ack.code));
        let shown = hl7::show::excerpt(ack_message.bytes(), 0, 400);
        match ack.code.is_positive() {
            true => Ok(()),
            false => Ok(crate::world::failed("ACK-045", "AA", shown)?),
        }
    }

    async fn connect(&self) -> Step<Wire> {
        let stream = match timeout(self.wait_answer, TcpStream::connect(&self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(self.unreachable(&error.to_string()).into()),
            Err(_) => return Err(self.unreachable("it does not answer").into()),
        };
        Wire::open(stream, Link::Results, &self.journal).map_err(|error| self.unreachable(&error.to_string()).into())
    }

    fn unreachable(&self, why: &str) -> Stop {
        let hint = "does its listener run, and is the port right?";
        Stop::Error(format!("cannot connect to the EMR at {}: {why}; {hint}", self.address))
    }

    /// Closes the connection for results; an acknowledgement too many is taken note of.
    async fn close(&mut self) {
        if let Some(mut wire) = self.connection.take() {
            let _ = timeout(SURPLUS, wire.next()).await; // what comes is in the journal
            wire.close("closed by the proxy").await;
        }
    }
}
