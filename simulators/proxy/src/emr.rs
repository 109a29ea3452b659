//! The one connection to the EMR that carries results and charges (CON-043, CON-046), and what its answers mean (ACK-045 to
//! ACK-049).

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use mllp::{MllpCodec, Received};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Decoder;

use crate::defects::{self, Flaw};
use crate::orders::filler;

/// Largest acknowledgement taken, in bytes.
const MAX_ACK: usize = 1024 * 1024;

/// What became of a result (CON-044).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Outcome {
    Accepted,
    Rejected,
    MalformedAck,
    NoAck,
    /// No byte was written (CON-074).
    NotSent,
}

/// How the EMR answered, as the cloud is told (CON-044).
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Receipt {
    pub(crate) outcome: Outcome,
    /// Sends, not connects (CON-074); counted by whoever repeats them.
    pub(crate) attempts: u32,
    pub(crate) ack_code: Option<String>,
    /// Base64 of the bytes between VT and FS, or of all that came if there was no frame (CON-074).
    pub(crate) ack: Option<String>,
    /// It may quote the ACK, so it is not logged (TOP-060).
    pub(crate) reason: Option<String>,
}

impl Receipt {
    /// Without a word of the EMR.
    pub(crate) fn new(outcome: Outcome, reason: &str) -> Receipt {
        Receipt { outcome, attempts: 0, ack_code: None, ack: None, reason: Some(reason.to_owned()) }
    }

    fn malformed(reason: &str, ack: &[u8]) -> Receipt {
        Receipt { ack: Some(STANDARD.encode(ack)), ..Receipt::new(Outcome::MalformedAck, reason) }
    }
}

/// The connection, kept open between messages; anything but a clean single ACK closes it (ACK-080, ACK-081).
#[derive(Default)]
pub(crate) struct Emr {
    open: Option<(String, TcpStream)>,
    /// Whether the last connect failed, connections that should be closed, surplus answers: for defects alone.
    failed: bool,
    kept: Vec<(String, TcpStream)>,
    surplus: BytesMut,
}

impl Emr {
    /// Makes sure that a connection to `address` stands on which nothing is pending.
    pub(crate) async fn connect(&mut self, address: &str, limit: Duration) -> io::Result<()> {
        if defects::has(Flaw::GivesUpOnEmr) && self.failed {
            return Err(io::ErrorKind::NotConnected.into());
        }
        if self.open.as_ref().is_some_and(|(to, stream)| to == address && is_quiet(stream)) {
            if !defects::has(Flaw::KeepsOldConnections) {
                return Ok(());
            }
            self.kept.extend(self.open.take());
        }
        self.open = None; // CON-046: never two at a time
        self.failed = true;
        let stream = timeout(limit, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        self.open = Some((address.to_owned(), stream));
        self.failed = false;
        Ok(())
    }

    /// Sends one message and waits for its answer. None when no byte was written.
    pub(crate) async fn exchange(&mut self, message: &[u8], control_id: &[u8], limit: Duration) -> Option<Receipt> {
        let (address, mut stream) = self.open.take().filter(|(_, stream)| is_quiet(stream))?;
        let frame = defects::result_frame(mllp::frame(&defects::result(message.to_vec().into())).into());
        let mut written = 0;
        while written < frame.len() {
            // However slowly the EMR takes it, as long as it takes something.
            match timeout(limit, stream.write(&frame[written..])).await {
                Ok(Ok(n)) if n > 0 => written += n,
                _ if written == 0 => return None,
                // DFT-TX-007
                _ => return Some(Receipt::new(Outcome::NoAck, "the connection broke while the message was written")),
            }
        }
        if defects::has(Flaw::DoesNotWaitForAck) {
            self.open = Some((address, stream));
            return Some(Receipt { reason: None, ..Receipt::new(Outcome::Accepted, "") });
        }
        let (receipt, clean) = read_answer(&mut stream, control_id, limit, &mut self.surplus).await;
        let mut receipt = defects::answer(receipt);
        if defects::has(Flaw::AnswersUnreadAsAccepted) && receipt.outcome == Outcome::NoAck {
            receipt.outcome = Outcome::Accepted;
        }
        if clean {
            self.open = Some((address, stream));
        }
        Some(receipt)
    }
}

/// Whether the connection stands and nothing has come that would be taken for the next answer (ACK-080, ACK-081).
fn is_quiet(stream: &TcpStream) -> bool {
    let mut pending = [0; 64];
    if defects::has(Flaw::ReadsStaleAnswers) {
        return true;
    }
    loop {
        match stream.try_read(&mut pending) {
            Ok(n) if n > 0 && filler(&pending[..n]) == n => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            Ok(_) => return false,
        }
    }
}

/// The answer, and whether it was a clean single ACK. Only with a defect something of `surplus` is taken or left.
async fn read_answer(
    stream: &mut TcpStream,
    control_id: &[u8],
    limit: Duration,
    surplus: &mut BytesMut,
) -> (Receipt, bool) {
    let deadline = Instant::now() + limit;
    let mut codec = MllpCodec::new(MAX_ACK);
    let (mut all, mut unread) = (BytesMut::new(), std::mem::take(surplus));
    let ended = loop {
        match codec.decode(&mut unread) {
            Ok(None) => {}
            Ok(Some(Received::Content(content))) => {
                let receipt = classify(&content, control_id);
                if defects::has(Flaw::ReadsStaleAnswers) {
                    *surplus = unread;
                    return (receipt, true);
                }
                let clean = receipt.outcome != Outcome::MalformedAck && filler(&unread) == unread.len();
                return (receipt, clean);
            }
            Ok(Some(Received::Malformed { .. })) | Err(_) => break "the ACK is no frame",
        }
        let before = all.len();
        match timeout_at(deadline, stream.read_buf(&mut all)).await {
            Err(_) => break "no ACK within the time limit",
            Ok(Ok(0)) => break "the EMR closed the connection",
            Ok(Ok(_)) => unread.extend_from_slice(&all[before..]),
            Ok(Err(_)) => break "the connection broke",
        }
    };
    if filler(&all) == all.len() {
        return (Receipt::new(Outcome::NoAck, ended), false);
    }
    (Receipt::malformed("the ACK is not in a complete frame", &all), false) // ACK-076
}

/// What the content of a frame means as answer to the message with that MSH-10 (ACK-045 to ACK-048).
fn classify(content: &[u8], control_id: &[u8]) -> Receipt {
    let ack = match hl7::ack::read(content) {
        Ok(ack) => ack,
        Err(problem) => return Receipt::malformed(&problem.to_string(), content),
    };
    let (outcome, reason) = if ack.control_id != control_id && !defects::has(Flaw::ReadsStaleAnswers) {
        (Outcome::MalformedAck, Some("MSA-2 is not the message's MSH-10")) // CON-074
    } else if ack.code.is_positive() {
        (Outcome::Accepted, None)
    } else {
        (Outcome::Rejected, Some("the EMR did not accept the message"))
    };
    let (ack_code, ack) = (Some(ack.code.to_string()), Some(STANDARD.encode(content)));
    Receipt { outcome, attempts: 0, ack_code, ack, reason: reason.map(str::to_owned) }
}

#[cfg(test)]
mod tests;
