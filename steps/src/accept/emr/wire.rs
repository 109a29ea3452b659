//! The proxy's end of an MLLP connection. The journal tells both links as the EMR sees them, as everywhere.

use std::io;

use bytes::BytesMut;
use journal::{Direction, Journal, Link, Peer, What};
use mllp::{MllpCodec, Received};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::codec::Decoder;

/// The fact by which bytes that are no frame are recorded.
pub(super) const MALFORMED: &str = "frame.malformed";

pub(super) struct Wire {
    stream: TcpStream,
    codec: MllpCodec,
    buffer: BytesMut,
    journal: Journal,
    link: Link,
    connection: u64,
}

impl Wire {
    pub(super) fn open(stream: TcpStream, link: Link, journal: &Journal) -> io::Result<Wire> {
        let connection = journal.next_connection();
        let remote = stream.peer_addr()?.to_string();
        journal.record(Peer::Emr, What::Opened { link, connection, remote });
        stream.set_nodelay(true)?;
        let codec = MllpCodec::new(mllp::DEFAULT_MAX_CONTENT);
        Ok(Wire { stream, codec, buffer: BytesMut::new(), journal: journal.clone(), link, connection })
    }

    /// The content of the next frame; nothing at the end of the connection. May be dropped while it waits.
    pub(super) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            while let Some(received) = self.codec.decode(&mut self.buffer)? {
                if let Some(content) = self.received(received) {
                    return Ok(Some(content));
                }
            }
            let before = self.buffer.len();
            let read = self.stream.read_buf(&mut self.buffer).await?;
            if read == 0 {
                let rest = self.codec.decode_eof(&mut self.buffer)?;
                return Ok(rest.and_then(|received| self.received(received)));
            }
            let bytes = self.buffer[before..].to_vec();
            let (link, connection, direction) = (self.link, self.connection, Direction::Out);
            self.journal.record(Peer::Emr, What::Bytes { link, connection, direction, bytes, omitted: 0 });
        }
    }

    fn received(&self, received: Received) -> Option<Vec<u8>> {
        match received {
            Received::Content(content) => {
                self.frame(Direction::Out, &content);
                Some(content.to_vec())
            }
            Received::Malformed { problem, bytes } => {
                let data = json!({ "problem": problem.to_string(), "bytes": hl7::show::excerpt(&bytes, 0, 60) });
                self.journal.fact(Peer::Emr, MALFORMED, self.connection, data);
                None
            }
        }
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, content: &[u8]) -> io::Result<()> {
        self.frame(Direction::In, content);
        self.stream.write_all(&mllp::frame(content)).await
    }

    fn frame(&self, direction: Direction, content: &[u8]) {
        let (link, connection) = (self.link, self.connection);
        self.journal.record(Peer::Emr, What::Frame { link, connection, direction, content: content.to_vec() });
    }

    /// Closes the connection.
    pub(super) async fn close(mut self, how: &str) {
        let (link, connection) = (self.link, self.connection);
        let _ = self.stream.shutdown().await; // gone already is as good
        self.journal.record(Peer::Emr, What::Closed { link, connection, how: how.to_owned() });
    }
}
