//! Access tokens by client credentials (CON-011): one per scope (CON-072), cached, renewed before they expire.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::Config;
use crate::cloud::{endpoint, receive};

/// The token of one scope. Whoever needs it while it is fetched waits for that one fetch.
pub(crate) struct Token {
    url: Url,
    form: [(&'static str, String); 4],
    cached: Mutex<Option<Cached>>,
}

struct Cached {
    text: Arc<str>,
    renew_at: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

impl Token {
    pub(crate) fn new(config: &Config, scope: String) -> Token {
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", config.client_id.clone()),
            ("client_secret", config.client_secret.clone()),
            ("scope", scope),
        ];
        Token {
            url: endpoint(&config.login, &[&config.tenant, "oauth2", "v2.0", "token"]),
            form,
            cached: Mutex::new(None),
        }
    }

    /// A token that is not `refused`, which the cloud answered with 401 (CON-032).
    pub(crate) async fn get(&self, http: &Client, refused: Option<&str>) -> anyhow::Result<Arc<str>> {
        let mut cached = self.cached.lock().await;
        if let Some(token) = &*cached
            && Instant::now() < token.renew_at
            && refused != Some(&*token.text)
        {
            return Ok(token.text.clone());
        }
        let granted = self.fetch(http).await.context("token")?;
        let text: Arc<str> = granted.access_token.into();
        *cached = Some(Cached { text: text.clone(), renew_at: Instant::now() + lifetime(granted.expires_in) });
        Ok(text)
    }

    async fn fetch(&self, http: &Client) -> anyhow::Result<Granted> {
        let answer = receive(http.post(self.url.clone()).form(&self.form)).await?;
        if answer.status != 200 {
            bail!("the identity platform answered {}", answer.status); // CON-012; its description may quote the secret's id
        }
        // The parser's message could quote the token.
        serde_json::from_slice(&answer.body).map_err(|_| anyhow::anyhow!("the identity platform's answer is no token"))
    }
}

/// How long a token is used: nine tenths of its life, and up to five minutes less.
fn lifetime(expires_in: u64) -> Duration {
    let expires_in = expires_in.min(86_400);
    Duration::from_millis(expires_in * 1000 - (expires_in * 100).min(300_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_it_expires() {
        assert_eq!(lifetime(3600), Duration::from_secs(3300));
        assert_eq!(lifetime(10), Duration::from_secs(9));
        assert_eq!(lifetime(0), Duration::ZERO);
        assert_eq!(lifetime(u64::MAX), Duration::from_secs(86_100));
    }
}
