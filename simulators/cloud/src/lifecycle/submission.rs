//! GradingSubmission (08 section 7): from JSON to the states of both eyes. What breaks a rule is ignored by the cloud (LIFE-080).

use results::{EvaluationType, Eye, Finding, Level};
use serde::Deserialize;
use serde_json::Value;

use super::order::Order;
use super::request::{Refused, SiteRef, version};
use super::settings::MissingEye;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Submission {
    version: Option<String>,
    pub(super) local_id: Option<String>,
    pub(super) site: SiteRef,
    #[serde(rename = "OD")]
    right: Option<EyeGrading>,
    #[serde(rename = "OS")]
    left: Option<EyeGrading>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct EyeGrading {
    findings: Vec<Given>,
    gradable: Option<bool>,
    ungradable_reasons: Vec<String>,
    missing_eye_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Given {
    finding: String,
    #[serde(default)]
    result: Option<String>,
}

/// The diagnoses that a gradable eye must answer (10-codes section 2).
#[rustfmt::skip]
const REQUIRED: &[(&str, EvaluationType, &[&str])] = &[
    ("EVL-01", EvaluationType::DR,             &["Diabetic Retinopathy", "Macular Edema"]),
    ("EVL-02", EvaluationType::Glaucoma,       &["Glaucoma"]),
    ("EVL-03", EvaluationType::HIV,            &["HIV Retinopathy"]),
    ("EVL-04", EvaluationType::DRME,           &["Diabetic Retinopathy", "Macular Edema"]),
    ("EVL-06", EvaluationType::DR_REFNOREF,    &["Diabetic Retinopathy"]),
    ("EVL-07", EvaluationType::AMD,            &["Dry AMD", "Wet AMD"]),
    ("EVL-08", EvaluationType::DR_AMD,         &["Diabetic Retinopathy", "Macular Edema", "Wet AMD", "Dry AMD"]),
    ("EVL-09", EvaluationType::SP,             &[]),
    ("EVL-12", EvaluationType::DR_AREDS_GLAUC, &["Diabetic Retinopathy", "Dry AMD", "Glaucoma"]),
    ("EVL-13", EvaluationType::AI_Eyenuk_O1,   &["Diabetic Retinopathy", "Dry AMD", "Glaucoma"]),
];

/// All diagnoses (FND-D01 to FND-D06, and `AMD` by FND-C8).
const DIAGNOSES: &[&str] =
    &["Diabetic Retinopathy", "Macular Edema", "Dry AMD", "Wet AMD", "Glaucoma", "HIV Retinopathy", "AMD"];

/// Library spellings that are taken (FND-C3).
const SPELLINGS: &[(&str, &str)] = &[
    ("Suspected disc edema", "Suspected Disc Edema"),
    ("Suspected bilateral papilledema", "Suspected Bilateral Papilledema"),
];

impl Submission {
    /// Reads a submission; what it means for an order is judged by [`Self::eyes`].
    pub(super) fn read(value: &Value) -> Result<Self, Refused> {
        let submission: Self =
            serde_json::from_value(value.clone()).map_err(|error| Refused::new("LIFE-080", error.to_string()))?;
        version(submission.version.as_deref()).map_err(|refused| Refused::new("LIFE-GS-01", refused.reason))?;
        if submission.local_id.is_none() {
            return Err(Refused::new("LIFE-GS-03", "LocalId is required, but missing"));
        }
        if submission.site.local_id.is_none() {
            return Err(Refused::new("LIFE-GS-04", "Site.LocalId is required, but missing"));
        }
        if submission.right.is_none() && submission.left.is_none() {
            return Err(Refused::new("LIFE-GS-05", "OD or OS is required, but both are missing"));
        }
        Ok(submission)
    }

    /// Right and left eye as graded.
    pub(super) fn eyes(&self, order: &Order, missing_eye: MissingEye) -> Result<[Eye; 2], Refused> {
        Ok([eye("OD", self.right.as_ref(), order, missing_eye)?, eye("OS", self.left.as_ref(), order, missing_eye)?])
    }
}

fn eye(name: &'static str, given: Option<&EyeGrading>, order: &Order, missing: MissingEye) -> Result<Eye, Refused> {
    let Some(given) = given else { return absent(name, order, missing) };
    let refused = |id, what: &str| Err(Refused::new(id, format!("{name}: {what}")));
    if let Some(reason) = &given.missing_eye_reason {
        let alone = given.findings.is_empty() && given.gradable.is_none() && given.ungradable_reasons.is_empty();
        if !alone {
            // DISC-027 for findings
            return refused("LIFE-GS-09", "MissingEyeReason must stand alone");
        }
        return Ok(Eye::Excluded { reason: Some(reason.clone()) });
    }
    match (given.gradable, given.ungradable_reasons.as_slice()) {
        (None, _) => refused("LIFE-GS-07", "Gradable is required without MissingEyeReason"),
        (Some(true), []) => findings(name, &given.findings, &order.types).map(Eye::Gradable),
        (Some(true), _) => refused("LIFE-GS-08", "a gradable eye has no UngradableReasons"),
        (Some(false), _) if !given.findings.is_empty() => refused("DISC-027", "an ungradable eye has no Findings"),
        // FND-C6
        (Some(false), [reason]) => Ok(Eye::Ungradable { reason: Some(reason.clone()) }),
        (Some(false), _) => refused("LIFE-GS-08", "an ungradable eye has exactly one of UngradableReasons"),
    }
}

/// LIFE-083, LIFE-084, DISC-026
fn absent(name: &'static str, order: &Order, missing: MissingEye) -> Result<Eye, Refused> {
    if order.images_of(name).next().is_some() {
        return Err(Refused::new("LIFE-083", format!("{name} has images, but is not graded")));
    }
    let reason = order.request.order.missing_eye_reason.clone();
    let rated = reason.is_none() && !order.single_eye() && missing == MissingEye::Ungradable;
    Ok(if rated { Eye::Ungradable { reason: None } } else { Eye::Excluded { reason } })
}

fn findings(name: &str, given: &[Given], types: &[EvaluationType]) -> Result<Vec<Finding>, Refused> {
    let rows = || REQUIRED.iter().filter(|(_, kind, _)| types.contains(kind));
    for (id, kind, required) in rows() {
        for diagnosis in *required {
            if !given.iter().any(|given| given.finding == *diagnosis) {
                return Err(Refused::new(id, format!("{name}: {kind} needs {diagnosis}")));
            }
        }
    }
    // FND-C8: AMD sums up the two that are asked for
    let asked = |finding: &str| {
        let asked = if finding == "AMD" { "Dry AMD" } else { finding };
        rows().any(|(_, _, required)| required.contains(&asked))
    };
    given.iter().map(|given| finding(name, given, asked(&given.finding), types)).collect()
}

/// FND-004; the results of diagnoses are checked with the whole grading.
fn finding(name: &str, given: &Given, asked: bool, types: &[EvaluationType]) -> Result<Finding, Refused> {
    let refused = |id, what: &str| Err(Refused::new(id, format!("{name}: {} {what}", given.finding)));
    if DIAGNOSES.contains(&given.finding.as_str()) {
        if !asked {
            return refused("FND-004", "is not asked for by the order's evaluation types");
        }
        let Some(result) = &given.result else { return refused("LIFE-GS-11", "needs a Result") };
        let graded = types.iter().any(|kind| *kind != EvaluationType::DR_REFNOREF);
        if !graded && !matches!(result.as_str(), "None" | "Positive") {
            return refused("EVL-06", "is None or Positive");
        }
        return Ok(Finding { finding: given.finding.clone(), result: Some(result.clone()), level: None });
    }
    if !types.iter().any(|kind| kind.is_read_by_a_person()) {
        return refused("EVL-23", "belongs to no AI evaluation");
    }
    match (given.finding.as_str(), &given.result) {
        // the submission has no place for the level that CPL-008 asks for
        ("Other", Some(text)) => {
            Ok(Finding { finding: "Other".into(), result: Some(text.clone()), level: Some(Level::Referable) })
        }
        ("Other", None) => refused("LIFE-GS-11", "needs its text as Result"),
        (suspected, None) if suspected.starts_with("Suspected ") => {
            let spelled = SPELLINGS.iter().find(|(library, _)| *library == suspected);
            let finding = spelled.map_or(suspected, |(_, documented)| documented).to_owned();
            Ok(Finding { finding, result: None, level: None })
        }
        (suspected, Some(_)) if suspected.starts_with("Suspected ") => refused("LIFE-GS-11", "has no Result"),
        _ => refused("FND-004", "is no finding"),
    }
}
