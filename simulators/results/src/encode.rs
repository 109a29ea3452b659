//! From mapping and values to bytes.

use std::borrow::Cow;

use hl7::Delimiters;

use crate::mapping::{Expression, FieldPath, List, Mapping, Moment, Piece, Segment, Spelling};
use crate::values::{Item, Values};

const CR: u8 = b'\r';

/// The message, every segment ended by CR (ORU-ENC-02).
pub(crate) fn message(mapping: &Mapping, values: &Values<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(4096);
    let mut lines = mapping.segments.iter().filter(|line| values.hold(line.when)).peekable();
    while let Some(line) = lines.next() {
        let Some(list) = line.list else {
            segment(line, values, &Item::default(), &mut out);
            continue;
        };
        let note = lines.next_if(|next| next.list == Some(List::Note));
        for item in values.items(list) {
            segment(line, values, item, &mut out);
            if let Some(note) = note.filter(|_| !item.note.is_empty()) {
                segment(note, values, item, &mut out);
            }
        }
    }
    out
}

fn segment(segment: &Segment, values: &Values<'_>, item: &Item, out: &mut Vec<u8>) {
    out.extend(segment.segment.as_bytes());
    // MSH-1 is the separator itself.
    let first = if segment.segment == "MSH" { 1 } else { 0 };
    let mut at = Place { field: first, component: 1 };
    for line in &segment.fields {
        let Some(expression) = &line.value else { continue };
        if line.path.field <= first || !values.hold(line.when) {
            continue;
        }
        let before = out.len();
        let place = at.advance(&line.path, out);
        let start = out.len();
        match line.list {
            None => evaluate(expression, values, item, out),
            Some(list) => {
                for (index, item) in values.items(list).iter().enumerate() {
                    out.extend((index > 0).then_some(b'~'));
                    evaluate(expression, values, item, out);
                }
            }
        }
        if out.len() == start {
            out.truncate(before); // ORU-ENC-04: what is empty at the end leaves no delimiter
        } else {
            at = place;
        }
    }
    if let Some(last) = segment.last {
        let last = last - u16::from(segment.shorter.is_some_and(|when| values.hold(Some(when))));
        out.extend(std::iter::repeat_n(b'|', last.saturating_sub(at.field).into())); // ORU-ENC-03
    }
    out.push(CR);
}

/// How far a segment is written.
struct Place {
    field: u16,
    component: u16,
}

impl Place {
    /// Writes the delimiters that lead to a field or component.
    fn advance(&self, to: &FieldPath, out: &mut Vec<u8>) -> Self {
        let component = to.component.unwrap_or(1);
        let written = if to.field == self.field { self.component } else { 1 };
        out.extend(std::iter::repeat_n(b'|', to.field.saturating_sub(self.field).into()));
        out.extend(std::iter::repeat_n(b'^', component.saturating_sub(written).into()));
        Self { field: to.field, component }
    }
}

fn evaluate(expression: &Expression, values: &Values<'_>, item: &Item, out: &mut Vec<u8>) {
    for piece in expression.pieces() {
        match *piece {
            Piece::Literal(ref text) => out.extend(text.as_bytes()),
            Piece::Text(text, Spelling::Escaped) => escape(&values.text(text, item), out),
            Piece::Text(text, Spelling::Raw) => out.extend_from_slice(&without_control_bytes(&values.text(text, item))),
            Piece::Instant(instant, moment) => {
                let stamp = values.stamp(instant, item);
                out.extend(match moment {
                    Moment::Ts => stamp,
                    Moment::Minute => &stamp[..12],   // MDM-C5
                    Moment::ControlId => &stamp[2..], // ORU-TIM-04
                });
            }
            Piece::Person(who) => {
                let components = values.person(who);
                let last = components.iter().rposition(|component| !component.is_empty()).unwrap_or_default();
                for (index, component) in components[..=last].iter().enumerate() {
                    out.extend((index > 0).then_some(b'^'));
                    escape(component, out);
                }
            }
        }
    }
}

/// ORU-ENC-05, after ORU-ENC-06.
pub(crate) fn escape(value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&hl7::escape(&without_control_bytes(value), &Delimiters::default()));
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
