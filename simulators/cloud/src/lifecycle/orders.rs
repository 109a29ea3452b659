//! What requests do to orders: NW, XO, CA and ResendResult, as JSON or as ORM (08 sections 3 and 4).

use hl7::Message;
use hl7::ack::Code as AckCode;
use serde_json::Value;
use uuid::Uuid;

use super::codes::{ORDER_CONTROL, find};
use super::events::ImagePart;
use super::images::Receipt;
use super::json::{self, Code};
use super::machine::{self, Next, Post, Row, State, Trigger};
use super::mapping;
use super::order::Order;
use super::request::{Camera, ImageDirective, Refused, Request};
use super::settings::{Duplicate, OpenOrderScope, Replace, XoCheckedOut, XoQueued, XoReceipt};
use super::tenancy::Tenant;
use super::{Answer, Desk, Output};
use crate::orm::{self, Action, Refusal};

/// What HL7 adds to a request.
type Hl7 = Option<results::Order>;

impl Tenant {
    /// Whether an object of a queue names this organization (LIFE-028).
    pub(super) fn is_named_by(&self, value: &Value) -> Result<(), Refused> {
        let guid = json::text(value, "/ClientGuid").and_then(|text| Uuid::parse_str(text).ok());
        if guid == Some(self.organization.guid) {
            return Ok(());
        }
        Err(Refused::new("LIFE-SM-05", "ClientGuid is missing or not that of the queue's organization"))
    }

    pub(super) fn order_request(&mut self, desk: &mut Desk, bytes: &[u8]) -> Result<(), Refused> {
        let value = json::read(bytes).ok_or_else(|| Refused::new("LIFE-027", "the message is no JSON object"))?;
        self.is_named_by(&value)?;
        let code = value.get("OrderControlCode").and_then(|code| serde_json::from_value::<Code>(code.clone()).ok());
        match code.and_then(|code| find(ORDER_CONTROL, &code)) {
            Some("XO") => self.change(desk, &value, None).map(drop),
            Some("CA") => self.cancel(desk, &value).map(drop),
            Some("ResendResult") => self.resend(desk, &value),
            code => {
                let created = match code {
                    Some(_) => self.new_order(desk, value.clone(), None).map(drop),
                    None => Err(Refused::new("LIFE-RQ-03", "OrderControlCode must be NW, XO, CA or ResendResult")),
                };
                if let Err(refused) = created {
                    self.creation_failed(desk, &value, &refused);
                }
                Ok(())
            }
        }
    }

    /// LIFE-029, LIFE-SM-04
    fn creation_failed(&self, desk: &mut Desk, value: &Value, refused: &Refused) {
        let received = |pointer| json::text(value, pointer).map(str::to_owned);
        let (order, patient) = (received("/Order/LocalId"), received("/Patient/LocalId"));
        let mut event = desk.event("OrderCreationReceipt", 0, order, patient);
        event.success = false;
        event.error_message = Some(refused.reason.clone());
        desk.out.push(Output::Event(event));
    }

    pub(super) fn orm(&mut self, desk: &mut Desk, bytes: &[u8]) -> Answer {
        match self.try_orm(desk, bytes) {
            Ok((outcome, at)) => {
                let order = &self.orders[at];
                let placer = order.local_id().unwrap_or_default().to_owned();
                Answer::Accepted { outcome, placer, filler: order.id }
            }
            Err(refusal) => Answer::Refused(refusal),
        }
    }

    fn try_orm(&mut self, desk: &mut Desk, bytes: &[u8]) -> Result<(&'static str, usize), Box<Refusal>> {
        let request = orm::judge(bytes, &self.organization.order_profile).map_err(Box::new)?;
        // cannot fail: it was read before
        let message = Message::parse(bytes).map_err(|_| hl7_refusal(&Refused::new("LIFE-050", "unreadable")))?;
        let key = (message.control_id().to_vec(), request.order.placer.clone());
        if let Some(at) = self.seen.get(&key) {
            return Ok(("repeated", *at)); // LIFE-018
        }
        let value = mapping::from_orm(&request.order, &message, self.settings().orm_map_demographics);
        let done = match request.action {
            Action::New => self.new_order(desk, value, Some(request.order)),
            Action::Change => self.change(desk, &value, Some(request.order)).map(|at| ("changed", at)),
            Action::Cancel => self.cancel(desk, &value).map(|at| ("cancelled", at)),
        };
        let (outcome, at) = done.map_err(|refused| hl7_refusal(&refused))?;
        self.seen.insert(key, at);
        Ok((outcome, at))
    }

    /// Validates a NW and does what it asks for: outcome and order.
    fn new_order(&mut self, desk: &mut Desk, mut value: Value, hl7: Hl7) -> Result<(&'static str, usize), Refused> {
        let request = Request::read(&value)?;
        if hl7.is_none() {
            request.check(self.settings().order_localid_required)?; // an ORM has been judged by its own rules
        }
        let types = request.evaluations()?;
        if let Some(kind) = types.iter().find(|kind| !self.organization.subscribed.contains(kind)) {
            return Err(Refused::new("EVL-21", format!("the evaluation type {kind} is not subscribed")));
        }
        let site = self.site(&request, hl7.is_some())?;
        self.state_of_exam(&request, site)?;
        let patient = self.patient(site, request.patient.local_id.as_deref().unwrap_or_default());
        let same_id = request.order.local_id.as_deref().map_or(&[][..], |id| self.index.orders(id)).to_vec();
        let of_another = |order: &Order| order.state.is_open() && Some(order.patient) != patient;
        if same_id.iter().any(|at| of_another(&self.orders[*at])) {
            return Err(Refused::new("LIFE-017", "Order.LocalId is that of another patient's open order"));
        }
        let newest = same_id.last().copied();
        let row = newest.and_then(|at| machine::row(Some(self.orders[at].state), Trigger::NewSame));
        if let (Some(at), Some(row)) = (newest, row)
            && row.next == Next::Same
        {
            match self.settings().nw_duplicate {
                Duplicate::Idempotent => {
                    self.follow(desk, at, row, &[]);
                    return Ok(("repeated", at));
                }
                Duplicate::Reject => return Err(Refused::new("LIFE-015", "Order.LocalId is that of an open order")),
                Duplicate::Replace => {}
            }
        }
        let scope = self.settings().open_order_scope;
        let is_old = |at: &usize| {
            let order = &self.orders[*at];
            let overlaps = || order.types.iter().any(|kind| types.contains(kind)) || same_id.contains(at);
            order.state.is_open() && (scope == OpenOrderScope::Patient || overlaps())
        };
        let of_patient = patient.map_or(&[][..], |patient| self.index.of_patient(patient));
        let old: Vec<usize> = of_patient.iter().copied().filter(is_old).collect();
        if !old.is_empty() && self.settings().open_order_replace == Replace::RejectNew {
            return Err(Refused::new("LIFE-014", "the patient has an open order of this evaluation type"));
        }
        for at in old {
            if let Some(row) = machine::row(Some(self.orders[at].state), Trigger::NewOther) {
                self.follow(desk, at, row, &[]);
            }
        }
        let directives = take_directives(&mut value, request.camera);
        let by_json = hl7.is_none();
        Ok(("accepted", self.create(desk, value, hl7, by_json, site, directives)?))
    }

    /// Makes the order of a checked request (LIFE-SM-01 to -03).
    fn create(
        &mut self,
        desk: &mut Desk,
        mut value: Value,
        hl7: Hl7,
        by_json: bool,
        site: usize,
        directives: Vec<ImageDirective>,
    ) -> Result<usize, Refused> {
        self.complete_providers(&mut value);
        let request = Request::read(&value)?;
        let known = self.patient(site, request.patient.local_id.as_deref().unwrap_or_default());
        let new_patient = if known.is_none() { desk.next_patient() } else { 0 };
        let patient = self.keep_patient(new_patient, site, &value, demographics(&hl7, by_json));
        let order = Order {
            id: desk.next_order(),
            state: State::AwaitingImages,
            site,
            patient,
            types: request.evaluations()?,
            state_of_exam: self.state_of_exam(&request, site)?,
            data: value,
            request,
            came_as_hl7: hl7.is_some(),
            hl7,
            created: desk.now,
            queued: None,
            images: Vec::new(),
            graded: None,
            billed: false,
            generated: 0,
            report: None,
        };
        let at = self.orders.len();
        self.index.add_order(at, &order);
        self.orders.push(order);
        let receipts = self.take_images(desk, at, &directives);
        let trigger = match receipts.is_empty() {
            true => Trigger::New,
            false if self.is_complete(at) => Trigger::NewReady,
            false => Trigger::NewWithImages,
        };
        if let Some(row) = machine::row(None, trigger) {
            self.follow(desk, at, row, &receipts);
        }
        Ok(at)
    }

    /// XO (LIFE-035 to LIFE-044).
    fn change(&mut self, desk: &mut Desk, value: &Value, hl7: Hl7) -> Result<usize, Refused> {
        let at = self.named(value);
        let state = at.map(|at| self.orders[at].state);
        let change = Request::read(value)?;
        change.check(true)?;
        let (Some(at), Some(state)) = (at, state.filter(|state| state.is_open())) else {
            return Err(ignored(state, Trigger::Change));
        };
        let mut change_value = value.clone();
        let directives = take_directives(&mut change_value, change.camera);
        self.complete_providers(&mut change_value);
        let order = &self.orders[at];
        let merged = merged(order, &change_value);
        let by_json = hl7.is_none();
        let hl7 = match (hl7, &order.hl7) {
            (Some(new), _) => Some(immutable_kept(order, new)),
            (None, Some(old)) => Some(mapping::changed(old, &order.request, &Request::read(&merged)?)),
            (None, None) => None,
        };
        let replace = || machine::row(Some(State::QueuedForGrading), Trigger::Change);
        let row = match (state, self.settings().xo_queued, self.settings().xo_checked_out) {
            (State::AwaitingImages, ..) => None,
            (State::CheckedOutForGrading, _, XoCheckedOut::Ignore) => {
                return Err(ignored(Some(state), Trigger::Change));
            }
            (State::CheckedOutForGrading, _, XoCheckedOut::Replace) => replace(),
            (_, XoQueued::Ignore, _) => return Err(Refused::new("LIFE-042", "the order is queued already")),
            (_, XoQueued::Replace, _) => machine::row(Some(state), Trigger::Change),
            (_, XoQueued::Apply, _) => None,
        };
        if let Some(row) = row {
            let site = order.site;
            Request::read(&merged)?;
            self.follow(desk, at, row, &[]);
            return self.create(desk, merged, hl7, by_json, site, directives);
        }
        self.apply(at, merged, hl7, by_json)?;
        if self.settings().xo_receipt == XoReceipt::OrderCreationReceipt {
            self.post(desk, at, "OrderCreationReceipt");
        }
        let receipts = self.take_images(desk, at, &directives);
        let trigger = match state {
            State::AwaitingImages if self.is_complete(at) => Trigger::ChangeWithLastImage,
            State::AwaitingImages => Trigger::Change,
            _ => Trigger::Image, // LIFE-SM-15
        };
        if let Some(row) = machine::row(Some(state), trigger) {
            self.follow(desk, at, row, &receipts);
        }
        Ok(at)
    }

    /// LIFE-041
    fn apply(&mut self, at: usize, merged: Value, hl7: Hl7, by_json: bool) -> Result<(), Refused> {
        let request = Request::read(&merged)?;
        let site = self.orders[at].site;
        let state_of_exam = self.state_of_exam(&request, site)?;
        self.keep_patient(0, site, &merged, demographics(&hl7, by_json));
        let order = &mut self.orders[at];
        (order.request, order.data, order.hl7, order.state_of_exam) = (request, merged, hl7, state_of_exam);
        Ok(())
    }

    /// CA (LIFE-045, LIFE-046).
    fn cancel(&mut self, desk: &mut Desk, value: &Value) -> Result<usize, Refused> {
        let at = self.named(value);
        let state = at.map(|at| self.orders[at].state);
        match (at, machine::row(state, Trigger::Cancel)) {
            (Some(at), Some(row)) if row.next != Next::Same => {
                self.follow(desk, at, row, &[]);
                Ok(at)
            }
            _ => Err(ignored(state, Trigger::Cancel)),
        }
    }

    /// ResendResult (LIFE-047 to LIFE-049).
    fn resend(&mut self, desk: &mut Desk, value: &Value) -> Result<(), Refused> {
        let at = self.named(value);
        let state = at.map(|at| self.orders[at].state);
        match (at, machine::row(state, Trigger::Resend)) {
            (Some(at), Some(row)) if !row.posts.is_empty() => self.deliver_again(desk, at, row),
            _ => Err(ignored(state, Trigger::Resend)),
        }
    }

    /// The order that a request names (LIFE-035).
    fn named(&self, value: &Value) -> Option<usize> {
        self.find(json::text(value, "/Order/LocalId")?, json::text(value, "/Site/LocalId"))
    }

    pub(super) fn is_complete(&self, at: usize) -> bool {
        self.orders[at].has_its_images(self.settings().image_requirement)
    }

    /// Does what a row says; results and charges are made by the caller, who has them ready.
    pub(super) fn follow(&mut self, desk: &mut Desk, at: usize, row: &'static Row, receipts: &[Receipt]) {
        let order = &mut self.orders[at];
        match row.next {
            Next::To(state) => order.state = state,
            Next::Replaced => order.state = State::OrderCancelled,
            Next::Same | Next::Another => {}
        }
        for post in row.posts {
            match post {
                Post::Receipt => self.post(desk, at, "OrderCreationReceipt"),
                Post::Cancelled => self.post(desk, at, "OrderCancelled"),
                Post::GradingReceipt => self.post(desk, at, "GradingReceipt"),
                Post::Graded => self.post(desk, at, "OrderGradedEvent"),
                Post::Images => receipts.iter().for_each(|receipt| self.post_image(desk, Some(at), receipt)),
                Post::Ready => {
                    self.orders[at].queued = Some(desk.now);
                    self.post(desk, at, "ReadyForGradingEvent");
                }
                Post::Failure | Post::Results(_) | Post::Charge | Post::Delivered => {}
            }
        }
    }

    /// Posts an event of an order, unless HL7 orders have none (LIFE-073).
    fn post(&self, desk: &mut Desk, at: usize, kind: &'static str) {
        let order = &self.orders[at];
        if !order.came_as_hl7 || self.settings().events_for_hl7 {
            let event = desk.event(kind, order.id, order.local_id().map(str::to_owned), order.patient_local_id());
            desk.out.push(Output::Event(event));
        }
    }

    /// ImageReceipt (LIFE-058); without an order it names none (LIFE-055).
    pub(super) fn post_image(&self, desk: &mut Desk, at: Option<usize>, receipt: &Receipt) {
        let order = at.map(|at| &self.orders[at]);
        if order.is_some_and(|order| order.came_as_hl7) && !self.settings().events_for_hl7 {
            return;
        }
        let local_id = order.and_then(|order| order.local_id()).map(str::to_owned);
        let patient = order.map_or(receipt.patient.clone(), Order::patient_local_id);
        let mut event = desk.event("ImageReceipt", order.map_or(0, |order| order.id), local_id, patient);
        event.image = Some(ImagePart { image_local_id: receipt.local_id.clone(), iris_image_id: receipt.image });
        event.success = receipt.error.is_none();
        event.error_message = receipt.error.map(str::to_owned);
        desk.out.push(Output::Event(event));
    }
}

/// What is said of an input that changes nothing.
pub(super) fn ignored(state: Option<State>, trigger: Trigger) -> Refused {
    let requirement = machine::row(state, trigger).map_or("LIFE-096", |row| row.id);
    let found = state.map_or("no order was found".to_owned(), |state| format!("the order is {state:?}"));
    Refused::new(requirement, format!("{trigger:?} is ignored: {found}"))
}

/// Takes the image directives out of a request: they are work to do, not data to keep.
fn take_directives(value: &mut Value, camera: Camera) -> Vec<ImageDirective> {
    if let Some(Value::Object(camera)) = value.get_mut("Camera") {
        camera.remove("Images");
    }
    camera.images
}

/// The order's data with a change laid over it, except for what is immutable (LIFE-039, LIFE-040).
fn merged(order: &Order, change: &Value) -> Value {
    let mut change = change.clone();
    for (object, property) in [("Order", "LocalId"), ("Order", "EvaluationTypes"), ("Patient", "LocalId")] {
        if let Some(Value::Object(object)) = change.get_mut(object) {
            object.remove(property);
        }
    }
    if let Value::Object(change) = &mut change {
        change.remove("Site"); // it found the order
    }
    let mut merged = order.data.clone();
    json::merge(&mut merged, &change);
    merged
}

/// LIFE-039 for a change that comes as HL7, whichever way the order came.
fn immutable_kept(order: &Order, new: results::Order) -> results::Order {
    let (placer, mrn) = match &order.hl7 {
        Some(old) => (old.placer.clone(), old.mrn.clone()),
        None => (new.placer, order.patient_local_id().unwrap_or_default().into_bytes()),
    };
    results::Order { placer, mrn, evaluations: order.types.clone(), ..new }
}

/// Name, birth date and sex in the bytes of an ORM; none when JSON said them last.
fn demographics(order: &Hl7, by_json: bool) -> Option<[Vec<u8>; 4]> {
    let order = order.as_ref().filter(|_| !by_json)?;
    Some([&order.family, &order.given, &order.dob, &order.sex].map(Clone::clone))
}

/// A refusal in the words of HL7: ORM-NEG-801 to -804.
fn hl7_refusal(refused: &Refused) -> Box<Refusal> {
    let (error, at, requirement) = match refused.requirement {
        "LIFE-017" => (205, "ORC-2", "ORM-NEG-804"),
        "LIFE-SM-25" => (204, "ORC-2", "ORM-NEG-803"),
        "LIFE-SM-27" => (204, "ORC-2", "ORM-NEG-801"),
        other => (207, "MSH", other),
    };
    Box::new(Refusal { code: AckCode::AR, error, at: at.parse().ok(), text: refused.reason.clone(), requirement })
}
