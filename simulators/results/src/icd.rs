//! ICD-10-CM codes (10-codes, section 3).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::order::{Diagnosis, Order};
use crate::profile::{DefaultCategory, Generated, Laterality, PositiveRetinopathy, Profile, WetAmd};
use crate::study::{Exam, Study};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    categories: BTreeMap<String, String>,
    descriptions: BTreeMap<String, String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../mapping/icd10.yaml")).expect("the embedded code table is checked by tests")
});

/// Submitted diagnoses, then derived ones, each code once (ICD-043, DFT-DX-003, DFT-DX-004).
pub(crate) fn diagnoses(order: &Order, study: &Study, profile: &Profile) -> Vec<Diagnosis> {
    let mut all: Vec<Diagnosis> = Vec::new();
    let submitted = order.submitted_dx.iter().filter(|diagnosis| is_icd10(&undotted(&diagnosis.code))).cloned();
    for diagnosis in submitted.chain(derived(order, study, profile)) {
        if !all.iter().any(|known| undotted(&known.code) == undotted(&diagnosis.code)) {
            all.push(diagnosis);
        }
    }
    all
}

/// The codes that follow from the grading, undotted, in the order of ICD-040.
pub(crate) fn derived(order: &Order, study: &Study, profile: &Profile) -> Vec<Diagnosis> {
    let category = category(&order.submitted_dx, profile);
    let mut codes: Vec<String> = Vec::new();
    for (eye, digits) in by_eye(study, severity_and_edema) {
        let code = match profile.dx.laterality {
            Laterality::Seven => format!("{category}3{digits}{eye}"),
            Laterality::None => format!("{category}3{digits}"), // ICD-028
        };
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    let mut positive = study.exams().filter(|exam| retinopathy(exam) == "Positive").peekable();
    if positive.peek().is_some() && profile.icd.dr_positive == PositiveRetinopathy::Unspecified {
        let edema = if positive.any(has_edema) { 1 } else { 9 };
        codes.push(format!("{category}31{edema}")); // ICD-023
    }
    codes.extend(by_eye(study, dry_stage).into_iter().map(|(eye, stage)| format!("H3531{eye}{stage}")));
    let wet = |exam: &Exam| (exam.result("Wet AMD") == Some("Positive")).then_some(());
    let stage = match profile.icd.wet_amd {
        WetAmd::Six => "",
        WetAmd::Seven => "0",
    };
    codes.extend(by_eye(study, wet).into_iter().map(|(eye, ())| format!("H3532{eye}{stage}"))); // ICD-034
    let hiv = |exam: &Exam| exam.result("HIV Retinopathy") == Some("Positive");
    if profile.icd.hiv == Generated::H30139 && study.exams().any(hiv) {
        codes.push("H30139".into()); // ICD-036
    }
    // ICD-030: edema that no retinopathy code of the same eye expresses.
    let expressed = |exam: &Exam| severity(exam).is_some() || retinopathy(exam) == "Positive";
    if study.exams().any(|exam| has_edema(exam) && !expressed(exam)) {
        codes.push("H3581".into());
    }
    let diagnosis = |code: String| Diagnosis { text: description(&code).into_bytes(), code };
    codes.into_iter().map(diagnosis).collect()
}

/// The eye digit and the property of each eye that has it; both eyes at once when they agree (ICD-025, ICD-026, ICD-035).
fn by_eye<T: PartialEq>(study: &Study, property: impl Fn(&Exam) -> Option<T>) -> Vec<(u8, T)> {
    match (study.right.exam().and_then(&property), study.left.exam().and_then(&property)) {
        (Some(right), Some(left)) if right == left => vec![(3, right)],
        (right, left) => right.map(|found| (1, found)).into_iter().chain(left.map(|found| (2, found))).collect(),
    }
}

/// The text of a derived code as charges print it: `..., left eye` for `... Left Eye` (ICD-C5).
pub(crate) fn with_comma(text: Vec<u8>) -> Vec<u8> {
    for (listed, printed) in [(" Right Eye", ", right eye"), (" Left Eye", ", left eye"), (" Bilateral", ", bilateral")]
    {
        if let Some(beginning) = text.strip_suffix(listed.as_bytes()) {
            return [beginning, printed.as_bytes()].concat();
        }
    }
    text
}

/// A code with its dot after the third character (ICD-060); a bare category has none.
pub(crate) fn dotted(code: &str) -> String {
    let code: String = code.chars().filter(|c| *c != '.').collect();
    match code.char_indices().nth(3) {
        Some((at, _)) => format!("{}.{}", &code[..at], &code[at..]),
        None => code,
    }
}

/// The form in which codes are compared (ICD-004).
fn undotted(code: &str) -> String {
    code.trim().replace('.', "").to_uppercase()
}

/// DFT-DX-011: anything else, for example ICD-9, is dropped.
fn is_icd10(code: &str) -> bool {
    matches!(code.as_bytes(), [letter, digit, rest @ ..] if letter.is_ascii_uppercase() && digit.is_ascii_digit()
        && (1..=5).contains(&rest.len()) && rest.iter().all(u8::is_ascii_alphanumeric))
}

/// The first submitted category that can carry retinopathy codes (ICD-006, ICD-007), else that of the profile (ICD-003).
fn category(submitted: &[Diagnosis], profile: &Profile) -> String {
    let usable =
        |code: String| code.get(..3).filter(|category| TABLE.categories.contains_key(*category)).map(String::from);
    let default = match profile.icd.default_category {
        DefaultCategory::E11 => "E11",
        DefaultCategory::E08 => "E08",
    };
    submitted.iter().find_map(|diagnosis| usable(undotted(&diagnosis.code))).unwrap_or_else(|| default.into())
}

/// Characters 5 and 6 of a retinopathy code.
fn severity_and_edema(exam: &Exam) -> Option<String> {
    let edema = if has_edema(exam) { 1 } else { 9 };
    severity(exam).map(|severity| format!("{severity}{edema}"))
}

/// The last character of a dry AMD code (ICD-031 to ICD-033).
fn dry_stage(exam: &Exam) -> Option<char> {
    Some(match exam.result("Dry AMD")? {
        "No Observable" | "Indeterminable" => return None,
        "Early Stage" => '1',
        "Intermediate Stage" => '2',
        "Adv. Atrophic w/o Subfoveal Involvement" => '3',
        "Adv. Atrophic w/ Subfoveal Involvement" => '4',
        _ => '0',
    })
}

/// ICD-021, ICD-022
fn severity(exam: &Exam) -> Option<char> {
    match retinopathy(exam) {
        "Mild" => Some('2'),
        "Moderate" => Some('3'),
        "Severe" => Some('4'),
        "Proliferative" => Some('5'),
        _ => None,
    }
}

fn retinopathy(exam: &Exam) -> &str {
    exam.result("Diabetic Retinopathy").unwrap_or_default()
}

/// ICD-024; the grades are results of the older set.
fn has_edema(exam: &Exam) -> bool {
    matches!(exam.result("Macular Edema"), Some("Positive" | "Mild" | "Moderate" | "Severe" | "Proliferative"))
}

/// ICD-062: as listed, else composed from the digits.
fn description(code: &str) -> String {
    let six = code.get(..6).filter(|six| six.starts_with("H3532")); // ICD-C4: the stage digit adds nothing
    if let Some(listed) = TABLE.descriptions.get(six.unwrap_or(code)) {
        return listed.clone();
    }
    let category = code.get(..3).and_then(|category| TABLE.categories.get(category)).map_or("", String::as_str);
    let digit = |position| code.as_bytes().get(position).copied().unwrap_or_default();
    let severity = match digit(4) {
        b'2' => "mild nonproliferative",
        b'3' => "moderate nonproliferative",
        b'4' => "severe nonproliferative",
        b'5' => "proliferative",
        _ => "unspecified",
    };
    let edema = if digit(5) == b'1' { "with" } else { "without" };
    let eye = match digit(6) {
        b'1' => ", right eye",
        b'2' => ", left eye",
        b'3' => ", bilateral",
        _ => "",
    };
    format!("{category} with {severity} diabetic retinopathy {edema} macular edema{eye}")
}
