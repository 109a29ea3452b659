//! A scenario's journal as lines for people.

use std::fmt::Write;

use hl7::Message;
use journal::{Direction, Event, Link, Peer, What};

/// One line an event; raw portions of bytes are left out where a whole frame or request says the same.
pub(super) fn lines(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .filter_map(|event| line(event).map(|text| format!("{:>9.1} ms  {text}", event.at_us as f64 / 1000.0)))
        .collect()
}

fn line(event: &Event) -> Option<String> {
    Some(match &event.what {
        What::Bytes { .. } => return None,
        What::Opened { link: link @ (Link::Orders | Link::Results), connection, remote } => {
            format!("{:<15} connection {connection} opened ({remote})", wire(*link, None))
        }
        What::Closed { link: link @ (Link::Orders | Link::Results), connection, how } => {
            format!("{:<15} connection {connection} ended: {how}", wire(*link, None))
        }
        What::Opened { .. } | What::Closed { .. } => return None,
        What::Frame { link, direction, content, .. } => {
            format!("{:<15} {}", wire(*link, Some(*direction)), message(content))
        }
        What::Malformed { link, problem, bytes, .. } => {
            format!("{:<15} {problem}: {}", wire(*link, Some(Direction::In)), hl7::show::excerpt(bytes, 0, 60))
        }
        What::Http { role, method, path, status } => format!("proxy → cloud   {method} {path} ({role}) → {status}"),
        What::Fact { name, id, data } => {
            let mut text = format!("{:<15} {name} {id}", who(event.peer));
            if let Some(fields) = data.as_object() {
                for (key, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
                    let _ = write!(text, " {key}={}", shortened(&value.to_string()));
                }
            }
            text
        }
        What::Fault { name, detail } => format!("fault           {name}: {detail}"),
        What::Process { instance, state, detail } => format!("proxy {instance:<9} {state}: {}", detail.trim_end()),
        What::Verdict { .. } => return None, // the report says it already
        What::Panic { task, message } => format!("harness         {task} panicked: {message}"),
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
