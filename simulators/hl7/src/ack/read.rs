//! Reading an acknowledgement.

use super::{Code, UnknownCode};
use crate::{Message, ParseError, show};

/// What an acknowledgement says. Whether `control_id` is that of the message sent is the caller's comparison (ACK-045,
/// ACK-071, ACK-072): an empty one answers no message that has a control id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ack {
    /// MSA-1.
    pub code: Code,
    /// MSA-2 as sent, empty when absent.
    pub control_id: Vec<u8>,
    /// MSA-3 as sent, empty when absent.
    pub text: Vec<u8>,
}

/// Why content is no acknowledgement (ACK-048).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is no content (ACK-077).
    #[error("the answer is empty; an acknowledgement has the segments MSH and MSA")]
    Empty,
    /// The content does not begin like a segment (ACK-075).
    #[error("the answer begins with `{found}` and is not HL7; an acknowledgement begins with an MSH segment")]
    NotHl7 {
        /// The first bytes, printable.
        found: String,
    },
    /// The content begins with another segment (ACK-074).
    #[error("the answer has no MSH segment, it begins with `{found}`; an acknowledgement begins with MSH")]
    HeaderMissing {
        /// The first bytes, printable.
        found: String,
    },
    /// MSH-1 or MSH-2 is wrong or cut off (ACK-074).
    #[error("the answer's MSH segment is wrong: {0}")]
    Header(#[from] ParseError),
    /// MSH ends in front of MSH-10 (ACK-074).
    #[error("the answer's MSH segment is cut off after MSH-{fields}; it must reach to MSH-10")]
    HeaderCut {
        /// The number of its fields.
        fields: usize,
    },
    /// The answer is another message (ACK-078, ACK-079).
    #[error("MSH-9 of the answer is `{found}`; it must have message code ACK (to an order, ORR^O02 is taken as well)")]
    WrongType {
        /// MSH-9, printable.
        found: String,
    },
    /// There is no MSA segment (ACK-073).
    #[error("the answer has no MSA segment; MSA-1 must tell the acknowledgement code")]
    MsaMissing,
    /// MSA-1 is absent or empty (ACK-070).
    #[error("MSA-1 of the answer is empty; it must be one of AA, AE, AR, CA, CE and CR")]
    CodeEmpty,
    /// MSA-1 is none of the codes, or not in capital letters (ACK-070).
    #[error("MSA-1 of the answer: {0}")]
    CodeUnknown(#[from] UnknownCode),
}

/// Reads an acknowledgement from the content of a frame. Any delimiter set (ACK-001), any version (ACK-064), all three
/// forms of MSH-9 (ACK-005), further segments, and LF as segment end (ACK-066) are taken.
///
/// # Errors
/// The content is malformed in the sense of ACK-048; another message with an MSA segment is so too (ACK-078).
pub fn read(content: &[u8]) -> Result<Ack, Malformed> {
    read_typed(content, false)
}

/// Reads the answer to an order: like [`read`], and `ORR^O02` with MSA is taken as well (ACK-028).
///
/// # Errors
/// The content is malformed in the sense of ACK-048.
pub fn read_order_response(content: &[u8]) -> Result<Ack, Malformed> {
    read_typed(content, true)
}

fn read_typed(content: &[u8], order_response: bool) -> Result<Ack, Malformed> {
    let message = Message::parse(content).map_err(|error| not_a_message(content, error))?;
    let fields = message.segments().next().map_or(0, |header| header.fields());
    if fields < 10 {
        return Err(Malformed::HeaderCut { fields });
    }
    let (code, trigger) = message.message_type();
    if code != "ACK" && !(order_response && code == "ORR" && trigger == "O02") {
        return Err(Malformed::WrongType { found: show::excerpt(message.raw("MSH-9").unwrap_or_default(), 0, 40) });
    }
    let msa = message.segment("MSA", 1).ok_or(Malformed::MsaMissing)?;
    let field = |number| msa.field(number).raw().unwrap_or_default();
    // ESC-007: trailing blanks mean nothing.
    let code = match field(1).trim_ascii_end() {
        b"" => return Err(Malformed::CodeEmpty),
        code => show::excerpt(code, 0, 20).parse()?,
    };
    Ok(Ack { code, control_id: field(2).to_vec(), text: field(3).to_vec() })
}

fn not_a_message(content: &[u8], error: ParseError) -> Malformed {
    match error {
        ParseError::Empty => Malformed::Empty,
        ParseError::NotMsh { found } => match content {
            [a, b, c, delimiter, ..]
                if [a, b, c].iter().all(|x| x.is_ascii_uppercase() || x.is_ascii_digit())
                    && delimiter.is_ascii_punctuation() =>
            {
                Malformed::HeaderMissing { found }
            }
            _ => Malformed::NotHl7 { found },
        },
        error => Malformed::Header(error),
    }
}
