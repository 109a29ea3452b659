//! Files in, files out.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use journal::Event;
use mllp::VT;

use super::known::Known;
use super::text::{Kept, cleaned};
use super::{Counts, Key, Work, journals, message};
use crate::record::{self, Unreadable};

/// The largest file with messages: twice what a receiver must take (MLLP-016).
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// The files, in the order in which they were given.
    pub files: Vec<PathBuf>,
    /// How often something was replaced, by field.
    pub counts: Counts,
}

/// Nothing was written, or not all.
#[derive(Debug, thiserror::Error)]
pub enum DeidentifyError {
    /// A file cannot be read.
    #[error("cannot read {0}: {1}")]
    Read(PathBuf, std::io::Error),
    /// A file is too large.
    #[error("{0} is larger than {MOST_BYTES} bytes; split it")]
    Large(PathBuf),
    /// It is neither messages nor a journal.
    #[error("{0} holds no HL7 message, which begins with MSH, and no journal")]
    NoMessage(PathBuf),
    /// It is a journal, with a line that is none.
    #[error(transparent)]
    Journal(#[from] Unreadable),
    /// Too many values to search for.
    #[error(
        "there are too many different values to search for: {0}; give fewer files at once, with --key for all of them"
    )]
    Values(aho_corasick::BuildError),
    /// A file is there already.
    #[error("{0} is there already; choose an empty folder for --out")]
    Exists(PathBuf),
    /// A file cannot be written.
    #[error("cannot write {0}: {1}")]
    Write(PathBuf, std::io::Error),
}

enum Content {
    /// Messages one after the other.
    Plain(Vec<u8>),
    /// Messages in frames.
    Frames(Vec<u8>),
    Journal(Vec<Event>),
}

/// Reads all files, then writes them without the patients into the folder `out`.
///
/// # Errors
/// [`DeidentifyError`]; files are written only when all of them could be read.
pub fn all(files: &[PathBuf], out: &Path, key: Key, keep_providers: bool) -> Result<Written, DeidentifyError> {
    let mut work = Work { key, known: Known::default(), keep_providers, counts: Counts::new() };
    let mut contents = Vec::new();
    for file in files {
        let content = read(file)?;
        match &content {
            Content::Plain(bytes) => messages(bytes).into_iter().for_each(|part| message::learn(&mut work, part)),
            Content::Frames(bytes) => journals::learn_frames(&mut work, bytes),
            Content::Journal(events) => journals::learn(&mut work, events),
        }
        contents.push(content);
    }
    work.known.complete().map_err(DeidentifyError::Values)?;
    std::fs::create_dir_all(out).map_err(|e| DeidentifyError::Write(out.to_owned(), e))?;
    let mut written = Written::default();
    let mut taken = BTreeSet::new();
    for (file, content) in files.iter().zip(contents) {
        let bytes = match content {
            Content::Plain(bytes) => {
                messages(&bytes).into_iter().flat_map(|part| message::deidentified(&mut work, part)).collect()
            }
            Content::Frames(bytes) => journals::frames(&mut work, &bytes),
            Content::Journal(mut events) => {
                journals::deidentify(&mut work, &mut events);
                let mut bytes = Vec::new();
                journal::jsonl::write(&mut bytes, &events).map_err(|e| DeidentifyError::Write(out.to_owned(), e))?;
                bytes
            }
        };
        let to = out.join(name(&work, file, &mut taken));
        let created = File::options().write(true).create_new(true).open(&to);
        let mut created = match created {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => return Err(DeidentifyError::Exists(to)),
            other => other.map_err(|e| DeidentifyError::Write(to.clone(), e))?,
        };
        std::io::Write::write_all(&mut created, &bytes).map_err(|e| DeidentifyError::Write(to.clone(), e))?;
        written.files.push(to);
    }
    written.counts = work.counts;
    Ok(written)
}

fn read(path: &Path) -> Result<Content, DeidentifyError> {
    let wrong = |e| DeidentifyError::Read(path.to_owned(), e);
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(wrong)?;
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{') => Ok(Content::Journal(record::read(path)?.0)),
        _ if bytes.len() as u64 > MOST_BYTES => Err(DeidentifyError::Large(path.to_owned())),
        _ if bytes.contains(&VT) => Ok(Content::Frames(bytes)),
        _ if starts(&bytes).is_empty() => Err(DeidentifyError::NoMessage(path.to_owned())),
        _ => Ok(Content::Plain(bytes)),
    }
}

/// Where messages begin: at a line that begins with `MSH`.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let begins = |at: &usize| (*at == 0 || matches!(bytes[at - 1], b'\r' | b'\n')) && bytes[*at..].starts_with(b"MSH");
    (0..bytes.len()).filter(begins).collect()
}

/// All bytes: each message, and before them what stands in front of the first one.
fn messages(bytes: &[u8]) -> Vec<&[u8]> {
    let starts = starts(bytes);
    let ends = starts.iter().copied().chain([bytes.len()]);
    let begins = [0].into_iter().chain(starts.iter().copied());
    begins.zip(ends).map(|(from, to)| &bytes[from..to]).filter(|part| !part.is_empty()).collect()
}

/// The file's name, cleaned as a text; a number is added where two become the same.
fn name(work: &Work, file: &Path, taken: &mut BTreeSet<String>) -> String {
    let part =
        |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default();
    let clean = |text: String, kept| {
        String::from_utf8_lossy(&cleaned(work, text.as_bytes(), kept, None, work.key.days(""))).into_owned()
    };
    let stem = clean(part(file.file_stem()), Kept::Words);
    let ending = match part(file.extension()) {
        none if none.is_empty() => none,
        known if ["hl7", "jsonl", "txt", "mllp", "dat", "json"].contains(&known.to_ascii_lowercase().as_str()) => {
            format!(".{known}")
        }
        other => format!(".{}", clean(other, Kept::Words)),
    };
    let mut name = format!("{stem}{ending}");
    let mut number = 1;
    while !taken.insert(name.to_lowercase()) {
        number += 1;
        name = format!("{stem}-{number}{ending}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_its_size_and_no_byte_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [VT]).unwrap();
        file.as_file().set_len(MOST_BYTES).unwrap();
        assert!(matches!(read(file.path()), Ok(Content::Frames(_))));
        file.as_file().set_len(MOST_BYTES + 1).unwrap();
        assert!(matches!(read(file.path()), Err(DeidentifyError::Large(path)) if path == file.path()));
    }
}
