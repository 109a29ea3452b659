//! Carries bytes between two streams.

use std::io;

use journal::{Direction, Journal, Link, Peer, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::{Line, Passage};

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

/// Carries bytes between the proxy's connection and the service behind it until either ends or the line's fault cuts
/// the connection; then says how it ended. Faults act on bytes towards the proxy.
pub async fn relay<P, S>(proxy: P, service: S, line: &Line, wire: &Wire) -> String
where
    P: AsyncRead + AsyncWrite,
    S: AsyncRead + AsyncWrite,
{
    let (from_proxy, to_proxy) = tokio::io::split(proxy);
    let (from_service, to_service) = tokio::io::split(service);
    let requests = carry(from_proxy, to_service, None, wire, Direction::In);
    let answers = carry(from_service, to_proxy, Some(line), wire, Direction::Out);
    let (side, ended) = tokio::select! {
        ended = requests => ("the proxy", ended),
        ended = answers => ("the cloud", ended),
    };
    match ended {
        Ok(how) => format!("{how} by {side}"),
        Err(error) => format!("failed at {side}: {error}"),
    }
}

async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    line: Option<&Line>,
    wire: &Wire,
    direction: Direction,
) -> io::Result<&'static str> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            to.shutdown().await?; // for TLS: close_notify, which some SDKs insist on
            return Ok("closed");
        }
        let passage = match line {
            Some(line) => line.pass(n).await,
            None => Passage::Whole,
        };
        let passing = match passage {
            Passage::Whole => &buffer[..n],
            Passage::CutAt(at) => &buffer[..at],
        };
        wire.record(direction, passing);
        to.write_all(passing).await?;
        to.flush().await?;
        if passage != Passage::Whole {
            return Ok("cut");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Fault;

    /// Sends `answer` from the service through a line and returns what the proxy reads and how the relay ended.
    async fn through(line: &Line, answer: &'static [u8]) -> (Vec<u8>, String) {
        let wire = Wire { journal: Journal::new("s"), peer: Peer::Cloud, link: Link::Https, connection: 1 };
        let (mut proxy, outer) = tokio::io::duplex(64);
        let (inner, mut service) = tokio::io::duplex(64);
        let (how, read) = tokio::join!(relay(outer, inner, line, &wire), async {
            service.write_all(answer).await.unwrap();
            drop(service);
            let mut read = Vec::new();
            let _ = proxy.read_to_end(&mut read).await;
            read
        });
        (read, how)
    }

    #[tokio::test]
    async fn without_a_fault_all_bytes_pass() {
        let (read, how) = through(&Line::default(), b"HTTP/1.1 200 OK").await;
        assert_eq!(read, b"HTTP/1.1 200 OK");
        assert_eq!(how, "closed by the cloud");
    }

    #[tokio::test]
    async fn a_cut_lets_so_many_bytes_pass_and_happens_once() {
        let line = Line::default();
        line.set(Fault::Cut { after: 4 });
        assert_eq!(through(&line, b"HTTP/1.1").await, (b"HTTP".to_vec(), "cut by the cloud".to_owned()));
        assert_eq!(through(&line, b"HTTP/1.1").await.0, b"HTTP/1.1");
    }

    #[tokio::test(start_paused = true)]
    async fn latency_delays_every_portion() {
        let line = Line::default();
        line.set(Fault::Latency(Duration::from_secs(3)));
        let began = tokio::time::Instant::now();
        assert_eq!(through(&line, b"late").await.0, b"late");
        assert_eq!(began.elapsed().as_secs(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_ends_when_it_is_lifted() {
        let line = Line::default();
        line.set(Fault::Stall);
        let lifter = line.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            lifter.lift();
        });
        let began = tokio::time::Instant::now();
        assert_eq!(through(&line, b"at last").await.0, b"at last");
        assert_eq!(began.elapsed().as_secs(), 60);
    }
}
