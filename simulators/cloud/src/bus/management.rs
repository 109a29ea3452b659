//! Requests to `<queue>/$management`.

use jiff::Timestamp;
use serde_amqp::primitives::Array;
use tokio::time::Instant;
use uuid::Uuid;

use super::broker::{Delivery, LockLost, Outcome, Part, Queue};
use super::cbs::{Grants, Right};
use super::message::{self, Request, Response};
use super::node;
use super::value::{Value, entries, entry, map, text};
use super::{SendError, Shared};

/// Most messages in an answer.
const MAX_MESSAGES: usize = 250;

/// The queue that a request is for.
struct Target<'a> {
    bus: &'a Shared,
    queue: &'a str,
    part: Part,
    body: &'a Value,
}

/// An operation: its answer, or its refusal.
type Run<'t> = fn(&Target<'t>) -> Result<Response, Response>;

/// Answers a request.
pub(super) fn answer<'t>(
    bus: &'t Shared,
    grants: &Grants,
    queue: &'t str,
    part: Part,
    request: &'t Request,
) -> Response {
    let target = Target { bus, queue, part, body: &request.body };
    let operation = request.property("operation").unwrap_or_default();
    let (right, run): (Right, Run<'t>) = match operation {
        "com.microsoft:renew-lock" => (Right::Listen, Target::renew_locks),
        "com.microsoft:peek-message" => (Right::Listen, Target::peek),
        "com.microsoft:receive-by-sequence-number" => (Right::Listen, Target::receive_deferred),
        "com.microsoft:update-disposition" => (Right::Listen, Target::settle),
        "com.microsoft:schedule-message" => (Right::Send, Target::schedule),
        "com.microsoft:cancel-scheduled-message" => (Right::Send, Target::cancel),
        other => {
            let description = format!("operation {other:?} is not implemented for queues without sessions");
            return Response::refusal(501, "amqp:not-implemented", description);
        }
    };
    if !grants.allow(queue, right) {
        let description = format!("this connection has not the right {right:?} to queue {queue:?}");
        return Response::refusal(401, "amqp:unauthorized-access", description);
    }
    run(&target).unwrap_or_else(|refusal| refusal)
}

fn ok(body: Value) -> Response {
    Response { status: 200, description: "OK".to_owned(), condition: None, body }
}

fn invalid(description: &str) -> Response {
    Response::refusal(400, "com.microsoft:argument-error", description)
}

fn lock_lost(_: LockLost) -> Response {
    let description = "the lock has lapsed or was never given; the message may be with another receiver";
    Response::refusal(410, "com.microsoft:message-lock-lost", description)
}

/// The elements of an array or list: clients use both.
fn elements(value: Option<&Value>) -> Option<&[Value]> {
    match value {
        Some(Value::Array(Array(elements)) | Value::List(elements)) => Some(elements),
        _ => None,
    }
}

impl Target<'_> {
    fn with_queue<T>(&self, operation: impl FnOnce(&mut Queue) -> T) -> Result<T, Response> {
        let gone = || Response::refusal(404, "amqp:not-found", "the queue is gone");
        self.bus.with_queue(self.queue, operation).ok_or_else(gone)
    }

    fn lock_tokens(&self) -> Result<Vec<Uuid>, Response> {
        let token = |token: &Value| match token {
            Value::Uuid(token) => Some(Uuid::from_bytes(*token.as_inner())),
            other => Uuid::parse_str(text(other)?).ok(),
        };
        elements(entry(self.body, "lock-tokens"))
            .and_then(|tokens| tokens.iter().map(token).collect())
            .ok_or_else(|| invalid("the request needs lock-tokens, an array of uuid"))
    }

    fn sequence_numbers(&self) -> Result<Vec<i64>, Response> {
        let number = |number: &Value| if let Value::Long(number) = number { Some(*number) } else { None };
        elements(entry(self.body, "sequence-numbers"))
            .and_then(|numbers| numbers.iter().map(number).collect())
            .ok_or_else(|| invalid("the request needs sequence-numbers, an array of long"))
    }

    /// {lock-tokens: uuid array} -> {expirations: timestamp array} (CON-077).
    fn renew_locks(&self) -> Result<Response, Response> {
        let mut expirations = Vec::new();
        for token in self.lock_tokens()? {
            let (now, either) = (Instant::now(), both_orders(token));
            self.with_queue(|queue| either.map(|token| queue.renew(self.part, token, now)).find(Result::is_ok))?
                .ok_or_else(|| lock_lost(LockLost))?
                .map_err(lock_lost)?;
            let duration = self.with_queue(|queue| queue.lock_duration())?;
            expirations.push(Value::Timestamp(node::locked_until(duration).as_millisecond().into()));
        }
        Ok(ok(map([("expirations".into(), Value::Array(Array(expirations)))])))
    }

    /// {from-sequence-number: long, message-count: int} -> {messages: list of {message: binary}}, 204 if there are none.
    fn peek(&self) -> Result<Response, Response> {
        let from = entry(self.body, "from-sequence-number");
        let count = entry(self.body, "message-count");
        let (Some(Value::Long(from)), Some(Value::Int(count))) = (from, count) else {
            return Err(invalid("peek-message needs from-sequence-number, a long, and message-count, an int"));
        };
        let count = usize::try_from(*count).unwrap_or(0).min(MAX_MESSAGES);
        let mut found = self.with_queue(|queue| queue.peek(self.part, *from, count))?;
        // no more in one answer than a message may have, but one
        let (mut size, max) = (0, self.bus.config.max_message_size);
        let fits = found.iter().take_while(|delivery| {
            size += delivery.message.size() as u64;
            size <= max
        });
        let fits = fits.count().max(1);
        found.truncate(fits);
        if found.is_empty() {
            return Ok(Response { status: 204, description: "No Content".to_owned(), condition: None, body: map([]) });
        }
        Ok(ok(messages(&found, None)))
    }

    /// {sequence-numbers: long array, receiver-settle-mode: uint} -> {messages: list of {message: binary, lock-token: uuid}}.
    fn receive_deferred(&self) -> Result<Response, Response> {
        let numbers = self.sequence_numbers()?;
        let lock = entry(self.body, "receiver-settle-mode") != Some(&Value::Uint(0));
        let (found, duration) = self.with_queue(|queue| {
            (queue.receive_deferred(self.part, &numbers, lock, Instant::now()), queue.lock_duration())
        })?;
        let missing = |_| {
            let description = format!("not all of the messages {numbers:?} are deferred in this queue");
            Response::refusal(404, "com.microsoft:message-not-found", description)
        };
        Ok(ok(messages(&found.map_err(missing)?, lock.then(|| node::locked_until(duration)))))
    }

    /// {disposition-status: string, lock-tokens: uuid array, …} -> {}: ends locks, as a disposition does.
    fn settle(&self) -> Result<Response, Response> {
        let told = |key| entry(self.body, key).and_then(text).unwrap_or_default().to_owned();
        let outcome = match told("disposition-status").as_str() {
            "completed" => Outcome::Complete,
            "abandoned" => Outcome::Abandon,
            "defered" => Outcome::Defer, // spelt so by the service
            "suspended" => {
                let (reason, description) = (told("deadletter-reason"), told("deadletter-description"));
                Outcome::DeadLetter { reason, description }
            }
            other => return Err(invalid(&format!("there is no disposition-status {other:?}"))),
        };
        let changes = entry(self.body, "properties-to-modify").map(entries).unwrap_or_default();
        for token in self.lock_tokens()? {
            let (now, either) = (Instant::now(), both_orders(token));
            let settled = self.with_queue(|queue| {
                let mut settle = |token| {
                    queue.amend(self.part, token, &changes);
                    queue.settle(self.part, token, now, outcome.clone())
                };
                either.map(&mut settle).find(Result::is_ok)
            })?;
            settled.ok_or_else(|| lock_lost(LockLost))?.map_err(lock_lost)?;
        }
        Ok(ok(map([])))
    }

    /// {messages: list of {message: binary, message-id: string}} -> {sequence-numbers: long array}.
    fn schedule(&self) -> Result<Response, Response> {
        let needed = || invalid("schedule-message needs messages, each a map with message, binary");
        let mut parsed = Vec::new();
        for item in elements(entry(self.body, "messages")).ok_or_else(needed)? {
            let Some(Value::Binary(bytes)) = entry(item, "message") else { return Err(needed()) };
            let messages = message::parse_transfer(0, bytes, || self.bus.new_message_id());
            parsed.extend(messages.map_err(|error| invalid(&error.to_string()))?);
        }
        let numbers = self.bus.enqueue(self.queue, parsed).map_err(|error| refused(&error))?;
        let numbers = numbers.into_iter().map(Value::Long).collect();
        Ok(ok(map([("sequence-numbers".into(), Value::Array(Array(numbers)))])))
    }

    /// {sequence-numbers: long array} -> {}.
    fn cancel(&self) -> Result<Response, Response> {
        let numbers = self.sequence_numbers()?;
        let missing = |_| {
            let description = format!("not all of the messages {numbers:?} are scheduled in this queue");
            Response::refusal(404, "com.microsoft:message-not-found", description)
        };
        self.with_queue(|queue| queue.cancel(&numbers, Instant::now()))?.map_err(missing)?;
        Ok(ok(map([])))
    }
}

/// A lock token as it stands and in the other byte order: .NET writes a GUID's first three fields in little-endian
/// order, others as they stand (azure-wire).
fn both_orders(token: Uuid) -> impl Iterator<Item = Uuid> {
    [token, Uuid::from_bytes_le(token.into_bytes())].into_iter()
}

fn refused(error: &SendError) -> Response {
    let condition = error.condition();
    Response::refusal(if condition == "amqp:not-found" { 404 } else { 403 }, condition, error.to_string())
}

fn messages(found: &[Delivery], locked_until: Option<Timestamp>) -> Value {
    let message = |delivery: &Delivery| {
        let bytes = delivery.message.encode(delivery, locked_until);
        let token = delivery.token.map(|token| ("lock-token".into(), Value::Uuid(token.into_bytes().into())));
        map([("message".into(), Value::Binary(bytes.into()))].into_iter().chain(token))
    };
    map([("messages".into(), Value::List(found.iter().map(message).collect()))])
}
