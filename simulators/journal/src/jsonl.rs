//! A journal as text: one JSON object a line.

use std::io::{self, BufRead, Write};

use crate::Event;

/// A line of a journal file that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file could not be read.
    #[error("cannot read the journal: {0}")]
    Io(#[from] io::Error),
    /// A line is not an event.
    #[error(
        "line {line} of the journal is not an event: {source}; every line must be one JSON object as this program writes them"
    )]
    Line {
        /// Line number, from 1.
        line: usize,
        /// What the JSON parser said.
        source: serde_json::Error,
    },
}

/// Writes one line an event.
///
/// # Errors
/// The writer's errors.
pub fn write(mut to: impl Write, events: &[Event]) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut to, event)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}

/// Reads what [`write`] wrote; empty lines are passed over.
///
/// # Errors
/// [`ReadError`], with the line.
pub fn read(from: impl BufRead) -> Result<Vec<Event>, ReadError> {
    let mut events = Vec::new();
    for (index, line) in from.lines().enumerate() {
        let line = line?;
        if !line.trim().is_empty() {
            events.push(serde_json::from_str(&line).map_err(|source| ReadError::Line { line: index + 1, source })?);
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Direction, Journal, Link, Peer, What};

    #[test]
    fn what_is_written_is_read_back_byte_for_byte() {
        let journal = Journal::new("orders/accepted");
        let content: Vec<u8> = (0..=255).collect();
        journal
            .record(Peer::Emr, What::Frame { link: Link::Orders, connection: 1, direction: Direction::Out, content });
        journal.record(
            Peer::Cloud,
            What::Fact { name: "order.accepted".into(), id: "1".into(), data: serde_json::json!({"bytes": 873}) },
        );
        let mut text = Vec::new();
        write(&mut text, &journal.events()).unwrap();
        assert_eq!(read(text.as_slice()).unwrap(), journal.events());
    }

    #[test]
    fn a_damaged_line_is_named() {
        let error = read(&b"\n{\"seq\":0}\n"[..]).unwrap_err();
        assert!(error.to_string().starts_with("line 2 of the journal"), "{error}");
    }
}
