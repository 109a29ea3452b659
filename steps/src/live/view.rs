//! What can be looked at: the parties, what crosses the wires, one message decoded.

use std::collections::BTreeMap;
use std::time::Duration;

use hl7::Message;
use hyper::StatusCode;
use journal::{Event, Journal, What};
use serde_json::{Value, json};

use super::Live;
use super::server::Answer;
use crate::report::{Lane, Shortened, entry};
use crate::vocabulary::results::placer;
use crate::world::World;

/// Entries of one answer.
const MOST: usize = 500;
/// How long a request may wait for something new.
const LONGEST_WAIT: u64 = 20;
/// Longest value of a field that is shown, in characters.
const LONGEST_VALUE: usize = 600;

/// Parties, addresses, orders, and the names that actions take.
pub(super) async fn state(live: &Live) -> Answer {
    let bench = live.bench.lock().await;
    let world = &bench.world;
    let orders = orders(world).into_iter().rev().take(MOST).map(|(content, answer)| {
        let placer = placer(&content);
        let state = world.cloud().ok().and_then(|cloud| cloud.order_state(&placer)).map(|state| format!("{state:?}"));
        json!({ "placer": placer, "answer": answer, "state": state })
    });
    let pending = live.journal.read(pending);
    Ok(json!({
        "parties": { "emr": world.emr().is_ok(), "proxy": world.proxy().is_ok(), "cloud": world.cloud().is_ok() },
        "emr": { "results": world.emr().ok().map(|emr| emr.results_address().to_string()) },
        "proxy": { "orders": world.orders_address(), "runs": world.proxy().is_ok_and(|proxy| proxy.runs()) },
        "orders": orders.collect::<Vec<_>>(),
        "pending": pending,
        "personalities": emr::Personality::names().collect::<Vec<_>>(),
        "gradings": results::grading_names().collect::<Vec<_>>(),
        "answers": emr::Answer::all().iter().map(|answer| answer.name).collect::<Vec<_>>(),
    }))
}

/// The orders, oldest first, and how they were answered: those that the EMR has sent, or without an EMR those that IRIS has got.
pub(super) fn orders(world: &World) -> Vec<(Vec<u8>, String)> {
    let code = |ack: &[u8]| {
        hl7::ack::read_order_response(ack).map_or("no acknowledgement".to_owned(), |answer| answer.code.to_string())
    };
    if world.emr().is_ok() {
        let answer = |answer: &Result<Vec<u8>, String>| answer.as_deref().map_or_else(Clone::clone, code);
        return world.orders.iter().map(|order| (order.content.clone(), answer(&order.answer))).collect();
    }
    let submitted = world.cloud().map(cloud::Cloud::submissions).unwrap_or_default();
    submitted.into_iter().map(|order| (order.content, code(&order.ack))).collect()
}

/// The deliveries that IRIS has queued and has no receipt for.
fn pending(events: &[Event]) -> Vec<Value> {
    let mut pending = BTreeMap::new();
    for event in events {
        match &event.what {
            What::Fact { name, id, data } if name == "delivery.queued" => {
                pending.insert(id, json!({ "delivery": id, "kind": data["kind"] }));
            }
            What::Fact { name, id, .. } if name == "delivery.receipt" => drop(pending.remove(id)),
            _ => {}
        }
    }
    pending.into_values().collect()
}

/// What happened from a number on; with `wait` after at most so many seconds, as soon as there is something.
pub(super) async fn messages(journal: &Journal, query: &str) -> Answer {
    let (mut after, mut wait) = (0, 0);
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let number = value.parse().map_err(|_| bad(format!("{key} has to be a number")))?;
        match &*key {
            "after" => after = number,
            "wait" => wait = number,
            _ => return Err(bad(format!("there is no {key}; take after and wait"))),
        }
    }
    let page = |events: &[Event]| {
        let begin = events.partition_point(|event| event.seq < after);
        let mut next = after;
        let mut shown = Vec::new();
        for event in &events[begin..] {
            if shown.len() == MOST {
                break;
            }
            next = event.seq + 1;
            let Some(entry) = entry(event) else { continue };
            shown.push(
                json!({ "number": event.seq, "ms": entry.at_us as f64 / 1000.0, "from": entry.from, "to": entry.to,
                "kind": entry.kind, "text": entry.text, "size": entry.message.map(|message| message.len()) }),
            );
        }
        (shown, next)
    };
    let waited = |events: &[Event]| Some(page(events)).filter(|(shown, _)| !shown.is_empty());
    let found = journal.eventually(Duration::from_secs(wait.min(LONGEST_WAIT)), waited).await;
    let (shown, next) = found.unwrap_or_else(|_| journal.read(page));
    Ok(json!({ "next": next, "dropped": journal.dropped(), "messages": shown }))
}

impl Live {
    /// Waits for messages from a number on: a line for each, and the number to ask with then.
    pub(crate) async fn messages_from(&self, next: u64) -> (String, u64) {
        let lines = |events: &[Event]| {
            let begin = events.partition_point(|event| event.seq < next);
            let shown = events[begin..].iter().filter_map(entry).filter(|entry| entry.message.is_some());
            let lines: String = shown
                .map(|entry| {
                    format!(
                        "{:9.2} s  {}  {}\n",
                        entry.at_us as f64 / 1e6,
                        if entry.from == Lane::Emr { "sent    " } else { "received" },
                        entry.text
                    )
                })
                .collect();
            (!lines.is_empty()).then(|| (lines, events.last().map_or(next, |event| event.seq + 1)))
        };
        loop {
            if let Ok(found) = self.journal.eventually(Duration::from_secs(LONGEST_WAIT), lines).await {
                return found;
            }
        }
    }
}

/// One message: its bytes, and its fields by name.
pub(super) fn message(journal: &Journal, number: &str) -> Answer {
    let number: u64 = number.parse().map_err(|_| bad("a message has a number".to_owned()))?;
    let content = journal.read(|events| {
        let at = events.binary_search_by_key(&number, |event| event.seq).ok()?;
        match &events[at].what {
            What::Frame { content, .. } => Some(content.clone()),
            What::Malformed { bytes, .. } => Some(bytes.clone()),
            _ => None,
        }
    });
    let gone = || (StatusCode::NOT_FOUND, format!("{number} is no message, or it is no longer kept"));
    let content = content.ok_or_else(gone)?;
    let segments = Message::parse(content.as_slice()).map_or_else(|_| Vec::new(), |message| segments(&message));
    Ok(json!({ "number": number, "bytes": Shortened::of(&content), "segments": segments }))
}

fn segments(message: &Message) -> Vec<Value> {
    let shown = message.segments().map(|segment| {
        let id = String::from_utf8_lossy(segment.name()).into_owned();
        let fields: Vec<Value> = (1..=segment.fields())
            .filter_map(|number| Some((number, segment.field(number).raw().filter(|raw| !raw.is_empty())?)))
            .map(|(number, raw)| {
                let text = String::from_utf8_lossy(raw);
                let value: String = text.chars().take(LONGEST_VALUE).collect();
                json!({ "path": format!("{id}-{number}"), "name": hl7::names::field(&id, number), "value": value,
                    "cut": value.len() < text.len() })
            })
            .collect();
        json!({ "id": id, "name": hl7::names::segment(&id), "fields": fields })
    });
    shown.collect()
}

fn bad(problem: String) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, problem)
}
