//! Charges beyond the reference messages.

use crate::support::{context, eye, grading, grading_of, normal, order, order_with, profile, segments, suspected};
use results::{Eye, Grading, Order};

fn built(order: &Order, grading: &Grading, options: &str) -> hl7::Message {
    hl7::Message::parse(results::dft(order, grading, &profile(options), &context()).unwrap()).unwrap()
}

fn ft1(order: &Order, grading: &Grading, options: &str, field: usize) -> String {
    let message = results::dft(order, grading, &profile(options), &context()).unwrap();
    segments(&message)[4].split('|').nth(field).unwrap_or_default().to_owned()
}

#[track_caller]
fn reproduces(reference: &str, order: &Order, grading: &Grading, options: &str) {
    let actual = results::dft(order, grading, &profile(options), &context()).unwrap();
    assert_eq!(String::from_utf8(actual).unwrap(), reference);
}

#[test]
fn submitted_and_derived_diagnoses_dft_ref_01() {
    let order = order_with("E11.41", "Type 2 diabetes mellitus with diabetic mononeuropathy");
    let grading = grading_of(eye("None", "Positive", &[]), eye("Proliferative", "None", &[]));
    reproduces(include_str!("../data/dft/ref_o1_diagnosed.hl7"), &order, &grading, "");
}

#[test]
fn option_2_with_one_code_for_both_eyes_dft_ref_05() {
    let order = order_with("E11.9", "Type 2 diabetes mellitus without complications");
    let grading = grading_of(eye("Mild", "None", &[]), eye("Mild", "None", &[]));
    let reference = include_str!("../data/dft/ref_o2_all_gradable.hl7");
    reproduces(reference, &order, &grading, "dft: { ft1_option: 2 }");
}

#[test]
fn option_2_without_component_modifier_dft_ref_08() {
    let order = order_with("E11.9", "Type 2 diabetes mellitus without complications");
    let grading = grading_of(eye("Moderate", "None", &[]), Eye::Ungradable { reason: None });
    let reference = include_str!("../data/dft/ref_o2_no_component_modifier.hl7");
    reproduces(reference, &order, &grading, "dft: { ft1_option: 2, o2_component: false }");
}

#[test]
fn the_text_of_a_derived_code_can_be_that_of_the_list_dft_dx_009() {
    let order = order_with("H35.3131", "as sent Right Eye");
    let grading = grading_of(eye("Severe", "None", &[]), normal());
    let texts = |options| {
        let field = ft1(&order, &grading, options, 19);
        field.split('~').map(|dx| dx.split('^').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    // DFT-DX-009, ICD-C5
    let severe = "Type 2 diabetes mellitus with severe nonproliferative diabetic retinopathy without macular edema";
    assert_eq!(texts(""), ["as sent Right Eye".to_owned(), format!("{severe}, right eye")]);
    assert_eq!(texts("dft: { dx_text: listed }"), ["as sent Right Eye".to_owned(), format!("{severe} Right Eye")]);
}

#[test]
fn a_code_occurs_once_at_its_first_position_dft_dx_004() {
    let order = order_with("e11.3292", "as sent");
    let grading = grading_of(normal(), eye("Mild", "None", &[]));
    // DFT-DX-004
    assert_eq!(ft1(&order, &grading, "", 19), "e11.3292^as sent^ICD-10-CM");
}

#[test]
fn a_code_that_is_not_icd_10_is_dropped_dft_dx_011() {
    // DFT-DX-011
    assert_eq!(ft1(&order_with("250.1", "ICD-9"), &grading("normal in both eyes"), "", 19), "");
}

/// FT1-26 by gradability (07-dft, section 7.3): columns O1P, O1P with component, O1C, O2P, O2T, and both without component.
#[test]
fn the_modifier_matrix() {
    const COLUMNS: [(&str, &str); 7] = [
        ("", "FT1[1]-26"),
        ("dft: { o1_component: 26 }", "FT1[1]-26"),
        ("dft: { cpt2: on, code_source: fixed }", "FT1[2]-26"),
        ("dft: { ft1_option: 2 }", "FT1[1]-26"),
        ("dft: { ft1_option: 2 }", "FT1[2]-26"),
        ("dft: { ft1_option: 2, o2_component: off }", "FT1[1]-26"),
        ("dft: { ft1_option: 2, o2_component: off }", "FT1[2]-26"),
    ];
    let ungradable = || Eye::Ungradable { reason: None };
    let excluded = || Eye::Excluded { reason: None };
    for (requirement, right, left, expected) in [
        ("DFT-MOD-M1", normal(), normal(), ["", "26", "", "26", "TC", "", ""]),
        ("DFT-MOD-M2", normal(), ungradable(), ["", "26", "no segment", "26~52", "TC~52", "52", "52"]),
        ("DFT-MOD-M2", ungradable(), normal(), ["", "26", "no segment", "26~52", "TC~52", "52", "52"]),
        ("DFT-MOD-M3", ungradable(), ungradable(), ["NC", "26~NC", "no segment", "26~NC", "TC~NC", "NC", "NC"]),
        // DFT-MOD-002: an eye without images does not count.
        ("DFT-MOD-005", normal(), excluded(), ["", "26", "", "26", "TC", "", ""]),
        ("DFT-MOD-003", excluded(), ungradable(), ["NC", "26~NC", "no segment", "26~NC", "TC~NC", "NC", "NC"]),
    ] {
        let grading = grading_of(right, left);
        for ((options, path), expected) in COLUMNS.into_iter().zip(expected) {
            let message = built(&order(), &grading, options);
            let second = path.starts_with("FT1[2]") && message.count("FT1") == 1;
            let actual = if second { "no segment".into() } else { message.text(path).unwrap_or_default() };
            assert_eq!(actual, expected, "{requirement}, DFT-MOD-001, DFT-MOD-007, DFT-C16: {options} {path}");
        }
    }
}

#[test]
fn a_missing_eye_can_count_as_ungradable_dft_mod_002_dft_c18() {
    let excluded = || Eye::Excluded { reason: None };
    for (right, left, expected) in [
        (normal(), excluded(), "26~52"), // DFT-MOD-004
        (excluded(), Eye::Ungradable { reason: None }, "26~NC"),
    ] {
        let options = "dft: { ft1_option: 2, mod_missing_eye: count }";
        // DFT-C18
        assert_eq!(ft1(&order(), &grading_of(right, left), options, 26), expected, "DFT-MOD-002");
    }
    let no_cpt2 = built(&order(), &grading_of(normal(), excluded()), "dft: { cpt2: on, mod_missing_eye: count }");
    assert_eq!(no_cpt2.count("FT1"), 1, "DFT-FT1-S05");
}

#[test]
fn an_indeterminable_diagnosis_is_gradable_dft_mod_006() {
    let indeterminable = eye("Indeterminable", "None", &[suspected("Suspected Cataract")]);
    let grading = grading_of(indeterminable, normal());
    assert_eq!(ft1(&order(), &grading, "dft: { ft1_option: 2 }", 26), "26", "DFT-MOD-006");
}

#[test]
fn not_charged_can_be_switched_off_in_option_1_dft_mod_008() {
    let grading = grading("ungradable in both eyes");
    assert_eq!(ft1(&order(), &grading, "dft: { o1_nc: off }", 26), "", "DFT-MOD-008");
    assert_eq!(ft1(&order(), &grading, "dft: { o1_nc: off, o1_component: 26 }", 26), "26", "DFT-MOD-008");
    assert_eq!(ft1(&order(), &grading, "dft: { o1_nc: off, ft1_option: 2 }", 26), "26~NC", "DFT-MOD-009");
}

#[test]
fn cpt_ii_follows_the_professional_charge_of_a_normal_result_dft_ft1_s02() {
    let order = order_with("E11.9", "text");
    let message = results::dft(&order, &grading("normal in both eyes"), &profile("dft: { cpt2: on }"), &context());
    let segments = segments(&message.unwrap());
    // DFT-FT1-S02
    assert_eq!(segments.len(), 6, "DFT-STR-002");
    assert_eq!(
        segments[5],
        "FT1|2||273013|20170410145803|20170410145907|CG|3072F^No evidence of retinopathy in the prior year\
         ||ITCC20170410|1|||POC01||IRIS|POC01|||E11.9^text^ICD-10-CM|GR0001^DOE^JANE^^^MD^MD^^^^^^NPI\
         |OP0001^DOE^JACK^^^MD^MD^^^^^^NPI||2017041006^VENDOR||3072F^No evidence of retinopathy in the prior year",
        "DFT-FT1-7-C, DFT-DX-006, DFT-MOD-010, DFT-C11, DFT-C14"
    );
}

#[test]
fn cpt_ii_depends_on_age_and_retinopathy_alone_dft_ft1_s03() {
    let cpt2 = |order: &Order, grading: &Grading, options: &str| built(order, grading, options).count("FT1") == 2;
    let on = "dft: { cpt2: on }";
    let normal_result = grading("normal in both eyes");
    let born = |dob: &str| Order { dob: dob.into(), ..order() };
    assert!(!cpt2(&order(), &normal_result, ""), "DFT-FT1-S02");
    assert!(cpt2(&born("19990410"), &normal_result, on), "DFT-FT1-S04"); // 18 on the day of grading
    assert!(!cpt2(&born("19990411"), &normal_result, on), "DFT-FT1-S04");
    assert!(cpt2(&born("19990411"), &normal_result, "dft: { cpt2: on, cpt2_min_age: 17 }"), "DFT-FT1-S04");
    for (right, left, expected) in [
        (normal(), eye("None", "Positive", &[suspected("Suspected Glaucoma")]), true),
        (normal(), Eye::Excluded { reason: None }, true),
        (normal(), eye("Mild", "None", &[]), false),
        (normal(), eye("Indeterminable", "None", &[suspected("Suspected Cataract")]), false),
        (normal(), Eye::Ungradable { reason: None }, false),
        (Eye::Excluded { reason: None }, Eye::Ungradable { reason: None }, false),
    ] {
        let grading = grading_of(right, left);
        assert_eq!(
            cpt2(&order(), &grading, on),
            expected,
            "DFT-FT1-S03, DFT-FT1-S05, DFT-C13: {:?} {:?}",
            grading.right,
            grading.left
        );
    }
}

#[test]
fn cpt_ii_contradicts_option_2_dft_ft1_s07() {
    let grading = grading("ungradable in both eyes");
    let error = results::dft(&order(), &grading, &profile("dft: { ft1_option: 2, cpt2: on }"), &context()).unwrap_err();
    assert_eq!(error.requirement, "DFT-FT1-S07");
    assert!(error.message.contains("dft.cpt2") && error.message.contains("dft.ft1_option"), "{error}");
}

#[test]
fn a_suspected_condition_has_no_code_dft_dx_008() {
    let grading = grading_of(eye("None", "None", &[suspected("Suspected Glaucoma")]), normal());
    assert_eq!(ft1(&order(), &grading, "", 19), "", "DFT-DX-008, DFT-DX-005");
}

#[test]
fn the_layout_does_not_change_with_the_version_dft_msh_12_u() {
    let of = |version: &str| {
        let order = Order { version: version.into(), ..order() };
        segments(&results::dft(&order, &grading("normal in both eyes"), &profile(""), &context()).unwrap())
    };
    let [older, newer] = ["2.3", "2.7"].map(of);
    assert_eq!(older[0].replace("|2.3", "|2.7"), newer[0], "DFT-MSH-12-U");
    assert_eq!(older[1..], newer[1..], "DFT-MSH-12-U");
}

#[test]
fn the_charge_code_is_obr_4_if_it_looks_like_cpt_dft_ft1_7_p1() {
    let published = "92250^Fundus photography with interpretation and report^CPT";
    for (service, expected) in [
        ("92250^FUNDUS PHOTOGRAPHY^EAP", published),
        ("^FUNDUS PHOTOGRAPHY^EAP", published),
        ("IMG123^FUNDUS PHOTOGRAPHY", published),
        ("", published),
        (r"2022F^EXAM \T\ REPORT^EAP", r"2022F^EXAM \T\ REPORT^CPT"),
        ("92227", "92227^^CPT"),
        ("192227", published),
    ] {
        let order = Order { service: service.into(), ..order() };
        let grading = grading("normal in both eyes");
        // DFT-FT1-7-P1
        assert_eq!(ft1(&order, &grading, "", 7), expected, "{service}");
        assert_eq!(ft1(&order, &grading, "", 25), expected, "{service}");
    }
}

#[test]
fn header_and_namespace_follow_the_options_dft_msh_4_to_6_dft_c8() {
    let options = "dft: { msh4: orm, msh5: EPIC, msh6: CLINIC }";
    let message = results::dft(&order(), &grading("normal in both eyes"), &profile(options), &context()).unwrap();
    // DFT-MSH-4, DFT-MSH-5, DFT-MSH-6, DFT-C8
    assert!(segments(&message)[0].starts_with(r"MSH|^~\&|IRIS|ANCL|EPIC|CLINIC|20170410145907||DFT^P03|"));
    assert_eq!(ft1(&order(), &grading("normal in both eyes"), options, 23), "2017041006^EPIC");
}
