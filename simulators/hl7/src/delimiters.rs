//! The delimiter set of a message, declared in MSH-1 and MSH-2.

use crate::show;

/// The bytes that structure a message (ESC-001, ESC-003, ESC-004).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delimiters {
    /// Between fields, MSH-1.
    pub field: u8,
    /// Between components, first byte of MSH-2.
    pub component: u8,
    /// Between repetitions, second byte of MSH-2.
    pub repetition: u8,
    /// Around escape sequences, third byte of MSH-2.
    pub escape: u8,
    /// Between sub-components, fourth byte of MSH-2.
    pub subcomponent: u8,
    /// Truncation mark, fifth byte of MSH-2, from v2.7 on (ESC-004).
    pub truncation: Option<u8>,
}

impl Default for Delimiters {
    /// `|^~\&` without truncation mark (ESC-001).
    fn default() -> Self {
        Delimiters {
            field: b'|',
            component: b'^',
            repetition: b'~',
            escape: b'\\',
            subcomponent: b'&',
            truncation: None,
        }
    }
}

/// Why bytes are not an HL7 message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// There are no bytes.
    #[error("the message is empty; it must begin with an MSH segment")]
    Empty,
    /// The first bytes are not `MSH`.
    #[error("the message begins with `{found}` instead of `MSH`; remove what stands before the MSH segment")]
    NotMsh {
        /// The first bytes, printable.
        found: String,
    },
    /// The message ends before MSH-2.
    #[error(
        "the message ends after `{found}`; MSH-1 (field separator) and MSH-2 (encoding characters) must follow `MSH`"
    )]
    Cut {
        /// The whole message, printable.
        found: String,
    },
    /// MSH-2 has neither four nor five bytes.
    #[error("MSH-2 is `{found}` ({length} bytes); it must hold 4 or 5 encoding characters, usually `^~\\&`")]
    Length {
        /// MSH-2, printable and shortened.
        found: String,
        /// The number of bytes in MSH-2.
        length: usize,
    },
    /// A delimiter is a letter, a digit, a blank or not printable ASCII.
    #[error(
        "byte {offset}: `{found}` cannot be a delimiter; use printable ASCII that is neither letter, digit nor blank"
    )]
    Illegal {
        /// The byte, printable.
        found: String,
        /// Its offset in the message.
        offset: usize,
    },
    /// Two delimiters are the same byte.
    #[error("byte {offset}: delimiter `{found}` is already in use; the characters of MSH-1 and MSH-2 must all differ")]
    Equal {
        /// The byte, printable.
        found: String,
        /// Offset of its second use in the message.
        offset: usize,
    },
}

impl Delimiters {
    /// Reads the set from the first bytes of a message.
    pub(crate) fn read(message: &[u8]) -> Result<Delimiters, ParseError> {
        if message.is_empty() {
            return Err(ParseError::Empty);
        }
        let Some(header) = message.strip_prefix(b"MSH") else {
            return Err(ParseError::NotMsh { found: show::excerpt(message, 0, 12) });
        };
        let Some((&field, rest)) = header.split_first() else {
            return Err(ParseError::Cut { found: show::bytes(message) });
        };
        legal(field, 3)?;
        let end = rest.iter().position(|b| *b == field || matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        let encoding = &rest[..end];
        let (component, repetition, escape, subcomponent, truncation) = match *encoding {
            [c, r, e, s] => (c, r, e, s, None),
            [c, r, e, s, t] => (c, r, e, s, Some(t)),
            _ => return Err(ParseError::Length { found: show::excerpt(encoding, 0, 12), length: encoding.len() }),
        };
        for (n, byte) in encoding.iter().enumerate() {
            let offset = 4 + n;
            legal(*byte, offset)?;
            if encoding[..n].contains(byte) {
                return Err(ParseError::Equal { found: show::bytes(&[*byte]), offset });
            }
        }
        Ok(Delimiters { field, component, repetition, escape, subcomponent, truncation })
    }
}

fn legal(byte: u8, offset: usize) -> Result<(), ParseError> {
    if byte.is_ascii_punctuation() { Ok(()) } else { Err(ParseError::Illegal { found: show::bytes(&[byte]), offset }) }
}
