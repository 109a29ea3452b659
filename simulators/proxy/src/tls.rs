//! TLS 1.3 and nothing less (CON-002), trusting the given CA and no other (CON-003).

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// The client side of every connection to the cloud.
pub(crate) fn client(ca_file: &Path) -> anyhow::Result<Arc<ClientConfig>> {
    let file = || format!("IRIS_CA_FILE {}", ca_file.display());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca_file).with_context(file)? {
        roots.add(certificate.with_context(file)?).with_context(file)?;
    }
    ensure!(!roots.is_empty(), "{}: it holds no certificate; give a PEM file with the CA to trust", file());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
