//! The mapping files themselves.

use crate::support::{context, grading, order, profile};
use results::mapping::{DataType, Field, List, Mapping, Usage};

fn tables() -> [(&'static str, &'static Mapping); 3] {
    [("oru.yaml", Mapping::oru()), ("mdm.yaml", Mapping::mdm()), ("dft.yaml", Mapping::dft())]
}

/// `ORU-PID-5.1`, `DFT-FT1-7-P1`, `MDM-PID`: a family of capitals, then parts of capitals, digits and dots.
fn has_the_form_of_an_id(id: &str) -> bool {
    let mut parts = id.split('-');
    let family = parts.next().unwrap_or_default();
    let rest: Vec<_> = parts.collect();
    let part = |part: &&str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.')
    };
    family.len() >= 3 && family.bytes().all(|b| b.is_ascii_uppercase()) && !rest.is_empty() && rest.iter().all(part)
}

#[test]
fn every_line_names_a_requirement_and_no_path_occurs_twice() {
    for (file, table) in tables() {
        let mut kinds = Vec::new();
        for segment in &table.segments {
            assert!(has_the_form_of_an_id(&segment.id), "{file}: {}", segment.id);
            let kind = (segment.segment.as_str(), segment.list);
            assert!(!kinds.contains(&kind), "{file}: {kind:?} occurs twice");
            kinds.push(kind);
            let mut paths = Vec::new();
            for line in &segment.fields {
                assert!(has_the_form_of_an_id(&line.id), "{file}: {}", line.id);
                for place in places(line) {
                    assert!(!paths.contains(&place), "{file}: {} occurs twice", line.path);
                    paths.push(place);
                }
            }
        }
    }
}

/// The fields or components that a line covers.
fn places(line: &Field) -> Vec<(u16, u16)> {
    let path = &line.path;
    match path.component {
        Some(component) => (component..=path.run_to.unwrap_or(component)).map(|n| (path.field, n)).collect(),
        None => (path.field..=path.last_field()).map(|n| (n, 0)).collect(),
    }
}

#[test]
fn segments_of_fixed_length_have_a_line_for_every_field_oru_enc_03() {
    for (file, table) in tables() {
        for segment in &table.segments {
            let Some(last) = segment.last else { continue };
            let fields: Vec<_> = segment.fields.iter().flat_map(places).map(|(field, _)| field).collect();
            for field in 1..=last {
                assert!(fields.contains(&field), "{file}: {}-{field} has no line", segment.segment);
            }
        }
    }
}

/// The table describes messages that it did not make: the reference messages fit usage, values and types of every line.
#[test]
fn the_reference_messages_fit_the_tables() {
    for (table, message) in [
        (Mapping::oru(), &include_bytes!("../data/oru/ref_default_abnormal.hl7")[..]),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_corrected.hl7")[..]),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_document_pdf.hl7")[..]),
        (Mapping::mdm(), &include_bytes!("../data/mdm/ref_default_abnormal.hl7")[..]),
        (Mapping::dft(), &include_bytes!("../data/dft/ref_o1_diagnosed.hl7")[..]),
        (Mapping::dft(), &include_bytes!("../data/dft/ref_o1_all_ungradable.hl7")[..]),
    ] {
        let message = hl7::Message::parse(message).unwrap();
        assert_eq!(message.raw("MSH-9").unwrap(), table.message.as_bytes());
        for segment in &table.segments {
            for n in 1..=message.count(&segment.segment) {
                let raw = |place: String| message.raw(&format!("{}[{n}]-{place}", segment.segment)).unwrap_or_default();
                if !belongs(segment.list, raw("2".into())) {
                    continue;
                }
                for line in &segment.fields {
                    for (field, component) in places(line) {
                        let place = if component == 0 { field.to_string() } else { format!("{field}.{component}") };
                        fits(line, raw(place));
                    }
                }
            }
        }
    }
}

/// OBX-2 tells which line block an OBX belongs to.
fn belongs(list: Option<List>, value_type: &[u8]) -> bool {
    match list {
        Some(List::Discrete) => value_type == b"ST",
        Some(List::Narrative) => value_type == b"FT",
        Some(List::Link) => value_type == b"RP",
        Some(List::Pdf) => value_type == b"ED",
        _ => true,
    }
}

fn fits(line: &Field, value: &[u8]) {
    let text = String::from_utf8_lossy(value);
    let at = format!("{} ({}): `{text}`", line.path, line.id);
    match line.usage {
        Usage::R => assert!(!value.is_empty(), "{at} must be filled"),
        Usage::X => assert!(value.is_empty(), "{at} must be empty"),
        Usage::Re | Usage::C | Usage::O => {}
    }
    if value.is_empty() {
        return;
    }
    let repetitions: Vec<_> = if line.list.is_some() { text.split('~').collect() } else { vec![&text] };
    if !line.allowed.is_empty() {
        assert!(
            repetitions.iter().all(|value| line.allowed.iter().any(|allowed| allowed == value)),
            "{at} is not allowed"
        );
    }
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match line.data_type {
        Some(DataType::Ts) => assert!(digits && [8, 12, 14].contains(&text.len()), "{at} is no time stamp"),
        Some(DataType::Si | DataType::Nm) => assert!(digits, "{at} is no number"),
        _ => {}
    }
}

#[test]
fn the_message_type_of_each_table_is_that_of_its_messages() {
    let (order, grading, profile, context) = (order(), grading("normal in both eyes"), profile(""), context());
    for (table, build) in [
        (Mapping::oru(), results::oru as fn(&_, &_, &_, &_) -> _),
        (Mapping::mdm(), results::mdm),
        (Mapping::dft(), results::dft),
    ] {
        let message: Vec<u8> = build(&order, &grading, &profile, &context).unwrap();
        assert_eq!(hl7::Message::parse(message).unwrap().raw("MSH-9"), Some(table.message.as_bytes()));
    }
}

#[test]
fn a_faulty_table_is_refused_with_file_line_path_and_advice() {
    let table = |line: &str| {
        let yaml = format!(
            "message: X\nsegments:\n  - segment: PID\n    id: X-1\n    last: 19\n    fields:\n      - {line}\n"
        );
        Mapping::parse("site.yaml", &yaml).unwrap_err().to_string()
    };
    for (line, expected) in [
        ("{ path: PID-3, id: A-1, usage: R, value: '{mrm}' }", "`{mrm}`: unknown input `mrm`, expected one of `mrn`"),
        ("{ path: PID-7, id: A-1, usage: R, value: '{nw:ts}' }", "unknown input `nw`, expected one of `now`"),
        ("{ path: PID-7, id: A-1, usage: R, value: '{now:date}' }", "unknown format `date`; use raw, dotted, ts"),
        ("{ path: PID-3, id: A-1, usage: R, value: '{mrn' }", "`{` without `}`; close the piece"),
        ("{ path: PID-3, id: A-1, usage: R, value: 'mrn}' }", "`}` without `{`; write a piece as {input}"),
        ("{ path: PID-3, id: A-1, usage: R }", "PID-3: no value; add `value`, or set usage X"),
        ("{ path: PID-3, id: A-1, usage: X, value: A }", "PID-3: usage X means always empty; remove `value`"),
        ("{ path: PID-3..4, id: A-1, usage: R, value: A }", "PID-3..4: a run of fields cannot have a value"),
        ("{ path: PV1-3, id: A-1, usage: R, value: A }", "PV1-3: the line stands under segment PID; move it"),
        ("{ path: PID-20, id: A-1, usage: R, value: A }", "PID-20: lies behind the last field of the segment"),
        ("{ path: PID3, id: A-1, usage: R, value: A }", "`PID3` is no path; write PID-18, PID-5.1"),
        ("{ path: PID-9..8, id: A-1, usage: X }", "`PID-9..8` is no path"),
        (
            "{ path: PID-3, id: A-1, usage: R, value: '{item.n}' }",
            "PID-3: {item....} has no list to come from; add `for`",
        ),
        ("{ path: PID-3, id: A-1, usage: R, vlaue: A }", "unknown field `vlaue`"),
        (
            "{ path: PID-3, id: A-1, usage: X }\n      - { path: PID-3.1, id: A-1, usage: X }",
            "PID-3.1: follows PID-3, but paths must ascend and occur once",
        ),
        (
            "{ path: PID-2.2..4, id: A-1, usage: X }\n      - { path: PID-2.4, id: A-1, usage: X }",
            "PID-2.4: follows PID-2.2..4, but paths must ascend and occur once",
        ),
        (
            "{ path: PID-3..6, id: A-1, usage: X }\n      - { path: PID-6, id: A-1, usage: X }",
            "PID-6: follows PID-3..6, but paths must ascend and occur once",
        ),
    ] {
        let error = table(line);
        assert!(error.starts_with("site.yaml: ") && error.contains(expected) && error.contains(" line "), "{error}");
    }
}
