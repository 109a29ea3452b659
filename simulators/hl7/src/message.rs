//! A whole message.

use crate::{Delimiters, ParseError, Path, Segment, Value, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// An HL7 v2 message and the bytes it was read from.
///
/// Segments end with CR, LF or CR LF; what ends them, blank lines and a missing last end are kept. A message always
/// begins with a legal MSH segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    bytes: Vec<u8>,
    delimiters: Delimiters,
    segments: Vec<Range<usize>>,
}

impl Message {
    /// Reads a message. Only MSH-1 and MSH-2 are checked.
    ///
    /// # Errors
    /// The bytes do not begin with `MSH` and a legal delimiter set (ESC-001, ESC-003, ESC-004).
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Message, ParseError> {
        let bytes = bytes.into();
        let delimiters = Delimiters::read(&bytes)?;
        let mut segments = Vec::new();
        let mut start = 0;
        for end in memchr::memchr2_iter(b'\r', b'\n', &bytes).chain(Some(bytes.len())) {
            if end > start {
                segments.push(start..end);
            }
            start = end + 1;
        }
        Ok(Message { bytes, delimiters, segments })
    }

    /// The message as it was read.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The message as it was read.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The delimiter set of MSH-1 and MSH-2.
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// The segments in order; blank lines are none.
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        let delimiters = self.delimiters;
        self.segments.iter().enumerate().map(move |(index, range)| Segment {
            bytes: &self.bytes[range.clone()],
            delimiters,
            offset: range.start,
            index,
        })
    }

    /// The segment of that name and occurrence, from 1.
    pub fn segment(&self, name: &str, occurrence: usize) -> Option<Segment<'_>> {
        self.named(name).nth(occurrence.checked_sub(1)?)
    }

    /// How many segments have that name.
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    fn named(&self, name: &str) -> impl Iterator<Item = Segment<'_>> {
        self.segments().filter(move |segment| segment.is_named(name.as_bytes()))
    }

    /// The element at a path.
    pub fn get(&self, path: &Path) -> Value<'_> {
        self.segment(path.segment(), path.occurrence).map_or(Value::Absent, |segment| segment.get(path))
    }

    /// The element at a path text as text: escapes decoded, bytes that are no UTF-8 replaced. None when the element is
    /// absent, empty or the explicit null, or when `path` is no path.
    pub fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        let Value::Present(raw) = self.get(&path.parse().ok()?) else {
            return None;
        };
        Some(match unescape(raw, &self.delimiters) {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    }

    /// The bytes of the element at a path text, as sent. None when it is absent or when `path` is no path.
    pub fn raw(&self, path: &str) -> Option<&[u8]> {
        self.get(&path.parse().ok()?).raw()
    }

    /// MSH-10 as sent; no bytes when it is absent.
    pub fn control_id(&self) -> &[u8] {
        self.raw("MSH-10").unwrap_or_default()
    }

    /// MSH-9.1 and MSH-9.2 as text, such as `ORM` and `O01`; empty when absent.
    pub fn message_type(&self) -> (String, String) {
        let part = |path| self.text(path).unwrap_or_default().into_owned();
        (part("MSH-9.1"), part("MSH-9.2"))
    }
}
