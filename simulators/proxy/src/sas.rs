//! Shared access signatures of Service Bus, computed as its documentation says: HMAC-SHA256 over the escaped resource, LF and
//! the expiry.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;

use crate::BusAddress;

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A token for `resource` that expires at that second of the Unix time.
pub(crate) fn token(address: &BusAddress, resource: &str, expires: i64) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED).to_string();
    let resource = escape(resource);
    let key = hmac::Key::new(hmac::HMAC_SHA256, address.key.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("{resource}\n{expires}").as_bytes()));
    let (signature, key_name) = (escape(&signature), escape(&address.key_name));
    format!("SharedAccessSignature sr={resource}&sig={signature}&se={expires}&skn={key_name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_the_signature_that_another_implementation_computed() {
        let address = BusAddress {
            namespace: String::new(),
            key_name: "listen send".to_owned(),
            key: "c3ludGhldGljLWtleS1mb3ItdGVzdHMtb25seQ==".to_owned(),
            host: String::new(),
            port: 0,
        };
        let resource = "sb://iris-clientresults-qa.servicebus.windows.net/results";
        // Python: b64encode(hmac.new(key, f"{quote(resource, safe='')}\n1893456000".encode(), sha256).digest())
        let expected = "SharedAccessSignature sr=sb%3A%2F%2Firis-clientresults-qa.servicebus.windows.net%2Fresults\
            &sig=uQLy8aDdR9w5qNgASQhlmqR4xmYQUTeEaIzFPaQu8qU%3D&se=1893456000&skn=listen%20send";
        assert_eq!(token(&address, resource, 1_893_456_000), expected);
    }
}
