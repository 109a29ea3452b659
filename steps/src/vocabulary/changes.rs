//! Many variants of one order in a scenario: a table with a row for each, sent one after the other on one connection.

use cucumber::gherkin::Step;
use cucumber::{then, when};
use emr::{Cut, OrdersConnection};
use hl7::Message;
use journal::{Direction, Event, Link, Peer};

use super::parameters::Kind;
use super::{acknowledgement, frames};
use crate::report::probes::PROBE;
use crate::world::{Outcome, SentOrder, Stop, World, error, failed};

/// The columns of a table of changes; only `requirement` must be there.
const COLUMNS: [&str; 6] = ["requirement", "segments", "path", "value", "ends", "answer"];

/// Sends one order a row, all on one connection, each with a control id and an order number of its own. What changes:
/// `segments` all segments in their order (a name that the order has not is a segment `NAME|1|text`), `path` and `value` one
/// element (raw; [0xE9] is a byte), or several (`MSH-5 PID-20..30`) with one value or values set apart by " ; ", `ends` text
/// behind every segment. `answer` (AA if left out): `AE 101 PID-5` is code, error of table 0357 and place in ERR, the last two
/// optional; ` or ` sets answers apart; `no AA` allows silence; `recorded` takes anything and reports it (`--json`, probes).
/// IRIS gets every forwarded order as the EMR sent it, takes what is answered AA and nothing else, and its answer comes back
/// byte for byte (CON-030, CON-031, TOP-010, ACK-022, ACK-023).
#[then(expr = "each of these changes to the order {string} gets its answer")]
async fn each(world: &mut World, name: String, step: &Step) -> Outcome {
    let base = world.message(&name)?;
    let mut connection = None;
    for (number, change) in (1..).zip(changes(step)?) {
        let content = change.applied_to(&base, number)?;
        change.exchange(world, &mut connection, content).await.map_err(|stop| change.blamed(stop))?;
    }
    close(connection).await;
    Ok(())
}

/// Sends one order a row as "each of these changes" does, all of which IRIS must take; the last one has the changes of all rows.
#[when(expr = "the EMR sends the order {string} with each of these values, and then with all of them")]
async fn each_and_all(world: &mut World, name: String, step: &Step) -> Outcome {
    each(world, name.clone(), step).await?;
    let changes = changes(step)?;
    let mut content = numbered(&world.message(&name)?, 0)?;
    for change in &changes {
        change.set(&mut content)?;
    }
    let all = Change { requirement: "ORM-TOL-002", answer: "AA", ..Change::default() };
    let mut connection = None;
    all.exchange(world, &mut connection, content.into_bytes()).await?;
    close(connection).await;
    world.marks = changes.iter().flat_map(Change::marks).collect();
    Ok(())
}

/// IRIS hands over a message of features/messages once a row, changed as in "each of these changes to the order" (columns requirement,
/// path, value), and the EMR receives it byte for byte: whatever it holds, the proxy reads nothing of it (TOP-010).
#[then(expr = "each of these changes to the {kind} {string} reaches the EMR byte for byte")]
async fn each_result(world: &mut World, kind: Kind, name: String, step: &Step) -> Outcome {
    let base = world.message(&name)?;
    for (number, change) in changes(step)?.iter().enumerate() {
        let mut message = Message::parse(base.clone()).map_err(error)?;
        change.set(&mut message)?;
        let content = message.into_bytes();
        let before = world.journal.read(|events| frames(events, Link::Results, Direction::In).count());
        let cloud = world.cloud()?;
        cloud.signal(&cloud.prepare(kind.0, content.clone())).map_err(error)?;
        let next = |events: &[Event]| frames(events, Link::Results, Direction::In).nth(before).map(<[u8]>::to_vec);
        let came = world.expect("TOP-010", format!("message {}", number + 1), next, |_| "none".to_owned()).await;
        let came = came.map_err(|stop| change.blamed(stop))?;
        if came != content {
            let differs = failed("TOP-010", "the bytes that IRIS handed over", hl7::diff(&content, &came));
            return differs.map_err(|stop| change.blamed(stop));
        }
    }
    Ok(())
}

/// Of the values of "with each of these values" nothing is in any result, document or charge: no run of letters and digits
/// that is longer than three.
#[then(expr = "no message to the EMR holds any of these values")]
async fn returned_nowhere(world: &mut World) -> Outcome {
    let sent: Vec<Vec<u8>> = world
        .journal
        .read(|events: &[Event]| frames(events, Link::Results, Direction::In).map(<[u8]>::to_vec).collect());
    if sent.is_empty() || world.marks.is_empty() {
        return Err(Stop::Blocked("there are no values to look for, or no messages to look into".to_owned()));
    }
    for (requirement, place, mark) in &world.marks {
        let holds = |content: &&Vec<u8>| content.windows(mark.len()).any(|window| window == mark.as_bytes());
        if let Some(content) = sent.iter().find(holds) {
            let seen = Message::parse(content.clone()).map(|message| message.message_type().0).unwrap_or_default();
            return failed(requirement, format!("`{mark}` of {place} in no message"), format!("it is in the {seen}"));
        }
    }
    Ok(())
}

/// One row.
#[derive(Clone, Copy, Default)]
struct Change<'a> {
    requirement: &'a str,
    segments: &'a str,
    path: &'a str,
    value: &'a str,
    ends: &'a str,
    answer: &'a str,
}

fn changes(step: &Step) -> Result<Vec<Change<'_>>, Stop> {
    let rows = step.table.as_ref().map_or(&[][..], |table| &table.rows);
    let (header, rows) = rows.split_first().ok_or_else(|| Stop::Error("the step needs a table".to_owned()))?;
    let unknown = header.iter().find(|name| !COLUMNS.contains(&name.as_str()));
    if unknown.is_some() || !header.iter().any(|name| name == "requirement") {
        let columns = COLUMNS.join(", ");
        return Err(Stop::Error(format!(
            "the table has the column requirement, and of these what it needs: {columns}"
        )));
    }
    Ok(rows
        .iter()
        .map(|row| {
            let cell = |name| header.iter().position(|column| column == name).and_then(|at| row.get(at));
            let text = |name| cell(name).map_or("", String::as_str);
            Change {
                requirement: text("requirement"),
                segments: text("segments"),
                path: text("path"),
                value: text("value"),
                ends: text("ends"),
                answer: Some(text("answer")).filter(|answer| !answer.is_empty()).unwrap_or("AA"),
            }
        })
        .collect())
}

/// The order with a control id and an order number of its own, so that none is taken for the repetition of another.
pub(super) fn numbered(base: &[u8], number: usize) -> Result<Message, Stop> {
    let mut message = Message::parse(base).map_err(error)?;
    for (path, text) in [("MSH-10", format!("R{number}")), ("ORC-2.1", format!("20170410{number:05}"))] {
        message.set(&path.parse().map_err(error)?, text.as_bytes()).map_err(error)?;
    }
    Ok(message)
}

impl Change<'_> {
    /// The changed order. Without MSH there are no paths.
    fn applied_to(&self, base: &[u8], number: usize) -> Result<Vec<u8>, Stop> {
        let mut message = numbered(base, number)?;
        if !self.segments.is_empty() || !self.ends.is_empty() {
            let content = self.segmented(&message)?;
            message = match Message::parse(content.clone()) {
                Ok(message) => message,
                Err(_) if self.path.is_empty() => return Ok(content),
                Err(problem) => return Err(error(problem)),
            };
        }
        self.set(&mut message)?;
        Ok(message.into_bytes())
    }

    fn segmented(&self, message: &Message) -> Result<Vec<u8>, Stop> {
        let field = char::from(message.delimiters().field);
        let mut segments: Vec<Vec<u8>> = message.segments().map(|segment| segment.bytes().to_vec()).collect();
        if !self.segments.is_empty() {
            let named = |name: &str| match message.segment(name, 1) {
                Some(segment) => segment.bytes().to_vec(),
                None => format!("{name}{field}1{field}text").into_bytes(),
            };
            segments = self.segments.split_whitespace().map(named).collect();
        }
        let ends = super::transport::bytes(self.ends, |_| None)?.concat();
        Ok(segments.into_iter().flat_map(|segment| [&segment[..], &ends, b"\r"].concat()).collect())
    }

    fn set(&self, message: &mut Message) -> Outcome {
        let paths = self.paths()?;
        let values: Vec<&str> = self.value.split(" ; ").collect();
        for (index, path) in paths.iter().enumerate() {
            let value = if values.len() == paths.len() { values[index] } else { self.value };
            let raw = super::transport::bytes(value, |_| None)?.concat();
            message.set(&path.parse().map_err(error)?, &raw).map_err(error)?;
        }
        Ok(())
    }

    /// `PID-20..22` stands for three paths.
    fn paths(&self) -> Result<Vec<String>, Stop> {
        let mut paths = Vec::new();
        for path in self.path.split_whitespace() {
            let Some((first, last)) = path.split_once("..") else {
                paths.push(path.to_owned());
                continue;
            };
            let (stem, first) = first.split_at(first.rfind(['-', '.']).map_or(0, |at| at + 1));
            let wrong = || error(format!("`{path}` is no range of paths such as PID-20..30"));
            let range: (usize, usize) = (first.parse().map_err(|_| wrong())?, last.parse().map_err(|_| wrong())?);
            paths.extend((range.0..=range.1).map(|number| format!("{stem}{number}")));
        }
        Ok(paths)
    }

    /// What to look for in messages to the EMR: requirement, path and text.
    fn marks(&self) -> Vec<(String, String, String)> {
        let words = self.value.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() > 3);
        let of = |word: &str| (self.id().to_owned(), self.path.to_owned(), word.to_owned());
        words.map(of).collect()
    }

    fn id(&self) -> &str {
        self.requirement.split_whitespace().next().unwrap_or_default()
    }

    /// A failure names the row: the first requirement of it, and what was changed.
    fn blamed(&self, stop: Stop) -> Stop {
        let parts = [("", self.segments), ("", self.path), ("= ", self.value), ("ends ", self.ends)];
        let parts = parts.iter().filter(|(_, text)| !text.is_empty()).map(|(word, text)| format!("{word}`{text}`"));
        let what = parts.collect::<Vec<_>>().join(" ");
        match stop {
            Stop::Failed { requirement, expected, seen } => Stop::Failed {
                requirement: self.id().to_owned(),
                expected: format!("{what}: {expected} ({requirement})"),
                seen,
            },
            Stop::Blocked(why) => Stop::Blocked(format!("{what}: {why}")),
            Stop::Error(why) => Stop::Error(format!("{} {what}: {why}", self.requirement)),
            skipped @ Stop::Skipped(_) => skipped,
        }
    }

    /// Sends the order and checks what comes of it.
    async fn exchange(&self, world: &mut World, open: &mut Option<OrdersConnection>, content: Vec<u8>) -> Outcome {
        let before = world.cloud()?.submissions().len();
        let mut connection = match open.take() {
            Some(connection) => connection,
            None => world.connect_orders().await?,
        };
        let answer = connection.order(&content, &Cut::Whole, world.deadline()).await.map_err(|e| e.to_string());
        match answer {
            Ok(_) => *open = Some(connection),
            Err(_) => connection.close().await, // the next order has a new one
        }
        let order = SentOrder { content, answer };
        let accepted = self.check_answer(world, &order)?;
        check_submission(world, before, &order, accepted)?;
        world.remember_canaries(&order.content);
        world.orders.push(order);
        Ok(())
    }

    /// Whether the order is answered AA, if the row allows what is seen.
    fn check_answer(&self, world: &World, order: &SentOrder) -> Result<bool, Stop> {
        let seen = match &order.answer {
            Ok(answer) => hl7::show::excerpt(answer, 0, 400),
            Err(why) => why.clone(),
        };
        let read = order.answer.as_deref().ok().and_then(|answer| hl7::ack::read_order_response(answer).ok());
        let accepted = read.is_some_and(|ack| ack.code.is_positive());
        if self.answer == "recorded" {
            let data = serde_json::json!({ "path": self.path, "value": self.value, "answer": seen });
            world.journal.fact(Peer::Harness, PROBE, self.id(), data);
            return Ok(accepted);
        }
        if self.answer == "no AA" {
            return if accepted { failed("ACK-025", self.answer, seen) } else { Ok(false) };
        }
        let (ack, message) = acknowledgement::of(order)?;
        for allowed in self.answer.split(" or ") {
            if acknowledgement::says(&ack, &message, allowed)? {
                return Ok(accepted);
            }
        }
        failed(if self.answer == "AA" { "ACK-021" } else { "ACK-023" }, self.answer, seen)
    }
}

/// What IRIS got and made of the order fits the answer to the EMR.
fn check_submission(world: &World, before: usize, order: &SentOrder, accepted: bool) -> Outcome {
    let submissions = world.cloud()?.submissions();
    let submission = match &submissions[before..] {
        [] if accepted => return failed("ACK-022", "the order at IRIS", "IRIS received nothing"),
        [] => return Ok(()),
        [one] => one,
        several => return failed("CON-030", "the order once at IRIS", format!("{} times", several.len())),
    };
    if submission.content != order.content {
        return failed("TOP-010", "the order's bytes at IRIS", hl7::diff(&order.content, &submission.content));
    }
    let answer = order.answer.as_deref().unwrap_or_default();
    if !answer.is_empty() && submission.ack != answer {
        return failed("CON-031", "the bytes of IRIS's acknowledgement", hl7::diff(&submission.ack, answer));
    }
    match (accepted, submission.outcome) {
        (true, "refused") => failed("ACK-022", "an order that IRIS took", "IRIS refused it"),
        (false, taken) if taken != "refused" => failed("ACK-023", "no order at IRIS", format!("an order {taken}")),
        _ => Ok(()),
    }
}

async fn close(connection: Option<OrdersConnection>) {
    if let Some(connection) = connection {
        connection.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &[u8] =
        b"MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|254|T|2.4\rPID|1||||DOE^JOHN\rORC|NW|1^EPC\r";

    fn applied(change: Change) -> String {
        String::from_utf8(change.applied_to(ORDER, 7).unwrap()).unwrap()
    }

    #[test]
    fn a_change_sets_every_path_and_numbers_the_order() {
        let changed = applied(Change { path: "PID-6..7 PID-9", value: "X", ..Change::default() });
        assert!(changed.contains("\rPID|1||||DOE^JOHN|X|X||X\r"), "{changed}");
        assert!(changed.contains("|R7|T|2.4\r") && changed.contains("\rORC|NW|2017041000007^EPC\r"), "{changed}");
        let two = applied(Change { path: "PID-5.1 PID-5.2", value: "ROE[0x20] ; ", ..Change::default() });
        assert!(two.contains("|ROE ^"), "{two}");
    }

    #[test]
    fn segments_are_taken_from_the_order_or_made_and_each_gets_the_ending() {
        let change =
            Change { segments: "MSH ZZZ PID PID", path: "PID[2]-5", value: "ROE", ends: "|", ..Change::default() };
        let header = "MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836||ORM^O01|R7|T|2.4|\r";
        assert_eq!(applied(change), format!("{header}ZZZ|1|text|\rPID|1||||DOE^JOHN|\rPID|1||||ROE|\r"));
        assert_eq!(applied(Change { segments: "PID", ..Change::default() }), "PID|1||||DOE^JOHN\r");
    }
}
