//! The organizations of this cloud: their orders and queues (08-order-lifecycle), and the deliveries that wait for the proxy.

use hl7::Message;
use hl7::ack::{Builder, Code, ErrorDetail};
use jiff::Timestamp;
use journal::Peer;
use results::{Eye, Grading};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contract::fill;
use crate::lifecycle::{self, Answer, Control, ControlImage, Input, Instant, Lifecycle, Organization, Output};
use crate::state::State;

pub use crate::lifecycle::Kind;

/// The first control id of the cloud's acknowledgements; the example of 02 section 2.2 carries it.
const FIRST_CONTROL_ID: u64 = 7001;

/// Orders, deliveries and counters of one scenario.
pub(crate) struct Exams {
    life: Lifecycle,
    /// The first organization: the one that the queues belong to (LIFE-106).
    client: Uuid,
    deliveries: Vec<Delivery>,
    acknowledged: u64,
    submissions: Vec<Submission>,
    /// How many of each are kept; nothing for all.
    keeps: Option<usize>,
    /// Deliveries so far, also those that are no longer here.
    made: usize,
}

/// A body that came in as an order, and what became of it.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The bytes as received.
    pub content: Vec<u8>,
    /// Whose order it is; nobody's when no customer has its sender (TOP-095).
    pub customer: Option<Uuid>,
    /// The acknowledgement that went back.
    pub ack: Vec<u8>,
    /// `accepted`, `repeated`, `cancelled`, `changed` or `refused`.
    pub outcome: &'static str,
}

/// A message that waits for the proxy.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub customer: Uuid,
    /// What it is.
    pub kind: Kind,
    /// IRIS order number.
    pub filler: u64,
    /// The exact bytes for the MLLP frame, or of the file.
    pub content: Vec<u8>,
    /// Where a file belongs (CON-041).
    pub path: Option<String>,
    /// CON-042: somebody has claimed it.
    pub claimed: bool,
    /// CON-041: no longer to be had.
    pub withdrawn: bool,
    /// CON-044: the proxy has said what became of it.
    pub ended: bool,
}

/// Why a call of the test had no effect.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// No order that could be graded has the number.
    #[error("no order that could be graded has the placer order number {0}")]
    NoOrder(String),
    /// Results of an ungraded order cannot be sent again.
    #[error("the order with placer order number {0} has no results yet")]
    NoResults(String),
    /// The life cycle refused it, or the results could not be built.
    #[error("the order cannot be changed or its results built: {0}")]
    Refused(#[from] lifecycle::Refused),
    /// The signal could not be queued.
    #[error("the signal cannot be queued: {0}")]
    Queue(String),
}

impl Exams {
    pub(crate) fn new(mut life: Lifecycle, organization: Organization, keeps: Option<usize>) -> Exams {
        let client = organization.guid;
        life.set_up(organization);
        let (deliveries, submissions) = (Vec::new(), Vec::new());
        Exams { life, client, deliveries, acknowledged: 0, submissions, keeps, made: 0 }
    }

    /// Forgets the oldest of what is kept, half of it at a time; deliveries that the proxy still works on only when they are as
    /// many again.
    fn forget(&mut self) {
        let Some(keeps) = self.keeps else { return };
        self.life.keep_newest(keeps);
        if self.submissions.len() >= 2 * keeps {
            self.submissions.drain(..self.submissions.len() - keeps);
        }
        if self.deliveries.len() >= 2 * keeps {
            let mut older = self.deliveries.len() - keeps;
            let too_many = self.deliveries.len() >= 4 * keeps;
            self.deliveries.retain(|delivery| {
                let newest = older == 0;
                older = older.saturating_sub(1);
                newest || !(delivery.ended || too_many)
            });
        }
    }

    pub(crate) fn client(&self) -> Uuid {
        self.client
    }

    pub(crate) fn organization(&mut self) -> &mut Organization {
        // the one that `new` set up
        self.life.organization_mut(self.client).expect("the cloud's organization is known")
    }

    /// One more customer.
    pub(crate) fn add(&mut self, organization: Organization) {
        self.life.set_up(organization);
    }

    /// Whose order an ORM is, if anybody's.
    pub(crate) fn customer_of(&self, order: &[u8]) -> Option<Uuid> {
        self.life.customer_of(order, self.client).ok()
    }

    pub(crate) fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    pub(crate) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    pub(crate) fn delivery(&mut self, id: &str) -> Option<&mut Delivery> {
        let id = Uuid::parse_str(id).ok()?;
        self.deliveries.iter_mut().rfind(|d| d.id == id && !d.withdrawn)
    }

    /// The state of the newest order with a LocalId.
    pub(crate) fn order_state(&self, client: Uuid, local_id: &str) -> Option<lifecycle::State> {
        self.life.state(client, local_id)
    }

    /// The report of an order's last results.
    pub(crate) fn report(&self, client: Uuid, local_id: &str) -> Option<Vec<u8>> {
        self.life.report(client, local_id)
    }

    /// Judges a submitted order and gives the acknowledgement (CON-031).
    pub(crate) fn submit(&mut self, state: &State, content: &[u8]) -> Vec<u8> {
        let (customer, outputs) = match self.life.customer_of(content, self.client) {
            Ok(customer) => (Some(customer), self.life.handle(customer, Input::Orm(content.to_vec()))),
            Err(refusal) => (None, vec![Output::Answer(Answer::Refused(refusal))]),
        };
        let answer = outputs.iter().find_map(|output| match output {
            Output::Answer(answer) => Some(answer.clone()),
            _ => None,
        });
        let answer = answer.expect("an ORM is always answered");
        let (outcome, code, refusal) = match &answer {
            Answer::Accepted { outcome, .. } => (*outcome, Code::AA, None),
            Answer::Refused(refusal) => ("refused", refusal.code, Some(refusal)),
        };
        let ack = Builder {
            time: hl7_time(state.clock.now()),
            control_id: (FIRST_CONTROL_ID + self.acknowledged).to_string(),
            code,
            text: refusal.map(|r| r.text.clone()),
            error: refusal.map(|r| ErrorDetail { location: r.at, code: r.error }),
        };
        self.acknowledged += 1;
        let ack = match Message::parse(content) {
            Ok(message) => ack.build(&message),
            Err(_) => ack.build_unreadable(),
        };
        let (id, data) = match &answer {
            Answer::Accepted { placer, filler, .. } => (placer.clone(), json!({ "filler": filler })),
            Answer::Refused(refusal) => {
                (String::new(), json!({ "requirement": refusal.requirement, "error": refusal.error }))
            }
        };
        state.journal.fact(Peer::Cloud, &format!("order.{outcome}"), id, data);
        self.submissions.push(Submission { content: content.to_vec(), customer, ack: ack.clone(), outcome });
        // an order that is accepted starts nothing that could fail
        let _ = self.post(state, customer.unwrap_or(self.client), outputs);
        self.forget();
        ack
    }

    /// Grades an order and queues its deliveries. A graded order is graded anew (LIFE-SM-30), without a charge (DFT-GEN-008).
    pub(crate) fn grade(
        &mut self,
        state: &State,
        client: Uuid,
        placer: &str,
        grading: &Grading,
    ) -> Result<(), GradeError> {
        let grading = Box::new(grading.clone());
        match self.order_state(client, placer) {
            None | Some(lifecycle::State::OrderCancelled) => Err(GradeError::NoOrder(placer.to_owned())),
            Some(lifecycle::State::Complete) => self.control(state, client, placer, Control::Regrade(grading)),
            Some(lifecycle::State::AwaitingImages) => {
                // LIFE-057: the images come by another route
                let excluded = |eye: &Eye| matches!(eye, Eye::Excluded { .. });
                let neither = excluded(&grading.right) && excluded(&grading.left);
                for (laterality, eye) in [("OD", &grading.right), ("OS", &grading.left)] {
                    if neither || !excluded(eye) {
                        let image = ControlImage {
                            laterality: laterality.to_owned(),
                            taken: Some(Instant(grading.captured)),
                            file_name: format!("{placer}-{laterality}.jpg"),
                            ..ControlImage::default()
                        };
                        self.control(state, client, placer, Control::Image(image))?;
                    }
                }
                self.control(state, client, placer, Control::Grade(grading))
            }
            Some(_) => self.control(state, client, placer, Control::Grade(grading)),
        }
    }

    /// Generates the results of a graded order again, as final ones and never with a charge (ORU-GEN-02, DFT-GEN-009).
    pub(crate) fn resend(&mut self, state: &State, client: Uuid, placer: &str) -> Result<(), GradeError> {
        match self.order_state(client, placer) {
            None => Err(GradeError::NoOrder(placer.to_owned())),
            Some(lifecycle::State::Complete) => self.control(state, client, placer, Control::Resend),
            Some(_) => Err(GradeError::NoResults(placer.to_owned())),
        }
    }

    /// A call of the test to the newest order with a LocalId.
    pub(crate) fn control(
        &mut self,
        state: &State,
        client: Uuid,
        local_id: &str,
        control: Control,
    ) -> Result<(), GradeError> {
        let outputs = self.life.handle(client, Input::Control { local_id: local_id.to_owned(), control });
        self.post(state, client, outputs)
    }

    /// Puts an input of the organization's namespace through the life cycle and posts what comes of it.
    pub(crate) fn handle(&mut self, state: &State, input: Input) -> Result<(), GradeError> {
        let outputs = self.life.handle(self.client, input);
        let posted = self.post(state, self.client, outputs);
        self.forget();
        posted
    }

    /// Brings what the life cycle puts out to its queues; the error says what was ignored.
    fn post(&mut self, state: &State, customer: Uuid, outputs: Vec<Output>) -> Result<(), GradeError> {
        let mut done = Ok(());
        for output in outputs {
            match output {
                Output::Answer(_) => {}
                // LIFE-106: the namespace is that of another customer
                Output::Event(_) | Output::Result(_) if customer != self.client => {
                    let data = json!({ "reason": "the customer has no queues here" });
                    state.journal.fact(Peer::Cloud, "message.lost", customer, data);
                }
                Output::Event(event) => {
                    let data = json!({ "kind": event.result_object_type, "success": event.success });
                    let local_id = event.order_local_id.clone().unwrap_or_default();
                    post_json(state, "events", &event.transaction_id, &event);
                    state.journal.fact(Peer::Cloud, "event.posted", local_id, data);
                }
                Output::Result(result) => {
                    let local_id = result.order.local_id.clone().unwrap_or_default();
                    post_json(state, "results", &result.transaction_id, &*result);
                    state.journal.fact(Peer::Cloud, "result.posted", local_id, json!({ "code": result.result_code }));
                }
                Output::Delivery(made) => {
                    let lifecycle::Delivery { id, kind, filler, content, path } = made;
                    let (claimed, withdrawn, ended) = (false, false, false);
                    let made = Delivery { id, customer, kind, filler, content, path, claimed, withdrawn, ended };
                    let delivery = self.queue(state, made);
                    Exams::signal(state, &delivery)?;
                }
                Output::Notification(notification) => {
                    let data = json!({ "level": format!("{:?}", notification.level) });
                    state.journal.fact(Peer::Cloud, "people.notified", notification.filler, data);
                }
                Output::Ignored(refused) | Output::DeadLetter(refused) => {
                    state.journal.fact(
                        Peer::Cloud,
                        "input.ignored",
                        refused.requirement,
                        json!({ "reason": refused.reason }),
                    );
                    done = Err(GradeError::Refused(refused));
                }
            }
        }
        done
    }

    /// A delivery has ended (LIFE-SM-33). One that a test prepared belongs to no order.
    pub(crate) fn delivered(&mut self, state: &State, delivery: Uuid, accepted: bool) {
        let known = self.deliveries.iter_mut().rfind(|made| made.id == delivery);
        let customer = known.map_or(self.client, |made| {
            made.ended = true;
            made.customer
        });
        let outputs = self.life.handle(customer, Input::Outcome { delivery, accepted, at: state.clock.now() });
        let outputs = outputs.into_iter().filter(|output| !matches!(output, Output::Ignored(_)));
        // events alone come of it, and they go without error
        let _ = self.post(state, customer, outputs.collect());
    }

    /// Makes a delivery without telling the proxy of it.
    pub(crate) fn prepare(&mut self, state: &State, kind: Kind, filler: u64, content: Vec<u8>) -> Delivery {
        let (id, path) = (state.seed.uuid(&format!("delivery {}", self.made)), None);
        let (customer, claimed, withdrawn, ended) = (self.client, false, false, false);
        self.forget();
        self.queue(state, Delivery { id, customer, kind, filler, content, path, claimed, withdrawn, ended })
    }

    fn queue(&mut self, state: &State, delivery: Delivery) -> Delivery {
        state.journal.fact(Peer::Cloud, "delivery.queued", delivery.id, Exams::describe(&delivery));
        self.deliveries.push(delivery.clone());
        self.made += 1;
        delivery
    }

    /// Tells the proxy that a delivery waits (CON-040).
    pub(crate) fn signal(state: &State, delivery: &Delivery) -> Result<(), GradeError> {
        let queue = &state.contract.queues.results;
        let (id, filler) = (delivery.id.to_string(), delivery.filler.to_string());
        let body = fill(&queue.signal, &[("delivery_id", &id), ("kind", delivery.kind.name()), ("filler", &filler)]);
        state.bus.send(&queue.name, body.into_bytes(), &id).map(drop).map_err(|e| GradeError::Queue(e.to_string()))
    }

    /// Details of a delivery for the journal.
    pub(crate) fn describe(delivery: &Delivery) -> Value {
        json!({ "kind": delivery.kind.name(), "filler": delivery.filler })
    }
}

/// Puts an object on a queue of the organization (LIFE-068, LIFE-Q-03). A queue that is full or not in the contract loses it, as
/// the journal says.
fn post_json(state: &State, queue: &str, id: &str, object: &impl serde::Serialize) {
    let Some(name) = state.contract.queues.organization.get(queue).map(|queue| &queue.name) else { return };
    let sent = serde_json::to_vec(object).map_err(|error| error.to_string());
    let sent = sent.and_then(|json| state.organization.send(name, json, id).map_err(|error| error.to_string()));
    if let Err(error) = sent {
        state.journal.fact(Peer::Cloud, "message.lost", id, json!({ "queue": name, "reason": error }));
    }
}

/// ORU-TIM-01: `yyyyMMddHHmmss` in UTC.
fn hl7_time(instant: Timestamp) -> String {
    instant.strftime("%Y%m%d%H%M%S").to_string()
}
