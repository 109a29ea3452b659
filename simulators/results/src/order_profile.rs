//! The agreements between a client and IRIS (03-orm, section 4).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A profile; what a file leaves out has the value of `base` (03-orm, section 4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OrderProfile {
    /// Where the MRN is (ORM-PAT-001).
    pub patient_id: PatientId,
    /// Which ordering provider counts (ORM-PRV-002).
    pub provider: Provider,
    /// Where the clinic is (ORM-KEY-002).
    pub location: Location,
    /// The clinics by their code, with their names; without it every code is known.
    pub known_locations: Option<BTreeMap<String, String>>,
    /// The values of MSH-4 that name a parent entity; without it MSH-4 is not looked at (ORM-KEY-003).
    pub parent_entity: Option<Vec<String>>,
    /// The evaluation types of HL7 orders (EVL-24).
    pub evaluation_types: Vec<crate::EvaluationType>,
    /// What each order control code asks for (03-orm, section 5).
    pub order_control: BTreeMap<String, Action>,
}

/// Where the MRN is (ORM-PAT-001 to ORM-PAT-003).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PatientId {
    /// The field.
    pub source: PatientIdSource,
    /// The identifier type code that selects a repetition.
    pub r#type: String,
}

/// The field that holds the MRN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PatientIdSource {
    /// Patient id.
    #[serde(rename = "PID-2")]
    Pid2,
    /// Patient identifier list.
    #[serde(rename = "PID-3")]
    Pid3,
}

/// Which repetition of ORC-12 counts (ORM-PRV-002 to ORM-PRV-005).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// The identifier type code that selects a repetition.
    pub r#type: String,
    /// The component that holds the type.
    #[schemars(with = "u8")]
    pub type_component: TypeComponent,
}

/// The component of ORC-12 that holds the identifier type; `13` or `9` in a file (ORM-PRV-003).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum TypeComponent {
    /// Component 9, assigning authority.
    Nine,
    /// Component 13, identifier type code.
    Thirteen,
}

/// Where the clinic is (ORM-KEY-002).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Location {
    /// The component.
    pub source: LocationSource,
}

/// The component that names the clinic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum LocationSource {
    /// Assigned patient location.
    #[default]
    #[serde(rename = "PV1-3.1")]
    Pv1,
    /// Enterer's location.
    #[serde(rename = "ORC-13.1")]
    Orc,
}

/// What an order message asks for (03-orm, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new order.
    New,
    /// The end of an open order.
    Cancel,
    /// Other data for an open order.
    Change,
}

impl Default for OrderProfile {
    fn default() -> Self {
        OrderProfile {
            patient_id: PatientId::default(),
            provider: Provider::default(),
            location: Location::default(),
            known_locations: None,
            parent_entity: None,
            evaluation_types: vec![crate::EvaluationType::DR],
            // ORM-OC-XO, ORM-OC-XR, ORM-OC-CR: only after notice by the client.
            order_control: BTreeMap::from([("NW".to_owned(), Action::New), ("CA".to_owned(), Action::Cancel)]),
        }
    }
}

impl Default for PatientId {
    fn default() -> Self {
        PatientId { source: PatientIdSource::Pid2, r#type: "MRN".to_owned() }
    }
}

impl Default for Provider {
    fn default() -> Self {
        Provider { r#type: "NPI".to_owned(), type_component: TypeComponent::Thirteen }
    }
}

impl From<TypeComponent> for u8 {
    fn from(component: TypeComponent) -> u8 {
        match component {
            TypeComponent::Nine => 9,
            TypeComponent::Thirteen => 13,
        }
    }
}

impl TryFrom<u8> for TypeComponent {
    type Error = String;

    fn try_from(number: u8) -> Result<TypeComponent, String> {
        match number {
            9 => Ok(TypeComponent::Nine),
            13 => Ok(TypeComponent::Thirteen),
            _ => Err(format!("provider.type_component is {number}; the type is in component 13 or 9 of ORC-12")),
        }
    }
}
