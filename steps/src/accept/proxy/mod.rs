//! `accept proxy`: an installed proxy and the real test cloud; the harness is the EMR.

mod cases;
mod orders;
mod questions;
mod run;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use emr::{Cut, Emr, NoAnswer, Options, OrdersConnection};
use faults::Faults;
use hl7::Message;
use hl7::ack::Ack;
use journal::{Clock, Direction, Event, Journal, Link, Seed, What};

use super::answers::{Answers, Question, seconds, text};
use super::case::{Case, Step};
use super::guide::Party;
use super::judge::{Judge, crossed};
use super::state::State;
use super::talk::Talk;
use crate::cli::check::load;
use crate::ports::exposure;
use crate::suite::requirements::Catalogue;
use crate::vocabulary::acknowledgement;
use crate::world::{SentOrder, Stop};
use orders::Orders;

/// The EMR that the proxy is connected to.
pub(crate) struct ProxyParty {
    emr: Emr,
    journal: Journal,
    judge: Judge,
    orders: Orders,
    /// Where the proxy listens.
    address: String,
    connection: Option<OrdersConnection>,
    waits: Waits,
    /// MSH-9.1 of results.
    kind: &'static str,
    /// How often the same result may come.
    most: usize,
    /// The number of charges by their order.
    charges: BTreeMap<String, usize>,
}

/// How long is waited.
struct Waits {
    answer: Duration,
    result: Duration,
    quiet: Duration,
    outage: Duration,
}

impl Party for ProxyParty {
    const NAME: &'static str = "proxy";
    const WELCOME: &'static str = "Acceptance of an installed IRIS EMR Proxy.\n\
        This program plays your EMR: it sends synthetic orders to the proxy, receives\n\
        what comes back, and checks both. You need the IRIS portal of the test\n\
        environment. Nothing is lost when you stop: the next start goes on.";
    const QUESTIONS: &'static [Question] = questions::QUESTIONS;
    const CASES: &'static [Case] = cases::CASES;

    async fn start(state: &State, answers: &Answers, mut judge: Judge, journal: Journal) -> anyhow::Result<Self> {
        let orders = Orders::new(answers, state.seed_of_start())?;
        let profile = Some(text(answers, "results.profile")).filter(|file| !file.is_empty());
        judge.results = load(profile.map(Path::new))?;
        judge.orders = orders.agreed.clone();
        let listen: SocketAddr = text(answers, "results.listen").parse().context("`results.listen` is no address")?;
        let options = Options {
            results_listen: listen,
            max_content: mllp::DEFAULT_MAX_CONTENT,
            clock: Clock::system(),
            ack_delay_late: seconds(answers, "wait.slow_answer"),
            faults: Faults::new(journal.clone(), Seed::new(state.seed)),
        };
        let emr = Emr::start(journal.clone(), options).await.map_err(|error| {
            anyhow!(
                "`results.listen`: cannot listen on {listen}: {error}; is another program there, such as the engine itself?"
            )
        })?;
        Ok(ProxyParty {
            emr,
            journal,
            judge,
            orders,
            address: text(answers, "proxy.orders").to_owned(),
            connection: None,
            waits: Waits {
                answer: seconds(answers, "wait.answer"),
                result: seconds(answers, "wait.result"),
                quiet: seconds(answers, "wait.quiet"),
                outage: seconds(answers, "wait.outage"),
            },
            kind: if text(answers, "results.kind") == "mdm" { "MDM" } else { "ORU" },
            most: text(answers, "resends").parse().unwrap_or(1),
            charges: BTreeMap::new(),
        })
    }

    fn accepted(answers: &Answers) -> String {
        format!("at {}", text(answers, "proxy.orders"))
    }

    fn ready(&self) -> String {
        let listen = self.emr.results_address();
        let ready =
            format!("Orders go to {}. Results are awaited on {listen}. {}", self.address, exposure(listen.ip()));
        ready.trim_end().to_owned()
    }

    async fn run(&mut self, case: &Case, talk: &mut Talk) -> Step {
        self.emr.script().clear();
        run::case(self, case, talk).await
    }

    fn found(&mut self, events: &[Event], talk: &Talk) -> Option<Stop> {
        let failed = |requirement: &str, expected: &str, seen: String| {
            Some(Stop::Failed { requirement: requirement.to_owned(), expected: expected.to_owned(), seen })
        };
        for event in events {
            if let What::Malformed { link: Link::Results, problem, bytes, .. } = &event.what {
                let seen = format!("{problem}: {}", hl7::show::excerpt(bytes, 0, 60));
                return failed("MLLP-040", "frames of VT, message, FS, CR, and nothing between them", seen);
            }
        }
        let mut first = None;
        for message in crossed(events, Link::Results, Direction::In) {
            let problems = self.judge.problems(&message.content);
            talk.say(format!("  {} for order {}: {} problem(s)", message.name, message.placer, problems.len()));
            if !problems.is_empty() {
                talk.say(self.judge.shown(&message.name, &message.content, &problems));
            }
            if !["ORU", "MDM", "DFT"].contains(&message.kind.as_str()) {
                return failed("ACK-102", "ORU, MDM and DFT only", message.name);
            }
            if message.kind == "DFT" {
                let count = self.charges.entry(message.placer.clone()).or_default();
                *count += 1;
                if *count > 1 {
                    let seen = format!("{count} DFT for order {}", message.placer);
                    return failed("ACK-030", "one DFT for an order at most", seen);
                }
            }
            let stop = self.judge.stop(&message.name, &problems);
            let binds = |stop: &Stop| self.judge.binding.excuse(stop, &[]).is_none();
            if first.as_ref().is_none_or(|first| !binds(first)) {
                first = stop.or(first);
            }
        }
        first
    }

    fn excuse(&self, stop: &Stop, case: &Case) -> Option<String> {
        let requirements: Vec<String> = case.requirements.iter().map(|&id| id.to_owned()).collect();
        self.judge.binding.excuse(stop, &requirements)
    }

    fn catalogue(&self) -> &Catalogue {
        &self.judge.catalogue
    }

    async fn end(mut self) {
        self.close().await;
        self.emr.stop().await;
    }
}

impl ProxyParty {
    /// Sends an order and gives its acknowledgement, which is checked.
    async fn send(&mut self, content: &[u8], talk: &Talk) -> Step<(Ack, Message)> {
        let limit = self.waits.answer;
        let mut connection = self.connection().await?;
        let waiting = talk.spinner("the acknowledgement", limit);
        let answer = connection.order(content, &Cut::Whole, limit).await;
        drop(waiting);
        if answer.is_ok() {
            self.connection = Some(connection);
        } else {
            connection.close().await; // what comes late must not answer the next order
        }
        let sent = SentOrder { content: content.to_vec(), answer: answer.map_err(|none| none.to_string()) };
        let (ack, message) = acknowledgement::of(&sent)?;
        let problems = self.judge.problems(message.bytes());
        if !problems.is_empty() {
            talk.say(self.judge.shown("acknowledgement", message.bytes(), &problems));
        }
        match self.judge.stop("the acknowledgement", &problems) {
            Some(stop) if self.judge.binding.excuse(&stop, &[]).is_none() => Err(stop.into()),
            _ => Ok((ack, message)),
        }
    }

    /// Sends a message that need not be answered.
    async fn try_to_send(&mut self, content: &[u8]) -> Step<Result<Vec<u8>, NoAnswer>> {
        let limit = self.waits.answer;
        let mut connection = self.connection().await?;
        let answer = connection.order(content, &Cut::Whole, limit).await;
        if answer.is_ok() {
            self.connection = Some(connection);
        } else {
            connection.close().await;
        }
        Ok(answer)
    }

    /// The connection for orders, opened if there is none.
    async fn connection(&mut self) -> Step<OrdersConnection> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let unreachable = |why: String| {
            Stop::Error(format!(
                "cannot connect to the proxy at {}: {why}; does it run, and is the port right?",
                self.address
            ))
        };
        let found = tokio::net::lookup_host(&self.address).await.map_err(|error| unreachable(error.to_string()))?;
        let mut why = "the name has no address".to_owned();
        for address in found {
            match self.emr.connect(address).await {
                Ok(connection) => return Ok(connection),
                Err(error) => why = error.to_string(),
            }
        }
        Err(unreachable(why).into())
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take() {
            connection.close().await;
        }
    }
}
