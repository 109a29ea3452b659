//! Every answer, byte for byte, written by hand from file 02, sections 2.1, 2.2 and 2.5.

mod common;

use bytes::BytesMut;
use common::{ORU, Proxy, always, engine, frame};
use emr::{Answer, Class, Rule};
use mllp::{MllpCodec, Received};
use tokio_util::codec::Decoder;

/// Answer to `ORU`, and the control id of the acknowledgement after it.
const EXPECTED: &[(&str, &str, u64)] = &[
    (
        "an accepting ACK",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with trigger",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with structure",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01^ACK|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with text",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907|stored<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with an ERR of code 0",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR>\
         ERR|^^^0<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with extra segments",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>SFT|EMR|1.0|Engine|1<CR>\
         MSA|AA|170410145907<CR>NTE|1||stored<CR>ZAK|1<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK in another version",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.5.1<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with header fields not swapped",
        "<VT>MSH|^~\\&|IRIS|IRISF|EPIC|ANCL|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with empty header fields",
        "<VT>MSH|^~\\&|||||20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an accepting ACK with LF line ends",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<LF>MSA|AA|170410145907<LF><FS><CR>",
        7002,
    ),
    (
        "an application error",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AE|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an application error with ERR",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AE|170410145907<CR>\
         ERR|PID^1^3^101<CR><FS><CR>",
        7002,
    ),
    (
        "an application error with a v2.5 ERR",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AE|170410145907<CR>\
         ERR||PID^1^3|101^Required field missing^HL70357|E<CR><FS><CR>",
        7002,
    ),
    (
        "an application reject",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AR|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an application reject with ERR",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AR|170410145907<CR>\
         ERR|^^^207<CR><FS><CR>",
        7002,
    ),
    (
        "an application error for the order of segments",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AE|170410145907<CR>\
         ERR|^^^100<CR><FS><CR>",
        7002,
    ),
    (
        "an enhanced CA",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|CA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an enhanced CE",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|CE|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an enhanced CR",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|CR|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an empty MSA-1",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA||170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an unknown MSA-1",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|XX|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "a lower case MSA-1",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|aa|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an empty MSA-2",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|<CR><FS><CR>",
        7002,
    ),
    (
        "an ACK for another message",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145900<CR><FS><CR>",
        7002,
    ),
    ("an ACK without MSA", "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR><FS><CR>", 7002),
    ("an ACK without MSH", "<VT>MSA|AA|170410145907<CR><FS><CR>", 7002),
    ("an ACK with a cut MSH", "<VT>MSH|^~\\&<CR>MSA|AA|170410145907<CR><FS><CR>", 7002),
    (
        "an ACK with illegal delimiters",
        "<VT>MSH|^\\~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    ("text that is no HL7", "<VT>Service temporarily unavailable<FS><CR>", 7001),
    (
        "an ACK without VT",
        "MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an ACK without FS",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><CR>",
        7002,
    ),
    (
        "an ACK without the final CR",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS>",
        7002,
    ),
    ("an empty frame", "<VT><FS><CR>", 7001),
    (
        "an ORU instead of an ACK",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ORU^R01|7001|T|2.4<CR>OBR|1<CR>\
         OBX|1|ST|||none||||||F<CR><FS><CR>",
        7002,
    ),
    (
        "an ORR instead of an ACK",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ORR^O02|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "an ADT instead of an ACK",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ADT^A08|7001|T|2.4<CR>EVN|A08<CR>PID|1<CR><FS><CR>",
        7002,
    ),
    (
        "an echo of the message",
        "<VT>MSH|^~\\&|IRIS|IRISF|EPIC|ANCL|20170410145907||ORU^R01|170410145907|T|2.4<CR>PID|1||ITCC1<CR><FS><CR>",
        7001,
    ),
    (
        "two ACKs",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>\
         <VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7002|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7003,
    ),
    (
        "two ACKs joined",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>\
         <VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7002|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7003,
    ),
    (
        "an ACK byte by byte",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    (
        "a late ACK",
        "<VT>MSH|^~\\&|EPIC|ANCL|IRIS|IRISF|20170410102837||ACK^R01|7001|T|2.4<CR>MSA|AA|170410145907<CR><FS><CR>",
        7002,
    ),
    ("silence", "", 7001),
];

/// Answers that end the connection, without a byte.
const ENDING: &[(&str, Result<(), std::io::ErrorKind>)] = &[
    ("a closed connection", Ok(())),
    ("a reset connection", Err(std::io::ErrorKind::ConnectionReset)),
    ("a reset in the middle of the frame", Err(std::io::ErrorKind::ConnectionReset)),
    ("a close in the middle of the frame", Ok(())),
];

fn bytes(text: &str) -> Vec<u8> {
    text.replace("<VT>", "\x0b").replace("<FS>", "\x1c").replace("<CR>", "\r").replace("<LF>", "\n").into_bytes()
}

#[tokio::test]
async fn every_answer_has_the_bytes_of_the_specification_and_nothing_follows_ack_060_to_086() {
    for (name, expected, next) in EXPECTED {
        let (emr, _) = engine().await;
        emr.script().add(Rule { nth: Some(1..=1), answers: vec![name.parse().unwrap()], ..Rule::default() });
        let mut proxy = Proxy::connect(&emr).await;
        proxy.send(&frame(ORU)).await;
        let expected = bytes(expected);
        let received = proxy.read(expected.len()).await;
        assert_eq!(hl7::show::bytes(&received), hl7::show::bytes(&expected), "{name}");

        // the next answer follows immediately
        proxy.send(&frame(b"MSH|^~\\&|IRIS||||||MDM^T02|2|P|2.3\r")).await;
        let after = format!("<VT>MSH|^~\\&|||IRIS||20170410102837||ACK|{next}|P|2.3<CR>MSA|AA|2<CR><FS><CR>");
        let after = bytes(&after);
        let received = proxy.read(after.len()).await;
        assert_eq!(hl7::show::bytes(&received), hl7::show::bytes(&after), "after {name}");
        emr.stop().await;
    }
}

#[tokio::test]
async fn an_answer_that_ends_the_connection_sends_no_byte_ack_083_ack_084() {
    for (name, end) in ENDING {
        let (emr, journal) = engine().await;
        emr.script().add(always(name.parse().unwrap()));
        let mut proxy = Proxy::connect(&emr).await;
        // in the middle of the frame: its end is never sent
        let whole = frame(ORU);
        let sent = if name.contains("middle") { &whole[..whole.len() - 2] } else { &whole[..] };
        proxy.send(sent).await;
        let (received, ended) = proxy.read_to_end().await;
        assert_eq!(received, b"", "{name}");
        // what is unread when a connection is closed makes the system send a reset behind the end
        let reset_too = name.starts_with("a close in") && ended == Err(std::io::ErrorKind::ConnectionReset);
        assert!(ended == *end || reset_too, "{name}: {ended:?}");
        let how = if name.contains("reset") { "reset by the engine" } else { "closed by the engine" };
        assert_eq!(common::closed(&journal, 1).await, how);
        emr.stop().await;
    }
}

#[tokio::test]
async fn the_example_of_section_2_2_is_reproduced_byte_for_byte() {
    let (emr, _) = engine().await;
    emr.script().add(always(Answer::AcceptTrigger));
    let mut proxy = Proxy::connect(&emr).await;
    proxy.send(&frame(b"MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836|HJ123|ORM^O01|254|T|2.4\r")).await;
    let example = [
        0x0b, 0x4d, 0x53, 0x48, 0x7c, 0x5e, 0x7e, 0x5c, 0x26, 0x7c, 0x7c, 0x49, 0x52, 0x49, 0x53, 0x7c, 0x45, 0x50,
        0x49, 0x43, 0x7c, 0x41, 0x4e, 0x43, 0x4c, 0x7c, 0x32, 0x30, 0x31, 0x37, 0x30, 0x34, 0x31, 0x30, 0x31, 0x30,
        0x32, 0x38, 0x33, 0x37, 0x7c, 0x7c, 0x41, 0x43, 0x4b, 0x5e, 0x4f, 0x30, 0x31, 0x7c, 0x37, 0x30, 0x30, 0x31,
        0x7c, 0x54, 0x7c, 0x32, 0x2e, 0x34, 0x0d, 0x4d, 0x53, 0x41, 0x7c, 0x41, 0x41, 0x7c, 0x32, 0x35, 0x34, 0x0d,
        0x1c, 0x0d,
    ];
    assert_eq!(proxy.read(74).await, example);
}

#[tokio::test]
async fn the_v2_5_layout_of_err_and_another_version_follow_the_version_of_the_message() {
    let message = b"MSH|^~\\&|IRIS||EPIC||||DFT^P03|9|P|2.5.1\r";
    for (answer, expected) in [
        (Answer::AcceptVersion, "<VT>MSH|^~\\&|EPIC||IRIS||20170410102837||ACK^P03|7001|P|2.4<CR>MSA|AA|9<CR><FS><CR>"),
        (
            Answer::RejectErr,
            "<VT>MSH|^~\\&|EPIC||IRIS||20170410102837||ACK^P03|7001|P|2.5.1<CR>MSA|AR|9<CR>\
             ERR|||207^Application internal error^HL70357|E<CR><FS><CR>",
        ),
        (
            Answer::ErrorErr,
            "<VT>MSH|^~\\&|EPIC||IRIS||20170410102837||ACK^P03|7001|P|2.5.1<CR>MSA|AE|9<CR>ERR|PID^1^3^101<CR><FS><CR>",
        ),
    ] {
        let (emr, _) = engine().await;
        emr.script().add(always(answer));
        let mut proxy = Proxy::connect(&emr).await;
        proxy.send(&frame(message)).await;
        let expected = bytes(expected);
        let received = proxy.read(expected.len()).await;
        assert_eq!(hl7::show::bytes(&received), hl7::show::bytes(&expected), "{answer}");
    }
}

#[test]
fn every_answer_is_tested_and_its_name_leads_to_it() {
    let tested: Vec<&str> = EXPECTED.iter().map(|row| row.0).chain(ENDING.iter().map(|row| row.0)).collect();
    let all: Vec<&str> = Answer::all().iter().map(|variant| variant.name).collect();
    assert_eq!(all.iter().filter(|name| !tested.contains(*name)).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(all.len(), tested.len());
    for variant in Answer::all() {
        assert_eq!(variant.name.parse(), Ok(variant.answer));
        assert_eq!(variant.answer.to_string(), variant.name);
        assert_eq!(variant.answer.variant(), variant);
    }
    let error = "an accepting NAK".parse::<Answer>().unwrap_err().to_string();
    assert!(
        error.starts_with("the EMR knows no answer `an accepting NAK`; the answers are: an accepting ACK, "),
        "{error}"
    );
}

#[test]
fn every_id_of_section_2_5_that_one_answer_can_show_has_an_answer() {
    // ACK-085 is a listener that is down, ACK-087 a list of answers, ACK-088 a proxy that dies
    let missing = (60..=86).filter(|number| *number != 85).map(|number| format!("ACK-{number:03}"));
    let missing: Vec<String> =
        missing.filter(|id| !Answer::all().iter().any(|variant| variant.requirement == id)).collect();
    assert_eq!(missing, Vec::<String>::new());
}

/// ACK-045 to ACK-049, from the bytes alone.
fn class_of(bytes: &[u8]) -> Class {
    let mut buffer = BytesMut::from(bytes);
    let mut codec = MllpCodec::default();
    let content = match codec.decode(&mut buffer).unwrap() {
        Some(Received::Content(content)) => content,
        None if bytes.is_empty() => return Class::Absent,
        _ => return Class::Malformed,
    };
    match hl7::ack::read(&content) {
        Ok(ack) if ack.control_id != b"170410145907" => Class::Malformed,
        Ok(ack) if ack.code.is_positive() => Class::Positive,
        Ok(_) => Class::Negative,
        Err(_) => Class::Malformed,
    }
}

#[test]
fn the_class_of_an_answer_is_that_of_its_bytes() {
    for (name, text, _) in EXPECTED {
        let answer: Answer = name.parse().unwrap();
        let class = match answer {
            Answer::AcceptLf => Class::Probe, // tolerated by our own reader
            Answer::Late => Class::Absent,    // its bytes are good, its time is not
            Answer::Orr => Class::Malformed,  // our own reader takes ORR as the answer to an order, ACK-028
            _ => class_of(&bytes(text)),
        };
        assert_eq!(answer.variant().class, class, "{name}");
    }
    for (name, _) in ENDING {
        assert_eq!(name.parse::<Answer>().unwrap().variant().class, Class::Absent, "{name}");
    }
}
