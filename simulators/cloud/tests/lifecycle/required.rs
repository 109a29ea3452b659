//! What an OrderRequest must hold (08 section 2), and what becomes of one that does not (section 3).

use cloud::lifecycle::Output;
use serde_json::{Value, json};

use crate::support::{CLIENT, OTHER_CLIENT, Out, Rig, nw, nw_of, set};

const ORDER: &str = "A1";

/// LIFE-029
fn assert_refused(out: &Out, id: &str, request: &Value) {
    assert_eq!(out.kinds(), ["OrderCreationReceipt!"], "{id}: LIFE-029, LIFE-SM-04: {request}");
    let event = serde_json::to_value(out.events()[0]).unwrap();
    assert_eq!(event["IrisOrderId"], 0, "{id}: LIFE-029");
    let received = |pointer| request.pointer(pointer).filter(|text| *text != "").cloned().unwrap_or_default();
    assert_eq!(event["OrderLocalId"], received("/Order/LocalId"), "{id}: LIFE-029, LIFE-071");
    assert_eq!(event["PatientLocalId"], received("/Patient/LocalId"), "{id}: LIFE-029");
    assert!(!event["ErrorMessage"].as_str().unwrap().is_empty(), "{id}: LIFE-029: told why");
}

/// Requirement, property, what is put in its place (null removes it).
fn spoiled() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("LIFE-RQ-01", "/Version", Value::Null),
        ("LIFE-RQ-01", "/Version", json!("2.2.0")),
        ("LIFE-RQ-03", "/OrderControlCode", Value::Null),
        ("LIFE-RQ-04", "/Site", Value::Null),
        ("LIFE-RQ-05", "/Order", Value::Null),
        ("LIFE-RQ-06", "/Patient", Value::Null),
        ("LIFE-RQ-15", "/Site/LocalId", Value::Null),
        ("LIFE-RQ-15, LIFE-022", "/Site/LocalId", json!("")),
        ("LIFE-RQ-42", "/Patient/LocalId", Value::Null),
        ("LIFE-RQ-42, LIFE-022", "/Patient/LocalId", json!("")),
        ("LIFE-RQ-43", "/Patient/Name", Value::Null),
        ("LIFE-RQ-43, LIFE-022", "/Patient/Name", json!({})),
        ("LIFE-RQ-79", "/Patient/Name/First", Value::Null),
        ("LIFE-RQ-80", "/Patient/Name/Last", Value::Null),
        ("LIFE-RQ-80, LIFE-022", "/Patient/Name/Last", json!("")),
        ("LIFE-RQ-44", "/Patient/Dob", Value::Null),
        ("LIFE-RQ-45", "/Patient/Genders", Value::Null),
        ("LIFE-RQ-45, LIFE-022", "/Patient/Genders", json!([])),
        ("LIFE-RQ-56", "/Patient/Genders", json!([{ "Gender": "M" }])),
        ("LIFE-RQ-56", "/Patient/Genders", json!([{ "Context": "Zodiac", "Gender": "M" }])),
        ("LIFE-RQ-57", "/Patient/Genders", json!([{ "Context": "BirthGender" }])),
        ("LIFE-RQ-57", "/Patient/Genders", json!([{ "Context": "BirthGender", "Gender": "Q" }])),
        ("LIFE-RQ-58, LIFE-C3", "/Order/LocalId", Value::Null),
        ("LIFE-RQ-59", "/Order/EvaluationTypes", Value::Null),
        ("LIFE-RQ-59, LIFE-022", "/Order/EvaluationTypes", json!([])),
        ("LIFE-030", "/Site/LocalId", json!("nowhere")),
        ("LIFE-030, EVL-C1", "/Order/EvaluationTypes", json!(["ME"])),
        ("LIFE-030", "/Order/EvaluationTypes", json!(["DR", "dr"])),
        ("EVL-20", "/Order/EvaluationTypes", json!([5])),
        ("EVL-20", "/Order/EvaluationTypes", json!([10])),
        ("EVL-20", "/Order/EvaluationTypes", json!(["11"])),
        ("LIFE-030", "/Patient/Dob", json!("yesterday")),
        ("LIFE-030", "/Patient/Dob", json!("2000-02-30")),
        ("LIFE-030", "/Patient/Dob", json!("13/13/2000")),
        ("LIFE-030", "/Order/ScheduledTime", json!("soon")),
    ]
}

#[test]
fn a_request_without_what_is_required_creates_no_order_life_029() {
    for (id, property, value) in spoiled() {
        let mut rig = Rig::new();
        let request = set(nw(ORDER), property, value);
        assert_refused(&rig.request(&request), id, &request);
        assert_eq!(rig.state(ORDER), None, "{id}: LIFE-029: no order");
    }
}

#[test]
fn codes_that_only_a_library_has_fail_life_051() {
    let names = ["Unknown", "XR", "CR", "CloneOrder", "ChangeEvaluationType", "OC", "Submission", "SC"];
    let numbers = [0, 3, 5, 6, 7, 8, 9, 10, 12].map(|id| json!(id)); // LIFE-EN-23
    for code in names.map(|name| json!(name)).into_iter().chain(numbers) {
        let mut rig = Rig::new();
        let request = set(nw(ORDER), "/OrderControlCode", code.clone());
        assert_refused(&rig.request(&request), "LIFE-051", &request);
    }
}

#[test]
fn a_type_that_is_not_subscribed_fails_evl_21() {
    let mut rig = Rig::with(|organization| {
        organization.subscribed.remove(&results::EvaluationType::AMD);
    });
    let request = set(nw(ORDER), "/Order/EvaluationTypes", json!(["DR", "AMD"]));
    assert_refused(&rig.request(&request), "EVL-21, LIFE-030", &request);
    assert_eq!(rig.request(&nw(ORDER)).kinds(), ["OrderCreationReceipt"], "EVL-21: subscribed ones do not");
}

#[test]
fn a_mobile_site_needs_the_state_of_the_exam_life_011() {
    let mut rig = Rig::with(|organization| organization.sites[0].mobile = true);
    assert_refused(&rig.request(&nw(ORDER)), "LIFE-011, LIFE-030, LIFE-RQ-67", &nw(ORDER));
    let request = set(nw(ORDER), "/Order/State", json!("GA"));
    assert_eq!(rig.graded(&request)["Order"]["State"], "GA", "LIFE-011, LIFE-010");
}

#[test]
fn the_local_id_of_another_patients_open_order_fails_life_017() {
    let mut rig = Rig::new();
    rig.request(&nw_of(ORDER, "P1"));
    assert_refused(&rig.request(&nw_of(ORDER, "P2")), "LIFE-017, LIFE-030", &nw_of(ORDER, "P2"));
    let elsewhere = set(nw_of(ORDER, "P1"), "/Site/LocalId", json!("12345"));
    assert_refused(&rig.request(&elsewhere), "LIFE-017, LIFE-005: the MRN of another site", &elsewhere);
    assert_eq!(rig.request(&nw_of("B1", "P2")).kinds(), ["OrderCreationReceipt"], "LIFE-017");
    rig.request(&set(nw(ORDER), "/OrderControlCode", json!("CA")));
    assert_eq!(rig.request(&nw_of(ORDER, "P3")).kinds(), ["OrderCreationReceipt"], "LIFE-017: only while it is open");
}

#[test]
fn a_good_request_is_told_so_life_033() {
    let mut rig = Rig::new();
    let out = rig.request(&nw(ORDER));
    let event = serde_json::to_value(out.events()[0]).unwrap();
    assert_eq!(event["Success"], true, "LIFE-033");
    assert_eq!(event["ErrorMessage"], Value::Null, "LIFE-033");
    assert_eq!(event["IrisOrderId"], 1_224_035, "LIFE-EV-01");
}

#[test]
fn another_organizations_requests_leave_no_trace_life_028() {
    let strangers = [Value::Null, json!(""), json!(OTHER_CLIENT), json!("PC1234"), json!(7)];
    for guid in strangers {
        for code in ["NW", "XO", "CA", "ResendResult", "XR"] {
            let mut rig = Rig::new();
            let request = set(nw(ORDER), "/ClientGuid", guid.clone());
            let out = rig.request(&set(request, "/OrderControlCode", json!(code)));
            assert_eq!(out.ignored(), "LIFE-SM-05", "LIFE-028, LIFE-RQ-02, LIFE-C1: {guid} {code}");
            assert_eq!(rig.state(ORDER), None, "LIFE-028");
        }
    }
    let mut rig = Rig::new();
    rig.client = OTHER_CLIENT;
    assert_eq!(rig.request(&nw(ORDER)).ignored(), "LIFE-SM-05", "LIFE-028: nobody has this queue");
}

#[test]
fn what_is_no_json_object_goes_to_the_dead_letters_life_027() {
    let cut = format!("{{\"ClientGuid\": \"{CLIENT}\"");
    let bodies: [&[u8]; 8] = [b"", b"[]", b"\"NW\"", b"7", b"null", b"\xFF\xFE{}", cut.as_bytes(), b"{}{}"];
    for body in bodies {
        let mut rig = Rig::new();
        let inputs = [
            cloud::lifecycle::Input::OrderRequest(body.into()),
            cloud::lifecycle::Input::GradingSubmission(body.into()),
        ];
        for input in inputs {
            let out = rig.input(input);
            assert!(matches!(out.0[..], [Output::DeadLetter(_)]), "LIFE-027: {body:?}: {:?}", out.0);
        }
    }
}

#[test]
fn an_order_without_local_id_is_taken_if_agreed_life_c3() {
    let mut rig = Rig::option("order.localid_required", "false");
    for number in [1_224_035, 1_224_036] {
        let request = set(nw_of(ORDER, &format!("P{number}")), "/Order/LocalId", Value::Null);
        let out = rig.request(&request);
        assert_eq!(out.kinds(), ["OrderCreationReceipt"], "LIFE-C3");
        let event = serde_json::to_value(out.events()[0]).unwrap();
        assert_eq!((&event["OrderLocalId"], &event["IrisOrderId"]), (&Value::Null, &json!(number)), "LIFE-071");
    }
}
