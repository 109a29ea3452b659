use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{Attending, Clock, Collision, Credentials, words};

/// Options of charges (07-dft, section 10).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dft {
    /// Whether charges are sent at all (DFT-GEN-002); for whoever schedules deliveries, [`crate::dft`] does not look at it.
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub enabled: bool,
    /// Which charges are sent (DFT-FT1-S01, S06).
    pub ft1_option: ChargeOption,
    /// Whether option 1 adds the CPT II charge of a normal result (DFT-FT1-S02).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub cpt2: bool,
    /// Completed years from which CPT II applies (DFT-FT1-S04).
    pub cpt2_min_age: u8,
    /// Where MSH-4 comes from.
    pub msh4: SendingFacility,
    /// MSH-5, and the namespace of FT1-23 (DFT-C8).
    pub msh5: String,
    /// MSH-6.
    pub msh6: String,
    /// MSH-9 (DFT-C1).
    pub msh9: MessageType,
    /// What happens when two messages would get the same MSH-10; for whoever schedules deliveries (DFT-MSH-10-U).
    pub msh10_collision: Collision,
    /// Identifier type of the patient id; empty: none (DFT-PID-2).
    pub pid_id_type: String,
    /// Field of that type (DFT-C2).
    pub pid_id_type_field: IdTypeField,
    /// PID-19; `echo` only for negative tests of an EMR (DFT-C3).
    pub pid19: SecondaryId,
    /// Who stands in PV1-7 and PV1-17 (DFT-C4).
    pub pv1_7_17: Attending,
    /// PV1-45 (DFT-C5).
    pub pv1_45: Discharge,
    /// Components of a person that hold the credentials (DFT-C6).
    pub xcn_credentials: Credentials,
    /// Where the professional code comes from (DFT-FT1-7-P1).
    pub code_source: CodeSource,
    /// Professional code (DFT-FT1-7-P1).
    #[schemars(with = "String")]
    pub code_professional: ChargeCode,
    /// Technical code (DFT-FT1-7-T).
    #[schemars(with = "String")]
    pub code_technical: ChargeCode,
    /// FT1-22 of the CPT II charge; `{filler}` in it is the order number of IRIS (DFT-FT1-22).
    pub unit_cost_cpt2: String,
    /// FT1-22 of both charges of option 2; `{filler}` in it is the order number of IRIS (DFT-FT1-22).
    pub unit_cost: String,
    /// FT1-23.2 of option 1 (DFT-C8).
    #[schemars(with = "String")]
    pub order_namespace: Namespace,
    /// FT1-23.2 of option 2 (DFT-FT1-23).
    #[schemars(with = "String")]
    pub o2_order_namespace: Namespace,
    /// Component modifier of option 1 (DFT-MOD-008).
    pub o1_component: ComponentModifier,
    /// Whether a wholly ungradable order of option 1 gets modifier NC (DFT-MOD-008).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub o1_nc: bool,
    /// Whether option 2 uses modifiers 26 and TC (DFT-MOD-009).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub o2_component: bool,
    /// Whether an expected eye without images counts as ungradable (DFT-MOD-002).
    pub mod_missing_eye: MissingEye,
    /// Whether FT1-19 lists the submitted diagnoses (DFT-C9).
    #[serde(deserialize_with = "words::switch")]
    #[schemars(with = "words::Switch")]
    pub dx_submitted: bool,
    /// How FT1-19 ends the text of a derived code that names an eye (DFT-DX-009, ICD-C5).
    pub dx_text: DiagnosisText,
    /// Clock of capture and grading (DFT-C7).
    pub clock: Clock,
}

/// Which charges are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ChargeOption {
    /// Option 1.
    #[default]
    #[serde(rename = "1")]
    Professional,
    /// Option 2.
    #[serde(rename = "2")]
    ProfessionalAndTechnical,
}

/// Code of a charge, in a profile `code^text^system` as encoded in HL7, text and system being optional.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeCode {
    /// FT1-7.1, encoded.
    pub code: String,
    /// FT1-7.2, encoded; may be empty.
    pub text: String,
    /// FT1-7.3, encoded; may be empty.
    pub system: String,
}

impl<'de> Deserialize<'de> for ChargeCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        words::text(deserializer, |encoded| {
            let mut components = encoded.split('^').map(String::from);
            let mut next = || components.next().unwrap_or_default();
            let [code, text, system] = [next(), next(), next()];
            if code.is_empty() || components.next().is_some() || encoded.contains(['|', '~']) {
                return Err(format!("`{encoded}` is no charge code; write code, code^text or code^text^system"));
            }
            Ok(Self { code, text, system })
        })
    }
}

/// Component modifier of option 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum ComponentModifier {
    /// None.
    #[default]
    #[serde(rename = "")]
    None,
    /// `26`
    #[serde(rename = "26")]
    Professional,
}

/// Where MSH-4 of a charge comes from (DFT-MSH-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendingFacility {
    /// `IRIS`
    #[default]
    Iris,
    /// MSH-4 of the order, where it names a parent organization.
    Orm,
}

/// MSH-9 of a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum MessageType {
    /// As in all published messages.
    #[default]
    #[serde(rename = "DFT^P03")]
    Dft,
    /// As in the published field table.
    #[serde(rename = "ORU^R01")]
    Oru,
}

/// Field of the identifier type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum IdTypeField {
    /// PID-2.5
    #[default]
    #[serde(rename = "PID-2")]
    Pid2,
    /// PID-3.5
    #[serde(rename = "PID-3")]
    Pid3,
}

/// PID-19 of a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SecondaryId {
    /// Nothing.
    #[default]
    Empty,
    /// That of the order.
    Echo,
}

/// PV1-45 of a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Discharge {
    /// When the message was made.
    #[default]
    Send,
    /// When the images were captured.
    Capture,
}

/// Where the professional code comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CodeSource {
    /// OBR-4.1 of the order if it has the form of a CPT code.
    #[default]
    Obr4,
    /// Always the code of the profile.
    Fixed,
}

/// FT1-23.2: a field of MSH, or text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Namespace {
    /// MSH-5 of the charge.
    Msh5,
    /// MSH-6 of the charge.
    Msh6,
    /// This text; may be empty.
    Text(String),
}

impl From<String> for Namespace {
    fn from(text: String) -> Self {
        match text.as_str() {
            "msh5" => Self::Msh5,
            "msh6" => Self::Msh6,
            _ => Self::Text(text),
        }
    }
}

/// Whether an expected eye without images counts as ungradable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MissingEye {
    /// It does not count.
    #[default]
    Exclude,
    /// It does.
    Count,
}

/// How FT1-19 ends the text of a derived code that names an eye. The rule takes the text of the code list, the reference messages
/// and the published charges print it otherwise; texts are not compared (ICD-C5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosisText {
    /// `..., left eye`, as in the reference messages.
    #[default]
    Comma,
    /// `... Left Eye` or `..., left eye`, as in the code list.
    Listed,
}

impl Default for Dft {
    fn default() -> Self {
        Self {
            enabled: true,
            ft1_option: ChargeOption::default(),
            cpt2: false,
            cpt2_min_age: 18,
            msh4: SendingFacility::default(),
            msh5: "VENDOR".into(),
            msh6: "VENDOR".into(),
            msh9: MessageType::default(),
            msh10_collision: Collision::default(),
            pid_id_type: String::new(),
            pid_id_type_field: IdTypeField::default(),
            pid19: SecondaryId::default(),
            pv1_7_17: Attending::Grader,
            pv1_45: Discharge::default(),
            xcn_credentials: Credentials::default(),
            code_source: CodeSource::default(),
            code_professional: ChargeCode {
                code: "92250".into(),
                text: "Fundus photography with interpretation and report".into(),
                system: "CPT".into(),
            },
            code_technical: ChargeCode {
                code: "92000035".into(),
                text: "OPHTHALMOSCOPY W/ FUNDUS PHOTO".into(),
                system: String::new(),
            },
            unit_cost_cpt2: String::new(),
            unit_cost: String::new(),
            order_namespace: Namespace::Msh5,
            o2_order_namespace: Namespace::Text(String::new()),
            o1_component: ComponentModifier::default(),
            o1_nc: true,
            o2_component: true,
            mod_missing_eye: MissingEye::default(),
            dx_submitted: true,
            dx_text: DiagnosisText::default(),
            clock: Clock::default(),
        }
    }
}
