//! Journals: wires byte for byte of the same length, all other texts cleaned.

use std::collections::HashMap;
use std::ops::Range;

use jiff::ToSpan;
use journal::{Direction, Event, Link, Peer, What};
use mllp::{FS, VT};
use serde_json::Value;

use super::text::{Kept, cleaned};
use super::{Work, message};

/// One direction of a connection.
type Stream = (String, Peer, Link, u64, bool);

fn stream(event: &Event) -> Option<(Stream, &[u8])> {
    match &event.what {
        What::Bytes { link: link @ (Link::Orders | Link::Results), connection, direction, bytes, .. } => {
            let inwards = *direction == Direction::In;
            Some(((event.scenario.clone(), event.peer, *link, *connection, inwards), bytes))
        }
        _ => None,
    }
}

fn streams(events: &[Event]) -> HashMap<Stream, Vec<u8>> {
    let mut streams: HashMap<Stream, Vec<u8>> = HashMap::new();
    for (key, bytes) in events.iter().filter_map(stream) {
        streams.entry(key).or_default().extend_from_slice(bytes);
    }
    streams
}

pub(super) fn learn(work: &mut Work, events: &[Event]) {
    for event in events {
        if let What::Frame { content, .. } = &event.what {
            message::learn(work, content);
        }
    }
    streams(events).values().for_each(|bytes| learn_frames(work, bytes));
}

pub(super) fn deidentify(work: &mut Work, events: &mut [Event]) {
    let mut streams: HashMap<Stream, std::vec::IntoIter<u8>> =
        streams(events).into_iter().map(|(key, bytes)| (key, frames(work, &bytes).into_iter())).collect();
    for event in events {
        let days = work.key.days("");
        if let Ok(moved) = event.wall.checked_sub((days * 24).hours()) {
            event.wall = moved;
        }
        let portion = stream(event).and_then(|(key, bytes)| {
            let length = bytes.len();
            Some(streams.get_mut(&key)?.by_ref().take(length).collect::<Vec<u8>>())
        });
        let clean = |text: &mut String| {
            let new = cleaned(work, text.as_bytes(), Kept::Codes, None, days);
            *text = String::from_utf8_lossy(&new).into_owned();
        };
        match &mut event.what {
            What::Bytes { bytes, .. } => match portion {
                Some(portion) => *bytes = portion,
                None => bytes.fill(b'*'), // inside TLS: HTTP and AMQP
            },
            What::Frame { content, .. } => *content = message::deidentified(work, content),
            What::Malformed { bytes, .. } => *bytes = work.key.mask(bytes),
            What::Opened { remote, .. } => clean(remote),
            What::Closed { .. } => {}
            What::Http { path, .. } => clean(path),
            What::Fact { id, data, name } => {
                // the number of a connection, not of a person
                if name != "connection.half_closed" {
                    clean(id);
                    json(work, data, days);
                }
            }
            What::Fault { detail, .. } | What::Process { detail, .. } | What::Verdict { detail, .. } => clean(detail),
            What::Panic { message, .. } => clean(message),
        }
    }
}

fn json(work: &Work, value: &mut Value, days: i64) {
    match value {
        Value::String(text) => {
            let new = cleaned(work, text.as_bytes(), Kept::Codes, None, days);
            *text = String::from_utf8_lossy(&new).into_owned();
        }
        Value::Number(number) if number.to_string().len() >= 4 => {
            let new = work.known.or_mask(number.to_string().as_bytes(), &work.key);
            let new = String::from_utf8_lossy(&new).into_owned();
            // a number does not begin with 0
            if let Ok(new) = serde_json::from_str(&new.replacen('0', "1", usize::from(new.starts_with('0')))) {
                *number = new;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|value| json(work, value, days)),
        Value::Object(all) => all.values_mut().for_each(|value| json(work, value, days)),
        _ => {}
    }
}

/// The contents of the frames in a stream, complete or not.
fn contents(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = bytes[from..].iter().position(|byte| *byte == VT).map(|at| from + at + 1) {
        let end =
            bytes[start..].iter().position(|byte| *byte == FS || *byte == VT).map_or(bytes.len(), |at| start + at);
        found.push(start..end);
        from = end;
    }
    found
}

pub(super) fn learn_frames(work: &mut Work, bytes: &[u8]) {
    contents(bytes).into_iter().for_each(|content| message::learn(work, &bytes[content]));
}

/// Bytes with frames in them; what is outside is masked.
pub(super) fn frames(work: &mut Work, bytes: &[u8]) -> Vec<u8> {
    let mut new = Vec::with_capacity(bytes.len());
    for content in contents(bytes) {
        new.extend(work.key.mask(&bytes[new.len()..content.start]));
        new.extend(message::deidentified(work, &bytes[content]));
    }
    new.extend(work.key.mask(&bytes[new.len()..]));
    new
}
