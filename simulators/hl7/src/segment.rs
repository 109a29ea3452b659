//! One segment of a message, and finding elements in it.

use crate::{Delimiters, Path};
use std::ops::Range;

/// A segment of a message, without its end.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) delimiters: Delimiters,
    pub(crate) offset: usize,
    pub(crate) index: usize,
}

/// What a message says at a path (ESC-006).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// The element is not there: its segment, or the part of the segment that would hold it, ends before it.
    Absent,
    /// The element is there and has no bytes.
    Empty,
    /// The explicit null, `""`.
    Null,
    /// The element's bytes, escape sequences as sent.
    Present(&'a [u8]),
}

impl<'a> Value<'a> {
    fn of(raw: Option<&'a [u8]>) -> Value<'a> {
        match raw {
            None => Value::Absent,
            Some(b"") => Value::Empty,
            Some(b"\"\"") => Value::Null,
            Some(bytes) => Value::Present(bytes),
        }
    }

    /// The bytes as sent: none when absent, `""` for the explicit null.
    pub fn raw(self) -> Option<&'a [u8]> {
        match self {
            Value::Absent => None,
            Value::Empty => Some(b""),
            Value::Null => Some(b"\"\""),
            Value::Present(bytes) => Some(bytes),
        }
    }
}

impl<'a> Segment<'a> {
    /// The bytes in front of the first field delimiter, such as `PID`.
    pub fn name(&self) -> &'a [u8] {
        let end = memchr::memchr(self.delimiters.field, self.bytes).unwrap_or(self.bytes.len());
        &self.bytes[..end]
    }

    /// Whether that is the name; quicker than reading the name of a long line without delimiters.
    pub(crate) fn is_named(&self, name: &[u8]) -> bool {
        let rest = self.bytes.strip_prefix(name);
        rest.is_some_and(|rest| rest.first().is_none_or(|next| *next == self.delimiters.field))
    }

    /// The segment without its end.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Offset of the segment's first byte in the message.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Position among the message's segments, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The number of fields, empty ones included; in MSH the separator itself counts as MSH-1.
    pub fn fields(&self) -> usize {
        let delimiters = memchr::memchr_iter(self.delimiters.field, self.bytes).count();
        delimiters + usize::from(self.is_header())
    }

    /// The field of that number, from 1, with all its repetitions.
    pub fn field(&self, number: usize) -> Value<'a> {
        Value::of(self.field_range(number).ok().map(|range| &self.bytes[range]))
    }

    /// The element at `path`, whose segment part is not looked at.
    pub(crate) fn get(&self, path: &Path) -> Value<'a> {
        Value::of(self.locate(path).map(|range| &self.bytes[range]))
    }

    /// Whether field 1 is the separator itself, as in MSH and the batch headers.
    pub(crate) fn is_header(&self) -> bool {
        matches!(self.bytes.get(..3), Some(b"MSH" | b"BHS" | b"FHS"))
            && self.bytes.get(3) == Some(&self.delimiters.field)
    }

    /// Whether the field declares delimiters, so that it has no parts of its own.
    pub(crate) fn is_declaration(&self, field: usize) -> bool {
        self.is_header() && field <= 2
    }

    fn locate(&self, path: &Path) -> Option<Range<usize>> {
        let Some(field) = path.field else {
            return Some(0..self.bytes.len());
        };
        let mut range = self.field_range(field).ok()?;
        for (delimiter, index) in path.parts(&self.delimiters) {
            range = if self.is_declaration(field) {
                (index == 0).then_some(range)?
            } else {
                part(self.bytes, range, delimiter, index).ok()?
            };
        }
        Some(range)
    }

    /// All fields from number 1 on, each with all its repetitions, in one pass.
    pub fn values(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        let bytes = self.bytes;
        self.field_ranges().map(move |range| Value::of(Some(&bytes[range])))
    }

    /// All fields from number 1 on.
    pub(crate) fn field_ranges(&self) -> impl Iterator<Item = Range<usize>> + use<'a> {
        let separator = self.is_header().then_some(3..4);
        let fields = parts(self.bytes, 0..self.bytes.len(), self.delimiters.field).skip(1);
        separator.into_iter().chain(fields)
    }

    /// Where a field is, or how many delimiters are missing in front of it.
    pub(crate) fn field_range(&self, number: usize) -> Result<Range<usize>, usize> {
        match (self.is_header(), number) {
            (_, 0) => Err(0),
            (true, 1) => Ok(3..4),
            (header, _) => part(self.bytes, 0..self.bytes.len(), self.delimiters.field, number - usize::from(header)),
        }
    }
}

impl Path {
    /// The way from the field to the element: at each level the delimiter and the part's index, from 0.
    pub(crate) fn parts(&self, d: &Delimiters) -> impl Iterator<Item = (u8, usize)> + use<> {
        [(d.repetition, self.repetition), (d.component, self.component), (d.subcomponent, self.subcomponent)]
            .into_iter()
            .filter_map(|(delimiter, number)| Some((delimiter, number?.checked_sub(1)?)))
    }
}

/// The parts of `bytes[within]` between delimiters; an empty element has one empty part.
pub(crate) fn parts(bytes: &[u8], within: Range<usize>, delimiter: u8) -> impl Iterator<Item = Range<usize>> + use<'_> {
    let (mut start, first, last) = (within.start, within.start, within.end);
    let ends = memchr::memchr_iter(delimiter, &bytes[within]).map(move |at| first + at);
    ends.chain(Some(last)).map(move |end| {
        let range = start..end;
        start = end + 1;
        range
    })
}

/// Where the part with that index (from 0) is, or how many delimiters are missing in front of it.
pub(crate) fn part(bytes: &[u8], within: Range<usize>, delimiter: u8, index: usize) -> Result<Range<usize>, usize> {
    let mut present = 0;
    for range in parts(bytes, within, delimiter) {
        if present == index {
            return Ok(range);
        }
        present += 1;
    }
    Err(index + 1 - present)
}
