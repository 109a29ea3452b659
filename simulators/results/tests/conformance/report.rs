//! The PDF, read by another library.

use std::collections::BTreeMap;

use crate::support::{eye, grading, grading_of, normal, order, order_with, other, profile, suspected};
use lopdf::{Document, Object};
use results::{Diagnosis, Eye, Grading, Level, Order, Plan};

const CUT: &str = "(continued in the message)";

fn report(order: &Order, grading: &Grading) -> Vec<u8> {
    results::report(order, grading, &profile("")).unwrap()
}

/// The words of the only page, one blank between them.
fn text(pdf: &[u8]) -> String {
    let document = Document::load_mem(pdf).unwrap();
    assert_eq!(document.get_pages().len(), 1, "one page, always");
    document.extract_text(&[1]).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn metadata(pdf: &[u8], key: &str) -> String {
    let document = Document::load_mem(pdf).unwrap();
    let info = document.trailer.get(b"Info").unwrap().as_reference().unwrap();
    let value = document.get_dictionary(info).unwrap().get(key.as_bytes()).unwrap();
    lopdf::decode_text_string(value).unwrap()
}

fn number(object: &Object) -> f32 {
    object.as_float().unwrap()
}

/// Where the rows of text stand: left end, baseline and type size in points, the origin at the bottom left.
fn rows(pdf: &[u8]) -> Vec<[f32; 3]> {
    let document = Document::load_mem(pdf).unwrap();
    let page = document.get_pages()[&1];
    let content = document.get_and_decode_page_content(page).unwrap();
    let (mut size, mut rows, mut base, mut saved) = (0.0, Vec::new(), [1.0, 0.0, 0.0], Vec::new());
    for operation in content.operations {
        let operands: Vec<_> = operation.operands.iter().filter_map(|operand| operand.as_float().ok()).collect();
        match operation.operator.as_str() {
            "q" => saved.push(base),
            "Q" => base = saved.pop().unwrap(),
            "cm" => base = [operands[3], operands[4], operands[5]],
            "Tf" => size = number(&operation.operands[1]),
            // The last but one are the position, in the coordinates that `cm` set.
            "Tm" => rows.push([operands[4] + base[1], operands[5] * base[0] + base[2], size]),
            _ => {}
        }
    }
    rows
}

fn has_every(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
}

/// A result with long texts in every place that has room for one.
fn absurd() -> (Order, Grading) {
    let long = "Absurdly long text ".repeat(300);
    let bytes = || long.clone().into_bytes();
    let mut order = Order {
        mrn: b"9".repeat(3000),
        family: bytes(),
        given: b"W".repeat(2000),
        sex: bytes(),
        encounter: bytes(),
        location: bytes(),
        placer: bytes(),
        clinic: bytes(),
        service: bytes(),
        ..order()
    };
    order.provider.family = bytes();
    order.provider.id = bytes();
    order.submitted_dx = (10..99).map(|n| Diagnosis { code: format!("E{n}.69"), text: bytes() }).collect();
    let conditions = [suspected("Suspected Glaucoma"), other(&long, Level::Urgent)];
    let eye = eye("Severe", "Positive", &conditions);
    let mut grading = grading_of(eye.clone(), eye);
    grading.plan = Some(Plan { name: long.clone(), text: long.clone() });
    grading.notes = vec![long.clone(); 100];
    grading.grader.family = long;
    (order, grading)
}

/// Much of everything, but nothing out of the ordinary.
fn maximal() -> (Order, Grading) {
    let mut order = order_with("E11.69", "Type 2 diabetes mellitus with other specified complication");
    order.clinic = b"Harborview Regional Medical Center, Department of Ophthalmology and Endocrinology".to_vec();
    let conditions = [
        suspected("Suspected Glaucoma"),
        suspected("Suspected Dry AMD"),
        suspected("Suspected HTN Retinopathy"),
        suspected("Suspected Diabetic Retinopathy - Moderate to Proliferative"),
        other("Vitreous haemorrhage along the superotemporal arcade", Level::Urgent),
    ];
    let mut grading = grading_of(eye("Severe", "Positive", &conditions), eye("Proliferative", "None", &conditions));
    grading.notes = vec!["Dilated exam advised. ".repeat(20), "Clear progression since 2015.".into()];
    (order, grading)
}

#[test]
fn oru_doc_12_the_report_is_that_of_this_result() {
    let text = text(&report(&order(), &grading("moderate retinopathy right, mild left")));
    // ORU-DOC-12
    has_every(
        &text,
        &[
            "IRIS Retinal Study Report",
            "SIMULATED RESULT \u{2013} NOT FOR CLINICAL USE",
            "Name DOE, JOHN",
            "MRN ITCC20170410",
            "Date of birth 10-12-1958 (58 years)",
            "Sex M",
            "Encounter 1234",
            "Site TEST CLINIC",
            "Point of care POC01",
            "Order number 2017041006",
            "IRIS order 273013",
            "Ordering provider DR JACK DOE, MD",
            "Procedure 92250 FUNDUS PHOTOGRAPHY",
            "Images captured 04-10-2017 14:58:03 UTC",
            "Graded 04-10-2017 14:59:01 UTC",
            "Next Available Appointment Refer patient to a retina specialist, next available appointment.",
            "SEVERITY Abnormal",
            "Finding Right eye (OD) Left eye (OS)",
            "Image quality Gradable Gradable",
            "Diabetic Retinopathy Moderate Mild",
            "Macular Edema None None",
            "Suspected conditions Suspected Glaucoma None",
            "E11.3391 Type 2 diabetes mellitus with moderate nonproliferative diabetic retinopathy",
            "E11.3292 Type 2 diabetes mellitus with mild nonproliferative diabetic retinopathy",
            "comments Dilated exam advised.",
            "Electronically signed by DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 14:59:01 UTC.",
        ],
    );
    assert!(!text.contains(CUT));
}

#[test]
fn oru_nar_31_the_disclaimer_is_that_of_the_profile() {
    let normal = grading("normal in both eyes");
    // ORU-NAR-31
    let default = "NOTE: Any pathology noted on this diabetic retinal evaluation should be confirmed by an appropriate ophthalmic \
                   examination.";
    has_every(&text(&report(&order(), &normal)), &[default, "No comments provided", "SEVERITY Normal"]);
    let own = profile("disclaimer: Only a screening.");
    let with_own = text(&results::report(&order(), &normal, &own).unwrap());
    assert!(with_own.contains("Only a screening.") && !with_own.contains(default), "ORU-NAR-31");
    let without = text(&results::report(&order(), &normal, &profile("disclaimer: ''")).unwrap());
    assert!(without.contains("Electronically signed") && !without.contains("NOTE"), "ORU-NAR-31: {without}");
}

#[test]
fn eyes_that_were_not_graded_say_why() {
    let both = text(&report(&order(), &grading("ungradable in both eyes")));
    has_every(
        &both,
        &[
            "Image quality Not gradable: Image Out of Focus Not gradable: Media Opacity",
            "Ungradable Please rescan the patient.",
            "SEVERITY Not determined", // DISC-045
        ],
    );
    assert!(!both.contains("Diabetic Retinopathy"), "nothing was found out: {both}");
    let excluded = Eye::Excluded { reason: Some("Enucleation".into()) };
    let one = text(&report(&order(), &grading_of(excluded, normal())));
    has_every(&one, &["Not evaluated: Enucleation Gradable", "Diabetic Retinopathy \u{2013} None"]);
}

#[test]
fn suspected_conditions_are_a_list_that_can_break_into_rows() {
    let left = eye("None", "None", &[suspected("Suspected Glaucoma"), other("Drusen,0,5 mm", Level::Referable)]);
    let text = text(&report(&order(), &grading_of(normal(), left)));
    has_every(&text, &["Suspected conditions None Suspected Glaucoma, Drusen,0,5 mm"]); // DISC-102
}

#[test]
fn file_007_the_metadata_name_order_patient_and_grader() {
    let pdf = report(&order(), &grading("normal in both eyes"));
    // FILE-007
    assert_eq!(metadata(&pdf, "Title"), "IRIS retinal study report 273013");
    assert_eq!(metadata(&pdf, "Subject"), "Order 2017041006, MRN ITCC20170410");
    assert_eq!(metadata(&pdf, "Author"), "DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X");
    assert_eq!(metadata(&pdf, "Keywords"), "placer 2017041006, filler 273013, MRN ITCC20170410");
    // ORU-GEN-05: the instant of the grading, not the clock's.
    assert_eq!(metadata(&pdf, "CreationDate"), "D:20170410145901Z");
    let document = Document::load_mem(&pdf).unwrap();
    let catalog = document.catalog().unwrap();
    assert_eq!(catalog.get(b"Lang").unwrap().as_str().unwrap(), b"en-US");
    assert!(catalog.has(b"StructTreeRoot"), "tagged");
}

/// Each row keeps its distance from the next one below it in its column, and all stay on the page.
#[test]
fn whatever_its_texts_the_report_is_one_page_without_overlaps() {
    let ordinary = (order(), grading("severe right, proliferative left"));
    for (name, (order, grading)) in [("ordinary", ordinary), ("maximal", maximal()), ("absurd", absurd())] {
        let pdf = report(&order, &grading);
        assert_eq!(text(&pdf).contains(CUT), name == "absurd", "{name}: {}", text(&pdf));
        let rows = rows(&pdf);
        let mut columns = BTreeMap::<i32, Vec<(f32, f32)>>::new();
        for [x, baseline, size] in rows {
            assert!(
                (49.0..612.0 - 49.0).contains(&x) && (30.0..792.0 - 30.0).contains(&baseline),
                "{name}: {x} {baseline}"
            );
            assert!(size >= 4.8, "{name}: type of {size} points is too small to read");
            columns.entry(x.round() as i32).or_default().push((baseline, size));
        }
        assert!(columns.len() > 4, "{name}: {columns:?}");
        for rows in columns.values_mut() {
            rows.sort_by(|one, other| other.0.total_cmp(&one.0));
            for pair in rows.windows(2) {
                assert!(pair[0].0 - pair[1].0 >= pair[1].1, "{name}: rows at {pair:?} overlap");
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_cut_visibly_and_the_rest_stays() {
    let notes = (0..400).map(|n| format!("This is the note with the number {n}.")).collect();
    let text = text(&report(&order(), &Grading { notes, ..grading("severe right, proliferative left") }));
    has_every(
        &text,
        &["the number 0.", CUT, "Electronically signed by DOE, JANE", "NOTE: Any pathology", "Severe Proliferative"],
    );
    assert!(!text.contains("the number 399."));
    assert_eq!(text.matches(CUT).count(), 1, "only the comments are cut");
}

#[test]
fn names_of_other_alphabets_are_shown_and_strange_characters_do_no_harm() {
    let family = "M\u{fc}ller-\u{141}\u{f3}d\u{17a} \u{160}\u{165}astn\u{e1}";
    let named = |family: &[u8]| Order { family: family.to_vec(), given: b"Zo\xc3\xab".to_vec(), ..order() };
    let normal = grading("normal in both eyes");
    has_every(&text(&report(&named(family.as_bytes()), &normal)), &[&format!("Name {family}, Zo\u{eb}")]);
    has_every(
        &text(&report(&named("\u{393}\u{3b5}\u{3c9} \u{418}\u{432}\u{430}\u{43d}".as_bytes()), &normal)),
        &["\u{393}\u{3b5}\u{3c9} \u{418}\u{432}\u{430}\u{43d}, Zo"],
    );
    // Not UTF-8, not in the font, or not a character: a visible replacement; control characters are blanks.
    for (strange, shown) in [
        (&b"D\xffE"[..], "D\u{fffd}E"),
        ("\u{4e2d}\u{6587}".as_bytes(), "\u{fffd}\u{fffd}"),
        ("a\u{202e}b\u{feff}".as_bytes(), "a\u{fffd}b\u{fffd}"),
        (b"D\x1bE\x00F\tG", "D E F G"),
        (b"()\\<</Type", "()\\<</Type"),
    ] {
        has_every(&text(&report(&named(strange), &normal)), &[&format!("Name {shown}, Zo\u{eb}")]);
    }
    for plane in [0..0x3000_u32, 0xd000..0x1_1000, 0x1_f600..0x1_f700] {
        let all: String = plane.filter_map(char::from_u32).collect();
        let grading = Grading { notes: vec![all.clone()], ..normal.clone() };
        has_every(&text(&report(&named(all.as_bytes()), &grading)), &["Electronically signed"]);
    }
}

#[test]
fn equal_results_have_equal_reports_and_different_ones_different() {
    let one = report(&order(), &grading("normal in both eyes"));
    assert_eq!(one, report(&order(), &grading("normal in both eyes")), "ORU-GEN-05");
    assert_ne!(one, report(&Order { filler: 1, ..order() }, &grading("normal in both eyes")));
    assert_ne!(one, report(&order(), &grading("ungradable in both eyes")));
}

#[test]
fn the_report_travels_well_in_a_message() {
    assert!(report(&order(), &grading("normal in both eyes")).len() < 24_000);
    let (order, grading) = maximal();
    assert!(report(&order, &grading).len() < 32_000);
}

#[test]
fn a_birth_date_that_is_none_is_refused() {
    let born = |dob: &[u8]| {
        results::report(&Order { dob: dob.to_vec(), ..order() }, &grading("normal in both eyes"), &profile(""))
    };
    assert_eq!(born(b"19581332").unwrap_err().requirement, "ORU-TIM-02");
    assert_eq!(born(b"20991012").unwrap_err().requirement, "ORU-TIM-10");
    assert!(text(&born(b"19580410").unwrap()).contains("(59 years)"), "ORU-TIM-10: a birthday today counts");
    assert!(text(&born(b"19580411").unwrap()).contains("(58 years)"), "ORU-TIM-10: one tomorrow does not");
}
