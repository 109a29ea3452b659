//! What happens in each case of `accept proxy`.

use std::time::Duration;

use emr::{Answer, Rule};
use hl7::{Message, Path};
use journal::{Direction, Event, Link, Peer};
use serde_json::json;

use super::ProxyParty;
use super::orders::Made;
use crate::accept::case::{Case, Halt, Step, failed};
use crate::accept::judge::{Crossed, crossed};
use crate::accept::talk::Talk;
use crate::report::probes::PROBE;
use crate::world::Stop;

/// What results repeat of the order, and where that is said.
const REPEATED: [(&str, &str); 4] =
    [("PID-5.1", "ORM-PID-5.1"), ("PID-5.2", "ORM-PID-5.2"), ("PID-7", "ORM-PID-7"), ("PID-8", "ORM-PID-8")];

/// The name that a changed order gives the patient.
const CHANGED_NAME: &[u8] = b"ACCEPTANCE";

pub(super) async fn case(party: &mut ProxyParty, case: &Case, talk: &mut Talk) -> Step {
    match case.id {
        "order" => {
            let order = party.order(talk).await?;
            look(party, case, &order, "ACK-022", talk).await
        }
        "order-refused" => refused(party, talk).await,
        "order-repeated" => repeated(party, talk).await,
        "order-changed" => {
            let order = party.order(talk).await?;
            let mut change = Message::parse(party.orders.again(&order, "XO")?.content).map_err(anyhow::Error::from)?;
            let given: Path = "PID-5.2".parse().map_err(anyhow::Error::from)?;
            change.set(&given, CHANGED_NAME).map_err(anyhow::Error::from)?;
            party.send_accepted(change.bytes(), "the change", talk).await?;
            look(party, case, &order, "ORM-OC-XO", talk).await
        }
        "order-cancelled" => {
            let order = party.order(talk).await?;
            let cancel = party.orders.again(&order, "CA")?;
            party.send_accepted(&cancel.content, "the cancellation", talk).await?;
            look(party, case, &order, "ORM-OC-CA", talk).await
        }
        "orders-reconnected" => {
            party.order(talk).await?;
            party.order(talk).await?; // MLLP-014: on the same connection
            party.close().await;
            talk.say("  the connection was closed and is opened again");
            party.order(talk).await.map(drop)
        }
        "result" | "document" => {
            let order = graded(party, case, party.kind, &[], talk).await?;
            let first = party.arrived(party.kind, &order.placer(), 1, talk).await?;
            repeats(&order, &first[0])?;
            // VER-001, unless another version was agreed
            let agreed = party.judge.results.as_ref().and_then(|profile| profile.version.text());
            let sent = String::from_utf8_lossy(&order.order.version).into_owned();
            let version = agreed.unwrap_or(if sent.is_empty() { "2.4" } else { &sent }).to_owned();
            let come = Message::parse(first[0].content.clone()).ok();
            let come = come.and_then(|come| Some(come.text("MSH-12.1")?.into_owned())).unwrap_or_default();
            if come != version {
                return failed("VER-001", format!("MSH-12 {version}"), come);
            }
            let all = party.all_within(party.kind, &order, party.waits.quiet, talk).await;
            if all.len() > 1 { failed("ACK-035", format!("1 {}", party.kind), all.len()) } else { Ok(()) }
        }
        "charge" => {
            let order = graded(party, case, "DFT", &[Answer::Error], talk).await?;
            party.arrived("DFT", &order.placer(), 1, talk).await?;
            let all = party.all_within("DFT", &order, party.waits.quiet, talk).await;
            if all.len() > 1 { failed("ACK-030", "1 DFT", format!("{} DFT", all.len())) } else { Ok(()) }
        }
        "result-refused" => {
            let order = graded(party, case, party.kind, &[Answer::Error, Answer::Reject, Answer::Accept], talk).await?;
            party.arrived(party.kind, &order.placer(), 1, talk).await?;
            let all = party.all_within(party.kind, &order, party.waits.quiet, talk).await;
            if all.len() > 3 {
                return failed("ACK-035", "no more after AA", format!("{} {}", all.len(), party.kind));
            }
            same(&all)
        }
        "result-slow-answer" => {
            let order = graded(party, case, party.kind, &[Answer::Late, Answer::Accept], talk).await?;
            party.arrived(party.kind, &order.placer(), 1, talk).await?;
            let all = party.all_within(party.kind, &order, party.waits.quiet, talk).await;
            if all.len() > party.most {
                return failed("ACK-038", format!("{} at most", party.most), all.len());
            }
            same(&all)
        }
        "results-refused-connection" => {
            party.emr.stop_listening().await;
            let outcome = outage(party, case, talk).await;
            party.emr.resume_listening().await.map_err(|error| Stop::Error(format!("cannot listen again: {error}")))?;
            let order = outcome?;
            talk.say("  results are taken again");
            party.arrived(party.kind, &order.placer(), 1, talk).await.map(drop)
        }
        other => Err(Halt::Stop(Stop::Error(format!("a defect of this program: case {other} does nothing")))),
    }
}

async fn outage(party: &mut ProxyParty, case: &Case, talk: &mut Talk) -> Step<Made> {
    talk.say("  results are refused from now on");
    let order = graded(party, case, party.kind, &[], talk).await?;
    let waiting = talk.waiting("the end of the outage", party.waits.outage);
    tokio::time::sleep(party.waits.outage).await; // the outage itself; nothing is awaited
    drop(waiting);
    Ok(order)
}

/// An order that is graded, whose messages of the kind are answered so.
async fn graded(party: &mut ProxyParty, case: &Case, kind: &str, answers: &[Answer], talk: &mut Talk) -> Step<Made> {
    if !answers.is_empty() {
        let rule = Rule { kind: Some(kind.to_owned()), nth: None, path_equals: None, answers: answers.to_vec() };
        party.emr.script().add(rule);
    }
    let order = party.order(talk).await?;
    talk.act(case, &filled(case.act, &order)).await?;
    Ok(order)
}

fn filled(text: Option<&str>, order: &Made) -> String {
    text.unwrap_or_default().replace("{order}", &order.placer()).replace("{patient}", &order.patient())
}

async fn look(party: &ProxyParty, case: &Case, order: &Made, requirement: &str, talk: &mut Talk) -> Step {
    let question = filled(case.look, order);
    let seen = talk.look(case, &question).await?;
    let answer = seen.as_ref().map_or_else(|seen| format!("no: {seen}"), |()| "yes".to_owned());
    party.journal.fact(Peer::Harness, "person.said", order.placer(), json!({ "question": question, "answer": answer }));
    match seen {
        Ok(()) => Ok(()),
        Err(seen) => failed(requirement, format!("yes: {question}"), format!("no: {seen}")),
    }
}

async fn refused(party: &mut ProxyParty, talk: &mut Talk) -> Step {
    let order = party.orders.next()?;
    let mut wrong = Message::parse(order.content).map_err(anyhow::Error::from)?;
    let name: Path = "PID-5".parse().map_err(anyhow::Error::from)?;
    wrong.set(&name, b"").map_err(anyhow::Error::from)?;
    let (ack, answer) = party.send(wrong.bytes(), talk).await?;
    talk.say(format!("  an order without PID-5 was answered {}", ack.code));
    if ack.code.is_positive() {
        return failed("ACK-023", "AE or AR to an order without PID-5", hl7::show::excerpt(answer.bytes(), 0, 200));
    }
    let kind: Path = "MSH-9".parse().map_err(anyhow::Error::from)?;
    wrong.set(&kind, b"ADT^A08").map_err(anyhow::Error::from)?;
    match party.try_to_send(wrong.bytes()).await? {
        Ok(answer) => {
            let ack = hl7::ack::read(&answer);
            let shown = hl7::show::excerpt(&answer, 0, 200);
            match ack {
                Ok(ack) if !ack.code.is_positive() => talk.say(format!("  an ADT was answered {}", ack.code)),
                _ => return failed("ACK-101", "a negative answer to an ADT, or a closed connection", shown),
            }
        }
        Err(none) => talk.say(format!("  an ADT was answered by nothing: {none}")),
    }
    party.order(talk).await.map(drop) // good orders go on
}

async fn repeated(party: &mut ProxyParty, talk: &mut Talk) -> Step {
    let order = party.order(talk).await?;
    let (ack, _) = party.send(&order.content, talk).await?;
    talk.say(format!("  the same order again was answered {}", ack.code));
    party.journal.fact(Peer::Harness, PROBE, "ACK-029", json!({ "answer": ack.code.to_string() }));
    Ok(())
}

/// The result has what it has to repeat of the order.
fn repeats(order: &Made, result: &Crossed) -> Step {
    let [sent, come] = [&order.content, &result.content].map(|content| Message::parse(content.clone()));
    let (Ok(sent), Ok(come)) = (sent, come) else { return Ok(()) }; // what is no HL7 is found by the field tables
    let of = |message: &Message, path| message.text(path).unwrap_or_default().trim_end().to_owned();
    let mrn = String::from_utf8_lossy(&order.order.mrn).into_owned();
    if of(&come, "PID-3.1") != mrn {
        return failed("ORM-PID-2.1", format!("PID-3.1 {mrn}"), of(&come, "PID-3.1"));
    }
    for (path, requirement) in REPEATED {
        if of(&come, path) != of(&sent, path) {
            return failed(requirement, format!("{path} {}", of(&sent, path)), of(&come, path));
        }
    }
    Ok(())
}

/// Whatever is sent again is the same message (ACK-037), but for its time and control id.
fn same(all: &[Crossed]) -> Step {
    let masked = |content: &[u8]| {
        let mut message = Message::parse(content).ok()?;
        for path in ["MSH-7", "MSH-10"] {
            message.set(&path.parse().ok()?, b"").ok()?;
        }
        Some(message.into_bytes())
    };
    let Some((first, others)) = all.split_first() else { return Ok(()) };
    match others.iter().find(|other| masked(&other.content) != masked(&first.content)) {
        None => Ok(()),
        Some(other) => failed("ACK-037", "the same content again", hl7::diff(&first.content, &other.content)),
    }
}

impl ProxyParty {
    /// Sends a new order, which has to be accepted.
    async fn order(&mut self, talk: &Talk) -> Step<Made> {
        let order = self.orders.next()?;
        let name = format!("order {}, patient {},", order.placer(), order.patient());
        self.send_accepted(&order.content, &name, talk).await?;
        Ok(order)
    }

    async fn send_accepted(&mut self, content: &[u8], name: &str, talk: &Talk) -> Step {
        let (ack, answer) = self.send(content, talk).await?;
        talk.say(format!("  {name} was answered {}", ack.code));
        match ack.code.is_positive() {
            true => Ok(()),
            false => failed("ACK-021", "AA", hl7::show::excerpt(answer.bytes(), 0, 400)),
        }
    }

    /// The messages of the kind for the order, once there are so many.
    async fn arrived(&self, kind: &str, placer: &str, count: usize, talk: &mut Talk) -> Step<Vec<Crossed>> {
        loop {
            let what = format!("the {kind} for order {placer}");
            let waiting = talk.waiting(&what, self.waits.result);
            let enough = |events: &[Event]| Some(of(events, kind, placer)).filter(|all| all.len() >= count);
            let come = self.journal.eventually(self.waits.result, enough).await;
            drop(waiting);
            if let Ok(come) = come {
                talk.say(format!("  {what} has come"));
                return Ok(come);
            }
            let late = format!("Nothing has come within {} s: {what} is missing.", self.waits.result.as_secs());
            if !talk.wait_again(&late).await? {
                return failed("", what, "nothing");
            }
        }
    }

    /// The messages of the kind for the order when so long nothing more has come.
    async fn all_within(&self, kind: &str, order: &Made, quiet: Duration, talk: &Talk) -> Vec<Crossed> {
        let placer = order.placer();
        let waiting = talk.waiting("repetitions that must not come", quiet);
        loop {
            let known = self.journal.read(|events| of(events, kind, &placer).len());
            let more = |events: &[Event]| (of(events, kind, &placer).len() > known).then_some(());
            // more than are allowed is all that has to be known
            if known > self.most || self.journal.eventually(quiet, more).await.is_err() {
                break;
            }
        }
        drop(waiting);
        self.journal.read(|events| of(events, kind, &placer))
    }
}

fn of(events: &[Event], kind: &str, placer: &str) -> Vec<Crossed> {
    let mut all = crossed(events, Link::Results, Direction::In);
    all.retain(|message| message.kind == kind && message.placer == placer);
    all
}
