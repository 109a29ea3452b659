//! Synthetic messages: orders as an EMR sends them, and the results, charges and documents that belong to them.

mod output;
mod send;

use anyhow::{Context as _, anyhow};
use cloud::orm::{OrderProfile, judge};
use emr::Personality;
use hl7::Message;
use jiff::{SignedDuration, Timestamp};
use journal::Seed;
use rand::seq::IndexedRandom;
use results::{BuildError, Context, Grading, Order, Profile};

pub use output::{to_folder, to_stdout};
pub use send::{Answer, Sender};

/// The IRIS order number of the first order; the published samples carry it.
const FIRST_FILLER: u64 = 273_013;

/// What is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Orders, ORM^O01
    Orm,
    /// Results, ORU^R01
    Oru,
    /// Charges, DFT^P03
    Dft,
    /// Results as documents, MDM^T02
    Mdm,
}

impl Kind {
    /// As it stands in file names.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Orm => "orm",
            Kind::Oru => "oru",
            Kind::Dft => "dft",
            Kind::Mdm => "mdm",
        }
    }
}

/// Which grading a result is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gradings {
    /// One that the seed chooses from those that fit the profile.
    Any,
    /// The one with this name.
    Named(String),
}

impl std::str::FromStr for Gradings {
    type Err = String;

    fn from_str(name: &str) -> Result<Gradings, String> {
        match name {
            "any" => Ok(Gradings::Any),
            _ if results::grading_by_name(name).is_some() => Ok(Gradings::Named(name.to_owned())),
            _ => {
                let names: Vec<_> = results::grading_names().map(|name| format!("  {name}")).collect();
                Err(format!("there is no such grading; take `any` or one of\n{}", names.join("\n")))
            }
        }
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its number, from 1.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
    /// MSH-10.
    pub control_id: Vec<u8>,
    /// The EMR's order number.
    pub placer: String,
    /// The message, without a frame.
    pub content: Vec<u8>,
}

/// Makes messages; equal generators make equal ones.
pub struct Generator {
    /// What is made.
    pub kind: Kind,
    /// The EMR that orders.
    pub personality: Personality,
    /// Which gradings results are made of.
    pub gradings: Gradings,
    /// How the customer wants results.
    pub profile: Profile,
    /// The source of patients, orders and gradings.
    pub seed: Seed,
    /// When the first order is made; each one follows a minute after the one before.
    pub start: Timestamp,
}

impl Generator {
    /// The message with this index, from 0.
    ///
    /// # Errors
    /// The personality makes no good order, or no result can be made of it.
    pub fn message(&self, index: u32) -> anyhow::Result<Generated> {
        let ordered = self.start + SignedDuration::from_mins(index.into());
        let order = self.personality.order(self.seed, index, ordered)?;
        let agreed: OrderProfile = self.personality.order_profile()?;
        let request =
            judge(&order, &agreed).map_err(|refusal| anyhow!("{} ({})", refusal.text, refusal.requirement)).context(
                "IRIS would refuse this EMR's order; correct `template` or `order_profile` of the personality",
            )?;
        let placer = String::from_utf8_lossy(&request.order.placer).into_owned();
        let known = known_to_iris(index, request.order, &agreed);
        let content = match self.kind {
            Kind::Orm => order,
            Kind::Oru => self.result(results::oru, index, ordered, &known)?,
            Kind::Dft => self.result(results::dft, index, ordered, &known)?,
            Kind::Mdm => self.result(results::mdm, index, ordered, &known)?,
        };
        let control_id = Message::parse(content.as_slice())?.control_id().to_vec();
        Ok(Generated { number: index + 1, kind: self.kind, control_id, placer, content })
    }

    fn result(
        &self,
        build: impl Fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>,
        index: u32,
        ordered: Timestamp,
        order: &Order,
    ) -> anyhow::Result<Vec<u8>> {
        let name = self.grading(index, order)?;
        result_of(build, order, name, &self.profile, ordered)
    }

    /// The name of the grading.
    fn grading(&self, index: u32, order: &Order) -> anyhow::Result<&str> {
        let names: Vec<_> = match &self.gradings {
            Gradings::Named(name) => return Ok(name),
            Gradings::Any => results::grading_names().filter(|name| self.fits(name, order)).collect(),
        };
        let mut rng = self.seed.derive(&format!("grading {index}")).rng();
        names.choose(&mut rng).copied().context("no grading fits the profile")
    }

    /// Whether the profile has what the grading needs.
    fn fits(&self, name: &str, order: &Order) -> bool {
        let grading = results::grading_by_name(name);
        let order = answered_by(name, order);
        grading.is_some_and(|grading| results::care_plan(&order, &grading, &self.profile).is_ok())
    }
}

/// What IRIS sends for an order of that instant that is graded so, half an hour after the images, which come half an hour after
/// the order. A name that ends with [`CORRECTED`] stands for a second grading (LIFE-SM-30).
pub(crate) fn result_of(
    build: impl Fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>,
    order: &Order,
    grading: &str,
    profile: &Profile,
    ordered: Timestamp,
) -> anyhow::Result<Vec<u8>> {
    let after = |minutes| ordered + SignedDuration::from_mins(minutes);
    let name = grading.strip_suffix(CORRECTED).unwrap_or(grading);
    let found = results::grading_by_name(name).with_context(|| format!("there is no grading called `{name}`"))?;
    let order = &answered_by(name, order);
    let grading = Grading { captured: after(30), graded: after(60), regrade: name != grading, ..found };
    // as the mock cloud does, so that it sends the same token and document id for this order
    let seed = Seed::new(0).derive(&String::from_utf8_lossy(&order.placer));
    let context = Context {
        now: after(61),
        token: seed.hex("link token", 128),
        document_id: seed.uuid("document").to_string().to_uppercase(),
        pdf: results::report(order, &grading, profile)?,
        file_path: String::new(),
    };
    Ok(build(order, &grading, profile, &context)?)
}

/// The end of a grading's name when it replaces an earlier one.
pub(crate) const CORRECTED: &str = ", corrected";

/// The order with what IRIS adds to it.
fn known_to_iris(index: u32, order: Order, agreed: &OrderProfile) -> Order {
    let location = String::from_utf8_lossy(&order.location);
    let clinic = agreed.known_locations.as_ref().and_then(|known| known.get(&*location));
    let clinic = clinic.map_or_else(Vec::new, |name| name.clone().into_bytes());
    Order { filler: FIRST_FILLER + u64::from(index), clinic, ..order }
}

/// The order, asking for what the grading answers.
fn answered_by(grading: &str, order: &Order) -> Order {
    Order { evaluations: results::grading_evaluations(grading).to_vec(), ..order.clone() }
}
