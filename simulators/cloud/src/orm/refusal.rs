//! Why an order is refused.

use hl7::{Path, ack};

/// Why an order is refused, ready to be put into an acknowledgement (ACK-009 to ACK-012).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// MSA-1: `AE` for the 1xx codes of table 0357, `AR` for the 2xx codes.
    pub code: ack::Code,
    /// The code of table 0357.
    pub error: u16,
    /// The element that is wrong, when there is one.
    pub at: Option<Path>,
    /// Text for MSA-3: names the element and what is expected, never a value of the message (no PHI).
    pub text: String,
    /// The requirement that the order breaks, such as `ORM-PID-5.1`.
    pub requirement: &'static str,
}

impl Refusal {
    /// `at` is a path text; one that cannot be parsed is used in the text only.
    pub(super) fn new(requirement: &'static str, error: u16, at: &str, why: &str) -> Refusal {
        let code = if error < 200 { ack::Code::AE } else { ack::Code::AR };
        let at_path: Option<Path> = at.parse().ok();
        let place = at_path.map_or(at.to_owned(), |path| path.label());
        Refusal { code, error, at: at_path, text: format!("{place}: {why}"), requirement }
    }
}
