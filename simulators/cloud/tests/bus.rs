//! The bus, seen by another AMQP library's client.

use std::time::Duration;

use cloud::bus::{Access, Bus, BusConfig, Counts, QueueConfig};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::link::receiver::CreditMode;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::session::SessionHandle;
use fe2o3_amqp::types::definitions::{Error, ErrorCondition, ReceiverSettleMode, SenderSettleMode};
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, MessageId, Modified, Properties};
use fe2o3_amqp::types::primitives::{Array, OrderedMap, SimpleValue, Symbol, Uuid, Value};
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use journal::{Clock, Event, Journal, Seed, What};

const SOON: Duration = Duration::from_secs(5);
const KEY: &str = "synthetic-key";

struct Rig {
    bus: Bus,
    journal: Journal,
}

fn rig_with(change: impl FnOnce(&mut BusConfig)) -> Rig {
    let journal = Journal::new("bus");
    let access = Access { key_name: "proxy".to_owned(), key: KEY.to_owned(), queues: None, listen: true, send: true };
    let queues = vec![QueueConfig::new("results"), QueueConfig::new("notifications")];
    let mut config = BusConfig::new("bus.test", queues, access);
    change(&mut config);
    let clock = Clock::fixed("2017-04-10T14:59:07Z".parse().unwrap());
    Rig { bus: Bus::new(config, journal.clone(), clock, Seed::new(1)), journal }
}

fn rig() -> Rig {
    rig_with(|_| ())
}

fn facts(events: &[Event]) -> Vec<(String, String)> {
    let fact = |event: &Event| match &event.what {
        What::Fact { name, id, .. } => Some((name.clone(), id.clone())),
        _ => None,
    };
    events.iter().filter_map(fact).collect()
}

impl Rig {
    async fn connect(
        &self,
        sasl: Option<SaslProfile>,
    ) -> Result<ConnectionHandle<()>, fe2o3_amqp::connection::OpenError> {
        let (client, server) = tokio::io::duplex(4_096);
        let bus = self.bus.clone();
        tokio::spawn(async move { bus.serve(server, "test".to_owned()).await });
        let mut builder = Connection::builder().container_id("proxy").hostname("bus.test");
        if let Some(profile) = sasl {
            builder = builder.sasl_profile(profile);
        }
        builder.open_with_stream(client).await
    }

    async fn session(&self) -> (ConnectionHandle<()>, SessionHandle<()>) {
        let plain = SaslProfile::Plain { username: "proxy".to_owned(), password: KEY.to_owned() };
        let mut connection = self.connect(Some(plain)).await.unwrap();
        let session = Session::begin(&mut connection).await.unwrap();
        (connection, session)
    }

    /// Waits for a fact about a message.
    async fn fact(&self, name: &str, id: &str) {
        let wanted = (name.to_owned(), id.to_owned());
        self.journal.eventually(SOON, |events| facts(events).contains(&wanted).then_some(())).await.unwrap();
    }
}

async fn receiver(session: &mut SessionHandle<()>, queue: &str, mode: ReceiverSettleMode, credit: u32) -> Receiver {
    Receiver::builder()
        .name(format!("{queue}-receiver"))
        .source(queue)
        .receiver_settle_mode(mode)
        .credit_mode(CreditMode::Auto(credit))
        .attach(session)
        .await
        .unwrap()
}

type Received = Delivery<Body<Value>>;

async fn next(receiver: &mut Receiver) -> Received {
    tokio::time::timeout(SOON, receiver.recv()).await.expect("a message in time").unwrap()
}

fn id(text: &str) -> MessageId {
    MessageId::String(text.to_owned())
}

fn data(delivery: &Received) -> Vec<u8> {
    delivery.body().try_as_data().unwrap().flat_map(|data| data.iter().copied()).collect()
}

#[tokio::test]
async fn a_signal_is_received_and_completed_con_040() {
    let rig = rig();
    let (mut connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    rig.bus.send("results", b"{\"Kind\":\"ORU\"}".to_vec(), "m-1").unwrap();
    let delivery = next(&mut results).await;
    assert_eq!(data(&delivery), b"{\"Kind\":\"ORU\"}");
    assert_eq!(delivery.delivery_tag().len(), 16);
    assert_eq!(rig.bus.counts("results"), Some(Counts { active: 0, locked: 1, dead_lettered: 0 }));
    results.accept(&delivery).await.unwrap();
    rig.fact("queue.completed", "m-1").await;
    assert_eq!(rig.bus.counts("Results"), Some(Counts::default()));
    results.close().await.unwrap();
    session.end().await.unwrap();
    connection.close().await.unwrap();
    let names: Vec<String> = rig.journal.read(|events| facts(events).into_iter().map(|(name, _)| name).collect());
    assert_eq!(names, ["queue.enqueued", "queue.locked", "queue.completed"]);
}

#[tokio::test]
async fn messages_leave_in_queue_order_however_much_credit_there_is_con_046() {
    let rig = rig();
    let (_connection, mut session) = rig.session().await;
    for n in 0..50 {
        rig.bus.send("results", n.to_string().into_bytes(), &n.to_string()).unwrap();
    }
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::First, 7).await;
    for n in 0..50 {
        let delivery = next(&mut results).await;
        assert_eq!(data(&delivery), n.to_string().into_bytes());
        results.accept(&delivery).await.unwrap();
    }
    rig.fact("queue.completed", "49").await;
    assert_eq!(rig.bus.counts("results"), Some(Counts::default()));
}

#[tokio::test]
async fn an_abandoned_signal_comes_again_with_a_higher_count_and_a_released_one_without() {
    let rig = rig();
    let (_connection, mut session) = rig.session().await;
    rig.bus.send("notifications", b"{}".to_vec(), "m-1").unwrap();
    let mut queue = receiver(&mut session, "notifications", ReceiverSettleMode::Second, 1).await;
    let count = |delivery: &Received| delivery.message().header.as_ref().unwrap().delivery_count;
    let first = next(&mut queue).await;
    assert_eq!(count(&first), 0);
    queue.release(&first).await.unwrap();
    let second = next(&mut queue).await;
    assert_eq!(count(&second), 0);
    let abandon = Modified { delivery_failed: Some(true), undeliverable_here: None, message_annotations: None };
    queue.modify(&second, abandon).await.unwrap();
    assert_eq!(count(&next(&mut queue).await), 1);
}

#[tokio::test]
async fn a_rejected_signal_is_dead_lettered_with_its_reason_con_044() {
    let rig = rig();
    let (_connection, mut session) = rig.session().await;
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    let delivery = next(&mut results).await;
    let mut info = OrderedMap::new();
    info.insert(Symbol::from("DeadLetterReason"), Value::from("EmrNotAccepted"));
    info.insert(Symbol::from("DeadLetterErrorDescription"), Value::from("AE three times"));
    let condition = ErrorCondition::Custom(Symbol::from("com.microsoft:dead-letter"));
    results.reject(&delivery, Error::new(condition, None, Some(info))).await.unwrap();
    rig.fact("queue.dead_lettered", "m-1").await;
    let letters = rig.bus.dead_letters("results");
    assert_eq!((letters.len(), letters[0].body.as_slice()), (1, &b"{}"[..]));
    assert_eq!((letters[0].reason.as_str(), letters[0].description.as_str()), ("EmrNotAccepted", "AE three times"));

    let mut dead = receiver(&mut session, "results/$DeadLetterQueue", ReceiverSettleMode::Second, 1).await;
    let letter = next(&mut dead).await;
    let properties = &letter.message().application_properties.as_ref().unwrap().0;
    assert_eq!(properties.get("DeadLetterReason"), Some(&SimpleValue::String("EmrNotAccepted".to_owned())));
    dead.accept(&letter).await.unwrap();
    rig.fact("queue.completed", "m-1").await;
    assert_eq!(rig.bus.dead_letters("results"), []);
}

#[tokio::test(start_paused = true)]
async fn when_a_proxy_dies_its_signal_goes_to_another_once_the_lock_has_lapsed_con_045() {
    let rig = rig();
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let (connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    next(&mut results).await;
    let began = tokio::time::Instant::now();
    drop((connection, session, results));

    let (_connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    let again = tokio::time::timeout(Duration::from_secs(60), results.recv::<Body<Value>>()).await.unwrap().unwrap();
    assert_eq!(again.message().header.as_ref().unwrap().delivery_count, 1);
    let waited = began.elapsed();
    assert!((Duration::from_secs(30)..Duration::from_secs(31)).contains(&waited), "{waited:?}");
    rig.fact("queue.lock_expired", "m-1").await;
}

#[tokio::test(start_paused = true)]
async fn a_lock_lapses_also_while_nobody_is_connected_con_045() {
    let rig = rig();
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let (mut connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    next(&mut results).await;
    connection.close().await.unwrap();
    let lapsed = ("queue.lock_expired".to_owned(), "m-1".to_owned());
    let seen = |events: &[Event]| facts(events).contains(&lapsed).then_some(());
    rig.journal.eventually(Duration::from_secs(31), seen).await.unwrap();
}

/// Sends a request to a node and waits for the answer: status and body.
async fn request(
    session: &mut SessionHandle<()>,
    node: &str,
    properties: &[(&str, &str)],
    body: Value,
) -> (i32, Value) {
    let mut answers = Receiver::builder()
        .name(format!("{node}-answers"))
        .source(node)
        .target("reply-here")
        .attach(session)
        .await
        .unwrap();
    let mut requests = Sender::attach(session, format!("{node}-requests"), node).await.unwrap();
    let properties = properties.iter().fold(ApplicationProperties::builder(), |all, (k, v)| all.insert(*k, *v));
    let message = Message::builder()
        .properties(Properties::builder().message_id(id("request-1")).reply_to("reply-here").build())
        .application_properties(properties.build())
        .value(body)
        .build();
    requests.send(message).await.unwrap().accepted_or("request not accepted").unwrap();
    let answer = next(&mut answers).await;
    answers.accept(&answer).await.unwrap();
    assert_eq!(answer.message().properties.as_ref().unwrap().correlation_id, Some(id("request-1")));
    let properties = &answer.message().application_properties.as_ref().unwrap().0;
    assert_eq!(properties.get("status-code"), properties.get("statusCode"));
    let Some(SimpleValue::Int(status)) = properties.get("status-code") else { panic!("{properties:?}") };
    let (status, body) = (*status, answer.body().try_as_value().unwrap().clone());
    answers.close().await.unwrap();
    requests.close().await.unwrap();
    (status, body)
}

fn lock_tokens(tag: &[u8]) -> Value {
    let mut body = OrderedMap::new();
    let token = Value::Uuid(Uuid::from(<[u8; 16]>::try_from(tag).unwrap()));
    body.insert(Value::from("lock-tokens"), Value::Array(Array(vec![token])));
    Value::Map(body)
}

#[tokio::test(start_paused = true)]
async fn a_renewed_lock_outlives_its_first_end_con_077() {
    let rig = rig();
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let (_connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    let delivery = next(&mut results).await;
    tokio::time::advance(Duration::from_secs(20)).await;
    let renew = [("operation", "com.microsoft:renew-lock")];
    let tokens = lock_tokens(delivery.delivery_tag());
    let (status, body) = request(&mut session, "results/$management", &renew, tokens.clone()).await;
    assert_eq!(status, 200);
    let Value::Map(body) = body else { panic!("{body:?}") };
    let Some(Value::Array(expirations)) = body.get(&Value::from("expirations")) else { panic!("{body:?}") };
    assert!(matches!(expirations.0.as_slice(), [Value::Timestamp(_)]), "{expirations:?}");
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(rig.bus.counts("results").unwrap().locked, 1);
    tokio::time::advance(Duration::from_secs(10)).await;
    assert_eq!(rig.bus.counts("results").unwrap().active + rig.bus.counts("results").unwrap().locked, 1);
    assert_eq!(request(&mut session, "results/$management", &renew, tokens).await.0, 410);
    let unknown = request(&mut session, "results/$management", &[("operation", "x")], Value::Null).await;
    assert_eq!(unknown.0, 501);
}

/// A token as the SDKs make it, for a queue of this bus.
fn token(queue: &str, expiry: u64) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let resource = format!("sb%3A%2F%2Fbus.test%2F{queue}");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, KEY.as_bytes());
    let signature = STANDARD.encode(ring::hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes()));
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expiry}&skn=proxy")
}

#[tokio::test]
async fn an_anonymous_client_needs_a_token_before_it_may_receive() {
    let rig = rig_with(|config| {
        config.authorize =
            Some(std::sync::Arc::new(|jwt| if jwt == "good" { Ok(4_102_444_800) } else { Err("bad".to_owned()) }));
    });
    let mut connection = rig.connect(Some(SaslProfile::Anonymous)).await.unwrap();
    // each in a session of its own: the client detaches a refused link twice, which can hit the next one
    let attach = async |connection: &mut _, queue: &str| {
        let mut session = Session::begin(connection).await.unwrap();
        Receiver::attach(&mut session, queue, queue).await.map(|_| ()).map_err(|error| format!("{error:?}"))
    };
    let refusal = attach(&mut connection, "results").await.unwrap_err();
    assert!(refusal.contains("UnauthorizedAccess"), "{refusal}");
    let mut session = Session::begin(&mut connection).await.unwrap();

    let put = |kind| [("operation", "put-token"), ("type", kind), ("name", "sb://bus.test/results")];
    let sas = put("servicebus.windows.net:sastoken");
    let (status, _) = request(&mut session, "$cbs", &sas, token("results", 1).into()).await;
    assert_eq!(status, 401);
    let (status, _) = request(&mut session, "$cbs", &sas, token("results", 4_102_444_800).into()).await;
    assert_eq!(status, 202);
    assert_eq!(attach(&mut connection, "results").await, Ok(()));
    assert!(attach(&mut connection, "notifications").await.is_err());

    let jwt = [("operation", "put-token"), ("type", "jwt"), ("name", "sb://bus.test/notifications")];
    assert_eq!(request(&mut session, "$cbs", &jwt, "bad".into()).await.0, 401);
    assert_eq!(request(&mut session, "$cbs", &jwt, "good".into()).await.0, 202);
    assert_eq!(attach(&mut connection, "notifications").await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_link_is_closed_when_its_token_expires_and_not_if_it_was_renewed() {
    let rig = rig();
    let mut connection = rig.connect(Some(SaslProfile::Anonymous)).await.unwrap();
    let mut session = Session::begin(&mut connection).await.unwrap();
    let put = |name| [("operation", "put-token"), ("type", "servicebus.windows.net:sastoken"), ("name", name)];
    let in_a_minute = jiff::Timestamp::now().as_second().unsigned_abs() + 60;
    for (queue, expiry) in [("results", in_a_minute), ("notifications", in_a_minute), ("notifications", 4_102_444_800)]
    {
        let (status, _) = request(&mut session, "$cbs", &put("x"), token(queue, expiry).into()).await;
        assert_eq!(status, 202);
    }
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    let mut notifications = receiver(&mut session, "notifications", ReceiverSettleMode::Second, 1).await;
    let limit = Duration::from_secs(61);
    let end = tokio::time::timeout(limit, results.recv::<Body<Value>>()).await.unwrap().unwrap_err();
    assert!(format!("{end:?}").contains("UnauthorizedAccess"), "{end:?}");
    assert!(format!("{end:?}").contains("ExpiredToken"), "{end:?}");
    rig.bus.send("notifications", b"{}".to_vec(), "m-1").unwrap();
    assert_eq!(data(&next(&mut notifications).await), b"{}");
}

/// Asks a node for something about messages by their sequence numbers.
async fn request_numbers(session: &mut SessionHandle<()>, operation: &str, numbers: &[i64]) -> (i32, Value) {
    let mut body = OrderedMap::new();
    let numbers = numbers.iter().copied().map(Value::Long).collect();
    body.insert(Value::from("sequence-numbers"), Value::Array(Array(numbers)));
    request(session, "results/$management", &[("operation", operation)], Value::Map(body)).await
}

#[tokio::test]
async fn management_asks_for_the_right_that_the_operation_needs_and_for_messages_that_are_there() {
    let rig = rig_with(|config| config.access[0].send = false);
    let (_connection, mut session) = rig.session().await;
    let numbers = async |session: &mut _, operation| request_numbers(session, operation, &[7]).await.0;
    assert_eq!(numbers(&mut session, "com.microsoft:cancel-scheduled-message").await, 401);
    assert_eq!(numbers(&mut session, "com.microsoft:receive-by-sequence-number").await, 404);
    assert_eq!(numbers(&mut session, "com.microsoft:renew-lock").await, 400);
    let rig = rig_with(|config| config.access[0].listen = false);
    let (_connection, mut session) = rig.session().await;
    assert_eq!(numbers(&mut session, "com.microsoft:cancel-scheduled-message").await, 404);
    assert_eq!(numbers(&mut session, "com.microsoft:receive-by-sequence-number").await, 401);
}

#[tokio::test]
async fn a_wrong_key_a_missing_right_and_a_missing_queue_are_refused() {
    let rig = rig_with(|config| config.access[0].send = false);
    let wrong = SaslProfile::Plain { username: "proxy".to_owned(), password: "wrong".to_owned() };
    let refusal = format!("{:?}", rig.connect(Some(wrong)).await.unwrap_err());
    assert!(refusal.contains("SaslError"), "{refusal}");
    let (mut connection, mut session) = rig.session().await;
    let refusal = format!("{:?}", Sender::attach(&mut session, "s", "results").await.unwrap_err());
    assert!(refusal.contains("UnauthorizedAccess"), "{refusal}");
    let mut session = Session::begin(&mut connection).await.unwrap();
    let refusal = format!("{:?}", Receiver::attach(&mut session, "r", "nowhere").await.unwrap_err());
    assert!(refusal.contains("NotFound") && refusal.contains("nowhere"), "{refusal}");
}

#[tokio::test]
async fn what_a_client_sends_is_received_unchanged_also_in_many_frames() {
    let rig = rig_with(|config| config.settle_delay = Some(Duration::from_millis(1)));
    let (_connection, mut session) = rig.session().await;
    let mut sender = Sender::attach(&mut session, "sender", "results").await.unwrap();
    let body: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    let properties = Properties::builder().message_id(id("large")).build();
    let message = Message::builder().properties(properties).data(body.clone()).build();
    sender.send(message).await.unwrap().accepted_or("not accepted").unwrap();
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::First, 1).await;
    let delivery = next(&mut results).await;
    assert_eq!(data(&delivery), body);
    assert_eq!(delivery.message().properties.as_ref().unwrap().message_id, Some(id("large")));
}

#[tokio::test]
async fn a_message_above_the_limit_is_refused_whoever_sends_it() {
    let rig = rig_with(|config| config.max_message_size = 1_000);
    let error = rig.bus.send("results", vec![0; 1_000], "m").unwrap_err();
    assert!(error.to_string().contains("larger than the 1000"), "{error}");
    let error = rig.bus.send("nowhere", Vec::new(), "m").unwrap_err();
    assert!(error.to_string().contains("\"nowhere\""), "{error}");
    let (_connection, mut session) = rig.session().await;
    let mut sender = Sender::attach(&mut session, "sender", "results").await.unwrap();
    assert_eq!(sender.max_message_size(), Some(1_000));
    assert!(sender.send(Message::builder().data(vec![0; 1_000]).build()).await.is_err());
    assert_eq!(rig.bus.counts("results"), Some(Counts::default()));
}

#[tokio::test]
async fn receive_and_delete_leaves_nothing_to_settle() {
    let rig = rig();
    let (_connection, mut session) = rig.session().await;
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let mut results = Receiver::builder()
        .name("taker")
        .source("results")
        .sender_settle_mode(SenderSettleMode::Settled)
        .attach(&mut session)
        .await
        .unwrap();
    next(&mut results).await;
    assert_eq!(rig.bus.counts("results"), Some(Counts::default()));
}

#[tokio::test]
async fn disconnecting_tells_the_client_why_and_keeps_its_locks_until_they_lapse() {
    let rig = rig();
    rig.bus.send("results", b"{}".to_vec(), "m-1").unwrap();
    let (mut connection, mut session) = rig.session().await;
    let mut results = receiver(&mut session, "results", ReceiverSettleMode::Second, 1).await;
    next(&mut results).await;
    rig.bus.disconnect_all("amqp:connection:forced");
    let error = tokio::time::timeout(SOON, connection.on_close()).await.unwrap().unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionForced"), "{error:?}");
    assert_eq!(rig.bus.counts("results").unwrap().locked, 1);
    rig.bus.expire_locks("results");
    assert_eq!(rig.bus.counts("results").unwrap().active, 1);

    let (mut connection, _session) = rig.session().await;
    rig.bus.shutdown();
    tokio::time::timeout(SOON, connection.on_close()).await.unwrap().unwrap_err();
    assert!(rig.connect(None).await.is_err());
}
