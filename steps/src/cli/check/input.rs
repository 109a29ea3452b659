//! Messages out of files: one, several, or an MLLP capture.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail};
use bytes::BytesMut;
use mllp::{MllpCodec, Received, VT};
use results::check::Problem;
use tokio_util::codec::Decoder;

/// The largest input: twice what a receiver must take (MLLP-016).
const MOST_BYTES: u64 = 64 * 1024 * 1024;

pub(super) struct Input {
    /// As people know it.
    pub(super) name: String,
    pub(super) messages: Vec<Message>,
}

pub(super) struct Message {
    /// Offset in the input.
    pub(super) offset: usize,
    pub(super) content: Vec<u8>,
    /// Why the bytes are no frame.
    pub(super) problem: Option<Problem>,
}

pub(super) fn read(path: &Path) -> anyhow::Result<Input> {
    let standard = path.as_os_str() == "-";
    let name = if standard { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let reader: Box<dyn Read> = if standard {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot read {name}"))?)
    };
    reader.take(MOST_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        bail!("{name} is larger than {MOST_BYTES} bytes; split it");
    }
    let first = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n' | b' '));
    let Some(first) = first else { bail!("{name} is empty; it must hold an HL7 message, which begins with MSH") };
    let messages = if bytes[first] == VT { frames(&bytes) } else { split(&bytes, first) };
    Ok(Input { name, messages })
}

/// Cuts at each line that begins with `MSH`. What stands before the first one belongs to it, and makes it unreadable.
fn split(bytes: &[u8], first: usize) -> Vec<Message> {
    let begins =
        |at: &usize| *at == first || (matches!(bytes[at - 1], b'\r' | b'\n') && bytes[*at..].starts_with(b"MSH"));
    let starts: Vec<_> = (first..bytes.len()).filter(begins).collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    let message = |(start, end): (usize, usize)| {
        let content = &bytes[start..end];
        // blank lines between messages belong to neither
        let filled = content.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let line_end = match &content[filled..] {
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        Message { offset: start, content: content[..filled + line_end].to_vec(), problem: None }
    };
    starts.iter().copied().zip(ends).map(message).collect()
}

/// Takes an MLLP capture apart; bytes that are no frame become messages with a problem.
fn frames(bytes: &[u8]) -> Vec<Message> {
    let mut codec = MllpCodec::new(bytes.len());
    let mut rest = BytesMut::from(bytes);
    let mut messages = Vec::new();
    // decoding from memory does not fail
    while let Ok(Some(received)) = codec.decode_eof(&mut rest) {
        let end = bytes.len() - rest.len();
        let message = match received {
            Received::Content(content) => {
                Message { offset: end.saturating_sub(2 + content.len()), content: content.to_vec(), problem: None }
            }
            Received::Malformed { problem, bytes } => {
                let requirement = match problem {
                    mllp::Problem::OutsideFrame => "MLLP-020",
                    mllp::Problem::SecondStart => "MLLP-022",
                    mllp::Problem::Unfinished => "MLLP-021",
                    mllp::Problem::TooLong => "MLLP-016",
                };
                let behind = usize::from(problem == mllp::Problem::SecondStart);
                let problem = Problem {
                    requirement: requirement.into(),
                    path: "frame".into(),
                    range: 0..bytes.len(),
                    expected: "a frame: VT, content, FS, CR".into(),
                    seen: problem.to_string(),
                    option: None,
                };
                let offset = end.saturating_sub(bytes.len() + behind);
                Message { offset, content: bytes.to_vec(), problem: Some(problem) }
            }
        };
        messages.push(message);
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_its_size_and_no_byte_more() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [VT]).unwrap();
        file.as_file().set_len(MOST_BYTES).unwrap();
        assert_eq!(read(file.path()).unwrap().messages.len(), 1);
        file.as_file().set_len(MOST_BYTES + 1).unwrap();
        let error = read(file.path()).err().unwrap().to_string();
        assert!(
            error.contains("is larger than 67108864 bytes") && error.contains(file.path().to_str().unwrap()),
            "{error}"
        );
    }
}
