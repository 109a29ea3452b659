//! Path texts.

use hl7::{Path, PathError};

#[test]
fn paths_are_read_and_written_alike() {
    for text in ["PID", "OBX[3]", "PID-5", "PID-5[1]", "PID-5[2]", "PID-5.1", "PID-5[2].1.1", "OBX[3]-5.5", "DG1-3.1"] {
        assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
    }
}

#[test]
fn the_first_occurrence_and_repetition_may_be_named_or_left_out() {
    assert_eq!("PID[1]-5[1].2".parse::<Path>(), "PID-5.2".parse::<Path>());
    assert_ne!("PID-5[1]".parse::<Path>(), "PID-5".parse::<Path>());
}

#[test]
fn labels_carry_the_name_of_the_element() {
    for (path, label) in [
        ("PID-5.1", "PID-5.1 Family Name"),
        ("PID-5", "PID-5 Patient Name"),
        ("PID", "PID Patient Identification"),
        ("OBX[3]-5", "OBX[3]-5 Observation Value"),
        ("PID-3[2].5", "PID-3[2].5 Identifier Type Code"),
        ("PID-7.1", "PID-7.1 Date/Time of Birth"),
        ("ZZZ-1", "ZZZ-1"),
    ] {
        assert_eq!(path.parse::<Path>().unwrap().label(), label);
    }
    assert_eq!("ORC-12.13".parse::<Path>().unwrap().name(), Some("Identifier Type Code"));
}

#[test]
fn wrong_paths_say_what_is_wrong() {
    for text in ["", "pid-5", "PI-5", "PIDX", "1ID", "P D-1", "P\u{e9}-1"] {
        assert!(matches!(text.parse::<Path>(), Err(PathError::Segment { .. })), "{text}");
    }
    for text in
        ["PID-", "PID-0", "PID-5.", "PID-5.x", "PID-5[0]", "PID-5[1", "PID-5[1]x", "PID-+5", "PID-100000", "PID[]"]
    {
        assert!(matches!(text.parse::<Path>(), Err(PathError::Number { .. })), "{text}");
    }
    assert!(matches!("PID-5.1.1.1".parse::<Path>(), Err(PathError::Surplus { .. })));
    let error = "PID-5.x".parse::<Path>().unwrap_err().to_string();
    assert_eq!(error, "path `PID-5.x`: `x` is no number from 1 to 99999; all numbers in a path start at 1");
}
