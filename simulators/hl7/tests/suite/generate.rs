//! Generated messages, each with the model it was written from.

use hl7::Delimiters;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::subsequence;

type Component = Vec<Vec<u8>>;
type Repetition = Vec<Component>;
type Field = Vec<Repetition>;

/// A message as a tree, and its delimiters.
#[derive(Clone, Debug)]
pub struct Model {
    pub delimiters: Delimiters,
    pub segments: Vec<(String, Vec<Field>)>,
    pub end: &'static [u8],
    pub last_end: bool,
}

impl Model {
    /// The message, written the straightforward way.
    pub fn bytes(&self) -> Vec<u8> {
        let d = &self.delimiters;
        let lines: Vec<Vec<u8>> = self
            .segments
            .iter()
            .enumerate()
            .map(|(index, (name, fields))| {
                let mut parts = vec![name.clone().into_bytes()];
                if index == 0 {
                    parts.push(
                        [d.component, d.repetition, d.escape, d.subcomponent].into_iter().chain(d.truncation).collect(),
                    );
                }
                parts.extend(fields.iter().map(|field| {
                    let repetitions = field.iter().map(|repetition| {
                        let components = repetition.iter().map(|component| component.join(&d.subcomponent));
                        components.collect::<Vec<_>>().join(&d.component)
                    });
                    repetitions.collect::<Vec<_>>().join(&d.repetition)
                }));
                parts.join(&d.field)
            })
            .collect();
        let mut bytes = lines.join(self.end);
        bytes.extend_from_slice(if self.last_end { self.end } else { b"" });
        bytes
    }

    /// Every smallest element and its path.
    pub fn leaves(&self) -> Vec<(Numbers, Vec<u8>)> {
        let mut leaves = Vec::new();
        for (index, (name, fields)) in self.segments.iter().enumerate() {
            let occurrence = self.segments[..=index].iter().filter(|(other, _)| other == name).count();
            let first = if index == 0 { 3 } else { 1 };
            for (f, field) in fields.iter().enumerate() {
                for (r, repetition) in field.iter().enumerate() {
                    for (c, component) in repetition.iter().enumerate() {
                        for (s, value) in component.iter().enumerate() {
                            let numbers = [occurrence, f + first, r + 1, c + 1, s + 1];
                            leaves.push((Numbers { segment: name.clone(), numbers }, value.clone()));
                        }
                    }
                }
            }
        }
        leaves
    }
}

/// The path of a smallest element.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    pub segment: String,
    pub numbers: [usize; 5],
}

impl Numbers {
    /// As path text, down to `depth` numbers (2 the field, 3 the repetition, 4 the component, 5 the sub-component).
    pub fn text(&self, depth: usize) -> String {
        let [occurrence, field, repetition, component, subcomponent] = self.numbers;
        let mut text = format!("{}[{occurrence}]-{field}", self.segment);
        text += &if depth >= 3 { format!("[{repetition}]") } else { String::new() };
        text += &if depth >= 4 { format!(".{component}") } else { String::new() };
        text += &if depth >= 5 { format!(".{subcomponent}") } else { String::new() };
        text
    }

    /// Whether the first `depth` numbers are the same.
    pub fn is_within(&self, other: &Numbers, depth: usize) -> bool {
        self.segment == other.segment && self.numbers[..depth] == other.numbers[..depth]
    }
}

/// The usual set or any other legal one.
pub fn delimiters() -> impl Strategy<Value = Delimiters> {
    let punctuation: Vec<u8> = (0x21..0x7f_u8).filter(u8::is_ascii_punctuation).collect();
    let any = (subsequence(punctuation, 6).prop_shuffle(), any::<bool>()).prop_map(|(set, truncated)| Delimiters {
        field: set[0],
        component: set[1],
        repetition: set[2],
        escape: set[3],
        subcomponent: set[4],
        truncation: truncated.then_some(set[5]),
    });
    prop_oneof![Just(Delimiters::default()), any]
}

/// A value that needs no escaping: any bytes but delimiters and segment ends.
pub fn value(d: Delimiters, bytes: std::ops::RangeInclusive<u8>) -> impl Strategy<Value = Vec<u8>> {
    vec(bytes, 0..6).prop_map(move |mut value| {
        let special = [d.field, d.component, d.repetition, d.escape, d.subcomponent, b'\r', b'\n'];
        value.retain(|b| !special.contains(b));
        value
    })
}

/// A message with any delimiters, any bytes and any segment end.
pub fn model() -> impl Strategy<Value = Model> {
    let ends = prop_oneof![Just(&b"\r"[..]), Just(&b"\n"[..]), Just(&b"\r\n"[..])];
    (delimiters(), ends, any::<bool>()).prop_flat_map(|(d, end, last_end)| model_of(d, 0..=255, end, last_end))
}

/// A message that simpler parsers read too: usual delimiters, printable ASCII, CR without a last one.
pub fn plain_model() -> impl Strategy<Value = Model> {
    model_of(Delimiters::default(), 0x20..=0x7e, b"\r", false)
}

fn model_of(
    delimiters: Delimiters,
    bytes: std::ops::RangeInclusive<u8>,
    end: &'static [u8],
    last_end: bool,
) -> impl Strategy<Value = Model> {
    let field = || vec(vec(vec(value(delimiters, bytes.clone()), 1..3), 1..4), 1..3);
    let name = prop_oneof![Just("PID"), Just("OBX"), Just("ZZ1")].prop_map(String::from);
    let header = vec(field(), 1..12).prop_map(|fields| ("MSH".to_owned(), fields));
    (header, vec((name, vec(field(), 1..6)), 0..6)).prop_map(move |(header, others)| {
        let segments = std::iter::once(header).chain(others).collect();
        Model { delimiters, segments, end, last_end }
    })
}
