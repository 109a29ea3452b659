//! The one connection to the EMR that carries results and charges (CON-043, CON-046), and what its answers mean (ACK-045 to
//! ACK-049).

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use hl7::ack::{self, Code};
use mllp::{MllpCodec, Received};
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::codec::Decoder;

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

/// How the EMR answered a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    pub(crate) code: Option<Code>,
    /// The bytes between VT and FS, or all that came if there was no frame (CON-074).
    pub(crate) ack: Option<Vec<u8>>,
    /// For the receipt only: it may quote the ACK, so it is not logged (TOP-060).
    pub(crate) reason: Option<String>,
}

/// The connection, kept open between messages; anything but a clean single ACK closes it (ACK-080, ACK-081).
#[derive(Default)]
pub(crate) struct Emr {
    open: Option<(String, TcpStream)>,
}

impl Emr {
    /// Makes sure that a connection to `address` stands on which nothing is pending.
    pub(crate) async fn connect(&mut self, address: &str, limit: Duration) -> io::Result<()> {
        if self.open.as_ref().is_some_and(|(to, stream)| to == address && is_quiet(stream)) {
            return Ok(());
        }
        self.open = None; // CON-046: never two at a time
        let stream = timeout(limit, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        self.open = Some((address.to_owned(), stream));
        Ok(())
    }

    /// Sends one message and waits for its answer. None when no byte was written.
    pub(crate) async fn exchange(&mut self, message: &[u8], control_id: &[u8], limit: Duration) -> Option<Reply> {
        let (address, mut stream) = self.open.take()?;
        if !is_quiet(&stream) {
            return None;
        }
        let frame = mllp::frame(message);
        match write(&mut stream, &frame, limit).await {
            0 => return None,
            all if all == frame.len() => {}
            _ => return Some(Reply::no_ack("the connection broke while the message was written")), // DFT-TX-007
        }
        let (reply, clean) = read_answer(&mut stream, control_id, limit).await;
        if clean {
            self.open = Some((address, stream));
        }
        Some(reply)
    }
}

/// Whether the connection stands and nothing has come that would be taken for the next answer (ACK-080, ACK-081).
fn is_quiet(stream: &TcpStream) -> bool {
    let mut pending = [0; 64];
    loop {
        match stream.try_read(&mut pending) {
            Ok(n) if n > 0 && is_filler(&pending[..n]) => {}
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            Ok(_) => return false,
        }
    }
}

/// What may stand between frames (MLLP-013).
fn is_filler(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' '))
}

/// How many bytes could be written; gives up when the peer takes nothing for as long as `limit`.
async fn write(stream: &mut TcpStream, frame: &[u8], limit: Duration) -> usize {
    let mut written = 0;
    while written < frame.len() {
        match timeout(limit, stream.write(&frame[written..])).await {
            Ok(Ok(n)) if n > 0 => written += n,
            _ => break,
        }
    }
    written
}

/// The answer, and whether it was a clean single ACK.
async fn read_answer(stream: &mut TcpStream, control_id: &[u8], limit: Duration) -> (Reply, bool) {
    let deadline = Instant::now() + limit;
    let mut codec = MllpCodec::new(MAX_ACK);
    let (mut raw, mut buffer) = (BytesMut::new(), BytesMut::new());
    loop {
        let before = raw.len();
        let ended = match timeout_at(deadline, stream.read_buf(&mut raw)).await {
            Err(_) => Some("no ACK within the time limit"),
            Ok(Ok(0)) => Some("the EMR closed the connection"),
            Ok(Ok(_)) => None,
            Ok(Err(_)) => Some("the connection broke"),
        };
        if let Some(reason) = ended {
            let reply = match is_filler(&raw) {
                true => Reply::no_ack(reason),
                false => Reply::malformed("the ACK is not in a complete frame", raw.to_vec()), // ACK-076
            };
            return (reply, false);
        }
        buffer.extend_from_slice(&raw[before..]);
        match codec.decode(&mut buffer) {
            Ok(None) => {}
            Ok(Some(Received::Content(content))) => {
                let reply = classify(&content, control_id);
                let clean = reply.outcome != Outcome::MalformedAck && is_filler(&buffer);
                return (reply, clean);
            }
            Ok(Some(Received::Malformed { .. })) | Err(_) => {
                return (Reply::malformed("the ACK is not in a complete frame", raw.to_vec()), false);
            }
        }
    }
}

/// What the content of a frame means as answer to the message with that MSH-10 (ACK-045 to ACK-048).
fn classify(content: &[u8], control_id: &[u8]) -> Reply {
    let ack = match ack::read(content) {
        Ok(ack) => ack,
        Err(problem) => return Reply::malformed(&problem.to_string(), content.to_vec()),
    };
    if ack.control_id != control_id {
        return Reply {
            code: Some(ack.code),
            ..Reply::malformed("MSA-2 is not the message's MSH-10", content.to_vec())
        }; // CON-074
    }
    let (outcome, reason) = match ack.code.is_positive() {
        true => (Outcome::Accepted, None),
        false => (Outcome::Rejected, Some("the EMR did not accept the message".to_owned())),
    };
    Reply { outcome, code: Some(ack.code), ack: Some(content.to_vec()), reason }
}

impl Reply {
    pub(crate) fn not_sent(reason: &str) -> Reply {
        Reply { outcome: Outcome::NotSent, ..Reply::no_ack(reason) }
    }

    fn no_ack(reason: &str) -> Reply {
        Reply { outcome: Outcome::NoAck, code: None, ack: None, reason: Some(reason.to_owned()) }
    }

    fn malformed(reason: &str, ack: Vec<u8>) -> Reply {
        Reply { outcome: Outcome::MalformedAck, code: None, ack: Some(ack), reason: Some(reason.to_owned()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const MESSAGE: &[u8] = b"MSH|^~\\&|IRIS||||||ORU^R01|42|P|2.4\r";
    const LIMIT: Duration = Duration::from_millis(500);

    fn ack(code: &str, control_id: &str) -> String {
        format!("MSH|^~\\&|||||||ACK|7|P|2.4\rMSA|{code}|{control_id}\r")
    }

    #[test]
    fn only_aa_and_ca_with_the_messages_control_id_accept_con_043_ack_045() {
        for (code, control_id, outcome) in [
            ("AA", "42", Outcome::Accepted),
            ("CA", "42", Outcome::Accepted),
            ("AE", "42", Outcome::Rejected),
            ("AR", "42", Outcome::Rejected),
            ("CE", "42", Outcome::Rejected),
            ("CR", "42", Outcome::Rejected),
            ("AA", "43", Outcome::MalformedAck),
            ("AA", "", Outcome::MalformedAck),
            ("aa", "42", Outcome::MalformedAck),
            ("", "42", Outcome::MalformedAck),
        ] {
            let reply = classify(ack(code, control_id).as_bytes(), b"42");
            assert_eq!(reply.outcome, outcome, "{code} {control_id}");
            assert_eq!(reply.ack, Some(ack(code, control_id).into_bytes()), "CON-074");
        }
        assert_eq!(classify(MESSAGE, b"42").outcome, Outcome::MalformedAck, "ACK-079");
        assert_eq!(classify(b"", b"42").outcome, Outcome::MalformedAck, "ACK-077");
    }

    /// The reply to one message when the EMR answers with those bytes, and how many connections a second message needs.
    async fn answered_with(bytes: &[u8], close: bool) -> (Reply, bool) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut emr = Emr::default();
        emr.connect(&address, LIMIT).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        let engine = async {
            let mut frame = vec![0; MESSAGE.len() + 3];
            peer.read_exact(&mut frame).await.unwrap();
            assert_eq!((frame[0], &frame[1..=MESSAGE.len()]), (0x0B, MESSAGE), "MLLP-040");
            peer.write_all(bytes).await.unwrap();
            if close {
                peer.shutdown().await.unwrap();
            }
        };
        let (reply, ()) = tokio::join!(emr.exchange(MESSAGE, b"42", LIMIT), engine);
        (reply.unwrap(), emr.open.is_some())
    }

    #[tokio::test]
    async fn the_connection_stays_open_after_a_single_ack_con_046() {
        let frame = mllp::frame(ack("AE", "42").as_bytes());
        let (reply, open) = answered_with(&[&frame[..], b"\r\n"].concat(), false).await;
        assert_eq!((reply.outcome, reply.code, open), (Outcome::Rejected, Some(Code::AE), true));
    }

    #[tokio::test]
    async fn a_surplus_ack_closes_the_connection_ack_080() {
        let frame = mllp::frame(ack("AA", "42").as_bytes());
        let (reply, open) = answered_with(&[&frame[..], &frame[..]].concat(), false).await;
        assert_eq!((reply.outcome, open), (Outcome::Accepted, false));
    }

    #[tokio::test]
    async fn silence_and_a_closed_connection_are_no_ack_ack_082_ack_083() {
        for close in [false, true] {
            let (reply, open) = answered_with(b"", close).await;
            assert_eq!((reply.outcome, reply.ack, open), (Outcome::NoAck, None, false));
        }
    }

    #[tokio::test]
    async fn an_incomplete_frame_is_malformed_and_kept_as_it_came_ack_076_con_074() {
        let content = ack("AA", "42").into_bytes();
        let frame = mllp::frame(&content);
        let without_start = &frame[1..];
        let without_end = &frame[..frame.len() - 2];
        let without_last_byte = &frame[..frame.len() - 1];
        for bytes in [without_start, without_end, without_last_byte] {
            let (reply, open) = answered_with(bytes, false).await;
            assert_eq!((reply.outcome, reply.ack.as_deref(), open), (Outcome::MalformedAck, Some(bytes), false));
        }
    }

    #[tokio::test]
    async fn a_late_ack_makes_the_next_message_take_a_new_connection_ack_081() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut emr = Emr::default();
        emr.connect(&address, LIMIT).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(&mllp::frame(ack("AA", "41").as_bytes())).await.unwrap();
        emr.open.as_ref().unwrap().1.readable().await.unwrap();
        assert_eq!(emr.exchange(MESSAGE, b"42", LIMIT).await, None, "no byte was written");
        emr.connect(&address, LIMIT).await.unwrap();
        timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_refused_connection_is_an_error() {
        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
        assert!(Emr::default().connect(&address, LIMIT).await.is_err());
    }
}
