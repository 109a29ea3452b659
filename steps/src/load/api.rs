//! Orders straight to the cloud, submitted as a proxy submits them (CON-030).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use cloud::Cloud;
use cloud::contract::{Operation, fill};
use journal::Seed;
use reqwest::{Client, StatusCode};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::RwLock;

use crate::world::{Stop, World, error};

/// The EMR API with what a proxy is told of it.
pub(super) struct Api<'a> {
    cloud: &'a Cloud,
    client: Client,
    told: BTreeMap<String, String>,
    token: RwLock<String>,
    seed: Seed,
}

impl<'a> Api<'a> {
    /// # Errors
    /// [`Stop::Error`] when the cloud cannot be entered.
    pub async fn open(world: &'a World) -> Result<Api<'a>, Stop> {
        let cloud = world.cloud()?;
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(world.run().ca.pem().as_bytes()).map_err(error)?;
        roots.add(authority).map_err(error)?;
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(error)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder().tls_backend_preconfigured(tls).no_proxy().build().map_err(error)?;
        let seed = world.seed.derive("load");
        let api = Api { cloud, client, told: cloud.placeholders(), token: RwLock::default(), seed };
        api.log_in().await.map_err(error)?;
        Ok(api)
    }

    fn told(&self, name: &str) -> &str {
        self.told.get(name).map_or("", String::as_str)
    }

    /// Asks for a token (CON-011, CON-072).
    async fn log_in(&self) -> reqwest::Result<()> {
        let path = &self.cloud.contract().login.routes[&Operation::Token].path;
        let url = format!("{}{}", self.told("cloud.login"), fill(path, &[("tenant", self.told("tenant"))]));
        let scope = format!("{}/.default", self.told("cloud.emr_api"));
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.told("client_id")),
            ("client_secret", self.told("client_secret")),
            ("scope", &scope),
        ];
        let answer = self.client.post(url).form(&form).send().await?.error_for_status()?;
        let token: serde_json::Value = answer.json().await?;
        *self.token.write().await = token["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(())
    }

    /// Submits an order and gives the acknowledgement, or why there is none.
    pub async fn order(&self, id: &str, content: &[u8], limit: Duration) -> Result<Vec<u8>, String> {
        let told = |error: reqwest::Error| format!("the request failed: {}", error.without_url());
        let contract = &self.cloud.contract().emr_api;
        let mut answer = self.submit(id, content, limit).await.map_err(told)?;
        if answer.status() == StatusCode::UNAUTHORIZED {
            self.log_in().await.map_err(told)?; // tokens last an hour
            answer = self.submit(id, content, limit).await.map_err(told)?;
        }
        if answer.status() != StatusCode::OK {
            return Err(format!("answered {}", answer.status()));
        }
        let body = answer.bytes().await.map_err(told)?;
        contract.payload.unpack(&body).ok_or_else(|| "the answer is not packed as agreed (TOP-101)".to_owned())
    }

    async fn submit(&self, id: &str, content: &[u8], limit: Duration) -> reqwest::Result<reqwest::Response> {
        let contract = &self.cloud.contract().emr_api;
        let url = format!("{}{}", self.told("cloud.emr_api"), contract.routes[&Operation::SubmitOrder].path);
        self.client
            .post(url)
            .timeout(limit)
            .bearer_auth(&*self.token.read().await)
            .header("Content-Type", &contract.content_type)
            .header(&contract.headers.installation, self.told("installation"))
            .header(&contract.headers.correlation, self.seed.uuid(id).to_string())
            .body(contract.payload.pack(content))
            .send()
            .await
    }
}
