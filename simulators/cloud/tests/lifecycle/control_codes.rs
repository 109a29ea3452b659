//! XO, CA and ResendResult (08 section 4).

use cloud::lifecycle::{Control, Kind, State};
use serde_json::{Value, json};

use crate::support::{CLIENT, Rig, normal, nw, nw_of, of_code, set};

const ORDER: &str = "A1";

/// What CA and ResendResult need (LIFE-036).
fn bare(code: &str, local_id: &str) -> Value {
    json!({ "OrderControlCode": code, "ClientGuid": CLIENT, "Site": { "LocalId": "PC1234" }, "Order": { "LocalId": local_id } })
}

fn change(property: &str, value: Value) -> Value {
    set(of_code("XO", ORDER), property, value)
}

#[test]
fn cancel_and_resend_need_organization_site_and_order_only_life_036() {
    let ways: [fn(Value) -> Value; 4] = [
        |request| request,
        |request| set(request, "/Site", Value::Null),
        |request| set(request, "/Patient", json!("no object, LIFE-036: ignored")),
        |request| set(request, "/Version", json!(3)),
    ];
    for way in ways {
        let mut rig = Rig::new();
        rig.request(&nw(ORDER));
        assert_eq!(rig.request(&way(bare("CA", ORDER))).kinds(), ["OrderCancelled"], "LIFE-036, LIFE-C5, LIFE-034");
        let mut rig = Rig::new();
        rig.graded(&nw(ORDER));
        assert_eq!(rig.request(&way(bare("ResendResult", ORDER))).json()["ResultCode"], "R", "LIFE-036, LIFE-C5");
    }
}

#[test]
fn what_names_no_order_is_ignored_life_037() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    assert_eq!(rig.request(&of_code("XO", "other")).ignored(), "LIFE-SM-25", "LIFE-037: no event");
    assert_eq!(rig.request(&bare("CA", "other")).ignored(), "LIFE-SM-27", "LIFE-037: no event");
    assert_eq!(rig.request(&bare("ResendResult", "other")).ignored(), "LIFE-SM-29", "LIFE-048");
    assert_eq!(rig.request(&set(bare("CA", ORDER), "/Order", Value::Null)).ignored(), "LIFE-SM-27", "LIFE-035");
    assert_eq!(rig.request(&bare("CA", "a1")).ignored(), "LIFE-SM-27", "LIFE-035: the exact LocalId");
    assert_eq!(rig.state(ORDER), Some(State::AwaitingImages), "LIFE-096");
}

#[test]
fn what_names_a_closed_order_is_ignored_life_038() {
    let mut rig = Rig::new();
    let first = rig.graded(&nw(ORDER));
    assert_eq!(rig.request(&change("/Patient/Name/Last", json!("Late"))).ignored(), "LIFE-SM-25", "LIFE-038");
    assert_eq!(rig.request(&bare("CA", ORDER)).ignored(), "LIFE-SM-27", "LIFE-038, LIFE-046");
    let again = rig.request(&bare("ResendResult", ORDER)).json();
    assert_eq!(again["Patient"], first["Patient"], "LIFE-038, LIFE-096");
}

#[test]
fn the_site_counts_only_where_a_local_id_occurs_at_several_life_035() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    let elsewhere = set(bare("CA", ORDER), "/Site/LocalId", json!("12345"));
    assert_eq!(rig.request(&elsewhere).kinds(), ["OrderCancelled"], "LIFE-035: by LocalId alone");

    let mut rig = Rig::new();
    rig.graded(&nw(ORDER));
    rig.request(&set(nw(ORDER), "/Site/LocalId", json!("12345")));
    rig.images(ORDER);
    rig.grading(&set(normal(ORDER), "/Site/LocalId", json!("12345")));
    for (site, number) in [("PC1234", 1_224_035), ("12345", 1_224_036)] {
        let out = rig.request(&set(bare("ResendResult", ORDER), "/Site/LocalId", json!(site)));
        assert_eq!(out.json()["Order"]["PatientOrderId"], number, "LIFE-035: the site narrows the search");
    }
    let out = rig.request(&set(bare("ResendResult", ORDER), "/Site", Value::Null));
    assert_eq!(out.json()["Order"]["PatientOrderId"], 1_224_036, "LIFE-016: else the newest");
}

#[test]
fn a_change_leaves_what_is_immutable_and_applies_the_rest_life_039() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    let mut request = change("/Order/EvaluationTypes", json!(["AMD"]));
    request["Patient"]["LocalId"] = json!("P9");
    request["Patient"]["Name"]["Last"] = json!("Smith");
    request["Order"]["DepartmentId"] = json!("D7");
    assert!(rig.request(&request).0.is_empty(), "LIFE-044: no event of its own");
    rig.images(ORDER);
    let result = rig.grading(&normal(ORDER)).json();
    assert_eq!(result["Order"]["EvaluationTypes"], json!(["DR"]), "LIFE-039, LIFE-RQ-59");
    assert_eq!(result["Patient"]["LocalId"], "1234", "LIFE-039, LIFE-RQ-42");
    assert_eq!(result["Patient"]["Name"]["Last"], "Smith", "LIFE-039: the rest is applied");
    assert_eq!(result["Order"]["DepartmentId"], "D7", "LIFE-039");
    assert_eq!(result["Order"]["PatientOrderId"], 1_224_035, "LIFE-041: the number stays");
}

#[test]
fn a_change_replaces_what_is_present_and_leaves_what_is_absent_life_040() {
    let mut rig = Rig::new();
    let mut request = nw(ORDER);
    request["Order"]["DepartmentId"] = json!("D1");
    request["Order"]["EncounterNumber"] = json!("E1");
    request["HealthPlan"] = json!({ "LocalId": "H1", "Name": "Plan" });
    request["Patient"]["Phone"] = json!("111");
    rig.request(&request);
    let mut request = change("/Order/DepartmentId", json!("D2"));
    request["HealthPlan"] = json!({ "LocalId": "H2" });
    request["Order"]["State"] = json!("GA");
    rig.request(&request);
    rig.images(ORDER);
    let result = rig.grading(&normal(ORDER)).json();
    assert_eq!(result["Order"]["DepartmentId"], "D2", "LIFE-040: present");
    assert_eq!(result["Order"]["EncounterNumber"], "E1", "LIFE-040: absent");
    assert_eq!(result["Patient"]["Phone"], "111", "LIFE-040: absent");
    assert_eq!(result["HealthPlan"]["LocalId"], "H2", "LIFE-040: present");
    assert_eq!(result["Order"]["State"], "GA", "LIFE-040, LIFE-010");
}

#[test]
fn a_change_that_cannot_be_read_changes_nothing() {
    for spoiled in [change("/Patient/Dob", json!("soon")), change("/Order/ScheduledTime", json!("soon"))] {
        let mut rig = Rig::new();
        rig.request(&nw(ORDER));
        rig.request(&set(spoiled, "/Patient/Name/Last", json!("Smith"))).ignored();
        rig.images(ORDER);
        let result = rig.grading(&normal(ORDER)).json();
        assert_eq!(result["Patient"]["Name"]["Last"], "Doe", "LIFE-096, LIFE-RQ-44");
    }
}

#[test]
fn a_cancelled_order_yields_nothing_life_045() {
    for state in [None, Some(Control::CheckOut), Some(Control::ReviewStart), Some(Control::Fail)] {
        let mut rig = Rig::new();
        rig.request(&nw(ORDER));
        rig.images(ORDER);
        if let Some(state) = state {
            rig.control(ORDER, state);
        }
        let out = rig.request(&bare("CA", ORDER));
        assert_eq!(
            (out.kinds(), out.0.len()),
            (vec!["OrderCancelled".to_owned()], 1),
            "LIFE-045: no result, no charge"
        );
        assert_eq!(rig.grading(&normal(ORDER)).ignored(), "LIFE-SM-14", "LIFE-045, DFT-GEN-006, ORM-OC-005");
        assert_eq!(rig.request(&bare("ResendResult", ORDER)).ignored(), "LIFE-SM-29", "LIFE-048");
    }
}

#[test]
fn a_resend_goes_to_every_endpoint_but_charges_life_047() {
    for (mdm, kinds) in [("false", [Kind::Oru, Kind::File]), ("true", [Kind::Mdm, Kind::File])] {
        let mut rig = Rig::with(|organization| {
            let profile = format!("{{ environment: test, dft: {{ enabled: true }}, mdm: {{ enabled: {mdm} }} }}");
            organization.results_profile = serde_yaml::from_str(&profile).unwrap();
            organization.settings.deliver_file = true;
        });
        rig.graded(&nw(ORDER));
        for _ in 0..2 {
            let out = rig.request(&bare("ResendResult", ORDER));
            assert_eq!(out.delivered(), kinds, "LIFE-047, LIFE-SM-28: never DFT (DFT-GEN-009)");
            assert_eq!(out.json()["ResultCode"], "R", "LIFE-RC-02");
        }
    }
}

#[test]
fn a_resend_keeps_the_care_plan_and_codes_of_the_grading_life_049() {
    let mut rig = Rig::new();
    rig.request(&nw_of(ORDER, "P1"));
    rig.images(ORDER);
    let first =
        rig.grading(&crate::support::submission(ORDER, crate::support::eye("Mild"), crate::support::eye("Severe")));
    let mut other = crate::support::organization(CLIENT);
    other.plans.insert("CPL-D04".into(), results::Plan { name: "Other".into(), text: "Other".into() });
    other.results_profile = serde_yaml::from_str("{ environment: test, dx: { laterality: none } }").unwrap();
    rig.life.set_up(other);
    rig.clock.advance(std::time::Duration::from_secs(3600));
    let again = rig.request(&bare("ResendResult", ORDER));
    assert_eq!(again.json()["Gradings"], first.json()["Gradings"], "LIFE-049, LIFE-089, CPL-007");
    assert_eq!(first.json()["Gradings"]["DxCodes"], json!(["E113291", "E113492"]), "ICD-026");
    assert_ne!(again.json()["Timestamp"], first.json()["Timestamp"], "LIFE-049");
}
