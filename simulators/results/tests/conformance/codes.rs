//! ICD-10-CM codes and care plans.

use crate::support::{EyeYaml, eye, grading, grading_of, normal, order, other, suspected};
use results::{Diagnosis, Eye, Level, Profile};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    vector: String,
    submitted: Vec<String>,
    right: EyeYaml,
    left: EyeYaml,
    codes: Vec<String>,
}

#[test]
fn derived_codes_are_those_of_the_vectors_icd_v01_to_v25() {
    let vectors: Vec<Vector> = serde_yaml::from_str(include_str!("../data/icd.yaml")).unwrap();
    assert_eq!(vectors.len(), 22);
    for vector in vectors {
        let submitted = vector.submitted.into_iter().map(|code| Diagnosis { code, text: Vec::new() });
        let order = results::Order { submitted_dx: submitted.collect(), ..order() };
        let derived =
            results::derived_diagnoses(&order, &grading_of(vector.right.0, vector.left.0), &Profile::default())
                .unwrap();
        let codes: Vec<_> = derived.iter().map(|diagnosis| diagnosis.code.as_str()).collect();
        assert_eq!(codes, vector.codes, "{}", vector.vector);
    }
}

fn descriptions(category: &str, right: Eye, left: Eye) -> Vec<(String, String)> {
    let order = crate::support::order_with(category, "");
    let derived = results::derived_diagnoses(&order, &grading_of(right, left), &Profile::default()).unwrap();
    derived.into_iter().map(|dx| (dx.code, String::from_utf8(dx.text).unwrap())).collect()
}

#[test]
fn a_listed_code_has_the_listed_description_and_another_a_composed_one_icd_062() {
    let both = |category| descriptions(category, eye("Mild", "None", &[]), eye("Severe", "None", &[]));
    let listed =
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy without macular edema, right eye";
    assert_eq!(both("E11")[0], ("E113291".into(), listed.into()));
    let composed = "Drug or chemical induced diabetes mellitus with severe nonproliferative diabetic retinopathy without macular \
                    edema, left eye";
    assert_eq!(both("E09")[1], ("E093492".into(), composed.into()));
}

#[test]
fn retinopathy_without_severity_gives_one_six_character_code_icd_023() {
    let codes = |right, left| descriptions("E11", right, left).into_iter().map(|(code, _)| code).collect::<Vec<_>>();
    assert_eq!(codes(eye("Positive", "None", &[]), normal()), ["E11319"]);
    assert_eq!(codes(eye("Positive", "None", &[]), eye("Positive", "Positive", &[])), ["E11311"]);
}

#[test]
fn the_care_plan_is_that_of_the_highest_rank_cpl_004() {
    let indeterminable = [suspected("Suspected Glaucoma")];
    let ungradable = || Eye::Ungradable { reason: None };
    for (right, left, expected) in [
        (eye("Proliferative", "None", &[suspected("Suspected Bilateral Papilledema")]), normal(), "CPL-D01"),
        (normal(), eye("None", "None", &[other("Clot", Level::Emergent)]), "CPL-D01"),
        (eye("Proliferative", "None", &[suspected("Suspected disc edema")]), normal(), "CPL-D02"),
        (eye("Severe", "Positive", &[]), eye("Proliferative", "None", &[]), "CPL-D03"),
        (eye("Severe", "None", &[]), normal(), "CPL-D04"),
        (normal(), eye("None", "Positive", &[]), "CPL-D04"),
        (eye("None", "None", &[other("Detachment", Level::Severe)]), normal(), "CPL-D04"),
        (eye("Positive", "None", &[]), normal(), "CPL-D04"),
        (eye("None", "None", &[other("Haemorrhage", Level::Urgent)]), normal(), "CPL-D04"),
        (ungradable(), ungradable(), "CPL-D05"),
        (ungradable(), Eye::Excluded { reason: None }, "CPL-D05"),
        (eye("Moderate", "None", &[suspected("Suspected Glaucoma")]), eye("Mild", "None", &[]), "CPL-D06"),
        (eye("None", "None", &[other("Drusen", Level::Referable)]), normal(), "CPL-D06"),
        (eye("Indeterminable", "None", &indeterminable), normal(), "CPL-D06"),
        (eye("Mild", "None", &[suspected("Suspected Glaucoma")]), normal(), "CPL-D07"),
        (eye("None", "None", &[suspected("Suspected Choroidal Nevus")]), normal(), "CPL-D07"),
        (eye("None", "None", &[suspected("Suspected Something New")]), normal(), "CPL-D07"),
        (eye("Mild", "None", &[]), normal(), "CPL-D08"),
        (eye("None", "None", &[other("Floaters", Level::NotReferable)]), ungradable(), "CPL-D08"),
        (normal(), ungradable(), "CPL-D09"),
        (Eye::Gradable(Vec::new()), normal(), "CPL-D09"),
    ] {
        let shown = format!("{right:?} / {left:?}");
        let plan = results::care_plan(&order(), &grading_of(right, left), &Profile::default()).unwrap();
        assert_eq!(plan.id, expected, "{shown}");
    }
}

#[test]
fn every_named_grading_leads_to_its_published_care_plan() {
    for (name, plan, level) in [
        ("normal in both eyes", "Normal Scan", Level::NotReferable),
        ("moderate retinopathy right, mild left", "Next Available Appointment", Level::Referable),
        ("moderate retinopathy with macular edema in the right eye", "Severe Pathology", Level::Urgent),
        ("ungradable in both eyes", "Ungradable", Level::Referable),
        ("ungradable in the left eye", "Normal Scan", Level::NotReferable),
        ("severe right, proliferative left", "Proliferative Pathology", Level::Urgent),
    ] {
        let picked = results::care_plan(&order(), &grading(name), &Profile::default()).unwrap();
        assert_eq!((picked.name.as_str(), picked.level), (plan, level), "{name}");
    }
    assert_eq!(results::grading_names().count(), 6);
    assert_eq!(results::grading_by_name("Normal in both eyes"), None);
}
