//! Link C1: orders to the proxy, and its answers.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use journal::{Journal, Peer};
use mllp::{Problem, frame};
use tokio::select;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::reply::End;
use crate::wire::{Arrived, CLOSED_BY_PROXY, Reader, Writer};

/// How long [`OrdersConnection::send_raw`] waits for a proxy that does not read.
const SEND_LIMIT: Duration = Duration::from_secs(60);

/// Answers kept until they are asked for; reading stops when there are more.
const KEPT_ANSWERS: usize = 64;

/// Where the bytes that are sent are cut (MLLP-010 to MLLP-012). Each portion is a write of its own, without Nagle's delay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nowhere.
    Whole,
    /// Behind every byte.
    EveryByte,
    /// In front of the bytes with these offsets, in ascending order; offsets that cut nothing off are passed over.
    At(Vec<usize>),
}

impl Cut {
    fn portions<'a>(&self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        match self {
            Cut::Whole => vec![bytes],
            Cut::EveryByte => bytes.chunks(1).collect(),
            Cut::At(offsets) => {
                let mut portions = Vec::new();
                let mut start = 0;
                for &end in offsets.iter().filter(|end| **end < bytes.len()).chain([&bytes.len()]) {
                    if end > start {
                        portions.push(&bytes[start..end]);
                        start = end;
                    }
                }
                portions
            }
        }
    }
}

/// What was seen instead of an answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// No frame within the deadline.
    #[error("no answer from the proxy within {} ms", .0.as_millis())]
    Deadline(Duration),
    /// The end of the connection.
    #[error("the proxy closed the connection without an answer")]
    Closed,
    /// Bytes that are no frame.
    #[error("the proxy's answer is no MLLP frame, {problem}: `{}`", hl7::show::excerpt(bytes, 0, 60))]
    Malformed {
        /// Why.
        problem: Problem,
        /// The bytes, without the VT that began them.
        bytes: Bytes,
    },
    /// A failure of the connection, such as a reset.
    #[error("the connection to the proxy failed: {0}")]
    Io(io::Error),
}

/// A connection on C1. What the proxy sends is read and journalled at once, whether it is asked for or not.
///
/// Dropping it closes the connection.
pub struct OrdersConnection {
    writer: Writer,
    answers: mpsc::Receiver<Result<Bytes, NoAnswer>>,
    reading: JoinHandle<()>,
    stop: DropGuard,
    stop_reading: CancellationToken,
}

impl OrdersConnection {
    pub(crate) fn start(
        journal: &Journal,
        (reader, writer): (Reader, Writer),
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> OrdersConnection {
        let (to, answers) = mpsc::channel(KEPT_ANSWERS);
        let reading = tasks.track_future(read_answers(reader, to, stop.clone()));
        let reading = journal.spawn(Peer::Emr, "orders connection", reading);
        OrdersConnection { writer, answers, reading, stop_reading: stop.clone(), stop: stop.drop_guard() }
    }

    /// The connection's number in the journal.
    pub fn number(&self) -> u64 {
        self.writer.log.connection
    }

    /// Sends `content` in a frame and gives the content of the next frame that comes, all within the deadline. The content may
    /// be anything, also what MLLP-002 forbids.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn order(&mut self, content: &[u8], cut: &Cut, deadline: Duration) -> Result<Vec<u8>, NoAnswer> {
        let frame = frame(content);
        let exchange = async {
            let sent = self.writer.send(cut.portions(&frame)).await;
            if self.writer.is_broken() {
                self.stop_reading.cancel();
            }
            // a proxy may answer and close before it has read everything
            match (sent, self.next().await) {
                (Err(error), Err(NoAnswer::Closed)) => Err(NoAnswer::Io(error)),
                (_, answer) => answer,
            }
        };
        timeout(deadline, exchange).await.unwrap_or(Err(NoAnswer::Deadline(deadline)))
    }

    /// Sends bytes as they are, also broken frames.
    ///
    /// # Errors
    /// The connection's errors, and `TimedOut` if the proxy takes nothing for a minute.
    pub async fn send_raw(&mut self, bytes: &[u8], cut: &Cut) -> io::Result<()> {
        timeout(SEND_LIMIT, self.writer.send(cut.portions(bytes))).await.unwrap_or_else(|_| {
            let reason = format!("the proxy did not read for {} s", SEND_LIMIT.as_secs());
            Err(io::Error::new(io::ErrorKind::TimedOut, reason))
        })
    }

    /// The content of the next frame that comes, or came since the last one was taken.
    ///
    /// # Errors
    /// What was seen instead.
    pub async fn receive(&mut self, deadline: Duration) -> Result<Vec<u8>, NoAnswer> {
        timeout(deadline, self.next()).await.unwrap_or(Err(NoAnswer::Deadline(deadline)))
    }

    async fn next(&mut self) -> Result<Vec<u8>, NoAnswer> {
        self.answers.recv().await.unwrap_or(Err(NoAnswer::Closed)).map(Vec::from)
    }

    /// Sends nothing more, but still receives.
    ///
    /// # Errors
    /// The connection is gone.
    pub async fn half_close(&mut self) -> io::Result<()> {
        self.writer.shutdown().await
    }

    /// Closes the connection in an orderly way.
    pub async fn close(self) {
        self.end(End::Close).await;
    }

    /// Breaks the connection with a TCP reset.
    pub async fn reset(self) {
        self.end(End::Reset).await;
    }

    async fn end(self, end: End) {
        self.writer.log.closed(end.how());
        self.stop.disarm().cancel();
        // ends at once, and with it the receiving half; a panic in it is in the journal
        drop(self.reading.await);
        self.writer.end(end).await;
    }
}

async fn read_answers(mut reader: Reader, to: mpsc::Sender<Result<Bytes, NoAnswer>>, stop: CancellationToken) {
    let how = select! {
        biased;
        () = stop.cancelled() => End::Close.how().to_owned(),
        how = read_to_end(&mut reader, &to) => how,
    };
    if let Some(Arrived::Malformed(problem, bytes)) = reader.finish() {
        // nobody may be asking any more
        drop(to.try_send(Err(NoAnswer::Malformed { problem, bytes })));
    }
    reader.log.closed(how);
}

/// Gives how the connection ended.
async fn read_to_end(reader: &mut Reader, to: &mpsc::Sender<Result<Bytes, NoAnswer>>) -> String {
    loop {
        let answer = match reader.next(|| false).await {
            Ok(Arrived::Header(_)) => continue,
            Ok(Arrived::Content(content)) => Ok(content),
            Ok(Arrived::Malformed(problem, bytes)) => Err(NoAnswer::Malformed { problem, bytes }),
            Ok(Arrived::End) => return CLOSED_BY_PROXY.to_owned(),
            Ok(Arrived::Broken) => return "reset by a fault".to_owned(),
            Err(error) => {
                let how = error.to_string();
                drop(to.send(Err(NoAnswer::Io(error))).await);
                return how;
            }
        };
        if to.send(answer).await.is_err() {
            return End::Close.how().to_owned();
        }
    }
}
