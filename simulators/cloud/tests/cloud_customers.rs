//! Several customers on one HL7 link (01-topology, section 8): whose an order is, and whose its results are.

mod cloud_support;

use cloud::Kind;
use cloud::lifecycle::{Organization, Sender, State};
use cloud_support::{CANCEL_ORDER, NEW_ORDER, PLACER, Rig};
use uuid::Uuid;

const FIRST: Uuid = Uuid::from_u128(1);
const SECOND: Uuid = Uuid::from_u128(2);

fn customer(guid: Uuid, facility: &str, receiver: &str) -> Organization {
    let mut customer = Organization::of_proxies(guid);
    customer.senders = vec![Sender { application: "EPIC".to_owned(), facility: facility.to_owned() }];
    customer.order_profile.provider.r#type = "SERDOTON".to_owned();
    customer.results_profile =
        serde_yaml::from_str(&format!("{{ recv_app: {receiver}, recv_fac: {facility}, dft: {{ enabled: off }} }}"))
            .unwrap();
    customer
}

/// A cloud with two customers of the EMR EPIC: ANCL, as in the sample order, and NORTH.
async fn rig() -> Rig {
    Rig::with([customer(FIRST, "ANCL", "ONE"), customer(SECOND, "NORTH", "TWO")]).await
}

/// The sample order or cancellation, sent by a facility.
fn from(facility: &str, message: &[u8]) -> Vec<u8> {
    String::from_utf8(message.to_vec()).unwrap().replacen("|EPIC|ANCL|", &format!("|EPIC|{facility}|"), 1).into_bytes()
}

fn normal() -> results::Grading {
    results::grading_by_name("normal in both eyes").unwrap()
}

async fn submit(rig: &Rig, order: &[u8]) -> String {
    String::from_utf8(rig.api().await.submit(order).await).unwrap()
}

#[tokio::test]
async fn top_095_equal_order_numbers_patients_and_clinics_of_two_customers_are_two_orders() {
    let rig = rig().await;
    for facility in ["ANCL", "NORTH"] {
        let ack = submit(&rig, &from(facility, NEW_ORDER)).await;
        assert!(ack.contains("\rMSA|AA|254\r"), "TOP-095: {ack}");
    }
    let owners: Vec<_> = rig.cloud.submissions().iter().map(|submission| submission.customer).collect();
    assert_eq!(owners, [Some(FIRST), Some(SECOND)], "TOP-095");
    assert_eq!(rig.facts("order.accepted").len(), 2, "TOP-095: none is a repetition of the other");
}

#[tokio::test]
async fn top_096_each_customer_gets_its_own_results_with_its_own_header_values() {
    let rig = rig().await;
    for facility in ["ANCL", "NORTH"] {
        submit(&rig, &from(facility, NEW_ORDER)).await;
    }
    let second = rig.cloud.customer_of(&from("NORTH", NEW_ORDER)).unwrap();
    second.grade(PLACER, &normal()).unwrap();
    let first = rig.cloud.customer_of(NEW_ORDER).unwrap();
    assert_eq!(first.order_state(PLACER), Some(State::AwaitingImages), "TOP-095: the other one was graded");
    first.grade(PLACER, &normal()).unwrap();
    let sent: Vec<(Uuid, Kind, String)> = rig
        .cloud
        .deliveries()
        .iter()
        .map(|made| {
            let header = String::from_utf8_lossy(&made.content).split('|').take(6).collect::<Vec<_>>().join("|");
            (made.customer, made.kind, header)
        })
        .collect();
    let header = |receiver: &str| format!("MSH|^~\\&|IRIS|IRIS|{receiver}");
    let expected = [(SECOND, Kind::Oru, header("TWO|NORTH")), (FIRST, Kind::Oru, header("ONE|ANCL"))];
    assert_eq!(sent, expected, "TOP-096");
}

#[tokio::test]
async fn top_095_a_cancellation_is_that_of_its_own_customer() {
    let rig = rig().await;
    for facility in ["ANCL", "NORTH"] {
        submit(&rig, &from(facility, NEW_ORDER)).await;
    }
    submit(&rig, &from("NORTH", CANCEL_ORDER)).await;
    let state = |facility| rig.cloud.customer_of(&from(facility, NEW_ORDER)).unwrap().order_state(PLACER);
    assert_eq!(state("NORTH"), Some(State::OrderCancelled), "TOP-095");
    assert_eq!(state("ANCL"), Some(State::AwaitingImages), "TOP-095");
}

#[tokio::test]
async fn top_094_an_order_of_an_unknown_sender_is_nobodys() {
    let rig = rig().await;
    let cases = [
        ("|EPIC|SOUTH|", "MSA|AR|254|", "ORM-NEG-113"),
        ("|OCHIN|ANCL|", "MSA|AR|254|", "TOP-095: both fields count"),
        ("|EPIC||", "MSA|AE|254|", "ORM-NEG-112"),
    ];
    for (sender, answer, why) in cases {
        let order = String::from_utf8(NEW_ORDER.to_vec()).unwrap().replacen("|EPIC|ANCL|", sender, 1);
        let ack = submit(&rig, order.as_bytes()).await;
        assert!(ack.contains(answer), "{why}: {ack}");
        assert!(rig.cloud.customer_of(order.as_bytes()).is_none(), "TOP-094: {sender}");
    }
    assert!(rig.facts("order.accepted").is_empty(), "ORM-KEY-003");
    let requirements: Vec<_> = rig.facts("order.refused").iter().map(|(_, data)| data["requirement"].clone()).collect();
    assert_eq!(requirements, ["ORM-KEY-003", "ORM-KEY-003", "ORM-MSH-4"]);
}

#[tokio::test]
async fn top_095_a_cloud_with_one_customer_without_senders_takes_every_order() {
    let rig = Rig::start().await;
    let ack = submit(&rig, &from("ANYBODY", NEW_ORDER)).await;
    assert!(ack.contains("\rMSA|AA|254\r"), "{ack}");
}
