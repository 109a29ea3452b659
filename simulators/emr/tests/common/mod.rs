//! What the tests share: an engine with a standing clock, and a proxy's side of a connection.
#![allow(dead_code, reason = "each test program uses a part")]

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use emr::{Answer, Emr, Options, Rule};
use faults::Faults;
use journal::{Clock, Direction, Event, Journal, Link, What};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const LIMIT: Duration = Duration::from_secs(10);

/// A result as the proxy sends it.
pub const ORU: &[u8] = b"MSH|^~\\&|IRIS|IRISF|EPIC|ANCL|20170410145907||ORU^R01|170410145907|T|2.4\rPID|1||ITCC1\r";

pub async fn engine() -> (Emr, Journal) {
    engine_late_by(Duration::from_millis(30)).await
}

pub async fn engine_late_by(ack_delay_late: Duration) -> (Emr, Journal) {
    let journal = Journal::new("test");
    let clock = Clock::fixed("2017-04-10T10:28:37Z".parse().unwrap());
    let results_listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let options =
        Options { results_listen, max_content: 4 * 1024 * 1024, clock, ack_delay_late, faults: Faults::default() };
    (Emr::start(journal.clone(), options).await.unwrap(), journal)
}

pub fn always(answer: Answer) -> Rule {
    Rule { answers: vec![answer], ..Rule::default() }
}

/// Nothing in a test waits longer than the limit.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("the test waited too long")
}

/// The proxy's side of C2.
pub struct Proxy(pub TcpStream);

impl Proxy {
    pub async fn connect(emr: &Emr) -> Proxy {
        Proxy(soon(TcpStream::connect(emr.results_address())).await.unwrap())
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        soon(self.0.write_all(bytes)).await.unwrap();
    }

    /// As many bytes as are expected.
    pub async fn read(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        soon(self.0.read_exact(&mut bytes)).await.unwrap();
        bytes
    }

    /// Everything until the end of the connection, and how it ended.
    pub async fn read_to_end(&mut self) -> (Vec<u8>, Result<(), std::io::ErrorKind>) {
        let mut bytes = Vec::new();
        let ended = soon(self.0.read_to_end(&mut bytes)).await;
        (bytes, ended.map(drop).map_err(|error| error.kind()))
    }
}

pub fn frame(content: &[u8]) -> Vec<u8> {
    [b"\x0b", content, b"\x1c\r"].concat()
}

pub fn portions(events: &[Event], wanted: Link, way: Direction) -> Vec<Vec<u8>> {
    let portion = |event: &Event| match &event.what {
        What::Bytes { link, direction, bytes, .. } if (*link, *direction) == (wanted, way) => Some(bytes.clone()),
        _ => None,
    };
    events.iter().filter_map(portion).collect()
}

pub fn frames(events: &[Event], wanted: Link, way: Direction) -> Vec<Vec<u8>> {
    let frame = |event: &Event| match &event.what {
        What::Frame { link, direction, content, .. } if (*link, *direction) == (wanted, way) => Some(content.clone()),
        _ => None,
    };
    events.iter().filter_map(frame).collect()
}

pub fn malformed(events: &[Event]) -> Vec<(String, Vec<u8>)> {
    let bad = |event: &Event| match &event.what {
        What::Malformed { problem, bytes, .. } => Some((problem.clone(), bytes.clone())),
        _ => None,
    };
    events.iter().filter_map(bad).collect()
}

/// How connections ended, with their numbers.
pub fn closings(events: &[Event]) -> Vec<(u64, String)> {
    let closing = |event: &Event| match &event.what {
        What::Closed { connection, how, .. } => Some((*connection, how.clone())),
        _ => None,
    };
    events.iter().filter_map(closing).collect()
}

pub async fn closed(journal: &Journal, connection: u64) -> String {
    let find = |events: &[Event]| closings(events).into_iter().find(|(number, _)| *number == connection);
    journal.eventually(LIMIT, find).await.unwrap().1
}
