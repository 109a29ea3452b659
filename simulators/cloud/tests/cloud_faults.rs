//! A cloud that misbehaves on demand, under load, and when it stops.

mod cloud_support;

use std::time::{Duration, Instant};

use cloud::Kind;
use cloud_support::{Api, HL7, INSTALLATION, NEW_ORDER, Rig, soon};
use faults::Plan;
use fe2o3_amqp::types::messaging::Body;
use fe2o3_amqp::types::primitives::Value;
use fe2o3_amqp::{Receiver, Session};
use futures::FutureExt;
use futures::future::join_all;
use journal::{Event, What};
use reqwest::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANY: &str = "deliveries/00000000-0000-4000-8000-000000000000";

/// Puts a rule into force; the rest of it is in YAML.
fn disturb(rig: &Rig, rule: &str) {
    rig.faults.apply(&Plan::parse(&format!("faults: [{{ {rule} }}]"), "test").unwrap());
}

const ORDERS: &str = "on: emr_api, when: { request: orders }";

async fn order(api: &Api) -> Response {
    api.order(NEW_ORDER).send().await.unwrap()
}

/// Waits until the cloud has answered so many requests for a path.
async fn answered(rig: &Rig, path: &str, count: usize) {
    let of_path = |event: &&Event| matches!(&event.what, What::Http { path: p, .. } if p == path);
    rig.seen(|events| (events.iter().filter(of_path).count() >= count).then_some(())).await;
}

#[tokio::test]
async fn con_032_a_status_is_answered_as_often_as_asked_and_only_for_its_operation() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    disturb(&rig, &format!("{ORDERS}, times: 2, do: {{ status: {{ code: 429, retry_after: 7 }} }}"));
    disturb(&rig, &format!("{ORDERS}, times: 1, do: {{ status: {{ code: 401 }} }}"));
    for _ in 0..2 {
        let answer = order(&api).await;
        assert_eq!((answer.status().as_u16(), &answer.headers()["Retry-After"]), (429, &"7".parse().unwrap()));
        assert_eq!(api.status(Method::GET, ANY).await, 404);
    }
    let answer = order(&api).await;
    assert_eq!(answer.status(), 401);
    assert!(answer.headers()["WWW-Authenticate"].to_str().unwrap().starts_with("Bearer")); // CON-013
    assert!(answer.headers().get("Retry-After").is_none());
    assert!(rig.cloud.submissions().is_empty());
    assert_eq!(order(&api).await.status(), 200);

    disturb(&rig, &format!("{ORDERS}, do: {{ status: {{ code: 503 }} }}"));
    for _ in 0..3 {
        assert_eq!(order(&api).await.status(), 503);
    }
    rig.cloud.undisturb();
    assert_eq!(order(&api).await.status(), 200);
}

#[tokio::test]
async fn con_032_a_delay_is_waited_for_and_holds_up_nobody_else() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let delay = Duration::from_millis(500);
    disturb(&rig, &format!("{ORDERS}, times: 1, do: {{ latency: {{ ms: 500 }} }}"));
    let began = Instant::now();
    let slow = async {
        let answer = order(&api).await;
        (answer.status().as_u16(), began.elapsed())
    };
    let other = async {
        answered(&rig, "/emr/v1/orders", 1).await;
        assert_eq!(api.status(Method::GET, ANY).await, 404);
        began.elapsed()
    };
    let ((status, slow), other) = tokio::join!(slow, other);
    assert_eq!(status, 200);
    assert!(slow >= delay && other < delay, "{slow:?}, {other:?}");
    assert_eq!(rig.cloud.submissions().len(), 1);
}

#[tokio::test]
async fn con_071_a_body_that_is_no_acknowledgement_is_answered_and_no_order_is_kept() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    disturb(&rig, &format!("{ORDERS}, times: 1, do: {{ status: {{ code: 200, body: \"\\0no ACK\" }} }}"));
    let answer = order(&api).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.bytes().await.unwrap(), &b"\x00no ACK"[..]);
    assert!(rig.cloud.submissions().is_empty());
}

#[tokio::test]
async fn con_032_a_cut_breaks_one_answer_behind_its_first_bytes() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    disturb(&rig, "on: cloud, times: 1, do: { truncate: { after: 20 } }");
    assert!(api.order(NEW_ORDER).send().await.is_err());
    assert_eq!(rig.cloud.submissions().len(), 1, "the order had arrived");
    assert_eq!(order(&api).await.status(), 200);
    let delivery = rig.cloud.prepare(Kind::Oru, vec![b'x'; 100_000]);
    disturb(&rig, "on: cloud, times: 1, do: { truncate: { after: 50000 } }");
    let answer = api.request(Method::GET, &format!("deliveries/{}", delivery.id)).send().await.unwrap();
    assert!(answer.bytes().await.is_err(), "half a delivery is none");
}

#[tokio::test]
async fn con_032_latency_is_added_and_a_stall_lasts_until_it_is_lifted() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let latency = Duration::from_millis(250);
    disturb(&rig, "on: emr_api, times: 1, do: { latency: { ms: 250 } }");
    let began = Instant::now();
    assert_eq!(order(&api).await.status(), 200);
    assert!(began.elapsed() >= latency);

    disturb(&rig, "on: emr_api, do: { stall: {} }");
    let stalled = tokio::spawn({
        let api = api.clone();
        async move { order(&api).await.status() }
    });
    answered(&rig, "/emr/v1/orders", 2).await;
    assert!(!stalled.is_finished());
    rig.cloud.undisturb();
    assert_eq!(soon(stalled).await.unwrap(), 200);
    let began = Instant::now();
    assert_eq!(api.status(Method::GET, ANY).await, 404);
    assert!(began.elapsed() < latency, "the latency is gone as well");
}

#[tokio::test]
async fn con_032_a_cloud_that_is_down_ends_present_connections_and_takes_new_ones_when_it_is_back() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let mut idle = rig.connect(rig.https(), "localhost").await.unwrap();
    let mut idle_bus = rig.connect(rig.amqps(), "localhost").await.unwrap();
    rig.cloud.set_https_down(true);
    assert!(!matches!(soon(idle.read(&mut [0])).await, Ok(1..)));
    assert!(api.order(NEW_ORDER).send().await.is_err());
    assert!(rig.client().get(rig.told["cloud.settings"].clone()).send().await.is_err());
    assert!(rig.connect(rig.https(), "localhost").await.is_err());
    assert!(rig.cloud.submissions().is_empty());

    assert!(rig.bus("localhost", "results").await.is_ok(), "the bus is another matter");
    rig.cloud.set_bus_down(true);
    assert!(!matches!(soon(idle_bus.read(&mut [0])).await, Ok(1..)));
    assert!(rig.connect(rig.amqps(), "localhost").await.is_err());
    rig.cloud.undisturb();
    assert_eq!(order(&api).await.status(), 200);
    assert!(rig.bus("localhost", "results").await.is_ok());
}

#[tokio::test]
async fn top_069_an_order_that_breaks_off_is_not_kept_and_harms_no_other() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    let mut broken = rig.connect(rig.https(), "localhost").await.unwrap();
    let head = format!(
        "POST /emr/v1/orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {HL7}\r\n\
         X-Iris-Installation: {INSTALLATION}\r\nX-Correlation-Id: 4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11\r\n\
         Content-Length: {}\r\n\r\n",
        api.token,
        NEW_ORDER.len()
    );
    broken.write_all(head.as_bytes()).await.unwrap();
    broken.write_all(&NEW_ORDER[..100]).await.unwrap();
    broken.shutdown().await.unwrap();
    let _ = soon(broken.read_to_end(&mut Vec::new())).await; // it ends, whether in order or not
    assert!(rig.cloud.submissions().is_empty());
    assert_eq!(order(&api).await.status(), 200);
    assert_eq!(rig.cloud.submissions().len(), 1);
}

#[tokio::test]
async fn con_003_a_certificate_can_be_one_that_no_client_takes() {
    let rig = Rig::start().await;
    for (flaw, says) in [("other_authority", "BadSignature"), ("expired", "Expired"), ("wrong_name", "NotValidForName")]
    {
        disturb(&rig, &format!("on: cloud, times: 1, do: {{ certificate: {flaw} }}"));
        let error = format!("{:?}", rig.connect(rig.https(), "localhost").await.unwrap_err());
        assert!(error.contains(says), "{flaw}: {error}");
        rig.connect(rig.https(), "localhost").await.unwrap();
    }
    disturb(&rig, "on: login, times: 1, do: { tls: '1.2' }");
    rig.connect(rig.amqps(), "localhost").await.unwrap(); // not the login service
    let error = rig.connect(rig.https(), "login.microsoftonline.com").await.unwrap_err();
    assert!(format!("{error:?}").contains("ProtocolVersion"), "CON-002: {error:?}");
    rig.connect(rig.https(), "login.microsoftonline.com").await.unwrap();
}

#[tokio::test]
async fn con_013_a_clock_that_is_wrong_makes_tokens_worthless() {
    let rig = Rig::start().await;
    let api = rig.api().await;
    for seconds in [7200, -7200] {
        disturb(&rig, &format!("on: emr_api, times: 1, do: {{ clock_skew: {{ seconds: {seconds} }} }}"));
        assert_eq!(api.status(Method::GET, ANY).await, 401);
        assert_eq!(api.status(Method::GET, ANY).await, 404);
    }
}

/// The signals that a receiver of the results queue gets, by their bodies.
async fn received(rig: &Rig, count: usize) -> Vec<String> {
    let mut connection = rig.bus("localhost", "results").await.unwrap();
    let mut session = soon(Session::begin(&mut connection)).await.unwrap();
    let mut receiver = soon(Receiver::attach(&mut session, "proxy", "results")).await.unwrap();
    let mut bodies = Vec::new();
    for _ in 0..count {
        let delivery = soon(receiver.recv::<Body<Value>>()).await.unwrap();
        soon(receiver.accept(&delivery)).await.unwrap();
        let Body::Data(data) = delivery.body() else { panic!("no data") };
        bodies.push(String::from_utf8(data.iter().flat_map(|data| data.0.to_vec()).collect()).unwrap());
    }
    bodies
}

#[tokio::test]
async fn con_040_signals_come_twice_or_in_another_order() {
    let rig = Rig::start().await;
    let bodies = ["{\"Kind\":\"ORU\"}", "{\"Kind\":\"DFT\"}"];
    bodies.iter().for_each(|body| rig.cloud.send_signal(body, "id").unwrap());
    disturb(&rig, "on: results_bus, times: 1, do: reorder");
    disturb(&rig, "on: results_bus, when: { type: ORU }, times: 1, do: duplicate");
    assert_eq!(received(&rig, 3).await, [bodies[1], bodies[0], bodies[0]]);
}

#[tokio::test]
async fn con_077_a_lock_can_be_lost_at_once() {
    let rig = Rig::start().await;
    rig.cloud.send_signal("{\"Kind\":\"ORU\"}", "id").unwrap();
    disturb(&rig, "on: results_bus, times: 1, do: lost_lock");
    assert_eq!(received(&rig, 2).await.len(), 2, "it comes again, although it was accepted");
}

/// The connections that were opened and not closed, and the panics.
fn left_over(events: &[Event]) -> Vec<String> {
    let closed = |number: u64| move |event: &Event| matches!(event.what, What::Closed { connection, .. } if connection == number);
    let left = |event: &Event| match &event.what {
        What::Opened { connection, .. } => !events.iter().any(closed(*connection)),
        what => matches!(what, What::Panic { .. }),
    };
    events.iter().filter(|event| left(event)).map(|event| format!("{:?}", event.what)).collect()
}

#[tokio::test]
async fn stopping_ends_every_connection_within_a_second_and_frees_the_ports() {
    let rig = Rig::start().await;
    let (https, amqps) = (rig.https(), rig.amqps());
    let api = rig.api().await;
    // one of each: no handshake, half a handshake, no request, half a request, a late answer, a held answer, a receiver
    let mut silent = TcpStream::connect(https).await.unwrap();
    let mut halting = TcpStream::connect(amqps).await.unwrap();
    halting.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let mut idle = rig.connect(https, "localhost").await.unwrap();
    let mut halved = rig.connect(https, "localhost").await.unwrap();
    halved.write_all(b"GET /kv HTTP/1.1\r\nHost: local").await.unwrap();
    disturb(&rig, &format!("{ORDERS}, do: {{ latency: {{ ms: 60000 }} }}"));
    let late = tokio::spawn(api.order(NEW_ORDER).send());
    answered(&rig, "/emr/v1/orders", 1).await;
    disturb(&rig, "on: emr_api, do: { stall: {} }");
    let held = tokio::spawn(api.request(Method::GET, ANY).send());
    answered(&rig, &format!("/emr/v1/{ANY}"), 1).await;
    let mut connection = rig.bus("localhost", "results").await.unwrap();
    let mut session = soon(Session::begin(&mut connection)).await.unwrap();
    let _receiver = soon(Receiver::attach(&mut session, "proxy", "results")).await.unwrap();

    let began = Instant::now();
    let Rig { cloud, journal, .. } = rig;
    soon(cloud.stop()).await;
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
    for address in [https, amqps] {
        TcpListener::bind(address).await.unwrap_or_else(|error| panic!("{address} is still in use: {error}"));
    }
    let mut buffer = [0; 64];
    assert!(!matches!(soon(silent.read(&mut buffer)).await, Ok(1..)));
    assert!(!matches!(soon(halting.read(&mut buffer)).await, Ok(1..)));
    assert!(!matches!(soon(idle.read(&mut buffer)).await, Ok(1..)));
    assert!(!matches!(soon(halved.read(&mut buffer)).await, Ok(1..)));
    assert!(soon(late).await.unwrap().is_err());
    // the stall is lifted by the end, so this answer may have come through or not
    let _ = soon(held).await.unwrap();
    let error = format!("{:?}", soon(connection.on_close()).await.unwrap_err());
    assert!(error.contains("ConnectionForced"), "{error}");
    assert_eq!(journal.read(left_over), Vec::<String>::new());
}

#[tokio::test]
async fn two_hundred_requests_over_twenty_connections_are_all_answered() {
    let rig = Rig::start().await;
    let token = rig.api().await.token;
    let before = connections(&rig);
    let text = String::from_utf8(NEW_ORDER.to_vec()).unwrap();
    let worker = async |n: usize| {
        let api = rig.api_with(token.clone());
        for m in 0..5 {
            let content = text.replace("2017041006^EPC", &format!("{n}-{m}^EPC"));
            let ack = String::from_utf8(api.submit(content.as_bytes()).await).unwrap();
            assert!(ack.contains("MSA|AA|254\r"), "{ack}");
            assert_eq!(api.status(Method::GET, ANY).await, 404);
        }
    };
    join_all((0..20).map(worker)).await;
    assert_eq!(connections(&rig) - before, 20);
    let accepted = rig.facts("order.accepted");
    let numbers: std::collections::BTreeSet<u64> =
        accepted.iter().map(|(_, data)| data["filler"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (273_013..273_113).collect());
}

fn connections(rig: &Rig) -> usize {
    rig.journal.read(|events| events.iter().filter(|event| matches!(event.what, What::Opened { .. })).count())
}

#[test]
fn a_cloud_can_be_dropped_by_a_task_that_has_used_up_its_budget() {
    let (done, end) = std::sync::mpsc::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || {
        runtime.block_on(async {
            let rig = Rig::start().await;
            let any = tokio::sync::Semaphore::new(1);
            while any.acquire().now_or_never().is_some() {} // tokio lets a task do only so much at a time
            drop(rig);
        });
        done.send(()).unwrap();
    });
    end.recv_timeout(cloud_support::SOON).expect("the drop ends");
}
