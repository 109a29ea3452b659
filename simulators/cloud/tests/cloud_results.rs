//! Deliveries, claims, receipts and heartbeats, as a proxy asks for them.

mod cloud_support;

use std::collections::HashSet;

use cloud::Kind;
use cloud_support::{Api, INSTALLATION, NEW_ORDER, PLACER, Rig};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn con_041_a_delivery_is_fetched_byte_for_byte_until_it_is_withdrawn() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let content: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect(); // every byte value, many portions
    let delivery = rig.cloud.prepare(Kind::Mdm, content.clone());
    let path = format!("deliveries/{}", delivery.id);
    let answer = api.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["Content-Type"], "x-application/hl7-v2+er7");
    assert!(answer.bytes().await.unwrap() == content, "the bytes are others");
    assert_eq!(rig.facts("delivery.fetched"), [(delivery.id.to_string(), json!({ "kind": "MDM", "filler": 1 }))]);

    rig.cloud.withdraw(delivery.id);
    for gone in [path, format!("deliveries/{UNKNOWN}"), "deliveries/no-uuid".to_owned()] {
        assert_eq!(api.status(Method::GET, &gone).await, 404, "{gone}");
        assert_eq!(api.status(Method::POST, &format!("{gone}/claim")).await, 404, "{gone}");
        let receipt = r#"{"Outcome":"NoAck","Attempts":1,"AckCode":null,"Ack":null,"Reason":"silence"}"#;
        assert_eq!(api.post(&format!("{gone}/receipt"), receipt).await.0, 404, "{gone}");
    }
}

#[tokio::test]
async fn con_031_con_041_a_graded_order_becomes_a_result_and_then_a_charge() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    api.submit(NEW_ORDER).await;
    rig.cloud.grade(PLACER, &results::grading_by_name("normal in both eyes").unwrap()).unwrap();
    let deliveries = rig.cloud.deliveries();
    let kinds: Vec<Kind> = deliveries.iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, [Kind::Oru, Kind::Dft]); // DFT-GEN-004
    for (delivery, event) in deliveries.iter().zip(["ORU^R01", "DFT^P03"]) {
        let path = format!("deliveries/{}", delivery.id);
        let content = api.request(Method::GET, &path).send().await.unwrap().bytes().await.unwrap();
        let content = String::from_utf8(content.to_vec()).unwrap();
        assert!(content.starts_with("MSH|^~\\&|"), "{content}");
        assert_eq!(content.split('|').nth(8), Some(event));
        assert!(content.contains("ITCC20170410"), "it is about the patient of the order");
    }
}

/// The kinds of all deliveries made so far, and their control ids.
fn made(rig: &Rig) -> (Vec<Kind>, Vec<String>) {
    let deliveries = rig.cloud.deliveries();
    let id = |content: &[u8]| String::from_utf8_lossy(content.split(|b| *b == b'|').nth(9).unwrap()).into_owned();
    deliveries.iter().map(|delivery| (delivery.kind, id(&delivery.content))).unzip()
}

#[tokio::test]
async fn dft_gen_008_dft_gen_009_a_regrade_and_a_resend_bring_results_but_no_second_charge() {
    let rig = Rig::start().await;
    rig.api().await.submit(NEW_ORDER).await;
    let normal = results::grading_by_name("normal in both eyes").unwrap();
    assert_eq!(
        rig.cloud.resend(PLACER).unwrap_err().to_string(),
        format!("the order with placer order number {PLACER} has no results yet")
    );
    rig.cloud.grade(PLACER, &normal).unwrap();
    rig.cloud.grade(PLACER, &normal).unwrap();
    rig.cloud.resend(PLACER).unwrap();
    assert_eq!(made(&rig).0, [Kind::Oru, Kind::Dft, Kind::Oru, Kind::Oru]);
    assert!(rig.cloud.report(PLACER).unwrap().starts_with(b"%PDF-"));
    assert!(rig.cloud.resend("unknown").is_err());
}

#[tokio::test]
async fn dft_msh_10_u_with_delay_no_two_messages_share_a_second() {
    let rig = Rig::start().await;
    rig.api().await.submit(NEW_ORDER).await;
    let normal = results::grading_by_name("normal in both eyes").unwrap();
    let profile = "{ msh10_collision: delay, dft: { msh10_collision: delay } }";
    rig.cloud.set_results_profile(serde_yaml::from_str(profile).unwrap());
    rig.cloud.grade(PLACER, &normal).unwrap();
    rig.cloud.grade(PLACER, &normal).unwrap();
    let (_, ids) = made(&rig);
    assert_eq!(ids.len(), 3);
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}"); // ORU-OPT-38
}

#[tokio::test]
async fn con_042_a_delivery_is_claimed_once_however_many_ask_at_the_same_time() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let delivery = rig.cloud.prepare(Kind::Dft, b"MSH|".to_vec());
    let path = format!("deliveries/{}/claim", delivery.id);
    let claims = (0..20).map(|_| api.status(Method::POST, &path));
    let mut statuses = futures::future::join_all(claims).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [&[200][..], &[409; 19]].concat());
    assert_eq!(api.status(Method::POST, &path).await, 409);
    assert_eq!((rig.facts("delivery.claimed").len(), rig.facts("delivery.claim_refused").len()), (1, 20));

    let taken = rig.cloud.prepare(Kind::Dft, b"MSH|".to_vec());
    rig.cloud.claim_for_another(taken.id);
    assert_eq!(api.status(Method::POST, &format!("deliveries/{}/claim", taken.id)).await, 409);
}

/// Posts each body; all get this status, and a refused one names the requirement.
async fn post_all(rig: &Rig, api: &Api, path: &str, bodies: &[&str], requirement: Option<&str>) {
    for body in bodies {
        let (status, answer) = api.post(path, body).await;
        match requirement {
            None => assert_eq!((status, answer.as_str()), (204, ""), "{body}"),
            Some(requirement) => {
                assert_eq!(status, 400, "{body}");
                assert!(answer.contains(requirement), "{body}: {answer}");
                assert_eq!(rig.facts("request.refused").pop().unwrap().0, requirement);
            }
        }
    }
}

#[tokio::test]
async fn con_044_a_receipt_of_the_documented_shape_is_taken_and_any_other_is_refused() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let delivery = rig.cloud.prepare(Kind::Oru, b"MSH|".to_vec());
    let path = format!("deliveries/{}/receipt", delivery.id);
    let good = [
        r#"{"Outcome":"Accepted","Attempts":1,"AckCode":"AA","Ack":"TVNIfA==","Reason":null}"#,
        r#"{"Outcome":"Rejected","Attempts":3,"AckCode":"AE","Ack":"TVNIfA==","Reason":"AE three times"}"#,
        r#"{"Outcome":"MalformedAck","Attempts":3,"AckCode":null,"Ack":"eA==","Reason":"no MSH"}"#,
        r#"{"Outcome":"NoAck","Attempts":3,"AckCode":null,"Ack":null,"Reason":"silence"}"#,
        r#"{"Outcome":"NotSent","Attempts":0,"AckCode":null,"Ack":null,"Reason":"no connection"}"#,
    ];
    post_all(&rig, &api, &path, &good, None).await;
    let receipts = rig.facts("delivery.receipt");
    assert_eq!(receipts.len(), 5);
    let expected = json!({ "Outcome": "Accepted", "Attempts": 1, "AckCode": "AA", "Ack": "TVNIfA==", "Reason": null });
    assert_eq!(receipts[0], (delivery.id.to_string(), expected));

    let bad = [
        "",
        "no JSON",
        "[]",
        r#"{"Outcome":"Lost","Attempts":1,"AckCode":null,"Ack":null,"Reason":null}"#,
        r#"{"outcome":"Accepted","attempts":1,"ackCode":"AA","ack":null,"reason":null}"#,
        r#"{"Outcome":"Accepted","Attempts":-1,"AckCode":"AA","Ack":null,"Reason":null}"#,
        r#"{"Outcome":"Accepted","Attempts":"1","AckCode":"AA","Ack":null,"Reason":null}"#,
        r#"{"Attempts":1,"AckCode":"AA","Ack":null,"Reason":null}"#,
        r#"{"Outcome":"Accepted","AckCode":"AA","Ack":null,"Reason":null}"#,
        r#"{"Outcome":"Accepted","Attempts":1,"AckCode":"AA","Ack":"MSH|","Reason":null}"#, // no base64
        r#"{"Outcome":"Accepted","Attempts":1,"AckCode":"AA","Ack":null,"Reason":null,"Patient":"x"}"#,
    ];
    post_all(&rig, &api, &path, &bad, Some("CON-044")).await;
    assert_eq!(rig.facts("delivery.receipt").len(), 5);
}

#[tokio::test]
async fn con_051_a_heartbeat_of_the_documented_shape_is_taken_and_any_other_is_refused() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let path = format!("proxies/{INSTALLATION}/heartbeat");
    let good = [
        r#"{"Version":"1.0","StartedAt":"2017-04-10T10:28:37Z","Id":null}"#,
        r#"{"Version":"1.0","StartedAt":"2017-04-10T12:28:37.123+02:00","Id":"4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11"}"#,
    ];
    post_all(&rig, &api, &path, &good, None).await;
    let beats = rig.facts("proxy.heartbeat");
    assert_eq!(beats.len(), 2);
    let expected = json!({ "Version": "1.0", "StartedAt": "2017-04-10T10:28:37Z", "Id": null });
    assert_eq!(beats[0], (INSTALLATION.to_owned(), expected));
    let bad = [
        "",
        r#"{"StartedAt":"2017-04-10T10:28:37Z","Id":null}"#,
        r#"{"Version":"1.0","StartedAt":"yesterday","Id":null}"#,
        r#"{"Version":1,"StartedAt":"2017-04-10T10:28:37Z","Id":null}"#,
        r#"{"Version":"1.0","StartedAt":"2017-04-10T10:28:37Z","Id":"7"}"#,
        r#"{"Version":"1.0","StartedAt":"2017-04-10T10:28:37Z","Id":null,"Host":"x"}"#,
    ];
    post_all(&rig, &api, &path, &bad, Some("CON-051")).await;
    post_all(&rig, &api, "proxies/another-clinic/heartbeat", &good, Some("CON-051")).await;
    assert_eq!(rig.facts("proxy.heartbeat").len(), 2);
}

#[tokio::test]
async fn con_041_deliveries_of_one_scenario_have_ids_of_their_own() {
    let rig = Rig::start().await;
    let ids: HashSet<Uuid> = (0..100).map(|_| rig.cloud.prepare(Kind::Oru, Vec::new()).id).collect();
    assert_eq!(ids.len(), 100);
}
