//! A message as the page holds it: long values shortened, so that a report of a thousand scenarios stays small.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// Longest field that is kept whole, and what is kept of a longer one, in bytes.
const LONGEST: usize = 600;
const KEPT: usize = 160;
/// Most bytes that are kept of one message.
const MOST: usize = 256 * 1024;

/// The bytes of a message but for the middle of long values.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Shortened {
    /// Base64 of what is kept.
    bytes: String,
    /// Size of the whole message in bytes.
    size: usize,
    /// Where bytes are missing: offset in what is kept, and how many.
    cuts: Vec<(usize, usize)>,
}

impl Shortened {
    pub(crate) fn of(message: &[u8]) -> Shortened {
        let mut kept = Vec::new();
        let mut cuts = Vec::new();
        let mut rest = message;
        while !rest.is_empty() && kept.len() < MOST {
            let end = rest.iter().position(|byte| matches!(byte, b'|' | b'\r')).unwrap_or(rest.len());
            let (value, behind) = rest.split_at(end);
            if value.len() > LONGEST {
                kept.extend_from_slice(&value[..KEPT]);
                cuts.push((kept.len(), value.len() - KEPT));
            } else {
                kept.extend_from_slice(value);
            }
            let (delimiter, behind) = behind.split_at(behind.len().min(1));
            kept.extend_from_slice(delimiter);
            rest = behind;
        }
        if !rest.is_empty() {
            cuts.push((kept.len(), rest.len()));
        }
        Shortened { bytes: STANDARD.encode(&kept), size: message.len(), cuts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(message: &Shortened) -> Vec<u8> {
        STANDARD.decode(&message.bytes).unwrap()
    }

    #[test]
    fn short_messages_are_kept_whole() {
        let message = Shortened::of(b"MSH|^~\\&|A\rPID|1\r");
        assert_eq!(kept(&message), b"MSH|^~\\&|A\rPID|1\r");
        assert_eq!((message.size, message.cuts), (17, vec![]));
        let longest = "x".repeat(LONGEST);
        assert_eq!(Shortened::of(longest.as_bytes()).cuts, []);
        assert_eq!(Shortened::of(format!("{longest}x").as_bytes()).cuts, [(KEPT, LONGEST + 1 - KEPT)]);
    }

    #[test]
    fn of_a_long_value_the_beginning_is_kept_and_its_neighbours_are() {
        let long = "x".repeat(5000);
        let message = Shortened::of(format!("OBX|1|{long}|last\r").as_bytes());
        assert_eq!(kept(&message), format!("OBX|1|{}|last\r", &long[..KEPT]).as_bytes());
        assert_eq!(message.cuts, [(6 + KEPT, 5000 - KEPT)]);
    }

    #[test]
    fn a_message_of_countless_fields_is_bounded() {
        assert_eq!(Shortened::of("|".repeat(MOST).as_bytes()).cuts, []);
        let message = Shortened::of("|".repeat(MOST + 5).as_bytes());
        assert_eq!((kept(&message).len(), message.cuts), (MOST, vec![(MOST, 5)]));
    }
}
