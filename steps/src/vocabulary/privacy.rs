//! What the proxy must not keep or tell (TOP-060, TOP-065). Every scenario is searched when it ends; these steps do it
//! where a scenario is about it.

use cucumber::{then, when};
use emr::{Cut, Patient};
use hl7::Message;
use journal::{Direction, Event, Link, Peer, What};
use results::{Eye, Finding, Grading, Level, Plan};

use super::results::placer;
use crate::proxy::Searcher;
use crate::world::{Outcome, Stop, World, error, failed};

/// Fields of segments that an order of a synthetic patient has already, each of which gets a value of its own. What IRIS
/// looks up or reads as a code, a date or a number keeps its value.
const FIELDS: &str = "PID-4 PID-5.3 PID-5.4 PID-5.5 PID-6.1 PID-6.2 PID-9.1 PID-9.2 PID-11.2 PID-11.9 PID-12 PID-13.4 PID-14 \
    PID-16 PID-17 PID-20 PID-21 PID-23 PID-28 PV1-5 PV1-7.1 PV1-7.2 PV1-7.3 PV1-8.1 PV1-8.2 PV1-9.1 PV1-9.2 PV1-17.2 PV1-19 \
    PV1-50 ORC-4 ORC-10.2 ORC-10.3 ORC-12.2 ORC-12.3 OBR-13 OBR-16.2 OBR-16.3 OBR-31 DG1-3.2 DG1-4";

/// Segments with further values of their own in place of `?`, and the segment behind which they stand.
const SEGMENTS: [(&str, &[&str]); 3] = [
    ("MSH", &["NTE|1||?"]),
    (
        "PID",
        &[
            "PD1||||?^?^?",
            "NTE|1||?~?",
            "NK1|1|?^?|SPO|?^?^?^WA^98104|?|?",
            "GT1|1|?|?^?||?^?^?^WA^98104|?|?||||||?",
            "IN1|1|?|?|?|?^?|?^?|?|?|?|?|||?|||?^?|||?^?|||||||||||||||||?|||||||||||||?",
            "AL1|1|DA|?^?",
        ],
    ),
    ("OBR", &["NTE|1||?", "OBX|1|ST|?^?||?||||||F"]),
];

/// Sends an order in which every field that can hold something about a patient has a value that is found nowhere else.
#[when(expr = "the EMR orders an exam with a value of its own in every field")]
async fn order_marked(world: &mut World) -> Outcome {
    let seed = world.seed.derive("marked");
    let mut values = Vec::new();
    let mut fresh = |place: &str| {
        values.push(format!("Q{}", seed.hex(&format!("{place} {}", values.len()), 13)));
        values[values.len() - 1].clone()
    };
    let patient = Patient::synthetic(seed);
    let order = patient.order("NW", &format!("C{}", seed.hex("control id", 12)), world.clock.now()).map_err(error)?;
    let mut order = Message::parse(order).map_err(error)?;
    for path in FIELDS.split_whitespace() {
        order.set(&path.parse().map_err(error)?, fresh(path).as_bytes()).map_err(error)?;
    }
    let mut text = String::new();
    for segment in String::from_utf8(order.into_bytes()).map_err(error)?.split_terminator('\r') {
        text += &format!("{segment}\r");
        let behind = SEGMENTS.iter().filter(|(name, _)| segment.starts_with(name)).flat_map(|(_, more)| more.iter());
        for pattern in behind {
            let mut parts = pattern.split('?');
            text += parts.next().unwrap_or_default();
            parts.for_each(|part| text += &format!("{}{part}", fresh(pattern)));
            text.push('\r');
        }
    }
    world.canaries.extend(patient.canaries());
    world.canaries.extend(values);
    world.send_order(text.into_bytes(), &Cut::Whole).await
}

/// The last order is graded with a text of its own in findings, care plan, instructions and comments. From now on parts of its
/// report count among what must leave no trace.
#[when(expr = "the exam is graded with a value of its own in every text")]
async fn graded_marked(world: &mut World) -> Outcome {
    let texts: Vec<String> = (0..6).map(|n| format!("Q{}", world.seed.hex(&format!("grading {n}"), 13))).collect();
    let other =
        |text: &String| Finding { finding: "Other".to_owned(), result: Some(text.clone()), level: Some(Level::Severe) };
    let base = results::grading_by_name("normal in both eyes").ok_or_else(|| error("no normal grading"))?;
    let grading = Grading {
        right: Eye::Gradable(vec![other(&texts[0])]),
        left: Eye::Ungradable { reason: Some(texts[1].clone()) },
        plan: Some(Plan { name: texts[2].clone(), text: texts[3].clone() }),
        notes: texts[4..].to_vec(),
        ..base
    };
    let order = placer(&world.last_order()?.content);
    world.canaries.extend(texts);
    world.cloud()?.grade(&order, &grading).map_err(|e| Stop::Blocked(e.to_string()))?;
    let report = world.cloud()?.report(&order).ok_or_else(|| Stop::Blocked("the order has no report".to_owned()))?;
    // from the middle: the beginning of a PDF is like that of others
    let parts = [1, 2, 3].map(|quarter| report.len() * quarter / 4).map(|at| report[at..at + 32].to_vec());
    world.fragments.extend(parts);
    Ok(())
}

/// Nothing of any patient of the scenario, and no secret, is or was in a file, an open file without a name, the output, the command
/// line or the environment of the proxy; a file at the path of a delivery is none of these (TOP-066).
#[then(expr = "the proxy has left no trace of the patient on its host")]
async fn no_trace(world: &mut World) -> Outcome {
    if world.canaries.is_empty() {
        return Err(Stop::Blocked("the scenario has no canary values to search for".to_owned()));
    }
    world.proxy()?;
    match world.search_for_traces()?.first() {
        None => Ok(()),
        Some(trace) => {
            failed("TOP-060", "no trace", format!("{} at offset {} of {}", trace.value, trace.offset, trace.place))
        }
    }
}

/// IRIS learns something of a patient by an order and the receipt of a delivery alone: no address and header of any request, no
/// body of another one, no frame to the bus (dead letters, properties, names of links) and no server name of TLS holds a value.
#[then(expr = "the proxy tells IRIS of the patient by orders and receipts alone")]
async fn no_trace_in_requests(world: &mut World) -> Outcome {
    let searcher = Searcher::new(&world.values_of_patients()).map_err(error)?;
    let mut told: Vec<(String, Vec<u8>)> = Vec::new();
    for request in world.cloud()?.requests().await {
        let name = format!("{} {}", request.method, request.url.path());
        told.push((format!("the address {}", request.url), request.url.to_string().into_bytes()));
        for (header, value) in &request.headers {
            told.push((format!("the header {header} of {name}"), value.as_bytes().to_vec()));
        }
        let path = request.url.path();
        let may = path.ends_with("/orders") || path.ends_with("/receipt") || path.ends_with(".hl7");
        if !may {
            told.push((format!("the body of {name}"), request.body));
        }
    }
    told.extend(world.journal.read(on_connections));
    for (place, bytes) in told {
        if let Some((trace, _)) = searcher.find(&bytes).first() {
            return failed("TOP-065", "no trace", format!("{trace} in {place}"));
        }
    }
    Ok(())
}

/// What the proxy sent to the bus, connection by connection, and whom it asked for when it connected.
fn on_connections(events: &[Event]) -> Vec<(String, Vec<u8>)> {
    let mut told = std::collections::BTreeMap::<u64, Vec<u8>>::new();
    let mut names = Vec::new();
    for event in events.iter().filter(|event| event.peer == Peer::Cloud) {
        match &event.what {
            What::Bytes { link: Link::Amqp, connection, direction: Direction::In, bytes, .. } => {
                told.entry(*connection).or_default().extend(bytes);
            }
            What::Opened { remote, .. } => {
                names.push(("the name asked for by TLS".to_owned(), remote.clone().into_bytes()))
            }
            _ => {}
        }
    }
    names.into_iter().chain(told.into_values().map(|bytes| ("what was sent to the bus".to_owned(), bytes))).collect()
}

/// The last order's report is the only file below the results folder that holds something of the patient, and it lies at this path
/// (TOP-066). `{patientLastName}`, `{patientLocalId}` and `{orderLocalId}` stand for the patient's values.
#[then(expr = "below the results folder the patient is in {string} alone")]
async fn there_alone(world: &mut World, path: String) -> Outcome {
    let order = Message::parse(world.last_order()?.content.clone()).map_err(error)?;
    let mut wanted = path;
    for (token, field) in [("patientLastName", "PID-5.1"), ("patientLocalId", "PID-3.1"), ("orderLocalId", "ORC-2.1")] {
        wanted = wanted.replace(&format!("{{{token}}}"), &order.text(field).unwrap_or_default());
    }
    let report = world.cloud()?.report(&placer(order.bytes())).unwrap_or_default();
    let searcher = Searcher::new(&world.values_of_patients()).map_err(error)?;
    let root = world.results_folder()?.to_owned();
    let mut seen = Vec::new();
    // beside the results folder nothing may be written
    for entry in walkdir::WalkDir::new(root.parent().unwrap_or(&root)).into_iter() {
        let entry = entry.map_err(error)?;
        if entry.file_type().is_file() {
            let name = entry.path().strip_prefix(&root).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
            let content = std::fs::read(entry.path()).map_err(error)?;
            let traced = !searcher.find(&content).is_empty() || !searcher.find(name.as_bytes()).is_empty();
            if traced || content == report {
                seen.push(if content == report { name } else { format!("{name}, which is not the report") });
            }
        }
    }
    if seen == [wanted.as_str()] { Ok(()) } else { failed("TOP-066", format!("{wanted} alone"), seen.join(", ")) }
}

/// The last answer to an order holds none of the patient's values; its control id is the EMR's own and may stand there.
#[then(expr = "the ACK names no value of the patient beyond its control id")]
async fn no_trace_in_ack(world: &mut World) -> Outcome {
    let order = world.last_order()?;
    let Ok(answer) = &order.answer else { return failed("ACK-020", "one answer to the order", "none") };
    match Searcher::new(&world.values_of_patients()).map_err(error)?.find(answer).first() {
        None => Ok(()),
        Some((canary, _)) => {
            failed("CON-032", "a reason without patient data", format!("{canary} in {}", hl7::show::bytes(answer)))
        }
    }
}
