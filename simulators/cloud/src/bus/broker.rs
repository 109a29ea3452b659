//! One queue with its dead letters: the rules of peek-lock, without IO and without a clock of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use journal::Seed;
use tokio::time::Instant;
use uuid::Uuid;

use super::message::Message;
use super::{Counts, DeadLetter, QueueConfig, SendError};

/// Most messages in a queue and its dead letters together.
const MAX_MESSAGES: usize = 100_000;

/// The queue itself or its `$DeadLetterQueue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Live,
    Dead,
}

/// Something that happened to a message, for the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub name: &'static str,
    pub id: String,
    pub queue: String,
    pub sequence: i64,
    pub delivery_count: u32,
    pub reason: Option<String>,
}

/// A message as it is handed out.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub sequence: i64,
    /// Present if the message is locked; absent if it was taken for good or only looked at.
    pub token: Option<Uuid>,
    /// Failed deliveries before this one, as the AMQP header counts.
    pub delivery_count: u32,
    pub enqueued: Timestamp,
    /// Reason and description of a dead letter.
    pub dead: Option<(String, String)>,
    pub message: Arc<Message>,
}

/// How a lock ends by the receiver's will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Complete,
    /// Back to its place, counted as a failed delivery.
    Abandon,
    /// Back to its place, not counted.
    Release,
    Defer,
    DeadLetter {
        reason: String,
        description: String,
    },
}

/// There is no such lock, or it has lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LockLost;

#[derive(Debug)]
struct Entry {
    message: Arc<Message>,
    enqueued: Timestamp,
    failures: u32,
    dead: Option<(String, String)>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Locked(Uuid, Instant),
    Deferred,
}

/// Messages by sequence number, with indexes over their states.
#[derive(Debug, Default)]
struct Shelf {
    entries: BTreeMap<i64, Entry>,
    ready: BTreeSet<i64>,
    locks: HashMap<Uuid, i64>,
    deadlines: BTreeSet<(Instant, i64)>,
}

impl Shelf {
    /// Changes the state of a message; the only place where the indexes change.
    fn set(&mut self, sequence: i64, state: State) {
        let Some(entry) = self.entries.get_mut(&sequence) else { return };
        let before = std::mem::replace(&mut entry.state, state);
        self.unindex(sequence, before);
        match state {
            State::Ready => drop(self.ready.insert(sequence)),
            State::Locked(token, until) => {
                self.locks.insert(token, sequence);
                self.deadlines.insert((until, sequence));
            }
            State::Deferred => {}
        }
    }

    fn insert(&mut self, sequence: i64, entry: Entry) {
        self.entries.insert(sequence, entry);
        self.set(sequence, State::Ready);
    }

    fn remove(&mut self, sequence: i64) -> Option<Entry> {
        let entry = self.entries.remove(&sequence)?;
        self.unindex(sequence, entry.state);
        Some(entry)
    }

    fn unindex(&mut self, sequence: i64, state: State) {
        match state {
            State::Ready => drop(self.ready.remove(&sequence)),
            State::Locked(token, until) => {
                self.locks.remove(&token);
                self.deadlines.remove(&(until, sequence));
            }
            State::Deferred => {}
        }
    }
}

/// A queue.
#[derive(Debug)]
pub(super) struct Queue {
    config: QueueConfig,
    seed: Seed,
    last_sequence: i64,
    locks_given: u64,
    live: Shelf,
    dead: Shelf,
    facts: Vec<Fact>,
}

impl Queue {
    /// Lock tokens follow from `seed`.
    pub fn new(config: QueueConfig, seed: Seed) -> Queue {
        let (live, dead) = Default::default();
        Queue { config, seed, last_sequence: 0, locks_given: 0, live, dead, facts: Vec::new() }
    }

    pub fn lock_duration(&self) -> std::time::Duration {
        self.config.lock
    }

    /// What happened since this was last called.
    pub fn take_facts(&mut self) -> Vec<Fact> {
        std::mem::take(&mut self.facts)
    }

    /// Puts a message at the end and returns its sequence number, counted from 1.
    pub fn enqueue(&mut self, message: Message, enqueued: Timestamp) -> Result<i64, SendError> {
        if self.live.entries.len() + self.dead.entries.len() >= MAX_MESSAGES {
            return Err(SendError::Full { queue: self.config.name.clone(), max: MAX_MESSAGES });
        }
        self.last_sequence += 1;
        let entry = Entry { message: Arc::new(message), enqueued, failures: 0, dead: None, state: State::Ready };
        self.live.insert(self.last_sequence, entry);
        self.note("queue.enqueued", Part::Live, self.last_sequence);
        Ok(self.last_sequence)
    }

    /// Locks the next message in queue order.
    pub fn lock_next(&mut self, part: Part, now: Instant) -> Option<Delivery> {
        self.expire(now);
        let sequence = *self.shelf(part).ready.first()?;
        self.locks_given += 1;
        let token = self.seed.uuid(&format!("{}/{}", self.config.name, self.locks_given));
        let until = now + self.config.lock;
        self.shelf(part).set(sequence, State::Locked(token, until));
        self.note("queue.locked", part, sequence);
        self.deliver(part, sequence, Some(token))
    }

    /// Takes the next message in queue order for good (receive and delete).
    pub fn take_next(&mut self, part: Part, now: Instant) -> Option<Delivery> {
        self.expire(now);
        let sequence = *self.shelf(part).ready.first()?;
        let delivery = self.deliver(part, sequence, None);
        self.note("queue.completed", part, sequence);
        self.shelf(part).remove(sequence);
        delivery
    }

    /// Up to `count` messages from `sequence` on, in whatever state; nothing changes.
    pub fn peek(&mut self, part: Part, sequence: i64, count: usize) -> Vec<Delivery> {
        let found: Vec<i64> = self.shelf(part).entries.range(sequence..).map(|(s, _)| *s).take(count).collect();
        found.into_iter().filter_map(|sequence| self.deliver(part, sequence, None)).collect()
    }

    /// Ends a lock.
    pub fn settle(&mut self, part: Part, token: Uuid, now: Instant, outcome: Outcome) -> Result<(), LockLost> {
        self.expire(now);
        let sequence = *self.shelf(part).locks.get(&token).ok_or(LockLost)?;
        match outcome {
            Outcome::Complete => {
                self.note("queue.completed", part, sequence);
                self.shelf(part).remove(sequence);
            }
            Outcome::Abandon => self.fail(part, sequence, "queue.abandoned"),
            Outcome::Release => {
                self.shelf(part).set(sequence, State::Ready);
                self.note("queue.abandoned", part, sequence);
            }
            Outcome::Defer => {
                self.shelf(part).set(sequence, State::Deferred);
                self.note("queue.deferred", part, sequence);
            }
            // a dead letter cannot die again: it stays where it is
            Outcome::DeadLetter { .. } if part == Part::Dead => self.fail(part, sequence, "queue.abandoned"),
            Outcome::DeadLetter { reason, description } => self.dead_letter(sequence, reason, description),
        }
        Ok(())
    }

    /// Starts a lock's duration anew.
    pub fn renew(&mut self, part: Part, token: Uuid, now: Instant) -> Result<(), LockLost> {
        self.expire(now);
        let sequence = *self.shelf(part).locks.get(&token).ok_or(LockLost)?;
        let until = now + self.config.lock;
        self.shelf(part).set(sequence, State::Locked(token, until));
        self.note("queue.renewed", part, sequence);
        Ok(())
    }

    /// Returns messages whose lock has lapsed to their place. A lock lasts up to, not including, its last instant.
    pub fn expire(&mut self, now: Instant) {
        for part in [Part::Live, Part::Dead] {
            while let Some(&(until, sequence)) = self.shelf(part).deadlines.first() {
                if until > now {
                    break;
                }
                self.fail(part, sequence, "queue.lock_expired");
            }
        }
    }

    /// Lets all locks lapse.
    pub fn expire_all(&mut self) {
        for part in [Part::Live, Part::Dead] {
            while let Some(&(_, sequence)) = self.shelf(part).deadlines.first() {
                self.fail(part, sequence, "queue.lock_expired");
            }
        }
    }

    /// When the next lock lapses.
    pub fn next_expiry(&self) -> Option<Instant> {
        [&self.live, &self.dead].iter().filter_map(|shelf| shelf.deadlines.first()).map(|(until, _)| *until).min()
    }

    pub fn counts(&self) -> Counts {
        Counts { active: self.live.ready.len(), locked: self.live.locks.len(), dead_lettered: self.dead.entries.len() }
    }

    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        let letter = |entry: &Entry| {
            let (reason, description) = entry.dead.clone().unwrap_or_default();
            DeadLetter { body: entry.message.body(), reason, description, delivery_count: entry.failures }
        };
        self.dead.entries.values().map(letter).collect()
    }

    /// Ends a lock as a failed delivery.
    fn fail(&mut self, part: Part, sequence: i64, name: &'static str) {
        let Some(entry) = self.shelf(part).entries.get_mut(&sequence) else { return };
        entry.failures = entry.failures.saturating_add(1);
        let failures = entry.failures;
        self.shelf(part).set(sequence, State::Ready);
        self.note(name, part, sequence);
        if part == Part::Live && failures >= self.config.max_delivery_count {
            let description = format!("Message could not be consumed after {failures} delivery attempts.");
            self.dead_letter(sequence, "MaxDeliveryCountExceeded".to_owned(), description);
        }
    }

    fn dead_letter(&mut self, sequence: i64, reason: String, description: String) {
        if let Some(entry) = self.live.entries.get_mut(&sequence) {
            entry.dead = Some((reason, description));
        }
        self.note("queue.dead_lettered", Part::Live, sequence);
        if let Some(entry) = self.live.remove(sequence) {
            self.dead.insert(sequence, entry);
        }
    }

    fn shelf(&mut self, part: Part) -> &mut Shelf {
        match part {
            Part::Live => &mut self.live,
            Part::Dead => &mut self.dead,
        }
    }

    fn deliver(&mut self, part: Part, sequence: i64, token: Option<Uuid>) -> Option<Delivery> {
        let entry = self.shelf(part).entries.get(&sequence)?;
        Some(Delivery {
            sequence,
            token,
            delivery_count: entry.failures,
            enqueued: entry.enqueued,
            dead: entry.dead.clone(),
            message: entry.message.clone(),
        })
    }

    fn note(&mut self, name: &'static str, part: Part, sequence: i64) {
        let (shelf, suffix) = match part {
            Part::Live => (&self.live, ""),
            Part::Dead => (&self.dead, "/$DeadLetterQueue"),
        };
        let Some(entry) = shelf.entries.get(&sequence) else { return };
        self.facts.push(Fact {
            name,
            id: entry.message.id.clone(),
            queue: format!("{}{suffix}", self.config.name),
            sequence,
            delivery_count: entry.failures,
            reason: entry.dead.as_ref().map(|(reason, _)| reason.clone()),
        });
    }
}

#[cfg(test)]
#[path = "broker_tests.rs"]
mod tests;
