//! The mock IRIS cloud: login, settings, EMR API and bus behind real TLS 1.3.
//!
//! [`Cloud::start`] opens two doors on loopback, one for every HTTPS role and one for AMQP, and [`Cloud::placeholders`]
//! says what a proxy profile has to know of them. What the roles are is bound by a [`contract::Contract`]. Steps look at
//! the journal, at [`Cloud::submissions`] and at [`Cloud::requests`]; they act through the remaining methods.

mod appconfig;
mod blob;
pub mod bus;
mod buses;
mod ca;
mod conditions;
pub mod contract;
mod customer;
mod emr_api;
mod exams;
mod front_door;
mod http;
mod intake;
pub mod lifecycle;
mod login;
pub mod orm;
mod places;
mod request_bound;
mod servers;
mod state;
mod tokens;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use faults::Faults;
use journal::{Clock, Journal, Peer, Seed};
use serde_json::json;
use tokio::net::TcpListener;
use uuid::Uuid;

use bus::Bus;
use buses::Buses;
use contract::{Contract, Environment, Role, fill};
use front_door::{Behind, FrontDoor, LIMITS, Tls};
use lifecycle::Organization;
use servers::{MOST_REQUESTS, Servers};
use state::{ServiceKeys, State, Urls};
use tokens::Tokens;

pub use ca::{CaError, TestCa};
pub use customer::Customer;
pub use exams::{Delivery, GradeError, Kind, Submission};

/// What a cloud needs to start.
pub struct Options {
    /// The contract of the run.
    pub contract: Contract,
    /// The CA of the run.
    pub ca: Arc<TestCa>,
    /// The scenario's journal.
    pub journal: Journal,
    /// What goes wrong.
    pub faults: Faults,
    /// The clock of the messages that the cloud makes.
    pub clock: Clock,
    /// The scenario's seed.
    pub seed: Seed,
    /// Address to listen on; loopback unless a person asked for another.
    pub listen: IpAddr,
    /// Port for HTTPS, 0 for any.
    pub https_port: u16,
    /// Port for AMQP over TLS, 0 for any.
    pub amqps_port: u16,
    /// Port for AMQP over TLS of the organization's own namespace (LIFE-106), 0 for any.
    pub organization_amqps_port: u16,
    /// Port for AMQP without TLS, 0 for any, for the SDKs' development-emulator mode (CON-005); nothing for none.
    pub amqp_port: Option<u16>,
    /// The customers (LIFE-001); a nil ClientGuid stands for one from the seed. The first one may also order by messages: the
    /// queues are its own (LIFE-106). With none, one customer orders through a proxy only, and nobody at IRIS looks at queues.
    /// Several on one HL7 link are told apart by their senders (TOP-095).
    pub organizations: Vec<Organization>,
    /// Keys that a proxy knows beforehand; without it they follow from the seed.
    pub keys: Option<Keys>,
    /// How many orders, deliveries and submissions are kept, for a cloud that runs for long: between so many and twice as many,
    /// the newest; and [`Cloud::requests`] are not kept at all. Nothing: all of them, for a scenario.
    pub keeps: Option<usize>,
}

/// What a proxy proves its identity with.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Client secret for the login service (CON-011).
    pub client_secret: String,
    /// Shared access key of every queue.
    pub bus: String,
}

/// The cloud could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port is not to be had.
    #[error("cannot listen on {address}: {source}; choose a free port, or 0 for any")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The identity platform has no key to sign with.
    #[error("cannot make the identity platform's key: {0}")]
    Key(#[from] rcgen::Error),
    /// Two customers cannot be told apart.
    #[error("{0}; give each customer its own")]
    Customers(String),
}

/// A running cloud. [`Cloud::stop`] ends it.
pub struct Cloud {
    state: Arc<State>,
    servers: Arc<Servers>,
    https: Arc<FrontDoor>,
    amqps: Arc<FrontDoor>,
    /// Further listeners: plain AMQP (CON-005), and the organization's namespace.
    others: Vec<Arc<FrontDoor>>,
    /// Where the buses are and what they are entered with, for [`Cloud::placeholders`].
    buses: Buses,
}

impl Cloud {
    /// Starts all roles.
    ///
    /// # Errors
    /// [`StartError`] when a port is taken or a route is wrong.
    pub async fn start(options: Options) -> Result<Cloud, StartError> {
        let Options {
            mut contract,
            ca,
            journal,
            faults,
            clock,
            seed,
            listen,
            https_port,
            amqps_port,
            organization_amqps_port,
            amqp_port,
            organizations,
            keys,
            keeps,
        } = options;
        let https = bind(SocketAddr::new(listen, https_port)).await?;
        let amqps = bind(SocketAddr::new(listen, amqps_port)).await?;
        let port = |listener: &TcpListener| listener.local_addr().map_or(0, |a| a.port());
        let (https_port, amqps_port) = (port(&https), port(&amqps));
        let organization_amqps = bind(SocketAddr::new(listen, organization_amqps_port)).await?;
        let plain = match amqp_port {
            Some(port) => Some((bind(SocketAddr::new(listen, port)).await?, bind(SocketAddr::new(listen, 0)).await?)),
            None => None,
        };
        let urls = Urls { https: format!("https://localhost:{https_port}"), https_port };

        let (client_secret, bus_key) = match keys {
            Some(keys) => (keys.client_secret, Some(keys.bus)),
            None => (format!("secret-{}", seed.hex("client secret", 32)), None),
        };
        let by_messages = !organizations.is_empty();
        let mut customers = customer::told_apart(organizations, seed).map_err(StartError::Customers)?.into_iter();
        let customer = customers.next().unwrap_or_else(|| Organization::of_proxies(seed.uuid("client")));
        for (meaning, name) in customer.settings.queue_names() {
            if let Some(queue) = contract.queues.organization.get_mut(meaning) {
                name.clone_into(&mut queue.name);
            }
        }
        let tokens = Arc::new(Tokens::new(&contract.login.tenant)?);
        let buses = Buses {
            amqps_port,
            amqp_port: plain.as_ref().map(|(listener, _)| port(listener)),
            organization_amqps_port: port(&organization_amqps),
            organization_amqp_port: plain.as_ref().map(|(_, listener)| port(listener)),
            key: bus_key,
            seed,
        };
        let start = |config, name| Bus::new(config, journal.clone(), clock.clone(), seed.derive(name));
        let bus = start(buses.proxies(&contract, &tokens, &faults), "bus");
        let organization = start(buses.organization(&contract, &tokens), "organization bus");
        let service_key = |name: &str| STANDARD.encode(seed.hex(name, 64));
        let service_keys = ServiceKeys { settings: service_key("settings key"), blob: service_key("blob key") };
        let state = Arc::new(State::new(
            contract,
            urls,
            journal.clone(),
            clock.clone(),
            seed,
            bus.clone(),
            organization.clone(),
            customer,
            tokens,
            client_secret,
            service_keys,
            faults,
            keeps,
        ));
        customers.for_each(|customer| state.exams().add(customer));

        if by_messages {
            let queues = intake::serve_queues(Arc::downgrade(&state)); // ends with the state
            journal.spawn(Peer::Cloud, "queues of the organization", queues);
        }

        let inner = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let refused = |source| StartError::Listen { address: inner, source };
        let servers = Arc::new(Servers::start(state.clone(), keeps.and(Some(MOST_REQUESTS))).await.map_err(refused)?);
        let open = |listener, tls, behind| {
            let disturbed = (state.faults.clone(), state.contract.clone());
            FrontDoor::open(listener, LIMITS, tls, journal.clone(), disturbed, behind)
        };
        let https = open(https, Some(Tls::new(&ca, &[b"http/1.1"])), Behind::Http(servers.clone()));
        let door = |listener, tls, bus: &Bus| open(listener, tls, Behind::Amqp(bus.clone()));
        let amqps = door(amqps, Some(Tls::new(&ca, &[])), &bus);
        let mut others = vec![door(organization_amqps, Some(Tls::new(&ca, &[])), &organization)];
        if let Some((listener, organization_listener)) = plain {
            others.push(door(listener, None, &bus));
            others.push(door(organization_listener, None, &organization));
        }
        Ok(Cloud { state, servers, https, amqps, others, buses })
    }

    /// What `{cloud.…}`, `{tenant}`, `{client_id}`, `{client_secret}` and `{installation}` stand for in a proxy profile
    /// (CON-060); `{cloud.ca_file}` is the caller's.
    pub fn placeholders(&self) -> BTreeMap<String, String> {
        self.placeholders_by(None)
    }

    /// The same with the published host names of an environment, which must lead to this machine (CON-004).
    pub fn published_placeholders(&self, environment: Environment) -> BTreeMap<String, String> {
        self.placeholders_by(Some(environment))
    }

    fn placeholders_by(&self, environment: Option<Environment>) -> BTreeMap<String, String> {
        let State { contract, urls, client_secret, .. } = &*self.state;
        let mut all = BTreeMap::new();
        let mut add = |name: &str, value: &str| all.insert(name.to_owned(), value.to_owned());
        let published = |role, environment| format!("https://{}:{}", contract.host(role, environment), urls.https_port);
        let url = |role| environment.map_or_else(|| urls.https.clone(), |environment| published(role, environment));
        for role in [Role::Login, Role::Settings, Role::EmrApi] {
            add(&format!("cloud.{}", role.name()), &url(role));
        }
        let ServiceKeys { settings, blob } = &self.state.service_keys;
        let connection = format!("Endpoint={};Id={};Secret={settings}", url(Role::Settings), appconfig::KEY_ID);
        add("cloud.settings_connection", &connection);
        let host = contract.host(Role::Blob, environment.unwrap_or(Environment::Test));
        let account = host.split('.').next().unwrap_or_default();
        // a host's own name says which account is meant
        let endpoint = environment.map_or_else(|| format!("{}/{account}", urls.https), |_| url(Role::Blob));
        add("cloud.blob", &endpoint);
        let connection =
            format!("DefaultEndpointsProtocol=https;AccountName={account};AccountKey={blob};BlobEndpoint={endpoint};");
        add("cloud.blob_connection", &connection);
        add("cloud.blob_account", account);
        add("cloud.blob_key", blob);
        add("cloud.https_port", &urls.https_port.to_string());
        add("tenant", &contract.login.tenant);
        add("client_id", &contract.login.client_id);
        add("client_secret", client_secret);
        add("installation", &contract.settings.installation);
        add("client_guid", &self.state.exams().organization().guid.to_string());
        all.extend(self.buses.placeholders(contract, environment));
        all
    }

    /// Values that must appear in no log and no report.
    pub fn secrets(&self) -> Vec<String> {
        let mut secrets = self.state.tokens.given();
        let State { client_secret, service_keys: ServiceKeys { settings, blob }, .. } = &*self.state;
        secrets.extend([client_secret, settings, blob].map(String::clone));
        secrets.extend(self.buses.secrets(&self.state.contract));
        secrets
    }

    /// Sets a setting of the installation by its meaning in the contract; an unknown meaning is taken as a key.
    pub fn set_setting(&self, meaning: &str, value: &str) {
        let key = self.state.contract.settings.keys.get(meaning).map_or(meaning, String::as_str);
        let (label, now) = (&self.state.contract.settings.installation, self.state.clock.now());
        self.state.settings().put(key, label, value, now);
    }

    /// The names of the blobs of a container, sorted; none if there is no such container.
    pub fn blobs(&self, container: &str) -> Vec<String> {
        self.state.blobs().names(container)
    }

    /// The content of a blob.
    pub fn blob(&self, container: &str, name: &str) -> Option<Vec<u8>> {
        self.state.blobs().content(container, name).map(Vec::from)
    }

    /// Agreements on orders (03-orm, section 4).
    pub fn set_order_profile(&self, profile: orm::OrderProfile) {
        self.state.exams().organization().order_profile = profile;
    }

    /// Agreements on orders as they are.
    pub fn order_profile(&self) -> orm::OrderProfile {
        self.state.exams().organization().order_profile.clone()
    }

    /// Agreements on results.
    pub fn set_results_profile(&self, profile: results::Profile) {
        self.state.exams().organization().results_profile = profile;
    }

    /// Agreements on results as they are.
    pub fn results_profile(&self) -> results::Profile {
        self.state.exams().organization().results_profile.clone()
    }

    /// The name of the clinic that every location belongs to.
    pub fn set_clinic(&self, name: &str) {
        self.state.exams().organization().clinic = Some(name.to_owned());
    }

    /// Degrees and title that IRIS knows of an ordering provider.
    pub fn set_credentials(&self, provider_id: &str, degrees: &str, title: &str) {
        let known = json!({ "NPI": provider_id, "Degrees": degrees, "Name": { "Title": title } });
        self.state.exams().organization().providers.insert(provider_id.to_owned(), known);
    }

    /// All bodies that came in as orders.
    pub fn submissions(&self) -> Vec<Submission> {
        self.state.exams().submissions().to_vec()
    }

    /// All deliveries made so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.state.exams().deliveries().to_vec()
    }

    /// All HTTPS requests, as wiremock recorded them.
    pub async fn requests(&self) -> Vec<wiremock::Request> {
        match self.servers.newest().await {
            Ok(server) => server.mock().received_requests().await.unwrap_or_default(),
            Err(_) => Vec::new(), // only a cloud that keeps no requests starts another server
        }
    }

    /// Grades an order and queues its result or document and, the first time, its charge.
    ///
    /// # Errors
    /// [`GradeError`] when no order has the number or it was cancelled, or nothing can be built for it.
    pub fn grade(&self, placer: &str, grading: &results::Grading) -> Result<(), GradeError> {
        self.first().grade(placer, grading)
    }

    /// Generates the result or document of a graded order again and queues it (ResendResult).
    ///
    /// # Errors
    /// [`GradeError`] when no graded order has the number.
    pub fn resend(&self, placer: &str) -> Result<(), GradeError> {
        self.first().resend(placer)
    }

    /// The report of an order's last results, a PDF.
    pub fn report(&self, placer: &str) -> Option<Vec<u8>> {
        self.first().report(placer)
    }

    /// Does something to the newest order with a LocalId (a placer order number, of HL7): images by another route (LIFE-057),
    /// what graders do (LIFE-SM-16 to -21), gradings.
    ///
    /// # Errors
    /// [`GradeError`] when it has no effect, and why.
    pub fn control(&self, local_id: &str, control: lifecycle::Control) -> Result<(), GradeError> {
        self.first().control(local_id, control)
    }

    /// The state of the newest order with a LocalId.
    pub fn order_state(&self, local_id: &str) -> Option<lifecycle::State> {
        self.first().order_state(local_id)
    }

    /// The customer whose order an ORM is, if anybody's (TOP-095).
    pub fn customer_of(&self, order: &[u8]) -> Option<Customer<'_>> {
        let guid = self.state.exams().customer_of(order)?;
        Some(Customer { state: &self.state, guid })
    }

    /// The first customer, to which all methods refer that name none.
    fn first(&self) -> Customer<'_> {
        let guid = self.state.exams().client();
        Customer { state: &self.state, guid }
    }

    /// Makes one more customer known, or sets a known one up anew.
    pub fn add_customer(&self, organization: Organization) {
        self.state.exams().add(organization);
    }

    /// Changes how the organization is set up: sites, evaluation types, options.
    pub fn set_up(&self, change: impl FnOnce(&mut Organization)) {
        change(self.state.exams().organization());
    }

    /// Makes a delivery of ready bytes without telling the proxy of it.
    pub fn prepare(&self, kind: Kind, content: Vec<u8>) -> Delivery {
        self.state.exams().prepare(&self.state, kind, 1, content)
    }

    /// Tells the proxy that a delivery waits; again, as a duplicate would, if it was told before.
    ///
    /// # Errors
    /// [`GradeError::Queue`].
    pub fn signal(&self, delivery: &Delivery) -> Result<(), GradeError> {
        exams::Exams::signal(&self.state, delivery)
    }

    /// Takes a delivery back: its GET answers 404 from now on (CON-041).
    pub fn withdraw(&self, id: Uuid) {
        if let Some(delivery) = self.state.exams().delivery(&id.to_string()) {
            delivery.withdrawn = true;
        }
    }

    /// Claims a delivery in the name of another proxy instance (CON-042).
    pub fn claim_for_another(&self, id: Uuid) {
        if let Some(delivery) = self.state.exams().delivery(&id.to_string()) {
            delivery.claimed = true;
        }
    }

    /// Puts a body on the results queue that may be no signal.
    ///
    /// # Errors
    /// [`bus::SendError`].
    pub fn send_signal(&self, body: &str, message_id: &str) -> Result<(), bus::SendError> {
        let queue = &self.state.contract.queues.results.name;
        self.state.bus.send(queue, body.as_bytes().to_vec(), message_id).map(drop)
    }

    /// Puts a body on the management queue that may be no notification.
    ///
    /// # Errors
    /// [`bus::SendError`].
    pub fn send_notification(&self, body: Vec<u8>, message_id: &str) -> Result<(), bus::SendError> {
        self.state.bus.send(&self.state.contract.queues.notifications.name, body, message_id).map(drop)
    }

    /// Tells the proxy that settings changed (CON-050).
    ///
    /// # Errors
    /// [`bus::SendError`].
    pub fn announce_settings(&self) -> Result<(), bus::SendError> {
        let queue = &self.state.contract.queues.notifications;
        let id = format!("settings-{}", self.state.settings().version());
        self.state.bus.send(&queue.name, queue.settings_changed.clone().into_bytes(), &id).map(drop)
    }

    /// Asks the proxy for a heartbeat with this id (CON-050).
    ///
    /// # Errors
    /// [`bus::SendError`].
    pub fn ping(&self, id: Uuid) -> Result<(), bus::SendError> {
        let queue = &self.state.contract.queues.notifications;
        let body = fill(&queue.ping, &[("id", &id.to_string())]);
        self.state.bus.send(&queue.name, body.into_bytes(), &id.to_string()).map(drop)
    }

    /// The bus, for its counts, dead letters and faults.
    pub fn bus(&self) -> &Bus {
        &self.state.bus
    }

    /// The bus of an organization that orders by messages (LIFE-106).
    pub fn organization_bus(&self) -> &Bus {
        &self.state.organization
    }

    /// The contract of the run.
    pub fn contract(&self) -> &Contract {
        &self.state.contract
    }

    /// Makes every access token issued so far worthless.
    pub fn expire_tokens(&self) {
        self.state.tokens.revoke_all();
    }

    /// Makes the HTTPS roles unreachable, or reachable again.
    pub fn set_https_down(&self, down: bool) {
        self.https.set_down(down);
    }

    /// Makes the buses unreachable, or reachable again.
    pub fn set_bus_down(&self, down: bool) {
        self.amqps.set_down(down);
        self.others.iter().for_each(|door| door.set_down(down));
    }

    /// Takes all disturbances away.
    pub fn undisturb(&self) {
        self.state.faults.lift();
        self.https.set_down(false);
        self.set_bus_down(false);
        [&self.state.bus, &self.state.organization].iter().for_each(|bus| bus.lift_refusals());
    }

    /// Ends all roles and waits for their tasks.
    pub async fn stop(self) {
        self.state.faults.lift(); // what stalls must not hold up the end
        self.state.bus.shutdown();
        self.state.organization.shutdown();
        let others = async {
            for door in &self.others {
                door.close().await;
            }
        };
        tokio::join!(self.https.close(), self.amqps.close(), others);
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}
