//! Escaping, control bytes, explicit nulls: what happens to values on their way into a message.

use crate::support::{context, eye, grading, grading_of, narrative, normal, order, other, profile, segments};
use base64::prelude::{BASE64_STANDARD, Engine};
use hl7::Delimiters;
use proptest::prelude::*;
use results::{Context, Grading, Level, Order, Plan};

/// Order R-ESC with grading G-ESC.
#[test]
fn delimiters_in_values_are_escaped_everywhere_oru_enc_05() {
    let order = Order { mrn: b"M~1".to_vec(), family: b"O'NEIL|SMITH".to_vec(), given: b"ANN&LEE".to_vec(), ..order() };
    let grading = Grading {
        plan: Some(Plan {
            name: "Follow-up ^ 6 months".into(),
            text: "Eye clinic\nA&B, 2nd floor ~ east\\wing".into(),
        }),
        notes: vec!["See note:\r\nrepeat in 6 months".into()],
        ..grading_of(eye("None", "None", &[other("Drusen & scar | temporal", Level::Referable)]), normal())
    };
    let message = results::oru(&order, &grading, &profile(""), &context()).unwrap();

    // ORU-ENC-05
    assert_eq!(segments(&message)[1], r"PID||M\R\1|M\R\1||O'NEIL\F\SMITH^ANN\T\LEE||19581012|M||||||||||1234|");
    assert_eq!(
        narrative(&message)[..17],
        [
            r"Retinal Study Result for ANN\T\LEE O'NEIL\F\SMITH",
            "",
            r"ANN\T\LEE O'NEIL\F\SMITH, a 58 y/o, M (DOB: 10-12-1958, MRN: M\R\1)",
            "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left and right eyes.",
            "",
            r"Based on the findings of the study, the following is recommended for ANN\T\LEE O'NEIL\F\SMITH",
            r"Follow-up \S\ 6 months: Eye clinic",
            r"A\T\B, 2nd floor \R\ east\E\wing",
            "",
            "Interpreting Provider's Comments: See note:",
            "repeat in 6 months",
            "",
            "Right eye findings: Diabetic Retinopathy: None",
            "Macular Edema: None",
            r"Other: Drusen \T\ scar \F\ temporal",
            "",
            "Left eye findings: Normal Result. Negative for Diabetic Retinopathy.",
        ]
    );
}

#[test]
fn a_line_break_outside_the_narrative_becomes_one_space_oru_enc_06() {
    let order = Order { location: b"EAST\r\nWING\tB\n".to_vec(), ..order() };
    let message = results::oru(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
    // ORU-ENC-06
    assert_eq!(segments(&message)[2].split('|').nth(3), Some("EAST WING B "));
}

#[test]
fn an_explicit_null_counts_as_empty_oru_enc_07() {
    let order = Order { encounter: b"\"\"".to_vec(), ..order() };
    let message = results::oru(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
    // ORU-ENC-07
    assert!(segments(&message)[1].ends_with("|M|||||||||||"), "{}", segments(&message)[1]);
}

#[test]
fn the_service_keeps_every_byte_and_empty_component_oru_obr_4() {
    let order = Order { service: br"^FUNDUS \T\ OCT^EAP^^X&Y^".to_vec(), ..order() };
    let message = results::oru(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
    // ORU-OBR-4
    assert_eq!(segments(&message)[4].split('|').nth(4), Some(r"^FUNDUS \T\ OCT^EAP^^X&Y^"));
}

#[test]
fn a_control_byte_in_an_encoded_value_becomes_one_space_oru_enc_06() {
    let order = Order { service: b"92250^FUNDUS\rPHOTO".to_vec(), ..order() };
    let message = results::oru(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
    // ORU-ENC-06
    assert_eq!(segments(&message)[4].split('|').nth(4), Some("92250^FUNDUS PHOTO"));
}

#[test]
fn without_credentials_the_person_has_empty_components_oru_xcn_6() {
    let mut order = order();
    order.provider.degrees.clear();
    order.provider.prefix.clear();
    let message = results::mdm(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
    // ORU-XCN-6
    assert_eq!(segments(&message)[2].split('|').nth(10), Some("OP0001^DOE^JACK^^^^^^^^^^NPI"));
    assert_eq!(segments(&message)[3].split('|').nth(7), Some("OP0001^DOE^JACK^^^^^^^^^^NPI"));
}

#[test]
fn pid_and_pv1_of_a_document_are_those_of_the_result_mdm_pid_mdm_pv1() {
    let (order, grading) = (order(), grading("severe right, proliferative left"));
    let oru = segments(&results::oru(&order, &grading, &profile(""), &context()).unwrap());
    let mdm = segments(&results::mdm(&order, &grading, &profile(""), &context()).unwrap());
    // MDM-PID, MDM-PV1, and the same blocks: MDM-OBX-01, MDM-NAR-01, MDM-C1
    assert_eq!(mdm[1], oru[1]);
    assert_eq!(mdm[3], oru[2]);
    assert_eq!(mdm[4..], oru[5..]);
}

#[test]
fn link_and_pdf_come_in_this_order_oru_doc_03() {
    let message = results::oru(&order(), &grading("normal in both eyes"), &profile("document: link_pdf"), &context());
    let segments = segments(&message.unwrap());
    // ORU-DOC-03
    assert!(segments[32].starts_with("OBX|28|RP|LINK^^PDFLINK|28|https://"));
    assert_eq!(segments[33], "OBX|29|ED|||PDF^TEXT^^Base64^JVBERi0xLjQKJSVFT0YK||||||F");
}

#[test]
fn the_embedded_report_decodes_to_its_bytes_oru_doc_12() {
    let pdf: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let context = Context { pdf: pdf.clone(), ..context() };
    for build in [results::oru, results::mdm] {
        let message = build(&order(), &grading("normal in both eyes"), &profile("document: pdf"), &context).unwrap();
        let message = hl7::Message::parse(message).unwrap();
        let read = |component: &str| message.text(&format!("OBX[28]-5{component}")).unwrap_or_default();
        assert_eq!([".1", ".2", ".3", ".4"].map(read), ["PDF", "TEXT", "", "Base64"], "ORU-DOC-10, ORU-C17, MDM-C19");
        assert_eq!(message.raw("OBX[28]-3"), Some(&b""[..]), "ORU-OBX-3.1");
        assert_eq!(message.raw("OBX[28]-4"), Some(&b""[..]), "ORU-OBX-4");
        let data = read(".5");
        assert_eq!(BASE64_STANDARD.decode(data.as_bytes()).unwrap(), pdf, "ORU-DOC-11, ORU-DOC-12");
    }
}

#[test]
fn other_characters_than_ascii_stay_as_they_came_oru_enc_08() {
    for family in ["M\u{dc}LLER".as_bytes(), b"M\xDCLLER"] {
        let order = Order { family: family.into(), ..order() };
        let message = results::oru(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap();
        let message = hl7::Message::parse(message).unwrap();
        assert_eq!(message.raw("PID-5.1"), Some(family), "ORU-ENC-07, ORU-ENC-08");
    }
}

#[test]
fn generated_again_only_the_instant_of_generation_changes_oru_gen_02() {
    let at = |now: &str| {
        let context = Context { now: now.parse().unwrap(), ..context() };
        let message = results::oru(&order(), &grading("normal in both eyes"), &profile(""), &context).unwrap();
        String::from_utf8(message).unwrap()
    };
    let (first, again) = (at("2017-04-10T14:59:07Z"), at("2018-05-11T15:00:08.5Z"));
    assert_eq!(first.matches("170410145907").count(), 3, "ORU-TIM-07"); // MSH-7, MSH-10, ORC-9
    assert_eq!(first.replace("170410145907", "180511150008"), again, "ORU-GEN-02, ORU-TIM-01");
}

/// ORU-ENC-06 in other words: every control byte is a space, but CR LF is one.
fn spaced(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = value;
    while let [first, tail @ ..] = rest {
        rest = if rest.starts_with(b"\r\n") { &rest[2..] } else { tail };
        out.push(if *first < 0x20 || *first == 0x7F { b' ' } else { *first });
    }
    out
}

fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![3 => prop::sample::select(b"|^~\\&\r\n\t\x0b\x1c\x7f\"EFSTR".to_vec()), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..12).prop_filter("an explicit null is empty", |value| value != b"\"\"")
}

proptest! {
    /// ORU-ENC-05, ORU-ENC-07, DFT-STR-005
    #[test]
    fn every_value_byte_survives(mrn in nasty(), family in nasty(), encounter in nasty(), placer in nasty(), id in nasty()) {
        let mut order = Order { mrn, family, encounter, placer, ..order() };
        order.provider.id = id;
        let grading = grading("normal in both eyes");
        for build in [results::oru, results::mdm, results::dft] {
            let message = hl7::Message::parse(build(&order, &grading, &profile(""), &context()).unwrap()).unwrap();
            let read = |path: &str| {
                let raw = message.raw(path).unwrap_or_default();
                hl7::unescape(raw, &Delimiters::default()).into_owned()
            };
            prop_assert_eq!(read("PID-3.1"), spaced(&order.mrn));
            prop_assert_eq!(read("PID-5.1"), spaced(&order.family));
            prop_assert_eq!(read("PID-5.2"), b"JOHN");
            prop_assert_eq!(read("PID-18"), spaced(&order.encounter));
            prop_assert_eq!(read("PV1-8.1"), spaced(&order.provider.id));
            prop_assert_eq!(read("PV1-8.13"), b"NPI");
            let placer = match message.raw("MSH-9.1") {
                Some(b"ORU") => "OBR-2",
                Some(b"MDM") => "TXA-14",
                _ => "FT1-23.1",
            };
            prop_assert_eq!(read(placer), spaced(&order.placer));
        }
    }

    #[test]
    fn the_control_id_is_msh_7_without_century_oru_tim_04(seconds in 0_i64..4_000_000_000, nanos in 0..1_000_000_000) {
        let mut context = context();
        context.now = jiff::Timestamp::new(seconds, nanos).unwrap();
        for build in [results::oru, results::mdm, results::dft] {
            let message = build(&order(), &grading("normal in both eyes"), &profile(""), &context).unwrap();
            let message = hl7::Message::parse(message).unwrap();
            let stamp = message.raw("MSH-7").unwrap();
            // ORU-TIM-04
            prop_assert_eq!(stamp.len(), 14);
            prop_assert_eq!(message.raw("MSH-10"), Some(&stamp[2..]));
        }
    }

    #[test]
    fn equal_inputs_give_equal_bytes_oru_gen_05(given in nasty(), note in ".*") {
        let order = Order { given, ..order() };
        let grading = Grading { notes: vec![note], ..grading("moderate retinopathy right, mild left") };
        for build in [results::oru, results::mdm, results::dft] {
            let make = || build(&order, &grading, &profile(""), &context()).unwrap();
            // ORU-GEN-05
            prop_assert_eq!(make(), make());
        }
        prop_assert_eq!(results::report(&order, &grading, &profile("")), results::report(&order, &grading, &profile("")));
    }
}
