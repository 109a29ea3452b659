//! The contract between proxy and cloud as data (01-topology, section 9; 11-reference-contract).

use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The contract that ships: 11-reference-contract.
pub const REFERENCE: &str = include_str!("contract.yaml");

/// Stands for the file of the reference contract.
const BUILT_IN: &str = "built in";

/// A contract file (TOP-120: exactly one per run).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// Name, printed in reports.
    pub name: String,
    /// Version, printed in reports.
    pub version: String,
    /// Unpublished items (TOP-1xx) for which this contract holds a placeholder.
    #[serde(default)]
    pub placeholder_for: Vec<String>,
    /// Rulings and deductions that do not bind here: a deviation is a warning (01-topology, section 1).
    #[serde(default)]
    pub not_binding: Vec<NotBinding>,
    /// Where it was read, for messages.
    #[serde(skip)]
    pub file: String,
    /// Host names per role (CON-004).
    pub hosts: BTreeMap<Role, Host>,
    /// Host names of IRIS that a proxy has no reason to contact (TOP-050, TOP-051, TOP-054).
    #[serde(default)]
    pub other_hosts: Vec<String>,
    /// Identity platform (CON-010..013).
    pub login: Login,
    /// Files (TOP-113).
    #[serde(default)]
    pub files: Files,
    /// App Configuration (CON-020, CON-021).
    pub settings: Settings,
    /// Blob storage (CON-033).
    #[serde(default)]
    pub blob: Blob,
    /// EMR API (CON-030..051).
    pub emr_api: EmrApi,
    /// Service Bus queues (CON-040, CON-050).
    pub queues: Queues,
}

/// A requirement that does not bind under a contract.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotBinding {
    /// Its id.
    pub id: String,
    /// Why not.
    pub because: String,
}

/// The parts of the cloud that a proxy talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum Role {
    Login,
    Settings,
    EmrApi,
    Blob,
    ResultsBus,
    NotificationBus,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 6] =
        [Role::Login, Role::Settings, Role::EmrApi, Role::Blob, Role::ResultsBus, Role::NotificationBus];

    /// The role's name in placeholders and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Role::Login => "login",
            Role::Settings => "settings",
            Role::EmrApi => "emr_api",
            Role::Blob => "blob",
            Role::ResultsBus => "results_bus",
            Role::NotificationBus => "notification_bus",
        }
    }
}

/// Host names of a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// In the test environment.
    pub test: String,
    /// In production.
    pub production: String,
}

/// Which of IRIS's two environments is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum Environment {
    Test,
    Production,
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(name: &str) -> Result<Environment, String> {
        match name {
            "test" => Ok(Environment::Test),
            "production" => Ok(Environment::Production),
            _ => Err(format!("{name} is no environment; there are test and production")),
        }
    }
}

/// A request that a role answers; `{names}` in the path stand for one path element.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// HTTP method.
    pub method: String,
    /// Path with `{names}`.
    pub path: String,
}

impl Route {
    /// What stands for each `{name}`, if the path is this route's.
    pub fn captures<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let (mut elements, mut captures) = (path.split('/'), Vec::new());
        for wanted in self.path.split('/') {
            match (name(wanted), elements.next()?) {
                (Some(_), "") => return None,
                (Some(name), element) => captures.push((name, element)),
                (None, element) if element != wanted => return None,
                _ => {}
            }
        }
        elements.next().is_none().then_some(captures)
    }

    /// An element of the path with a brace that does not enclose all of it.
    fn wrong_element(&self) -> Option<&str> {
        self.path.split('/').find(|element| element.contains(['{', '}']) && name(element).is_none())
    }
}

/// The name in an element `{name}`.
fn name(element: &str) -> Option<&str> {
    let name = element.strip_prefix('{')?.strip_suffix('}')?;
    (!name.contains(['{', '}'])).then_some(name)
}

/// Identity platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// Tenant id.
    pub tenant: String,
    /// Application id of the installation.
    pub client_id: String,
    /// Seconds until a token expires.
    pub token_lifetime_s: u64,
    /// Token audiences for the bus besides its own host names.
    #[serde(default)]
    pub bus_audiences: Vec<String>,
    /// Routes: `openid_configuration`, `instance_discovery`, `keys`, `token`.
    pub routes: BTreeMap<Operation, Route>,
}

/// App Configuration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Label of the installation's keys.
    pub installation: String,
    /// Token audiences that are accepted besides the role's own URL.
    pub audiences: Vec<String>,
    /// Routes: `list`.
    pub routes: BTreeMap<Operation, Route>,
    /// Key names by their meaning.
    pub keys: BTreeMap<String, String>,
}

/// Blob storage. Its account is the first label of the role's host names.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Blob {
    /// Token audiences that are accepted besides the role's own URL.
    pub audiences: Vec<String>,
    /// Containers that exist from the start.
    pub containers: Vec<String>,
    /// Where orders are uploaded (TOP-108).
    pub orders: OrderBlobs,
}

/// Container and name of an order (CON-033).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBlobs {
    /// The container.
    pub container: String,
    /// The name, with `{installation}` and `{id}`, a UUID.
    pub name: String,
}

impl Default for OrderBlobs {
    fn default() -> OrderBlobs {
        OrderBlobs { container: "orders".to_owned(), name: "{installation}/{id}.hl7".to_owned() }
    }
}

impl OrderBlobs {
    /// The UUID of an order of the installation in a blob's name.
    pub fn id<'a>(&self, name: &'a str, installation: &str) -> Option<&'a str> {
        let pattern = fill(&self.name, &[("installation", installation)]);
        let (before, after) = pattern.split_once("{id}")?;
        name.strip_prefix(before)?.strip_suffix(after)
    }
}

/// EMR API.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmrApi {
    /// Routes of orders, deliveries and heartbeat.
    pub routes: BTreeMap<Operation, Route>,
    /// Content type of HL7 bodies.
    pub content_type: String,
    /// Names of the headers (CON-030, CON-041).
    #[serde(default)]
    pub headers: Headers,
    /// How HL7 text is packed in bodies (TOP-101).
    #[serde(default)]
    pub payload: Payload,
}

/// Names of headers.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Headers {
    /// Names the installation in every request.
    pub installation: String,
    /// A UUID for every request.
    pub correlation: String,
    /// Where a file belongs.
    pub path_template: String,
}

impl Default for Headers {
    fn default() -> Headers {
        Headers {
            installation: "X-Iris-Installation".to_owned(),
            correlation: "X-Correlation-Id".to_owned(),
            path_template: "X-Iris-Path-Template".to_owned(),
        }
    }
}

/// How HL7 text is packed in the bodies of orders, their answers, and deliveries.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, tag = "codec", rename_all = "snake_case")]
pub enum Payload {
    /// The bytes as they are.
    #[default]
    Raw,
    /// The bytes in base64.
    Base64,
    /// A JSON object whose field holds the bytes in base64.
    Json {
        /// Name of the field.
        field: String,
    },
}

impl Payload {
    /// A body with these bytes.
    pub fn pack(&self, content: &[u8]) -> Vec<u8> {
        match self {
            Payload::Raw => content.to_vec(),
            Payload::Base64 => STANDARD.encode(content).into_bytes(),
            Payload::Json { field } => serde_json::json!({ field: STANDARD.encode(content) }).to_string().into_bytes(),
        }
    }

    /// The bytes of a body; none if it is not packed so.
    pub fn unpack(&self, body: &[u8]) -> Option<Vec<u8>> {
        match self {
            Payload::Raw => Some(body.to_vec()),
            Payload::Base64 => STANDARD.decode(body).ok(),
            Payload::Json { field } => {
                let object: serde_json::Value = serde_json::from_slice(body).ok()?;
                STANDARD.decode(object.get(field)?.as_str()?).ok()
            }
        }
    }
}

/// Service Bus queues.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queues {
    /// How a proxy enters the bus (TOP-106).
    #[serde(default)]
    pub auth: BusAuth,
    /// Signals that deliveries wait (CON-040).
    pub results: ResultsQueue,
    /// Management (CON-050).
    pub notifications: NotificationsQueue,
    /// Queues in the organization's own namespace by their meaning: `orders`, `events`, `results`, `gradings`
    /// (LIFE-Q-01 to LIFE-Q-04, LIFE-106).
    #[serde(default)]
    pub organization: BTreeMap<String, OrganizationQueue>,
}

/// Files that the proxy writes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Files {
    /// The zone in which dates in file names are expanded.
    pub zone: Zone,
}

/// A zone of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// That of the host (CON-078).
    #[default]
    Local,
    /// UTC.
    Utc,
}

/// How a proxy enters the bus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BusAuth {
    /// By shared access signature; tokens of the login service are good as well, as with Azure.
    #[default]
    Sas,
    /// By tokens of the login service only.
    Entra,
}

/// A queue of an organization that orders by messages.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationQueue {
    /// Entity name (LIFE-101).
    pub name: String,
    /// Milliseconds until a lock lapses.
    pub lock_ms: u64,
    /// Deliveries of one message before it is dead-lettered.
    pub max_delivery_count: u32,
    /// The customer's right.
    pub customer: CustomerRight,
}

/// What the customer may do with a queue (LIFE-099, LIFE-108).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum CustomerRight {
    Send,
    Listen,
}

/// The results queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResultsQueue {
    /// Entity name.
    pub name: String,
    /// Milliseconds until a lock lapses.
    pub lock_ms: u64,
    /// Deliveries of one message before it is dead-lettered.
    pub max_delivery_count: u32,
    /// Body of a signal, with `{delivery_id}`, `{kind}`, `{filler}`.
    pub signal: String,
}

/// The notifications queue.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationsQueue {
    /// Entity name.
    pub name: String,
    /// Milliseconds until a lock lapses.
    pub lock_ms: u64,
    /// Deliveries of one message before it is dead-lettered.
    pub max_delivery_count: u32,
    /// Body that asks to read the settings again.
    pub settings_changed: String,
    /// Body that asks for a heartbeat, with `{id}`.
    pub ping: String,
}

/// The operations that routes are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // the names say it
pub enum Operation {
    OpenidConfiguration,
    InstanceDiscovery,
    Keys,
    Token,
    /// Reading all settings.
    List,
    /// Every other request to App Configuration.
    KeyValue,
    /// Writing a blob or a block of one.
    PutBlob,
    /// Every other request to Blob storage.
    Blob,
    SubmitOrder,
    FetchDelivery,
    ClaimDelivery,
    PostReceipt,
    Heartbeat,
}

/// A contract that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file cannot be read.
    #[error("cannot read the contract {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a contract.
    #[error("the contract {path} is wrong: {source}\n`iris-conformance config contract` shows every key")]
    Yaml {
        /// The file.
        path: String,
        /// What and where.
        source: yaml::Error,
    },
    /// Something is left out.
    #[error("the contract {path} has no {what}")]
    Missing {
        /// The file.
        path: String,
        /// What is missing.
        what: String,
    },
    /// A path cannot be understood.
    #[error("the contract {path} has the route {route}, whose `{element}` is wrong; a `{{name}}` is a whole element")]
    Path {
        /// The file.
        path: String,
        /// The route's path.
        route: String,
        /// The element.
        element: String,
    },
}

impl Contract {
    /// The contract of `path`, or the reference contract.
    ///
    /// # Errors
    /// [`ContractError`], naming the file.
    pub fn load(path: Option<&Path>) -> Result<Contract, ContractError> {
        match path {
            None => Contract::parse(BUILT_IN, REFERENCE),
            Some(path) => {
                let name = path.display().to_string();
                let text =
                    std::fs::read_to_string(path).map_err(|source| ContractError::Io { path: name.clone(), source })?;
                Contract::parse(&name, &text)
            }
        }
    }

    /// The contract of a text; `path` names it in errors.
    ///
    /// # Errors
    /// [`ContractError`].
    pub fn parse(path: &str, text: &str) -> Result<Contract, ContractError> {
        let mut contract: Contract =
            yaml::parse(text, path).map_err(|source| ContractError::Yaml { path: path.to_owned(), source })?;
        path.clone_into(&mut contract.file);
        let missing = |what: String| ContractError::Missing { path: path.to_owned(), what };
        for role in [Role::Login, Role::Settings, Role::EmrApi, Role::Blob, Role::ResultsBus, Role::NotificationBus] {
            if !contract.hosts.contains_key(&role) {
                return Err(missing(format!("host for {}", role.name())));
            }
        }
        for key in [
            "orders_listen",
            "results_address",
            "ack_timeout_ms",
            "max_attempts",
            "retry_delay_ms",
            "cloud_timeout_ms",
            "sentinel",
        ] {
            if !contract.settings.keys.contains_key(key) {
                return Err(missing(format!("settings key for {key}")));
            }
        }
        if let Some((_, _, route)) = contract.routes().find(|(_, _, route)| route.wrong_element().is_some()) {
            let element = route.wrong_element().unwrap_or_default().to_owned();
            return Err(ContractError::Path { path: path.to_owned(), route: route.path.clone(), element });
        }
        Ok(contract)
    }

    /// Whether it is the reference contract, which has no file.
    pub fn is_built_in(&self) -> bool {
        self.file == BUILT_IN
    }

    /// How a switch stands on which scenarios may depend; none for a name that is no switch.
    pub fn switch(&self, name: &str) -> Option<&'static str> {
        match (name, self.queues.auth, self.files.zone) {
            ("bus_auth", BusAuth::Sas, _) => Some("sas"),
            ("bus_auth", BusAuth::Entra, _) => Some("entra"),
            ("file_zone", _, Zone::Local) => Some("local"),
            ("file_zone", _, Zone::Utc) => Some("utc"),
            _ => None,
        }
    }

    /// The role that a host name stands for, in either environment.
    pub fn role_of_host(&self, host: &str) -> Option<Role> {
        let matches = |h: &Host| h.test.eq_ignore_ascii_case(host) || h.production.eq_ignore_ascii_case(host);
        self.hosts.iter().find(|(_, h)| matches(h)).map(|(role, _)| *role)
    }

    /// The accounts of Blob storage: the one of the test environment, then that of production.
    pub fn blob_accounts(&self) -> impl Iterator<Item = &str> {
        let hosts = self.hosts.get(&Role::Blob).into_iter().flat_map(|host| [&host.test, &host.production]);
        hosts.map(|host| host.split('.').next().unwrap_or_default())
    }

    pub(crate) fn is_blob_account(&self, name: &str) -> bool {
        self.blob_accounts().any(|account| account == name)
    }

    /// The host name of a role (CON-004).
    pub fn host(&self, role: Role, environment: Environment) -> &str {
        // a contract without it is refused when it is read
        self.hosts.get(&role).map_or("", |host| match environment {
            Environment::Test => &host.test,
            Environment::Production => &host.production,
        })
    }

    /// All host names that the test certificate must hold (CON-003).
    pub fn all_hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = self.hosts.values().flat_map(|h| [h.test.clone(), h.production.clone()]).collect();
        hosts.extend_from_slice(&self.other_hosts);
        hosts.sort();
        hosts.dedup();
        hosts
    }

    /// All routes with their role and operation.
    pub fn routes(&self) -> impl Iterator<Item = (Role, Operation, &Route)> {
        (self.login.routes.iter().map(|(op, route)| (Role::Login, *op, route)))
            .chain(self.settings.routes.iter().map(|(op, route)| (Role::Settings, *op, route)))
            .chain(self.emr_api.routes.iter().map(|(op, route)| (Role::EmrApi, *op, route)))
    }
}

/// Replaces `{names}` in a text of the contract.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_004_the_reference_contract_holds_the_published_hosts_of_both_environments() {
        let contract = Contract::load(None).unwrap();
        assert_eq!(contract.role_of_host("icemr-api-test.retinalscreenings.com"), Some(Role::EmrApi));
        assert_eq!(contract.role_of_host("ICEMR-API.retinalscreenings.com"), Some(Role::EmrApi));
        // TOP-C9: not `prodb`
        assert_eq!(
            contract.role_of_host("iris-organization-notification-prod.servicebus.windows.net"),
            Some(Role::NotificationBus)
        );
        assert_eq!(contract.role_of_host("example.org"), None);
        assert_eq!(contract.all_hosts().len(), 11 + contract.other_hosts.len());
    }

    #[test]
    fn a_contract_with_an_unknown_key_is_refused_with_its_place() {
        let text = REFERENCE.replace("token_lifetime_s", "token_lifetme_s");
        let error = Contract::parse("mine.yaml", &text).unwrap_err().to_string();
        assert!(error.contains("mine.yaml") && error.contains("token_lifetme_s") && error.contains("line"), "{error}");
    }

    #[test]
    fn a_contract_without_a_host_is_refused() {
        let text: String = REFERENCE.lines().filter(|l| !l.starts_with("  blob:")).map(|l| format!("{l}\n")).collect();
        let error = Contract::parse("mine.yaml", &text).unwrap_err().to_string();
        assert_eq!(error, "the contract mine.yaml has no host for blob");
    }

    #[test]
    fn top_100_a_name_of_a_route_stands_for_one_element() {
        let route = Route { method: "GET".to_owned(), path: "/a/{id}/b".to_owned() };
        assert_eq!(route.captures("/a/7/b"), Some(vec![("id", "7")]));
        for other in ["/a//b", "/a/7/c", "/a/7/b/", "/a/7/8/b", "/a/7", "a/7/b", "/a/7/b/c"] {
            assert_eq!(route.captures(other), None, "{other}");
        }
        let text = REFERENCE.replace("/emr/v1/deliveries/{delivery_id}/claim", "/claims({delivery_id})");
        let error = Contract::parse("mine.yaml", &text).unwrap_err().to_string();
        assert!(error.contains("mine.yaml") && error.contains("`claims({delivery_id})` is wrong"), "{error}");
    }
}
