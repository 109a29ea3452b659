//! Which segment of one message belongs to which segment of the other.

use crate::Segment;
use std::ops::Range;

/// Above this number of pairs segments are paired by position, so that time and memory stay bounded.
const MOST_PAIRS: usize = 1 << 16;

/// Fields beyond this number do not count for the likeness of two segments.
const MOST_FIELDS: usize = 64;

/// An index into the expected and one into the actual segments; one of them is missing where a segment has no partner.
pub(super) type Pair = (Option<usize>, Option<usize>);

/// Pairs the segments in order. Equal ones at both ends are paired first, the rest so that the paired ones have as much
/// in common as possible.
pub(super) fn align(expected: &[Segment<'_>], actual: &[Segment<'_>]) -> Vec<Pair> {
    let same = |(e, a): &(&Segment<'_>, &Segment<'_>)| e.bytes == a.bytes;
    let head = expected.iter().zip(actual).take_while(same).count();
    let (expected_rest, actual_rest) = (&expected[head..], &actual[head..]);
    let tail = expected_rest.iter().rev().zip(actual_rest.iter().rev()).take_while(same).count();
    let (n, m) = (expected_rest.len() - tail, actual_rest.len() - tail);

    let mut pairs: Vec<Pair> = (0..head).map(|i| (Some(i), Some(i))).collect();
    let middle = if n * m > MOST_PAIRS {
        (0..n.max(m)).map(|i| ((i < n).then_some(i), (i < m).then_some(i))).collect()
    } else {
        best(&expected_rest[..n], &actual_rest[..m])
    };
    pairs.extend(middle.into_iter().map(|(e, a)| (e.map(|i| i + head), a.map(|i| i + head))));
    pairs.extend((0..tail).map(|i| (Some(head + n + i), Some(head + m + i))));
    pairs
}

/// The pairing with the greatest sum of likeness, by the table of a longest common subsequence.
fn best(expected: &[Segment<'_>], actual: &[Segment<'_>]) -> Vec<Pair> {
    let (n, m) = (expected.len(), actual.len());
    let fields = |segments: &[Segment<'_>]| {
        segments.iter().map(|segment| segment.field_ranges().collect()).collect::<Vec<Vec<_>>>()
    };
    let (expected_fields, actual_fields) = (fields(expected), fields(actual));
    let like = |i: usize, j: usize| likeness((&expected[i], &expected_fields[i]), (&actual[j], &actual_fields[j]));

    let width = m + 1;
    let mut sums = vec![0_usize; (n + 1) * width];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            let apart = sums[(i + 1) * width + j].max(sums[i * width + j + 1]);
            let paired = like(i, j).map_or(0, |like| like + sums[(i + 1) * width + j + 1]);
            sums[i * width + j] = apart.max(paired);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::with_capacity(n.max(m));
    while i < n || j < m {
        let sum = sums[i * width + j];
        if i < n && j < m && like(i, j).is_some_and(|like| like + sums[(i + 1) * width + j + 1] == sum) {
            pairs.push((Some(i), Some(j)));
            (i, j) = (i + 1, j + 1);
        } else if j == m || (i < n && sums[(i + 1) * width + j] == sum) {
            pairs.push((Some(i), None));
            i += 1;
        } else {
            pairs.push((None, Some(j)));
            j += 1;
        }
    }
    pairs
}

/// How much two segments of one name have in common: the bytes of their equal fields. None for different names.
fn likeness(
    (e, e_fields): (&Segment<'_>, &Vec<Range<usize>>),
    (a, a_fields): (&Segment<'_>, &Vec<Range<usize>>),
) -> Option<usize> {
    let fields = e_fields.iter().zip(a_fields).take(MOST_FIELDS);
    let equal = fields.filter(|(x, y)| e.bytes[(*x).clone()] == a.bytes[(*y).clone()]);
    (e.name() == a.name()).then(|| 1 + equal.map(|(x, _)| x.len()).sum::<usize>())
}
