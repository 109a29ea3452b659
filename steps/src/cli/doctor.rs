//! `iris-conformance doctor`

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use cloud::contract::{Contract, Environment, Role};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Exit, print};

/// How long one look at one host may take, each of: name, connection, handshake, answer.
const LIMIT: Duration = Duration::from_secs(5);
/// A clock that is further off makes tokens and signatures invalid.
const SKEW_LIMIT: i64 = 300;

#[derive(Args)]
#[command(after_help = "Examples:\n  \
    iris-conformance doctor                                  the names of the test environment, the CA of `simulate cloud`\n  \
    iris-conformance doctor --ca-file our-ca.pem --host localhost --https-port 8443 --amqps-port 8671\n\n\
    Exit codes: 0 everything is as a proxy needs it, 1 something has to be fixed, 2 wrong usage, 3 the doctor broke.")]
pub(super) struct Doctor {
    /// The CA that the proxy trusts (PEM); for the simulated cloud, test-ca.pem of its --ca-dir
    #[arg(long, value_name = "FILE", default_value = "ca/test-ca.pem")]
    ca_file: PathBuf,
    /// Which host names: test or production
    #[arg(long, value_name = "test|production", default_value = "test")]
    environment: Environment,
    /// Port of all HTTPS roles
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    https_port: u16,
    /// Port of AMQP over TLS
    #[arg(long, value_name = "PORT", default_value_t = 5671)]
    amqps_port: u16,
    /// What proxy and cloud say to each other (YAML); the reference contract if left out
    #[arg(long, value_name = "FILE")]
    contract: Option<PathBuf>,
    /// Ask these names instead of those of the contract, e.g. localhost
    #[arg(long, value_name = "NAME")]
    host: Vec<String>,
}

/// What is wrong, and what to do.
struct Finding {
    what: String,
    fix: String,
}

fn finding(what: impl Into<String>, fix: impl Into<String>) -> Finding {
    Finding { what: what.into(), fix: fix.into() }
}

impl Doctor {
    pub(super) fn execute(self) -> anyhow::Result<Exit> {
        let contract = Contract::load(self.contract.as_deref())?;
        let config = Arc::new(trusting(&self.ca_file)?);
        let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
        let mut sick = false;
        for (role, host, port) in self.places(&contract) {
            match runtime.block_on(look(&config, &self.ca_file, &host, port, role)) {
                Ok(seen) => print(&format!("ok    {:<16} {host}:{port}  {seen}\n", role.name()))?,
                Err(Finding { what, fix }) => {
                    sick = true;
                    print(&format!("FAIL  {:<16} {host}:{port}  {what}\n      fix: {fix}\n", role.name()))?;
                }
            }
        }
        Ok(if sick { Exit::Failed } else { Exit::Passed })
    }

    fn places(&self, contract: &Contract) -> Vec<(Role, String, u16)> {
        let port = |role| if is_bus(role) { self.amqps_port } else { self.https_port };
        let names = |role| match self.host.as_slice() {
            [] => vec![contract.host(role, self.environment).to_owned()],
            given => given.to_vec(),
        };
        Role::ALL.iter().flat_map(|role| names(*role).into_iter().map(move |name| (*role, name, port(*role)))).collect()
    }
}

fn is_bus(role: Role) -> bool {
    matches!(role, Role::ResultsBus | Role::NotificationBus)
}

/// A client that offers TLS 1.3 only (CON-002) and trusts this CA only.
fn trusting(ca_file: &Path) -> anyhow::Result<ClientConfig> {
    let advice =
        || format!("cannot read the CA file {}; name the one that the proxy trusts by --ca-file", ca_file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).with_context(advice)? {
        roots.add(certificate.with_context(advice)?).with_context(advice)?;
    }
    anyhow::ensure!(
        !roots.is_empty(),
        "{} holds no certificate; name the CA's PEM file by --ca-file",
        ca_file.display()
    );
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// Name, port, trust and clock, in this order.
async fn look(
    config: &Arc<ClientConfig>,
    ca_file: &Path,
    host: &str,
    port: u16,
    role: Role,
) -> Result<String, Finding> {
    let addresses = resolve(host, port).await?;
    let stream = connect(&addresses).await?;
    let address = addresses.first().map_or_else(String::new, |address| address.ip().to_string());
    handshake(config, ca_file, host, stream).await?;
    if is_bus(role) {
        return Ok(format!("{address}, TLS 1.3, certificate trusted"));
    }
    let skew = skew(config, host, port).await?;
    if skew.abs() > SKEW_LIMIT {
        return Err(finding(
            format!("this machine's clock is {skew} s off"),
            "set the clock by NTP; tokens and signatures of another time are refused",
        ));
    }
    Ok(format!("{address}, TLS 1.3, certificate trusted, clock {skew:+} s"))
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, Finding> {
    let fix = || "add the lines of `iris-conformance simulate cloud --hosts` to the hosts file, or correct DNS";
    match timeout(LIMIT, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => {
            let addresses: Vec<SocketAddr> = addresses.collect();
            if addresses.is_empty() { Err(finding("the name has no address", fix())) } else { Ok(addresses) }
        }
        Ok(Err(problem)) => Err(finding(format!("the name cannot be resolved: {problem}"), fix())),
        Err(_) => Err(finding("no answer from name resolution", "check the DNS servers of this machine")),
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, Finding> {
    match timeout(LIMIT, TcpStream::connect(addresses)).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(problem)) if problem.kind() == io::ErrorKind::ConnectionRefused => Err(finding(
            "the name resolves, but nothing listens there",
            "start `iris-conformance simulate cloud`, or give the ports it prints by --https-port and --amqps-port",
        )),
        Ok(Err(problem)) => Err(finding(format!("cannot connect: {problem}"), "check route and firewall")),
        Err(_) => Err(finding("no connection within 5 s", "a firewall drops the packets; open the port outwards")),
    }
}

async fn handshake(config: &Arc<ClientConfig>, ca_file: &Path, host: &str, stream: TcpStream) -> Result<(), Finding> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| finding("the name cannot stand in a certificate", "give a host name or an IP address"))?;
    let problem = match timeout(LIMIT, TlsConnector::from(config.clone()).connect(name, stream)).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(problem)) => problem,
        Err(_) => {
            return Err(finding("no TLS answer within 5 s", "something that is not IRIS listens there; free the port"));
        }
    };
    let tls = problem.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    Err(match tls {
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            finding(
                "the certificate was issued by a CA that is not trusted",
                format!(
                    "{} is not the CA of this cloud, or an inspecting proxy stands between; trust the right CA",
                    ca_file.display()
                ),
            )
        }
        Some(TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => finding(
            "the certificate does not name this host",
            "the name leads to another service; correct the hosts file",
        ),
        Some(TlsError::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        )) => finding(
            "the certificate is not valid at this machine's time",
            "set the clock, or delete the CA folder and start the cloud anew",
        ),
        _ => finding(
            format!("no TLS 1.3: {problem}"),
            "TLS 1.3 has to be possible all the way; an inspecting proxy may prevent it",
        ),
    })
}

/// How many seconds this machine is ahead of the server's `Date`.
async fn skew(config: &Arc<ClientConfig>, host: &str, port: u16) -> Result<i64, Finding> {
    let broken = |problem: &dyn std::fmt::Display| {
        finding(
            format!("TLS works, but HTTP does not: {problem}"),
            "something that is not IRIS listens there; free the port",
        )
    };
    let client = reqwest::Client::builder().tls_backend_preconfigured(config.as_ref().clone());
    let client = client.timeout(LIMIT).no_proxy().build().map_err(|e| broken(&e))?;
    let url = format!("https://{host}:{port}/");
    let answer = client.get(url).send().await.map_err(|e| broken(&e))?;
    let date = answer.headers().get("date").and_then(|value| value.to_str().ok());
    let Some(date) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
        return Ok(0); // a server without a clock says nothing of ours
    };
    Ok(Timestamp::now().as_second() - date.timestamp().as_second())
}
