//! What an organization has agreed with IRIS (08 section 14), under the keys of the specification.

use schemars::JsonSchema;
use serde::Deserialize;

/// The options. Every one has the default of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Within what a patient's LocalId is unique (LIFE-005, LIFE-006).
    #[serde(rename = "patient.scope")]
    pub patient_scope: PatientScope,
    /// Of what a patient may have one open order (LIFE-013).
    #[serde(rename = "open_order.scope")]
    pub open_order_scope: OpenOrderScope,
    /// What a second order does (LIFE-014).
    #[serde(rename = "open_order.replace")]
    pub open_order_replace: Replace,
    /// What a NW with the LocalId of an open order does (LIFE-015).
    #[serde(rename = "nw.duplicate")]
    pub nw_duplicate: Duplicate,
    /// Whether Order.LocalId is required (LIFE-C3).
    #[serde(rename = "order.localid_required")]
    pub order_localid_required: bool,
    /// XO after the image requirement is met (LIFE-042).
    #[serde(rename = "xo.queued")]
    pub xo_queued: XoQueued,
    /// XO while checked out (LIFE-043).
    #[serde(rename = "xo.checked_out")]
    pub xo_checked_out: XoCheckedOut,
    /// Event of an XO (LIFE-044).
    #[serde(rename = "xo.receipt")]
    pub xo_receipt: XoReceipt,
    /// LIFE-031
    #[serde(rename = "site.auto_create")]
    pub site_auto_create: bool,
    /// LIFE-032
    #[serde(rename = "camera.auto_create")]
    pub camera_auto_create: bool,
    /// LIFE-059
    #[serde(rename = "image.requirement")]
    pub image_requirement: ImageRequirement,
    /// LIFE-084
    #[serde(rename = "image.missing_eye")]
    pub image_missing_eye: MissingEye,
    /// The container whose files are matched to orders by their metadata (LIFE-054).
    #[serde(rename = "image.drop_container")]
    pub image_drop_container: String,
    /// Whether a grading needs the image requirement (LIFE-082).
    #[serde(rename = "grading.require_ready")]
    pub grading_require_ready: bool,
    /// Whether HL7 orders give events (LIFE-073).
    #[serde(rename = "events.for_hl7")]
    pub events_for_hl7: bool,
    /// LIFE-024
    #[serde(rename = "json.enum_style")]
    pub json_enum_style: EnumStyle,
    /// LIFE-RS-16, LIFE-RS-33, LIFE-RS-41, LIFE-RS-53
    #[serde(rename = "results.library_fields")]
    pub results_library_fields: bool,
    /// LIFE-087
    #[serde(rename = "results.notification")]
    pub results_notification: bool,
    /// ICD-042
    #[serde(rename = "results.dx_submitted")]
    pub results_dx_submitted: bool,
    /// FND-C2
    #[serde(rename = "results.normal_findings")]
    pub results_normal_findings: NormalFindings,
    /// LIFE-MAP-09 to LIFE-MAP-13
    #[serde(rename = "orm.map_demographics")]
    pub orm_map_demographics: bool,
    /// Name of the queue, if it is not that of the contract (LIFE-Q-01, LIFE-101, LIFE-C6).
    #[serde(rename = "queue.orders")]
    pub queue_orders: Option<String>,
    /// The same of LIFE-Q-02.
    #[serde(rename = "queue.events")]
    pub queue_events: Option<String>,
    /// The same of LIFE-Q-03.
    #[serde(rename = "queue.results")]
    pub queue_results: Option<String>,
    /// The same of LIFE-Q-04.
    #[serde(rename = "grading.queue")]
    pub grading_queue: Option<String>,
    /// Which orders have their results put on the queue of results.
    #[serde(rename = "deliver.json")]
    pub deliver_json: DeliverJson,
    /// Whether results go out as ORU or MDM, and charges as DFT.
    #[serde(rename = "deliver.hl7")]
    pub deliver_hl7: bool,
    /// Whether the report goes out as a file.
    #[serde(rename = "deliver.file")]
    pub deliver_file: bool,
    /// Path and name of the file (FILE-004).
    #[serde(rename = "file.template")]
    pub file_template: String,
    /// Whose proxy delivers (LIFE-075).
    #[serde(rename = "deliver.proxy")]
    pub deliver_proxy: ProxyScope,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patient_scope: PatientScope::Site,
            open_order_scope: OpenOrderScope::PatientEvaltype,
            open_order_replace: Replace::CancelOld,
            nw_duplicate: Duplicate::Idempotent,
            order_localid_required: true,
            xo_queued: XoQueued::Replace,
            xo_checked_out: XoCheckedOut::Ignore,
            xo_receipt: XoReceipt::None,
            site_auto_create: false,
            camera_auto_create: false,
            image_requirement: ImageRequirement::default(),
            image_missing_eye: MissingEye::Ungradable,
            image_drop_container: "drop".to_owned(),
            grading_require_ready: false,
            events_for_hl7: false,
            json_enum_style: EnumStyle::Code,
            results_library_fields: false,
            results_notification: false,
            results_dx_submitted: false,
            results_normal_findings: NormalFindings::Explicit,
            orm_map_demographics: false,
            queue_orders: None,
            queue_events: None,
            queue_results: None,
            grading_queue: None,
            deliver_json: DeliverJson::Always,
            deliver_hl7: true,
            deliver_file: false,
            file_template: r"{MMddyyyy}\{clientLocalId}\{orderLocalId}.pdf".to_owned(),
            deliver_proxy: ProxyScope::Site,
        }
    }
}

impl Settings {
    /// The queues that have other names than in the contract, by their meaning there (LIFE-101).
    pub(crate) fn queue_names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = [
            ("orders", &self.queue_orders),
            ("events", &self.queue_events),
            ("results", &self.queue_results),
            ("gradings", &self.grading_queue),
        ];
        names.into_iter().filter_map(|(meaning, name)| Some((meaning, name.as_deref()?)))
    }
}

/// How many Primary images each expected eye needs (LIFE-059); the default is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageRequirement {
    /// Right eye.
    pub right: usize,
    /// Left eye.
    pub left: usize,
}

impl Default for ImageRequirement {
    fn default() -> Self {
        Self { right: 1, left: 1 }
    }
}

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($choice:ident),* })*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs)] // the names are those of the specification
        pub enum $name { $($choice),* }
    )* };
}

choices! {
    /// Within what a patient's LocalId is unique.
    PatientScope { Site, Organization }
    /// Of what a patient may have one open order.
    OpenOrderScope { PatientEvaltype, Patient }
    /// What a second order does.
    Replace { CancelOld, RejectNew }
    /// What a NW with the LocalId of an open order does.
    Duplicate { Idempotent, Reject, Replace }
    /// What XO does to an order that has its images.
    XoQueued { Replace, Apply, Ignore }
    /// What XO does to an order that is being graded.
    XoCheckedOut { Ignore, Replace }
    /// What becomes of an eye without images.
    MissingEye { Ungradable, Ignore }
    /// How codes are written.
    EnumStyle { Code, Id }
    /// Whether negative results are listed.
    NormalFindings { Explicit, Omit }
    /// Which orders have results as JSON; a customer without Cloud Direct has no queue for those of HL7 orders.
    DeliverJson { Always, JsonOrders, Never }
    /// Whose proxy delivers.
    ProxyScope { Site, Organization }
}

/// The event of an XO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[allow(missing_docs)] // the names are those of the specification
pub enum XoReceipt {
    #[serde(rename = "none")]
    None,
    OrderCreationReceipt,
}
