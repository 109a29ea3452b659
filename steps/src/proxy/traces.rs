//! The search for what a proxy must not leave behind (TOP-060, TOP-065).

use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;

/// A value that was found where it must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The value.
    pub value: String,
    /// Where: a file, a file's name, or the output.
    pub place: String,
    /// Offset in bytes.
    pub offset: usize,
}

/// Searches the files below the folders, their names, and the output for the values.
///
/// # Errors
/// A file that cannot be read: then nothing is proven.
pub fn search(values: &[String], folders: &[PathBuf], output: &[u8]) -> std::io::Result<Vec<Trace>> {
    let searcher = AhoCorasick::new(values).map_err(std::io::Error::other)?;
    let mut traces = Vec::new();
    let mut look = |bytes: &[u8], place: &str| {
        traces.extend(searcher.find_iter(bytes).map(|hit| Trace {
            value: values[hit.pattern()].clone(),
            place: place.to_owned(),
            offset: hit.start(),
        }));
    };
    look(output, "the standard output or error");
    for folder in folders {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            let name = relative(entry.path(), folder);
            look(name.as_bytes(), &format!("the name of the file {name}"));
            if entry.file_type().is_file() {
                look(&std::fs::read(entry.path())?, &format!("the file {name}"));
            }
        }
    }
    Ok(traces)
}

fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn top_065_a_canary_is_found_in_a_file_a_file_name_and_the_output() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("order.log"), b"\xFF\x00MRN4711").unwrap();
        std::fs::create_dir(folder.path().join("MRN4711")).unwrap();
        let values = ["MRN4711".to_owned(), "absent".to_owned()];
        let folders = [folder.path().to_owned()];
        let mut places: Vec<_> =
            search(&values, &folders, b"got MRN4711").unwrap().into_iter().map(|t| (t.place, t.offset)).collect();
        places.sort();
        let expected =
            [("the file order.log", 2), ("the name of the file MRN4711", 0), ("the standard output or error", 4)];
        assert_eq!(places, expected.map(|(p, o)| (p.to_owned(), o)));
        assert_eq!(search(&values, &folders[..0], b"nothing").unwrap(), []);
    }
}
