use std::borrow::Cow;

use crate::paper::printable;

/// A value that stands in one line: trimmed, and a dash when there is none.
pub(super) fn value(bytes: &[u8]) -> String {
    let text = printable(bytes);
    let words: Vec<_> = text.split_whitespace().collect();
    if words.is_empty() { "\u{2013}".into() } else { words.join(" ") }
}

/// Several values as one, apart from the empty ones.
pub(super) fn joined(parts: &[&[u8]], separator: &str) -> String {
    let parts: Vec<_> =
        parts.iter().filter(|part| !part.is_empty()).map(|part| String::from_utf8_lossy(part)).collect();
    value(parts.join(separator).as_bytes())
}

/// The code of a component as it was before it was encoded.
pub(super) fn unescaped(component: &[u8]) -> Cow<'_, [u8]> {
    hl7::unescape(component, &hl7::Delimiters::default())
}
