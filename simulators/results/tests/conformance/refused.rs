//! The gradings that the specification wants refused, DISC-NEG-01 to DISC-NEG-10, and their neighbours that are accepted.

use crate::exams::{block, excluded, gradable};
use crate::support::{EyeYaml, eye, grading_of, normal, order, suspected};
use results::Eye;

#[test]
fn a_grading_that_breaks_a_rule_is_refused() {
    let cataract = || [suspected("Suspected Cataract")];
    let indeterminable = || eye("Indeterminable", "None", &[]);
    let wet = || gradable(&[("Wet AMD", "Early Stage")]);
    let custom = "observations: custom:custom_set_iris31.csv";
    for (case, right, left, options, requirement) in [
        ("DISC-NEG-01", indeterminable(), normal(), "", "DISC-025"),
        ("DISC-NEG-02", indeterminable(), eye("None", "None", &cataract()), "", "DISC-025"),
        ("DISC-NEG-05", excluded(), Eye::Excluded { reason: Some("Enucleation".into()) }, "", "DISC-028"),
        ("DISC-NEG-06", eye("None", "Moderate", &[]), normal(), "", "DISC-024"),
        ("DISC-NEG-07", eye("mild", "None", &[]), normal(), "", "DISC-024"),
        ("DISC-NEG-08", eye("Indeterminable", "None", &cataract()), normal(), "observations: rev_b", "DISC-024"), // DISC-175
        ("DISC-NEG-09", eye("Mild", "None", &cataract()), normal(), custom, "DISC-216"),
        ("DISC-NEG-10", wet(), normal(), "", "DISC-024"),
        // DISC-ME-03: the list of macular edema does not have it.
        ("Indeterminable edema", eye("None", "Indeterminable", &cataract()), normal(), "", "DISC-024"),
        ("dry Advanced", gradable(&[("Dry AMD", "Advanced")]), normal(), "", "DISC-024"),
        ("dry Positive", gradable(&[("Dry AMD", "Positive")]), normal(), "", "DISC-024"),
        ("Indeterminable AMD", gradable(&[("Dry AMD", "Indeterminable")]), normal(), "", "DISC-025"),
        // FND-G01: a mark of gradability is no finding of a gradable eye.
        ("Not Gradable", gradable(&[("Not Gradable", "")]), normal(), "", "FND-004"),
        // FND-002: a suspected finding has no result.
        ("suspected with result", gradable(&[("Suspected Glaucoma", "Positive")]), normal(), "", "FND-002"),
        // FND-006: Other is its text.
        ("Other without text", gradable(&[("Other", "")]), normal(), "", "DISC-107"),
    ] {
        let error = block(&order(), &grading_of(right, left), options).unwrap_err();
        assert_eq!(error.requirement, requirement, "{case}: {error}");
    }
    // DISC-025, FND-009: with its own suspected condition the same eye is accepted.
    let accepted = grading_of(eye("Indeterminable", "None", &cataract()), normal());
    assert!(block(&order(), &accepted, "").is_ok());
}

/// DISC-020
#[test]
fn an_eye_has_one_state_and_findings_only_when_gradable_disc_020() {
    let error = |yaml: &str| serde_yaml::from_str::<EyeYaml>(yaml).err().unwrap().to_string();
    // DISC-NEG-03, DISC-027, FND-U02
    let ungradable = "{ ungradable: { reason: null, findings: [{ finding: Diabetic Retinopathy, result: None }] } }";
    assert!(error(ungradable).contains("unknown field `findings`, expected `reason`"));
    // DISC-NEG-04, DISC-027
    let excluded = "{ excluded: { reason: Enucleation, findings: [{ finding: Suspected Glaucoma }] } }";
    assert!(error(excluded).contains("unknown field `findings`, expected `reason`"));
    assert!(error("{ ungradable: { reason: null }, gradable: [] }").contains("single"));
    assert!(error("{ fine: [] }").contains("unknown variant `fine`"));
}

#[test]
fn the_error_names_the_eye_the_finding_and_the_way_out() {
    let error = block(&order(), &grading_of(normal(), gradable(&[("Wet AMD", "Early Stage")])), "").unwrap_err();
    let expected =
        "left eye: Wet AMD is `Early Stage`; give one of: No Observable, Indeterminable, Positive (DISC-024)";
    assert_eq!(error.to_string(), expected);
}
