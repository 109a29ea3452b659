//! Who may ask: this machine's own browser on this page, and whoever knows the token.

use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, HOST, ORIGIN};
use ring::hmac::{self, HMAC_SHA256, Key, Tag};
use ring::rand::{SecureRandom as _, SystemRandom};

/// The token is kept for the link that is printed.
pub(super) struct Guard {
    port: u16,
    key: Key,
    expected: Tag,
    token: String,
}

impl Guard {
    /// A guard with a token of its own.
    pub(super) fn new(port: u16) -> anyhow::Result<Guard> {
        let broken = |_| anyhow::anyhow!("this system gives no random numbers");
        let random = SystemRandom::new();
        let mut bytes = [0; 16];
        random.fill(&mut bytes).map_err(broken)?;
        let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = Key::generate(HMAC_SHA256, &random).map_err(broken)?;
        Ok(Guard { port, expected: hmac::sign(&key, token.as_bytes()), key, token })
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Whether a request is meant for this page and does not come from another one: a name that was made to lead here (DNS
    /// rebinding) shows in Host, another site's script in Origin.
    pub(super) fn is_ours(&self, headers: &HeaderMap) -> bool {
        let here = [format!("127.0.0.1:{}", self.port), format!("localhost:{}", self.port)];
        let mut hosts = headers.get_all(HOST).iter();
        let host =
            matches!((hosts.next(), hosts.next()), (Some(host), None) if here.iter().any(|h| host == h.as_str()));
        let ours = |origin: &hyper::header::HeaderValue| here.iter().any(|h| *origin == format!("http://{h}"));
        host && headers.get_all(ORIGIN).iter().all(ours)
    }

    /// Whether the token is shown, as `Authorization: Bearer …`; the comparison takes the same time wherever they differ.
    pub(super) fn knows_token(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        shown.is_some_and(|shown| hmac::verify(&self.key, shown, self.expected.as_ref()).is_ok())
    }
}
