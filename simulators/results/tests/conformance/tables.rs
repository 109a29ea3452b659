//! The mapping files themselves.

use crate::every_option;
use crate::support::{context, grading, order, profile};
use results::Profile;
use results::mapping::{DataType, Field, List, Mapping, Segment, Usage};

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
fn every_line_names_a_requirement() {
    for (file, table) in tables() {
        for segment in &table.segments {
            assert!(has_the_form_of_an_id(&segment.id), "{file}: {}", segment.id);
            for line in &segment.fields {
                assert!(has_the_form_of_an_id(&line.id), "{file}: {}", line.id);
            }
        }
    }
}

/// The segments that count under a profile.
fn segments<'a>(table: &'a Mapping, profile: &Profile) -> Vec<&'a Segment> {
    table.segments.iter().filter(|segment| segment.when.is_none_or(|when| when.holds(profile))).collect()
}

/// The lines that count under a profile.
fn lines<'a>(segment: &'a Segment, profile: &Profile) -> Vec<&'a Field> {
    segment.fields.iter().filter(|line| line.when.is_none_or(|when| when.holds(profile))).collect()
}

#[test]
fn no_segment_and_no_path_occurs_twice_under_any_option() {
    for options in every_option::VALUES {
        let profile = profile(options);
        for (file, table) in tables() {
            let mut kinds = Vec::new();
            for segment in segments(table, &profile) {
                let kind = (segment.segment.as_str(), segment.list);
                assert!(!kinds.contains(&kind), "{options} {file}: {kind:?} occurs twice");
                kinds.push(kind);
                let mut paths = Vec::new();
                for line in lines(segment, &profile) {
                    for place in places(line) {
                        assert!(!paths.contains(&place), "{options} {file}: {} occurs twice", line.path);
                        paths.push(place);
                    }
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
    for (table, message, options) in [
        (Mapping::oru(), &include_bytes!("../data/oru/ref_default_abnormal.hl7")[..], ""),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_corrected.hl7")[..], ""),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_document_pdf.hl7")[..], ""),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_dg1.hl7")[..], "dg1: on"),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_discrete_obx_nte.hl7")[..], "discrete_layout: obx_nte"),
        (Mapping::oru(), &include_bytes!("../data/oru/ref_narrative_nte.hl7")[..], "narrative: nte"),
        (Mapping::mdm(), &include_bytes!("../data/mdm/ref_default_abnormal.hl7")[..], ""),
        (Mapping::mdm(), &include_bytes!("../data/mdm/ref_layout_standard.hl7")[..], "mdm: { layout: standard }"),
        (Mapping::dft(), &include_bytes!("../data/dft/ref_o1_diagnosed.hl7")[..], ""),
        (Mapping::dft(), &include_bytes!("../data/dft/ref_o1_all_ungradable.hl7")[..], ""),
        (Mapping::dft(), &include_bytes!("../data/dft/ref_o2_all_ungradable.hl7")[..], "dft: { ft1_option: 2 }"),
    ] {
        fits_table(table, message, &profile(options), options);
    }
}

/// And it describes those that it made, whatever the options.
#[test]
fn the_messages_of_every_option_fit_the_tables() {
    for options in every_option::VALUES {
        let profile = profile(options);
        for ((_, table), message) in tables().into_iter().zip(every_option::messages(&profile)) {
            fits_table(table, &message, &profile, options);
        }
    }
}

fn fits_table(table: &Mapping, message: &[u8], profile: &Profile, options: &str) {
    let message = hl7::Message::parse(message).unwrap();
    for segment in segments(table, profile) {
        for n in 1..=message.count(&segment.segment) {
            let raw = |place: String| message.raw(&format!("{}[{n}]-{place}", segment.segment)).unwrap_or_default();
            if !belongs(segment, &raw, profile) {
                continue;
            }
            for line in lines(segment, profile) {
                for (field, component) in places(line) {
                    let place = if component == 0 { field.to_string() } else { format!("{field}.{component}") };
                    fits(line, raw(place), options);
                }
            }
        }
    }
}

/// Which block an OBX or NTE belongs to.
fn belongs<'a>(segment: &Segment, raw: &dyn Fn(String) -> &'a [u8], profile: &Profile) -> bool {
    let narrative = raw("3.1".into()) == profile.narrative_id.as_bytes();
    match segment.list {
        Some(List::Discrete) => raw("2".into()) == b"ST" && !narrative,
        Some(List::Narrative) => narrative,
        Some(List::Link) => raw("2".into()) == b"RP",
        Some(List::Pdf) => raw("2".into()) == b"ED",
        Some(List::Note) => raw("11".into()).is_empty(),
        Some(List::NarrativeNte) => !raw("11".into()).is_empty(),
        _ => true,
    }
}

fn fits(line: &Field, value: &[u8], options: &str) {
    let text = String::from_utf8_lossy(value);
    let at = format!("{options}: {} ({}): `{text}`", line.path, line.id);
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
        ("{ path: PID-7, id: A-1, usage: R, value: '{now:date}' }", "unknown format `date`; use raw, ts"),
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
        ("{ path: PID-3, id: A-1, usage: X, when: dg1=yes }", "unknown condition `dg1=yes`; use one of: pid_tail=off"),
        (
            "{ path: PID-3, id: A-1, usage: X, when: obr32=dated }\n      - { path: PID-3, id: A-1, usage: X, when: \"obr32=dated,undated\" }",
            "PID-3: follows PID-3, but paths must ascend and occur once",
        ),
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
