//! Observation sets of a customer.

use std::sync::Arc;

use crate::exams::{excluded, gradable, order_for, ungradable};
use crate::support::{context, eye, grading_of, normal, order, other, profile, segments, suspected};
use results::profile::Observations;
use results::{CustomSet, EvaluationType, Grading, Level, Order, Profile};

const HEADER: &str = "scope,kind,finding,level,result,identifier,value,flag\n";

/// A set that sends every kind of line.
const FULL: &str = "scope,kind,finding,level,result,identifier,value,flag,origin
order,severity,,,emergent,SUMMARY,Emergent,AA,
order,severity,,,urgent,SUMMARY,Urgent,AA,
order,severity,,,critical,SUMMARY,Critical,AA,
order,severity,,,abnormal,SUMMARY,Abnormal,A,
order,severity,,,*,SUMMARY,Other,,also of ungradable orders
OD,diagnosis,Diabetic Retinopathy,,Severe,DR_OD,Grade 3 ({result}),HH,first match wins
OD,diagnosis,Diabetic Retinopathy,,*,DR_OD,{result},,
OD,diagnosis,*,,*,,,,
OD,suspected,Suspected Cataract,,,CATARACT_OD,yes,A,
OD,suspected,Other,severe,,TEXT_OD,severe: {finding},A,
OD,suspected,*,,,OTHER_OD,{finding},,
OD,quality,,,gradable,QUALITY_OD,Good,N,
OD,quality,,,ungradable,QUALITY_OD,Bad,L,
OS,diagnosis,*,,*,ANY_OS,{result},,
OS,suspected,*,,*,,,,
OS,quality,,,*,QUALITY_OS,\"Seen, {result}\",ND,
";

fn with_set(csv: &str) -> Profile {
    let set = CustomSet::parse("site.csv", csv).unwrap();
    Profile { observations: Observations::Custom(Arc::new(set)), ..Profile::default() }
}

fn lines(order: &Order, grading: &Grading, profile: &Profile) -> Vec<String> {
    let message = segments(&results::oru(order, grading, profile, &context()).unwrap());
    let block = message.iter().filter(|segment| segment.contains("|ST|"));
    block
        .enumerate()
        .map(|(n, segment)| {
            let fields: Vec<_> = segment.split('|').collect();
            // DISC-220
            assert_eq!((fields[1], fields[4]), ((n + 1).to_string().as_str(), (n + 1).to_string().as_str()));
            let identifier = fields[3].split('^').next().unwrap();
            format!("{identifier} {} {}", fields[5], fields[8]).trim_end().to_owned()
        })
        .collect()
}

/// DISC-210
#[test]
fn a_set_replaces_identifiers_values_and_flags_disc_210() {
    let right = eye(
        "Severe",
        "Positive",
        &[
            other("Clot {result}", Level::Urgent),
            suspected("Suspected Cataract"),
            other("Detachment", Level::Severe),
            suspected("Suspected Choroidal Nevus"),
            suspected("Suspected Glaucoma"),
        ],
    );
    let expected = [
        "SUMMARY Urgent AA",
        "DR_OD Grade 3 (Severe) HH", // DISC-213, DISC-216: the first fitting row; DISC-218: any flag
        // DISC-216: macular edema has a row without identifier, so no line.
        "OTHER_OD Suspected Choroidal Nevus", // DISC-215: by level, within a level as graded
        "CATARACT_OD yes A",
        "OTHER_OD Suspected Glaucoma",
        "TEXT_OD severe: Detachment A",
        "OTHER_OD Clot {result}", // a text is never taken for a placeholder
        "QUALITY_OD Good N",
        "ANY_OS None", // DISC-217: no None line for suspected conditions
        "ANY_OS None",
        "QUALITY_OS Seen, gradable ND",
    ];
    assert_eq!(lines(&order(), &grading_of(right, normal()), &with_set(FULL)), expected);
}

/// DISC-214
#[test]
fn the_severity_key_follows_levels_then_flags_disc_214() {
    let severity = |right, left| lines(&order(), &grading_of(right, left), &with_set(FULL)).remove(0);
    let emergent = || eye("None", "None", &[suspected("Suspected Bilateral Papilledema")]);
    let urgent = || eye("None", "None", &[suspected("Suspected Disc Edema")]);
    assert_eq!(severity(urgent(), emergent()), "SUMMARY Emergent AA");
    assert_eq!(severity(urgent(), eye("Proliferative", "None", &[])), "SUMMARY Urgent AA");
    assert_eq!(severity(eye("None", "None", &[other("Scar", Level::Severe)]), normal()), "SUMMARY Critical AA");
    assert_eq!(severity(normal(), eye("Mild", "None", &[])), "SUMMARY Abnormal A");
    assert_eq!(severity(normal(), ungradable()), "SUMMARY Other");
    assert_eq!(severity(ungradable(), excluded()), "SUMMARY Other");
}

/// DISC-221
#[test]
fn an_ungradable_eye_has_its_quality_line_only_disc_221() {
    let left_first = Profile { eye_order: results::profile::EyeOrder::LeftFirst, ..with_set(FULL) };
    let expected = ["SUMMARY Abnormal A", "QUALITY_OS Seen, ungradable ND", "DR_OD Mild", "QUALITY_OD Good N"];
    assert_eq!(lines(&order(), &grading_of(eye("Mild", "None", &[]), ungradable()), &left_first), expected);
    let expected = ["SUMMARY Other", "QUALITY_OD Bad L"];
    assert_eq!(lines(&order(), &grading_of(ungradable(), excluded()), &with_set(FULL)), expected);
}

#[test]
fn what_no_row_fits_is_an_error_that_names_the_row_to_add_disc_216() {
    let published = profile("observations: custom:custom_set_iris31.csv");
    let papilledema = ("Suspected Bilateral Papilledema", "");
    let order = order_for(&[EvaluationType::DR]);
    for (right, expected) in [
        (gradable(&[]), "no row fits order severity result `normal`"),
        (gradable(&[("Suspected Disc Edema", "")]), "no row fits order severity result `urgent`"),
        (
            gradable(&[papilledema, ("Diabetic Retinopathy", "Mild")]),
            "no row fits OD diagnosis finding `Diabetic Retinopathy` result `Mild`",
        ),
        (
            gradable(&[papilledema, ("Suspected Choroidal Nevus", "")]),
            "no row fits OD suspected finding `Suspected Choroidal Nevus` level `not_referable`",
        ),
    ] {
        let error = results::oru(&order, &grading_of(right, ungradable()), &published, &context()).unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with(&format!("custom_set_iris31.csv: {expected}; add one")), "{message}");
        assert!(message.ends_with("(DISC-216)"), "{message}");
    }
}

#[test]
fn a_broken_set_is_refused_with_file_line_column_and_remedy_disc_212() {
    let row = |row: &str| format!("{HEADER}OD,quality,,,*,Q,ok,\n{row}\n");
    for (csv, expected) in [
        (String::new(), "site.csv, line 1, column scope: the header line must name `scope` once; columns: scope,kind,"),
        (HEADER.replace(",flag", ""), "site.csv, line 1, column flag: the header line must name `flag` once"),
        (HEADER.replace("flag", "flag,flag"), "site.csv, line 1, column flag: the header line must name `flag` once"),
        (
            HEADER.replace("flag", "flag,note"),
            "site.csv, line 1, column note: unknown column; remove it, or use `origin`",
        ),
        (HEADER.into(), "site.csv: no rows; write one for every line that may occur"),
        (
            row("OD,quality,,,*,Q,ok"),
            "site.csv, line 3: 7 fields, but the header has 8; put a text with commas in quotes",
        ),
        (
            row("RIGHT,quality,,,*,Q,ok,"),
            "site.csv, line 3, column scope: unknown variant `RIGHT`, expected one of `order`",
        ),
        (row("OD,finding,*,,*,Q,ok,"), "site.csv, line 3, column kind: unknown variant `finding`"),
        (
            row("OD,suspected,*,high,,Q,ok,"),
            "site.csv, line 3, column level: unknown variant `high`, expected one of `not_referable`",
        ),
        (row("OD,severity,,,normal,Q,ok,"), "site.csv, line 3, column scope: severity has the scope order"),
        (row("order,quality,,,*,Q,ok,"), "site.csv, line 3, column scope: severity has the scope order"),
        (
            row("OD,diagnosis,Diabetic retinopathy,,*,Q,ok,"),
            "site.csv, line 3, column finding: `Diabetic retinopathy` is no diagnosis",
        ),
        (row("OD,suspected,,,,Q,ok,"), "site.csv, line 3, column finding: empty; name a condition, or write *"),
        (row("OD,quality,Glaucoma,,*,Q,ok,"), "site.csv, line 3, column finding: belongs to diagnoses"),
        (
            row("OD,diagnosis,Glaucoma,urgent,*,Q,ok,"),
            "site.csv, line 3, column level: belongs to suspected conditions",
        ),
        (row("order,severity,,,high,Q,ok,"), "site.csv, line 3, column result: `high` is none of: emergent urgent"),
        (row("OD,quality,,,good,Q,ok,"), "site.csv, line 3, column result: `good` is none of: gradable ungradable *"),
        (row("OD,suspected,*,,None,Q,ok,"), "site.csv, line 3, column result: `None` is none of"),
        (row("OD,diagnosis,Glaucoma,,,Q,ok,"), "site.csv, line 3, column result: empty; give a value, or *"),
        (row("OD,quality,,,*,Q,,"), "site.csv, line 3, column value: empty; give one, or remove the identifier"),
        (
            row("OD,quality,,,*,Q,{reason},"),
            "site.csv, line 3, column value: only {result} and {finding} may stand in braces",
        ),
        (row("OD,quality,,,*,Q,ok,A^B"), "site.csv, line 3, column flag: `A^B` is no code of HL7 table 0078"),
    ] {
        let error = CustomSet::parse("site.csv", &csv).unwrap_err().to_string();
        assert!(error.starts_with(expected) && error.ends_with("(DISC-212)"), "{error}\n{csv}");
    }
}

#[test]
fn the_published_set_is_known_by_name_disc_222() {
    // DISC-211: 17 rows of the published table and its additions.
    let text = include_str!("../../mapping/custom_set_iris31.csv");
    let set = CustomSet::parse("custom_set_iris31.csv", text).unwrap();
    assert_eq!(text.lines().count(), 18);
    assert_eq!(CustomSet::embedded("custom_set_iris31.csv").as_deref(), Some(&set));
    assert_eq!(CustomSet::embedded("site.csv"), None);
    assert_eq!(profile("observations: custom:custom_set_iris31.csv").observations, Observations::Custom(Arc::new(set)));
}

#[test]
fn a_profile_file_takes_its_set_from_beside_it_disc_211() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let read = || Profile::read(&folder.path().join("site.yaml"));
    let error = || read().unwrap_err().to_string();
    let normal = grading_of(normal(), ungradable());

    assert!(error().contains("site.yaml: "), "{}", error());
    write("site.yaml", "documnt: pdf");
    assert!(error().contains("site.yaml: unknown field `documnt`"), "{}", error());
    write("site.yaml", "recv_app: EPIC");
    assert_eq!(read().unwrap(), profile("recv_app: EPIC"));

    write("site.yaml", "observations: custom:site.csv");
    assert!(error().contains("site.csv: "), "{}", error());
    write("site.csv", "scope\n");
    assert!(error().starts_with("site.csv, line 1, column kind: "), "{}", error());
    write("site.csv", FULL);
    assert_eq!(lines(&order(), &normal, &read().unwrap())[0], "SUMMARY Other");
    write("site.csv", &"x".repeat(2 << 20));
    assert!(error().contains("site.csv: longer than 1048576 bytes"), "{}", error());

    // DISC-222: the published set comes with the library, unless a file of its name stands there.
    write("site.yaml", "observations: custom:custom_set_iris31.csv");
    assert_eq!(read().unwrap(), profile("observations: custom:custom_set_iris31.csv"));
    write("custom_set_iris31.csv", FULL);
    assert_eq!(lines(&order(), &normal, &read().unwrap())[0], "SUMMARY Other");
}

#[test]
fn a_set_that_was_not_read_makes_no_message_disc_211() {
    let unread = profile("observations: custom:site.csv");
    assert_eq!(unread.observations, Observations::Unread("site.csv".into()));
    let error = results::oru(&order(), &grading_of(normal(), normal()), &unread, &context()).unwrap_err().to_string();
    assert!(error.starts_with("the observation set `site.csv` was not read; read the profile with Profile::read"));
    for name in ["custom:", "custom:../site.csv", r"custom:a\site.csv", "rev_a"] {
        let error = serde_yaml::from_str::<Profile>(&format!("observations: {name}")).unwrap_err().to_string();
        assert!(error.contains("is no observation set; write rev_c, rev_b or custom:<file.csv>"), "{error}");
    }
}
