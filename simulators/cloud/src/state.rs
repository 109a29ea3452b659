//! What the mock cloud knows, shared by its roles.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faults::{Class, Fault, Faults, Subject};
use journal::{Clock, Journal, Peer, Seed};
use serde_json::json;
use uuid::Uuid;
use wiremock::ResponseTemplate;

use crate::bus::Bus;
use crate::contract::{Contract, Operation, Role};
use crate::exams::Exams;
use crate::http::Call;
use crate::lifecycle::{Lifecycle, Numbers, Organization};
use crate::tokens::Tokens;
use crate::{appconfig, blob, emr_api, login};

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
    pub(crate) service_keys: ServiceKeys,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) bus: Bus,
    /// The namespace of an organization that orders by messages (LIFE-106).
    pub(crate) organization: Bus,
    exams: Mutex<Exams>,
    settings: Mutex<appconfig::Store>,
    blobs: Mutex<blob::Store>,
    requests: AtomicU64,
    /// What goes wrong.
    pub(crate) faults: Faults,
}

/// What a service's key proves (CON-013): base64, as the SDKs expect it.
pub(crate) struct ServiceKeys {
    pub(crate) settings: String,
    pub(crate) blob: String,
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
        customer: Organization,
        tokens: Arc<Tokens>,
        client_secret: String,
        service_keys: ServiceKeys,
        faults: Faults,
        keeps: Option<usize>,
    ) -> State {
        let life = Lifecycle::new(seed.derive("life cycle"), clock.clone(), Numbers::default());
        let blobs = blob::Store::with(&contract.blob.containers, clock.now());
        State {
            contract,
            urls,
            journal,
            clock,
            seed,
            client_secret,
            service_keys,
            tokens,
            bus,
            organization,
            exams: Mutex::new(Exams::new(life, customer, keeps)),
            settings: Mutex::default(),
            blobs: Mutex::new(blobs),
            requests: AtomicU64::new(0),
            faults,
        }
    }

    pub(crate) fn exams(&self) -> MutexGuard<'_, Exams> {
        self.exams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> MutexGuard<'_, appconfig::Store> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn blobs(&self) -> MutexGuard<'_, blob::Store> {
        self.blobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new id for an answer.
    pub(crate) fn request_id(&self) -> Uuid {
        self.seed.uuid(&format!("request {}", self.requests.fetch_add(1, Ordering::Relaxed)))
    }

    /// The audiences for which a role takes tokens (CON-072).
    fn audiences_of(&self, role: Role) -> Vec<String> {
        let Contract { hosts, settings, blob, login, .. } = &self.contract;
        let mut audiences: Vec<String> =
            ["localhost", "127.0.0.1"]
                .iter()
                .map(|name| format!("https://{name}:{}", self.urls.https_port))
                .chain(
                    hosts.get(&role).into_iter().flat_map(|host| [&host.test, &host.production]).flat_map(|name| {
                        [format!("https://{name}"), format!("https://{name}:{}", self.urls.https_port)]
                    }),
                )
                .collect();
        audiences.extend_from_slice(match role {
            Role::Settings => &settings.audiences,
            Role::Blob => &blob.audiences,
            Role::ResultsBus | Role::NotificationBus => &login.bus_audiences,
            Role::Login | Role::EmrApi => &[],
        });
        audiences
    }

    /// All audiences for which there are tokens.
    pub(crate) fn audiences(&self) -> Vec<String> {
        self.contract.hosts.keys().flat_map(|role| self.audiences_of(*role)).collect()
    }

    /// Checks the bearer token of a role (CON-013, CON-072).
    pub(crate) fn check_bearer(&self, role: Role, call: &Call<'_>) -> Result<(), String> {
        let Some(token) = call.header("authorization").strip_prefix("Bearer ") else {
            return Err("no bearer token".to_owned());
        };
        let skew = match self.faults.meet(&[role.place()], Class::Clock, &Subject::default()) {
            Some(Fault::ClockSkew(skew)) => skew.seconds,
            _ => 0,
        };
        self.tokens.check_at(token, &self.audiences_of(role), skew)
    }

    /// Writes down that a request was not let in.
    pub(crate) fn journal_refusal(&self, role: Role, reason: &str) {
        self.journal.fact(Peer::Cloud, "token.refused", role.name(), json!({ "reason": reason }));
    }

    /// Answers an operation: the status, also for the journal, and the response.
    pub(crate) fn answer(&self, role: Role, operation: Operation, call: &Call<'_>) -> (u16, ResponseTemplate) {
        if role == Role::EmrApi
            && let Err(reason) = self.check_bearer(role, call)
        {
            self.journal_refusal(role, &reason);
            // the reason quotes the token, which may hold what no header can
            let challenge = "Bearer error=\"invalid_token\"";
            return (401, ResponseTemplate::new(401).insert_header("WWW-Authenticate", challenge));
        }
        match operation {
            Operation::OpenidConfiguration => login::openid_configuration(self, call),
            Operation::InstanceDiscovery => login::instance_discovery(self, call),
            Operation::Keys => login::keys(self),
            Operation::Token => login::token(self, call),
            Operation::List => appconfig::list(self, call),
            Operation::KeyValue => appconfig::answer(self, call),
            Operation::Blob | Operation::PutBlob => blob::answer(self, call),
            Operation::SubmitOrder => emr_api::submit_order(self, call),
            Operation::FetchDelivery => emr_api::fetch_delivery(self, call),
            Operation::ClaimDelivery => emr_api::claim_delivery(self, call),
            Operation::PostReceipt => emr_api::post_receipt(self, call),
            Operation::Heartbeat => emr_api::heartbeat(self, call),
        }
    }
}
