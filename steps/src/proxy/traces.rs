//! The search for what a proxy must not leave behind (TOP-060, TOP-065).

use std::path::{Path, PathBuf};

use aho_corasick::{AhoCorasick, MatchKind};

use super::forms::{forms, unpacked};

/// A value that was found where it must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The value.
    pub value: String,
    /// Where: a file, a file's name, the output, a process.
    pub place: String,
    /// Offset in bytes.
    pub offset: usize,
}

/// Finds values as they are and in the forms in which programs write them: in small letters or capitals, in base64 (wherever it
/// begins), hexadecimal, URL and JSON escapes, UTF-16, in reverse, and packed as gzip, zlib or zip.
pub struct Searcher {
    searcher: AhoCorasick,
    /// The value that each pattern stands for, with the name of its form.
    meant: Vec<String>,
}

impl Searcher {
    /// # Errors
    /// More patterns than a searcher takes.
    pub fn new<V: AsRef<[u8]>>(values: &[V]) -> std::io::Result<Searcher> {
        let values = values.iter().map(AsRef::as_ref).filter(|value| !value.is_empty());
        let forms = values.flat_map(|value| forms(value).into_iter().map(move |form| (value, form)));
        let (patterns, meant): (Vec<Vec<u8>>, Vec<String>) = forms
            .map(|(value, (name, pattern))| {
                let value = hl7::show::bytes(value);
                (pattern, if name.is_empty() { value } else { format!("{value} in {name}") })
            })
            .unzip();
        let mut builder = AhoCorasick::builder();
        let builder = builder.match_kind(MatchKind::LeftmostFirst).ascii_case_insensitive(true);
        Ok(Searcher { searcher: builder.build(patterns).map_err(std::io::Error::other)?, meant })
    }

    /// What is found: value with form, and offset.
    pub fn find(&self, bytes: &[u8]) -> Vec<(String, usize)> {
        let plain = |bytes: &[u8], packed: &str| -> Vec<(String, usize)> {
            let hits = self.searcher.find_iter(bytes);
            hits.map(|hit| (format!("{}{packed}", self.meant[hit.pattern()]), hit.start())).collect()
        };
        let mut found = plain(bytes, "");
        for (name, content) in unpacked(bytes) {
            found.extend(plain(&content, &format!(", packed as {name}")));
        }
        found
    }

    /// The same as traces in that place.
    pub(super) fn traces(&self, bytes: &[u8], place: &str) -> Vec<Trace> {
        let trace = |(value, offset)| Trace { value, place: place.to_owned(), offset };
        self.find(bytes).into_iter().map(trace).collect()
    }
}

/// Searches the files below the folders, their names, and the output.
///
/// # Errors
/// A file that cannot be read: then nothing is proven.
pub fn search(searcher: &Searcher, folders: &[PathBuf], output: &[u8]) -> std::io::Result<Vec<Trace>> {
    let mut traces = searcher.traces(output, "the standard output or error");
    for folder in folders {
        for entry in walkdir::WalkDir::new(folder) {
            let entry = entry?;
            let name = relative(entry.path(), folder);
            traces.extend(searcher.traces(name.as_bytes(), &format!("the name of the file {name}")));
            if entry.file_type().is_file() {
                traces.extend(searcher.traces(&std::fs::read(entry.path())?, &format!("the file {name}")));
            }
        }
    }
    Ok(traces)
}

pub(super) fn relative(path: &Path, folder: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).display().to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn found(value: &str, written: &[u8]) -> Vec<String> {
        let searcher = Searcher::new(&[value]).unwrap();
        searcher.find(written).into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn top_065_a_canary_is_found_in_a_file_a_file_name_and_the_output() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("order.log"), b"\xFF\x00MRN4711").unwrap();
        std::fs::create_dir(folder.path().join("MRN4711")).unwrap();
        let searcher = Searcher::new(&["MRN4711", "absent"]).unwrap();
        let folders = [folder.path().to_owned()];
        let mut places: Vec<_> =
            search(&searcher, &folders, b"got MRN4711").unwrap().into_iter().map(|t| (t.place, t.offset)).collect();
        places.sort();
        let expected =
            [("the file order.log", 2), ("the name of the file MRN4711", 0), ("the standard output or error", 4)];
        assert_eq!(places, expected.map(|(p, o)| (p.to_owned(), o)));
        assert_eq!(search(&searcher, &folders[..0], b"nothing").unwrap(), []);
    }

    #[test]
    fn top_065_a_canary_is_found_in_every_form() {
        let value = "O'NEIL \"X\" 4711";
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{value} and more"));
        let written: [(&str, Vec<u8>); 13] = [
            ("", value.into()),
            ("", "o'neil \"x\" 4711".into()),
            (" in base64", base64("").into()),
            (" in base64", base64("a").into()),
            (" in base64", base64("ab").into()),
            (" in hexadecimal", b"4f274e45494c202258222034373131".into()),
            (" in hexadecimal", b"4F274E45494C202258222034373131".into()),
            (" in UTF-16", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            (" in UTF-16", value.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            (" in a URL", b"/p?name=O%27NEIL%20%22X%22%204711".into()),
            (" in a form", b"name=O%27NEIL+%22X%22+4711".into()),
            (" in JSON", br#"{"name":"O'NEIL \"X\" 4711"}"#.into()),
            (" in reverse", b"1174 \"X\" LIEN'O".into()),
        ];
        for (form, written) in written {
            assert_eq!(found(value, &written), [format!("{value}{form}")], "{}", String::from_utf8_lossy(&written));
        }
        assert_eq!(found(value, STANDARD_NO_PAD.encode("O'NEAL and more").as_bytes()), [""; 0]);
        let urls = URL_SAFE_NO_PAD.encode("O?~?~NEIL4711");
        assert!(urls.contains(['-', '_']), "{urls}");
        assert_eq!(found("O?~?~NEIL4711", urls.as_bytes()), ["O?~?~NEIL4711 in base64"]);
    }

    #[test]
    fn top_065_a_canary_is_found_in_packed_files() {
        let text = b"a long text that can be packed well, well, well: MRN4711MRN";
        let (mut gzip, mut zlib) =
            (GzEncoder::new(b"log".to_vec(), Compression::best()), ZlibEncoder::new(vec![], Compression::default()));
        // a local file header: name of 5 bytes, no extra field
        let header = [b"PK\x03\x04".to_vec(), vec![0; 22], vec![5, 0, 0, 0], b"a.txt".to_vec()].concat();
        let mut zip = DeflateEncoder::new(header, Compression::fast());
        gzip.write_all(text).unwrap();
        zlib.write_all(text).unwrap();
        zip.write_all(text).unwrap();
        let packed =
            [("gzip", gzip.finish().unwrap()), ("zlib", zlib.finish().unwrap()), ("zip", zip.finish().unwrap())];
        for (name, packed) in packed {
            // a packer may leave a short text as it is: then the plain text is found too
            assert!(found("MRN4711MRN", &packed).contains(&format!("MRN4711MRN, packed as {name}")));
            assert_eq!(found("MRN4712MRN", &packed), [""; 0]);
        }
    }

    #[test]
    fn top_065_a_canary_need_not_be_text() {
        let searcher = Searcher::new(&[b"\xff\xfe\x00PDF\x80"]).unwrap();
        assert_eq!(searcher.find(b"..\xff\xfe\x00PDF\x80..").len(), 1);
        assert_eq!(searcher.find(STANDARD_NO_PAD.encode(b"\xff\xfe\x00PDF\x80").as_bytes()).len(), 1);
    }
}
