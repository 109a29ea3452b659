//! The narrative beyond the reference messages.

use crate::support::{
    context, diagnosis, eye, grading, grading_of, narrative, normal, order, order_with, profile, suspected,
};
use results::{EvaluationType, Eye, Grading, Order, Plan};

fn lines(order: &Order, grading: &Grading, options: &str) -> Vec<String> {
    narrative(&results::oru(order, grading, &profile(options), &context()).unwrap())
}

#[test]
fn the_lines_of_the_shortest_narrative_oru_nar_10_to_31() {
    let lines = lines(&order(), &grading("normal in both eyes"), "");
    let expected = [
        ("ORU-NAR-10, ORU-C22", "Retinal Study Result for JOHN DOE"),
        ("ORU-NAR-11", ""),
        ("ORU-NAR-12, ORU-C23", "JOHN DOE, a 58 y/o, M (DOB: 10-12-1958, MRN: ITCC20170410)"),
        (
            "ORU-NAR-13, ORU-TIM-03",
            "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left and right eyes.",
        ),
        ("ORU-NAR-15", ""),
        ("ORU-NAR-16", "Based on the findings of the study, the following is recommended for JOHN DOE"),
        ("ORU-NAR-17", "Normal Scan: Please advise the patient to return for a scan in 12 months."),
        ("ORU-NAR-19", ""),
        ("ORU-NAR-20", "Interpreting Provider's Comments: No comments provided"),
        ("ORU-NAR-24, ORU-C37", ""),
        ("ORU-NAR-25, ORU-NAR-50", "Right eye findings: Normal Result. Negative for Diabetic Retinopathy."),
        ("ORU-NAR-26", ""),
        ("ORU-NAR-27, ORU-NAR-50", "Left eye findings: Normal Result. Negative for Diabetic Retinopathy."),
        ("ORU-NAR-28", ""),
        ("ORU-NAR-28", ""),
        (
            "ORU-NAR-29, ORU-NAR-41, ORU-TIM-03, ORU-C24, ORU-C25",
            "This result was electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 \
             14:59:01 UTC time.",
        ),
        ("ORU-NAR-30", ""),
        (
            "ORU-NAR-31",
            "NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate ophthalmic \
             examination.",
        ),
    ];
    assert_eq!(lines.len(), expected.len(), "ORU-NAR-32");
    for (line, (requirement, expected)) in lines.iter().zip(expected) {
        assert_eq!(line, expected, "{requirement}, ORU-NAR-01");
    }
}

#[test]
fn severity_changes_the_plan_and_the_eye_blocks_alone_oru_nar_18() {
    let normal = lines(&order(), &grading("normal in both eyes"), "");
    let critical = lines(&order(), &grading("severe right, proliferative left"), "");
    assert_eq!(critical[..6], normal[..6], "ORU-NAR-18");
    assert_ne!(critical[6], normal[6], "ORU-NAR-18");
    assert_eq!(critical[7..9], normal[7..9], "ORU-NAR-18");
    assert_eq!(critical[critical.len() - 5..], normal[normal.len() - 5..], "ORU-NAR-18");
}

#[test]
fn diagnoses_stand_directly_below_the_comments_oru_nar_22_oru_nar_23() {
    let grading = grading_of(eye("Moderate", "Positive", &[]), normal());
    let lines = lines(&order_with("E11", "Type 2"), &grading, "");
    assert_eq!(lines[9], "Diagnoses Present: E11 - Type 2", "ORU-NAR-22, ORU-NAR-23");
    assert!(lines[10].starts_with("E11.3311 - Type 2 diabetes mellitus with moderate "), "ORU-NAR-23, ORU-C28");
    assert_eq!(lines[11], "", "ORU-NAR-24");
    // Two diagnoses, and two lines instead of one in the right eye's block.
    assert_eq!(lines.len(), 18 + 2 + 1, "ORU-NAR-32");
}

#[test]
fn a_text_with_line_breaks_fills_several_lines_oru_nar_02() {
    let plan = Some(Plan { name: "Plan".into(), text: "One.\r\nTwo.\rThree.\nFour.".into() });
    let lines = lines(&order(), &Grading { plan, ..grading("normal in both eyes") }, "");
    assert_eq!(lines[6..11], ["Plan: One.", "Two.", "Three.", "Four.", ""], "ORU-NAR-02, ORU-ENC-06");
    assert_eq!(lines.len(), 21, "ORU-NAR-32");
}

#[test]
fn the_eye_block_lists_diagnoses_then_conditions_oru_nar_52() {
    let conditions = [suspected("Suspected Glaucoma"), suspected("Suspected Cataract")];
    let lines = lines(&order(), &grading_of(eye("Mild", "Positive", &conditions), normal()), "eye_order: left_first");
    let block = lines.iter().position(|line| line.starts_with("Right eye")).unwrap();
    let expected = [
        "Right eye findings: Diabetic Retinopathy: Mild",
        "Macular Edema: Positive",
        "Other: Suspected Glaucoma,Suspected Cataract",
        "",
        "Left eye findings: Normal Result. Negative for Diabetic Retinopathy.", // ORU-NAR-27: whatever the eye order
    ];
    assert_eq!(lines[block..block + 5], expected, "ORU-NAR-52, ORU-NAR-27");
}

#[test]
fn a_normal_eye_is_negative_for_what_was_asked_oru_nar_51() {
    use EvaluationType::{AI_Eyenuk_O1, AMD, DR, DR_AMD, DR_AREDS_GLAUC, DR_REFNOREF, DRME, Glaucoma, HIV, SP};
    for (evaluation, expected) in [
        (DR, "Normal Result. Negative for Diabetic Retinopathy."),
        (DRME, "Normal Result. Negative for Diabetic Retinopathy."),
        (DR_REFNOREF, "Normal Result. Negative for Diabetic Retinopathy."),
        (HIV, "Normal Result. Negative for HIV Retinopathy."),
        (AMD, "Normal Result. Negative for AMD."),
        (DR_AMD, "Normal Result. Negative for Diabetic Retinopathy and AMD."),
        (Glaucoma, "Normal Result. Negative for Glaucoma."),
        (DR_AREDS_GLAUC, "Normal Result. Negative for Diabetic Retinopathy, AMD and Glaucoma."),
        (AI_Eyenuk_O1, "Normal Result. Negative for Diabetic Retinopathy, AMD and Glaucoma."),
        (SP, "Normal Result."),
    ] {
        let order = Order { evaluations: vec![evaluation], ..order() };
        let grading = grading_of(Eye::Gradable(Vec::new()), Eye::Gradable(Vec::new()));
        let expected = format!("Right eye findings: {expected}");
        assert_eq!(lines(&order, &grading, "")[10], expected, "ORU-NAR-51: {evaluation:?}");
    }
}

#[test]
fn a_suspected_condition_alone_makes_an_eye_not_normal_oru_nar_50() {
    let grading = grading_of(eye("None", "None", &[suspected("Suspected Glaucoma")]), normal());
    assert_eq!(lines(&order(), &grading, "")[10], "Right eye findings: Diabetic Retinopathy: None", "ORU-NAR-50");
    let unanswered = grading_of(Eye::Gradable(vec![diagnosis("Diabetic Retinopathy", "None")]), normal());
    let expected = "Right eye findings: Normal Result. Negative for Diabetic Retinopathy.";
    assert_eq!(lines(&order(), &unanswered, "")[10], expected, "ORU-NAR-50");
}

#[test]
fn the_single_form_joins_escaped_lines_oru_nar_f2() {
    let notes = vec!["A|B".into(), r"C\D".into()];
    let grading = Grading { notes, ..grading("normal in both eyes") };
    let text = lines(&order(), &grading, "narrative: single").swap_remove(0);
    assert!(text.starts_with(r"Retinal Study Result for JOHN DOE\.br\\.br\JOHN DOE, a 58"), "ORU-NAR-F2: {text}");
    assert!(text.contains(r"Comments: A\F\B\.br\C\E\D\.br\\.br\Right eye"), "ORU-NAR-F2: {text}");
    assert_eq!(text.matches(r"\.br\").count(), 18, "ORU-NAR-32");
}

#[test]
fn counters_of_the_narrative_have_three_digits_oru_cnt_03() {
    let notes = (0..1000).map(|n| n.to_string()).collect();
    let grading = Grading { notes, ..grading("normal in both eyes") };
    let message = results::oru(&order(), &grading, &profile(""), &context()).unwrap();
    let message = hl7::Message::parse(message).unwrap();
    for (n, expected) in [(10, "001"), (108, "099"), (109, "100"), (1008, "999"), (1009, "1000")] {
        assert_eq!(message.text(&format!("OBX[{n}]-4")).unwrap(), expected, "ORU-CNT-03");
        assert_eq!(message.text(&format!("OBX[{n}]-1")).unwrap(), n.to_string(), "ORU-CNT-01");
    }
}

#[test]
fn an_excluded_eye_changes_the_study_and_has_its_own_block_oru_nar_14_oru_nar_54() {
    let excluded = || Eye::Excluded { reason: Some("Enucleation".into()) };
    let left_only = lines(&order(), &grading_of(excluded(), normal()), "");
    // ORU-NAR-14, ORU-NAR-54
    assert_eq!(left_only[3], "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the left eye.");
    assert_eq!(left_only[10], "Right eye findings: Not Evaluated: Enucleation");
    let right_only = lines(&order(), &grading_of(normal(), Eye::Excluded { reason: None }), "");
    assert_eq!(right_only[3], "presented to TEST CLINIC on 04-10-2017 for a retinal imaging study of the right eye.");
    assert_eq!(right_only[12], "Left eye findings: Not Evaluated");
}

#[test]
fn an_ungradable_eye_without_reason_is_not_gradable_oru_nar_53() {
    let grading = grading_of(normal(), Eye::Ungradable { reason: None });
    // ORU-NAR-53
    assert_eq!(lines(&order(), &grading, "")[12], "Left eye findings: Not Gradable");
}

#[test]
fn each_note_has_its_line_oru_nar_20_oru_nar_21() {
    let with = |notes: &[&str]| {
        let notes = notes.iter().map(|note| (*note).to_owned()).collect();
        lines(&order(), &Grading { notes, ..grading("normal in both eyes") }, "")
    };
    // ORU-NAR-20, ORU-NAR-21
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
    // ORU-NAR-17
    assert_eq!(with("My plan")[6], "My plan: Come back.");
    assert_eq!(with("")[6], "Come back.");
}

#[test]
fn the_disclaimer_is_an_option_oru_nar_31() {
    let lines = lines(&order(), &grading("normal in both eyes"), "disclaimer: See a doctor.");
    // ORU-NAR-31
    assert_eq!(lines.last().unwrap(), "See a doctor.");
}

#[test]
fn age_counts_completed_years_oru_tim_10() {
    let on = |captured: &str, dob: &str| {
        let grading = Grading { captured: captured.parse().unwrap(), ..grading("normal in both eyes") };
        let order = Order { dob: dob.into(), ..order() };
        lines(&order, &grading, "")[2].split(' ').nth(3).unwrap().to_owned()
    };
    // ORU-TIM-10
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
    // ORU-NAR-52
    assert_eq!(
        lines[block..block + 3],
        ["Right eye findings: Diabetic Retinopathy: None", "Macular Edema: Positive", ""]
    );
}
