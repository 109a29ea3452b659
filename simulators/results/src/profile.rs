use serde::Deserialize;

/// How one customer wants the results. Every option has the default of the specification, so an empty file is a valid profile.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// MSH-11.
    pub environment: Environment,
    /// MSH-5 of ORU and MDM: name of the EMR.
    pub recv_app: String,
    /// MSH-6 of ORU and MDM: name or id of the clinic.
    pub recv_fac: String,
    /// MSH-4 of ORU and MDM.
    pub send_fac: String,
    /// How the report travels (ORU-DOC-01 to ORU-DOC-05).
    pub document: Document,
    /// URL before the query (ORU-DOC-07).
    pub link_base: String,
    /// How `&` is written in the link (ORU-DOC-08).
    pub link_ampersand: Ampersand,
    /// Whether the link ends with `asAddendum=False` (ORU-DOC-06).
    pub link_addendum: bool,
    /// Whether a regrade is marked as corrected (ORU-STA-02).
    pub status: Status,
    /// Last line of narrative and report (ORU-NAR-31).
    pub disclaimer: String,
    /// Charges.
    pub dft: Dft,
    /// Documents.
    pub mdm: Mdm,
}

/// Options of charges.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dft {
    /// Whether charges are sent at all (DFT-GEN-002); for whoever schedules deliveries, [`crate::dft`] does not look at it.
    pub enabled: bool,
    /// Where MSH-4 comes from.
    pub msh4: SendingFacility,
    /// MSH-5, and the namespace of FT1-23 (DFT-C8).
    pub msh5: String,
    /// MSH-6.
    pub msh6: String,
    /// Whether modifier 26 leads FT1-26 (`dft.o1_component=26`, DFT-MOD-008).
    pub o1_component: bool,
    /// Whether a wholly ungradable order gets modifier NC (DFT-MOD-008).
    pub o1_nc: bool,
}

/// Options of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mdm {
    /// Whether documents are sent (MDM-GEN-01); for whoever schedules deliveries, [`crate::mdm`] does not look at it.
    pub enabled: bool,
}

/// Where the IRIS cloud runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// MSH-11 `P`.
    Production,
    /// MSH-11 `T`.
    #[default]
    Test,
}

/// How the report travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Document {
    /// As a link to it.
    #[default]
    Link,
    /// In the message, base64.
    Pdf,
    /// Both, the link first.
    LinkPdf,
    /// Not at all.
    Off,
}

/// How `&` is written in the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ampersand {
    /// `&`
    #[default]
    Raw,
    /// `\T\`
    Escaped,
}

/// Result status of a regrade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Always `F`.
    #[default]
    FinalOnly,
    /// `C` for a regrade.
    CorrectedOnRegrade,
}

/// Where MSH-4 of a charge comes from (DFT-MSH-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendingFacility {
    /// `IRIS`
    #[default]
    Iris,
    /// MSH-4 of the order, where it names a parent organization.
    Orm,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            environment: Environment::default(),
            recv_app: "VENDOR".into(),
            recv_fac: "VENDOR".into(),
            send_fac: "IRIS".into(),
            document: Document::default(),
            link_base: "https://api.retinalscreenings.com/api/PatientOrders/GetSingleResultForDisplayInEmr".into(),
            link_ampersand: Ampersand::default(),
            link_addendum: false,
            status: Status::default(),
            disclaimer:
                "NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate \
                         ophthalmic examination."
                    .into(),
            dft: Dft::default(),
            mdm: Mdm::default(),
        }
    }
}

impl Default for Dft {
    fn default() -> Self {
        Self {
            enabled: true,
            msh4: SendingFacility::default(),
            msh5: "VENDOR".into(),
            msh6: "VENDOR".into(),
            o1_component: false,
            o1_nc: true,
        }
    }
}
