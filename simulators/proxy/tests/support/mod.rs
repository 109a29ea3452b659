//! The least that a proxy needs around it: a TLS front with wiremock behind it, two queues, an EMR.

mod bus;

use std::collections::HashMap;
use std::io::Write;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

pub use bus::Settled;

/// Longer than anything here takes; a wait that ends with it has failed.
pub const DEADLINE: Duration = Duration::from_secs(10);

pub struct Cloud {
    pub http: MockServer,
    pub results: bus::Queue,
    pub notifications: bus::Queue,
    pub emr: TcpListener,
    pub ca_file: tempfile::NamedTempFile,
    https: SocketAddr,
}

impl Cloud {
    /// A cloud that answers as the contract says, with those settings on top of fast ones.
    pub async fn start(settings: &[(&str, &str)]) -> Cloud {
        let (ca_pem, tls) = certificate();
        let mut ca_file = tempfile::NamedTempFile::new().unwrap();
        ca_file.write_all(ca_pem.as_bytes()).unwrap();
        let http = MockServer::builder().listener(std::net::TcpListener::bind("127.0.0.1:0").unwrap()).start().await;
        let https = front(tls.clone(), *http.address()).await;
        let emr = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloud = Cloud {
            http,
            results: bus::Queue::start("results", tls.clone()).await,
            notifications: bus::Queue::start("notifications", tls).await,
            emr,
            ca_file,
            https,
        };
        cloud.answer("POST", "/tenant/oauth2/v2.0/token", json(200, &token("first"))).await;
        cloud.mount_settings(settings, 5).await;
        cloud.answer("POST", "/emr/v1/proxies/clinic/heartbeat", ResponseTemplate::new(204)).await;
        Mock::given(method("POST"))
            .and(path_regex("^/emr/v1/deliveries/[^/]+/receipt$"))
            .respond_with(ResponseTemplate::new(204))
            .with_priority(9)
            .mount(&cloud.http)
            .await;
        cloud
    }

    /// The answer to every request there, unless a later `answer_first` goes before it.
    pub async fn answer(&self, verb: &str, at: &str, answer: ResponseTemplate) {
        Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(5).mount(&self.http).await;
    }

    /// The first so many times; afterwards what was mounted before.
    pub async fn answer_first(&self, times: u64, verb: &str, at: &str, answer: ResponseTemplate) {
        let mock = Mock::given(method(verb)).and(path(at)).respond_with(answer).with_priority(1);
        mock.up_to_n_times(times).mount(&self.http).await;
    }

    /// The settings from now on.
    pub async fn replace_settings(&self, changed: &[(&str, &str)]) {
        self.mount_settings(changed, 4).await;
    }

    async fn mount_settings(&self, changed: &[(&str, &str)], priority: u8) {
        let emr = self.emr.local_addr().unwrap().to_string();
        let mut values = HashMap::from([
            ("Orders:Listen", "127.0.0.1:0"),
            ("Results:Address", &emr),
            ("Results:AckTimeoutMs", "300"),
            ("Results:MaxAttempts", "2"),
            ("Results:RetryDelayMs", "10"),
            ("Orders:CloudTimeoutMs", "2000"),
            ("Orders:FrameTimeoutMs", "300"),
        ]);
        values.extend(changed.iter().copied());
        let items: Vec<_> = values
            .iter()
            .map(|(k, v)| json!({"key": format!("EmrProxy:{k}"), "label": "clinic", "value": v}))
            .collect();
        let answer = json(200, &json!({ "items": items }));
        Mock::given(method("GET"))
            .and(path("/kv"))
            .respond_with(answer)
            .with_priority(priority)
            .mount(&self.http)
            .await;
    }

    /// What the proxy finds in its environment.
    pub fn variable(&self, name: &str) -> Option<String> {
        let url = || format!("https://localhost:{}", self.https.port());
        let bus = "Endpoint=sb://bus.example/;SharedAccessKeyName=name;SharedAccessKey=c2VjcmV0";
        Some(match name {
            "IRIS_LOGIN" | "IRIS_SETTINGS" | "IRIS_EMR_API" | "IRIS_BLOB" => url(),
            "IRIS_RESULTS_BUS" | "IRIS_NOTIFICATION_BUS" => bus.to_owned(),
            "IRIS_RESULTS_BUS_HOST" | "IRIS_NOTIFICATION_BUS_HOST" => "localhost".to_owned(),
            "IRIS_RESULTS_BUS_PORT" => self.results.port.to_string(),
            "IRIS_NOTIFICATION_BUS_PORT" => self.notifications.port.to_string(),
            "IRIS_CA_FILE" => self.ca_file.path().to_str().unwrap().to_owned(),
            "IRIS_TENANT" => "tenant".to_owned(),
            "IRIS_CLIENT_ID" => "client".to_owned(),
            "IRIS_CLIENT_SECRET" => "SECRET".to_owned(),
            "IRIS_INSTALLATION" => "clinic".to_owned(),
            _ => return None,
        })
    }

    /// The requests to a path so far.
    pub async fn requests(&self, at: &str) -> Vec<Request> {
        let all = self.http.received_requests().await.unwrap();
        all.into_iter().filter(|request| request.url.path() == at).collect()
    }

    /// The JSON body of the only request to a path.
    pub async fn only_json(&self, at: &str) -> Value {
        let requests = self.requests(at).await;
        assert_eq!(requests.len(), 1, "{at}");
        requests[0].body_json().unwrap()
    }
}

/// The proxy as a process.
pub struct Proxy {
    child: Child,
    pub orders: String,
}

impl Proxy {
    pub async fn start(cloud: &Cloud) -> Proxy {
        let mut command = Command::new(env!("CARGO_BIN_EXE_iris-emr-proxy"));
        for name in [
            "LOGIN",
            "TENANT",
            "CLIENT_ID",
            "CLIENT_SECRET",
            "SETTINGS",
            "EMR_API",
            "BLOB",
            "RESULTS_BUS",
            "RESULTS_BUS_HOST",
            "RESULTS_BUS_PORT",
            "NOTIFICATION_BUS",
            "NOTIFICATION_BUS_HOST",
            "NOTIFICATION_BUS_PORT",
            "CA_FILE",
            "INSTALLATION",
        ] {
            let name = format!("IRIS_{name}");
            command.env(&name, cloud.variable(&name).unwrap());
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.expect("ready").unwrap().expect("a line");
        let orders = line.strip_prefix("ready orders=").expect("the ready line").to_owned();
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Proxy { child, orders }
    }

    /// Ends the proxy and gives what it wrote to standard error.
    pub async fn log(mut self) -> String {
        self.child.start_kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        log
    }

    pub async fn connect(&self) -> Mllp {
        Mllp(TcpStream::connect(&self.orders).await.unwrap())
    }

    /// The content of the answer to one frame on a connection of its own.
    pub async fn ask(&self, content: &str) -> String {
        let mut connection = self.connect().await;
        connection.send(content).await;
        connection.receive().await
    }
}

/// A connection with MLLP on it, framed by hand.
pub struct Mllp(pub TcpStream);

impl Mllp {
    pub async fn send(&mut self, content: &str) {
        self.0.write_all(format!("\x0b{content}\x1c\r").as_bytes()).await.unwrap();
    }

    /// The content of the next frame.
    pub async fn receive(&mut self) -> String {
        let mut frame = Vec::new();
        while !frame.ends_with(b"\x1c\r") {
            frame.push(timeout(DEADLINE, self.0.read_u8()).await.expect("a frame").expect("the end of the frame"));
        }
        assert_eq!(frame[0], 0x0B);
        String::from_utf8(frame[1..frame.len() - 2].to_vec()).unwrap()
    }

    pub async fn closed(&mut self) -> bool {
        matches!(timeout(DEADLINE, self.0.read(&mut [0])).await, Ok(Ok(0) | Err(_)))
    }
}

pub fn json(status: u16, body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(body)
}

pub fn token(text: &str) -> Value {
    json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": text})
}

/// The PEM of a CA, and a server configuration with a certificate for `localhost` that it issued.
fn certificate() -> (String, Arc<ServerConfig>) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = ca.self_signed(&ca_key).unwrap().pem();
    let issuer = Issuer::new(ca, ca_key);
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![server.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (pem, Arc::new(config))
}

/// Ends TLS in front of a plain HTTP server.
async fn front(tls: Arc<ServerConfig>, server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tls = TlsAcceptor::from(tls.clone());
            tokio::spawn(async move {
                let mut stream = tls.accept(stream).await?;
                let mut server = TcpStream::connect(server).await?;
                copy_bidirectional(&mut stream, &mut server).await
            });
        }
    });
    address
}
