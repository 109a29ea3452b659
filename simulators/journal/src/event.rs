//! The events and their parts.

use serde::{Deserialize, Serialize};

/// Who did or saw something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// The simulated EMR integration engine.
    Emr,
    /// The proxy process under test.
    Proxy,
    /// The mock IRIS cloud.
    Cloud,
    /// The harness itself.
    Harness,
}

/// A wire between two peers (01-topology, section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// C1: orders, the EMR engine connects to the proxy (MLLP).
    Orders,
    /// C2: results and charges, the proxy connects to the EMR engine (MLLP).
    Results,
    /// HTTPS from the proxy to the cloud, bytes inside TLS.
    Https,
    /// AMQP 1.0 from the proxy to the cloud, bytes inside TLS.
    Amqp,
}

/// Which way bytes went, seen from the recording [`Peer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Received by the recording peer.
    In,
    /// Sent by the recording peer.
    Out,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Position in the scenario's journal, from 0.
    pub seq: u64,
    /// Microseconds since the scenario's journal was opened (monotonic).
    pub at_us: u64,
    /// The wall clock of the machine.
    pub wall: jiff::Timestamp,
    /// Id of the scenario.
    pub scenario: String,
    /// Who recorded it.
    pub peer: Peer,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
}

/// The kinds of events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum What {
    /// A connection was made.
    Opened {
        /// The wire.
        link: Link,
        /// Number of the connection, unique in the scenario.
        connection: u64,
        /// The other end, and for TLS the server name that was asked for.
        remote: String,
    },
    /// A connection ended.
    Closed {
        /// The wire.
        link: Link,
        /// Number of the connection.
        connection: u64,
        /// How: end of data, reset, closed by us, a time limit.
        how: String,
    },
    /// Bytes crossed a wire, in the portion in which they were read or written.
    Bytes {
        /// The wire.
        link: Link,
        /// Number of the connection.
        connection: u64,
        /// Received or sent.
        direction: Direction,
        /// The bytes; empty when `omitted` is not 0.
        #[serde(with = "as_base64")]
        bytes: Vec<u8>,
        /// Number of bytes that were not kept because the journal's memory limit was reached.
        #[serde(default, skip_serializing_if = "is_zero")]
        omitted: usize,
    },
    /// A complete MLLP frame was received or sent.
    Frame {
        /// The wire.
        link: Link,
        /// Number of the connection.
        connection: u64,
        /// Received or sent.
        direction: Direction,
        /// The bytes between VT and FS.
        #[serde(with = "as_base64")]
        content: Vec<u8>,
    },
    /// Bytes arrived that are no MLLP frame (MLLP-020 and following).
    Malformed {
        /// The wire.
        link: Link,
        /// Number of the connection.
        connection: u64,
        /// What is wrong with them.
        problem: String,
        /// The bytes, as far as they were kept.
        #[serde(with = "as_base64")]
        bytes: Vec<u8>,
    },
    /// The cloud answered an HTTPS request.
    Http {
        /// The role that answered: login, settings, emr_api, blob.
        role: String,
        /// Request method.
        method: String,
        /// Path and query.
        path: String,
        /// Response status.
        status: u16,
    },
    /// A fact about something with an identity: an order, a delivery, a queue message.
    Fact {
        /// What happened, as `subject.verb`, for example `order.accepted`.
        name: String,
        /// Identity of the subject: order number, delivery id, lock token.
        id: String,
        /// Details.
        #[serde(default)]
        data: serde_json::Value,
    },
    /// A disturbance was put on a wire or a process.
    Fault {
        /// Name of the fault.
        name: String,
        /// What it did.
        detail: String,
    },
    /// A proxy process did something.
    Process {
        /// Which instance of the proxy: `A`, `B`, ...
        instance: String,
        /// `started`, `ready`, `stdout`, `stderr`, `signalled`, `exited`, `leaked`.
        state: String,
        /// The output line, signal, exit status.
        detail: String,
    },
    /// What became of the scenario: its last event.
    Verdict {
        /// `passed`, `failed`, `blocked`, `error`.
        verdict: String,
        /// Why it did not pass.
        detail: String,
    },
    /// A task of a simulator panicked: a defect of the harness.
    Panic {
        /// Name of the task.
        task: String,
        /// Message and place.
        message: String,
    },
}

fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// Bytes as base64 text, because HL7 has no promised character set.
mod as_base64 {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
