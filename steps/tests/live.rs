//! The bench through its JSON API: what an action does is looked for at the parties.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct Bench {
    process: Child,
    address: String,
    token: String,
    client: Client,
}

impl Drop for Bench {
    fn drop(&mut self) {
        // asked to end, so that it ends its proxy as well; where nobody can ask, its proxy outlives it
        let asked = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        if !asked.is_ok_and(|status| status.success()) {
            self.process.kill().ok();
        }
        self.process.wait().ok();
    }
}

impl Bench {
    fn start() -> Bench {
        Bench::of(&["all"])
    }

    /// `simulate` with these arguments and a page.
    fn of(arguments: &[&str]) -> Bench {
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut process = Command::new(env!("CARGO_BIN_EXE_iris-conformance"))
            .arg("simulate")
            .args(arguments)
            .args(["--page", "--for", "120"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let link = lines.find_map(|line| line.ok()?.split_once("http://").map(|(_, link)| link.to_owned()));
        let link = link.expect("the link is printed");
        let (address, token) = link.split_once("/#").expect("the link has a token");
        Bench { process, address: address.to_owned(), token: token.to_owned(), client: Client::new() }
    }

    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.bare(Method::GET, path).bearer_auth(&self.token).send().await.expect("it answers");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.json().await.expect("JSON")
    }

    async fn act(&self, action: &str, body: Value) -> (StatusCode, Value) {
        let request = self.bare(Method::POST, &format!("/api/actions/{action}")).bearer_auth(&self.token).json(&body);
        let answer = request.send().await.expect("it answers");
        (answer.status(), answer.json().await.expect("JSON"))
    }

    async fn does(&self, action: &str, body: Value) -> Value {
        let (status, value) = self.act(action, body).await;
        assert_eq!(status, StatusCode::OK, "{action}: {value}");
        value
    }

    async fn orders(&self) -> String {
        let done = self.does("order", json!({ "personality": "epic" })).await;
        assert!(done["answer"].as_str().expect("an answer").contains("MSA|AA|"), "{done}");
        done["order"].as_str().expect("a number").to_owned()
    }

    async fn texts(&self) -> Vec<(u64, String)> {
        let (mut next, mut all) = (0, Vec::new());
        loop {
            let page = self.get(&format!("/api/messages?after={next}")).await;
            let shown = page["messages"].as_array().expect("a list");
            all.extend(shown.iter().map(|m| (m["number"].as_u64().unwrap(), m["text"].as_str().unwrap().to_owned())));
            if shown.is_empty() {
                return all;
            }
            next = page["next"].as_u64().expect("a number");
        }
    }

    /// Waits for so many entries with this text; the number of the last.
    async fn sees(&self, text: &str, count: usize) -> u64 {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let all = self.texts().await;
            let found: Vec<u64> =
                all.iter().filter(|(_, seen)| seen.contains(text)).map(|(number, _)| *number).collect();
            if found.len() >= count {
                return found[count - 1];
            }
            assert!(Instant::now() < deadline, "{count} of {text}, in {all:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn an_exam_is_ordered_graded_and_its_result_read_and_a_refused_charge_is_not_repeated() {
    let bench = Bench::start();
    let order = bench.orders().await;
    bench.does("answer", json!({ "kind": "DFT", "answer": "an application error" })).await;
    bench.does("grade", json!({ "order": order, "grading": "normal in both eyes" })).await;
    let oru = bench.sees("ORU^R01", 1).await;
    let message = bench.get(&format!("/api/messages/{oru}")).await;
    let fields = message["segments"][0]["fields"].as_array().expect("fields");
    assert!(
        fields.iter().any(|f| f["path"] == "MSH-9" && f["name"] == "Message Type" && f["value"] == "ORU^R01"),
        "{message}"
    );
    bench.sees("ACK AE", 1).await;
    tokio::time::sleep(Duration::from_millis(600)).await; // longer than a proxy's pause before it repeats
    assert_eq!(bench.texts().await.iter().filter(|(_, text)| text.starts_with("DFT^P03")).count(), 1);
    bench.does("resend", json!({ "order": order })).await;
    bench.sees("ORU^R01", 2).await;
}

#[tokio::test]
async fn an_order_is_cancelled_and_the_proxy_stopped_and_started() {
    let bench = Bench::start();
    let order = bench.orders().await;
    bench.does("cancel", json!({ "order": order })).await;
    bench.sees("order.cancelled", 1).await;
    bench.does("proxy", json!({ "do": "stop" })).await;
    assert_eq!(bench.get("/api/state").await["proxy"]["runs"], false);
    let (status, _) = bench.act("order", json!({})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    bench.does("proxy", json!({ "do": "start" })).await;
    assert_eq!(bench.get("/api/state").await["proxy"]["runs"], true);
    bench.orders().await;
}

#[tokio::test]
async fn faults_act_and_an_emr_that_did_not_listen_gets_its_result_when_it_is_sent_again() {
    let bench = Bench::start();
    bench.does("faults", json!({ "plan": "faults: [{ on: emr_api, times: 1, when: { request: orders }, do: { status: { code: 503 } } }]" })).await;
    bench.does("order", json!({})).await;
    bench.sees("status", 1).await;
    bench.does("faults", json!({ "lift": true })).await;
    let order = bench.orders().await;
    bench.does("connections", json!({ "do": "refuse" })).await;
    bench.does("grade", json!({ "order": order, "grading": "normal in both eyes" })).await;
    bench.sees("Outcome=\"NotSent\"", 1).await; // all attempts are over
    assert!(!bench.texts().await.iter().any(|(_, text)| text.starts_with("ORU^R01")));
    bench.does("connections", json!({ "do": "accept" })).await;
    bench.does("resend", json!({ "order": order })).await;
    bench.sees("ORU^R01", 1).await;
    bench.does("connections", json!({ "do": "close" })).await;
    bench.sees("ended: closed by the engine", 1).await;
}

#[tokio::test]
async fn strangers_and_unreadable_requests_are_refused() {
    let bench = Bench::start();
    let state = || bench.bare(Method::GET, "/api/state");
    let status = async |request: RequestBuilder| request.send().await.expect("it answers").status();
    assert_eq!(status(state()).await, StatusCode::FORBIDDEN);
    assert_eq!(status(state().bearer_auth("0".repeat(32))).await, StatusCode::FORBIDDEN);
    let known = || state().bearer_auth(&bench.token);
    assert_eq!(status(known()).await, StatusCode::OK);
    assert_eq!(status(known().header("Host", "evil.test")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(known().header("Origin", "http://evil.test")).await, StatusCode::FORBIDDEN);
    assert_eq!(status(known().header("Origin", format!("http://{}", bench.address))).await, StatusCode::OK);
    // a body may have its size, is then read, and is no JSON
    for (action, most) in [("grade", 64 * 1024), ("order", 16 * 1024 * 1024)] {
        let request = || bench.bare(Method::POST, &format!("/api/actions/{action}")).bearer_auth(&bench.token);
        assert_eq!(status(request().body(vec![b' '; most])).await, StatusCode::BAD_REQUEST);
        assert_eq!(status(request().body(vec![b' '; most + 1])).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(bench.act("grade", json!({ "orders": 1 })).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(bench.act("dance", json!({})).await.0, StatusCode::NOT_FOUND);
    assert_eq!(bench.act("resend", json!({ "order": "none" })).await.0, StatusCode::CONFLICT);
    let page = bench.bare(Method::GET, "/").send().await.expect("it answers");
    assert!(page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
}

#[tokio::test]
async fn a_connection_beyond_the_bound_is_closed_and_the_next_has_its_place() {
    const MOST: usize = 64;
    let bench = Bench::of(&["emr"]);
    let is_answered = async |stream: &mut TcpStream| {
        let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", bench.address);
        let asked = stream.write_all(request.as_bytes()).await;
        asked.is_ok() && stream.read_u8().await.is_ok()
    };
    let connect = async || TcpStream::connect(&bench.address).await.expect("it listens");
    let deadline = Duration::from_secs(10);
    let filled = async {
        let mut open = Vec::new();
        for _ in 0..MOST {
            open.push(connect().await);
            assert!(is_answered(open.last_mut().expect("one")).await);
        }
        assert!(!is_answered(&mut connect().await).await);
        open
    };
    let mut open = tokio::time::timeout(deadline, filled).await.expect("all are served at once");
    open.pop();
    let next = async { while !is_answered(&mut connect().await).await {} };
    tokio::time::timeout(deadline, next).await.expect("a place is free");
}

/// Ports for a bench that has to be told them; the system gives them to nobody.
fn ports<const N: usize>() -> [String; N] {
    let first = 14_000 + (std::process::id() % 900) as u16;
    let mut free = (first..15_000).filter(|port| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok());
    std::array::from_fn(|_| format!("127.0.0.1:{}", free.next().expect("a free port")))
}

#[tokio::test]
async fn an_emr_and_a_proxy_of_two_benches_work_together() {
    let [orders, results] = ports();
    let proxy = Bench::of(&["proxy", "--listen", &orders, "--results", &results, "--emr", "cerner"]);
    let arguments = ["emr", "--listen", &results, "--to", &orders, "--emr", "cerner", "--every", "60"];
    let emr = Bench::of(&[&arguments[..], &["--answer", "an application error"]].concat());
    emr.sees("ACK AA", 1).await; // the order that it sends by itself
    let state = proxy.get("/api/state").await;
    assert_eq!(state["parties"], json!({ "emr": false, "proxy": true, "cloud": true }));
    let order = state["orders"][0]["placer"].as_str().expect("IRIS has the order").to_owned();
    proxy.does("grade", json!({ "order": order, "grading": "normal in both eyes" })).await;
    emr.sees("ORU^R01", 1).await;
    emr.sees("ACK AE", 1).await;
    proxy.sees("AckCode=\"AE\"", 1).await;

    let cancelled = emr.does("cancel", json!({ "order": order })).await;
    assert!(cancelled["answer"].as_str().expect("an answer").contains("MSA|"), "{cancelled}");
    for (bench, action, body) in [
        (&emr, "grade", json!({ "order": order, "grading": "normal in both eyes" })),
        (&emr, "resend", json!({ "order": order })),
        (&emr, "proxy", json!({ "do": "stop" })),
        (&proxy, "order", json!({})),
        (&proxy, "answer", json!({ "answer": "an application error" })),
        (&proxy, "connections", json!({ "do": "close" })),
    ] {
        let (status, refusal) = bench.act(action, body).await;
        assert_eq!(status, StatusCode::CONFLICT, "{action}");
        assert!(refusal["error"].as_str().expect("why").contains("another program's"), "{action}: {refusal}");
    }
    proxy.does("proxy", json!({ "do": "kill" })).await;
    let (_, refused) = emr.act("order", json!({})).await;
    assert!(refused["error"].as_str().expect("why").contains(&orders), "{refused}");
}

#[tokio::test]
async fn a_bench_of_the_cloud_alone_shows_it_and_refuses_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().expect("a name in UTF-8");
    let cloud = Bench::of(&["cloud", "--https-port", "0", "--amqps-port", "0", "--ca-dir", folder]);
    let state = cloud.get("/api/state").await;
    assert_eq!(state["parties"], json!({ "emr": false, "proxy": false, "cloud": true }));
    let plan = "faults: [{ on: emr_api, times: 1, when: { request: orders }, do: { status: { code: 503 } } }]";
    cloud.does("faults", json!({ "plan": plan })).await;
    assert_eq!(cloud.act("order", json!({})).await.0, StatusCode::CONFLICT);
    assert_eq!(cloud.act("proxy", json!({ "do": "start" })).await.0, StatusCode::CONFLICT);
    let (status, refusal) = cloud.act("resend", json!({ "order": "none" })).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(!refusal["error"].as_str().expect("why").contains("another program's"), "{refusal}");
    let emr = Bench::of(&["emr"]);
    let (status, refusal) = emr.act("order", json!({})).await;
    assert!(status == StatusCode::CONFLICT && refusal["error"].as_str().expect("why").contains("--to"), "{refusal}");
}

#[cfg(unix)]
#[test]
fn every_bench_ends_when_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().to_str().expect("a name in UTF-8");
    let [orders] = ports();
    for arguments in [
        &["all"][..],
        &["emr"],
        &["proxy", "--listen", &orders, "--results", "127.0.0.1:9"],
        &["cloud", "--https-port", "0", "--amqps-port", "0", "--ca-dir", folder],
    ] {
        let mut bench = Bench::of(arguments);
        let id = bench.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill runs").success());
        let begin = Instant::now();
        let ended = loop {
            if let Some(ended) = bench.process.try_wait().expect("it can be asked") {
                break ended;
            }
            assert!(begin.elapsed() < Duration::from_secs(20), "{arguments:?} goes on");
            std::thread::sleep(Duration::from_millis(20));
        };
        assert_eq!(ended.code(), Some(130), "{arguments:?}");
    }
}
