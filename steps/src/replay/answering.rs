//! The EMR's side of the results wire: every message gets the bytes that it got when it was recorded.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use hl7::Message;
use journal::{Direction, Journal, Link, Peer, What};
use mllp::{MllpCodec, Received};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::codec::Decoder;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Connections at once; one more is closed at once, which the journal tells.
const MAX_CONNECTIONS: usize = 1_024;

/// What the messages are answered with, by their bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Replies(Arc<Mutex<ByMessage>>);

type ByMessage = HashMap<Vec<u8>, Vec<Vec<u8>>>;

impl Replies {
    pub fn add(&self, content: &[u8], replies: &[Vec<u8>]) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(content.to_vec(), replies.to_vec());
    }

    /// The next answer; the last one is given again and again. A message that was changed on its way is known by its control id,
    /// and one that nobody recorded gets an answer of its own.
    fn next(&self, content: &[u8]) -> Vec<u8> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = control_id(content);
        let known = match all.contains_key(content) {
            true => Some(content.to_vec()),
            false => all.keys().find(|other| control_id(other) == id).cloned(),
        };
        match known.and_then(|known| all.get_mut(&known)) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies.first().cloned().unwrap_or_default(),
            None => accept(content),
        }
    }
}

pub(super) fn control_id(content: &[u8]) -> Vec<u8> {
    Message::parse(content).map(|message| message.control_id().to_vec()).unwrap_or_default()
}

/// An acknowledgement that accepts, in its frame.
pub(super) fn accept(content: &[u8]) -> Vec<u8> {
    let id = control_id(content);
    mllp::frame(&[&b"MSH|^~\\&|EMR||IRIS||20170410145907||ACK|1|P|2.3\rMSA|AA|"[..], &id, b"\r"].concat()).to_vec()
}

/// Listens until the guard is dropped.
pub(super) async fn listen(at: SocketAddr, replies: Replies, journal: Journal) -> std::io::Result<DropGuard> {
    Ok(listen_for(bind(at).await?, replies, journal, MAX_CONNECTIONS))
}

fn listen_for(listener: TcpListener, replies: Replies, journal: Journal, most: usize) -> DropGuard {
    let places = Arc::new(Semaphore::new(most));
    let stop = CancellationToken::new();
    let (stopped, writer) = (stop.clone(), journal.clone());
    let accepting = async move {
        loop {
            match listener.accept().await {
                Ok((stream, remote)) => {
                    let Ok(place) = places.clone().try_acquire_owned() else {
                        let reason = json!({ "reason": "too many connections are open" });
                        journal.fact(Peer::Emr, "connection.refused", remote, reason);
                        continue;
                    };
                    let (replies, journal, stop) = (replies.clone(), journal.clone(), stopped.clone());
                    let connection = journal.next_connection();
                    let link = Link::Results;
                    journal.record(Peer::Emr, What::Opened { link, connection, remote: remote.to_string() });
                    let ended = journal.clone();
                    journal.spawn(Peer::Emr, "results connection", async move {
                        let how = match stop.run_until_cancelled(attend(stream, connection, &replies, &ended)).await {
                            Some(Ok(())) => "closed by the proxy".to_owned(),
                            Some(Err(error)) => error.to_string(),
                            None => "closed by us".to_owned(),
                        };
                        drop(place);
                        ended.record(Peer::Emr, What::Closed { link, connection, how });
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    };
    let token = stop.clone();
    writer.spawn(Peer::Emr, "results listener", async move {
        token.run_until_cancelled(accepting).await;
    });
    stop.drop_guard()
}

/// The port was another listener's a moment ago.
async fn bind(at: SocketAddr) -> std::io::Result<TcpListener> {
    let mut tries = 0;
    loop {
        match TcpListener::bind(at).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse && tries < 100 => {
                tries += 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            other => return other,
        }
    }
}

async fn attend(mut stream: TcpStream, connection: u64, replies: &Replies, journal: &Journal) -> std::io::Result<()> {
    let link = Link::Results;
    let (mut codec, mut buffer) = (MllpCodec::default(), BytesMut::new());
    let mut portion = vec![0; 64 * 1024];
    stream.set_nodelay(true)?;
    loop {
        let read = stream.read(&mut portion).await?;
        let direction = Direction::In;
        if read > 0 {
            let bytes = portion[..read].to_vec();
            journal.record(Peer::Emr, What::Bytes { link, connection, direction, bytes, omitted: 0 });
        }
        buffer.extend_from_slice(&portion[..read]);
        loop {
            let received = if read == 0 { codec.decode_eof(&mut buffer)? } else { codec.decode(&mut buffer)? };
            let Some(received) = received else { break };
            match received {
                Received::Malformed { problem, bytes } => {
                    let (problem, bytes) = (problem.to_string(), bytes.to_vec());
                    journal.record(Peer::Emr, What::Malformed { link, connection, problem, bytes });
                }
                Received::Content(content) => {
                    let content = content.to_vec();
                    let bytes = replies.next(&content);
                    journal.record(Peer::Emr, What::Frame { link, connection, direction, content });
                    if bytes.is_empty() {
                        continue;
                    }
                    stream.write_all(&bytes).await?;
                    let direction = Direction::Out;
                    let mut sent = BytesMut::from(&bytes[..]);
                    journal.record(Peer::Emr, What::Bytes { link, connection, direction, bytes, omitted: 0 });
                    if let Ok(Some(Received::Content(content))) = MllpCodec::default().decode(&mut sent) {
                        let content = content.to_vec();
                        journal.record(Peer::Emr, What::Frame { link, connection, direction, content });
                    }
                }
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_closed_and_told_and_the_next_has_its_place() {
        const SOON: Duration = Duration::from_secs(10);
        let journal = Journal::new("test");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let _listening = listen_for(listener, Replies::default(), journal.clone(), 2);
        let connect = async || TcpStream::connect(address).await.unwrap();
        let is_answered = async |stream: &mut TcpStream| {
            stream.write_all(&mllp::frame(b"MSH|^~\\&|A|B|C|D|1||ORU^R01|1|T|2.4\r")).await.unwrap();
            tokio::time::timeout(SOON, stream.read_u8()).await.unwrap().is_ok()
        };
        let (mut first, mut second) = (connect().await, connect().await);
        assert!(is_answered(&mut first).await && is_answered(&mut second).await);
        assert!(tokio::time::timeout(SOON, connect().await.read_u8()).await.unwrap().is_err());
        let told = |what: &What| matches!(what, What::Fact { name, .. } if name == "connection.refused");
        assert_eq!(journal.events().iter().filter(|event| told(&event.what)).count(), 1);
        drop(first);
        let closed = |what: &What| matches!(what, What::Closed { .. });
        let ended = |events: &[journal::Event]| events.iter().any(|event| closed(&event.what)).then_some(());
        journal.eventually(SOON, ended).await.unwrap();
        assert!(is_answered(&mut connect().await).await);
    }
}
