//! Reference messages of the specification, byte for byte.

use crate::support::{context, grading, order, order_with, profile};
use results::{BuildError, Context, Grading, Order, Profile};

type Build = fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>;

/// Compares the message with a file of tests/data and shows segments when they differ.
fn reproduces(file: &str, build: Build, order: &Order, grading: &Grading, options: &str, context: &Context) {
    let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read(&path).unwrap();
    let actual = build(order, grading, &profile(options), context).unwrap();
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace('\r', "\n");
    assert_eq!(show(&actual), show(&expected), "{file}");
    assert_eq!(actual, expected, "{file}");
}

#[test]
fn the_reference_files_keep_their_carriage_returns() {
    let file = include_bytes!("../data/oru/ref_default_normal.hl7");
    assert_eq!(file.iter().filter(|byte| **byte == b'\r').count(), 33);
    assert!(!file.contains(&b'\n'));
}

#[test]
fn oru_default_normal() {
    reproduces("oru/ref_default_normal.hl7", results::oru, &order(), &grading("normal in both eyes"), "", &context());
}

#[test]
fn oru_default_abnormal() {
    let grading = grading("moderate retinopathy right, mild left");
    reproduces("oru/ref_default_abnormal.hl7", results::oru, &order(), &grading, "", &context());
}

#[test]
fn oru_all_ungradable_oru_gen_04() {
    let grading = grading("ungradable in both eyes");
    reproduces("oru/ref_all_ungradable.hl7", results::oru, &order(), &grading, "", &context());
}

#[test]
fn oru_one_eye_ungradable() {
    let grading = grading("ungradable in the left eye");
    reproduces("oru/ref_one_eye_ungradable.hl7", results::oru, &order(), &grading, "", &context());
}

#[test]
fn oru_document_pdf_oru_doc_02() {
    let grading = grading("normal in both eyes");
    reproduces("oru/ref_document_pdf.hl7", results::oru, &order(), &grading, "document: pdf", &context());
}

#[test]
fn oru_document_off_oru_doc_05() {
    let grading = grading("normal in both eyes");
    // `off` is a boolean in older YAML; the profile takes it as it is written in the specification.
    reproduces("oru/ref_document_off.hl7", results::oru, &order(), &grading, "document: off", &context());
}

#[test]
fn oru_link_escaped_oru_doc_08() {
    let options = "{ link_ampersand: escaped, link_addendum: true }";
    let grading = grading("normal in both eyes");
    reproduces("oru/ref_link_escaped.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_corrected_oru_sta_02() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    let options = "status: corrected_on_regrade";
    reproduces("oru/ref_corrected.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_regrade_stays_final_by_default_oru_sta_03() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    reproduces("oru/ref_default_abnormal.hl7", results::oru, &order(), &grading, "", &context());
}

#[test]
fn oru_first_grading_stays_final_with_the_regrade_option_oru_sta_02() {
    let grading = grading("moderate retinopathy right, mild left");
    let options = "status: corrected_on_regrade";
    reproduces("oru/ref_default_abnormal.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_submitted_dx_icd_043() {
    let order = order_with("E1141", "Type 2 diabetes mellitus with diabetic mononeuropathy");
    reproduces("oru/ref_submitted_dx.hl7", results::oru, &order, &grading("normal in both eyes"), "", &context());
}

#[test]
fn oru_production_v251() {
    let order = Order { version: b"2.5.1".to_vec(), ..order() };
    let grading = grading("normal in both eyes");
    let options = "environment: production";
    reproduces("oru/ref_production_v251.hl7", results::oru, &order, &grading, options, &context());
}

#[test]
fn oru_without_a_version_in_the_order_is_2_4_oru_msh_12() {
    let order = Order { version: Vec::new(), ..order() };
    reproduces("oru/ref_default_normal.hl7", results::oru, &order, &grading("normal in both eyes"), "", &context());
}

#[test]
fn mdm_default_normal() {
    reproduces("mdm/ref_default_normal.hl7", results::mdm, &order(), &grading("normal in both eyes"), "", &context());
}

#[test]
fn mdm_default_abnormal() {
    let grading = grading("moderate retinopathy right, mild left");
    reproduces("mdm/ref_default_abnormal.hl7", results::mdm, &order(), &grading, "", &context());
}

#[test]
fn mdm_document_pdf_mdm_doc_02() {
    let grading = grading("normal in both eyes");
    reproduces("mdm/ref_document_pdf.hl7", results::mdm, &order(), &grading, "document: pdf", &context());
}

#[test]
fn mdm_all_ungradable() {
    let grading = grading("ungradable in both eyes");
    reproduces("mdm/ref_all_ungradable.hl7", results::mdm, &order(), &grading, "", &context());
}

#[test]
fn mdm_corrected_mdm_txa_17() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    let context = Context { document_id: "5D0F6C1A-2B7E-4C38-9F51-8A4E0D2B6C97".into(), ..context() };
    let options = "status: corrected_on_regrade";
    reproduces("mdm/ref_corrected.hl7", results::mdm, &order(), &grading, options, &context);
}

#[test]
fn dft_no_diagnosis_dft_dx_005() {
    let grading = grading("normal in both eyes");
    reproduces("dft/ref_o1_no_diagnosis.hl7", results::dft, &order(), &grading, "", &context());
}

#[test]
fn dft_all_ungradable_dft_mod_m3() {
    let order = order_with("E11.9", "Type 2 diabetes mellitus without complications");
    let grading = grading("ungradable in both eyes");
    reproduces("dft/ref_o1_all_ungradable.hl7", results::dft, &order, &grading, "", &context());
}
