//! How one customer wants results, documents and charges (ORU-OPT, MDM-OPT, 07-dft section 10, 10-codes section 5).

mod codes;
mod dft;
mod file;
mod mdm;
mod observations;
mod words;

use schemars::JsonSchema;
use serde::Deserialize;

pub use codes::{DefaultCategory, Dx, Generated, Icd, Laterality, PositiveRetinopathy, WetAmd};
pub use dft::{
    ChargeCode, ChargeOption, CodeSource, ComponentModifier, Dft, DiagnosisText, Discharge, IdTypeField, MessageType,
    MissingEye, Namespace, SecondaryId, SendingFacility,
};
pub use file::ProfileError;
pub use mdm::{Authenticator, Layout, Mdm, Precision, TxaSource};
pub use observations::{EyeOrder, Observations, UngradableSeverity, UnlistedValues};
pub use words::Word;

/// A profile with every option at its default, explained.
pub const EXAMPLE: &str = include_str!("../../profile.yaml");

/// How one customer wants the results. Every option has the default of the specification, so an empty file is a valid profile.
/// Options stand under the name of the specification without `res.`; those of charges, documents and codes under `dft`, `mdm`,
/// `icd` and `dx`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// MSH-11.
    pub environment: Environment,
    /// MSH-5 of ORU and MDM: name of the EMR (ORU-OPT-01).
    pub recv_app: String,
    /// MSH-6 of ORU and MDM: name or id of the clinic (ORU-OPT-01).
    pub recv_fac: String,
    /// MSH-4 of ORU and MDM (ORU-OPT-02).
    pub send_fac: String,
    /// MSH-12: `order`, or a fixed version (ORU-OPT-03).
    #[schemars(with = "String")]
    pub version: Word<Order>,
    /// PID-2.5: `off`, or an identifier type such as `MRN` (ORU-OPT-04).
    #[schemars(with = "String")]
    pub pid_id_type: Word<Off>,
    /// Whether PID has its fixed 19 fields, in DFT too (ORU-OPT-05).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub pid_tail: bool,
    /// Whether PID-18 holds the encounter (ORU-OPT-06).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub pid_account: bool,
    /// Whether PV1-19 holds the encounter (ORU-OPT-07).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub pv1_visit: bool,
    /// PV1-3 (ORU-OPT-08).
    pub pv1_3: Place,
    /// PV1-7 and PV1-17 (ORU-OPT-09).
    pub pv1_7_17: Attending,
    /// Component 13 of a person (ORU-OPT-10).
    pub provider_type: String,
    /// OBR-32 (ORU-OPT-11).
    pub obr32: Interpreter,
    /// Whether a regrade is marked as corrected (ORU-OPT-12).
    pub status: Status,
    /// Whether DG1 segments are sent (ORU-OPT-13).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub dg1: bool,
    /// How DG1-3.1 is written (ORU-OPT-14).
    pub dg1_code: CodeForm,
    /// Whether the discrete block is sent (ORU-OPT-15).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub discrete: bool,
    /// Form of the discrete block (ORU-OPT-16).
    pub discrete_layout: DiscreteLayout,
    /// Which observations the discrete block holds (ORU-OPT-17).
    #[schemars(with = "String")]
    pub observations: Observations,
    /// OBX-3.3 of the discrete block (ORU-OPT-18).
    pub observation_system: String,
    /// Which eye comes first in the discrete block (ORU-OPT-19).
    pub eye_order: EyeOrder,
    /// Severity between normal and critical; `None`: the one of the observation set (ORU-OPT-20).
    pub severity_middle: Option<SeverityMiddle>,
    /// SEVERITY of a wholly ungradable order, if wanted (ORU-OPT-21).
    #[serde(deserialize_with = "observations::ungradable_severity")]
    #[schemars(with = "String")]
    pub ungradable_severity: Option<UngradableSeverity>,
    /// Value of QUALAPP for a gradable and for an ungradable eye (ORU-OPT-22).
    pub quality_text: (String, String),
    /// Flag of free text of level Severe (ORU-OPT-23).
    pub other_severe_flag: SevereFlag,
    /// What becomes of results outside the lists (ORU-OPT-24).
    pub unlisted_values: UnlistedValues,
    /// Form of the narrative (ORU-OPT-25).
    pub narrative: Narrative,
    /// OBX-2 of the narrative (ORU-OPT-26).
    pub narrative_type: String,
    /// OBX-3.1 of the narrative (ORU-OPT-26).
    pub narrative_id: String,
    /// OBX-3.2 of the narrative (ORU-OPT-26).
    pub narrative_text: String,
    /// OBX-3.3 of the narrative (ORU-OPT-26).
    pub narrative_system: String,
    /// How the narrative names the patient (ORU-OPT-27).
    pub narrative_name: NarrativeName,
    /// How the narrative names the grader (ORU-OPT-28).
    pub signature: Signature,
    /// Last line of narrative and report (ORU-OPT-29).
    pub disclaimer: String,
    /// How the report travels (ORU-OPT-30).
    pub document: Document,
    /// OBX-1 of the embedded report (ORU-OPT-31).
    pub pdf_set_id: PdfSetId,
    /// URL before the query (ORU-OPT-32).
    pub link_base: String,
    /// How `&` is written in the link (ORU-OPT-33).
    pub link_ampersand: Ampersand,
    /// Whether the link ends with `asAddendum=False` (ORU-OPT-34).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub link_addendum: bool,
    /// How `\` is written in a file pointer (ORU-OPT-35).
    pub file_backslash: Backslash,
    /// IANA time zone of capture and grading in HL7 fields (ORU-OPT-36).
    #[serde(deserialize_with = "words::zone")]
    #[schemars(with = "String")]
    pub obs_zone: jiff::tz::TimeZone,
    /// Clock of capture and grading in HL7 fields and narrative (ORU-OPT-37).
    pub obs_clock: Clock,
    /// What happens when two messages would get the same MSH-10; for whoever schedules deliveries (ORU-OPT-38).
    pub msh10_collision: Collision,
    /// Components of a person that hold the credentials (ORU-OPT-39).
    pub xcn_credentials: Credentials,
    /// Charges.
    pub dft: Dft,
    /// Documents.
    pub mdm: Mdm,
    /// Derivation of ICD-10-CM codes.
    pub icd: Icd,
    /// Spelling of ICD-10-CM codes.
    pub dx: Dx,
}

words::keyword!(Order, "order");
words::keyword!(Off, "off");

/// Where the IRIS cloud runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// MSH-11 `P`.
    Production,
    /// MSH-11 `T`.
    #[default]
    Test,
}

/// What PV1-3 holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Point of care of the order.
    #[default]
    Order,
    /// Name of the site in IRIS.
    SiteName,
}

/// Who stands in PV1-7 and PV1-17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attending {
    /// The ordering provider.
    Ordering,
    /// The grader.
    Grader,
}

/// What OBR-32 holds (ORU-OBR-32).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpreter {
    /// Id, names, signing time, full name.
    #[default]
    Dated,
    /// The same without the signing time.
    Undated,
    /// Person components with the NPI as id.
    Xcn,
    /// Nothing.
    Off,
}

/// Result status of a regrade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Always `F`.
    #[default]
    FinalOnly,
    /// `C` for a regrade.
    CorrectedOnRegrade,
}

/// Spelling of an ICD-10-CM code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeForm {
    /// `E1141`
    #[default]
    Undotted,
    /// `E11.41`
    Dotted,
}

/// Form of the discrete block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscreteLayout {
    /// One OBX per observation.
    #[default]
    Obx,
    /// The identifier in an NTE of its own (DISC-190).
    ObxNte,
}

/// Severity between normal and critical (DISC-042).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SeverityMiddle {
    /// `ABNORMAL`
    Abnormal,
    /// `ALERT`
    Alert,
}

/// Flag of free text of level Severe (DISC-108).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SevereFlag {
    /// `AA`
    #[default]
    Aa,
    /// `A`
    A,
}

/// Form of the narrative (ORU-NAR-F1 to F4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Narrative {
    /// One OBX per line.
    #[default]
    Lines,
    /// All lines in one OBX.
    Single,
    /// One NTE per line.
    Nte,
    /// None.
    Off,
}

/// How the narrative names the patient (ORU-NAR-40).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NarrativeName {
    /// `JOHN DOE`
    #[default]
    GivenFamily,
    /// `DOE, JOHN`
    FamilyCommaGiven,
}

/// How the narrative names the grader (ORU-NAR-41 to 43).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// Name, degrees, NPI and taxonomy.
    #[default]
    Full,
    /// Name and degrees.
    Degree,
    /// Name and a comma.
    Name,
}

/// How the report travels (ORU-DOC-01 to 05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// As a link to it.
    #[default]
    Link,
    /// In the message, base64.
    Pdf,
    /// Both, the link first.
    LinkPdf,
    /// As the path of a file.
    File,
    /// Not at all.
    Off,
}

/// OBX-1 of the embedded report (ORU-CNT-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PdfSetId {
    /// The next number.
    #[default]
    Next,
    /// That of the OBX before it.
    Repeat,
}

/// How `&` is written in the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ampersand {
    /// `&`
    #[default]
    Raw,
    /// `\T\`
    Escaped,
}

/// How `\` is written in a file pointer (ORU-DOC-13).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Backslash {
    /// `\E\`
    #[default]
    Escaped,
    /// `\`
    Raw,
}

/// Clock of capture and grading (ORU-TIM-06).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Clock {
    /// Hours 00 to 23.
    #[default]
    #[serde(rename = "24h")]
    Hours24,
    /// Hours 01 to 12, without AM and PM.
    #[serde(rename = "12h")]
    Hours12,
}

/// What happens when two messages would get the same MSH-10.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Collision {
    /// They get it.
    #[default]
    Allow,
    /// The later one is made in the next second.
    Delay,
}

/// Components of a person that hold the credentials (ORU-XCN-6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Credentials {
    /// 6 and 7.
    #[default]
    #[serde(rename = "6,7")]
    SixSeven,
    /// 5 and 6.
    #[serde(rename = "5,6")]
    FiveSix,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            recv_app: "VENDOR".into(),
            recv_fac: "VENDOR".into(),
            send_fac: "IRIS".into(),
            version: Word::default(),
            pid_id_type: Word::default(),
            pid_tail: true,
            pid_account: true,
            pv1_visit: true,
            pv1_3: Place::default(),
            pv1_7_17: Attending::Ordering,
            provider_type: "NPI".into(),
            obr32: Interpreter::default(),
            status: Status::default(),
            dg1: false,
            dg1_code: CodeForm::default(),
            discrete: true,
            discrete_layout: DiscreteLayout::default(),
            observations: Observations::default(),
            observation_system: "IRIS".into(),
            eye_order: EyeOrder::default(),
            severity_middle: None,
            ungradable_severity: None,
            quality_text: ("Gradable Image".into(), "Not Gradable Image".into()),
            other_severe_flag: SevereFlag::default(),
            unlisted_values: UnlistedValues::default(),
            narrative: Narrative::default(),
            narrative_type: "FT".into(),
            narrative_id: "Result".into(),
            narrative_text: String::new(),
            narrative_system: "IRIS".into(),
            narrative_name: NarrativeName::default(),
            signature: Signature::default(),
            disclaimer:
                "NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate \
                         ophthalmic examination."
                    .into(),
            document: Document::default(),
            pdf_set_id: PdfSetId::default(),
            link_base: "https://api.retinalscreenings.com/api/PatientOrders/GetSingleResultForDisplayInEmr".into(),
            link_ampersand: Ampersand::default(),
            link_addendum: false,
            file_backslash: Backslash::default(),
            obs_zone: jiff::tz::TimeZone::UTC,
            obs_clock: Clock::default(),
            msh10_collision: Collision::default(),
            xcn_credentials: Credentials::default(),
            dft: Dft::default(),
            mdm: Mdm::default(),
            icd: Icd::default(),
            dx: Dx::default(),
        }
    }
}
