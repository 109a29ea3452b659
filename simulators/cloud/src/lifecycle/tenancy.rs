//! Organizations: what is agreed with each, and what each owns. Nothing here is shared by two of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use results::{EvaluationType, Grader, Plan};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::codes::us_state;
use super::index::Index;
use super::json;
use super::order::Order;
use super::request::{Address, Camera, PatientPart, Refused, Request};
use super::settings::{DeliverJson, PatientScope, Settings};
use crate::orm::OrderProfile;

/// A customer (LIFE-001): how it is set up. What it owns grows with its inputs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Organization {
    /// ClientGuid; text forms compare without regard to case (LIFE-026). The default is nil.
    #[schemars(with = "String")]
    pub guid: Uuid,
    /// What its HL7 orders come from on a link that customers share (TOP-095).
    pub senders: Vec<Sender>,
    /// Its sites (LIFE-003).
    pub sites: Vec<Site>,
    /// The name of sites that have none of their own.
    pub clinic: Option<String>,
    /// What it may order (EVL-21).
    pub subscribed: BTreeSet<EvaluationType>,
    /// Who grades for it (LIFE-085); the first with a licence does.
    pub interpreters: Vec<Interpreter>,
    /// Its own care plans by the row of the default table that they take the place of, e.g. `CPL-D08` (CPL-006).
    pub plans: BTreeMap<String, Plan>,
    /// What IRIS knows of providers beforehand, by NPI, in the form of OrderRequest (LIFE-RQ-73).
    pub providers: BTreeMap<String, Value>,
    /// Its options.
    pub settings: Settings,
    /// Its agreements about ORM.
    pub order_profile: OrderProfile,
    /// Its agreements about ORU, MDM, DFT and report.
    pub results_profile: results::Profile,
}

/// A sender of HL7 orders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// MSH-3.1.
    pub application: String,
    /// MSH-4.1.
    pub facility: String,
}

/// A site: clinic, department, event or mere logical split (LIFE-003).
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Site {
    /// The customer's own id.
    pub local_id: String,
    /// Its name.
    pub name: Option<String>,
    /// Its one address; the state is the default of its orders (LIFE-010).
    pub address: Address,
    /// Exams happen elsewhere, so orders name their state (LIFE-011).
    pub mobile: bool,
    /// Its cameras (LIFE-004).
    pub cameras: Vec<Camera>,
    /// As [`Organization::plans`], above which they rank.
    pub plans: BTreeMap<String, Plan>,
}

/// Who grades.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interpreter {
    /// The person.
    pub grader: Grader,
    /// Address for results; may be absent.
    #[serde(default)]
    pub email: Option<String>,
    /// The states of the licences as abbreviations; `None` is all (EVL-22).
    #[serde(default)]
    pub licences: Option<BTreeSet<String>>,
}

impl Organization {
    /// An organization with one site, all evaluation types and the default options.
    pub fn new(guid: Uuid, site: &str) -> Self {
        let grader = Grader {
            id: "GR0001".into(),
            family: "DOE".into(),
            given: "JANE".into(),
            degrees: "MD".into(),
            npi: "1234567890".into(),
            taxonomy: "207W00000X".into(),
        };
        Self {
            guid,
            senders: Vec::new(),
            sites: vec![Site { local_id: site.into(), ..Site::default() }],
            clinic: None,
            subscribed: EvaluationType::ALL.into(),
            interpreters: vec![Interpreter { grader, email: None, licences: None }],
            plans: BTreeMap::new(),
            providers: BTreeMap::new(),
            settings: Settings::default(),
            order_profile: OrderProfile::default(),
            results_profile: results::Profile::default(),
        }
    }
}

impl Organization {
    /// A customer whose orders come through a proxy: sites are what its orders name, and only JSON orders have JSON results.
    pub fn of_proxies(guid: Uuid) -> Self {
        let settings = Settings { deliver_json: DeliverJson::JsonOrders, ..Settings::default() };
        Self { sites: Vec::new(), settings, ..Self::new(guid, "") }
    }
}

impl Default for Organization {
    fn default() -> Self {
        Self::of_proxies(Uuid::nil())
    }
}

/// A patient (LIFE-005).
#[derive(Clone, Debug)]
pub(super) struct Patient {
    pub(super) id: u64,
    /// `None` when patients belong to the organization (LIFE-006).
    pub(super) site: Option<usize>,
    pub(super) local_id: String,
    data: Value,
    pub(super) part: PatientPart,
    /// Name, birth date and sex as the last HL7 order had them.
    pub(super) hl7: Option<[Vec<u8>; 4]>,
}

/// An organization and all that it owns.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) organization: Organization,
    pub(super) patients: Vec<Patient>,
    pub(super) orders: Vec<Order>,
    /// Where both are.
    pub(super) index: Index,
    /// Files in the blob storage by container and name (LIFE-056), with the time of their arrival.
    pub(super) files: BTreeMap<(String, String), Timestamp>,
    /// What was sent of a provider, by NPI (LIFE-RQ-73).
    pub(super) providers: BTreeMap<String, Value>,
    /// MSH-10 and ORC-2.1 of accepted ORM, with the order (LIFE-018).
    pub(super) seen: BTreeMap<(Vec<u8>, Vec<u8>), usize>,
    /// The order and kind of each delivery.
    pub(super) deliveries: BTreeMap<Uuid, (usize, super::Kind)>,
    /// The MSH-7 of the message made last.
    pub(super) last_sent: Option<Timestamp>,
}

impl Tenant {
    pub(super) fn new(organization: Organization) -> Self {
        Self {
            organization,
            patients: Vec::new(),
            orders: Vec::new(),
            index: Index::default(),
            files: BTreeMap::new(),
            providers: BTreeMap::new(),
            seen: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            last_sent: None,
        }
    }

    /// Takes another setup. The sites of orders stay where they are, those of the new setup replace them by LocalId.
    pub(super) fn set_up(&mut self, mut organization: Organization) {
        let mut sites = std::mem::take(&mut self.organization.sites);
        for site in std::mem::take(&mut organization.sites) {
            match sites.iter_mut().find(|known| known.local_id == site.local_id) {
                Some(known) => *known = site,
                None => sites.push(site),
            }
        }
        self.organization = Organization { sites, ..organization };
    }

    /// Forgets the oldest orders, with what was kept for them alone.
    pub(super) fn forget(&mut self, oldest: usize) {
        self.orders.drain(..oldest);
        let seen = std::mem::take(&mut self.seen).into_iter();
        self.seen = seen.filter_map(|(key, at)| Some((key, at.checked_sub(oldest)?))).collect();
        let deliveries = std::mem::take(&mut self.deliveries).into_iter();
        self.deliveries =
            deliveries.filter_map(|(id, (at, kind))| Some((id, (at.checked_sub(oldest)?, kind)))).collect();
        let since = self.orders.first().map(|order| order.created);
        self.files.retain(|_, arrived| since.is_none_or(|since| *arrived >= since));

        let patients: BTreeSet<usize> = self.orders.iter().map(|order| order.patient).collect();
        let places: BTreeMap<usize, usize> = patients.into_iter().zip(0..).collect();
        let mut at = 0..;
        self.patients.retain(|_| at.next().is_some_and(|at| places.contains_key(&at)));
        self.orders.iter_mut().for_each(|order| order.patient = places[&order.patient]);
        self.index = Index::new(&self.orders, &self.patients);
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.organization.settings
    }

    /// The newest order with a LocalId (LIFE-016, LIFE-035).
    pub(super) fn find(&self, local_id: &str, site: Option<&str>) -> Option<usize> {
        let found = self.index.orders(local_id);
        let first = self.orders[*found.first()?].site;
        let several = found.iter().any(|at| self.orders[*at].site != first);
        let there = |order: &Order| site.is_none_or(|site| self.organization.sites[order.site].local_id == site);
        found.iter().rev().copied().find(|at| !several || there(&self.orders[*at]))
    }

    /// The site of a request. An unknown one is created when that is agreed and there is enough for it (LIFE-030, LIFE-031).
    pub(super) fn site(&mut self, request: &Request, create: bool) -> Result<usize, Refused> {
        let local_id = request.site.local_id.clone().unwrap_or_default();
        let sites = &mut self.organization.sites;
        if let Some(at) = sites.iter().position(|site| site.local_id == local_id) {
            return Ok(at);
        }
        let described = request.site.name.is_some() && request.site.address.state.is_some();
        let auto = self.organization.settings.site_auto_create && described;
        if !(create || auto) {
            return Err(Refused::new("LIFE-030", "Site not found"));
        }
        let (name, address) = (request.site.name.clone(), request.site.address.clone());
        sites.push(Site { local_id, name, address, ..Site::default() });
        Ok(sites.len() - 1)
    }

    /// LIFE-010, LIFE-011
    pub(super) fn state_of_exam(&self, request: &Request, site: usize) -> Result<Option<String>, Refused> {
        let site = &self.organization.sites[site];
        match (&request.order.state, &site.address.state) {
            (Some(given), _) => Ok(Some(given.clone())),
            (None, _) if site.mobile => Err(Refused::new("LIFE-011", "Order.State is required at a mobile site")),
            (None, of_site) => Ok(of_site.clone()),
        }
    }

    pub(super) fn patient(&self, site: usize, local_id: &str) -> Option<usize> {
        self.index.patient(self.patient_site(site), local_id)
    }

    fn patient_site(&self, site: usize) -> Option<usize> {
        (self.settings().patient_scope == PatientScope::Site).then_some(site)
    }

    /// Keeps what a NW or XO says of a patient (LIFE-007).
    pub(super) fn keep_patient(&mut self, id: u64, site: usize, request: &Value, hl7: Option<[Vec<u8>; 4]>) -> usize {
        let local_id = json::text(request, "/Patient/LocalId").unwrap_or_default().to_owned();
        let at = self.patient(site, &local_id).unwrap_or_else(|| {
            let (site, data) = (self.patient_site(site), Value::Object(serde_json::Map::new()));
            let patient = Patient { id, site, local_id, data, part: PatientPart::default(), hl7: None };
            self.index.add_patient(self.patients.len(), &patient);
            self.patients.push(patient);
            self.patients.len() - 1
        });
        let patient = &mut self.patients[at];
        if let Some(said) = request.get("Patient") {
            json::merge(&mut patient.data, said);
        }
        // cannot fail: both were read before
        patient.part = serde_json::from_value(patient.data.clone()).unwrap_or_default();
        patient.hl7 = hl7;
        at
    }

    /// Completes a provider by what was sent with its NPI before, and keeps the sum (LIFE-RQ-73).
    pub(super) fn complete_providers(&mut self, request: &mut Value) {
        for role in ["OrderingProvider", "ReferringProvider", "CameraOperator"] {
            let Some(said) = request.get_mut(role) else { continue };
            let Some(npi) = json::text(said, "/NPI").map(str::to_owned) else { continue };
            let of_iris = self.organization.providers.get(&npi).unwrap_or(said);
            let known = self.providers.entry(npi).or_insert_with(|| of_iris.clone());
            json::merge(known, said);
            *said = known.clone();
        }
    }

    /// The camera as the site knows it (LIFE-RQ-23, LIFE-RQ-25); an unknown one is created or left out (LIFE-032).
    pub(super) fn camera(&mut self, site: usize, given: &Camera) -> Option<Camera> {
        let cameras = &mut self.organization.sites[site].cameras;
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        let is = |known: &&Camera| {
            same(&known.local_id, &given.local_id)
                || given.local_id.is_none() && same(&known.ip_address, &given.ip_address)
        };
        if let Some(known) = cameras.iter().find(is) {
            return Some(known.clone());
        }
        let camera = Camera { images: Vec::new(), ..given.clone() };
        if !self.organization.settings.camera_auto_create || camera == Camera::default() {
            return None;
        }
        cameras.push(camera.clone());
        Some(camera)
    }

    /// Who grades an order: EVL-22 asks for a licence unless an AI reads it.
    pub(super) fn interpreter(&self, order: &Order) -> Option<&Interpreter> {
        let state = order.state_of_exam.as_deref().map(|given| us_state(given).unwrap_or(given));
        let by_person = order.types.iter().any(|kind| kind.is_read_by_a_person());
        let licensed = |who: &&Interpreter| {
            let licences = who.licences.as_ref().filter(|_| by_person);
            licences.is_none_or(|licences| state.is_some_and(|state| licences.contains(state)))
        };
        self.organization.interpreters.iter().find(licensed)
    }
}
