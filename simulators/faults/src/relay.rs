//! Carries bytes between two streams.

use std::io;

use journal::{Direction, Journal, Link, Peer, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::{Deed, Exchange, Line, Passage, Towards};

/// Where the relayed bytes are written down.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The scenario's journal.
    pub journal: Journal,
    /// Who records.
    pub peer: Peer,
    /// Which wire it is.
    pub link: Link,
    /// Number of the connection.
    pub connection: u64,
}

impl Wire {
    fn record(&self, direction: Direction, bytes: &[u8]) {
        self.journal.record(
            self.peer,
            What::Bytes { link: self.link, connection: self.connection, direction, bytes: bytes.to_vec(), omitted: 0 },
        );
    }
}

/// How a relay ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// In words.
    pub how: String,
    /// Whether the connections have to be reset, which is the caller's work.
    pub reset: bool,
}

/// Carries bytes between the proxy's connection and the service behind it until either ends or a fault ends the connection.
/// `begins` recognizes the first bytes of a request.
pub async fn relay<P, S>(
    proxy: P,
    service: S,
    line: &Line,
    wire: Option<&Wire>,
    begins: impl Fn(&[u8]) -> Option<Exchange>,
) -> Ended
where
    P: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (from_proxy, to_proxy) = tokio::io::split(proxy);
    let (from_service, to_service) = tokio::io::split(service);
    let request = |bytes: &[u8]| {
        if let Some(wire) = wire {
            wire.record(Direction::In, bytes);
        }
        if let Some(exchange) = begins(bytes) {
            line.exchange(exchange);
        }
    };
    let answer = |bytes: &[u8]| {
        if let Some(wire) = wire {
            wire.record(Direction::Out, bytes);
        }
    };
    let requests = carry(from_proxy, to_service, line.passage(Towards::Peer), request, |_| {});
    let answers = carry(from_service, to_proxy, line.passage(Towards::Proxy), |_| {}, answer);
    tokio::pin!(requests, answers);
    let (side, ended) = tokio::select! {
        ended = &mut requests => match ended {
            // the service ends when it has answered what it still has to
            Ok(how) => ("the proxy", answers.await.map(|last| if last == RESET { last } else { how })),
            Err(error) => ("the proxy", Err(error)),
        },
        ended = &mut answers => ("the cloud", ended),
    };
    match ended {
        Ok(how) => Ended { how: format!("{how} by {side}"), reset: how == RESET },
        Err(error) => Ended { how: format!("failed at {side}: {error}"), reset: false },
    }
}

const RESET: &str = "reset";

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut passage: Passage,
    read: impl Fn(&[u8]),
    written: impl Fn(&[u8]),
) -> io::Result<&'static str> {
    let mut buffer = vec![0; 16 * 1024];
    let mut open = true;
    while open || passage.has_work() {
        tokio::select! {
            biased;
            deed = passage.next(), if passage.has_work() => match deed {
                Some(Deed::Bytes(bytes)) => {
                    written(&bytes);
                    to.write_all(&bytes).await?;
                    to.flush().await?;
                }
                Some(Deed::Close) => {
                    to.shutdown().await?;
                    return Ok("cut");
                }
                Some(Deed::Reset) => return Ok(RESET),
                Some(Deed::HalfClose) => to.shutdown().await?,
                None => {}
            },
            n = from.read(&mut buffer), if open && passage.takes_more() => {
                match n? {
                    0 => {
                        open = false;
                        passage.finish();
                    }
                    n => {
                        read(&buffer[..n]);
                        passage.push(&buffer[..n]);
                    }
                }
            }
        }
    }
    to.shutdown().await?; // for TLS: close_notify, which some SDKs insist on
    Ok("closed")
}

#[cfg(test)]
mod tests;
