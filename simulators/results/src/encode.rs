//! From mapping and values to bytes.

use std::borrow::Cow;

use hl7::Delimiters;
use jiff::tz::TimeZone;

use crate::icd;
use crate::mapping::{Expression, Mapping, Moment, Piece, Segment, Spelling};
use crate::values::{Item, Values};

const CR: u8 = b'\r';

/// The message, every segment ended by CR (ORU-ENC-02).
pub(crate) fn message(mapping: &Mapping, values: &Values<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for line in &mapping.segments {
        match line.list {
            None => segment(line, values, &Item::default(), &mut out),
            Some(list) => values.items(list).iter().for_each(|item| segment(line, values, item, &mut out)),
        }
    }
    out
}

fn segment(segment: &Segment, values: &Values<'_>, item: &Item, out: &mut Vec<u8>) {
    let mut fields: Vec<Vec<u8>> = Vec::new();
    for line in &segment.fields {
        let Some(expression) = &line.value else { continue };
        let value = match line.list {
            None => evaluate(expression, values, item),
            Some(list) => {
                let repetitions: Vec<_> =
                    values.items(list).iter().map(|item| evaluate(expression, values, item)).collect();
                repetitions.join(&b'~')
            }
        };
        if value.is_empty() {
            continue; // ORU-ENC-04: what is empty at the end leaves no delimiter
        }
        let index = usize::from(line.path.field);
        if fields.len() <= index {
            fields.resize(index + 1, Vec::new());
        }
        let field = &mut fields[index];
        let component = usize::from(line.path.component.unwrap_or(1));
        let written = field.iter().filter(|byte| **byte == b'^').count();
        field.extend(std::iter::repeat_n(b'^', (component - 1).saturating_sub(written)));
        field.extend(value);
    }
    if let Some(last) = segment.last {
        fields.resize(usize::from(last) + 1, Vec::new()); // ORU-ENC-03
    }
    out.extend(segment.segment.as_bytes());
    // MSH-1 is the separator itself.
    let first = if segment.segment == "MSH" { 2 } else { 1 };
    for field in fields.iter().skip(first) {
        out.push(b'|');
        out.extend(field);
    }
    out.push(CR);
}

fn evaluate(expression: &Expression, values: &Values<'_>, item: &Item) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in expression.pieces() {
        match *piece {
            Piece::Literal(ref text) => out.extend(text.as_bytes()),
            Piece::Text(text, spelling) => {
                let text = values.text(text, item);
                match spelling {
                    Spelling::Escaped => out.extend(escaped(&text)),
                    Spelling::Raw => out.extend_from_slice(&without_control_bytes(&text)),
                    Spelling::Dotted => out.extend(escaped(icd::dotted(&String::from_utf8_lossy(&text)).as_bytes())),
                }
            }
            Piece::Instant(instant, moment) => {
                let format = match moment {
                    Moment::Ts => "%Y%m%d%H%M%S",
                    Moment::Minute => "%Y%m%d%H%M",
                    Moment::ControlId => "%y%m%d%H%M%S",
                };
                let instant = values.instant(instant).to_zoned(TimeZone::UTC);
                out.extend(instant.strftime(format).to_string().into_bytes());
            }
            Piece::Person(who) => out.extend(values.person(who).map(escaped).join(&b'^')),
        }
    }
    out
}

/// ORU-ENC-05, after ORU-ENC-06.
fn escaped(value: &[u8]) -> Vec<u8> {
    hl7::escape(&without_control_bytes(value), &Delimiters::default()).into_owned()
}

/// ORU-ENC-06: CR LF or any single control byte becomes one space.
fn without_control_bytes(value: &[u8]) -> Cow<'_, [u8]> {
    if !value.iter().any(u8::is_ascii_control) {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    for (index, byte) in value.iter().copied().enumerate() {
        match byte {
            b'\n' if index > 0 && value[index - 1] == CR => {}
            _ if byte.is_ascii_control() => out.push(b' '),
            _ => out.push(byte),
        }
    }
    Cow::Owned(out)
}
