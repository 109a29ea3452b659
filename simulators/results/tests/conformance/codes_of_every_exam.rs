//! The codes of every possible exam, read back: what they say must be what was found. The derivation goes from findings to codes;
//! here each code is taken apart by its published scheme, so that an error in either shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::exams::{excluded, gradable, order_for, ungradable};
use crate::support::{grading_of, order_with, profile};
use results::{Diagnosis, EvaluationType, Eye, Order, Profile};

const CATEGORIES: [&str; 5] = ["E08", "E09", "E10", "E11", "E13"];
const RETINOPATHY: [&str; 8] =
    ["", "None", "Mild", "Moderate", "Severe", "Proliferative", "Positive", "Indeterminable"];
const EDEMA: [&str; 3] = ["", "None", "Positive"];
const DRY: [&str; 7] = [
    "",
    "No Observable",
    "Early Stage",
    "Intermediate Stage",
    "Adv. Atrophic w/o Subfoveal Involvement",
    "Adv. Atrophic w/ Subfoveal Involvement",
    "Indeterminable",
];
const WET: [&str; 4] = ["", "No Observable", "Positive", "Indeterminable"];
const HIV: [&str; 3] = ["", "None", "Positive"];

/// What one eye has: results of Diabetic Retinopathy, Macular Edema, Dry AMD, Wet AMD, HIV Retinopathy; `None`: not gradable.
type Found = Option<[&'static str; 5]>;

#[derive(Clone)]
struct State {
    eye: Eye,
    found: Found,
}

fn state(results: [&'static str; 5]) -> State {
    let names = ["Diabetic Retinopathy", "Macular Edema", "Dry AMD", "Wet AMD", "HIV Retinopathy"];
    let mut findings: Vec<_> = names.into_iter().zip(results).filter(|(_, result)| !result.is_empty()).collect();
    findings.push(("Suspected Cataract", "")); // so that Indeterminable is allowed
    State { eye: gradable(&findings), found: Some(results) }
}

fn not_gradable() -> [State; 2] {
    [State { eye: ungradable(), found: None }, State { eye: excluded(), found: None }]
}

fn diabetic() -> Vec<State> {
    let exams = RETINOPATHY.into_iter().flat_map(|dr| EDEMA.into_iter().map(move |me| state([dr, me, "", "", ""])));
    exams.chain(not_gradable()).collect()
}

fn degenerative() -> Vec<State> {
    let exams = DRY.into_iter().flat_map(|dry| WET.into_iter().map(move |wet| state(["", "", dry, wet, ""])));
    exams.chain(not_gradable()).collect()
}

fn published() -> BTreeMap<String, String> {
    #[derive(serde::Deserialize)]
    struct List {
        descriptions: BTreeMap<String, String>,
    }
    serde_yaml::from_str::<List>(include_str!("../../mapping/icd10.yaml")).unwrap().descriptions
}

/// The statements of a code: eye and what it has. Edema and HIV codes say nothing about the eye; neither does a retinopathy without
/// severity.
fn read(code: &str, category: &str) -> Vec<String> {
    let eyes = |digit: u8| match digit {
        b'1' => vec!["right"],
        b'2' => vec!["left"],
        b'3' => vec!["right", "left"],
        other => panic!("{code}: eye digit {other}"),
    };
    let say = |digit: u8, what: &str| eyes(digit).into_iter().map(|eye| format!("{eye}: {what}")).collect();
    match (code, code.as_bytes()) {
        ("H30139", _) => vec!["HIV".into()],
        ("H3581", _) => vec!["edema alone".into()],
        (_, [b'H', b'3', b'5', b'3', b'1', eye, stage]) => say(*eye, DRY[usize::from(*stage - b'0') + 1]),
        (_, [b'H', b'3', b'5', b'3', b'2', eye]) => say(*eye, "wet"),
        (_, [.., b'3', b'1', edema]) if code.len() == 6 => {
            assert!(code.starts_with(category) && b"19".contains(edema), "{code}");
            vec![format!("some retinopathy, edema {}", *edema == b'1')]
        }
        (_, [_, _, _, b'3', severity @ b'2'..=b'5', edema @ (b'1' | b'9'), eye]) => {
            assert!(code.starts_with(category), "{code}");
            say(*eye, &format!("{} edema {}", RETINOPATHY[usize::from(*severity - b'0')], *edema == b'1'))
        }
        _ => panic!("{code} follows no scheme"),
    }
}

/// The statements that are true of the exam.
fn truth(right: Found, left: Found) -> BTreeSet<String> {
    let mut truth = BTreeSet::new();
    let eyes = [("right", right), ("left", left)];
    for (eye, found) in eyes {
        let Some([dr, me, dry, wet, hiv]) = found else { continue };
        let graded = ["Mild", "Moderate", "Severe", "Proliferative"].contains(&dr);
        if graded {
            truth.insert(format!("{eye}: {dr} edema {}", me == "Positive")); // ICD-021, ICD-024
        }
        if me == "Positive" && !graded && dr != "Positive" {
            truth.insert("edema alone".into()); // ICD-030
        }
        if !["", "No Observable", "Indeterminable"].contains(&dry) {
            truth.insert(format!("{eye}: {dry}")); // ICD-031, ICD-033
        }
        if wet == "Positive" {
            truth.insert(format!("{eye}: wet"));
        }
        if hiv == "Positive" {
            truth.insert("HIV".into());
        }
    }
    let mut positive =
        eyes.into_iter().filter_map(|(_, found)| found).filter(|found| found[0] == "Positive").peekable();
    if positive.peek().is_some() {
        truth.insert(format!("some retinopathy, edema {}", positive.any(|found| found[1] == "Positive")));
    }
    truth
}

fn derived(order: &Order, right: &State, left: &State, profile: &Profile) -> Vec<Diagnosis> {
    results::derived_diagnoses(order, &grading_of(right.eye.clone(), left.eye.clone()), profile).unwrap()
}

/// The codes say all that was found and nothing else, once, and of both eyes at once what both have.
fn is_true(codes: &[Diagnosis], right: Found, left: Found, category: &str) {
    let said: Vec<_> = codes.iter().flat_map(|dx| read(&dx.code, category)).collect();
    let seen: Vec<_> = codes.iter().map(|dx| dx.code.as_str()).collect();
    let unique: BTreeSet<_> = said.iter().cloned().collect();
    assert_eq!(unique.len(), said.len(), "{seen:?} says something twice of {right:?} {left:?}");
    assert_eq!(unique, truth(right, left), "{seen:?} of {right:?} {left:?}");
    for statement in &unique {
        // ICD-025, ICD-026, ICD-035
        if let Some(what) = statement.strip_prefix("right: ") {
            let both = unique.contains(&format!("left: {what}"));
            let one_code = codes
                .iter()
                .any(|dx| read(&dx.code, category).len() == 2 && read(&dx.code, category).contains(statement));
            assert_eq!(one_code, both, "{seen:?} of {right:?} {left:?}");
        }
    }
}

#[test]
fn codes_say_what_was_found_for_every_diabetic_exam_icd_020() {
    let (states, profile) = (diabetic(), Profile::default());
    let mut exams = 0;
    for category in CATEGORIES {
        let order = order_with(category, "");
        for (right, left) in pairs(&states) {
            is_true(&derived(&order, right, left, &profile), right.found, left.found, category);
            exams += 1;
        }
    }
    assert_eq!(exams, (26 * 26 - 1) * 5); // all but both eyes excluded
}

#[test]
fn codes_say_what_was_found_for_every_exam_of_macular_degeneration_icd_031() {
    let (states, profile) = (degenerative(), Profile::default());
    for (right, left) in pairs(&states) {
        is_true(&derived(&order_for(&[EvaluationType::AMD]), right, left, &profile), right.found, left.found, "E11");
    }
}

/// ICD-027
#[test]
fn codes_say_what_was_found_for_every_result_of_one_eye_icd_027() {
    let profile = Profile::default();
    let order = order_for(&[EvaluationType::DR_AMD]);
    let others = [state(["", "", "", "", ""]), state(["Mild", "Positive", "Early Stage", "Positive", "Positive"])];
    let others: Vec<_> = others.into_iter().chain(not_gradable()).collect();
    for dr in RETINOPATHY {
        for me in EDEMA {
            for (dry, wet, hiv) in
                DRY.iter().flat_map(|dry| WET.iter().flat_map(move |wet| HIV.iter().map(move |hiv| (dry, wet, hiv))))
            {
                let one = state([dr, me, dry, wet, hiv]);
                for other in &others {
                    is_true(&derived(&order, &one, other, &profile), one.found, other.found, "E11");
                    is_true(&derived(&order, other, &one, &profile), other.found, one.found, "E11");
                }
            }
        }
    }
}

fn pairs(states: &[State]) -> impl Iterator<Item = (&State, &State)> {
    let all = states.iter().flat_map(move |right| states.iter().map(move |left| (right, left)));
    all.filter(|(right, left)| !matches!((&right.eye, &left.eye), (Eye::Excluded { .. }, Eye::Excluded { .. })))
}

/// ICD-029
#[test]
fn exactly_the_codes_that_icd_029_excuses_are_missing_from_the_published_list() {
    let published = published();
    assert_eq!(published.len(), 151);
    let states = diabetic();
    let mut missing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut listed = BTreeSet::new();
    for (category, options) in
        CATEGORIES.iter().flat_map(|category| ["", "dx: { laterality: none }"].map(|options| (*category, options)))
    {
        let (order, profile) = (order_with(category, ""), profile(options));
        for (right, left) in pairs(&states) {
            for dx in derived(&order, right, left, &profile) {
                if published.contains_key(&dx.code) {
                    listed.insert(dx.code);
                } else if !["311", "319"].contains(&&dx.code[3..]) {
                    missing.entry(category).or_default().insert(dx.code); // ICD-023 has no listed code
                }
            }
        }
    }
    let counts: BTreeMap<_, _> = missing.iter().map(|(category, codes)| (*category, codes.len())).collect();
    assert_eq!(counts, BTreeMap::from([("E09", 23), ("E13", 6)]));
    // ICD-020: the scheme reproduces all diabetes codes of the list; the rest are those of other findings.
    let diabetes: BTreeSet<_> = published.keys().filter(|code| code.starts_with('E')).cloned().collect();
    listed.remove("H3581");
    assert_eq!((diabetes.len(), &listed), (131, &diabetes));

    let mut others = BTreeSet::from(["H3581".to_owned(), "H30139".to_owned()]);
    let pass = profile("unlisted_values: pass");
    let states: Vec<_> = degenerative().into_iter().chain([state(["", "", "Positive", "", ""])]).collect();
    for (right, left) in pairs(&states) {
        others.extend(derived(&order_for(&[EvaluationType::AMD]), right, left, &pass).into_iter().map(|dx| dx.code));
    }
    let expected: BTreeSet<_> = published.into_keys().filter(|code| code.starts_with('H')).collect();
    assert_eq!(others, expected); // ICD-032: with stage 0
}

/// ICD-062
#[test]
fn every_description_agrees_with_the_digits_of_its_code_icd_062() {
    let (states, categories) = (
        diabetic(),
        [
            "Diabetes mellitus due to underlying condition",
            "Drug or chemical induced diabetes mellitus",
            "Type 1 diabetes mellitus",
            "Type 2 diabetes mellitus",
            "Other specified diabetes mellitus",
        ],
    );
    for (category, text) in CATEGORIES.into_iter().zip(categories) {
        for (right, left) in pairs(&states) {
            for dx in derived(&order_with(category, ""), right, left, &Profile::default()) {
                let said = String::from_utf8(dx.text).unwrap();
                if dx.code == "H3581" {
                    assert_eq!(said, "Retinal edema");
                    continue;
                }
                let digits = &dx.code.as_bytes()[4..];
                let severity = match digits[0] {
                    b'1' => "unspecified",
                    b'2' => "mild nonproliferative",
                    b'3' => "moderate nonproliferative",
                    b'4' => "severe nonproliferative",
                    _ => "proliferative",
                };
                let edema = if digits[1] == b'1' { "with" } else { "without" };
                let eye = match digits.get(2) {
                    None => "",
                    Some(b'1') => "right eye",
                    Some(b'2') => "left eye",
                    Some(_) => "bilateral",
                };
                let start = format!("{text} with {severity} diabetic retinopathy {edema} macular edema");
                let end = said.strip_prefix(&start).unwrap_or_else(|| panic!("{}: {said}", dx.code));
                // ICD-C5: the ending has two spellings.
                assert_eq!(end.trim_start_matches([',', ' ']).to_lowercase(), eye, "{}", dx.code);
            }
        }
    }
}
