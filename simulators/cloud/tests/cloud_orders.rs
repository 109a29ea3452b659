//! Orders through the front door: what comes back, and what the cloud keeps.

mod cloud_support;

use cloud::Kind;
use cloud_support::{CANCEL_ORDER, HL7, INSTALLATION, NEW_ORDER, PLACER, Rig};
use reqwest::Method;
use serde_json::json;

/// 02-mllp-and-ack, section 2.2.
const ACCEPTED: &[u8] = b"MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7001|T|2.4\rMSA|AA|254\r";

fn grading() -> results::Grading {
    results::grading_by_name("normal in both eyes").unwrap()
}

#[tokio::test]
async fn con_030_con_031_an_order_is_kept_byte_for_byte_and_answered_with_an_acknowledgement() {
    let rig = Rig::start().await;
    let answer = rig.api().await.order(NEW_ORDER).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["Content-Type"], "x-application/hl7-v2+er7");
    assert_eq!(answer.bytes().await.unwrap(), ACCEPTED);
    assert_eq!(rig.facts("order.accepted"), [(PLACER.to_owned(), json!({ "filler": 273_013 }))]);
    let submissions = rig.cloud.submissions();
    assert_eq!(submissions.len(), 1);
    assert_eq!((&submissions[0].content[..], &submissions[0].ack[..]), (NEW_ORDER, ACCEPTED));
}

#[tokio::test]
async fn con_031_an_order_that_breaks_a_rule_is_answered_200_with_a_negative_acknowledgement() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let text = String::from_utf8(NEW_ORDER.to_vec()).unwrap();
    let ack = api.submit(text.replace("|DOE^JOHN|", "||").as_bytes()).await; // PID-5, required
    let ack = String::from_utf8(ack).unwrap();
    assert!(ack.starts_with("MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7001|T|2.4\rMSA|AE|254|"), "{ack}");
    let ack = api.submit(b"\xff\xfe no HL7").await;
    assert!(!ack.windows(6).any(|w| w == b"MSA|AA"), "{}", String::from_utf8_lossy(&ack));
    assert_eq!(rig.facts("order.refused").len(), 2);
    assert!(rig.cloud.grade(PLACER, &grading()).is_err(), "no order was made");
}

#[tokio::test]
async fn con_030_a_request_with_a_wrong_header_is_refused_and_holds_no_order() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let id = "4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11";
    let cases = [
        (Some("application/octet-stream"), Some(INSTALLATION), Some(id)),
        (None, Some(INSTALLATION), Some(id)),
        (Some(HL7), Some("another-clinic"), Some(id)),
        (Some(HL7), None, Some(id)),
        (Some(HL7), Some(INSTALLATION), Some("no uuid")),
        (Some(HL7), Some(INSTALLATION), None),
    ];
    for (n, (content_type, installation, correlation)) in cases.into_iter().enumerate() {
        let mut request = api.request(Method::POST, "orders").body(NEW_ORDER);
        let headers =
            [("Content-Type", content_type), ("X-Iris-Installation", installation), ("X-Correlation-Id", correlation)];
        for (name, value) in headers {
            request = value.map_or(request.try_clone().unwrap(), |value| request.header(name, value));
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 400, "case {n}");
        let body: serde_json::Value = answer.json().await.unwrap();
        assert_eq!(body["requirement"], "CON-030", "case {n}");
        let (id, _) = rig.facts("request.refused").pop().unwrap();
        assert_eq!(id, "CON-030");
    }
    assert_eq!(rig.facts("request.refused").len(), 6);
    assert!(rig.cloud.submissions().is_empty());
    let other_spelling = api.request(Method::POST, "orders").body(NEW_ORDER);
    let other_spelling = other_spelling
        .header("content-type", "X-Application/HL7-v2+er7; charset=us-ascii")
        .header("x-iris-installation", INSTALLATION)
        .header("x-correlation-id", id.to_uppercase());
    assert_eq!(other_spelling.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn con_034_an_order_that_comes_again_is_acknowledged_again_and_kept_once() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    assert_eq!(api.submit(NEW_ORDER).await, ACCEPTED);
    let again = b"MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7002|T|2.4\rMSA|AA|254\r";
    assert_eq!(api.submit(NEW_ORDER).await, again);
    assert_eq!(rig.facts("order.accepted").len(), 1);
    assert_eq!(rig.facts("order.repeated"), [(PLACER.to_owned(), json!({ "filler": 273_013 }))]);
    assert_eq!(rig.cloud.submissions().len(), 2);
    rig.cloud.grade(PLACER, &grading()).unwrap();
    assert!(rig.cloud.deliveries().iter().all(|delivery| delivery.filler == 273_013), "a second order was kept");
}

#[tokio::test]
async fn con_031_orm_oc_005_a_cancelled_order_is_not_graded() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    api.submit(NEW_ORDER).await;
    let cancelled = b"MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7002|T|2.4\rMSA|AA|255\r";
    assert_eq!(api.submit(CANCEL_ORDER).await, cancelled);
    assert_eq!(rig.facts("order.cancelled"), [(PLACER.to_owned(), json!({ "filler": 273_013 }))]);
    let error = rig.cloud.grade(PLACER, &grading()).unwrap_err();
    assert_eq!(error.to_string(), "no order that could be graded has the placer order number 2017041006");
    assert!(rig.cloud.deliveries().is_empty());
}

#[tokio::test]
async fn orm_neg_801_a_cancel_of_an_unknown_order_is_rejected_with_code_204() {
    let rig = Rig::start().await;
    let ack = String::from_utf8(rig.api().await.submit(CANCEL_ORDER).await).unwrap();
    assert!(ack.starts_with("MSH|^~\\&||IRIS|EPIC|ANCL|20170410102837||ACK^O01|7001|T|2.4\rMSA|AR|255|"), "{ack}");
    assert!(ack.ends_with("\rERR|ORC^1^2^204\r"), "{ack}");
    assert_eq!(rig.facts("order.refused")[0].1["requirement"], "ORM-NEG-801");
}

#[tokio::test]
async fn a_cloud_that_runs_for_long_keeps_the_newest_up_to_twice_as_many_as_told() {
    let rig = Rig::keeping(Some(2), None).await;
    let api = rig.api().await;
    let text = String::from_utf8(NEW_ORDER.to_vec()).unwrap();
    let placer = |number: u32| format!("{PLACER}{number}");
    let kept = |numbers: &[u32]| -> Vec<bool> {
        numbers.iter().map(|number| rig.cloud.order_state(&placer(*number)).is_some()).collect()
    };
    for number in 1..4 {
        api.submit(text.replace(PLACER, &placer(number)).as_bytes()).await;
    }
    assert_eq!((rig.cloud.submissions().len(), kept(&[1, 2, 3])), (3, vec![true; 3]));
    api.submit(text.replace(PLACER, &placer(4)).as_bytes()).await;
    assert_eq!((rig.cloud.submissions().len(), kept(&[1, 2, 3, 4])), (2, vec![false, false, true, true]));

    // of deliveries those go first that have ended, the others when there are four times as many as told
    let left = || rig.cloud.deliveries().iter().map(|delivery| delivery.content[0]).collect::<Vec<u8>>();
    let prepare = |number| rig.cloud.prepare(Kind::Oru, vec![number]);
    let ended = [0, 1].map(prepare)[1].id;
    let receipt = r#"{"Outcome":"NoAck","Attempts":1,"AckCode":null,"Ack":null,"Reason":"silence"}"#;
    assert_eq!(api.post(&format!("deliveries/{ended}/receipt"), receipt).await.0, 204);
    (2..5).for_each(|number| drop(prepare(number)));
    assert_eq!(left(), [0, 2, 3, 4]);
    (5..9).for_each(|number| drop(prepare(number)));
    assert_eq!(left(), [0, 2, 3, 4, 5, 6, 7, 8]);
    prepare(9);
    assert_eq!(left(), [7, 8, 9]);
    assert!(rig.cloud.requests().await.is_empty(), "requests are not kept at all");
}
