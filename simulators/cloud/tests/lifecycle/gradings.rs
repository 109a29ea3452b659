//! GradingSubmission (08 section 7) and what is derived from one (10).

use std::collections::BTreeSet;

use cloud::lifecycle::{Control, Interpreter, Kind, Output, State};
use results::{Level, Plan};
use serde_json::{Value, json};

use crate::support::{Out, Rig, eye, normal, nw, set, submission};

const ORDER: &str = "A1";

/// Finding and result; without a result it is suspected.
type Pair<'a> = (&'a str, Option<&'a str>);

/// A cloud with an order of these types that has an image of both eyes.
fn ready(types: Value) -> Rig {
    let mut rig = Rig::new();
    rig.request(&set(nw(ORDER), "/Order/EvaluationTypes", types));
    rig.images(ORDER);
    rig
}

/// An eye with these findings.
fn found(findings: &[Pair]) -> Value {
    let findings = findings.iter().map(|(finding, result)| match result {
        Some(result) => json!({ "Finding": finding, "Result": result }),
        None => json!({ "Finding": finding }),
    });
    json!({ "Gradable": true, "Findings": findings.collect::<Vec<_>>() })
}

/// `eye("None")` and more.
fn eye_and(more: &[Pair]) -> Value {
    found(&[&[("Diabetic Retinopathy", Some("None")), ("Macular Edema", Some("None"))], more].concat())
}

fn both(eye: Value) -> Value {
    submission(ORDER, eye.clone(), eye)
}

/// LIFE-080
fn assert_ignored(out: &Out, requirement: &str, why: &str) {
    assert_eq!(out.ignored(), requirement, "LIFE-080: {why}");
}

#[test]
fn malformed_submissions_are_ignored_life_080() {
    let ungradable = json!({ "Gradable": false, "UngradableReasons": ["Dirty Lens"] });
    let cases = [
        ("LIFE-GS-01", "LIFE-GS-01", set(normal(ORDER), "/Version", Value::Null)),
        ("LIFE-GS-01", "LIFE-GS-01", set(normal(ORDER), "/Version", json!("1"))),
        ("LIFE-SM-05", "LIFE-GS-02", set(normal(ORDER), "/ClientGuid", Value::Null)),
        ("LIFE-SM-05", "LIFE-GS-02", set(normal(ORDER), "/ClientGuid", json!(crate::support::OTHER_CLIENT))),
        ("LIFE-GS-03", "LIFE-GS-03", set(normal(ORDER), "/LocalId", Value::Null)),
        ("LIFE-080", "LIFE-GS-03: unknown", set(normal(ORDER), "/LocalId", json!("other"))),
        ("LIFE-GS-04", "LIFE-GS-04", set(normal(ORDER), "/Site", Value::Null)),
        ("LIFE-GS-05", "LIFE-GS-05", set(set(normal(ORDER), "/OD", Value::Null), "/OS", Value::Null)),
        ("LIFE-083", "LIFE-083", set(normal(ORDER), "/OS", Value::Null)),
        ("EVL-01", "LIFE-GS-06: missing", both(json!({ "Gradable": true }))),
        ("EVL-01", "LIFE-GS-06: null", both(json!({ "Gradable": true, "Findings": null }))),
        ("LIFE-080", "LIFE-GS-06: no list", both(json!({ "Gradable": true, "Findings": "None" }))),
        ("DISC-027", "LIFE-GS-06, LIFE-C11", both(set(eye("None"), "/Gradable", json!(false)))),
        ("LIFE-GS-07", "LIFE-GS-07", both(set(eye("None"), "/Gradable", Value::Null))),
        ("LIFE-080", "LIFE-GS-07: no bool", both(set(eye("None"), "/Gradable", json!("yes")))),
        ("LIFE-GS-08", "LIFE-GS-08: none", both(json!({ "Gradable": false }))),
        (
            "LIFE-GS-08",
            "LIFE-GS-08: two, FND-C6",
            both(set(ungradable.clone(), "/UngradableReasons", json!(["Dirty Lens", "No View to Retina"]))),
        ),
        (
            "LIFE-GS-08",
            "LIFE-GS-08: with Gradable true",
            both(set(eye("None"), "/UngradableReasons", json!(["Dirty Lens"]))),
        ),
        (
            "LIFE-GS-09",
            "LIFE-GS-09: with Gradable",
            both(set(ungradable.clone(), "/MissingEyeReason", json!("Enucleation"))),
        ),
        ("LIFE-GS-09", "DISC-027, DISC-NEG-04", both(set(eye("None"), "/MissingEyeReason", json!("Enucleation")))),
        ("DISC-028", "DISC-028, DISC-NEG-05", both(json!({ "MissingEyeReason": "Enucleation" }))),
        ("LIFE-080", "LIFE-GS-10", both(json!({ "Gradable": true, "Findings": [{ "Result": "None" }] }))),
        (
            "LIFE-GS-11",
            "LIFE-GS-11: diagnosed",
            both(found(&[("Diabetic Retinopathy", None), ("Macular Edema", Some("None"))])),
        ),
        ("LIFE-GS-11", "LIFE-GS-11: suspected", both(eye_and(&[("Suspected Cataract", Some("Positive"))]))),
        ("LIFE-GS-11", "LIFE-GS-11: Other", both(eye_and(&[("Other", None)]))),
        ("FND-004", "FND-004", both(eye_and(&[("Glaucoma", Some("None"))]))),
        ("FND-004", "FND-004: no finding", both(eye_and(&[("Diabetes", Some("None"))]))),
        ("FND-004", "FND-G01: a marker", both(eye_and(&[("Not Gradable", None)]))),
        ("FND-004", "FND-010: case", both(eye_and(&[("suspected cataract", None)]))),
        ("DISC-024", "FND-010, DISC-NEG-07", both(eye("mild"))),
        ("DISC-024", "DISC-024", both(eye("Very bad"))),
        ("DISC-025", "DISC-025, DISC-NEG-01, FND-009", both(eye("Indeterminable"))),
    ];
    for (requirement, why, bad) in cases {
        let mut rig = ready(json!(["DR"]));
        assert_ignored(&rig.grading(&bad), requirement, why);
        assert_eq!(rig.state(ORDER), Some(State::QueuedForGrading), "LIFE-096: {why}");
        assert_eq!(rig.grading(&normal(ORDER)).kinds(), ["GradingReceipt", "OrderGradedEvent"], "LIFE-096: {why}");
    }
}

#[test]
fn the_suspected_condition_of_an_indeterminable_eye_is_its_own_disc_025() {
    let unsure = |more: &[Pair]| {
        found(&[&[("Diabetic Retinopathy", Some("Indeterminable")), ("Macular Edema", Some("None"))], more].concat())
    };
    let mut rig = ready(json!(["DR"]));
    let elsewhere = submission(ORDER, unsure(&[]), eye_and(&[("Suspected Cataract", None)]));
    assert_ignored(&rig.grading(&elsewhere), "DISC-025", "DISC-NEG-02");
    let out = rig.grading(&submission(ORDER, unsure(&[("Suspected Cataract", None)]), eye("None")));
    assert_eq!(out.json()["Gradings"]["DxCodes"], json!([]), "ICD-V19, FND-009");
}

#[test]
fn gradings_exist_in_test_environments_only_life_079() {
    let mut rig = Rig::with(|organization| {
        organization.results_profile = serde_yaml::from_str("environment: production").unwrap();
    });
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-079");
}

const DR: Pair = ("Diabetic Retinopathy", Some("None"));
const ME: Pair = ("Macular Edema", Some("None"));
const DRY: Pair = ("Dry AMD", Some("No Observable"));
const WET: Pair = ("Wet AMD", Some("No Observable"));
const GLAUCOMA: Pair = ("Glaucoma", Some("None"));
const HIV: Pair = ("HIV Retinopathy", Some("None"));

#[test]
fn each_evaluation_type_asks_for_its_diagnoses() {
    let rows: [(&str, &str, &[Pair]); 10] = [
        ("EVL-01", "DR", &[DR, ME]),
        ("EVL-02", "Glaucoma", &[GLAUCOMA]),
        ("EVL-03", "HIV", &[HIV]),
        ("EVL-04", "DRME", &[DR, ME]),
        ("EVL-06", "DR_REFNOREF", &[DR]),
        ("EVL-07", "AMD", &[DRY, WET]),
        ("EVL-08", "DR_AMD", &[DR, ME, WET, DRY]),
        ("EVL-09", "SP", &[]),
        ("EVL-12", "DR_AREDS_GLAUC", &[DR, DRY, GLAUCOMA]),
        ("EVL-13", "AI_Eyenuk_O1", &[DR, DRY, GLAUCOMA]),
    ];
    for (id, code, required) in rows {
        for missing in 0..required.len() {
            let mut rest = required.to_vec();
            let (name, _) = rest.remove(missing);
            let out = ready(json!([code])).grading(&submission(ORDER, found(required), found(&rest)));
            assert_ignored(&out, id, &format!("{code} without {name}"));
        }
        for other in [DR, ME, DRY, WET, GLAUCOMA, HIV].iter().filter(|other| !required.contains(other)) {
            let out = ready(json!([code])).grading(&both(found(&[required, &[*other]].concat())));
            assert_ignored(&out, "FND-004", &format!("{code} with {other:?}"));
        }
        let mut rig = ready(json!([code]));
        let result = rig.grading(&both(found(required))).json();
        assert_eq!(
            result["Gradings"]["OD"]["Findings"].as_array().unwrap().len(),
            required.len(),
            "{id}: {code}, FND-002"
        );
        assert_eq!(result["Gradings"]["Pathology"], false, "{id}: CPL-012");
        assert_eq!(result["Gradings"]["CarePlanName"], "Normal Scan", "{id}: CPL-D09, CPL-001");
    }
    // LIFE-008: an order of two types asks for the diagnoses of both
    assert_ignored(&ready(json!(["DR", "Glaucoma"])).grading(&both(eye("None"))), "EVL-02", "LIFE-008");
    assert_eq!(
        ready(json!(["DR", "Glaucoma"])).grading(&both(eye_and(&[GLAUCOMA]))).result().result_code,
        "F",
        "LIFE-008"
    );
}

#[test]
fn refer_no_refer_knows_none_and_positive_only_evl_06() {
    let graded = |result| {
        ready(json!(["DR_REFNOREF"])).grading(&submission(
            ORDER,
            found(&[("Diabetic Retinopathy", Some(result))]),
            found(&[DR]),
        ))
    };
    assert_eq!(graded("Positive").json()["Gradings"]["DxCodes"], json!(["E11319"]), "EVL-06, ICD-V35");
    for result in ["Mild", "Severe", "Indeterminable"] {
        assert_ignored(&graded(result), "EVL-06", result);
    }
}

#[test]
fn suspected_findings_belong_to_every_type_that_people_read_evl_23() {
    let all = [
        "Suspected Bilateral Papilledema",
        "Suspected Cataract",
        "Suspected Diabetic Retinopathy - Mild Only",
        "Suspected Diabetic Retinopathy - Moderate to Proliferative",
        "Suspected Disc Edema",
        "Suspected Dry AMD",
        "Suspected Epiretinal Membrane",
        "Suspected Geographic Atrophy",
        "Suspected Glaucoma",
        "Suspected HTN Retinopathy",
        "Suspected Macular Edema",
        "Suspected Macular Hole",
        "Suspected Other Disease",
        "Suspected Vein Occlusion",
        "Suspected Wet AMD",
    ];
    let findings: Vec<_> = all.iter().map(|name| (*name, None)).chain([("Other", Some("drusen | ^ &"))]).collect();
    let result = ready(json!(["SP"])).grading(&submission(ORDER, found(&findings), found(&[]))).json();
    let shown = &result["Gradings"]["OD"]["Findings"];
    assert_eq!(shown.as_array().unwrap().len(), 16, "EVL-23, FND-S01 to FND-S16");
    assert_eq!(shown[0], json!({ "Finding": "Suspected Bilateral Papilledema" }), "LIFE-RS-59");
    assert_eq!(shown[15], json!({ "Finding": "Other", "Result": "drusen | ^ &" }), "FND-006, FND-S16");
    assert_eq!(result["Gradings"]["DxCodes"], json!([]), "ICD-038");
    assert_eq!(result["Gradings"]["Pathology"], true, "CPL-012");

    let unknown = [("Suspected Choroidal Nevus", None)];
    let result = ready(json!(["DR"])).grading(&both(eye_and(&unknown))).json();
    assert_eq!(result["Gradings"]["OD"]["Findings"][2]["Finding"], "Suspected Choroidal Nevus", "FND-005");

    let ai = [DR, DRY, GLAUCOMA, ("Suspected Cataract", None)];
    assert_ignored(&ready(json!(["AI_Eyenuk_O1"])).grading(&both(found(&ai))), "EVL-23", "an AI type");
}

#[test]
fn library_spellings_are_written_as_documented_fnd_c3() {
    let library = [("Suspected disc edema", None), ("Suspected bilateral papilledema", None)];
    let out = ready(json!(["DR"])).grading(&submission(ORDER, eye_and(&library), eye("None")));
    let findings = out.json()["Gradings"]["OD"]["Findings"].clone();
    assert_eq!(findings[2]["Finding"], "Suspected Disc Edema", "FND-C3, DISC-111");
    assert_eq!(findings[3]["Finding"], "Suspected Bilateral Papilledema", "FND-C3");
    let oru = out.content(Kind::Oru);
    assert!(!oru.contains("disc edema") && oru.contains("Disc Edema"), "FND-C3");
}

#[test]
fn extra_pairs_of_the_discrete_page_are_taken_fnd_c8() {
    let right = found(&[DRY, WET, ("AMD", Some("Advanced"))]);
    let left = found(&[DRY, WET, ("AMD", Some("No Observable"))]);
    let out = ready(json!(["AMD"])).grading(&submission(ORDER, right, left));
    let findings = out.json()["Gradings"]["OD"]["Findings"].clone();
    assert_eq!(findings[2], json!({ "Finding": "AMD", "Result": "Advanced" }), "FND-C8");
    let amd = both(eye_and(&[("AMD", Some("Positive"))]));
    assert_ignored(&ready(json!(["DR"])).grading(&amd), "FND-004", "FND-C8: of AMD types only");
    for result in ["Mild", "Proliferative"] {
        let hiv = submission(ORDER, found(&[("HIV Retinopathy", Some(result))]), found(&[HIV]));
        assert_eq!(ready(json!(["HIV"])).grading(&hiv).json()["Gradings"]["Pathology"], true, "FND-C4: {result}");
    }
}

#[test]
fn an_ungradable_eye_has_one_reason_and_no_findings_fnd_c6() {
    // FND-U05: published, library and unknown reasons
    for reason in ["Key anatomy missing or not clearly visible", "Dirty Lens", "Patient sneezed"] {
        let ungradable = json!({ "Gradable": false, "UngradableReasons": [reason], "Findings": [] });
        let out = ready(json!(["DR"])).grading(&submission(ORDER, ungradable, eye("Moderate")));
        let gradings = out.json()["Gradings"].clone();
        let expected = json!({ "Gradable": false, "MissingEyeReason": null, "UngradableReasons": [reason] });
        assert_eq!(gradings["OD"], expected, "FND-C6, FND-U02, LIFE-RS-55, LIFE-RS-56, LIFE-RS-58, LIFE-C22");
        assert_eq!(gradings["DxCodes"], json!(["E113392"]), "ICD-V16");
        assert_eq!(gradings["CarePlanName"], "Next Available Appointment", "CPL-013, CPL-D06");
    }
    let ungradable = json!({ "Gradable": false, "UngradableReasons": ["Dirty Lens"] });
    let out = ready(json!(["DR"])).grading(&both(ungradable));
    assert_eq!(out.json()["Gradings"]["CarePlanName"], "Ungradable", "CPL-013, CPL-D05, FND-U01");
    assert_eq!(out.delivered(), [Kind::Oru, Kind::Dft], "DFT-GEN-007");
}

#[test]
fn the_missing_eye_is_left_out_or_rated_life_084() {
    let with_one_image = |mut rig: Rig, request: &Value| {
        rig.request(request);
        rig.image(ORDER, "OD");
        rig.grading(&set(normal(ORDER), "/OS", Value::Null)).json()["Gradings"].clone()
    };
    let single = |value: Value| set(nw(ORDER), "/Order/SingleEyeOnly", value);

    for given in [json!(null), json!(false)] {
        let gradings = with_one_image(Rig::new(), &single(given));
        assert_eq!(gradings.get("OS"), None, "LIFE-086, LIFE-C23: no images and no reason, no node");
    }
    assert_eq!(with_one_image(Rig::new(), &single(json!(true))).get("OS"), None, "LIFE-084, LIFE-083, LIFE-086");
    let ignoring = || Rig::option("image.missing_eye", "ignore");
    assert_eq!(with_one_image(ignoring(), &nw(ORDER)).get("OS"), None, "LIFE-084, LIFE-086");
    let reason = set(nw(ORDER), "/Order/MissingEyeReason", json!("Enucleation"));
    let expected = json!({ "MissingEyeReason": "Enucleation" });
    assert_eq!(with_one_image(Rig::new(), &reason)["OS"], expected, "LIFE-086, LIFE-RS-57: with the order");
}

/// In HL7 the difference of LIFE-084 shows: an ungradable eye is reported, an excluded one is not.
#[test]
fn configuration_rates_a_missing_eye_ungradable_disc_026() {
    let left = |option: &str, single: Value| {
        let mut rig = Rig::with(|organization| {
            organization.settings = serde_yaml::from_str(&format!("image.missing_eye: {option}")).unwrap();
            organization.results_profile = serde_yaml::from_str("{ environment: test, discrete: true }").unwrap();
        });
        rig.request(&set(nw(ORDER), "/Order/SingleEyeOnly", single));
        rig.image(ORDER, "OD");
        let oru = rig.grading(&set(normal(ORDER), "/OS", Value::Null)).content(Kind::Oru);
        let line = oru.split('\r').find(|line| line.starts_with("OBX") && line.contains("LEFTQUALAPP"));
        line.map(|line| line.split('|').nth(5).unwrap().to_owned())
    };
    let rated = Some("Not Gradable Image".to_owned()); // DISC-131
    assert_eq!(left("ungradable", Value::Null), rated, "LIFE-084, DISC-026");
    assert_eq!(left("ungradable", json!(false)), rated, "LIFE-084, LIFE-RQ-68: false is counted in gradability");
    assert_eq!(left("ungradable", json!(true)), None, "LIFE-084, DISC-136: a single eye");
    assert_eq!(left("ignore", Value::Null), None, "LIFE-084, DISC-136");
}

#[test]
fn a_grading_needs_an_image_or_readiness_life_082() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-SM-13", "LIFE-080, LIFE-082: no image");
    rig.image(ORDER, "OD");
    let out = rig.grading(&normal(ORDER));
    assert_eq!(out.kinds(), ["GradingReceipt", "OrderGradedEvent"], "LIFE-082: one image is enough");
    let gradings = out.json()["Gradings"].clone();
    assert_eq!(gradings["QueuedTime"], gradings["GradedTime"], "LIFE-RS-48: never queued");

    let mut rig = Rig::option("grading.require_ready", "true");
    rig.request(&nw(ORDER));
    rig.image(ORDER, "OD");
    assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-082", "require_ready");
    rig.image(ORDER, "OS");
    rig.control(ORDER, Control::CheckOut);
    assert_eq!(rig.grading(&normal(ORDER)).kinds(), ["GradingReceipt", "OrderGradedEvent"], "LIFE-082: checked out");
    assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-SM-14", "LIFE-080: closed");
}

#[test]
fn the_grader_is_licensed_in_the_state_of_the_exam_evl_22() {
    let graded = |types: &str, state: &str, findings: &[Pair]| {
        let mut rig = Rig::with(|organization| {
            let mut in_georgia: Interpreter = organization.interpreters[0].clone();
            in_georgia.grader.npi = "1111111111".into();
            in_georgia.licences = Some(BTreeSet::from(["GA".to_owned()]));
            let mut in_texas = in_georgia.clone();
            in_texas.grader.npi = "2222222222".into();
            in_texas.licences = Some(BTreeSet::from(["TX".to_owned()]));
            in_texas.email = Some("t@x.example".into());
            organization.interpreters = vec![in_georgia, in_texas];
        });
        let request = set(nw(ORDER), "/Order/EvaluationTypes", json!([types]));
        rig.request(&set(request, "/Order/State", json!(state)));
        rig.images(ORDER);
        rig.grading(&both(found(findings)))
    };
    for state in ["TX", "Texas", "texas"] {
        let provider = graded("DR", state, &[DR, ME]).json()["Gradings"]["Provider"].clone();
        assert_eq!(provider["NPI"], "2222222222", "EVL-22, LIFE-085, LIFE-010: {state}");
        assert_eq!(provider["Email"], "t@x.example", "LIFE-RS-54");
    }
    assert_eq!(graded("DR", "FL", &[DR, ME]).ignored(), "EVL-22");
    let ai = graded("DR_REFNOREF", "FL", &[DR]);
    assert_eq!(ai.json()["Gradings"]["Provider"]["NPI"], "1111111111", "EVL-22: an AI order needs no licence");
}

/// Plan, Pathology, Urgent, Emergent and notification of a right eye; the left one is normal.
fn judged(right: Value) -> (String, [bool; 3], Option<Level>) {
    let out = ready(json!(["DR"])).grading(&submission(ORDER, right, eye("None")));
    let told = out.0.iter().find_map(|out| if let Output::Notification(told) = out { Some(told.level) } else { None });
    let gradings = out.json()["Gradings"].clone();
    let flags = ["Pathology", "Urgent", "Emergent"].map(|flag| gradings[flag].as_bool().unwrap());
    (gradings["CarePlanName"].as_str().unwrap().to_owned(), flags, told)
}

#[test]
fn the_worst_finding_chooses_plan_flags_and_notification_cpl_012() {
    let edema = found(&[DR, ("Macular Edema", Some("Positive"))]);
    let unsure = found(&[("Diabetic Retinopathy", Some("Indeterminable")), ME, ("Suspected Cataract", None)]);
    let (no, seen, urgent, emergent) = ([false; 3], [true, false, false], [true, true, false], [true, false, true]);
    let rows = [
        ("CPL-D09", eye("None"), "Normal Scan", no, None),
        ("CPL-D08", eye("Mild"), "Return in 6 months", seen, None),
        ("CPL-D07", eye_and(&[("Suspected Cataract", None)]), "Suspected Pathology", seen, None),
        ("CPL-D06", eye("Moderate"), "Next Available Appointment", seen, None),
        ("CPL-D06", unsure, "Next Available Appointment", seen, None),
        ("CPL-D04, CPL-010", eye("Severe"), "Severe Pathology", urgent, Some(Level::Urgent)),
        ("CPL-D04", edema, "Severe Pathology", urgent, Some(Level::Urgent)),
        ("CPL-D03", eye("Proliferative"), "Proliferative Pathology", urgent, Some(Level::Urgent)),
        (
            "CPL-D02",
            eye_and(&[("Suspected Disc Edema", None)]),
            "Suspected Optic Disc Edema",
            urgent,
            Some(Level::Urgent),
        ),
        (
            "CPL-D01, CPL-009",
            eye_and(&[("Suspected Bilateral Papilledema", None), ("Suspected Cataract", None)]),
            "Suspected Immediate Threat to Life or Vision",
            emergent,
            Some(Level::Emergent),
        ),
    ];
    for (id, right, plan, flags, told) in rows {
        assert_eq!(judged(right), (plan.to_owned(), flags, told), "{id}: CPL-004, CPL-012, LIFE-RS-50");
    }
}

#[test]
fn plans_of_site_and_organization_stand_in_for_the_default_cpl_006() {
    let plan = |name: &str| Plan { name: name.into(), text: format!("{name} text") };
    let graded = |right: &str, at_site: bool| {
        let mut rig = Rig::with(|organization| {
            organization.plans.insert("CPL-D08".into(), plan("Of the organization"));
            if at_site {
                organization.sites[0].plans.insert("CPL-D08".into(), plan("Of the site"));
            }
        });
        rig.request(&nw(ORDER));
        rig.images(ORDER);
        let gradings = rig.grading(&submission(ORDER, eye(right), eye("None"))).json()["Gradings"].clone();
        (gradings["CarePlanName"].clone(), gradings["CarePlanDescription"].clone())
    };
    assert_eq!(graded("Mild", true), (json!("Of the site"), json!("Of the site text")), "CPL-006");
    assert_eq!(graded("Mild", false).0, "Of the organization", "CPL-006, CPL-002");
    assert_eq!(graded("Moderate", true).0, "Next Available Appointment", "CPL-006: single findings only");
}

#[test]
fn submitted_codes_choose_the_category_icd_001() {
    for (id, submitted, codes) in [
        ("ICD-V09", "E1010", json!(["E103291"])),
        ("ICD-V10", "E08", json!(["E083291"])),
        ("ICD-V12", "e09.9", json!(["E093291"])),
        ("ICD-V13", "I10", json!(["E113291"])),
        ("ICD-V15, ICD-008", "250.1", json!(["E113291"])),
    ] {
        let mut rig = Rig::new();
        rig.request(&set(nw(ORDER), "/Patient/DxCode", json!(submitted)));
        rig.images(ORDER);
        let result = rig.grading(&submission(ORDER, eye("Mild"), eye("None"))).json();
        assert_eq!(result["Gradings"]["DxCodes"], codes, "{id}: LIFE-RQ-55, ICD-042, ICD-060");
    }
    for (id, submitted, codes) in
        [("DFT-DX-003", "E10.9", "E10.9,E10.3291"), ("DFT-DX-011, ICD-008", "250.1", "E11.3291")]
    {
        let mut rig = Rig::new();
        rig.request(&set(nw(ORDER), "/Patient/DxCode", json!(submitted)));
        rig.images(ORDER);
        let dft = rig.grading(&submission(ORDER, eye("Mild"), eye("None"))).content(Kind::Dft);
        let charge = dft.split('\r').find(|line| line.starts_with("FT1")).unwrap().to_owned();
        let list = charge.split('|').nth(19).unwrap().to_owned();
        let charged: Vec<_> = list.split('~').map(|dx| dx.split('^').next().unwrap()).collect();
        assert_eq!(charged.join(","), codes, "{id}: ICD-060: dotted");
    }
    let mut rig = Rig::option("results.dx_submitted", "true");
    rig.request(&set(nw(ORDER), "/Patient/DxCode", json!("250.1")));
    rig.images(ORDER);
    let result = rig.grading(&submission(ORDER, eye("Mild"), eye("None"))).json();
    assert_eq!(result["Gradings"]["DxCodes"], json!(["E113291"]), "ICD-008: ignored in JSON");
    let mut rig = Rig::option("results.dx_submitted", "true");
    rig.request(&set(nw(ORDER), "/Patient/DxCode", json!("E10.9")));
    rig.images(ORDER);
    let result = rig.grading(&submission(ORDER, eye("Mild"), eye("Mild"))).json();
    assert_eq!(result["Gradings"]["DxCodes"], json!(["E109", "E103293"]), "ICD-042, ICD-043, ICD-060: undotted");
}

#[test]
fn a_regrade_by_control_counts_once_and_needs_a_first_grading_life_sm_30() {
    let regrade = || Control::Regrade(Box::new(results::grading_by_name("mild retinopathy in the right eye").unwrap()));
    let mut rig = ready(json!(["DR"]));
    assert_eq!(rig.control(ORDER, regrade()).ignored(), "LIFE-096", "LIFE-SM-30: complete orders only");
    rig.grading(&normal(ORDER));
    for _ in 0..2 {
        let out = rig.control(ORDER, regrade());
        assert_eq!(out.delivered(), [Kind::Oru], "LIFE-SM-30, DFT-GEN-001, DFT-GEN-008");
        assert_eq!(out.json()["ResultCode"], "C", "LIFE-RC-03");
    }
}

#[test]
fn only_agreed_corrections_are_marked_in_hl7_life_090() {
    let status = |agreed: &str| {
        let mut rig = Rig::with(|organization| {
            organization.results_profile =
                serde_yaml::from_str(&format!("{{ environment: test, status: {agreed} }}")).unwrap();
        });
        rig.request(&nw(ORDER));
        rig.images(ORDER);
        let grading = Box::new(results::grading_by_name("mild retinopathy in the right eye").unwrap());
        let first = rig.grading(&normal(ORDER));
        let corrected = rig.control(ORDER, Control::Regrade(grading));
        let resent = rig.request(&crate::support::of_code("ResendResult", ORDER));
        [first, corrected, resent].map(|out| {
            let oru = out.content(Kind::Oru);
            let obr = oru.split('\r').find(|line| line.starts_with("OBR")).unwrap().to_owned();
            obr.split('|').nth(25).unwrap().to_owned()
        })
    };
    assert_eq!(status("final_only"), ["F", "F", "F"], "LIFE-090, LIFE-C26");
    assert_eq!(status("corrected_on_regrade"), ["F", "C", "F"], "LIFE-090: C for C, F for R");
}
