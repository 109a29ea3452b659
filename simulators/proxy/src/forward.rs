//! One order: from the bytes in the frame to the acknowledgement (CON-030 to CON-034, CON-070, CON-071).

use bytes::Bytes;
use hl7::Message;
use hl7::ack::{self, Ack, Builder, Code, ErrorDetail};
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::settings::{Intake, Settings};

/// Table 0357, as far as the proxy itself answers.
const FIELD_MISSING: u16 = 101;
const UNSUPPORTED_TYPE: u16 = 200;
const INTERNAL_ERROR: u16 = 207;

/// The acknowledgement for the content of a frame; none for a message that must not be answered.
pub(crate) async fn answer(content: Bytes, cloud: &Cloud, settings: &Settings) -> Option<Bytes> {
    let order = match readable(&content) {
        Ok(order) => order,
        Err(refusal) => return refusal.map(Bytes::from),
    };
    let correlation = Uuid::new_v4();
    let handed_over = hand_over(&content, &order, correlation, cloud, settings).await;
    Some(handed_over.unwrap_or_else(|reason| {
        log!("order {correlation}: AE, {reason}");
        negative(&order, Code::AE, INTERNAL_ERROR, reason).into() // CON-032
    }))
}

/// The answer to a frame that is longer than allowed, of which the beginning is at hand (CON-070).
pub(crate) fn too_long(beginning: &[u8]) -> Bytes {
    let reason = "message too long";
    log!("order refused: {reason}");
    match Message::parse(beginning) {
        Ok(order) => negative(&order, Code::AE, INTERNAL_ERROR, reason).into(),
        Err(_) => builder(Code::AE, INTERNAL_ERROR, reason).build_unreadable().into(),
    }
}

/// The order, or the answer, if any, to something that is not to be forwarded (CON-070).
fn readable(content: &[u8]) -> Result<Message, Option<Vec<u8>>> {
    let refuse = |ack, reason| {
        log!("order refused: {reason}");
        Err(Some(ack))
    };
    let Ok(order) = Message::parse(content) else {
        let reason = "not an HL7 message";
        return refuse(builder(Code::AR, INTERNAL_ERROR, reason).build_unreadable(), reason);
    };
    let (kind, _) = order.message_type();
    if mllp::forbidden_byte(content).is_some() {
        let reason = "control byte in message"; // MLLP-025
        return refuse(negative(&order, Code::AE, INTERNAL_ERROR, reason), reason);
    }
    if kind == "ACK" {
        log!("an acknowledgement came on the orders port: not answered (ACK-013)");
        return Err(None);
    }
    if kind != "ORM" {
        let reason = "unsupported message type"; // ACK-024, ACK-101
        return refuse(negative(&order, Code::AR, UNSUPPORTED_TYPE, reason), reason);
    }
    if order.control_id().is_empty() {
        let reason = "MSH-10 is empty"; // ACK-026: an answer could not be matched
        return refuse(negative(&order, Code::AE, FIELD_MISSING, reason), reason);
    }
    Ok(order)
}

/// The cloud's acknowledgement unchanged (CON-030, CON-031), the own one after an upload (CON-033), or why there is none.
async fn hand_over(
    content: &Bytes,
    order: &Message,
    id: Uuid,
    cloud: &Cloud,
    settings: &Settings,
) -> Result<Bytes, &'static str> {
    let answer = match settings.intake {
        Intake::Http => cloud.order(content, id, settings.cloud_timeout).await,
        Intake::Blob => cloud.upload(content, id, settings.cloud_timeout).await,
    };
    let answer = answer.map_err(|error| {
        log!("order {id}: {error:#}");
        "IRIS cloud not reachable"
    })?;
    match (settings.intake, answer.status.as_u16()) {
        (Intake::Http, 200) => match ack::read(&answer.body) {
            Ok(ack) if answers(&ack, &answer.body, order) => {
                log!("order {id}: {}", ack.code);
                Ok(answer.body)
            }
            _ => Err("IRIS cloud gave no ACK for this order"), // CON-071
        },
        (Intake::Blob, 201) => {
            log!("order {id}: AA, uploaded");
            Ok(Builder { error: None, text: None, ..builder(Code::AA, 0, "") }.build(order).into())
        }
        (_, status) => {
            log!("order {id}: the cloud answered {status}");
            Err("IRIS cloud refused the order")
        }
    }
}

/// Whether the cloud's acknowledgement is one for this order that can be relayed (CON-031, CON-071).
fn answers(ack: &Ack, body: &[u8], order: &Message) -> bool {
    ack.control_id == order.control_id()
        && matches!(ack.code, Code::AA | Code::AE | Code::AR)
        && mllp::forbidden_byte(body).is_none()
}

fn negative(order: &Message, code: Code, error: u16, reason: &str) -> Vec<u8> {
    builder(code, error, reason).build(order)
}

fn builder(code: Code, error: u16, reason: &str) -> Builder {
    Builder {
        time: jiff::Timestamp::now().strftime("%Y%m%d%H%M%S+0000").to_string(),
        control_id: Uuid::new_v4().simple().to_string()[..20].to_owned(), // ACK-006
        code,
        text: Some(reason.to_owned()),
        error: Some(ErrorDetail { location: None, code: error }),
    }
}

#[cfg(test)]
mod tests {
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
        let ack = Message::parse(negative(&order, Code::AE, INTERNAL_ERROR, "IRIS cloud not reachable")).unwrap();
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
}
