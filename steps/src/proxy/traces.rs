//! The search for what a proxy must not leave behind (TOP-060, TOP-065).

use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

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

/// Finds values as they are and in the forms in which programs write them: base64 (wherever it begins), hexadecimal, URL and JSON
/// escapes, UTF-16.
pub struct Searcher {
    searcher: AhoCorasick,
    /// The value that each pattern stands for, with the name of its form.
    meant: Vec<String>,
}

impl Searcher {
    /// # Errors
    /// More patterns than a searcher takes.
    pub fn new(values: &[String]) -> std::io::Result<Searcher> {
        let forms = values.iter().flat_map(|value| forms(value).into_iter().map(move |form| (value, form)));
        let (patterns, meant): (Vec<Vec<u8>>, Vec<String>) = forms
            .map(|(value, (name, pattern))| {
                (pattern, if name.is_empty() { value.clone() } else { format!("{value} in {name}") })
            })
            .unzip();
        let kind = aho_corasick::MatchKind::LeftmostFirst;
        let searcher = AhoCorasick::builder().match_kind(kind).build(patterns).map_err(std::io::Error::other)?;
        Ok(Searcher { searcher, meant })
    }

    /// What is found: value with form, and offset.
    pub fn find(&self, bytes: &[u8]) -> impl Iterator<Item = (&str, usize)> {
        self.searcher.find_iter(bytes).map(|hit| (self.meant[hit.pattern()].as_str(), hit.start()))
    }
}

/// The forms of a value: their names and bytes. The first is the value itself.
fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = value.as_bytes();
    let hex = |upper: bool| -> Vec<u8> {
        let digits = bytes.iter().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
        digits.collect::<String>().into_bytes()
    };
    let utf_16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> { value.encode_utf16().flat_map(order).collect() };
    let mut forms = vec![
        ("", bytes.to_vec()),
        ("hexadecimal", hex(false)),
        ("hexadecimal", hex(true)),
        ("UTF-16", utf_16(u16::to_le_bytes)),
        ("UTF-16", utf_16(u16::to_be_bytes)),
    ];
    // what stands before it decides how base64 cuts it; the characters that hold bits of a neighbour are left out
    for before in 0..3 {
        let encoded = STANDARD_NO_PAD.encode([&b"   "[..before], bytes].concat());
        let (from, to) = ((before * 8).div_ceil(6), (before + bytes.len()) * 8 / 6);
        if to >= from + 6 {
            forms.push(("base64", encoded.as_bytes()[from..to].to_vec()));
        }
    }
    let escaped = [
        ("a URL", utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()),
        ("JSON", serde_json::Value::from(value).to_string().trim_matches('"').to_owned()),
    ];
    forms.extend(escaped.into_iter().filter(|(_, text)| text != value).map(|(name, text)| (name, text.into_bytes())));
    forms
}

/// Searches the files below the folders, their names, and the output for the values in all their forms.
///
/// # Errors
/// A file that cannot be read: then nothing is proven.
pub fn search(values: &[String], folders: &[PathBuf], output: &[u8]) -> std::io::Result<Vec<Trace>> {
    let searcher = Searcher::new(values)?;
    let mut traces = Vec::new();
    let mut look = |bytes: &[u8], place: &str| {
        let trace = |(value, offset): (&str, usize)| Trace { value: value.to_owned(), place: place.to_owned(), offset };
        traces.extend(searcher.find(bytes).map(trace));
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

    #[test]
    fn top_065_a_canary_is_found_in_every_form() {
        let value = "O'NEIL \"X\" 4711";
        let base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{value} and more"));
        let written: [(&str, Vec<u8>); 9] = [
            ("", value.into()),
            (" in base64", base64("").into()),
            (" in base64", base64("a").into()),
            (" in base64", base64("ab").into()),
            (" in hexadecimal", b"4f274e45494c202258222034373131".into()),
            (" in hexadecimal", b"4F274E45494C202258222034373131".into()),
            (" in UTF-16", value.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            (" in a URL", b"/p?name=O%27NEIL%20%22X%22%204711".into()),
            (" in JSON", br#"{"name":"O'NEIL \"X\" 4711"}"#.into()),
        ];
        for (form, written) in written {
            let found = search(&[value.to_owned()], &[], &written).unwrap();
            let values: Vec<&str> = found.iter().map(|trace| trace.value.as_str()).collect();
            assert_eq!(values, [format!("{value}{form}")], "{}", String::from_utf8_lossy(&written));
        }
        let other = STANDARD_NO_PAD.encode("O'NEAL and more");
        assert_eq!(search(&[value.to_owned()], &[], other.as_bytes()).unwrap(), []);
    }
}
