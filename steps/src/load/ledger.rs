//! What became of each message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hl7::Message;
use journal::{Direction, Event, Link, What};

use super::mix::Flow;
use super::report::{FlowReport, Second};

/// An hour: the longest latency that is told from a longer one, in microseconds.
const LONGEST_US: u64 = 3_600_000_000;
/// Different reasons of failures that are kept.
const MOST_REASONS: usize = 20;
/// Digits of a message's number.
const DIGITS: usize = 9;

/// The ledger of a run. Clones share it.
#[derive(Clone)]
pub(super) struct Ledger(Arc<Inner>);

struct Inner {
    prefix: String,
    state: Mutex<State>,
}

struct State {
    start: Instant,
    flows: BTreeMap<Flow, Entries>,
}

/// The messages of one flow.
struct Entries {
    messages: Vec<Entry>,
    /// How many of them have come to the other side.
    arrived: usize,
    latency: Histogram<u64>,
    seconds: Vec<Second>,
    /// The second that has not ended, with its latencies.
    current: (u64, Histogram<u64>),
    reasons: BTreeMap<String, u64>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// From when its latency counts, in microseconds since the start.
    from_us: u64,
    end: End,
    /// How often it came to the other side: an order to IRIS as a new one, anything else to the EMR.
    times: u16,
}

/// How it ended for whoever sent it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Not yet.
    Open,
    /// AA, or handed over to the bus.
    Accepted,
    /// AE or AR.
    Refused,
    /// No answer, or none that can be read.
    Failed,
}

impl Ledger {
    /// `prefix` begins all ids, so that those of several machines are different.
    pub fn new(prefix: &str) -> Ledger {
        let state = Mutex::new(State { start: Instant::now(), flows: BTreeMap::new() });
        Ledger(Arc::new(Inner { prefix: prefix.to_owned(), state }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins anew.
    pub fn begin(&self, start: Instant) {
        *self.state() = State { start, flows: BTreeMap::new() };
    }

    /// Control id, and for orders also placer order number and patient id, of a message.
    pub fn id(&self, flow: Flow, number: u64) -> String {
        format!("{}{}{number:0DIGITS$}", self.0.prefix, letter(flow))
    }

    /// Flow and number of a message by its id, if it is one of ours.
    fn of(&self, id: &str) -> Option<(Flow, usize)> {
        let rest = id.strip_prefix(&self.0.prefix)?;
        let flow = Flow::ALL.into_iter().find(|flow| rest.starts_with(letter(*flow)))?;
        Some((flow, rest.get(1..).filter(|number| number.len() == DIGITS)?.parse().ok()?))
    }

    /// A message is due; its latency counts from `from`.
    pub fn due(&self, flow: Flow, number: u64, from: Instant) {
        let mut state = self.state();
        let from_us = from.duration_since(state.start).as_micros() as u64;
        let messages = &mut state.flows.entry(flow).or_insert_with(Entries::new).messages;
        let number = number as usize;
        if messages.len() <= number {
            messages.resize(number + 1, Entry { from_us, end: End::Open, times: 0 });
        }
        messages[number].from_us = from_us;
    }

    /// How a message ended for whoever sent it; `latency` says whether that is the end of its latency too.
    pub fn ended(&self, flow: Flow, number: u64, end: End, reason: &str, latency: bool) {
        let mut state = self.state();
        let now_us = state.start.elapsed().as_micros() as u64;
        let Some(entries) = state.flows.get_mut(&flow) else { return };
        let Some(message) = entries.messages.get_mut(number as usize) else { return };
        message.end = end;
        let took = now_us.saturating_sub(message.from_us);
        if latency && end == End::Accepted {
            entries.settled(now_us, took);
        }
        if !reason.is_empty() && (entries.reasons.len() < MOST_REASONS || entries.reasons.contains_key(reason)) {
            *entries.reasons.entry(reason.to_owned()).or_default() += 1;
        }
    }

    /// Counts what comes to the other side.
    pub fn see(&self, event: &Event) {
        match &event.what {
            What::Fact { name, id, .. } if name == "order.accepted" => self.arrived(id, false),
            What::Frame { link: Link::Results, direction: Direction::In, content, .. } => {
                if let Ok(message) = Message::parse(content.as_slice()) {
                    self.arrived(&String::from_utf8_lossy(message.control_id()), true);
                }
            }
            _ => {}
        }
    }

    fn arrived(&self, id: &str, ends: bool) {
        let Some((flow, number)) = self.of(id) else { return };
        let mut state = self.state();
        let now_us = state.start.elapsed().as_micros() as u64;
        let Some(entries) = state.flows.get_mut(&flow) else { return };
        let Some(message) = entries.messages.get_mut(number) else { return };
        message.times = message.times.saturating_add(1);
        let took = now_us.saturating_sub(message.from_us);
        if message.times == 1 {
            entries.arrived += 1;
            // the latency of an exchange ends with its answer
            if ends && entries.messages[number].end == End::Accepted {
                entries.settled(now_us, took);
            }
        }
    }

    /// Whether every message has come to its end.
    fn is_settled(&self) -> bool {
        let open = |message: &Entry| match message.end {
            End::Open => true,
            End::Accepted => message.times == 0,
            End::Refused | End::Failed => false,
        };
        !self.state().flows.values().any(|entries| entries.messages.iter().any(open))
    }

    /// Messages that are due and have not arrived.
    pub fn under_way(&self, flow: Flow) -> usize {
        self.state().flows.get(&flow).map_or(0, |entries| entries.messages.len() - entries.arrived)
    }

    /// Waits until every message has come to its end, but no longer than `limit`.
    pub async fn settled(&self, limit: Duration) {
        let wait = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while !self.is_settled() {
                ticks.tick().await;
            }
        };
        // what has not arrived by then is lost
        let _ = tokio::time::timeout(limit, wait).await;
    }

    /// The counts of a flow, without latencies.
    pub fn counts(&self, flow: Flow) -> FlowReport {
        let state = self.state();
        let Some(entries) = state.flows.get(&flow) else { return FlowReport::default() };
        let count = |is: &dyn Fn(&Entry) -> bool| entries.messages.iter().filter(|message| is(message)).count() as u64;
        FlowReport {
            due: entries.messages.len() as u64,
            settled: count(&|message| message.end == End::Accepted && message.times > 0),
            lost: count(&|message| message.end == End::Accepted && message.times == 0),
            repeated: entries.messages.iter().map(|message| u64::from(message.times.saturating_sub(1))).sum(),
            refused: count(&|message| message.end == End::Refused),
            failed: count(&|message| matches!(message.end, End::Failed | End::Open)),
            reasons: entries.reasons.clone(),
            ..FlowReport::default()
        }
    }

    /// A percentile of the latencies so far, in milliseconds.
    pub fn percentile_ms(&self, flow: Flow, percent: f64) -> f64 {
        let state = self.state();
        state.flows.get(&flow).map_or(0.0, |entries| entries.latency.value_at_percentile(percent) as f64 / 1000.0)
    }

    /// All of a flow.
    pub fn report(&self, flow: Flow) -> FlowReport {
        let counts = self.counts(flow);
        let mut state = self.state();
        let Some(entries) = state.flows.get_mut(&flow) else { return counts };
        entries.end_second();
        FlowReport { latency: (&entries.latency).into(), seconds: entries.seconds.clone(), ..counts }
    }
}

impl Entries {
    fn new() -> Entries {
        let (latency, current) = (histogram(), (0, histogram()));
        Entries { messages: Vec::new(), arrived: 0, latency, seconds: Vec::new(), current, reasons: BTreeMap::new() }
    }

    fn settled(&mut self, now_us: u64, took_us: u64) {
        let second = now_us / 1_000_000;
        if second != self.current.0 {
            self.end_second();
            self.current.0 = second;
        }
        self.latency.saturating_record(took_us.max(1));
        self.current.1.saturating_record(took_us.max(1));
    }

    fn end_second(&mut self) {
        let (at, latency) = &mut self.current;
        if !latency.is_empty() {
            let [p50_us, p99_us] = [50.0, 99.0].map(|percent| latency.value_at_percentile(percent));
            self.seconds.push(Second { at: *at, settled: latency.len(), p50_us, p99_us, max_us: latency.max() });
            latency.reset();
        }
    }
}

/// An empty histogram, by which all latencies are counted: 1 µs to an hour, three digits.
pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LONGEST_US, 3).expect("bounds that a histogram can have")
}

fn letter(flow: Flow) -> char {
    match flow {
        Flow::Orm => 'O',
        Flow::Oru => 'R',
        Flow::Mdm => 'M',
        Flow::Dft => 'C',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use journal::{Journal, Peer};

    fn frame(id: &str) -> What {
        let content = format!("MSH|^~\\&|I|I|E|E|20170410145907||DFT^P03|{id}|P|2.3\r").into_bytes();
        What::Frame { link: Link::Results, connection: 1, direction: Direction::In, content }
    }

    #[tokio::test]
    async fn lost_and_repeated_messages_are_counted() {
        let ledger = Ledger::new("S01");
        let observer = ledger.clone();
        let journal = Journal::observed("s", 10, move |event| observer.see(event));
        ledger.begin(Instant::now());
        for number in 0..5 {
            ledger.due(Flow::Dft, number, Instant::now());
            ledger.due(Flow::Orm, number, Instant::now());
        }
        for number in 0..4 {
            ledger.ended(Flow::Dft, number, End::Accepted, "", false);
            ledger.ended(Flow::Orm, number, End::Accepted, "", true);
        }
        ledger.ended(Flow::Dft, 4, End::Failed, "full", false);
        ledger.ended(Flow::Orm, 4, End::Refused, "AE", true);
        for number in [0, 1, 1, 1, 2] {
            journal.record(Peer::Emr, frame(&ledger.id(Flow::Dft, number)));
            journal.fact(Peer::Cloud, "order.accepted", ledger.id(Flow::Orm, number), serde_json::Value::Null);
        }
        for stranger in ["S02C000000003", "S01C3", "S01X000000003", "S01C000000099", ""] {
            journal.record(Peer::Emr, frame(stranger));
        }
        ledger.settled(Duration::from_millis(10)).await;
        for flow in [Flow::Dft, Flow::Orm] {
            let report = ledger.report(flow);
            let counts = (report.due, report.settled, report.lost, report.repeated, report.refused + report.failed);
            assert_eq!(counts, (5, 3, 1, 2, 1), "{flow:?}");
            assert_eq!(report.reasons.len(), 1);
        }
        // a charge's latency ends when it comes first, an order's with its answer
        assert_eq!(ledger.report(Flow::Dft).seconds.iter().map(|second| second.settled).sum::<u64>(), 3);
        assert_eq!(ledger.report(Flow::Orm).seconds.iter().map(|second| second.settled).sum::<u64>(), 4);
    }
}
