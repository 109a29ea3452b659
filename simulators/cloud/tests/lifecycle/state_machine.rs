//! 08 section 11: every row is a case.

use cloud::lifecycle::machine::{self, Trigger};
use cloud::lifecycle::{Control, Input, Kind, State};
use serde_json::json;

use crate::support::{Out, Rig, example, image, normal, nw, nw_with_images, of_code, set, submission};

use State::{AwaitingImages as AI, CheckedOutForGrading as CG, Complete as CO, Error as ER};
use State::{OrderCancelled as CX, QueuedForGrading as QG, UnderReview as UR};

const ORDER: &str = "A1";
const OCR: &str = "OrderCreationReceipt";
const OC: &str = "OrderCancelled";
const IR: &str = "ImageReceipt";
const RFG: &str = "ReadyForGradingEvent";
const GRC: &str = "GradingReceipt";
const OGE: &str = "OrderGradedEvent";

/// A cloud whose order A1 is in a state; `None`: there is no order.
fn order_in(state: Option<State>) -> Rig {
    let mut rig = Rig::new();
    let Some(state) = state else { return rig };
    rig.request(&nw(ORDER));
    if !matches!(state, AI | CX) {
        rig.images(ORDER);
    }
    match state {
        CG => drop(rig.control(ORDER, Control::CheckOut)),
        UR => drop(rig.control(ORDER, Control::ReviewStart)),
        ER => drop(rig.control(ORDER, Control::Fail)),
        CO => drop(rig.grading(&normal(ORDER))),
        CX => drop(rig.request(&of_code("CA", ORDER))),
        _ => {}
    }
    assert_eq!(rig.state(ORDER), Some(state));
    rig
}

type Case = (&'static str, &'static [Option<State>], fn(&mut Rig) -> Out, Option<State>, &'static [&'static str]);

const OPEN: &[Option<State>] = &[Some(AI), Some(QG), Some(CG), Some(UR), Some(ER)];
const CLOSED: &[Option<State>] = &[Some(CO), Some(CX)];
const NONE: &[Option<State>] = &[None];
/// The state stays what it was.
const SAME: Option<State> = Some(State::Graded);

fn new_with(rig: &mut Rig, eyes: &[&str]) -> Out {
    let request = nw_with_images(rig, ORDER, eyes);
    rig.request(&request)
}

/// XO that brings the images of these eyes.
fn change_with(rig: &mut Rig, eyes: &[&str]) -> Out {
    let request = nw_with_images(rig, ORDER, eyes);
    rig.request(&set(request, "/OrderControlCode", json!("XO")))
}

fn bad_image(rig: &mut Rig) -> Out {
    let mut bad = image("OD");
    bad.error = Some("Image cannot be read");
    rig.control(ORDER, Control::Image(bad))
}

fn regrade(rig: &mut Rig) -> Out {
    let grading = results::grading_by_name("mild retinopathy in the right eye").unwrap();
    rig.control(ORDER, Control::Regrade(Box::new(grading)))
}

#[rustfmt::skip]
const CASES: &[Case] = &[
    ("LIFE-SM-01", NONE, |rig| rig.request(&nw(ORDER)), Some(AI), &[OCR]),
    ("LIFE-SM-02", NONE, |rig| new_with(rig, &["OD"]), Some(AI), &[OCR, IR]),
    ("LIFE-SM-03", NONE, |rig| new_with(rig, &["OD", "OS"]), Some(QG), &[OCR, IR, IR, RFG]),
    ("LIFE-SM-04", NONE, |rig| rig.request(&set(nw(ORDER), "/Patient/Dob", json!(null))), None, &["OrderCreationReceipt!"]),
    ("LIFE-SM-05", NONE, |rig| rig.request(&set(nw(ORDER), "/ClientGuid", json!("00000000-0000-0000-0000-000000000001"))), None, &[]),
    ("LIFE-SM-05", OPEN, |rig| rig.request(&set(of_code("CA", ORDER), "/ClientGuid", json!(null))), SAME, &[]),
    ("LIFE-SM-06", OPEN, |rig| rig.request(&nw("B1")), Some(CX), &[OC, OCR]),
    ("LIFE-SM-07", OPEN, |rig| rig.request(&nw(ORDER)), SAME, &[OCR]),
    ("LIFE-SM-08", CLOSED, |rig| rig.request(&nw(ORDER)), Some(AI), &[OCR]),
    ("LIFE-SM-09", &[Some(AI)], |rig| rig.image(ORDER, "OD"), Some(AI), &[IR]),
    ("LIFE-SM-10", &[Some(AI)], |rig| { rig.image(ORDER, "OD"); rig.image(ORDER, "OS") }, Some(QG), &[IR, RFG]),
    ("LIFE-SM-11", OPEN, bad_image, SAME, &["ImageReceipt!"]),
    ("LIFE-SM-12", &[Some(QG), Some(CG)], |rig| rig.grading(&normal(ORDER)), Some(CO), &[GRC, OGE]),
    ("LIFE-SM-12", &[Some(AI)], |rig| { rig.image(ORDER, "OD"); rig.grading(&normal(ORDER)) }, Some(CO), &[GRC, OGE]),
    ("LIFE-SM-13", &[Some(AI)], |rig| rig.grading(&normal(ORDER)), Some(AI), &[]),
    ("LIFE-SM-14", CLOSED, |rig| rig.grading(&normal(ORDER)), SAME, &[]),
    ("LIFE-SM-15", &[Some(QG), Some(CG), Some(UR), Some(ER)], |rig| rig.image(ORDER, "OD"), SAME, &[IR]),
    ("LIFE-SM-16", &[Some(QG)], |rig| rig.control(ORDER, Control::CheckOut), Some(CG), &[]),
    ("LIFE-SM-17", &[Some(CG)], |rig| rig.control(ORDER, Control::Release), Some(QG), &[]),
    ("LIFE-SM-18", &[Some(QG), Some(CG)], |rig| rig.control(ORDER, Control::ReviewStart), Some(UR), &[]),
    ("LIFE-SM-19", &[Some(UR)], |rig| rig.control(ORDER, Control::ReviewEnd), Some(QG), &[]),
    ("LIFE-SM-20", &[Some(QG), Some(CG)], |rig| rig.control(ORDER, Control::Fail), Some(ER), &[]),
    ("LIFE-SM-21", &[Some(ER)], |rig| rig.control(ORDER, Control::Retry), Some(QG), &[]),
    ("LIFE-SM-22", &[Some(AI)], |rig| change_with(rig, &["OD"]), Some(AI), &[IR]),
    ("LIFE-SM-22", &[Some(AI)], |rig| change_with(rig, &["OD", "OS"]), Some(QG), &[IR, IR, RFG]),
    ("LIFE-SM-23", &[Some(QG), Some(UR), Some(ER)], |rig| rig.request(&of_code("XO", ORDER)), Some(AI), &[OC, OCR]),
    ("LIFE-SM-23", &[Some(QG)], |rig| change_with(rig, &["OD", "OS"]), Some(QG), &[OC, OCR, IR, IR, RFG]),
    ("LIFE-SM-24", &[Some(CG)], |rig| rig.request(&of_code("XO", ORDER)), Some(CG), &[]),
    ("LIFE-SM-25", &[None, Some(CO), Some(CX)], |rig| rig.request(&of_code("XO", ORDER)), SAME, &[]),
    ("LIFE-SM-26", OPEN, |rig| rig.request(&of_code("CA", ORDER)), Some(CX), &[OC]),
    ("LIFE-SM-27", &[None, Some(CO), Some(CX)], |rig| rig.request(&of_code("CA", ORDER)), SAME, &[]),
    ("LIFE-SM-28", &[Some(CO)], |rig| rig.request(&of_code("ResendResult", ORDER)), Some(CO), &[]),
    ("LIFE-SM-29", &[None, Some(AI), Some(QG), Some(CG), Some(UR), Some(ER), Some(CX)], |rig| rig.request(&of_code("ResendResult", ORDER)), SAME, &[]),
    ("LIFE-SM-30", &[Some(CO)], regrade, Some(CO), &[OGE]),
    ("LIFE-SM-31", &[Some(CO)], |rig| rig.image(ORDER, "OD"), Some(CO), &[IR]),
    ("LIFE-SM-32", &[Some(CX)], |rig| rig.image(ORDER, "OD"), Some(CX), &["ImageReceipt!"]),
];

#[test]
fn every_row_of_the_state_machine_moves_the_order_and_posts_its_events() {
    for (id, states, input, next, events) in CASES {
        for state in *states {
            let mut rig = order_in(*state);
            let out = input(&mut rig);
            let next = if *next == SAME { *state } else { *next };
            assert_eq!(rig.state(ORDER), next, "{id}: next of {state:?}");
            assert_eq!(out.kinds(), *events, "{id}: events in {state:?}");
            let transactions: std::collections::BTreeSet<_> =
                out.events().iter().map(|event| event.transaction_id.clone()).collect();
            assert_eq!(transactions.len(), events.len(), "LIFE-069: {id}: each message has an id of its own");
        }
    }
}

#[test]
fn every_row_has_a_case_here() {
    let tested: Vec<_> = CASES.iter().map(|case| case.0).collect();
    for row in machine::TABLE.iter().filter(|row| row.id != "LIFE-SM-33") {
        assert!(tested.contains(&row.id), "{} has no case", row.id);
    }
}

#[test]
fn no_two_rows_rule_the_same() {
    for row in machine::TABLE {
        for state in row.from {
            let id = machine::row(*state, row.trigger).unwrap().id;
            assert_eq!(id, row.id, "{state:?} {:?}", row.trigger);
        }
    }
}

#[test]
fn a_first_grading_sends_results_and_then_one_charge_life_sm_12() {
    let mut rig = order_in(Some(QG));
    let out = rig.grading(&normal(ORDER));
    assert_eq!(out.delivered(), [Kind::Oru, Kind::Dft], "LIFE-SM-12, DFT-GEN-004");
    assert_eq!(out.json()["ResultCode"], "F", "LIFE-RC-01");
    assert_eq!(out.json()["Order"]["Status"], "Complete", "LIFE-094, LIFE-RS-36");
}

#[test]
fn a_resend_repeats_the_results_without_a_charge_life_sm_28() {
    let mut rig = order_in(Some(QG));
    let first = rig.grading(&normal(ORDER)).json();
    rig.clock.advance(std::time::Duration::from_secs(60));
    let request: serde_json::Value = serde_json::from_str(&example("ref_order_request_resend_result")).unwrap();
    for _ in 0..2 {
        let out = rig.request(&set(request.clone(), "/Order/LocalId", json!(ORDER)));
        assert_eq!(out.delivered(), [Kind::Oru], "LIFE-SM-28, LIFE-047, DFT-GEN-009");
        let again = out.json();
        assert_eq!(again["ResultCode"], "R", "LIFE-RC-02");
        assert_eq!(again["Gradings"], first["Gradings"], "LIFE-049");
        assert_ne!(again["TransactionId"], first["TransactionId"], "LIFE-049");
        assert_eq!(again["Timestamp"], "2022-01-02T17:43:18.0000000+00:00", "LIFE-049");
    }
}

#[test]
fn a_regrade_corrects_the_results_without_a_charge_life_sm_30() {
    let mut rig = order_in(Some(CO));
    let out = regrade(&mut rig);
    assert_eq!(out.delivered(), [Kind::Oru], "LIFE-SM-30, DFT-GEN-008");
    assert_eq!(out.json()["ResultCode"], "C", "LIFE-RC-03");
    assert_eq!(out.json()["Gradings"]["DxCodes"], json!(["E113291"]));
}

#[test]
fn a_late_image_changes_neither_findings_nor_charge_life_sm_31() {
    let mut rig = order_in(Some(CO));
    assert_eq!(rig.image(ORDER, "OD").delivered(), []);
    let out = rig.request(&of_code("ResendResult", ORDER));
    let images = out.json()["Images"].clone();
    assert_eq!(images[2]["ImageContext"], "AddedLate", "LIFE-SM-31, LIFE-061");
}

#[test]
fn the_outcome_of_a_delivery_is_told_but_for_a_charge_life_sm_33() {
    let mut rig = order_in(Some(QG));
    let graded = rig.grading(&normal(ORDER));
    let [oru, dft] = graded.deliveries()[..] else { panic!("{graded:?}") };
    for (accepted, status) in [(true, "Complete"), (false, "Failed")] {
        let out = rig.input(Input::Outcome { delivery: oru.id, accepted, at: rig.clock.now() });
        assert_eq!(out.kinds(), ["ResultsDeliveryReceipt"], "LIFE-SM-33");
        assert_eq!(out.events()[0].delivery.as_ref().unwrap().transmission_status, status, "LIFE-076");
        assert_eq!(rig.state(ORDER), Some(CO), "LIFE-SM-33: whatever the outcome");
    }
    let out = rig.input(Input::Outcome { delivery: dft.id, accepted: true, at: rig.clock.now() });
    assert_eq!(out.ignored(), "LIFE-077");
}

#[test]
fn what_no_row_names_is_ignored() {
    for state in [UR, ER] {
        let mut rig = order_in(Some(state));
        assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-096", "LIFE-082: not while {state:?}");
        assert_eq!(rig.state(ORDER), Some(state));
    }
    assert!(machine::row(Some(AI), Trigger::CheckOut).is_none());
    let mut rig = order_in(Some(QG));
    assert_eq!(rig.control(ORDER, Control::Retry).ignored(), "LIFE-096");
}

#[test]
fn a_replaced_order_leaves_its_images_behind_life_042() {
    let mut rig = order_in(Some(QG));
    let out = rig.request(&set(of_code("XO", ORDER), "/Patient/Name/Last", json!("Smith")));
    let ids: Vec<_> = out.events().iter().map(|event| event.iris_order_id).collect();
    assert_eq!(ids, [1_224_035, 1_224_036], "LIFE-042, LIFE-009");
    assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-SM-13", "LIFE-042: the new order has no image");
    rig.images(ORDER);
    let result = rig.grading(&submission(ORDER, crate::support::eye("None"), crate::support::eye("None"))).json();
    assert_eq!(result["Patient"]["Name"]["Last"], "Smith", "LIFE-042: merged data");
}

#[test]
fn the_options_of_xo_give_each_published_outcome() {
    let mut rig = Rig::option("xo.queued", "apply");
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    assert_eq!(rig.request(&of_code("XO", ORDER)).kinds(), [""; 0], "LIFE-042: applied in place");
    assert_eq!(rig.state(ORDER), Some(QG));

    let mut rig = Rig::option("xo.queued", "ignore");
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    assert_eq!(rig.request(&of_code("XO", ORDER)).ignored(), "LIFE-042");

    let mut rig = Rig::option("xo.checked_out", "replace");
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    rig.control(ORDER, Control::CheckOut);
    assert_eq!(rig.request(&of_code("XO", ORDER)).kinds(), [OC, OCR], "LIFE-043");

    let mut rig = Rig::option("xo.receipt", "OrderCreationReceipt");
    rig.request(&nw(ORDER));
    let out = rig.request(&of_code("XO", ORDER));
    assert_eq!(out.kinds(), [OCR], "LIFE-044");
    assert_eq!(out.events()[0].iris_order_id, 1_224_035, "LIFE-044");
}
