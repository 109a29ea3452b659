//! Requests to `<queue>/$management`.

use jiff::Timestamp;
use serde_amqp::primitives::Array;
use tokio::time::Instant;
use uuid::Uuid;

use super::Shared;
use super::broker::Part;
use super::message::{Request, Response};
use super::value::{Value, entry, map};

/// Most messages in an answer to one peek.
const MAX_PEEK: usize = 100;

/// Answers a request.
pub(super) fn answer(bus: &Shared, queue: &str, part: Part, request: &Request) -> Response {
    match request.property("operation") {
        Some("com.microsoft:renew-lock") => renew_locks(bus, queue, part, request),
        Some("com.microsoft:peek-message") => peek(bus, queue, part, request),
        other => {
            let description = format!("operation {other:?} is not implemented; there are renew-lock and peek-message");
            Response::refusal(501, "amqp:not-implemented", description)
        }
    }
}

fn ok(body: Value) -> Response {
    Response { status: 200, description: "OK".to_owned(), condition: None, body }
}

/// {lock-tokens: uuid array} -> {expirations: timestamp array} (CON-077).
fn renew_locks(bus: &Shared, queue: &str, part: Part, request: &Request) -> Response {
    let (Some(Value::Array(Array(tokens))) | Some(Value::List(tokens))) = entry(&request.body, "lock-tokens") else {
        return Response::refusal(400, "amqp:invalid-field", "renew-lock needs lock-tokens, an array of uuid");
    };
    let mut expirations = Vec::new();
    for token in tokens {
        let Value::Uuid(token) = token else {
            return Response::refusal(400, "amqp:invalid-field", "a lock token is not a uuid");
        };
        let bytes = *token.as_inner();
        let now = Instant::now();
        // .NET writes a GUID's first three fields in little-endian order, others as they stand
        let renewed = bus.with_queue(queue, |queue| {
            queue
                .renew(part, Uuid::from_bytes(bytes), now)
                .or_else(|_| queue.renew(part, Uuid::from_bytes_le(bytes), now))
                .map(|()| queue.lock_duration())
        });
        let Some(Ok(duration)) = renewed else {
            let description = "the lock has lapsed or was never given; the message may be with another receiver";
            return Response::refusal(410, "com.microsoft:message-lock-lost", description);
        };
        let until = Timestamp::now().saturating_add(duration).unwrap_or(Timestamp::MAX);
        expirations.push(Value::Timestamp(until.as_millisecond().into()));
    }
    ok(map([("expirations".into(), Value::Array(Array(expirations)))]))
}

/// {from-sequence-number: long, message-count: int} -> {messages: list of {message: binary}}, 204 if there are none.
fn peek(bus: &Shared, queue: &str, part: Part, request: &Request) -> Response {
    let from = entry(&request.body, "from-sequence-number");
    let count = entry(&request.body, "message-count");
    let (Some(Value::Long(from)), Some(Value::Int(count))) = (from, count) else {
        let description = "peek-message needs from-sequence-number, a long, and message-count, an int";
        return Response::refusal(400, "amqp:invalid-field", description);
    };
    let count = usize::try_from(*count).unwrap_or(0).min(MAX_PEEK);
    let found = bus.with_queue(queue, |queue| queue.peek(part, *from, count)).unwrap_or_default();
    if found.is_empty() {
        return Response { status: 204, description: "No Content".to_owned(), condition: None, body: map([]) };
    }
    let message = |delivery: &super::broker::Delivery| {
        let bytes = delivery.message.encode(delivery, None);
        map([("message".into(), Value::Binary(bytes.into()))])
    };
    ok(map([("messages".into(), Value::List(found.iter().map(message).collect()))]))
}
