//! What the environment says (CON-061), and whom the proxy trusts (CON-002, CON-003).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use reqwest::Url;
use reqwest::header::HeaderValue;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::contract::Contract;
use crate::defects::{self, Flaw};

/// Everything the proxy must be told to start. It holds secrets, so it cannot be printed.
#[derive(Clone)]
pub struct Config {
    pub(crate) login: Url,
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) settings: Url,
    pub(crate) emr_api: Url,
    pub(crate) blob: Url,
    pub(crate) results_bus: BusAddress,
    pub(crate) notification_bus: BusAddress,
    pub(crate) ca_file: PathBuf,
    pub(crate) installation: String,
    /// What proxy and cloud say to each other.
    pub(crate) contract: &'static Contract,
    /// Host names that are not looked up: those of a hosts file, if there is one.
    pub(crate) names: BTreeMap<String, IpAddr>,
}

/// A Service Bus namespace: the parts of its connection string, and where to connect.
#[derive(Clone)]
pub(crate) struct BusAddress {
    /// The namespace's host name, which names the resource in tokens.
    pub(crate) namespace: String,
    pub(crate) key_name: String,
    pub(crate) key: String,
    /// Host to connect to, and the name its certificate must hold.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Where that host is, if it is not looked up.
    pub(crate) address: Option<IpAddr>,
}

impl Config {
    /// Reads the variables of CON-061 through `variable`, which gives the value of a name, and the hosts file that
    /// `IRIS_HOSTS_FILE` names, if it does.
    ///
    /// # Errors
    /// The first variable that is missing or cannot be used. Values may be secrets and are not shown.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Config> {
        let get = |name: &str| {
            let value = variable(name).filter(|value| !value.is_empty());
            value.with_context(|| format!("environment variable {name} is missing; set it (CON-061)"))
        };
        let url = |name: &str| match Url::parse(&get(name)?) {
            Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
            _ => Err(invalid(name, "it must be an https URL")),
        };
        let bus = |name: &str| {
            let port = format!("{name}_PORT");
            let number = get(&port)?.parse().map_err(|_| invalid(&port, "it must be a port number"))?;
            BusAddress::new(name, &get(name)?, get(&format!("{name}_HOST"))?, number)
        };
        let names = match variable("IRIS_HOSTS_FILE").filter(|file| !file.is_empty()) {
            Some(file) => hosts(&std::fs::read_to_string(&file).with_context(|| format!("IRIS_HOSTS_FILE {file}"))?)?,
            None => BTreeMap::new(),
        };
        let installation = get("IRIS_INSTALLATION")?;
        HeaderValue::from_str(&installation)
            .map_err(|_| invalid("IRIS_INSTALLATION", "it must fit into an HTTP header: visible ASCII only"))?;
        let contract = match variable("IRIS_CONTRACT_FILE").filter(|path| !path.is_empty()) {
            Some(path) => Contract::load(path.as_ref())?,
            None => Contract::default(),
        };
        let mut config = defects::config(Config {
            contract: Box::leak(Box::new(contract)), // read once, for as long as the program runs
            login: url("IRIS_LOGIN")?,
            tenant: get("IRIS_TENANT")?,
            client_id: get("IRIS_CLIENT_ID")?,
            client_secret: get("IRIS_CLIENT_SECRET")?,
            settings: url("IRIS_SETTINGS")?,
            emr_api: url("IRIS_EMR_API")?,
            blob: url("IRIS_BLOB")?,
            results_bus: bus("IRIS_RESULTS_BUS")?,
            notification_bus: bus("IRIS_NOTIFICATION_BUS")?,
            ca_file: get("IRIS_CA_FILE")?.into(),
            installation,
            names,
        });
        for bus in [&mut config.results_bus, &mut config.notification_bus] {
            bus.address = config.names.get(&bus.host).copied();
        }
        Ok(config)
    }

    /// The client side of every connection to the cloud: TLS 1.3 and nothing less (CON-002), trusting the given CA and no
    /// other (CON-003).
    pub(crate) fn tls(&self) -> Result<Arc<ClientConfig>> {
        let file = || format!("IRIS_CA_FILE {}", self.ca_file.display());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(&self.ca_file).with_context(file)? {
            roots.add(certificate.with_context(file)?).with_context(file)?;
        }
        ensure!(!roots.is_empty(), "{}: it holds no certificate; give a PEM file with the CA to trust", file());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(defects::tls_versions(&[&rustls::version::TLS13]))?;
        if defects::has(Flaw::TrustsAnybody) {
            let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(defects::TrustAnybody));
            return Ok(Arc::new(builder.with_no_client_auth()));
        }
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }
}

impl BusAddress {
    fn new(name: &str, connection_string: &str, host: String, port: u16) -> Result<BusAddress> {
        let part = |key: &str| {
            let mut parts = connection_string.split(';').filter_map(|part| part.split_once('='));
            let found = parts.find(|(k, v)| k.eq_ignore_ascii_case(key) && !v.is_empty());
            let problem = || invalid(name, &format!("the connection string must have {key}=…"));
            found.map(|(_, value)| value.to_owned()).ok_or_else(problem)
        };
        let endpoint = Url::parse(&part("Endpoint")?).ok().filter(|endpoint| endpoint.scheme() == "sb");
        let namespace = endpoint.as_ref().and_then(Url::host_str);
        let namespace = namespace.ok_or_else(|| invalid(name, "Endpoint must be sb://host/"))?.to_owned();
        let (key_name, key) = (part("SharedAccessKeyName")?, part("SharedAccessKey")?);
        Ok(BusAddress { namespace, key_name, key, host, port, address: None })
    }
}

/// The names of a hosts file: an address and its names in each line, comments behind #.
fn hosts(text: &str) -> Result<BTreeMap<String, IpAddr>> {
    let mut names = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(address) = words.next() else { continue };
        let address = address.parse().map_err(|_| invalid("IRIS_HOSTS_FILE", "a line begins with no IP address"))?;
        names.extend(words.map(|name| (name.to_owned(), address)));
    }
    Ok(names)
}

fn invalid(name: &str, problem: &str) -> anyhow::Error {
    anyhow!("environment variable {name}: {problem}")
}

#[cfg(test)]
mod tests;
