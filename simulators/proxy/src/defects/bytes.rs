//! What defects do to bytes.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Every occurrence of `what` replaced.
pub(super) fn replaced(bytes: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = find(rest, what) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(with);
        rest = &rest[at + what.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// What came first under a key: these bytes, or earlier ones.
pub(super) fn first(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    static FIRST: Mutex<BTreeMap<Vec<u8>, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut known = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    known.entry(key.to_vec()).or_insert_with(|| bytes.to_vec()).clone()
}

/// Where `what` begins.
pub(super) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// The segments, each without its CR.
fn segments(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message.split(|byte| *byte == b'\r').filter(|segment| !segment.is_empty())
}

/// The message with each segment changed; an empty one is left out.
pub(super) fn each_segment(message: &[u8], change: impl Fn(&[u8]) -> Cow<'_, [u8]>) -> Vec<u8> {
    let changed = segments(message).map(|segment| change(segment).into_owned());
    changed.filter(|segment| !segment.is_empty()).flat_map(|segment| [segment, b"\r".to_vec()].concat()).collect()
}

/// The message without the segments that `drop` names.
pub(super) fn without(message: &[u8], drop: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    each_segment(message, |segment| if drop(segment) { Cow::Borrowed(&b""[..]) } else { Cow::Borrowed(segment) })
}

/// The message with a field of each segment of a name changed; MSH counts its separator as MSH-1.
pub(super) fn with_field(message: &[u8], name: &[u8], number: usize, change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let at = if name == b"MSH" { number - 1 } else { number };
    each_segment(message, |segment| {
        let mut fields: Vec<Cow<'_, [u8]>> = segment.split(|byte| *byte == b'|').map(Cow::Borrowed).collect();
        if fields[0] == name && at < fields.len() {
            fields[at] = Cow::Owned(change(&fields[at]));
        }
        Cow::Owned(fields.join(&b'|'))
    })
}

/// The content of a field of the first segment of a name; empty if there is none.
pub(super) fn field<'a>(message: &'a [u8], name: &[u8], number: usize) -> &'a [u8] {
    let segment = segments(message).find(|segment| segment.starts_with(name)).unwrap_or_default();
    segment.split(|byte| *byte == b'|').nth(number).unwrap_or_default()
}

/// The segments in another order: those of a name backwards.
pub(super) fn backwards(message: &[u8], name: &[u8]) -> Vec<u8> {
    let mut of_name: Vec<&[u8]> = segments(message).filter(|segment| segment.starts_with(name)).collect();
    let mut out = Vec::with_capacity(message.len());
    for segment in segments(message) {
        let segment = if segment.starts_with(name) { of_name.pop().unwrap_or(segment) } else { segment };
        out.extend_from_slice(segment);
        out.push(b'\r');
    }
    out
}
