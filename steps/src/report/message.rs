//! A message in a saved run: its bytes as base64, packed where that saves much.

use std::io::{Read, Write};

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longer messages are packed: those whose size is what they are about.
const LONG: usize = 64 * 1024;

/// A message: either `base64` or `deflated`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Message {
    /// Number of bytes.
    size: usize,
    /// The bytes in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    /// The bytes of a long message, packed (raw deflate, RFC 1951), in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    deflated: Option<String>,
}

impl Message {
    pub(super) fn of(bytes: &[u8]) -> Message {
        let packed = (bytes.len() > LONG).then(|| packed(bytes)).flatten();
        let base64 = packed.is_none().then(|| STANDARD.encode(bytes));
        Message { size: bytes.len(), base64, deflated: packed.map(|packed| STANDARD.encode(packed)) }
    }

    /// The bytes; `left` is how many may still come.
    pub(super) fn bytes(self, left: &mut usize) -> anyhow::Result<Vec<u8>> {
        *left = left.checked_sub(self.size).context("the messages of this file are larger than a run's can be")?;
        let bytes = match (self.base64, self.deflated) {
            (Some(text), None) => STANDARD.decode(text).context("`base64` is none")?,
            (None, Some(text)) => {
                let packed = STANDARD.decode(text).context("`deflated` is no base64")?;
                let mut bytes = Vec::new();
                let most = u64::try_from(self.size)?.saturating_add(1);
                DeflateDecoder::new(&packed[..]).take(most).read_to_end(&mut bytes).context("`deflated` is damaged")?;
                bytes
            }
            _ => bail!("has to have either `base64` or `deflated`"),
        };
        ensure!(bytes.len() == self.size, "`size` is {}, but that is not the number of its bytes", self.size);
        Ok(bytes)
    }
}

fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_whether_packed_or_not() {
        for bytes in [b"MSH|\xff\r".to_vec(), vec![b'x'; 3_000_000]] {
            let text = serde_json::to_string(&Message::of(&bytes)).unwrap();
            assert!(text.len() < 10_000);
            let message: Message = serde_json::from_str(&text).unwrap();
            assert_eq!(message.bytes(&mut 3_000_000).unwrap(), bytes);
        }
    }

    #[test]
    fn a_message_that_unpacks_to_more_than_it_says_is_refused() {
        let bomb = Message { size: 10, ..Message::of(&vec![0; 30_000_000]) };
        let error = bomb.bytes(&mut 1_000).unwrap_err();
        assert_eq!(error.to_string(), "`size` is 10, but that is not the number of its bytes");
        let error = Message::of(&[0; 100]).bytes(&mut 99).unwrap_err();
        assert!(error.to_string().starts_with("the messages of this file are larger"), "{error}");
    }
}
