use super::*;

const ORDER: &str = "MSH|^~\\&|EPIC|ANCL|IRIS||20170410102837||ORM^O01|254|T|2.4\rPID|1\r";

/// MSA of the refusal.
fn msa(content: &str) -> Option<String> {
    match readable(content.as_bytes()) {
        Ok(_) => None,
        Err(None) => Some("silent".to_owned()),
        Err(Some(ack)) => {
            let ack = Message::parse(ack).unwrap();
            Some(String::from_utf8(ack.segment("MSA", 1).unwrap().bytes().to_vec()).unwrap())
        }
    }
}

#[test]
fn an_order_is_forwarded_con_070() {
    assert_eq!(msa(ORDER), None);
    assert_eq!(msa(&ORDER.replace("ORM^O01", "ORM^O01^ORM_O01")), None, "VER-011");
}

#[test]
fn anything_else_is_refused_con_070() {
    let refused = |content: &str| msa(content).unwrap();
    assert_eq!(refused(&ORDER.replace("ORM^O01", "ADT^A04")), "MSA|AR|254|unsupported message type", "ACK-101");
    assert_eq!(refused(&ORDER.replace("PID", "PI\0D")), "MSA|AE|254|control byte in message", "MLLP-025");
    assert_eq!(refused(&ORDER.replace("PID", "PI\u{1c}D")), "MSA|AE|254|control byte in message", "MLLP-026");
    assert_eq!(refused(&ORDER.replace("|254|", "||")), "MSA|AE||MSH-10 is empty", "ACK-026");
    assert_eq!(refused("PID|1\r"), "MSA|AR||not an HL7 message", "ACK-027");
    assert_eq!(refused(""), "MSA|AR||not an HL7 message", "MLLP-024");
    assert_eq!(refused(&ORDER.replace("ORM^O01", "ACK^O01")), "silent", "ACK-013");
}

#[test]
fn the_own_answer_mirrors_the_order_ack_002_to_ack_012() {
    let order = Message::parse(ORDER).unwrap();
    let ack = Message::parse(own(Code::AE, Some((INTERNAL_ERROR, "IRIS cloud not reachable"))).build(&order)).unwrap();
    let fields: Vec<_> =
        [3, 4, 5, 6, 9, 11, 12].map(|n| ack.text(&format!("MSH-{n}")).unwrap_or_default().into_owned()).into();
    assert_eq!(fields, ["IRIS", "", "EPIC", "ANCL", "ACK^O01", "T", "2.4"]);
    assert!((1..=20).contains(&ack.control_id().len()), "ACK-006");
    assert!(ack.bytes().ends_with(b"MSA|AE|254|IRIS cloud not reachable\rERR|^^^207\r"));
}

#[test]
fn a_message_that_is_too_long_is_answered_from_its_beginning_con_070() {
    let ack = Message::parse(too_long(&ORDER.as_bytes()[..60]).to_vec()).unwrap();
    assert_eq!((ack.raw("MSA-1"), ack.raw("MSA-2")), (Some(&b"AE"[..]), Some(&b"254"[..])));
}
