//! The journal of a tap: one line an event, written when it happens.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::BytesMut;
use journal::{Direction, Event, Link, Peer, What};
use mllp::{MllpCodec, Received};
use tokio_util::codec::Decoder;
use tokio_util::sync::CancellationToken;

use super::secrets::Veil;

/// What a recorded connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HL7 in MLLP frames: frames are written besides the bytes.
    Mllp,
    /// HTTP/1.1 or AMQP inside TLS: secrets are made unreadable.
    Cloud,
}

/// Writes events to a file. Clones share it.
#[derive(Clone, Debug)]
pub struct Recorder(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    most_bytes: u64,
    file: Mutex<Kept>,
    connections: AtomicU64,
    full: CancellationToken,
}

#[derive(Debug)]
struct Kept {
    file: File,
    events: u64,
    bytes: u64,
    failed: Option<io::Error>,
}

impl Recorder {
    /// Begins a new file; at most `most_bytes` bytes of lines are written to it.
    ///
    /// # Errors
    /// The file is there already, or cannot be made.
    pub fn create(path: &Path, most_bytes: u64) -> io::Result<Recorder> {
        let file = File::options().write(true).create_new(true).open(path)?;
        let file = Mutex::new(Kept { file, events: 0, bytes: 0, failed: None });
        let (began, connections, full) = (Instant::now(), AtomicU64::new(1), CancellationToken::new());
        Ok(Recorder(Arc::new(Inner { began, most_bytes, file, connections, full })))
    }

    /// A number for a new connection, from 1.
    pub fn next_connection(&self) -> u64 {
        self.0.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until nothing more can be written: the file has its size, or the disk refuses.
    pub async fn full(&self) {
        self.0.full.cancelled().await;
    }

    /// Events written so far.
    ///
    /// # Errors
    /// The first line that could not be written.
    pub fn finish(&self) -> io::Result<u64> {
        let mut kept = self.lock();
        match kept.failed.take() {
            Some(error) => Err(error),
            None => kept.file.sync_all().map(|()| kept.events),
        }
    }

    /// Writes one event as one whole line.
    pub fn record(&self, peer: Peer, what: What) {
        let mut kept = self.lock();
        if self.0.full.is_cancelled() {
            return;
        }
        let at_us = self.0.began.elapsed().as_micros() as u64;
        let (seq, wall, scenario) = (kept.events, jiff::Timestamp::now(), "recorded".to_owned());
        let mut line = Vec::new();
        let written = journal::jsonl::write(&mut line, &[Event { seq, at_us, wall, scenario, peer, what }]);
        if kept.bytes + line.len() as u64 > self.0.most_bytes {
            return self.0.full.cancel();
        }
        if let Err(error) = written.and_then(|()| kept.file.write_all(&line)) {
            kept.failed = Some(error);
            return self.0.full.cancel();
        }
        (kept.events, kept.bytes) = (kept.events + 1, kept.bytes + line.len() as u64);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a recorded connection is.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub recorder: Recorder,
    /// From whose view it is written, as the simulators do: the EMR's for MLLP, the cloud's for TLS.
    pub peer: Peer,
    pub link: Link,
    pub connection: u64,
    pub protocol: Protocol,
}

impl Wire {
    pub fn record(&self, what: What) {
        self.recorder.record(self.peer, what);
    }

    pub fn opened(&self, remote: String) {
        self.record(What::Opened { link: self.link, connection: self.connection, remote });
    }

    pub fn closed(&self, how: String) {
        self.record(What::Closed { link: self.link, connection: self.connection, how });
    }

    /// One direction of it.
    pub fn side(&self, direction: Direction) -> Side {
        let (codec, buffer) = (MllpCodec::default(), BytesMut::new());
        Side { wire: self.clone(), direction, codec, buffer, veil: Veil::default() }
    }
}

/// One direction of a connection.
pub(super) struct Side {
    wire: Wire,
    direction: Direction,
    codec: MllpCodec,
    buffer: BytesMut,
    veil: Veil,
}

impl Side {
    pub fn passed(&mut self, bytes: &[u8]) {
        let (link, connection, direction) = (self.wire.link, self.wire.connection, self.direction);
        let mut shown = bytes.to_vec();
        if self.wire.protocol == Protocol::Cloud {
            self.veil.cover(&mut shown);
        }
        self.wire.record(What::Bytes { link, connection, direction, bytes: shown, omitted: 0 });
        if self.wire.protocol == Protocol::Mllp {
            self.buffer.extend_from_slice(bytes);
            while let Ok(Some(received)) = self.codec.decode(&mut self.buffer) {
                self.frame(received);
            }
        }
    }

    /// The side sends nothing more.
    pub fn ended(&mut self) {
        if self.wire.protocol == Protocol::Mllp
            && let Ok(Some(rest)) = self.codec.decode_eof(&mut self.buffer)
        {
            self.frame(rest);
        }
        let (name, id) = ("connection.half_closed".to_owned(), self.wire.connection.to_string());
        let data = serde_json::json!({ "direction": self.direction });
        self.wire.record(What::Fact { name, id, data });
    }

    fn frame(&self, received: Received) {
        let (link, connection, direction) = (self.wire.link, self.wire.connection, self.direction);
        self.wire.record(match received {
            Received::Content(content) => What::Frame { link, connection, direction, content: content.to_vec() },
            Received::Malformed { problem, bytes } => {
                What::Malformed { link, connection, problem: problem.to_string(), bytes: bytes.to_vec() }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_recording_may_have_its_size_and_ends_with_the_line_that_would_be_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let event = || What::Fact { name: "a".to_owned(), id: "b".to_owned(), data: serde_json::Value::Null };
        let size = || std::fs::metadata(&path).unwrap().len();
        let recorder = Recorder::create(&path, 10_000).unwrap();
        let mut sizes = vec![0];
        while !recorder.0.full.is_cancelled() {
            recorder.record(Peer::Emr, event());
            sizes.push(size());
        }
        recorder.full().await;
        let [.., before, last, same] = sizes[..] else { panic!("{sizes:?}") };
        // times in a line differ in length by some digits
        assert!(last == same && last <= 10_000 && last + 2 * (last - before) > 10_000, "{sizes:?}");
        assert_eq!(recorder.finish().unwrap(), sizes.len() as u64 - 2);
    }
}
