//! The queues of an organization that orders by messages, AMQP without TLS, and tokens of the login service on the bus.

mod cloud_support;

use cloud_support::{Rig, soon};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, MessageId, Properties};
use fe2o3_amqp::types::primitives::{SimpleValue, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use tokio::net::TcpStream;

/// A connection without TLS to the port that a placeholder tells, with the key of a policy.
async fn plain(rig: &Rig, port: &str, policy: &str) -> ConnectionHandle<()> {
    let told = |name: &str| rig.told[name].clone();
    let (username, password) = (told(&format!("{policy}.key_name")), told(&format!("{policy}.key")));
    let address = format!("127.0.0.1:{}", rig.told[port]);
    let stream = soon(TcpStream::connect(address)).await.unwrap();
    let builder = Connection::builder().container_id("test").sasl_profile(SaslProfile::Plain { username, password });
    soon(builder.open_with_stream(stream)).await.unwrap()
}

async fn may_send(connection: &mut ConnectionHandle<()>, queue: &str) -> Result<(), String> {
    let mut session = soon(Session::begin(connection)).await.unwrap();
    soon(Sender::attach(&mut session, "sender", queue)).await.map(drop).map_err(|error| format!("{error:?}"))
}

async fn may_listen(connection: &mut ConnectionHandle<()>, queue: &str) -> Result<(), String> {
    let mut session = soon(Session::begin(connection)).await.unwrap();
    soon(Receiver::attach(&mut session, "receiver", queue)).await.map(drop).map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn life_099_each_policy_of_an_organization_has_one_right_to_one_queue() {
    let rig = Rig::start().await;
    // LIFE-Q-01, LIFE-Q-02, LIFE-Q-03, LIFE-Q-04: the customer's rights; LIFE-100: names without case
    for (queue, sends) in [("orders", true), ("events", false), ("Results", false), ("gradings", true)] {
        let policy = format!("cloud.organization.{}", queue.to_lowercase());
        let mut connection = plain(&rig, "cloud.organization.amqp_port", &policy).await;
        let (send, listen) = (may_send(&mut connection, queue).await, may_listen(&mut connection, queue).await);
        assert_eq!((send.is_ok(), listen.is_ok()), (sends, !sends), "{queue}");
        let refusal = send.and(listen).unwrap_err();
        assert!(refusal.contains("UnauthorizedAccess"), "{refusal}");
        let other = if queue == "orders" { "gradings" } else { "orders" };
        assert!(may_send(&mut connection, other).await.is_err(), "{queue} gives no right to {other}");
    }
}

#[tokio::test]
async fn life_106_the_results_of_an_organization_are_another_entity_than_the_signals_of_the_proxy() {
    let rig = Rig::start().await;
    rig.cloud.organization_bus().send("results", b"{}".to_vec(), "m-1").unwrap();
    assert_eq!(rig.cloud.organization_bus().counts("results").unwrap().active, 1);
    assert_eq!(rig.cloud.bus().counts("results").unwrap().active, 0);
    assert_eq!(rig.cloud.bus().counts("orders"), None);
    assert_eq!(rig.cloud.organization_bus().take("Results"), Some(b"{}".to_vec()));
    assert_eq!(rig.cloud.organization_bus().take("results"), None);
}

#[tokio::test]
async fn con_005_amqp_without_tls_has_a_listener_of_its_own_that_can_be_cut_off() {
    let rig = Rig::start().await;
    assert_ne!(rig.told["cloud.amqp_port"], rig.told["cloud.amqps_port"]);
    let mut connection = plain(&rig, "cloud.amqp_port", "cloud.results_bus").await;
    assert_eq!(may_listen(&mut connection, "results").await, Ok(()));
    assert!(may_send(&mut connection, "results").await.is_err());
    rig.cloud.set_bus_down(true);
    assert!(soon(connection.on_close()).await.is_err());
}

#[tokio::test]
async fn con_011_a_token_of_the_login_service_opens_the_bus_if_it_is_made_for_service_bus() {
    let rig = Rig::start().await;
    for (audience, status) in [("https://servicebus.azure.net/", 202), ("https://storage.azure.com", 401)] {
        let stream = rig.connect(rig.amqps(), "localhost").await.unwrap();
        let builder = Connection::builder().container_id("proxy").sasl_profile(SaslProfile::Anonymous);
        let mut connection = soon(builder.open_with_stream(stream)).await.unwrap();
        let token = rig.token(audience).await;
        assert_eq!(put_jwt(&mut connection, token).await, status, "{audience}");
        assert_eq!(may_listen(&mut connection, "results").await.is_ok(), status == 202, "{audience}");
    }
}

async fn put_jwt(connection: &mut ConnectionHandle<()>, token: String) -> i32 {
    let mut session = soon(Session::begin(connection)).await.unwrap();
    let answers = Receiver::builder().name("answers").source("$cbs").target("answers");
    let mut answers = soon(answers.attach(&mut session)).await.unwrap();
    let mut requests = soon(Sender::attach(&mut session, "requests", "$cbs")).await.unwrap();
    let properties = [("operation", "put-token"), ("type", "jwt"), ("name", "sb://localhost/results")];
    let properties = properties.iter().fold(ApplicationProperties::builder(), |all, (k, v)| all.insert(*k, *v)).build();
    let head = Properties::builder().message_id(MessageId::Ulong(1)).reply_to("answers").build();
    let request = Message::builder().properties(head).application_properties(properties).value(token).build();
    soon(requests.send(request)).await.unwrap().accepted_or("not accepted").unwrap();
    let answer: Delivery<Body<Value>> = soon(answers.recv()).await.unwrap();
    match answer.message().application_properties.as_ref().unwrap().0.get("status-code") {
        Some(SimpleValue::Int(status)) => *status,
        other => panic!("{other:?}"),
    }
}
