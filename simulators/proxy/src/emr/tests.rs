use super::*;
use tokio::net::TcpListener;

const MESSAGE: &[u8] = b"MSH|^~\\&|IRIS||||||ORU^R01|42|P|2.4\r";
const LIMIT: Duration = Duration::from_millis(500);

/// The bytes that a receipt reports.
fn reported(receipt: &Receipt) -> Option<Vec<u8>> {
    receipt.ack.as_ref().map(|text| STANDARD.decode(text).unwrap())
}

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
        let receipt = classify(ack(code, control_id).as_bytes(), b"42");
        assert_eq!(receipt.outcome, outcome, "{code} {control_id}");
        assert_eq!(reported(&receipt), Some(ack(code, control_id).into_bytes()), "CON-074");
    }
    let response = ack("AA", "42").replace("|ACK|", "|ORR^O02|");
    assert_eq!(classify(response.as_bytes(), b"42").outcome, Outcome::MalformedAck, "ACK-078");
    assert_eq!(classify(MESSAGE, b"42").outcome, Outcome::MalformedAck, "ACK-079");
    assert_eq!(classify(b"", b"42").outcome, Outcome::MalformedAck, "ACK-077");
}

/// The receipt of one message when the EMR answers with those bytes, and whether the connection stays open.
async fn answered_with(bytes: &[u8], close: bool) -> (Receipt, bool) {
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
    let (receipt, ()) = tokio::join!(emr.exchange(MESSAGE, b"42", LIMIT), engine);
    (receipt.unwrap(), emr.open.is_some())
}

#[tokio::test]
async fn the_connection_stays_open_after_a_single_ack_con_046() {
    let frame = mllp::frame(ack("AE", "42").as_bytes());
    let (receipt, open) = answered_with(&[&frame[..], b"\r\n"].concat(), false).await;
    assert_eq!((receipt.outcome, receipt.ack_code.as_deref(), open), (Outcome::Rejected, Some("AE"), true));
}

#[tokio::test]
async fn a_surplus_ack_closes_the_connection_ack_080() {
    let frame = mllp::frame(ack("AA", "42").as_bytes());
    let (receipt, open) = answered_with(&[&frame[..], &frame[..]].concat(), false).await;
    assert_eq!((receipt.outcome, open), (Outcome::Accepted, false));
}

#[tokio::test]
async fn silence_and_a_closed_connection_are_no_ack_ack_082_ack_083() {
    for close in [false, true] {
        let (receipt, open) = answered_with(b"", close).await;
        assert_eq!((receipt.outcome, receipt.ack, open), (Outcome::NoAck, None, false));
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
        let (receipt, open) = answered_with(bytes, false).await;
        assert_eq!((receipt.outcome, reported(&receipt), open), (Outcome::MalformedAck, Some(bytes.to_vec()), false));
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
