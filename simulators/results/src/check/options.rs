//! The options that allow what the default profile does not.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::mapping::When;
use crate::profile::{
    Ampersand, Attending, Authenticator, ChargeOption, Clock, CodeSource, ComponentModifier, Credentials, Discharge,
    DiscreteLayout, Document, EyeOrder, IdTypeField, Interpreter, Laterality, Layout, MessageType, Namespace,
    Narrative, NarrativeName, Observations, PdfSetId, Precision, Profile, SecondaryId, SeverityMiddle, Signature,
    Status, TxaSource, UnlistedValues,
};

/// Name as it is written in a profile, and whether a profile has it.
type Choice = (&'static str, fn(&Profile) -> bool);

const CHOICES: &[Choice] = &[
    ("pid_id_type", |p| p.pid_id_type.text().is_some()),
    ("pid_tail: off", |p| !p.pid_tail),
    ("pid_account: off", |p| !p.pid_account),
    ("pv1_visit: off", |p| !p.pv1_visit),
    ("pv1_7_17: grader", |p| p.pv1_7_17 == Attending::Grader),
    ("xcn_credentials: 5,6", |p| p.xcn_credentials == Credentials::FiveSix),
    ("obr32: undated", |p| p.obr32 == Interpreter::Undated),
    ("obr32: xcn", |p| p.obr32 == Interpreter::Xcn),
    ("obr32: off", |p| p.obr32 == Interpreter::Off),
    ("status: corrected_on_regrade", |p| p.status == Status::CorrectedOnRegrade),
    ("dg1: on", |p| p.dg1),
    ("discrete: off", |p| !p.discrete),
    ("discrete_layout: obx_nte", |p| p.discrete_layout == DiscreteLayout::ObxNte),
    ("observations: rev_b", |p| p.observations == Observations::RevB),
    ("observations: custom:<file.csv>", |p| matches!(p.observations, Observations::Custom(_))),
    ("observation_system", |p| p.observation_system != "IRIS"),
    ("eye_order: left_first", |p| p.eye_order == EyeOrder::LeftFirst),
    ("narrative: single", |p| p.narrative == Narrative::Single),
    ("narrative: nte", |p| p.narrative == Narrative::Nte),
    ("narrative: off", |p| p.narrative == Narrative::Off),
    ("narrative_type", |p| p.narrative_type != "FT"),
    ("narrative_id", |p| p.narrative_id != "Result"),
    ("narrative_text", |p| !p.narrative_text.is_empty()),
    ("narrative_system", |p| p.narrative_system != "IRIS"),
    ("narrative_name: family_comma_given", |p| p.narrative_name == NarrativeName::FamilyCommaGiven),
    ("signature: degree", |p| p.signature == Signature::Degree),
    ("signature: name", |p| p.signature == Signature::Name),
    ("document: pdf", |p| p.document == Document::Pdf),
    ("document: link_pdf", |p| p.document == Document::LinkPdf),
    ("document: file", |p| p.document == Document::File),
    ("document: off", |p| p.document == Document::Off),
    ("pdf_set_id: repeat", |p| p.pdf_set_id == PdfSetId::Repeat),
    ("link_ampersand: escaped", |p| p.link_ampersand == Ampersand::Escaped),
    ("link_addendum: on", |p| p.link_addendum),
    ("ungradable_severity", |p| p.ungradable_severity.is_some()),
    ("severity_middle: ALERT", |p| p.severity_middle == Some(SeverityMiddle::Alert)),
    ("quality_text", |p| p.quality_text.0 != "Gradable Image" || p.quality_text.1 != "Not Gradable Image"),
    ("unlisted_values: pass", |p| p.unlisted_values == UnlistedValues::Pass),
    ("dx.laterality: none", |p| p.dx.laterality == Laterality::None),
    ("obs_zone", |p| p.obs_zone != jiff::tz::TimeZone::UTC),
    ("obs_clock: 12h", |p| p.obs_clock == Clock::Hours12),
    ("mdm.layout: standard", |p| p.mdm.layout == Layout::Standard),
    ("mdm.txa4_precision: second", |p| {
        p.mdm.txa4_precision == Precision::Second && p.mdm.txa4_source == TxaSource::Capture
    }),
    ("mdm.txa4_source: graded", |p| p.mdm.txa4_source == TxaSource::Graded),
    ("mdm.txa4_source: message", |p| {
        p.mdm.txa4_source == TxaSource::Message && p.mdm.txa4_precision == Precision::Minute
    }),
    ("mdm.txa4_source: message, mdm.txa4_precision: second", |p| {
        p.mdm.txa4_source == TxaSource::Message && p.mdm.txa4_precision == Precision::Second
    }),
    ("mdm.txa10: grader", |p| p.mdm.txa10 == Authenticator::Grader),
    ("dft.pid19: echo", |p| p.dft.pid19 == SecondaryId::Echo),
    ("dft.ft1_option: 2", |p| p.dft.ft1_option == ChargeOption::ProfessionalAndTechnical),
    ("dft.cpt2: true", |p| p.dft.cpt2),
    ("dft.msh9: ORU^R01", |p| p.dft.msh9 == MessageType::Oru),
    ("dft.pid_id_type", |p| !p.dft.pid_id_type.is_empty() && p.dft.pid_id_type_field == IdTypeField::Pid2),
    ("dft.pid_id_type_field: PID-3", |p| !p.dft.pid_id_type.is_empty() && p.dft.pid_id_type_field == IdTypeField::Pid3),
    ("dft.pv1_7_17: ordering", |p| p.dft.pv1_7_17 == Attending::Ordering),
    ("dft.pv1_45: capture", |p| p.dft.pv1_45 == Discharge::Capture),
    ("dft.xcn_credentials: 5,6", |p| p.dft.xcn_credentials == Credentials::FiveSix),
    ("dft.order_namespace: msh6", |p| {
        p.dft.ft1_option == ChargeOption::Professional && p.dft.order_namespace == Namespace::Msh6
    }),
    ("dft.order_namespace", |p| {
        p.dft.ft1_option == ChargeOption::Professional && matches!(p.dft.order_namespace, Namespace::Text(_))
    }),
    ("dft.o2_order_namespace", |p| {
        p.dft.ft1_option == ChargeOption::ProfessionalAndTechnical
            && p.dft.o2_order_namespace != Namespace::Text(String::new())
    }),
    ("dft.code_professional", |p| p.dft.code_source == CodeSource::Fixed),
    ("dft.o1_component: 26", |p| p.dft.o1_component == ComponentModifier::Professional),
    ("dft.o2_component: false", |p| !p.dft.o2_component),
    ("dft.clock: 12h", |p| p.dft.clock == Clock::Hours12),
];

/// One of the options above.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Choosable(usize);

impl Choosable {
    pub(super) fn name(self) -> &'static str {
        CHOICES[self.0].0
    }
}

impl TryFrom<String> for Choosable {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        CHOICES.iter().position(|(known, _)| *known == name).map(Self).ok_or_else(|| format!("unknown option `{name}`"))
    }
}

/// The profile by which a message is judged.
pub(super) struct Options<'a> {
    /// What the customer agreed; without it his texts are free.
    pub(super) agreed: Option<&'a Profile>,
    /// The same, or the default.
    pub(super) profile: &'a Profile,
    /// Which options the profile has, and those that the message shows and that have been reported: the rest of it is judged as
    /// if they were agreed.
    held: Vec<bool>,
}

impl<'a> Options<'a> {
    pub(super) fn new(agreed: Option<&'a Profile>) -> Self {
        static DEFAULT: LazyLock<Profile> = LazyLock::new(Profile::default);
        let profile = agreed.unwrap_or(&DEFAULT);
        Self { agreed, profile, held: CHOICES.iter().map(|(_, holds)| holds(profile)).collect() }
    }

    /// Judges the rest of the message as if the option were agreed.
    pub(super) fn assume(&mut self, option: &'static str) {
        if let Some(index) = CHOICES.iter().position(|(name, _)| *name == option) {
            self.held[index] = true;
        }
    }

    /// Whether the profile has an option; false for a name that is none.
    pub(super) fn has(&self, option: &str) -> bool {
        CHOICES.iter().position(|(name, _)| *name == option).is_some_and(|index| self.held[index])
    }

    /// Whether the profile has an option of `rules.yaml`.
    pub(super) fn holds(&self, option: Choosable) -> bool {
        self.held[option.0]
    }
}

/// The option with this name, to be put into a problem.
pub(super) fn named(option: &str) -> Option<&'static str> {
    CHOICES.iter().map(|(name, _)| *name).find(|name| *name == option)
}

/// Whether a line or segment of a table belongs to the default profile.
pub(super) fn by_default(when: Option<When>) -> bool {
    static DEFAULT: LazyLock<Profile> = LazyLock::new(Profile::default);
    when.is_none_or(|when| when.holds(&DEFAULT))
}
