//! All faults.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Bandwidth, Corrupt, HalfClose, Join, Latency, Place, Portion, Reset, Split, Stall, Step, Truncate, drop};

/// What goes wrong. Each fault belongs to a [`Class`], which says where it can act.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // those with parameters are described there
pub enum Fault {
    Latency(Latency),
    Bandwidth(Bandwidth),
    Split(Split),
    Join(Join),
    Corrupt(Corrupt),
    Truncate(Truncate),
    /// A message is swallowed.
    Drop,
    Reset(Reset),
    HalfClose(HalfClose),
    Stall(Stall),
    /// A connection that the proxy opens is reset at once.
    Refuse,
    Certificate(Certificate),
    Tls(TlsVersion),
    Status(Status),
    ClockSkew(ClockSkew),
    Detach(Detach),
    ForcedClose(ForcedClose),
    /// The lock on a signal lapses as soon as the proxy has the signal.
    LostLock,
    /// A signal comes a second time.
    Duplicate,
    /// Of two signals that wait, the second one comes first; waits until there are two.
    Reorder,
    /// The process is killed.
    Kill,
    /// The process is asked to stop, in the way of its profile.
    Stop,
    Pause(Pause),
    /// A process that starts later can write nothing to any file.
    DiskFull,
}

/// What a fault disturbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The bytes of messages.
    Bytes,
    /// A connection as it is made.
    Connection,
    /// A TLS handshake.
    Handshake,
    /// The answer to an HTTPS request.
    Answer,
    /// The cloud's clock, as far as tokens are concerned.
    Clock,
    /// A signal that the bus hands out.
    Signal,
    /// The process under test.
    Process,
    /// The start of a process.
    Start,
}

/// What is wrong with the cloud's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Certificate {
    /// An authority has signed it that the proxy has no reason to trust.
    OtherAuthority,
    /// It is no longer valid.
    Expired,
    /// It is for another host.
    WrongName,
}

/// The only version of TLS that the cloud offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum TlsVersion {
    /// TLS 1.2, which is too old (CON-002).
    #[serde(rename = "1.2")]
    Old,
}

/// An HTTP answer other than the one that is due; the request has no effect.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// HTTP status.
    pub code: u16,
    /// Seconds in the header `Retry-After`.
    #[serde(default)]
    pub retry_after: Option<u32>,
    /// The body.
    #[serde(default)]
    pub body: String,
}

/// A role's clock differs from that of the identity platform, so that tokens seem expired or not valid yet.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockSkew {
    /// Seconds by which it is fast; slow if negative.
    pub seconds: i64,
}

/// The links to the queue are detached instead of handing out the signal, and new ones are refused.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Detach {
    /// With which error.
    #[serde(default)]
    pub condition: Condition,
    /// Milliseconds until the queue serves again.
    pub ms: u64,
}

/// Why a queue gives no service, as Azure Service Bus says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// `amqp:link:detach-forced`: the service has moved or ended the link.
    #[default]
    Forced,
    /// `com.microsoft:server-busy`
    Busy,
    /// `com.microsoft:entity-disabled`
    Disabled,
    /// `amqp:not-found`
    NotFound,
    /// `amqp:unauthorized-access`
    Unauthorized,
}

/// All AMQP connections are closed with an error.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ForcedClose {
    /// The AMQP condition; `amqp:connection:forced` if left out.
    pub condition: Option<String>,
}

/// The process is stopped by the scheduler and goes on later.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Milliseconds.
    pub ms: u64,
}

impl Fault {
    /// What it disturbs.
    pub fn class(&self) -> Class {
        match self {
            Fault::Latency(_)
            | Fault::Bandwidth(_)
            | Fault::Split(_)
            | Fault::Join(_)
            | Fault::Corrupt(_)
            | Fault::Truncate(_)
            | Fault::Drop
            | Fault::Reset(_)
            | Fault::HalfClose(_)
            | Fault::Stall(_) => Class::Bytes,
            Fault::Refuse => Class::Connection,
            Fault::Certificate(_) | Fault::Tls(_) => Class::Handshake,
            Fault::Status(_) => Class::Answer,
            Fault::ClockSkew(_) => Class::Clock,
            Fault::Detach(_) | Fault::ForcedClose(_) | Fault::LostLock | Fault::Duplicate | Fault::Reorder => {
                Class::Signal
            }
            Fault::Kill | Fault::Stop | Fault::Pause(_) => Class::Process,
            Fault::DiskFull => Class::Start,
        }
    }

    /// As in a plan.
    pub fn name(&self) -> &'static str {
        match self {
            Fault::Latency(_) => "latency",
            Fault::Bandwidth(_) => "bandwidth",
            Fault::Split(_) => "split",
            Fault::Join(_) => "join",
            Fault::Corrupt(_) => "corrupt",
            Fault::Truncate(_) => "truncate",
            Fault::Drop => "drop",
            Fault::Reset(_) => "reset",
            Fault::HalfClose(_) => "half_close",
            Fault::Stall(_) => "stall",
            Fault::Refuse => "refuse",
            Fault::Certificate(_) => "certificate",
            Fault::Tls(_) => "tls",
            Fault::Status(_) => "status",
            Fault::ClockSkew(_) => "clock_skew",
            Fault::Detach(_) => "detach",
            Fault::ForcedClose(_) => "forced_close",
            Fault::LostLock => "lost_lock",
            Fault::Duplicate => "duplicate",
            Fault::Reorder => "reorder",
            Fault::Kill => "kill",
            Fault::Stop => "stop",
            Fault::Pause(_) => "pause",
            Fault::DiskFull => "disk_full",
        }
    }

    /// What becomes of a portion of a message; faults that do not act on bytes let it pass.
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        match self {
            Fault::Latency(latency) => latency.act(portion),
            Fault::Bandwidth(bandwidth) => bandwidth.act(portion),
            Fault::Split(split) => split.act(portion),
            Fault::Join(join) => join.act(portion),
            Fault::Corrupt(corrupt) => corrupt.act(portion),
            Fault::Truncate(truncate) => truncate.act(portion),
            Fault::Drop => drop::act(),
            Fault::Reset(reset) => reset.act(portion),
            Fault::HalfClose(half_close) => half_close.act(portion),
            Fault::Stall(stall) => stall.act(portion),
            _ => vec![Step::Bytes(portion.bytes.to_vec())],
        }
    }
}

impl Class {
    /// Where faults of the class can act.
    pub(crate) fn acts_at(self, place: Place) -> bool {
        let https = || place == Place::Cloud || Place::HTTPS.contains(&place);
        let bus = || place == Place::Cloud || Place::BUSES.contains(&place);
        match self {
            Class::Bytes => place != Place::Proxy,
            Class::Connection => place == Place::Results || place.is_cloud(),
            Class::Handshake => place.is_cloud(),
            Class::Answer => https(),
            Class::Clock => matches!(place, Place::EmrApi | Place::Settings | Place::Blob | Place::Cloud),
            Class::Signal => bus(),
            Class::Process | Class::Start => place == Place::Proxy,
        }
    }

    /// The places, for people.
    pub(crate) fn places(self) -> &'static str {
        match self {
            Class::Bytes => "orders, results, login, settings, emr_api, blob, results_bus, notification_bus and cloud",
            Class::Connection => "results, login, settings, emr_api, blob, results_bus, notification_bus and cloud",
            Class::Handshake => "login, settings, emr_api, blob, results_bus, notification_bus and cloud",
            Class::Answer => "login, settings, emr_api, blob and cloud",
            Class::Clock => "settings, emr_api, blob and cloud",
            Class::Signal => "results_bus, notification_bus and cloud",
            Class::Process | Class::Start => "proxy",
        }
    }
}
