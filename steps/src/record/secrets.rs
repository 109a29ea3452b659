//! Secrets in HTTP/1.1 and AMQP 1.0 that must not be written down. Each byte of one becomes `*`, so that lengths stay.

/// What a secret stands behind, in small letters, and where it ends.
const SECRETS: &[(&[u8], End)] = &[
    (b"authorization:", End::Line),
    (b"cookie:", End::Line),
    (b"x-functions-key:", End::Line),
    (b"client_secret=", End::Word),
    (b"client_assertion=", End::Word),
    (b"sig=", End::Word),
    (b"sig%3d", End::Word),
    (b"sharedaccesskey=", End::Word),
    (b"accountkey=", End::Word),
    (b"password=", End::Word),
    (b"_token\":", End::Value),
    (b"client_secret\":", End::Value),
    (b"\"password\":", End::Value),
    (b"eyj", End::Word),           // a JSON web token, wherever it stands
    (b"plain\xa0", End::Counted),  // SASL PLAIN: its response, of up to 255 bytes
    (b"plain\xb0", End::Counted4), // or longer
];

#[derive(Clone, Copy, Debug)]
enum End {
    /// At the line's end.
    Line,
    /// At a byte that base64, percent encoding and web tokens do not have.
    Word,
    /// At the end of a JSON string.
    Value,
    /// Behind as many bytes as the next one says.
    Counted,
    /// Behind as many bytes as the next four say.
    Counted4,
}

/// The state of one direction; a secret may begin in one portion and end in another.
#[derive(Debug, Default)]
pub(super) struct Veil {
    /// The last bytes, in small letters, as far as a mark can reach.
    before: Vec<u8>,
    hidden: Hidden,
}

#[derive(Debug, Default)]
enum Hidden {
    #[default]
    No,
    Until(End),
    /// In a JSON value: whether its quotation mark was seen, and whether the byte before escapes this one.
    Value {
        open: bool,
        escaped: bool,
    },
    /// So many bytes of the length are to come, the length so far.
    Length(u8, usize),
    Bytes(usize),
}

impl Veil {
    pub fn cover(&mut self, bytes: &mut [u8]) {
        let reach = SECRETS.iter().map(|(mark, _)| mark.len()).max().unwrap_or_default();
        for byte in bytes {
            if self.hides(*byte) {
                *byte = b'*';
                continue;
            }
            self.before.push(byte.to_ascii_lowercase());
            if let Some((_, end)) = SECRETS.iter().find(|(mark, _)| self.before.ends_with(mark)) {
                self.hidden = match end {
                    End::Value => Hidden::Value { open: false, escaped: false },
                    End::Counted => Hidden::Length(1, 0),
                    End::Counted4 => Hidden::Length(4, 0),
                    other => Hidden::Until(*other),
                };
                self.before.clear();
            }
            if self.before.len() > 4 * reach {
                self.before.drain(..3 * reach);
            }
        }
    }

    /// Whether a byte is part of a secret.
    fn hides(&mut self, byte: u8) -> bool {
        match &mut self.hidden {
            Hidden::No => false,
            Hidden::Until(End::Line) => self.unless(matches!(byte, b'\r' | b'\n')),
            Hidden::Until(_) => {
                let goes_on = byte.is_ascii_alphanumeric() || b"+/=%-_.~".contains(&byte);
                self.unless(!goes_on)
            }
            Hidden::Value { open: false, .. } => {
                match byte {
                    b'"' => self.hidden = Hidden::Value { open: true, escaped: false },
                    b' ' | b'\t' | b'\r' | b'\n' => {}
                    _ => self.hidden = Hidden::No, // a number or nothing: no secret
                }
                false
            }
            Hidden::Value { escaped, .. } => {
                let ends = byte == b'"' && !*escaped;
                *escaped = byte == b'\\' && !*escaped;
                self.unless(ends)
            }
            Hidden::Length(left, length) => {
                (*left, *length) = (*left - 1, *length << 8 | usize::from(byte));
                if *left == 0 {
                    self.hidden = Hidden::Bytes(*length);
                }
                false
            }
            Hidden::Bytes(0) => self.unless(true),
            Hidden::Bytes(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn unless(&mut self, ends: bool) -> bool {
        if ends {
            self.hidden = Hidden::No;
        }
        !ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &[u8], portion: usize) -> String {
        let mut veil = Veil::default();
        let mut bytes = text.to_vec();
        bytes.chunks_mut(portion).for_each(|part| veil.cover(part));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    #[test]
    fn secrets_are_covered_wherever_a_portion_ends() {
        let cases = [
            ("GET / HTTP/1.1\r\nAUTHORIZATION: Bearer abc\r\nA: b\r\n", "AUTHORIZATION:***********\r\nA: b"),
            ("grant_type=x&client_secret=a%2Fb&scope=y", "client_secret=*****&scope=y"),
            ("SharedAccessSignature sr=a&sig=Zm9v%3d&se=1", "sr=a&sig=*******&se=1"),
            (r#"{"access_token" : "x", "access_token": "a\"b", "n":1}"#, r#""access_token": "****", "n":1"#),
            ("?u=https%3A%2F%2Fa%3Fsig%3Dabc&x", "sig%3D***&x"),
            ("text eyJhbGciOi.eyJzdWIi.abc-_ end", "text eyJ"),
        ];
        for (text, expected) in cases {
            for portion in [1, 2, 3, 7, text.len()] {
                let shown = covered(text.as_bytes(), portion);
                assert!(shown.contains(expected), "{portion}: {shown}");
            }
        }
        assert!(!covered(b"eyJhbGciOi.eyJzdWIi.abc", 4).contains("zdW"));
    }

    #[test]
    fn the_password_of_sasl_plain_is_covered() {
        let shown = covered(b"\x00\x53\x41\xc0\x1a\x02\xa3\x05PLAIN\xa0\x06\x00ab\x00cd\xa1\x04host", 5);
        assert!(shown.contains("******") && shown.ends_with("host") && !shown.contains("cd"), "{shown}");
    }
}
