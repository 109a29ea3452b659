//! The care plan of an order (10-codes, section 4).

use std::sync::LazyLock;

use serde::Deserialize;

use crate::grading::{Level, Plan};
use crate::study::Study;

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
    finding: String,
    result: Option<String>,
    level: Option<Level>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum CatchAll {
    NoGradableEye,
    SuspectedCondition,
    NothingFound,
}

static TABLE: LazyLock<Vec<CarePlan>> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/care_plans.yaml"))
        .expect("the embedded care plans are checked by tests")
});

/// The plan of highest rank among those of all findings of both eyes (CPL-004), or the one for ungradable orders (CPL-013).
pub(crate) fn by_rank(study: &Study) -> &'static CarePlan {
    let named = |finding: &str, result: Option<&str>, level: Option<Level>| {
        TABLE.iter().position(|plan| plan.findings.iter().any(|criterion| criterion.fits(finding, result, level)))
    };
    let diagnoses = study.exams().flat_map(|exam| &exam.diagnoses);
    let conditions = study.exams().flat_map(|exam| &exam.conditions);
    let ranks = diagnoses
        .filter_map(|answer| named(answer.finding, Some(answer.result), None))
        .chain(conditions.map(|condition| {
            named(&condition.finding, None, Some(condition.level)).unwrap_or(catch_all(CatchAll::SuspectedCondition))
        }))
        .min();
    let nothing = if study.exams().next().is_none() { CatchAll::NoGradableEye } else { CatchAll::NothingFound };
    &TABLE[ranks.unwrap_or(catch_all(nothing))]
}

fn catch_all(kind: CatchAll) -> usize {
    TABLE
        .iter()
        .position(|plan| plan.catch_all == Some(kind))
        .expect("the table has a plan of each catch_all, see tests")
}

impl Criterion {
    fn fits(&self, finding: &str, result: Option<&str>, level: Option<Level>) -> bool {
        self.finding == finding
            && self.result.as_deref().is_none_or(|wanted| result == Some(wanted))
            && self.level.is_none_or(|wanted| level == Some(wanted))
    }
}

impl From<&CarePlan> for Plan {
    fn from(plan: &CarePlan) -> Self {
        Self { name: plan.name.clone(), text: plan.text.clone() }
    }
}
