//! Changing a message without touching the bytes around the change.

use crate::segment::part;
use crate::{Message, ParseError, Path, show};
use std::ops::Range;

/// Why a message was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The message has no such segment.
    #[error("{path}: the message has no such segment; insert the segment first")]
    NoSegment {
        /// The path to be set.
        path: Path,
    },
    /// The value holds a byte that would end the element.
    #[error(
        "{path}: `{found}` at byte {offset} of the value would end the element; escape the value, or set the element around it"
    )]
    Splits {
        /// The path to be set.
        path: Path,
        /// The byte, printable.
        found: String,
        /// Its offset in the value.
        offset: usize,
    },
    /// MSH-1 and the parts of MSH-1 and MSH-2 cannot be set.
    #[error(
        "{path}: the field separator and single encoding characters cannot be set; set MSH-2 as a whole, or parse other bytes"
    )]
    Separator {
        /// The path to be set.
        path: Path,
    },
    /// The new bytes of a whole segment have another name.
    #[error(
        "{path}: the new segment begins with `{found}`; it must keep its name, or be removed and another one inserted"
    )]
    OtherSegment {
        /// The path to be set.
        path: Path,
        /// The first bytes of the value, printable.
        found: String,
    },
    /// The message would not begin with a legal delimiter set any more.
    #[error("the message header would become illegal: {0}")]
    Header(#[from] ParseError),
}

impl Message {
    /// Replaces the bytes of an element. `raw` is already escaped. Missing fields, repetitions and components are
    /// created with the message's delimiters; every other byte stays. MSH-2 can be set as a whole; the message is then
    /// read with the new set.
    ///
    /// # Errors
    /// The segment is missing, or the value would change the structure around the element; the message is unchanged
    /// then.
    pub fn set(&mut self, path: &Path, raw: &[u8]) -> Result<(), EditError> {
        let path = *path;
        let d = self.delimiters();
        let segment = self.segment(path.segment(), path.occurrence).ok_or(EditError::NoSegment { path })?;
        let mut fill = Vec::new();
        let mut at = 0..segment.bytes.len();
        let mut ends = vec![b'\r', b'\n'];
        if let Some(field) = path.field {
            ends.push(d.field);
            if segment.is_declaration(field) && (field == 1 || path.repetition.is_some()) {
                return Err(EditError::Separator { path });
            }
            at = created(segment.field_range(field), at.end, d.field, &mut fill);
            for (delimiter, index) in path.parts(&d) {
                ends.push(delimiter);
                at = created(part(segment.bytes, at.clone(), delimiter, index), at.end, delimiter, &mut fill);
            }
        } else if raw != path.segment && !raw.starts_with(&[&path.segment, &[d.field][..]].concat()) {
            return Err(EditError::OtherSegment { path, found: show::excerpt(raw, 0, 12) });
        }
        if let Some(offset) = raw.iter().position(|b| ends.contains(b)) {
            return Err(EditError::Splits { path, found: show::bytes(&raw[offset..=offset]), offset });
        }
        let at = segment.offset + at.start..segment.offset + at.end;
        fill.extend_from_slice(raw);
        self.splice(at, &fill)?;
        Ok(())
    }

    /// Inserts a segment behind the one with index `after` (from 0), or at the end if there are not that many. `raw`
    /// has no end; it gets the end of the segment in front of it. Without bytes nothing happens.
    pub fn insert_segment(&mut self, after: usize, raw: &[u8]) {
        if raw.is_empty() {
            return;
        }
        let Some(before) = self.segments().take(after.saturating_add(1)).last() else {
            return;
        };
        let at = before.offset + before.bytes.len();
        let end = match segment_end(&self.bytes()[at..]) {
            b"" => self.first_end(),
            end => end,
        };
        // The new segment goes in front of the end that is there, so a missing last end stays missing.
        let line = [end, raw].concat();
        let _always_legal = self.splice(at..at, &line);
    }

    /// Removes a segment with its end; false when there is none. The leading MSH stays.
    pub fn remove_segment(&mut self, name: &str, occurrence: usize) -> bool {
        let Some(segment) = self.segment(name, occurrence).filter(|segment| segment.index > 0) else {
            return false;
        };
        let end = segment.offset + segment.bytes.len();
        let end = end + segment_end(&self.bytes()[end..]).len();
        self.splice(segment.offset..end, b"").is_ok()
    }

    fn first_end(&self) -> &[u8] {
        let header = self.segments().next().map_or(0, |segment| segment.bytes.len());
        match segment_end(&self.bytes()[header..]) {
            b"" => b"\r",
            end => end,
        }
    }

    fn splice(&mut self, at: Range<usize>, new: &[u8]) -> Result<(), ParseError> {
        let old = self.bytes();
        *self = Message::parse([&old[..at.start], new, &old[at.end..]].concat())?;
        Ok(())
    }
}

/// The place that was found, or the end of the enclosing element behind as many delimiters as are missing.
fn created(found: Result<Range<usize>, usize>, end: usize, delimiter: u8, fill: &mut Vec<u8>) -> Range<usize> {
    found.unwrap_or_else(|missing| {
        fill.extend(std::iter::repeat_n(delimiter, missing));
        end..end
    })
}

/// The segment end at the start of `rest`.
pub(crate) fn segment_end(rest: &[u8]) -> &[u8] {
    match rest {
        [b'\r', b'\n', ..] => &rest[..2],
        [b'\r' | b'\n', ..] => &rest[..1],
        _ => b"",
    }
}
