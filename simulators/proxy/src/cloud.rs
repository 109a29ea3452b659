//! The HTTPS roles of the cloud (CON-013, CON-030, CON-033, CON-041 to CON-044, CON-051).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode, Url, redirect};
use serde::Serialize;
use uuid::Uuid;

use crate::Config;
use crate::token::Token;

/// Largest body taken from the cloud, in bytes: twice the largest result of MLLP-016.
const MAX_BODY: usize = 64 * 1024 * 1024;
/// How long a call may take that no setting limits.
const TIMEOUT: Duration = Duration::from_secs(10);
const HL7: &str = "x-application/hl7-v2+er7";

/// The cloud as one installation sees it.
pub(crate) struct Cloud {
    config: Config,
    http: Client,
    api_token: Token,
    settings_token: Token,
    blob_token: Token,
    started_at: String,
}

/// What the cloud answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What became of a delivery (CON-044).
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Receipt {
    pub(crate) outcome: crate::emr::Outcome,
    pub(crate) attempts: u32,
    pub(crate) ack_code: Option<String>,
    pub(crate) ack: Option<String>,
    pub(crate) reason: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Heartbeat<'a> {
    version: &'static str,
    started_at: &'a str,
    id: Option<Uuid>,
}

impl Cloud {
    pub(crate) fn new(config: &Config, tls: &Arc<rustls::ClientConfig>) -> anyhow::Result<Cloud> {
        let http = Client::builder()
            .tls_backend_preconfigured((**tls).clone())
            .https_only(true)
            .http1_only()
            .no_proxy() // TOP-044
            .redirect(redirect::Policy::none())
            .connect_timeout(TIMEOUT)
            .build()?;
        let api_scope = format!("{}/.default", config.emr_api.as_str().trim_end_matches('/')); // CON-072
        Ok(Cloud {
            api_token: Token::new(config, api_scope),
            settings_token: Token::new(config, "https://azconfig.io/.default".to_owned()),
            blob_token: Token::new(config, "https://storage.azure.com/.default".to_owned()),
            started_at: Timestamp::now().to_string(),
            config: config.clone(),
            http,
        })
    }

    /// Fetches the EMR API's token, so that the first order need not wait for it.
    pub(crate) async fn prepare(&self) -> anyhow::Result<()> {
        within(TIMEOUT, self.api_token.get(&self.http, None)).await.map(|_| ())
    }

    /// The first page of the settings (CON-020).
    pub(crate) fn settings_url(&self) -> Url {
        let mut url = endpoint(&self.config.settings, &["kv"]);
        let query = [("key", "EmrProxy:*"), ("label", &self.config.installation), ("api-version", "1.0")];
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// A page of the settings.
    pub(crate) async fn settings_page(&self, url: &Url) -> anyhow::Result<Answer> {
        within(TIMEOUT, self.call(&self.settings_token, || self.http.get(url.clone()))).await
    }

    /// Hands over an order (CON-030).
    pub(crate) async fn order(&self, order: &Bytes, id: Uuid, limit: Duration) -> anyhow::Result<Answer> {
        let fill = |request: RequestBuilder| request.header(CONTENT_TYPE, HL7).body(order.clone());
        self.api(Method::POST, &["orders"], id, limit, fill).await
    }

    /// Uploads an order (CON-033).
    pub(crate) async fn upload(&self, order: &Bytes, id: Uuid, limit: Duration) -> anyhow::Result<Answer> {
        let url = endpoint(&self.config.blob, &["orders", &self.config.installation, &format!("{id}.hl7")]);
        let request = || {
            let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let request = self.http.put(url.clone()).header(CONTENT_TYPE, HL7).header("x-ms-date", date);
            request.header("x-ms-blob-type", "BlockBlob").header("x-ms-version", "2021-08-06").body(order.clone())
        };
        within(limit, self.call(&self.blob_token, request)).await
    }

    /// The bytes of a delivery, none when it is unknown or withdrawn (CON-041, CON-075).
    pub(crate) async fn delivery(&self, id: Uuid, limit: Duration) -> anyhow::Result<Option<Bytes>> {
        let answer = self.api(Method::GET, &["deliveries", &id.to_string()], id, limit, |request| request).await?;
        match answer.status.as_u16() {
            200 => Ok(Some(answer.body)),
            404 => Ok(None),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// Whether this proxy may send the charge (CON-042); a withdrawn one may not be sent either (CON-075).
    pub(crate) async fn claim(&self, id: Uuid, limit: Duration) -> anyhow::Result<bool> {
        let path = ["deliveries", &id.to_string(), "claim"];
        match self.api(Method::POST, &path, id, limit, |request| request).await?.status.as_u16() {
            200 => Ok(true),
            404 | 409 => Ok(false),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// Reports what became of a delivery (CON-044). One that was withdrawn meanwhile needs no receipt (CON-075).
    pub(crate) async fn receipt(&self, id: Uuid, receipt: &Receipt, limit: Duration) -> anyhow::Result<()> {
        let path = ["deliveries", &id.to_string(), "receipt"];
        match self.api(Method::POST, &path, id, limit, |request| request.json(receipt)).await?.status.as_u16() {
            204 | 404 => Ok(()),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// Says that the proxy is ready (CON-051), or alive when it was asked with that id (CON-050).
    pub(crate) async fn heartbeat(&self, id: Option<Uuid>) -> anyhow::Result<()> {
        let path = ["proxies", &self.config.installation, "heartbeat"];
        let body = Heartbeat { version: env!("CARGO_PKG_VERSION"), started_at: &self.started_at, id };
        let correlation = id.unwrap_or_else(Uuid::new_v4);
        match self.api(Method::POST, &path, correlation, TIMEOUT, |request| request.json(&body)).await?.status.as_u16()
        {
            204 => Ok(()),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// One call of the EMR API, with the headers of CON-030.
    async fn api(
        &self,
        method: Method,
        path: &[&str],
        correlation: Uuid,
        limit: Duration,
        fill: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> anyhow::Result<Answer> {
        let url = endpoint(&self.config.emr_api, &[&["emr", "v1"], path].concat());
        let request = || {
            let request = self.http.request(method.clone(), url.clone());
            let request = request.header("X-Iris-Installation", &self.config.installation);
            fill(request.header("X-Correlation-Id", correlation.to_string()))
        };
        within(limit, self.call(&self.api_token, request)).await
    }

    /// Sends with a token, and once more with a fresh one after a 401 (CON-032).
    async fn call(&self, token: &Token, request: impl Fn() -> RequestBuilder) -> anyhow::Result<Answer> {
        let bearer = token.get(&self.http, None).await?;
        let answer = receive(request().bearer_auth(&bearer)).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = token.get(&self.http, Some(&bearer)).await?;
        receive(request().bearer_auth(fresh)).await
    }
}

/// `base` with path segments added, escaped where needed.
pub(crate) fn endpoint(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// Sends a request and takes the answer with a bounded body.
pub(crate) async fn receive(request: RequestBuilder) -> anyhow::Result<Answer> {
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        if body.len() + chunk.len() > MAX_BODY {
            bail!("the answer is longer than {MAX_BODY} bytes");
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body: body.freeze() })
}

async fn within<T>(limit: Duration, call: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let done = tokio::time::timeout(limit, call).await;
    done.map_err(|_| anyhow!("no answer within {} ms", limit.as_millis()))?.context("cloud")
}
