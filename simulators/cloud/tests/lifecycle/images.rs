//! How images reach their orders (08 section 5).

use cloud::lifecycle::{Camera, Control, ControlImage, Input, State};
use serde_json::{Value, json};

use crate::support::{Out, Rig, at, normal, nw, nw_of, of_code, set};

const ORDER: &str = "A1";

fn directive(file: &str, laterality: &str) -> Value {
    json!({ "Laterality": laterality, "AzureBlobStorage": { "Container": "images", "FileName": file } })
}

fn with_images(images: Value) -> Value {
    set(nw(ORDER), "/Camera", json!({ "Images": images }))
}

/// The images of the result after a normal grading.
fn shown(rig: &mut Rig) -> Value {
    rig.grading(&normal(ORDER)).json()["Images"].clone()
}

#[test]
fn an_image_first_order_names_its_files_life_052() {
    let mut rig = Rig::new();
    rig.store("images/r.jpg");
    rig.store("other/l.jpg");
    rig.clock.advance(std::time::Duration::from_secs(60));
    let left = json!({ "LocalId": "I2", "Laterality": "OS", "AzureBlobStorage": { "Container": "other", "FileName": "l.jpg" } });
    let out = rig.request(&with_images(json!([directive("r.jpg", "OD"), left])));
    assert_eq!(
        out.kinds(),
        ["OrderCreationReceipt", "ImageReceipt", "ImageReceipt", "ReadyForGradingEvent"],
        "LIFE-052, LIFE-056: several containers, LIFE-072"
    );
    let images: Vec<_> = out.events()[1..3].iter().map(|event| event.image.clone().unwrap()).collect();
    assert_eq!(images[0].image_local_id, None, "LIFE-058: none was given");
    assert_eq!(images[1].image_local_id.as_deref(), Some("I2"), "LIFE-RQ-32, LIFE-058");
    assert_eq!([images[0].iris_image_id, images[1].iris_image_id], [3_677_459, 3_677_460], "LIFE-062");
    assert_eq!(shown(&mut rig)[0]["Received"], "2022-01-02T17:42:18.0000000+00:00", "LIFE-RS-27: when the file came");
}

#[test]
fn a_named_file_that_is_missing_fails_alone_life_053() {
    let mut rig = Rig::new();
    rig.store("images/r.jpg");
    let missing = [
        ("LIFE-053", directive("l.jpg", "OS")),
        (
            "LIFE-053: another container",
            json!({ "Laterality": "OS", "AzureBlobStorage": { "Container": "x", "FileName": "r.jpg" } }),
        ),
        ("LIFE-RQ-40", json!({ "Laterality": "OS", "AzureBlobStorage": { "FileName": "r.jpg" } })),
        ("LIFE-RQ-41", json!({ "Laterality": "OS", "AzureBlobStorage": { "Container": "images" } })),
        ("LIFE-RQ-34", json!({ "Laterality": "OS" })),
        ("LIFE-C16: OU", directive("r.jpg", "OU")),
    ];
    for (number, (id, bad)) in missing.into_iter().enumerate() {
        let request =
            set(with_images(json!([directive("r.jpg", "OD"), bad])), "/Order/LocalId", json!(format!("A{number}")));
        let out = rig.request(&set(request, "/Patient/LocalId", json!(format!("P{number}"))));
        assert_eq!(out.kinds(), ["OrderCreationReceipt", "ImageReceipt", "ImageReceipt!"], "{id}");
        let failed = out.events()[2];
        assert_eq!(failed.image.as_ref().unwrap().iris_image_id, 0, "{id}: LIFE-EV-03");
        assert!(failed.error_message.is_some(), "{id}: LIFE-EV-03");
        assert_eq!(rig.state(&format!("A{number}")), Some(State::AwaitingImages), "{id}: LIFE-053");
    }
}

#[test]
fn an_image_comes_back_as_it_was_sent() {
    let mut rig = Rig::option("camera.auto_create", "true");
    rig.store("images/r.jpg");
    rig.store("images/l.jpg");
    let mut right = directive("r.jpg", "OD");
    right["LocalId"] = json!("I1");
    right["Taken"] = json!("2022-01-02T12:00:00-05:00");
    right["ParentLocalId"] = json!("I0");
    right["GroupId"] = json!(3);
    right["GroupOrdinal"] = json!(1);
    let mut left = directive("l.jpg", "OS");
    left["DateTimeOffset"] = json!("2022-01-02T17:01:00Z");
    let mut request = with_images(json!([right, left]));
    let camera = json!({ "LocalId": "C1", "Location": "Room 1", "IPAddress": "10.0.0.1", "MACAddress": "00-11", "SerialNumber": "S1",
                         "Manufacturer": "Acme", "Model": "M1", "SoftwareVersion": "1.2" });
    request["Camera"].as_object_mut().unwrap().extend(camera.as_object().unwrap().clone());
    rig.request(&request);
    let images = shown(&mut rig);
    let expected = json!({
        "LocalId": "I1", "Taken": "2022-01-02T17:00:00.0000000+00:00", "Received": "2022-01-02T17:42:18.0000000+00:00",
        "FileName": "r.jpg", "Laterality": "OD", "ImageContext": "Primary", "ParentLocalId": "I0", "GroupId": 3, "GroupOrdinal": 1,
        "Camera": camera });
    assert_eq!(
        images[0], expected,
        "LIFE-RQ-23 to LIFE-RQ-31, LIFE-RQ-33, LIFE-RQ-35 to LIFE-RQ-39, LIFE-RS-26 to LIFE-RS-32, LIFE-032"
    );
    assert_eq!(images[1]["Taken"], "2022-01-02T17:01:00.0000000+00:00", "LIFE-C25");
}

#[test]
fn cameras_are_known_created_or_left_out_life_032() {
    let request = |camera: Value| {
        let mut request = with_images(json!([directive("r.jpg", "OD"), directive("l.jpg", "OS")]));
        request["Camera"].as_object_mut().unwrap().extend(camera.as_object().unwrap().clone());
        request
    };
    let known = |organization: &mut cloud::lifecycle::Organization| {
        let (local_id, ip_address) = (Some("C1".to_owned()), Some("10.0.0.1".to_owned()));
        organization.sites[0].cameras =
            vec![Camera { local_id, ip_address, model: Some("M1".into()), ..Camera::default() }];
    };
    let by = |rig: &mut Rig, camera| {
        rig.store("images/r.jpg");
        rig.store("images/l.jpg");
        rig.request(&request(camera));
        shown(rig)[0]["Camera"]["Model"].clone()
    };
    assert_eq!(by(&mut Rig::with(known), json!({ "LocalId": "C1" })), "M1", "LIFE-RQ-23, LIFE-004");
    assert_eq!(by(&mut Rig::with(known), json!({ "IPAddress": "10.0.0.1" })), "M1", "LIFE-RQ-25");
    assert_eq!(by(&mut Rig::with(known), json!({ "LocalId": "C2", "Model": "M2" })), Value::Null, "LIFE-032: ignored");
    let mut creating = Rig::option("camera.auto_create", "true");
    assert_eq!(by(&mut creating, json!({ "LocalId": "C2", "Model": "M2" })), "M2", "LIFE-032: created");
}

#[test]
fn only_primary_images_of_each_eye_make_an_order_ready_life_059() {
    let spellings = ["SecondaryViewField", "Secondary", "Component", "Aggregate", "Enhancement", "Unknown", "nonsense"];
    for context in spellings {
        let mut rig = Rig::new();
        rig.request(&nw(ORDER));
        rig.image(ORDER, "OD");
        let image = ControlImage { context: context.into(), ..crate::support::image("OS") };
        assert_eq!(rig.control(ORDER, Control::Image(image)).kinds(), ["ImageReceipt"], "LIFE-060: {context}");
        assert_eq!(rig.image(ORDER, "OD").kinds(), ["ImageReceipt"], "LIFE-059: the other eye is missing");
        assert_eq!(rig.image(ORDER, "OS").kinds(), ["ImageReceipt", "ReadyForGradingEvent"], "LIFE-059");
        let written = match context {
            "Secondary" => "SecondaryViewField", // LIFE-C15
            "nonsense" => "Unknown",
            other => other,
        };
        assert_eq!(shown(&mut rig)[1]["ImageContext"], written, "LIFE-C15, LIFE-EN-09");
    }
}

#[test]
fn directives_name_the_context_by_code_or_id_life_rq_36() {
    for (given, written) in
        [(json!("Secondary"), "SecondaryViewField"), (json!(5), "Enhancement"), (json!(""), "Primary")]
    {
        let mut rig = Rig::new();
        rig.store("images/r.jpg");
        rig.request(&with_images(json!([set(directive("r.jpg", "OD"), "/ImageContext", given.clone())])));
        rig.image(ORDER, "OS");
        let submission = crate::support::submission(ORDER, crate::support::eye("None"), crate::support::eye("None"));
        let images = rig.grading(&submission).json()["Images"].clone();
        assert_eq!(images[0]["ImageContext"], written, "LIFE-RQ-36, LIFE-C15, LIFE-023: {given}");
    }
}

#[test]
fn one_eye_is_enough_only_for_a_single_eye_order_life_059() {
    let ready = ["ImageReceipt", "ReadyForGradingEvent"];
    for (given, kinds) in [(json!(true), &ready[..]), (json!(false), &ready[..1]), (Value::Null, &ready[..1])] {
        let mut rig = Rig::new();
        rig.request(&set(nw(ORDER), "/Order/SingleEyeOnly", given.clone()));
        assert_eq!(rig.image(ORDER, "OS").kinds(), kinds, "LIFE-059, LIFE-RQ-68, LIFE-C21: {given}");
    }
}

#[test]
fn other_numbers_of_images_can_be_required_life_059() {
    let mut rig = Rig::option("image.requirement", "{ right: 2, left: 0 }");
    rig.request(&nw(ORDER));
    assert_eq!(rig.image(ORDER, "OS").kinds(), ["ImageReceipt"], "LIFE-059: two of the right eye");
    assert_eq!(rig.image(ORDER, "OD").kinds(), ["ImageReceipt"], "LIFE-059");
    assert_eq!(rig.image(ORDER, "OD").kinds(), ["ImageReceipt", "ReadyForGradingEvent"], "LIFE-059, LIFE-EV-04");
}

#[test]
fn images_are_counted_by_eye_and_origin_life_067() {
    let mut rig = Rig::new();
    rig.request(&nw(ORDER));
    rig.images(ORDER);
    for (eye, context) in [("OD", "Enhancement"), ("OD", "SecondaryViewField"), ("OS", "Enhancement")] {
        rig.control(ORDER, Control::Image(ControlImage { context: context.into(), ..crate::support::image(eye) }));
    }
    let details = rig.grading(&normal(ORDER)).json()["ImageDetails"].clone();
    let expected = json!({
        "TotalCount": 5, "RightEyeCount": 3, "RightEyeOriginalCount": 2, "RightEyeEnhancedCount": 1,
        "LeftEyeCount": 2, "LeftEyeOriginalCount": 1, "LeftEyeEnhancedCount": 1, "SingleEyeOnly": false });
    assert_eq!(details, expected, "LIFE-067, LIFE-RS-20 to LIFE-RS-24, LIFE-RS-25: without Preferred");
}

/// A DICOM file of Part 10: explicit VR, little endian.
fn dicom(elements: &[(u16, u16, &str, &str)]) -> Vec<u8> {
    let mut file = [vec![0; 128], b"DICM".to_vec()].concat();
    // (0002,0001) has the long form of a length
    file.extend([2, 0, 1, 0, b'O', b'B', 0, 0, 2, 0, 0, 0, 0, 1]);
    for (group, element, vr, value) in elements {
        let padded = if value.len() % 2 == 0 { (*value).to_owned() } else { format!("{value} ") };
        file.extend(group.to_le_bytes());
        file.extend(element.to_le_bytes());
        file.extend(vr.bytes());
        file.extend(u16::try_from(padded.len()).unwrap().to_le_bytes());
        file.extend(padded.bytes());
    }
    file
}

fn of_patient(patient: &str, laterality: &str) -> Vec<u8> {
    dicom(&[
        (0x0008, 0x002A, "DT", "20220102120000"),
        (0x0010, 0x0010, "PN", "Doe^John"),
        (0x0010, 0x0020, "LO", patient),
        (0x0020, 0x0062, "CS", laterality),
    ])
}

fn drop_file(rig: &mut Rig, name: &str, content: Vec<u8>) -> Out {
    rig.input(Input::ImageStored { path: format!("drop/{name}"), content })
}

#[test]
fn a_dropped_file_finds_its_order_by_patient_life_054() {
    let mut rig = Rig::new();
    rig.request(&nw_of(ORDER, "P1"));
    let out = drop_file(&mut rig, "1.dcm", of_patient("P1", "R"));
    assert_eq!(out.kinds(), ["ImageReceipt"], "LIFE-054");
    assert_eq!(out.events()[0].order_local_id.as_deref(), Some(ORDER), "LIFE-055");
    assert_eq!(
        drop_file(&mut rig, "2.dcm", of_patient("P1", "L")).kinds(),
        ["ImageReceipt", "ReadyForGradingEvent"],
        "LIFE-054"
    );
    let images = shown(&mut rig);
    assert_eq!((&images[0]["Laterality"], &images[1]["Laterality"]), (&json!("OD"), &json!("OS")), "LIFE-054");
    assert_eq!(images[0]["Taken"], "2022-01-02T12:00:00.0000000+00:00", "LIFE-RS-27");
    assert_eq!(images[0]["FileName"], "1.dcm", "LIFE-RS-28");
}

#[test]
fn a_dropped_file_of_nobodys_order_is_told_life_055() {
    let mut rig = Rig::new();
    rig.request(&nw_of(ORDER, "P1"));
    let nobody = [
        ("another patient", of_patient("P2", "R"), Some("P2")),
        ("no patient", dicom(&[(0x0020, 0x0062, "CS", "R")]), None),
        ("no DICOM file", b"not an image".to_vec(), None),
        ("an empty file", Vec::new(), None),
        ("cut off", of_patient("P1", "R")[..150].to_vec(), None),
    ];
    for (number, (what, content, patient)) in nobody.into_iter().enumerate() {
        let out = drop_file(&mut rig, &number.to_string(), content);
        assert_eq!(out.kinds(), ["ImageReceipt!"], "LIFE-055: {what}");
        let event = serde_json::to_value(out.events()[0]).unwrap();
        assert_eq!(event["IrisOrderId"], 0, "LIFE-055: {what}");
        assert_eq!(event["IrisImageId"], 0, "LIFE-EV-03: {what}");
        assert_eq!(event["PatientLocalId"], json!(patient), "LIFE-070: {what}");
    }
    rig.request(&of_code("CA", ORDER));
    let out = drop_file(&mut rig, "late", of_patient("P1", "R"));
    assert_eq!(out.kinds(), ["ImageReceipt!"], "LIFE-055: no open order");
}

#[test]
fn a_dropped_file_goes_to_the_order_that_waits_for_it_life_055() {
    let mut rig = Rig::new();
    rig.request(&nw_of("DR", "P1"));
    rig.request(&set(nw_of("AMD", "P1"), "/Order/EvaluationTypes", json!(["AMD"])));
    rig.images("AMD");
    let out = drop_file(&mut rig, "1", of_patient("P1", "R"));
    assert_eq!(out.events()[0].order_local_id.as_deref(), Some("DR"), "LIFE-055");
}

#[test]
fn the_drop_container_is_the_agreed_one_life_054() {
    let mut rig = Rig::option("image.drop_container", "incoming");
    rig.request(&nw_of(ORDER, "P1"));
    assert!(drop_file(&mut rig, "1.dcm", of_patient("P1", "R")).0.is_empty(), "LIFE-054: not agreed");
    let out = rig.input(Input::ImageStored { path: "incoming/1.dcm".into(), content: of_patient("P1", "R") });
    assert_eq!(out.kinds(), ["ImageReceipt"], "LIFE-054");
}

#[test]
fn a_file_name_is_unique_in_its_container_life_056() {
    let mut rig = Rig::new();
    rig.store("images/a.jpg");
    rig.store("other/a.jpg");
    let again = rig.input(Input::ImageStored { path: "images/a.jpg".into(), content: Vec::new() });
    assert_eq!(again.ignored(), "LIFE-056");
    for path in ["a.jpg", "/a.jpg", "images/", ""] {
        let out = rig.input(Input::ImageStored { path: path.into(), content: Vec::new() });
        assert_eq!(out.ignored(), "LIFE-RQ-40", "{path:?}");
    }
}

#[test]
fn a_late_image_is_added_without_effect_life_061() {
    let mut rig = Rig::new();
    let first = rig.graded(&nw(ORDER));
    rig.clock.set(at("2022-02-01T00:00:00Z"));
    let out = rig.image(ORDER, "OD");
    assert_eq!((out.kinds(), out.0.len()), (vec!["ImageReceipt".to_owned()], 1), "LIFE-061: nothing is sent");
    assert_eq!(rig.state(ORDER), Some(State::Complete), "LIFE-061");
    let again = rig.request(&of_code("ResendResult", ORDER)).json();
    assert_eq!(again["Images"][2]["ImageContext"], "AddedLate", "LIFE-061, LIFE-EN-09");
    assert_eq!(again["Gradings"], first["Gradings"], "LIFE-061, LIFE-063");
    assert_eq!(again["Order"]["ServicedTime"], first["Order"]["ServicedTime"], "LIFE-RS-35: the exam was before");
}
