//! The worked cases of the discrete block.

use crate::support::{EyeYaml, context, eye, grading_of, normal, order, other, profile, segments, suspected};
use results::{Eye, Grading, Level};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    title: String,
    right: EyeYaml,
    left: EyeYaml,
    #[serde(default)]
    regrade: bool,
    lines: String,
}

#[test]
fn the_discrete_block_is_that_of_the_worked_cases_disc_ex() {
    let cases: Vec<Case> = serde_yaml::from_str(include_str!("../data/discrete.yaml")).unwrap();
    assert_eq!(cases.len(), 21);
    for Case { case, title, right, left, regrade, lines } in cases {
        let grading = Grading { regrade, ..grading_of(right.0, left.0) };
        let message = results::oru(&order(), &grading, &profile("status: corrected_on_regrade"), &context()).unwrap();
        let segments = segments(&message);
        let actual: Vec<_> = segments.iter().filter(|segment| segment.contains("|ST|")).collect();
        assert_eq!(actual, lines.lines().collect::<Vec<_>>(), "{case} {title}");
        // ORU-SEG-01: nothing stands between OBR and the block.
        assert_eq!(&segments[5], actual[0], "{case} {title}");
    }
}

/// Value and flag of one discrete line when only the right eye has a finding.
fn line(right: Eye, identifier: &str) -> (String, String) {
    let message = results::oru(&order(), &grading_of(right, normal()), &profile(""), &context()).unwrap();
    let segments = segments(&message);
    let line = segments.iter().find(|segment| segment.contains(&format!("|{identifier}^"))).unwrap();
    let fields: Vec<_> = line.split('|').collect();
    (fields[5].to_owned(), fields[8].to_owned())
}

#[test]
fn every_result_of_a_diagnosis_has_its_flag_disc_dr_disc_me() {
    let seen = [suspected("Suspected Cataract")];
    for (result, flag) in [
        ("None", ""),
        ("Mild", "A"),
        ("Moderate", "A"),
        ("Severe", "A"),
        ("Proliferative", "AA"),
        ("Indeterminable", "A"),
        ("Positive", "A"),
    ] {
        assert_eq!(line(eye(result, "None", &seen), "RIGHTDIABRETIN"), (result.into(), flag.into()));
    }
    for (result, flag) in [("None", ""), ("Positive", "AA")] {
        assert_eq!(line(eye("None", result, &[]), "RIGHTMACEDEMA"), (result.into(), flag.into()));
    }
}

#[test]
fn every_suspected_condition_has_the_flag_of_its_level_disc_sus() {
    let written = |finding, text: &str, flag: &str| {
        assert_eq!(line(eye("None", "None", &[finding]), "RIGHTOTHERRETIN"), (text.into(), flag.into()));
    };
    for (condition, flag) in [
        ("Suspected Bilateral Papilledema", "AA"),
        ("Suspected Disc Edema", "AA"),
        ("Suspected Glaucoma", "A"),
        ("Suspected Macular Hole", "A"),
        ("Suspected Cataract", "A"),
        ("Suspected Vein Occlusion", "A"),
        ("Suspected Dry AMD", "A"),
        ("Suspected Choroidal Nevus", ""),
        ("Suspected Wet AMD", "A"),
        ("Suspected HTN Retinopathy", "A"),
        ("Suspected Epiretinal Membrane", "A"),
        ("Suspected Geographic Atrophy", "A"),
        ("Suspected Macular Edema", "A"),
        ("Suspected Diabetic Retinopathy - Mild Only", "A"),
        ("Suspected Diabetic Retinopathy - Moderate to Proliferative", "A"),
        ("Suspected Other Disease", "A"),
        ("Suspected Something New", "A"),
    ] {
        written(suspected(condition), condition, flag);
    }
    // DISC-111
    written(suspected("Suspected disc edema"), "Suspected Disc Edema", "AA");
    written(suspected("Suspected bilateral papilledema"), "Suspected Bilateral Papilledema", "AA");
    // DISC-108
    for (level, flag) in [
        (Level::NotReferable, ""),
        (Level::Referable, "A"),
        (Level::Severe, "AA"),
        (Level::Urgent, "AA"),
        (Level::Emergent, "AA"),
    ] {
        written(other("Drusen", level), "Drusen", flag);
    }
}
