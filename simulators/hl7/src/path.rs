//! Addresses of elements: `PID-5[2].1.1`.

use crate::names;
use std::fmt;
use std::str::FromStr;

/// The largest field, repetition, component or sub-component number in a path text; it bounds what an edit can create.
const LARGEST: usize = 99_999;

/// Where an element is: `PID`, `PID-5`, `PID-5[2].1.1`, `OBX[3]-5.5`. All numbers start at 1; a left out segment
/// occurrence is 1.
///
/// `PID-3` is the whole field with all its repetitions, `PID-3[1]` its first repetition, `PID-3.1` and `PID-3[1].1` the
/// first component of the first repetition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub(crate) segment: [u8; 3],
    pub(crate) occurrence: usize,
    pub(crate) field: Option<usize>,
    /// Always given when `component` is.
    pub(crate) repetition: Option<usize>,
    pub(crate) component: Option<usize>,
    pub(crate) subcomponent: Option<usize>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The segment name is not a capital letter followed by two capital letters or digits.
    #[error(
        "path `{path}`: `{found}` is no segment name; write three capital letters or digits, such as `PID` or `DG1`"
    )]
    Segment {
        /// The whole text.
        path: String,
        /// The part that is wrong.
        found: String,
    },
    /// A number is missing, zero, too large or no number.
    #[error("path `{path}`: `{found}` is no number from 1 to {LARGEST}; all numbers in a path start at 1")]
    Number {
        /// The whole text.
        path: String,
        /// The part that is wrong.
        found: String,
    },
    /// Something follows the sub-component.
    #[error(
        "path `{path}`: `{found}` is too much; the form is `SEG[occurrence]-field[repetition].component.subcomponent`"
    )]
    Surplus {
        /// The whole text.
        path: String,
        /// The part that is wrong.
        found: String,
    },
}

impl Path {
    /// The path of a whole segment; none when `name` is not formed like a segment name.
    pub(crate) fn of_segment(name: &[u8], occurrence: usize) -> Option<Path> {
        let segment: [u8; 3] = name.try_into().ok()?;
        let formed =
            segment[0].is_ascii_uppercase() && segment.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        formed.then_some(Path {
            segment,
            occurrence,
            field: None,
            repetition: None,
            component: None,
            subcomponent: None,
        })
    }

    pub(crate) fn segment(&self) -> &str {
        std::str::from_utf8(&self.segment).unwrap_or_default()
    }

    /// The name of the element, such as `Family Name`: that of the smallest named element which holds it, none if even
    /// the segment is unknown.
    pub fn name(&self) -> Option<&'static str> {
        let segment = self.segment();
        let Some(field) = self.field else {
            return names::segment(segment);
        };
        self.component.and_then(|c| names::component(segment, field, c)).or_else(|| names::field(segment, field))
    }

    /// Path and name: `PID-5.1 Family Name`, or the path alone if the element has no known name.
    pub fn label(&self) -> String {
        match self.name() {
            Some(name) => format!("{self} {name}"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.segment())?;
        if self.occurrence != 1 {
            write!(f, "[{}]", self.occurrence)?;
        }
        if let Some(field) = self.field {
            write!(f, "-{field}")?;
        }
        match (self.repetition, self.component) {
            (Some(1), Some(_)) | (None, _) => {}
            (Some(repetition), _) => write!(f, "[{repetition}]")?,
        }
        for part in [self.component, self.subcomponent].into_iter().flatten() {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

impl FromStr for Path {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Path, PathError> {
        let (segment, fields) = match path.split_once('-') {
            Some((segment, fields)) => (segment, Some(fields)),
            None => (path, None),
        };
        let (name, occurrence) = indexed(path, segment)?;
        let wrong = || PathError::Segment { path: path.to_owned(), found: name.to_owned() };
        let mut result = Path::of_segment(name.as_bytes(), occurrence.unwrap_or(1)).ok_or_else(wrong)?;
        let Some(fields) = fields else {
            return Ok(result);
        };
        let mut parts = fields.splitn(4, '.');
        let (field, repetition) = indexed(path, parts.next().unwrap_or_default())?;
        result.field = Some(number(path, field)?);
        result.component = parts.next().map(|part| number(path, part)).transpose()?;
        result.subcomponent = parts.next().map(|part| number(path, part)).transpose()?;
        result.repetition = repetition.or(result.component.map(|_| 1));
        match parts.next() {
            Some(surplus) => Err(PathError::Surplus { path: path.to_owned(), found: surplus.to_owned() }),
            None => Ok(result),
        }
    }
}

/// Splits `OBX[3]` into `OBX` and 3.
fn indexed<'a>(path: &str, text: &'a str) -> Result<(&'a str, Option<usize>), PathError> {
    let Some((head, index)) = text.split_once('[') else {
        return Ok((text, None));
    };
    let Some(index) = index.strip_suffix(']') else {
        return Err(PathError::Number { path: path.to_owned(), found: index.to_owned() });
    };
    Ok((head, Some(number(path, index)?)))
}

fn number(path: &str, text: &str) -> Result<usize, PathError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(n) if digits && (1..=LARGEST).contains(&n) => Ok(n),
        _ => Err(PathError::Number { path: path.to_owned(), found: text.to_owned() }),
    }
}
