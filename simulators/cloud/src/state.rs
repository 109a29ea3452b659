//! What the mock cloud knows, shared by its roles.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use journal::{Clock, Journal, Peer, Seed};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::bus::Bus;
use crate::contract::{Contract, Operation, Role};
use crate::exams::Exams;
use crate::http::{Call, Disturbance, Effect};
use crate::tokens::Tokens;
use crate::{emr_api, login, settings};

/// Addresses under which the cloud is reached.
#[derive(Clone, Debug)]
pub(crate) struct Urls {
    /// `https://localhost:port`, for every HTTPS role.
    pub(crate) https: String,
    pub(crate) https_port: u16,
}

pub(crate) struct State {
    pub(crate) contract: Contract,
    pub(crate) urls: Urls,
    pub(crate) journal: Journal,
    pub(crate) clock: Clock,
    pub(crate) seed: Seed,
    pub(crate) client_secret: String,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) bus: Bus,
    /// The namespace of an organization that orders by messages (LIFE-106).
    pub(crate) organization: Bus,
    exams: Mutex<Exams>,
    settings: Mutex<SettingsValues>,
    disturbances: Mutex<Vec<Disturbance>>,
}

/// The installation's settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsValues {
    pub(crate) values: BTreeMap<String, String>,
    /// Grows with each change; it is the entity tag.
    pub(crate) version: u32,
}

impl State {
    #[allow(clippy::too_many_arguments)] // made in one place, by `Cloud::start`
    pub(crate) fn new(
        contract: Contract,
        urls: Urls,
        journal: Journal,
        clock: Clock,
        seed: Seed,
        bus: Bus,
        organization: Bus,
        tokens: Arc<Tokens>,
        client_secret: String,
    ) -> State {
        State {
            contract,
            urls,
            journal,
            clock,
            seed,
            client_secret,
            tokens,
            bus,
            organization,
            exams: Mutex::default(),
            settings: Mutex::default(),
            disturbances: Mutex::default(),
        }
    }

    pub(crate) fn exams(&self) -> MutexGuard<'_, Exams> {
        self.exams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> SettingsValues {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_setting(&self, key: &str, value: &str) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        settings.values.insert(key.to_owned(), value.to_owned());
        settings.version += 1;
    }

    pub(crate) fn disturb(&self, disturbance: Disturbance) {
        let detail = format!("{:?}: {:?}, times {:?}", disturbance.operation, disturbance.effect, disturbance.times);
        self.journal.record(Peer::Cloud, journal::What::Fault { name: "https".to_owned(), detail });
        self.disturbances().push(disturbance);
    }

    pub(crate) fn lift_disturbances(&self) {
        self.disturbances().clear();
    }

    /// The effect that the next request of an operation meets; counts it.
    pub(crate) fn disturbance(&self, operation: Operation) -> Option<Effect> {
        let mut all = self.disturbances();
        let found = all.iter_mut().find(|d| d.operation == operation && d.times != Some(0))?;
        if let Some(times) = &mut found.times {
            *times -= 1;
        }
        Some(found.effect.clone())
    }

    fn disturbances(&self) -> MutexGuard<'_, Vec<Disturbance>> {
        self.disturbances.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks the bearer token of a role (CON-013, CON-072).
    fn authorize(&self, role: Role, call: &Call<'_>) -> Result<(), String> {
        let Some(token) = call.header("authorization").strip_prefix("Bearer ") else {
            return Err("no bearer token".to_owned());
        };
        let mut audiences = vec![call.own_url()];
        audiences.extend(
            self.contract
                .hosts
                .get(&role)
                .into_iter()
                .flat_map(|host| [format!("https://{}", host.test), format!("https://{}", host.production)]),
        );
        if role == Role::Settings {
            audiences.extend(self.contract.settings.audiences.iter().cloned());
        }
        self.tokens.check(token, &audiences)
    }

    /// Answers an operation: the status, also for the journal, and the response.
    pub(crate) fn answer(&self, role: Role, operation: Operation, call: &Call<'_>) -> (u16, ResponseTemplate) {
        if role != Role::Login
            && let Err(reason) = self.authorize(role, call)
        {
            self.journal.fact(Peer::Cloud, "token.refused", role.name(), json!({ "reason": reason }));
            // the reason quotes the token, which may hold what no header can
            let challenge = "Bearer error=\"invalid_token\"";
            return (401, ResponseTemplate::new(401).insert_header("WWW-Authenticate", challenge));
        }
        match operation {
            Operation::OpenidConfiguration => login::openid_configuration(call),
            Operation::InstanceDiscovery => login::instance_discovery(self, call),
            Operation::Token => login::token(self, call),
            Operation::List => settings::list(self, call),
            Operation::SubmitOrder => emr_api::submit_order(self, call),
            Operation::FetchDelivery => emr_api::fetch_delivery(self, call),
            Operation::ClaimDelivery => emr_api::claim_delivery(self, call),
            Operation::PostReceipt => emr_api::post_receipt(self, call),
            Operation::Heartbeat => emr_api::heartbeat(self, call),
        }
    }
}
