//! Printable renderings of raw bytes.

use std::fmt::Write;

/// The bytes as text for a terminal: control bytes as `<CR>`, `<LF>`, `<VT>`, `<FS>` or `<0x07>`, valid UTF-8 as it is,
/// every other byte as `<0xE9>`.
pub fn bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\r' => out.push_str("<CR>"),
                '\n' => out.push_str("<LF>"),
                '\u{b}' => out.push_str("<VT>"),
                '\u{1c}' => out.push_str("<FS>"),
                c if c.is_control() => c.encode_utf8(&mut [0; 4]).bytes().for_each(|b| numbered(&mut out, b)),
                c => out.push(c),
            }
        }
        chunk.invalid().iter().for_each(|b| numbered(&mut out, *b));
    }
    out
}

/// At most `width` bytes, with a few in front of offset `at` as context, rendered as by [`bytes`]; `...` stands where
/// bytes were left out.
pub fn excerpt(bytes: &[u8], at: usize, width: usize) -> String {
    let (from, to) = window(bytes.len(), at, width);
    let before = if from > 0 { "..." } else { "" };
    let after = if to < bytes.len() { "..." } else { "" };
    format!("{before}{}{after}", self::bytes(&bytes[from..to]))
}

/// At most 16 bytes, with a few in front of offset `at` as context, in hexadecimal and as text: `44 4f 45  DOE`.
pub fn hex(bytes: &[u8], at: usize) -> String {
    let (from, to) = window(bytes.len(), at, 16);
    let mut out = String::new();
    for b in &bytes[from..to] {
        let _ = write!(out, "{b:02x} ");
    }
    let text = bytes[from..to].iter().map(|b| if matches!(b, 0x20..=0x7e) { char::from(*b) } else { '.' });
    let text: String = text.collect();
    format!("{out:<48} {text}")
}

/// The part of `length` bytes to show: `width` bytes, a quarter of them in front of `at`.
fn window(length: usize, at: usize, width: usize) -> (usize, usize) {
    if length <= width {
        return (0, length);
    }
    let from = at.min(length).saturating_sub(width / 4).min(length - width);
    (from, from + width)
}

fn numbered(out: &mut String, byte: u8) {
    let _ = write!(out, "<0x{byte:02X}>");
}
