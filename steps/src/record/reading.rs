//! Reading a recording.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use journal::Event;

/// The largest journal that is read into memory.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// A journal that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The file cannot be read.
    #[error("cannot read {0}: {1}")]
    File(PathBuf, std::io::Error),
    /// It is too large to be read.
    #[error("{0} is larger than {MOST_BYTES} bytes; cut it at the end of a line")]
    Large(PathBuf),
    /// A line of it is no event.
    #[error("{0}: {1}")]
    Journal(PathBuf, journal::jsonl::ReadError),
}

/// Reads a journal. Where the program or the machine that wrote it broke off, the last line is half a line: it is left out, and
/// the second value says so.
///
/// # Errors
/// [`Unreadable`], with file and line.
pub fn read(path: &Path) -> Result<(Vec<Event>, bool), Unreadable> {
    read_up_to(MOST_BYTES, path)
}

fn read_up_to(most: u64, path: &Path) -> Result<(Vec<Event>, bool), Unreadable> {
    let wrong = |e| Unreadable::File(path.to_owned(), e);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(wrong)?;
    if bytes.len() as u64 > most {
        return Err(Unreadable::Large(path.to_owned()));
    }
    let last = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let torn = last < bytes.len() && serde_json::from_slice::<Event>(&bytes[last..]).is_err();
    let whole = if torn && last > 0 { &bytes[..last] } else { &bytes };
    journal::jsonl::read(whole).map(|events| (events, torn)).map_err(|e| Unreadable::Journal(path.to_owned(), e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_last_line_is_left_out_and_any_other_or_a_file_too_large_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let journal = journal::Journal::new("s");
        journal.fact(journal::Peer::Emr, "a.b", 1, serde_json::json!({}));
        let mut line = Vec::new();
        journal::jsonl::write(&mut line, &journal.events()).unwrap();
        std::fs::write(file.path(), [&line[..], &line[..line.len() / 2]].concat()).unwrap();
        let (events, torn) = read(file.path()).unwrap();
        assert_eq!((events.len(), torn), (1, true));
        std::fs::write(file.path(), [&line[..line.len() / 2], b"\n", &line[..]].concat()).unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("line 1"));
        std::fs::write(file.path(), &line).unwrap();
        let length = line.len() as u64;
        assert!(read_up_to(length, file.path()).is_ok());
        assert!(matches!(read_up_to(length - 1, file.path()), Err(Unreadable::Large(_))));
        std::fs::write(file.path(), "no journal").unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("line 1"));
    }
}
