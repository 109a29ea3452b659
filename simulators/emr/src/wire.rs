//! A connection of which every byte is journalled.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use faults::{Deed, Faults, Framing, Line, Passage, Place, Towards};
use hl7::Message;
use journal::{Direction, Journal, Link, Peer, What};
use mllp::{CR, MllpCodec, Problem, Received};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_util::codec::Decoder;

use crate::reply::End;

pub(crate) const CLOSED_BY_PROXY: &str = "closed by the proxy";

/// Bytes read at once.
const PORTION: usize = 64 * 1024;

/// The journal's view of one connection.
pub(crate) struct Log {
    journal: Journal,
    link: Link,
    pub connection: u64,
    closed: AtomicBool,
}

impl Log {
    fn bytes(&self, direction: Direction, bytes: &[u8]) {
        let (link, connection) = (self.link, self.connection);
        self.record(What::Bytes { link, connection, direction, bytes: bytes.to_vec(), omitted: 0 });
    }

    /// Records what the proxy has sent, whatever a fault makes of it.
    fn received(&self, received: Received) {
        let (link, connection) = (self.link, self.connection);
        match received {
            Received::Content(content) => self.frame(Direction::In, &content),
            Received::Malformed { problem, bytes } => {
                let (problem, bytes) = (problem.to_string(), bytes.to_vec());
                self.record(What::Malformed { link, connection, problem, bytes });
            }
        }
    }

    fn frame(&self, direction: Direction, content: &[u8]) {
        let (link, connection) = (self.link, self.connection);
        self.record(What::Frame { link, connection, direction, content: content.to_vec() });
    }

    /// Records the end of the connection; only the first call counts.
    pub fn closed(&self, how: impl ToString) {
        if !self.closed.swap(true, Ordering::Relaxed) {
            self.record(What::Closed { link: self.link, connection: self.connection, how: how.to_string() });
        }
    }

    fn record(&self, what: What) {
        self.journal.record(Peer::Emr, what);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.closed(End::Close.how());
    }
}

/// Takes a connection that was just made.
pub(crate) fn open(
    journal: &Journal,
    faults: &Faults,
    link: Link,
    stream: TcpStream,
    remote: SocketAddr,
    max_content: usize,
) -> io::Result<(Reader, Writer)> {
    let connection = journal.next_connection();
    let log = Arc::new(Log { journal: journal.clone(), link, connection, closed: AtomicBool::new(false) });
    log.record(What::Opened { link, connection, remote: remote.to_string() });
    stream.set_nodelay(true)?; // a portion must not wait for the next one
    let (from, to) = stream.into_split();
    let place = if link == Link::Orders { Place::Orders } else { Place::Results };
    let line = Line::new(faults.clone(), &[place], Framing::Mllp);
    let reader = Reader {
        from,
        log: log.clone(),
        seen: Frames::new(max_content),
        passage: line.passage(Towards::Peer),
        codec: MllpCodec::new(max_content),
        buffer: BytesMut::new(),
        portion: vec![0; PORTION],
        header_seen: false,
    };
    let sent = Frames::new(max_content);
    Ok((reader, Writer { to: Some(to), log, sent, passage: line.passage(Towards::Proxy), midway: false }))
}

/// Finds the frames in what crosses the wire, for the journal.
struct Frames {
    codec: MllpCodec,
    buffer: BytesMut,
}

impl Frames {
    fn new(max_content: usize) -> Frames {
        Frames { codec: MllpCodec::new(max_content), buffer: BytesMut::new() }
    }

    fn next(&mut self, bytes: &[u8]) -> Vec<Received> {
        self.buffer.extend_from_slice(bytes);
        std::iter::from_fn(|| self.codec.decode(&mut self.buffer).ok().flatten()).collect()
    }
}

/// What arrived.
pub(crate) enum Arrived {
    /// The MSH segment of a frame that is not complete yet.
    Header(Message),
    /// The content of a complete frame.
    Content(Bytes),
    /// Bytes that are no frame.
    Malformed(Problem, Bytes),
    /// The other end sends nothing more.
    End,
    /// A fault has broken the connection.
    Broken,
}

/// The receiving half.
pub(crate) struct Reader {
    from: OwnedReadHalf,
    pub log: Arc<Log>,
    /// What the proxy has sent, for the journal.
    seen: Frames,
    /// What a fault leaves of it.
    passage: Passage,
    codec: MllpCodec,
    /// While a frame is incomplete: its content so far.
    buffer: BytesMut,
    portion: Vec<u8>,
    header_seen: bool,
}

impl Reader {
    /// Waits for the next arrival. May be dropped while it waits; nothing is lost then. Where `header_alone`, the MSH segment is
    /// read on its own, so that an answer can come before the frame is complete (ACK-084); it is asked when bytes are there.
    pub async fn next(&mut self, header_alone: impl Fn() -> bool) -> io::Result<Arrived> {
        loop {
            if let Some(received) = self.codec.decode(&mut self.buffer)? {
                self.header_seen = false;
                return Ok(arrived(received));
            }
            if let Some(header) = self.header() {
                return Ok(Arrived::Header(header));
            }
            if self.passage.has_work() {
                match self.passage.next().await {
                    Some(Deed::Bytes(bytes)) => self.buffer.extend_from_slice(&bytes),
                    Some(Deed::Reset) => return Ok(Arrived::Broken),
                    // to the engine it looks as if the proxy sent nothing more
                    Some(Deed::Close | Deed::HalfClose) => return Ok(Arrived::End),
                    None => {}
                }
                continue;
            }
            self.from.readable().await?;
            let mut wanted = PORTION;
            if !self.header_seen && header_alone() {
                let there = self.from.peek(&mut self.portion).await?;
                wanted = self.portion[..there].iter().position(|byte| *byte == CR).map_or(there, |end| end + 1);
            }
            let read = self.from.read(&mut self.portion[..wanted]).await?;
            if read == 0 {
                self.passage.finish();
                if self.passage.has_work() {
                    continue;
                }
                return Ok(Arrived::End);
            }
            self.log.bytes(Direction::In, &self.portion[..read]);
            for received in self.seen.next(&self.portion[..read]) {
                self.log.received(received);
            }
            self.passage.push(&self.portion[..read]);
        }
    }

    fn header(&mut self) -> Option<Message> {
        if self.header_seen {
            return None;
        }
        // no further than a header can reach: content without CR must not be searched again with every portion
        let end = self.buffer.iter().take(PORTION).position(|byte| *byte == CR)?;
        self.header_seen = true;
        Message::parse(&self.buffer[..=end]).ok()
    }

    /// What is left of an incomplete frame, when nothing more will be read (MLLP-021).
    pub fn finish(&mut self) -> Option<Arrived> {
        if let Ok(Some(rest)) = self.seen.codec.decode_eof(&mut self.seen.buffer) {
            self.log.received(rest);
        }
        self.codec.decode_eof(&mut self.buffer).ok().flatten().map(arrived)
    }
}

fn arrived(received: Received) -> Arrived {
    match received {
        Received::Content(content) => Arrived::Content(content),
        Received::Malformed { problem, bytes } => Arrived::Malformed(problem, bytes),
    }
}

/// The sending half.
pub(crate) struct Writer {
    /// Nothing once it is broken.
    to: Option<OwnedWriteHalf>,
    pub log: Arc<Log>,
    sent: Frames,
    passage: Passage,
    /// Whether a portion of this answer was written.
    midway: bool,
}

impl Writer {
    /// Writes each portion on its own, as far as faults let it. May be dropped while it waits: what was sent until then is
    /// journalled.
    pub async fn send<'a>(&mut self, portions: impl IntoIterator<Item = &'a [u8]>) -> io::Result<()> {
        self.midway = false;
        for portion in portions {
            self.passage.push(portion);
            while self.passage.has_work() && !self.passage.takes_more() {
                self.work().await?;
            }
        }
        self.passage.finish();
        while self.passage.has_work() {
            self.work().await?;
        }
        Ok(())
    }

    async fn work(&mut self) -> io::Result<()> {
        match self.passage.next().await {
            Some(Deed::Bytes(bytes)) => self.write(&bytes).await,
            Some(Deed::HalfClose) => self.shutdown().await,
            Some(Deed::Close) => {
                self.shutdown().await?;
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed by a fault"))
            }
            Some(Deed::Reset) => {
                self.break_off();
                Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset by a fault"))
            }
            None => Ok(()),
        }
    }

    async fn write(&mut self, mut rest: &[u8]) -> io::Result<()> {
        if std::mem::replace(&mut self.midway, true) {
            tokio::task::yield_now().await; // the other end may read what was written before
        }
        let to = self.to.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        while !rest.is_empty() {
            let sent = to.write(rest).await?;
            if sent == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.log.bytes(Direction::Out, &rest[..sent]);
            for received in self.sent.next(&rest[..sent]) {
                if let Received::Content(content) = received {
                    self.log.frame(Direction::Out, &content);
                }
            }
            rest = &rest[sent..];
        }
        Ok(())
    }

    /// Tells the other end that nothing more will be sent.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        match &mut self.to {
            Some(to) => to.shutdown().await,
            None => Ok(()),
        }
    }

    /// Whether a fault has reset the connection, which happens when the receiving half is gone too.
    pub fn is_broken(&self) -> bool {
        self.to.is_none()
    }

    fn break_off(&mut self) {
        if let Some(to) = self.to.take() {
            // an error means that the connection is gone already
            drop(to.as_ref().set_zero_linger());
            to.forget(); // its drop would send an orderly end first
        }
    }

    /// Ends the connection once the receiving half is gone too.
    pub async fn end(mut self, end: End) {
        match end {
            End::Close => drop(self.shutdown().await),
            End::Reset => self.break_off(),
        }
    }
}
