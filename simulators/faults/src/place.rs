//! Where a fault acts.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;

/// A wire, a part of the cloud, or the process under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The MLLP link on which the EMR sends orders (C1).
    Orders,
    /// The MLLP link on which the EMR receives results (C2).
    Results,
    /// The cloud's identity platform.
    Login,
    /// The cloud's App Configuration.
    Settings,
    /// The cloud's EMR API.
    EmrApi,
    /// The cloud's blob storage.
    Blob,
    /// The queue of results.
    ResultsBus,
    /// The queue of notifications.
    NotificationBus,
    /// Every part of the cloud.
    Cloud,
    /// The process under test.
    Proxy,
}

impl Place {
    /// The parts of the cloud that speak HTTPS.
    pub const HTTPS: [Place; 4] = [Place::Login, Place::Settings, Place::EmrApi, Place::Blob];
    /// The parts of the cloud that speak AMQP.
    pub const BUSES: [Place; 2] = [Place::ResultsBus, Place::NotificationBus];

    /// As in a plan.
    pub fn name(self) -> &'static str {
        match self {
            Place::Orders => "orders",
            Place::Results => "results",
            Place::Login => "login",
            Place::Settings => "settings",
            Place::EmrApi => "emr_api",
            Place::Blob => "blob",
            Place::ResultsBus => "results_bus",
            Place::NotificationBus => "notification_bus",
            Place::Cloud => "cloud",
            Place::Proxy => "proxy",
        }
    }

    /// Whether it is one of the two links of the EMR.
    pub fn is_mllp(self) -> bool {
        matches!(self, Place::Orders | Place::Results)
    }

    /// Whether it belongs to the cloud.
    pub fn is_cloud(self) -> bool {
        !self.is_mllp() && self != Place::Proxy
    }

    /// Whether what happens at one of `places` concerns this one.
    pub(crate) fn is_among(self, places: &[Place]) -> bool {
        places.iter().any(|place| *place == self || self == Place::Cloud && place.is_cloud())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which way the disturbed bytes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Towards {
    /// To the process under test.
    #[default]
    Proxy,
    /// From it to the EMR or the cloud.
    Peer,
}

impl fmt::Display for Towards {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Towards::Proxy => "to the proxy",
            Towards::Peer => "from the proxy",
        })
    }
}
