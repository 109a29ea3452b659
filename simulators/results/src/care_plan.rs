//! The care plan of an order (10-codes, section 4).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::error::BuildError;
use crate::grading::{Grading, Level, Plan};
use crate::order::Order;
use crate::profile::Profile;
use crate::study::{Answer, Condition, Exam, Study};

/// A plan of the default table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarePlan {
    /// The row, e.g. `CPL-D09`.
    pub id: String,
    /// How urgent; never tell it from the title (CPL-011).
    pub level: Level,
    /// Title.
    pub name: String,
    /// Instructions.
    pub text: String,
    #[serde(default)]
    findings: Vec<Criterion>,
    catch_all: Option<CatchAll>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Criterion {
    finding: Option<String>,
    #[serde(default)]
    results: Vec<String>,
    level: Option<Level>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CatchAll {
    NoGradableEye,
    OtherDiagnosis,
    SuspectedCondition,
    NothingFound,
}

static TABLE: LazyLock<Vec<CarePlan>> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/care_plans.yaml"))
        .expect("the embedded care plans are checked by tests")
});

impl CarePlan {
    /// The flag Emergent of JSON results (CPL-012).
    pub fn emergent(&self) -> bool {
        self.level == Level::Emergent
    }

    /// The flag Urgent of JSON results (CPL-012).
    pub fn urgent(&self) -> bool {
        self.level == Level::Urgent
    }
}

/// The flag Pathology of JSON results: a diagnosis is not negative, or a condition is suspected (CPL-012).
pub fn pathology(order: &Order, grading: &Grading, profile: &Profile) -> Result<bool, BuildError> {
    let study = Study::check(order, grading, profile)?;
    let found = |exam: &Exam| !exam.conditions.is_empty() || exam.diagnoses.iter().any(|answer| !answer.negative);
    Ok(study.exams().any(found))
}

/// The plan of highest rank among those of all findings of both eyes (CPL-004), or the one for ungradable orders (CPL-013).
pub(crate) fn by_rank(study: &Study) -> &'static CarePlan {
    let diagnoses = study.exams().flat_map(|exam| &exam.diagnoses).filter(|answer| !answer.negative);
    let ranks =
        diagnoses.map(|answer| rank(CatchAll::OtherDiagnosis, |criterion| criterion.fits_diagnosis(answer))).chain(
            study
                .conditions()
                .map(|condition| rank(CatchAll::SuspectedCondition, |criterion| criterion.fits_condition(condition))),
        );
    let nothing = if study.exams().next().is_none() { CatchAll::NoGradableEye } else { CatchAll::NothingFound };
    &TABLE[ranks.min().unwrap_or_else(|| rank(nothing, |_| false))]
}

/// The first plan that has a fitting line, else the one for all the rest.
fn rank(rest: CatchAll, fits: impl Fn(&Criterion) -> bool) -> usize {
    let named = TABLE.iter().position(|plan| plan.findings.iter().any(&fits));
    named
        .or_else(|| TABLE.iter().position(|plan| plan.catch_all == Some(rest)))
        .expect("the table has a plan of each catch_all, see tests")
}

impl Criterion {
    fn fits_diagnosis(&self, answer: &Answer) -> bool {
        self.finding.as_deref().is_none_or(|finding| finding == answer.finding)
            && self.results.iter().any(|result| *result == answer.result)
    }

    fn fits_condition(&self, condition: &Condition) -> bool {
        self.finding.as_deref() == Some(&condition.finding) && self.level.is_none_or(|level| level == condition.level)
    }
}

impl From<&CarePlan> for Plan {
    fn from(plan: &CarePlan) -> Self {
        Self { name: plan.name.clone(), text: plan.text.clone() }
    }
}
