//! Acknowledgements.

use crate::examples::example;
use hl7::Message;
use hl7::ack::{Ack, Builder, Code, ErrorDetail, Malformed, error_text, read, read_order_response};

fn builder(code: Code) -> Builder {
    Builder { time: "20170410102837".into(), control_id: "7001".into(), code, text: None, error: None }
}

fn order() -> Message {
    Message::parse(example("derived-new-order")).unwrap()
}

fn parsed(text: &str) -> Message {
    Message::parse(text).unwrap()
}

#[track_caller]
fn built(builder: &Builder, of: &Message) -> String {
    String::from_utf8(builder.build(of)).unwrap()
}

#[test]
fn the_published_acknowledgement_is_built_byte_for_byte_ack_001_to_ack_010() {
    // The content of the frame in the exact example, without 0b in front and 1c 0d behind.
    #[rustfmt::skip]
    let expected: [u8; 71] = [
        0x4d, 0x53, 0x48, 0x7c, 0x5e, 0x7e, 0x5c, 0x26, 0x7c, 0x7c, 0x49, 0x52, 0x49, 0x53, 0x7c,
        0x45, 0x50, 0x49, 0x43, 0x7c, 0x41, 0x4e, 0x43, 0x4c, 0x7c, 0x32, 0x30, 0x31, 0x37, 0x30, 0x34,
        0x31, 0x30, 0x31, 0x30, 0x32, 0x38, 0x33, 0x37, 0x7c, 0x7c, 0x41, 0x43, 0x4b, 0x5e, 0x4f, 0x30,
        0x31, 0x7c, 0x37, 0x30, 0x30, 0x31, 0x7c, 0x54, 0x7c, 0x32, 0x2e, 0x34, 0x0d, 0x4d, 0x53, 0x41,
        0x7c, 0x41, 0x41, 0x7c, 0x32, 0x35, 0x34, 0x0d,
    ];
    assert_eq!(builder(Code::AA).build(&order()), expected);
    let ack = read(&expected).unwrap();
    assert_eq!(ack, Ack { code: Code::AA, control_id: b"254".to_vec(), text: Vec::new() });
}

#[test]
fn text_is_escaped_and_cannot_end_a_segment_ack_011() {
    let builder = Builder { text: Some("a|b\rMSA^".into()), ..builder(Code::AE) };
    let ack = built(&builder, &order());
    assert!(ack.ends_with("\rMSA|AE|254|a\\F\\b MSA\\S\\\r"), "{ack:?}");
}

#[test]
fn an_error_is_told_in_err_1_up_to_version_2_4_ack_012() {
    let error = |location: &str| {
        let location = Some(location.parse().unwrap());
        built(&Builder { error: Some(ErrorDetail { location, code: 101 }), ..builder(Code::AE) }, &order())
    };
    assert!(error("PID-5.1").ends_with("MSA|AE|254\rERR|PID^1^5^101\r"));
    assert!(error("DG1[2]-3").ends_with("\rERR|DG1^2^3^101\r"));
    assert!(error("PV1").ends_with("\rERR|PV1^1^^101\r"));
    let nowhere = Builder { error: Some(ErrorDetail { location: None, code: 207 }), ..builder(Code::AR) };
    assert!(built(&nowhere, &order()).ends_with("\rERR|^^^207\r"));
}

#[test]
fn an_error_is_told_in_err_2_to_4_from_version_2_5_ack_012() {
    let error = |version: &str, location: &str, code| {
        let of = parsed(&format!("MSH|^~\\&|E|A||I|2017||ORM^O01|1|T|{version}\r"));
        let location = location.parse().ok();
        let ack = built(&Builder { error: Some(ErrorDetail { location, code }), ..builder(Code::AE) }, &of);
        ack.split('\r').nth(2).unwrap_or_default().to_owned()
    };
    assert_eq!(error("2.5", "PID-5", 101), "ERR||PID^1^5|101^Required field missing^HL70357|E");
    assert_eq!(error("2.5.1", "PID-2[2].5", 103), "ERR||PID^1^2^2^5|103^Table value not found^HL70357|E");
    assert_eq!(error("2.8", "", 207), "ERR|||207^Application internal error^HL70357|E");
    assert_eq!(error("2.5^USA", "", 0), "ERR|||0^Message accepted^HL70357|I");
    for version in ["2.1", "2.3.1", "2.4 ", "", "abc", "9"] {
        assert!(!error(version, "PID-5", 101).starts_with("ERR||") || version == "9", "{version}");
    }
}

#[test]
fn version_and_processing_id_are_copied_and_empty_ends_left_out_ack_007_ack_008() {
    let of = parsed("MSH|^~\\&|E^1.2^ISO|A|X|Y|2017||ORM^O01^ORM_O01|42 |P^T|2.5^USA\r");
    let expected = "MSH|^~\\&|X|Y|E^1.2^ISO|A|20170410102837||ACK^O01|7001|P^T|2.5^USA\rMSA|AA|42 \r";
    assert_eq!(built(&builder(Code::AA), &of), expected);
    let bare = parsed("MSH|^~\\&|E\r");
    assert_eq!(built(&builder(Code::AR), &bare), "MSH|^~\\&|||E||20170410102837||ACK|7001\rMSA|AR\r"); // ACK-026
}

#[test]
fn another_delimiter_set_is_rewritten_with_the_usual_one_ack_001_esc_003() {
    let of = parsed("MSH*:+?%*E:1%2*A|B*X?F?Y*Z?E?*2017**ORM:O01*M+1?Z9?*T*2.4\r");
    let expected = "MSH|^~\\&|X*Y|Z?|E^1&2|A\\F\\B|20170410102837||ACK^O01|7001|T|2.4\rMSA|AA|M~1\\Z9\\\r";
    assert_eq!(built(&builder(Code::AA), &of), expected);
    // A byte that is no field delimiter there, but is one here.
    let of = parsed("MSH*|+?%*A?S?B*x|y*C^D**2017**ORM|O01*1*T*2.4\r");
    let expected = "MSH|^~\\&|C\\S\\D||A\\F\\B|x^y|20170410102837||ACK^O01|7001|T|2.4\rMSA|AA|1\r";
    assert_eq!(built(&builder(Code::AA), &of), expected);
    let truncating = parsed("MSH|^~\\&#|E\\T\\F|A|||2017||ORM^O01|a\\b|T|2.7\r");
    let expected = "MSH|^~\\&|||E\\T\\F|A|20170410102837||ACK^O01|7001|T|2.7\rMSA|AA|a\\b\r";
    assert_eq!(built(&builder(Code::AA), &truncating), expected);
}

#[test]
fn content_without_readable_header_gets_an_acknowledgement_without_control_id_ack_027() {
    let builder = Builder { text: Some("no MSH".into()), ..builder(Code::AR) };
    let ack = builder.build_unreadable();
    assert_eq!(ack, b"MSH|^~\\&|||||20170410102837||ACK|7001|P|2.4\rMSA|AR||no MSH\r");
    assert!(read(&ack).unwrap().control_id.is_empty());
}

#[test]
fn codes_tell_acceptance_ack_045_to_ack_047() {
    for (text, code, positive) in [
        ("AA", Code::AA, true),
        ("AE", Code::AE, false),
        ("AR", Code::AR, false),
        ("CA", Code::CA, true),
        ("CE", Code::CE, false),
        ("CR", Code::CR, false),
    ] {
        assert_eq!(text.parse(), Ok(code));
        assert_eq!(code.to_string(), text);
        assert_eq!(code.is_positive(), positive);
        assert_eq!(read(format!("MSH|^~\\&|||||||ACK|7\rMSA|{text}|254\r").as_bytes()).unwrap().code, code);
    }
    assert_eq!(error_text(204), "Unknown key identifier");
    assert_eq!(error_text(999), "Unknown error code");
}

#[test]
fn tolerated_forms_are_read_ack_060_to_ack_066() {
    for content in [
        "MSH|^~\\&||IRIS|EPIC|ANCL|2017||ACK|7|T|2.4\rMSA|AA|254\r",
        "MSH|^~\\&|||||||ACK^R01|7\rMSA|AA|254",
        "MSH|^~\\&|||||||ACK^T02^ACK|7|T|2.8\rMSA|AA|254\r",
        "MSH|^~\\&|||||||ACK|7|T|2.4\rSFT|x\rMSA|AA|254|text\rERR|^^^0\rNTE|1||y\rZZZ|1\r",
        "MSH|^~\\&|||||||ACK|7|T|2.4\nMSA|AA|254\n",
        "MSH*:+?%*******ACK:R01*7\rMSA*AA*254\r",
        "MSH|^~\\&#|||||||ACK|7\rMSA|AA |254\r",
    ] {
        let ack = read(content.as_bytes()).unwrap_or_else(|error| panic!("{content:?}: {error}"));
        assert_eq!((ack.code, &ack.control_id[..]), (Code::AA, &b"254"[..]), "{content:?}");
        assert_eq!(read_order_response(content.as_bytes()), Ok(ack), "{content:?}");
    }
    let ack = read(b"MSH|^~\\&|||||||ACK|7\rMSA|AE|25 4 |no\\T\\").unwrap();
    assert_eq!(ack, Ack { code: Code::AE, control_id: b"25 4 ".to_vec(), text: b"no\\T\\".to_vec() });
    // ACK-071: an empty MSA-2 is for the caller to compare.
    assert!(read(b"MSH|^~\\&|||||||ACK|7\rMSA|AA\r").unwrap().control_id.is_empty());
}

#[test]
fn malformed_answers_say_why_ack_070_to_ack_079() {
    let kind = |content: &[u8]| read(content).unwrap_err();
    let with = |tail: &str| kind(format!("MSH|^~\\&|||||||ACK|7|T|2.4\r{tail}").as_bytes());
    assert_eq!(with("MSA||254\r"), Malformed::CodeEmpty);
    assert_eq!(with("MSA\r"), Malformed::CodeEmpty);
    assert!(matches!(with("MSA|XX|254\r"), Malformed::CodeUnknown(_)));
    assert!(matches!(with("MSA|aa|254\r"), Malformed::CodeUnknown(_)));
    assert_eq!(with(""), Malformed::MsaMissing);
    assert_eq!(with("MSAA|AA|254\r"), Malformed::MsaMissing);
    assert_eq!(kind(b""), Malformed::Empty);
    assert!(matches!(kind(b"MSA|AA|254\r"), Malformed::HeaderMissing { .. }));
    assert!(matches!(kind(b"hello world"), Malformed::NotHl7 { .. }));
    assert!(matches!(kind(b"\x00\xff"), Malformed::NotHl7 { .. }));
    assert!(matches!(kind(b"MSH|^~"), Malformed::Header(_)));
    assert!(matches!(kind(b"MSH|^\\~\\&|||||||ACK|7\rMSA|AA|254\r"), Malformed::Header(_)));
    assert_eq!(kind(b"MSH|^~\\&||IRIS|EP\rMSA|AA|254\r"), Malformed::HeaderCut { fields: 5 });
    assert_eq!(kind(b"MSH|^~\\&|||||||ACK\rMSA|AA|254\r"), Malformed::HeaderCut { fields: 9 });
    for (name, code) in [("ref_default_abnormal", "ORU^R01"), ("derived-new-order", "ORM^O01")] {
        assert_eq!(kind(example(name)), Malformed::WrongType { found: code.into() });
    }
    let error = with("MSA|aa|254\r").to_string();
    assert!(error.starts_with("MSA-1 of the answer: `aa` is no acknowledgement code"), "{error}");
}

#[test]
fn an_order_response_answers_an_order_and_nothing_else_ack_028_ack_078() {
    let typed = |kind: &str| format!("MSH|^~\\&|||||||{kind}|7|T|2.4\rMSA|AA|254\r");
    let accepted = Ack { code: Code::AA, control_id: b"254".to_vec(), text: Vec::new() };
    for kind in ["ORR^O02", "ORR^O02^ORR_O02"] {
        let response = typed(kind);
        assert_eq!(read_order_response(response.as_bytes()), Ok(accepted.clone()), "{kind}");
        assert_eq!(read(response.as_bytes()), Err(Malformed::WrongType { found: kind.into() }), "{kind}");
    }
    for kind in ["ORR", "ORR^O01", "ORU^R01", "ADT^A04", "ORM^O01", "orr^O02", ""] {
        let other = typed(kind);
        let wrong = Err(Malformed::WrongType { found: kind.into() });
        assert_eq!(read_order_response(other.as_bytes()), wrong, "{kind}");
        assert_eq!(read(other.as_bytes()), wrong, "{kind}");
    }
    let without_msa = b"MSH|^~\\&|||||||ORR^O02|7|T|2.4\r";
    assert_eq!(read_order_response(without_msa), Err(Malformed::MsaMissing));
}
