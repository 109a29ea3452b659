//! What happens in each case of `accept emr`.

use journal::{Direction, Event, Link, Peer, What};
use results::profile::Document;
use results::{Order, Profile};
use serde_json::json;

use super::EmrParty;
use crate::accept::case::{Case, Halt, Step, failed};
use crate::accept::judge::{Crossed, crossed};
use crate::accept::talk::Talk;
use crate::generate::{CORRECTED, result_of};
use crate::world::Stop;

pub(super) async fn case(party: &mut EmrParty, case: &Case, talk: &mut Talk) -> Step {
    match case.id {
        "order" => party.comes(case, "NW", talk).await.map(drop),
        "order-another" => another(party, case, talk).await,
        "order-changed" => party.comes(case, "XO", talk).await.map(drop),
        "order-cancelled" => party.comes(case, "CA", talk).await.map(drop),
        "order-refused" => refused(party, case, talk).await,
        "result-normal" => graded(party, case, "normal in both eyes", talk).await,
        "result-severe" => graded(party, case, "severe right, proliferative left", talk).await,
        "result-one-eye-missing" => graded(party, case, "left eye without images", talk).await,
        "result-ungradable" => graded(party, case, "ungradable in both eyes", talk).await,
        "result-corrected" => {
            let order = match party.last.clone() {
                Some(order) => order,
                None => party.order()?,
            };
            let grading = format!("moderate retinopathy in the right eye{CORRECTED}");
            let content = party.result(&order, &grading)?;
            party.send(&content, talk).await?;
            look(party, case, &order, talk).await
        }
        "result-pdf" => {
            let order = party.order()?;
            let profile = Profile { document: Document::Pdf, ..party.profile.clone() };
            let content = party.result_with(&order, "normal in both eyes", &profile)?;
            party.send(&content, talk).await?;
            look(party, case, &order, talk).await
        }
        "charge" => {
            let order = party.order()?;
            let content = result_of(results::dft, &order, "normal in both eyes", &party.profile, party.ordered())?;
            party.send(&content, talk).await?;
            look(party, case, &order, talk).await
        }
        "result-repeated" => {
            let order = party.order()?;
            let content = party.result(&order, "normal in both eyes")?;
            party.send(&content, talk).await?;
            party.close().await;
            party.send(&content, talk).await?;
            look(party, case, &order, talk).await
        }
        "results-connection" => {
            for _ in 0..3 {
                let order = party.order()?;
                let content = party.result(&order, "mild retinopathy in the right eye")?;
                party.send(&content, talk).await?;
            }
            party.close().await;
            talk.say("  the connection was closed and is opened again");
            let order = party.order()?;
            let content = party.result(&order, "mild retinopathy in the right eye")?;
            party.send(&content, talk).await
        }
        other => Err(Halt::Stop(Stop::Error(format!("a defect of this program: case {other} does nothing")))),
    }
}

async fn graded(party: &mut EmrParty, case: &Case, grading: &str, talk: &mut Talk) -> Step {
    let order = party.order()?;
    let content = party.result(&order, grading)?;
    party.send(&content, talk).await?;
    party.last = Some(order.clone());
    look(party, case, &order, talk).await
}

async fn look(party: &EmrParty, case: &Case, order: &Order, talk: &mut Talk) -> Step {
    let [placer, family, given] =
        [&order.placer, &order.family, &order.given].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    seen(party, case, &placer, &format!("{family}, {given}"), talk).await
}

async fn seen(party: &EmrParty, case: &Case, placer: &str, patient: &str, talk: &mut Talk) -> Step {
    let question = case.look.unwrap_or_default().replace("{order}", placer).replace("{patient}", patient);
    let seen = talk.look(case, &question).await?;
    let answer = seen.as_ref().map_or_else(|seen| format!("no: {seen}"), |()| "yes".to_owned());
    party.journal.fact(Peer::Harness, "person.said", placer, json!({ "question": question, "answer": answer }));
    match seen {
        Ok(()) => Ok(()),
        Err(seen) => failed("", format!("yes: {question}"), format!("no: {seen}")),
    }
}

/// Its numbers are those of no other order.
async fn another(party: &mut EmrParty, case: &Case, talk: &mut Talk) -> Step {
    let known: Vec<Vec<u8>> = party
        .orders
        .as_ref()
        .map_or_else(Vec::new, |orders| orders.desk().open.iter().map(|order| order.placer.clone()).collect());
    let order = party.comes(case, "NW", talk).await?;
    if known.contains(&order.placer.clone().into_bytes()) {
        return failed("ORM-ORC-2.1", "an order number that no other order has", order.placer);
    }
    let all = party.journal.read(|events| crossed(events, Link::Orders, Direction::Out));
    let control_id =
        |message: &Crossed| hl7::Message::parse(message.content.clone()).map(|m| m.control_id().to_vec()).ok();
    let mine = control_id(&order);
    match all.iter().filter(|other| other.content != order.content).find(|other| control_id(other) == mine) {
        None => Ok(()),
        Some(other) => {
            failed("ORM-MSH-10", "a control id that no other message has", format!("that of {}", other.name))
        }
    }
}

async fn refused(party: &mut EmrParty, case: &Case, talk: &mut Talk) -> Step {
    if let Some(orders) = &party.orders {
        orders.desk().refuse_next = true;
    }
    let order = party.comes(case, "NW", talk).await?;
    seen(party, case, &order.placer, "", talk).await
}

impl EmrParty {
    /// When an order was made whose result is sent now.
    fn ordered(&self) -> jiff::Timestamp {
        jiff::Timestamp::now() - jiff::SignedDuration::from_mins(61)
    }

    fn result(&self, order: &Order, grading: &str) -> anyhow::Result<Vec<u8>> {
        self.result_with(order, grading, &self.profile)
    }

    fn result_with(&self, order: &Order, grading: &str, profile: &Profile) -> anyhow::Result<Vec<u8>> {
        let build = if self.documents { results::mdm } else { results::oru };
        result_of(build, order, grading, profile, self.ordered())
    }

    /// The order of this kind (ORC-1) that comes after a person was asked for it. The case fails if IRIS refuses it.
    async fn comes(&mut self, case: &Case, control: &str, talk: &mut Talk) -> Step<Crossed> {
        let first = self.journal.read(<[Event]>::len);
        talk.act(case, case.act.unwrap_or_default()).await?;
        loop {
            let what = format!("an order with {control} in ORC-1");
            let waiting = talk.waiting(&what, self.wait_order);
            let arrived = self.journal.eventually(self.wait_order, |events| judged(&events[first..], control)).await;
            drop(waiting);
            if let Ok((order, outcome)) = arrived {
                talk.say(format!("  {} for order {} has come: {outcome}", order.name, order.placer));
                if outcome.starts_with("refused:") {
                    return failed("", "an order that IRIS accepts", outcome);
                }
                return Ok(order);
            }
            let late = format!("Nothing has come within {} s: {what} is missing.", self.wait_order.as_secs());
            if !talk.wait_again(&late).await? {
                return failed("", what, orders_seen(&self.journal.read(|events| events[first..].to_vec())));
            }
        }
    }
}

/// The first order of this kind that was answered, and what became of it.
fn judged(events: &[Event], control: &str) -> Option<(Crossed, String)> {
    let order = crossed(events, Link::Orders, Direction::Out).into_iter().find(|order| orc_1(order) == control)?;
    let outcome = events.iter().find_map(|event| match &event.what {
        What::Fact { name, id, data } if name == "order.judged" && *id == order.placer => {
            Some(data["outcome"].as_str().unwrap_or_default().to_owned())
        }
        _ => None,
    })?;
    Some((order, outcome))
}

fn orc_1(order: &Crossed) -> String {
    let message = hl7::Message::parse(order.content.clone()).ok();
    message.and_then(|message| Some(message.text("ORC-1")?.trim_end().to_owned())).unwrap_or_default()
}

fn orders_seen(events: &[Event]) -> String {
    let all: Vec<String> = crossed(events, Link::Orders, Direction::Out)
        .iter()
        .map(|order| format!("{} with ORC-1 `{}`", order.name, orc_1(order)))
        .collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
