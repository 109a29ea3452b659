//! A cloud on loopback, and clients that enter it through its front door.
#![allow(dead_code)] // each test binary uses a part

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cloud::contract::Contract;
use cloud::lifecycle::Organization;
use cloud::orm::OrderProfile;
use cloud::{Cloud, Options, TestCa};
use faults::Faults;
use fe2o3_amqp::Connection;
use fe2o3_amqp::connection::{ConnectionHandle, OpenError};
use fe2o3_amqp::sasl_profile::SaslProfile;
use journal::{Clock, Event, Journal, Seed, What};
use reqwest::{Client, Method, RequestBuilder, Response};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// The deadline of whatever is expected to happen.
pub const SOON: Duration = Duration::from_secs(5);

// 11-reference-contract binds nothing here: these are the ids of the contract that ships
pub const TENANT: &str = "5b7c1f0e-2a53-4c7e-9d5c-0e6f5d1b7a10";
pub const CLIENT_ID: &str = "8c2f4a52-91d6-4f0b-a7b5-3d1e9c64f2aa";
pub const INSTALLATION: &str = "conformance-clinic";
/// CON-030.
pub const HL7: &str = "x-application/hl7-v2+er7";

pub const NEW_ORDER: &[u8] = include_bytes!("../data/derived-new-order.hl7");
pub const CANCEL_ORDER: &[u8] = include_bytes!("../data/derived-cancel-order.hl7");
/// ORC-2.1 of both.
pub const PLACER: &str = "2017041006";

/// Waits for what must happen before the deadline.
pub async fn soon<F: IntoFuture>(future: F) -> F::Output {
    tokio::time::timeout(SOON, future).await.expect("it happens in time")
}

/// A running cloud and what a proxy is told of it.
pub struct Rig {
    pub cloud: Cloud,
    pub journal: Journal,
    /// What goes wrong.
    pub faults: Faults,
    pub ca: Arc<TestCa>,
    /// [`Cloud::placeholders`].
    pub told: BTreeMap<String, String>,
}

impl Rig {
    /// A cloud whose clock shows the time of the example in 02-mllp-and-ack, section 2.2.
    pub async fn start() -> Rig {
        Rig::with(None).await
    }

    /// The same for customers, the first of which may order by messages.
    pub async fn with(organizations: impl IntoIterator<Item = Organization>) -> Rig {
        Rig::keeping(None, organizations).await
    }

    /// The same for a cloud that runs for long.
    pub async fn keeping(keeps: Option<usize>, organizations: impl IntoIterator<Item = Organization>) -> Rig {
        let organizations = organizations.into_iter().collect();
        let contract = Contract::load(None).unwrap();
        let ca = Arc::new(TestCa::new(&contract.all_hosts()).unwrap());
        let journal = Journal::new("cloud");
        let faults = Faults::new(journal.clone(), Seed::new(1));
        let options = Options {
            contract,
            ca: ca.clone(),
            journal: journal.clone(),
            faults: faults.clone(),
            clock: Clock::fixed("2017-04-10T10:28:37Z".parse().unwrap()),
            seed: Seed::new(1),
            listen: [127, 0, 0, 1].into(),
            https_port: 0,
            amqps_port: 0,
            organization_amqps_port: 0,
            amqp_port: Some(0),
            organizations,
            keys: None,
            keeps,
        };
        let cloud = Cloud::start(options).await.unwrap();
        let mut profile = OrderProfile::default();
        profile.provider.r#type = "SERDOTON".to_owned(); // as in the sample data
        cloud.set_order_profile(profile);
        let told = cloud.placeholders();
        Rig { cloud, journal, faults, ca, told }
    }

    fn port(&self, name: &str) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.told[name].parse().unwrap()))
    }

    pub fn https(&self) -> SocketAddr {
        self.port("cloud.https_port")
    }

    pub fn amqps(&self) -> SocketAddr {
        self.port("cloud.amqps_port")
    }

    /// An HTTPS client with connections of its own, which finds every host name of the contract at the front door.
    pub fn client(&self) -> Client {
        let mut builder = Client::builder().tls_backend_preconfigured(tls(&self.ca)).no_proxy().timeout(SOON);
        for host in self.cloud.contract().all_hosts() {
            builder = builder.resolve(&host, self.https());
        }
        builder.build().unwrap()
    }

    /// A TLS connection to one of the doors.
    pub async fn connect(&self, door: SocketAddr, name: &str) -> std::io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(door).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        soon(TlsConnector::from(Arc::new(tls(&self.ca))).connect(name, tcp)).await
    }

    /// Asks for a token (CON-011); `changes` replace fields of the form.
    pub async fn ask_token(&self, tenant: &str, scope: &str, changes: &[(&str, &str)]) -> Response {
        let mut form = BTreeMap::from([
            ("grant_type", "client_credentials"),
            ("client_id", CLIENT_ID),
            ("client_secret", &self.told["client_secret"]),
            ("scope", scope),
        ]);
        form.extend(changes.iter().copied());
        let url = format!("{}/{tenant}/oauth2/v2.0/token", self.told["cloud.login"]);
        self.client().post(url).form(&form).send().await.unwrap()
    }

    /// A token for `audience`.
    pub async fn token(&self, audience: &str) -> String {
        let answer = self.ask_token(TENANT, &format!("{audience}/.default"), &[]).await;
        assert_eq!(answer.status(), 200);
        answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    }

    /// The EMR API with a token for it (CON-072).
    pub async fn api(&self) -> Api {
        self.api_with(self.token(&self.told["cloud.emr_api"]).await)
    }

    /// The EMR API over connections of its own.
    pub fn api_with(&self, token: String) -> Api {
        Api { client: self.client(), token, base: self.told["cloud.emr_api"].clone() }
    }

    /// Logs in to the bus under a host name, with the key of `results` or `notification`.
    pub async fn bus(&self, host: &str, key: &str) -> Result<ConnectionHandle<()>, OpenError> {
        let part = |name: &str| self.told[&format!("cloud.{key}_bus.{name}")].clone();
        let sasl = SaslProfile::Plain { username: part("key_name"), password: part("key") };
        let stream = self.connect(self.amqps(), host).await.unwrap();
        let builder = Connection::builder().container_id("proxy").hostname(host).sasl_profile(sasl);
        soon(builder.open_with_stream(stream)).await
    }

    /// Waits until the journal holds what `query` looks for.
    pub async fn seen<T>(&self, query: impl FnMut(&[Event]) -> Option<T>) -> T {
        self.journal.eventually(SOON, query).await.unwrap()
    }

    /// The facts of a name so far: id and details.
    pub fn facts(&self, name: &str) -> Vec<(String, Value)> {
        self.journal.read(|events| facts(events, name))
    }
}

/// The facts of a name: id and details.
pub fn facts(events: &[Event], wanted: &str) -> Vec<(String, Value)> {
    let fact = |event: &Event| match &event.what {
        What::Fact { name, id, data } if name == wanted => Some((id.clone(), data.clone())),
        _ => None,
    };
    events.iter().filter_map(fact).collect()
}

/// TLS 1.3 for a client that trusts a test CA and nothing else.
pub fn tls(ca: &TestCa) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.pem().as_bytes()).unwrap()).unwrap();
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// The EMR API, as a proxy with a token uses it.
#[derive(Clone)]
pub struct Api {
    pub client: Client,
    pub token: String,
    base: String,
}

impl Api {
    /// A request under `/emr/v1`.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/emr/v1/{path}", self.base)).bearer_auth(&self.token)
    }

    /// An order with all headers of CON-030.
    pub fn order(&self, content: &[u8]) -> RequestBuilder {
        self.request(Method::POST, "orders")
            .header("Content-Type", HL7)
            .header("X-Iris-Installation", INSTALLATION)
            .header("X-Correlation-Id", "4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11")
            .body(content.to_vec())
    }

    /// Sends an order and gives the acknowledgement.
    pub async fn submit(&self, content: &[u8]) -> Vec<u8> {
        let answer = self.order(content).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap().to_vec()
    }

    /// Posts JSON and gives the status and the body.
    pub async fn post(&self, path: &str, json: &str) -> (u16, String) {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        let answer = request.body(json.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The status of a GET or POST without a body.
    pub async fn status(&self, method: Method, path: &str) -> u16 {
        self.request(method, path).send().await.unwrap().status().as_u16()
    }
}
