//! TLS ended on one side and opened again on the other.

use std::io;
use std::path::Path;
use std::sync::Arc;

use cloud::TestCa;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use super::tap::Stream;

/// TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The server's name is none.
    #[error("`{0}` is no host name")]
    Name(String),
    /// The file holds no certificate.
    #[error("{0} holds no certificate: {1}; it must be PEM")]
    Trust(String, String),
    /// The verifier cannot be made.
    #[error("the certificates that this machine trusts cannot be read: {0}")]
    Verifier(rustls::Error),
}

/// Both sides of TLS.
#[derive(Clone)]
pub struct Doors {
    acceptor: TlsAcceptor,
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Doors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Doors").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Doors {
    /// The client meets the test CA; the server must be `name` to this machine's trust store or to the CA in `trust`.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(ca: &TestCa, name: &str, trust: Option<&Path>, alpn: &[&[u8]]) -> Result<Doors, TlsError> {
        let server_name = ServerName::try_from(name.to_owned()).map_err(|_| TlsError::Name(name.to_owned()))?;
        let mut roots: Vec<CertificateDer<'static>> = Vec::new();
        if let Some(file) = trust {
            let wrong = |e: String| TlsError::Trust(file.display().to_string(), e);
            let pems = CertificateDer::pem_file_iter(file).map_err(|e| wrong(e.to_string()))?;
            roots = pems.collect::<Result<_, _>>().map_err(|e| wrong(e.to_string()))?;
            if roots.is_empty() {
                return Err(wrong("it has no such section".to_owned()));
            }
        }
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(roots, provider.clone()).map_err(TlsError::Verifier)?;
        let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config
            .map_err(TlsError::Verifier)?
            .dangerous() // the name for any verifier of one's own; this one is the system's
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
        let acceptor = TlsAcceptor::from(ca.server_config(alpn));
        Ok(Doors { acceptor, connector: TlsConnector::from(Arc::new(config)), name: server_name })
    }

    /// Shakes hands with the server first: a client whose server is not to be trusted gets no connection.
    pub(super) async fn open(
        &self,
        client: TcpStream,
        server: TcpStream,
    ) -> io::Result<(server::TlsStream<TcpStream>, client::TlsStream<TcpStream>)> {
        let to = |side: &'static str| move |e: io::Error| io::Error::other(format!("TLS with the {side}: {e}"));
        let server = self.connector.connect(self.name.clone(), server).await.map_err(to("server"))?;
        let client = self.acceptor.accept(client).await.map_err(to("client"))?;
        Ok((client, server))
    }
}

impl Stream for server::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

impl Stream for client::TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}
