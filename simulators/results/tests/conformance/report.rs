//! The PDF.

use crate::support::{grading, order, profile};
use results::{Grading, Order};

fn report(order: &Order, grading: &Grading) -> Vec<u8> {
    results::report(order, grading, &profile("")).unwrap()
}

/// The bytes are readable: the page is not compressed.
fn holds(pdf: &[u8], text: &str) -> bool {
    pdf.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_report_shows_findings_care_plan_and_disclaimer_of_this_result() {
    let pdf = report(&order(), &grading("severe right, proliferative left"));
    for text in [
        "Right eye findings: Diabetic Retinopathy: Severe",
        "Left eye findings: Diabetic Retinopathy: Proliferative",
        "Proliferative Pathology: Refer patient to a retina specialist",
        "NOTE: Any pathology noted on this diabetic retinal evaluation",
        "/Subject (Order 2017041006, MRN ITCC20170410)",
        "/Title (Retinal study 273013)",
    ] {
        assert!(holds(&pdf, text), "{text}");
    }
    assert!(!holds(&pdf, "Date"), "no clock may show in the file");
}

/// The cross-reference table is what makes a PDF readable: each entry must point at its object.
#[test]
fn the_report_is_a_well_formed_pdf_of_one_page() {
    let pdf = report(&order(), &grading("normal in both eyes"));
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.ends_with(b"%%EOF"));
    assert!(holds(&pdf, "/Count 1") && holds(&pdf, "/BaseFont /Helvetica"));
    let text: String = pdf.iter().map(|byte| char::from(*byte)).collect();
    let (_, start) = text.rsplit_once("startxref").unwrap();
    let start: usize = start.lines().nth(1).unwrap().trim().parse().unwrap();
    let entries: Vec<_> = text[offset(&text, start)..].lines().skip(3).take(6).collect();
    for (number, entry) in (1..).zip(entries) {
        let at: usize = entry[..10].parse().unwrap();
        assert!(text[offset(&text, at)..].starts_with(&format!("{number} 0 obj")), "object {number}");
    }
}

/// Byte offset in the file to offset in the text, in which bytes above 0x7F take two.
fn offset(text: &str, bytes: usize) -> usize {
    text.char_indices().nth(bytes).unwrap().0
}

#[test]
fn long_notes_go_on_to_another_page() {
    let notes = (0..60).map(|n| format!("note {n}.")).collect();
    let pdf = report(&order(), &Grading { notes, ..grading("normal in both eyes") });
    assert!(holds(&pdf, "/Count 2") && holds(&pdf, "note 59.") && holds(&pdf, "NOTE: Any pathology"));
}

#[test]
fn strange_characters_do_no_harm() {
    let order = Order { family: b"D\xffE\x1b".to_vec(), ..order() };
    let notes = vec!["caf\u{e9} \u{4e2d} ()\\".into(), "x".repeat(300)];
    let pdf = report(&order, &Grading { notes, ..grading("normal in both eyes") });
    assert!(holds(&pdf, "/Count 1") && holds(&pdf, "Left eye findings"));
}

#[test]
fn different_results_have_different_reports() {
    let one = report(&order(), &grading("normal in both eyes"));
    assert_ne!(one, report(&Order { filler: 1, ..order() }, &grading("normal in both eyes")));
    assert_ne!(one, report(&order(), &grading("ungradable in both eyes")));
}
