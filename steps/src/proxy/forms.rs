//! The forms in which programs write a value, and the packings in which it can lie.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// What is unpacked of one packing, in bytes.
const MAX_UNPACKED: u64 = 16 * 1024 * 1024;
/// Packings that are opened in one place; behind them nobody hides by accident.
const MAX_PACKINGS: usize = 64;

/// The forms of a value: their names and bytes, for a search that takes small letters and capitals for the same. The first is
/// the value itself.
pub(super) fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let hexadecimal = value.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into_bytes();
    let mut forms = vec![("", value.to_vec()), ("hexadecimal", hexadecimal)];
    // what stands before it decides how base64 cuts it; the characters that hold bits of a neighbour are left out
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&b"   "[..before], value].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + value.len()) * 8 / 6);
        if to >= from + 6 {
            let safe = encoded.replace('+', "-").replace('/', "_").into_bytes()[from..to].to_vec();
            let usual = encoded.into_bytes()[from..to].to_vec();
            if safe != usual {
                forms.push(("base64", safe)); // the alphabet of URLs
            }
            forms.push(("base64", usual));
        }
    }
    let Ok(text) = str::from_utf8(value) else { return forms };
    let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> { text.encode_utf16().flat_map(order).collect() };
    forms.extend([("UTF-16", utf_16(u16::to_le_bytes)), ("UTF-16", utf_16(u16::to_be_bytes))]);
    let url = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let json = serde_json::Value::from(text).to_string();
    let escaped = [
        ("reverse", text.chars().rev().collect()),
        ("a form", url.replace("%20", "+")),
        ("a URL", url),
        ("JSON", json[1..json.len() - 1].to_owned()),
    ];
    forms.extend(escaped.into_iter().filter(|(_, form)| form != text).map(|(name, form)| (name, form.into_bytes())));
    forms
}

/// What lies packed in the bytes, wherever it begins: gzip, zlib (as in PDF) and members of zip files.
pub(super) fn unpacked(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut found = Vec::new();
    for at in 0..bytes.len().saturating_sub(3) {
        let rest = &bytes[at..];
        let (name, content) = match rest[..4] {
            [0x1f, 0x8b, 8, _] => ("gzip", all(GzDecoder::new(rest))),
            [b'P', b'K', 3, 4] => {
                ("zip", zip_member(rest).map(|data| all(DeflateDecoder::new(data))).unwrap_or_default())
            }
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => ("zlib", all(ZlibDecoder::new(rest))),
            _ => continue,
        };
        if !content.is_empty() {
            found.push((name, content));
        }
        if found.len() == MAX_PACKINGS {
            break;
        }
    }
    found
}

/// As much as can be unpacked: the rest may be cut off or no packing at all.
fn all(packed: impl Read) -> Vec<u8> {
    let mut content = Vec::new();
    let _ = packed.take(MAX_UNPACKED).read_to_end(&mut content);
    content
}

/// The data behind a local file header, whose name and extra field have the lengths that stand in it.
fn zip_member(header: &[u8]) -> Option<&[u8]> {
    let length = |at: usize| Some(usize::from(u16::from_le_bytes(header.get(at..at + 2)?.try_into().ok()?)));
    header.get(30 + length(26)? + length(28)?..)
}
