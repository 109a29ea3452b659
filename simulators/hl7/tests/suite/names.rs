//! Names of elements.

use hl7::names;

#[test]
fn fields_stand_at_their_number() {
    // One late field of each segment, so that a name too many or too few in a list is noticed.
    for (segment, number, name) in [
        ("MSH", 12, "Version ID"),
        ("MSH", 18, "Character Set"),
        ("PID", 19, "SSN Number - Patient"),
        ("PID", 30, "Patient Death Indicator"),
        ("PV1", 8, "Referring Doctor"),
        ("PV1", 19, "Visit Number"),
        ("PV1", 45, "Discharge Date/Time"),
        ("PV1", 52, "Other Healthcare Provider"),
        ("ORC", 13, "Enterer's Location"),
        ("ORC", 25, "Order Status Modifier"),
        ("ORC", 29, "Order Type"),
        ("OBR", 4, "Universal Service Identifier"),
        ("OBR", 16, "Ordering Provider"),
        ("OBR", 32, "Principal Result Interpreter"),
        ("OBR", 47, "Filler Supplemental Service Information"),
        ("DG1", 6, "Diagnosis Type"),
        ("OBX", 11, "Observation Result Status"),
        ("NTE", 3, "Comment"),
        ("EVN", 2, "Recorded Date/Time"),
        ("FT1", 19, "Diagnosis Code - FT1"),
        ("FT1", 26, "Procedure Code Modifier"),
        ("TXA", 12, "Unique Document Number"),
        ("TXA", 17, "Document Completion Status"),
        ("TXA", 23, "Distributed Copies"),
        ("MSA", 2, "Message Control ID"),
        ("ERR", 4, "Severity"),
    ] {
        assert_eq!(names::field(segment, number), Some(name), "{segment}-{number}");
    }
}

#[test]
fn components_stand_at_their_number() {
    for (segment, field, component, name) in [
        ("PID", 2, 5, "Identifier Type Code"),
        ("PID", 5, 2, "Given Name"),
        ("ORC", 2, 2, "Namespace ID"),
        ("ORC", 12, 9, "Assigning Authority"),
        ("ORC", 12, 13, "Identifier Type Code"),
        ("ORC", 13, 9, "Location Description"),
        ("OBR", 4, 5, "Alternate Text"),
        ("OBR", 32, 5, "Full Name"),
        ("MSH", 9, 2, "Trigger Event"),
        ("PV1", 3, 1, "Point of Care"),
        ("ERR", 1, 4, "Code Identifying Error"),
    ] {
        assert_eq!(names::component(segment, field, component), Some(name), "{segment}-{field}.{component}");
    }
}

#[test]
fn what_has_no_name_has_none() {
    assert_eq!(names::segment("ZZZ"), None);
    assert_eq!(names::field("PID", 0), None);
    assert_eq!(names::field("PID", 40), None);
    assert_eq!(names::component("PID", 5, 0), None);
    assert_eq!(names::component("PID", 7, 1), None);
    assert_eq!(names::component("OBX", 5, 1), None);
    assert_eq!(names::segment("TXA"), Some("Transcription Document Header"));
}
