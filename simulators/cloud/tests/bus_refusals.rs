//! What the bus refuses, over the real wire, with the condition names that Azure uses (CON-001, CON-011, CON-060).

mod cloud_support;

use base64::{Engine, engine::general_purpose::STANDARD};
use cloud::bus::Refusal;
use cloud_support::{Rig, soon};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, MessageId, Outcome, Properties};
use fe2o3_amqp::types::primitives::{SimpleValue, Symbol, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

const SAS: &str = "servicebus.windows.net:sastoken";
/// A time far off, in seconds since 1970.
const LATER: u64 = 4_102_444_800;

async fn anonymous(rig: &Rig) -> ConnectionHandle<()> {
    let stream = rig.connect(rig.amqps(), "localhost").await.unwrap();
    let builder = Connection::builder().container_id("proxy").sasl_profile(SaslProfile::Anonymous);
    soon(builder.open_with_stream(stream)).await.unwrap()
}

/// A token as the SDKs make it.
fn signature(key_name: &str, key: &str, audience: &str, expiry: u64) -> String {
    let encode =
        |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let resource = encode(audience);
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.as_bytes());
    let signature = STANDARD.encode(ring::hmac::sign(&hmac, format!("{resource}\n{expiry}").as_bytes()));
    format!("SharedAccessSignature sr={resource}&sig={}&se={expiry}&skn={key_name}", encode(&signature))
}

/// Puts a token for queue `results` to `$cbs`: status, condition and description of the answer.
async fn put_token(connection: &mut ConnectionHandle<()>, kind: &str, token: String) -> (i32, String, String) {
    let mut session = soon(Session::begin(connection)).await.unwrap();
    let answers = Receiver::builder().name("answers").source("$cbs").target("answers");
    let mut answers = soon(answers.attach(&mut session)).await.unwrap();
    let mut requests = soon(Sender::attach(&mut session, "requests", "$cbs")).await.unwrap();
    let properties = [("operation", "put-token"), ("type", kind), ("name", "sb://localhost/results")];
    let properties = properties.iter().fold(ApplicationProperties::builder(), |all, (k, v)| all.insert(*k, *v)).build();
    let head = Properties::builder().message_id(MessageId::Ulong(1)).reply_to("answers").build();
    let request = Message::builder().properties(head).application_properties(properties).value(token).build();
    soon(requests.send(request)).await.unwrap().accepted_or("not accepted").unwrap();
    let answer: Delivery<Body<Value>> = soon(answers.recv()).await.unwrap();
    let told = &answer.message().application_properties.as_ref().unwrap().0;
    let Some(SimpleValue::Int(status)) = told.get("status-code") else { panic!("{told:?}") };
    let text = |name: &str| match told.get(name) {
        Some(SimpleValue::String(text)) => text.clone(),
        Some(SimpleValue::Symbol(Symbol(name))) => name.clone(),
        other => format!("{other:?}"),
    };
    (*status, text("errorCondition"), text("status-description"))
}

async fn may_listen(connection: &mut ConnectionHandle<()>, queue: &str) -> Result<(), String> {
    let mut session = soon(Session::begin(connection)).await.unwrap();
    soon(Receiver::attach(&mut session, "receiver", queue)).await.map(drop).map_err(|error| format!("{error:?}"))
}

#[tokio::test]
async fn con_060_a_signature_is_refused_for_its_key_its_name_its_time_or_its_audience() {
    let rig = Rig::start().await;
    let (name, key) = (&rig.told["cloud.results_bus.key_name"], &rig.told["cloud.results_bus.key"]);
    let own = "sb://localhost/results";
    for (token, why) in [
        (signature(name, "wrong", own, LATER), "signature was not made with key"),
        (signature("nobody", key, own, LATER), "there is no key \"nobody\""),
        (signature(name, key, own, 1_000_000_000), "ExpiredToken"),
        (signature(name, key, "sb://another.servicebus.windows.net/results", LATER), "another.servicebus.windows.net"),
        (signature(name, key, own, LATER).replace("%2Fresults", "%2Fnotifications"), "signature was not made with key"),
        ("SharedAccessSignature sr=x".to_owned(), "no field se"),
    ] {
        let mut connection = anonymous(&rig).await;
        let (status, condition, description) = put_token(&mut connection, SAS, token).await;
        assert_eq!((status, condition.as_str()), (401, "amqp:unauthorized-access"), "CON-060: {why}");
        assert!(description.contains(why), "{description}");
        let refusal = may_listen(&mut connection, "results").await.unwrap_err();
        assert!(refusal.contains("UnauthorizedAccess"), "{refusal}");
    }
}

#[tokio::test]
async fn con_060_a_signature_for_one_queue_gives_no_right_to_another() {
    let rig = Rig::start().await;
    let (name, key) = (&rig.told["cloud.manage_bus.key_name"], &rig.told["cloud.manage_bus.key"]);
    let mut connection = anonymous(&rig).await;
    let token = signature(name, key, "sb://localhost/notifications", LATER);
    assert_eq!(put_token(&mut connection, SAS, token).await.0, 202);
    assert!(may_listen(&mut connection, "results").await.unwrap_err().contains("UnauthorizedAccess")); // CON-060
    assert_eq!(may_listen(&mut connection, "notifications").await, Ok(()));
}

#[tokio::test]
async fn con_013_a_json_web_token_is_refused_for_its_audience_its_time_or_its_signature() {
    let (rig, other) = (Rig::start().await, Rig::start().await);
    let bus = "https://servicebus.azure.net/";
    let expired = rig.token(bus).await;
    rig.cloud.expire_tokens();
    let storage = rig.token("https://storage.azure.com").await;
    let foreign = other.token(bus).await;
    let good = rig.token(bus).await;
    for (token, why) in [
        (storage, "InvalidAudience"),
        (expired, "ExpiredSignature"),
        (foreign, "InvalidSignature"),
        ("no token".to_owned(), "InvalidToken"),
    ] {
        let mut connection = anonymous(&rig).await;
        let (status, condition, description) = put_token(&mut connection, "jwt", token).await;
        assert_eq!((status, condition.as_str()), (401, "amqp:unauthorized-access"), "CON-013: {why}");
        assert!(description.contains(why), "{description}");
        assert!(may_listen(&mut connection, "results").await.is_err());
    }
    let mut connection = anonymous(&rig).await;
    assert_eq!(put_token(&mut connection, "jwt", good).await.0, 202);
    assert_eq!(may_listen(&mut connection, "results").await, Ok(()));
}

#[tokio::test]
async fn con_060_before_any_token_no_queue_and_no_management_node_can_be_attached() {
    let rig = Rig::start().await;
    let mut connection = anonymous(&rig).await;
    for address in ["results", "results/$DeadLetterQueue", "results/$management", "nowhere"] {
        let refusal = may_listen(&mut connection, address).await.unwrap_err();
        // CON-060: also of a queue that is not there, so that nobody learns which are
        assert!(refusal.contains("UnauthorizedAccess"), "{address}: {refusal}");
    }
}

/// All that comes until the other end closes.
async fn until_the_end(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut answer = Vec::new();
    let _ = soon(stream.read_to_end(&mut answer)).await; // a reset is an end as well
    answer
}

/// Bytes to the bus without TLS and inside TLS, and what is answered.
async fn answers(rig: &Rig, bytes: &[u8]) -> [Vec<u8>; 2] {
    async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin, bytes: &[u8]) -> Vec<u8> {
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        until_the_end(stream).await
    }
    let plain = TcpStream::connect(format!("127.0.0.1:{}", rig.told["cloud.amqp_port"])).await.unwrap();
    let tls = rig.connect(rig.amqps(), "localhost").await.unwrap();
    [ask(plain, bytes).await, ask(tls, bytes).await]
}

#[tokio::test]
async fn con_001_http_at_the_bus_is_answered_with_the_protocol_header_of_amqp_and_the_end() {
    let rig = Rig::start().await;
    // AMQP 1.0, 2.2: a header that is not supported is answered with one that is
    for other in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], b"AMQP\x02\x01\x00\x00", b"AMQP\x00\x00\x09\x01"] {
        for answer in answers(&rig, other).await {
            assert_eq!(answer, b"AMQP\x00\x01\x00\x00", "CON-001: {other:?}");
        }
    }
}

#[tokio::test]
async fn con_060_a_sasl_mechanism_that_is_not_offered_is_refused() {
    let rig = Rig::start().await;
    let header = b"AMQP\x03\x01\x00\x00";
    // SASL init: list8 of one field, the mechanism
    let init = b"\x00\x00\x00\x1B\x02\x01\x00\x00\x00\x53\x41\xC0\x0E\x01\xA3\x0BSCRAM-SHA-1";
    for answer in answers(&rig, &[&header[..], init].concat()).await {
        assert!(answer.starts_with(header), "{answer:02X?}");
        for offered in ["MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"] {
            assert!(answer.windows(offered.len()).any(|w| w == offered.as_bytes()), "{offered}");
        }
        // CON-060: the last frame is SASL outcome with code 1, failed authentication
        assert!(answer.ends_with(b"\x02\x01\x00\x00\x00\x53\x44\xD0\x00\x00\x00\x06\x00\x00\x00\x01\x50\x01"));
    }
}

#[tokio::test]
async fn life_105_a_queue_refuses_links_and_messages_with_each_condition_and_serves_again() {
    let rig = Rig::start().await;
    let bus = rig.cloud.organization_bus();
    let port = &rig.told["cloud.organization.amqp_port"];
    let told = |name: &str| rig.told[&format!("cloud.organization.manage.{name}")].clone();
    let sasl = SaslProfile::Plain { username: told("key_name"), password: told("key") };
    let stream = soon(TcpStream::connect(format!("127.0.0.1:{port}"))).await.unwrap();
    let builder = Connection::builder().container_id("test").sasl_profile(sasl);
    let mut connection = soon(builder.open_with_stream(stream)).await.unwrap();
    for (refusal, shown) in [
        (Refusal::Disabled, "com.microsoft:entity-disabled"), // LIFE-105: MessagingEntityDisabled
        (Refusal::NotFound, "NotFound"),                      // LIFE-105: MessagingEntityNotFound
        (Refusal::Unauthorized, "UnauthorizedAccess"),        // LIFE-105: UnauthorizedAccess
        (Refusal::Busy, "com.microsoft:server-busy"),         // LIFE-105: ServiceBusy
    ] {
        let mut session = soon(Session::begin(&mut connection)).await.unwrap();
        let mut sender = soon(Sender::attach(&mut session, "sender", "orders")).await.unwrap();
        let mut session = soon(Session::begin(&mut connection)).await.unwrap();
        let mut receiver = soon(Receiver::attach(&mut session, "receiver", "orders")).await.unwrap();
        bus.set_refusal("Orders", Some(refusal));

        let error = format!("{:?}", soon(receiver.recv::<Body<Value>>()).await.unwrap_err());
        assert!(error.contains(shown), "a receiver that is open: {error}");
        let Outcome::Rejected(rejected) = soon(sender.send("refused")).await.unwrap() else { panic!("not rejected") };
        assert!(format!("{rejected:?}").contains(shown), "a message: {rejected:?}");
        for address in ["orders", "orders/$DeadLetterQueue", "orders/$management"] {
            let error = may_listen(&mut connection, address).await.unwrap_err();
            assert!(error.contains(shown), "{address}: {error}");
        }
        assert_eq!(may_listen(&mut connection, "events").await, Ok(()), "other queues serve");
        assert_eq!(bus.counts("orders").unwrap().active, 0);

        rig.cloud.undisturb();
        assert!(matches!(soon(sender.send("taken")).await.unwrap(), Outcome::Accepted(_)));
        assert_eq!(may_listen(&mut connection, "orders").await, Ok(()));
        assert!(bus.take("orders").is_some());
    }
}
