//! The published pairs of finding and result.

use crate::exams::{block, gradable, lines, order_for};
use crate::support::{grading_of, order, other};
use results::{EvaluationType, Eye, Level};

#[derive(serde::Deserialize)]
struct Pair {
    id: String,
    finding: String,
    result: String,
    kind: String,
}

fn pairs(csv: &str) -> Vec<Pair> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
}

/// Value of the only line of the right eye that says something about the finding.
fn reported(pair: &Pair, options: &str) -> String {
    let mut findings = vec![(pair.finding.as_str(), pair.result.as_str())];
    if pair.result == "Indeterminable" {
        findings.push(("Suspected Cataract", "")); // FND-009
    }
    let lines = lines(&order_for(&[EvaluationType::SP]), &grading_of(gradable(&findings), gradable(&[])), options);
    assert_eq!(lines.len(), if pair.kind == "diagnosed" { 6 } else { 5 }, "{lines:?}");
    lines[1].split_once(' ').unwrap().1.into()
}

fn without_flag(value: &str) -> &str {
    value.trim_end_matches(" AA").trim_end_matches(" A")
}

/// FND-D01 to FND-D06, FND-S01 to FND-S16
/// FND-001
#[test]
fn every_published_pair_is_reported_under_its_name_fnd_001() {
    let pairs = pairs(include_str!("../data/findings/findings.csv"));
    assert_eq!(pairs.len(), 39);
    for pair in &pairs {
        let name = format!("{} {} {}", pair.id, pair.finding, pair.result);
        match (pair.kind.as_str(), pair.result.as_str()) {
            ("diagnosed", result) => assert_eq!(without_flag(&reported(pair, "")), result, "{name}"),
            ("suspected", "") => assert_eq!(without_flag(&reported(pair, "")), pair.finding, "{name}"),
            // FND-S16, FND-006: the text of the grader is the result.
            ("suspected", "{free text}") => {
                let right = Eye::Gradable(vec![other("Scar", Level::Referable)]);
                let lines = lines(&order_for(&[EvaluationType::SP]), &grading_of(right, gradable(&[])), "");
                assert_eq!((pair.finding.as_str(), lines[1].as_str()), ("Other", "RIGHTOTHERRETIN Scar A"));
            }
            // FND-G01: ungradable is a state of the eye, not a finding.
            ("gradability", "") => {
                let right = gradable(&[(&pair.finding, "")]);
                assert!(block(&order(), &grading_of(right, gradable(&[])), "").is_err(), "{name}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// FND-005
#[test]
fn pairs_seen_elsewhere_are_reported_too_fnd_005() {
    let pairs = pairs(include_str!("../data/findings/findings_extra.csv"));
    assert_eq!(pairs.len(), 18);
    for pair in &pairs {
        // Grades of macular edema belong to the older set (DISC-172).
        let options = if pair.finding == "Macular Edema" { "observations: rev_b" } else { "" };
        let (value, id) = (reported(pair, options), &pair.id);
        let expected = if pair.result.is_empty() { &pair.finding } else { &pair.result };
        assert!(without_flag(&value).eq_ignore_ascii_case(expected), "{id} {expected}: {value}");
    }
}
