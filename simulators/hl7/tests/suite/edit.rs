//! Changing messages.

use crate::examples::example;
use crate::generate::{Model, Numbers, model, value};
use hl7::{EditError, Message, Path};
use proptest::prelude::*;

fn path(text: &str) -> Path {
    text.parse().unwrap()
}

#[track_caller]
fn set(message: &[u8], at: &str, raw: &[u8]) -> String {
    let mut message = Message::parse(message).unwrap();
    message.set(&path(at), raw).unwrap();
    String::from_utf8(message.into_bytes()).unwrap()
}

/// A message, a segment of it, a place in it (perhaps beyond what is there), and a new value.
fn edit() -> impl Strategy<Value = (Model, Numbers, usize, Vec<u8>)> {
    model().prop_flat_map(|model| {
        let segment = 0..model.segments.len();
        let value = value(model.delimiters, 0..=255);
        (Just(model), segment, 1..9_usize, 1..4_usize, 1..5_usize, 1..4_usize, 2..=5_usize, value).prop_map(
            |(model, segment, field, repetition, component, subcomponent, depth, value)| {
                let name = model.segments[segment].0.clone();
                let occurrence = model.segments[..=segment].iter().filter(|(other, _)| *other == name).count();
                let field = if segment == 0 { field + 2 } else { field };
                let numbers = [occurrence, field, repetition, component, subcomponent];
                (model, Numbers { segment: name, numbers }, depth, value)
            },
        )
    })
}

proptest! {
    #[test]
    fn what_was_set_is_read_and_everything_else_is_as_before((model, place, depth, value) in edit()) {
        let bytes = model.bytes();
        let mut message = Message::parse(bytes.clone()).unwrap();
        message.set(&path(&place.text(depth)), &value).unwrap();
        prop_assert_eq!(message.raw(&place.text(depth)), Some(&value[..]));
        prop_assert_eq!(message.segments().count(), model.segments.len());
        for (numbers, old) in model.leaves() {
            if !numbers.is_within(&place, depth) {
                prop_assert_eq!(message.raw(&numbers.text(5)), Some(&old[..]), "{}", numbers.text(5));
            }
        }
        // The new message is the old one with one stretch replaced by delimiters and the value.
        let new = message.bytes();
        let same = bytes.iter().zip(new).take_while(|(x, y)| x == y).count();
        let tail = bytes[same..].iter().rev().zip(new[same..].iter().rev()).take_while(|(x, y)| x == y).count();
        let d = model.delimiters;
        let written = |b: &u8| value.contains(b) || [d.field, d.repetition, d.component, d.subcomponent].contains(b);
        prop_assert!(new[same..new.len() - tail].iter().all(written));
    }

    #[test]
    fn inserting_and_removing_a_segment_gives_the_message_back(model in model(), after in 0..8_usize) {
        let bytes = model.bytes();
        let before = Message::parse(bytes).unwrap();
        let mut message = before.clone();
        let line = [b"ZIN", &[model.delimiters.field][..], b"1"].concat();
        message.insert_segment(after, &line);
        let index = (after + 1).min(model.segments.len());
        let inserted = message.segment("ZIN", 1).unwrap();
        prop_assert_eq!((inserted.index(), inserted.bytes()), (index, &line[..]));
        prop_assert!(message.remove_segment("ZIN", 1));
        if model.last_end || index < model.segments.len() {
            prop_assert_eq!(message, before);
        } else {
            // The end that was put in front of the last segment stays.
            prop_assert_eq!(message.segments().count(), before.segments().count());
        }
    }
}

const BASE: &[u8] = b"MSH|^~\\&|A\rPID|1|x~y^z\r";

#[test]
fn missing_fields_repetitions_and_components_are_created() {
    assert_eq!(set(BASE, "PID-2[2].2", b"q"), "MSH|^~\\&|A\rPID|1|x~y^q\r");
    assert_eq!(set(BASE, "PID-2[2].2.3", b"q"), "MSH|^~\\&|A\rPID|1|x~y^z&&q\r");
    assert_eq!(set(BASE, "PID-2[3]", b"q"), "MSH|^~\\&|A\rPID|1|x~y^z~q\r");
    assert_eq!(set(BASE, "PID-2[4].2", b"q"), "MSH|^~\\&|A\rPID|1|x~y^z~~^q\r");
    assert_eq!(set(BASE, "PID-2", b"q"), "MSH|^~\\&|A\rPID|1|q\r");
    assert_eq!(set(BASE, "PID-2.1", b""), "MSH|^~\\&|A\rPID|1|~y^z\r");
    assert_eq!(set(BASE, "PID-5[2].3.2", b"q"), "MSH|^~\\&|A\rPID|1|x~y^z|||~^^&q\r");
    assert_eq!(set(BASE, "MSH-3", b"q"), "MSH|^~\\&|q\rPID|1|x~y^z\r");
    assert_eq!(set(BASE, "MSH-5.2", b"q"), "MSH|^~\\&|A||^q\rPID|1|x~y^z\r");
    assert_eq!(set(b"MSH|^~\\&", "MSH-3", b"q"), "MSH|^~\\&|q");
}

#[test]
fn a_field_may_be_set_with_its_components_and_a_segment_as_a_whole() {
    assert_eq!(set(BASE, "PID-2", b"DOE^J~B&C"), "MSH|^~\\&|A\rPID|1|DOE^J~B&C\r");
    assert_eq!(set(BASE, "PID", b"PID|9"), "MSH|^~\\&|A\rPID|9\r");
    assert_eq!(set(BASE, "PID", b"PID"), "MSH|^~\\&|A\rPID\r");
}

#[test]
fn encoding_characters_are_set_as_a_whole_if_they_stay_legal() {
    assert_eq!(set(BASE, "MSH-2", b"^~\\&#"), "MSH|^~\\&#|A\rPID|1|x~y^z\r");
    let mut message = Message::parse(BASE).unwrap();
    let error = message.set(&path("MSH-2"), b"^\\~\\&").unwrap_err();
    assert!(matches!(error, EditError::Header(_)), "{error}");
    for part in ["MSH-1", "MSH-2.1", "MSH-2[1]"] {
        assert!(matches!(message.set(&path(part), b"#"), Err(EditError::Separator { .. })), "{part}");
    }
    assert_eq!(message.bytes(), BASE);
}

#[test]
fn a_value_that_would_end_its_element_is_refused() {
    let mut message = Message::parse(BASE).unwrap();
    for (at, raw, offset) in [
        ("PID-2.1.1", &b"a&b"[..], 1),
        ("PID-2.1", b"ab^", 2),
        ("PID-2[1]", b"~", 0),
        ("PID-2", b"a|b", 1),
        ("PID-2", b"a\rb", 1),
        ("PID", b"PID|1\n", 5),
    ] {
        match message.set(&path(at), raw).unwrap_err() {
            EditError::Splits { offset: found, .. } => assert_eq!(found, offset, "{at}"),
            error => panic!("{at}: {error}"),
        }
    }
    let error = message.set(&path("PID-2"), b"a\rb").unwrap_err().to_string();
    assert!(error.starts_with("PID-2: `<CR>` at byte 1 of the value would end the element"), "{error}");
    assert_eq!(message.bytes(), BASE);
}

#[test]
fn a_missing_segment_is_not_created() {
    let mut message = Message::parse(BASE).unwrap();
    for at in ["PV1-2", "PID[2]-1"] {
        assert!(matches!(message.set(&path(at), b"O"), Err(EditError::NoSegment { .. })));
    }
    assert!(matches!(message.set(&path("PID"), b"PV1|1"), Err(EditError::OtherSegment { .. })));
    assert!(matches!(message.set(&path("PID"), b""), Err(EditError::OtherSegment { .. })));
    assert_eq!(message.bytes(), BASE);
}

#[test]
fn an_inserted_segment_ends_like_its_neighbour() {
    let inserted = |bytes: &[u8], after| {
        let mut message = Message::parse(bytes).unwrap();
        message.insert_segment(after, b"NTE|1");
        String::from_utf8(message.into_bytes()).unwrap()
    };
    assert_eq!(inserted(b"MSH|^~\\&\rPID|1\r", 0), "MSH|^~\\&\rNTE|1\rPID|1\r");
    assert_eq!(inserted(b"MSH|^~\\&\r\nPID|1", 0), "MSH|^~\\&\r\nNTE|1\r\nPID|1");
    assert_eq!(inserted(b"MSH|^~\\&\nPID|1", 1), "MSH|^~\\&\nPID|1\nNTE|1");
    assert_eq!(inserted(b"MSH|^~\\&", 99), "MSH|^~\\&\rNTE|1");
}

#[test]
fn segments_are_removed_with_their_end_and_the_header_stays() {
    let mut message = Message::parse(example("derived-new-order")).unwrap();
    assert!(message.remove_segment("DG1", 1));
    assert!(!message.remove_segment("DG1", 1));
    assert!(!message.remove_segment("MSH", 1));
    let mut two = Message::parse(&b"MSH|^~\\&|A\rMSH|^~\\&|B\r"[..]).unwrap();
    assert!(!two.remove_segment("MSH", 1));
    assert!(two.remove_segment("MSH", 2));
    assert_eq!(two.bytes(), b"MSH|^~\\&|A\r");
    let order = example("derived-new-order");
    let without = order.windows(4).position(|w| w == b"DG1|").unwrap();
    assert_eq!(message.bytes(), &order[..without]);
}
