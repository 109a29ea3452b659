//! Comparing segment by segment, down to the smallest elements.

use super::align::align;
use super::{Difference, Note};
use crate::segment::parts;
use crate::{Delimiters, Message, Path, Segment, unescape};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// One of the two messages.
struct Side<'a> {
    bytes: &'a [u8],
    delimiters: Delimiters,
    segments: Vec<Segment<'a>>,
}

impl<'a> Side<'a> {
    fn new(message: &'a Message) -> Side<'a> {
        Side { bytes: message.bytes(), delimiters: message.delimiters(), segments: message.segments().collect() }
    }

    fn offset(&self, segment: usize) -> usize {
        self.segments.get(segment).map_or(self.bytes.len(), |segment| segment.offset)
    }

    /// What stands between the end of a segment and the beginning of the next one.
    fn end_of(&self, segment: usize) -> Range<usize> {
        self.offset(segment) + self.segments[segment].bytes.len()..self.offset(segment + 1)
    }

    fn fields(&self, segment: usize) -> Vec<Range<usize>> {
        let segment = &self.segments[segment];
        let ranges = segment.field_ranges();
        ranges.map(|range| segment.offset + range.start..segment.offset + range.end).collect()
    }

    fn decoded(&self, range: Range<usize>) -> Cow<'a, [u8]> {
        unescape(&self.bytes[range], &self.delimiters)
    }

    /// The occurrence, from 1, of each segment among those of its name.
    fn occurrences(&self) -> Vec<usize> {
        let mut seen: HashMap<&[u8], usize> = HashMap::new();
        let mut next = |segment: &Segment<'a>| {
            let count = seen.entry(segment.name()).or_default();
            *count += 1;
            *count
        };
        self.segments.iter().map(&mut next).collect()
    }
}

/// How deep an element is; each level is split by another delimiter.
#[derive(Clone, Copy)]
enum Level {
    Field,
    Repetition,
    Component,
    Subcomponent,
}

impl Level {
    /// The delimiter that splits elements of this level, and the level of the parts.
    fn split(self, d: &Delimiters) -> Option<(u8, Level)> {
        match self {
            Level::Field => Some((d.repetition, Level::Repetition)),
            Level::Repetition => Some((d.component, Level::Component)),
            Level::Component => Some((d.subcomponent, Level::Subcomponent)),
            Level::Subcomponent => None,
        }
    }

    /// The path of an element of this level with the given number, in the element at `path`.
    fn path(self, path: Path, number: usize) -> Path {
        let first = |number: Option<usize>| number.or(Some(1));
        let repetition = first(path.repetition);
        match self {
            Level::Field => Path { field: Some(number), ..path },
            Level::Repetition => Path { repetition: Some(number), ..path },
            Level::Component => Path { repetition, component: Some(number), ..path },
            Level::Subcomponent => {
                Path { repetition, component: first(path.component), subcomponent: Some(number), ..path }
            }
        }
    }
}

pub(super) struct Comparison<'a> {
    expected: Side<'a>,
    actual: Side<'a>,
    same_delimiters: bool,
    differences: Vec<Difference>,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(expected: &'a Message, actual: &'a Message) -> Comparison<'a> {
        Comparison {
            expected: Side::new(expected),
            actual: Side::new(actual),
            same_delimiters: expected.delimiters() == actual.delimiters(),
            differences: Vec::new(),
        }
    }

    pub(super) fn run(mut self) -> Vec<Difference> {
        let (expected_occurrence, actual_occurrence) = (self.expected.occurrences(), self.actual.occurrences());
        let mut ends_differ = false;
        let (mut next_expected, mut next_actual) = (0, 0);
        for (e, a) in align(&self.expected.segments, &self.actual.segments) {
            // The partner of a lonely segment is the empty place where it would stand.
            let range = |side: &Side<'_>, segment: Option<usize>, next: usize| match segment {
                Some(segment) => side.offset(segment)..side.end_of(segment).start,
                None => side.offset(next)..side.offset(next),
            };
            let expected = range(&self.expected, e, next_expected);
            let actual = range(&self.actual, a, next_actual);
            let path = match (e, a) {
                (Some(e), _) => Path::of_segment(self.expected.segments[e].name(), expected_occurrence[e]),
                (None, Some(a)) => Path::of_segment(self.actual.segments[a].name(), actual_occurrence[a]),
                (None, None) => None,
            };
            match (e, a) {
                (Some(e), Some(a)) => {
                    self.segment(path, (e, expected), (a, actual));
                    let (e_end, a_end) = (self.expected.end_of(e), self.actual.end_of(a));
                    if !ends_differ && self.expected.bytes[e_end.clone()] != self.actual.bytes[a_end.clone()] {
                        ends_differ = true;
                        self.report(path, Note::SegmentEnds, e_end, a_end);
                    }
                }
                (Some(_), None) => self.report(path, Note::Missing, expected, actual),
                _ => self.report(path, Note::Surplus, expected, actual),
            }
            next_expected = e.map_or(next_expected, |e| e + 1);
            next_actual = a.map_or(next_actual, |a| a + 1);
        }
        self.differences
    }

    fn segment(&mut self, path: Option<Path>, e: (usize, Range<usize>), a: (usize, Range<usize>)) {
        let ((e, e_range), (a, a_range)) = (e, a);
        let (expected, actual) = (self.expected.segments[e], self.actual.segments[a]);
        if self.same_delimiters && expected.bytes == actual.bytes {
            return;
        }
        let Some(path) = path.filter(|_| expected.name() == actual.name()) else {
            return self.report(path, Note::Value, e_range, a_range);
        };
        let before = self.differences.len();
        let (e_fields, a_fields) = (self.expected.fields(e), self.actual.fields(a));
        // ESC-023: the link contains bare sub-component delimiters.
        let is_link = |segment: &Segment<'_>| segment.name() == b"OBX" && segment.field(2).raw() == Some(b"RP");
        let link = is_link(&expected) || is_link(&actual);
        for index in 0..e_fields.len().max(a_fields.len()) {
            let number = index + 1;
            let field = |fields: &[Range<usize>], end: usize| fields.get(index).cloned().unwrap_or(end..end);
            let (e, a) = (field(&e_fields, e_range.end), field(&a_fields, a_range.end));
            let path = Level::Field.path(path, number);
            if !(expected.is_declaration(number) || link && number == 5) {
                self.element(Level::Field, path, e, a);
            } else if self.expected.bytes[e.clone()] != self.actual.bytes[a.clone()] {
                self.report(Some(path), Note::Value, e, a);
            }
        }
        if before == self.differences.len() && self.same_delimiters {
            let common = common_prefix(expected.bytes, actual.bytes);
            let tail = |range: Range<usize>| range.start + common..range.end;
            self.report(Some(path), Note::TrailingDelimiters, tail(e_range), tail(a_range));
        }
    }

    fn element(&mut self, level: Level, path: Path, e: Range<usize>, a: Range<usize>) {
        let (expected, actual) = (&self.expected.bytes[e.clone()], &self.actual.bytes[a.clone()]);
        if self.same_delimiters && expected == actual {
            return;
        }
        if expected.is_empty() || actual.is_empty() {
            let (filled, d) =
                if actual.is_empty() { (expected, self.expected.delimiters) } else { (actual, self.actual.delimiters) };
            let is_delimiter = |b: &u8| [d.repetition, d.component, d.subcomponent].contains(b);
            let note = if filled.iter().all(is_delimiter) {
                Note::TrailingDelimiters
            } else if filled.iter().all(|b| *b == b' ' || is_delimiter(b)) {
                Note::TrailingBlanks
            } else {
                Note::Value
            };
            // Both are empty where the delimiter sets differ.
            if !filled.is_empty() {
                self.report(Some(path), note, e, a);
            }
            return;
        }
        let (Some((e_delimiter, below)), Some((a_delimiter, _))) =
            (level.split(&self.expected.delimiters), level.split(&self.actual.delimiters))
        else {
            return self.value(path, e, a);
        };
        if !expected.contains(&e_delimiter) && !actual.contains(&a_delimiter) {
            return self.element(below, path, e, a);
        }
        let before = self.differences.len();
        let e_parts: Vec<_> = parts(self.expected.bytes, e.clone(), e_delimiter).collect();
        let a_parts: Vec<_> = parts(self.actual.bytes, a.clone(), a_delimiter).collect();
        for index in 0..e_parts.len().max(a_parts.len()) {
            let part = |parts: &[Range<usize>], end: usize| parts.get(index).cloned().unwrap_or(end..end);
            self.element(below, below.path(path, index + 1), part(&e_parts, e.end), part(&a_parts, a.end));
        }
        if before == self.differences.len() && e_parts.len() != a_parts.len() {
            self.report(Some(path), Note::TrailingDelimiters, e, a);
        }
    }

    /// Compares elements without parts.
    fn value(&mut self, path: Path, e: Range<usize>, a: Range<usize>) {
        let (expected, actual) = (self.expected.decoded(e.clone()), self.actual.decoded(a.clone()));
        let note = if expected == actual {
            if self.expected.bytes[e.clone()] == self.actual.bytes[a.clone()] {
                return;
            }
            Note::Escapes
        } else if without_blanks(&expected) == without_blanks(&actual) {
            Note::TrailingBlanks
        } else {
            Note::Value
        };
        self.report(Some(path), note, e, a);
    }

    fn report(&mut self, path: Option<Path>, note: Note, e: Range<usize>, a: Range<usize>) {
        self.differences.push(Difference {
            path,
            label: path.map_or("segment without a name".to_owned(), |path| path.label()),
            offset_expected: e.start,
            offset_actual: a.start,
            expected: self.expected.bytes[e].to_vec(),
            actual: self.actual.bytes[a].to_vec(),
            note,
        });
    }
}

fn without_blanks(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|b| *b != b' ').map_or(0, |last| last + 1);
    &value[..end]
}

pub(super) fn common_prefix(x: &[u8], y: &[u8]) -> usize {
    x.iter().zip(y).take_while(|(x, y)| x == y).count()
}
