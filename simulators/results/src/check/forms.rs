//! What a single value may look like.

use crate::mapping::{DataType, Form};

/// VER-006
const VERSIONS: [&str; 10] = ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"];

/// What was expected, if the value does not have the form.
pub(super) fn break_of_form(form: Form, value: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(value).unwrap_or("\u{fffd}");
    let (fits, expected) = match form {
        Form::Date => (is_date(text), "an existing calendar day as yyyyMMdd"),
        Form::Second => (is_second(text), "an existing moment as yyyyMMddHHmmss"),
        Form::ControlId => ((1..=20).contains(&String::from_utf8_lossy(value).chars().count()), "1 to 20 characters"),
        Form::Version => (VERSIONS.contains(&text), "an HL7 version from 2.1 to 2.8"),
        Form::Icd10 => (is_icd_10(value), "an ICD-10-CM code, with or without dot"),
        Form::NotIcd9 => (!names_icd_9(value), "ICD-10; ICD-9 is not accepted"),
        Form::Guid => (is_guid(text), "a GUID of 8-4-4-4-12 digits in upper case"),
        Form::AckType => (is_ack_type(text), "ACK, ACK^<trigger> or ACK^<trigger>^ACK (to an order also ORR^O02)"),
    };
    (!fits).then_some(expected)
}

/// What was expected, if the value is not of the type.
pub(super) fn break_of_type(data_type: DataType, value: &[u8]) -> Option<&'static str> {
    let number = value.iter().all(u8::is_ascii_digit);
    match data_type {
        DataType::Si | DataType::Nm if !number => Some("digits"),
        DataType::Ts if !is_moment(value) => Some("an existing moment in digits, without zone and fraction"),
        _ => None,
    }
}

/// Whether the type has neither components nor repetitions.
pub(super) fn is_primitive(data_type: DataType) -> bool {
    use DataType::{Ft, Id, Is, Nm, Si, St, Ts};
    matches!(data_type, Ft | Id | Is | Nm | Si | St | Ts)
}

/// `yyyyMMdd`, `yyyyMMddHHmm` or `yyyyMMddHHmmss`.
fn is_moment(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    match text.len() {
        8 => is_date(text),
        12 => is_second(&format!("{text}00")),
        _ => is_second(text),
    }
}

pub(super) fn is_date(text: &str) -> bool {
    digits(text, 8) && jiff::civil::Date::strptime("%Y%m%d", text).is_ok()
}

pub(super) fn is_second(text: &str) -> bool {
    digits(text, 14) && jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", text).is_ok()
}

fn digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letter, digit, letter or digit, then up to four more, with or without a dot in front of these (ORM-DX-005).
pub(super) fn is_icd_10(code: &[u8]) -> bool {
    let Some(([a, b, c], rest)) = code.split_first_chunk() else { return false };
    let part = |byte: &u8| byte.is_ascii_alphanumeric(); // ICD-004: the case is the sender's
    let (dot, rest) = rest.strip_prefix(b".").map_or((false, rest), |rest| (true, rest));
    let length = usize::from(dot)..=4;
    a.is_ascii_alphabetic() && b.is_ascii_digit() && part(c) && length.contains(&rest.len()) && rest.iter().all(part)
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<_> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F' | b'-'))
}

fn names_icd_9(system: &[u8]) -> bool {
    let plain: Vec<u8> = system.iter().filter(|b| b.is_ascii_alphanumeric()).map(u8::to_ascii_uppercase).collect();
    plain.starts_with(b"I9") || plain.starts_with(b"ICD9")
}

fn is_ack_type(text: &str) -> bool {
    let parts: Vec<_> = text.split('^').collect();
    matches!(parts[..], ["ACK"] | ["ACK", _] | ["ACK", _, "" | "ACK"] | ["ORR", "O02", ..])
}
