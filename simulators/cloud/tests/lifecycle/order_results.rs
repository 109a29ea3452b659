//! OrderResults (08 sections 8 and 9) under their options.

use cloud::lifecycle::{Input, Output};
use serde_json::{Value, json};

use crate::support::{CLIENT, Rig, eye, normal, nw, of_code, set, submission};

const ORDER: &str = "A1";

#[test]
fn codes_are_written_as_ids_if_agreed_life_024() {
    let mut rig = Rig::option("json.enum_style", "id");
    let mut request = set(nw(ORDER), "/Order/EvaluationTypes", json!(["DR", "SP"]));
    request["Patient"]["Genders"] =
        json!([{ "Context": "BirthGender", "Gender": "F" }, { "Context": "IdentityGender", "Gender": "X" }]);
    let result = rig.graded(&request);
    assert_eq!(result["Order"]["EvaluationTypes"], json!([1, 9]), "LIFE-024, LIFE-C10, LIFE-EN-08");
    assert_eq!(result["Patient"]["Gender"], 2, "LIFE-024, LIFE-EN-05");
    let genders = json!([{ "Context": "BirthGender", "Gender": 2 }, { "Context": "IdentityGender", "Gender": 10 }]);
    assert_eq!(result["Patient"]["Genders"], genders, "LIFE-024: Gender, but not its Context");
    let sides = [0, 1].map(|at| result["Images"][at]["Laterality"].clone());
    assert_eq!(sides, [json!(1), json!(0)], "LIFE-024, LIFE-C16: OS 0, OD 1");
    assert_eq!(result["Images"][0]["ImageContext"], "Primary", "LIFE-024: nothing else");
}

#[test]
fn library_fields_are_added_if_agreed_life_rs_16() {
    let referring = json!({ "NPI": "1999999999", "Name": { "First": "Ann", "Last": "Lee" } });
    let request = set(nw(ORDER), "/ReferringProvider", referring);
    let with = |rig: &mut Rig| {
        rig.request(&request);
        rig.images(ORDER);
        rig.grading(&submission(ORDER, eye("Mild"), eye("None"))).json()
    };
    let plain = with(&mut Rig::new());
    let library = with(&mut Rig::option("results.library_fields", "true"));
    for (id, pointer, expected) in [
        ("LIFE-RS-16, LIFE-RQ-10", "/ReferringProvider/NPI", json!("1999999999")),
        ("LIFE-RS-16", "/Success", json!(true)),
        ("LIFE-RS-16", "/ErrorMessage", Value::Null),
        ("LIFE-RS-16", "/ResultObjectType", json!("OrderResult")),
        ("LIFE-RS-33", "/Images/0/OrderImageID", json!(3_677_459)),
        ("LIFE-RS-33", "/Images/0/ContainerName", json!("")),
        ("LIFE-RS-41", "/Order/Expedite", json!(false)),
        ("LIFE-RS-53", "/Gradings/DiagnosisCodes/0/Code", json!("E113291")),
    ] {
        assert_eq!(plain.pointer(pointer), None, "{id}: omitted by default");
        assert_eq!(library.pointer(pointer), Some(&expected), "{id}: {pointer}");
    }
}

#[test]
fn normal_findings_are_left_out_if_agreed_fnd_c2() {
    let right = json!({ "Gradable": true, "Findings": [
        { "Finding": "Diabetic Retinopathy", "Result": "Mild" }, { "Finding": "Macular Edema", "Result": "None" },
        { "Finding": "Wet AMD", "Result": "No Observable" }, { "Finding": "Dry AMD", "Result": "Early Stage" },
        { "Finding": "Suspected Cataract" } ] });
    let shown = |mut rig: Rig| {
        rig.request(&set(nw(ORDER), "/Order/EvaluationTypes", json!(["DR_AMD"])));
        rig.images(ORDER);
        let result = rig.grading(&submission(ORDER, right.clone(), right.clone())).json();
        let findings = result["Gradings"]["OD"]["Findings"].as_array().unwrap().clone();
        findings.iter().map(|finding| finding["Finding"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["Diabetic Retinopathy", "Macular Edema", "Wet AMD", "Dry AMD", "Suspected Cataract"];
    assert_eq!(shown(Rig::new()), all, "FND-C2, LIFE-RS-58: explicit");
    let omitted = shown(Rig::option("results.normal_findings", "omit"));
    assert_eq!(omitted, ["Diabetic Retinopathy", "Dry AMD", "Suspected Cataract"], "FND-C2: omit");
}

#[test]
fn every_result_is_complete_and_has_its_own_transaction_life_rs_03() {
    let mut rig = Rig::new();
    let first = rig.graded(&nw(ORDER));
    assert_eq!(first["Version"], "2.3.1", "LIFE-RS-01");
    assert_eq!(first["Timestamp"], "2022-01-02T17:42:18.0000000+00:00", "LIFE-RS-02, LIFE-025");
    assert_eq!(first["ResultCode"], "F", "LIFE-RS-04, LIFE-RC-01");
    assert_eq!(first["ResultsDocument"]["Type"], "PDF", "LIFE-RS-17");
    assert_eq!(first["ResultsDocument"]["Encoding"], "Base64", "LIFE-RS-18");
    assert_eq!(first["Order"]["Status"], "Complete", "LIFE-RS-36, LIFE-094");
    assert_eq!(first["Order"]["CreatedTime"], "2022-01-02T17:42:18.0000000+00:00", "LIFE-RS-40");
    let provider = &first["Gradings"]["Provider"];
    assert_eq!(
        (&provider["NPI"], &provider["Name"]["Last"]),
        (&json!("1234567890"), &json!("DOE")),
        "LIFE-RS-54, LIFE-085"
    );
    let mut seen = vec![first["TransactionId"].clone()];
    for _ in 0..3 {
        let again = rig.request(&of_code("ResendResult", ORDER)).json()["TransactionId"].clone();
        assert!(!seen.contains(&again), "LIFE-RS-03, LIFE-C19");
        seen.push(again);
    }
}

#[test]
fn the_exam_is_when_its_first_image_was_taken_life_rs_35() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    for (eye, taken) in [("OD", "2022-01-02T15:05:00Z"), ("OS", "2022-01-02T15:04:00Z")] {
        let taken = serde_json::from_value(json!(taken)).ok();
        let image = cloud::lifecycle::ControlImage { taken, ..crate::support::image(eye) };
        rig.control(ORDER, cloud::lifecycle::Control::Image(image));
    }
    rig.clock.advance(std::time::Duration::from_secs(60));
    let result = rig.grading(&normal(ORDER)).json();
    assert_eq!(result["Order"]["ServicedTime"], "2022-01-02T15:04:00.0000000+00:00", "LIFE-RS-35, LIFE-C14");
    assert_eq!(result["Gradings"]["QueuedTime"], "2022-01-02T17:42:18.0000000+00:00", "LIFE-RS-48");
    assert_eq!(result["Gradings"]["GradedTime"], "2022-01-02T17:43:18.0000000+00:00", "LIFE-RS-47");
}

#[test]
fn notes_of_the_grader_are_shown_life_rs_46() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    let mut grading = results::grading_by_name("normal in both eyes").unwrap();
    grading.notes = vec!["blinks a lot".into()];
    let out = rig.control(ORDER, cloud::lifecycle::Control::Grade(Box::new(grading)));
    let notes = json!([{ "Date": "2022-01-02T17:42:18.0000000+00:00", "Text": "blinks a lot" }]);
    assert_eq!(out.json()["Gradings"]["Notes"], notes, "LIFE-RS-46");
}

#[test]
fn a_result_that_exceeds_the_queue_is_refused_or_announced_life_087() {
    let request = set(nw(ORDER), "/Order/AdditionalInfo", json!("x".repeat(200 * 1024)));
    let mut rig = Rig::new();
    rig.request(&request);
    rig.images(ORDER);
    let grading = normal(ORDER);
    let size = rig.grading(&grading).json().to_string().len();
    let document = 256 * 1024 - size; // what is left for the limit

    let larger = set(nw(ORDER), "/Order/AdditionalInfo", json!("x".repeat(200 * 1024 + document + 1)));
    let mut rig = Rig::new();
    rig.request(&larger);
    rig.images(ORDER);
    assert_eq!(rig.grading(&grading).ignored(), "LIFE-087");
    assert_eq!(rig.state(ORDER), Some(cloud::lifecycle::State::QueuedForGrading), "LIFE-087, LIFE-096");

    let mut rig = Rig::option("results.notification", "true");
    rig.request(&larger);
    rig.images(ORDER);
    let result = rig.grading(&grading).json();
    assert_eq!(result["ResultsDocument"]["Content"], Value::Null, "LIFE-087: only announced");
    assert!(result.to_string().len() <= 256 * 1024, "LIFE-087");
}

#[test]
fn endpoints_are_those_agreed_life_rs_06() {
    let mut rig = Rig::with(|organization| {
        organization.settings =
            serde_yaml::from_str("{ deliver.json: false, deliver.hl7: false, deliver.file: true }").unwrap();
    });
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    let out = rig.grading(&normal(ORDER));
    assert!(!out.0.iter().any(|out| matches!(out, Output::Result(_))), "LIFE-074: no result queue");
    assert_eq!(out.delivered(), [cloud::lifecycle::Kind::File]);
    assert!(out.deliveries()[0].content.starts_with(b"%PDF"), "LIFE-RS-17");
}

#[test]
fn receipts_name_proxy_and_endpoint_life_075() {
    for (scope, kind, endpoint) in
        [("site", "icproxy", "PC1234".to_owned()), ("organization", "icOrgProxy", CLIENT.to_string().to_uppercase())]
    {
        let mut rig = Rig::option("deliver.proxy", scope);
        rig.request(&nw(ORDER));
        rig.images(ORDER);
        let delivery = rig.grading(&normal(ORDER)).deliveries()[0].id;
        let out = rig.input(Input::Outcome { delivery, accepted: false, at: rig.clock.now() });
        let event = serde_json::to_value(out.events()[0]).unwrap();
        assert_eq!((&event["DeliveryType"], &event["Endpoint"]), (&json!(kind), &json!(endpoint)), "LIFE-075");
        assert_eq!(event["TransmissionStatus"], "Failed", "LIFE-076");
        assert_eq!(event["Success"], true, "LIFE-EV-07");
        assert_eq!(event.get("PatientLocalId"), None, "LIFE-EV-07, LIFE-070");
    }
    let mut rig = Rig::new();
    let unknown = Input::Outcome { delivery: CLIENT, accepted: true, at: rig.clock.now() };
    assert_eq!(rig.input(unknown).ignored(), "LIFE-SM-33", "LIFE-096: no such delivery");
}

#[test]
fn queue_names_and_options_have_their_defaults_and_no_misspelling_passes() {
    let settings = cloud::lifecycle::Settings::default();
    let names = [&settings.queue_orders, &settings.queue_events, &settings.queue_results, &settings.grading_queue];
    assert_eq!(names, ["orders", "events", "results", "gradings"], "LIFE-Q-01 to LIFE-Q-04, LIFE-C6, LIFE-101");
    let read: Result<cloud::lifecycle::Settings, _> = serde_yaml::from_str("queue.order: orderrequest");
    assert!(read.is_err(), "08 section 14");
    let read: cloud::lifecycle::Settings = serde_yaml::from_str("queue.orders: orderrequest").unwrap();
    assert_eq!(read.queue_orders, "orderrequest", "LIFE-101, LIFE-C6");
}
