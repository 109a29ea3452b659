use schemars::JsonSchema;
use serde::Deserialize;

use super::words;

/// Options of documents (06-mdm, section 7).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mdm {
    /// Whether documents are sent (MDM-OPT-01); for whoever schedules deliveries, [`crate::mdm`] does not look at it.
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub enabled: bool,
    /// Order of the segments (MDM-OPT-02).
    pub layout: Layout,
    /// Length of TXA-4 (MDM-OPT-03).
    pub txa4_precision: Precision,
    /// Instant of TXA-4 (MDM-OPT-04).
    pub txa4_source: TxaSource,
    /// Person of TXA-10 (MDM-OPT-05).
    pub txa10: Authenticator,
}

/// Order of the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// MSH, PID, TXA, PV1 (MDM-SEG-01).
    #[default]
    Documented,
    /// MSH, EVN, PID, PV1, TXA (MDM-SEG-02).
    Standard,
}

/// Length of TXA-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// 12 digits.
    #[default]
    Minute,
    /// 14 digits.
    Second,
}

/// Instant of TXA-4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TxaSource {
    /// When the images were captured.
    #[default]
    Capture,
    /// When the grading was signed.
    Graded,
    /// When the message was made.
    Message,
}

/// Person of TXA-10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Authenticator {
    /// The ordering provider.
    #[default]
    Ordering,
    /// The grader.
    Grader,
}
