//! Input that is refused: no message, and an error that names the requirement (ORU-GEN-06).

use crate::support::{context, diagnosis, eye, grading, grading_of, normal, order, profile, suspected};
use results::{Context, Eye, Finding, Grading, Order};

fn refused(grading: &Grading) -> String {
    let result = results::oru(&order(), grading, &profile(""), &context());
    let charge = results::dft(&order(), grading, &profile(""), &context());
    assert_eq!(result, charge);
    result.unwrap_err().to_string()
}

#[test]
fn a_grading_that_breaks_a_rule_is_refused_disc_neg() {
    let cataract = [suspected("Suspected Cataract")];
    let indeterminable = || eye("Indeterminable", "None", &[]);
    let none = || Eye::Excluded { reason: None };
    let twice = Eye::Gradable(vec![diagnosis("Macular Edema", "None"), diagnosis("Macular Edema", "Positive")]);
    let unanswered = Eye::Gradable(vec![Finding { finding: "Macular Edema".into(), result: None, level: None }]);
    let bare_other = eye("None", "None", &[suspected("Other")]);
    let unknown = eye("None", "None", &[suspected("Drusen")]);
    for (case, right, left, requirement) in [
        ("DISC-NEG-01", indeterminable(), normal(), "DISC-025"),
        ("DISC-NEG-02", indeterminable(), eye("None", "None", &cataract), "DISC-025"),
        ("DISC-NEG-05", none(), none(), "DISC-028"),
        ("DISC-NEG-06", normal(), eye("None", "Moderate", &[]), "DISC-024"),
        ("DISC-NEG-07", eye("mild", "None", &[]), normal(), "DISC-024"),
        ("diagnosis twice", twice, normal(), "DISC-002"),
        ("diagnosis without result", unanswered, normal(), "DISC-024"),
        ("Other without text", bare_other, normal(), "DISC-107"),
        ("unknown finding", unknown, normal(), "FND-004"),
    ] {
        let error = refused(&grading_of(right, left));
        assert!(error.ends_with(&format!("({requirement})")), "{case}: {error}");
    }
}

#[test]
fn the_error_says_where_what_and_what_to_do() {
    let error = refused(&grading_of(normal(), eye("mild", "None", &[])));
    let expected = "left eye: Diabetic Retinopathy is `mild`; give one of: None, Mild, Moderate, Severe, Proliferative, \
                    Indeterminable, Positive (DISC-024)";
    assert_eq!(error, expected);
}

#[test]
fn other_input_that_would_make_a_wrong_message_is_refused() {
    let with_order = |order: Order| results::oru(&order, &grading("normal in both eyes"), &profile(""), &context());
    let with = |options: &str, context: Context| {
        results::mdm(&order(), &grading("normal in both eyes"), &profile(options), &context)
    };
    for (outcome, requirement) in [
        (with_order(Order { dob: b"19581301".to_vec(), ..order() }), "ORU-TIM-02"),
        (with_order(Order { dob: b"1958-10-12".to_vec(), ..order() }), "ORU-TIM-02"),
        (with_order(Order { dob: b"20170411".to_vec(), ..order() }), "ORU-TIM-10"),
        (with_order(Order { service: b"92250|EXTRA".to_vec(), ..order() }), "ORU-OBR-4"),
        (with("link_base: https://example.org/a?b=c", context()), "ORU-DOC-07"),
        (with("", Context { token: "00ff".into(), ..context() }), "ORU-DOC-09"),
        (with("document: pdf", Context { pdf: Vec::new(), ..context() }), "ORU-DOC-12"),
        (with("", Context { document_id: "442b30d3-c963-434e-8886-3735ced1c5e8".into(), ..context() }), "MDM-TXA-12"),
    ] {
        assert_eq!(outcome.unwrap_err().requirement, requirement);
    }
}

#[test]
fn an_unknown_option_is_an_error() {
    let error = serde_yaml::from_str::<results::Profile>("documnt: pdf").unwrap_err().to_string();
    assert!(error.contains("unknown field `documnt`"), "{error}");
}
