//! ICD-10-CM codes: the vectors, descriptions and options.

use crate::exams::{gradable, order_for, ungradable};
use crate::support::{EyeYaml, eye, grading_of, normal, order_with, profile, suspected};
use results::{Diagnosis, EvaluationType, Eye, Order};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    vector: String,
    #[serde(default)]
    options: serde_yaml::Mapping,
    #[serde(default)]
    evaluations: Vec<EvaluationType>,
    #[serde(default)]
    submitted: Vec<String>,
    right: EyeYaml,
    left: EyeYaml,
    codes: Vec<String>,
}

/// ICD-V01 to ICD-V25, ICD-V30 to ICD-V37
#[test]
fn derived_codes_are_those_of_the_vectors() {
    let vectors: Vec<Vector> = serde_yaml::from_str(include_str!("../data/icd.yaml")).unwrap();
    let names: Vec<_> = (1..=25).chain(30..=37).map(|n| format!("ICD-V{n:02}")).collect();
    assert_eq!(vectors.iter().map(|vector| vector.vector.as_str()).collect::<Vec<_>>(), names);
    for Vector { vector, options, evaluations, submitted, right, left, codes } in vectors {
        let submitted_dx = submitted.into_iter().map(|code| Diagnosis { code, text: Vec::new() }).collect();
        let order = Order { submitted_dx, ..order_for(&evaluations) };
        let profile = profile(&serde_yaml::to_string(&options).unwrap());
        let derived = results::derived_diagnoses(&order, &grading_of(right.0, left.0), &profile).unwrap();
        assert_eq!(derived.iter().map(|dx| dx.code.as_str()).collect::<Vec<_>>(), codes, "{vector}");
    }
}

fn derived(order: &Order, right: Eye, left: Eye, options: &str) -> Vec<(String, String)> {
    let derived = results::derived_diagnoses(order, &grading_of(right, left), &profile(options)).unwrap();
    derived.into_iter().map(|dx| (dx.code, String::from_utf8(dx.text).unwrap())).collect()
}

fn codes(order: &Order, right: Eye, left: Eye, options: &str) -> Vec<String> {
    derived(order, right, left, options).into_iter().map(|(code, _)| code).collect()
}

#[test]
fn the_reference_gradings_have_their_published_codes() {
    for (name, options, expected) in [
        ("normal in both eyes", "", &[][..]),
        ("moderate retinopathy right, mild left", "", &["E113391", "E113292"]),
        ("severe right, proliferative left", "", &["E113411", "E113592"]),
        ("mild retinopathy with suspected glaucoma right, left eye missing", "", &["E113291"]),
        ("wet macular degeneration in the left eye", "", &["H353121", "H35322"]),
        ("moderate HIV retinopathy in the right eye", "", &[]),
        ("moderate macular edema right, severe left", "observations: rev_b", &["E113311", "E113412"]),
        ("mild right, proliferative with macular edema left", "", &["E113291", "E113512"]),
    ] {
        let order = order_for(results::grading_evaluations(name));
        let derived = results::derived_diagnoses(&order, &crate::support::grading(name), &profile(options)).unwrap();
        assert_eq!(derived.iter().map(|dx| dx.code.as_str()).collect::<Vec<_>>(), expected, "{name}");
    }
}

fn order() -> Order {
    order_for(&[])
}

/// ICD-001
#[test]
fn the_category_is_that_of_the_first_usable_submitted_code_icd_001() {
    // ICD-004: any spelling; ICD-006: five categories; ICD-044: an unspecified eye does no harm.
    for (submitted, expected) in [
        ("E11.9", "E11"),
        ("E119", "E11"),
        (" e10.9 ", "E10"),
        ("e08", "E08"),
        ("E09", "E09"),
        ("E13.3299", "E13"),
        ("E12.9", "E11"),
        ("E1", "E11"),
        ("", "E11"),
        ("H35.81", "E11"),
        ("\u{e9}\u{e9}", "E11"),
    ] {
        let codes = codes(&order_with(submitted, ""), eye("Mild", "None", &[]), normal(), "");
        assert_eq!(codes, [format!("{expected}3291")], "{submitted}");
    }
    // ICD-C2: without a finding of macular edema the code says without.
    let no_edema = gradable(&[("Diabetic Retinopathy", "Mild")]);
    assert_eq!(codes(&order_with("E119", ""), no_edema, normal(), ""), ["E113291"]);
    // ICD-003, ICD-007, ICD-C1: the option counts only if no submitted code is usable; ICD-008, ICD-C6: 250.1 never is.
    let e08 = "icd: { default_category: E08 }";
    assert_eq!(codes(&order_with("I10", ""), eye("Mild", "None", &[]), normal(), e08), ["E083291"]);
    assert_eq!(codes(&order_with("250.1", ""), eye("Mild", "None", &[]), normal(), e08), ["E083291"]);
    assert_eq!(codes(&order_with("E13", ""), eye("Mild", "None", &[]), normal(), e08), ["E133291"]);
    // ICD-005: the category is for retinopathy only.
    assert_eq!(codes(&order_with("E10", ""), normal(), eye("None", "Positive", &[]), ""), ["H3581"]);
}

/// ICD-062
#[test]
fn a_listed_code_has_the_listed_description_and_another_a_composed_one_icd_062() {
    let both = |category, options| {
        derived(&order_with(category, ""), eye("Mild", "None", &[]), eye("Severe", "Positive", &[]), options)
    };
    let listed =
        "Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy without macular edema, right eye";
    assert_eq!(both("E11", "")[0], ("E113291".into(), listed.into()));
    let composed = "Drug or chemical induced diabetes mellitus with severe nonproliferative diabetic retinopathy with macular \
                    edema, left eye";
    assert_eq!(both("E09", "")[1], ("E093412".into(), composed.into()));
    let six = "Drug or chemical induced diabetes mellitus with severe nonproliferative diabetic retinopathy with macular edema";
    assert_eq!(both("E09", "dx: { laterality: none }")[1], ("E09341".into(), six.into()));
    let unspecified = "Type 1 diabetes mellitus with unspecified diabetic retinopathy without macular edema";
    let positive = derived(&order_with("E10", ""), eye("Positive", "None", &[]), normal(), "");
    assert_eq!(positive, [("E10319".into(), unspecified.into())]);
}

/// ICD-023
#[test]
fn retinopathy_without_severity_gives_one_six_character_code_icd_023() {
    let positive = |edema| eye("Positive", edema, &[]);
    assert_eq!(codes(&order(), positive("None"), normal(), ""), ["E11319"]);
    assert_eq!(codes(&order(), positive("None"), positive("Positive"), ""), ["E11311"]);
    // Edema of an eye that is not Positive has its own code.
    assert_eq!(codes(&order(), positive("None"), eye("None", "Positive", &[]), ""), ["E11319", "H3581"]);
    assert_eq!(codes(&order(), positive("None"), eye("Mild", "Positive", &[]), ""), ["E113212", "E11319"]);
    let none = "icd: { dr_positive: none }";
    assert_eq!(codes(&order(), positive("Positive"), normal(), none), [""; 0]);
    assert_eq!(codes(&order(), positive("Positive"), eye("Mild", "None", &[]), none), ["E113292"]);
}

/// ICD-024
#[test]
fn grades_of_macular_edema_count_as_positive_icd_024() {
    for (grade, options) in [
        ("Mild", "observations: rev_b"),
        ("Moderate", "observations: rev_b"),
        ("Severe", "observations: rev_b"),
        ("Proliferative", "unlisted_values: pass"),
    ] {
        assert_eq!(codes(&order(), eye("Mild", grade, &[]), normal(), options), ["E113211"], "{grade}");
        assert_eq!(codes(&order(), eye("None", grade, &[]), normal(), options), ["H3581"], "{grade} ICD-030");
    }
    assert_eq!(codes(&order(), eye("Mild", "Weird", &[]), normal(), "unlisted_values: pass"), ["E113291"]);
}

/// ICD-028
#[test]
fn without_laterality_equal_codes_are_merged_icd_028() {
    let none = "dx: { laterality: none }"; // ICD-C3
    let mild = || eye("Mild", "None", &[]);
    assert_eq!(codes(&order(), mild(), mild(), none), ["E11329"]);
    assert_eq!(codes(&order(), mild(), ungradable(), none), ["E11329"]);
    assert_eq!(codes(&order(), mild(), eye("Mild", "Positive", &[]), none), ["E11329", "E11321"]);
    // The last character of AMD codes is a stage and stays.
    let amd = gradable(&[("Dry AMD", "Early Stage")]);
    assert_eq!(codes(&order_for(&[EvaluationType::AMD]), amd, ungradable(), none), ["H353111"]);
}

/// ICD-032
#[test]
fn dry_degeneration_of_unknown_stage_has_digit_0_icd_032() {
    let amd = order_for(&[EvaluationType::AMD]);
    let pass = "unlisted_values: pass";
    let dry = |result| gradable(&[("Dry AMD", result), ("Suspected Cataract", "")]);
    assert_eq!(codes(&amd, dry("Positive"), dry("Positive"), pass), ["H353130"]);
    assert_eq!(codes(&amd, dry("Positive"), dry("Early Stage"), pass), ["H353110", "H353121"]);
    // ICD-033
    assert_eq!(codes(&amd, dry("Indeterminable"), dry("No Observable"), pass), [""; 0]);
    // A finding AMD, neither dry nor wet, has no code.
    assert_eq!(codes(&amd, gradable(&[("AMD", "Advanced")]), gradable(&[]), ""), [""; 0]);
}

/// ICD-034
#[test]
fn wet_degeneration_has_six_characters_or_seven_icd_034() {
    let amd = order_for(&[EvaluationType::AMD]);
    let wet = || gradable(&[("Wet AMD", "Positive")]);
    let text = |eye: &str| format!("Exudative age-related macular degeneration, {eye}, stage unspecified");
    let left = derived(&amd, gradable(&[]), wet(), "");
    assert_eq!(left, [("H35322".into(), text("left eye"))]);
    // ICD-C4
    let both = derived(&amd, wet(), wet(), "icd: { wet_amd: seven }");
    assert_eq!(both, [("H353230".into(), text("bilateral"))]);
}

/// ICD-036
#[test]
fn hiv_retinopathy_has_one_code_icd_036() {
    let hiv = order_for(&[EvaluationType::HIV]);
    let positive = || gradable(&[("HIV Retinopathy", "Positive")]);
    assert_eq!(codes(&hiv, positive(), positive(), ""), ["H30139"]);
    assert_eq!(codes(&hiv, positive(), ungradable(), "icd: { hiv: none }"), [""; 0]);
    assert_eq!(codes(&hiv, gradable(&[("HIV Retinopathy", "Moderate")]), gradable(&[]), ""), [""; 0]);
}

/// ICD-040
#[test]
fn codes_come_in_a_fixed_order_icd_040() {
    let findings = |stage| {
        gradable(&[
            ("Glaucoma", "Positive"), // ICD-037
            ("HIV Retinopathy", "Positive"),
            ("Wet AMD", "Positive"),
            ("Dry AMD", stage),
            ("Macular Edema", "Positive"),
            ("Suspected Glaucoma", ""), // ICD-038
        ])
    };
    let Eye::Gradable(mut left) = findings("Intermediate Stage") else { unreachable!() };
    left.push(crate::support::diagnosis("Diabetic Retinopathy", "Severe"));
    let codes = codes(&order_for(&[EvaluationType::DR_AMD]), findings("Early Stage"), Eye::Gradable(left), "");
    assert_eq!(codes, ["E113412", "H353111", "H353122", "H35323", "H30139", "H3581"]);
}

/// ICD-041
#[test]
fn normal_ungradable_and_merely_suspected_exams_have_no_code_icd_041() {
    // ICD-022, ICD-037, ICD-038
    for right in [
        normal(),
        ungradable(),
        eye("Indeterminable", "None", &[suspected("Suspected Wet AMD")]),
        gradable(&[("Glaucoma", "Positive")]),
        eye("None", "None", &[crate::support::other("Diabetic retinopathy", results::Level::Severe)]),
    ] {
        assert_eq!(codes(&order(), right.clone(), ungradable(), ""), [""; 0], "{right:?}");
    }
    // ICD-042: submitted codes are no derived codes.
    assert_eq!(codes(&order_with("E11.9", ""), normal(), normal(), ""), [""; 0]);
}

/// ICD-043
#[test]
fn a_charge_lists_submitted_codes_before_derived_ones_icd_043() {
    let dx = |code: &str, text: &str| Diagnosis { code: code.into(), text: text.into() };
    // ICD-044: an unspecified eye is passed on; ICD-008: ICD-9 is not.
    let submitted_dx = vec![dx("E1141", "Mononeuropathy"), dx("250.1", "Old"), dx("E11.3299", "Unspecified")];
    let grading = grading_of(eye("None", "Positive", &[]), eye("Proliferative", "None", &[]));
    let order = Order { submitted_dx, ..order() };
    let message = results::dft(&order, &grading, &profile(""), &crate::support::context()).unwrap();
    let charge = crate::support::segments(&message).into_iter().find(|segment| segment.starts_with("FT1|")).unwrap();
    let diagnoses = charge.split('|').nth(19).unwrap();
    // ICD-060: dotted in charges; ICD-061: the coding system of charges; ICD-C8: two eyes.
    let expected = "E11.41^Mononeuropathy^ICD-10-CM~E11.3299^Unspecified^ICD-10-CM\
                    ~E11.3592^Type 2 diabetes mellitus with proliferative diabetic retinopathy without macular edema, left eye^ICD-10-CM\
                    ~H35.81^Retinal edema^ICD-10-CM";
    assert_eq!(diagnoses, expected);
}
