use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_yaml::with::singleton_map;

use crate::evaluation::EvaluationType;

/// What the grader found, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grading {
    /// Right eye.
    pub right: Eye,
    /// Left eye.
    pub left: Eye,
    /// The care plan; `None` picks one from the default table by rank (CPL-004).
    pub plan: Option<Plan>,
    /// The grader's notes, in input order.
    pub notes: Vec<String>,
    /// Who graded and signed.
    pub grader: Grader,
    /// When the images were captured.
    pub captured: Timestamp,
    /// When the grading was signed.
    pub graded: Timestamp,
    /// This grading replaces an earlier one of the same order.
    pub regrade: bool,
}

/// The state of one eye (DISC-020).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Eye {
    /// Findings are possible; none means that nothing was found (DISC-021).
    Gradable(Vec<Finding>),
    /// The images do not allow a diagnosis.
    Ungradable {
        /// Why, in words.
        reason: Option<String>,
    },
    /// The eye is not part of the study (DISC-026).
    Excluded {
        /// Why, in words, e.g. `Enucleation`.
        reason: Option<String>,
    },
}

/// One finding of one eye: a diagnosis with its result, a suspected condition, or `Other` with free text and level.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Name of the finding, e.g. `Diabetic Retinopathy`, `Suspected Glaucoma` or `Other`.
    pub finding: String,
    /// Result of a diagnosis, or the text of `Other` (FND-006).
    #[serde(default)]
    pub result: Option<String>,
    /// How serious; given by the grader for `Other` and only there (DISC-108).
    #[serde(default)]
    pub level: Option<Level>,
}

/// How serious a suspected condition or a care plan is, the least serious first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No referral needed.
    NotReferable,
    /// To be referred.
    Referable,
    /// Free text only.
    Severe,
    /// To be seen soon.
    Urgent,
    /// To be seen at once.
    Emergent,
}

/// Care plan of a grading.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Title; may be empty.
    pub name: String,
    /// Instructions.
    pub text: String,
}

/// The provider who graded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Grader {
    /// Id in IRIS.
    pub id: String,
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
    /// Credentials, e.g. `MD`; may be empty.
    pub degrees: String,
    /// National provider identifier; may be empty.
    pub npi: String,
    /// Taxonomy code; may be empty.
    pub taxonomy: String,
}

impl Grader {
    /// `name` and each known credential, joined by comma and one space (ORU-OBR-32.5, ORU-NAR-41).
    pub(crate) fn with_credentials(&self, name: String) -> String {
        let labelled =
            |label: &str, value: &str| if value.is_empty() { String::new() } else { format!("{label}{value}") };
        let parts = [name, self.degrees.clone(), labelled("NPI: ", &self.npi), labelled("Taxonomy: ", &self.taxonomy)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// Which eye.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Right,
    Left,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Right => "right",
            Side::Left => "left",
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Library {
    grader: Grader,
    captured: Timestamp,
    graded: Timestamp,
    gradings: BTreeMap<String, Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(default = "retinopathy")]
    evaluations: Vec<EvaluationType>,
    #[serde(with = "singleton_map")]
    right: Eye,
    #[serde(with = "singleton_map")]
    left: Eye,
    plan: Option<Plan>,
    #[serde(default)]
    notes: Vec<String>,
}

fn retinopathy() -> Vec<EvaluationType> {
    vec![EvaluationType::DR] // EVL-24
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/gradings.yaml")).expect("the embedded gradings are checked by tests")
});

/// A ready grading by the name that scenarios use, e.g. `normal in both eyes`, with a fixed grader and fixed instants that the
/// caller may replace; see [`grading_names`].
pub fn grading_by_name(name: &str) -> Option<Grading> {
    let named = LIBRARY.gradings.get(name)?;
    Some(Grading {
        right: named.right.clone(),
        left: named.left.clone(),
        plan: named.plan.clone(),
        notes: named.notes.clone(),
        grader: LIBRARY.grader.clone(),
        captured: LIBRARY.captured,
        graded: LIBRARY.graded,
        regrade: false,
    })
}

/// The evaluation types that an order must ask for so that the named grading answers it; none for an unknown name.
pub fn grading_evaluations(name: &str) -> &'static [EvaluationType] {
    LIBRARY.gradings.get(name).map_or(&[], |named| &named.evaluations)
}

/// The names that [`grading_by_name`] knows, for error messages and step lists.
pub fn grading_names() -> impl Iterator<Item = &'static str> {
    LIBRARY.gradings.keys().map(String::as_str)
}
