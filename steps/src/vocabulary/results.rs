//! Results, charges and documents: graded by IRIS, delivered by the proxy, received by the EMR.

use base64::{Engine, engine::general_purpose::STANDARD};
use cucumber::{then, when};
use emr::Cut;
use journal::{Direction, Event, Link, What};
use serde_json::Value;

use super::parameters::Kind;
use super::{facts, received, seen_facts};
use crate::snapshot;
use crate::world::{Outcome, Stop, World, error, failed};

/// The EMR sends the reference order, IRIS accepts it and grades the exam so ("iris-conformance steps" cannot list the
/// gradings: a wrong name shows them).
#[when(expr = "an exam is ordered and graded {string}")]
async fn ordered_and_graded(world: &mut World, grading: String) -> Outcome {
    let content = world.message("new-order")?;
    world.send_order(content, &Cut::Whole).await?;
    world.grade_last_order(&grading)
}

/// The last order is graded so; its results are queued at once.
#[when(expr = "the exam is graded {string}")]
async fn graded(world: &mut World, grading: String) -> Outcome {
    world.grade_last_order(&grading)
}

/// Every order sent so far is graded so, in the order in which they were sent.
#[when(expr = "all exams are graded {string}")]
async fn all_graded(world: &mut World, grading: String) -> Outcome {
    for content in world.orders.iter().map(|order| order.content.clone()).collect::<Vec<_>>() {
        world.grade(&content, &grading)?;
    }
    Ok(())
}

/// IRIS hands over a message of features/messages as it is.
#[when(expr = "IRIS delivers the {kind} {string}")]
async fn delivers(world: &mut World, kind: Kind, name: String) -> Outcome {
    let content = world.message(&name)?;
    let cloud = world.cloud()?;
    cloud.signal(&cloud.prepare(kind.0, content)).map_err(error)
}

/// IRIS hands over a message of features/messages with so many bytes of base64 in its last OBX-5.5 (MLLP-016).
#[when(expr = "IRIS delivers the {kind} {string} with {int} bytes of PDF")]
async fn delivers_large(world: &mut World, kind: Kind, name: String, size: usize) -> Outcome {
    const BASE64: &[u8] = b"^Base64^";
    let mut content = world.message(&name)?;
    // no parsing: all scenarios share one task, and a message of this size would hold the others up
    let start = content.windows(BASE64.len()).rposition(|window| window == BASE64).map(|at| at + BASE64.len());
    let start = start.ok_or_else(|| error(format!("{name} holds no base64")))?;
    let end =
        content[start..].iter().position(|byte| matches!(byte, b'|' | b'\r')).map_or(content.len(), |end| start + end);
    content.splice(start..end, vec![b'A'; size]);
    let cloud = world.cloud()?;
    cloud.signal(&cloud.prepare(kind.0, content)).map_err(error)
}

/// IRIS hands over a message of features/messages with so many OBX segments of text behind its last one.
#[when(expr = "IRIS delivers the {kind} {string} with {int} more OBX segments")]
async fn delivers_many_segments(world: &mut World, kind: Kind, name: String, count: usize) -> Outcome {
    let mut content = world.message(&name)?;
    for number in 1..=count {
        content.extend_from_slice(format!("OBX|{}|TX|NOTE^^IRIS||line {number}||||||F\r", 100 + number).as_bytes());
    }
    let cloud = world.cloud()?;
    cloud.signal(&cloud.prepare(kind.0, content)).map_err(error)
}

/// So many messages of the kind come, and no more in the quiet period.
#[then(expr = "the EMR receives exactly {int} {kind}")]
async fn exactly(world: &mut World, count: usize, kind: Kind) -> Outcome {
    world.between(count, count, kind).await
}

/// At least and at most so many messages of the kind come in the quiet period.
#[then(expr = "the EMR receives at least {int} and at most {int} {kind}")]
async fn at_least(world: &mut World, least: usize, most: usize, kind: Kind) -> Outcome {
    world.between(least, most, kind).await
}

/// Whatever the EMR got so far is one of the three kinds, no ADT for example (ACK-102).
#[then(expr = "every message to the EMR is an ORU, MDM or DFT")]
async fn only_results(world: &mut World) -> Outcome {
    let kinds: Vec<String> = world.journal.read(|events| {
        let kind = |content: &[u8]| hl7::Message::parse(content).map(|message| message.message_type().0);
        super::frames(events, Link::Results, Direction::In).map(|content| kind(content).unwrap_or_default()).collect()
    });
    match kinds.iter().find(|kind| !["ORU", "MDM", "DFT"].contains(&kind.as_str())) {
        None => Ok(()),
        Some(other) => failed("ACK-102", "ORU, MDM and DFT only", format!("a message of type `{other}`")),
    }
}

/// If the last order was answered AA, its exam is graded as normal, and the ORU has this value there; else nothing is left to do.
#[then(expr = "a result of it, if IRIS took it, has {string} in {word}")]
async fn if_taken(world: &mut World, value: String, path: String) -> Outcome {
    let answer = world.last_order()?.answer.clone().unwrap_or_default();
    if !hl7::ack::read_order_response(&answer).is_ok_and(|ack| ack.code.is_positive()) {
        return Ok(());
    }
    world.grade_last_order("normal in both eyes")?;
    has(world, Kind(cloud::Kind::Oru), value, path).await
}

/// The bytes of the first message of the kind equal the scenario's snapshot.
#[then(expr = "the {kind} matches the snapshot {string}")]
async fn matches_snapshot(world: &mut World, kind: Kind, name: String) -> Outcome {
    let content = world.first(kind).await?;
    snapshot::check(world, &name, "TOP-010", &content)
}

/// Every message of the kind, also each repetition, has the bytes that IRIS handed over (TOP-010, CON-043).
#[then(expr = "every {kind} has exactly the bytes that IRIS handed over")]
async fn unchanged(world: &mut World, kind: Kind) -> Outcome {
    world.first(kind).await?;
    let handed: Vec<Vec<u8>> = world.deliveries(kind)?.into_iter().map(|d| d.content).collect();
    let seen: Vec<Vec<u8>> =
        world.journal.read(|events| received(events, kind.name()).into_iter().map(<[u8]>::to_vec).collect());
    match seen.iter().find(|content| !handed.contains(content)) {
        None => Ok(()),
        Some(other) => failed(
            "TOP-010",
            "the bytes that IRIS handed over",
            hl7::diff(handed.first().map_or(&[][..], Vec::as_slice), other),
        ),
    }
}

/// The message has this value at this HL7 path.
#[then(expr = "the {kind} has {string} in {word}")]
async fn has(world: &mut World, kind: Kind, value: String, path: String) -> Outcome {
    let content = world.first(kind).await?;
    let message = hl7::Message::parse(content).map_err(error)?;
    let parsed: hl7::Path = path.parse().map_err(error)?;
    let seen = message.raw(&path).map_or_else(|| "nothing".to_owned(), hl7::show::bytes);
    if seen == value { Ok(()) } else { failed("", format!("{} {value}", parsed.label()), seen) }
}

/// Results of different orders come in the order in which IRIS queued them (CON-046).
#[then(expr = "the EMR receives all {kind}s in the order in which IRIS queued them")]
async fn in_order(world: &mut World, kind: Kind) -> Outcome {
    let queued: Vec<Vec<u8>> = world.deliveries(kind)?.into_iter().map(|d| d.content).collect();
    let enough = |events: &[Event]| (received(events, kind.name()).len() >= queued.len()).then_some(());
    let count = |events: &[Event]| format!("{} of {}", received(events, kind.name()).len(), queued.len());
    world.expect("CON-046", format!("{} {}s", queued.len(), kind.name()), enough, count).await?;
    let seen: Vec<Vec<u8>> =
        world.journal.read(|events| received(events, kind.name()).into_iter().map(<[u8]>::to_vec).collect());
    if seen == queued {
        return Ok(());
    }
    let names = |all: &[Vec<u8>]| all.iter().map(|c| placer(c)).collect::<Vec<_>>().join(", ");
    failed("CON-046", format!("placer order numbers {}", names(&queued)), names(&seen))
}

/// The messages of a kind come for these orders, counted from 1 as they were sent: "1, 1, 2" is the first one twice and then the
/// second (ACK-036).
#[then(expr = "the EMR receives the {kind}s of the orders {string}")]
async fn of_orders(world: &mut World, kind: Kind, expected: String) -> Outcome {
    let placers: Vec<String> = world.orders.iter().map(|order| placer(&order.content)).collect();
    let number = |content: &[u8]| placers.iter().position(|known| *known == placer(content)).map_or(0, |at| at + 1);
    let numbers = |events: &[Event]| -> String {
        let seen = received(events, kind.name()).into_iter().map(|content| number(content).to_string());
        seen.collect::<Vec<_>>().join(", ")
    };
    let longer = |events: &[Event]| (numbers(events).len() >= expected.len()).then_some(());
    world.expect("ACK-036", &expected, longer, numbers).await?;
    let seen = world.journal.read(numbers);
    if seen == expected { Ok(()) } else { failed("ACK-036", expected, seen) }
}

/// Of the deliveries of the last order, one was queued before the other (DFT-GEN-004).
#[then(expr = "IRIS has queued the {kind} before the {kind}")]
async fn queued_before(world: &mut World, first: Kind, second: Kind) -> Outcome {
    let kinds: Vec<&str> = world.cloud()?.deliveries().iter().map(|delivery| delivery.kind.name()).collect();
    let at = |kind: Kind| kinds.iter().position(|name| *name == kind.name());
    match (at(first), at(second)) {
        (Some(one), Some(other)) if one < other => Ok(()),
        _ => failed("DFT-GEN-004", format!("{}, {}", first.name(), second.name()), kinds.join(", ")),
    }
}

/// Leaving repetitions aside, results of different orders come in the order in which IRIS queued them (CON-046).
#[then(expr = "the first {kind}s of each order come in the order in which IRIS queued them")]
async fn firsts_in_order(world: &mut World, kind: Kind) -> Outcome {
    let queued: Vec<String> = world.deliveries(kind)?.iter().map(|d| placer(&d.content)).collect();
    let firsts = |events: &[Event]| -> Vec<String> {
        let mut firsts: Vec<String> = Vec::new();
        for name in received(events, kind.name()).into_iter().map(placer) {
            if !firsts.contains(&name) {
                firsts.push(name);
            }
        }
        firsts
    };
    let seen = |events: &[Event]| firsts(events).join(", ");
    world.expect("CON-046", queued.join(", "), |events| (firsts(events) == queued).then_some(()), seen).await
}

/// IRIS gets a receipt with this outcome after so many sends (CON-044).
#[then(expr = "IRIS is told that the {kind} was {word} after {int} attempt(s)")]
async fn receipt(world: &mut World, kind: Kind, outcome: String, attempts: u64) -> Outcome {
    let data = world.receipt(kind).await?;
    let seen = (data["Outcome"].as_str().unwrap_or(""), data["Attempts"].as_u64().unwrap_or(0));
    if seen == (outcome.as_str(), attempts) {
        return Ok(());
    }
    failed("CON-044", format!("{outcome} after {attempts} attempts"), data)
}

/// IRIS gets a receipt with this outcome, after however many sends.
#[then(expr = "IRIS is told that the {kind} was {word}")]
async fn receipt_outcome(world: &mut World, kind: Kind, outcome: String) -> Outcome {
    let data = world.receipt(kind).await?;
    if data["Outcome"] == outcome.as_str() { Ok(()) } else { failed("CON-044", outcome, data) }
}

/// IRIS gets so many receipts with this outcome for the last delivery of the kind, one from each instance that got its signal.
#[then(expr = "IRIS is told {int} times that the {kind} was {word}")]
async fn receipts(world: &mut World, count: usize, kind: Kind, outcome: String) -> Outcome {
    let id = world.delivery(kind)?.id.to_string();
    let told = |events: &[Event]| {
        let receipts = facts(events, "delivery.receipt").into_iter();
        receipts.filter(|(of, data)| *of == id && data["Outcome"] == outcome.as_str()).count()
    };
    let enough = |events: &[Event]| (told(events) >= count).then_some(());
    world.expect("CON-044", format!("{count} receipts"), enough, |events| told(events).to_string()).await
}

/// The receipt quotes what the EMR answered last: the bytes between VT and FS, or all that came if there was no frame (CON-074).
#[then(expr = "the receipt of the {kind} quotes the EMR's answer")]
async fn quotes(world: &mut World, kind: Kind) -> Outcome {
    let data = world.receipt(kind).await?;
    let quoted = data["Ack"].as_str().and_then(|text| STANDARD.decode(text).ok());
    let equal = |events: &[Event]| (quoted == Some(last_answer(events))).then_some(());
    let seen = |events: &[Event]| {
        let quoted = quoted.as_deref().map_or_else(|| "nothing".to_owned(), hl7::show::bytes);
        format!("{quoted}, and the EMR answered {}", hl7::show::bytes(&last_answer(events)))
    };
    // the receipt may come before the EMR's side has recorded what it sent
    world.expect("CON-074", "the EMR's answer in the receipt", equal, seen).await
}

/// What the EMR has sent since the last message came: the content of its frame, or all of it if there is none.
fn last_answer(events: &[Event]) -> Vec<u8> {
    let mut last = Vec::new();
    for event in events {
        match &event.what {
            What::Frame { link: Link::Results, direction: Direction::In, .. } => last.clear(),
            What::Bytes { link: Link::Results, direction: Direction::Out, bytes, .. } => last.extend_from_slice(bytes),
            _ => {}
        }
    }
    let framed = last.strip_prefix(&[mllp::VT]).and_then(|rest| rest.strip_suffix(&[mllp::FS, mllp::CR]));
    framed.map_or(last.clone(), <[u8]>::to_vec)
}

/// IRIS never gets a receipt for a message of the kind.
#[then(expr = "IRIS is told nothing about the {kind}")]
async fn no_receipt(world: &mut World, kind: Kind) -> Outcome {
    let ids: Vec<String> = world.deliveries(kind)?.iter().map(|d| d.id.to_string()).collect();
    let told = |events: &[Event]| {
        facts(events, "delivery.receipt")
            .into_iter()
            .find(|(id, _)| ids.iter().any(|i| i == id))
            .map(|(_, data)| data.to_string())
    };
    world.expect_never("CON-075", "no receipt", told).await
}

/// The signal of the message is completed, so that no instance gets it again.
#[then(expr = "the signal of the {kind} is completed")]
async fn completed(world: &mut World, kind: Kind) -> Outcome {
    world.settled(kind, "queue.completed", "CON-044", |_| true).await
}

/// The signal of the message goes to the dead letters with this reason (CON-044).
#[then(expr = "the signal of the {kind} is dead-lettered with reason {string}")]
async fn dead_lettered(world: &mut World, kind: Kind, reason: String) -> Outcome {
    world.settled(kind, "queue.dead_lettered", "CON-044", |data| data["reason"] == reason.as_str()).await
}

pub(crate) fn placer(content: &[u8]) -> String {
    let message = hl7::Message::parse(content);
    message.ok().and_then(|m| m.text("ORC-2.1").map(|t| t.into_owned())).unwrap_or_default()
}

impl World {
    /// Grades the exam of the order that was sent last.
    ///
    /// # Errors
    /// [`Stop::Error`] when there is no such grading; [`Stop::Blocked`] when IRIS has no such order.
    pub fn grade_last_order(&self, grading: &str) -> Outcome {
        self.grade(&self.last_order()?.content, grading)
    }

    pub(crate) fn grade(&self, order: &[u8], grading: &str) -> Outcome {
        let grading = results::grading_by_name(grading).ok_or_else(|| {
            let names: Vec<&str> = results::grading_names().collect();
            error(format!("there is no grading \"{grading}\"; the gradings are: {}", names.join("; ")))
        })?;
        let customer = self.cloud()?.customer_of(order);
        let customer = customer.ok_or_else(|| Stop::Blocked("the order is no customer's".to_owned()))?;
        customer.grade(&placer(order), &grading).map_err(|e| Stop::Blocked(e.to_string()))
    }

    /// The deliveries of a kind that IRIS has made.
    fn deliveries(&self, kind: Kind) -> Result<Vec<cloud::Delivery>, Stop> {
        Ok(self.cloud()?.deliveries().into_iter().filter(|d| d.kind == kind.0).collect())
    }

    /// The delivery of a kind that IRIS made last.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when there is none.
    pub(super) fn delivery(&self, kind: Kind) -> Result<cloud::Delivery, Stop> {
        self.deliveries(kind)?.pop().ok_or_else(|| Stop::Blocked(format!("IRIS has made no {}", kind.name())))
    }

    /// Waits for the first message of a kind.
    pub(super) async fn first(&self, kind: Kind) -> Result<Vec<u8>, Stop> {
        let name = kind.name();
        let first = |events: &[Event]| received(events, name).first().map(|content| content.to_vec());
        self.expect("TOP-005", format!("a {name} at the EMR"), first, |events| seen_facts(events, "delivery.")).await
    }

    async fn between(&self, least: usize, most: usize, kind: Kind) -> Outcome {
        let name = kind.name();
        let count = |events: &[Event]| received(events, name).len();
        let expected =
            if least == most { format!("exactly {least} {name}") } else { format!("{least} to {most} {name}") };
        let seen = |events: &[Event]| format!("{} {name}", count(events));
        self.expect("TOP-005", &expected, |events| (count(events) >= least).then_some(()), seen).await?;
        let broken = match kind.0 {
            _ if most == 0 => "", // whatever the scenario is about
            cloud::Kind::File => "FILE-006",
            cloud::Kind::Dft => "ACK-030",
            cloud::Kind::Oru | cloud::Kind::Mdm if least == most => "ACK-035",
            cloud::Kind::Oru | cloud::Kind::Mdm => "ACK-038",
        };
        self.expect_never(broken, &expected, |events| (count(events) > most).then(|| seen(events))).await
    }

    async fn receipt(&self, kind: Kind) -> Result<Value, Stop> {
        let id = self.delivery(kind)?.id.to_string();
        let found = |events: &[Event]| {
            facts(events, "delivery.receipt").into_iter().find(|(i, _)| *i == id).map(|(_, data)| data.clone())
        };
        self.expect("CON-044", format!("a receipt for the {}", kind.name()), found, |events| {
            seen_facts(events, "delivery.")
        })
        .await
    }

    async fn settled(&self, kind: Kind, fact: &str, requirement: &str, fits: impl Fn(&Value) -> bool) -> Outcome {
        let id = self.delivery(kind)?.id.to_string();
        let found =
            |events: &[Event]| facts(events, fact).into_iter().any(|(i, data)| i == id && fits(data)).then_some(());
        self.expect(requirement, format!("{fact} for the {}", kind.name()), found, |events| {
            seen_facts(events, "queue.")
        })
        .await
    }
}
