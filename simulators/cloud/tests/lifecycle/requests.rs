//! How an OrderRequest is read, and what of it comes back in the result (08 section 2).

use serde_json::{Map, Value, json};

use crate::support::{Rig, normal, nw, set};

const ORDER: &str = "A1";

fn provider() -> Value {
    json!({
        "NPI": "1999999999", "Taxonomy": "207W00000X", "Name": { "First": "Ann", "Last": "Lee" },
        "Email": "ann@lee.example", "Degrees": "OD", "Associations": "AOA",
    })
}

/// Requirements, property, value; where the result shows it, and as what.
#[rustfmt::skip]
fn echoed() -> Vec<(&'static str, &'static str, Value, &'static str, Value)> {
    vec![
        ("LIFE-RQ-58", "/Order/LocalId", json!("A1"), "/Order/LocalId", json!("A1")),
        ("LIFE-RQ-60, LIFE-RS-38", "/Order/ScheduledTime", json!("2022-01-05T08:30:00"), "/Order/ScheduledTime", json!("2022-01-05T08:30:00.0000000+00:00")),
        ("LIFE-RQ-60, LIFE-025", "/Order/ScheduledTime", json!("1/5/2022"), "/Order/ScheduledTime", json!("2022-01-05T00:00:00.0000000+00:00")),
        ("LIFE-025", "/Order/ScheduledTime", json!("2022-01-05T08:30:00.5-05:00"), "/Order/ScheduledTime", json!("2022-01-05T13:30:00.5000000+00:00")),
        ("LIFE-RQ-61", "/Order/DepartmentId", json!("D7"), "/Order/DepartmentId", json!("D7")),
        ("LIFE-RQ-62", "/Order/EncounterNumber", json!("E7"), "/Order/EncounterNumber", json!("E7")),
        ("LIFE-RQ-63", "/Order/StudyInstanceUniqueId", json!("1.2.840.1"), "/Order/StudyInstanceUniqueId", json!("1.2.840.1")),
        ("LIFE-RQ-64", "/Order/OrderableIdentifier", json!("OPH112"), "/Order/OrderableIdentifier", json!("OPH112")),
        ("LIFE-RQ-65, LIFE-C8", "/Order/CPTCode", json!("57554"), "/Cpt", json!({ "Code": "57554", "Description": null })),
        ("LIFE-RQ-71, LIFE-RQ-72, LIFE-RS-15", "/Order/CPTCode", json!({ "Code": "92250", "Description": "Fundus" }), "/Cpt", json!({ "Code": "92250", "Description": "Fundus" })),
        ("LIFE-RQ-66", "/Order/AdditionalInfo", json!("left handed"), "/Order/AdditionalInfo", json!("left handed")),
        ("LIFE-RQ-67, LIFE-010, LIFE-RS-39", "/Order/State", json!("Georgia"), "/Order/State", json!("Georgia")),
        ("LIFE-010: of the site", "/Order/State", json!(null), "/Order/State", json!("FL")),
        ("LIFE-RQ-68", "/Order/SingleEyeOnly", json!(true), "/Order/SingleEyeOnly", json!(true)),
        ("LIFE-RQ-68, LIFE-RS-24", "/Order/SingleEyeOnly", json!(true), "/ImageDetails/SingleEyeOnly", json!(true)),
        ("LIFE-RQ-68, LIFE-C21", "/Order/SingleEyeOnly", json!(false), "/Order/SingleEyeOnly", json!(false)),
        ("LIFE-RQ-69", "/Order/MissingEyeReason", json!("Enucleation"), "/Order/MissingEyeReason", json!("Enucleation")),
        ("LIFE-RQ-59, LIFE-RS-37", "/Order/EvaluationTypes", json!(["DR"]), "/Order/EvaluationTypes", json!(["DR"])),
        ("LIFE-023", "/Order/EvaluationTypes", json!([1]), "/Order/EvaluationTypes", json!(["DR"])),
        ("LIFE-023", "/Order/EvaluationTypes", json!(["4"]), "/Order/EvaluationTypes", json!(["DRME"])),
        ("LIFE-008", "/Order/EvaluationTypes", json!(["DR", "SP"]), "/Order/EvaluationTypes", json!(["DR", "SP"])),
        ("LIFE-RQ-43, LIFE-RS-43", "/Patient/Name", json!({ "First": "Zoë", "Last": "O'Hara" }), "/Patient/Name", json!({ "First": "Zoë", "Last": "O'Hara" })),
        ("LIFE-RQ-81, LIFE-C9", "/Patient/Name", json!({ "First": "A", "Last": "B", "Middle": "M", "Title": "Dr" }), "/Patient/Name", json!({ "First": "A", "Last": "B" })),
        ("LIFE-RQ-44, LIFE-025", "/Patient/Dob", json!("2/1/1960"), "/Patient/Dob", json!("1960-02-01")),
        ("LIFE-025", "/Patient/Dob", json!("02/01/1960"), "/Patient/Dob", json!("1960-02-01")),
        ("LIFE-025", "/Patient/Dob", json!("1960-02-01T00:00:00"), "/Patient/Dob", json!("1960-02-01")),
        ("LIFE-025", "/Patient/Dob", json!("1960-02-01T00:00:00.000Z"), "/Patient/Dob", json!("1960-02-01")),
        ("LIFE-RQ-45, LIFE-RS-44", "/Patient/Genders", json!([{ "Context": "Unknown", "Gender": "X" }]), "/Patient/Genders", json!([{ "Context": "Unknown", "Gender": "X" }])),
        ("LIFE-RS-45", "/Patient/Genders", json!([{ "Context": "IdentityGender", "Gender": "TF" }]), "/Patient/Gender", json!("TF")),
        ("LIFE-RS-45", "/Patient/Genders", json!([{ "Context": "IdentityGender", "Gender": "TF" }, { "Context": "BirthGender", "Gender": "M" }]), "/Patient/Gender", json!("M")),
        ("LIFE-RS-45", "/Patient/Genders", json!([{ "Context": "Unknown", "Gender": "M" }]), "/Patient/Gender", json!("U")),
        ("LIFE-023, LIFE-EN-01, LIFE-EN-05", "/Patient/Genders", json!([{ "Context": 2, "Gender": "8" }]), "/Patient/Genders", json!([{ "Context": "BirthGender", "Gender": "EQ" }])),
        ("LIFE-C17, LIFE-RQ-57", "/Patient/Genders", json!([{ "Context": "BirthGender", "Value": "F" }]), "/Patient/Genders", json!([{ "Context": "BirthGender", "Gender": "F" }])),
        ("LIFE-RQ-52", "/Patient/Phone", json!("5551234"), "/Patient/Phone", json!("5551234")),
        ("LIFE-RQ-55, ICD-004", "/Patient/DxCode", json!("e10.9"), "/Gradings/DxCodes", json!([])),
        ("LIFE-RQ-09, LIFE-RS-11, LIFE-RQ-73 to LIFE-RQ-78", "/OrderingProvider", provider(), "/OrderingProvider", provider()),
        ("LIFE-C9, LIFE-RQ-75", "/OrderingProvider", json!({ "Name": "Ann B Lee" }), "/OrderingProvider/Name", json!({ "First": "Ann B", "Last": "Lee" })),
        ("LIFE-RQ-11, LIFE-RS-13", "/CameraOperator", json!({ "NPI": "1999999999", "Name": { "First": "Ann", "Last": "Lee" } }), "/CameraOperator/Name", json!({ "First": "Ann", "Last": "Lee" })),
        ("LIFE-RQ-12, LIFE-RS-13", "/CameraOperatorUserName", json!("ann"), "/CameraOperator/UserName", json!("ann")),
        ("LIFE-RQ-13, LIFE-RQ-82 to LIFE-RQ-84, LIFE-RS-14", "/HealthPlan", json!({ "LocalId": "H1", "Name": "Plan", "MemberId": "M1" }), "/HealthPlan", json!({ "LocalId": "H1", "Name": "Plan", "MemberId": "M1" })),
        ("LIFE-RQ-85 to LIFE-RQ-87: taken, not echoed", "/HealthPlan", json!({ "LocalId": "H1", "IndividualId": "I1", "GroupName": "G", "PolicyNumber": "7", "PrimaryCareProvider": { "NPI": "1" } }), "/HealthPlan", json!({ "LocalId": "H1", "Name": null, "MemberId": null })),
        ("LIFE-RQ-15, LIFE-RS-05", "/Site/LocalId", json!("PC1234"), "/Site/LocalId", json!("PC1234")),
    ]
}

#[test]
fn what_a_request_says_comes_back_in_the_result() {
    for (id, property, value, shown, expected) in echoed() {
        let mut rig = Rig::new();
        let result = rig.graded(&set(nw(ORDER), property, value.clone()));
        assert_eq!(result.pointer(shown), Some(&expected), "{id}: {property} {value}");
    }
}

#[test]
fn what_is_optional_is_taken_and_has_no_effect() {
    let others = [
        ("LIFE-RQ-14", "/$schema", json!("https://example.org/schema.json")),
        ("LIFE-RQ-07", "/UserNameSubmitting", json!("ann")),
        ("LIFE-RQ-10", "/ReferringProvider", provider()),
        ("LIFE-RQ-47", "/Patient/Race", json!("2106-3")),
        ("LIFE-RQ-48, LIFE-092", "/Patient/Ethnicity", json!("2135-2")),
        ("LIFE-RQ-49", "/Patient/PrimaryLanguage", json!("en-US")),
        ("LIFE-RQ-50", "/Patient/MaritalStatus", json!("M")),
        ("LIFE-RQ-51", "/Patient/Email", json!("a@b.example")),
        ("LIFE-RQ-53", "/Patient/AdditionalInfo", json!("blue eyes")),
        ("LIFE-RQ-54", "/Patient/Address", json!({ "Street": "1 Way", "Zip": "98104" })),
        ("LIFE-RQ-70", "/Order/Urgent", json!(true)),
        (
            "LIFE-RQ-86, LIFE-RQ-88 to LIFE-RQ-91, LIFE-C20",
            "/HealthPlan",
            json!({ "PrimaryCareProvider": {
            "NPI": "1999999999", "EmailAddress": "p@c.example", "FaxNumber": "4444444444", "Name": { "Last": "Pcp" } } }),
        ),
        ("LIFE-021", "/Nonsense", json!({ "LocalId": [1, 2] })),
        ("LIFE-021", "/Order/Nonsense", json!("ignored")),
        ("LIFE-022", "/OrderingProvider", json!({ "NPI": "", "Name": {}, "Email": null })),
        ("LIFE-022", "/Camera", json!({ "Images": [], "LocalId": "" })),
        ("LIFE-022", "/Order/State", json!("")),
        ("LIFE-RQ-01, LIFE-C18", "/Version", json!("V2.3.1")),
        ("LIFE-023, LIFE-EN-23", "/OrderControlCode", json!(1)),
        ("LIFE-023", "/OrderControlCode", json!("1")),
    ];
    let plain = Rig::new().graded(&nw(ORDER));
    for (id, property, value) in others {
        assert_eq!(Rig::new().graded(&set(nw(ORDER), property, value)), plain, "{id}: {property}");
    }
}

#[test]
fn the_deprecated_gender_alone_is_enough_life_rq_46() {
    for (given, shown) in [(json!("F"), "F"), (json!(2), "F"), (json!("ND"), "ND")] {
        let request = set(set(nw(ORDER), "/Patient/Genders", Value::Null), "/Patient/Gender", given);
        assert_eq!(Rig::new().graded(&request)["Patient"]["Gender"], shown, "LIFE-RQ-46");
    }
}

fn renamed(value: Value, name: fn(&str) -> String) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object.into_iter().map(|(key, value)| (name(&key), renamed(value, name))).collect::<Map<_, _>>(),
        ),
        Value::Array(items) => items.into_iter().map(|item| renamed(item, name)).collect(),
        other => other,
    }
}

#[test]
fn property_names_match_in_any_case_life_020() {
    let plain = Rig::new().graded(&nw(ORDER));
    for name in [str::to_lowercase, str::to_uppercase] {
        let mut rig = Rig::new();
        assert_eq!(rig.request(&renamed(nw(ORDER), name)).kinds(), ["OrderCreationReceipt"], "LIFE-020");
        rig.images(ORDER);
        let result = rig.grading(&renamed(normal(ORDER), name)).json();
        assert_eq!(result, plain, "LIFE-020: written in the documented case");
    }
}

#[test]
fn a_known_provider_is_completed_by_npi_life_rq_73() {
    let mut rig = Rig::new();
    rig.request(&set(nw("B1"), "/OrderingProvider", provider()));
    let result = rig.graded(&set(nw(ORDER), "/OrderingProvider", json!({ "NPI": "1999999999" })));
    assert_eq!(result["OrderingProvider"], provider(), "LIFE-RQ-73: sent before");
    let unknown = json!({ "NPI": "1888888888" });
    let result = rig.graded(&set(nw("C1"), "/OrderingProvider", unknown));
    assert_eq!(result["OrderingProvider"]["Name"], json!({ "First": null, "Last": null }), "LIFE-RQ-73: never sent");
}

#[test]
fn an_unknown_site_is_created_if_agreed_life_031() {
    let described = json!({ "LocalId": "new", "Name": "New Clinic", "Address": {
        "Street": "1 Way", "Street2": "Suite 2", "City": "Bellevue", "State": "WA", "Zip": "98104" } });
    let request = set(nw(ORDER), "/Site", described.clone());
    let kinds = Rig::new().request(&request).kinds();
    assert_eq!(kinds, ["OrderCreationReceipt!"], "LIFE-030: not by default");

    let mut rig = Rig::option("site.auto_create", "true");
    for (id, missing) in
        [("LIFE-RQ-16", "/Site/Name"), ("LIFE-RQ-17", "/Site/Address"), ("LIFE-RQ-21", "/Site/Address/State")]
    {
        let request = set(request.clone(), missing, Value::Null);
        assert_eq!(rig.request(&request).kinds(), ["OrderCreationReceipt!"], "LIFE-031: {id}");
    }
    let result = rig.graded(&request);
    let address = json!({
        "Street1": "1 Way", "Street2": "Suite 2", "City": "Bellevue", "State": "WA", "PostalCode": "98104" });
    let site = json!({ "LocalId": "new", "Name": "New Clinic", "Address": address });
    assert_eq!(result["Site"], site, "LIFE-031, LIFE-C7, LIFE-RQ-18 to LIFE-RQ-22, LIFE-C30");
    assert_eq!(result["Order"]["State"], "WA", "LIFE-010");
    let again = set(nw("B1"), "/Site", json!({ "LocalId": "new" }));
    assert_eq!(rig.request(&again).kinds(), ["OrderCreationReceipt"], "LIFE-031: from now on it is known");
}

#[test]
fn the_documented_name_wins_over_its_alias_life_c7() {
    let mut rig = Rig::option("site.auto_create", "true");
    let site = json!({ "LocalId": "new", "Name": "N", "Address": {
        "Zip": "1", "PostalCode": "2", "Street1": "3", "Street": "4", "State": "WA" } });
    let address = rig.graded(&set(nw(ORDER), "/Site", site))["Site"]["Address"].clone();
    assert_eq!((&address["PostalCode"], &address["Street1"]), (&json!("2"), &json!("3")), "LIFE-C7");
}
