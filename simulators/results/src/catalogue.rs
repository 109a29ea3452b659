//! What a grader may record (`mapping/findings.yaml`).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::evaluation::EvaluationType;
use crate::grading::Level;
use crate::profile::Observations;

/// OBX-8, the least significant first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) enum Flag {
    #[serde(rename = "")]
    None,
    A,
    #[serde(rename = "AA")]
    Aa,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Catalogue {
    pub(crate) diagnoses: Vec<DiagnosisRow>,
    conditions: Vec<ConditionRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiagnosisRow {
    pub(crate) finding: String,
    pub(crate) observation: String,
    asked_by: Vec<EvaluationType>,
    subject: Option<String>,
    results: Vec<ResultRow>,
    rev_b: Option<Vec<ResultRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultRow {
    #[serde(rename = "id")]
    _requirement: String,
    pub(crate) result: String,
    pub(crate) flag: Flag,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionRow {
    #[serde(rename = "id")]
    _requirement: String,
    pub(crate) condition: String,
    pub(crate) level: Level,
    #[serde(default)]
    also: Vec<String>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/findings.yaml")).expect("the embedded findings are checked by tests")
});

impl Catalogue {
    pub(crate) fn get() -> &'static Self {
        &CATALOGUE
    }

    pub(crate) fn diagnosis(&self, finding: &str) -> Option<&DiagnosisRow> {
        self.diagnoses.iter().find(|row| row.finding == finding)
    }

    /// By either spelling (DISC-111).
    pub(crate) fn condition(&self, name: &str) -> Option<&ConditionRow> {
        self.conditions.iter().find(|row| row.condition == name || row.also.iter().any(|also| also == name))
    }

    /// What a normal result of these evaluations is negative for, e.g. `Diabetic Retinopathy and AMD` (ORU-NAR-51).
    pub(crate) fn subject(&self, evaluations: &[EvaluationType]) -> Option<&'static str> {
        /// One bit for each row of the catalogue that has a subject.
        static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
            let rows = CATALOGUE.diagnoses.len();
            (0..1 << rows)
                .map(|asked: usize| {
                    let subjects = CATALOGUE.diagnoses.iter().enumerate().filter(|(bit, _)| asked >> bit & 1 == 1);
                    let mut subjects: Vec<&str> = subjects.filter_map(|(_, row)| row.subject.as_deref()).collect();
                    subjects.dedup();
                    match subjects.split_last() {
                        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
                        _ => subjects.concat(),
                    }
                })
                .collect()
        });
        let asked = self.diagnoses.iter().enumerate().filter(|(_, row)| row.is_asked_by(evaluations));
        let text = TEXTS.get(asked.map(|(bit, _)| 1 << bit).sum::<usize>())?;
        (!text.is_empty()).then_some(text.as_str())
    }
}

impl DiagnosisRow {
    /// DISC-090 to DISC-098
    pub(crate) fn is_asked_by(&self, evaluations: &[EvaluationType]) -> bool {
        self.asked_by.iter().any(|evaluation| evaluations.contains(evaluation))
    }

    /// The results that may be given; a customer's own set takes those of rev_c.
    pub(crate) fn results(&self, set: &Observations) -> &[ResultRow] {
        match (&self.rev_b, set) {
            (Some(older), Observations::RevB) => older,
            _ => &self.results, // DISC-174
        }
    }
}

impl Flag {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Flag::None => "",
            Flag::A => "A",
            Flag::Aa => "AA",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Catalogue;
    use crate::evaluation::EvaluationType::{self, *};

    #[test]
    fn a_normal_result_is_negative_for_the_subject_of_its_evaluation_oru_nar_51() {
        for (evaluations, subject) in [
            (&[DR][..], Some("Diabetic Retinopathy")),
            (&[DRME], Some("Diabetic Retinopathy")),
            (&[DR_REFNOREF], Some("Diabetic Retinopathy")),
            (&[HIV], Some("HIV Retinopathy")),
            (&[AMD], Some("AMD")),
            (&[DR_AMD], Some("Diabetic Retinopathy and AMD")),
            (&[Glaucoma], Some("Glaucoma")),
            (&[DR_AREDS_GLAUC], Some("Diabetic Retinopathy, AMD and Glaucoma")),
            (&[AI_Eyenuk_O1], Some("Diabetic Retinopathy, AMD and Glaucoma")),
            (&[SP], None),
            (&[Glaucoma, SP, DR], Some("Diabetic Retinopathy and Glaucoma")),
            (&EvaluationType::ALL, Some("Diabetic Retinopathy, HIV Retinopathy, AMD and Glaucoma")),
        ] {
            assert_eq!(Catalogue::get().subject(evaluations), subject, "{evaluations:?}");
        }
    }
}
