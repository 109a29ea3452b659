//! Every file of the JSON examples is accepted, or made.

use cloud::lifecycle::{Camera, Control, Input, Name, Output, Provider, State};
use results::{Grader, Plan};
use serde_json::{Value, json};

use crate::support::{CLIENT, Rig, at, example, eye, normal, set, submission};

fn parsed(name: &str) -> Value {
    serde_json::from_str(&example(name)).unwrap()
}

/// The JSON of an output as the example files are written.
fn pretty(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// An example with other values for these properties. Text, so that the order of the properties counts.
fn with(name: &str, values: &[(&str, &str)]) -> String {
    let mut lines: Vec<String> = example(name).trim_end().lines().map(str::to_owned).collect();
    for (property, value) in values {
        let start = format!("\"{property}\": ");
        let line = lines.iter_mut().find(|line| line.trim_start().starts_with(&start)).expect(property);
        let comma = if line.ends_with(',') { "," } else { "" };
        let indent = line.len() - line.trim_start().len();
        *line = format!("{}{start}{value}{comma}", " ".repeat(indent));
    }
    lines.join("\n")
}

/// The example with the transaction of an output, which comes from the seed.
fn expected(name: &str, seen: &str, other: &[(&str, &str)]) -> String {
    let seen: Value = serde_json::from_str(seen).unwrap();
    let id = seen["TransactionId"].as_str().unwrap();
    assert_eq!(id.len(), 36, "LIFE-069: a GUID");
    assert_eq!(id, id.to_uppercase());
    let quoted = format!("\"{id}\"");
    with(name, &[&[("TransactionId", quoted.as_str())], other].concat())
}

#[test]
fn published_requests_go_through_a_whole_life() {
    let mut rig = Rig::new();
    rig.store("PC1234/04211055-DFF7-41EF-9EF3-43FE61D10D43.dcm");
    let out = rig.request(&parsed("order_request_new"));
    assert_eq!(out.kinds(), ["OrderCreationReceipt", "ImageReceipt"], "LIFE-SM-02");
    let out = rig.request(&parsed("order_request_update"));
    assert_eq!(out.kinds(), ["ImageReceipt"], "LIFE-SM-22, LIFE-044");
    assert_eq!(rig.state("ORD1234"), Some(State::AwaitingImages));
    let out = rig.request(&parsed("order_request_cancel"));
    assert_eq!(out.kinds(), ["OrderCancelled"], "LIFE-SM-26, LIFE-C5: without Site");
}

#[test]
fn images_of_the_published_fragment_are_taken() {
    let mut rig = Rig::new();
    rig.store("images/04211055-DFF7-41EF-9EF3-43FE61D10D43.jpg");
    let mut request = parsed("ref_order_request_minimal");
    request["Camera"] = parsed("order_request_images_fragment")["Camera"].clone();
    let out = rig.request(&request);
    assert_eq!(out.kinds(), ["OrderCreationReceipt", "ImageReceipt"]);
    let image = out.events()[1].image.clone().unwrap();
    assert_eq!((image.image_local_id.as_deref(), image.iris_image_id), (Some("1234-1-1"), 3_677_459), "LIFE-RQ-32");
}

#[test]
fn what_the_public_libraries_send_is_accepted() {
    for (name, local_id) in [("client_ts_order_request", "2031203"), ("client_go_order_request", "399403")] {
        let mut rig = Rig::new();
        let out = rig.request(&parsed(name));
        assert_eq!(out.kinds(), ["OrderCreationReceipt"], "{name}: {:?} LIFE-022, LIFE-023, LIFE-C18", out.events());
        rig.images(local_id);
        assert_eq!(rig.state(local_id), Some(State::QueuedForGrading), "{name}: LIFE-C21: false waits for both eyes");
    }
    let mut rig = Rig::new();
    rig.request(&parsed("client_ts_order_request"));
    rig.images("2031203");
    let patient = rig.grading(&normal("2031203")).json()["Patient"].clone();
    assert_eq!(
        patient["Genders"],
        json!([{ "Context": "BirthGender", "Gender": "M" }, { "Context": "IdentityGender", "Gender": "F" }]),
        "LIFE-C17: Value is Gender"
    );
    assert_eq!((&patient["Gender"], &patient["Dob"]), (&json!("M"), &json!("2000-01-01")), "LIFE-RS-45, LIFE-025");
}

#[test]
fn published_events_are_reproduced() {
    let mut rig = Rig::new();
    rig.clock.set(at("2022-01-02T17:42:18.6936779Z"));
    let local = "a52b6bed-5b77-4e42-ad7c-203bc6d2ea16";
    let request = set(parsed("ref_order_request_minimal"), "/Order/LocalId", json!(local));
    let request = set(request, "/Patient/LocalId", json!("35165564"));
    let created = pretty(rig.request(&request).events()[0]);
    assert_eq!(created, expected("event_order_creation_receipt", &created, &[]), "LIFE-EV-01");
    let out = rig.image(local, "OD");
    let image = pretty(out.events()[0]);
    let ids = [
        ("ImageLocalId", "null"), // LIFE-058: none was given
        ("IrisOrderId", "1224035"),
        ("OrderLocalId", r#""a52b6bed-5b77-4e42-ad7c-203bc6d2ea16""#),
        ("PatientLocalId", r#""35165564""#),
    ];
    assert_eq!(image, expected("event_image_receipt", &image, &ids), "LIFE-EV-03");
    let cancelled = pretty(rig.request(&set(request, "/OrderControlCode", json!("CA"))).events()[0]);
    assert_eq!(cancelled, expected("event_order_cancelled", &cancelled, &[]), "LIFE-EV-02");
}

#[test]
fn reference_events_are_reproduced() {
    let mut rig = Rig::new();
    let failing = set(parsed("ref_order_request_minimal"), "/Site/LocalId", json!("nowhere"));
    let failed = pretty(rig.request(&set(failing, "/Order/LocalId", json!("ORD1235"))).events()[0]);
    assert_eq!(failed, expected("ref_event_order_creation_failed", &failed, &[]), "LIFE-029, LIFE-EV-01");

    rig.clock.set(at("2022-01-02T17:42:18.2Z"));
    let out = rig.request(&parsed("order_request_new"));
    let failed = pretty(out.events()[1]);
    assert_eq!(failed, expected("ref_event_image_failed", &failed, &[]), "LIFE-053, LIFE-EV-03");
    assert_eq!(rig.state("ORD1234"), Some(State::AwaitingImages), "LIFE-053");

    rig.clock.set(at("2022-01-02T17:42:19Z"));
    rig.image("ORD1234", "OD");
    let ready = pretty(rig.image("ORD1234", "OS").events()[1]);
    assert_eq!(ready, expected("ref_event_ready_for_grading", &ready, &[]), "LIFE-EV-04");

    rig.clock.set(at("2022-01-03T12:42:18Z"));
    let out = rig.grading(&normal("ORD1234"));
    let receipt = pretty(out.events()[0]);
    assert_eq!(receipt, expected("ref_event_grading_receipt", &receipt, &[]), "LIFE-EV-05");
    let graded = pretty(out.events()[1]);
    let posted = ("Timestamp", r#""2022-01-03T12:42:18.0000000+00:00""#); // both at once here
    assert_eq!(graded, expected("ref_event_order_graded", &graded, &[posted]), "LIFE-EV-06");

    rig.clock.set(at("2022-01-03T12:43:02Z"));
    let delivery = out.deliveries()[0].id;
    let out = rig.input(Input::Outcome { delivery, accepted: true, at: at("2022-01-03T12:43:01Z") });
    let delivered = pretty(out.events()[0]);
    assert_eq!(delivered, expected("ref_event_results_delivery_receipt", &delivered, &[]), "LIFE-EV-07, LIFE-075");
}

/// The order of the reference result, graded mild in the right eye.
fn reference() -> (Rig, crate::support::Out) {
    let mut rig = Rig::with(|organization| {
        let text = "Have patient return in 6 months for a followup exam.".to_owned();
        organization.plans.insert("CPL-D08".into(), Plan { name: "Return in 6 months".into(), text });
        organization.sites[0] = cloud::lifecycle::Site { local_id: "PC1234".into(), ..Default::default() };
        let text = |text: &str| Some(text.to_owned());
        organization.sites[0].cameras.push(Camera {
            local_id: text("REM-1000"),
            serial_number: text("REM-1000"),
            manufacturer: text("Remidio"),
            model: text("NMFOP"),
            software_version: text("2.2.23"),
            ..Camera::default()
        });
        organization.interpreters[0].email = text("John.Doe@providers.com");
        organization.interpreters[0].grader = Grader {
            id: "1234567890".into(),
            family: "Doe".into(),
            given: "John".into(),
            degrees: "MD".into(),
            npi: "1234567890".into(),
            taxonomy: "207W00000X".into(),
        };
        let provider = Provider {
            npi: text("1234567890"),
            taxonomy: text("207W00000X"),
            name: Name { first: text("John"), last: text("Doe"), title: None },
            email: text("John.Doe@providers.com"),
            degrees: text("MD"),
            associations: None,
        };
        organization.providers.insert("1234567890".into(), serde_json::to_value(provider).unwrap());
    });
    rig.clock.set(at("2022-01-02T17:30:00Z"));
    let mut request = parsed("ref_order_request_minimal");
    request["Order"]["State"] = json!("FL");
    request["Order"]["CPTCode"] =
        json!({ "Code": "92250", "Description": "Fundus photography with interpretation and report" });
    request["OrderingProvider"] = json!({ "NPI": "1234567890" }); // LIFE-RQ-73: alone sufficient
    request["CameraOperatorUserName"] = json!("john.doe@primarycare.com");
    request["CameraOperator"] = json!({ "Name": { "First": "John", "Last": "Doe" } });
    request["HealthPlan"] = json!({ "LocalId": "1234", "Name": "ProviderA", "MemberId": "1234" });
    request["Camera"] = json!({ "LocalId": "REM-1000" }); // LIFE-RQ-23: alone sufficient
    assert_eq!(rig.request(&request).kinds(), ["OrderCreationReceipt"]);
    let files = ["9298DA56-E516-40E3-A35D-41B5D238DC7D.jpg", "04211055-DFF7-41EF-9EF3-43FE61D10D43.jpg"];
    let seen = ["2022-01-02T17:42:18.6936779Z", "2022-01-02T17:42:19.1Z"];
    let mut images = Vec::new();
    for (n, (file, received)) in files.iter().zip(seen).enumerate() {
        rig.clock.set(at(received));
        rig.store(&format!("images/{file}"));
        images.push(json!({
            "LocalId": format!("1234-1-{}", n + 1), "Laterality": (["OD", "OS"][n]),
            "Taken": format!("2022-01-02T17:4{n}:00.0000000+00:00"),
            "AzureBlobStorage": { "Container": "images", "FileName": file },
        }));
    }
    rig.clock.set(at("2022-01-02T17:42:19.2Z"));
    request["OrderControlCode"] = json!("XO");
    request["Camera"]["Images"] = json!(images);
    assert_eq!(rig.request(&request).kinds(), ["ImageReceipt", "ImageReceipt", "ReadyForGradingEvent"]);
    rig.clock.set(at("2022-01-03T12:42:18.6929481Z"));
    let out = rig.grading(&submission("ORD1234", eye("Mild"), eye("None")));
    (rig, out)
}

#[test]
fn the_reference_result_is_reproduced() {
    let (_, out) = reference();
    let seen = pretty(out.result());
    let document = out.json()["ResultsDocument"]["Content"].as_str().unwrap().to_owned();
    assert!(document.starts_with("JVBERi0"), "LIFE-RS-19: the report as PDF");
    let quoted = format!("\"{document}\"");
    // the file is posted a moment after the grading; here it is the same instant of the clock
    let posted = ("Timestamp", r#""2022-01-03T12:42:18.6929481+00:00""#);
    assert_eq!(seen, expected("ref_order_results", &seen, &[posted, ("Content", quoted.as_str())]), "LIFE-RS-01 ff.");
}

#[test]
fn the_published_result_differs_only_where_its_readme_says() {
    let (_, out) = reference();
    let (ours, published) = (out.json(), parsed("order_results"));
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let without = |value: &Value, some: &[&str]| {
        names(value).into_iter().filter(|name| !some.contains(&name.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(without(&published, &["$schema"]), names(&ours));
    assert_eq!(
        without(&published["Order"], &["ServiceDate"]),
        without(&ours["Order"], &["ServicedTime", "MissingEyeReason"])
    );
    assert_eq!(names(&published["Patient"]), without(&ours["Patient"], &["PatientId", "Genders", "Phone"]));
    assert_eq!(names(&published["Gradings"]), names(&ours["Gradings"]));
    assert_eq!(names(&published["Images"][0]), names(&ours["Images"][0]));
}

#[test]
fn published_gradings_are_applied() {
    for (name, site, types, dx, right, left) in [
        ("grading_submission_1_dr_amd_normal", "12345", "DR_AMD", json!([]), true, Some(true)),
        ("grading_submission_2_dr_mild_suspected_glaucoma", "434254", "DR", json!(["E113291"]), true, Some(true)),
        ("grading_submission_3_os_ungradable", "434254", "DR", json!([]), true, Some(false)),
        ("grading_submission_4_single_eye", "434254", "DR", json!(["E113291"]), true, None),
    ] {
        let mut rig = Rig::new();
        let grading = parsed(name);
        let local_id = grading["LocalId"].as_str().unwrap().to_owned();
        let mut request = set(parsed("ref_order_request_minimal"), "/Order/LocalId", json!(local_id));
        request["Order"]["EvaluationTypes"] = json!([types]);
        request["Site"]["LocalId"] = json!(site);
        rig.request(&request);
        rig.images(&local_id);
        let out = rig.grading(&grading);
        assert_eq!(out.kinds(), ["GradingReceipt", "OrderGradedEvent"], "LIFE-081: {name}: {:?}", out.0);
        let gradings = out.json()["Gradings"].clone();
        assert_eq!(gradings["DxCodes"], dx, "{name}: ICD-042");
        assert_eq!(gradings["OD"]["Gradable"], json!(right), "{name}");
        assert_eq!(gradings["OS"].get("Gradable").and_then(Value::as_bool), left, "{name}");
        if name.contains("ungradable") {
            let reasons = json!(["Key anatomy missing or not clearly visible"]);
            assert_eq!(gradings["OS"]["UngradableReasons"], reasons, "FND-C6, LIFE-RS-56");
            assert_eq!(gradings["OS"].get("Findings"), None, "LIFE-RS-58");
        }
        if name.contains("single") {
            assert_eq!(gradings["OS"], json!({ "MissingEyeReason": "Enucleation" }), "LIFE-086");
        }
    }
}

#[test]
fn other_names_of_the_organization_are_the_same_life_026() {
    let mut rig = Rig::new();
    let lower = CLIENT.to_string().to_lowercase();
    let out = rig.request(&set(parsed("ref_order_request_minimal"), "/ClientGuid", json!(lower)));
    assert_eq!(out.kinds(), ["OrderCreationReceipt"], "LIFE-026");
    assert!(!out.0.iter().any(|out| matches!(out, Output::Ignored(_))));
    assert_eq!(rig.control("ORD1234", Control::CheckOut).ignored(), "LIFE-096");
}
