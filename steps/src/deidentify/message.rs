//! One message, segment by segment. Every byte that separates stays where it is.

use hl7::Delimiters;

use super::table::{Treatment, treatment};
use super::text::{Kept, cleaned, is_word};
use super::{Work, attachment, pseudonym};

/// The last component of a name that names somebody, from 0: ID, family, given and further names of an XCN.
const LAST_NAME: usize = 3;

const NOTHING: &[&[u8]] = &[b"", b"\"\""];

/// What a line of a message is.
struct Line<'a> {
    name: &'a str,
    bytes: &'a [u8],
    d: Delimiters,
}

/// The delimiters of a message, if its first bytes are those of a header.
fn delimiters(content: &[u8]) -> Option<Delimiters> {
    let line = content.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    hl7::Message::parse(line).ok().map(|message| message.delimiters())
}

fn line(bytes: &[u8], d: Delimiters) -> Option<Line<'_>> {
    let (name, rest) = bytes.split_at_checked(3)?;
    let name = str::from_utf8(name).ok()?;
    let formed = name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    (formed && rest.first().is_none_or(|byte| *byte == d.field)).then_some(Line { name, bytes, d })
}

/// Remembers whom a message is about, and what is known of people in it.
pub(super) fn learn(work: &mut Work, content: &[u8]) {
    let Some(d) = delimiters(content) else { return };
    let mut ids = Vec::new();
    for bytes in content.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let Some(line) = line(bytes, d) else { continue };
        for (number, field) in fields(&line) {
            let treatment = treatment(line.name, number);
            let plain = |value: &&[u8]| !value.contains(&d.escape);
            let repetitions = || field.split(|byte| *byte == d.repetition);
            let first =
                || repetitions().filter_map(|r| r.split(|byte| *byte == d.component || *byte == d.subcomponent).next());
            // the control id of an acknowledgement is the answering program's own
            let own =
                line.name == "MSH" && content.windows(4).any(|four| matches!(four, [b'\r' | b'\n', b'M', b'S', b'A']));
            if !own
                && matches!((line.name, number), ("PID", 2 | 3 | 18) | ("ORC" | "OBR", 2) | ("MSH", 10) | ("MSA", 2))
            {
                let group = if matches!(line.name, "MSH" | "MSA") { "message" } else { "patient" };
                let filled = first().filter(|id| !NOTHING.contains(id));
                ids.extend(filled.map(|id| format!("{group} {}", String::from_utf8_lossy(id))));
            }
            match treatment {
                Treatment::Id => {
                    let ids = first().filter(plain).filter(|id| pseudonym::moved_id(id, 0).is_none());
                    ids.for_each(|id| work.known.add(id, work.key.mask(id)));
                }
                Treatment::Name | Treatment::Provider if treatment == Treatment::Name || !work.keep_providers => {
                    for (at, part) in repetitions().flat_map(|r| r.split(|byte| *byte == d.component).enumerate()) {
                        for part in part.split(|byte| *byte == d.subcomponent).filter(plain) {
                            name(work, part, treatment == Treatment::Provider && at == 0, at);
                        }
                    }
                }
                Treatment::Address | Treatment::Phone => {
                    for part in field.split(|byte| [d.repetition, d.component, d.subcomponent].contains(byte)) {
                        if part.len() >= 4 && plain(&part) {
                            work.known.add(part, work.key.mask(part));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    work.known.same_patient(&ids);
}

fn name(work: &mut Work, part: &[u8], is_id: bool, at: usize) {
    if is_id {
        return work.known.add(part, work.key.mask(part));
    }
    if at > LAST_NAME || pseudonym::moved(part, 0).is_some() {
        return; // what follows are titles and codes; OBR-32.4 is a time
    }
    work.known.add(part, work.key.name(part));
    for word in part.split(|byte| !byte.is_ascii_alphabetic()).filter(|word| word.len() >= 4) {
        work.known.add(word, work.key.name(word));
    }
}

fn fields<'a>(line: &Line<'a>) -> Vec<(usize, &'a [u8])> {
    let header = usize::from(matches!(line.name, "MSH" | "BHS" | "FHS"));
    let field = line.d.field;
    line.bytes.split(move |byte| *byte == field).enumerate().skip(1).map(|(at, field)| (at + header, field)).collect()
}

/// The message with the same length; what is no segment is masked.
pub(super) fn deidentified(work: &mut Work, content: &[u8]) -> Vec<u8> {
    let Some(d) = delimiters(content) else {
        *work.counts.entry("bytes that are no message".to_owned()).or_default() += 1;
        return work.key.mask(content);
    };
    let days = days(work, content, d);
    let mut new = Vec::with_capacity(content.len());
    for with_end in content.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        let bytes = with_end.trim_ascii_end();
        let bytes = &with_end[..bytes.len().max(with_end.iter().take_while(|b| !matches!(b, b'\r' | b'\n')).count())];
        match line(bytes, d) {
            Some(line) => segment(work, &line, days, &mut new),
            None => new.extend(work.key.mask(bytes)),
        }
        new.extend_from_slice(&with_end[bytes.len()..]);
    }
    new
}

/// How far the dates of the message's patient move.
fn days(work: &Work, content: &[u8], d: Delimiters) -> i64 {
    let header = hl7::Message::parse(content.to_vec()).ok();
    let acknowledged = header.as_ref().and_then(|message| message.raw("MSA-2")).filter(|id| !id.is_empty());
    let id = acknowledged.or_else(|| header.as_ref().map(hl7::Message::control_id)).unwrap_or_default();
    let id = id.split(|byte| [d.component, d.repetition, d.subcomponent].contains(byte)).next().unwrap_or_default();
    work.key.days(&work.known.patient(&format!("message {}", String::from_utf8_lossy(id))))
}

fn segment(work: &mut Work, line: &Line, days: i64, new: &mut Vec<u8>) {
    let d = line.d;
    new.extend_from_slice(line.name.as_bytes());
    let encoded = line.name == "OBX" && fields(line).iter().any(|(number, field)| *number == 2 && *field == b"ED");
    for (number, field) in fields(line) {
        new.push(d.field);
        if number == 2 && matches!(line.name, "MSH" | "BHS" | "FHS") {
            new.extend_from_slice(field);
            continue;
        }
        let treatment = treatment(line.name, number);
        let before = new.len();
        let mut component = 0;
        let separators = [d.component, d.repetition, d.subcomponent];
        for part in field.split_inclusive(|byte| separators.contains(byte)) {
            let end = part.last().copied().filter(|byte| separators.contains(byte));
            let value = &part[..part.len() - usize::from(end.is_some())];
            if !NOTHING.contains(&value) {
                let replaced = if encoded && number == 5 { attachment::replaced(work, value, days) } else { None };
                new.extend(replaced.unwrap_or_else(|| element(work, treatment, component, value, d, days)));
            } else {
                new.extend_from_slice(value);
            }
            new.extend(end);
            match end {
                Some(byte) if byte == d.component => component += 1,
                Some(byte) if byte == d.repetition => component = 0,
                _ => {}
            }
        }
        if &new[before..] != field {
            *work.counts.entry(format!("{}-{number}", line.name)).or_default() += 1;
        }
    }
}

fn element(work: &Work, treatment: Treatment, component: usize, value: &[u8], d: Delimiters, days: i64) -> Vec<u8> {
    let clean = |kept| match kept {
        Kept::Codes | Kept::Diagnoses if is_word(value) => value.to_vec(), // IRIS is a given name, too
        kept => cleaned(work, value, kept, Some(d.escape), days),
    };
    match (treatment, component) {
        (Treatment::Provider, _) if work.keep_providers => value.to_vec(),
        (Treatment::Date, _) => pseudonym::moved(value, days).unwrap_or_else(|| clean(Kept::Codes)),
        (Treatment::Code, _) => clean(Kept::Codes),
        (Treatment::Diagnosis, _) => clean(Kept::Diagnoses),
        (_, _) if value.contains(&d.escape) => clean(Kept::Words),
        (Treatment::Id | Treatment::Provider, 0) => {
            pseudonym::moved_id(value, days).unwrap_or_else(|| work.known.or_mask(value, &work.key))
        }
        (Treatment::Name | Treatment::Provider, 0..=LAST_NAME) => {
            let moved = pseudonym::moved(value, days).or_else(|| work.known.pseudonym(value));
            moved.unwrap_or_else(|| work.key.name(value))
        }
        (Treatment::Address | Treatment::Phone, _) => match value.len() {
            0..=3 => clean(Kept::Codes), // a state, a country, a kind of line
            _ => work.known.or_mask(value, &work.key),
        },
        (Treatment::Text | Treatment::Value, _) => clean(Kept::Words),
        (Treatment::Mask, _) => work.known.or_mask(value, &work.key),
        (Treatment::Id | Treatment::Name | Treatment::Provider, _) => clean(Kept::Codes),
    }
}
