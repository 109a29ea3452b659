//! A scenario's journal as lines for people.

use std::fmt::Write;

use hl7::Message;
use journal::{Direction, Event, Link, Peer, What};

/// One line an event; raw portions of bytes are left out where a whole frame or request says the same.
pub(super) fn lines(events: &[Event]) -> Vec<String> {
    let line = |event: &Event| {
        let text = text(event)?;
        Some(format!("{:>9.1} ms  {:<15} {text}", event.at_us as f64 / 1000.0, lane(event)))
    };
    events.iter().filter_map(line).collect()
}

/// Between whom or where it happened.
fn lane(event: &Event) -> String {
    match &event.what {
        What::Opened { link, .. } | What::Closed { link, .. } => wire(*link, None).to_owned(),
        What::Frame { link, direction, .. } | What::Bytes { link, direction, .. } => {
            wire(*link, Some(*direction)).to_owned()
        }
        What::Malformed { link, .. } => wire(*link, Some(Direction::In)).to_owned(),
        What::Http { .. } => "proxy → cloud".to_owned(),
        What::Fault { .. } => "fault".to_owned(),
        What::Process { instance, .. } => format!("proxy {instance}"),
        What::Panic { .. } => "harness".to_owned(),
        What::Fact { .. } | What::Verdict { .. } => who(event.peer).to_owned(),
    }
}

/// What happened, in one line; nothing for raw bytes, for connections towards the cloud, and for the verdict, which the report
/// says already.
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

fn who(peer: Peer) -> &'static str {
    match peer {
        Peer::Emr => "EMR",
        Peer::Proxy => "proxy",
        Peer::Cloud => "cloud",
        Peer::Harness => "harness",
    }
}

/// Both MLLP links are recorded by the EMR.
fn wire(link: Link, direction: Option<Direction>) -> &'static str {
    match (link, direction) {
        (Link::Https | Link::Amqp, _) => "proxy → cloud",
        (_, None) => "EMR - proxy",
        (_, Some(Direction::Out)) => "EMR → proxy",
        (_, Some(Direction::In)) => "proxy → EMR",
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
