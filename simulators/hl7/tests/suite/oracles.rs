//! Agreement with two parsers written by others, on what they support: text, CR between segments, the usual delimiters.

use crate::examples::MESSAGES;
use crate::generate::plain_model;
use hl7::{Delimiters, Message, escape, unescape};
use proptest::prelude::*;
use std::collections::HashMap;

/// An element as path text, and its bytes; none where the other parser says that nothing follows.
type Element<'a> = (String, Option<&'a str>);

#[derive(Default)]
struct Occurrences(HashMap<String, usize>);

impl Occurrences {
    fn next(&mut self, name: &str) -> usize {
        let count = self.0.entry(name.to_owned()).or_default();
        *count += 1;
        *count
    }
}

fn hl7_parser_elements<'a>(message: &hl7_parser::Message<'a>) -> Vec<Element<'a>> {
    let mut elements = Vec::new();
    let mut occurrences = Occurrences::default();
    for segment in message.segments() {
        let segment_path = format!("{}[{}]", segment.name, occurrences.next(segment.name));
        for (f, field) in segment.fields().enumerate() {
            let field_path = format!("{segment_path}-{}", f + 1);
            elements.push((field_path.clone(), Some(field.raw_value())));
            if segment.name == "MSH" && f < 2 {
                continue;
            }
            for (r, repeat) in field.repeats().enumerate() {
                let repeat_path = format!("{field_path}[{}]", r + 1);
                elements.push((repeat_path.clone(), Some(repeat.raw_value())));
                for (c, component) in repeat.components().enumerate() {
                    let component_path = format!("{repeat_path}.{}", c + 1);
                    elements.push((component_path.clone(), Some(component.raw_value())));
                    for (s, subcomponent) in component.subcomponents().enumerate() {
                        elements.push((format!("{component_path}.{}", s + 1), Some(subcomponent.raw_value())));
                    }
                    elements.push((format!("{component_path}.{}", component.subcomponents().count() + 1), None));
                }
                elements.push((format!("{repeat_path}.{}", repeat.components().count() + 1), None));
            }
            elements.push((format!("{field_path}[{}]", field.repeats().count() + 1), None));
        }
        elements.push((format!("{segment_path}-{}", segment.fields().count() + 1), None));
    }
    elements
}

fn rust_hl7_elements<'a>(message: &rusthl7::message::Message<'a>) -> Vec<Element<'a>> {
    let mut elements = Vec::new();
    let mut occurrences = Occurrences::default();
    for segment in &message.segments {
        let name = segment.fields[0].source;
        let segment_path = format!("{name}[{}]", occurrences.next(name));
        elements.push((segment_path.clone(), Some(segment.source)));
        for (f, field) in segment.fields.iter().enumerate().skip(1) {
            // This parser does not count the separator as MSH-1 and splits the encoding characters.
            let number = if name == "MSH" { f + 1 } else { f };
            let field_path = format!("{segment_path}-{number}");
            elements.push((field_path.clone(), Some(field.source)));
            if name == "MSH" && number == 2 {
                continue;
            }
            for (r, components) in field.subcomponents.iter().enumerate() {
                elements.push((format!("{field_path}[{}]", r + 1), Some(field.repeats[r])));
                for (c, subcomponents) in components.iter().enumerate() {
                    let component_path = format!("{field_path}[{}].{}", r + 1, c + 1);
                    elements.push((component_path.clone(), Some(field.components[r][c])));
                    let values = subcomponents.iter().enumerate();
                    elements.extend(values.map(|(s, value)| (format!("{component_path}.{}", s + 1), Some(*value))));
                }
            }
        }
    }
    elements
}

#[track_caller]
fn agree(text: &str) {
    let ours = Message::parse(text).unwrap();
    let first = hl7_parser::Message::parse(text).unwrap();
    let second = rusthl7::message::Message::new(text);
    assert_eq!(ours.segments().count(), first.segments().count());
    assert_eq!(ours.segments().count(), second.segments.len());
    let (first, second) = (hl7_parser_elements(&first), rust_hl7_elements(&second));
    assert!(first.len() > 3 && second.len() > 3);
    for (path, value) in first.into_iter().chain(second) {
        assert_eq!(ours.raw(&path), value.map(str::as_bytes), "{path} of {text:?}");
    }
}

#[test]
fn two_other_parsers_read_the_examples_alike() {
    for (_, bytes) in MESSAGES {
        agree(std::str::from_utf8(bytes).unwrap().trim_end_matches('\r'));
    }
}

proptest! {
    #[test]
    fn two_other_parsers_read_generated_messages_alike(model in plain_model()) {
        agree(&String::from_utf8(model.bytes()).unwrap());
    }

    #[test]
    fn another_parser_reads_what_we_escape_and_escapes_the_same(value in "[ -~]{0,20}") {
        let separators = hl7_parser::message::Separators::default();
        let escaped = escape(value.as_bytes(), &Delimiters::default());
        let text = String::from_utf8(escaped.into_owned()).unwrap();
        prop_assert_eq!(separators.encode(&value).to_string(), &text[..]);
        prop_assert_eq!(separators.decode(&text).to_string(), value);
    }

    // Not after an escape character without partner: there this parser loses text.
    #[test]
    fn another_parser_decodes_escape_sequences_alike(value in r"([ -\[\]-~]|\\[FSTREHN]\\|\\X4[0-9a-fA-F]\\|\\Z[0-9]\\|é){0,12}") {
        let decoder = rusthl7::escape_sequence::EscapeSequence::new(rusthl7::separators::Separators::default());
        let decoded = decoder.decode(value.as_str());
        prop_assert_eq!(&unescape(value.as_bytes(), &Delimiters::default())[..], decoded.as_bytes());
    }
}
