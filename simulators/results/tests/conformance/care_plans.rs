//! Care plans and the flags of JSON results.

use std::collections::BTreeSet;

use crate::exams::{excluded, gradable, order_for, ungradable};
use crate::support::{eye, grading, grading_of, normal, order, other, profile, suspected};
use results::EvaluationType::{self, *};
use results::{CarePlan, Eye, Grading, Level, Plan, Profile};

fn plan(evaluations: &[EvaluationType], right: Eye, left: Eye) -> &'static CarePlan {
    results::care_plan(&order_for(evaluations), &grading_of(right, left), &Profile::default()).unwrap()
}

/// CPL-004
#[test]
fn the_care_plan_is_that_of_the_highest_rank_cpl_004() {
    let indeterminable = [suspected("Suspected Glaucoma")];
    let mut seen = BTreeSet::new();
    // CPL-001: every finding and none leads to a plan; CPL-D01 to CPL-D09
    for (right, left, expected) in [
        (eye("Proliferative", "None", &[suspected("Suspected Bilateral Papilledema")]), normal(), "CPL-D01"),
        (normal(), eye("None", "None", &[other("Clot", Level::Emergent)]), "CPL-D01"),
        (eye("Proliferative", "None", &[suspected("Suspected disc edema")]), normal(), "CPL-D02"),
        (eye("Severe", "Positive", &[]), eye("Proliferative", "None", &[]), "CPL-D03"),
        (eye("Severe", "None", &[]), normal(), "CPL-D04"), // CPL-C2
        (normal(), eye("None", "Positive", &[]), "CPL-D04"),
        // CPL-008, CPL-C1: the level that the grader gives to free text decides.
        (eye("None", "None", &[other("Detachment", Level::Severe)]), normal(), "CPL-D04"),
        (eye("Positive", "None", &[]), normal(), "CPL-D04"),
        (eye("None", "None", &[other("Haemorrhage", Level::Urgent)]), normal(), "CPL-D04"),
        // CPL-013
        (ungradable(), ungradable(), "CPL-D05"),
        (ungradable(), excluded(), "CPL-D05"),
        (eye("Moderate", "None", &[suspected("Suspected Glaucoma")]), eye("Mild", "None", &[]), "CPL-D06"),
        (eye("None", "None", &[other("Drusen", Level::Referable)]), normal(), "CPL-D06"),
        (eye("Indeterminable", "None", &indeterminable), normal(), "CPL-D06"),
        (eye("Mild", "None", &[suspected("Suspected Glaucoma")]), normal(), "CPL-D07"),
        // DISC-106: no flag, but to be referred all the same.
        (eye("None", "None", &[suspected("Suspected Choroidal Nevus")]), normal(), "CPL-D07"),
        (eye("None", "None", &[suspected("Suspected Something New")]), normal(), "CPL-D07"),
        (eye("Mild", "None", &[]), normal(), "CPL-D08"),
        (eye("None", "None", &[other("Floaters", Level::NotReferable)]), ungradable(), "CPL-D08"),
        (normal(), ungradable(), "CPL-D09"),
        (ungradable(), eye("Mild", "None", &[]), "CPL-D08"),
        (Eye::Gradable(Vec::new()), normal(), "CPL-D09"),
    ] {
        let shown = format!("{right:?} / {left:?}");
        assert_eq!(plan(&[DR], right.clone(), left.clone()).id, expected, "{shown}");
        assert_eq!(plan(&[DRME], right, left).id, expected, "{shown}");
        seen.insert(expected);
    }
    assert_eq!(seen.len(), 9);
}

/// CPL-005
#[test]
fn other_evaluation_types_share_the_plans_and_ranks_cpl_005() {
    for (evaluation, finding, result, expected) in [
        (HIV, "HIV Retinopathy", "None", "CPL-D09"),
        (HIV, "HIV Retinopathy", "Mild", "CPL-D08"),
        (HIV, "HIV Retinopathy", "Moderate", "CPL-D06"),
        (HIV, "HIV Retinopathy", "Severe", "CPL-D04"),
        (HIV, "HIV Retinopathy", "Proliferative", "CPL-D04"),
        (HIV, "HIV Retinopathy", "Positive", "CPL-D04"),
        (AMD, "Dry AMD", "No Observable", "CPL-D09"),
        (AMD, "Dry AMD", "Early Stage", "CPL-D08"),
        (AMD, "Dry AMD", "Intermediate Stage", "CPL-D06"),
        (AMD, "Dry AMD", "Adv. Atrophic w/o Subfoveal Involvement", "CPL-D04"),
        (AMD, "Dry AMD", "Adv. Atrophic w/ Subfoveal Involvement", "CPL-D04"),
        (AMD, "Wet AMD", "No Observable", "CPL-D09"),
        (AMD, "Wet AMD", "Positive", "CPL-D04"),
        (AMD, "AMD", "Advanced", "CPL-D04"),
        (DR_AMD, "Diabetic Retinopathy", "Proliferative", "CPL-D03"),
        (DR_AMD, "Macular Edema", "Positive", "CPL-D04"),
        (Glaucoma, "Glaucoma", "None", "CPL-D09"),
        (Glaucoma, "Glaucoma", "Positive", "CPL-D04"),
        (DR_REFNOREF, "Diabetic Retinopathy", "Positive", "CPL-D04"),
        (AI_Eyenuk_O1, "Dry AMD", "Early Stage", "CPL-D08"),
        (DR_AREDS_GLAUC, "Glaucoma", "Positive", "CPL-D04"),
        (SP, "Suspected Bilateral Papilledema", "", "CPL-D01"),
        (SP, "Suspected Disc Edema", "", "CPL-D02"),
        (SP, "Suspected Glaucoma", "", "CPL-D07"),
    ] {
        let picked = plan(&[evaluation], gradable(&[]), gradable(&[(finding, result)]));
        assert_eq!(picked.id, expected, "{evaluation}: {finding} {result}");
        assert_eq!(plan(&[evaluation], ungradable(), excluded()).id, "CPL-D05", "{evaluation}");
    }
    let indeterminable = gradable(&[("Wet AMD", "Indeterminable"), ("Suspected Cataract", "")]);
    assert_eq!(plan(&[AMD], indeterminable, gradable(&[])).id, "CPL-D06");
}

#[test]
fn a_result_that_no_plan_names_is_at_least_referable_cpl_001() {
    let right = eye("Very Mild", "None", &[]);
    let picked = results::care_plan(&order(), &grading_of(right, normal()), &profile("unlisted_values: pass")).unwrap();
    assert_eq!(picked.id, "CPL-D06");
}

/// CPL-003
#[test]
fn levels_never_decrease_with_the_rank_cpl_003() {
    // From the file itself: id, level, title.
    #[derive(serde::Deserialize)]
    struct Row {
        id: String,
        level: Level,
        name: String,
        text: String,
    }
    let rows: Vec<Row> = serde_yaml::from_str(include_str!("../../mapping/care_plans.yaml")).unwrap();
    assert!(rows.is_sorted_by(|higher, lower| higher.level >= lower.level));
    let shown: Vec<_> = rows.iter().map(|row| (row.id.as_str(), row.level, row.name.as_str())).collect();
    let expected = [
        ("CPL-D01", Level::Emergent, "Suspected Immediate Threat to Life or Vision"),
        ("CPL-D02", Level::Urgent, "Suspected Optic Disc Edema"),
        ("CPL-D03", Level::Urgent, "Proliferative Pathology"),
        ("CPL-D04", Level::Urgent, "Severe Pathology"),
        ("CPL-D05", Level::Referable, "Ungradable"),
        ("CPL-D06", Level::Referable, "Next Available Appointment"),
        ("CPL-D07", Level::Referable, "Suspected Pathology"),
        ("CPL-D08", Level::NotReferable, "Return in 6 months"),
        ("CPL-D09", Level::NotReferable, "Normal Scan"),
    ];
    assert_eq!(shown, expected);
    assert!(rows.iter().all(|row| !row.text.is_empty())); // CPL-002
}

/// CPL-012
#[test]
fn the_flags_of_json_come_from_the_level_and_the_findings_cpl_012() {
    let flags = |evaluation, right: Eye, left: Eye| {
        let picked = plan(&[evaluation], right.clone(), left.clone());
        let grading = grading_of(right, left);
        let pathology = results::pathology(&order_for(&[evaluation]), &grading, &Profile::default()).unwrap();
        (picked.emergent(), picked.urgent(), pathology)
    };
    let with = |condition| eye("None", "None", &[suspected(condition)]);
    assert_eq!(flags(DR, normal(), with("Suspected Bilateral Papilledema")), (true, false, true));
    assert_eq!(flags(DR, with("Suspected Disc Edema"), ungradable()), (false, true, true));
    assert_eq!(flags(DR, eye("Severe", "None", &[]), normal()), (false, true, true));
    assert_eq!(flags(DR, eye("Moderate", "None", &[]), normal()), (false, false, true));
    assert_eq!(flags(DR, normal(), with("Suspected Choroidal Nevus")), (false, false, true));
    assert!(flags(DR, eye("Indeterminable", "None", &[suspected("Suspected Cataract")]), normal()).2);
    assert_eq!(flags(DR, normal(), normal()), (false, false, false));
    assert_eq!(flags(DR, ungradable(), excluded()), (false, false, false));
    assert_eq!(flags(AMD, gradable(&[]), gradable(&[])), (false, false, false));
    assert_eq!(flags(AMD, gradable(&[]), gradable(&[("Dry AMD", "Early Stage")])), (false, false, true));
    assert_eq!(flags(SP, gradable(&[]), gradable(&[])), (false, false, false));
}

/// CPL-011
#[test]
fn the_title_does_not_tell_the_level_cpl_011() {
    let own = Some(Plan { name: "Suspected Immediate Threat to Life or Vision".into(), text: String::new() });
    let grading = Grading { plan: own, ..grading_of(normal(), normal()) };
    let picked = results::care_plan(&order(), &grading, &Profile::default()).unwrap();
    assert_eq!((picked.id.as_str(), picked.emergent()), ("CPL-D09", false));
}

#[test]
fn the_reference_gradings_lead_to_their_published_care_plan() {
    for (name, options, plan, level) in [
        ("normal in both eyes", "", "Normal Scan", Level::NotReferable),
        ("moderate retinopathy right, mild left", "", "Next Available Appointment", Level::Referable),
        ("moderate retinopathy with macular edema in the right eye", "", "Severe Pathology", Level::Urgent),
        ("ungradable in both eyes", "", "Ungradable", Level::Referable),
        ("ungradable in the left eye", "", "Normal Scan", Level::NotReferable),
        ("severe right, proliferative left", "", "Proliferative Pathology", Level::Urgent),
        (
            "mild retinopathy with suspected glaucoma right, left eye missing",
            "",
            "Suspected Pathology",
            Level::Referable,
        ),
        ("wet macular degeneration in the left eye", "", "Severe Pathology", Level::Urgent),
        ("moderate HIV retinopathy in the right eye", "", "Next Available Appointment", Level::Referable),
        ("moderate macular edema right, severe left", "observations: rev_b", "Severe Pathology", Level::Urgent),
        ("mild right, proliferative with macular edema left", "", "Proliferative Pathology", Level::Urgent),
        (
            "suspected glaucoma, cataract and papilledema right, ungradable left",
            "",
            "Suspected Immediate Threat to Life or Vision",
            Level::Emergent,
        ),
    ] {
        let order = order_for(results::grading_evaluations(name));
        let picked = results::care_plan(&order, &grading(name), &profile(options)).unwrap();
        assert_eq!((picked.name.as_str(), picked.level), (plan, level), "{name}");
        assert_eq!(grading(name).plan, None, "{name}");
    }
    let own = grading("free text, plan and note with delimiters and line breaks").plan.unwrap();
    assert_eq!((own.name.as_str(), own.text.lines().count()), ("Follow-up ^ 6 months", 2));
    assert_eq!(results::grading_by_name("Normal in both eyes"), None);
}
