//! A scenario's journal as reports show it.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hl7::Message;
use journal::{Direction, Event, Link, Peer, What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Difference;
use crate::snapshot::DIFFERS;

/// A party of a sequence diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    /// The EMR's integration engine.
    Emr,
    /// The proxy under test.
    Proxy,
    /// The IRIS cloud.
    Cloud,
    /// The harness: what concerns all.
    Harness,
}

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A message, or bytes that are none.
    Message,
    /// A request to the cloud, with its answer.
    Http,
    /// A connection was made or ended.
    Connection,
    /// Something that was made to go wrong, or went wrong in the harness.
    Fault,
    /// The proxy's process.
    Process,
    /// Something that a simulator or a step noted.
    Fact,
}

/// Something that happened, as reports show it. `M` is a message: its bytes, or in a saved run its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry<M = Vec<u8>> {
    /// Microseconds since the scenario began.
    pub at_us: u64,
    /// Between whom or where, in words.
    pub place: String,
    /// Where it happened, or where it came from.
    pub from: Lane,
    /// Where it went, if it went anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Lane>,
    /// What it is about.
    pub kind: Kind,
    /// What happened, in one line.
    pub text: String,
    /// The message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<M>,
}

impl<M> Entry<M> {
    /// The same with another form of the message.
    pub(super) fn with<N>(&self, message: Option<N>) -> Entry<N> {
        let Entry { at_us, place, from, to, kind, text, message: _ } = self;
        let (place, text) = (place.clone(), text.clone());
        Entry { at_us: *at_us, place, from: *from, to: *to, kind: *kind, text, message }
    }
}

/// What reports show of a journal; raw portions of bytes are left out where a whole frame or request says the same.
pub(super) fn entries(events: &[Event]) -> Vec<Entry> {
    events.iter().filter_map(entry).collect()
}

/// What reports show of an event; nothing for raw bytes.
pub(crate) fn entry(event: &Event) -> Option<Entry> {
    let text = text(event)?;
    let here = match event.peer {
        Peer::Emr => Lane::Emr,
        Peer::Proxy => Lane::Proxy,
        Peer::Cloud => Lane::Cloud,
        Peer::Harness => Lane::Harness,
    };
    let (from, to, kind, message) = match &event.what {
        What::Frame { direction, content, .. } => {
            let (from, to) = mllp(*direction);
            (from, Some(to), Kind::Message, Some(content))
        }
        What::Malformed { bytes, .. } => (Lane::Proxy, Some(Lane::Emr), Kind::Message, Some(bytes)),
        What::Http { .. } => (Lane::Proxy, Some(Lane::Cloud), Kind::Http, None),
        What::Opened { link: Link::Orders, .. } => (Lane::Emr, Some(Lane::Proxy), Kind::Connection, None),
        What::Opened { .. } => (Lane::Proxy, Some(Lane::Emr), Kind::Connection, None),
        What::Closed { .. } => (here, None, Kind::Connection, None),
        What::Fault { .. } | What::Panic { .. } => (Lane::Harness, None, Kind::Fault, None),
        What::Process { .. } => (Lane::Proxy, None, Kind::Process, None),
        What::Fact { .. } | What::Verdict { .. } | What::Bytes { .. } => (here, None, Kind::Fact, None),
    };
    let place = match &event.what {
        What::Frame { .. } | What::Malformed { .. } | What::Http { .. } => {
            format!("{} → {}", name(from), to.map_or("", name))
        }
        What::Opened { .. } | What::Closed { .. } => "EMR - proxy".to_owned(),
        What::Fault { .. } => "fault".to_owned(),
        What::Process { instance, .. } => format!("proxy {instance}"),
        _ => name(from).to_owned(),
    };
    Some(Entry { at_us: event.at_us, place, from, to, kind, text, message: message.cloned() })
}

/// Both MLLP links are recorded by the EMR.
fn mllp(direction: Direction) -> (Lane, Lane) {
    match direction {
        Direction::Out => (Lane::Emr, Lane::Proxy),
        Direction::In => (Lane::Proxy, Lane::Emr),
    }
}

fn name(lane: Lane) -> &'static str {
    match lane {
        Lane::Emr => "EMR",
        Lane::Proxy => "proxy",
        Lane::Cloud => "cloud",
        Lane::Harness => "harness",
    }
}

/// One line an entry.
pub(super) fn lines(log: &[Entry]) -> Vec<String> {
    log.iter()
        .map(|entry| format!("{:>9.1} ms  {:<15} {}", entry.at_us as f64 / 1000.0, entry.place, entry.text))
        .collect()
}

/// The message that differs from its snapshot, if one does.
pub(super) fn difference(events: &[Event]) -> Option<Difference> {
    events.iter().rev().find_map(|event| match &event.what {
        What::Fact { name, data, .. } if name == DIFFERS => {
            let bytes = |key: &str| STANDARD.decode(data[key].as_str()?).ok();
            Some(Difference { expected: bytes("expected")?, seen: bytes("seen")? })
        }
        _ => None,
    })
}

/// What happened, in one line; nothing for raw bytes, for connections towards the cloud, and for what the report says elsewhere: the
/// verdict, and the message that differs from its snapshot.
pub(super) fn text(event: &Event) -> Option<String> {
    Some(match &event.what {
        What::Bytes { .. } | What::Verdict { .. } => return None,
        What::Opened { link: Link::Orders | Link::Results, connection, remote } => {
            format!("connection {connection} opened ({remote})")
        }
        What::Closed { link: Link::Orders | Link::Results, connection, how } => {
            format!("connection {connection} ended: {how}")
        }
        What::Opened { .. } | What::Closed { .. } => return None,
        What::Fact { name, .. } if name == DIFFERS => return None,
        What::Frame { content, .. } => message(content),
        What::Malformed { problem, bytes, .. } => format!("{problem}: {}", hl7::show::excerpt(bytes, 0, 60)),
        What::Http { role, method, path, status } => format!("{method} {path} ({role}) → {status}"),
        What::Fact { name, id, data } => {
            let mut text = format!("{name} {id}");
            if let Some(fields) = data.as_object() {
                for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    let _ = write!(text, " {key}={}", shortened(&value.to_string()));
                }
            }
            text
        }
        What::Fault { name, detail } => format!("{name}: {detail}"),
        What::Process { state, detail, .. } => format!("{state}: {}", detail.trim_end()),
        What::Panic { task, message } => format!("{task} panicked: {message}"),
    })
}

/// Base64 of a whole acknowledgement is for the journal, not for a line.
fn shortened(value: &str) -> String {
    const LONGEST: usize = 48;
    if value.chars().count() <= LONGEST {
        value.to_owned()
    } else {
        value.chars().take(LONGEST).chain("…".chars()).collect()
    }
}

/// Type, control id and size of a message, or the code of an acknowledgement.
fn message(content: &[u8]) -> String {
    let Ok(message) = Message::parse(content) else {
        return format!("no HL7, {} bytes: {}", content.len(), hl7::show::excerpt(content, 0, 60));
    };
    let text = |path: &str| message.text(path).unwrap_or_default().into_owned();
    let (code, trigger) = message.message_type();
    match message.text("MSA-1") {
        Some(answer) => format!("{code} {answer} for {} {}", text("MSA-2"), text("MSA-3")),
        None => format!("{code}^{trigger} {} ({} bytes)", text("MSH-10"), content.len()),
    }
}
