//! Link C2: messages from the proxy, and the engine's answers.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use faults::{Class, Faults, Place, Subject};
use hl7::Message;
use journal::{Clock, Journal, Link, Peer};
use tokio::net::{TcpListener, TcpStream};
use tokio::select;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::reply::{Acks, End, Reply, reply, reply_to_unreadable};
use crate::wire::{self, Arrived, CLOSED_BY_PROXY, Reader, Writer};
use crate::{Answer, Script, time_stamp};

/// How long tasks that were told to stop are waited for.
const END_LIMIT: Duration = Duration::from_secs(10);

/// Out of handles, as a rule: how long connections get to give some back.
const PAUSE: Duration = Duration::from_millis(100);

/// Connections on C2 at once, as many as a load makes and a few more. One more is closed at once: a proxy that leaks
/// connections must not use up the handles of this program.
pub(crate) const MAX_CONNECTIONS: usize = 1_024;

/// What all connections on C2 share.
pub(crate) struct Answering {
    pub journal: Journal,
    pub script: Script,
    pub clock: Clock,
    pub max_content: usize,
    pub ack_delay_late: Duration,
    pub faults: Faults,
    /// The next MSH-10 of the engine.
    pub control_id: AtomicU64,
    /// A change closes all connections.
    pub closing: watch::Sender<()>,
    /// A place for each connection that may be open.
    pub places: Arc<Semaphore>,
}

impl Answering {
    fn reply(&self, content: &[u8]) -> Reply {
        let time = time_stamp(self.clock.now());
        let next = || self.control_id.fetch_add(1, Ordering::Relaxed);
        let Ok(of) = Message::parse(content) else {
            return reply_to_unreadable(time, next());
        };
        // ACK-013: an acknowledgement is not acknowledged
        let answer = if of.message_type().0 == "ACK" { Answer::Silence } else { self.script.answer(&of) };
        reply(answer, &Acks { of: &of, time, next_control_id: &next })
    }
}

/// The listener and its connections.
pub(crate) struct Listening {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Listening {
    pub fn start(listener: TcpListener, answering: Arc<Answering>, stop: CancellationToken) -> Listening {
        let tasks = TaskTracker::new();
        let accepting = accept(listener, answering.clone(), stop.clone(), tasks.clone());
        answering.journal.spawn(Peer::Emr, "results listener", tasks.track_future(accepting));
        Listening { stop, tasks }
    }

    /// Returns when the listener and all connections are gone.
    pub async fn end(&self, journal: &Journal) {
        self.stop.cancel();
        ended(&self.tasks, journal).await;
    }
}

/// Waits for tasks that were told to stop. None of them waits for anything else; one that does not stop is a defect, which the
/// journal shows.
pub(crate) async fn ended(tasks: &TaskTracker, journal: &Journal) {
    tasks.close();
    if timeout(END_LIMIT, tasks.wait()).await.is_err() {
        journal.fact(Peer::Emr, "engine.stuck", tasks.len(), serde_json::Value::Null);
    }
}

async fn accept(listener: TcpListener, answering: Arc<Answering>, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = select! {
            biased;
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, remote)) => {
                let Ok(place) = answering.places.clone().try_acquire_owned() else {
                    let reason = serde_json::json!({ "reason": "too many connections are open" });
                    answering.journal.fact(Peer::Emr, "connection.refused", remote, reason);
                    continue;
                };
                let closing = answering.closing.subscribe();
                let serving = serve(stream, remote, answering.clone(), stop.clone(), closing);
                let serving = async move {
                    serving.await;
                    drop(place);
                };
                answering.journal.spawn(Peer::Emr, "results connection", tasks.track_future(serving));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {
            }
            Err(error) => {
                let reason = serde_json::json!({ "reason": error.to_string() });
                answering.journal.fact(Peer::Emr, "listener.failed", "results", reason);
                sleep(PAUSE).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    remote: SocketAddr,
    answering: Arc<Answering>,
    stop: CancellationToken,
    mut closing: watch::Receiver<()>,
) {
    if answering.faults.meet(&[Place::Results], Class::Connection, &Subject::default()).is_some() {
        // an error means that it is gone already
        return drop(stream.set_zero_linger());
    }
    let Answering { journal, faults, max_content, .. } = &*answering;
    let opened = wire::open(journal, faults, Link::Results, stream, remote, *max_content);
    let Ok((mut reader, mut writer)) = opened else {
        return; // gone before it could be used; journalled as opened and closed
    };
    let ended = select! {
        biased;
        () = stop.cancelled() => Ok((End::Close, End::Close.how())),
        _ = closing.changed() => Ok((End::Close, End::Close.how())),
        ended = converse(&answering, &mut reader, &mut writer) => ended,
    };
    reader.finish();
    let (end, how) = match ended {
        Ok((end, how)) => (end, how.to_owned()),
        Err(error) => (End::Close, error.to_string()),
    };
    reader.log.closed(how);
    writer.end(end).await;
}

/// Gives what to do with the connection in the end, and what ended it.
async fn converse(answering: &Answering, reader: &mut Reader, writer: &mut Writer) -> io::Result<(End, &'static str)> {
    let mut late: VecDeque<(Instant, Reply)> = VecDeque::new();
    loop {
        let due = late.front().map(|(at, _)| *at);
        let reply = select! {
            arrived = reader.next(|| answering.script.answers_in_frame()) => match arrived? {
                Arrived::Header(header) => match answering.script.answer_in_frame(&header).and_then(Answer::end) {
                    Some(end) => return Ok((end, end.how())),
                    None => continue,
                },
                Arrived::Content(content) => answering.reply(&content),
                Arrived::Malformed(..) => continue,
                Arrived::End => return Ok((End::Close, CLOSED_BY_PROXY)),
                Arrived::Broken => return Ok((End::Reset, "reset by a fault")),
            },
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => match late.pop_front() {
                Some((_, reply)) => Reply { late: false, ..reply },
                None => continue,
            },
        };
        if reply.late {
            late.push_back((Instant::now() + answering.ack_delay_late, reply));
            continue;
        }
        writer.send(reply.portions.iter().map(Vec::as_slice)).await?;
        if let Some(end) = reply.end {
            return Ok((end, end.how()));
        }
    }
}

#[cfg(test)]
mod tests {
    use journal::What;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_closed_and_told_and_the_next_has_its_place() {
        let journal = Journal::new("test");
        let answering = Arc::new(Answering {
            journal: journal.clone(),
            script: Script::default(),
            clock: Clock::system(),
            max_content: 1_000,
            ack_delay_late: Duration::ZERO,
            faults: Faults::default(),
            control_id: AtomicU64::new(1),
            closing: watch::Sender::new(()),
            places: Arc::new(Semaphore::new(2)),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listening = Listening::start(listener, answering.clone(), CancellationToken::new());
        let connect = async || TcpStream::connect(address).await.unwrap();
        let is_answered = async |stream: &mut TcpStream| {
            stream.write_all(b"\x0bMSH|^~\\&|A|B|C|D|1||ORU^R01|1|T|2.4\r\x1c\r").await.unwrap();
            timeout(END_LIMIT, stream.read_u8()).await.unwrap().is_ok_and(|first| first == 0x0b)
        };
        let (mut first, mut second) = (connect().await, connect().await);
        assert!(is_answered(&mut first).await && is_answered(&mut second).await);
        let mut third = connect().await;
        assert!(timeout(END_LIMIT, third.read_u8()).await.unwrap().is_err());
        let told = |what: &What| matches!(what, What::Fact { name, .. } if name == "connection.refused");
        assert_eq!(journal.events().iter().filter(|event| told(&event.what)).count(), 1);
        drop(first);
        let free = async { answering.places.acquire().await.map(drop) };
        timeout(END_LIMIT, free).await.unwrap().unwrap();
        assert!(is_answered(&mut connect().await).await);
        listening.end(&journal).await;
    }
}
