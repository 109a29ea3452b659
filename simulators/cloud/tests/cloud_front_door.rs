//! The front door: host names, certificates and TLS.

mod cloud_support;

use std::sync::Arc;

use cloud::TestCa;
use cloud_support::{Rig, soon, tls};
use journal::What;
use reqwest::Method;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// 01-topology, sections 5.1 and 5.2, and what each name answers to `/common`, `/kv`, `/emr` and a blob of an account,
/// all without a token. On a blob host every path is a container or a blob.
const HTTPS_NAMES: [(&str, [u16; 4]); 11] = [
    ("login.microsoftonline.com", [200, 404, 404, 404]),
    ("config-proxy-qa.azconfig.io", [404, 401, 404, 404]),
    ("config-proxy-prodb.azconfig.io", [404, 401, 404, 404]),
    ("icemr-api-test.retinalscreenings.com", [404, 404, 401, 404]),
    ("icemr-api.retinalscreenings.com", [404, 404, 401, 404]),
    ("irisicdqa.blob.core.windows.net", [401; 4]),
    ("irisicdprodb.blob.core.windows.net", [401; 4]),
    ("iris-clientresults-qa.servicebus.windows.net", [404; 4]),
    ("iris-organization-notification-prod.servicebus.windows.net", [404; 4]),
    ("localhost", [200, 401, 401, 401]),
    ("127.0.0.1", [200, 401, 401, 401]),
];

#[tokio::test]
async fn con_001_con_004_top_045_each_name_answers_for_its_own_role_and_for_no_other() {
    let rig = Rig::start().await;
    let client = rig.client();
    let probes = [
        (Method::GET, "/common/discovery/instance"),
        (Method::GET, "/kv?api-version=2023-11-01"),
        (Method::POST, "/emr/v1/orders"),
        (Method::GET, "/irisicdqa/orders/x"),
    ];
    for (name, answers) in HTTPS_NAMES {
        let port = if matches!(name, "localhost" | "127.0.0.1") { rig.https().port() } else { 443 };
        for ((method, path), status) in probes.iter().zip(answers) {
            let url = format!("https://{name}:{port}{path}"); // 443 is resolved to the front door
            let answer = client.request(method.clone(), &url).send().await.unwrap();
            assert_eq!(answer.status(), status, "{method} {url}");
        }
        let asked = if name == "127.0.0.1" { "no server name" } else { name }; // an address is no SNI
        let opened = |event: &journal::Event| matches!(&event.what, What::Opened { remote, .. } if remote.ends_with(&format!(" for {asked}")));
        assert!(rig.journal.read(|events| events.iter().any(opened)), "{name}");
    }
    let foreign =
        client.get("https://login.microsoftonline.com/common/discovery/instance").header("Host", "example.org");
    assert_eq!(foreign.send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn con_003_top_045_both_doors_have_a_certificate_for_each_name_and_only_the_ca_of_the_run_vouches_for_it() {
    let rig = Rig::start().await;
    let other = Arc::new(tls(&TestCa::new(&[]).unwrap()));
    for door in [rig.https(), rig.amqps()] {
        for name in rig.cloud.contract().all_hosts().iter().map(String::as_str).chain(["localhost", "127.0.0.1"]) {
            rig.connect(door, name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let tcp = TcpStream::connect(door).await.unwrap();
        let refused = soon(TlsConnector::from(other.clone()).connect(ServerName::try_from("localhost").unwrap(), tcp));
        let error = refused.await.unwrap_err().to_string();
        assert!(error.contains("UnknownIssuer") || error.contains("BadSignature"), "{error}");
    }
}

#[tokio::test]
async fn con_001_an_unknown_server_name_is_refused_in_the_handshake() {
    let rig = Rig::start().await;
    for (n, door) in [rig.https(), rig.amqps()].into_iter().enumerate() {
        let error = rig.connect(door, "unknown.example.test").await.unwrap_err();
        let error = error.into_inner().unwrap().downcast::<rustls::Error>().unwrap();
        assert!(matches!(*error, rustls::Error::AlertReceived(_)), "{error}");
        rig.seen(|events| (cloud_support::facts(events, "tls.refused").len() == n + 1).then_some(())).await;
    }
}

/// A client's first message in TLS 1.2 (RFC 5246, 7.4.1.2): one cipher suite, and the extensions that a server needs.
fn tls_1_2_hello() -> Vec<u8> {
    let extensions = [
        &[0x00, 0x00, 0, 14, 0, 12, 0, 0, 9][..], // server_name
        b"localhost",
        &[0x00, 0x0a, 0, 4, 0, 2, 0x00, 0x17], // supported_groups: secp256r1
        &[0x00, 0x0b, 0, 2, 1, 0],             // ec_point_formats: uncompressed
        &[0x00, 0x0d, 0, 4, 0, 2, 0x04, 0x03], // signature_algorithms: ecdsa_secp256r1_sha256
    ]
    .concat();
    let mut hello = vec![0x03, 0x03]; // TLS 1.2
    hello.extend([7; 32]); // random
    hello.push(0); // no session
    hello.extend([0, 2, 0xc0, 0x2b]); // TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
    hello.extend([1, 0]); // no compression
    hello.extend([0, extensions.len() as u8]);
    hello.extend(extensions);
    let handshake = [&[1, 0, 0, hello.len() as u8][..], &hello].concat();
    [&[22, 0x03, 0x01, 0, handshake.len() as u8][..], &handshake].concat()
}

#[tokio::test]
async fn con_002_a_client_that_offers_tls_1_2_is_refused_with_an_alert() {
    let rig = Rig::start().await;
    for door in [rig.https(), rig.amqps()] {
        let mut tcp = TcpStream::connect(door).await.unwrap();
        tcp.write_all(&tls_1_2_hello()).await.unwrap();
        let mut answer = Vec::new();
        soon(tcp.read_to_end(&mut answer)).await.unwrap();
        // one record: alert, TLS 1.2, two bytes: fatal, protocol_version
        assert_eq!(answer, [21, 0x03, 0x03, 0, 2, 2, 70]);
    }
}

#[tokio::test]
async fn con_002_plain_text_at_a_tls_door_gets_no_answer_but_an_alert_and_does_not_hang() {
    let rig = Rig::start().await;
    let requests =
        [&b"GET /common/discovery/instance HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], b"AMQP\x03\x01\x00\x00"];
    for (door, request) in [rig.https(), rig.amqps()].into_iter().zip(requests) {
        let mut tcp = TcpStream::connect(door).await.unwrap();
        tcp.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let _ = soon(tcp.read_to_end(&mut answer)).await; // a reset is an end as well
        assert!(answer.is_empty() || (answer.len() == 7 && answer[0] == 21), "{answer:?}");
    }
    let refused = |events: &[journal::Event]| (cloud_support::facts(events, "tls.refused").len() == 2).then_some(());
    rig.seen(refused).await;
}

/// docs/limits.md: its HTTP servers follow each other, and no request is lost between them.
#[tokio::test]
async fn a_cloud_that_runs_for_long_closes_a_connection_after_a_thousand_answers_and_answers_on_the_next() {
    let rig = Rig::keeping(Some(1), None).await;
    let api = rig.api().await; // the first answer
    let mut closes = Vec::new();
    for number in 2..=2_100 {
        let answer = api.request(Method::GET, "deliveries/unknown").send().await.unwrap();
        assert_eq!(answer.status(), 404, "request {number}");
        if answer.headers().contains_key("Connection") {
            closes.push(number);
        }
    }
    assert_eq!(closes, [1_000, 2_000]);
    let opened = |events: &[journal::Event]| {
        events.iter().filter(|event| matches!(event.what, What::Opened { link: journal::Link::Https, .. })).count()
    };
    assert_eq!(rig.journal.read(opened), 4, "one for the token, and three for what followed");
}
