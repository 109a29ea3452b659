//! Organizations, sites, patients and orders (08 section 1).

use cloud::lifecycle::{Kind, State};
use serde_json::{Value, json};

use crate::support::{Rig, normal, nw, nw_of, of_code, set};

const OCR: &str = "OrderCreationReceipt";
const OC: &str = "OrderCancelled";

fn typed(local_id: &str, types: Value) -> Value {
    set(nw(local_id), "/Order/EvaluationTypes", types)
}

fn at_site(local_id: &str, site: &str) -> Value {
    set(nw(local_id), "/Site/LocalId", json!(site))
}

#[test]
fn the_same_mrn_at_two_sites_is_two_patients_life_005() {
    let mut rig = Rig::new();
    rig.request(&nw("A1"));
    assert_eq!(rig.request(&at_site("B1", "12345")).kinds(), [OCR], "LIFE-005: nothing to cancel");
    let ids = ["A1", "B1"].map(|order| {
        rig.images(order);
        rig.grading(&normal(order)).json()["Patient"]["PatientId"].clone()
    });
    assert_eq!(ids, [json!(400_123), json!(400_124)], "LIFE-005, LIFE-RS-42");
}

#[test]
fn patients_move_between_sites_if_agreed_life_006() {
    let mut rig = Rig::option("patient.scope", "organization");
    let first = rig.graded(&nw("A1"));
    rig.request(&nw("B1"));
    assert_eq!(rig.request(&at_site("C1", "12345")).kinds(), [OC, OCR], "LIFE-006, LIFE-013: the same patient");
    rig.images("C1");
    let moved = rig.grading(&normal("C1")).json();
    assert_eq!(moved["Patient"]["PatientId"], first["Patient"]["PatientId"], "LIFE-006");
    assert_eq!(moved["Site"]["LocalId"], "12345", "LIFE-006");
}

#[test]
fn the_newest_request_overwrites_the_patient_life_007() {
    let mut rig = Rig::new();
    rig.request(&set(nw("A1"), "/Patient/Phone", json!("111")));
    let mut newer = typed("B1", json!(["AMD"]));
    newer["Patient"]["Name"] = json!({ "First": "Jane", "Last": "Roe" });
    newer["Patient"]["Dob"] = json!("1970-12-31");
    newer["Patient"]["Genders"] = json!([{ "Context": "BirthGender", "Gender": "F" }]);
    newer["Patient"]["Phone"] = json!("222");
    rig.request(&newer);
    rig.images("A1");
    let out = rig.grading(&normal("A1"));
    let patient = out.json()["Patient"].clone();
    assert_eq!(patient["Name"], json!({ "First": "Jane", "Last": "Roe" }), "LIFE-007");
    assert_eq!((&patient["Dob"], &patient["Gender"]), (&json!("1970-12-31"), &json!("F")), "LIFE-007");
    assert_eq!(patient["Phone"], "222", "LIFE-007: the optional data too");
    assert!(out.content(Kind::Oru).contains("|Roe^Jane|"), "LIFE-007");
    let changed = set(of_code("XO", "B1"), "/Patient/Name/Last", json!("Poe"));
    rig.request(&changed);
    let again = rig.request(&of_code("ResendResult", "A1")).json();
    assert_eq!(again["Patient"]["Name"]["Last"], "Poe", "LIFE-007: XO as well");
}

#[test]
fn a_repeated_request_changes_nothing_life_015() {
    let mut rig = Rig::new();
    rig.request(&nw("A1"));
    let out = rig.request(&set(nw("A1"), "/Patient/Name/Last", json!("Changed")));
    assert_eq!(out.kinds(), [OCR], "LIFE-015: the receipt is repeated");
    let event = out.events()[0];
    assert!(event.success, "LIFE-015");
    assert_eq!(event.iris_order_id, 1_224_035, "LIFE-015: the same order");
    rig.images("A1");
    let result = rig.grading(&normal("A1")).json();
    assert_eq!(result["Patient"]["Name"]["Last"], "Doe", "LIFE-015: demographics are not changed");
}

#[test]
fn the_number_of_an_order_is_the_same_everywhere_and_never_reused_life_009() {
    let mut rig = Rig::new();
    let mut numbers = Vec::new();
    for order in ["A1", "B1", "C1"] {
        numbers.push(rig.request(&nw(order)).events().last().unwrap().iris_order_id); // each cancels the one before
    }
    rig.request(&set(nw("D1"), "/Patient/Dob", Value::Null));
    rig.request(&of_code("CA", "C1"));
    numbers.push(rig.request(&nw("E1")).events()[0].iris_order_id);
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "LIFE-009: {numbers:?}");

    rig.images("E1");
    let out = rig.grading(&normal("E1"));
    let number = numbers[3];
    assert_eq!(out.json()["Order"]["PatientOrderId"], number, "LIFE-009, LIFE-RS-34");
    let (oru, dft) = (out.content(Kind::Oru), out.content(Kind::Dft));
    let field = |message: &str, segment: &str, at: usize| {
        let line = message.split('\r').find(|line| line.starts_with(segment)).unwrap().to_owned();
        line.split('|').nth(at).unwrap().split('^').next().unwrap().to_owned()
    };
    assert_eq!(field(&oru, "ORC", 3), number.to_string(), "LIFE-009: filler number");
    assert_eq!(field(&dft, "FT1", 3), number.to_string(), "LIFE-009: FT1-3");
}

#[test]
fn a_patient_has_one_open_order_of_a_type_life_013() {
    let mut rig = Rig::new();
    rig.request(&typed("A1", json!(["DR"])));
    assert_eq!(rig.request(&typed("B1", json!(["AMD"]))).kinds(), [OCR], "LIFE-019: two types, two open orders");
    assert_eq!([rig.state("A1"), rig.state("B1")], [Some(State::AwaitingImages); 2], "LIFE-019");
    let out = rig.request(&typed("C1", json!(["SP", "AMD"])));
    assert_eq!(out.kinds(), [OC, OCR], "LIFE-013, LIFE-008: one type in common is enough");
    assert_eq!(out.events()[0].order_local_id.as_deref(), Some("B1"), "LIFE-014: the old one is cancelled");
    let out = rig.request(&typed("D1", json!(["AMD", "DR"])));
    assert_eq!(out.kinds(), [OC, OC, OCR], "LIFE-013: it overlaps with both");
    assert_eq!(
        rig.request(&set(typed("E1", json!(["DR"])), "/Patient/LocalId", json!("P2"))).kinds(),
        [OCR],
        "LIFE-013"
    );
}

#[test]
fn one_open_order_per_patient_if_agreed_life_c4() {
    let mut rig = Rig::option("open_order.scope", "patient");
    rig.request(&typed("A1", json!(["DR"])));
    assert_eq!(rig.request(&typed("B1", json!(["AMD"]))).kinds(), [OC, OCR], "LIFE-C4, LIFE-013");
}

#[test]
fn the_newer_order_is_refused_if_agreed_life_014() {
    let mut rig = Rig::option("open_order.replace", "reject_new");
    rig.request(&nw("A1"));
    assert_eq!(rig.request(&nw("B1")).kinds(), ["OrderCreationReceipt!"], "LIFE-014: reject_new");
    assert_eq!([rig.state("A1"), rig.state("B1")], [Some(State::AwaitingImages), None], "LIFE-014");
    rig.images("A1");
    rig.grading(&normal("A1"));
    assert_eq!(rig.request(&nw("B1")).kinds(), [OCR], "LIFE-012, LIFE-014: closed orders do not count");
}

#[test]
fn repeated_requests_are_refused_or_replace_if_agreed_life_015() {
    let mut rig = Rig::option("nw.duplicate", "reject");
    rig.request(&nw("A1"));
    assert_eq!(rig.request(&nw("A1")).kinds(), ["OrderCreationReceipt!"], "LIFE-015: reject");
    assert_eq!(rig.state("A1"), Some(State::AwaitingImages), "LIFE-015");

    let mut rig = Rig::option("nw.duplicate", "replace");
    rig.request(&nw("A1"));
    let out = rig.request(&typed("A1", json!(["AMD"])));
    assert_eq!(out.kinds(), [OC, OCR], "LIFE-015: replace");
    assert_eq!(out.events()[1].iris_order_id, 1_224_036, "LIFE-015: replace, LIFE-009");
}

#[test]
fn a_closed_orders_local_id_goes_to_a_new_order_life_016() {
    let mut rig = Rig::new();
    let first = rig.graded(&nw("A1"));
    let out = rig.request(&nw("A1"));
    assert_eq!(out.events()[0].iris_order_id, 1_224_036, "LIFE-016");
    assert_eq!(rig.request(&of_code("ResendResult", "A1")).ignored(), "LIFE-SM-29", "LIFE-016: the newest is meant");
    rig.request(&of_code("CA", "A1"));
    assert_eq!(rig.state("A1"), Some(State::OrderCancelled), "LIFE-016");
    assert_eq!(first["Order"]["PatientOrderId"], 1_224_035);
}

#[test]
fn open_is_what_is_neither_complete_nor_cancelled_life_012() {
    use State::*;
    for state in [AwaitingImages, QueuedForGrading, CheckedOutForGrading, UnderReview, Error] {
        assert!(state.is_open(), "LIFE-012: {state:?}");
    }
    for state in [Graded, Complete, OrderCancelled] {
        assert!(!state.is_open(), "LIFE-012: {state:?}");
    }
}

#[test]
fn an_organization_that_is_set_up_anew_keeps_its_orders() {
    let mut rig = Rig::new();
    rig.request(&nw("A1"));
    let mut other = crate::support::organization(crate::support::CLIENT);
    other.settings = serde_yaml::from_str("results.library_fields: true").unwrap();
    rig.life.set_up(other);
    rig.images("A1");
    assert_eq!(rig.grading(&normal("A1")).json()["ResultObjectType"], "OrderResult", "LIFE-RS-16");
    assert_eq!(rig.request(&nw_of("B1", "1234")).events()[0].iris_order_id, 1_224_036, "LIFE-009");
}
