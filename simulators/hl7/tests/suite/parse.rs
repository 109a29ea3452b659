//! Reading messages.

use crate::examples::{FRAGMENT, MESSAGES, example};
use crate::generate::model;
use hl7::{Delimiters, Message, ParseError, Value};
use proptest::prelude::*;

#[test]
fn every_example_is_given_back_byte_for_byte() {
    for (name, bytes) in MESSAGES {
        let message = Message::parse(*bytes).unwrap();
        assert_eq!(message.bytes(), *bytes, "{name}");
        assert_eq!(message.into_bytes(), *bytes, "{name}");
    }
}

proptest! {
    #[test]
    fn whatever_parses_is_given_back_byte_for_byte(tail in any::<Vec<u8>>(), whole in any::<Vec<u8>>()) {
        let bytes = [b"MSH|^~\\&|", &tail[..]].concat();
        let message = Message::parse(bytes.clone()).unwrap();
        prop_assert_eq!(message.bytes(), &bytes[..]);
        let lengths: usize = message.segments().map(|segment| segment.bytes().len()).sum();
        let ends = bytes.iter().filter(|b| matches!(b, b'\r' | b'\n')).count();
        prop_assert_eq!(lengths + ends, bytes.len());
        if let Ok(message) = Message::parse(whole.clone()) {
            prop_assert_eq!(message.bytes(), &whole[..]);
        }
    }

    #[test]
    fn a_message_says_what_it_was_written_from(model in model()) {
        let bytes = model.bytes();
        let message = Message::parse(bytes.clone()).unwrap();
        prop_assert_eq!(message.bytes(), &bytes[..]);
        prop_assert_eq!(message.delimiters(), model.delimiters);
        let names: Vec<_> = message.segments().map(|segment| segment.name().to_vec()).collect();
        let written: Vec<_> = model.segments.iter().map(|(name, _)| name.clone().into_bytes()).collect();
        prop_assert_eq!(names, written);
        for (numbers, value) in model.leaves() {
            prop_assert_eq!(message.raw(&numbers.text(5)), Some(&value[..]), "{}", numbers.text(5));
        }
    }
}

const MIXED: &[u8] = b"MSH|^~\\&|A\rPID|1\nPV1|2\r\n\rOBX|3";

#[test]
fn cr_lf_and_crlf_end_segments_and_blank_lines_are_none_mllp_027() {
    let message = Message::parse(MIXED).unwrap();
    let found: Vec<_> = message.segments().map(|s| (s.index(), s.offset(), s.name(), s.bytes())).collect();
    assert_eq!(
        found,
        [
            (0, 0, &b"MSH"[..], &b"MSH|^~\\&|A"[..]),
            (1, 11, b"PID", b"PID|1"),
            (2, 17, b"PV1", b"PV1|2"),
            (3, 25, b"OBX", b"OBX|3"),
        ]
    );
}

#[test]
fn segments_are_counted_and_found_by_name_and_occurrence() {
    let message = Message::parse(&b"MSH|^~\\&\rOBX|1\rOBXX|2\rOBX|3\rOBX"[..]).unwrap();
    assert_eq!(message.count("OBX"), 3);
    assert_eq!(message.count("OB"), 0);
    assert_eq!(message.segment("OBX", 2).unwrap().bytes(), b"OBX|3");
    assert_eq!(message.segment("OBX", 3).unwrap().fields(), 0);
    assert!(message.segment("OBX", 4).is_none());
    assert!(message.segment("OBX", 0).is_none());
}

#[test]
fn the_separator_is_msh_1_and_the_encoding_characters_are_msh_2() {
    let message = Message::parse(example("derived-new-order")).unwrap();
    assert_eq!(message.raw("MSH-1"), Some(&b"|"[..]));
    assert_eq!(message.raw("MSH-2"), Some(&b"^~\\&"[..]));
    assert_eq!(message.raw("MSH-2[1].1.1"), Some(&b"^~\\&"[..]));
    assert_eq!(message.raw("MSH-2.2"), None);
    assert_eq!(message.raw("MSH-3"), Some(&b"EPIC"[..]));
    assert_eq!(message.raw("MSH-5"), Some(&b""[..]));
    let header = message.segment("MSH", 1).unwrap();
    assert_eq!(header.field(9), Value::Present(b"ORM^O01"));
    assert_eq!(header.field(0), Value::Absent);
    assert_eq!(message.control_id(), b"254");
    assert_eq!(message.message_type(), ("ORM".to_owned(), "O01".to_owned()));
}

#[test]
fn a_second_header_and_batch_headers_count_their_fields_the_same_way_orm_neg_708() {
    let message = Message::parse(&b"MSH|^~\\&|A\rBHS|^~\\&|B\rMSH|^~\\&|C"[..]).unwrap();
    assert_eq!(message.raw("BHS-1"), Some(&b"|"[..]));
    assert_eq!(message.raw("BHS-3"), Some(&b"B"[..]));
    assert_eq!(message.raw("MSH[2]-2"), Some(&b"^~\\&"[..]));
    assert_eq!(message.raw("MSH[2]-3"), Some(&b"C"[..]));
}

#[test]
fn published_values_are_found_where_the_specification_names_them() {
    let order = Message::parse(example("derived-repeating-ids")).unwrap();
    assert_eq!(order.raw("PID-2[1].1"), Some(&b"T1234"[..])); // ORM-PAT-004
    assert_eq!(order.raw("PID-2[2].5"), Some(&b"CHMRN"[..]));
    assert_eq!(order.raw("ORC-12[2].1"), Some(&b"868"[..])); // ORM-PRV-006
    assert_eq!(order.raw("ORC-12.13"), Some(&b"SERDOTON"[..]));
    assert_eq!(order.raw("ORC-13.9"), Some(&b"TEST CLINIC"[..]));
    assert_eq!(order.raw("PID-2"), Some(&b"T1234^^^^MRN~M001^^^CHMRN^CHMRN"[..]));
    let document = Message::parse(example("ref_link_escaped")).unwrap();
    let link = document.text("OBX[28]-5").unwrap();
    assert!(link.ends_with("&asAddendum=False") && link.contains("273013&asPdf=True&"), "{link}");
}

#[test]
fn absent_empty_null_and_present_are_kept_apart_esc_006() {
    let message = Message::parse(&b"MSH|^~\\&\rPID||\"\"|A^^\"\"|\"\"x"[..]).unwrap();
    let get = |path: &str| message.get(&path.parse().unwrap());
    assert_eq!(get("PID-1"), Value::Empty);
    assert_eq!(get("PID-1.1"), Value::Empty);
    assert_eq!(get("PID-1.2"), Value::Absent);
    assert_eq!(get("PID-2"), Value::Null);
    assert_eq!(get("PID-3.2"), Value::Empty);
    assert_eq!(get("PID-3.3"), Value::Null);
    assert_eq!(get("PID-3.4"), Value::Absent);
    assert_eq!(get("PID-4"), Value::Present(b"\"\"x"));
    assert_eq!(get("PID-5"), Value::Absent);
    assert_eq!(get("PV1-1"), Value::Absent);
    assert_eq!(message.text("PID-2"), None);
    assert_eq!(message.raw("PID-2"), Some(&b"\"\""[..]));
    assert_eq!(message.text("pid-2"), None);
}

#[test]
fn text_decodes_escapes_and_replaces_what_is_no_utf_8_esc_030() {
    let message = Message::parse(&b"MSH|^~\\&\rPID|SMITH\\T\\SON|J\xc3\xb6rg|J\xf6rg"[..]).unwrap();
    assert_eq!(message.text("PID-1").unwrap(), "SMITH&SON");
    assert_eq!(message.text("PID-2").unwrap(), "J\u{f6}rg");
    assert_eq!(message.text("PID-3").unwrap(), "J\u{fffd}rg");
    assert_eq!(message.raw("PID-3"), Some(&b"J\xf6rg"[..]));
}

#[test]
fn another_legal_delimiter_set_is_used_esc_003() {
    let message = Message::parse(&b"MSH*:+?%*EPIC*A|B\rPID*1*X:Y+Z%W"[..]).unwrap();
    assert_eq!(message.raw("MSH-4"), Some(&b"A|B"[..]));
    assert_eq!(message.raw("PID-2[2].1.2"), Some(&b"W"[..]));
}

#[test]
fn a_fifth_encoding_character_is_the_truncation_mark_esc_004() {
    let message = Message::parse(&b"MSH|^~\\&#|EPIC"[..]).unwrap();
    assert_eq!(message.delimiters(), Delimiters { truncation: Some(b'#'), ..Delimiters::default() });
    assert_eq!(message.raw("MSH-3"), Some(&b"EPIC"[..]));
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) -> ParseError {
    let error = Message::parse(bytes).unwrap_err();
    assert!(error.to_string().contains(expected), "`{error}` lacks `{expected}`");
    error
}

#[test]
fn the_leaked_markdown_escape_is_no_delimiter_set_orm_neg_102() {
    let error = refused(b"MSH|^\\~\\&|EPIC", "byte 7: delimiter `\\` is already in use");
    assert!(matches!(error, ParseError::Equal { offset: 7, .. }));
}

#[test]
fn too_few_encoding_characters_are_refused_orm_neg_103() {
    refused(b"MSH|^~|EPIC", "MSH-2 is `^~` (2 bytes)");
    refused(b"MSH||EPIC", "MSH-2 is `` (0 bytes)");
    refused(b"MSH|^~\\&#!|EPIC", "(6 bytes)");
}

#[test]
fn equal_delimiters_are_refused_orm_neg_104() {
    refused(b"MSH|^^\\&|EPIC", "byte 5: delimiter `^`");
    refused(b"MSH^~^\\&^EPIC", "MSH-2 is `~` (1 bytes)");
}

#[test]
fn letters_blanks_and_control_bytes_are_no_delimiters() {
    refused(b"MSHA^~\\&A", "byte 3: `A` cannot be a delimiter");
    refused(b"MSH|^~\\ |", "byte 7: ` ` cannot be a delimiter");
    refused(b"MSH|^\x07\\&|", "byte 5: `<0x07>` cannot be a delimiter");
    refused(b"MSH|^~\xe9&|", "byte 6: `<0xE9>` cannot be a delimiter");
    refused(b"MSH\r", "byte 3: `<CR>` cannot be a delimiter");
}

#[test]
fn what_does_not_begin_with_msh_is_refused() {
    assert_eq!(refused(b"", "empty"), ParseError::Empty);
    refused(b"MSH", "ends after `MSH`");
    refused(FRAGMENT, "begins with `OBX|2|ST|RIG...`");
    refused(b"\xef\xbb\xbfMSH|^~\\&|", "begins with `\u{feff}MSH|^~\\&|`"); // MLLP-030
    refused(b"\x0bMSH|^~\\&|", "begins with `<VT>MSH");
}
