use schemars::JsonSchema;
use serde::Deserialize;

/// Derivation of ICD-10-CM codes (10-codes, section 5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Icd {
    /// Category when no usable diagnosis was submitted (ICD-003).
    pub default_category: DefaultCategory,
    /// What Diabetic Retinopathy `Positive` yields (ICD-023).
    pub dr_positive: PositiveRetinopathy,
    /// What HIV Retinopathy `Positive` yields (ICD-036).
    pub hiv: Generated,
    /// Length of wet AMD codes (ICD-C4).
    pub wet_amd: WetAmd,
}

/// Spelling of derived ICD-10-CM codes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Dx {
    /// Whether diabetic retinopathy codes name the eye (ICD-028).
    pub laterality: Laterality,
}

/// Category of codes when none was submitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "the names are the categories")]
pub enum DefaultCategory {
    #[default]
    E11,
    E08,
}

/// What Diabetic Retinopathy `Positive` yields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PositiveRetinopathy {
    /// A code of unspecified severity.
    #[default]
    Unspecified,
    /// No code.
    None,
}

/// Whether HIV Retinopathy `Positive` yields a code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum Generated {
    /// `H30139`.
    #[default]
    H30139,
    /// No code.
    #[serde(rename = "none")]
    None,
}

/// Length of wet AMD codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WetAmd {
    /// As published.
    #[default]
    Six,
    /// With the stage digit `0`.
    Seven,
}

/// Whether diabetic retinopathy codes name the eye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Laterality {
    /// Seven characters.
    #[default]
    Seven,
    /// Six characters, equal codes merged.
    None,
}
