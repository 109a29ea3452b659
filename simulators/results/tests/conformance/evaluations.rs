//! Evaluation types: codes, numbers, and the diagnoses that each asks for.

use crate::exams::{gradable, lines, order_for, ungradable};
use crate::support::{grading, grading_of, order};
use results::EvaluationType::{self, *};

/// Id, type, number, whether a person reads it, and the lines of a normal right eye before OTHERRETIN.
const TYPES: [(&str, EvaluationType, u8, bool, &[&str]); 10] = [
    ("EVL-01", DR, 1, true, &["RIGHTDIABRETIN None", "RIGHTMACEDEMA None"]),
    ("EVL-02", Glaucoma, 2, true, &["RIGHTGLAUCOMA None"]),
    ("EVL-03", HIV, 3, true, &["RIGHTHIVRETIN None"]),
    ("EVL-04", DRME, 4, true, &["RIGHTDIABRETIN None", "RIGHTMACEDEMA None"]),
    ("EVL-06", DR_REFNOREF, 6, false, &["RIGHTDIABRETIN None"]),
    ("EVL-07", AMD, 7, true, &["RIGHTDRYAMD No Observable", "RIGHTWETAMD No Observable"]),
    (
        "EVL-08",
        DR_AMD,
        8,
        true,
        &["RIGHTDIABRETIN None", "RIGHTMACEDEMA None", "RIGHTDRYAMD No Observable", "RIGHTWETAMD No Observable"],
    ),
    ("EVL-09", SP, 9, true, &[]),
    ("EVL-12", DR_AREDS_GLAUC, 12, false, &["RIGHTDIABRETIN None", "RIGHTDRYAMD No Observable", "RIGHTGLAUCOMA None"]),
    ("EVL-13", AI_Eyenuk_O1, 13, false, &["RIGHTDIABRETIN None", "RIGHTDRYAMD No Observable", "RIGHTGLAUCOMA None"]),
];

const CODES: [&str; 10] =
    ["DR", "Glaucoma", "HIV", "DRME", "DR_REFNOREF", "AMD", "DR_AMD", "SP", "DR_AREDS_GLAUC", "AI_Eyenuk_O1"];

#[test]
fn every_type_has_its_code_number_and_reader_evl_01_to_evl_13() {
    for ((id, known, number, by_person, _), code) in TYPES.into_iter().zip(CODES) {
        assert_eq!((known.to_string().as_str(), known.number()), (code, number), "{id}");
        assert_eq!((code.parse(), EvaluationType::from_number(number)), (Ok(known), Ok(known)), "{id}");
        assert_eq!(serde_yaml::from_str::<EvaluationType>(code).unwrap(), known, "{id}");
        assert_eq!(known.is_read_by_a_person(), by_person, "{id} EVL-22");
    }
    assert_eq!(EvaluationType::ALL, TYPES.map(|(_, known, ..)| known));
}

#[test]
fn other_codes_and_numbers_are_refused_evl_20() {
    for number in [0, 5, 10, 11, 14, 255] {
        let error = EvaluationType::from_number(number).unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{number}` is no evaluation type; give one of: DR, Glaucoma")), "{error}");
    }
    // EVL-C1: ME is known to an old library only; FND-010: letter case counts.
    for code in ["ME", "dr", "Dr_Amd", "", " DR"] {
        assert!(code.parse::<EvaluationType>().unwrap_err().to_string().ends_with("AI_Eyenuk_O1 (EVL-20)"), "{code}");
    }
}

/// DISC-021
#[test]
fn a_gradable_eye_without_findings_is_negative_for_what_its_evaluation_asks_disc_021() {
    // DISC-090, DISC-091, DISC-092, DISC-093, DISC-094, DISC-095, DISC-096, DISC-097, DISC-005, FND-008: a line for every diagnosis of the type and for no other.
    // DISC-001, DISC-002, DISC-003, DISC-004, DISC-150, DISC-151: severity, then per eye diagnoses, conditions, quality.
    for (id, known, .., diagnoses) in TYPES {
        let lines = lines(&order_for(&[known]), &grading_of(gradable(&[]), ungradable()), "");
        let rest = ["RIGHTOTHERRETIN None", "RIGHTQUALAPP Gradable Image", "LEFTQUALAPP Not Gradable Image"];
        assert_eq!(lines, [&["SEVERITY NORMAL"], diagnoses, &rest].concat(), "{id}");
    }
    // EVL-24: an order that asks for nothing asks for DR.
    let normal = grading("normal in both eyes");
    assert_eq!(lines(&order(), &normal, ""), lines(&order_for(&[DR]), &normal, ""));
}

/// DISC-155
#[test]
fn the_number_of_lines_is_that_of_disc_155() {
    // DISC-153: nine for DR; DISC-C7, DISC-C8: no gaps.
    let counts = [9, 7, 7, 9, 7, 9, 13, 5, 11, 11];
    for ((_, known, ..), expected) in TYPES.into_iter().zip(counts) {
        let lines = lines(&order_for(&[known]), &grading_of(gradable(&[]), gradable(&[])), "");
        assert_eq!(lines.len(), expected, "{known}");
    }
}

/// DISC-098
#[test]
fn several_types_ask_for_all_their_diagnoses_once_disc_098() {
    let seen = |evaluations: &[EvaluationType]| {
        let lines = lines(&order_for(evaluations), &grading_of(gradable(&[]), ungradable()), "");
        let identifiers = lines.iter().filter_map(|line| line.split(' ').next()?.strip_prefix("RIGHT"));
        identifiers.map(String::from).collect::<Vec<_>>()
    };
    let all = ["DIABRETIN", "MACEDEMA", "HIVRETIN", "DRYAMD", "WETAMD", "GLAUCOMA", "OTHERRETIN", "QUALAPP"];
    assert_eq!(seen(&EvaluationType::ALL), all);
    assert_eq!(seen(&[Glaucoma, DR]), ["DIABRETIN", "MACEDEMA", "GLAUCOMA", "OTHERRETIN", "QUALAPP"]);
    assert_eq!(seen(&[DR_AMD, AMD]), ["DIABRETIN", "MACEDEMA", "DRYAMD", "WETAMD", "OTHERRETIN", "QUALAPP"]);
}

/// DISC-022
#[test]
fn one_missing_diagnosis_is_negative_disc_022() {
    let right = gradable(&[("Macular Edema", "Positive"), ("Suspected Cataract", "")]);
    let left = gradable(&[("Wet AMD", "Positive")]);
    let lines = lines(&order_for(&[DR_AMD]), &grading_of(right, left), "");
    assert_eq!(lines[1..3], ["RIGHTDIABRETIN None", "RIGHTMACEDEMA Positive AA"]);
    assert_eq!(lines[9..11], ["LEFTDRYAMD No Observable", "LEFTWETAMD Positive AA"]);
}

/// DISC-023
#[test]
fn a_diagnosis_that_nobody_asked_for_is_reported_in_its_place_disc_023() {
    let right = gradable(&[("Glaucoma", "Positive"), ("HIV Retinopathy", "Mild"), ("Macular Edema", "None")]);
    let lines = lines(&order_for(&[HIV]), &grading_of(right, gradable(&[])), "");
    let expected = [
        "SEVERITY ABNORMAL A",
        "RIGHTMACEDEMA None",
        "RIGHTHIVRETIN Mild A",
        "RIGHTGLAUCOMA Positive A",
        "RIGHTOTHERRETIN None",
        "RIGHTQUALAPP Gradable Image",
        "LEFTHIVRETIN None",
        "LEFTOTHERRETIN None",
        "LEFTQUALAPP Gradable Image",
    ];
    assert_eq!(lines, expected);
}

/// EVL-23
#[test]
fn suspected_conditions_go_with_every_type_evl_23() {
    for (_, known, ..) in TYPES {
        let right = gradable(&[("Suspected Glaucoma", "")]);
        let lines = lines(&order_for(&[known]), &grading_of(right, gradable(&[])), "");
        assert!(lines.contains(&"RIGHTOTHERRETIN Suspected Glaucoma A".to_owned()), "{known}: {lines:?}");
    }
}

#[test]
fn ready_gradings_answer_all_that_their_evaluation_types_ask() {
    for name in results::grading_names() {
        let evaluations = results::grading_evaluations(name);
        assert!(!evaluations.is_empty(), "{name}");
        // The last one needs the older set.
        let options = if name.starts_with("moderate macular edema") { "observations: rev_b" } else { "" };
        let grading = grading(name);
        lines(&order_for(evaluations), &grading, options);
    }
    assert!(results::grading_evaluations("no such grading").is_empty());
}
