//! Messages under every value of every option: they are well-formed to parsers that others wrote, and fit the field tables.

use crate::support::{context, eye, grading_of, order_with, profile, suspected};
use results::{Eye, Grading, Order, Profile};

/// Every value of every option, one at a time; free texts are represented by one that needs escaping.
pub const VALUES: &[&str] = &[
    "environment: test",
    "environment: production",
    r"recv_app: A&B",
    r"recv_fac: A^B",
    r"send_fac: A~B",
    "version: order",
    "version: '2.5.1'",
    "pid_id_type: off",
    "pid_id_type: MRN",
    "pid_tail: on",
    "pid_tail: off",
    "pid_account: on",
    "pid_account: off",
    "pv1_visit: on",
    "pv1_visit: off",
    "pv1_3: order",
    "pv1_3: site_name",
    "pv1_7_17: ordering",
    "pv1_7_17: grader",
    "provider_type: UPIN",
    "provider_type: ''",
    "obr32: dated",
    "obr32: undated",
    "obr32: xcn",
    "obr32: off",
    "status: final_only",
    "status: corrected_on_regrade",
    "dg1: on",
    "dg1: off",
    "{ dg1: on, dg1_code: undotted }",
    "{ dg1: on, dg1_code: dotted }",
    "discrete: on",
    "discrete: off",
    "discrete_layout: obx",
    "discrete_layout: obx_nte",
    "observations: rev_c",
    "observations: rev_b",
    "observation_system: IRIS31",
    "eye_order: right_first",
    "eye_order: left_first",
    "severity_middle: ABNORMAL",
    "severity_middle: ALERT",
    "ungradable_severity: 'UNGRADABLE,A'",
    "quality_text: [Gradeable Image, Ungradable Image]",
    "other_severe_flag: AA",
    "other_severe_flag: A",
    "unlisted_values: refuse",
    "unlisted_values: pass",
    "narrative: lines",
    "narrative: single",
    "narrative: nte",
    "narrative: off",
    "narrative_type: ST",
    "narrative_id: REPORT",
    "narrative_text: Report & more",
    "narrative_system: L",
    "narrative_name: given_family",
    "narrative_name: family_comma_given",
    "signature: full",
    "signature: degree",
    "signature: name",
    r"disclaimer: 'See a doctor | nurse \'",
    "document: link",
    "document: pdf",
    "document: link_pdf",
    "document: file",
    "document: off",
    "{ document: pdf, pdf_set_id: next }",
    "{ document: pdf, pdf_set_id: repeat }",
    "link_base: https://example.org/report",
    "link_ampersand: raw",
    "link_ampersand: escaped",
    "link_addendum: on",
    "link_addendum: off",
    "{ document: file, file_backslash: escaped }",
    "obs_zone: UTC",
    "obs_zone: America/Chicago",
    "obs_clock: 24h",
    "obs_clock: 12h",
    "msh10_collision: allow",
    "msh10_collision: delay",
    "xcn_credentials: '6,7'",
    "xcn_credentials: '5,6'",
    "mdm: { enabled: on }",
    "mdm: { enabled: off }",
    "mdm: { layout: documented }",
    "mdm: { layout: standard }",
    "mdm: { txa4_precision: minute }",
    "mdm: { txa4_precision: second }",
    "mdm: { txa4_source: capture }",
    "mdm: { txa4_source: graded }",
    "mdm: { txa4_source: message }",
    "mdm: { txa10: ordering }",
    "mdm: { txa10: grader }",
    "icd: { default_category: E11 }",
    "icd: { default_category: E08 }",
    "icd: { dr_positive: unspecified }",
    "icd: { dr_positive: none }",
    "icd: { hiv: H30139 }",
    "icd: { hiv: none }",
    "icd: { wet_amd: six }",
    "icd: { wet_amd: seven }",
    "dx: { laterality: seven }",
    "dx: { laterality: none }",
    "dft: { enabled: true }",
    "dft: { enabled: false }",
    "dft: { ft1_option: 1 }",
    "dft: { ft1_option: 2 }",
    "dft: { cpt2: true }",
    "dft: { cpt2: true, cpt2_min_age: 21 }",
    "dft: { msh4: iris }",
    "dft: { msh4: orm }",
    "dft: { msh5: A&B }",
    "dft: { msh6: A^B }",
    "dft: { msh9: DFT^P03 }",
    "dft: { msh9: ORU^R01 }",
    "dft: { msh10_collision: allow }",
    "dft: { msh10_collision: delay }",
    "dft: { pid_id_type: MRN, pid_id_type_field: PID-2 }",
    "dft: { pid_id_type: MRN, pid_id_type_field: PID-3 }",
    "dft: { pid19: empty }",
    "dft: { pid19: echo }",
    "dft: { pv1_7_17: grader }",
    "dft: { pv1_7_17: ordering }",
    "dft: { pv1_45: send }",
    "dft: { pv1_45: capture }",
    "dft: { xcn_credentials: '6,7' }",
    "dft: { xcn_credentials: '5,6' }",
    "dft: { code_source: obr4 }",
    "dft: { code_source: fixed }",
    "dft: { code_source: fixed, code_professional: 92227^Imaging^CPT }",
    "dft: { ft1_option: 2, code_technical: 99999^Technical }",
    "dft: { cpt2: true, unit_cost_cpt2: '5 for {filler}' }",
    "dft: { ft1_option: 2, unit_cost: '10 for {filler}' }",
    "dft: { order_namespace: msh5 }",
    "dft: { order_namespace: msh6 }",
    "dft: { order_namespace: EPIC }",
    "dft: { order_namespace: '' }",
    "dft: { ft1_option: 2, o2_order_namespace: '' }",
    "dft: { ft1_option: 2, o2_order_namespace: msh6 }",
    "dft: { o1_component: '' }",
    "dft: { o1_component: '26' }",
    "dft: { o1_nc: true }",
    "dft: { o1_nc: false }",
    "dft: { ft1_option: 2, o2_component: true }",
    "dft: { ft1_option: 2, o2_component: false }",
    "dft: { mod_missing_eye: exclude }",
    "dft: { mod_missing_eye: count }",
    "dft: { dx_submitted: true }",
    "dft: { dx_submitted: false }",
    "dft: { dx_text: comma }",
    "dft: { dx_text: listed }",
    "dft: { clock: 24h }",
    "dft: { clock: 12h }",
];

/// A message with submitted and derived diagnoses, a condition, notes and an ungradable eye.
pub fn inputs() -> (Order, Grading) {
    let order = order_with("E1141", "mono & more");
    let right = eye("Moderate", "None", &[suspected("Suspected Glaucoma")]);
    let grading = grading_of(right, Eye::Ungradable { reason: Some("Media Opacity".into()) });
    (order, Grading { notes: vec!["First.".into(), "Second | third.".into()], regrade: true, ..grading })
}

/// The three messages under a profile.
pub fn messages(profile: &Profile) -> [Vec<u8>; 3] {
    let (order, grading) = inputs();
    [results::oru, results::mdm, results::dft].map(|build| build(&order, &grading, profile, &context()).unwrap())
}

/// The options that exist, from the error for one that does not.
pub fn options(of: &str) -> Vec<String> {
    let yaml = if of.is_empty() { "nothing: 0".into() } else { format!("{of}: {{ nothing: 0 }}") };
    let error = serde_yaml::from_str::<Profile>(&yaml).unwrap_err().to_string();
    let (_, known) = error.split_once("expected ").unwrap();
    known.split('`').skip(1).step_by(2).map(String::from).collect()
}

#[test]
fn the_list_leaves_no_option_out() {
    let listed = |of: &str, option: &str| {
        VALUES.iter().any(|value| {
            let value: serde_yaml::Value = serde_yaml::from_str(value).unwrap();
            let options = if of.is_empty() { Some(&value) } else { value.get(of) };
            options.is_some_and(|options| options.get(option).is_some())
        })
    };
    for of in ["", "dft", "mdm", "icd", "dx"] {
        let options = options(of);
        assert!(!options.is_empty(), "{of}");
        for option in options {
            assert!(listed(of, &option), "{of} {option} is missing");
        }
    }
}

#[test]
fn two_other_parsers_read_every_message_alike() {
    for options in VALUES {
        for message in messages(&profile(options)) {
            let text = std::str::from_utf8(&message).unwrap().trim_end_matches('\r');
            let first = hl7_parser::Message::parse(text).unwrap_or_else(|error| panic!("{options}: {error}"));
            let second = rusthl7::message::Message::new(text);
            let ours = hl7::Message::parse(message.as_slice()).unwrap();

            let names: Vec<_> = ours.segments().map(|segment| std::str::from_utf8(segment.name()).unwrap()).collect();
            assert_eq!(first.segments().map(|segment| segment.name).collect::<Vec<_>>(), names, "{options}");
            let second_names: Vec<_> = second.segments.iter().map(|segment| segment.fields[0].source).collect();
            assert_eq!(second_names, names, "{options}");

            for (index, segment) in ours.segments().enumerate() {
                let first = first.segments().nth(index).unwrap();
                let second = &second.segments[index].fields;
                assert_eq!(first.fields().count(), segment.fields(), "{options}: {}", names[index]);
                // One parser does not count the separator as MSH-1.
                let skipped = usize::from(names[index] == "MSH");
                for number in 1 + skipped..=segment.fields() {
                    let ours = segment.field(number).raw().map(|raw| std::str::from_utf8(raw).unwrap());
                    let at = format!("{options}: {}-{number}", names[index]);
                    assert_eq!(first.field(number).map(|field| field.raw_value()), ours, "{at}");
                    assert_eq!(Some(second[number - skipped].source), ours, "{at}");
                }
            }
        }
    }
}
