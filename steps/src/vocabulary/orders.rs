//! Orders: what the EMR sends, what IRIS gets, what the EMR is answered.

use cucumber::{given, then, when};
use emr::{Cut, Patient};
use hl7::Message;
use hl7::ack::Code;
use journal::Peer;

use super::{acknowledgement, facts, seen_facts};
use crate::report::probes::PROBE;
use crate::snapshot;
use crate::world::{Outcome, SentOrder, Stop, World, error, failed};

/// Sends a message of features/messages over a connection of its own and waits for the answer.
#[when(expr = "the EMR sends the order {string}")]
async fn send(world: &mut World, name: String) -> Outcome {
    let content = world.message(&name)?;
    world.send_order(content, &Cut::Whole).await
}

/// The same, one element changed; the value is raw HL7, and [0xE9] in it stands for that byte.
#[when(expr = "the EMR sends the order {string} with {word} set to {string}")]
async fn send_changed(world: &mut World, name: String, path: String, value: String) -> Outcome {
    let content = changed(&world.message(&name)?, &path, &value)?;
    world.send_order(content, &Cut::Whole).await
}

/// The same without a segment.
#[when(expr = "the EMR sends the order {string} without the segment {word}")]
async fn send_without(world: &mut World, name: String, segment: String) -> Outcome {
    let mut message = Message::parse(world.message(&name)?).map_err(error)?;
    if !message.remove_segment(&segment, 1) {
        return Err(error(format!("{name} has no segment {segment}")));
    }
    world.send_order(message.into_bytes(), &Cut::Whole).await
}

/// The same with these diagnoses in its DG1 segments, codes set apart by ", "; "none" for no DG1.
#[when(expr = "the EMR sends the order {string} with the diagnoses {string}")]
async fn send_diagnosed(world: &mut World, name: String, codes: String) -> Outcome {
    let mut message = Message::parse(world.message(&name)?).map_err(error)?;
    while message.remove_segment("DG1", 1) {}
    for (code, number) in codes.split(", ").filter(|code| *code != "none").zip(1..) {
        let last = message.segments().count();
        message.insert_segment(last, format!("DG1|{number}|ICD10|{code}^Text of {code}^I10|Text of {code}").as_bytes());
    }
    world.send_order(message.into_bytes(), &Cut::Whole).await
}

/// Sends an order with so much text in OBR-13 that the message has exactly this size in bytes (CON-021, CON-070).
#[when(expr = "the EMR sends the order {string} filled up to {int} bytes")]
async fn send_filled(world: &mut World, name: String, size: usize) -> Outcome {
    let bare = changed(&world.message(&name)?, "OBR-13", "")?;
    let text = size.checked_sub(bare.len()).ok_or_else(|| error(format!("{name} has {} bytes", bare.len())))?;
    let content = changed(&bare, "OBR-13", &"x".repeat(text))?;
    world.send_order(content, &Cut::Whole).await
}

/// Sends an order's frame in so many portions with a pause after each: a sender that is slow.
#[when(expr = "the EMR sends the order {string} in {int} portions, {int} ms apart")]
async fn send_slowly(world: &mut World, name: String, portions: usize, pause: u64) -> Outcome {
    let content = world.message(&name)?;
    let frame = mllp::frame(&content);
    let mut connection = world.connect_orders().await?;
    let deadline = world.deadline();
    // a task of its own: other scenarios must not slow the sender down further
    let sending = tokio::spawn(async move {
        for portion in frame.chunks(frame.len().div_ceil(portions.max(1))) {
            connection.send_raw(portion, &Cut::Whole).await.map_err(|e| e.to_string())?;
            tokio::time::sleep(std::time::Duration::from_millis(pause)).await; // the sender's own pace
        }
        let answer = connection.receive(deadline).await;
        connection.close().await;
        answer.map_err(|e| e.to_string())
    });
    let answer = sending.await.map_err(error)?;
    world.orders.push(SentOrder { content, answer });
    Ok(())
}

/// Sends a conforming order of a patient whose every value is unique, so that it can be searched for.
#[when(expr = "the EMR orders an exam for a synthetic patient")]
#[given(expr = "the EMR has ordered an exam for a synthetic patient")]
async fn order_synthetic(world: &mut World) -> Outcome {
    let (patient, content) = world.synthetic_order(&format!("patient {}", world.orders.len()))?;
    world.canaries.extend(patient.canaries());
    world.send_order(content, &Cut::Whole).await
}

/// Sends so many conforming orders one after the other on one connection.
#[when(expr = "the EMR orders {int} exams on one connection")]
async fn order_many(world: &mut World, count: usize) -> Outcome {
    let mut connection = world.connect_orders().await?;
    let sent = world.orders.len();
    for number in sent..sent + count {
        let (patient, content) = world.synthetic_order(&format!("patient {number}"))?;
        world.canaries.extend(patient.canaries());
        let answer = connection.order(&content, &Cut::Whole, world.deadline()).await;
        world.orders.push(SentOrder { content, answer: answer.map_err(|e| e.to_string()) });
    }
    connection.close().await;
    Ok(())
}

/// Sends so many conforming orders at the same time, each on a connection of its own.
#[when(expr = "the EMR orders {int} exams on connections of their own at the same time")]
async fn order_parallel(world: &mut World, count: usize) -> Outcome {
    let mut sending = Vec::new();
    let sent = world.orders.len();
    for number in sent..sent + count {
        let (patient, content) = world.synthetic_order(&format!("patient {number}"))?;
        world.canaries.extend(patient.canaries());
        let (mut connection, deadline) = (world.connect_orders().await?, world.deadline());
        sending.push(async move {
            let answer = connection.order(&content, &Cut::Whole, deadline).await;
            connection.close().await;
            SentOrder { content, answer: answer.map_err(|e| e.to_string()) }
        });
    }
    let sent = futures::future::join_all(sending).await;
    world.orders.extend(sent);
    Ok(())
}

/// Sends the same bytes as the last order again.
#[when(expr = "the EMR sends the same order again")]
async fn send_again(world: &mut World) -> Outcome {
    let content = world.last_order()?.content.clone();
    world.send_order(content, &Cut::Whole).await
}

/// Every order sent so far is answered AA, with its own control id (ACK-010, ACK-021).
#[then(expr = "every order is accepted")]
async fn all_accepted(world: &mut World) -> Outcome {
    world.orders.iter().try_for_each(|order| check_ack(order, "ACK-021", |code| code == Code::AA, "AA"))
}

/// The last order is answered AA, with its control id.
#[then(expr = "the order is accepted")]
pub(super) async fn accepted(world: &mut World) -> Outcome {
    check_ack(world.last_order()?, "ACK-021", |code| code == Code::AA, "AA")
}

/// The last order is answered AE or AR, with its control id.
#[then(expr = "the order is refused")]
async fn refused(world: &mut World) -> Outcome {
    check_ack(world.last_order()?, "ACK-023", |code| matches!(code, Code::AE | Code::AR), "AE or AR")
}

/// The last order is answered AA, AE or AR, with its control id; which it was is reported (`--json`, probes).
#[then(expr = "the order is answered")]
async fn answered(world: &mut World) -> Outcome {
    let order = world.last_order()?;
    check_ack(order, "ACK-020", |code| matches!(code, Code::AA | Code::AE | Code::AR), "AA, AE or AR")?;
    let seen = serde_json::json!({ "answer": hl7::show::excerpt(answer(order)?, 0, 400) });
    world.journal.fact(Peer::Harness, PROBE, "", seen);
    Ok(())
}

/// The last order is refused with this code and this error of table 0357, as IRIS wrote it.
#[then(expr = "the order is refused with {word} {int}")]
async fn refused_with(world: &mut World, code: String, number: u16) -> Outcome {
    let code: Code = code.parse().map_err(error)?;
    let (ack, answer) = acknowledgement::of(world.last_order()?)?;
    if acknowledgement::says(&ack, &answer, &format!("{code} {number}"))? {
        return Ok(());
    }
    failed("ACK-023", format!("MSA-1 {code} and error {number}"), hl7::show::bytes(answer.bytes()))
}

/// No AA came for the last order: a negative answer, silence or a closed connection are all allowed.
#[then(expr = "the order is not accepted")]
async fn not_accepted(world: &mut World) -> Outcome {
    let order = world.last_order()?;
    match order.answer.as_deref().map(hl7::ack::read_order_response) {
        Ok(Ok(ack)) if ack.code.is_positive() => {
            failed("ACK-025", "no positive answer", hl7::show::bytes(answer(order)?))
        }
        _ => Ok(()),
    }
}

/// The answer's bytes equal the scenario's snapshot.
#[then(expr = "the ACK matches the snapshot {string}")]
async fn ack_snapshot(world: &mut World, name: String) -> Outcome {
    let answer = answer(world.last_order()?)?;
    snapshot::check(world, &name, "CON-031", answer)
}

/// The answer to the last order is byte for byte what IRIS wrote (CON-031).
#[then(expr = "the EMR receives IRIS's answer byte for byte")]
async fn relayed(world: &mut World) -> Outcome {
    let seen = answer(world.last_order()?)?;
    let submissions = world.cloud()?.submissions();
    let expected = &submissions.last().ok_or_else(|| Stop::Blocked("IRIS has answered no order".to_owned()))?.ack;
    if expected == seen {
        return Ok(());
    }
    failed("CON-031", "the bytes of IRIS's acknowledgement", hl7::diff(expected, seen))
}

/// IRIS got each order's bytes exactly as the EMR sent them, each once (TOP-010, CON-030).
#[then(expr = "IRIS received exactly the bytes of every order")]
async fn received_exactly(world: &mut World) -> Outcome {
    let mut submitted: Vec<Vec<u8>> = world.cloud()?.submissions().into_iter().map(|s| s.content).collect();
    for order in &world.orders {
        match submitted.iter().position(|content| *content == order.content) {
            Some(index) => drop(submitted.remove(index)),
            None => {
                let seen = match submitted.first() {
                    Some(other) => hl7::diff(&order.content, other).to_string(),
                    None => "IRIS received nothing".to_owned(),
                };
                return failed("TOP-010", "the order's bytes at IRIS", seen);
            }
        }
    }
    match submitted.first() {
        None => Ok(()),
        Some(surplus) => {
            failed("CON-030", "each order once", format!("one more: {}", hl7::show::excerpt(surplus, 0, 80)))
        }
    }
}

/// Nothing was posted to IRIS as an order, and nothing is in the quiet period.
#[then(expr = "no order reaches IRIS")]
async fn none_reaches_iris(world: &mut World) -> Outcome {
    let posted = |events: &[journal::Event]| {
        events
            .iter()
            .any(|e| matches!(&e.what, journal::What::Fact { name, .. } if name.starts_with("order.")))
            .then(|| seen_facts(events, "order."))
    };
    world.expect_never("ACK-024", "no order at IRIS", posted).await
}

/// IRIS holds so many orders: accepted ones, repetitions counted once.
#[then(expr = "IRIS holds exactly {int} order(s)")]
async fn holds(world: &mut World, count: usize) -> Outcome {
    let held = world.journal.read(|events| facts(events, "order.accepted").len());
    if held == count {
        return Ok(());
    }
    failed(
        "ACK-022",
        format!("{count} orders at IRIS"),
        format!("{held}: {}", world.journal.read(|events| seen_facts(events, "order."))),
    )
}

/// IRIS took the last order as the cancellation of the order with this number.
#[then(expr = "IRIS has cancelled the order {string}")]
async fn cancelled(world: &mut World, placer: String) -> Outcome {
    let found =
        |events: &[journal::Event]| facts(events, "order.cancelled").iter().any(|(id, _)| *id == placer).then_some(());
    world
        .expect("ORM-OC-CA", format!("the cancellation of {placer} at IRIS"), found, |events| {
            seen_facts(events, "order.")
        })
        .await
}

fn answer(order: &SentOrder) -> Result<&[u8], Stop> {
    match &order.answer {
        Ok(answer) => Ok(answer),
        Err(why) => failed("ACK-020", "one answer to the order", why),
    }
}

fn check_ack(order: &SentOrder, requirement: &str, fits: impl Fn(Code) -> bool, expected: &str) -> Outcome {
    let (ack, answer) = acknowledgement::of(order)?;
    if fits(ack.code) {
        return Ok(());
    }
    failed(requirement, format!("MSA-1 {expected}"), format!("{} in {}", ack.code, hl7::show::bytes(answer.bytes())))
}

/// The message with one element changed; `[0xE9]` in the value stands for that byte.
fn changed(content: &[u8], path: &str, value: &str) -> Result<Vec<u8>, Stop> {
    let mut message = Message::parse(content).map_err(error)?;
    let path = path.parse().map_err(error)?;
    message.set(&path, &super::transport::bytes(value, |_| None)?.concat()).map_err(error)?;
    Ok(message.into_bytes())
}

impl World {
    /// A new connection to the proxy's orders port.
    ///
    /// # Errors
    /// [`Stop::Failed`] when the proxy does not listen.
    pub async fn connect_orders(&self) -> Result<emr::OrdersConnection, Stop> {
        match self.emr()?.connect(self.resolved_orders_address().await?).await {
            Ok(connection) => Ok(connection),
            Err(e) => failed("TOP-022", format!("the proxy listens for orders on {}", self.orders_address()), e),
        }
    }

    /// The address of the proxy's orders port.
    ///
    /// # Errors
    /// [`Stop::Error`] when its name cannot be resolved.
    pub async fn resolved_orders_address(&self) -> Result<std::net::SocketAddr, Stop> {
        let address = self.orders_address();
        let resolved = tokio::net::lookup_host(address).await.map_err(|e| error(format!("{address}: {e}")))?.next();
        resolved.ok_or_else(|| error(format!("{address} has no address")))
    }

    /// Sends an order on a connection of its own and keeps the answer.
    ///
    /// # Errors
    /// [`Stop::Failed`] when the proxy does not listen; a missing answer is kept for the steps that follow.
    pub async fn send_order(&mut self, content: Vec<u8>, cut: &Cut) -> Outcome {
        let mut connection = self.connect_orders().await?;
        self.remember_canaries(&content);
        let answer = connection.order(&content, cut, self.deadline()).await;
        connection.close().await;
        self.orders.push(SentOrder { content, answer: answer.map_err(|e| e.to_string()) });
        Ok(())
    }

    /// TOP-065: identifiers of published patients are rare enough to be searched for; their names are not.
    pub(super) fn remember_canaries(&mut self, content: &[u8]) {
        let Ok(message) = Message::parse(content) else { return };
        let values = ["PID-2.1", "PID-3.1", "PID-11.1", "PID-13.1", "PID-19", "ORC-2.1"];
        let values = values.iter().filter_map(|path| message.text(path)).filter(|value| value.len() >= 8);
        let values: Vec<String> = values.map(std::borrow::Cow::into_owned).collect();
        self.canaries.extend(values);
    }

    /// A synthetic patient that belongs to the scenario and a name, and a conforming order.
    ///
    /// # Errors
    /// [`Stop::Error`] when the order cannot be built.
    pub fn synthetic_order(&self, name: &str) -> Result<(Patient, Vec<u8>), Stop> {
        let seed = self.seed.derive(name);
        let patient = Patient::synthetic(seed);
        let control_id = format!("C{}", seed.hex("control id", 12));
        let content = patient.order("NW", &control_id, self.clock.now()).map_err(error)?;
        Ok((patient, content))
    }

    /// The order that was sent last.
    ///
    /// # Errors
    /// [`Stop::Blocked`] when none was sent.
    pub fn last_order(&self) -> Result<&SentOrder, Stop> {
        self.orders.last().ok_or_else(|| Stop::Blocked("no order was sent".to_owned()))
    }
}
