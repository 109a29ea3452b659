//! Orders of EMR personalities (03-orm; 01-topology, section 8).

use cloud::orm::{Action, OrderProfile, judge};
use emr::{Personality, PersonalityError};
use hl7::Message;
use jiff::Timestamp;
use journal::Seed;
use proptest::prelude::*;

fn at() -> Timestamp {
    "2024-02-29T23:59:58Z".parse().unwrap()
}

fn all() -> Vec<(&'static str, Personality)> {
    Personality::names().map(|name| (name, Personality::named(name).unwrap())).collect()
}

/// The characters of a message in UTF-8, or else in ISO 8859-1.
fn text(order: &[u8]) -> String {
    String::from_utf8(order.to_vec()).unwrap_or_else(|_| order.iter().map(|byte| char::from(*byte)).collect())
}

proptest! {
    #[test]
    fn the_cloud_accepts_every_order_of_every_personality(seed: u64, index in 0u32..100_000) {
        for (name, personality) in all() {
            let order = personality.order(Seed::new(seed), index, at()).unwrap();
            let profile: OrderProfile = personality.order_profile().unwrap();
            // ORM-SEG-009, ORM-PID-7, ORM-ORC-12 and all the others: the judge checks them
            let request = judge(&order, &profile).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
            prop_assert_eq!(request.action, Action::New);
            prop_assert!(request.order.mrn.starts_with(b"MRN"), "{}", name);
            prop_assert!(request.order.placer.starts_with(b"ORD"), "{}", name);
            prop_assert!(profile.known_locations.is_some(), "{} names no clinics", name); // ORM-KEY-002
            // MLLP-002, MLLP-003
            prop_assert_eq!(mllp::forbidden_byte(&order), None);
            prop_assert!(order.ends_with(b"\r") && !order.windows(2).any(|pair| pair == b"\r\r"));
        }
    }

    #[test]
    fn two_parsers_of_others_read_the_same_patient_and_order(seed: u64, index in 0u32..100_000) {
        for (name, personality) in all() {
            let order = personality.order(Seed::new(seed), index, at()).unwrap();
            let text = text(&order);
            let text = text.trim_end_matches('\r');
            let ours = Message::parse(text).unwrap();
            let first = hl7_parser::Message::parse(text).unwrap();
            let second = rusthl7::message::Message::new(text);
            prop_assert_eq!(first.segments().count(), ours.segments().count(), "{}", name);
            prop_assert_eq!(second.segments.len(), ours.segments().count(), "{}", name);
            for (segment, field) in [("PID", 5), ("PID", 7), ("PV1", 2), ("ORC", 2), ("ORC", 9), ("OBR", 4)] {
                let path = format!("{segment}-{field}");
                let expected = std::str::from_utf8(ours.raw(&path).unwrap()).unwrap();
                let first = first.segments().find(|s| s.name == segment).and_then(|s| s.field(field)).unwrap();
                prop_assert_eq!(first.raw_value(), expected, "{} {}", name, path);
                let second = second.segments.iter().find(|s| s.fields[0].source == segment).unwrap();
                prop_assert_eq!(second.fields[field].source, expected, "{} {}", name, path);
            }
        }
    }

    #[test]
    fn equal_seeds_give_equal_bytes_and_other_seeds_or_numbers_other_patients(one: u64, other: u64, index in 0u32..1000) {
        prop_assume!(one != other);
        let personality = Personality::named("epic").unwrap();
        let mrn = |order: &[u8]| Message::parse(order).unwrap().text("PID-2.1").unwrap().into_owned();
        let order = |seed, index| personality.order(Seed::new(seed), index, at()).unwrap();
        prop_assert_eq!(order(one, index), order(one, index));
        prop_assert_ne!(mrn(&order(one, index)), mrn(&order(other, index)));
        prop_assert_ne!(mrn(&order(one, index)), mrn(&order(one, index + 1)));
    }
}

#[test]
fn orm_msh_10_is_unique_and_short_enough() {
    let personality = Personality::named("athena").unwrap();
    let mut seen = std::collections::HashSet::new();
    for index in 0..1000 {
        let order = Message::parse(personality.order(Seed::new(3), index, at()).unwrap()).unwrap();
        assert!(order.control_id().len() <= 20, "ORM-MSH-10");
        assert!(seen.insert(order.control_id().to_vec()), "ORM-MSH-10: the id of order {index} came before");
    }
}

/// Which fields of a segment are filled, and whether a blank ends it.
fn shape(message: &[u8]) -> Vec<(String, Vec<bool>, bool)> {
    let segments = message.split(|byte| *byte == b'\r').filter(|segment| !segment.is_empty());
    let shape = |segment: &[u8]| {
        let text = String::from_utf8(segment.to_vec()).unwrap();
        let filled = text.split('|').map(|field| !field.trim().is_empty()).collect();
        (text[..3].to_owned(), filled, text.ends_with(' '))
    };
    segments.map(shape).collect()
}

#[test]
fn epic_fills_the_fields_that_the_published_segments_fill_orm_dev_03() {
    let published = include_bytes!("../../cloud/tests/data/published-segments.hl7");
    let personality = Personality::named("epic").unwrap();
    let orders = (0..50).map(|index| personality.order(Seed::new(1), index, at()).unwrap());
    let with_diagnosis: Vec<_> = orders.filter(|order| order.windows(4).any(|part| part == b"DG1|")).collect();
    assert!(with_diagnosis.len() > 10 && with_diagnosis.len() < 45, "ORM-DX-001: {} of 50", with_diagnosis.len());
    for order in with_diagnosis {
        assert_eq!(shape(&order), shape(published), "{}", text(&order).replace('\r', "\n"));
    }
}

#[test]
fn customers_of_a_cloud_emr_share_a_clinic_code_and_differ_in_the_header_top_095() {
    for (name, header, clinic) in
        [("athena", "MSH-4", "PV1-3.1"), ("ochin", "MSH-4", "PV1-3.1"), ("ecw", "MSH-4", "ORC-13.1")]
    {
        let personality = Personality::named(name).unwrap();
        let mut customers: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> = Default::default();
        for index in 0..50 {
            let order = Message::parse(personality.order(Seed::new(1), index, at()).unwrap()).unwrap();
            let value = |path| order.text(path).unwrap().into_owned();
            customers.entry(value(clinic)).or_default().insert(value(header));
        }
        assert!(customers.values().any(|headers| headers.len() > 1), "TOP-095: {name} {customers:?}");
    }
}

#[test]
fn values_are_escaped_for_the_delimiters_of_the_message_esc_003() {
    let personality = Personality::named("ecw").unwrap();
    let orders = (0..50).map(|index| personality.order(Seed::new(1), index, at()).unwrap());
    let notes: Vec<_> =
        orders.filter_map(|order| Message::parse(order).unwrap().raw("NTE-3").map(<[u8]>::to_vec)).collect();
    // field ^, component ~, repetition |, escape \, sub-component &
    for expected in
        [r"Patient prefers mornings \F\ no drops", r"Left eye \R\ right eye: cataract surgery \S\2015 \T\ 2016"]
    {
        assert!(notes.iter().any(|note| note == expected.as_bytes()), "ESC-003: {expected}");
    }
}

#[test]
fn names_are_sent_in_the_charset_of_the_personality_mllp_007() {
    let has = |name: &str, bytes: &[u8]| {
        let personality = Personality::named(name).unwrap();
        let mut orders = (0..50).map(|index| personality.order(Seed::new(1), index, at()).unwrap());
        orders.any(|order| order.windows(bytes.len()).any(|part| part == bytes))
    };
    assert!(has("cerner", b"M\xFCller-") && !has("cerner", "Müller-".as_bytes()), "ESC-030");
    assert!(has("athena", b"\xC5\x81ukasz-"), "ESC-031");
}

const GOOD: &str = "about: Test\norder_profile:\n  provider: { type: NPI }\nchoices:\n  word: [a]\ntemplate: |\n  MSH|^~\\&|X|{{ word }}\n  PID|{{ patient.mrn }}\n";

fn error(yaml: &str) -> String {
    Personality::parse("my.yaml", yaml).unwrap_err().to_string()
}

#[test]
fn a_file_of_ones_own_is_read_and_errors_name_file_line_and_remedy() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("personality-{}.yaml", std::process::id()));
    std::fs::write(&path, GOOD).unwrap();
    let loaded = Personality::load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(loaded.order(Seed::new(1), 0, at()).unwrap().starts_with(b"MSH|^~\\&|X|a\rPID|MRN"));
    let missing = Personality::load(&path).unwrap_err();
    assert!(matches!(missing, PersonalityError::Unreadable { .. }) && missing.to_string().contains("personality-"));

    for (from, to, expected) in [
        ("about: Test", "abuot: Test", "my.yaml: unknown field `abuot`, expected one of"),
        ("about: Test", "abuot: Test", "line 1"),
        ("patient.mrn", "patient.mnr", "my.yaml: `patient.mnr`: there is no such value, at line 8"),
        ("{{ word }}", "{{ wrod }}", "my.yaml: `wrod`: there is no such value, at line 7"),
        ("{{ patient.mrn }}", "{{ patient.mrn", "at line 8"),
        ("{{ patient.mrn }}", "{{ patient }}", "`patient`: the value is no text; name a part of it, at line 8"),
        ("MSH|^~\\&", "MSA|^~\\&", "begins with `MSA|^~\\&|X|{...` instead of `MSH`"),
        ("[a]", "[]", "the list is empty; give at least one value to choose from at line 5"),
        (
            "[a]",
            "[\"a\\rZZZ|\"]",
            "`word`: the value holds a control character, which has no place in a message (MLLP-002), at line 7",
        ),
        (
            "word: [a]",
            "word: [a]\n  order: [b]",
            "choices.order: every order has such a value already; choose another name",
        ),
        ("[a]", "[é]", "`é` is not in the charset ASCII; set `charset` to one that has it"),
        ("about: Test", "about: Test\ncharset: EBCDIC", "line 2"),
    ] {
        assert!(GOOD.contains(from));
        let error = error(&GOOD.replace(from, to));
        assert!(error.starts_with("my.yaml: ") && error.contains(expected), "{to}: {error}");
    }
    let wrong = Personality::parse("my.yaml", &GOOD.replace("NPI }", "NPI, typ: x }")).unwrap();
    let error = wrong.order_profile::<OrderProfile>().unwrap_err().to_string();
    assert!(
        error.starts_with("my.yaml: order_profile.provider: unknown field `typ`") && error.contains("line 3"),
        "{error}"
    );
}

#[test]
fn an_unknown_name_is_refused_with_those_that_exist() {
    let error = Personality::named("Epic").unwrap_err().to_string();
    assert!(error.contains("no EMR called `Epic`; take the path of a personality file"), "{error}");
    for name in ["athena", "cerner", "ecw", "epic", "ochin"] {
        assert!(error.contains(&format!("\n  {name} ")), "{error}");
    }
}
