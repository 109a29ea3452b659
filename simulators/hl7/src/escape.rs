//! Escape sequences (ESC-010 to ESC-017).

use crate::Delimiters;
use std::borrow::Cow;

/// Writes a value so that none of its bytes is taken for a delimiter (ORU-ENC-05): `\` becomes `\E\`, `|` `\F\`, `^`
/// `\S\`, `&` `\T\`, `~` `\R\`, in the delimiters of `d`. Other bytes, control bytes included, are left alone.
pub fn escape<'a>(value: &'a [u8], d: &Delimiters) -> Cow<'a, [u8]> {
    // One pass over the input is the same as "the escape character first": nothing that was written is read again.
    let Some(first) = value.iter().position(|b| letter(*b, d).is_some()) else {
        return Cow::Borrowed(value);
    };
    let mut out = Vec::with_capacity(value.len() + 8);
    out.extend_from_slice(&value[..first]);
    for byte in &value[first..] {
        match letter(*byte, d) {
            Some(letter) => out.extend_from_slice(&[d.escape, letter, d.escape]),
            None => out.push(*byte),
        }
    }
    Cow::Owned(out)
}

/// Reads a value as [`escape`] writes it, and `\Xhh..\` too. Formatting sequences (ESC-016) and unknown or unterminated
/// ones (ESC-017) stay as they were sent.
pub fn unescape<'a>(value: &'a [u8], d: &Delimiters) -> Cow<'a, [u8]> {
    if !value.contains(&d.escape) {
        return Cow::Borrowed(value);
    }
    let mut out = Vec::with_capacity(value.len());
    for token in tokens(value, d) {
        match token {
            Token::Plain(bytes) => out.extend_from_slice(bytes),
            Token::Sequence(body) => match delimiter(body, d) {
                Some(byte) => out.push(byte),
                None => match hexadecimal(body) {
                    Some(bytes) => out.extend(bytes),
                    None => {
                        out.push(d.escape);
                        out.extend_from_slice(body);
                        out.push(d.escape);
                    }
                },
            },
        }
    }
    Cow::Owned(out)
}

/// A stretch of a value.
pub(crate) enum Token<'a> {
    /// Bytes that are no escape sequence; an escape character in them is one without partner.
    Plain(&'a [u8]),
    /// What stands between two escape characters.
    Sequence(&'a [u8]),
}

/// Splits a value into plain stretches and escape sequences, in order and without loss.
pub(crate) fn tokens<'a>(value: &'a [u8], d: &Delimiters) -> impl Iterator<Item = Token<'a>> {
    let escape = d.escape;
    let mut rest = value;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let open = rest.iter().position(|b| *b == escape).unwrap_or(rest.len());
        if open > 0 {
            let (plain, next) = rest.split_at(open);
            rest = next;
            return Some(Token::Plain(plain));
        }
        match rest[1..].iter().position(|b| *b == escape) {
            Some(length) => {
                let body = &rest[1..=length];
                rest = &rest[length + 2..];
                Some(Token::Sequence(body))
            }
            None => Some(Token::Plain(std::mem::take(&mut rest))),
        }
    })
}

/// The letter of the escape sequence for a delimiter.
fn letter(byte: u8, d: &Delimiters) -> Option<u8> {
    match byte {
        b if b == d.escape => Some(b'E'),
        b if b == d.field => Some(b'F'),
        b if b == d.component => Some(b'S'),
        b if b == d.subcomponent => Some(b'T'),
        b if b == d.repetition => Some(b'R'),
        _ => None,
    }
}

/// The delimiter that a sequence stands for (ESC-010 to ESC-014).
pub(crate) fn delimiter(body: &[u8], d: &Delimiters) -> Option<u8> {
    match body {
        b"F" => Some(d.field),
        b"S" => Some(d.component),
        b"T" => Some(d.subcomponent),
        b"R" => Some(d.repetition),
        b"E" => Some(d.escape),
        _ => None,
    }
}

/// The bytes of an `Xhh..` sequence (ESC-015); at least one byte, each of two digits.
fn hexadecimal(body: &[u8]) -> Option<Vec<u8>> {
    let digits = body.strip_prefix(b"X")?;
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|n| u8::try_from(n).ok());
    digits.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}
