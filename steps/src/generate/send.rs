//! Messages in MLLP frames to a listener, each with its acknowledgement.

use std::fmt;
use std::time::Duration;

use anyhow::Context;
use futures::{SinkExt, StreamExt};
use hl7::ack::{self, Ack};
use mllp::{MllpCodec, Received};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::codec::Framed;

use super::{Generated, Kind};

/// The largest answer taken, in bytes.
const MAX_ANSWER: usize = 1024 * 1024;

/// What came back.
#[derive(Debug)]
pub enum Answer {
    /// An acknowledgement of the message.
    Ack(Ack),
    /// Something else, in words; the connection goes on.
    Unusable(String),
    /// Nothing, in words; the connection cannot be used any more.
    None(String),
}

impl Answer {
    /// Whether the receiver has taken the message.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Answer::Ack(ack) if ack.code.is_positive())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Ack(ack) if ack.text.is_empty() => write!(f, "{}", ack.code),
            Answer::Ack(ack) => write!(f, "{} {}", ack.code, hl7::show::excerpt(&ack.text, 0, 200)),
            Answer::Unusable(problem) | Answer::None(problem) => f.write_str(problem),
        }
    }
}

/// A connection to a listener.
pub struct Sender {
    framed: Framed<TcpStream, MllpCodec>,
    limit: Duration,
}

impl Sender {
    /// Connects to `HOST:PORT`; `limit` is for the connect, and for each message with its answer.
    ///
    /// # Errors
    /// Nobody listens there, or not in time.
    pub async fn connect(to: &str, limit: Duration) -> anyhow::Result<Sender> {
        let connect = timeout(limit, TcpStream::connect(to)).await;
        let stream = connect.map_err(anyhow::Error::from).and_then(|stream| Ok(stream?));
        let stream = stream.with_context(|| format!("cannot connect to {to}; is its MLLP listener running?"))?;
        Ok(Sender { framed: Framed::new(stream, MllpCodec::new(MAX_ANSWER)), limit })
    }

    /// Sends a message and waits for its answer.
    pub async fn send(&mut self, message: &Generated) -> Answer {
        let exchange = async {
            self.framed.send(message.content.as_slice()).await.map_err(|error| format!("not sent: {error}"))?;
            match self.framed.next().await {
                None => Err("the connection was closed without an answer".to_owned()),
                Some(Err(error)) => Err(format!("the connection failed: {error}")),
                Some(Ok(Received::Malformed { problem, .. })) => Err(format!("the answer is no MLLP frame: {problem}")),
                Some(Ok(Received::Content(content))) => Ok(read(message, &content)),
            }
        };
        match timeout(self.limit, exchange).await {
            Ok(answer) => answer.unwrap_or_else(Answer::None),
            Err(_) => Answer::None(format!("no answer within {} s", self.limit.as_secs())),
        }
    }
}

fn read(message: &Generated, content: &[u8]) -> Answer {
    let ack = match message.kind {
        Kind::Orm => ack::read_order_response(content),
        Kind::Oru | Kind::Dft | Kind::Mdm => ack::read(content),
    };
    match ack {
        // ACK-072: an acknowledgement of something else says nothing about this message
        Ok(ack) if ack.control_id != message.control_id => {
            let of = hl7::show::excerpt(&ack.control_id, 0, 40);
            Answer::Unusable(format!("{} for another message: MSA-2 is `{of}`", ack.code))
        }
        Ok(ack) => Answer::Ack(ack),
        Err(error) => Answer::Unusable(error.to_string()),
    }
}
