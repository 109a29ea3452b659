//! Writing an acknowledgement.

use super::{Code, error_text};
use crate::escape::{Token, delimiter, tokens};
use crate::{Delimiters, Message, Path, escape};

/// What an acknowledgement is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Builder {
    /// MSH-7, an HL7 time stamp (ACK-004).
    pub time: String,
    /// MSH-10, the acknowledgement's own control id (ACK-006).
    pub control_id: String,
    /// MSA-1.
    pub code: Code,
    /// MSA-3 (ACK-011).
    pub text: Option<String>,
    /// Content of an ERR segment (ACK-012).
    pub error: Option<ErrorDetail>,
}

/// What an ERR segment says (ACK-012).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The element the error is about.
    pub location: Option<Path>,
    /// Code of table 0357.
    pub code: u16,
}

impl Builder {
    /// The acknowledgement of a message, written with `^~\&`. Segments end with CR; trailing empty fields are left out.
    pub fn build(&self, of: &Message) -> Vec<u8> {
        let from = of.delimiters();
        let copy = |path| transcode(of.raw(path).unwrap_or_default(), &from);
        let trigger = copy("MSH-9.2");
        let kind = if trigger.is_empty() { b"ACK".to_vec() } else { [b"ACK^", &trigger[..]].concat() };
        let parties = [copy("MSH-5"), copy("MSH-6"), copy("MSH-3"), copy("MSH-4")]; // ACK-002, ACK-003
        let mut out = self.header(parties, kind, copy("MSH-11"), copy("MSH-12"));
        out.extend(self.msa(copy("MSH-10")));
        if let Some(error) = &self.error {
            let version = of.text("MSH-12.1").unwrap_or_default();
            out.extend(if from_2_5(&version) { error.segment() } else { error.segment_to_2_4() });
        }
        out
    }

    /// The acknowledgement of content without a readable MSH (ACK-027): nothing can be copied, MSH-11 is `P`, the
    /// version is the default one (VER-002).
    pub fn build_unreadable(&self) -> Vec<u8> {
        let mut out = self.header(Default::default(), b"ACK".to_vec(), b"P".to_vec(), b"2.4".to_vec());
        out.extend(self.msa(Vec::new()));
        out.extend(self.error.iter().flat_map(ErrorDetail::segment_to_2_4));
        out
    }

    fn header(&self, parties: [Vec<u8>; 4], kind: Vec<u8>, processing: Vec<u8>, version: Vec<u8>) -> Vec<u8> {
        let [application, facility, to_application, to_facility] = parties;
        let (time, control_id) = (value(&self.time), value(&self.control_id));
        let fields = [
            application,
            facility,
            to_application,
            to_facility,
            time,
            Vec::new(),
            kind,
            control_id,
            processing,
            version,
        ];
        segment("MSH|^~\\&", fields)
    }

    fn msa(&self, control_id: Vec<u8>) -> Vec<u8> {
        let text = self.text.as_deref().map(value).unwrap_or_default();
        segment("MSA", [self.code.to_string().into_bytes(), control_id, text])
    }
}

impl ErrorDetail {
    /// ERR up to v2.4: segment^sequence^field^code.
    fn segment_to_2_4(&self) -> Vec<u8> {
        let place = self
            .location
            .map_or("^^".to_owned(), |at| format!("{}^{}^{}", at.segment(), at.occurrence, optional(at.field)));
        segment("ERR", [format!("{place}^{}", self.code).into_bytes()])
    }

    /// ERR from v2.5: location, code, severity.
    fn segment(&self) -> Vec<u8> {
        let place = self.location.map_or(String::new(), |at| {
            let numbers = [Some(at.occurrence), at.field, at.repetition, at.component, at.subcomponent];
            numbers.into_iter().flatten().fold(at.segment().to_owned(), |place, number| format!("{place}^{number}"))
        });
        let code = format!("{}^{}^HL70357", self.code, error_text(self.code));
        let severity = if self.code == 0 { "I" } else { "E" };
        segment("ERR", [Vec::new(), place.into_bytes(), code.into_bytes(), severity.into()])
    }
}

fn optional(number: Option<usize>) -> String {
    number.map_or(String::new(), |number| number.to_string())
}

/// Whether MSH-12.1 is 2.5 or later; an unreadable version counts as the default, 2.4 (VER-002).
fn from_2_5(version: &str) -> bool {
    let mut numbers = version.trim_end().split('.').map(|part| part.parse::<u32>().ok());
    (numbers.next().flatten(), numbers.next().flatten()) >= (Some(2), Some(5))
}

/// A segment with its end, trailing empty fields left out.
fn segment<const N: usize>(name: &str, fields: [Vec<u8>; N]) -> Vec<u8> {
    let used = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
    let mut out = name.as_bytes().to_vec();
    for field in &fields[..used] {
        out.push(b'|');
        out.extend_from_slice(field);
    }
    out.push(b'\r');
    out
}

/// Our own text as a field value; control bytes become blanks, so that no text can end a segment.
fn value(text: &str) -> Vec<u8> {
    let clean: Vec<u8> = text.bytes().map(|b| if b.is_ascii_control() { b' ' } else { b }).collect();
    escape(&clean, &Delimiters::default()).into_owned()
}

/// A field of a message with the delimiters `from`, rewritten with `|^~\&`. ACK-010: byte for byte where the sets are
/// equal.
fn transcode(field: &[u8], from: &Delimiters) -> Vec<u8> {
    let to = Delimiters::default();
    if (Delimiters { truncation: None, ..*from }) == to {
        return field.to_vec();
    }
    let mut out = Vec::with_capacity(field.len());
    for token in tokens(field, from) {
        match token {
            Token::Plain(bytes) => bytes.iter().for_each(|byte| match *byte {
                b if b == from.component => out.push(to.component),
                b if b == from.repetition => out.push(to.repetition),
                b if b == from.subcomponent => out.push(to.subcomponent),
                b => out.extend_from_slice(&escape(&[b], &to)),
            }),
            Token::Sequence(body) => match delimiter(body, from) {
                Some(byte) => out.extend_from_slice(&escape(&[byte], &to)),
                // ESC-015 to ESC-017: as sent, only the escape character is another one.
                None => {
                    out.push(to.escape);
                    out.extend_from_slice(body);
                    out.push(to.escape);
                }
            },
        }
    }
    out
}
