//! What stands in a result, document or charge: fields, observations, narrative, codes.

use base64::prelude::{BASE64_STANDARD, Engine};
use cucumber::gherkin::Step;
use cucumber::then;
use hl7::Message;

use super::parameters::{Kind, Received};
use super::received;
use super::results::placer;
use crate::snapshot;
use crate::world::{Outcome, Stop, World, error, failed};

/// Fields of the message: columns field (an HL7 path), value (raw bytes; empty: nothing) and requirement.
#[then(expr = "the fields of the {message} are")]
async fn fields(world: &mut World, wanted: Received, step: &Step) -> Outcome {
    check_fields(&message(world, wanted).await?, step)
}

/// Fields of the acknowledgement of the last order: columns as above.
#[then(expr = "the fields of the ACK are")]
async fn ack_fields(world: &mut World, step: &Step) -> Outcome {
    match &world.last_order()?.answer {
        Ok(answer) => check_fields(&Message::parse(answer.clone()).map_err(error)?, step),
        Err(why) => failed("ACK-020", "an acknowledgement", why),
    }
}

fn check_fields(message: &Message, step: &Step) -> Outcome {
    for row in rows(step, ["field", "value", "requirement"])? {
        let [field, value, requirement] = row;
        let path: hl7::Path = field.parse().map_err(error)?;
        let seen = message.raw(field).map_or_else(String::new, hl7::show::bytes);
        if seen != *value {
            let requirement = requirement.split_whitespace().next().unwrap_or_default();
            return failed(requirement, format!("{} `{value}`", path.label()), format!("`{seen}`"));
        }
    }
    Ok(())
}

/// The message breaks no rule of the field tables, judged by what clinic and IRIS agreed on (as `iris-conformance check` does).
#[then(expr = "the {message} breaks no rule")]
async fn breaks_no_rule(world: &mut World, wanted: Received) -> Outcome {
    let message = message(world, wanted).await?;
    let profile = world.cloud()?.results_profile();
    let agreed = results::check::Agreements { results: Some(&profile), orders: None };
    match results::check::check(message.bytes(), &agreed).map_err(error)?.first() {
        None => Ok(()),
        Some(problem) => failed(&problem.requirement, format!("{}: {}", problem.path, problem.expected), &problem.seen),
    }
}

/// The names of the segments of the message, in their order; OBX*9 stands for nine of them.
#[then(expr = "the {message} has the segments {string}")]
async fn segments(world: &mut World, wanted: Received, expected: String) -> Outcome {
    let message = message(world, wanted).await?;
    let mut runs: Vec<(String, usize)> = Vec::new();
    for segment in message.segments() {
        let name = String::from_utf8_lossy(segment.name()).into_owned();
        match runs.last_mut() {
            Some((last, count)) if *last == name => *count += 1,
            _ => runs.push((name, 1)),
        }
    }
    let runs = runs.into_iter().map(|(name, count)| if count == 1 { name } else { format!("{name}*{count}") });
    let seen = runs.collect::<Vec<_>>().join(" ");
    if seen == expected { Ok(()) } else { failed("", expected, seen) }
}

/// The first segment of that name, byte for byte without its end.
#[then(expr = "the segment {word} of the {message} is {string}")]
async fn segment(world: &mut World, name: String, wanted: Received, expected: String) -> Outcome {
    let message = message(world, wanted).await?;
    let seen = message.segment(&name, 1).map_or_else(|| "nothing".to_owned(), |s| hl7::show::bytes(s.bytes()));
    if seen == expected { Ok(()) } else { failed("", expected, seen) }
}

/// The value of the OBX of type RP: a beginning, then so many hexadecimal digits (ORU-DOC-09).
#[then(expr = "the link of the {message} is {string} and {int} characters of 0-9A-F")]
async fn link(world: &mut World, wanted: Received, beginning: String, count: usize) -> Outcome {
    let message = message(world, wanted).await?;
    let pointer = message.segments().find(|segment| segment.field(2).raw() == Some(b"RP"));
    let link = pointer.and_then(|segment| segment.field(5).raw()).unwrap_or_default();
    let token = link.strip_prefix(beginning.as_bytes()).unwrap_or_default();
    if token.len() == count && token.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F')) {
        return Ok(());
    }
    failed("ORU-DOC-09", format!("{beginning} and {count} characters of 0-9A-F"), hl7::show::bytes(link))
}

/// The value there has the form of a GUID in upper case, 8-4-4-4-12 (MDM-TXA-12).
#[then(expr = "the {message} has a GUID in upper case in {word}")]
async fn guid(world: &mut World, wanted: Received, path: String) -> Outcome {
    let message = message(world, wanted).await?;
    let seen = message.raw(&path).map_or_else(String::new, hl7::show::bytes);
    let groups: Vec<usize> = seen.split('-').map(str::len).collect();
    let digits = seen.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F' | b'-'));
    if groups == [8, 4, 4, 4, 12] && digits { Ok(()) } else { failed("MDM-TXA-12", "a GUID in upper case", seen) }
}

/// OBX-5.5 of type ED, decoded, has the bytes of the report that IRIS holds (ORU-RCV-07).
#[then(expr = "the PDF of the {message} is the report that IRIS holds")]
async fn pdf(world: &mut World, wanted: Received) -> Outcome {
    let message = message(world, wanted).await?;
    let number = (1..=message.count("OBX")).find(|n| message.raw(&format!("OBX[{n}]-2")) == Some(b"ED"));
    let data = number.and_then(|n| message.raw(&format!("OBX[{n}]-5.5"))).unwrap_or_default();
    let seen = BASE64_STANDARD.decode(data);
    let held = world.cloud()?.report(&placer(&world.last_order()?.content)).unwrap_or_default();
    match seen {
        Ok(seen) if seen == held && held.starts_with(b"%PDF-") => Ok(()),
        Ok(seen) => {
            failed("ORU-DOC-12", format!("a PDF of {} bytes", held.len()), format!("{} other bytes", seen.len()))
        }
        Err(problem) => failed("ORU-DOC-11", "base64", problem),
    }
}

/// Every message of the kind received so far has another value there.
#[then(expr = "no two {kind} have the same value in {word}")]
async fn all_different(world: &mut World, kind: Kind, path: String) -> Outcome {
    let values: Vec<String> = world.journal.read(|events| {
        let messages = received(events, kind.name()).into_iter().filter_map(|content| Message::parse(content).ok());
        messages.map(|message| message.raw(&path).map_or_else(String::new, hl7::show::bytes)).collect()
    });
    let different: std::collections::HashSet<&String> = values.iter().collect();
    if different.len() == values.len() { Ok(()) } else { failed("", "different values", values.join(", ")) }
}

/// The lines of the narrative, all of them: columns text (decoded) and requirement.
#[then(expr = "the narrative of the {message} reads")]
async fn narrative(world: &mut World, wanted: Received, step: &Step) -> Outcome {
    let seen = lines(&message(world, wanted).await?);
    let expected = rows(step, ["text", "requirement"])?;
    for (number, [text, requirement]) in (1..).zip(&expected) {
        let line = seen.get(number - 1).map_or("nothing", String::as_str);
        if line != *text {
            let requirement = requirement.split_whitespace().next().unwrap_or_default();
            return failed(requirement, format!("line {number}: `{text}`"), format!("`{line}`"));
        }
    }
    if seen.len() == expected.len() {
        return Ok(());
    }
    failed("ORU-NAR-32", format!("{} lines", expected.len()), format!("{} lines", seen.len()))
}

/// One line of the narrative, counted from 1, decoded.
#[then(expr = "line {int} of the narrative of the {message} reads {string}")]
async fn narrative_line(world: &mut World, number: usize, wanted: Received, expected: String) -> Outcome {
    let seen = lines(&message(world, wanted).await?);
    let line = number.checked_sub(1).and_then(|index| seen.get(index)).map_or("nothing", String::as_str);
    if line == expected { Ok(()) } else { failed("", format!("line {number}: `{expected}`"), format!("`{line}`")) }
}

/// The segments of the discrete block, as bytes, equal the scenario's snapshot: OBX of value type ST with their NTE.
#[then(expr = "the discrete block of the {message} matches the snapshot {string}")]
async fn discrete(world: &mut World, wanted: Received, name: String) -> Outcome {
    let message = message(world, wanted).await?;
    let mut block = Vec::new();
    let mut inside = false;
    for segment in message.segments() {
        inside = match segment.name() {
            b"OBX" => segment.field(2).raw() == Some(b"ST"),
            b"NTE" => inside && segment.bytes().iter().filter(|byte| **byte == b'|').count() == 3,
            _ => false,
        };
        if inside {
            block.extend_from_slice(segment.bytes());
            block.push(b'\r');
        }
    }
    snapshot::check(world, &name, "DISC-150", &block)
}

/// The codes of FT1-19, in their order, set apart by ", "; "none" for an empty field.
#[then(expr = "the {message} lists the diagnosis codes {string}")]
async fn codes(world: &mut World, wanted: Received, expected: String) -> Outcome {
    let message = message(world, wanted).await?;
    let field = message.raw("FT1-19").unwrap_or_default();
    let repetitions = field.split(|byte| *byte == b'~').filter(|repetition| !repetition.is_empty());
    let codes = repetitions.map(|repetition| {
        String::from_utf8_lossy(repetition.split(|byte| *byte == b'^').next().unwrap_or_default()).into_owned()
    });
    let codes: Vec<String> = codes.collect();
    let seen = if codes.is_empty() { "none".to_owned() } else { codes.join(", ") };
    if seen == expected { Ok(()) } else { failed("ICD-040", expected, seen) }
}

async fn message(world: &World, wanted: Received) -> Result<Message, Stop> {
    let mut content = world.first(wanted.kind).await?;
    if wanted.last {
        let name = wanted.kind.name();
        content = world.journal.read(|events| received(events, name).last().map_or(content, |last| last.to_vec()));
    }
    Message::parse(content).map_err(error)
}

/// The texts of the narrative, whether it is sent as lines, in one OBX, or as NTE.
fn lines(message: &Message) -> Vec<String> {
    let delimiters = message.delimiters();
    let text = |raw: &[u8]| String::from_utf8_lossy(&hl7::unescape(raw, &delimiters)).into_owned();
    let mut lines = Vec::new();
    for segment in message.segments() {
        let field = |index| segment.field(index).raw().unwrap_or_default();
        match segment.name() {
            b"OBX" if field(2) == b"FT" => {
                let value = String::from_utf8_lossy(field(5)).into_owned();
                lines.extend(value.split(r"\.br\").map(|line| text(line.as_bytes())));
            }
            b"NTE" if field(11) != b"" => lines.push(text(field(3))),
            _ => {}
        }
    }
    lines
}

/// The rows below a table's header, which must be these columns.
fn rows<'a, const N: usize>(step: &'a Step, columns: [&str; N]) -> Result<Vec<[&'a String; N]>, Stop> {
    let rows = step.table.as_ref().map_or(&[][..], |table| &table.rows);
    let wrong = || Stop::Error(format!("the step's table needs the columns {}", columns.join(", ")));
    let (header, rows) = rows.split_first().ok_or_else(wrong)?;
    if *header != columns {
        return Err(wrong());
    }
    rows.iter().map(|row| row.iter().collect::<Vec<_>>().try_into().map_err(|_| wrong())).collect()
}
