//! What stands in the braces of step expressions.

use std::convert::Infallible;
use std::str::FromStr;

use cucumber::Parameter;
use emr::Answer;
use journal::Link;

use crate::world::{Stop, error};

/// `{kind}`: a message from IRIS to the EMR.
#[derive(Clone, Copy, Debug, Parameter)]
#[param(name = "kind", regex = "ORU|MDM|DFT|FILE")]
pub struct Kind(pub cloud::Kind);

impl Kind {
    /// As in MSH-9.1.
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Kind, String> {
        let known = cloud::Kind::ALL.into_iter().find(|kind| kind.name() == text);
        known.map(Kind).ok_or_else(|| format!("{text} is no ORU, MDM, DFT or FILE"))
    }
}

/// `{message}`: the first message of a kind that the EMR received, or the last one.
#[derive(Clone, Copy, Debug, Parameter)]
#[param(name = "message", regex = "(?:last )?(?:ORU|MDM|DFT)")]
pub struct Received {
    /// What it is.
    pub kind: Kind,
    /// Whether the last one is meant.
    pub last: bool,
}

impl FromStr for Received {
    type Err = String;

    fn from_str(text: &str) -> Result<Received, String> {
        let kind = text.strip_prefix("last ").unwrap_or(text);
        Ok(Received { kind: kind.parse()?, last: kind != text })
    }
}

/// `{answer}`: one of the answers that the simulated EMR knows, in words (02-mllp-and-ack, section 2.5).
#[derive(Clone, Debug, Parameter)]
#[param(name = "answer", regex = "[a-z].*[A-Za-z0-9-]")]
pub struct AnswerName(String);

impl AnswerName {
    /// The answer.
    ///
    /// # Errors
    /// [`Stop::Error`] with all names when there is none of this name.
    pub fn answer(&self) -> Result<Answer, Stop> {
        self.0.parse().map_err(error)
    }
}

impl FromStr for AnswerName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<AnswerName, Infallible> {
        Ok(AnswerName(text.to_owned()))
    }
}

/// `{link}`: one of the two links between EMR and proxy.
#[derive(Clone, Copy, Debug, Parameter)]
#[param(name = "link", regex = "orders|results")]
pub struct LinkName(pub Link);

impl FromStr for LinkName {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<LinkName, Infallible> {
        Ok(LinkName(if text == "orders" { Link::Orders } else { Link::Results }))
    }
}

/// `{operation}`: something that the proxy asks of IRIS.
#[derive(Clone, Copy, Debug, Parameter)]
#[param(name = "operation", regex = "orders|tokens|settings|deliveries|claims|receipts|blobs")]
pub struct OperationName(pub cloud::contract::Operation);

impl OperationName {
    /// Where it is asked for, as fault plans say.
    pub fn place(self) -> faults::Place {
        match self.0.request() {
            "tokens" => faults::Place::Login,
            "settings" => faults::Place::Settings,
            "blobs" => faults::Place::Blob,
            _ => faults::Place::EmrApi,
        }
    }
}

impl FromStr for OperationName {
    type Err = String;

    fn from_str(text: &str) -> Result<OperationName, String> {
        use cloud::contract::Operation;
        Ok(OperationName(match text {
            "orders" => Operation::SubmitOrder,
            "tokens" => Operation::Token,
            "settings" => Operation::List,
            "deliveries" => Operation::FetchDelivery,
            "claims" => Operation::ClaimDelivery,
            "receipts" => Operation::PostReceipt,
            "blobs" => Operation::PutBlob,
            other => return Err(format!("{other} is no operation")),
        }))
    }
}
