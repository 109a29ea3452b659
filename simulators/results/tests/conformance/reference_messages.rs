//! Reference messages of the specification, byte for byte.

use crate::support::{
    context, diagnosis, eye, grading, grading_of, normal, order, order_with, profile, segments, suspected,
};
use results::{BuildError, Context, Diagnosis, EvaluationType, Eye, Finding, Grader, Grading, Order, Person, Profile};

type Build = fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>;

/// Compares the message with a file of tests/data, segment by segment for a readable failure, then byte for byte.
#[track_caller]
fn reproduces(file: &str, build: Build, order: &Order, grading: &Grading, options: &str, context: &Context) {
    let path = format!("{}/tests/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read(&path).unwrap();
    let actual = build(order, grading, &profile(options), context).unwrap();
    for (actual, expected) in segments(&actual).iter().zip(segments(&expected)) {
        assert_eq!(*actual, expected, "{file}");
    }
    assert!(actual == expected, "{file}: another number of segments");
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
    // ORU-GEN-04
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
    // ORU-DOC-02
    reproduces("oru/ref_document_pdf.hl7", results::oru, &order(), &grading, "document: pdf", &context());
}

#[test]
fn oru_document_off_oru_doc_05() {
    let grading = grading("normal in both eyes");
    // `off` is a boolean in older YAML; the profile takes it as it is written in the specification.
    // ORU-DOC-05
    reproduces("oru/ref_document_off.hl7", results::oru, &order(), &grading, "document: off", &context());
}

#[test]
fn oru_link_escaped_oru_doc_08() {
    let options = "{ link_ampersand: escaped, link_addendum: true }";
    let grading = grading("normal in both eyes");
    // ORU-DOC-08
    reproduces("oru/ref_link_escaped.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_corrected_oru_sta_02() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    let options = "status: corrected_on_regrade";
    // ORU-STA-02
    reproduces("oru/ref_corrected.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_regrade_stays_final_by_default_oru_sta_03() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    // ORU-STA-03
    reproduces("oru/ref_default_abnormal.hl7", results::oru, &order(), &grading, "", &context());
}

#[test]
fn oru_first_grading_stays_final_with_the_regrade_option_oru_sta_02() {
    let grading = grading("moderate retinopathy right, mild left");
    let options = "status: corrected_on_regrade";
    // ORU-STA-02
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
    // ORU-MSH-12
    reproduces("oru/ref_default_normal.hl7", results::oru, &order, &grading("normal in both eyes"), "", &context());
}

#[test]
fn oru_all_ungradable_with_severity_oru_opt_21() {
    let grading = grading("ungradable in both eyes");
    let options = "ungradable_severity: 'UNGRADABLE,A'";
    // ORU-OPT-21
    reproduces("oru/ref_all_ungradable_severity.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_amd_oru_nar_51() {
    let order = Order { evaluations: vec![EvaluationType::AMD], ..order() };
    let right = vec![diagnosis("Dry AMD", "No Observable"), diagnosis("Wet AMD", "No Observable")];
    let left = vec![diagnosis("Dry AMD", "Early Stage"), diagnosis("Wet AMD", "Positive")];
    let grading = grading_of(Eye::Gradable(right), Eye::Gradable(left));
    // ORU-NAR-51
    reproduces("oru/ref_amd.hl7", results::oru, &order, &grading, "", &context());
}

#[test]
fn oru_document_file_oru_doc_04() {
    let grading = grading("normal in both eyes");
    // ORU-DOC-04
    reproduces("oru/ref_document_file.hl7", results::oru, &order(), &grading, "document: file", &context());
}

#[test]
fn oru_narrative_nte_oru_nar_f3() {
    let grading = grading("moderate retinopathy right, mild left");
    // ORU-NAR-F3
    reproduces("oru/ref_narrative_nte.hl7", results::oru, &order(), &grading, "narrative: nte", &context());
}

#[test]
fn oru_narrative_off_oru_nar_f4() {
    let grading = grading("moderate retinopathy right, mild left");
    // ORU-NAR-F4
    reproduces("oru/ref_narrative_off.hl7", results::oru, &order(), &grading, "narrative: off", &context());
}

#[test]
fn oru_discrete_off_oru_seg_04() {
    let grading = grading("moderate retinopathy right, mild left");
    // ORU-SEG-04
    reproduces("oru/ref_discrete_off.hl7", results::oru, &order(), &grading, "discrete: off", &context());
}

#[test]
fn oru_discrete_obx_nte_disc_190() {
    let grading = grading("moderate retinopathy right, mild left");
    let options = "discrete_layout: obx_nte";
    reproduces("oru/ref_discrete_obx_nte.hl7", results::oru, &order(), &grading, options, &context());
}

#[test]
fn oru_dg1_oru_seg_03() {
    let order = order_with("E1141", "Type 2 diabetes mellitus with diabetic mononeuropathy");
    let grading = grading_of(eye("Mild", "None", &[]), eye("Proliferative", "Positive", &[]));
    // ORU-SEG-03
    reproduces("oru/ref_dg1.hl7", results::oru, &order, &grading, "dg1: on", &context());
}

#[test]
fn oru_left_first_oru_opt_19() {
    let grading = grading("moderate retinopathy right, mild left");
    // ORU-OPT-19
    reproduces("oru/ref_left_first.hl7", results::oru, &order(), &grading, "eye_order: left_first", &context());
}

#[test]
fn oru_custom_iris31_disc_ex_27() {
    let order = Order { evaluations: vec![EvaluationType::DR_AMD], ..order() };
    let conditions = ["Suspected Glaucoma", "Suspected Cataract", "Suspected Bilateral Papilledema"].map(suspected);
    let amd = ["Dry AMD", "Wet AMD"].map(|finding| diagnosis(finding, "No Observable"));
    let findings: Vec<Finding> = amd.into_iter().chain(conditions).collect();
    let grading = grading_of(eye("None", "None", &findings), Eye::Ungradable { reason: Some("Media Opacity".into()) });
    let options = "{ observations: 'custom:custom_set_iris31.csv', observation_system: IRIS31 }";
    reproduces("oru/ref_custom_iris31.hl7", results::oru, &order, &grading, options, &context());
}

#[test]
fn oru_local_12h_oru_tim_05_oru_tim_06() {
    let options = "{ obs_zone: America/Chicago, obs_clock: 12h }";
    let grading = grading("normal in both eyes");
    // ORU-TIM-05, ORU-TIM-06
    reproduces("oru/ref_local_12h.hl7", results::oru, &order(), &grading, options, &context());
}

/// An instant of the examples.
fn at(instant: &str) -> jiff::Timestamp {
    instant.parse().unwrap()
}

/// A diabetic retinopathy grading of an example by one of its graders.
fn graded_by(grader: [&str; 5], right: Eye, left: Eye, captured: &str, graded: &str) -> Grading {
    let [id, family, given, degrees, npi] = grader.map(String::from);
    let grader = Grader { id, family, given, degrees, npi, taxonomy: "207W00000X".into() };
    Grading { grader, captured: at(captured), graded: at(graded), ..grading_of(right, left) }
}

/// Compares an ORU with the text of an example, segment by segment.
#[track_caller]
fn equals(order: &Order, grading: &Grading, options: &str, context: &Context, expected: &str) {
    let actual = results::oru(order, grading, &profile(options), context).unwrap();
    for (actual, expected) in segments(&actual).iter().zip(segments(expected.as_bytes())) {
        assert_eq!(*actual, expected);
    }
    assert!(actual == expected.as_bytes(), "another number of segments");
}

#[test]
fn published_example_a_oru_opt_a() {
    let order = Order {
        mrn: "Test2106462".into(),
        family: "TestLN".into(),
        given: "TestFN".into(),
        dob: "19630130".into(),
        encounter: "293907374".into(),
        location: "WRSIM".into(),
        placer: "111997409".into(),
        provider: Person {
            id: "FakeNPInum".into(),
            family: "DocLastName".into(),
            given: "ROBERT".into(),
            ..order().provider
        },
        service: "^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO".into(),
        version: "2.3".into(),
        clinic: "Iris Test Client".into(),
        filler: 799248,
        ..order()
    };
    let grader = ["adiaz@retinalscreenings.com", "Diaz", "Adam", "MD", "NPI0987654"];
    let grading = graded_by(grader, normal(), normal(), "2019-12-20T17:42:52Z", "2019-12-20T17:44:12Z");
    let context = Context { now: at("2019-12-20T17:45:08Z"), ..context() };
    let options = "{ recv_app: Vendor, recv_fac: Vendor, obr32: undated, signature: name, document: pdf,
                     pdf_set_id: repeat, obs_clock: 12h }";
    // The example prints a placeholder for the data.
    let expected = include_str!("../data/oru/repaired_example_a.hl7");
    assert_eq!(expected.matches("^${ENCODED DOCUMENT REMOVED}").count(), 1);
    let expected = expected.replace("${ENCODED DOCUMENT REMOVED}", "JVBERi0xLjQKJSVFT0YK");
    equals(&order, &grading, options, &context, &expected); // ORU-OPT-A
}

#[test]
fn published_example_b_oru_opt_b() {
    let submitted = |code: &str, text: &str| Diagnosis { code: code.into(), text: text.into() };
    let order = Order {
        mrn: "MRNtest123".into(),
        family: "TESTB".into(),
        given: "IRIS".into(),
        dob: "19391126".into(),
        sex: "F".into(),
        encounter: "123456789".into(),
        location: "WRSIM".into(),
        placer: "12378912".into(),
        provider: Person {
            id: "NPI5556666".into(),
            family: "DocLastName".into(),
            given: "MAZHAR".into(),
            ..order().provider
        },
        service: "^FUNDUS PHOTOGRAPHY^EAP^^FUNDAL PHOTO".into(),
        version: "2.3".into(),
        clinic: "Southcoast Health - WRS Internal Medicine".into(),
        filler: 799932,
        submitted_dx: vec![
            submitted(
                "E113311",
                "Type 2 diabetes mellitus with moderate nonproliferative diabetic retinopathy with macular edema, right eye",
            ),
            submitted(
                "E113412",
                "Type 2 diabetes mellitus with severe nonproliferative diabetic retinopathy with macular edema, left eye",
            ),
        ],
        ..order()
    };
    let right = eye("Moderate", "Moderate", &[suspected("Suspected Dry AMD")]);
    let left = eye("Severe", "Severe", &[suspected("Suspected Vein Occlusion")]);
    let grader = ["adiaz@retinalscreenings.com", "Diaz", "Adam", "MD", "1234567890"];
    let mut grading = graded_by(grader, right, left, "2019-12-23T19:24:24Z", "2019-12-23T19:25:55Z");
    grading.plan = Some(results::Plan {
        name: "Next Available Appointment".into(),
        text: "Refer patient to a retina specialist, next available appointment.".into(),
    });
    let context = Context {
        now: at("2019-12-23T19:31:15Z"),
        token: "6DCAFF6AC2A555F00F9E470D221B6A077C3497A668B1EEBBB4983C8D98672F8FBA00707190026B817325C2A088725B5A\
                0E5D7AB659AC0790C1C1D22B2C50F897"
            .into(),
        ..context()
    };
    let options =
        "{ environment: production, recv_app: Vendor, recv_fac: Vendor, observations: rev_b, eye_order: left_first,
                     obr32: xcn, signature: name, link_ampersand: escaped, link_addendum: on, obs_clock: 12h,
                     obs_zone: America/Chicago }";
    // The published bytes with the layout damage removed that README of the examples lists.
    let mut expected = include_str!("../data/oru/published_example_b.hl7").to_owned();
    for (damaged, repaired) in [
        ("^MD^M D^", "^MD^MD^"),
        ("||||||F available appointment.||||||F", "||||||F"),
        ("||||||F 07:25:55 UTC time.||||||F", "||||||F"),
        ("GetSingleResultFo rDisplayInEmr", "GetSingleResultForDisplayInEmr"),
        ("6DCAFF6AC2A555F 00F9E", "6DCAFF6AC2A555F00F9E"),
    ] {
        assert_eq!(expected.matches(damaged).count(), 1, "{damaged}");
        expected = expected.replace(damaged, repaired);
    }
    equals(&order, &grading, options, &context, &expected); // ORU-OPT-B
}

#[test]
fn published_example_c_oru_opt_c() {
    let order = Order {
        mrn: "15852".into(),
        family: "Tester".into(),
        given: "Patient1".into(),
        dob: "19990312".into(),
        encounter: "Encounter".into(),
        location: "POC01".into(),
        placer: "7e39fa9b-27d6-4792-8769-2f9f422f187a".into(),
        provider: Person {
            id: "aalderman@retinalscreenings.com".into(),
            family: "Alderman".into(),
            given: "Allan".into(),
            degrees: "PhD".into(),
            prefix: Vec::new(),
        },
        version: "2.3".into(),
        clinic: "Iris Test Client".into(),
        filler: 797619,
        ..order()
    };
    let grader = ["NPIorCredentials", "LastName", "Ryan", "MD", "NPIorCredentials"];
    let grading = graded_by(grader, normal(), normal(), "2019-12-18T04:45:43Z", "2019-12-20T02:30:08Z");
    let context = Context { now: at("2020-01-03T18:56:23Z"), ..context() };
    let options = "{ recv_app: Vendor, recv_fac: Vendor, eye_order: left_first, narrative: nte, document: off,
                     pid_account: off, pv1_3: site_name }";
    // OBR-32.5 of the example names somebody else than the rest of it.
    let expected = include_str!("../data/oru/repaired_example_c.hl7");
    assert_eq!(expected.matches("^LastName Carter, MD, NPI: 1902127947,").count(), 1);
    let expected =
        expected.replace("^LastName Carter, MD, NPI: 1902127947,", "^Ryan LastName, MD, NPI: NPIorCredentials,");
    equals(&order, &grading, options, &context, &expected); // ORU-OPT-C
}

#[test]
fn mdm_layout_standard_mdm_seg_02() {
    let grading = grading("normal in both eyes");
    let options = "mdm: { layout: standard }";
    // MDM-SEG-02
    reproduces("mdm/ref_layout_standard.hl7", results::mdm, &order(), &grading, options, &context());
}

#[test]
fn mdm_narrative_single_mdm_nar_03() {
    let grading = grading("moderate retinopathy right, mild left");
    // MDM-NAR-03
    reproduces("mdm/ref_narrative_single.hl7", results::mdm, &order(), &grading, "narrative: single", &context());
}

#[test]
fn mdm_narrative_nte_mdm_nar_04() {
    let grading = grading("moderate retinopathy right, mild left");
    // MDM-NAR-04
    reproduces("mdm/ref_narrative_nte.hl7", results::mdm, &order(), &grading, "narrative: nte", &context());
}

#[test]
fn mdm_pdf_only_mdm_seg_05() {
    let grading = grading("normal in both eyes");
    let options = "{ discrete: off, narrative: off, document: pdf }";
    // MDM-SEG-05
    reproduces("mdm/ref_pdf_only.hl7", results::mdm, &order(), &grading, options, &context());
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
    // MDM-DOC-02
    reproduces("mdm/ref_document_pdf.hl7", results::mdm, &order(), &grading, "document: pdf", &context());
}

#[test]
fn mdm_all_ungradable() {
    let grading = grading("ungradable in both eyes");
    // MDM-OBX-05, MDM-GEN-05
    reproduces("mdm/ref_all_ungradable.hl7", results::mdm, &order(), &grading, "", &context());
}

#[test]
fn mdm_corrected_mdm_txa_17() {
    let grading = Grading { regrade: true, ..grading("moderate retinopathy right, mild left") };
    let context = Context { document_id: "5D0F6C1A-2B7E-4C38-9F51-8A4E0D2B6C97".into(), ..context() };
    let options = "status: corrected_on_regrade";
    // MDM-TXA-17, MDM-GEN-03, MDM-C17
    reproduces("mdm/ref_corrected.hl7", results::mdm, &order(), &grading, options, &context);
}

#[test]
fn dft_no_diagnosis_dft_dx_005() {
    let grading = grading("normal in both eyes");
    // DFT-DX-005, DFT-REF-02
    reproduces("dft/ref_o1_no_diagnosis.hl7", results::dft, &order(), &grading, "", &context());
}

#[test]
fn dft_all_ungradable_dft_mod_m3() {
    let order = order_with("E11.9", "Type 2 diabetes mellitus without complications");
    let grading = grading("ungradable in both eyes");
    // DFT-MOD-M3, DFT-REF-03, DFT-GEN-007
    reproduces("dft/ref_o1_all_ungradable.hl7", results::dft, &order, &grading, "", &context());
}

#[test]
fn dft_option_2_all_ungradable_dft_ref_07() {
    let order = order_with("E11.9", "Type 2 diabetes mellitus without complications");
    let grading = grading("ungradable in both eyes");
    let options = "dft: { ft1_option: 2 }";
    // DFT-REF-07
    reproduces("dft/ref_o2_all_ungradable.hl7", results::dft, &order, &grading, options, &context());
}
