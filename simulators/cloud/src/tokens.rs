//! Access tokens: JWTs of the identity platform (CON-010..013).

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// Issues tokens and checks them. Token life uses the machine's clock, because the proxy does.
pub(crate) struct Tokens {
    key: String,
    issuer: String,
    issued: AtomicU64,
    revoked: AtomicU64,
    /// Every token given out, for [`crate::Cloud::secrets`].
    given: Mutex<Vec<String>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    appid: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    /// Which token it is; those up to the revoked number are worthless.
    uti: u64,
}

impl Tokens {
    pub(crate) fn new(key: String, tenant: &str) -> Tokens {
        let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
        Tokens { key, issuer, issued: AtomicU64::new(0), revoked: AtomicU64::new(0), given: Mutex::default() }
    }

    /// A token for `audience`, valid for `lifetime_s` seconds.
    pub(crate) fn issue(&self, audience: &str, client_id: &str, lifetime_s: u64) -> Result<String, String> {
        let now = jiff::Timestamp::now().as_second();
        let claims = Claims {
            aud: audience.to_owned(),
            iss: self.issuer.clone(),
            appid: client_id.to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(lifetime_s),
            uti: self.issued.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let key = EncodingKey::from_secret(self.key.as_bytes());
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).map_err(|e| e.to_string())?;
        self.given.lock().unwrap_or_else(PoisonError::into_inner).push(token.clone());
        Ok(token)
    }

    /// Every token given out.
    pub(crate) fn given(&self) -> Vec<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes every token issued so far worthless, as if it had expired.
    pub(crate) fn revoke_all(&self) {
        self.revoked.store(self.issued.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Checks signature, expiry, issuer and audience of a token.
    pub(crate) fn check(&self, token: &str, audiences: &[String]) -> Result<(), String> {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_audience(audiences);
        rules.set_issuer(&[&self.issuer]);
        rules.leeway = 0;
        let key = DecodingKey::from_secret(self.key.as_bytes());
        let token = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|e| e.to_string())?;
        if token.claims.uti <= self.revoked.load(Ordering::Relaxed) {
            return Err("ExpiredSignature".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_013_a_token_is_good_for_its_audience_until_it_expires() {
        let tokens = Tokens::new("key".into(), "tenant");
        let api = ["https://api".to_owned()];
        let token = tokens.issue("https://api", "client", 60).unwrap();
        assert_eq!(tokens.check(&token, &api), Ok(()));
        assert!(tokens.check(&token, &["https://other".to_owned()]).is_err());
        assert!(Tokens::new("other key".into(), "tenant").check(&token, &api).is_err());
        tokens.revoke_all();
        assert_eq!(tokens.check(&token, &api), Err("ExpiredSignature".to_owned()));
        let fresh = tokens.issue("https://api", "client", 60).unwrap();
        assert_eq!(tokens.check(&fresh, &api), Ok(()));
    }
}
