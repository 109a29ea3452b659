//! Queues that refuse service although nothing is wrong with the client (LIFE-105).

use std::time::Duration;

use faults::Condition as Reason;
use journal::{Peer, What};
use tokio::time::Instant;

use super::performative::Condition;
use super::{Bus, Shared};

/// Why a queue gives no service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its owner has switched it off: MessagingEntityDisabled.
    Disabled,
    /// It has been deleted: MessagingEntityNotFound.
    NotFound,
    /// The client's rights have been withdrawn: UnauthorizedAccess.
    Unauthorized,
    /// There is too much to do: ServiceBusy.
    Busy,
    /// The service ends its links, for example to move them.
    Forced,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Refusal {
        match reason {
            Reason::Forced => Refusal::Forced,
            Reason::Busy => Refusal::Busy,
            Reason::Disabled => Refusal::Disabled,
            Reason::NotFound => Refusal::NotFound,
            Reason::Unauthorized => Refusal::Unauthorized,
        }
    }
}

/// A queue's refusal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub refusal: Refusal,
    /// When the queue serves again by itself.
    pub until: Option<Instant>,
}

impl Refusal {
    /// What a client is told.
    pub(super) fn condition(self, queue: &str) -> Condition {
        let (name, description) = match self {
            Refusal::Disabled => ("com.microsoft:entity-disabled", format!("Messaging entity {queue:?} is disabled.")),
            Refusal::NotFound => ("amqp:not-found", not_found(queue)),
            Refusal::Unauthorized => ("amqp:unauthorized-access", format!("Unauthorized access to {queue:?}.")),
            Refusal::Busy => {
                ("com.microsoft:server-busy", "The server is busy. Please retry after 1 second.".to_owned())
            }
            Refusal::Forced => ("amqp:link:detach-forced", "The link was detached by the service.".to_owned()),
        };
        Condition::new(name, description)
    }
}

/// In these words, because the JavaScript client looks for them.
pub(super) fn not_found(queue: &str) -> String {
    format!("The messaging entity {queue:?} could not be found.")
}

impl Shared {
    /// Lets a queue refuse service for a time.
    pub(super) fn refuse_for(&self, queue: &str, refusal: Refusal, time: Duration) {
        let until = Some(Instant::now() + time);
        self.refusals.send_modify(|all| {
            all.insert(queue.to_owned(), Refused { refusal, until });
        });
    }

    /// What a client is told if the queue gives no service (LIFE-105).
    pub(super) fn refusal(&self, queue: &str) -> Option<Condition> {
        let refused = *self.refusals.borrow().get(queue)?;
        refused.until.is_none_or(|until| Instant::now() < until).then(|| refused.refusal.condition(queue))
    }
}

impl Bus {
    /// Lets a queue refuse service to clients, or serve them again (LIFE-105): new links to it and to its dead letters and
    /// every message are refused with the condition, receivers are closed with it. The cloud's own [`Bus::send`] and
    /// [`Bus::take`] go on.
    pub fn set_refusal(&self, queue: &str, refusal: Option<Refusal>) {
        let name = queue.to_ascii_lowercase();
        let detail = refusal.map_or(format!("{name} serves"), |refusal| format!("{name} refuses: {refusal:?}"));
        self.0.journal.record(Peer::Cloud, What::Fault { name: "bus".to_owned(), detail });
        self.0.refusals.send_modify(|all| {
            match refusal {
                Some(refusal) => all.insert(name, Refused { refusal, until: None }),
                None => all.remove(&name),
            };
        });
    }

    /// Lets every queue serve again.
    pub fn lift_refusals(&self) {
        self.0.refusals.send_modify(std::collections::BTreeMap::clear);
    }
}
