//! What holds for any sequence of inputs of two organizations that use the same ids.

use std::collections::{BTreeMap, BTreeSet};

use cloud::lifecycle::{Control, Input, Kind, Lifecycle, Numbers, Output, State};
use journal::{Clock, Seed};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{CLIENT, OTHER_CLIENT, at, image, normal, nw, organization, orm, set};

const ORDERS: [&str; 3] = ["A1", "B1", "C1"];
const PATIENTS: [&str; 2] = ["P1", "P2"];
const TYPES: [&[&str]; 3] = [&["DR"], &["SP"], &["DR", "SP"]];

/// Name and marker of each organization.
const ORGANIZATIONS: [(Uuid, &str); 2] = [(CLIENT, "ALPHA"), (OTHER_CLIENT, "BRAVO")];

#[derive(Clone, Debug)]
enum Step {
    Request { code: &'static str, order: usize, patient: usize, types: usize, images: bool },
    Orm { code: &'static str, order: usize, patient: usize, id: u32 },
    Image { order: usize, eye: &'static str },
    Grading { order: usize },
    Control { order: usize, which: usize },
    Outcome { nth: usize, accepted: bool },
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop::sample::select(vec!["NW", "NW", "NW", "XO", "CA", "ResendResult"]);
    let orm_code = prop::sample::select(vec!["NW", "NW", "XO", "CA"]);
    let eye = prop::sample::select(vec!["OD", "OS"]);
    prop_oneof![
        4 => (code, 0..3usize, 0..2usize, 0..3usize, any::<bool>())
            .prop_map(|(code, order, patient, types, images)| Step::Request { code, order, patient, types, images }),
        2 => (orm_code, 0..3usize, 0..2usize, 1..5u32)
            .prop_map(|(code, order, patient, id)| Step::Orm { code, order, patient, id }),
        3 => (0..3usize, eye).prop_map(|(order, eye)| Step::Image { order, eye }),
        5 => (0..3usize).prop_map(|order| Step::Grading { order }),
        3 => (0..3usize, 0..7usize).prop_map(|(order, which)| Step::Control { order, which }),
        2 => (0..3usize).prop_map(|order| Step::Control { order, which: 6 }),
        1 => (0..4usize, any::<bool>()).prop_map(|(nth, accepted)| Step::Outcome { nth, accepted }),
    ]
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    prop::collection::vec((0..2usize, step()), 1..40)
}

/// Both organizations, and what they have been told so far.
struct World {
    life: Lifecycle,
    deliveries: [Vec<Uuid>; 2],
}

impl World {
    fn new() -> World {
        // numbers of seven digits, which `masked` can tell from others
        let numbers = Numbers { order: 7_000_000, image: 8_000_000, patient: 9_000_000, ..Numbers::default() };
        let mut life = Lifecycle::new(Seed::new(7), Clock::fixed(at("2022-01-02T17:42:18Z")), numbers);
        for (guid, _) in ORGANIZATIONS {
            let mut organization = organization(guid);
            organization.settings = serde_yaml::from_str("{ events.for_hl7: true, deliver.file: true }").unwrap();
            organization.order_profile =
                serde_yaml::from_str("order_control: { NW: new, CA: cancel, XO: change }").unwrap();
            life.set_up(organization);
            for file in ["r", "l"] {
                life.handle(guid, Input::ImageStored { path: format!("images/{file}"), content: Vec::new() });
            }
        }
        World { life, deliveries: [Vec::new(), Vec::new()] }
    }

    fn take(&mut self, (who, step): &(usize, Step)) -> Vec<Output> {
        let out = self.life.handle(ORGANIZATIONS[*who].0, self.input(*who, step));
        let sent = out.iter().filter_map(|out| if let Output::Delivery(sent) = out { Some(sent.id) } else { None });
        self.deliveries[*who].extend(sent);
        out
    }

    fn input(&self, who: usize, step: &Step) -> Input {
        let (guid, marker) = ORGANIZATIONS[who];
        match step {
            Step::Request { code, order, patient, types, images } => {
                let mut request = set(nw(ORDERS[*order]), "/OrderControlCode", json!(code));
                request["ClientGuid"] = json!(guid);
                request["Patient"]["LocalId"] = json!(PATIENTS[*patient]);
                request["Patient"]["Name"] = json!({ "First": marker, "Last": format!("{marker}son") });
                request["Patient"]["Phone"] = json!(marker);
                request["OrderingProvider"] = json!({ "NPI": "1999999999", "Associations": marker });
                request["Order"]["EvaluationTypes"] = json!(TYPES[*types]);
                if *images {
                    let one = |file: &str, eye: &str| {
                        json!({ "LocalId": format!("{marker}-{file}"), "Laterality": eye,
                                "AzureBlobStorage": { "Container": "images", "FileName": file } })
                    };
                    request["Camera"] = json!({ "Images": [one("r", "OD"), one("l", "OS"), one("missing", "OS")] });
                }
                Input::OrderRequest(request.to_string().into_bytes())
            }
            Step::Orm { code, order, patient, id } => {
                let message = orm(code, ORDERS[*order], PATIENTS[*patient], *id);
                let message = String::from_utf8(message).unwrap().replace("DOE^JOHN", &format!("{marker}SON^{marker}"));
                Input::Orm(message.into_bytes())
            }
            Step::Image { order, eye } => {
                Input::Control { local_id: ORDERS[*order].into(), control: Control::Image(image(eye)) }
            }
            Step::Grading { order } => {
                let grading = set(normal(ORDERS[*order]), "/ClientGuid", json!(guid));
                Input::GradingSubmission(grading.to_string().into_bytes())
            }
            Step::Control { order, which } => {
                let regrade = Box::new(results::grading_by_name("mild retinopathy in the right eye").unwrap());
                let control = match which {
                    0 => Control::CheckOut,
                    1 => Control::Release,
                    2 => Control::ReviewStart,
                    3 => Control::ReviewEnd,
                    4 => Control::Fail,
                    5 => Control::Retry,
                    _ => Control::Regrade(regrade),
                };
                Input::Control { local_id: ORDERS[*order].into(), control }
            }
            Step::Outcome { nth, accepted } => {
                let delivery = self.deliveries[who].get(*nth).copied().unwrap_or_default();
                Input::Outcome { delivery, accepted: *accepted, at: at("2022-01-02T18:00:00Z") }
            }
        }
    }
}

/// An output as text.
fn shown(out: &Output) -> String {
    match out {
        Output::Delivery(sent) => format!("{:?} {}", sent.kind, String::from_utf8_lossy(&sent.content)),
        Output::Result(result) => serde_json::to_string(result).unwrap(),
        Output::Event(event) => serde_json::to_string(event).unwrap(),
        other => format!("{other:?}"),
    }
}

/// The text without the numbers and ids that all organizations draw from one source. The report, which prints such a number
/// inside of a compressed stream, counts by its presence alone.
fn masked(out: &Output) -> String {
    let text = match out {
        Output::Delivery(sent) if sent.kind == Kind::File => return "file".to_owned(),
        Output::Result(result) => {
            let mut result = serde_json::to_value(result).unwrap();
            result["ResultsDocument"]["Content"] = json!("report");
            result.to_string()
        }
        other => shown(other),
    };
    let shared = |word: &str| {
        let number = word.len() == 7 && word.starts_with(['7', '8', '9']) && word.bytes().all(|b| b.is_ascii_digit());
        let id = word.len() == 36 && word.matches('-').count() == 4;
        number || id || (word.len() == 128 && word.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let words = text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .map(|word| {
            let end = word.char_indices().next_back().filter(|(_, c)| !(c.is_ascii_alphanumeric() || *c == '-'));
            let (word, tail) = word.split_at(end.map_or(word.len(), |(at, _)| at));
            if shared(word) { format!("#{tail}") } else { format!("{word}{tail}") }
        })
        .collect()
}

/// What the events of an order tell, independently of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seen {
    Waiting,
    Ready,
    Grading,
    Done,
    Cancelled,
}

/// LIFE-072 and section 11: what may follow what.
fn follow(before: Option<Seen>, event: &str, success: bool) -> Option<Seen> {
    use Seen::*;
    Some(match (before, event, success) {
        (None, "OrderCreationReceipt", true) => Waiting,
        (Some(Waiting), "ReadyForGradingEvent", true) => Ready,
        (Some(Waiting | Ready), "OrderCreationReceipt", true) => before?,
        (Some(Waiting | Ready), "ImageReceipt", _) => before?,
        (Some(Waiting | Ready), "OrderCancelled", true) => Cancelled,
        (Some(Waiting | Ready), "GradingReceipt", true) => Grading,
        (Some(Grading), "OrderGradedEvent", true) => Done,
        (Some(Done), "OrderGradedEvent" | "ImageReceipt" | "ResultsDeliveryReceipt", true) => Done,
        (Some(Cancelled), "ImageReceipt", false) => Cancelled,
        _ => return None,
    })
}

fn fits(seen: Seen, state: State) -> bool {
    use State::*;
    match seen {
        Seen::Waiting => state == AwaitingImages,
        Seen::Ready => matches!(state, QueuedForGrading | CheckedOutForGrading | UnderReview | Error),
        Seen::Grading => false,
        Seen::Done => state == Complete,
        Seen::Cancelled => state == OrderCancelled,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Tenancy: LIFE-106, LIFE-028.
    #[test]
    fn what_one_organization_does_is_nothing_to_the_other(steps in steps()) {
        let (mut together, mut alone) = (World::new(), World::new());
        for step in &steps {
            let (who, other) = (step.0, ORGANIZATIONS[1 - step.0]);
            let out = together.take(step);
            for text in out.iter().map(|out| shown(out).to_uppercase()) {
                prop_assert!(!text.contains(other.1), "LIFE-106: {text}");
                prop_assert!(!text.contains(&other.0.to_string().to_uppercase()), "LIFE-106: {text}");
            }
            if who == 0 {
                let same: Vec<_> = alone.take(step).iter().map(masked).collect();
                prop_assert_eq!(out.iter().map(masked).collect::<Vec<_>>(), same, "LIFE-106");
            }
        }
    }

    #[test]
    fn events_tell_a_life_that_the_state_machine_allows(steps in steps()) {
        let mut world = World::new();
        let mut seen: BTreeMap<u64, Seen> = BTreeMap::new();
        let mut newest: BTreeMap<(usize, String), u64> = BTreeMap::new();
        // of each order: organization, site, patient and types
        let mut asked: BTreeMap<u64, (usize, &str, &str, &[&str])> = BTreeMap::new();
        let (mut transactions, mut charged, mut last) = (BTreeSet::new(), BTreeSet::new(), 0);
        for step in &steps {
            for out in world.take(step) {
                match out {
                    Output::Event(event) => {
                        prop_assert!(transactions.insert(event.transaction_id.clone()), "LIFE-069");
                        let id = event.iris_order_id;
                        if id == 0 {
                            prop_assert!(!event.success, "LIFE-029, LIFE-055");
                            continue;
                        }
                        let kind = event.result_object_type;
                        let next = follow(seen.get(&id).copied(), kind, event.success);
                        prop_assert!(next.is_some(), "section 11: {kind} of an order that is {:?}", seen.get(&id));
                        if seen.insert(id, next.unwrap()).is_none() {
                            prop_assert!(id > last, "LIFE-009: {id} after {last}");
                            last = id;
                            let local_id = event.order_local_id.clone().unwrap();
                            let replaced = newest.insert((step.0, local_id), id);
                            let of = match &step.1 {
                                Step::Request { code: "NW", patient, types, .. } => {
                                    (step.0, "PC1234", PATIENTS[*patient], TYPES[*types])
                                }
                                // LIFE-005: the same MRN at another site is another patient
                                Step::Orm { code: "NW", patient, .. } => (step.0, "POC01", PATIENTS[*patient], TYPES[0]),
                                _ => asked[&replaced.unwrap()], // LIFE-042, LIFE-039: of the order that XO replaces
                            };
                            asked.insert(id, of);
                        }
                    }
                    Output::Result(result) => {
                        prop_assert!(transactions.insert(result.transaction_id.clone()), "LIFE-RS-03");
                        let id = result.order.patient_order_id;
                        prop_assert_eq!(seen.get(&id), Some(&Seen::Done), "LIFE-094");
                    }
                    Output::Delivery(sent) => {
                        prop_assert_eq!(seen.get(&sent.filler), Some(&Seen::Done), "ORM-OC-005");
                        if sent.kind == Kind::Dft {
                            prop_assert!(charged.insert(sent.filler), "DFT-GEN-001: a second charge of {}", sent.filler);
                        }
                    }
                    _ => {}
                }
            }
            for ((who, local_id), id) in &newest {
                let state = world.life.state(ORGANIZATIONS[*who].0, local_id).unwrap();
                prop_assert!(fits(seen[id], state), "section 11: {:?} is {state:?}", seen[id]);
            }
            let mut open = BTreeSet::new();
            for (id, seen) in &seen {
                if matches!(seen, Seen::Waiting | Seen::Ready) {
                    let (who, site, patient, types) = asked[id];
                    for kind in types {
                        let fresh = open.insert((who, site, patient, kind));
                        prop_assert!(fresh, "LIFE-013: two open orders of {patient} at {site}, {kind}");
                    }
                }
            }
        }
    }
}

/// A value that can stand anywhere in a request.
fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<f32>().prop_map(|value| json!(value)),
        "[ -~\\u{e9}\\u{1F600}]{0,12}".prop_map(|value| json!(value)),
        Just(json!([])),
        Just(json!([[], {}, "", 7])),
        Just(json!({ "LocalId": { "LocalId": 1 } })),
        Just(json!([{ "Context": 2, "Gender": "1", "AzureBlobStorage": "x", "Finding": [] }])),
    ]
}

/// The pointers of all values in a document.
fn pointers(value: &Value, here: String, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        pointers(child, format!("{here}/{name}"), all);
    }
    all.push(here);
}

fn mutated(mut document: Value, changes: &[(prop::sample::Index, Value)]) -> Vec<u8> {
    for (at, value) in changes {
        let mut all = Vec::new();
        pointers(&document, String::new(), &mut all);
        if let Some(place) = document.pointer_mut(at.get::<String>(&all)) {
            *place = value.clone();
        }
    }
    document.to_string().into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// LIFE-027, LIFE-029, LIFE-080: whatever comes is answered or dropped.
    #[test]
    fn nothing_that_comes_in_breaks_the_cloud(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        changes in prop::collection::vec((any::<prop::sample::Index>(), odd_value()), 1..5),
        cut in any::<prop::sample::Index>(),
        code in prop::sample::select(vec!["NW", "XO", "CA", "ResendResult"]),
    ) {
        let mut world = World::new();
        let example: Value = serde_json::from_str(&crate::support::example("order_request_new")).unwrap();
        let mut message = orm("NW", "A1", "P1", 1);
        let at = cut.index(message.len());
        message.splice(at..at, bytes.iter().copied());
        let dicom = [vec![0; 128], b"DICM".to_vec(), bytes.clone()].concat();
        let inputs = [
            Input::OrderRequest(nw("ORD1234").to_string().into_bytes()),
            Input::OrderRequest(bytes.clone()),
            Input::OrderRequest(mutated(set(example, "/OrderControlCode", json!(code)), &changes)),
            Input::GradingSubmission(bytes.clone()),
            Input::GradingSubmission(mutated(normal("ORD1234"), &changes)),
            Input::Orm(bytes.clone()),
            Input::Orm(message),
            Input::ImageStored { path: String::from_utf8_lossy(&bytes).into_owned(), content: bytes.clone() },
            Input::ImageStored { path: "drop/a".into(), content: dicom },
        ];
        for input in inputs {
            let silent = matches!(&input, Input::OrderRequest(_) | Input::ImageStored { .. });
            let out = world.life.handle(CLIENT, input);
            prop_assert!(silent || !out.is_empty(), "an answer, an event, or why there is none");
        }
        prop_assert!(world.life.state(CLIENT, "ORD1234").is_some(), "orders outlive whatever comes");
    }
}
