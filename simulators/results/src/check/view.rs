//! A message cut into places that know their path and their bytes.

use std::ops::Range;

use hl7::{Delimiters, Message};

/// A message with every field located once.
pub(super) struct View<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) delimiters: Delimiters,
    pub(super) segments: Vec<Segment<'a>>,
}

/// One segment.
pub(super) struct Segment<'a> {
    message: &'a [u8],
    delimiters: Delimiters,
    /// Its name; `?` when it is none (three capital letters or digits).
    pub(super) name: &'a str,
    occurrence: usize,
    /// Position in the message, from 1.
    number: usize,
    pub(super) range: Range<usize>,
    fields: Vec<Range<usize>>,
}

/// A segment, field, repetition or component. A place that the segment is too short for is the empty one at its end.
#[derive(Clone)]
pub(super) struct Place<'a> {
    pub(super) message: &'a [u8],
    pub(super) path: Path<'a>,
    pub(super) range: Range<usize>,
}

/// The name of a place; numbers that are 0 do not belong to it.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    name: &'a str,
    occurrence: usize,
    segment: usize,
    pub(super) field: usize,
    repetition: usize,
    component: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(message: &'a Message) -> Self {
        let mut seen: Vec<(&[u8], usize)> = Vec::new();
        let delimiters = message.delimiters();
        let segments = message.segments().zip(1..).map(|(segment, number)| {
            let name = segment.name();
            let occurrence = match seen.iter().position(|(known, _)| *known == name) {
                Some(known) => {
                    seen[known].1 += 1;
                    seen[known].1
                }
                None if seen.len() < 100 => {
                    seen.push((name, 1));
                    1
                }
                None => 1, // nobody names a hundred kinds of segment in earnest
            };
            let range = segment.offset()..segment.offset() + segment.bytes().len();
            let header = (name == b"MSH").then_some(range.start + 3..range.start + 4);
            let rest = split(message.bytes(), range.clone(), delimiters.field).skip(1);
            Segment {
                message: message.bytes(),
                delimiters,
                name: std::str::from_utf8(name).ok().filter(|name| is_segment_name(name)).unwrap_or("?"),
                occurrence,
                number,
                fields: header.into_iter().chain(rest).collect(),
                range,
            }
        });
        let segments = segments.collect();
        Self { bytes: message.bytes(), delimiters, segments }
    }

    pub(super) fn named(&self, name: &str) -> impl Iterator<Item = &Segment<'a>> {
        self.segments.iter().filter(move |segment| segment.name == name)
    }

    /// A segment that is not there: the place behind the last one.
    pub(super) fn missing<'b>(&self, name: &'b str) -> Place<'b>
    where
        'a: 'b,
    {
        let path = Path { name, occurrence: 1, segment: 0, field: 0, repetition: 0, component: 0 };
        let end = self.segments.last().map_or(0, |last| last.range.end);
        Place { message: self.bytes, path, range: end..end }
    }
}

impl<'a> Segment<'a> {
    pub(super) fn place(&self) -> Place<'a> {
        let path = Path {
            name: self.name,
            occurrence: self.occurrence,
            segment: self.number,
            field: 0,
            repetition: 0,
            component: 0,
        };
        // the name is enough to point at a segment
        let end = self.fields.first().map_or(self.range.end, |first| first.start - 1).min(self.range.start + 3);
        Place { message: self.message, path, range: self.range.start..end.max(self.range.start) }
    }

    /// The number of fields, empty ones included.
    pub(super) fn fields(&self) -> usize {
        self.fields.len()
    }

    pub(super) fn field(&self, number: usize) -> Place<'a> {
        let end = self.range.end..self.range.end;
        let range = number.checked_sub(1).and_then(|index| self.fields.get(index).cloned()).unwrap_or(end);
        let path = Path { field: number, ..self.place().path };
        Place { message: self.message, path, range }
    }

    /// A component of the first repetition.
    pub(super) fn component(&self, field: usize, component: usize) -> Place<'a> {
        self.repetitions(field).next().unwrap_or_else(|| self.field(field)).component(component, &self.delimiters)
    }

    pub(super) fn repetitions(&self, field: usize) -> impl Iterator<Item = Place<'a>> + use<'a> {
        let place = self.field(field);
        let whole = field <= 2 && self.name == "MSH";
        let delimiter = if whole { b'\r' } else { self.delimiters.repetition };
        split(self.message, place.range.clone(), delimiter).zip(1..).map(move |(range, repetition)| Place {
            message: place.message,
            path: Path { repetition, ..place.path },
            range,
        })
    }
}

impl<'a> Place<'a> {
    /// The bytes as sent.
    pub(super) fn raw(&self) -> &'a [u8] {
        &self.message[self.range.clone()]
    }

    /// The bytes; none for the explicit null (ESC-006).
    pub(super) fn value(&self) -> &'a [u8] {
        match self.raw() {
            b"\"\"" => b"",
            value => value,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.value().is_empty()
    }

    pub(super) fn component(&self, number: usize, delimiters: &Delimiters) -> Place<'a> {
        let end = self.range.end..self.range.end;
        let mut parts = split(self.message, self.range.clone(), delimiters.component);
        let range = number.checked_sub(1).and_then(|index| parts.nth(index)).unwrap_or(end);
        let path = Path { repetition: self.path.repetition.max(1), component: number, ..self.path };
        if self.path.field <= 2 && self.path.is_header() {
            return self.clone(); // delimiters have no components
        }
        Place { message: self.message, path, range }
    }

    pub(super) fn components(&self, delimiters: &Delimiters) -> usize {
        split(self.message, self.range.clone(), delimiters.component).count()
    }
}

impl Path<'_> {
    pub(super) fn is_header(&self) -> bool {
        self.name == "MSH"
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.name == "?" {
            return write!(f, "segment {}", self.segment);
        }
        f.write_str(self.name)?;
        let index = |f: &mut std::fmt::Formatter<'_>, n| if n > 1 { write!(f, "[{n}]") } else { Ok(()) };
        index(f, self.occurrence)?;
        if self.field > 0 {
            write!(f, "-{}", self.field)?;
            index(f, self.repetition)?;
        }
        if self.component > 0 {
            write!(f, ".{}", self.component)?;
        }
        Ok(())
    }
}

/// The parts of `bytes[within]` between delimiters; an empty range has one empty part.
fn split(bytes: &[u8], within: Range<usize>, delimiter: u8) -> impl Iterator<Item = Range<usize>> {
    let mut start = within.start;
    bytes[within].split(move |byte| *byte == delimiter).map(move |part| {
        let range = start..start + part.len();
        start = range.end + 1;
        range
    })
}

fn is_segment_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    name.len() == 3
        && bytes.next().is_some_and(|first| first.is_ascii_uppercase())
        && bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
