//! Each option at the place where it shows. Reference order; right eye moderate with suspected glaucoma, left eye mild.

use crate::support::{context, grading, narrative, order, order_with, profile, segments};
use results::{BuildError, Context, Grading, Order, Profile};

type Build = fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>;

/// An option, a path, and the encoded text there; `-` stands for no such field.
type Effect = (&'static str, &'static str, &'static str, &'static str);

fn built(build: Build, order: &Order, options: &str) -> Vec<u8> {
    build(order, &grading("moderate retinopathy right, mild left"), &profile(options), &context()).unwrap()
}

#[track_caller]
fn show(build: Build, effects: &[Effect]) {
    let order = order_with("E11.41", "mononeuropathy");
    for (requirement, options, path, expected) in effects {
        let message = hl7::Message::parse(built(build, &order, options)).unwrap();
        let actual = message.raw(path).map_or("-".into(), String::from_utf8_lossy);
        assert_eq!(actual, *expected, "{requirement}: {options} {path}");
    }
}

const PROVIDER: &str = "OP0001^DOE^JACK^^^MD^MD^^^^^^NPI";
const GRADER: &str = "GR0001^DOE^JANE^^^MD^MD^^^^^^NPI";

#[test]
fn header_patient_and_visit_of_a_result() {
    let effects = &[
        ("ORU-OPT-01", "recv_app: EPIC", "MSH-5", "EPIC"),
        ("ORU-OPT-01", "recv_fac: 'A&B'", "MSH-6", r"A\T\B"),
        ("ORU-OPT-02", "send_fac: HUB", "MSH-4", "HUB"),
        ("ORU-OPT-03", "version: '2.5.1'", "MSH-12", "2.5.1"),
        ("ORU-OPT-03", "version: order", "MSH-12", "2.4"),
        ("ORU-MSH-11", "environment: production", "MSH-11", "P"),
        ("ORU-OPT-04", "pid_id_type: MRN", "PID-2", "ITCC20170410^^^^MRN"),
        ("ORU-PID-3", "pid_id_type: MRN", "PID-3", "ITCC20170410"),
        ("ORU-OPT-04", "pid_id_type: off", "PID-2", "ITCC20170410"),
        ("ORU-OPT-05", "pid_tail: on", "PID-19", ""),
        ("ORU-OPT-05", "pid_tail: off", "PID-19", "-"),
        ("ORU-OPT-05", "pid_tail: off", "PID-18", "1234"),
        ("ORU-OPT-06", "pid_account: off", "PID-18", ""),
        ("ORU-OPT-06", "pid_account: off", "PV1-19", "1234"),
        ("ORU-OPT-07", "pv1_visit: off", "PV1-19", ""),
        ("ORU-OPT-07", "pv1_visit: off", "PID-18", "1234"),
        ("ORU-OPT-08", "pv1_3: site_name", "PV1-3", "TEST CLINIC"),
        ("ORU-OPT-09", "pv1_7_17: grader", "PV1-7", GRADER),
        ("ORU-OPT-09", "pv1_7_17: grader", "PV1-8", PROVIDER),
        ("ORU-OPT-09", "pv1_7_17: grader", "PV1-17", GRADER),
        ("ORU-OPT-10", "provider_type: UPIN", "PV1-8", "OP0001^DOE^JACK^^^MD^MD^^^^^^UPIN"),
        ("ORU-ENC-04", "provider_type: ''", "PV1-8", "OP0001^DOE^JACK^^^MD^MD"),
        ("ORU-OPT-39", "xcn_credentials: '5,6'", "PV1-7", "OP0001^DOE^JACK^^MD^MD^^^^^^^NPI"),
        ("ORU-TIM-05, ORU-OPT-36, ORU-C14", "obs_zone: America/Chicago", "PV1-44", "20170410095803"),
        ("ORU-TIM-05", "obs_zone: America/Chicago", "MSH-7", "20170410145907"),
        ("ORU-TIM-06, ORU-OPT-37, ORU-C13", "obs_clock: 12h", "PV1-45", "20170410025803"),
        ("ORU-TIM-06", "obs_clock: 12h", "MSH-7", "20170410145907"),
    ];
    show(results::oru, effects);
    show(results::mdm, effects); // MDM-PID, MDM-PV1, MDM-OPT-06
}

#[test]
fn request_and_diagnoses_of_a_result() {
    const FULL: &str = "JANE DOE, MD, NPI: 1234567890, Taxonomy: 207W00000X";
    let dated = format!("GR0001^DOE^JANE^20170410145901^{FULL}").leak();
    let undated = format!("GR0001^DOE^JANE^^{FULL}").leak();
    show(
        results::oru,
        &[
            ("ORU-OPT-10", "provider_type: UPIN", "ORC-12", "OP0001^DOE^JACK^^^MD^MD^^^^^^UPIN"),
            ("ORU-OPT-39", "xcn_credentials: '5,6'", "OBR-16", "OP0001^DOE^JACK^^MD^MD^^^^^^^NPI"),
            ("ORU-TIM-07", "obs_zone: America/Chicago", "ORC-9", "20170410145907"),
            ("ORU-TIM-08", "obs_zone: America/Chicago", "OBR-7", "20170410095803"),
            ("ORU-TIM-08", "obs_clock: 12h", "OBR-14", "20170410025803"),
            ("ORU-TIM-09", "obs_clock: 12h", "OBR-22", "20170410025901"),
            ("ORU-TIM-09", "obs_zone: America/Chicago", "OBR-32.4", "20170410095901"),
            ("ORU-OPT-11", "obr32: dated", "OBR-32", dated),
            ("ORU-OPT-11", "obr32: undated", "OBR-32", undated),
            ("ORU-OPT-11", "obr32: xcn", "OBR-32", "1234567890^DOE^JANE^^^MD^MD^^^^^^NPI"),
            ("ORU-OPT-11", "obr32: off", "OBR-32", ""), // ORU-ENC-03: still written up to OBR-32
            ("ORU-STA-05", "status: corrected_on_regrade", "ORC-5", "F"),
            ("ORU-OPT-13", "dg1: off", "DG1-1", "-"),
            ("ORU-OPT-13", "dg1: on", "DG1[1]-3", "E1141^mononeuropathy^ICD10"),
            ("ORU-DG1-2", "dg1: on", "DG1[1]-2", ""),
            ("ORU-DG1-3.1, ORU-C28, ORU-C39", "dg1: on", "DG1[1]-3.1", "E1141"),
            ("ORU-DG1-3.2", "dg1: on", "DG1[1]-3.2", "mononeuropathy"),
            ("ORU-DG1-3.3", "dg1: on", "DG1[2]-3.3", "ICD10"),
            ("ORU-DG1-1", "dg1: on", "DG1[3]-1", "3"),
            ("ORU-DG1-X", "dg1: on", "DG1[2]-3.1", "E113391"),
            ("ORU-OPT-14", "{ dg1: on, dg1_code: dotted }", "DG1[1]-3.1", "E11.41"),
            ("ORU-OPT-14", "{ dg1: on, dg1_code: dotted }", "DG1[2]-3.1", "E11.3391"),
        ],
    );
}

#[test]
fn blocks_of_a_result() {
    let effects = &[
        ("ORU-OPT-15", "discrete: off", "OBX[1]-3.1", "Result"), // ORU-CNT-07
        ("ORU-CNT-07", "discrete: off", "OBX[1]-1", "1"),
        ("DISC-190, ORU-OPT-16, MDM-OBX-04", "discrete_layout: obx_nte", "OBX[1]-3", "^^IRIS"),
        ("DISC-192", "discrete_layout: obx_nte", "NTE[2]-3", "RIGHTDIABRETIN"),
        ("DISC-193, MDM-C10", "discrete_layout: obx_nte", "OBX[1]-8", "A"),
        ("DISC-191", "discrete_layout: obx_nte", "OBX[5]-3", "RIGHTQUALAPP^^IRIS"),
        ("DISC-194", "discrete_layout: obx_nte", "OBX[9]-1", "9"),
        ("ORU-OPT-18", "observation_system: IRIS31", "OBX[1]-3", "SEVERITY^^IRIS31"),
        ("DISC-219", "observation_system: IRIS31", "OBX[10]-3", "Result^^IRIS"),
        ("ORU-OPT-25, MDM-NAR-04", "narrative: nte", "NTE[1]-3", "Retinal Study Result for JOHN DOE"),
        ("ORU-NTE-1", "narrative: nte", "NTE[24]-1", "24"),
        ("ORU-CNT-02", "narrative: nte", "OBX[10]-1", "10"),
        ("ORU-OPT-25, MDM-NAR-03", "narrative: single", "OBX[10]-4", "001"),
        ("ORU-OPT-25, ORU-DOC-01, MDM-DOC-01", "narrative: off", "OBX[10]-2", "RP"),
        ("ORU-OPT-26, MDM-NAR-02", "narrative_type: ST", "OBX[10]-2", "ST"),
        ("ORU-OPT-26", "narrative_id: REPORT", "OBX[10]-3", "REPORT^^IRIS"),
        ("ORU-OPT-26", "narrative_text: Report", "OBX[10]-3", "Result^Report^IRIS"),
        ("ORU-OPT-26", "narrative_system: ''", "OBX[10]-3", "Result"),
        ("ORU-OPT-30, MDM-DOC-02", "{ narrative: off, document: pdf }", "OBX[10]-2", "ED"),
        ("ORU-OPT-30", "{ narrative: off, document: link_pdf }", "OBX[11]-2", "ED"),
        ("ORU-CNT-05, ORU-C16, MDM-C13", "{ narrative: off, document: pdf }", "OBX[10]-1", "10"),
        ("ORU-OPT-31", "{ narrative: off, document: pdf, pdf_set_id: repeat }", "OBX[10]-1", "9"),
        (
            "ORU-OPT-31",
            "{ discrete: off, narrative: off, document: pdf, pdf_set_id: repeat }",
            "OBX[1]-1",
            "1", // there is no OBX before it
        ),
        (
            "ORU-DOC-13, ORU-DOC-04, ORU-C18, MDM-DOC-03",
            "{ narrative: off, document: file }",
            "OBX[10]-5",
            r"C:\E\results\E\04102017\E\POC01\E\2017041006.pdf",
        ),
        (
            "ORU-OPT-35",
            "{ narrative: off, document: file, file_backslash: raw }",
            "OBX[10]-5",
            r"C:\results\04102017\POC01\2017041006.pdf",
        ),
    ];
    show(results::oru, effects);
    show(results::mdm, effects); // MDM-SEG-05, MDM-OPT-06
}

#[test]
fn the_link_follows_its_options_oru_doc_06() {
    let link = |options: &str| {
        let message = built(results::oru, &order(), &format!("{{ discrete: off, narrative: off, {options} }}"));
        segments(&message)[5].split('|').nth(5).unwrap().to_owned()
    };
    let auth = format!("auth={}", context().token);
    let start = "https://example.org/r?patientOrderId=273013";
    let base = "link_base: https://example.org/r";
    assert_eq!(
        link(base),
        format!("{start}&asPdf=True&isPreliminary=False&{auth}"),
        "ORU-OPT-32, ORU-DOC-06, ORU-DOC-07, ORU-DOC-09, ORU-C20"
    );
    assert_eq!(
        link(&format!("{base}, link_ampersand: escaped")),
        format!(r"{start}\T\asPdf=True\T\isPreliminary=False\T\{auth}"),
        "ORU-OPT-33, ORU-DOC-08, MDM-DOC-04"
    );
    assert_eq!(
        link(&format!("{base}, link_addendum: on")),
        format!("{start}&asPdf=True&isPreliminary=False&{auth}&asAddendum=False"),
        "ORU-OPT-34, ORU-C21"
    );
}

#[test]
fn wording_of_the_narrative() {
    let line = |options: &str, index: usize| narrative(&built(results::oru, &order(), options)).swap_remove(index);
    let by_family = "narrative_name: family_comma_given";
    assert_eq!(line(by_family, 0), "Retinal Study Result for DOE, JOHN", "ORU-OPT-27, MDM-NAR-05");
    assert!(line(by_family, 2).starts_with("DOE, JOHN, a 58 y/o, M (DOB: "), "ORU-NAR-40");
    assert!(line(by_family, 5).ends_with("is recommended for DOE, JOHN"), "ORU-NAR-40");
    for (requirement, options, expected) in [
        (
            "ORU-NAR-41, ORU-OPT-28",
            "signature: full",
            "DOE, JANE, MD, NPI: 1234567890, Taxonomy: 207W00000X on 04-10-2017 14:59:01",
        ),
        ("ORU-NAR-42, MDM-C11", "signature: degree", "DOE, JANE, MD on 04-10-2017 14:59:01"),
        ("ORU-NAR-43", "signature: name", "DOE, JANE, on 04-10-2017 14:59:01"),
        ("ORU-TIM-06", "{ signature: name, obs_clock: 12h }", "DOE, JANE, on 04-10-2017 02:59:01"),
        ("ORU-TIM-05", "{ signature: name, obs_zone: America/Chicago }", "DOE, JANE, on 04-10-2017 14:59:01"),
    ] {
        let expected = format!("This result was electronically signed by {expected} UTC time.");
        assert_eq!(line(options, 20), expected, "{requirement}");
    }
    assert_eq!(line("disclaimer: 'See A|B'", 22), r"See A\F\B", "ORU-OPT-29");
}

#[test]
fn twelve_hours_are_1_to_12_without_am_and_pm_oru_tim_06() {
    for (captured, expected) in [
        ("2017-04-10T00:00:00Z", "20170410120000"),
        ("2017-04-10T01:00:00Z", "20170410010000"),
        ("2017-04-10T12:00:00Z", "20170410120000"),
        ("2017-04-10T13:00:00Z", "20170410010000"),
    ] {
        let grading = Grading { captured: captured.parse().unwrap(), ..grading("normal in both eyes") };
        let message = results::oru(&order(), &grading, &profile("obs_clock: 12h"), &context()).unwrap();
        let message = hl7::Message::parse(message).unwrap();
        assert_eq!(message.text("OBR-7").unwrap(), expected, "ORU-TIM-06");
    }
}

#[test]
fn options_of_a_document() {
    let names = |options: &str| -> Vec<String> {
        let message = segments(&built(results::mdm, &order(), options));
        message.iter().take(5).map(|segment| segment[..3].to_owned()).collect()
    };
    assert_eq!(names("mdm: { layout: documented }"), ["MSH", "PID", "TXA", "PV1", "OBX"], "MDM-SEG-01");
    assert_eq!(names("mdm: { layout: standard }"), ["MSH", "EVN", "PID", "PV1", "TXA"], "MDM-SEG-02, MDM-OPT-02");
    show(
        results::mdm,
        &[
            ("MDM-EVN-1", "mdm: { layout: standard }", "EVN-1", "T02"),
            ("MDM-EVN-2", "mdm: { layout: standard }", "EVN-2", "20170410145907"),
            ("MDM-OPT-03", "mdm: { txa4_precision: minute }", "TXA-4", "201704101458"),
            ("MDM-OPT-03", "mdm: { txa4_precision: second }", "TXA-4", "20170410145803"),
            ("MDM-OPT-04", "mdm: { txa4_precision: second, txa4_source: capture }", "TXA-4", "20170410145803"),
            ("MDM-OPT-04", "mdm: { txa4_precision: second, txa4_source: graded }", "TXA-4", "20170410145901"),
            ("MDM-OPT-04", "mdm: { txa4_precision: second, txa4_source: message }", "TXA-4", "20170410145907"),
            ("MDM-TXA-4", "{ obs_zone: America/Chicago, obs_clock: 12h }", "TXA-4", "201704100958"),
            ("MDM-TXA-4", "{ obs_zone: America/Chicago, mdm: { txa4_source: message } }", "TXA-4", "201704101459"),
            ("MDM-OPT-05", "mdm: { txa10: ordering }", "TXA-10", "OP0001^DOE^JACK^^MD^DR^^^^^^^NPI"),
            ("MDM-OPT-05", "mdm: { txa10: grader }", "TXA-10", "GR0001^DOE^JANE^^MD^^^^^^^^NPI"),
            ("MDM-C4", "xcn_credentials: '5,6'", "TXA-10", "OP0001^DOE^JACK^^MD^DR^^^^^^^NPI"),
            ("MDM-TXA-10.13", "provider_type: UPIN", "TXA-10.13", "UPIN"),
            ("MDM-SEG-04", "dg1: on", "DG1-1", "-"),
            ("MDM-OPT-06", "obr32: xcn", "OBR-1", "-"),
        ],
    );
}

#[test]
fn options_of_a_charge() {
    show(
        results::dft,
        &[
            ("DFT-MSH-4", "dft: { msh4: orm }", "MSH-4", "ANCL"),
            ("DFT-MSH-5", "dft: { msh5: EPIC }", "MSH-5", "EPIC"),
            ("DFT-MSH-6", "dft: { msh6: CLINIC }", "MSH-6", "CLINIC"),
            ("DFT-C1", "dft: { msh9: 'ORU^R01' }", "MSH-9", "ORU^R01"),
            ("DFT-C1", "dft: { msh9: 'ORU^R01' }", "EVN-1", "P03"),
            ("DFT-MSH-12", "version: '2.7'", "MSH-12", "2.4"), // the option is one of results
            ("DFT-PID-2", "dft: { pid_id_type: MRN }", "PID-2", "ITCC20170410^^^^MRN"),
            ("DFT-PID-3", "dft: { pid_id_type: MRN }", "PID-3", "ITCC20170410"),
            ("DFT-C2", "dft: { pid_id_type: MRN, pid_id_type_field: PID-3 }", "PID-3", "ITCC20170410^^^^MRN"),
            ("DFT-C2", "dft: { pid_id_type: MRN, pid_id_type_field: PID-3 }", "PID-2", "ITCC20170410"),
            ("DFT-PID-2", "pid_id_type: MRN", "PID-2", "ITCC20170410"), // the option is one of results
            ("DFT-PID-18", "pid_account: off", "PID-18", "1234"),
            ("DFT-PID-19", "", "PID-19", ""),
            ("DFT-C3", "dft: { pid19: echo }", "PID-19", "111-22-3333"),
            ("DFT-C3", "{ pid_tail: off, dft: { pid19: echo } }", "PID-19", "111-22-3333"),
            ("DFT-STR-004", "pid_tail: off", "PID-19", "-"),
            ("DFT-C4", "dft: { pv1_7_17: ordering }", "PV1-7", PROVIDER),
            ("DFT-PV1-17", "dft: { pv1_7_17: ordering }", "PV1-17", PROVIDER),
            ("DFT-PV1-7", "pv1_7_17: ordering", "PV1-7", GRADER), // the option is one of results
            ("DFT-PV1-45", "", "PV1-45", "20170410145907"),
            ("DFT-C5", "dft: { pv1_45: capture }", "PV1-45", "20170410145803"),
            ("DFT-C6", "dft: { xcn_credentials: '5,6' }", "FT1-20", "GR0001^DOE^JANE^^MD^MD^^^^^^^NPI"),
            ("DFT-C6", "dft: { xcn_credentials: '5,6' }", "PV1-8", "OP0001^DOE^JACK^^MD^MD^^^^^^^NPI"),
            ("DFT-XCN-13", "provider_type: UPIN", "FT1-21", PROVIDER),
            ("DFT-C7", "dft: { clock: 12h }", "PV1-44", "20170410025803"),
            ("DFT-C7", "dft: { clock: 12h }", "FT1-4", "20170410025901"),
            ("DFT-C7", "dft: { clock: 12h }", "FT1-5", "20170410145907"),
            ("DFT-TIME-002", "{ obs_zone: America/Chicago, obs_clock: 12h }", "FT1-4", "20170410145901"),
            ("DFT-C8", "dft: { msh6: EPIC, order_namespace: msh6 }", "FT1-23", "2017041006^EPIC"),
            ("DFT-C8", "dft: { msh5: EPIC, order_namespace: msh5 }", "FT1-23", "2017041006^EPIC"),
            ("DFT-C8", "dft: { order_namespace: OTHER }", "FT1-23", "2017041006^OTHER"),
            ("DFT-C8", "dft: { order_namespace: '' }", "FT1-23", "2017041006"),
            ("DFT-FT1-23", "dft: { ft1_option: 2 }", "FT1[2]-23", "2017041006"),
            ("DFT-FT1-23", "dft: { ft1_option: 2, o2_order_namespace: msh6 }", "FT1[2]-23", "2017041006^VENDOR"),
            ("DFT-FT1-4", "dft: { ft1_option: 2 }", "FT1[1]-4", "20170410145901"),
            ("DFT-FT1-4", "dft: { ft1_option: 2 }", "FT1[2]-4", "20170410145803"),
            ("DFT-FT1-22", "dft: { unit_cost: '10' }", "FT1-22", ""), // always empty in option 1
            ("DFT-FT1-22", "dft: { ft1_option: 2, unit_cost: 'fee {filler}' }", "FT1[1]-22", "fee 273013"),
            ("DFT-FT1-22", "dft: { ft1_option: 2, unit_cost: 'fee {filler}' }", "FT1[2]-22", "fee 273013"),
            ("DFT-FT1-7-T", "dft: { ft1_option: 2, code_technical: 99999^Other }", "FT1[2]-25", "99999^Other"),
            ("DFT-FT1-7-P1", "dft: { code_source: fixed, code_professional: 9^X^L }", "FT1-7", "9^X^L"),
            ("DFT-FT1-25", "dft: { code_source: fixed, code_professional: 9^X^L }", "FT1-25", "9^X^L"),
            ("DFT-FT1-7-P2", "dft: { code_professional: 92250^^CPT }", "FT1-7", "92250^FUNDUS PHOTOGRAPHY^CPT"),
            ("DFT-FT1-7-P2", "dft: { code_professional: 11111^X^CPT }", "FT1-7", "92250^FUNDUS PHOTOGRAPHY^CPT"),
            ("DFT-FT1-25-M", "dft: { ft1_option: 2, o2_component: off }", "FT1[2]-25.1", "92000035"),
        ],
    );
}

#[test]
fn the_cost_of_cpt_ii_is_an_option_dft_ft1_22() {
    let options = "dft: { cpt2: on, unit_cost_cpt2: 'free {filler}' }";
    let message = results::dft(&order(), &grading("normal in both eyes"), &profile(options), &context()).unwrap();
    let message = hl7::Message::parse(message).unwrap();
    assert_eq!(message.text("FT1[2]-22").unwrap(), "free 273013", "DFT-FT1-22");
    assert_eq!(message.raw("FT1[1]-22"), Some(&b""[..]), "DFT-FT1-22");
}

#[test]
fn submitted_diagnoses_can_be_left_out_of_a_charge_dft_c9() {
    let codes = |options: &str| -> Vec<String> {
        let message = built(results::dft, &order_with("E11.41", "mononeuropathy"), options);
        let list = segments(&message)[4].split('|').nth(19).unwrap().to_owned();
        list.split('~').map(|dx| dx.split('^').next().unwrap().to_owned()).collect()
    };
    assert_eq!(codes(""), ["E11.41", "E11.3391", "E11.3292"], "DFT-DX-002, DFT-DX-003, DFT-DX-012");
    assert_eq!(codes("dft: { dx_submitted: false }"), ["E11.3391", "E11.3292"], "DFT-C9");
}

#[test]
fn a_result_without_obx_is_a_profile_error_oru_seg_07_mdm_seg_06() {
    for options in [
        "{ discrete: off, narrative: off, document: off }",
        "{ discrete: off, narrative: nte, document: off }", // MDM-SEG-03
    ] {
        let error = |build: Build| {
            let grading = grading("normal in both eyes");
            build(&order(), &grading, &profile(options), &context()).unwrap_err().requirement
        };
        assert_eq!(error(results::oru), "ORU-SEG-07", "{options}");
        assert_eq!(error(results::mdm), "MDM-SEG-06", "{options}");
    }
}

#[test]
fn a_file_pointer_that_cannot_be_written_is_refused() {
    let refused = |options: &str, file_path: &str| {
        let context = Context { file_path: file_path.into(), ..context() };
        let grading = grading("normal in both eyes");
        results::oru(&order(), &grading, &profile(options), &context).unwrap_err().requirement
    };
    assert_eq!(refused("document: file", ""), "ORU-DOC-04");
    assert_eq!(refused("{ document: file, file_backslash: raw }", "a|b"), "ORU-DOC-13");
}

#[test]
fn a_value_that_an_option_does_not_have_is_refused_when_the_profile_is_read() {
    for (options, expected) in [
        ("dft: { ft1_option: 3 }", ["dft.ft1_option", "expected `1` or `2`"]),
        ("dft: { o1_component: TC }", ["dft.o1_component", "expected `` or `26`"]),
        ("dft: { msh9: ADT^A01 }", ["dft.msh9", "expected `DFT^P03` or `ORU^R01`"]),
        ("dft: { clock: 13h }", ["dft.clock", "expected `24h` or `12h`"]),
        ("dft: { code_professional: '' }", ["dft.code_professional", "write code, code^text or code^text^system"]),
        ("dft: { code_technical: 'a|b' }", ["dft.code_technical", "write code, code^text or code^text^system"]),
        ("dft: { cpt2: maybe }", ["dft.cpt2", "write on or off"]),
        ("mdm: { layout: other }", ["mdm.layout", "expected `documented` or `standard`"]),
        ("obr32: later", ["obr32", "expected one of `dated`, `undated`, `xcn`, `off`"]),
        ("obs_zone: Mars/Phobos", ["obs_zone", "write UTC or a name such as America/Chicago"]),
        ("document: fax", ["document", "expected one of `link`, `pdf`, `link_pdf`, `file`, `off`"]),
    ] {
        let error = serde_yaml::from_str::<Profile>(options).unwrap_err().to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{options}: {error}");
    }
}

#[test]
fn the_commented_profile_lists_every_option_with_its_default() {
    let text = include_str!("../../profile.yaml");
    assert_eq!(profile(text), results::Profile::default());
    // `pid_tail:`, and `# severity_middle:`, which has no default of its own
    let listed =
        |option: &str| text.lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{option}:")));
    for of in ["", "dft", "mdm", "icd", "dx"] {
        for option in crate::every_option::options(of) {
            assert!(listed(&option), "{of} {option}");
        }
    }
}
