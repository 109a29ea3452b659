//! The test CA of a run and the certificate that it issues (CON-002, CON-003).

use std::path::Path;
use std::sync::Arc;

use faults::Certificate as Flaw;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType, date_time_ymd,
};
use rustls::SupportedProtocolVersion;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// Names of the files in which a CA is kept.
const CA_FILE: &str = "test-ca.pem";
const CERTIFICATE_FILE: &str = "server.pem";
const KEY_FILE: &str = "server-key.pem";
/// A host that is no part of the cloud.
const ELSEWHERE: &str = "elsewhere.test";

/// A certificate authority that lives as long as a run, or in a folder for a proxy that has to trust it beforehand.
#[derive(Debug)]
pub struct TestCa {
    pem: String,
    certificate: Arc<CertifiedKey>,
    hosts: Vec<String>,
    /// Nothing for a CA that was kept: its key was not.
    issuer: Option<Issuer<'static, KeyPair>>,
}

/// The certificate could not be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the test certificate: {0}")]
pub struct CaError(String);

impl TestCa {
    /// A new CA, and a certificate for `hosts`, `localhost` and `127.0.0.1`.
    ///
    /// # Errors
    /// [`CaError`] when a host name is no DNS name.
    pub fn new(hosts: &[String]) -> Result<TestCa, CaError> {
        TestCa::issue(hosts).map(|(ca, ..)| ca)
    }

    /// A new CA with the PEM of the server's certificate and key.
    fn issue(hosts: &[String]) -> Result<(TestCa, String, String), CaError> {
        let wrap = |e: rcgen::Error| CaError(e.to_string());
        let ca_key = KeyPair::generate().map_err(wrap)?;
        let mut ca = CertificateParams::default();
        ca.distinguished_name.push(DnType::CommonName, "IRIS conformance test CA (do not trust outside a test)");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let ca_certificate = ca.self_signed(&ca_key).map_err(wrap)?;
        let issuer = Issuer::new(ca, ca_key);

        let (certificate, key) = certificate(&issuer, hosts, |_| {}).map_err(wrap)?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let ca = TestCa::with(ca_certificate.pem(), certificate.der().clone(), &der, hosts)?;
        Ok((TestCa { issuer: Some(issuer), ..ca }, certificate.pem(), key.serialize_pem()))
    }

    /// The CA that is kept in `folder`; made and put there if there is none.
    ///
    /// # Errors
    /// [`CaError`] when the files cannot be read or written, or do not fit together.
    pub fn kept_in(folder: &Path, hosts: &[String]) -> Result<TestCa, CaError> {
        let wrong = |file: &str, e: &dyn std::fmt::Display| CaError(format!("{}: {e}", folder.join(file).display()));
        if !folder.join(CA_FILE).exists() {
            let (ca, certificate_pem, key_pem) = TestCa::issue(hosts)?;
            std::fs::create_dir_all(folder).map_err(|e| wrong("", &e))?;
            for (file, text) in [(KEY_FILE, &key_pem), (CERTIFICATE_FILE, &certificate_pem), (CA_FILE, &ca.pem)] {
                std::fs::write(folder.join(file), text).map_err(|e| wrong(file, &e))?;
            }
            return Ok(ca);
        }
        let pem = std::fs::read_to_string(folder.join(CA_FILE)).map_err(|e| wrong(CA_FILE, &e))?;
        let chain =
            CertificateDer::from_pem_file(folder.join(CERTIFICATE_FILE)).map_err(|e| wrong(CERTIFICATE_FILE, &e))?;
        let key = PrivateKeyDer::from_pem_file(folder.join(KEY_FILE)).map_err(|e| wrong(KEY_FILE, &e))?;
        TestCa::with(pem, chain, &key, hosts)
    }

    fn with(
        pem: String,
        certificate: CertificateDer<'static>,
        key: &PrivateKeyDer<'_>,
        hosts: &[String],
    ) -> Result<TestCa, CaError> {
        let key = ring::sign::any_supported_type(key).map_err(|e| CaError(e.to_string()))?;
        let certificate = Arc::new(CertifiedKey::new(vec![certificate], key));
        Ok(TestCa { pem, certificate, hosts: hosts.to_vec(), issuer: None })
    }

    /// The CA's certificate as PEM, for the proxy to trust.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A server configuration: TLS 1.3 only (CON-002), for the names of the certificate only, with these application
    /// protocols.
    pub fn server_config(&self, alpn: &[&[u8]]) -> Arc<rustls::ServerConfig> {
        self.config(&rustls::version::TLS13, alpn)
    }

    /// As [`TestCa::server_config`], but TLS 1.2 only, which CON-002 forbids.
    pub(crate) fn old_config(&self, alpn: &[&[u8]]) -> Arc<rustls::ServerConfig> {
        self.config(&rustls::version::TLS12, alpn)
    }

    fn config(&self, version: &'static SupportedProtocolVersion, alpn: &[&[u8]]) -> Arc<rustls::ServerConfig> {
        let resolver = KnownNames { certificate: self.certificate.clone(), hosts: self.hosts.clone() };
        let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .expect("the ring provider knows TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        Arc::new(config)
    }

    /// As [`TestCa::server_config`], with a certificate that no client may take.
    ///
    /// # Errors
    /// [`CaError`] for an expired certificate or one for another name from a CA that was kept in a folder: its key was not kept.
    pub(crate) fn flawed_config(&self, flaw: Flaw, alpn: &[&[u8]]) -> Result<Arc<rustls::ServerConfig>, CaError> {
        if flaw == Flaw::OtherAuthority {
            return Ok(TestCa::new(&self.hosts)?.server_config(alpn));
        }
        let wrap = |e: rcgen::Error| CaError(e.to_string());
        let no_key = "a CA that is kept in a folder has no key to sign it with; use a CA of the run's own";
        let issuer = self.issuer.as_ref().ok_or_else(|| CaError(no_key.to_owned()))?;
        let made = match flaw {
            Flaw::Expired => certificate(issuer, &self.hosts, |server| {
                (server.not_before, server.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
            }),
            _ => certificate(issuer, &self.hosts, |server| {
                server.subject_alt_names = ELSEWHERE.try_into().map(SanType::DnsName).into_iter().collect();
            }),
        };
        let (certificate, key) = made.map_err(wrap)?;
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        Ok(TestCa::with(self.pem.clone(), certificate.der().clone(), &der, &self.hosts)?.server_config(alpn))
    }
}

/// A certificate of the cloud for `hosts`, `localhost` and `127.0.0.1`, with its key.
fn certificate(
    issuer: &Issuer<'_, KeyPair>,
    hosts: &[String],
    change: impl FnOnce(&mut CertificateParams),
) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut names = hosts.to_vec();
    names.extend(["localhost".to_owned(), "127.0.0.1".to_owned()]);
    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(names)?;
    server.distinguished_name.push(DnType::CommonName, "IRIS conformance mock cloud");
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // strict verifiers want them, such as that of Python 3.13
    server.use_authority_key_identifier_extension = true;
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    change(&mut server);
    Ok((server.signed_by(&key, issuer)?, key))
}

/// Refuses a handshake for a host that is not part of the cloud (CON-001).
#[derive(Debug)]
struct KnownNames {
    certificate: Arc<CertifiedKey>,
    hosts: Vec<String>,
}

impl ResolvesServerCert for KnownNames {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let known = match hello.server_name() {
            None => true, // a client that connects to an IP address sends no name
            Some(name) => name == "localhost" || self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)),
        };
        known.then(|| self.certificate.clone())
    }
}
