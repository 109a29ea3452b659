//! 03-orm, section 8: orders that the mock cloud must accept, the published examples, and what is read from them.

mod orm_support;

use cloud::orm::{self, Action, OrderProfile, Request};
use hl7::Message;
use orm_support::Edit::{self, *};
use orm_support::{NEW_ORDER, base, control_xo, edited, location_in_orc, pid3, type_in_9};
use results::{Diagnosis, Order, Person};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

const EXAMPLE_A: &[u8] = include_bytes!("data/published-example-a.hl7");
const EXAMPLE_B: &[u8] = include_bytes!("data/published-example-b.hl7");
const SEGMENTS: &[u8] = include_bytes!("data/published-segments.hl7");
const DERIVED_A: &[u8] = include_bytes!("data/derived-example-a.hl7");
const DERIVED_B: &[u8] = include_bytes!("data/derived-example-b.hl7");
const CANCEL: &[u8] = include_bytes!("data/derived-cancel-order.hl7");
const CHANGE: &[u8] = include_bytes!("data/derived-change-order.hl7");
const REPEATING: &[u8] = include_bytes!("data/derived-repeating-ids.hl7");

/// A change to the base message, or to the message itself, and what of the order changes with it.
type Case = (&'static str, fn() -> OrderProfile, &'static [Edit<'static>], fn(&mut Order));

fn same(_: &mut Order) {}

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("004", base, &[Set("MSH-9", "ORM^O01^ORM_O01")], same),
    ("005", base, &[Set("MSH-5", ""), Set("MSH-6", ""), Set("MSH-8", "")], same),
    ("006", base, &[Set("MSH-12", "2.1")], |o| o.version = b"2.1".into()),
    ("006", base, &[Set("MSH-12", "2.2")], |o| o.version = b"2.2".into()),
    ("006", base, &[Set("MSH-12", "2.3")], |o| o.version = b"2.3".into()),
    ("006", base, &[Set("MSH-12", "2.3.1")], |o| o.version = b"2.3.1".into()),
    ("006", base, &[Set("MSH-12", "2.4")], same),
    ("006", base, &[Set("MSH-12", "2.5")], |o| o.version = b"2.5".into()),
    ("006", base, &[Set("MSH-12", "2.5.1")], |o| o.version = b"2.5.1".into()),
    ("006", base, &[Set("MSH-12", "2.6")], |o| o.version = b"2.6".into()),
    ("006", base, &[Set("MSH-12", "2.7")], |o| o.version = b"2.7".into()),
    ("006", base, &[Set("MSH-12", "2.8")], |o| o.version = b"2.8".into()),
    ("006", base, &[Set("MSH-12", "2.5^USA")], |o| o.version = b"2.5".into()), // VER-007
    ("006", base, &[Set("MSH-12", "2.4 ")], same), // VER-008
    ("006", base, &[Set("MSH-12", "")], |o| o.version = b"".into()), // VER-002
    ("007", base, &[Drop("DG1")], |o| o.submitted_dx.clear()),
    ("007", base, &[], same),
    ("008", base, &[Set("DG1-2", "10")], same),
    ("008", base, &[Set("DG1-2", "ICD10")], same),
    ("008", base, &[Set("DG1-2", "ICD-10")], same),
    ("008", base, &[Set("DG1-2", "ICD-10-CM")], same),
    ("009", base, &[Set("DG1-3.1", "E1141")], |o| o.submitted_dx[0].code = "E1141".into()),
    ("009", base, &[Set("DG1-3.1", "E11")], |o| o.submitted_dx[0].code = "E11".into()),
    ("009", base, &[Set("DG1-3.1", "C4A.0")], |o| o.submitted_dx[0].code = "C4A.0".into()),
    ("009", base, &[Set("DG1-3.1", "S00.00XA")], |o| o.submitted_dx[0].code = "S00.00XA".into()),
    ("010", base, &[Set("PID-2", "ITCC20170410")], same),
    ("010", base, &[Set("PID-2", "~ITCC20170410~~")], same), // ESC-005: empty repetitions are none
    ("011", base, &[Content(REPEATING)], |o| o.mrn = b"T1234".into()),
    ("012", type_in_9, &[Set("ORC-12", "868^DOE^JACK^^^^^^PACS~OP0001^DOE^JACK^^^^^^SERDOTON")], same),
    ("012", type_in_9, &[Set("ORC-12", "OP0001^DOE^JACK^^^^^^SERDOTON^^^^PACS")], same), // ORM-PRV-007
    ("012", base, &[Set("ORC-12", "OP0001^DOE^JACK^^^^^^PACS^^^^SERDOTON")], same), // ORM-PRV-007
    ("012", base, &[Set("ORC-12", "OP0001^DOE^JACK")], same), // ORM-PRV-005
    ("013", location_in_orc, &[Set("PV1-3", "")], |o| o.location = b"DFM".into()),
    ("014", base, &[Set("OBR-6", "2020022815"), Set("OBR-27", "^^^2020022815^^R"), Set("OBR-36", "2020022815")], same),
    ("015", base, &[
        Add("MSH", "NTE|1||header note"), Add("PID", "NTE|1||note"), Add("PID", "PD1|||x"), Add("PV1", "AL1|1||x"), Add("PV1", "GT1|1|x"),
        Add("PV1", "IN1|1|x"), Add("PV1", "PV2|||x"), Add("OBR", "NTE|1||note"), Add("DG1", "ZZZ|1|x"), Add("DG1", "OBX|1|ST|x||x"),
    ], same),
    ("018", base, &[Set("PID-5", "SMITH\\T\\SON^JO\\S\\HN\\E\\\\X41\\")], |o| (o.family, o.given) = (b"SMITH&SON".into(), b"JO^HN\\A".into())),
    ("018", base, &[Set("OBR-4.2", "LEFT \\T\\ RIGHT\\R\\")], |o| o.service = b"92250^LEFT \\T\\ RIGHT\\R\\^EAP^^FUNDAL PHOTO".into()),
    ("019", base, &[Set("PID-19", "111-22-3333")], same),
    ("020", base, &[Set("OBR-4", "92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO")], same),
    ("020", base, &[Set("OBR-4", "EAP777357^Ophthalmology Retinal Scan")], |o| o.service = b"EAP777357^Ophthalmology Retinal Scan".into()),
    ("020", base, &[Set("OBR-4", "57554^DIABETIC EYE EXAM IN OFFICE^IRISEAP^^DIABETIC EYE EXAM IN OFFICE")],
        |o| o.service = b"57554^DIABETIC EYE EXAM IN OFFICE^IRISEAP^^DIABETIC EYE EXAM IN OFFICE".into()),
    ("020", base, &[Set("OBR-4", "IMG0555^DIABETIC RETINAL SCREENING (IRIS CAMERA)^MRGECP^^DIABETIC RETINAL SCREENING")],
        |o| o.service = b"IMG0555^DIABETIC RETINAL SCREENING (IRIS CAMERA)^MRGECP^^DIABETIC RETINAL SCREENING".into()),
    ("020", base, &[Set("OBR-4", "OPH112^IRIS RETINAL ASSESSMENT^LAB^^OPH94")], |o| o.service = b"OPH112^IRIS RETINAL ASSESSMENT^LAB^^OPH94".into()),
];

/// Cases with a test of their own, because they change many places.
const ELSEWHERE: [&str; 6] = ["001", "002", "003", "007", "016", "017"];

/// Use X or N in 03-orm, section 3; numbers are fields, texts are components.
#[rustfmt::skip]
fn ignored() -> Vec<String> {
    let fields = |segment: &str, ranges: &[RangeInclusive<usize>]| -> Vec<String> {
        ranges.iter().cloned().flatten().map(|field| format!("{segment}-{field}")).collect()
    };
    let components = [
        "PID-2.2", "PID-2.3", "PID-2.4", "PID-5.3", "PID-5.4", "PV1-3.2", "PV1-3.3", "PV1-3.4", "ORC-10.4", "ORC-10.5", "ORC-12.4", "ORC-12.5",
        "ORC-12.6", "ORC-12.7", "ORC-12.8", "ORC-12.10", "ORC-12.11", "ORC-12.12", "ORC-13.2", "ORC-13.3", "ORC-13.5", "ORC-13.6", "ORC-13.7",
    ];
    [
        components.map(str::to_owned).to_vec(),
        fields("MSH", &[13..=20]),
        fields("PID", &[3..=4, 6..=6, 9..=17, 20..=30]), // PID-3: ORM-PAT-007; PID-19: DFT-C3
        fields("PV1", &[1..=1, 4..=52]),
        fields("ORC", &[3..=3, 5..=8, 11..=11, 15..=17, 19..=32]),
        fields("OBR", &[3..=3, 5..=5, 7..=10, 12..=15, 18..=23, 25..=26, 28..=35, 37..=47]),
        fields("DG1", &[5..=6]),
    ].concat()
}

/// Use O or RE in 03-orm, section 3.
#[rustfmt::skip]
const OPTIONAL: &[&str] = &[
    "MSH-3", "MSH-4", "MSH-5", "MSH-6", "MSH-8", "MSH-9.3", "PID-1", "PID-18", "PV1-2", "ORC-2.2", "ORC-4", "ORC-10", "ORC-13", "ORC-14", "ORC-18",
    "OBR-1", "OBR-2", "OBR-4", "OBR-6", "OBR-11", "OBR-16", "OBR-17", "OBR-24", "OBR-27", "OBR-36", "DG1-3.2", "DG1-3.3",
];

/// What the base message says.
fn order() -> Order {
    Order {
        mrn: b"ITCC20170410".into(),
        family: b"DOE".into(),
        given: b"JOHN".into(),
        dob: b"19581012".into(),
        sex: b"M".into(),
        encounter: b"1234".into(),
        location: b"POC01".into(),
        placer: b"2017041006".into(),
        provider: person("OP0001", "DOE", "JACK"),
        service: b"92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO".into(),
        version: b"2.4".into(),
        submitted_dx: vec![diagnosis("E11.41", "Type 2 diabetes mellitus with diabetic mononeuropathy")],
        sending_facility: b"ANCL".into(),
        ssn: b"111-22-3333".into(),
        evaluations: vec![results::EvaluationType::DR],
        ..Order::default()
    }
}

fn person(id: &str, family: &str, given: &str) -> Person {
    Person { id: id.into(), family: family.into(), given: given.into(), ..Person::default() }
}

fn diagnosis(code: &str, text: &str) -> Diagnosis {
    Diagnosis { code: code.into(), text: text.into() }
}

fn accepted(content: &[u8], profile: &OrderProfile) -> Request {
    orm::judge(content, profile).expect("must be accepted")
}

/// The bytes with every segment changed.
fn each_segment(content: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let message = Message::parse(content).expect("the examples are readable");
    message.segments().flat_map(|segment| [change(segment.bytes()), vec![b'\r']].concat()).collect()
}

#[test]
fn each_tolerance_case_is_accepted_and_read_as_meant() {
    for (id, profile, edits, change) in CASES {
        let mut expected = order();
        change(&mut expected);
        let found = orm::judge(&edited(NEW_ORDER, edits), &profile());
        assert_eq!(found, Ok(Request { action: Action::New, order: expected }), "ORM-TOL-{id}");
    }
}

#[test]
fn every_case_of_section_8_has_a_row() {
    let listed: BTreeSet<String> = (1..=20).map(|number| format!("{number:03}")).collect();
    let rows = CASES.iter().map(|(id, ..)| *id).chain(ELSEWHERE);
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), listed);
}

#[test]
fn orm_tol_001_trailing_empty_fields_make_no_difference() {
    let longer = each_segment(NEW_ORDER, |segment| [segment, b"||||"].concat());
    assert_eq!(accepted(&longer, &base()).order, order());
    let shorter = each_segment(SEGMENTS, |segment| {
        let end = segment.iter().rposition(|b| *b != b'|').expect("a name");
        segment[..=end].to_vec()
    });
    assert_ne!(shorter, SEGMENTS);
    assert_eq!(accepted(&shorter, &base()).order, order());
}

#[test]
fn orm_tol_002_ignored_fields_have_no_effect() {
    let mut message = Message::parse(NEW_ORDER).expect("readable");
    for path in ignored() {
        message.set(&path.parse().expect("a path"), b"IGNORE").expect("settable");
    }
    assert_eq!(accepted(message.bytes(), &base()).order, order());
}

#[test]
fn orm_tol_003_optional_fields_may_be_empty() {
    for null in ["", "\"\""] {
        let edits: Vec<Edit> = OPTIONAL.iter().map(|path| Set(path, null)).collect();
        let expected = Order { encounter: b"".into(), service: b"".into(), sending_facility: b"".into(), ..order() };
        assert_eq!(accepted(&edited(NEW_ORDER, &edits), &base()).order, expected);
    }
}

#[test]
fn orm_tol_007_ten_diagnoses_are_kept_in_their_sequence() {
    let more: String = (2..=10).map(|n| format!("DG1|{n}|ICD10|E11.3{n}|Description {n}\r")).collect();
    let order = accepted(&edited(NEW_ORDER, &[Append(more.as_bytes())]), &base()).order;
    assert_eq!(order.submitted_dx.len(), 10);
    assert_eq!(order.submitted_dx[0].code, "E11.41");
    assert_eq!(order.submitted_dx[9], diagnosis("E11.310", "Description 10"));
}

#[test]
fn orm_tol_016_a_blank_at_the_end_of_each_segment_makes_no_difference() {
    let padded = each_segment(NEW_ORDER, |segment| [segment, b" "].concat());
    assert_eq!(accepted(&padded, &base()).order, order());
    let short = edited(NEW_ORDER, &[Set("OBR", "OBR|1|||92250^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO  ")]);
    assert_eq!(accepted(&short, &base()).order, order());
}

#[test]
fn orm_tol_017_other_delimiters_are_read_and_the_service_is_written_with_the_usual_ones() {
    let other = |content: &[u8]| -> Vec<u8> {
        let swap = |b: &u8| b"|^~\\&#*!/%".iter().position(|x| x == b).map_or(*b, |at| b"#*!/%|^~\\&"[at]);
        content.iter().map(swap).collect()
    };
    assert!(other(NEW_ORDER).starts_with(b"MSH#*!/%#EPIC#ANCL##IRIS#"));
    assert_eq!(accepted(&other(NEW_ORDER), &base()).order, order());
    assert_eq!(accepted(&other(REPEATING), &base()).order.mrn, b"T1234");

    let raw: &[u8] = b"92250*A^B %C/T/D/S/E!F\\";
    let order = accepted(&edited(&other(NEW_ORDER), &[Bytes("OBR-4", raw), Set("PID-5", "A^B/F/*C|D")]), &base()).order;
    assert_eq!(order.service, b"92250^A\\S\\B &C%D*E~F\\E\\");
    assert_eq!((&order.family[..], &order.given[..]), (&b"A^B#"[..], &b"C|D"[..]));
}

#[test]
fn esc_004_a_truncation_mark_changes_nothing() {
    let content = edited(NEW_ORDER, &[Replace("|^~\\&|", "|^~\\&#|"), Set("OBR-4", "92250^A#B\\H\\C")]);
    assert_eq!(accepted(&content, &base()).order, Order { service: b"92250^A#B\\H\\C".into(), ..order() });
}

#[test]
fn orm_pat_004_the_type_selects_the_patient_id() {
    let mut profile = base();
    profile.patient_id.r#type = "CHMRN".to_owned();
    assert_eq!(accepted(REPEATING, &base()).order.mrn, b"T1234");
    assert_eq!(accepted(REPEATING, &profile).order.mrn, b"M001");
}

#[test]
fn orm_pat_006_the_first_patient_id_of_the_type_is_taken() {
    let content = edited(NEW_ORDER, &[Set("PID-2", "A^^^^EPI~B^^^^MRN~C^^^^MRN")]);
    assert_eq!(accepted(&content, &base()).order.mrn, b"B");
}

#[test]
fn orm_pat_007_the_other_patient_id_field_has_no_effect() {
    assert_eq!(accepted(&edited(NEW_ORDER, &[Set("PID-3", "A~B")]), &base()).order.mrn, b"ITCC20170410");
    assert_eq!(accepted(&edited(NEW_ORDER, &[Set("PID-2", "A~B")]), &pid3()).order.mrn, b"ITCC20170410");
}

#[test]
fn orm_prv_006_the_type_selects_the_provider() {
    let mut profile = base();
    profile.provider.r#type = "PACS".to_owned();
    assert_eq!(accepted(REPEATING, &base()).order.provider, person("OP0001", "DOE", "JACK"));
    assert_eq!(accepted(REPEATING, &profile).order.provider, person("868", "DOE", "JACK"));
}

#[test]
fn orm_dg1_4_stands_in_for_a_missing_diagnosis_text() {
    let content = edited(NEW_ORDER, &[Set("DG1-3", "E11.9"), Set("DG1-4", "Diabetes")]);
    assert_eq!(accepted(&content, &base()).order.submitted_dx, [diagnosis("E11.9", "Diabetes")]);
}

#[test]
fn leap_days_and_the_last_second_of_a_day_exist() {
    let content = edited(NEW_ORDER, &[Set("PID-7", "20000229"), Set("ORC-9", "20240229235959")]);
    assert_eq!(accepted(&content, &base()).order.dob, b"20000229");
}

#[test]
fn the_published_segments_and_the_base_message_give_the_same_order() {
    let expected = Request { action: Action::New, order: order() };
    assert_eq!(accepted(SEGMENTS, &base()), expected);
    assert_eq!(accepted(NEW_ORDER, &base()), expected);
}

fn example_a(provider: &str, ssn: &str) -> Request {
    let order = Order {
        mrn: b"TestMrn1096".into(),
        family: b"TestVendor".into(),
        given: b"TAMMY".into(),
        dob: b"19541026".into(),
        location: b"IrisTest".into(),
        placer: b"Order578914".into(),
        provider: person(provider, "Diaz", "Adam"),
        submitted_dx: vec![diagnosis("E11.9", "Type 2 diabetes mellitus without complications")],
        sending_facility: b"Overlook Hotel".into(),
        ssn: ssn.into(),
        ..order()
    };
    Request { action: Action::New, order }
}

fn example_b(provider: &str, ssn: &str) -> Request {
    let retinopathy = "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy without macular edema, unspecified eye";
    let order = Order {
        mrn: b"TestMrn9958".into(),
        given: b"TERRY".into(),
        dob: b"19950222".into(),
        location: b"109".into(),
        placer: b"Order501138".into(),
        submitted_dx: vec![
            diagnosis("E11.3299", retinopathy),
            diagnosis("E11.65", "Type 2 diabetes mellitus with hyperglycemia"),
        ],
        sending_facility: b"Test Hospital".into(),
        ..example_a(provider, ssn).order
    };
    Request { action: Action::New, order }
}

#[test]
fn published_and_derived_example_a_are_accepted_with_the_patient_id_in_pid_3() {
    assert_eq!(accepted(EXAMPLE_A, &pid3()), example_a("a diaz@retinalscreenings.com", "111-223333"));
    assert_eq!(accepted(DERIVED_A, &pid3()), example_a("adiaz@retinalscreenings.com", "111-22-3333"));
}

#[test]
fn published_and_derived_example_b_are_accepted_with_the_patient_id_in_pid_3() {
    assert_eq!(accepted(EXAMPLE_B, &pid3()), example_b("a diaz@retinalscreenings.com", "111-223333"));
    assert_eq!(accepted(DERIVED_B, &pid3()), example_b("adiaz@retinalscreenings.com", "111-22-3333"));
}

#[test]
fn the_cancel_order_cancels_the_order_of_the_base_message() {
    assert_eq!(accepted(CANCEL, &base()), Request { action: Action::Cancel, order: order() });
}

#[test]
fn the_change_order_changes_it_once_that_is_agreed() {
    assert_eq!(accepted(CHANGE, &control_xo()), Request { action: Action::Change, order: order() });
    assert_eq!(orm::judge(CHANGE, &base()).expect_err("not agreed").requirement, "ORM-OC-XO");
}

#[test]
fn the_example_files_have_their_bytes() {
    let sizes =
        [EXAMPLE_A, EXAMPLE_B, SEGMENTS, DERIVED_A, DERIVED_B, CANCEL, CHANGE, REPEATING, NEW_ORDER].map(|content| {
            let count = |byte: u8| content.iter().filter(|b| **b == byte).count();
            (content.len(), count(b'\r'), count(b'\n'))
        });
    let of = |bytes, segments| (bytes, segments, 0);
    let expected =
        [of(971, 6), of(1227, 7), of(903, 6), of(919, 6), of(1151, 7), of(873, 6), of(873, 6), of(904, 6), of(873, 6)];
    assert_eq!(sizes, expected);
}

#[test]
fn a_profile_file_names_only_what_differs_from_base() {
    let profile: OrderProfile = serde_yaml::from_str(
        "patient_id: {source: PID-3}\nprovider: {type: SERDOTON, type_component: 9}\nlocation: {source: ORC-13.1}\n\
         known_locations: {POC01: First Clinic}\nparent_entity: [ANCL]\norder_control: {NW: new, CA: cancel, XO: change}\n",
    )
    .expect("a profile");
    assert_eq!(profile.patient_id, pid3().patient_id);
    assert_eq!(profile.provider, type_in_9().provider);
    assert_eq!(profile.location, location_in_orc().location);
    assert_eq!(profile.known_locations, orm_support::one_clinic().known_locations);
    assert_eq!(profile.parent_entity, Some(vec!["ANCL".to_owned()]));
    assert_eq!(profile.order_control, control_xo().order_control);
    let written = serde_yaml::to_string(&profile).expect("writable");
    assert_eq!(serde_yaml::from_str::<OrderProfile>(&written).expect("readable"), profile);
    assert_eq!(serde_yaml::from_str::<OrderProfile>("{}").expect("empty"), OrderProfile::default());
}

#[test]
fn a_profile_file_with_an_unknown_key_or_value_is_refused() {
    for text in ["provider: {kind: NPI}", "provider: {type_component: 10}", "location: {source: PV1-3}", "clinics: {}"]
    {
        assert!(serde_yaml::from_str::<OrderProfile>(text).is_err(), "{text}");
    }
}
