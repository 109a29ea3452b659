//! The older observation set, rev_b.

use crate::exams::{block, gradable, lines, order_for, ungradable};
use crate::support::{eye, grading_of, normal, order, other, suspected};
use results::{EvaluationType, Finding, Level};

const OPTIONS: &str = "observations: rev_b";

fn seen(retinopathy: &str, edema: &str, more: &[Finding]) -> Vec<String> {
    lines(&order(), &grading_of(eye(retinopathy, edema, more), normal()), OPTIONS)
}

/// DISC-170
#[test]
fn every_result_has_its_flag_and_severity_disc_170() {
    let severities = ["SEVERITY NORMAL", "SEVERITY ALERT A", "SEVERITY CRITICAL AA"];
    // DISC-171
    for (result, flag) in [("None", ""), ("Mild", "A"), ("Moderate", "A"), ("Severe", "AA"), ("Proliferative", "AA")] {
        let lines = seen(result, "None", &[]);
        assert_eq!(lines[1], format!("RIGHTDIABRETIN {result} {flag}").trim_end());
        assert_eq!(lines[0], severities[flag.len()]);
    }
    // DISC-172, DISC-C3
    for (result, flag) in [("None", ""), ("Mild", "A"), ("Moderate", "A"), ("Severe", "AA")] {
        let lines = seen("None", result, &[]);
        assert_eq!(lines[2], format!("RIGHTMACEDEMA {result} {flag}").trim_end());
        assert_eq!(lines[0], severities[flag.len()]);
    }
}

/// DISC-173, DISC-C14
#[test]
fn suspected_conditions_have_at_most_flag_a_disc_173() {
    for finding in [
        suspected("Suspected Bilateral Papilledema"),
        suspected("Suspected Disc Edema"),
        other("Detachment", Level::Severe),
        other("Clot", Level::Emergent),
        suspected("Suspected Glaucoma"),
    ] {
        let lines = seen("None", "None", std::slice::from_ref(&finding));
        assert!(lines[3].ends_with(" A"), "{finding:?}: {lines:?}");
        assert_eq!(lines[0], "SEVERITY ALERT A", "{finding:?}");
    }
    let lines = seen("None", "None", &[suspected("Suspected Choroidal Nevus")]);
    assert_eq!(
        (lines[3].as_str(), lines[0].as_str()),
        ("RIGHTOTHERRETIN Suspected Choroidal Nevus", "SEVERITY NORMAL")
    );
}

/// DISC-176
#[test]
fn the_listed_conditions_and_free_text_are_taken_disc_176() {
    for condition in [
        "Glaucoma",
        "Dry AMD",
        "Wet AMD",
        "Vein Occlusion",
        "HTN Retinopathy",
        "Epiretinal Membrane",
        "Macular Hole",
        "Cataracts",
        "Geographic Atrophy",
    ] {
        let condition = format!("Suspected {condition}");
        assert_eq!(seen("None", "None", &[suspected(&condition)])[3], format!("RIGHTOTHERRETIN {condition} A"));
    }
    assert_eq!(seen("None", "None", &[other("Scar", Level::Referable)])[3], "RIGHTOTHERRETIN Scar A");
}

/// DISC-174
#[test]
fn other_diagnoses_are_those_of_rev_c_disc_174() {
    let right = gradable(&[("Wet AMD", "Positive"), ("HIV Retinopathy", "Severe"), ("Glaucoma", "Positive")]);
    let lines = lines(&order_for(&[EvaluationType::AMD]), &grading_of(right, ungradable()), OPTIONS);
    let expected =
        ["RIGHTHIVRETIN Severe A", "RIGHTDRYAMD No Observable", "RIGHTWETAMD Positive AA", "RIGHTGLAUCOMA Positive A"];
    assert_eq!(lines[1..5], expected);
}

/// DISC-175
#[test]
fn results_of_rev_c_are_refused_disc_175() {
    let cataract = [suspected("Suspected Cataract")];
    for right in [
        eye("Indeterminable", "None", &cataract),
        eye("Positive", "None", &[]),
        eye("None", "Positive", &[]),
        eye("None", "Proliferative", &[]),
    ] {
        let error = block(&order(), &grading_of(right.clone(), normal()), OPTIONS).unwrap_err();
        assert_eq!(error.requirement, "DISC-024", "{right:?}");
    }
    let passed = "{ observations: rev_b, unlisted_values: pass }";
    let lines = lines(&order(), &grading_of(eye("Indeterminable", "None", &cataract), normal()), passed);
    assert_eq!(lines[1], "RIGHTDIABRETIN Indeterminable A");
}
