//! OrderRequest (08 sections 2 and 3).

use results::EvaluationType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::codes::{GENDER, GENDER_CONTEXT, find};
use super::json::{Code, Day, Instant};

/// An OrderRequest as it is kept with its order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Request {
    pub(super) version: Option<String>,
    pub(super) site: SiteRef,
    pub(super) order: OrderPart,
    pub(super) patient: PatientPart,
    pub(super) camera: Camera,
    pub(super) ordering_provider: Provider,
    pub(super) referring_provider: Provider,
    pub(super) camera_operator: Provider,
    pub(super) camera_operator_user_name: Option<String>,
    pub(super) health_plan: HealthPlan,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SiteRef {
    pub(super) local_id: Option<String>,
    pub(super) name: Option<String>,
    pub(super) address: Address,
}

/// An address (LIFE-RQ-18 to LIFE-RQ-22).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the names are those of the specification
pub struct Address {
    pub street1: Option<String>,
    pub street2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
}

/// A camera (LIFE-RQ-23 to LIFE-RQ-31).
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the names are those of the specification
pub struct Camera {
    pub local_id: Option<String>,
    pub location: Option<String>,
    #[serde(rename = "IPAddress")]
    pub ip_address: Option<String>,
    #[serde(rename = "MACAddress")]
    pub mac_address: Option<String>,
    pub serial_number: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub software_version: Option<String>,
    /// The image directives of a request.
    #[serde(skip_serializing)]
    #[schemars(skip)] // nothing that belongs to a site
    pub images: Vec<ImageDirective>,
}

/// An image that a request names (LIFE-RQ-32 to LIFE-RQ-41).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageDirective {
    pub(super) local_id: Option<String>,
    pub(super) taken: Option<Instant>,
    pub(super) azure_blob_storage: Blob,
    pub(super) laterality: Option<Code>,
    pub(super) image_context: Option<Code>,
    pub(super) parent_local_id: Option<String>,
    pub(super) group_id: Option<serde_json::Number>,
    pub(super) group_ordinal: Option<serde_json::Number>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Blob {
    pub(super) container: Option<String>,
    pub(super) file_name: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PatientPart {
    pub(super) local_id: Option<String>,
    pub(super) name: Name,
    pub(super) dob: Option<Day>,
    pub(super) genders: Vec<PersonGender>,
    pub(super) gender: Option<Code>,
    pub(super) phone: Option<String>,
    pub(super) dx_code: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PersonGender {
    pub(super) context: Code,
    pub(super) gender: Code,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OrderPart {
    pub(super) local_id: Option<String>,
    pub(super) evaluation_types: Vec<Code>,
    pub(super) scheduled_time: Option<Instant>,
    pub(super) department_id: Option<String>,
    pub(super) encounter_number: Option<String>,
    pub(super) study_instance_unique_id: Option<String>,
    pub(super) orderable_identifier: Option<String>,
    #[serde(rename = "CPTCode")]
    pub(super) cpt_code: Option<CptGiven>,
    pub(super) additional_info: Option<String>,
    pub(super) state: Option<String>,
    pub(super) single_eye_only: Option<bool>,
    pub(super) missing_eye_reason: Option<String>,
}

/// LIFE-C8
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum CptGiven {
    Code(String),
    Whole(Cpt),
}

/// A procedure (LIFE-RQ-71, LIFE-RQ-72).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the names are those of the specification
pub struct Cpt {
    pub code: Option<String>,
    pub description: Option<String>,
}

/// A provider (LIFE-RQ-73 to LIFE-RQ-78).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the names are those of the specification
pub struct Provider {
    #[serde(rename = "NPI")]
    pub npi: Option<String>,
    pub taxonomy: Option<String>,
    pub name: Name,
    pub email: Option<String>,
    pub degrees: Option<String>,
    pub associations: Option<String>,
}

/// The name of a person (LIFE-RQ-79, LIFE-RQ-80).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", from = "NameGiven")]
#[allow(missing_docs)] // the names are those of the specification
pub struct Name {
    pub first: Option<String>,
    pub last: Option<String>,
    /// Never echoed (LIFE-C9); HL7 results carry it as prefix.
    #[serde(skip_serializing)]
    pub title: Option<String>,
}

/// LIFE-C9
#[derive(Deserialize)]
#[serde(untagged)]
enum NameGiven {
    Text(String),
    Parts(NameParts),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NameParts {
    first: Option<String>,
    last: Option<String>,
    title: Option<String>,
}

impl From<NameGiven> for Name {
    fn from(given: NameGiven) -> Self {
        match given {
            NameGiven::Parts(NameParts { first, last, title }) => Self { first, last, title },
            NameGiven::Text(text) => match text.trim().rsplit_once(' ') {
                Some((first, last)) => Self { first: Some(first.into()), last: Some(last.into()), title: None },
                None => Self { last: Some(text), ..Self::default() },
            },
        }
    }
}

/// A health plan (LIFE-RQ-82 to LIFE-RQ-84); what else is given is not echoed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
#[allow(missing_docs)] // the names are those of the specification
pub struct HealthPlan {
    pub local_id: Option<String>,
    pub name: Option<String>,
    pub member_id: Option<String>,
}

/// Why an input is refused or ignored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({requirement})")]
pub struct Refused {
    /// The requirement that says so.
    pub requirement: &'static str,
    /// What is wrong and what is expected, without any value of a patient.
    pub reason: String,
}

impl Refused {
    pub(super) fn new(requirement: &'static str, reason: impl Into<String>) -> Self {
        Self { requirement, reason: reason.into() }
    }
}

impl Request {
    /// Reads a whole request, for NW and XO.
    pub(super) fn read(value: &Value) -> Result<Self, Refused> {
        serde_json::from_value(value.clone()).map_err(|error| Refused::new("LIFE-030", error.to_string()))
    }

    /// The required properties (LIFE-RQ); site and subscriptions are for the organization to judge.
    pub(super) fn check(&self, local_id_required: bool) -> Result<(), Refused> {
        let missing = |id, name: &str| Err(Refused::new(id, format!("{name} is required, but missing")));
        version(self.version.as_deref())?;
        if self.site.local_id.is_none() {
            return missing("LIFE-RQ-15", "Site.LocalId");
        }
        if local_id_required && self.order.local_id.is_none() {
            return missing("LIFE-RQ-58", "Order.LocalId");
        }
        if self.patient.local_id.is_none() {
            return missing("LIFE-RQ-42", "Patient.LocalId");
        }
        if self.patient.name.first.is_none() || self.patient.name.last.is_none() {
            return missing("LIFE-RQ-43", "Patient.Name.First or .Last");
        }
        if self.patient.dob.is_none() {
            return missing("LIFE-RQ-44", "Patient.Dob");
        }
        if self.patient.genders.is_empty() && self.patient.gender.is_none() {
            return missing("LIFE-RQ-45", "Patient.Genders");
        }
        let gender = |given: &Code| find(GENDER, given).is_some();
        let known = |given: &PersonGender| find(GENDER_CONTEXT, &given.context).is_some() && gender(&given.gender);
        if !self.patient.genders.iter().all(known) || !self.patient.gender.iter().all(gender) {
            return Err(Refused::new("LIFE-RQ-56", "Patient.Genders holds a code that is none of IRIS"));
        }
        Ok(())
    }

    /// LIFE-RQ-59; the numbers 5, 10 and 11 are none (EVL-20).
    pub(super) fn evaluations(&self) -> Result<Vec<EvaluationType>, Refused> {
        if self.order.evaluation_types.is_empty() {
            return Err(Refused::new("LIFE-RQ-59", "Order.EvaluationTypes is required, but missing"));
        }
        let mut types = Vec::new();
        for Code(code) in &self.order.evaluation_types {
            let known = match code.parse() {
                Ok(number) => EvaluationType::from_number(number),
                Err(_) => code.parse(),
            };
            let known = known.map_err(|error| Refused::new("EVL-20", error.to_string()))?;
            if !types.contains(&known) {
                types.push(known);
            }
        }
        Ok(types)
    }

    pub(super) fn cpt(&self) -> Cpt {
        match &self.order.cpt_code {
            Some(CptGiven::Code(code)) => Cpt { code: Some(code.clone()), description: None },
            Some(CptGiven::Whole(cpt)) => cpt.clone(),
            None => Cpt::default(),
        }
    }
}

impl PatientPart {
    /// LIFE-RS-45: BirthGender, else IdentityGender, else unspecified.
    pub(super) fn gender(&self) -> &'static str {
        let of = |context| self.genders.iter().find(|given| find(GENDER_CONTEXT, &given.context) == Some(context));
        let given = of("BirthGender").or_else(|| of("IdentityGender")).map(|given| &given.gender);
        given.or(self.gender.as_ref()).and_then(|code| find(GENDER, code)).unwrap_or("U")
    }

    /// PID-8: M or F by birth, else by identity, else `U` (LIFE-MAP-08).
    pub(super) fn sex(&self) -> &'static str {
        let of = |context| {
            let given = self.genders.iter().filter(move |given| find(GENDER_CONTEXT, &given.context) == Some(context));
            given.filter_map(|given| find(GENDER, &given.gender)).find(|code| matches!(*code, "M" | "F"))
        };
        let single = || self.gender.as_ref().and_then(|code| find(GENDER, code)).filter(|c| matches!(*c, "M" | "F"));
        of("BirthGender").or_else(|| of("IdentityGender")).or_else(single).unwrap_or("U")
    }
}

/// LIFE-RQ-01, LIFE-C18
pub(super) fn version(given: Option<&str>) -> Result<(), Refused> {
    match given {
        Some("2.3.1" | "V2.3.1") => Ok(()),
        Some(_) => Err(Refused::new("LIFE-RQ-01", "Version must be 2.3.1")),
        None => Err(Refused::new("LIFE-RQ-01", "Version is required, but missing")),
    }
}
