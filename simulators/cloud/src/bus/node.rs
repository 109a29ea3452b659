//! What a link can be attached to: a queue, `$cbs`, `<queue>/$management`; and what happens there.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::broker::{Outcome, Part};
use super::cbs::{self, Grants, Right};
use super::link::{CREDIT, Incoming, Link, Outgoing, Partial, Reply};
use super::management;
use super::message::{self, Request};
use super::performative::{Attach, Condition, Role, State};
use super::refusal::not_found;
use super::session::Context;
use super::value::entries;
use super::value::{Value, entry, text};
use super::{SendError, Shared};

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Cbs,
    Management(String, Part),
    Queue(String, Part),
}

/// The lock on a message that a client has.
#[derive(Debug)]
pub(super) struct Lock {
    pub queue: String,
    pub part: Part,
    pub token: Uuid,
}

impl Node {
    fn parse(address: &str) -> Node {
        let path = cbs::path(address);
        if path == "$cbs" {
            return Node::Cbs;
        }
        let (path, management) = match path.strip_suffix("/$management") {
            Some(queue) => (queue, true),
            None => (path.as_str(), false),
        };
        let (queue, part) = match path.strip_suffix("/$deadletterqueue") {
            Some(queue) => (queue.to_owned(), Part::Dead),
            None => (path.to_owned(), Part::Live),
        };
        if management { Node::Management(queue, part) } else { Node::Queue(queue, part) }
    }

    /// The right that a client with this role needs, and to which queue.
    pub fn needs(&self, role: Role) -> Option<(&str, Right)> {
        match (self, role) {
            (Node::Cbs, _) => None,
            (Node::Management(queue, _), _) => Some((queue, Right::Any)),
            (Node::Queue(queue, _), Role::Receiver) => Some((queue, Right::Listen)),
            (Node::Queue(queue, _), Role::Sender) => Some((queue, Right::Send)),
        }
    }
}

/// The link that a client asks for, if it may have it.
pub(super) fn accept(bus: &Shared, grants: &Grants, attach: &Attach) -> Result<Link, Condition> {
    let (near, far) = match attach.role {
        Role::Receiver => (&attach.source, &attach.target),
        Role::Sender => (&attach.target, &attach.source),
    };
    let node = Node::parse(&address(near));
    if let (Node::Queue(_, Part::Dead), Role::Sender) = (&node, attach.role) {
        return Err(Condition::new("amqp:not-allowed", "nobody can send to a dead-letter queue"));
    }
    if let Some((queue, right)) = node.needs(attach.role) {
        if let Some(condition) = bus.refusal(queue) {
            return Err(condition);
        }
        if !grants.allow(queue, right) {
            let description = format!("this connection has not the right {right:?} to queue {queue:?}");
            return Err(Condition::new("amqp:unauthorized-access", description));
        }
        if bus.with_queue(queue, |_| ()).is_none() {
            return Err(Condition::new("amqp:not-found", not_found(queue)));
        }
    }
    Ok(match attach.role {
        Role::Receiver => {
            let mode = if let Value::Ubyte(mode) = attach.snd_settle_mode { mode } else { 2 };
            Link::Outgoing(Outgoing::new(attach.name.clone(), node, address(far), mode))
        }
        Role::Sender => Link::Incoming(Incoming {
            node,
            delivery_count: attach.initial_delivery_count,
            credit: CREDIT,
            partial: None,
        }),
    })
}

/// The address of a source or target, its first field.
fn address(terminus: &Value) -> String {
    match terminus {
        Value::Described(described) => match &described.value {
            Value::List(fields) => fields.first().and_then(text).unwrap_or_default().to_owned(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

/// Does what a complete delivery asks for and gives its outcome.
pub(super) fn receive(node: &Node, delivery: &Partial, cx: &mut Context) -> State {
    if let Node::Queue(queue, _) = node
        && let Some(condition) = cx.bus.refusal(queue)
    {
        return State::Rejected(Some(condition), Value::Null);
    }
    let result = match node {
        Node::Queue(queue, _) => {
            message::parse_transfer(delivery.format, &delivery.payload, || cx.bus.new_message_id()).map(|messages| {
                let refusal = |error: SendError| Condition::new(error.condition(), error.to_string());
                cx.bus.enqueue(queue, messages).map(drop).map_err(refusal)
            })
        }
        Node::Cbs | Node::Management(..) => Request::parse(&delivery.payload).map(|request| {
            let response = match node {
                Node::Management(queue, part) => management::answer(cx.bus, cx.grants, queue, *part, &request),
                _ => cx.grants.put_token(&cx.bus.config, &request),
            };
            let bytes = response.encode(&request.message_id);
            cx.replies.push(Reply { node: node.clone(), reply_to: request.reply_to, bytes });
            Ok(())
        }),
    };
    match result {
        Ok(Ok(())) => State::Accepted,
        Ok(Err(condition)) => State::Rejected(Some(condition), Value::Null),
        Err(error) => State::Rejected(Some(Condition::new("amqp:decode-error", error.to_string())), Value::Null),
    }
}

/// The next payload for a link, with its lock.
pub(super) fn next_delivery(link: &mut Outgoing, cx: &Context) -> Option<(Vec<u8>, Option<Lock>)> {
    let Node::Queue(name, part) = &link.node else { return Some((link.replies.pop_front()?, None)) };
    let now = Instant::now();
    let (delivery, lock) = cx.bus.hand_out(name, *part, |queue| match link.mode {
        1 => Some((queue.take_next(*part, now)?, queue.lock_duration())),
        _ => Some((queue.lock_next(*part, now)?, queue.lock_duration())),
    })?;
    let locked = delivery.token.map(|token| (Lock { queue: name.clone(), part: *part, token }, locked_until(lock)));
    let payload = delivery.message.encode(&delivery, locked.as_ref().map(|(_, until)| *until));
    Some((payload, locked.map(|(lock, _)| lock)))
}

/// When a lock that begins now ends, by the machine's clock, with which clients compare it.
pub(super) fn locked_until(duration: Duration) -> Timestamp {
    Timestamp::now().saturating_add(duration).unwrap_or(Timestamp::MAX)
}

/// The application properties that a client wants changed with its outcome.
pub(super) fn changes(state: &State) -> Vec<(Value, Value)> {
    match state {
        State::Modified { changes, .. } => entries(changes),
        // reason and description are told apart from the others
        State::Rejected(_, info) => entries(info).into_iter().filter(|(key, _)| !is_reason(key)).collect(),
        _ => Vec::new(),
    }
}

fn is_reason(key: &Value) -> bool {
    matches!(text(key), Some("DeadLetterReason" | "DeadLetterErrorDescription"))
}

/// What a client's outcome means for the lock.
pub(super) fn outcome(state: &State) -> Outcome {
    match state {
        State::Accepted => Outcome::Complete,
        State::Modified { undeliverable_here: true, .. } => Outcome::Defer,
        State::Modified { undeliverable_here: false, .. } => Outcome::Abandon,
        State::Rejected(condition, info) => {
            let told = |key| entry(info, key).and_then(text).map(str::to_owned);
            let (name, description) =
                condition.as_ref().map(|c| (c.name.clone(), c.description.clone())).unwrap_or_default();
            Outcome::DeadLetter {
                reason: told("DeadLetterReason").unwrap_or(name),
                description: told("DeadLetterErrorDescription").unwrap_or(description),
            }
        }
        State::Released | State::Other => Outcome::Release,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_all_clients_name_the_same_nodes() {
        assert_eq!(Node::parse("amqps://127.0.0.1:5671/Results"), Node::Queue("results".into(), Part::Live));
        assert_eq!(Node::parse("results/$DeadLetterQueue"), Node::Queue("results".into(), Part::Dead));
        assert_eq!(Node::parse("results/$management"), Node::Management("results".into(), Part::Live));
        assert_eq!(Node::parse("results/$DeadLetterQueue/$management"), Node::Management("results".into(), Part::Dead));
        assert_eq!(Node::parse("$cbs"), Node::Cbs);
    }
}
