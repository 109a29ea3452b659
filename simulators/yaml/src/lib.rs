//! The one way in which settings are read: what is wrong is told with file, line, column, an excerpt, and the key or value that
//! was probably meant.

mod nearest;

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::de::DeserializeOwned;

pub use nearest::{did_you_mean, nearest};

/// Longest file that is read, in bytes.
const LIMIT: u64 = 1 << 20;
/// Lines shown above the wrong one.
const LINES_ABOVE: usize = 2;
/// Characters of a line that are shown.
const WIDTH: usize = 120;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is wrong.
    #[error("{}: {source}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What and where.
        source: Error,
    },
}

/// What is wrong with a text: in words with line and column, then an excerpt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{excerpt}")]
pub struct Error {
    problem: String,
    /// Begins with a line end; empty where no place is known.
    excerpt: String,
}

/// Reads a value from a file.
///
/// # Errors
/// [`LoadError`], naming the file.
pub fn load<T: DeserializeOwned>(file: &Path) -> Result<T, LoadError> {
    let text = read(file).map_err(|source| LoadError::Io { file: file.to_owned(), source })?;
    parse(&text, &file.display().to_string()).map_err(|source| LoadError::Wrong { file: file.to_owned(), source })
}

/// Reads a text of at most 1 MiB.
///
/// # Errors
/// The file cannot be read, is no UTF-8, or is longer.
pub fn read(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LIMIT {
        let problem = format!("longer than {LIMIT} bytes; is this the right file?");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, problem));
    }
    Ok(text)
}

/// Reads a value from a text; `file` names it in the excerpt.
///
/// # Errors
/// The text is no YAML, or not what is wanted.
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<T, Error> {
    serde_yaml::from_str(text).map_err(|error| {
        let mut problem = error.to_string();
        let (wrong, meant) =
            unknown(&problem).map_or_else(Default::default, |(wrong, meant)| (wrong.to_owned(), meant));
        let place = place(text, &error, &wrong);
        if let Some(place) = place.as_ref().filter(|_| !problem.contains(" at line ")) {
            // the library names no line for what begins at the file's first character
            problem += &format!(" at line {}", 1 + text[..place.start].matches('\n').count());
        }
        let excerpt = place.map_or_else(String::new, |place| excerpt(text, file, &place));
        Error { problem: problem + &meant, excerpt }
    })
}

/// The unknown key or value that a problem is about, and what was probably meant: serde names both in back quotes.
fn unknown(problem: &str) -> Option<(&str, String)> {
    if !problem.contains("unknown field `") && !problem.contains("unknown variant `") {
        return None;
    }
    let mut names = problem.split('`').skip(1).step_by(2);
    let wrong = names.next()?;
    Some((wrong, did_you_mean(wrong, names)))
}

/// The wrong word: where the library points, or where the unknown word stands if it stands once; else the rest of the line.
fn place(text: &str, error: &serde_yaml::Error, wrong: &str) -> Option<Range<usize>> {
    let at = error.location().map(|location| location.index().min(text.len())).filter(|at| text.is_char_boundary(*at));
    let word = |from: usize, within: &str| within.find(wrong).map(|at| from + at..from + at + wrong.len());
    let here = at.map(|at| {
        let (from, to) = line_around(text, at);
        let rest = text[at..to].trim_end();
        word(from, &text[from..to]).filter(|_| !wrong.is_empty()).unwrap_or(at..at + rest.len())
    });
    let points = |range: &Range<usize>| wrong.is_empty() || text.get(range.clone()) == Some(wrong);
    let only = || word(0, text).filter(|_| !wrong.is_empty() && text.matches(wrong).count() == 1);
    here.clone().filter(points).or_else(only).or(here)
}

/// Where the line begins and ends that holds the place.
fn line_around(text: &str, at: usize) -> (usize, usize) {
    let from = text[..at].rfind('\n').map_or(0, |end| end + 1);
    (from, text[at..].find('\n').map_or(text.len(), |end| at + end))
}

fn excerpt(text: &str, file: &str, place: &Range<usize>) -> String {
    let (mut from, to) = line_around(text, place.start);
    for _ in 0..LINES_ABOVE {
        from = line_around(text, from.saturating_sub(1)).0;
    }
    let first = 1 + text[..from].matches('\n').count();
    let mark = place.start - from..place.end.min(to) - from;
    let snippet = Snippet::source(&text[from..to]).path(file).line_start(first).fold(false);
    let snippet = snippet.annotation(AnnotationKind::Primary.span(mark));
    let group = Level::ERROR.no_name().primary_title("").element(snippet);
    let shown = Renderer::plain().term_width(WIDTH).render(&[group]);
    // the title stands before the excerpt already
    let begin = shown.find("-->").map_or(0, |arrow| line_around(&shown, arrow).0);
    format!("\n{}", &shown[begin..])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Settings {
        #[expect(dead_code, reason = "only errors are looked at")]
        timing: BTreeMap<String, u16>,
        #[expect(dead_code, reason = "only errors are looked at")]
        address: Option<String>,
    }

    fn error(text: &str) -> String {
        parse::<Settings>(text, "mine.yaml").unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_is_shown_in_its_line_with_the_one_that_was_meant() {
        let expected = "\
unknown field `adress`, expected `timing` or `address` at line 3 column 1; did you mean address?
 --> mine.yaml:3:1
  |
1 | # a comment
2 | timing: {}
3 | adress: localhost
  | ^^^^^^";
        assert_eq!(error("# a comment\ntiming: {}\nadress: localhost\n"), expected);
    }

    #[test]
    fn a_wrong_value_and_broken_yaml_are_shown_in_their_lines() {
        let value = error("timing:\n  quiet: soon\n");
        assert!(value.contains("timing.quiet: invalid type") && value.contains("--> mine.yaml:2:10"), "{value}");
        assert!(value.contains("2 |   quiet: soon\n  |          ^^^^"), "{value}");
        let broken = error("timing: {}\n\tnext: [\n");
        assert!(broken.contains("--> mine.yaml:2:"), "{broken}");
        for odd in ["", "timing: {", "é: ü", "timing: {}\naddress: \"é", "- 1\r\n- 2", "\u{feff}timing: 1"] {
            assert!(!error(odd).is_empty());
        }
    }

    #[test]
    fn a_file_is_named_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("big.yaml");
        let load = || load::<Settings>(&file).unwrap_err().to_string();
        assert!(load().contains("cannot read ") && load().contains("big.yaml"));
        std::fs::write(&file, "#".repeat(LIMIT as usize + 1)).unwrap();
        assert!(load().contains("longer than 1048576 bytes"));
        std::fs::write(&file, "#".repeat(LIMIT as usize)).unwrap();
        assert_eq!(read(&file).unwrap().len() as u64, LIMIT);
    }
}
