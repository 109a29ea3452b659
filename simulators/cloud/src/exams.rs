//! Orders that the cloud holds, their gradings, and the deliveries that follow from them.
#![allow(clippy::result_large_err)] // as in `orm`: a refusal is made once a message

use std::collections::BTreeMap;

use hl7::Message;
use hl7::ack::{Builder, Code, ErrorDetail};
use jiff::{Timestamp, ToSpan};
use journal::{Peer, Seed};
use results::profile::Collision;
use results::{Context, Grading, Order};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::contract::fill;
use crate::orm::{self, Action, OrderProfile, Refusal, Request};
use crate::state::State;

/// The first IRIS order number; the published samples carry it.
const FIRST_FILLER: u64 = 273_013;
/// The first control id of the cloud's acknowledgements; the example of 02 section 2.2 carries it.
const FIRST_CONTROL_ID: u64 = 7001;

/// Orders, deliveries and counters of one scenario.
#[derive(Default)]
pub(crate) struct Exams {
    pub(crate) order_profile: OrderProfile,
    pub(crate) results_profile: results::Profile,
    pub(crate) clinic: Vec<u8>,
    /// Degrees and title by provider id, as IRIS knows them.
    pub(crate) credentials: BTreeMap<Vec<u8>, (Vec<u8>, Vec<u8>)>,
    orders: Vec<Exam>,
    deliveries: Vec<Delivery>,
    acknowledged: u64,
    submissions: Vec<Submission>,
    /// The MSH-7 of the message made last.
    last_sent: Option<Timestamp>,
}

struct Exam {
    control_id: Vec<u8>,
    order: Order,
    state: ExamState,
    /// The grading that counts, once there is one.
    grading: Option<Grading>,
    /// How often results were generated.
    generated: u64,
    /// The report of the last results.
    report: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum ExamState {
    Open,
    Cancelled,
    Graded,
}

/// A body that came in as an order, and what became of it.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The bytes as received.
    pub content: Vec<u8>,
    /// The acknowledgement that went back.
    pub ack: Vec<u8>,
    /// `accepted`, `repeated`, `cancelled`, `changed` or `refused`.
    pub outcome: &'static str,
}

/// What a delivery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // the names say it
pub enum Kind {
    Oru,
    Mdm,
    Dft,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 3] = [Kind::Oru, Kind::Mdm, Kind::Dft];

    /// The kind as it stands in MSH-9.1 and in signals.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Oru => "ORU",
            Kind::Mdm => "MDM",
            Kind::Dft => "DFT",
        }
    }
}

/// A message that waits for the proxy.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: Kind,
    /// IRIS order number.
    pub filler: u64,
    /// The exact bytes for the MLLP frame.
    pub content: Vec<u8>,
    /// CON-042: somebody has claimed it.
    pub claimed: bool,
    /// CON-041: no longer to be had.
    pub withdrawn: bool,
}

/// Why an exam could not be graded.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// No order that could be graded has the number.
    #[error("no order that could be graded has the placer order number {0}")]
    NoOrder(String),
    /// Results of an ungraded order cannot be sent again.
    #[error("the order with placer order number {0} has no results yet")]
    NoResults(String),
    /// The results could not be built.
    #[error("the results cannot be built: {0}")]
    Build(#[from] results::BuildError),
    /// The signal could not be queued.
    #[error("the signal cannot be queued: {0}")]
    Queue(String),
}

impl Exams {
    pub(crate) fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    pub(crate) fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    pub(crate) fn delivery(&mut self, id: &str) -> Option<&mut Delivery> {
        let id = Uuid::parse_str(id).ok()?;
        self.deliveries.iter_mut().find(|d| d.id == id && !d.withdrawn)
    }

    /// Judges a submitted order and gives the acknowledgement (CON-031).
    pub(crate) fn submit(&mut self, state: &State, content: &[u8]) -> Vec<u8> {
        let verdict = orm::judge(content, &self.order_profile).and_then(|request| self.act(content, request));
        let (outcome, code, refusal) = match &verdict {
            Ok((outcome, ..)) => (*outcome, Code::AA, None),
            Err(refusal) => ("refused", refusal.code, Some(refusal)),
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
        let (id, data) = match &verdict {
            Ok((_, placer, filler)) => (placer.clone(), json!({ "filler": filler })),
            Err(refusal) => (String::new(), json!({ "requirement": refusal.requirement, "error": refusal.error })),
        };
        state.journal.fact(Peer::Cloud, &format!("order.{outcome}"), id, data);
        self.submissions.push(Submission { content: content.to_vec(), ack: ack.clone(), outcome });
        ack
    }

    /// Does what a good order asks for: outcome, placer order number, IRIS order number.
    fn act(&mut self, content: &[u8], request: Request) -> Result<(&'static str, String, u64), Refusal> {
        let control_id = Message::parse(content).map(|m| m.control_id().to_vec()).unwrap_or_default();
        let placer = String::from_utf8_lossy(&request.order.placer).into_owned();
        let known = self.orders.iter_mut().rev().find(|exam| exam.order.placer == request.order.placer);
        match (request.action, known) {
            // CON-034: the same order again is acknowledged and kept once
            (Action::New, Some(exam)) if exam.control_id == control_id => Ok(("repeated", placer, exam.order.filler)),
            (Action::New, _) => {
                let filler = FIRST_FILLER + self.orders.len() as u64;
                let mut order = Order { filler, clinic: self.clinic.clone(), ..request.order };
                if let Some((degrees, prefix)) = self.credentials.get(&order.provider.id) {
                    (order.provider.degrees, order.provider.prefix) = (degrees.clone(), prefix.clone());
                }
                self.orders.push(Exam {
                    control_id,
                    order,
                    state: ExamState::Open,
                    grading: None,
                    generated: 0,
                    report: Vec::new(),
                });
                Ok(("accepted", placer, filler))
            }
            (Action::Cancel, Some(exam)) if exam.state == ExamState::Open => {
                exam.state = ExamState::Cancelled;
                Ok(("cancelled", placer, exam.order.filler))
            }
            (Action::Change, Some(exam)) if exam.state == ExamState::Open => {
                let (filler, clinic) = (exam.order.filler, exam.order.clinic.clone());
                exam.order = Order { filler, clinic, ..request.order };
                Ok(("changed", placer, filler))
            }
            // ORM-OC-002: no effect on a closed order; ORM-NEG-801
            (Action::Cancel | Action::Change, _) => Err(Refusal {
                code: Code::AR,
                error: 204,
                at: "ORC-2".parse().ok(),
                text: "no open order has this placer order number".to_owned(),
                requirement: "ORM-NEG-801",
            }),
        }
    }

    /// Grades an order and queues its deliveries. A graded order is graded anew (LIFE-SM-30), without a charge (DFT-GEN-008).
    pub(crate) fn grade(&mut self, state: &State, placer: &str, grading: &Grading) -> Result<(), GradeError> {
        let exam = self.exam(placer).filter(|exam| exam.state != ExamState::Cancelled);
        let exam = exam.ok_or_else(|| GradeError::NoOrder(placer.to_owned()))?;
        let first = exam.state == ExamState::Open;
        let grading = Grading { regrade: !first, ..grading.clone() };
        self.generate(state, placer, &grading, first)?;
        if let Some(exam) = self.exam(placer) {
            (exam.state, exam.grading) = (ExamState::Graded, Some(grading));
        }
        Ok(())
    }

    /// Generates the results of a graded order again, as final ones and never with a charge (ORU-GEN-02, DFT-GEN-009).
    pub(crate) fn resend(&mut self, state: &State, placer: &str) -> Result<(), GradeError> {
        let exam = self.exam(placer).ok_or_else(|| GradeError::NoOrder(placer.to_owned()))?;
        let grading = exam.grading.clone().ok_or_else(|| GradeError::NoResults(placer.to_owned()))?;
        self.generate(state, placer, &Grading { regrade: false, ..grading }, false)
    }

    /// The report of an order's last results.
    pub(crate) fn report(&mut self, placer: &str) -> Option<Vec<u8>> {
        self.exam(placer).map(|exam| exam.report.clone())
    }

    fn exam(&mut self, placer: &str) -> Option<&mut Exam> {
        self.orders.iter_mut().rev().find(|exam| exam.order.placer == placer.as_bytes())
    }

    /// ORU or MDM first, DFT last (DFT-GEN-004).
    fn generate(
        &mut self,
        state: &State,
        placer: &str,
        grading: &Grading,
        with_charge: bool,
    ) -> Result<(), GradeError> {
        let profile = self.results_profile.clone();
        let exam = self.orders.iter_mut().rev().find(|exam| exam.order.placer == placer.as_bytes());
        let exam = exam.ok_or_else(|| GradeError::NoOrder(placer.to_owned()))?;
        // not from the run's seed: snapshots hold for every seed (ORU-DOC-09, MDM-TXA-12-U)
        let seed = Seed::new(0).derive(placer);
        let seed = if exam.generated == 0 { seed } else { seed.derive(&exam.generated.to_string()) };
        let report = results::report(&exam.order, grading, &profile)?;
        let mut context = Context {
            now: state.clock.now(),
            token: seed.hex("link token", 128),
            document_id: seed.uuid("document").to_string().to_uppercase(),
            pdf: report.clone(),
            file_path: file_path(&exam.order, grading),
        };
        let mut messages = Vec::new();
        let mut last = self.last_sent;
        let mut send_time = |collision| {
            // ORU-OPT-38, DFT-MSH-10-U: MSH-10 is the second of sending
            let now = state.clock.now();
            let next = last.filter(|last| collision == Collision::Delay && last.as_second() >= now.as_second());
            let now = next.and_then(|last| last.checked_add(1.second()).ok()).unwrap_or(now);
            last = Some(now);
            now
        };
        context.now = send_time(profile.msh10_collision);
        if profile.mdm.enabled {
            messages.push((Kind::Mdm, results::mdm(&exam.order, grading, &profile, &context)?));
        } else {
            messages.push((Kind::Oru, results::oru(&exam.order, grading, &profile, &context)?));
        }
        if profile.dft.enabled && with_charge {
            context.now = send_time(profile.dft.msh10_collision);
            messages.push((Kind::Dft, results::dft(&exam.order, grading, &profile, &context)?));
        }
        exam.generated += 1;
        exam.report = report;
        self.last_sent = last;
        let filler = exam.order.filler;
        for (kind, content) in messages {
            let delivery = self.prepare(state, kind, filler, content);
            Exams::signal(state, &delivery)?;
        }
        Ok(())
    }

    /// Makes a delivery without telling the proxy of it.
    pub(crate) fn prepare(&mut self, state: &State, kind: Kind, filler: u64, content: Vec<u8>) -> Delivery {
        let id = state.seed.uuid(&format!("delivery {}", self.deliveries.len()));
        let delivery = Delivery { id, kind, filler, content, claimed: false, withdrawn: false };
        state.journal.fact(Peer::Cloud, "delivery.queued", id, Exams::describe(&delivery));
        self.deliveries.push(delivery.clone());
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

/// Where file delivery would put the report (ORU-DOC-04), by the template of the reference messages.
fn file_path(order: &Order, grading: &Grading) -> String {
    let [location, placer] = [&order.location, &order.placer].map(|text| String::from_utf8_lossy(text));
    format!(r"C:\results\{}\{location}\{placer}.pdf", grading.captured.strftime("%m%d%Y"))
}

/// ORU-TIM-01: `yyyyMMddHHmmss` in UTC.
fn hl7_time(instant: Timestamp) -> String {
    instant.strftime("%Y%m%d%H%M%S").to_string()
}
