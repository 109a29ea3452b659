//! Access tokens: JWTs of the identity platform (CON-010..013).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Tokens that are remembered as secrets; more are not alive at once.
const MOST_GIVEN: usize = 10_000;

/// Issues tokens and checks them. Token life uses the machine's clock, because the proxy does.
///
/// The key is made at each start: an elliptic one, since an RSA key as of the real platform takes seconds to find.
pub(crate) struct Tokens {
    tenant: String,
    key_id: String,
    private: EncodingKey,
    public: DecodingKey,
    /// The coordinates of the public key, base64url.
    point: [String; 2],
    issued: AtomicU64,
    revoked: AtomicU64,
    /// The newest tokens given out, for [`crate::Cloud::secrets`].
    given: Mutex<VecDeque<String>>,
}

/// Who asks for a token, for what, and where.
pub(crate) struct Grant<'a> {
    pub(crate) audience: &'a str,
    pub(crate) client_id: &'a str,
    /// URL of the identity platform as the client knows it.
    pub(crate) platform: &'a str,
    pub(crate) lifetime_s: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    tid: String,
    appid: String,
    sub: String,
    oid: String,
    ver: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    /// Which token it is; those up to the revoked number are worthless.
    uti: u64,
}

impl Tokens {
    pub(crate) fn new(tenant: &str) -> Result<Tokens, rcgen::Error> {
        let key = rcgen::KeyPair::generate()?; // P-256
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = key.public_key_raw(); // SEC 1, 2.3.3: 4, then both coordinates
        let (x, y) =
            point.get(1..).unwrap_or_default().split_at_checked(32).ok_or(rcgen::Error::KeyGenerationUnavailable)?;
        let point = [encode(x), encode(y)];
        let public = DecodingKey::from_ec_components(&point[0], &point[1])
            .map_err(|_| rcgen::Error::KeyGenerationUnavailable)?;
        Ok(Tokens {
            tenant: tenant.to_owned(),
            key_id: encode(digest::digest(&digest::SHA256, key.public_key_raw()).as_ref()),
            private: EncodingKey::from_ec_der(&key.serialize_der()),
            public,
            point,
            issued: AtomicU64::new(0),
            revoked: AtomicU64::new(0),
            given: Mutex::default(),
        })
    }

    /// The public key as a set of JSON web keys (RFC 7517).
    pub(crate) fn key_set(&self) -> Value {
        let [x, y] = &self.point;
        json!({ "keys": [{ "kty": "EC", "use": "sig", "alg": "ES256", "kid": self.key_id, "crv": "P-256", "x": x, "y": y }] })
    }

    /// A token for an audience.
    pub(crate) fn issue(&self, grant: &Grant<'_>) -> Result<String, String> {
        let now = jiff::Timestamp::now().as_second();
        let claims = Claims {
            aud: grant.audience.to_owned(),
            iss: format!("{}/{}/v2.0", grant.platform, self.tenant),
            tid: self.tenant.clone(),
            appid: grant.client_id.to_owned(),
            sub: grant.client_id.to_owned(),
            oid: grant.client_id.to_owned(),
            ver: "2.0".to_owned(),
            iat: now,
            nbf: now,
            exp: now.saturating_add_unsigned(grant.lifetime_s),
            uti: self.issued.fetch_add(1, Ordering::Relaxed) + 1,
        };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        let token = jsonwebtoken::encode(&header, &claims, &self.private).map_err(|e| e.to_string())?;
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() >= MOST_GIVEN {
            given.pop_front();
        }
        given.push_back(token.clone());
        Ok(token)
    }

    /// The newest tokens given out.
    pub(crate) fn given(&self) -> Vec<String> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Makes every token issued so far worthless, as if it had expired.
    pub(crate) fn revoke_all(&self) {
        self.revoked.store(self.issued.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Checks signature, expiry and audience of a token. Nobody else has the key, so the signature vouches for the issuer.
    pub(crate) fn check(&self, token: &str, audiences: &[String]) -> Result<(), String> {
        self.check_at(token, audiences, 0)
    }

    /// As [`Tokens::check`], by a clock that is fast by so many seconds.
    pub(crate) fn check_at(&self, token: &str, audiences: &[String], skew: i64) -> Result<(), String> {
        let mut rules = Validation::new(Algorithm::ES256);
        rules.set_audience(audiences);
        rules.validate_exp = false; // by the other clock, below
        let claims = jsonwebtoken::decode::<Claims>(token, &self.public, &rules).map_err(|e| e.to_string())?.claims;
        let now = jiff::Timestamp::now().as_second().saturating_add(skew);
        if claims.exp < now || claims.uti <= self.revoked.load(Ordering::Relaxed) {
            return Err("ExpiredSignature".to_owned());
        }
        if claims.nbf > now {
            return Err("ImmatureSignature".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(lifetime_s: u64) -> Grant<'static> {
        Grant { audience: "https://api", client_id: "client", platform: "https://login", lifetime_s }
    }

    #[test]
    fn con_013_a_token_is_good_for_its_audience_until_it_expires() {
        let tokens = Tokens::new("tenant").unwrap();
        let api = ["https://api".to_owned()];
        let token = tokens.issue(&grant(60)).unwrap();
        assert_eq!(tokens.check(&token, &api), Ok(()));
        assert!(tokens.check(&token, &["https://other".to_owned()]).is_err());
        assert!(Tokens::new("tenant").unwrap().check(&token, &api).is_err(), "CON-013: another platform's token");
        let expired = tokens.issue(&grant(0)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(1100)); // expiry counts whole seconds
        assert_eq!(tokens.check(&expired, &api), Err("ExpiredSignature".to_owned())); // CON-013
        tokens.revoke_all();
        assert_eq!(tokens.check(&token, &api), Err("ExpiredSignature".to_owned()));
        let fresh = tokens.issue(&grant(60)).unwrap();
        assert_eq!(tokens.check(&fresh, &api), Ok(()));
        assert_eq!(tokens.check_at(&fresh, &api, 120), Err("ExpiredSignature".to_owned()), "a fast clock");
        assert_eq!(tokens.check_at(&fresh, &api, -120), Err("ImmatureSignature".to_owned()), "a slow clock");
    }
}
