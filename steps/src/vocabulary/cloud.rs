//! What IRIS does or does not do.

use std::time::Duration;

use cloud::contract::Operation;
use cucumber::{given, then, when};
use faults::{Fault, Latency, Place, Rule, Status, Truncate};
use journal::{Direction, Event, Link, What};

use super::parameters::{Kind, OperationName};
use super::{facts, seen_facts};
use crate::world::{Outcome, World, error, failed};

fn disturb(world: &World, operation: OperationName, fault: Fault, times: Option<u64>) -> Outcome {
    world.cloud()?;
    let rule = Rule::new(operation.place(), fault).request(operation.0.request());
    world.faults.add(Rule { times, ..rule });
    Ok(())
}

fn status(code: u16) -> Fault {
    Fault::Status(Status { code, retry_after: None, body: String::new() })
}

/// All requests of the kind get this HTTP status.
#[given(expr = "IRIS answers all requests for {operation} with status {int}")]
async fn always_status(world: &mut World, operation: OperationName, status: u16) -> Outcome {
    disturb(world, operation, self::status(status), None)
}

/// So many requests of the kind get this HTTP status, the others are answered as usual.
#[given(expr = "IRIS answers the next {int} request(s) for {operation} with status {int}")]
async fn next_status(world: &mut World, times: u64, operation: OperationName, status: u16) -> Outcome {
    disturb(world, operation, self::status(status), Some(times))
}

/// Requests of the kind are answered so much later.
#[given(expr = "IRIS takes {int} ms to answer requests for {operation}")]
async fn slow(world: &mut World, ms: u64, operation: OperationName) -> Outcome {
    disturb(world, operation, Fault::Latency(Latency { ms, jitter_ms: 0 }), None)
}

/// Orders are answered with status 200 and a text that is no acknowledgement (CON-071).
#[given(expr = "IRIS answers orders with the text {string}")]
async fn no_ack(world: &mut World, text: String) -> Outcome {
    let body = String::from_utf8(super::transport::bytes(&text, |_| None)?.concat()).map_err(error)?;
    let answer = Fault::Status(Status { code: 200, retry_after: None, body });
    disturb(world, OperationName(Operation::SubmitOrder), answer, None)
}

/// IRIS closes every HTTPS connection at once.
#[given(expr = "IRIS is unreachable")]
async fn unreachable(world: &mut World) -> Outcome {
    world.cloud()?.set_https_down(true);
    Ok(())
}

/// The connection breaks behind so many bytes of IRIS's next answer to an order.
#[given(expr = "the connection to IRIS breaks behind {int} bytes of the next answer to an order")]
async fn cut(world: &mut World, after: usize) -> Outcome {
    world.cloud()?;
    // not of a heartbeat, which may be on its way
    let rule = Rule::new(Place::EmrApi, Fault::Truncate(Truncate { after })).request(Operation::SubmitOrder.request());
    world.faults.add(rule.times(1));
    Ok(())
}

/// IRIS works as usual again; faults of other plans end as well.
#[when(expr = "IRIS works again")]
async fn works_again(world: &mut World) -> Outcome {
    world.cloud()?.undisturb();
    Ok(())
}

/// All access tokens given out so far are worthless from now on.
#[given(expr = "all access tokens have expired")]
async fn expired(world: &mut World) -> Outcome {
    world.cloud()?.expire_tokens();
    Ok(())
}

/// IRIS's clock shows so much more; nothing waits.
#[when(expr = "{int} seconds pass")]
async fn time_passes(world: &mut World, seconds: u64) -> Outcome {
    world.clock.advance(Duration::from_secs(seconds));
    Ok(())
}

/// The connections to the bus break; new ones are taken.
#[when(expr = "the connections to the bus break")]
async fn bus_breaks(world: &mut World) -> Outcome {
    let opened = |events: &[Event]| -> Vec<u64> {
        let amqp = events.iter().filter_map(|event| match &event.what {
            What::Opened { link: Link::Amqp, connection, .. } => Some(*connection),
            _ => None,
        });
        amqp.collect()
    };
    let connections = world.journal.read(opened);
    world.cloud()?.bus().disconnect_all("amqp:connection:forced");
    let gone = |events: &[Event]| {
        let closed = |number: u64| {
            let closes = |event: &Event| matches!(&event.what, What::Closed { link: Link::Amqp, connection, .. } if *connection == number);
            events.iter().any(closes)
        };
        connections.iter().all(|number| closed(*number)).then_some(())
    };
    world.journal.eventually(world.deadline(), gone).await.map_err(error)
}

/// The locks on all signals lapse, so that another instance can get them.
#[when(expr = "the locks on the signals expire")]
async fn locks_expire(world: &mut World) -> Outcome {
    let cloud = world.cloud()?;
    cloud.bus().expire_locks(&cloud.contract().queues.results.name);
    Ok(())
}

/// The same signal comes a second time.
#[when(expr = "the signal of the {kind} comes again")]
async fn signal_again(world: &mut World, kind: Kind) -> Outcome {
    let delivery = world.delivery(kind)?;
    world.cloud()?.signal(&delivery).map_err(error)
}

/// A result waits whose delivery IRIS has withdrawn.
#[when(expr = "IRIS signals a {kind} and withdraws it")]
async fn withdrawn(world: &mut World, kind: Kind) -> Outcome {
    world.deliver_to(kind, |cloud, id| cloud.withdraw(id))
}

/// A charge waits that another proxy instance has claimed already.
#[when(expr = "IRIS signals a {kind} that another instance has claimed")]
async fn claimed_elsewhere(world: &mut World, kind: Kind) -> Outcome {
    world.deliver_to(kind, |cloud, id| cloud.claim_for_another(id))
}

/// Something that is no signal comes on the results queue.
#[when(expr = "IRIS puts {string} on the results queue")]
async fn no_signal(world: &mut World, body: String) -> Outcome {
    world.cloud()?.send_signal(&body, "no-signal").map_err(error)
}

/// What is no signal goes to the dead letters with this reason (CON-075).
#[then(expr = "it is dead-lettered with reason {string}")]
async fn unreadable(world: &mut World, reason: String) -> Outcome {
    let found = |events: &[Event]| {
        facts(events, "queue.dead_lettered")
            .iter()
            .any(|(id, data)| *id == "no-signal" && data["reason"] == reason.as_str())
            .then_some(())
    };
    world
        .expect("CON-075", format!("a dead letter with reason {reason}"), found, |events| seen_facts(events, "queue."))
        .await
}

/// The proxy claims the delivery once and only once (CON-042).
#[then(expr = "the {kind} is claimed exactly {int} time(s)")]
async fn claimed(world: &mut World, kind: Kind, count: usize) -> Outcome {
    let id = world.delivery(kind)?.id.to_string();
    let claims = |events: &[Event]| facts(events, "delivery.claimed").iter().filter(|(i, _)| *i == id).count();
    let seen = world.journal.read(claims);
    if seen == count { Ok(()) } else { failed("CON-042", format!("{count} claims"), format!("{seen} claims")) }
}

/// The proxy asks so often for a claim, whatever it is answered (DFT-TX-004: after 409 it settles the signal).
#[then(expr = "the proxy asks for the claim of the {kind} exactly {int} time(s)")]
async fn asked_for_claim(world: &mut World, kind: Kind, count: usize) -> Outcome {
    let path = format!("/{}/claim", world.delivery(kind)?.id);
    let asks = |e: &&Event| matches!(&e.what, What::Http { path: asked, .. } if asked.ends_with(&path));
    let seen = world.journal.read(|events| events.iter().filter(asks).count());
    if seen == count { Ok(()) } else { failed("DFT-TX-004", format!("{count} requests"), format!("{seen} requests")) }
}

/// The claim is given before the first byte of the message is at the EMR (DFT-TX-004).
#[then(expr = "the {kind} is claimed before the EMR sees anything of it")]
async fn claimed_first(world: &mut World, kind: Kind) -> Outcome {
    let id = world.delivery(kind)?.id.to_string();
    let (claimed, seen) = world.journal.read(|events| {
        let claim =
            |e: &Event| matches!(&e.what, What::Fact { name, id: i, .. } if name == "delivery.claimed" && *i == id);
        let begins = format!("|{}^", kind.name()).into_bytes();
        let bytes = |e: &Event| match &e.what {
            What::Bytes { link: Link::Results, direction: Direction::In, bytes, .. } => {
                bytes.windows(begins.len()).any(|window| window == begins)
            }
            _ => false,
        };
        (events.iter().position(claim), events.iter().position(bytes))
    });
    match (claimed, seen) {
        (Some(claimed), Some(seen)) if claimed < seen => Ok(()),
        _ => failed("DFT-TX-004", "the claim first", format!("claim: event {claimed:?}, bytes: event {seen:?}")),
    }
}

/// The proxy asks for a token at least so often (CON-032).
#[then(expr = "the proxy asks for a fresh token")]
async fn fresh_token(world: &mut World) -> Outcome {
    let asked = |events: &[Event]| {
        let tokens = events
            .iter()
            .filter(|e| matches!(&e.what, What::Http { role, method, .. } if role == "login" && method == "POST"));
        // once per audience at the start, so one more than audiences
        let refused = events.iter().position(|e| matches!(&e.what, What::Http { status: 401, .. }));
        refused.and_then(|at| tokens.filter(|e| e.seq > at as u64).count().checked_sub(1))
    };
    world.expect("CON-032", "a request for a token after a 401", asked, |_| "none".to_owned()).await.map(drop)
}

/// Nothing was asked of IRIS that is not in the contract (TOP-047), and nothing in a way that the contract refuses.
#[then(expr = "the proxy asks IRIS for nothing outside the contract")]
async fn nothing_else(world: &mut World) -> Outcome {
    let outside = world.journal.read(|events| {
        events.iter().find_map(|e| match &e.what {
            What::Http { role, method, path, .. } if role == "unknown" => Some(format!("{method} {path}")),
            What::Fact { name, id, data } if name == "request.refused" => Some(format!("{id}: {data}")),
            _ => None,
        })
    });
    match outside {
        None => Ok(()),
        Some(seen) => failed("TOP-047", "requests of the contract only", seen),
    }
}

/// Deliveries of the results queue stay locked for so long, unless the proxy renews the lock (CON-077).
#[given(expr = "a signal stays locked for {int} ms")]
async fn short_locks(world: &mut World, ms: u64) -> Outcome {
    let cloud = world.cloud()?;
    cloud.bus().set_lock(&cloud.contract().queues.results.name, std::time::Duration::from_millis(ms));
    Ok(())
}

/// No lock lapses while the proxy works on a delivery (CON-077).
#[then(expr = "no lock on a signal has lapsed")]
async fn no_lapse(world: &mut World) -> Outcome {
    let lapsed = |events: &[Event]| !facts(events, "queue.lock_expired").is_empty();
    if world.journal.read(lapsed) { failed("CON-077", "the lock is renewed", "it has lapsed") } else { Ok(()) }
}

/// The proxy has asked for tokens with the scopes of the contract and no others (CON-072).
#[then(expr = "the proxy asks for tokens with the scopes of the contract")]
async fn scopes(world: &mut World) -> Outcome {
    let cloud = world.cloud()?;
    let api = format!("{}/.default", cloud.placeholders()["cloud.emr_api"]);
    let others =
        ["https://azconfig.io/.default", "https://storage.azure.com/.default", "https://servicebus.azure.net/.default"];
    let requests = cloud.requests().await;
    let asked = requests.iter().filter(|request| request.url.path().ends_with("/oauth2/v2.0/token"));
    let scopes: Vec<String> = asked
        .flat_map(|request| url::form_urlencoded::parse(&request.body).into_owned().collect::<Vec<_>>())
        .filter_map(|(name, value)| (name == "scope").then_some(value))
        .collect();
    let unknown = scopes.iter().find(|scope| **scope != api && !others.contains(&scope.as_str()));
    match unknown {
        None if scopes.contains(&api) => Ok(()),
        _ => failed("CON-072", format!("{api}, and besides it only {}", others.join(", ")), scopes.join(", ")),
    }
}

/// The last order lies in the blob storage byte for byte, under the name that the contract gives it (CON-033).
#[then(expr = "the order lies in the blob storage")]
async fn in_storage(world: &mut World) -> Outcome {
    let order = world.last_order()?.content.clone();
    let cloud = world.cloud()?;
    let (orders, installation) = (&cloud.contract().blob.orders, &cloud.contract().settings.installation);
    let names = cloud.blobs(&orders.container);
    let named = |name: &&String| orders.id(name, installation).is_some_and(|id| uuid::Uuid::parse_str(id).is_ok());
    let there = names
        .iter()
        .filter(named)
        .any(|name| cloud.blob(&orders.container, name).is_some_and(|content| content == order));
    if there { Ok(()) } else { failed("CON-033", format!("{} with the order's bytes", orders.name), names.join(", ")) }
}

impl World {
    /// Queues a synthetic message and changes its delivery before the proxy can have asked for it: the signal waits
    /// behind nothing, so the change comes first and then the signal.
    fn deliver_to(&self, kind: Kind, change: impl FnOnce(&cloud::Cloud, uuid::Uuid)) -> Outcome {
        let name = match kind.0 {
            cloud::Kind::Oru => "result-normal",
            cloud::Kind::Mdm => "document-normal",
            cloud::Kind::Dft => "charge-diagnosed",
            cloud::Kind::File => return Err(error("there is no synthetic file to deliver")),
        };
        let content = self.message(name)?;
        let cloud = self.cloud()?;
        let delivery = cloud.prepare(kind.0, content);
        change(cloud, delivery.id);
        cloud.signal(&delivery).map_err(error)
    }
}
