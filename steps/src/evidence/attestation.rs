//! A statement about a run as in-toto and DSSE define it, signed with Ed25519.

use std::path::Path;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{KeyPair, PKCS_ED25519, SigningKey};
use ring::signature::{ED25519, UnparsedPublicKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Manifest, bundle::sha256};
use crate::report::{RunReport, Verdict};

const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// What stands in front of the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// A DSSE envelope.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Signature {
    keyid: String,
    sig: String,
}

/// The private key in a PEM file (PKCS #8).
///
/// # Errors
/// A file that cannot be read or holds no Ed25519 key.
pub fn private_key(path: &Path) -> anyhow::Result<KeyPair> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = KeyPair::from_pem(&text).ok().filter(|key| key.is_compatible(&PKCS_ED25519));
    key.with_context(|| {
        format!("{} is no Ed25519 private key; `iris-conformance evidence keygen` makes one", path.display())
    })
}

/// The public key in a PEM file.
///
/// # Errors
/// A file that cannot be read or holds no Ed25519 key.
pub fn public_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let key = SubjectPublicKeyInfoDer::from_pem_slice(&text).ok();
    let key = key.as_ref().and_then(|key| key.strip_prefix(&ED25519_SPKI)).filter(|key| key.len() == 32);
    Ok(key.with_context(|| format!("{} is no Ed25519 public key", path.display()))?.to_vec())
}

/// The statement that a run came out so: about the manifest of its bundle, and about the proxy's program.
pub fn statement(run: &RunReport, manifest: &Manifest, manifest_bytes: &[u8]) -> Value {
    let named = |wanted: &[Verdict]| -> Vec<String> {
        let scenarios = run.scenarios.iter().filter(|scenario| wanted.contains(&scenario.verdict()));
        scenarios.map(|scenario| scenario.id.to_string()).collect()
    };
    let part = |name: &str, digest: &str| json!({ "name": name, "digest": { "sha256": digest } });
    let mut subject = vec![part(super::MANIFEST, &sha256(manifest_bytes))];
    subject.extend(manifest.programs.get("proxy").map(|digest| part("proxy", digest)));
    let configuration = manifest.files.iter().filter(|(name, _)| name.ends_with(".yaml"));
    let configuration: Vec<Value> = configuration.map(|(name, content)| part(name, &content.sha256)).collect();
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subject,
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": result(run),
            "configuration": configuration,
            "passedTests": named(&[Verdict::Passed]),
            "warnedTests": named(&[Verdict::Warning]),
            "failedTests": named(&[Verdict::Failed, Verdict::Blocked, Verdict::Error]),
        },
    })
}

/// `PASSED` only if everything that was selected ran and passed.
fn result(run: &RunReport) -> &'static str {
    let count = |verdict| run.count(verdict);
    let whole = run.scenarios.len() == run.selected && run.scenarios.iter().all(|s| s.verdict().is_green());
    let showed_something = count(Verdict::Passed) + count(Verdict::Warning) > 0;
    if !whole || !showed_something {
        "FAILED"
    } else if count(Verdict::Warning) > 0 {
        "WARNED"
    } else {
        "PASSED"
    }
}

impl Envelope {
    /// Signs a statement.
    ///
    /// # Errors
    /// None with a key of [`private_key`].
    pub fn sign(statement: &Value, key: &KeyPair) -> anyhow::Result<Envelope> {
        let payload = serde_json::to_vec(statement)?;
        let sig = STANDARD.encode(key.sign(&signed(PAYLOAD_TYPE, &payload))?);
        let signature = Signature { keyid: sha256(key.public_key_raw()), sig };
        let (payload, payload_type) = (STANDARD.encode(payload), PAYLOAD_TYPE.to_owned());
        Ok(Envelope { payload, payload_type, signatures: vec![signature] })
    }

    /// The statement, whoever signed it.
    ///
    /// # Errors
    /// An envelope that holds no statement.
    pub fn statement(&self) -> anyhow::Result<Value> {
        ensure!(self.payload_type == PAYLOAD_TYPE, "its payload is {:?}, not {PAYLOAD_TYPE}", self.payload_type);
        let payload = STANDARD.decode(&self.payload).context("its payload is no base64")?;
        serde_json::from_slice(&payload).context("its payload is no JSON")
    }

    /// Whether one of the signatures is by this key.
    pub fn is_signed_by(&self, key: &[u8]) -> bool {
        let Ok(payload) = STANDARD.decode(&self.payload) else { return false };
        let message = signed(&self.payload_type, &payload);
        let key = UnparsedPublicKey::new(&ED25519, key);
        self.signatures.iter().any(|s| STANDARD.decode(&s.sig).is_ok_and(|sig| key.verify(&message, &sig).is_ok()))
    }
}

/// What DSSE signs: type and payload, each with its length, so that neither can pass for a part of the other.
fn signed(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    message.extend_from_slice(payload);
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{failing, passing, run_of};

    #[test]
    fn what_is_signed_is_encoded_as_dsse_defines_it() {
        let expected = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(signed("http://example.com/HelloWorld", b"hello world"), expected);
    }

    #[test]
    fn a_signature_is_of_one_key_and_one_payload() {
        let (ours, other) =
            (KeyPair::generate_for(&PKCS_ED25519).unwrap(), KeyPair::generate_for(&PKCS_ED25519).unwrap());
        let mut envelope = Envelope::sign(&json!({ "a": 1 }), &ours).unwrap();
        assert!(envelope.is_signed_by(ours.public_key_raw()) && !envelope.is_signed_by(other.public_key_raw()));
        envelope.payload = STANDARD.encode("{\"a\":2}");
        assert!(!envelope.is_signed_by(ours.public_key_raw()));
    }

    #[test]
    fn only_a_whole_green_run_is_passed() {
        assert_eq!(result(&run_of(vec![passing("a")])), "PASSED");
        assert_eq!(result(&run_of(vec![passing("a"), failing("b", "x")])), "FAILED");
        assert_eq!(result(&run_of(Vec::new())), "FAILED");
        assert_eq!(result(&RunReport { selected: 2, ..run_of(vec![passing("a")]) }), "FAILED");
    }
}
