//! One queue with its dead letters: the rules of peek-lock, deferral, scheduling and expiry, without IO and without a
//! clock of its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use faults::Place;
use jiff::Timestamp;
use journal::Seed;
use tokio::time::Instant;
use uuid::Uuid;

use super::message::Message;
use super::value::Value;
use super::{Counts, DeadLetter, QueueConfig, SendError};

/// Most messages in a queue and its dead letters together.
const MAX_MESSAGES: usize = 100_000;
/// Most bytes in a queue, dead letters included.
const MAX_SIZE: usize = 512 * 1024 * 1024;

/// The queue itself or its `$DeadLetterQueue`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Live,
    Dead,
}

/// When a message came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    /// The time that is told.
    pub enqueued: Timestamp,
    /// The instant at which the client's clock shows `client`.
    pub now: Instant,
    pub client: Timestamp,
}

impl Arrival {
    /// The instant at which the client's clock shows `at`; nothing if that is past.
    fn instant_of(&self, at: Timestamp) -> Option<Instant> {
        let wait = std::time::Duration::try_from(at.duration_since(self.client)).ok()?;
        self.now.checked_add(wait)
    }
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
    /// What a client sees of the message's state: 0 active, 1 deferred, 2 scheduled.
    pub state: i32,
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

/// One of the messages asked for is not there, or not in the state that the request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotFound;

#[derive(Debug)]
struct Entry {
    message: Arc<Message>,
    enqueued: Timestamp,
    failures: u32,
    dead: Option<(String, String)>,
    /// Deferred once: it is received by its number only, and returns to that state.
    deferred: bool,
    /// End of its time to live.
    expires: Option<Instant>,
    state: State,
}

impl Entry {
    /// When time will change the state. A locked message does not expire.
    fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Locked(_, until) => Some(until),
            State::Scheduled(due) => Some(due),
            State::Ready | State::Deferred => self.expires,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Locked(Uuid, Instant),
    Deferred,
    Scheduled(Instant),
}

/// Messages by sequence number, with indexes over their states.
#[derive(Debug, Default)]
struct Shelf {
    entries: BTreeMap<i64, Entry>,
    ready: BTreeSet<i64>,
    locks: HashMap<Uuid, i64>,
    deadlines: BTreeSet<(Instant, i64)>,
    /// Bytes of all messages.
    size: usize,
}

impl Shelf {
    /// Changes the state of a message; the only place where the indexes change.
    fn set(&mut self, sequence: i64, state: State) {
        let Some(mut entry) = self.remove(sequence) else { return };
        entry.state = state;
        self.insert(sequence, entry);
    }

    fn insert(&mut self, sequence: i64, entry: Entry) {
        match entry.state {
            State::Ready => drop(self.ready.insert(sequence)),
            State::Locked(token, _) => drop(self.locks.insert(token, sequence)),
            State::Deferred | State::Scheduled(_) => {}
        }
        self.size += entry.message.size();
        self.deadlines.extend(entry.deadline().map(|at| (at, sequence)));
        self.entries.insert(sequence, entry);
    }

    fn remove(&mut self, sequence: i64) -> Option<Entry> {
        let entry = self.entries.remove(&sequence)?;
        self.size -= entry.message.size();
        match entry.state {
            State::Ready => drop(self.ready.remove(&sequence)),
            State::Locked(token, _) => drop(self.locks.remove(&token)),
            State::Deferred | State::Scheduled(_) => {}
        }
        if let Some(at) = entry.deadline() {
            self.deadlines.remove(&(at, sequence));
        }
        Some(entry)
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

    /// Puts messages at the end, all or none, and returns their sequence numbers, counted from 1. One with a time for
    /// that which is still to come is scheduled.
    pub fn enqueue(&mut self, messages: Vec<Message>, arrival: Arrival) -> Result<Vec<i64>, SendError> {
        let full = |max| Err(SendError::Full { queue: self.config.name.clone(), max });
        if self.live.entries.len() + self.dead.entries.len() + messages.len() > MAX_MESSAGES {
            return full(format!("{MAX_MESSAGES} messages"));
        }
        let size: usize = messages.iter().map(Message::size).sum();
        if self.live.size + self.dead.size + size > MAX_SIZE {
            return full(format!("{} MiB", MAX_SIZE / 1024 / 1024));
        }
        Ok(messages.into_iter().map(|message| self.enqueue_one(message, arrival)).collect())
    }

    fn enqueue_one(&mut self, message: Message, arrival: Arrival) -> i64 {
        let due = message.scheduled.and_then(|at| arrival.instant_of(at)).filter(|due| *due > arrival.now);
        let (state, name) = match due {
            Some(due) => (State::Scheduled(due), "queue.scheduled"),
            None => (State::Ready, "queue.enqueued"),
        };
        let expires = message.time_to_live.and_then(|ttl| due.unwrap_or(arrival.now).checked_add(ttl));
        let (enqueued, message) = (arrival.enqueued, Arc::new(message));
        let entry = Entry { message, enqueued, failures: 0, dead: None, deferred: false, expires, state };
        self.append(entry, name)
    }

    fn append(&mut self, entry: Entry, name: &'static str) -> i64 {
        self.last_sequence += 1;
        self.live.insert(self.last_sequence, entry);
        self.note(name, Part::Live, self.last_sequence);
        self.last_sequence
    }

    /// Takes scheduled messages back, all or none.
    pub fn cancel(&mut self, sequences: &[i64], now: Instant) -> Result<(), NotFound> {
        self.expire(now);
        self.all(Part::Live, sequences, |state| matches!(state, State::Scheduled(_)))?;
        for sequence in sequences {
            self.note("queue.cancelled", Part::Live, *sequence);
            self.live.remove(*sequence);
        }
        Ok(())
    }

    /// Hands out deferred messages by their numbers, all or none: locked, or for good.
    pub fn receive_deferred(
        &mut self,
        part: Part,
        sequences: &[i64],
        lock: bool,
        now: Instant,
    ) -> Result<Vec<Delivery>, NotFound> {
        self.expire(now);
        self.all(part, sequences, |state| state == State::Deferred)?;
        let hand_out = |sequence: &i64| if lock { self.lock(part, *sequence, now) } else { self.take(part, *sequence) };
        Ok(sequences.iter().filter_map(hand_out).collect())
    }

    fn all(&mut self, part: Part, sequences: &[i64], wanted: impl Fn(State) -> bool) -> Result<(), NotFound> {
        let entries = &self.shelf(part).entries;
        let found = sequences.iter().all(|sequence| entries.get(sequence).is_some_and(|entry| wanted(entry.state)));
        if found { Ok(()) } else { Err(NotFound) }
    }

    /// Locks the next message in queue order.
    pub fn lock_next(&mut self, part: Part, now: Instant) -> Option<Delivery> {
        self.expire(now);
        let sequence = *self.shelf(part).ready.first()?;
        self.lock(part, sequence, now)
    }

    /// The queue's name for faults.
    pub fn place(&self) -> Option<Place> {
        self.config.place
    }

    /// The body of the next message, and how many wait.
    pub fn next_body(&self) -> Option<(Vec<u8>, usize)> {
        let next = self.live.entries.get(self.live.ready.first()?)?;
        Some((next.message.body(), self.live.ready.len()))
    }

    /// The next two messages change places.
    pub fn swap_next(&mut self) {
        let mut ready = self.live.ready.iter().copied();
        if let (Some(first), Some(second)) = (ready.next(), ready.next())
            && let (Some(former), Some(latter)) = (self.live.remove(first), self.live.remove(second))
        {
            self.live.insert(first, latter);
            self.live.insert(second, former);
        }
    }

    /// A lock lapses now.
    pub fn lose(&mut self, token: Uuid) {
        if let Some(sequence) = self.live.locks.get(&token).copied() {
            self.fail(Part::Live, sequence, "queue.lock_expired");
        }
    }

    pub fn set_lock(&mut self, lock: Duration) {
        self.config.lock = lock;
    }

    fn lock(&mut self, part: Part, sequence: i64, now: Instant) -> Option<Delivery> {
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
        self.take(part, sequence)
    }

    /// Takes the body of the next message that is fit; those before it become dead letters.
    pub fn take_fit(&mut self, fit: impl Fn(&[u8]) -> bool, reason: &str, now: Instant) -> Option<Vec<u8>> {
        self.expire(now);
        loop {
            let sequence = *self.live.ready.first()?;
            let body = self.live.entries.get(&sequence)?.message.body();
            if fit(&body) {
                self.take(Part::Live, sequence);
                return Some(body);
            }
            self.dead_letter(sequence, "Unreadable".to_owned(), reason.to_owned());
        }
    }

    fn take(&mut self, part: Part, sequence: i64) -> Option<Delivery> {
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

    /// Changes application properties of a message that is locked, which a client may ask for when it ends a lock.
    pub fn amend(&mut self, part: Part, token: Uuid, changes: &[(Value, Value)]) {
        let shelf = self.shelf(part);
        if let Some(entry) = shelf.locks.get(&token).and_then(|sequence| shelf.entries.get_mut(sequence))
            && !changes.is_empty()
        {
            let before = entry.message.size();
            entry.message = Arc::new(entry.message.with_properties(changes));
            shelf.size = shelf.size - before + entry.message.size();
        }
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
                self.put_back(part, sequence);
                self.note("queue.abandoned", part, sequence);
            }
            Outcome::Defer => {
                if let Some(entry) = self.shelf(part).entries.get_mut(&sequence) {
                    entry.deferred = true;
                }
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

    /// Does what time has brought: returns messages whose lock has lapsed to their place, enqueues scheduled ones that
    /// are due, removes expired ones. A lock lasts up to, not including, its last instant.
    pub fn expire(&mut self, now: Instant) {
        for part in [Part::Live, Part::Dead] {
            while let Some(&(until, sequence)) = self.shelf(part).deadlines.first() {
                if until > now {
                    break;
                }
                match self.shelf(part).entries.get(&sequence).map(|entry| entry.state) {
                    Some(State::Locked(..)) => self.fail(part, sequence, "queue.lock_expired"),
                    Some(State::Scheduled(_)) => self.activate(sequence),
                    Some(State::Ready | State::Deferred) | None => {
                        self.note("queue.expired", part, sequence);
                        self.shelf(part).remove(sequence);
                    }
                }
            }
        }
    }

    /// A scheduled message goes to the end of the queue under a new number, as if it arrived now.
    fn activate(&mut self, sequence: i64) {
        let Some(mut entry) = self.live.remove(sequence) else { return };
        entry.state = State::Ready;
        entry.enqueued = entry.message.scheduled.unwrap_or(entry.enqueued);
        self.append(entry, "queue.enqueued");
    }

    /// Lets all locks lapse.
    pub fn expire_all(&mut self) {
        for part in [Part::Live, Part::Dead] {
            let locked: BTreeSet<i64> = self.shelf(part).locks.values().copied().collect();
            for sequence in locked {
                self.fail(part, sequence, "queue.lock_expired");
            }
        }
    }

    /// When time will next change something.
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
        self.put_back(part, sequence);
        self.note(name, part, sequence);
        if part == Part::Live && failures >= self.config.max_delivery_count {
            let description = format!("Message could not be consumed after {failures} delivery attempts.");
            self.dead_letter(sequence, "MaxDeliveryCountExceeded".to_owned(), description);
        }
    }

    fn put_back(&mut self, part: Part, sequence: i64) {
        let shelf = self.shelf(part);
        let deferred = shelf.entries.get(&sequence).is_some_and(|entry| entry.deferred);
        shelf.set(sequence, if deferred { State::Deferred } else { State::Ready });
    }

    fn dead_letter(&mut self, sequence: i64, reason: String, description: String) {
        if let Some(entry) = self.live.entries.get_mut(&sequence) {
            entry.dead = Some((reason, description));
        }
        self.note("queue.dead_lettered", Part::Live, sequence);
        if let Some(mut entry) = self.live.remove(sequence) {
            (entry.state, entry.deferred, entry.expires) = (State::Ready, false, None); // dead letters do not expire
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
            state: match entry.state {
                State::Scheduled(_) => 2,
                _ if entry.deferred => 1,
                _ => 0,
            },
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
