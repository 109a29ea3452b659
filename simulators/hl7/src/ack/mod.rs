//! Acknowledgements in original mode (ACK-001 to ACK-012, ACK-045 to ACK-049).

mod build;
mod read;

pub use build::{Builder, ErrorDetail};
pub use read::{Ack, Malformed, read, read_order_response};

use std::fmt;
use std::str::FromStr;

/// Acknowledgement code, MSA-1 (ACK-009, ACK-047).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Application accept.
    AA,
    /// Application error.
    AE,
    /// Application reject.
    AR,
    /// Commit accept, enhanced mode.
    CA,
    /// Commit error, enhanced mode.
    CE,
    /// Commit reject, enhanced mode.
    CR,
}

/// A text that is no acknowledgement code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownCode {
    /// None of the codes.
    #[error("`{0}` is no acknowledgement code; the codes are AA, AE, AR, CA, CE and CR, in capital letters")]
    Text(String),
}

impl Code {
    /// Whether the code means acceptance: `AA`, and `CA` as the default contract has it (ACK-047).
    pub fn is_positive(self) -> bool {
        matches!(self, Code::AA | Code::CA)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Code::AA => "AA",
            Code::AE => "AE",
            Code::AR => "AR",
            Code::CA => "CA",
            Code::CE => "CE",
            Code::CR => "CR",
        })
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Code, UnknownCode> {
        match text {
            "AA" => Ok(Code::AA),
            "AE" => Ok(Code::AE),
            "AR" => Ok(Code::AR),
            "CA" => Ok(Code::CA),
            "CE" => Ok(Code::CE),
            "CR" => Ok(Code::CR),
            _ => Err(UnknownCode::Text(text.to_owned())),
        }
    }
}

/// What a code of table 0357 means; `Unknown error code` for one that is not in the table.
pub fn error_text(code: u16) -> &'static str {
    match code {
        0 => "Message accepted",
        100 => "Segment sequence error",
        101 => "Required field missing",
        102 => "Data type error",
        103 => "Table value not found",
        200 => "Unsupported message type",
        201 => "Unsupported event code",
        202 => "Unsupported processing id",
        203 => "Unsupported version id",
        204 => "Unknown key identifier",
        205 => "Duplicate key identifier",
        206 => "Application record locked",
        207 => "Application internal error",
        _ => "Unknown error code",
    }
}
