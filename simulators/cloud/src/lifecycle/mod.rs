//! The life of orders behind the cloud (08-order-lifecycle): a pure model. No I/O; time comes from the [`Clock`], all that is
//! random from the [`Seed`].
//!
//! Bytes of a queue, an ORM, a file in the blob storage or a call of a test go into [`Lifecycle::handle`]; what the cloud posts,
//! answers and delivers comes out. What moves an order is the table in [`machine`].

mod codes;
mod dicom;
mod events;
mod grading;
mod images;
mod index;
mod json;
pub mod machine;
mod mapping;
mod order;
mod order_results;
mod orders;
mod request;
mod settings;
mod sharing;
mod submission;
mod template;
mod tenancy;

use std::collections::BTreeMap;

use jiff::Timestamp;
use journal::{Clock, Seed};
use results::{Grading, Level};
use serde::Serialize;
use uuid::Uuid;

pub use codes::Coded;
pub use events::{DeliveryPart, Event, ImagePart, PatientPart};
pub use images::ControlImage;
pub use json::{Day, Instant};
pub use machine::State;
pub use order_results::*;
pub use request::{Address, Camera, Cpt, HealthPlan, ImageDirective, Name, Provider, Refused};
pub use settings::*;
pub use tenancy::{Interpreter, Organization, Sender, Site};

use crate::orm::Refusal;
use tenancy::Tenant;

/// All organizations and their orders.
#[derive(Debug)]
pub struct Lifecycle {
    clock: Clock,
    seed: Seed,
    numbers: Numbers,
    tenants: BTreeMap<Uuid, Tenant>,
}

/// The numbers that IRIS gives next; none is given twice (LIFE-009, LIFE-062).
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// IrisOrderId.
    pub order: u64,
    /// IrisImageId.
    pub image: u64,
    /// PatientId.
    pub patient: u64,
    /// Messages posted so far; their TransactionId follows from it.
    pub posted: u64,
}

impl Default for Numbers {
    /// The first order number is that of the published HL7 samples.
    fn default() -> Self {
        Self { order: 273_013, image: 1, patient: 1, posted: 0 }
    }
}

/// What comes in.
#[derive(Clone, Debug)]
pub enum Input {
    /// A message of the queue `orders`.
    OrderRequest(Vec<u8>),
    /// A message of the queue `gradings`.
    GradingSubmission(Vec<u8>),
    /// An ORM^O01.
    Orm(Vec<u8>),
    /// A file has come into the blob storage.
    ImageStored {
        /// Container, `/`, file name.
        path: String,
        /// The file.
        content: Vec<u8>,
    },
    /// How a delivery ended (CON-044).
    Outcome {
        /// [`Delivery::id`].
        delivery: Uuid,
        /// Whether the EMR took it.
        accepted: bool,
        /// When.
        at: Timestamp,
    },
    /// A call of the test to the newest order with a LocalId.
    Control {
        /// Order.LocalId, or ORC-2.1.
        local_id: String,
        /// What to do.
        control: Control,
    },
}

/// What a test can do to an order.
#[derive(Clone, Debug)]
pub enum Control {
    /// An image arrives by another route (LIFE-057).
    Image(ControlImage),
    /// LIFE-SM-16
    CheckOut,
    /// LIFE-SM-17
    Release,
    /// LIFE-SM-18
    ReviewStart,
    /// LIFE-SM-19
    ReviewEnd,
    /// LIFE-SM-20
    Fail,
    /// LIFE-SM-21
    Retry,
    /// LIFE-SM-12, with a grading that is more than a submission can say, at the times that it tells.
    Grade(Box<Grading>),
    /// LIFE-SM-30
    Regrade(Box<Grading>),
    /// LIFE-SM-28
    Resend,
}

/// What goes out.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant)] // few exist at a time
pub enum Output {
    /// For the queue `events`.
    Event(Event),
    /// For the queue `results`.
    Result(Box<OrderResults>),
    /// For the proxy.
    Delivery(Delivery),
    /// The answer to an ORM, from which its ACK is made.
    Answer(Answer),
    /// IRIS tells people of the customer (CPL-009, CPL-010); the mock only records it.
    Notification(Notification),
    /// The input changed nothing; for the journal alone (LIFE-096).
    Ignored(Refused),
    /// The message cannot be read and belongs to the dead letters (LIFE-027).
    DeadLetter(Refused),
}

/// What was said to an ORM.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// AA.
    Accepted {
        /// `accepted`, `repeated`, `cancelled` or `changed`.
        outcome: &'static str,
        /// Order.LocalId, which is ORC-2.1.
        placer: String,
        /// IrisOrderId.
        filler: u64,
    },
    /// AE or AR.
    Refused(Box<Refusal>),
}

/// What a delivery holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)] // the names say it
pub enum Kind {
    Oru,
    Mdm,
    Dft,
    File,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 4] = [Kind::Oru, Kind::Mdm, Kind::Dft, Kind::File];

    /// The kind as it stands in MSH-9.1 and in signals (CON-040).
    pub fn name(self) -> &'static str {
        match self {
            Kind::Oru => "ORU",
            Kind::Mdm => "MDM",
            Kind::Dft => "DFT",
            Kind::File => "FILE",
        }
    }
}

/// Bytes for the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub kind: Kind,
    /// IrisOrderId.
    pub filler: u64,
    /// The message, or the file.
    pub content: Vec<u8>,
    /// Where a file belongs: the template with its order tokens replaced (CON-047).
    pub path: Option<String>,
}

/// Who is told of an urgent care plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// IrisOrderId.
    pub filler: u64,
    /// Emergent tells all emergency contacts (CPL-009), Urgent the subscribed users (CPL-010).
    pub level: Level,
}

/// What one input has at hand: the time, fresh numbers, and where its outputs go.
struct Desk<'a> {
    now: Timestamp,
    seed: Seed,
    numbers: &'a mut Numbers,
    out: Vec<Output>,
}

impl Lifecycle {
    /// A cloud that knows no organization yet.
    pub fn new(seed: Seed, clock: Clock, numbers: Numbers) -> Self {
        Self { clock, seed, numbers, tenants: BTreeMap::new() }
    }

    /// Makes an organization known, or sets a known one up anew; it keeps its orders.
    pub fn set_up(&mut self, organization: Organization) {
        match self.tenants.get_mut(&organization.guid) {
            Some(tenant) => tenant.set_up(organization),
            None => drop(self.tenants.insert(organization.guid, Tenant::new(organization))),
        }
    }

    /// Forgets the oldest orders of each organization that has twice as many as this, so that so many are left.
    pub fn keep_newest(&mut self, most: usize) {
        for tenant in self.tenants.values_mut().filter(|tenant| tenant.orders.len() >= 2 * most) {
            tenant.forget(tenant.orders.len() - most);
        }
    }

    /// How an organization is set up.
    pub fn organization(&self, client: Uuid) -> Option<&Organization> {
        self.tenants.get(&client).map(|tenant| &tenant.organization)
    }

    /// The same, to change it.
    pub fn organization_mut(&mut self, client: Uuid) -> Option<&mut Organization> {
        self.tenants.get_mut(&client).map(|tenant| &mut tenant.organization)
    }

    /// The report of the last results of the newest order with a LocalId.
    pub fn report(&self, client: Uuid, local_id: &str) -> Option<Vec<u8>> {
        let tenant = self.tenants.get(&client)?;
        tenant.find(local_id, None).and_then(|at| tenant.orders[at].report.clone())
    }

    /// The state of the newest order with a LocalId.
    pub fn state(&self, client: Uuid, local_id: &str) -> Option<State> {
        let tenant = self.tenants.get(&client)?;
        tenant.find(local_id, None).map(|at| tenant.orders[at].state)
    }

    /// Does what an input in the organization's own namespace asks for. All outputs are for that organization (LIFE-106).
    pub fn handle(&mut self, client: Uuid, input: Input) -> Vec<Output> {
        let Some(tenant) = self.tenants.get_mut(&client) else {
            return vec![Output::Ignored(Refused::new("LIFE-SM-05", "the organization is unknown"))];
        };
        let mut desk = Desk { now: self.clock.now(), seed: self.seed, numbers: &mut self.numbers, out: Vec::new() };
        let done = match input {
            Input::OrderRequest(bytes) => tenant.order_request(&mut desk, &bytes),
            Input::GradingSubmission(bytes) => tenant.grading_submission(&mut desk, &bytes),
            Input::Orm(bytes) => {
                let answer = tenant.orm(&mut desk, &bytes);
                desk.out.insert(0, Output::Answer(answer));
                Ok(())
            }
            Input::ImageStored { path, content } => tenant.image_stored(&mut desk, &path, &content),
            Input::Outcome { delivery, accepted, at } => tenant.outcome(&mut desk, delivery, accepted, at),
            Input::Control { local_id, control } => tenant.control(&mut desk, &local_id, control),
        };
        if let Err(refused) = done {
            desk.out.push(match refused.requirement {
                "LIFE-027" => Output::DeadLetter(refused),
                _ => Output::Ignored(refused),
            });
        }
        desk.out
    }
}

impl Desk<'_> {
    /// LIFE-069: unique for each message.
    fn transaction(&mut self) -> String {
        self.numbers.posted += 1;
        self.seed.uuid(&format!("transaction {}", self.numbers.posted)).to_string().to_uppercase()
    }

    fn next_order(&mut self) -> u64 {
        self.numbers.order += 1;
        self.numbers.order - 1
    }

    fn next_image(&mut self) -> u64 {
        self.numbers.image += 1;
        self.numbers.image - 1
    }

    fn next_patient(&mut self) -> u64 {
        self.numbers.patient += 1;
        self.numbers.patient - 1
    }

    /// An event without its particular parts.
    fn event(&mut self, kind: &'static str, order: u64, local_id: Option<String>, patient: Option<String>) -> Event {
        Event {
            transaction_id: self.transaction(),
            timestamp: Instant(self.now),
            image: None,
            iris_order_id: order,
            order_local_id: local_id,
            patient: Some(PatientPart { patient_local_id: patient }),
            delivery: None,
            success: true,
            error_message: None,
            result_object_type: kind,
            version: events::VERSION,
        }
    }
}
