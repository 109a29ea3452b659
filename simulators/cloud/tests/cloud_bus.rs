//! The queues through the front door, with another AMQP library's client over TLS.

mod cloud_support;

use cloud::Kind;
use cloud_support::{INSTALLATION, NEW_ORDER, PLACER, Rig, soon};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::ReceiverSettleMode;
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, MessageId, Properties};
use fe2o3_amqp::types::primitives::{SimpleValue, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use journal::{Direction, Link, What};
use uuid::Uuid;

/// A receiver on a queue under a host name; the connection goes when the first part is dropped.
async fn receiver(
    rig: &Rig,
    host: &str,
    key: &str,
    queue: &str,
) -> (ConnectionHandle<()>, SessionHandle<()>, Receiver) {
    let mut connection = rig.bus(host, key).await.unwrap();
    let mut session = soon(Session::begin(&mut connection)).await.unwrap();
    let builder = Receiver::builder().name("proxy").source(queue).receiver_settle_mode(ReceiverSettleMode::Second);
    let receiver = soon(builder.attach(&mut session)).await.unwrap();
    (connection, session, receiver)
}

async fn next(receiver: &mut Receiver) -> (Delivery<Body<Value>>, String) {
    let delivery: Delivery<Body<Value>> = soon(receiver.recv()).await.unwrap();
    let body = delivery.body().try_as_data().unwrap().flat_map(|data| data.iter().copied()).collect();
    (delivery, String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn con_040_a_signal_names_the_delivery_under_the_names_of_the_namespace_and_localhost() {
    let rig = Rig::start().await;
    for host in [
        "iris-clientresults-qa.servicebus.windows.net",
        "iris-clientresults-prodb.servicebus.windows.net",
        "localhost",
        "127.0.0.1",
    ] {
        let delivery = rig.cloud.prepare(Kind::Dft, b"MSH|".to_vec());
        rig.cloud.signal(&delivery).unwrap();
        let (mut connection, mut session, mut results) = receiver(&rig, host, "results", "results").await;
        let (signal, body) = next(&mut results).await;
        assert_eq!(body, format!(r#"{{"DeliveryId":"{}","Kind":"DFT","IrisOrderId":1}}"#, delivery.id), "{host}");
        let properties = signal.message().properties.clone().unwrap();
        assert_eq!(properties.message_id, Some(MessageId::String(delivery.id.to_string())));
        assert_eq!(properties.content_type.unwrap().as_str(), "application/json");
        soon(results.accept(&signal)).await.unwrap();
        let id = delivery.id.to_string();
        let completed = |events: &[journal::Event]| {
            let facts = cloud_support::facts(events, "queue.completed");
            facts.iter().any(|(completed, _)| *completed == id).then_some(())
        };
        rig.seen(completed).await;
        soon(results.close()).await.unwrap();
        soon(session.end()).await.unwrap();
        soon(connection.close()).await.unwrap();
    }
}

#[tokio::test]
async fn con_040_a_grading_is_signalled_in_order_and_nothing_on_the_bus_is_about_the_patient() {
    let rig = Rig::start().await;
    rig.api().await.submit(NEW_ORDER).await;
    rig.cloud.grade(PLACER, &results::grading_by_name("normal in both eyes").unwrap()).unwrap();
    let (_connection, _session, mut results) = receiver(&rig, "localhost", "results", "results").await;
    for (delivery, kind) in rig.cloud.deliveries().iter().zip(["ORU", "DFT"]) {
        let (signal, body) = next(&mut results).await;
        let expected = format!(r#"{{"DeliveryId":"{}","Kind":"{kind}","IrisOrderId":273013}}"#, delivery.id);
        assert_eq!(body, expected);
        soon(results.accept(&signal)).await.unwrap();
    }
    let sent: Vec<u8> = rig.journal.read(|events| {
        let portion = |event: &journal::Event| match &event.what {
            What::Bytes { link: Link::Amqp, direction: Direction::Out, bytes, .. } => bytes.clone(),
            _ => Vec::new(),
        };
        events.iter().flat_map(portion).collect()
    });
    let holds = |text: &str| sent.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("DeliveryId"), "the search finds what is there");
    for canary in ["DOE", "JOHN", "ITCC20170410", "19581012", "111-22-3333", "BELLEVUE", PLACER] {
        assert!(!holds(canary), "{canary}");
    }
}

#[tokio::test]
async fn con_050_the_notifications_queue_asks_for_a_heartbeat_and_for_reading_the_settings() {
    let rig = Rig::start().await;
    let id: Uuid = "4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11".parse().unwrap();
    rig.cloud.ping(id).unwrap();
    rig.cloud.announce_settings().unwrap();
    let host = "iris-organization-notification-qa.servicebus.windows.net";
    let (_connection, _session, mut notifications) = receiver(&rig, host, "notification", "notifications").await;
    for expected in [r#"{"Type":"Ping","Id":"4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11"}"#, r#"{"Type":"SettingsChanged"}"#]
    {
        let (notification, body) = next(&mut notifications).await;
        assert_eq!(body, expected);
        soon(notifications.accept(&notification)).await.unwrap();
    }
    let api = rig.api().await;
    let beat = format!(r#"{{"Version":"1.0","StartedAt":"2017-04-10T10:28:37Z","Id":"{id}"}}"#);
    assert_eq!(api.post(&format!("proxies/{INSTALLATION}/heartbeat"), &beat).await.0, 204);
    assert_eq!(rig.facts("proxy.heartbeat")[0].1["Id"], id.to_string());
}

#[tokio::test]
async fn con_060_each_key_reads_its_own_queue_and_sends_nowhere() {
    let rig = Rig::start().await;
    for (key, own, other) in [("results", "results", "notifications"), ("notification", "notifications", "results")] {
        let mut connection = rig.bus("localhost", key).await.unwrap();
        // each in a session of its own: the client detaches a refused link twice, which can hit the next one
        let mut session = soon(Session::begin(&mut connection)).await.unwrap();
        soon(Receiver::attach(&mut session, "own", own)).await.unwrap();
        let mut session = soon(Session::begin(&mut connection)).await.unwrap();
        let error = format!("{:?}", soon(Receiver::attach(&mut session, "other", other)).await.unwrap_err());
        assert!(error.contains("UnauthorizedAccess"), "{error}");
        for queue in [own, other] {
            let mut session = soon(Session::begin(&mut connection)).await.unwrap();
            let error = format!("{:?}", soon(Sender::attach(&mut session, "sender", queue)).await.unwrap_err());
            assert!(error.contains("UnauthorizedAccess"), "{error}");
        }
    }
}

/// Puts a token of a key for an audience, as the SDKs do, and gives the status of the answer.
async fn put_token(session: &mut SessionHandle<()>, key_name: &str, key: &str, audience: &str) -> i32 {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let (resource, expiry) = (encode(audience), 4_102_444_800_u64);
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    let signature = STANDARD.encode(ring::hmac::sign(&hmac, format!("{resource}\n{expiry}").as_bytes()));
    let token = format!("SharedAccessSignature sr={resource}&sig={}&se={expiry}&skn={key_name}", encode(&signature));

    let mut answers =
        soon(Receiver::builder().name("answers").source("$cbs").target("answers").attach(session)).await.unwrap();
    let mut requests = soon(Sender::attach(session, "requests", "$cbs")).await.unwrap();
    let properties = [("operation", "put-token"), ("type", "servicebus.windows.net:sastoken"), ("name", audience)];
    let properties = properties.iter().fold(ApplicationProperties::builder(), |all, (k, v)| all.insert(*k, *v)).build();
    let head = Properties::builder().message_id(MessageId::Ulong(1)).reply_to("answers").build();
    let request = Message::builder().properties(head).application_properties(properties).value(token).build();
    soon(requests.send(request)).await.unwrap().accepted_or("not accepted").unwrap();
    let answer: Delivery<Body<Value>> = soon(answers.recv()).await.unwrap();
    soon(answers.accept(&answer)).await.unwrap();
    soon(requests.close()).await.unwrap();
    soon(answers.close()).await.unwrap();
    match answer.message().application_properties.as_ref().unwrap().0.get("status-code") {
        Some(SimpleValue::Int(status)) => *status,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn con_004_a_token_is_made_for_the_name_under_which_the_client_knows_the_namespace() {
    let rig = Rig::start().await;
    let (name, key) = (&rig.told["cloud.results_bus.key_name"], &rig.told["cloud.results_bus.key"]);
    for (host, status) in [
        ("iris-clientresults-qa.servicebus.windows.net", 202),
        ("iris-clientresults-prodb.servicebus.windows.net", 202),
        ("localhost", 202),
        ("another.servicebus.windows.net", 401),
    ] {
        let stream = rig.connect(rig.amqps(), "localhost").await.unwrap();
        let builder = Connection::builder().container_id("proxy").hostname(host).sasl_profile(SaslProfile::Anonymous);
        let mut connection = soon(builder.open_with_stream(stream)).await.unwrap();
        let mut session = soon(Session::begin(&mut connection)).await.unwrap();
        let audience = format!("sb://{host}/results");
        assert_eq!(put_token(&mut session, name, key, &audience).await, status, "{host}");
        let attached = soon(Receiver::attach(&mut session, "receiver", "results")).await;
        assert_eq!(attached.is_ok(), status == 202, "{host}");
    }
}

#[tokio::test]
async fn con_060_the_connection_string_has_the_parts_that_are_told_apart_and_a_wrong_key_is_refused() {
    let mut rig = Rig::start().await;
    for bus in ["results", "notification"] {
        let part = |name: &str| &rig.told[&format!("cloud.{bus}_bus.{name}")];
        let (host, port, key_name, key) = (part("host"), part("port"), part("key_name"), part("key"));
        let whole = format!("Endpoint=sb://{host}:{port}/;SharedAccessKeyName={key_name};SharedAccessKey={key}");
        assert_eq!(rig.told[&format!("cloud.{bus}_bus")], whole);
        assert_eq!(*port, rig.amqps().port().to_string());
    }
    rig.told.insert("cloud.results_bus.key".to_owned(), "wrong".to_owned());
    let error = format!("{:?}", rig.bus("localhost", "results").await.unwrap_err());
    assert!(error.contains("SaslError"), "{error}");
}
