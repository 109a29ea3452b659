//! Connections that are passed on.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use journal::{Direction, Link, Peer, What};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::recorder::{Protocol, Recorder, Side, Wire};
use super::tls::Doors;

/// How long the other end may take to accept a connection, or to shake hands.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);
/// Connections of a tap at once, each with one to the other end. One more is closed at once, which the recording tells.
const MAX_CONNECTIONS: usize = 1_024;
/// Bytes read at once.
const PORTION: usize = 64 * 1024;

/// One wire to be tapped.
#[derive(Clone, Debug)]
pub struct Tap {
    /// Where the other end is, as `HOST:PORT`.
    pub to: String,
    /// Which wire it is.
    pub link: Link,
    /// Both sides of TLS; none for plain TCP.
    pub doors: Option<Doors>,
}

/// A stream that can be reset.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {
    fn tcp(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

/// Takes connections until `stop`, then ends them and waits for their tasks.
pub async fn listen(listener: TcpListener, tap: Tap, recorder: Recorder, stop: CancellationToken) {
    listen_for(listener, tap, recorder, stop, MAX_CONNECTIONS).await;
}

async fn listen_for(listener: TcpListener, tap: Tap, recorder: Recorder, stop: CancellationToken, most: usize) {
    let places = Arc::new(Semaphore::new(most));
    let tasks = TaskTracker::new();
    let accept = async {
        loop {
            match listener.accept().await {
                Ok((client, remote)) => {
                    let Ok(place) = places.clone().try_acquire_owned() else {
                        let (name, id) = ("connection.refused".to_owned(), remote.to_string());
                        let data = json!({ "reason": "too many connections are open" });
                        recorder.record(Peer::Harness, What::Fact { name, id, data });
                        continue;
                    };
                    let (tap, recorder, stop) = (tap.clone(), recorder.clone(), stop.clone());
                    tasks.spawn(async move {
                        serve(client, remote, &tap, recorder, &stop).await;
                        drop(place);
                    });
                }
                // an error concerns one connection; a pause keeps "too many open files" from spinning
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    stop.run_until_cancelled(accept).await;
    tasks.close();
    tasks.wait().await;
}

async fn serve(client: TcpStream, remote: SocketAddr, tap: &Tap, recorder: Recorder, stop: &CancellationToken) {
    let connection = recorder.next_connection();
    let mllp = matches!(tap.link, Link::Orders | Link::Results);
    let (peer, protocol) = if mllp { (Peer::Emr, Protocol::Mllp) } else { (Peer::Cloud, Protocol::Cloud) };
    let wire = Wire { recorder, peer, link: tap.link, connection, protocol };
    wire.opened(format!("{remote} to {}", tap.to));
    let passed = async {
        let _ = client.set_nodelay(true); // a portion must not wait for the next one
        let connect = async {
            let server = TcpStream::connect(&tap.to).await?;
            server.set_nodelay(true)?;
            io::Result::Ok(server)
        };
        let server = match tokio::time::timeout(CONNECT_LIMIT, connect).await {
            Ok(Ok(server)) => server,
            failed => {
                let why = failed
                    .map_or_else(|_| "no answer".to_owned(), |r| r.err().map_or_else(String::new, |e| e.to_string()));
                reset(&client);
                return format!("reset by the tap: {} cannot be reached: {why}", tap.to);
            }
        };
        match &tap.doors {
            None => pass(client, server, &wire).await,
            Some(doors) => match tokio::time::timeout(CONNECT_LIMIT, doors.open(client, server)).await {
                Ok(Ok((client, server))) => pass(client, server, &wire).await,
                Ok(Err(error)) => format!("closed by the tap: {error}"),
                Err(_) => "closed by the tap: no TLS handshake in time".to_owned(),
            },
        }
    };
    let how =
        stop.run_until_cancelled(passed).await.unwrap_or_else(|| "closed by the tap: the recording ended".to_owned());
    wire.closed(how);
}

/// Passes bytes both ways until both ends have ended or one breaks; what a slow reader does not take is not read either.
async fn pass(client: impl Stream, server: impl Stream, wire: &Wire) -> String {
    // the EMR's view of orders is that of the one who connects, all others are that of the one who is connected to
    let (sent, answered) = match wire.link {
        Link::Orders => (Direction::Out, Direction::In),
        _ => (Direction::In, Direction::Out),
    };
    let (mut from_client, mut to_client) = tokio::io::split(client);
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let there = carry(&mut from_client, &mut to_server, wire.side(sent));
    let back = carry(&mut from_server, &mut to_client, wire.side(answered));
    let (there, back) =
        (async { there.await.map_err(|e| ("client", e)) }, async { back.await.map_err(|e| ("server", e)) });
    match tokio::try_join!(there, back) {
        Ok((first, second)) => format!("closed by the {}", if first <= second { "client" } else { "server" }),
        Err((side, error)) => {
            reset(from_client.unsplit(to_client).tcp());
            reset(from_server.unsplit(to_server).tcp());
            format!("reset: {error} on the way from the {side}")
        }
    }
}

/// When the side ended.
async fn carry(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut side: Side,
) -> io::Result<std::time::Instant> {
    let mut buffer = vec![0; PORTION];
    loop {
        match from.read(&mut buffer).await? {
            0 => {
                side.ended();
                let now = std::time::Instant::now();
                // it may have gone already, in answer to what came before
                let _ = to.shutdown().await;
                return Ok(now);
            }
            n => {
                side.passed(&buffer[..n]);
                to.write_all(&buffer[..n]).await?;
                to.flush().await?;
            }
        }
    }
}

/// Lets the connection end with a TCP reset when it is dropped.
fn reset(tcp: &TcpStream) {
    // an error means that it is gone already
    let _ = tcp.set_zero_linger();
}

impl Tap {
    /// Says what it listens for, on which address.
    pub fn describe(&self, at: SocketAddr) -> What {
        let data = json!({ "listen": at.to_string(), "to": self.to, "link": self.link });
        What::Fact { name: "tap.listens".to_owned(), id: at.to_string(), data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_closed_and_told_and_the_next_has_its_place() {
        const SOON: Duration = Duration::from_secs(10);
        let bind = async || TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (server, listener, folder) = (bind().await, bind().await, tempfile::tempdir().unwrap());
        let address = listener.local_addr().unwrap();
        let file = folder.path().join("journal.jsonl");
        let recorder = Recorder::create(&file, 1_000_000).unwrap();
        let tap = Tap { to: server.local_addr().unwrap().to_string(), link: Link::Orders, doors: None };
        let stop = CancellationToken::new();
        let tapping = tokio::spawn(listen_for(listener, tap, recorder.clone(), stop.clone(), 2));
        let connect = async || TcpStream::connect(address).await.unwrap();
        let (first, _second) = (connect().await, connect().await);
        let (passed, _) = server.accept().await.unwrap();
        let _also_passed = server.accept().await.unwrap();
        assert!(tokio::time::timeout(SOON, connect().await.read_u8()).await.unwrap().is_err());
        drop((first, passed));
        let next = async {
            loop {
                let client = connect().await; // the place is free a moment after both ends are gone
                tokio::select! {
                    accepted = server.accept() => break accepted.unwrap(),
                    _ = client.readable() => {}
                }
            }
        };
        tokio::time::timeout(SOON, next).await.expect("a place is free");
        stop.cancel();
        tapping.await.unwrap();
        recorder.finish().unwrap();
        assert!(std::fs::read_to_string(file).unwrap().contains("too many connections are open"));
    }
}
