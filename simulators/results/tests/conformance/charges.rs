//! Charges beyond the reference messages.

use crate::support::{context, eye, grading, grading_of, normal, order, order_with, profile, segments};
use results::{Eye, Grading, Order};

fn ft1(order: &Order, grading: &Grading, options: &str, field: usize) -> String {
    let message = results::dft(order, grading, &profile(options), &context()).unwrap();
    segments(&message)[4].split('|').nth(field).unwrap_or_default().to_owned()
}

/// The reference message prints the text of E11.3592 in the form of the charge page (`..., left eye`), the rule takes it from the
/// code list (`... Left Eye`), and texts are not compared (DFT-DX-009, ICD-C5). So that one text is put into the expectation.
#[test]
fn submitted_and_derived_diagnoses_dft_ref_01() {
    let order = order_with("E11.41", "Type 2 diabetes mellitus with diabetic mononeuropathy");
    let grading = grading_of(eye("None", "Positive", &[]), eye("Proliferative", "None", &[]));
    let actual = results::dft(&order, &grading, &profile(""), &context()).unwrap();

    let reference = include_str!("../data/dft/ref_o1_diagnosed.hl7");
    assert_eq!(reference.matches("macular edema, left eye").count(), 1);
    let expected = reference.replace("macular edema, left eye", "macular edema Left Eye");
    assert_eq!(String::from_utf8(actual).unwrap(), expected);
}

#[test]
fn a_code_occurs_once_at_its_first_position_dft_dx_004() {
    let order = order_with("e11.3292", "as sent");
    let grading = grading_of(normal(), eye("Mild", "None", &[]));
    assert_eq!(ft1(&order, &grading, "", 19), "e11.3292^as sent^ICD-10-CM");
}

#[test]
fn a_code_that_is_not_icd_10_is_dropped_dft_dx_011() {
    assert_eq!(ft1(&order_with("250.1", "ICD-9"), &grading("normal in both eyes"), "", 19), "");
}

#[test]
fn modifiers_of_option_1_dft_mod_m1_to_m3() {
    let [none, one, all] =
        ["normal in both eyes", "ungradable in the left eye", "ungradable in both eyes"].map(grading);
    let excluded = grading_of(Eye::Ungradable { reason: None }, Eye::Excluded { reason: None });
    for (grading, options, expected) in [
        (&none, "", ""),
        (&one, "", ""),
        (&all, "", "NC"),
        (&excluded, "", "NC"),
        (&none, "dft: { o1_component: 26 }", "26"),
        (&one, "dft: { o1_component: 26 }", "26"),
        (&all, "dft: { o1_component: 26 }", "26~NC"),
        (&all, "dft: { o1_nc: false }", ""),
    ] {
        assert_eq!(ft1(&order(), grading, options, 26), expected, "{options} {:?} {:?}", grading.right, grading.left);
    }
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
        assert_eq!(ft1(&order, &grading, "", 7), expected, "{service}");
        assert_eq!(ft1(&order, &grading, "", 25), expected, "{service}");
    }
}

#[test]
fn header_and_namespace_follow_the_options_dft_msh_4_to_6_dft_c8() {
    let options = "dft: { msh4: orm, msh5: EPIC, msh6: CLINIC }";
    let message = results::dft(&order(), &grading("normal in both eyes"), &profile(options), &context()).unwrap();
    assert!(segments(&message)[0].starts_with(r"MSH|^~\&|IRIS|ANCL|EPIC|CLINIC|20170410145907||DFT^P03|"));
    assert_eq!(ft1(&order(), &grading("normal in both eyes"), options, 23), "2017041006^EPIC");
}
