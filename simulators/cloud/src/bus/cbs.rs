//! Who may do what: claims-based security by tokens put to `$cbs`, and SASL PLAIN with a policy's key.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use ring::hmac;
use tokio::time::Instant;

use super::message::{Request, Response};
use super::value::Value;
use super::{Access, BusConfig};

/// Most rights that a connection can hold; the oldest makes room for one more.
const MAX_GRANTS: usize = 100;

/// What a link needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Right {
    Listen,
    Send,
    /// Either of the two.
    Any,
}

/// The rights of a connection.
#[derive(Debug, Default)]
pub(super) struct Grants(Vec<Grant>);

#[derive(Debug)]
struct Grant {
    /// What the token is for: a queue, what lies below it, or everything if empty.
    path: String,
    queues: Option<Vec<String>>,
    listen: bool,
    send: bool,
    expires: Option<Instant>,
}

impl Grants {
    /// Whether the connection has a right to the queue (in lower case).
    pub fn allow(&self, queue: &str, right: Right) -> bool {
        let now = Instant::now();
        self.0.iter().any(|grant| {
            let path = grant.path.is_empty() || grant.path == queue || grant.path.starts_with(&format!("{queue}/"));
            let listed = grant.queues.as_ref().is_none_or(|names| names.iter().any(|n| n.eq_ignore_ascii_case(queue)));
            let right = match right {
                Right::Listen => grant.listen,
                Right::Send => grant.send,
                Right::Any => grant.listen || grant.send,
            };
            path && listed && right && grant.expires.is_none_or(|at| at > now)
        })
    }

    /// Forgets what has expired; true if there was something.
    pub fn expire(&mut self) -> bool {
        let (before, now) = (self.0.len(), Instant::now());
        self.0.retain(|grant| grant.expires.is_none_or(|at| at > now));
        self.0.len() < before
    }

    /// When the next right expires.
    pub fn next_expiry(&self) -> Option<Instant> {
        self.0.iter().filter_map(|grant| grant.expires).min()
    }

    /// Takes the response of SASL PLAIN; false if name or key are wrong.
    pub fn log_in(&mut self, config: &BusConfig, response: &[u8]) -> bool {
        let mut parts = response.split(|byte| *byte == 0).skip(1);
        let (name, key) = (parts.next(), parts.next());
        let policy = config
            .access
            .iter()
            .find(|access| name == Some(access.key_name.as_bytes()) && key == Some(access.key.as_bytes()));
        if let Some(access) = policy {
            self.add(Grant::of(access, String::new(), None));
        }
        policy.is_some()
    }

    /// Answers a request to `$cbs`. Success is 202, because a client refuses 200 (azure-wire).
    pub fn put_token(&mut self, config: &BusConfig, request: &Request) -> Response {
        if request.property("operation") != Some("put-token") {
            return Response::refusal(501, "amqp:not-implemented", "the only operation of $cbs is put-token");
        }
        match check(config, request) {
            Ok(grant) => {
                self.add(grant);
                Response { status: 202, description: "Accepted".to_owned(), condition: None, body: Value::Null }
            }
            Err(reason) => Response::refusal(401, "amqp:unauthorized-access", reason),
        }
    }

    fn add(&mut self, grant: Grant) {
        self.0.retain(|other| other.path != grant.path);
        if self.0.len() >= MAX_GRANTS {
            self.0.remove(0);
        }
        self.0.push(grant);
    }
}

impl Grant {
    fn of(access: &Access, path: String, expires: Option<Instant>) -> Grant {
        Grant { path, queues: access.queues.clone(), listen: access.listen, send: access.send, expires }
    }
}

fn check(config: &BusConfig, request: &Request) -> Result<Grant, String> {
    let token = match &request.body {
        Value::String(text) => text.as_str(),
        Value::Binary(bytes) => std::str::from_utf8(bytes).map_err(|_| "the token is not text")?,
        _ => return Err("the request's body is no token: it must be a string".to_owned()),
    };
    // not by the type told: the Python client calls its signatures jwt
    if let Some(signature) = token.strip_prefix("SharedAccessSignature ") {
        return check_signature(config, signature);
    }
    let authorize = config.authorize.as_ref().ok_or("the token is no SharedAccessSignature, and no other is taken")?;
    let expires = expiry(authorize(token)?)?;
    let path = audience(config, request.property("name").unwrap_or_default())?;
    Ok(Grant { path, queues: None, listen: true, send: true, expires })
}

/// Checks `sr=<audience>&sig=<signature>&se=<expiry>&skn=<key name>`.
fn check_signature(config: &BusConfig, fields: &str) -> Result<Grant, String> {
    let field = |name: &str| {
        let found = fields.split('&').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        found.ok_or(format!("the token has no field {name}"))
    };
    let decoded = |name: &str| Ok::<_, String>(percent_decode_str(field(name)?).decode_utf8_lossy().into_owned());
    let (resource, expiry, key_name) = (field("sr")?, field("se")?, decoded("skn")?);

    let access = config.access.iter().find(|access| access.key_name == key_name);
    let access = access.ok_or(format!("there is no key {key_name:?}"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, access.key.as_bytes());
    let signature = STANDARD.decode(decoded("sig")?).map_err(|_| "the token's signature is not base64")?;
    hmac::verify(&key, format!("{resource}\n{expiry}").as_bytes(), &signature)
        .map_err(|_| format!("the token's signature was not made with key {key_name:?}"))?;

    let expires = self::expiry(expiry.parse().map_err(|_| "the token's expiry is not a number of seconds")?)?;
    Ok(Grant::of(access, audience(config, &decoded("sr")?)?, expires))
}

/// The instant of a time in seconds since 1970, by the machine's clock; nothing if it is too far off to matter.
fn expiry(seconds: i64) -> Result<Option<Instant>, String> {
    let left = i128::from(seconds) * 1_000 - i128::from(Timestamp::now().as_millisecond());
    if left <= 0 {
        return Err("ExpiredToken: the token has expired".to_owned());
    }
    Ok(u64::try_from(left).ok().and_then(|left| Instant::now().checked_add(Duration::from_millis(left))))
}

/// The path of an audience such as `sb://host:port/queue`, if its host is this namespace. Clients in their
/// development-emulator mode know only a loopback address (CON-005).
fn audience(config: &BusConfig, uri: &str) -> Result<String, String> {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let mut own =
        config.aliases.iter().map(String::as_str).chain([config.namespace.as_str(), "localhost", "127.0.0.1", "[::1]"]);
    if own.any(|own| own.eq_ignore_ascii_case(host)) {
        Ok(path(uri))
    } else {
        Err(format!("the token is for host {host:?}, this is {:?}", config.namespace))
    }
}

/// The path of an address in lower case: `queue`, `/queue/` and `amqps://host:port/queue` are the same.
pub(super) fn path(address: &str) -> String {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => address,
    };
    path.trim_matches('/').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> BusConfig {
        let access = |key_name: &str, listen, send, queues| Access {
            key_name: key_name.to_owned(),
            key: "synthetic-key".to_owned(),
            queues,
            listen,
            send,
        };
        let mut config = BusConfig::new("bus.test", vec![], access("all", true, true, None));
        config.access.push(access("results-only", true, false, Some(vec!["Results".to_owned()])));
        config
    }

    #[test]
    fn a_signature_is_checked_with_key_expiry_and_audience() {
        // openssl: printf 'sb%3A%2F%2Fbus.test%2Fresults\n4102444800' | openssl dgst -sha256 -hmac synthetic-key -binary | base64
        let token = |sig: &str, sr: &str, se: &str| format!("sr={sr}&sig={sig}&se={se}&skn=all");
        let (sig, sr, se) =
            ("UZ6XLh0Q7ECakgRNtCYbNO3LJsNdNiu%2F0S2B%2Fx8vwgE%3D", "sb%3A%2F%2Fbus.test%2Fresults", "4102444800");
        let grants = |token: &str| check_signature(&config(), token).map(|grant| Grants(vec![grant]));
        let good = grants(&token(sig, sr, se)).unwrap();
        assert!(good.allow("results", Right::Listen) && good.allow("results", Right::Send));
        assert!(!good.allow("notifications", Right::Listen));
        for (bad, why) in [
            (token(sig, sr, "4102444801"), "signature was not made"),
            (token("AAAA", sr, se), "signature was not made"),
            (token("?", sr, se), "not base64"),
            (token(sig, sr, se).replace("skn=all", "skn=none"), "no key \"none\""),
            ("sr=x&se=1".to_owned(), "no field skn"),
        ] {
            assert!(grants(&bad).unwrap_err().contains(why), "{bad}");
        }
    }

    #[test]
    fn a_connection_has_so_many_rights_and_the_oldest_makes_room() {
        let mut grants = Grants::default();
        let grant = |number: usize| Grant::of(&config().access[0], number.to_string(), None);
        let first = |grants: &Grants| (grants.0.len(), grants.0[0].path.clone());
        (1..=MAX_GRANTS).for_each(|number| grants.add(grant(number)));
        assert_eq!(first(&grants), (MAX_GRANTS, "1".to_owned()));
        grants.add(grant(MAX_GRANTS + 1));
        assert_eq!(first(&grants), (MAX_GRANTS, "2".to_owned()));
    }

    #[test]
    fn an_expired_or_foreign_token_is_refused() {
        let sign = |resource: &str, expiry: &str| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, b"synthetic-key");
            let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{expiry}").as_bytes()));
            let signature = signature.replace('+', "%2B");
            format!("sr={resource}&sig={signature}&se={expiry}&skn=all")
        };
        assert!(check_signature(&config(), &sign("sb://bus.test/", "1000000000")).unwrap_err().contains("expired"));
        assert!(check_signature(&config(), &sign("sb://else.test/", "4102444800")).unwrap_err().contains("else.test"));
        assert!(check_signature(&config(), &sign("amqp://127.0.0.1:5672/results", "4102444800")).is_ok());
    }

    #[test]
    fn plain_login_gives_the_rights_of_the_policy_and_no_others() {
        let mut grants = Grants::default();
        assert!(!grants.log_in(&config(), b"\0all\0wrong"));
        assert!(!grants.log_in(&config(), b""));
        assert!(!grants.allow("results", Right::Any));
        assert!(grants.log_in(&config(), b"\0results-only\0synthetic-key"));
        assert!(grants.allow("results", Right::Listen));
        assert!(!grants.allow("results", Right::Send));
        assert!(!grants.allow("notifications", Right::Listen));
    }

    #[test]
    fn addresses_are_compared_by_path_without_case() {
        for address in ["Results", "/results", "amqps://127.0.0.1:5671/RESULTS", "sb://host/results/"] {
            assert_eq!(path(address), "results");
        }
        assert_eq!(path("sb://host"), "");
    }
}
