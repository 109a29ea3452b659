//! The HTTPS roles of the cloud (CON-011 to CON-013, CON-020, CON-030, CON-041 to CON-044, CON-051).

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Client, RequestBuilder, Url, redirect};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::Config;
use crate::contract::{self, BusAuth, Contract};
use crate::defects::{self, Flaw};
use crate::emr::Receipt;
use crate::repeat::{TIMEOUT, within};

/// Largest body taken from the cloud, in bytes: twice the largest result of MLLP-016.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// The cloud as one installation sees it.
pub(crate) struct Cloud {
    config: Config,
    http: Client,
    api_token: Token,
    settings_token: Token,
    blob_token: Token,
    bus_token: Token,
    started_at: String,
}

/// What the cloud answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What the cloud hands over (CON-041).
pub(crate) struct Delivery {
    /// The exact bytes of the message or file.
    pub(crate) content: Bytes,
    /// Where a file belongs (CON-047).
    pub(crate) template: Option<String>,
}

impl Cloud {
    pub(crate) fn new(config: &Config, tls: &rustls::ClientConfig) -> Result<Cloud> {
        let direct = Client::builder().no_proxy().redirect(redirect::Policy::none()); // TOP-044
        let secure = direct.https_only(true).tls_backend_preconfigured(tls.clone());
        let names = config.names.iter();
        // the port is the URL's
        let named = names.fold(secure, |client, (name, address)| client.resolve(name, SocketAddr::new(*address, 0)));
        let http = named.http1_only().connect_timeout(TIMEOUT).build()?;
        let api_scope = format!("{}/.default", config.emr_api.as_str().trim_end_matches('/')); // CON-072
        Ok(Cloud {
            api_token: Token::new(config, api_scope),
            settings_token: Token::new(config, "https://azconfig.io/.default".to_owned()),
            blob_token: Token::new(config, "https://storage.azure.com/.default".to_owned()),
            bus_token: Token::new(config, "https://servicebus.azure.net/.default".to_owned()),
            started_at: jiff::Timestamp::now().to_string(),
            config: config.clone(),
            http,
        })
    }

    /// Fetches the EMR API's token, so that the first order need not wait for it.
    pub(crate) async fn prepare(&self) -> Result<()> {
        within(TIMEOUT, self.api_token.get(&self.http, None)).await.map(|_| ())
    }

    /// The first page of the settings (CON-020).
    pub(crate) fn settings_url(&self) -> Url {
        let mut url = endpoint(&self.config.settings, &["kv"]);
        let filter = self.config.contract.settings.filter();
        let query = [("key", filter.as_str()), ("label", &self.config.installation), ("api-version", "1.0")];
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// A page of the settings (CON-020).
    pub(crate) async fn settings_page(&self, url: &Url) -> Result<Answer> {
        self.call(&self.settings_token, self.http.get(url.clone()), TIMEOUT).await
    }

    /// Hands over an order (CON-030).
    pub(crate) async fn order(&self, order: Bytes, id: Uuid, limit: Duration) -> Result<Answer> {
        let api = &self.config.contract.emr_api;
        let request = self.api("submit_order", &[], id)?.header(CONTENT_TYPE, &api.content_type);
        let request = defects::request(request, &order).body(api.payload.pack(order));
        let answer = self.call(&self.api_token, request, limit).await?;
        Ok(if answer.status == 200 { Answer { body: api.payload.unpack(answer.body)?, ..answer } } else { answer })
    }

    /// Uploads an order as block blob (CON-033).
    pub(crate) async fn upload(&self, order: Bytes, id: Uuid, limit: Duration) -> Result<Answer> {
        let orders = &self.config.contract.blob.orders;
        let values = [("installation", self.config.installation.as_str()), ("id", &id.to_string())];
        let path = contract::segments(&format!("/{}/{}", orders.container, orders.name), &values)?;
        let url = endpoint(&self.config.blob, &path);
        let request = self.http.put(url).header("x-ms-version", "2021-12-02").header("x-ms-blob-type", "BlockBlob");
        self.call(&self.blob_token, request.body(order), limit).await
    }

    /// A delivery, none when it is unknown or withdrawn (CON-041, CON-075).
    pub(crate) async fn delivery(&self, id: Uuid, is_file: bool, limit: Duration) -> Result<Option<Delivery>> {
        let request = self.of_delivery("fetch_delivery", id)?;
        let answer = self.call(&self.api_token, request, limit).await?;
        defects::contact(&self.http, &self.config.emr_api).await;
        let api = &self.config.contract.emr_api;
        match answer.status {
            200 => {
                let template = answer.headers.get(&api.headers.path_template);
                let template = template.and_then(|value| str::from_utf8(value.as_bytes()).ok()).map(str::to_owned);
                let content = if is_file { answer.body } else { api.payload.unpack(answer.body)? };
                Ok(Some(Delivery { content, template }))
            }
            404 => Ok(None),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// Whether this proxy may send the charge (CON-042); a withdrawn one may not be sent either (CON-075).
    pub(crate) async fn claim(&self, id: Uuid, limit: Duration) -> Result<bool> {
        let request = self.of_delivery("claim_delivery", id)?;
        match self.call(&self.api_token, request, limit).await?.status {
            200 => Ok(true),
            404 | 409 => Ok(false),
            status => bail!("the EMR API answered {status}"),
        }
    }

    /// Reports what became of a delivery (CON-044). One that was withdrawn meanwhile needs no receipt (CON-075).
    pub(crate) async fn receipt(&self, id: Uuid, receipt: &Receipt, limit: Duration) -> Result<()> {
        let request = self.of_delivery("post_receipt", id)?.json(receipt);
        let status = self.call(&self.api_token, request, limit).await?.status;
        ensure!(matches!(status, 204 | 404), "the EMR API answered {status}");
        Ok(())
    }

    /// Says that the proxy is ready (CON-051), or alive when it was asked with that id (CON-050).
    pub(crate) async fn heartbeat(&self, id: Option<Uuid>) -> Result<()> {
        let version = defects::named(Flaw::PatientInHeartbeat, env!("CARGO_PKG_VERSION").to_owned());
        let body = json!({ "Version": version, "StartedAt": self.started_at, "Id": id });
        let request = self.api("heartbeat", &[], id.unwrap_or_else(Uuid::new_v4))?.json(&body);
        let status = self.call(&self.api_token, request, TIMEOUT).await?.status;
        ensure!(status == 204, "the EMR API answered {status}");
        Ok(())
    }

    /// A request to the EMR API, with the headers of CON-030.
    fn api(&self, operation: &str, values: &[(&str, &str)], correlation: Uuid) -> Result<RequestBuilder> {
        let Config { installation, contract, emr_api, .. } = &self.config;
        let route = contract.emr_api.route(operation);
        let values = [values, &[("installation", installation.as_str())]].concat();
        let url = endpoint(emr_api, &contract::segments(&route.path, &values)?);
        let headers = &contract.emr_api.headers;
        let request = self.http.request(route.method.parse()?, url).header(&headers.installation, installation);
        Ok(request.header(&headers.correlation, correlation.to_string()))
    }

    fn of_delivery(&self, operation: &str, id: Uuid) -> Result<RequestBuilder> {
        self.api(operation, &[("delivery_id", &id.to_string())], id)
    }

    pub(crate) fn contract(&self) -> &'static Contract {
        self.config.contract
    }

    pub(crate) fn settings_contract(&self) -> &'static contract::Settings {
        &self.config.contract.settings
    }

    /// A token for the bus, where the contract wants none of its own (TOP-106), and the scheme's name.
    pub(crate) async fn bus_token(&self) -> Result<Option<String>> {
        match self.config.contract.queues.auth {
            BusAuth::Sas => Ok(None),
            BusAuth::Entra => self.bus_token.get(&self.http, None).await.map(Some),
        }
    }

    /// Sends with a token, and once more with a fresh one after a 401 (CON-032), all within `limit`.
    async fn call(&self, token: &Token, request: RequestBuilder, limit: Duration) -> Result<Answer> {
        if defects::has(Flaw::OpensAConnectionEach) {
            let other = Box::leak(Box::new(Cloud::new(&self.config, &*self.config.tls()?)?));
            let _ = other.http.get(self.config.emr_api.clone()).send().await;
        }
        let answer = async {
            let again = request.try_clone().context("a streamed body cannot be sent again")?;
            let bearer = token.get(&self.http, None).await?;
            let answer = receive(defects::authorized(request, &bearer)).await?;
            if answer.status != 401 || defects::has(Flaw::RetriesNoToken) {
                return Ok(answer);
            }
            let fresh = token.get(&self.http, Some(&bearer)).await?;
            receive(defects::authorized(again, &fresh)).await
        };
        within(limit, answer).await.context("cloud")
    }
}

/// `base` with path segments added, escaped where needed.
fn endpoint(base: &Url, path: &[impl AsRef<str>]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.iter().map(AsRef::as_ref));
    }
    url
}

/// Sends a request and takes the answer with a bounded body.
async fn receive(request: RequestBuilder) -> Result<Answer> {
    let mut response = request.send().await.map_err(reqwest::Error::without_url)?;
    let mut body = BytesMut::new();
    loop {
        let chunk = match response.chunk().await {
            Err(_) if defects::has(Flaw::TakesHalfABody) => None,
            chunk => chunk.map_err(reqwest::Error::without_url)?,
        };
        let Some(chunk) = chunk else { break };
        ensure!(body.len() + chunk.len() <= MAX_BODY, "the answer is longer than {MAX_BODY} bytes");
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body: body.freeze() })
}

/// The token of one scope (CON-011, CON-072), cached, and renewed before it expires. Whoever needs it while it is fetched
/// waits for that one fetch.
struct Token {
    url: Url,
    form: [(&'static str, String); 4],
    /// And when it is renewed.
    cached: Mutex<Option<(String, Instant)>>,
}

impl Token {
    fn new(config: &Config, scope: String) -> Token {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", config.client_id.clone()),
            ("client_secret", config.client_secret.clone()),
            ("scope", scope),
        ];
        let url = endpoint(&config.login, &[&config.tenant, "oauth2", "v2.0", "token"]);
        Token { url, form, cached: Mutex::default() }
    }

    /// A token that is not `refused`, which the cloud answered with 401 (CON-032).
    async fn get(&self, http: &Client, refused: Option<&str>) -> Result<String> {
        let mut cached = self.cached.lock().await;
        if let Some((token, renew_at)) = &*cached
            && Instant::now() < *renew_at
            && refused != Some(token)
        {
            return Ok(token.clone());
        }
        let answer = receive(http.post(self.url.clone()).form(&self.form)).await.context("token")?;
        // CON-012: only the status, since the description may quote the secret's id.
        ensure!(answer.status == 200, "the identity platform answered {}", answer.status);
        // The parser's message could quote the token.
        let granted: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let (Some(token), Some(life)) = (granted["access_token"].as_str(), granted["expires_in"].as_u64()) else {
            bail!("the identity platform's answer is no token");
        };
        *cached = Some((token.to_owned(), Instant::now() + lifetime(life)));
        Ok(token.to_owned())
    }
}

/// How long a token is used: nine tenths of its life, a day at most.
fn lifetime(expires_in: u64) -> Duration {
    Duration::from_secs(expires_in.min(86_400)) * 9 / 10
}

#[cfg(test)]
mod tests;
