//! The worked cases of the discrete block, and the flag of every result.

use crate::exams::{block, excluded, gradable, lines, order_for, ungradable};
use crate::support::{EyeYaml, eye, grading, grading_of, normal, order, other, suspected};
use results::{EvaluationType, Eye, Grading, Level};

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    title: String,
    /// The ready grading that leads to the same lines.
    grading: String,
    evaluations: Vec<EvaluationType>,
    #[serde(default)]
    options: serde_yaml::Mapping,
    right: EyeYaml,
    left: EyeYaml,
    #[serde(default)]
    regrade: bool,
    lines: String,
}

#[test]
fn the_discrete_block_is_that_of_the_worked_cases_disc_ex() {
    let cases: Vec<Case> = serde_yaml::from_str(include_str!("../data/discrete.yaml")).unwrap();
    // DISC-EX-01 to DISC-EX-35
    let expected: Vec<_> = (1..=35).map(|n| format!("DISC-EX-{n:02}")).collect();
    assert_eq!(cases.iter().map(|case| case.case.as_str()).collect::<Vec<_>>(), expected);
    for Case { case, title, grading: name, evaluations, options, right, left, regrade, lines } in cases {
        let options = serde_yaml::to_string(&options).unwrap();
        let order = order_for(&evaluations);
        let stated = Grading { regrade, ..grading_of(right.0, left.0) };
        assert_eq!(block(&order, &stated, &options).unwrap(), lines.lines().collect::<Vec<_>>(), "{case} {title}");
        assert_eq!(results::grading_evaluations(&name), evaluations, "{case}: {name}");
        let ready = Grading { regrade, ..grading(&name) };
        assert_eq!(block(&order, &ready, &options).unwrap(), lines.lines().collect::<Vec<_>>(), "{case}: {name}");
    }
}

/// The only line of the right eye that is no OTHERRETIN and no QUALAPP, and SEVERITY.
fn diagnosis(finding: &str, result: &str) -> [String; 2] {
    let right = gradable(&[(finding, result), ("Suspected Choroidal Nevus", "")]);
    let lines = lines(&order_for(&[EvaluationType::SP]), &grading_of(right, gradable(&[])), "");
    assert_eq!(lines.len(), 6, "{lines:?}");
    [lines[1].clone(), lines[0].clone()]
}

const SEVERITIES: [&str; 3] = ["SEVERITY NORMAL", "SEVERITY ABNORMAL A", "SEVERITY CRITICAL AA"];

#[test]
fn every_result_of_a_diagnosis_has_its_flag_and_its_severity() {
    let (none, a, aa) = ("", " A", " AA");
    // DISC-C2, DISC-C9, DISC-C12, DISC-C15, DISC-C18, FND-C1: where pages disagree, the value or flag of this table counts.
    for (requirement, finding, identifier, result, flag) in [
        ("DISC-DR-01", "Diabetic Retinopathy", "DIABRETIN", "None", none),
        ("DISC-DR-02", "Diabetic Retinopathy", "DIABRETIN", "Mild", a),
        ("DISC-DR-03", "Diabetic Retinopathy", "DIABRETIN", "Moderate", a),
        ("DISC-DR-04", "Diabetic Retinopathy", "DIABRETIN", "Severe", a),
        ("DISC-DR-05", "Diabetic Retinopathy", "DIABRETIN", "Proliferative", aa),
        ("DISC-DR-06", "Diabetic Retinopathy", "DIABRETIN", "Indeterminable", a),
        ("DISC-DR-07", "Diabetic Retinopathy", "DIABRETIN", "Positive", a),
        ("DISC-ME-01", "Macular Edema", "MACEDEMA", "None", none),
        ("DISC-ME-02", "Macular Edema", "MACEDEMA", "Positive", aa),
        ("DISC-HIV-01", "HIV Retinopathy", "HIVRETIN", "None", none),
        ("DISC-HIV-02", "HIV Retinopathy", "HIVRETIN", "Mild", a),
        ("DISC-HIV-03", "HIV Retinopathy", "HIVRETIN", "Moderate", a),
        ("DISC-HIV-04", "HIV Retinopathy", "HIVRETIN", "Severe", a),
        ("DISC-HIV-05", "HIV Retinopathy", "HIVRETIN", "Proliferative", aa),
        ("DISC-HIV-06", "HIV Retinopathy", "HIVRETIN", "Indeterminable", a),
        ("DISC-HIV-07", "HIV Retinopathy", "HIVRETIN", "Positive", a),
        ("DISC-AMD-01", "AMD", "AMD", "No Observable", none),
        ("DISC-AMD-01", "Dry AMD", "DRYAMD", "No Observable", none),
        ("DISC-AMD-01", "Wet AMD", "WETAMD", "No Observable", none),
        ("DISC-AMD-02", "AMD", "AMD", "Indeterminable", a),
        ("DISC-AMD-02", "Dry AMD", "DRYAMD", "Indeterminable", a),
        ("DISC-AMD-02", "Wet AMD", "WETAMD", "Indeterminable", a),
        ("DISC-AMD-03", "AMD", "AMD", "Early Stage", a),
        ("DISC-AMD-03", "Dry AMD", "DRYAMD", "Early Stage", a),
        ("DISC-AMD-04", "AMD", "AMD", "Intermediate Stage", a),
        ("DISC-AMD-04", "Dry AMD", "DRYAMD", "Intermediate Stage", a),
        ("DISC-AMD-05", "AMD", "AMD", "Adv. Atrophic w/ Subfoveal Involvement", aa),
        ("DISC-AMD-05", "Dry AMD", "DRYAMD", "Adv. Atrophic w/ Subfoveal Involvement", aa),
        ("DISC-AMD-06", "AMD", "AMD", "Adv. Atrophic w/o Subfoveal Involvement", aa),
        ("DISC-AMD-06", "Dry AMD", "DRYAMD", "Adv. Atrophic w/o Subfoveal Involvement", aa),
        ("DISC-AMD-07", "AMD", "AMD", "Advanced", aa),
        ("DISC-AMD-08", "AMD", "AMD", "Positive", a),
        ("DISC-AMD-08", "Wet AMD", "WETAMD", "Positive", aa),
        // DISC-GL-01: the identifier
        ("DISC-GL-02", "Glaucoma", "GLAUCOMA", "None", none),
        ("DISC-GL-03", "Glaucoma", "GLAUCOMA", "Positive", a),
    ] {
        // DISC-040, DISC-041, DISC-042, DISC-043; DISC-048: the nevus beside it does not raise the severity.
        let severity = SEVERITIES[flag.trim().len()];
        let expected = [format!("RIGHT{identifier} {result}{flag}"), severity.into()];
        assert_eq!(diagnosis(finding, result), expected, "{requirement}");
    }
}

/// DISC-ME-03
#[test]
fn macular_edema_keeps_its_own_result_beside_an_indeterminable_retinopathy_disc_me_03() {
    // DISC-137: the eye stays gradable.
    let right = eye("Indeterminable", "Positive", &[suspected("Suspected Cataract")]);
    let lines = lines(&order(), &grading_of(right, normal()), "");
    let expected = [
        "SEVERITY CRITICAL AA",
        "RIGHTDIABRETIN Indeterminable A",
        "RIGHTMACEDEMA Positive AA",
        "RIGHTOTHERRETIN Suspected Cataract A",
        "RIGHTQUALAPP Gradable Image",
    ];
    assert_eq!(lines[..5], expected);
}

/// DISC-AMD-09
#[test]
fn the_three_macular_degenerations_can_occur_together_disc_amd_09() {
    let right = gradable(&[("AMD", "Advanced"), ("Wet AMD", "Positive"), ("Dry AMD", "Early Stage")]);
    let lines = lines(&order_for(&[EvaluationType::AMD]), &grading_of(right, ungradable()), "");
    let expected = ["RIGHTAMD Advanced AA", "RIGHTDRYAMD Early Stage A", "RIGHTWETAMD Positive AA"];
    assert_eq!(lines[1..4], expected);
}

#[test]
fn every_suspected_condition_has_the_flag_of_its_level() {
    let written = |requirement: &str, finding, text: &str, flag: &str, options| {
        // DISC-110: what both eyes have is reported for both; DISC-109: and it gives no diagnosis line.
        let both = || eye("None", "None", std::slice::from_ref(&finding));
        let lines = lines(&order(), &grading_of(both(), both()), options);
        let line = |side| format!("{side}OTHERRETIN {text} {flag}").trim_end().to_owned();
        assert_eq!([&lines[3], &lines[7]], [&line("RIGHT"), &line("LEFT")], "{requirement}");
        assert_eq!((lines.len(), lines[0].as_str()), (9, SEVERITIES[flag.len()]), "{requirement}");
        let derived = results::derived_diagnoses(&order(), &grading_of(both(), both()), &crate::support::profile(""));
        assert_eq!(derived, Ok(Vec::new()), "{requirement}");
    };
    for (requirement, condition, flag) in [
        // DISC-C25: emergent is CRITICAL.
        ("DISC-SUS-01", "Suspected Bilateral Papilledema", "AA"),
        ("DISC-SUS-02", "Suspected Disc Edema", "AA"),
        ("DISC-SUS-03", "Suspected Glaucoma", "A"),
        ("DISC-SUS-04", "Suspected Macular Hole", "A"),
        // DISC-C13
        ("DISC-SUS-05", "Suspected Cataract", "A"),
        ("DISC-SUS-06", "Suspected Vein Occlusion", "A"),
        ("DISC-SUS-07", "Suspected Dry AMD", "A"),
        ("DISC-SUS-08", "Suspected Choroidal Nevus", ""),
        ("DISC-SUS-09", "Suspected Wet AMD", "A"),
        ("DISC-SUS-10", "Suspected HTN Retinopathy", "A"),
        ("DISC-SUS-11", "Suspected Epiretinal Membrane", "A"),
        ("DISC-SUS-12", "Suspected Geographic Atrophy", "A"),
        ("DISC-SUS-13", "Suspected Macular Edema", "A"),
        ("DISC-SUS-14", "Suspected Diabetic Retinopathy - Mild Only", "A"),
        ("DISC-SUS-15", "Suspected Diabetic Retinopathy - Moderate to Proliferative", "A"),
        ("DISC-SUS-16", "Suspected Other Disease", "A"),
        ("DISC-SUS-17", "Suspected Something New", "A"),
    ] {
        written(requirement, suspected(condition), condition, flag, "");
    }
    // FND-C3: two spellings on input, one on output.
    written("DISC-111", suspected("Suspected disc edema"), "Suspected Disc Edema", "AA", "");
    written("FND-010", suspected("Suspected bilateral papilledema"), "Suspected Bilateral Papilledema", "AA", "");
    for (requirement, level, flag) in [
        ("DISC-105", Level::NotReferable, ""),
        ("DISC-105", Level::Referable, "A"),
        ("DISC-108", Level::Severe, "AA"),
        ("DISC-105", Level::Urgent, "AA"),
        ("DISC-105", Level::Emergent, "AA"),
    ] {
        written(requirement, other("Drusen", level), "Drusen", flag, "");
    }
    // Only severe free text follows the option.
    written("DISC-108", other("Drusen", Level::Severe), "Drusen", "A", "other_severe_flag: A");
    written("DISC-108", other("Drusen", Level::Urgent), "Drusen", "AA", "other_severe_flag: A");
}

/// DISC-102
#[test]
fn suspected_conditions_are_one_line_in_the_order_of_the_grading_disc_102() {
    let more = [
        other("Drusen, hard & soft", Level::NotReferable),
        suspected("Suspected Macular Hole"),
        suspected("Suspected Glaucoma"),
        other("Scar", Level::Urgent),
    ];
    let lines = lines(&order(), &grading_of(eye("None", "None", &more), normal()), "");
    // DISC-100: one line; DISC-103: a comma in a text stays; DISC-104: the highest flag; DISC-107: free text without the word Other.
    let expected = r"RIGHTOTHERRETIN Drusen, hard \T\ soft,Suspected Macular Hole,Suspected Glaucoma,Scar AA";
    assert_eq!(lines[3], expected);
    assert_eq!(lines[7], "LEFTOTHERRETIN None"); // DISC-101
}

/// DISC-044
#[test]
fn an_eye_that_is_not_gradable_does_not_count_disc_044() {
    // DISC-131, DISC-132, DISC-133: one line without flag; DISC-030: the reason is not in it.
    let reason = Some("Media Opacity".to_owned());
    let bad = || Eye::Ungradable { reason: reason.clone() };
    let one = lines(&order(), &grading_of(bad(), eye("Mild", "None", &[])), "");
    assert_eq!(one[..3], ["SEVERITY ABNORMAL A", "RIGHTQUALAPP Not Gradable Image", "LEFTDIABRETIN Mild A"]);
    assert_eq!(one.len(), 6);
    // DISC-045, DISC-134, DISC-135, DISC-049, FND-U01, DISC-C16, DISC-C17
    assert_eq!(
        lines(&order(), &grading_of(bad(), ungradable()), ""),
        ["RIGHTQUALAPP Not Gradable Image", "LEFTQUALAPP Not Gradable Image"]
    );
    // DISC-136, DISC-026, FND-U06: an excluded eye has no line at all, with or without a reason.
    for left in [excluded(), Eye::Excluded { reason: Some("Enucleation".into()) }] {
        assert_eq!(lines(&order(), &grading_of(bad(), left), ""), ["RIGHTQUALAPP Not Gradable Image"]);
    }
    let one = lines(&order(), &grading_of(excluded(), normal()), "");
    assert_eq!((one.len(), one[4].as_str()), (5, "LEFTQUALAPP Gradable Image")); // DISC-130
}

#[test]
fn severity_and_quality_are_worded_as_the_profile_says() {
    let abnormal = grading_of(eye("Mild", "None", &[]), ungradable());
    let severity = |options| lines(&order(), &abnormal, options)[0].clone();
    assert_eq!(severity("severity_middle: ALERT"), "SEVERITY ALERT A"); // DISC-042, DISC-170, DISC-C1
    assert_eq!(severity("severity_middle: ABNORMAL"), "SEVERITY ABNORMAL A");
    assert_eq!(severity("{ observations: rev_b, severity_middle: ABNORMAL }"), "SEVERITY ABNORMAL A");
    // DISC-C4, DISC-C5
    let quality = lines(&order(), &abnormal, "quality_text: [Gradeable Image, Ungradable Image]");
    assert_eq!([&quality[4], &quality[5]], ["RIGHTQUALAPP Gradeable Image", "LEFTQUALAPP Ungradable Image"]);
    // DISC-046
    let bad = grading_of(ungradable(), excluded());
    let first = |options| lines(&order(), &bad, options)[0].clone();
    assert_eq!(first("ungradable_severity: 'UNGRADABLE,A'"), "SEVERITY UNGRADABLE A");
    assert_eq!(first("ungradable_severity: 'NONE,'"), "SEVERITY NONE");
    assert_eq!(first("ungradable_severity: off"), "RIGHTQUALAPP Not Gradable Image");
    assert_eq!(severity("ungradable_severity: 'UNGRADABLE,A'"), "SEVERITY ABNORMAL A");
    // DISC-047: the care plan does not count.
    let plan = Some(results::Plan { name: "Suspected Immediate Threat to Life or Vision".into(), text: "Now.".into() });
    let planned = Grading { plan, ..grading_of(normal(), normal()) };
    assert_eq!(lines(&order(), &planned, "")[0], "SEVERITY NORMAL");
}

/// DISC-154, DISC-C6
#[test]
fn left_first_swaps_the_blocks_and_nothing_else_disc_154() {
    let grading = grading("moderate retinopathy right, mild left");
    let right_first = lines(&order(), &grading, "");
    let left_first = lines(&order(), &grading, "eye_order: left_first");
    assert_eq!(left_first, [&right_first[..1], &right_first[5..], &right_first[1..5]].concat());
    // DISC-006, DISC-152, DISC-C10: OBX-4 is OBX-1, which counts from 1.
    for (n, line) in block(&order(), &grading, "eye_order: left_first").unwrap().iter().enumerate() {
        let fields: Vec<_> = line.split('|').collect();
        assert_eq!((fields[1], fields[4]), ((n + 1).to_string().as_str(), (n + 1).to_string().as_str()));
        assert!(fields[3].ends_with("^^IRIS") && [fields[6], fields[7], fields[9], fields[10]] == [""; 4], "{line}");
        assert_eq!((fields[2], fields[11], fields.len()), ("ST", "F", 12), "{line}");
    }
}

#[test]
fn an_unlisted_result_passes_verbatim_with_flag_a_if_the_profile_says_so_disc_024() {
    let right = eye("Very Mild", "Moderate", &[]);
    let passed = lines(&order(), &grading_of(right.clone(), normal()), "unlisted_values: pass");
    assert_eq!(passed[..3], ["SEVERITY ABNORMAL A", "RIGHTDIABRETIN Very Mild A", "RIGHTMACEDEMA Moderate A"]);
    let plan =
        results::care_plan(&order(), &grading_of(right, normal()), &crate::support::profile("unlisted_values: pass"));
    assert_eq!(plan.unwrap().id, "CPL-D04"); // FND-C5: edema of the older set counts as Positive
    // DISC-025 holds all the same.
    let older = grading_of(eye("Indeterminable", "None", &[]), normal());
    let error = block(&order(), &older, "{ observations: rev_b, unlisted_values: pass }").unwrap_err();
    assert_eq!(error.requirement, "DISC-025");
    // A diagnosis without any result has no value to pass.
    let error = block(&order(), &grading_of(gradable(&[("Macular Edema", "")]), normal()), "unlisted_values: pass");
    assert_eq!(error.unwrap_err().requirement, "DISC-024");
}

#[test]
fn any_reason_of_an_ungradable_eye_is_taken_and_stays_out_of_the_block_disc_030() {
    for reason in [
        "Key anatomy missing or not clearly visible",
        "Dilation Opportunity Missed",
        "Insufficient View of Optic Nerve",
        "Dirty Lens",
        "Media Opacity",
        "Eyelashes Occluding View",
        "Insufficient View of Macula",
        "No View to Retina",
        "Image Out of Focus",
        "Camera Angle Causing Light Shadow Present Blocking View of Retina",
        "Image not of a Retina",
        "Something else",
    ] {
        let grading = grading_of(Eye::Ungradable { reason: Some(reason.into()) }, ungradable());
        assert_eq!(
            block(&order(), &grading, "").unwrap(),
            block(&order(), &grading_of(ungradable(), ungradable()), "").unwrap()
        );
        let message =
            results::oru(&order(), &grading, &crate::support::profile(""), &crate::support::context()).unwrap();
        let has = |part: &str| crate::support::segments(&message).iter().any(|segment| segment.contains(part));
        assert!(has(reason) && has("|FT|") && has("|RP|"), "{reason}"); // FND-U05, DISC-138
    }
}
