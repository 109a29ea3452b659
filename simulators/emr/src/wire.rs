//! A connection of which every byte is journalled.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
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
    let reader = Reader {
        from,
        log: log.clone(),
        codec: MllpCodec::new(max_content),
        buffer: BytesMut::new(),
        portion: vec![0; PORTION],
        header_seen: false,
    };
    Ok((reader, Writer { to, log, codec: MllpCodec::new(max_content), buffer: BytesMut::new() }))
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
}

/// The receiving half.
pub(crate) struct Reader {
    from: OwnedReadHalf,
    pub log: Arc<Log>,
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
                return Ok(self.arrived(received));
            }
            if let Some(header) = self.header() {
                return Ok(Arrived::Header(header));
            }
            let mut wanted = self.from.peek(&mut self.portion).await?;
            if !self.header_seen && header_alone() {
                wanted = self.portion[..wanted].iter().position(|byte| *byte == CR).map_or(wanted, |end| end + 1);
            }
            let read = self.from.read(&mut self.portion[..wanted]).await?;
            if read == 0 {
                return Ok(Arrived::End);
            }
            self.log.bytes(Direction::In, &self.portion[..read]);
            self.buffer.extend_from_slice(&self.portion[..read]);
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
        let rest = self.codec.decode_eof(&mut self.buffer).ok().flatten()?;
        Some(self.arrived(rest))
    }

    fn arrived(&self, received: Received) -> Arrived {
        match received {
            Received::Content(content) => {
                self.log.frame(Direction::In, &content);
                Arrived::Content(content)
            }
            Received::Malformed { problem, bytes } => {
                self.log.record(What::Malformed {
                    link: self.log.link,
                    connection: self.log.connection,
                    problem: problem.to_string(),
                    bytes: bytes.to_vec(),
                });
                Arrived::Malformed(problem, bytes)
            }
        }
    }
}

/// The sending half.
pub(crate) struct Writer {
    to: OwnedWriteHalf,
    pub log: Arc<Log>,
    /// Finds the frames in what is sent.
    codec: MllpCodec,
    buffer: BytesMut,
}

impl Writer {
    /// Writes each portion on its own. May be dropped while it waits: what was sent until then is journalled.
    pub async fn send<'a>(&mut self, portions: impl IntoIterator<Item = &'a [u8]>) -> io::Result<()> {
        for portion in portions {
            let mut rest = portion;
            while !rest.is_empty() {
                let sent = self.to.write(rest).await?;
                if sent == 0 {
                    return Err(io::ErrorKind::WriteZero.into());
                }
                self.sent(&rest[..sent]);
                rest = &rest[sent..];
            }
            tokio::task::yield_now().await; // the other end may read it before the next one is written
        }
        Ok(())
    }

    fn sent(&mut self, bytes: &[u8]) {
        self.log.bytes(Direction::Out, bytes);
        self.buffer.extend_from_slice(bytes);
        while let Ok(Some(received)) = self.codec.decode(&mut self.buffer) {
            if let Received::Content(content) = received {
                self.log.frame(Direction::Out, &content);
            }
        }
    }

    /// Tells the other end that nothing more will be sent.
    pub async fn shutdown(&mut self) -> io::Result<()> {
        self.to.shutdown().await
    }

    /// Ends the connection once the receiving half is gone too.
    pub async fn end(mut self, end: End) {
        match end {
            // an error means that the connection is gone already
            End::Close => drop(self.to.shutdown().await),
            End::Reset => {
                drop(self.to.as_ref().set_zero_linger());
                self.to.forget(); // its drop would send an orderly end first
            }
        }
    }
}
