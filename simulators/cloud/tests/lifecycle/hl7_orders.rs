//! Orders that come as ORM: what is kept of them (08 section 13), and how they mix with JSON.

use cloud::lifecycle::{Answer, Control, Input, Kind, Organization, Output, State};
use serde_json::{Value, json};

use crate::support::{Out, Rig, eye, normal, nw, nw_of, of_code, orm, set, submission};

const PLACER: &str = "2017041006";
const SITE: &str = "POC01";

fn answer(out: &Out) -> &Answer {
    match &out.0[0] {
        Output::Answer(answer) => answer,
        other => panic!("no answer: {other:?}"),
    }
}

/// Outcome and IrisOrderId of an accepted ORM.
fn accepted(out: &Out) -> (&'static str, u64) {
    match answer(out) {
        Answer::Accepted { outcome, placer, filler } => {
            assert_eq!(placer, PLACER);
            (outcome, *filler)
        }
        refused => panic!("{refused:?}"),
    }
}

/// Code, error and requirement of a refused ORM; nothing else came of it.
fn refused(out: &Out) -> (String, u16, &'static str) {
    assert_eq!(out.0.len(), 1, "{:?}", out.0);
    match answer(out) {
        Answer::Refused(refusal) => (format!("{:?}", refusal.code), refusal.error, refusal.requirement),
        accepted => panic!("{accepted:?}"),
    }
}

/// Agrees on XO, XR and CR.
fn changes(organization: &mut Organization) {
    organization.order_profile =
        serde_yaml::from_str("order_control: { NW: new, CA: cancel, XO: change, XR: change, CR: cancel }").unwrap();
}

/// The ORM of the support module with something else in place of a text.
fn orm_with(was: &str, is: &str) -> Vec<u8> {
    let message = String::from_utf8(orm("NW", PLACER, "P1", 1)).unwrap();
    assert!(message.contains(was), "{was}");
    message.replace(was, is).into_bytes()
}

/// A JSON request for the order of [`PLACER`] at its site.
fn json_of(code: &str) -> Value {
    set(of_code(code, PLACER), "/Site/LocalId", json!(SITE))
}

/// Images and a grading.
fn grade(rig: &mut Rig, right: &str) -> Out {
    rig.images(PLACER);
    rig.grading(&set(submission(PLACER, eye(right), eye("None")), "/Site/LocalId", json!(SITE)))
}

fn result_of(mut rig: Rig, message: Vec<u8>) -> Value {
    let out = rig.input(Input::Orm(message));
    assert_eq!(accepted(&out).0, "accepted");
    grade(&mut rig, "None").json()
}

/// A field of the first segment of a name.
fn field(message: &str, segment: &str, number: usize) -> String {
    let line = message.split('\r').find(|line| line.starts_with(segment)).unwrap();
    let number = if segment == "MSH" { number - 1 } else { number };
    line.split('|').nth(number).unwrap_or_default().to_owned()
}

#[test]
fn what_an_orm_says_shows_in_the_result() {
    let result = result_of(Rig::new(), orm("NW", PLACER, "P1", 1));
    for (id, pointer, expected) in [
        ("LIFE-MAP-04", "/Site/LocalId", json!("POC01")),
        ("LIFE-MAP-05", "/Patient/LocalId", json!("P1")),
        ("LIFE-MAP-06", "/Patient/Name", json!({ "First": "JOHN", "Last": "DOE" })),
        ("LIFE-MAP-07", "/Patient/Dob", json!("1958-10-12")),
        ("LIFE-MAP-08", "/Patient/Genders", json!([{ "Context": "BirthGender", "Gender": "M" }])),
        ("LIFE-MAP-11: not by default", "/Patient/Phone", Value::Null),
        ("LIFE-MAP-14", "/Order/EncounterNumber", json!("1234")),
        ("LIFE-MAP-17", "/Order/LocalId", json!("2017041006")),
        ("LIFE-MAP-19", "/Order/ScheduledTime", json!("2017-04-10T15:09:05.0000000+00:00")),
        ("LIFE-MAP-20", "/CameraOperator/UserName", Value::Null),
        ("LIFE-MAP-21", "/OrderingProvider/NPI", json!("OP0001")),
        ("LIFE-MAP-21", "/OrderingProvider/Name", json!({ "First": "JACK", "Last": "DOE" })),
        ("LIFE-MAP-22", "/Order/DepartmentId", json!("20403")),
        ("LIFE-MAP-23", "/Cpt", json!({ "Code": "92250", "Description": "FUNDUS PHOTOGRAPHY" })),
        ("LIFE-MAP-24", "/Order/OrderableIdentifier", json!("92250^FUNDUS PHOTOGRAPHY^EAP")),
        ("LIFE-MAP-26, EVL-24", "/Order/EvaluationTypes", json!(["DR"])),
        ("LIFE-MAP-28", "/HealthPlan", Value::Null),
        ("LIFE-MAP-28", "/Images/0/Camera", Value::Null),
        ("LIFE-MAP-28", "/Order/SingleEyeOnly", json!(false)),
    ] {
        assert_eq!(result.pointer(pointer), Some(&expected), "{id}: {pointer}");
    }
}

#[test]
fn the_site_gives_the_state_of_an_hl7_order_life_map_27() {
    let rig = Rig::with(|organization| {
        let site = organization.sites.iter_mut().find(|site| site.local_id == SITE).unwrap();
        site.address.state = Some("WA".into());
    });
    assert_eq!(result_of(rig, orm("NW", PLACER, "P1", 1))["Order"]["State"], "WA", "LIFE-MAP-27");
}

#[test]
fn agreements_choose_where_an_orm_is_read() {
    let agreed =
        |profile: &str| Rig::with(|organization| organization.order_profile = serde_yaml::from_str(profile).unwrap());
    let by_orc = agreed("location: { source: ORC-13.1 }");
    let mut rig = by_orc;
    rig.input(Input::Orm(orm("NW", PLACER, "P1", 1)));
    rig.images(PLACER);
    let graded = rig.grading(&set(normal(PLACER), "/Site/LocalId", json!("DFM"))).json();
    assert_eq!(graded["Site"]["LocalId"], "DFM", "LIFE-MAP-04");

    let by_list = agreed("patient_id: { source: PID-3, type: MRN }");
    let message = orm_with("P1^^^^MRN|", "P1^^^^MRN|M7^^^^MRN~C7^^^^CHMRN");
    assert_eq!(result_of(by_list, message)["Patient"]["LocalId"], "M7", "LIFE-MAP-05, ORM-PAT-003");

    let types = result_of(agreed("evaluation_types: [DR, SP]"), orm("NW", PLACER, "P1", 1));
    assert_eq!(types["Order"]["EvaluationTypes"], json!(["DR", "SP"]), "LIFE-MAP-26");

    assert_eq!(
        accepted(&agreed("parent_entity: [ANCL]").input(Input::Orm(orm("NW", PLACER, "P1", 1)))).0,
        "accepted",
        "LIFE-MAP-01"
    );
    let stranger = agreed("parent_entity: [OTHER]").input(Input::Orm(orm("NW", PLACER, "P1", 1)));
    assert_eq!(refused(&stranger).0, "AR", "LIFE-MAP-01, ORM-KEY-003");
}

#[test]
fn demographics_are_kept_only_if_agreed_life_map_11() {
    let phone = |field: &str| {
        let message = orm_with("|4254445555|", &format!("|{field}|"));
        result_of(Rig::option("orm.map_demographics", "true"), message)["Patient"]["Phone"].clone()
    };
    assert_eq!(phone("4254445555"), "4254445555", "LIFE-MAP-11: PID-13.1");
    assert_eq!(phone("^^PH^^^425^4445555"), "4254445555", "LIFE-MAP-11: else .6 and .7");
    assert_eq!(phone(""), Value::Null, "LIFE-MAP-11");
    // LIFE-MAP-09, LIFE-MAP-13: what is no code of IRIS is left out without harm
    let odd = orm_with("|2106-3|", "|W|");
    let result = result_of(Rig::option("orm.map_demographics", "true"), odd);
    assert_eq!(result["Patient"]["LocalId"], "P1", "LIFE-MAP-09, LIFE-MAP-10, LIFE-MAP-12, LIFE-MAP-13");
}

#[test]
fn the_hl7_results_carry_what_the_orm_brought() {
    let mut rig = Rig::new();
    let message = String::from_utf8(orm("NW", PLACER, "P1", 1)).unwrap().replace("|T|2.3", "|P|2.3");
    let message = message.replace("OBR|1||", "OBR|1|99^EPC|") + "DG1|2|ICD10|H40.9^Glaucoma^I10|Glaucoma\r";
    rig.input(Input::Orm(message.into_bytes()));
    let out = grade(&mut rig, "Mild");
    let (oru, dft) = (out.content(Kind::Oru), out.content(Kind::Dft));
    assert_eq!(field(&oru, "MSH", 11), "T", "LIFE-MAP-02: of the environment");
    assert_eq!(field(&oru, "MSH", 12), "2.3", "LIFE-MAP-03");
    assert_eq!(field(&dft, "MSH", 12), "2.3", "LIFE-MAP-03");
    assert_eq!(field(&oru, "ORC", 2).split('^').next(), Some(PLACER), "LIFE-MAP-17: ORC-2.1, not OBR-2.1");
    assert_eq!(field(&oru, "OBR", 4), "92250^FUNDUS PHOTOGRAPHY^EAP", "LIFE-MAP-24");
    assert_eq!(field(&oru, "PID", 18), "1234", "LIFE-MAP-14, ORM-KEY-004");
    assert!(!field(&dft, "FT1", 23).contains("EPC"), "LIFE-MAP-18: {}", field(&dft, "FT1", 23));
    let list = field(&dft, "FT1", 19);
    let codes: Vec<_> = list.split('~').map(|dx| dx.split('^').next().unwrap()).collect();
    assert_eq!(codes, ["E11.41", "H40.9", "E11.3291"], "LIFE-MAP-25: all DG1, DFT-DX-003");
    assert_eq!(out.json()["Gradings"]["DxCodes"], json!(["E113291"]), "ICD-042");

    let mut rig = Rig::new();
    rig.input(Input::Orm(orm_with("|T|2.3", "|T|")));
    // VER-002
    assert_eq!(field(&grade(&mut rig, "None").content(Kind::Oru), "MSH", 12), "2.4", "LIFE-MAP-03");
}

#[test]
fn the_social_security_number_is_nowhere_life_map_15() {
    let mut rig = Rig::with(|organization| {
        organization.settings = serde_yaml::from_str(
            "{ events.for_hl7: true, orm.map_demographics: true, deliver.file: true, results.library_fields: true }",
        )
        .unwrap();
    });
    let mut outputs = rig.input(Input::Orm(orm("NW", PLACER, "P1", 1))).0;
    outputs.extend(grade(&mut rig, "Severe").0);
    outputs.extend(rig.request(&json_of("ResendResult")).0);
    assert!(outputs.len() > 10, "{outputs:?}");
    for out in outputs {
        let bytes = match &out {
            Output::Delivery(delivery) => String::from_utf8_lossy(&delivery.content).into_owned(),
            Output::Result(result) => serde_json::to_string(result).unwrap(),
            other => format!("{other:?}"),
        };
        assert!(!bytes.contains("111-22-3333") && !bytes.contains("111223333"), "LIFE-MAP-15, DFT-PID-19: {bytes}");
    }
}

#[test]
fn unmapped_codes_are_refused_and_mapped_ones_act_life_050() {
    for code in ["XO", "XR", "CR", "ZZ", "ResendResult"] {
        let mut rig = Rig::new();
        rig.orm("NW", PLACER, "P1");
        let (ack, error, _) = refused(&rig.orm(code, PLACER, "P1"));
        assert_eq!(
            (ack.as_str(), error),
            ("AE", 103),
            "LIFE-050, ORM-OC-XO, ORM-OC-XR, ORM-OC-CR, ORM-OC-OTHER: {code}"
        );
        assert_eq!(rig.state(PLACER), Some(State::AwaitingImages), "LIFE-050: {code}");
    }
    for (code, outcome) in [("XO", "changed"), ("XR", "changed"), ("CA", "cancelled"), ("CR", "cancelled")] {
        let mut rig = Rig::with(changes);
        rig.orm("NW", PLACER, "P1");
        assert_eq!(accepted(&rig.orm(code, PLACER, "P1")), (outcome, 1_224_035), "LIFE-050, LIFE-MAP-16: {code}");
    }
}

#[test]
fn the_same_orm_again_is_a_repeat_in_every_state_life_018() {
    let mut rig = Rig::new();
    let message = orm("NW", PLACER, "P1", 77);
    assert_eq!(accepted(&rig.input(Input::Orm(message.clone()))), ("accepted", 1_224_035), "LIFE-SM-01: AA");
    let again = |rig: &mut Rig, when: &str| {
        let state = rig.state(PLACER);
        let out = rig.input(Input::Orm(message.clone()));
        assert_eq!((accepted(&out), out.0.len()), (("repeated", 1_224_035), 1), "LIFE-018, CON-034: {when}");
        assert_eq!(rig.state(PLACER), state, "LIFE-018: {when}");
    };
    again(&mut rig, "awaiting images");
    rig.images(PLACER);
    again(&mut rig, "queued");
    rig.control(PLACER, Control::CheckOut);
    again(&mut rig, "checked out");
    rig.grading(&set(normal(PLACER), "/Site/LocalId", json!(SITE)));
    again(&mut rig, "complete: no new order as by LIFE-016");

    assert_eq!(accepted(&rig.orm("NW", PLACER, "P1")), ("accepted", 1_224_036), "LIFE-016: another MSH-10");
    let out = rig.orm("NW", PLACER, "P1");
    assert_eq!(accepted(&out), ("repeated", 1_224_036), "LIFE-015, LIFE-SM-07: AA, one order");
    let cancel = orm("CA", PLACER, "P1", 90);
    rig.input(Input::Orm(cancel.clone()));
    let out = rig.input(Input::Orm(cancel));
    assert_eq!(accepted(&out).0, "repeated", "LIFE-018: a cancellation too");
}

#[test]
fn what_the_life_cycle_forbids_is_refused_with_ar() {
    let mut rig = Rig::with(changes);
    assert_eq!(refused(&rig.orm("CA", PLACER, "P1")), ("AR".into(), 204, "ORM-NEG-801"), "LIFE-SM-27");
    assert_eq!(refused(&rig.orm("XO", PLACER, "P1")), ("AR".into(), 204, "ORM-NEG-803"), "LIFE-SM-25");
    rig.orm("NW", PLACER, "P1");
    assert_eq!(refused(&rig.orm("NW", PLACER, "P2")), ("AR".into(), 205, "ORM-NEG-804"), "LIFE-017");
    grade(&mut rig, "None");
    refused(&rig.orm("CA", PLACER, "P1")); // ORM-NEG-802: no effect; the answer is a PROBE
    assert_eq!(rig.state(PLACER), Some(State::Complete), "ORM-NEG-802, LIFE-046");
    refused(&rig.orm("XO", PLACER, "P1"));
    assert_eq!(rig.state(PLACER), Some(State::Complete), "ORM-NEG-803, LIFE-038");
}

#[test]
fn a_refused_orm_is_no_repeat_when_it_is_sent_again_life_018() {
    let mut rig = Rig::new();
    let cancel = orm("CA", PLACER, "P1", 50);
    refused(&rig.input(Input::Orm(cancel.clone())));
    rig.orm("NW", PLACER, "P1");
    assert_eq!(accepted(&rig.input(Input::Orm(cancel))).0, "cancelled", "LIFE-018: it is judged anew");
}

#[test]
fn hl7_orders_give_events_only_if_agreed_life_073() {
    for (value, agreed) in [("false", false), ("true", true)] {
        let mut rig = Rig::option("events.for_hl7", value);
        let mut kinds = rig.orm("NW", PLACER, "P1").kinds();
        kinds.extend(rig.image(PLACER, "OD").kinds());
        let out = grade(&mut rig, "None");
        kinds.extend(out.kinds());
        let delivery = out.deliveries()[0].id;
        kinds.extend(rig.input(Input::Outcome { delivery, accepted: true, at: rig.clock.now() }).kinds());
        rig.orm("NW", "B1", "P1");
        kinds.extend(rig.orm("CA", "B1", "P1").kinds());
        let all = [
            "OrderCreationReceipt",
            "ImageReceipt",
            "GradingReceipt",
            "OrderGradedEvent",
            "ResultsDeliveryReceipt",
            "OrderCancelled",
        ];
        assert_eq!(kinds, if agreed { all.to_vec() } else { vec![] }, "LIFE-073: {value}");
    }
}

#[test]
fn an_hl7_order_is_charged_once_dft_gen_001() {
    let mut rig = Rig::with(changes);
    rig.orm("NW", PLACER, "P1");
    assert_eq!(grade(&mut rig, "None").delivered(), [Kind::Oru, Kind::Dft], "DFT-GEN-001, DFT-GEN-004");
    let regrade = || Control::Regrade(Box::new(results::grading_by_name("mild retinopathy in the right eye").unwrap()));
    let mut later = rig.control(PLACER, regrade()).delivered();
    later.extend(rig.request(&json_of("ResendResult")).delivered());
    later.extend(rig.orm("CA", PLACER, "P1").delivered());
    later.extend(rig.input(Input::Orm(orm("NW", PLACER, "P1", 1))).delivered());
    assert_eq!(later, [Kind::Oru, Kind::Oru], "DFT-GEN-001, DFT-GEN-008, DFT-GEN-009, DFT-GEN-010");
}

#[test]
fn json_changes_an_hl7_order() {
    // in place (LIFE-041), and by a new order (LIFE-042)
    for queued in [false, true] {
        let mut rig = Rig::new();
        let message =
            String::from_utf8(orm("NW", PLACER, "P1", 1)).unwrap() + "DG1|2|ICD10|H40.9^Glaucoma^I10|Glaucoma\r";
        rig.input(Input::Orm(message.into_bytes()));
        if queued {
            rig.images(PLACER);
        }
        let mut change = json_of("XO");
        change["Patient"] = json!({ "LocalId": "P1", "Name": { "First": "JANE", "Last": "ROE" }, "Dob": "1960-01-02",
                                    "Genders": [{ "Context": "BirthGender", "Gender": "F" }] });
        change["Order"]["EncounterNumber"] = json!("E9");
        assert_eq!(rig.request(&change).kinds(), [""; 0], "LIFE-044, LIFE-073");
        let out = grade(&mut rig, "Mild");
        let (oru, dft) = (out.content(Kind::Oru), out.content(Kind::Dft));
        assert_eq!(field(&oru, "PID", 5), "ROE^JANE", "LIFE-040, LIFE-007");
        assert_eq!((field(&oru, "PID", 7), field(&oru, "PID", 8)), ("19600102".into(), "F".into()), "LIFE-040");
        assert_eq!(field(&oru, "PID", 18), "E9", "LIFE-040");
        assert_eq!(field(&oru, "MSH", 12), "2.3", "LIFE-MAP-03: kept on the order");
        assert_eq!(
            field(&oru, "OBR", 4),
            "92250^FUNDUS PHOTOGRAPHY^EAP",
            "LIFE-040, LIFE-MAP-24: absent, so unchanged"
        );
        assert_eq!(field(&oru, "OBR", 16).split('^').next(), Some("OP0001"), "LIFE-040: absent, so unchanged");
        let list = field(&dft, "FT1", 19);
        let codes: Vec<_> = list.split('~').map(|dx| dx.split('^').next().unwrap()).collect();
        assert_eq!(codes, ["E11.41", "H40.9", "E11.3291"], "LIFE-MAP-25, LIFE-040: absent, so unchanged");
        assert_eq!(field(&dft, "FT1", 25).split('^').next(), Some("92250"), "DFT-FT1-25: absent, so unchanged");
    }
}

#[test]
fn json_changes_what_only_hl7_messages_carry() {
    let mut rig = Rig::new();
    rig.orm("NW", PLACER, "P1");
    let mut change = json_of("XO");
    change["Patient"]["DxCode"] = json!("E10.9");
    change["Order"]["CPTCode"] = json!({ "Code": "92228", "Description": "Remote imaging" });
    change["OrderingProvider"] = json!({ "NPI": "1999999999", "Name": { "First": "Ann", "Last": "Lee" } });
    rig.request(&change);
    let out = grade(&mut rig, "Mild");
    let (oru, dft) = (out.content(Kind::Oru), out.content(Kind::Dft));
    assert_eq!(out.json()["Gradings"]["DxCodes"], json!(["E103291"]), "LIFE-040, ICD-001");
    assert_eq!(field(&oru, "OBR", 16).split('^').next(), Some("1999999999"), "LIFE-040");
    assert_eq!(field(&dft, "FT1", 25).split('^').next(), Some("92228"), "LIFE-040");
    assert_eq!(out.json()["Cpt"]["Code"], "92228", "LIFE-040");
}

#[test]
fn json_cancels_and_repeats_an_hl7_order() {
    let mut rig = Rig::new();
    rig.orm("NW", PLACER, "P1");
    let repeat = set(json_of("NW"), "/Patient/LocalId", json!("P1"));
    assert_eq!(rig.request(&repeat).0, [], "LIFE-015: no second order; LIFE-073: no event");
    rig.request(&json_of("CA"));
    assert_eq!(rig.state(PLACER), Some(State::OrderCancelled), "LIFE-035, LIFE-SM-26");
    assert_eq!(refused(&rig.orm("CA", PLACER, "P1")).1, 204, "LIFE-SM-27");
    let other = set(nw_of("B1", "P1"), "/Site/LocalId", json!(SITE));
    rig.request(&other);
    assert_eq!(rig.orm("NW", PLACER, "P1").kinds(), ["OrderCancelled"], "LIFE-SM-06: of the JSON order");
    assert_eq!(rig.state("B1"), Some(State::OrderCancelled), "LIFE-014");
}

#[test]
fn hl7_changes_and_cancels_a_json_order() {
    let both = ["DR", "SP"];
    let mut rig = Rig::with(changes);
    let mut request = set(nw_of(PLACER, "P1"), "/Site/LocalId", json!(SITE));
    request["Order"]["EvaluationTypes"] = json!(both);
    request["Patient"]["Phone"] = json!("111");
    rig.request(&request);
    assert_eq!(accepted(&rig.orm("XO", PLACER, "P2")), ("changed", 1_224_035), "LIFE-041, LIFE-050");
    let out = grade(&mut rig, "None");
    assert_eq!(out.kinds(), ["GradingReceipt", "OrderGradedEvent"], "LIFE-073: it came as JSON");
    let (result, oru) = (out.json(), out.content(Kind::Oru));
    assert_eq!(result["Patient"]["Name"], json!({ "First": "JOHN", "Last": "DOE" }), "LIFE-040");
    assert_eq!(result["Patient"]["Phone"], "111", "LIFE-040: absent, so unchanged");
    assert_eq!(result["Patient"]["LocalId"], "P1", "LIFE-039");
    assert_eq!(result["Order"]["EvaluationTypes"], json!(both), "LIFE-039");
    assert_eq!((field(&oru, "PID", 3).as_str(), oru.contains("P2")), ("P1", false), "LIFE-039: {oru}");

    let mut rig = Rig::with(changes);
    rig.request(&set(nw_of(PLACER, "P1"), "/Site/LocalId", json!(SITE)));
    let out = rig.orm("CA", PLACER, "P1");
    assert_eq!(accepted(&out).0, "cancelled", "LIFE-SM-26: AA");
    assert_eq!(out.kinds(), ["OrderCancelled"], "LIFE-EV-02: the order came as JSON");
}

#[test]
fn the_types_of_a_json_order_outlive_an_orm_that_changes_it_life_039() {
    let mut rig = Rig::with(changes);
    let request = set(nw_of(PLACER, "P1"), "/Site/LocalId", json!(SITE));
    rig.request(&set(request, "/Order/EvaluationTypes", json!(["Glaucoma"])));
    rig.orm("XO", PLACER, "P1");
    rig.images(PLACER);
    let glaucoma =
        |result: &str| json!({ "Gradable": true, "Findings": [{ "Finding": "Glaucoma", "Result": result }] });
    let grading = set(submission(PLACER, glaucoma("Positive"), glaucoma("None")), "/Site/LocalId", json!(SITE));
    let out = rig.grading(&grading);
    assert_eq!(out.json()["Gradings"]["CarePlanName"], "Severe Pathology", "LIFE-039, EVL-02, CPL-D04");
    let oru = out.content(Kind::Oru);
    assert!(!oru.contains("Diabetic"), "LIFE-039: a glaucoma exam says nothing of diabetes: {oru}");
}

#[test]
fn a_json_order_shows_in_hl7_as_its_properties_say_dft_gen_011() {
    let mut rig = Rig::new();
    let mut request = nw(PLACER);
    request["Order"]["EncounterNumber"] = json!("E1");
    request["Order"]["CPTCode"] = json!("57554");
    request["Order"]["OrderableIdentifier"] = json!("OPH^112");
    request["OrderingProvider"] =
        json!({ "NPI": "1999999999", "Name": { "First": "Ann", "Last": "Lee" }, "Degrees": "OD" });
    request["Patient"]["Genders"] =
        json!([{ "Context": "BirthGender", "Gender": "X" }, { "Context": "IdentityGender", "Gender": "F" }]);
    rig.request(&request);
    rig.images(PLACER);
    let out = rig.grading(&normal(PLACER));
    let (oru, dft) = (out.content(Kind::Oru), out.content(Kind::Dft));
    assert_eq!(field(&oru, "MSH", 12), "2.4", "VER-002");
    assert_eq!(field(&oru, "PID", 8), "F", "LIFE-MAP-08: BirthGender is neither M nor F");
    assert_eq!(field(&oru, "PID", 18), "E1", "DFT-GEN-011");
    assert_eq!(field(&oru, "OBR", 4), "OPH\\S\\112", "LIFE-MAP-24 in reverse");
    assert_eq!(
        field(&oru, "OBR", 16).split('^').take(3).collect::<Vec<_>>(),
        ["1999999999", "Lee", "Ann"],
        "LIFE-MAP-21"
    );
    assert_eq!(field(&dft, "FT1", 25).split('^').next(), Some("57554"), "DFT-GEN-011");
}
