//! Every field of every segment under the default options, requirement by requirement. All inputs differ (see placement.rs).

use crate::placement::{OPTIONS, distinct};
use crate::support::{context, grading, order, profile, segments};
use results::mapping::FieldPath;
use results::{BuildError, Context, Grading, Order, Profile};

type Build = fn(&Order, &Grading, &Profile, &Context) -> Result<Vec<u8>, BuildError>;

/// A requirement, a path (or a run of fields or components), and the encoded text there; `-` stands for a field that is not sent.
type Row = (&'static str, &'static str, &'static str);

const PROVIDER: &str = "PID^PFAM^PGIV^^^PDEG^PDEG^^^^^^NPI";
const GRADER: &str = "GID^GFAM^GGIV^^^GDEG^GDEG^^^^^^NPI";

#[track_caller]
fn hold(build: Build, rows: &[Row]) {
    let (order, grading, context) = distinct();
    let message = build(&order, &grading, &profile(OPTIONS), &context).unwrap();
    let message = hl7::Message::parse(message).unwrap();
    for (requirement, path, expected) in rows {
        for place in places(path) {
            let actual = message.raw(&place).map_or("-".into(), String::from_utf8_lossy);
            assert_eq!(actual, *expected, "{requirement}: {place}");
        }
    }
}

/// `PID-9..17` as `PID-9`, `PID-10`, and so on; `OBX[2]-9..10` likewise.
fn places(path: &str) -> Vec<String> {
    let (name, place) = path.split_once('-').unwrap();
    let path: FieldPath = format!("{}-{place}", &name[..3]).parse().unwrap();
    let FieldPath { field, component, run_to, .. } = path;
    match (component, run_to) {
        (None, last) => (field..=last.unwrap_or(field)).map(|n| format!("{name}-{n}")).collect(),
        (Some(first), last) => (first..=last.unwrap_or(first)).map(|n| format!("{name}-{field}.{n}")).collect(),
    }
}

#[test]
fn fields_of_a_result() {
    hold(
        results::oru,
        &[
            ("ORU-MSH-1", "MSH-1", "|"),
            ("ORU-MSH-2, ORU-ENC-01, ORU-C1", "MSH-2", r"^~\&"),
            ("ORU-MSH-3", "MSH-3", "IRIS"),
            ("ORU-MSH-4", "MSH-4", "SFAC"),
            ("ORU-MSH-5", "MSH-5", "RAPP"),
            ("ORU-MSH-6", "MSH-6", "RFAC"),
            ("ORU-MSH-7, ORU-TIM-01", "MSH-7", "20200303230303"), // of 23:03:03.999
            ("ORU-MSH-8", "MSH-8", ""),
            ("ORU-MSH-9", "MSH-9", "ORU^R01"),
            ("ORU-MSH-10, ORU-TIM-04", "MSH-10", "200303230303"),
            ("ORU-MSH-11", "MSH-11", "P"),
            ("ORU-MSH-12, ORU-C12", "MSH-12", "2.3"),
            ("ORU-ENC-08", "MSH-13..18", "-"),
            ("ORU-ORC-1", "ORC-1", "RE"),
            ("ORU-ORC-2.1", "ORC-2.1", "PLAC"),
            ("ORU-ORC-2.2", "ORC-2.2", "-"),
            ("ORU-ORC-3.1", "ORC-3.1", "42"),
            ("ORU-ORC-3.2", "ORC-3.2", "IRIS"),
            ("ORU-ENC-04", "ORC-3", "42^IRIS"),
            ("ORU-ORC-4", "ORC-4", ""),
            ("ORU-ORC-5", "ORC-5", "F"),
            ("ORU-ORC-6", "ORC-6..8", ""),
            ("ORU-ORC-9", "ORC-9", "20200303230303"),
            ("ORU-ORC-10", "ORC-10..11", ""),
            ("ORU-ORC-12", "ORC-12", PROVIDER),
            ("ORU-ENC-03", "ORC-13", "-"),
            ("ORU-OBR-1", "OBR-1", "1"),
            ("ORU-OBR-2", "OBR-2", "PLAC"),
            ("ORU-OBR-3", "OBR-3", "42^IRIS"),
            ("ORU-OBR-4, ORU-C9", "OBR-4", "76000^SERVICE^SYS"),
            ("ORU-OBR-5", "OBR-5..6", ""),
            ("ORU-OBR-7", "OBR-7", "20200101010101"),
            ("ORU-OBR-8", "OBR-8..13", ""),
            ("ORU-OBR-14", "OBR-14", "20200101010101"),
            ("ORU-OBR-15", "OBR-15", ""),
            ("ORU-OBR-16", "OBR-16", PROVIDER),
            ("ORU-OBR-17", "OBR-17..21", ""),
            ("ORU-OBR-22, ORU-C15", "OBR-22", "20200202020202"),
            ("ORU-OBR-23", "OBR-23..24", ""),
            ("ORU-OBR-25, ORU-STA-01", "OBR-25", "F"),
            ("ORU-OBR-26", "OBR-26..31", ""),
            ("ORU-OBR-32.1", "OBR-32.1", "GID"),
            ("ORU-OBR-32.2", "OBR-32.2", "GFAM"),
            ("ORU-OBR-32.3", "OBR-32.3", "GGIV"),
            ("ORU-OBR-32.4, ORU-C10", "OBR-32.4", "20200202020202"),
            ("ORU-OBR-32.5, ORU-C11", "OBR-32.5", "GGIV GFAM, GDEG, NPI: GNPI, Taxonomy: GTAX"),
            ("ORU-OBR-32", "OBR-32.6", "-"),
            ("ORU-ENC-03", "OBR-33", "-"),
        ],
    );
}

#[test]
fn patient_and_visit_of_results_and_documents() {
    let rows = &[
        ("ORU-PID-1", "PID-1", ""),
        ("ORU-PID-2.1", "PID-2.1", "MRN"),
        ("ORU-PID-2.2, ORU-PID-2.5, ORU-C6", "PID-2.2..5", "-"),
        ("ORU-PID-3", "PID-3", "MRN"),
        ("ORU-PID-4", "PID-4", ""),
        ("ORU-PID-5.1", "PID-5.1", "FAM"),
        ("ORU-PID-5.2", "PID-5.2", "GIV"),
        ("ORU-PID-5.2", "PID-5.3", "-"),
        ("ORU-PID-6", "PID-6", ""),
        ("ORU-PID-7, ORU-TIM-02", "PID-7", "19700102"),
        ("ORU-PID-8", "PID-8", "F"),
        ("ORU-PID-9", "PID-9..17", ""),
        ("ORU-PID-18, ORU-C7", "PID-18", "ENC"),
        ("ORU-PID-19, ORU-C4, ORU-C5, MDM-C15", "PID-19", ""),
        ("ORU-ENC-03", "PID-20", "-"),
        ("ORU-PV1-1", "PV1-1", "1"),
        ("ORU-PV1-2", "PV1-2", "O"),
        ("ORU-PV1-3, ORU-C8", "PV1-3", "LOC"),
        ("ORU-PV1-4", "PV1-4..6", ""),
        ("ORU-PV1-7, ORU-C2, MDM-C14", "PV1-7", PROVIDER),
        ("ORU-PV1-8", "PV1-8", PROVIDER),
        ("ORU-PV1-9", "PV1-9..16", ""),
        ("ORU-PV1-17", "PV1-17", PROVIDER),
        ("ORU-PV1-18", "PV1-18", ""),
        ("ORU-PV1-19, ORU-C7", "PV1-19", "ENC"),
        ("ORU-PV1-20", "PV1-20..43", ""),
        ("ORU-PV1-44", "PV1-44", "20200101010101"),
        ("ORU-PV1-45", "PV1-45", "20200101010101"),
        ("ORU-PV1-46", "PV1-46..52", "-"),
        ("ORU-XCN-1", "PV1-8.1", "PID"),
        ("ORU-XCN-2", "PV1-8.2", "PFAM"),
        ("ORU-XCN-3", "PV1-8.3", "PGIV"),
        ("ORU-XCN-4", "PV1-8.4..5", ""),
        ("ORU-XCN-6, ORU-C3", "PV1-8.6", "PDEG"),
        ("ORU-XCN-7", "PV1-8.7", "PDEG"),
        ("ORU-XCN-8", "PV1-8.8..12", ""),
        ("ORU-XCN-13", "PV1-8.13", "NPI"),
    ];
    hold(results::oru, rows);
    hold(results::mdm, rows); // MDM-PID, MDM-PV1
}

#[test]
fn observations_of_results_and_documents() {
    let rows = &[
        ("ORU-OBX-1, ORU-CNT-01", "OBX[2]-1", "2"),
        ("ORU-OBX-2", "OBX[2]-2", "ST"),
        ("ORU-OBX-3.1, MDM-OBX-12", "OBX[2]-3.1", "RIGHTDIABRETIN"),
        ("ORU-OBX-3.2", "OBX[2]-3.2", ""),
        ("ORU-OBX-3.3", "OBX[2]-3.3", "IRIS"),
        ("ORU-OBX-4, ORU-CNT-04", "OBX[2]-4", "2"),
        ("ORU-OBX-5", "OBX[2]-5", "None"),
        ("ORU-OBX-6", "OBX[2]-6", ""),
        ("ORU-OBX-7", "OBX[2]-7", ""),
        ("ORU-OBX-8", "OBX[2]-8", ""),
        ("ORU-OBX-9", "OBX[2]-9..10", ""),
        ("ORU-OBX-11, ORU-C34", "OBX[2]-11", "F"),
        ("ORU-ENC-03", "OBX[2]-12", "-"),
        ("MDM-OBX-11", "OBX[1]-3.1", "SEVERITY"),
        ("MDM-OBX-13", "OBX[3]-3.1", "RIGHTMACEDEMA"),
        ("MDM-OBX-14", "OBX[4]-3.1", "RIGHTOTHERRETIN"),
        ("MDM-OBX-15", "OBX[5]-3.1", "RIGHTQUALAPP"),
        ("MDM-OBX-16", "OBX[6]-3.1", "LEFTDIABRETIN"),
        ("MDM-OBX-17", "OBX[7]-3.1", "LEFTMACEDEMA"),
        ("MDM-OBX-18", "OBX[8]-3.1", "LEFTOTHERRETIN"),
        ("MDM-OBX-19, MDM-OBX-03", "OBX[9]-3.1", "LEFTQUALAPP"),
        ("MDM-C9", "OBX[9]-5", "Gradable Image"),
        ("ORU-CNT-01, ORU-CNT-06, MDM-C20", "OBX[10]-1", "10"),
        ("ORU-OBX-2, ORU-C36, ORU-NAR-F1, MDM-NAR-01", "OBX[10]-2", "FT"),
        ("ORU-OBX-3.1", "OBX[10]-3", "Result^^IRIS"),
        ("ORU-OBX-4, ORU-CNT-03", "OBX[10]-4", "001"),
        ("ORU-CNT-03, MDM-C12", "OBX[19]-4", "010"),
        ("ORU-OBX-5", "OBX[11]-5", ""),
        ("ORU-OBX-6", "OBX[10]-6..10", ""),
        ("ORU-OBX-11", "OBX[10]-11", "F"),
    ];
    hold(results::oru, rows);
    hold(results::mdm, rows);
}

#[test]
fn the_order_of_segments() {
    let names = |build: Build, options: &str| -> Vec<String> {
        let (order, grading, context) = distinct();
        let message = build(&order, &grading, &profile(options), &context).unwrap();
        let mut names: Vec<_> = segments(&message).iter().map(|segment| segment[..3].to_owned()).collect();
        names.dedup();
        names
    };
    let oru = ["MSH", "PID", "PV1", "ORC", "OBR", "OBX"];
    assert_eq!(names(results::oru, ""), oru, "ORU-SEG-01, ORU-SEG-02, ORU-SEG-08");
    let dg1 = ["MSH", "PID", "PV1", "ORC", "OBR", "DG1", "OBX"];
    assert_eq!(names(results::oru, "dg1: on"), dg1, "ORU-SEG-03, ORU-C29");
    let nte = ["MSH", "PID", "PV1", "ORC", "OBR", "OBX", "NTE", "OBX"];
    assert_eq!(names(results::oru, "narrative: nte"), nte, "ORU-SEG-05, ORU-SEG-06");
    assert_eq!(names(results::mdm, ""), ["MSH", "PID", "TXA", "PV1", "OBX"], "MDM-SEG-01, MDM-SEG-03, MDM-C2");
    assert_eq!(names(results::dft, "dft: { ft1_option: 2 }"), ["MSH", "EVN", "PID", "PV1", "FT1"], "DFT-STR-001");
    let charges = |options: &str| {
        let (order, grading, context) = distinct();
        segments(&results::dft(&order, &grading, &profile(options), &context).unwrap()).len() - 4
    };
    assert_eq!(charges(""), 1, "DFT-FT1-S01, DFT-STR-002");
    assert_eq!(charges("dft: { ft1_option: 2 }"), 2, "DFT-FT1-S06");
}

#[test]
fn every_segment_ends_with_one_cr_oru_enc_02_dft_str_003() {
    for build in [results::oru, results::mdm, results::dft] {
        let (order, grading, context) = distinct();
        let message = build(&order, &grading, &profile(""), &context).unwrap();
        assert_eq!(message.last(), Some(&b'\r'), "ORU-ENC-02, DFT-STR-003, MDM-GEN-06");
        assert!(!message.windows(2).any(|pair| pair == b"\r\r") && !message.contains(&b'\n'), "ORU-ENC-02");
        assert!(!message[9..].contains(&b'~'), "ORU-ENC-09");
    }
}

#[test]
fn fields_of_a_document() {
    hold(
        results::mdm,
        &[
            ("MDM-MSH-1", "MSH-1", "|"),
            ("MDM-MSH-1", "MSH-2", r"^~\&"),
            ("MDM-MSH-3", "MSH-3", "IRIS"),
            ("MDM-MSH-4", "MSH-4", "SFAC"),
            ("MDM-MSH-5", "MSH-5", "RAPP"),
            ("MDM-MSH-6", "MSH-6", "RFAC"),
            ("MDM-MSH-7", "MSH-7", "20200303230303"),
            ("MDM-MSH-8", "MSH-8", ""),
            ("MDM-MSH-9", "MSH-9", "MDM^T02"),
            ("MDM-MSH-10", "MSH-10", "200303230303"),
            ("MDM-MSH-11", "MSH-11", "P"),
            ("MDM-MSH-12", "MSH-12", "2.3"),
            ("MDM-TXA-1", "TXA-1", "1"),
            ("MDM-TXA-2.1", "TXA-2.1", "76000"),
            ("MDM-TXA-2.2, MDM-C8", "TXA-2.2", "SERVICE"),
            ("MDM-TXA-2.2", "TXA-2.3", "-"),
            ("MDM-TXA-3", "TXA-3", ""),
            ("MDM-TXA-4, MDM-C5, MDM-C6", "TXA-4", "202001010101"),
            ("MDM-TXA-5", "TXA-5..9", ""),
            ("MDM-TXA-10.1, MDM-C3", "TXA-10.1", "PID"),
            ("MDM-TXA-10.2", "TXA-10.2", "PFAM"),
            ("MDM-TXA-10.3", "TXA-10.3", "PGIV"),
            ("MDM-TXA-10.4", "TXA-10.4", ""),
            ("MDM-TXA-10.5, MDM-C4", "TXA-10.5", "PDEG"),
            ("MDM-TXA-10.6", "TXA-10.6", "PPRE"),
            ("MDM-TXA-10.7", "TXA-10.7..12", ""),
            ("MDM-TXA-10.13, MDM-TXA-10", "TXA-10.13", "NPI"),
            ("MDM-TXA-11", "TXA-11", ""),
            ("MDM-TXA-12", "TXA-12", "442B30D3-C963-434E-8886-3735CED1C5E8"),
            ("MDM-TXA-13", "TXA-13", ""),
            ("MDM-TXA-14", "TXA-14", "PLAC"),
            ("MDM-TXA-15", "TXA-15..16", ""),
            ("MDM-TXA-17, MDM-C7", "TXA-17", "F"),
            ("MDM-TXA-18", "TXA-18", ""),
            ("MDM-TXA-19", "TXA-19..23", "-"),
            ("MDM-SEG-04", "ORC-1", "-"),
            ("MDM-SEG-04", "OBR-1", "-"),
        ],
    );
}

#[test]
fn fields_of_a_charge() {
    hold(
        results::dft,
        &[
            ("DFT-MSH-1", "MSH-1", "|"),
            ("DFT-MSH-2", "MSH-2", r"^~\&"),
            ("DFT-MSH-3", "MSH-3", "IRIS"),
            ("DFT-MSH-4, DFT-C19", "MSH-4", "IRIS"),
            ("DFT-MSH-5", "MSH-5", "DAPP"),
            ("DFT-MSH-6", "MSH-6", "DFAC"),
            ("DFT-MSH-7, DFT-TIME-001", "MSH-7", "20200303230303"),
            ("DFT-MSH-8", "MSH-8", ""),
            ("DFT-MSH-9, DFT-C1", "MSH-9", "DFT^P03"),
            ("DFT-MSH-10, DFT-C17", "MSH-10", "200303230303"),
            ("DFT-MSH-11", "MSH-11", "P"),
            ("DFT-MSH-12", "MSH-12", "2.3"),
            ("DFT-STR-007", "MSH-13..18", "-"),
            ("DFT-EVN-1", "EVN-1", "P03"),
            ("DFT-EVN-2, DFT-TIME-003", "EVN-2", "20200303230303"),
            ("DFT-EVN-3", "EVN-3..7", "-"),
            ("DFT-PID-1", "PID-1", ""),
            ("DFT-PID-2, DFT-C2", "PID-2", "MRN"),
            ("DFT-PID-3", "PID-3", "MRN"),
            ("DFT-PID-4", "PID-4", ""),
            ("DFT-PID-5", "PID-5", "FAM^GIV"),
            ("DFT-PID-6", "PID-6", ""),
            ("DFT-PID-7", "PID-7", "19700102"),
            ("DFT-PID-8", "PID-8", "F"),
            ("DFT-PID-9", "PID-9..17", ""),
            ("DFT-PID-18", "PID-18", "ENC"),
            ("DFT-PID-19, DFT-C3, DFT-STR-004", "PID-19", ""),
            ("DFT-PV1-1", "PV1-1", "1"),
            ("DFT-PV1-2", "PV1-2", "O"),
            ("DFT-PV1-3", "PV1-3", "LOC"),
            ("DFT-PV1-X", "PV1-4..6", ""),
            ("DFT-PV1-7, DFT-C4", "PV1-7", GRADER),
            ("DFT-PV1-8", "PV1-8", PROVIDER),
            ("DFT-PV1-X", "PV1-9..16", ""),
            ("DFT-PV1-17", "PV1-17", GRADER),
            ("DFT-PV1-X", "PV1-18", ""),
            ("DFT-PV1-19", "PV1-19", "ENC"),
            ("DFT-PV1-X", "PV1-20..43", ""),
            ("DFT-PV1-44, DFT-TIME-004", "PV1-44", "20200101010101"),
            ("DFT-PV1-45, DFT-C5", "PV1-45", "20200303230303"),
            ("DFT-PV1-X", "PV1-46..52", "-"),
            ("DFT-XCN-1", "PV1-7.1", "GID"),
            ("DFT-XCN-2", "PV1-7.2", "GFAM"),
            ("DFT-XCN-3", "PV1-7.3", "GGIV"),
            ("DFT-XCN-4", "PV1-7.4..5", ""),
            ("DFT-XCN-6, DFT-C6", "PV1-7.6", "GDEG"),
            ("DFT-XCN-7", "PV1-7.7", "GDEG"),
            ("DFT-XCN-8", "PV1-7.8..12", ""),
            ("DFT-XCN-13", "PV1-7.13", "NPI"),
            ("DFT-FT1-1", "FT1-1", "1"),
            ("DFT-FT1-2", "FT1-2", ""),
            ("DFT-FT1-3", "FT1-3", "42"),
            ("DFT-FT1-4, DFT-TIME-005", "FT1-4", "20200202020202"),
            ("DFT-FT1-5", "FT1-5", "20200303230303"),
            ("DFT-FT1-6", "FT1-6", "CG"),
            ("DFT-FT1-7, DFT-FT1-7-P3", "FT1-7", "76000^SERVICE^CPT"),
            ("DFT-FT1-8", "FT1-8", ""),
            ("DFT-FT1-9", "FT1-9", "MRN"),
            ("DFT-FT1-10", "FT1-10", "1"),
            ("DFT-FT1-11, DFT-FT1-12", "FT1-11..12", ""),
            ("DFT-FT1-13", "FT1-13", "LOC"),
            ("DFT-FT1-14", "FT1-14", ""),
            ("DFT-FT1-15, DFT-C12", "FT1-15", "IRIS"),
            ("DFT-FT1-16", "FT1-16", "LOC"),
            ("DFT-FT1-17, DFT-FT1-18", "FT1-17..18", ""),
            ("DFT-FT1-19, DFT-DX-001, DFT-DX-009, DFT-DX-010", "FT1-19", "I10^DX^ICD-10-CM"),
            ("DFT-FT1-20", "FT1-20", GRADER),
            ("DFT-FT1-21", "FT1-21", PROVIDER),
            ("DFT-FT1-22", "FT1-22", ""),
            ("DFT-FT1-23, DFT-C8", "FT1-23", "PLAC^DAPP"),
            ("DFT-FT1-24", "FT1-24", ""),
            ("DFT-FT1-25, DFT-C15", "FT1-25", "76000^SERVICE^CPT"),
            ("DFT-FT1-26, DFT-C10, DFT-STR-004", "FT1-26", "-"),
        ],
    );
}

/// A regrade is a complete new message about the same order (ORU-STA-04).
#[test]
fn a_regrade_changes_times_status_and_observations_alone_oru_sta_04() {
    let first = hl7::Message::parse(build_regrade(&grading("normal in both eyes"), context())).unwrap();
    let regrade = Grading {
        graded: "2017-05-01T10:00:00Z".parse().unwrap(),
        regrade: true,
        ..grading("severe right, proliferative left")
    };
    let later = Context { now: "2017-05-01T10:00:09Z".parse().unwrap(), ..context() };
    let second = hl7::Message::parse(build_regrade(&regrade, later)).unwrap();
    for path in ["PID", "PV1", "ORC-2", "ORC-3", "ORC-5", "OBR-2", "OBR-3", "OBR-7"] {
        assert_eq!(second.raw(path), first.raw(path), "ORU-STA-04, ORU-STA-05: {path}");
    }
    for (path, expected) in [
        ("MSH-7", "20170501100009"),
        ("MSH-10", "170501100009"),
        ("ORC-9", "20170501100009"),
        ("OBR-22", "20170501100000"),
        ("OBR-32.4", "20170501100000"),
        ("OBR-25", "C"), // ORU-OPT-12
        ("OBX[1]-5", "CRITICAL"),
    ] {
        assert_eq!(second.text(path).unwrap(), expected, "ORU-STA-04, ORU-C27: {path}");
    }
    let status = (1..=second.count("OBX")).map(|n| second.text(&format!("OBX[{n}]-11")).unwrap());
    assert!(status.into_iter().all(|status| status == "C"), "ORU-STA-02");
}

fn build_regrade(grading: &Grading, context: Context) -> Vec<u8> {
    results::oru(&order(), grading, &profile("status: corrected_on_regrade"), &context).unwrap()
}

/// The NTE of a narrative carry the status too (ORU-STA-02, ORU-NTE-11).
#[test]
fn fields_of_a_narrative_nte() {
    let grading = Grading { regrade: true, ..grading("normal in both eyes") };
    let options = profile("{ narrative: nte, status: corrected_on_regrade }");
    for build in [results::oru, results::mdm] {
        let message = segments(&build(&order(), &grading, &options, &context()).unwrap());
        let notes: Vec<_> = message.iter().filter(|segment| segment.starts_with("NTE")).collect();
        assert_eq!(notes.len(), 18, "ORU-NAR-32, MDM-C16");
        assert_eq!(notes[0], "NTE|1|ST|Retinal Study Result for JOHN DOE||||||||C", "ORU-NTE-1, ORU-NTE-2, ORU-NTE-3");
        assert_eq!(notes[1], "NTE|2|ST|||||||||C", "ORU-NTE-4, ORU-NTE-11, ORU-C31");
    }
}
