//! Comparing messages.

use crate::examples::{FRAGMENT, MESSAGES, example};
use crate::generate::model;
use hl7::{Difference, Message, Note, Verdict, diff};
use proptest::prelude::*;

const BASE: &str = "MSH|^~\\&|IRIS|A\rPID|1||M1^^^^MRN~M2||DOE^JOHN\rOBX|1|ST|X^^IRIS|1|one\rOBX|2|ST|Y^^IRIS|2|two\r";

/// Compares with `from` replaced by `to`.
#[track_caller]
fn changed(from: &str, to: &str) -> hl7::Diff {
    assert!(BASE.contains(from), "{from}");
    diff(BASE.as_bytes(), BASE.replace(from, to).as_bytes())
}

/// The verdict, and each difference as label and kind.
fn summary(diff: &hl7::Diff) -> (Verdict, Vec<(&str, Note)>) {
    (diff.verdict, diff.differences.iter().map(|d| (d.label.as_str(), d.note)).collect())
}

#[track_caller]
fn one(from: &str, to: &str, verdict: Verdict, label: &str, note: Note) -> Difference {
    let diff = changed(from, to);
    assert_eq!(summary(&diff), (verdict, vec![(label, note)]));
    diff.differences.into_iter().next().unwrap()
}

#[test]
fn equal_bytes_are_identical() {
    for (_, bytes) in MESSAGES {
        let found = diff(bytes, bytes);
        assert_eq!((found.verdict, found.differences.len()), (Verdict::Identical, 0));
    }
    assert_eq!(diff(b"x", b"x").to_string(), "identical");
}

#[test]
fn a_changed_value_is_named_and_located() {
    let found = one("DOE", "DOG", Verdict::Different, "PID-5.1 Family Name", Note::Value);
    assert_eq!(found.path, Some("PID-5.1".parse().unwrap()));
    assert_eq!((found.expected, found.actual), (b"DOE".to_vec(), b"DOG".to_vec()));
    assert_eq!((found.offset_expected, found.offset_actual), (37, 37));
}

#[test]
fn the_smallest_element_that_holds_the_difference_is_named() {
    use Note::Value;
    use Verdict::Different;
    one("two", "2", Different, "OBX[2]-5 Observation Value", Value);
    one("M2", "M3", Different, "PID-3[2] Patient Identifier List", Value);
    one("MRN", "MR", Different, "PID-3.5 Identifier Type Code", Value);
    one("DOE^JOHN", "", Different, "PID-5 Patient Name", Value);
    one("DOE^", "DOE&X^", Different, "PID-5.1.2 Family Name", Value);
    one("JOHN", "\"\"", Different, "PID-5.2 Given Name", Value);
    one("|^~\\&|", "|^~\\&#|", Different, "MSH-2 Encoding Characters", Value);
}

#[test]
fn trailing_delimiters_mean_nothing_esc_005() {
    use Note::TrailingDelimiters;
    use Verdict::SameMeaning;
    one("|A\r", "|A|||\r", SameMeaning, "MSH Message Header", TrailingDelimiters);
    one("JOHN\r", "JOHN^^\r", SameMeaning, "PID-5 Patient Name", TrailingDelimiters);
    one("~M2", "~M2~", SameMeaning, "PID-3 Patient Identifier List", TrailingDelimiters);
    one("JOHN\r", "JOHN&\r", SameMeaning, "PID-5.2 Given Name", TrailingDelimiters);
    one("M1^^^^MRN~M2||", "M1^^^^MRN~M2|^^|", SameMeaning, "PID-4 Alternate Patient ID - PID", TrailingDelimiters);
    let tail = one("|A\r", "|A||\r", SameMeaning, "MSH Message Header", TrailingDelimiters);
    assert_eq!((tail.offset_expected, tail.expected, tail.actual), (15, Vec::new(), b"||".to_vec()));
}

#[test]
fn trailing_blanks_mean_nothing_esc_007() {
    use Note::TrailingBlanks;
    use Verdict::SameMeaning;
    one("JOHN", "JOHN  ", SameMeaning, "PID-5.2 Given Name", TrailingBlanks);
    one("DOE^", "DOE ^", SameMeaning, "PID-5.1 Family Name", TrailingBlanks);
    one("|one\r", "|one| \r", SameMeaning, "OBX-6 Units", TrailingBlanks);
    one("JOHN", " JOHN", Verdict::Different, "PID-5.2 Given Name", Note::Value);
}

#[test]
fn the_spelling_of_escapes_means_nothing() {
    let with = |value: &str| BASE.replace("JOHN", value);
    let compare = |x: &str, y: &str| diff(with(x).as_bytes(), with(y).as_bytes());
    let found = compare(r"A\T\B", r"A\X26\B");
    assert_eq!(summary(&found), (Verdict::SameMeaning, vec![("PID-5.2 Given Name", Note::Escapes)]));
    assert_eq!(compare(r"A\T\B", "A&B").verdict, Verdict::Different);
    assert_eq!(compare(r"A\.br\B", "AB").verdict, Verdict::Different); // ESC-016
}

#[test]
fn segment_ends_mean_nothing_and_are_reported_once() {
    use Note::SegmentEnds;
    use Verdict::SameMeaning;
    for (from, to, label) in [
        ("\r", "\n", "MSH Message Header"),
        ("\r", "\r\n", "MSH Message Header"),
        ("two\r", "two", "OBX[2] Observation/Result"),
        ("JOHN\r", "JOHN\r\r", "PID Patient Identification"),
    ] {
        one(from, to, SameMeaning, label, SegmentEnds);
    }
}

#[test]
fn a_link_is_compared_as_raw_bytes_esc_022_esc_023() {
    let message = |link: &str| format!("MSH|^~\\&|IRIS\rOBX|1|RP|LINK|1|{link}||||||F\r");
    let found = diff(message("https://x?a=1&b=2").as_bytes(), message("https://x?a=1\\T\\b=2").as_bytes());
    assert_eq!(summary(&found), (Verdict::Different, vec![("OBX-5 Observation Value", Note::Value)]));
    let found = diff(message("https://x").as_bytes(), message("https://x ").as_bytes());
    assert_eq!(found.verdict, Verdict::Different);
}

#[test]
fn a_missing_or_added_segment_is_one_difference() {
    use Note::{Missing, Surplus};
    use Verdict::Different;
    let missing = one("OBX|1|ST|X^^IRIS|1|one\r", "", Different, "OBX Observation/Result", Missing);
    assert_eq!((missing.expected, missing.actual), (b"OBX|1|ST|X^^IRIS|1|one".to_vec(), Vec::new()));
    assert_eq!((missing.offset_expected, missing.offset_actual), (46, 46));
    one("OBX|2|ST|Y^^IRIS|2|two\r", "", Different, "OBX[2] Observation/Result", Missing);
    one("PID|", "EVN|1\rPID|", Different, "EVN Event Type", Surplus);
    one("two\r", "two\rNTE|1||x\r", Different, "NTE Notes and Comments", Surplus);
}

#[test]
fn segments_after_a_missing_one_stay_paired_when_they_are_renumbered() {
    let lines = |names: &[&str]| {
        let lines = names.iter().enumerate().map(|(i, name)| format!("\rOBX|{0}|ST|{name}^^IRIS|{0}|some", i + 1));
        lines.fold("MSH|^~\\&|IRIS".to_owned(), |message, line| message + &line)
    };
    let (expected, actual) = (lines(&["RIGHT", "LEFT", "QUALITY"]), lines(&["RIGHT", "QUALITY"]));
    let found = diff(expected.as_bytes(), actual.as_bytes());
    let expected = vec![
        ("OBX[2] Observation/Result", Note::Missing),
        ("OBX[3]-1 Set ID - OBX", Note::Value),
        ("OBX[3]-4 Observation Sub-ID", Note::Value),
    ];
    assert_eq!(summary(&found), (Verdict::Different, expected));
}

#[test]
fn a_message_with_other_delimiters_differs_in_these_only() {
    let found = diff(b"MSH|^~\\&|A^B\rPID|1|x\\F\\^~\r", b"MSH*:+?%*A:B\rPID*1*x|:+\r");
    let expected = vec![
        ("MSH-1 Field Separator", Note::Value),
        ("MSH-2 Encoding Characters", Note::Value),
        ("PID-2.1 ID Number", Note::Escapes),
    ];
    assert_eq!(summary(&found), (Verdict::Different, expected));
    // The same bytes mean something else when the delimiters do.
    let found = diff(b"MSH|^~\\&|A^B", b"MSH|:~\\&|A^B");
    assert!(found.differences.iter().any(|d| d.label.starts_with("MSH-3")), "{found}");
}

#[test]
fn bytes_that_are_no_hl7_are_compared_as_a_whole() {
    let found = diff(FRAGMENT, b"");
    assert_eq!(found.verdict, Verdict::Different);
    assert_eq!(found.differences.len(), 1);
    assert_eq!(found.differences[0].note, Note::NotHl7);
    assert!(found.differences[0].label.contains("actual bytes: the message is empty"));
}

#[test]
fn the_report_names_the_field_first_and_then_shows_values_offsets_and_bytes() {
    let report = diff(b"MSH|^~\\&|A\rPID|1|DOE\r", b"MSH|^~\\&|A\rPID|1|D\x07E\r").to_string();
    let expected = "different: 1 difference\n\n\
        PID-2 Patient ID: the values differ\n\
        \x20 expected  DOE\n\
        \x20 actual    D<0x07>E\n\
        \x20 from byte 18 (expected), 18 (actual)\n\
        \x20 expected  44 4f 45                                         DOE\n\
        \x20 actual    44 07 45                                         D.E";
    assert_eq!(report, expected);
}

#[test]
fn the_report_puts_changed_values_before_spelling_and_counts_the_rest() {
    let line = |value: &str| (0..30).map(|_| format!("|{value}")).collect::<String>();
    let expected = format!("MSH|^~\\&|A\rZZZ{}|x", line("a"));
    let actual = format!("MSH|^~\\&|A\rZZZ{}|y", line("a "));
    let report = diff(expected.as_bytes(), actual.as_bytes()).to_string();
    assert!(report.starts_with("different: 31 differences\n\nZZZ-31: the values differ"), "{report}");
    assert!(report.ends_with("... and 11 more"), "{report}");
}

#[test]
fn the_examples_differ_from_each_other_in_few_places() {
    let (expected, actual) = (example("derived-new-order"), example("derived-repeating-ids"));
    let found = diff(expected, actual);
    assert_eq!(found.verdict, Verdict::Different);
    assert!(found.differences.iter().any(|d| d.label == "MSH-10 Message Control ID"), "{found}");
    assert!(found.differences.len() < 12, "{found}");
}

proptest! {
    #[test]
    fn differences_are_where_they_say_and_none_means_identical(x in model(), y in model()) {
        let (x, y) = (x.bytes(), y.bytes());
        let found = diff(&x, &y);
        prop_assert_eq!(found.differences.is_empty(), x == y);
        prop_assert_eq!(found.verdict == Verdict::Identical, x == y);
        for d in &found.differences {
            prop_assert_eq!(&x[d.offset_expected..][..d.expected.len()], &d.expected[..]);
            prop_assert_eq!(&y[d.offset_actual..][..d.actual.len()], &d.actual[..]);
        }
        prop_assert_eq!(diff(&y, &x).verdict, found.verdict);
    }

    #[test]
    fn adding_ends_blanks_and_delimiters_keeps_the_meaning(model in model(), blanks in 0..3_usize, delimiters in 0..3_usize) {
        let bytes = model.bytes();
        let d = model.delimiters;
        prop_assume!(!bytes.windows(2).any(|w| w == b"RP"));
        let message = Message::parse(bytes.clone()).unwrap();
        let lines = message.segments().map(|segment| {
            let mut line = segment.bytes().to_vec();
            line.extend(std::iter::repeat_n(b' ', blanks));
            line.extend(std::iter::repeat_n(d.component, delimiters));
            line.extend(std::iter::repeat_n(d.field, delimiters));
            line
        });
        let other = lines.collect::<Vec<_>>().join(&b"\n"[..]);
        let found = diff(&bytes, &other);
        prop_assert!(found.verdict != Verdict::Different, "{}", found);
    }
}
