//! Events (08 section 6), in the property order of the published examples.

use serde::Serialize;

use super::json::Instant;

/// The version of all objects (LIFE-RQ-01).
pub(super) const VERSION: &str = "2.3.1";

/// One message of the queue `events`. Serialize it to get its JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of the specification (LIFE-069, LIFE-070)
pub struct Event {
    pub transaction_id: String,
    pub timestamp: Instant,
    #[serde(flatten)]
    pub image: Option<ImagePart>,
    pub iris_order_id: u64,
    pub order_local_id: Option<String>,
    #[serde(flatten)]
    pub patient: Option<PatientPart>,
    #[serde(flatten)]
    pub delivery: Option<DeliveryPart>,
    pub success: bool,
    pub error_message: Option<String>,
    pub result_object_type: &'static str,
    pub version: &'static str,
}

/// LIFE-070
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of the specification
pub struct PatientPart {
    pub patient_local_id: Option<String>,
}

/// What only ImageReceipt has (LIFE-EV-03).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of the specification
pub struct ImagePart {
    pub image_local_id: Option<String>,
    pub iris_image_id: u64,
}

/// What only ResultsDeliveryReceipt has (LIFE-EV-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs)] // the names are those of the specification
pub struct DeliveryPart {
    pub time_delivered: Instant,
    pub delivery_type: &'static str,
    pub endpoint: String,
    pub transmission_status: &'static str,
}
