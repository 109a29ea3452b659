//! The proxy as a process, against the contract.

mod support;

use support::{Cloud, DEADLINE, Mllp, Proxy, Settled, json, token};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use wiremock::http::HeaderValue;
use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, ResponseTemplate};

const ORDERS: &str = "/emr/v1/orders";
const ORDER: &str = "MSH|^~\\&|EPIC|ANCL|IRIS||20170410102837||ORM^O01|254|T|2.4\rPID|1||CANARY\r";
const ACCEPTED: &str = "MSH|^~\\&|IRIS||EPIC|ANCL|20170410102838||ACK^O01|7001|T|2.4\rMSA|AA|254|fine\r";
const ID: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8";
const RESULT: &str = "MSH|^~\\&|IRIS||EPIC||20170410||ORU^R01|170410102837|P|2.4\rPID|1||CANARY\r";

fn hl7(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "x-application/hl7-v2+er7")
}

fn signal(kind: &str) -> String {
    format!(r#"{{"DeliveryId":"{ID}","Kind":"{kind}","IrisOrderId":273013}}"#)
}

fn delivery(rest: &str) -> String {
    format!("/emr/v1/deliveries/{ID}{rest}")
}

/// A cloud with one delivery waiting.
async fn with_delivery(settings: &[(&str, &str)]) -> Cloud {
    let cloud = Cloud::start(settings).await;
    cloud.answer("GET", &delivery(""), hl7(200, RESULT)).await;
    cloud
}

fn ack(code: &str) -> String {
    format!("MSH|^~\\&|EPIC||IRIS||20170410||ACK^R01|9|P|2.4\rMSA|{code}|170410102837\r")
}

/// The EMR takes the connection and answers as many messages as there are codes.
async fn engine(cloud: &Cloud, codes: &[&str]) -> Mllp {
    let (stream, _) = timeout(DEADLINE, cloud.emr.accept()).await.expect("a connection").unwrap();
    let mut connection = Mllp(stream);
    for code in codes {
        assert_eq!(connection.receive().await, RESULT, "CON-043: unchanged");
        connection.send(&ack(code)).await;
    }
    connection
}

/// A signal, the EMR's answers to what it brings about, and how the signal is settled.
async fn exchange(cloud: &Cloud, kind: &str, codes: &[&str]) -> (Settled, Mllp) {
    let signal = signal(kind);
    tokio::join!(cloud.results.deliver(&signal), engine(cloud, codes))
}

#[tokio::test]
async fn an_order_goes_up_unchanged_and_the_clouds_ack_comes_back_unchanged_con_030_con_031() {
    let cloud = Cloud::start(&[]).await;
    cloud.answer("POST", ORDERS, hl7(200, ACCEPTED)).await;
    let proxy = Proxy::start(&cloud).await;
    assert_eq!(proxy.ask(ORDER).await, ACCEPTED);
    let posted = &cloud.requests(ORDERS).await[0];
    assert_eq!(posted.body, ORDER.as_bytes());
    assert_eq!(posted.headers["content-type"], "x-application/hl7-v2+er7");
    assert_eq!(posted.headers["x-iris-installation"], "clinic");
    assert_eq!(posted.headers["x-correlation-id"].len(), 36);
    assert_eq!(posted.headers["authorization"], "Bearer first");
    let log = proxy.log().await;
    for secret in ["CANARY", "SECRET", "first", "c2VjcmV0"] {
        assert!(!log.contains(secret), "TOP-060: {secret}");
    }
}

#[tokio::test]
async fn an_order_that_the_cloud_does_not_take_is_answered_ae_con_032_con_071() {
    let cloud = Cloud::start(&[("Orders:CloudTimeoutMs", "200")]).await;
    let proxy = Proxy::start(&cloud).await;
    let slow = hl7(200, ACCEPTED).set_delay(DEADLINE);
    for failure in [
        hl7(503, ""),
        hl7(429, ""),
        hl7(202, ACCEPTED),
        hl7(200, "fine"),
        hl7(200, &ACCEPTED.replace("ACK^O01", "ORR^O02")),
        hl7(200, &ACCEPTED.replace("254", "255")),
        slow,
    ] {
        cloud.answer_first(1, "POST", ORDERS, failure).await;
        let answer = proxy.ask(ORDER).await;
        assert!(answer.contains("\rMSA|AE|254|IRIS cloud "), "{answer:?}");
    }
    assert_eq!(cloud.requests(ORDERS).await.len(), 7, "each order is posted once");
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_con_032() {
    let cloud = Cloud::start(&[]).await;
    cloud.answer("POST", ORDERS, hl7(200, ACCEPTED)).await;
    cloud.answer_first(1, "POST", ORDERS, hl7(401, "")).await;
    let proxy = Proxy::start(&cloud).await;
    cloud.answer_first(1, "POST", "/tenant/oauth2/v2.0/token", json(200, &token("second"))).await;
    assert_eq!(proxy.ask(ORDER).await, ACCEPTED);
    let tokens: Vec<_> = cloud.requests(ORDERS).await.iter().map(|r| r.headers["authorization"].clone()).collect();
    assert_eq!(tokens, ["Bearer first", "Bearer second"]);
    cloud.answer_first(2, "POST", ORDERS, hl7(401, "")).await;
    assert!(proxy.ask(ORDER).await.contains("\rMSA|AE|254|"));
}

#[tokio::test]
async fn frames_are_found_however_they_are_cut_and_answered_in_order_mllp_010_to_mllp_013() {
    let cloud = Cloud::start(&[]).await;
    let proxy = Proxy::start(&cloud).await;
    let mut connection = proxy.connect().await;
    let adt = |id: &str| ORDER.replace("ORM^O01", "ADT^A04").replace("|254|", &format!("|{id}|"));
    let bytes = format!("\r\n \x0b{}\x1c\r\r\n\x0b{}\x1c\r", adt("1"), adt("2"));
    for byte in bytes.bytes() {
        connection.0.write_all(&[byte]).await.unwrap();
    }
    connection.send(&adt("3")).await;
    for id in ["1", "2", "3"] {
        assert!(connection.receive().await.contains(&format!("\rMSA|AR|{id}|")));
    }
    assert!(cloud.requests(ORDERS).await.is_empty(), "CON-070");
}

#[tokio::test]
async fn a_message_that_is_too_long_is_refused_and_the_next_one_served_con_070() {
    let cloud = Cloud::start(&[("Orders:MaxMessageBytes", "200")]).await;
    cloud.answer("POST", ORDERS, hl7(200, ACCEPTED)).await;
    let proxy = Proxy::start(&cloud).await;
    let mut connection = proxy.connect().await;
    connection.send(&format!("{ORDER}NTE|{}\r", "x".repeat(200))).await;
    assert!(connection.receive().await.contains("\rMSA|AE|254|message too long\r"));
    connection.send(ORDER).await;
    assert_eq!(connection.receive().await, ACCEPTED);
    assert_eq!(cloud.requests(ORDERS).await.len(), 1);
}

#[tokio::test]
async fn a_slow_sender_is_dropped_and_an_idle_one_is_not_mllp_017_mllp_028() {
    let cloud = Cloud::start(&[("Orders:FrameTimeoutMs", "100")]).await;
    cloud.answer("POST", ORDERS, hl7(200, ACCEPTED)).await;
    let proxy = Proxy::start(&cloud).await;
    let (mut idle, mut slow) = (proxy.connect().await, proxy.connect().await);
    idle.0.write_all(b"\r\n").await.unwrap();
    slow.0.write_all(b"\x0bMSH|").await.unwrap();
    assert!(slow.closed().await);
    idle.send(ORDER).await;
    assert_eq!(idle.receive().await, ACCEPTED);
}

#[tokio::test]
async fn an_accepted_result_is_reported_and_completed_con_040_to_con_044() {
    let cloud = with_delivery(&[]).await;
    let _proxy = Proxy::start(&cloud).await;
    let (settled, _open) = exchange(&cloud, "ORU", &["AA"]).await;
    assert_eq!(settled, Settled::Completed);
    let receipt = cloud.only_json(&delivery("/receipt")).await;
    assert_eq!((&receipt["Outcome"], &receipt["Attempts"]), (&"Accepted".into(), &1.into()));
    assert_eq!((&receipt["AckCode"], receipt["Reason"].is_null()), (&"AA".into(), true));
    assert!(cloud.requests(&delivery("/claim")).await.is_empty(), "only a charge is claimed");
}

#[tokio::test]
async fn a_rejected_result_is_sent_again_and_in_the_end_dead_lettered_con_043_con_044() {
    let cloud = with_delivery(&[]).await;
    let _proxy = Proxy::start(&cloud).await;
    let (settled, _open) = exchange(&cloud, "MDM", &["AE", "AR"]).await;
    assert_eq!(settled, Settled::DeadLettered("EmrNotAccepted".to_owned()));
    let receipt = cloud.only_json(&delivery("/receipt")).await;
    assert_eq!((&receipt["Outcome"], &receipt["Attempts"]), (&"Rejected".into(), &2.into()));
    assert_eq!(receipt["AckCode"], "AR");
}

#[tokio::test]
async fn a_charge_is_claimed_and_sent_once_whatever_the_answer_con_042_con_043() {
    let cloud = with_delivery(&[]).await;
    cloud.answer("POST", &delivery("/claim"), ResponseTemplate::new(200)).await;
    let _proxy = Proxy::start(&cloud).await;
    let (settled, mut open) = exchange(&cloud, "DFT", &["AE"]).await;
    assert_eq!(settled, Settled::DeadLettered("EmrNotAccepted".to_owned()));
    assert_eq!(cloud.requests(&delivery("/claim")).await.len(), 1);
    // The next thing on the connection is the next delivery, so nothing was sent in between.
    cloud.answer_first(1, "GET", &delivery(""), hl7(200, &RESULT.replace("CANARY", "NEXT"))).await;
    let next = cloud.results.put(&signal("ORU"));
    assert!(open.receive().await.contains("NEXT"));
    open.send(&ack("AA")).await;
    assert_eq!(next.await, Ok(Settled::Completed));
}

#[tokio::test]
async fn a_charge_that_another_has_claimed_is_completed_without_sending_con_042() {
    let cloud = with_delivery(&[]).await;
    cloud.answer("POST", &delivery("/claim"), ResponseTemplate::new(409)).await;
    let _proxy = Proxy::start(&cloud).await;
    let (settled, mut open) = exchange(&cloud, "DFT", &[]).await;
    assert_eq!(settled, Settled::Completed);
    assert!(cloud.requests(&delivery("/receipt")).await.is_empty(), "CON-075");
    drop(_proxy);
    assert!(open.closed().await, "no byte came");
}

#[tokio::test]
async fn without_an_emr_nothing_is_claimed_and_not_sent_is_reported_con_073_con_074() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    let cloud = with_delivery(&[("Results:Address", &nobody)]).await;
    let _proxy = Proxy::start(&cloud).await;
    assert_eq!(cloud.results.deliver(&signal("DFT")).await, Settled::DeadLettered("EmrNotAccepted".to_owned()));
    let receipt = cloud.only_json(&delivery("/receipt")).await;
    assert_eq!((&receipt["Outcome"], &receipt["Attempts"]), (&"NotSent".into(), &0.into()));
    assert!(cloud.requests(&delivery("/claim")).await.is_empty());
}

#[tokio::test]
async fn a_result_is_not_sent_again_because_its_receipt_is_late_con_076() {
    let cloud = with_delivery(&[]).await;
    cloud.answer_first(6, "POST", &delivery("/receipt"), ResponseTemplate::new(503)).await;
    let _proxy = Proxy::start(&cloud).await;
    let (settled, mut open) = exchange(&cloud, "ORU", &["AA"]).await;
    assert_eq!(settled, Settled::Abandoned);
    assert_eq!(cloud.results.redeliver(&signal("ORU")).await, Settled::Completed);
    assert_eq!(cloud.requests(&delivery("/receipt")).await.len(), 7);
    drop(_proxy);
    assert!(open.closed().await, "no byte came");
}

#[tokio::test]
async fn withdrawn_and_unreadable_signals_are_settled_con_075() {
    let cloud = Cloud::start(&[]).await;
    let _proxy = Proxy::start(&cloud).await;
    assert_eq!(cloud.results.deliver(&signal("ORU")).await, Settled::Completed, "404");
    assert_eq!(cloud.results.deliver("{}").await, Settled::DeadLettered("Unreadable".to_owned()));
    assert_eq!(cloud.results.deliver(&signal("ADT")).await, Settled::DeadLettered("Unreadable".to_owned()));
}

#[tokio::test]
async fn a_file_is_written_under_its_root_and_nowhere_else_con_047_con_078() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("results");
    let cloud = Cloud::start(&[("Files:Root", root.to_str().unwrap())]).await;
    let file = |path: &str| {
        let path = HeaderValue::from_bytes(path.as_bytes()).unwrap();
        ResponseTemplate::new(200).set_body_bytes(b"%PDF-1.7").insert_header("X-Iris-Path-Template", path)
    };
    let _proxy = Proxy::start(&cloud).await;
    cloud.answer_first(1, "GET", &delivery(""), file("POC01\\M\u{dc}LLER {yyyy}.pdf")).await;
    assert_eq!(cloud.results.deliver(&signal("FILE")).await, Settled::Completed);
    let receipt = cloud.only_json(&delivery("/receipt")).await;
    assert_eq!((&receipt["Outcome"], &receipt["Attempts"]), (&"Accepted".into(), &1.into()), "CON-044");
    let written: Vec<_> = std::fs::read_dir(root.join("POC01")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(written.len(), 1);
    assert_eq!(std::fs::read(&written[0]).unwrap(), b"%PDF-1.7", "FILE-006");
    let name = written[0].file_name().unwrap().to_str().unwrap();
    assert!(
        name.starts_with("M\u{dc}LLER 20") && name.ends_with(".pdf") && name.len() == "M\u{dc}LLER 2026.pdf".len(),
        "{name}"
    );

    cloud.answer_first(1, "GET", &delivery(""), file("../outside.pdf")).await;
    assert_eq!(
        cloud.results.deliver(&signal("FILE")).await,
        Settled::DeadLettered("EmrNotAccepted".to_owned()),
        "FILE-083"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "FILE-080");
    cloud.answer_first(1, "GET", &delivery(""), file("POC01/x.pdf")).await;
    std::fs::remove_dir_all(&root).unwrap();
    std::fs::write(&root, b"a file where the folder should be").unwrap();
    assert_eq!(
        cloud.results.deliver(&signal("FILE")).await,
        Settled::DeadLettered("EmrNotAccepted".to_owned()),
        "FILE-095"
    );
}

#[tokio::test]
async fn an_order_by_blob_is_accepted_once_it_is_stored_con_033() {
    let cloud = Cloud::start(&[("Orders:Intake", "blob")]).await;
    let proxy = Proxy::start(&cloud).await;
    let answer = proxy.ask(ORDER).await;
    assert!(
        answer.contains("MSA|AE|") && answer.contains("IRIS cloud refused the order"),
        "404 of the storage: {answer}"
    );
    let stored = Mock::given(method("PUT")).and(path_regex("^/orders/clinic/[0-9a-f-]{36}[.]hl7$"));
    stored.respond_with(ResponseTemplate::new(201)).mount(&cloud.http).await;
    let answer = proxy.ask(ORDER).await;
    assert!(answer.contains("MSA|AA|") && !answer.contains("\rERR"), "{answer}");
}

#[tokio::test]
async fn the_bus_is_connected_again_after_a_loss() {
    let cloud = Cloud::start(&[]).await;
    let _proxy = Proxy::start(&cloud).await;
    cloud.results.cut().await;
    assert_eq!(cloud.results.deliver(&signal("ORU")).await, Settled::Completed);
}

#[tokio::test]
async fn a_ping_is_answered_with_a_heartbeat_con_050_con_051() {
    let cloud = Cloud::start(&[]).await;
    let _proxy = Proxy::start(&cloud).await;
    let ping = format!(r#"{{"Type":"Ping","Id":"{ID}"}}"#);
    assert_eq!(cloud.notifications.deliver(&ping).await, Settled::Completed);
    let heartbeats = cloud.requests("/emr/v1/proxies/clinic/heartbeat").await;
    let ids: Vec<serde_json::Value> =
        heartbeats.iter().map(|r| r.body_json::<serde_json::Value>().unwrap()["Id"].clone()).collect();
    assert!(ids.contains(&serde_json::Value::Null), "CON-051: one when ready");
    assert!(ids.contains(&ID.into()));
}

#[tokio::test]
async fn changed_settings_move_the_port_without_losing_a_connection_con_050_con_080() {
    let cloud = Cloud::start(&[]).await;
    cloud.answer("POST", ORDERS, hl7(200, ACCEPTED)).await;
    let mut proxy = Proxy::start(&cloud).await;
    let mut before = proxy.connect().await;
    let new = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    cloud.replace_settings(&[("Orders:Listen", &new)]).await;
    assert_eq!(cloud.notifications.deliver(r#"{"Type":"SettingsChanged"}"#).await, Settled::Completed);
    before.send(ORDER).await;
    assert_eq!(before.receive().await, ACCEPTED);
    proxy.orders = new;
    assert_eq!(proxy.ask(ORDER).await, ACCEPTED);
}

#[tokio::test]
async fn at_the_stop_signal_an_unfinished_result_goes_back_con_079() {
    let cloud = with_delivery(&[("Results:RetryDelayMs", "60000")]).await;
    let config = proxy::Config::from_environment(|name| cloud.variable(name)).unwrap_or_else(|error| panic!("{error}"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(proxy::run(config, async { stopped.await.unwrap_or_default() }));
    let settled = cloud.results.put(&signal("ORU"));
    let _open = engine(&cloud, &["AE"]).await;
    stop.send(()).unwrap();
    assert_eq!(timeout(DEADLINE, settled).await.unwrap(), Ok(Settled::Abandoned));
    timeout(DEADLINE, running).await.unwrap().unwrap().unwrap();
}
