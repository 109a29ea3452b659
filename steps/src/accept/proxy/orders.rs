//! The orders that are sent: those of a personality, with the values that the site needs.

use std::path::Path as FilePath;

use anyhow::{Context, anyhow};
use cloud::orm::{Action, LocationSource, OrderProfile, PatientIdSource, TypeComponent, judge};
use emr::Personality;
use hl7::{Message, Path};
use jiff::Timestamp;
use journal::Seed;

use crate::accept::answers::{Answers, text};

/// Makes orders, no number twice.
pub(super) struct Orders {
    personality: Personality,
    answers: Answers,
    pub(super) agreed: OrderProfile,
    seed: Seed,
    /// Orders made so far.
    made: u32,
    /// Messages made of them.
    messages: u32,
}

/// An order, and its content as it is sent.
#[derive(Clone)]
pub(super) struct Made {
    index: u32,
    pub(super) content: Vec<u8>,
    pub(super) order: results::Order,
}

impl Made {
    /// Its number, ORC-2.1.
    pub(super) fn placer(&self) -> String {
        String::from_utf8_lossy(&self.order.placer).into_owned()
    }

    /// As people find it in the portal.
    pub(super) fn patient(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{}, {} (MRN {})", text(&self.order.family), text(&self.order.given), text(&self.order.mrn))
    }
}

impl Orders {
    /// # Errors
    /// An answer of which no order can be made.
    pub(super) fn new(answers: &Answers, seed: Seed) -> anyhow::Result<Orders> {
        let name = text(answers, "emr");
        let personality = match name.rsplit_once('.') {
            Some((_, "yaml" | "yml")) => Personality::load(FilePath::new(name)),
            _ => Personality::named(name),
        };
        let personality = personality.map_err(|error| anyhow!("`emr`: {error}"))?;
        let agreed = agreed(personality.order_profile()?, answers);
        let mut orders = Orders { personality, answers: answers.clone(), agreed, seed, made: 0, messages: 0 };
        orders.content(0, "NW")?; // so that a wrong answer shows before anything is sent
        Ok(orders)
    }

    /// A new order of a new patient.
    ///
    /// # Errors
    /// An answer of which no order can be made.
    pub(super) fn next(&mut self) -> anyhow::Result<Made> {
        let made = self.content(self.made, "NW")?;
        self.made += 1;
        Ok(made)
    }

    /// Another message about an order: `CA` cancels, `XO` changes it.
    ///
    /// # Errors
    /// An answer of which no order can be made.
    pub(super) fn again(&mut self, order: &Made, control: &str) -> anyhow::Result<Made> {
        self.content(order.index, control)
    }

    fn content(&mut self, index: u32, control: &str) -> anyhow::Result<Made> {
        let mut message = Message::parse(self.personality.order(self.seed, index, Timestamp::now())?)?;
        let number = self.messages;
        self.messages += 1;
        // as long as a control id may be (ORM-MSH-10), since some cut longer ones
        let control_id = format!("{control}{}{number:04}", self.seed.hex("control id", 14));
        let clinic = match self.agreed.location.source {
            LocationSource::Pv1 => "PV1-3.1",
            LocationSource::Orc => "ORC-13.1",
        };
        let mut set = |path: &str, value: &str| -> anyhow::Result<()> {
            let parsed: Path = path.parse().with_context(|| path.to_owned())?;
            let value = hl7::escape(value.as_bytes(), &message.delimiters()).into_owned();
            if !value.is_empty() {
                message.set(&parsed, &value).with_context(|| format!("{path} cannot be set"))?;
            }
            Ok(())
        };
        set("MSH-10", &control_id)?;
        set("ORC-1", control)?;
        set("MSH-3", text(&self.answers, "order.sending_application"))?;
        set("MSH-4", text(&self.answers, "order.sending_facility"))?;
        set(clinic, text(&self.answers, "order.clinic"))?;
        for (name, part) in ["1", "2", "3"].into_iter().zip(text(&self.answers, "order.provider").split('^')) {
            set(&format!("ORC-12.{name}"), part)?;
            set(&format!("OBR-16.{name}"), part)?;
        }
        let component = match self.agreed.provider.type_component {
            TypeComponent::Nine => 9,
            TypeComponent::Thirteen => 13,
        };
        set(&format!("ORC-12.{component}"), text(&self.answers, "order.provider_type"))?;
        let field = match self.agreed.patient_id.source {
            PatientIdSource::Pid2 => "PID-2",
            PatientIdSource::Pid3 => "PID-3",
        };
        if !text(&self.answers, "order.patient_id").is_empty() {
            let patient = emr::Patient::synthetic(self.seed.derive(&format!("order {index}")));
            set(&format!("{field}.1"), &patient.mrn)?;
        }
        set(&format!("{field}.5"), text(&self.answers, "order.patient_id_type"))?;
        let content = message.into_bytes();
        let request = judge(&content, &self.agreed)
            .map_err(|refusal| anyhow!("{} ({})", refusal.text, refusal.requirement))
            .context("IRIS would refuse an order with these answers; correct the answers that begin with `order.`")?;
        Ok(Made { index, content, order: request.order })
    }
}

/// The agreements of the personality, with those that were answered.
fn agreed(mut agreed: OrderProfile, answers: &Answers) -> OrderProfile {
    match text(answers, "order.patient_id") {
        "PID-2" => agreed.patient_id.source = PatientIdSource::Pid2,
        "PID-3" => agreed.patient_id.source = PatientIdSource::Pid3,
        _ => {}
    }
    match text(answers, "order.clinic_field") {
        "PV1-3.1" => agreed.location.source = LocationSource::Pv1,
        "ORC-13.1" => agreed.location.source = LocationSource::Orc,
        _ => {}
    }
    for (key, of) in
        [("order.patient_id_type", &mut agreed.patient_id.r#type), ("order.provider_type", &mut agreed.provider.r#type)]
    {
        if !text(answers, key).is_empty() {
            text(answers, key).clone_into(of);
        }
    }
    if !text(answers, "order.clinic").is_empty() {
        agreed.known_locations = None;
    }
    if !text(answers, "order.sending_facility").is_empty() {
        agreed.parent_entity = None;
    }
    if text(answers, "order.changes") == "yes" {
        agreed.order_control.insert("XO".to_owned(), Action::Change);
    }
    agreed
}
