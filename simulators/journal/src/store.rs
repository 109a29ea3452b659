//! The journal of one scenario, or of a server that runs for long.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Event, Peer, What};

/// Raw bytes kept per scenario; what comes after is counted, not kept.
const MAX_RAW_BYTES: usize = 256 * 1024 * 1024;

/// Raw bytes kept by a bounded journal.
const MAX_RAW_BYTES_BOUNDED: usize = 16 * 1024 * 1024;

/// The events of one scenario. Clones share them.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("scenario", &self.0.scenario).finish_non_exhaustive()
    }
}

/// Is shown every event, in order, whether it is kept or not.
type Observer = Box<dyn Fn(&Event) + Send + Sync>;

struct Inner {
    scenario: String,
    began: Instant,
    /// Most events kept; nothing for all of them.
    bound: Option<usize>,
    observer: Option<Observer>,
    kept: Mutex<Kept>,
    length: watch::Sender<u64>,
    connections: AtomicU64,
}

#[derive(Debug, Default)]
struct Kept {
    events: VecDeque<Event>,
    /// Events that had to go, all of them older than those that are here.
    dropped: u64,
    raw_bytes: usize,
}

impl Kept {
    /// Events so far, dropped ones included.
    fn length(&self) -> u64 {
        self.dropped + self.events.len() as u64
    }

    fn take_oldest(&mut self) -> Option<Event> {
        let event = self.events.pop_front()?;
        self.raw_bytes -= raw_bytes(&event.what);
        self.dropped += 1;
        Some(event)
    }
}

fn raw_bytes(what: &What) -> usize {
    match what {
        What::Bytes { bytes, .. } => bytes.len(),
        _ => 0,
    }
}

/// A wait that ended without its event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing of the kind happened within {} ms", .0.as_millis())]
pub struct TimedOut(pub Duration);

impl Journal {
    /// An empty journal that keeps every event, and up to 256 MiB of raw bytes: for a scenario, which ends soon and
    /// whose verdicts need all of it.
    pub fn new(scenario: impl Into<String>) -> Journal {
        Journal::with(scenario.into(), None, None)
    }

    /// An empty journal that keeps the last `most_events` events, and of these the last 16 MiB of raw bytes: for a
    /// server that runs for long. Older ones are dropped and counted ([`Journal::dropped`]).
    pub fn bounded(scenario: impl Into<String>, most_events: usize) -> Journal {
        Journal::with(scenario.into(), Some(most_events), None)
    }

    /// The same with somebody who counts what happens: `observer` is shown every event, in their order. It must be quick and
    /// must not use the journal, which waits for it.
    pub fn observed(
        scenario: impl Into<String>,
        most_events: usize,
        observer: impl Fn(&Event) + Send + Sync + 'static,
    ) -> Journal {
        Journal::with(scenario.into(), Some(most_events), Some(Box::new(observer)))
    }

    fn with(scenario: String, bound: Option<usize>, observer: Option<Observer>) -> Journal {
        let (length, connections, kept) = (watch::Sender::new(0), AtomicU64::new(1), Mutex::default());
        Journal(Arc::new(Inner { scenario, began: Instant::now(), bound, observer, kept, length, connections }))
    }

    /// How many events are no longer here; it is also the [`Event::seq`] of the first one that is.
    pub fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// A number for a new connection, unique in the scenario, from 1.
    pub fn next_connection(&self) -> u64 {
        self.0.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Appends an event and wakes those who wait.
    pub fn record(&self, peer: Peer, mut what: What) {
        // what takes time and needs no order, outside the lock
        let (wall, scenario, mut old) = (jiff::Timestamp::now(), self.0.scenario.clone(), Vec::new());
        let length = {
            let mut kept = self.lock();
            kept.raw_bytes += raw_bytes(&what);
            if let What::Bytes { bytes, omitted, .. } = &mut what
                && self.0.bound.is_none()
                && kept.raw_bytes > MAX_RAW_BYTES
            {
                *omitted = bytes.len();
                *bytes = Vec::new();
            }
            let event = Event {
                seq: kept.length(),
                at_us: self.0.began.elapsed().as_micros() as u64,
                wall,
                scenario,
                peer,
                what,
            };
            if let Some(observer) = &self.0.observer {
                observer(&event);
            }
            kept.events.push_back(event);
            if let Some(bound) = self.0.bound {
                while kept.events.len() > bound || kept.raw_bytes > MAX_RAW_BYTES_BOUNDED {
                    old.extend(kept.take_oldest());
                }
            }
            kept.length()
        };
        // who subscribes later than this reads later, too, and finds the event
        if self.0.length.receiver_count() > 0 {
            self.0.length.send_replace(length);
        }
    }

    /// Records a [`What::Fact`].
    pub fn fact(&self, peer: Peer, name: &str, id: impl ToString, data: serde_json::Value) {
        self.record(peer, What::Fact { name: name.to_owned(), id: id.to_string(), data });
    }

    /// A copy of all events so far, less those dropped.
    pub fn events(&self) -> Vec<Event> {
        self.read(<[Event]>::to_vec)
    }

    /// Looks at all events so far, less those dropped, without copying them.
    pub fn read<T>(&self, query: impl FnOnce(&[Event]) -> T) -> T {
        query(self.lock().events.make_contiguous())
    }

    /// Waits until `query` finds what it looks for; it is asked again after each event.
    ///
    /// # Errors
    /// [`TimedOut`] when the deadline passes first.
    pub async fn eventually<T>(
        &self,
        deadline: Duration,
        mut query: impl FnMut(&[Event]) -> Option<T>,
    ) -> Result<T, TimedOut> {
        let mut length = self.0.length.subscribe();
        let search = async {
            loop {
                length.borrow_and_update();
                if let Some(found) = self.read(&mut query) {
                    return found;
                }
                if length.changed().await.is_err() {
                    std::future::pending::<()>().await; // unreachable: the sender lives in self
                }
            }
        };
        tokio::time::timeout(deadline, search).await.map_err(|_| TimedOut(deadline))
    }

    /// Waits for a quiet period in which `query` must find nothing.
    ///
    /// # Errors
    /// What the query found, at once.
    pub async fn never<T>(&self, quiet: Duration, query: impl FnMut(&[Event]) -> Option<T>) -> Result<(), T> {
        match self.eventually(quiet, query).await {
            Ok(found) => Err(found),
            Err(TimedOut(_)) => Ok(()),
        }
    }

    /// Overwrites secrets in recorded bytes and process output with `*`, so that no report holds them.
    pub fn redact(&self, secrets: &[String]) {
        for event in &mut self.lock().events {
            match &mut event.what {
                What::Bytes { bytes, .. } => secrets.iter().for_each(|secret| overwrite(bytes, secret.as_bytes())),
                What::Process { detail, .. } => secrets.iter().for_each(|s| *detail = detail.replace(s, "***")),
                _ => {}
            }
        }
    }

    /// Runs a task of a simulator; a panic in it becomes a [`What::Panic`] event instead of vanishing.
    pub fn spawn(
        &self,
        peer: Peer,
        task: &'static str,
        future: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let journal = self.clone();
        tokio::spawn(async move {
            if let Err(panic) = AssertUnwindSafe(future).catch_unwind().await {
                let text = panic
                    .downcast_ref::<String>()
                    .map(String::as_str)
                    .or_else(|| panic.downcast_ref::<&str>().copied())
                    .unwrap_or("no message");
                let place = LAST_PANIC.with_borrow_mut(Option::take).unwrap_or_else(|| "unknown place".to_owned());
                journal.record(peer, What::Panic { task: task.to_owned(), message: format!("{text} ({place})") });
            }
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn overwrite(bytes: &mut [u8], secret: &[u8]) {
    if secret.is_empty() {
        return;
    }
    let secret = memchr::memmem::Finder::new(secret);
    let length = secret.needle().len();
    let mut from = 0;
    while let Some(at) = secret.find(&bytes[from..]) {
        bytes[from + at..from + at + length].fill(b'*');
        from += at + length;
    }
}

thread_local! {
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Installs a panic hook that prints nothing and remembers the place of a panic for the journal, once.
///
/// To be called after a test runner has installed its own hook.
pub fn catch_panic_locations() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string);
            LAST_PANIC.with_borrow_mut(|last| *last = place);
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, Link};

    fn fact(events: &[Event], wanted: &str) -> Option<u64> {
        events.iter().find(|e| matches!(&e.what, What::Fact { name, .. } if name == wanted)).map(|e| e.seq)
    }

    #[tokio::test]
    async fn a_wait_ends_with_the_event_and_not_before() {
        let journal = Journal::new("s");
        let writer = journal.clone();
        let wait = journal.eventually(Duration::from_secs(5), |events| fact(events, "order.accepted"));
        let (found, ()) = tokio::join!(wait, async move {
            writer.fact(Peer::Cloud, "order.refused", 1, serde_json::Value::Null);
            tokio::task::yield_now().await;
            writer.fact(Peer::Cloud, "order.accepted", 2, serde_json::Value::Null);
        });
        assert_eq!(found, Ok(1));
    }

    #[tokio::test]
    async fn a_wait_has_a_deadline_and_a_quiet_period_ends_at_the_first_offence() {
        let journal = Journal::new("s");
        let limit = Duration::from_millis(20);
        assert_eq!(journal.eventually(limit, |events| fact(events, "x")).await, Err(TimedOut(limit)));
        assert_eq!(journal.never(limit, |events| fact(events, "x")).await, Ok(()));
        journal.fact(Peer::Cloud, "x", 1, serde_json::Value::Null);
        assert_eq!(journal.never(Duration::from_secs(60), |events| fact(events, "x")).await, Err(0));
    }

    #[tokio::test]
    async fn a_panic_in_a_simulator_is_an_event() {
        let journal = Journal::new("s");
        journal.spawn(Peer::Emr, "listener", async { panic!("out of cheese") });
        let message = journal
            .eventually(Duration::from_secs(5), |events| {
                events.iter().find_map(|e| match &e.what {
                    What::Panic { task, message } => Some(format!("{task}: {message}")),
                    _ => None,
                })
            })
            .await
            .unwrap();
        assert!(message.starts_with("listener: out of cheese"), "{message}");
    }

    #[test]
    fn a_secret_is_overwritten_in_bytes_and_output() {
        let journal = Journal::new("s");
        let bytes = b"key=k3y&key=k3y".to_vec();
        journal.record(
            Peer::Cloud,
            What::Bytes { link: Link::Https, connection: 1, direction: Direction::In, bytes, omitted: 0 },
        );
        let detail = "got k3y".to_owned();
        journal.record(Peer::Proxy, What::Process { instance: "A".into(), state: "stderr".into(), detail });
        journal.redact(&["k3y".to_owned()]);
        let text = serde_json::to_string(&journal.events()).unwrap();
        assert!(text.contains("got ***") && text.contains("a2V5PSoqKiZrZXk9Kioq"), "{text}"); // base64 of key=***&key=***
    }

    fn raw(length: usize) -> What {
        let bytes = vec![0; length];
        What::Bytes { link: Link::Results, connection: 1, direction: Direction::In, bytes, omitted: 0 }
    }

    #[test]
    fn raw_bytes_beyond_the_limit_are_counted_and_not_kept() {
        let journal = Journal::new("s");
        journal.lock().raw_bytes = MAX_RAW_BYTES - 10;
        journal.record(Peer::Emr, raw(10));
        journal.record(Peer::Emr, raw(1));
        let kept = |e: &Event| match &e.what {
            What::Bytes { bytes, omitted, .. } => (bytes.len(), *omitted),
            other => panic!("{other:?}"),
        };
        assert_eq!(journal.events().iter().map(kept).collect::<Vec<_>>(), [(10, 0), (0, 1)]);
        assert_eq!(journal.dropped(), 0);
    }

    #[tokio::test]
    async fn a_bounded_journal_keeps_the_last_events_and_counts_the_others() {
        let journal = Journal::bounded("s", 3);
        let fill = |numbers: std::ops::Range<i32>| {
            numbers.for_each(|n| journal.fact(Peer::Cloud, &format!("event {n}"), n, serde_json::Value::Null));
        };
        fill(0..3);
        assert_eq!((journal.events().len(), journal.dropped()), (3, 0));
        fill(3..10);
        assert_eq!(journal.events().iter().map(|e| e.seq).collect::<Vec<_>>(), [7, 8, 9]);
        assert_eq!(journal.dropped(), 7);
        let writer = journal.clone();
        let wait = journal.eventually(Duration::from_secs(5), |events| fact(events, "late"));
        let (found, ()) = tokio::join!(wait, async move { writer.fact(Peer::Cloud, "late", 0, 0.into()) });
        assert_eq!(found, Ok(10));
    }

    #[test]
    fn an_observer_is_shown_every_event_in_order() {
        let shown = Arc::new(Mutex::new(Vec::new()));
        let to = shown.clone();
        let journal = Journal::observed("s", 3, move |event| to.lock().unwrap().push(event.seq));
        for n in 0..5 {
            journal.fact(Peer::Cloud, "event", n, serde_json::Value::Null);
        }
        assert_eq!((shown.lock().unwrap().as_slice(), journal.dropped()), (&[0, 1, 2, 3, 4][..], 2));
    }

    #[test]
    fn a_bounded_journal_drops_old_events_to_keep_new_bytes() {
        let journal = Journal::bounded("s", 100);
        for _ in 0..5 {
            journal.record(Peer::Emr, raw(MAX_RAW_BYTES_BOUNDED / 3));
        }
        let kept: Vec<usize> = journal.read(|events| events.iter().map(|e| raw_bytes(&e.what)).collect());
        assert_eq!((kept, journal.dropped()), (vec![MAX_RAW_BYTES_BOUNDED / 3; 3], 2));
        journal.record(Peer::Emr, raw(MAX_RAW_BYTES_BOUNDED));
        assert_eq!((journal.events().len(), journal.dropped()), (1, 5));
        journal.record(Peer::Emr, raw(MAX_RAW_BYTES_BOUNDED + 1)); // too large for any journal of this kind
        assert_eq!((journal.events().len(), journal.dropped()), (0, 7));
    }
}
