//! The AMQP 1.0 bus: queues with peek-lock, as Azure Service Bus serves them (CON-001, CON-005, CON-040, CON-050).
//!
//! [`Bus`] is the queues; [`Bus::serve`] speaks AMQP with one client over any byte stream. The caller accepts TCP
//! connections (with `TCP_NODELAY`) and does TLS. A client must be authorized for a queue before it may attach a link:
//! by SASL PLAIN with the name and key of an [`Access`], or by a token put to `$cbs`.

mod broker;
mod cbs;
mod codec;
mod connection;
mod disturbed;
mod link;
mod management;
mod message;
mod node;
mod performative;
mod refusal;
mod session;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use faults::{Faults, Place};
use jiff::Timestamp;
use journal::{Clock, Journal, Peer, Seed, What};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

use broker::{Arrival, Part, Queue};
use message::Message;
use refusal::Refused;

pub use refusal::Refusal;

/// A queue and its rules.
#[derive(Clone, Debug)]
pub struct QueueConfig {
    /// Name, compared without case.
    pub name: String,
    /// How long a delivery stays locked unless it is renewed.
    pub lock: Duration,
    /// Failed deliveries after which a message becomes a dead letter.
    pub max_delivery_count: u32,
    /// Its name for faults; nothing for a queue that meets none.
    pub place: Option<Place>,
}

impl QueueConfig {
    /// A queue with Azure's defaults: locks of 30 seconds, 10 deliveries.
    pub fn new(name: impl Into<String>) -> QueueConfig {
        QueueConfig { name: name.into(), lock: Duration::from_secs(30), max_delivery_count: 10, place: None }
    }
}

/// A shared access policy.
#[derive(Clone)]
pub struct Access {
    /// Name of the key (`SharedAccessKeyName`).
    pub key_name: String,
    /// The key as it stands in a connection string (`SharedAccessKey`).
    pub key: String,
    /// The queues it is good for; nothing means all.
    pub queues: Option<Vec<String>>,
    /// The right to receive.
    pub listen: bool,
    /// The right to send.
    pub send: bool,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // the key stays out of logs
        f.debug_struct("Access").field("key_name", &self.key_name).finish_non_exhaustive()
    }
}

/// A check of a JSON web token: when it expires, in seconds since 1970; the error says why it is refused.
pub type Authorize = Arc<dyn Fn(&str) -> Result<i64, String> + Send + Sync>;

/// A namespace.
#[derive(Clone)]
pub struct BusConfig {
    /// Host name, for which tokens must be made; the loopback names are taken as well.
    pub namespace: String,
    /// Further host names under which the namespace is known, for example those of production (CON-004).
    pub aliases: Vec<String>,
    /// The queues.
    pub queues: Vec<QueueConfig>,
    /// Who may do what.
    pub access: Vec<Access>,
    /// Check of JSON web tokens, which give every right; nothing means that none is accepted.
    pub authorize: Option<Authorize>,
    /// Largest message in bytes.
    pub max_message_size: u64,
    /// How long to wait before a sent message is settled: a client of old hangs if it is settled at once (azure-wire).
    pub settle_delay: Option<Duration>,
    /// What goes wrong with signals.
    pub faults: Faults,
}

impl BusConfig {
    /// A namespace with Azure's defaults and one policy with all rights.
    pub fn new(namespace: impl Into<String>, queues: Vec<QueueConfig>, access: Access) -> BusConfig {
        BusConfig {
            namespace: namespace.into(),
            aliases: Vec::new(),
            queues,
            access: vec![access],
            authorize: None,
            max_message_size: 262_144,
            settle_delay: None,
            faults: Faults::default(),
        }
    }
}

/// How many messages a queue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ready for delivery.
    pub active: usize,
    /// With a receiver.
    pub locked: usize,
    /// In the dead-letter queue.
    pub dead_lettered: usize,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The payload.
    pub body: Vec<u8>,
    /// Why, for programs.
    pub reason: String,
    /// Why, for people.
    pub description: String,
    /// Failed deliveries.
    pub delivery_count: u32,
}

/// A message that the bus does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no such queue.
    #[error("there is no queue {0:?}; the bus has the queues of its configuration only")]
    NoQueue(String),
    /// The message is too large.
    #[error("a message of {size} bytes is larger than the {max} that the bus takes")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        max: u64,
    },
    /// The queue is full.
    #[error("queue {queue:?} holds {max} and takes no more")]
    Full {
        /// The queue.
        queue: String,
        /// The limit, dead letters included.
        max: String,
    },
}

impl SendError {
    /// The AMQP condition that a client is told.
    fn condition(&self) -> &'static str {
        match self {
            SendError::NoQueue(_) => "amqp:not-found",
            SendError::TooLarge { .. } => "amqp:link:message-size-exceeded",
            SendError::Full { .. } => "amqp:resource-limit-exceeded",
        }
    }
}

/// A namespace with its queues. Clones share them.
#[derive(Clone)]
pub struct Bus(Arc<Shared>);

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").field("namespace", &self.0.config.namespace).finish_non_exhaustive()
    }
}

/// What the connections of a bus share.
struct Shared {
    config: BusConfig,
    queues: Mutex<BTreeMap<String, Queue>>,
    /// Marked when a queue may have something for a receiver.
    changed: watch::Sender<()>,
    /// When time changes something next, as far as is known; marked when that has become sooner.
    alarm: watch::Sender<Option<Instant>>,
    /// Marked when the connections are to end.
    end: watch::Sender<End>,
    /// The queues that give no service.
    refusals: watch::Sender<BTreeMap<String, Refused>>,
    /// Whether the task that lets locks lapse has been started.
    timing: AtomicBool,
    ids: AtomicU64,
    journal: Journal,
    clock: Clock,
    seed: Seed,
}

/// An order to all connections.
#[derive(Clone, Debug, Default)]
struct End {
    condition: String,
    for_good: bool,
}

impl Bus {
    /// A bus with empty queues. `clock` gives the time at which a message was enqueued; `seed` gives lock tokens and
    /// the ids of messages that come without. Locks run by real time, because clients compare their end with it.
    pub fn new(config: BusConfig, journal: Journal, clock: Clock, seed: Seed) -> Bus {
        let queue = |queue: &QueueConfig| {
            let name = queue.name.to_ascii_lowercase();
            (name.clone(), Queue::new(queue.clone(), seed.derive(&name)))
        };
        let queues = Mutex::new(config.queues.iter().map(queue).collect());
        let (changed, end, refusals) = (watch::Sender::new(()), watch::Sender::default(), watch::Sender::default());
        let (timing, ids) = (AtomicBool::new(false), AtomicU64::new(1));
        let alarm = watch::Sender::default();
        Bus(Arc::new(Shared { config, queues, changed, alarm, end, refusals, timing, ids, journal, clock, seed }))
    }

    /// Whether it is one that faults are about.
    pub(crate) fn meets_faults(&self) -> bool {
        self.0.config.queues.iter().any(|queue| queue.place.is_some())
    }

    /// Speaks AMQP with one client until either side ends the connection. `remote` names the client in the journal.
    pub async fn serve<S>(&self, stream: S, remote: String)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        if !self.0.timing.swap(true, Ordering::Relaxed) {
            let (bus, alarm) = (Arc::downgrade(&self.0), self.0.alarm.subscribe());
            // ends with the bus
            self.0.journal.spawn(Peer::Cloud, "bus locks", let_locks_lapse(bus, alarm));
        }
        connection::serve(&self.0, stream, remote).await;
    }

    /// Puts a message into a queue and returns its sequence number: one data section, content type
    /// `application/json` (CON-040, CON-050).
    ///
    /// # Errors
    /// [`SendError`].
    pub fn send(&self, queue: &str, body: Vec<u8>, message_id: &str) -> Result<i64, SendError> {
        let sequences = self.0.enqueue(&queue.to_ascii_lowercase(), vec![Message::json(body, message_id)])?;
        Ok(sequences.first().copied().unwrap_or_default())
    }

    /// Takes the next message of a queue for good; nothing if there is none. For the cloud's own ends of queues.
    pub fn take(&self, queue: &str) -> Option<Vec<u8>> {
        let take = |queue: &mut Queue| queue.take_next(Part::Live, Instant::now());
        Some(self.0.with_queue(&queue.to_ascii_lowercase(), take)??.message.body())
    }

    /// As [`Bus::take`], but messages that are not fit become dead letters for this reason.
    pub fn take_fit(&self, queue: &str, fit: impl Fn(&[u8]) -> bool, reason: &str) -> Option<Vec<u8>> {
        let take = |queue: &mut Queue| queue.take_fit(fit, reason, Instant::now());
        self.0.with_queue(&queue.to_ascii_lowercase(), take)?
    }

    /// Waits until a queue may have something to take; see [`Bus::take`]. A change between two calls is not missed.
    pub fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// How many messages a queue has; nothing if there is no such queue.
    pub fn counts(&self, queue: &str) -> Option<Counts> {
        self.0.with_queue(&queue.to_ascii_lowercase(), |queue| {
            queue.expire(Instant::now());
            queue.counts()
        })
    }

    /// The messages that were given up, in queue order; empty if there is no such queue.
    pub fn dead_letters(&self, queue: &str) -> Vec<DeadLetter> {
        self.0.with_queue(&queue.to_ascii_lowercase(), |queue| queue.dead_letters()).unwrap_or_default()
    }

    /// Changes how long deliveries of a queue stay locked from now on (for CON-077).
    pub fn set_lock(&self, queue: &str, lock: Duration) {
        self.0.with_queue(&queue.to_ascii_lowercase(), |queue| queue.set_lock(lock));
    }

    /// Lets all locks of a queue lapse now (for CON-045).
    pub fn expire_locks(&self, queue: &str) {
        self.0.with_queue(&queue.to_ascii_lowercase(), Queue::expire_all);
    }

    /// Closes every connection with an error, for example `amqp:connection:forced`. Locks stay until they lapse.
    pub fn disconnect_all(&self, condition: &str) {
        self.0.end.send_modify(|end| condition.clone_into(&mut end.condition));
    }

    /// Closes every connection, for good.
    pub fn shutdown(&self) {
        self.0.end.send_replace(End { condition: "amqp:connection:forced".to_owned(), for_good: true });
    }
}

impl Shared {
    /// Does something to a queue, writes what happened to the journal in order, and wakes those who wait.
    fn with_queue<T>(&self, name: &str, operation: impl FnOnce(&mut Queue) -> T) -> Option<T> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get_mut(name)?;
        let result = operation(queue);
        let (facts, next) = (queue.take_facts(), queue.next_expiry());
        // what a receiver takes is nothing to another: waking them all for it would cost most of their time
        let taken = ["queue.locked", "queue.renewed", "queue.completed"];
        let news = facts.iter().any(|fact| !taken.contains(&fact.name));
        for fact in facts {
            let mut data = serde_json::json!({
                "namespace": self.config.namespace, "sequence": fact.sequence, "delivery_count": fact.delivery_count,
            });
            data["queue"] = fact.queue.into();
            if let Some(reason) = fact.reason {
                data["reason"] = reason.into();
            }
            self.journal.record(Peer::Cloud, What::Fact { name: fact.name.to_owned(), id: fact.id, data });
        }
        drop(queues);
        self.set_alarm(next);
        if news {
            self.changed.send_replace(());
        }
        Some(result)
    }

    /// Sees to it that [`let_locks_lapse`] is awake at `next`.
    fn set_alarm(&self, next: Option<Instant>) {
        self.alarm.send_if_modified(|alarm| {
            let sooner = next.is_some_and(|next| alarm.is_none_or(|alarm| next < alarm));
            if sooner {
                *alarm = next;
            }
            sooner
        });
    }

    /// The id of a message that comes without.
    fn new_message_id(&self) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        self.seed.uuid(&format!("message/{number}")).simple().to_string()
    }

    fn enqueue(&self, queue: &str, messages: Vec<Message>) -> Result<Vec<i64>, SendError> {
        let max = self.config.max_message_size;
        if let Some(size) = messages.iter().map(Message::size).find(|size| *size as u64 > max) {
            return Err(SendError::TooLarge { size, max });
        }
        // clients schedule by the machine's clock
        let arrival = Arrival { enqueued: self.clock.now(), now: Instant::now(), client: Timestamp::now() };
        self.with_queue(queue, |queue| queue.enqueue(messages, arrival))
            .unwrap_or_else(|| Err(SendError::NoQueue(queue.to_owned())))
    }
}

/// What a receiver gets of a message as a sender wrote it; nothing if it is none. For benchmarks, which see no private codec.
#[doc(hidden)]
pub fn passed_on(message: &[u8]) -> Option<Vec<u8>> {
    let mut messages = message::parse_transfer(0, message, String::new).ok()?;
    let message = Arc::new(messages.pop()?);
    let (token, enqueued) = (Some(uuid::Uuid::nil()), Timestamp::UNIX_EPOCH);
    let (sequence, delivery_count, dead, state) = (1, 0, None, 0);
    let delivery =
        broker::Delivery { sequence, token, delivery_count, enqueued, dead, state, message: message.clone() };
    Some(message.encode(&delivery, Some(Timestamp::UNIX_EPOCH)))
}

/// Returns messages to their queue when their locks lapse, also while no client is connected (CON-045).
async fn let_locks_lapse(bus: Weak<Shared>, mut alarm: watch::Receiver<Option<Instant>>) {
    loop {
        let next = {
            let Some(bus) = bus.upgrade() else { return };
            // what is set from here on wakes this task again
            bus.alarm.send_replace(None);
            for queue in &bus.config.queues {
                // sets the alarm
                bus.with_queue(&queue.name.to_ascii_lowercase(), |queue| queue.expire(Instant::now()));
            }
            *alarm.borrow_and_update()
        };
        let lapse = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = lapse => {}
            changed = alarm.changed() => if changed.is_err() { return },
        }
    }
}
