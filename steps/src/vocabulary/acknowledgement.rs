//! What every acknowledgement must be like, whatever it says (02-mllp-and-ack, section 2.1).

use hl7::Message;
use hl7::ack::{Ack, Code};

use crate::world::{SentOrder, Stop, error, failed};

/// Fields of the answer, the field of the order that each repeats, and the requirement.
const REPEATED: [(&str, &str, &str); 5] = [
    ("MSH-3", "MSH-5", "ACK-002"),
    ("MSH-4", "MSH-6", "ACK-002"),
    ("MSH-5", "MSH-3", "ACK-003"),
    ("MSH-6", "MSH-4", "ACK-003"),
    ("MSH-11", "MSH-11", "ACK-007"),
];

/// The acknowledgement that answers the order, or the message from IRIS, and no other.
///
/// # Errors
/// There is none, it has another control id, or its header is not that of an answer to this order.
pub(crate) fn of(order: &SentOrder) -> Result<(Ack, Message), Stop> {
    let bytes = match &order.answer {
        Ok(answer) => answer,
        Err(why) => return failed("ACK-020", "one answer to the order", why),
    };
    let shown = || hl7::show::excerpt(bytes, 0, 400);
    let sent = Message::parse(order.content.clone());
    let to_iris = ["ORU", "MDM", "DFT"].map(str::to_owned);
    let read = match &sent {
        Ok(sent) if to_iris.contains(&sent.message_type().0) => hl7::ack::read,
        _ => hl7::ack::read_order_response, // ACK-028
    };
    let ack = match read(bytes) {
        Ok(ack) => ack,
        Err(malformed) => return failed("ACK-020", "an acknowledgement", format!("{malformed}: {}", shown())),
    };
    let answer = Message::parse(bytes.clone()).map_err(error)?;
    let control_id = sent.as_ref().map(|sent| sent.control_id().to_vec()).unwrap_or_default();
    if ack.control_id != control_id {
        let expected = format!("MSA-2 {}", hl7::show::bytes(&control_id));
        return failed("ACK-010", expected, format!("{} in {}", hl7::show::bytes(&ack.control_id), shown()));
    }
    check_own(&answer, &shown())?;
    if let Ok(sent) = sent {
        check_repeated(&sent, &answer, &shown())?;
    }
    Ok((ack, answer))
}

/// What the answer has of its own.
fn check_own(answer: &Message, shown: &str) -> Result<(), Stop> {
    let text = |path| answer.text(path).unwrap_or_default();
    if !(1..=20).contains(&text("MSH-10").chars().count()) {
        return failed("ACK-006", "1 to 20 characters in MSH-10", shown);
    }
    if text("MSH-7").bytes().take_while(u8::is_ascii_digit).count() < "yyyyMMdd".len() {
        return failed("ACK-004", "a time in MSH-7", shown);
    }
    Ok(())
}

/// What the answer repeats of the order; delimiters may differ, and are then not compared.
fn check_repeated(sent: &Message, answer: &Message, shown: &str) -> Result<(), Stop> {
    let of = |message: &Message, path| {
        hl7::show::bytes(message.raw(path).unwrap_or_default().trim_ascii_end()) // ESC-007
    };
    if sent.delimiters().component == answer.delimiters().component {
        for (path, repeats, requirement) in REPEATED {
            let (seen, expected) = (of(answer, path), of(sent, repeats));
            let free = expected.is_empty() && path.len() == "MSH-3".len() && seen == "IRIS"; // ACK-016
            if seen != expected && !free {
                return failed(requirement, format!("{path} `{expected}`"), shown);
            }
        }
    }
    let version = of(sent, "MSH-12.1");
    if of(answer, "MSH-12.1") != version && !(version.is_empty() && of(answer, "MSH-12.1") == "2.4") {
        return failed("ACK-008", format!("MSH-12 `{version}`"), shown); // VER-002 for an empty one
    }
    let (trigger, is_ack) = (of(answer, "MSH-9.2"), of(answer, "MSH-9.1") == "ACK"); // ACK-028: or an ORR
    if is_ack && !trigger.is_empty() && trigger != of(sent, "MSH-9.2") {
        return failed("ACK-005", format!("MSH-9.2 `{}`", of(sent, "MSH-9.2")), shown);
    }
    Ok(())
}

/// Whether an acknowledgement says this: code, and where given error of table 0357 and place, as in `AE 101 PID-5` (ACK-012).
///
/// # Errors
/// The text begins with no code.
pub(super) fn says(ack: &Ack, answer: &Message, wanted: &str) -> Result<bool, Stop> {
    let mut words = wanted.split_whitespace();
    let code: Code = words.next().unwrap_or_default().parse().map_err(error)?;
    let text = |path: &str| answer.text(path).unwrap_or_default().into_owned();
    // ERR-1.4 up to version 2.4, ERR-3.1 from 2.5
    let number = Some(text("ERR-1.4")).filter(|number| !number.is_empty()).unwrap_or_else(|| text("ERR-3.1"));
    if ack.code != code || words.next().is_some_and(|wanted| wanted != number) {
        return Ok(false);
    }
    let Some(place) = words.next() else { return Ok(true) };
    let (segment, field) = place.split_once('-').unwrap_or((place, ""));
    let (segment, occurrence) = segment.trim_end_matches(']').split_once('[').unwrap_or((segment, "1"));
    let seen = |field: &str| [1, 2, 3].map(|component| text(&format!("{field}.{component}")));
    Ok([seen("ERR-1"), seen("ERR-2")].contains(&[segment.to_owned(), occurrence.to_owned(), field.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = r"MSH|^~\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|254|T|2.4";

    fn answered(answer: &str) -> Result<(Ack, Message), Stop> {
        let content = format!("{ORDER}\r").into_bytes();
        of(&SentOrder { content, answer: Ok(answer.replace('\n', "\r").into_bytes()) })
    }

    #[test]
    fn the_example_of_the_specification_is_an_answer() {
        let header = r"MSH|^~\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7001|T|2.4";
        assert!(answered(&format!("{header}\nMSA|AA|254\n")).is_ok());
        let iris = header.replace("||IRIS", "|IRIS|IRIS"); // ACK-016
        assert!(answered(&format!("{iris}\nMSA|AA|254\n")).is_ok());
    }

    #[test]
    fn each_wrong_element_of_the_header_is_named() {
        for (from, to, requirement) in [
            ("||IRIS|", "|OTHER|IRIS|", "ACK-002"),
            ("|IRIS|", "||", "ACK-002"),
            ("|EPIC|", "|IRIS|", "ACK-003"),
            ("|ANCL|", "||", "ACK-003"),
            ("|20170410102837|", "|now|", "ACK-004"),
            ("ACK^O01", "ACK^R01", "ACK-005"),
            ("|7001|", "||", "ACK-006"),
            ("|7001|", "|123456789012345678901|", "ACK-006"),
            ("|T|", "|P|", "ACK-007"),
            ("|2.4", "|2.3", "ACK-008"),
            ("|254", "|25", "ACK-010"),
            ("MSA|", "MSB|", "ACK-020"),
        ] {
            let right = "MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7001|T|2.4\nMSA|AA|254\n";
            let wrong = right.replacen(from, to, 1);
            match answered(&wrong) {
                Err(Stop::Failed { requirement: seen, .. }) => assert_eq!(seen, requirement, "{wrong}"),
                other => panic!("{wrong}: {other:?}"),
            }
        }
    }

    #[test]
    fn ack_012_an_answer_says_code_error_and_place_in_both_forms_of_err() {
        for (version, err) in
            [("2.4", "ERR|PID^1^8^103"), ("2.5", "ERR||PID^1^8^1|103^Table value not found^HL70357|E")]
        {
            let text = format!("MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7|T|{version}\rMSA|AE|254\r{err}\r");
            let (ack, answer) = (hl7::ack::read(text.as_bytes()).unwrap(), Message::parse(text.as_bytes()).unwrap());
            for right in ["AE", "AE 103", "AE 103 PID-8", "AE 103 PID[1]-8"] {
                assert!(says(&ack, &answer, right).unwrap(), "{right}");
            }
            for wrong in ["AA", "AR 103", "AE 101", "AE 103 PID-7", "AE 103 PID[2]-8", "AE 103 PV1-8"] {
                assert!(!says(&ack, &answer, wrong).unwrap(), "{wrong}");
            }
            assert!(says(&ack, &answer, "NO").is_err());
        }
    }
}
