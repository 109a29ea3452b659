//! A few messages, as a scenario can send them.

use bytes::BytesMut;
use hl7::Message;
use mllp::{MllpCodec, Received};
use tokio_util::codec::Decoder;

use crate::replay::{Act, Delivered, Recording, Step};

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// The EMR sends it.
    Order(Vec<u8>),
    /// IRIS hands it over, and the EMR answers so.
    Result(Vec<u8>, Reply),
}

/// What the EMR answers, as scenarios know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// AA or CA.
    Accept,
    /// AE or CE.
    Error,
    /// AR or CR.
    Reject,
    /// Nothing.
    Silence,
}

impl Reply {
    fn of(replies: &[Vec<u8>]) -> Reply {
        // the first one that says no decides, since what came after was a repetition
        let mut seen = replies.iter().map(|bytes| {
            let content = bytes.strip_prefix(&[mllp::VT]).unwrap_or(bytes);
            let content = content.strip_suffix(&[mllp::FS, mllp::CR]).unwrap_or(content);
            match hl7::ack::read(content) {
                Ok(ack) if ack.code.is_positive() => Reply::Accept,
                Ok(ack) if matches!(ack.code, hl7::ack::Code::AR | hl7::ack::Code::CR) => Reply::Reject,
                Ok(_) => Reply::Error,
                Err(_) => Reply::Silence,
            }
        });
        seen.find(|reply| *reply != Reply::Accept).unwrap_or(Reply::Accept)
    }

    /// Its name in a scenario.
    pub fn name(self) -> &'static str {
        match self {
            Reply::Accept => "an accepting ACK",
            Reply::Error => "an application error",
            Reply::Reject => "an application reject",
            Reply::Silence => "silence",
        }
    }

    fn bytes(self, to: &[u8]) -> Vec<u8> {
        let code: &[u8] = match self {
            Reply::Accept => b"AA",
            Reply::Error => b"AE",
            Reply::Reject => b"AR",
            Reply::Silence => return Vec::new(),
        };
        let id = Message::parse(to).map(|message| message.control_id().to_vec()).unwrap_or_default();
        let header = b"MSH|^~\\&|EMR||IRIS||20170410145907||ACK|1|P|2.3\rMSA|";
        mllp::frame(&[&header[..], code, b"|", &id, b"\r"].concat()).to_vec()
    }
}

impl Item {
    /// The bytes of the message.
    pub fn content(&self) -> &[u8] {
        match self {
            Item::Order(content) | Item::Result(content, _) => content,
        }
    }

    /// The same with other bytes.
    #[must_use]
    pub fn with(&self, content: Vec<u8>) -> Item {
        match self {
            Item::Order(_) => Item::Order(content),
            Item::Result(_, reply) => Item::Result(content, *reply),
        }
    }
}

/// Messages in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case(pub Vec<Item>);

impl Case {
    /// The complete messages of a recording. Portions, pauses and shared connections are given up.
    pub fn of(recording: &Recording) -> Case {
        let mut partial: std::collections::BTreeMap<u64, (MllpCodec, BytesMut)> = std::collections::BTreeMap::new();
        let mut items = Vec::new();
        for step in &recording.steps {
            match &step.act {
                Act::Send(connection, bytes) => {
                    let (codec, buffer) = partial.entry(*connection).or_default();
                    buffer.extend_from_slice(bytes);
                    while let Ok(Some(received)) = codec.decode(buffer) {
                        if let Received::Content(content) = received {
                            items.push(Item::Order(content.to_vec()));
                        }
                    }
                }
                Act::Deliver(Delivered { content, replies }) => {
                    items.push(Item::Result(content.clone(), Reply::of(replies)));
                }
                _ => {}
            }
        }
        Case(items)
    }

    /// What is played: each order on a connection of its own. What is expected is left to rules.
    pub fn recording(&self, scenario: &str) -> Recording {
        let mut steps = Vec::new();
        for (item, connection) in self.0.iter().zip(1..) {
            let acts = match item {
                Item::Order(content) => vec![
                    Act::Open(connection),
                    Act::Send(connection, mllp::frame(content).to_vec()),
                    Act::Answer(connection, Vec::new()),
                    Act::Close { connection, reset: false },
                ],
                Item::Result(content, reply) => {
                    vec![Act::Deliver(Delivered { content: content.clone(), replies: vec![reply.bytes(content)] })]
                }
            };
            steps.extend(acts.into_iter().map(|act| Step { at_us: 0, act }));
        }
        Recording { scenario: scenario.to_owned(), steps }
    }
}
