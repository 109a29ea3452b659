//! What OBX-5 holds in base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Work;
use super::text::{Kept, cleaned};

/// A text, cleaned, or a file that shows nothing, of the same length and encoded again; nothing for what is no base64.
pub(super) fn replaced(work: &Work, encoded: &[u8], days: i64) -> Option<Vec<u8>> {
    let content = STANDARD.decode(encoded).ok().filter(|content| content.len() >= 6)?;
    let new = match &content[..] {
        [b'%', b'P', b'D', b'F', ..] => pdf(content.len()),
        other if is_text(other) => cleaned(work, other, Kept::Words, None, days),
        other => blank(other),
    };
    Some(STANDARD.encode(new).into_bytes())
}

fn is_text(content: &[u8]) -> bool {
    content.iter().all(|byte| *byte >= 0x20 || matches!(byte, b'\t' | b'\r' | b'\n'))
}

/// One empty page, with a comment that fills it up.
fn pdf(length: usize) -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for object in [
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\n",
    ] {
        offsets.push(pdf.len());
        pdf.extend_from_slice(object.as_bytes());
    }
    let entries: String = offsets.iter().map(|offset| format!("{offset:010} 00000 n \n")).collect();
    let end = |at: usize| {
        format!("xref\n0 4\n0000000000 65535 f \n{entries}trailer<</Size 4/Root 1 0 R>>\nstartxref\n{at:010}\n%%EOF\n")
    };
    let fill = length.saturating_sub(pdf.len() + end(0).len() + 2);
    pdf.push(b'%');
    pdf.extend(std::iter::repeat_n(b' ', fill));
    pdf.push(b'\n');
    let tail = end(pdf.len());
    pdf.extend_from_slice(tail.as_bytes());
    pdf.resize(length, b'\n'); // a file that is too small for a PDF is cut off
    pdf
}

/// The signature of the format, if it has one, and nothing behind it.
fn blank(content: &[u8]) -> Vec<u8> {
    let kept = match content {
        [0x89, b'P', b'N', b'G', ..] => 8,
        [0xff, 0xd8, 0xff, ..] => 4,
        [b'G', b'I', b'F', b'8', ..] => 6,
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => 4,
        _ => 0,
    };
    let mut new = content[..kept.min(content.len())].to_vec();
    new.resize(content.len(), 0);
    new
}
