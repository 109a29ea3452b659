//! The narrative beyond the reference messages.

use crate::support::{context, eye, grading, grading_of, narrative, normal, order, profile};
use results::{Eye, Grading, Order, Plan};

fn lines(order: &Order, grading: &Grading, options: &str) -> Vec<String> {
    narrative(&results::oru(order, grading, &profile(options), &context()).unwrap())
}

#[test]
fn an_excluded_eye_changes_the_study_and_has_its_own_block_oru_nar_14_oru_nar_54() {
    let excluded = || Eye::Excluded { reason: Some("Enucleation".into()) };
    let left_only = lines(&order(), &grading_of(excluded(), normal()), "");
    assert_eq!(left_only[3], "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left eye.");
    assert_eq!(left_only[10], "Right eye findings: Not Evaluated: Enucleation");
    let right_only = lines(&order(), &grading_of(normal(), Eye::Excluded { reason: None }), "");
    assert_eq!(right_only[3], "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the right eye.");
    assert_eq!(right_only[12], "Left eye findings: Not Evaluated");
}

#[test]
fn an_ungradable_eye_without_reason_is_not_gradable_oru_nar_53() {
    let grading = grading_of(normal(), Eye::Ungradable { reason: None });
    assert_eq!(lines(&order(), &grading, "")[12], "Left eye findings: Not Gradable");
}

#[test]
fn each_note_has_its_line_oru_nar_20_oru_nar_21() {
    let with = |notes: &[&str]| {
        let notes = notes.iter().map(|note| (*note).to_owned()).collect();
        lines(&order(), &Grading { notes, ..grading("normal in both eyes") }, "")
    };
    assert_eq!(with(&[""])[8], "Interpreting Provider's Comments: No comments provided");
    let two = with(&["First.", "Second."]);
    assert_eq!(two[8..11], ["Interpreting Provider's Comments: First.", "Second.", ""]);
    assert_eq!(two.len(), 19);
}

#[test]
fn a_given_care_plan_replaces_the_default_one_oru_nar_17() {
    let with = |name: &str| {
        let plan = Some(Plan { name: name.into(), text: "Come back.".into() });
        lines(&order(), &Grading { plan, ..grading("severe right, proliferative left") }, "")
    };
    assert_eq!(with("My plan")[6], "My plan: Come back.");
    assert_eq!(with("")[6], "Come back.");
}

#[test]
fn the_disclaimer_is_an_option_oru_nar_31() {
    let lines = lines(&order(), &grading("normal in both eyes"), "disclaimer: See a doctor.");
    assert_eq!(lines.last().unwrap(), "See a doctor.");
}

#[test]
fn age_counts_completed_years_oru_tim_10() {
    let on = |captured: &str, dob: &str| {
        let grading = Grading { captured: captured.parse().unwrap(), ..grading("normal in both eyes") };
        let order = Order { dob: dob.into(), ..order() };
        lines(&order, &grading, "")[2].split(' ').nth(3).unwrap().to_owned()
    };
    assert_eq!(on("2017-10-11T23:59:59Z", "19581012"), "58");
    assert_eq!(on("2017-10-12T00:00:00Z", "19581012"), "59");
    assert_eq!(on("2017-02-28T12:00:00Z", "20000229"), "16");
    assert_eq!(on("2017-03-01T00:00:00Z", "20000229"), "17");
    assert_eq!(on("2020-02-29T00:00:00Z", "20000229"), "20");
    assert_eq!(on("2017-04-10T00:00:00Z", "20170410"), "0");
}

#[test]
fn the_eye_block_lists_negative_diagnoses_beside_positive_ones_oru_nar_52() {
    let grading = grading_of(eye("None", "Positive", &[]), normal());
    let lines = lines(&order(), &grading, "");
    let block = lines.iter().position(|line| line.starts_with("Right eye")).unwrap();
    assert_eq!(
        lines[block..block + 3],
        ["Right eye findings: Diabetic Retinopathy: None", "Macular Edema: Positive", ""]
    );
}
