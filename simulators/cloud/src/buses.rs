//! The two Service Bus namespaces: the proxies' (CON-040, CON-050) and the organization's (LIFE-106).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use faults::{Faults, Place};
use journal::Seed;

use crate::bus::{Access, Authorize, BusConfig, QueueConfig};
use crate::contract::{BusAuth, Contract, CustomerRight, Environment, Role};
use crate::tokens::Tokens;

/// Policy with all rights in a namespace, for tests.
const MANAGE: &str = "manage";

/// Where the buses are and what they are entered with.
pub(crate) struct Buses {
    pub(crate) amqps_port: u16,
    /// Plain AMQP (CON-005).
    pub(crate) amqp_port: Option<u16>,
    pub(crate) organization_amqps_port: u16,
    pub(crate) organization_amqp_port: Option<u16>,
    /// A key that was agreed on beforehand, for every policy.
    pub(crate) key: Option<String>,
    pub(crate) seed: Seed,
}

impl Buses {
    /// The key of a policy.
    fn key(&self, policy: &str) -> String {
        self.key.clone().unwrap_or_else(|| self.seed.hex(&format!("{policy} key"), 44))
    }

    fn access(&self, policy: &str, queue: Option<&str>, listen: bool, send: bool) -> Access {
        let queues = queue.map(|queue| vec![queue.to_owned()]);
        Access { key_name: policy.to_owned(), key: self.key(policy), queues, listen, send }
    }

    /// The namespace of the proxies. CON-004: one listener stands for both host names.
    pub(crate) fn proxies(&self, contract: &Contract, tokens: &Arc<Tokens>, faults: &Faults) -> BusConfig {
        let (results, notifications) = (&contract.queues.results, &contract.queues.notifications);
        let queues = vec![
            QueueConfig {
                place: Some(Place::ResultsBus),
                ..queue(&results.name, results.lock_ms, results.max_delivery_count)
            },
            QueueConfig {
                place: Some(Place::NotificationBus),
                ..queue(&notifications.name, notifications.lock_ms, notifications.max_delivery_count)
            },
        ];
        let mut config = BusConfig::new("localhost", queues, self.access(MANAGE, None, true, true));
        if contract.queues.auth == BusAuth::Sas {
            config.access.push(self.access("results-listen", Some(&results.name), true, false));
            config.access.push(self.access("notification-listen", Some(&notifications.name), true, false));
        }
        config.aliases = [Role::ResultsBus, Role::NotificationBus]
            .iter()
            .filter_map(|role| contract.hosts.get(role))
            .flat_map(|host| [host.test.clone(), host.production.clone()])
            .collect();
        config.authorize = Some(authorize(tokens, &config.aliases));
        config.faults = faults.clone();
        config
    }

    /// The namespace of an organization that orders by messages (LIFE-097: a policy for each queue).
    pub(crate) fn organization(&self, contract: &Contract, tokens: &Arc<Tokens>) -> BusConfig {
        let all = &contract.queues.organization;
        let queues = all.values().map(|q| queue(&q.name, q.lock_ms, q.max_delivery_count)).collect();
        let manage = self.access(&format!("organization-{MANAGE}"), None, true, true);
        let mut config = BusConfig::new("organization", queues, manage);
        config.access.extend(all.iter().map(|(meaning, queue)| {
            let listen = queue.customer == CustomerRight::Listen;
            self.access(&policy(meaning, queue.customer), Some(&queue.name), listen, !listen)
        }));
        config.authorize = Some(authorize(tokens, &[]));
        config
    }

    /// The keys of all policies.
    pub(crate) fn secrets(&self, contract: &Contract) -> Vec<String> {
        let fixed = [MANAGE, "results-listen", "notification-listen", "organization-manage"].map(str::to_owned);
        let organization = contract.queues.organization.iter().map(|(meaning, queue)| policy(meaning, queue.customer));
        fixed.into_iter().chain(organization).map(|policy| self.key(&policy)).collect()
    }

    /// CON-060: `{cloud.results_bus}` and its parts, likewise of the notification bus, `{cloud.manage_bus}` with every right
    /// to both, and `{cloud.organization.orders}` and so on for the queues of an organization.
    pub(crate) fn placeholders(
        &self,
        contract: &Contract,
        environment: Option<Environment>,
    ) -> BTreeMap<String, String> {
        let mut all = BTreeMap::new();
        let published = |role| environment.map_or("localhost", |environment| contract.host(role, environment));
        let mut add = |name: String, host: &str, policy: &str, port: u16| {
            let key = self.key(policy);
            let connection = format!("Endpoint=sb://{host}:{port}/;SharedAccessKeyName={policy};SharedAccessKey={key}");
            all.insert(format!("{name}.host"), host.to_owned());
            all.insert(format!("{name}.port"), port.to_string());
            all.insert(format!("{name}.key_name"), policy.to_owned());
            all.insert(format!("{name}.key"), key);
            all.insert(name, connection);
        };
        for (role, policy) in [(Role::ResultsBus, "results-listen"), (Role::NotificationBus, "notification-listen")] {
            add(format!("cloud.{}", role.name()), published(role), policy, self.amqps_port);
        }
        add("cloud.manage_bus".to_owned(), "localhost", MANAGE, self.amqps_port);
        for (meaning, queue) in &contract.queues.organization {
            let policy = policy(meaning, queue.customer);
            add(format!("cloud.organization.{meaning}"), "localhost", &policy, self.organization_amqps_port);
        }
        add("cloud.organization.manage".to_owned(), "localhost", "organization-manage", self.organization_amqps_port);
        all.insert("cloud.amqps_port".to_owned(), self.amqps_port.to_string());
        all.insert("cloud.organization.amqps_port".to_owned(), self.organization_amqps_port.to_string());
        all.extend(self.amqp_port.map(|port| ("cloud.amqp_port".to_owned(), port.to_string())));
        all.extend(
            self.organization_amqp_port.map(|port| ("cloud.organization.amqp_port".to_owned(), port.to_string())),
        );
        all
    }
}

/// The policy of a queue of an organization, for example `orders-send`.
fn policy(meaning: &str, right: CustomerRight) -> String {
    let right = match right {
        CustomerRight::Send => "send",
        CustomerRight::Listen => "listen",
    };
    // `results-listen` is a policy of the proxies' namespace
    format!("organization-{meaning}-{right}")
}

fn queue(name: &str, lock_ms: u64, max_delivery_count: u32) -> QueueConfig {
    QueueConfig { name: name.to_owned(), lock: Duration::from_millis(lock_ms), max_delivery_count, place: None }
}

/// Tokens of the login service for Service Bus or for one of its hosts are good.
fn authorize(tokens: &Arc<Tokens>, hosts: &[String]) -> Authorize {
    let tokens = tokens.clone();
    let hosts = hosts.iter().map(String::as_str).chain(["servicebus.azure.net", "localhost"]);
    // the SDKs ask for scope `https://servicebus.azure.net//.default`, whose audience ends in a slash
    let audiences: Vec<String> =
        hosts.flat_map(|host| [format!("https://{host}"), format!("https://{host}/")]).collect();
    Arc::new(move |token| {
        tokens.check(token, &audiences)?;
        expiry(token).ok_or_else(|| "the token has no expiry".to_owned())
    })
}

/// The expiry of a token that has been checked.
fn expiry(token: &str) -> Option<i64> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<serde_json::Value>(&claims).ok()?.get("exp")?.as_i64()
}
