//! A customer that orders by messages: its queues, images and results on the wire, and what its proxy gets.

mod cloud_support;

use base64::{Engine, engine::general_purpose::STANDARD};
use cloud::Kind;
use cloud::lifecycle::{Control, ControlImage, State};
use cloud_support::{NEW_ORDER, PLACER, Rig, facts, soon};
use fe2o3_amqp::connection::ConnectionHandle;
use fe2o3_amqp::link::delivery::Delivery;
use fe2o3_amqp::sasl_profile::SaslProfile;
use fe2o3_amqp::types::messaging::{Body, Data, Message};
use fe2o3_amqp::types::primitives::Value as Amqp;
use fe2o3_amqp::{Connection, Receiver, Sender, Session};
use reqwest::Method;
use serde_json::{Value, json};

/// Order.LocalId of the request of the public TypeScript client.
const LOCAL_ID: &str = "2031203";

/// A cloud whose customer has the site of the published request.
async fn customer() -> Rig {
    let organization = "sites: [{ local_id: 102330B, address: { State: WA } }]";
    Rig::with(Some(serde_yaml::from_str(organization).unwrap())).await
}

/// What the public TypeScript client sends, for this customer (LIFE-RQ-02).
fn request(rig: &Rig, changes: &[(&str, Value)]) -> Value {
    let text = include_str!("data/json/client_ts_order_request.json");
    let mut request: Value = serde_json::from_str(text).unwrap();
    request["ClientGuid"] = json!(rig.told["client_guid"]);
    for (pointer, value) in changes {
        *request.pointer_mut(pointer).unwrap() = value.clone();
    }
    request
}

/// A connection over TLS with the key of one queue (LIFE-097, LIFE-098).
async fn connect(rig: &Rig, queue: &str) -> ConnectionHandle<()> {
    let told = |name: &str| rig.told[&format!("cloud.organization.{queue}.{name}")].clone();
    let door = ([127, 0, 0, 1], told("port").parse().unwrap()).into();
    let stream = rig.connect(door, "localhost").await.unwrap();
    let sasl = SaslProfile::Plain { username: told("key_name"), password: told("key") };
    let builder = Connection::builder().container_id("customer").sasl_profile(sasl);
    soon(builder.open_with_stream(stream)).await.unwrap()
}

async fn send(rig: &Rig, queue: &str, body: &[u8]) {
    let mut connection = connect(rig, queue).await;
    let mut session = soon(Session::begin(&mut connection)).await.unwrap();
    let mut sender = soon(Sender::attach(&mut session, "customer", queue)).await.unwrap();
    let message = Message::from(Data(body.to_vec().into())); // LIFE-103: nothing but the body
    soon(sender.send(message)).await.unwrap().accepted_or("not accepted").unwrap();
    soon(connection.close()).await.unwrap();
}

/// The next messages of a queue, completed.
async fn receive(rig: &Rig, queue: &str, count: usize) -> Vec<Value> {
    let mut connection = connect(rig, queue).await;
    let mut session = soon(Session::begin(&mut connection)).await.unwrap();
    let mut receiver = soon(Receiver::attach(&mut session, "customer", queue)).await.unwrap();
    let mut received = Vec::new();
    for _ in 0..count {
        let delivery: Delivery<Body<Amqp>> = soon(receiver.recv()).await.unwrap();
        let Body::Data(data) = delivery.body() else { panic!("LIFE-103: no AMQP data: {:?}", delivery.body()) };
        let bytes: Vec<u8> = data.iter().flat_map(|Data(part)| part.to_vec()).collect();
        received.push(serde_json::from_slice(&bytes).unwrap());
        soon(receiver.accept(&delivery)).await.unwrap();
    }
    soon(connection.close()).await.unwrap();
    received
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["ResultObjectType"].as_str().unwrap()).collect()
}

fn images(rig: &Rig, local_id: &str) {
    for laterality in ["OD", "OS"] {
        let image = ControlImage { laterality: laterality.into(), ..ControlImage::default() };
        rig.cloud.control(local_id, Control::Image(image)).unwrap();
    }
}

fn grading(rig: &Rig) -> Value {
    let eye = json!({ "Gradable": true, "Findings": [
        { "Finding": "Diabetic Retinopathy", "Result": "Mild" }, { "Finding": "Macular Edema", "Result": "None" } ] });
    json!({ "Version": "2.3.1", "ClientGuid": rig.told["client_guid"], "LocalId": LOCAL_ID, "Site": { "LocalId": "102330B" },
            "OD": eye, "OS": eye })
}

#[tokio::test]
async fn a_request_of_the_public_client_becomes_an_order_events_and_a_result() {
    let rig = customer().await;
    send(&rig, "orders", request(&rig, &[]).to_string().as_bytes()).await;
    let events = receive(&rig, "events", 1).await;
    assert_eq!(kinds(&events), ["OrderCreationReceipt"], "LIFE-033, LIFE-SM-01");
    assert_eq!((&events[0]["Success"], &events[0]["OrderLocalId"]), (&json!(true), &json!(LOCAL_ID)), "LIFE-070");
    assert_eq!(rig.cloud.order_state(LOCAL_ID), Some(State::AwaitingImages));

    images(&rig, LOCAL_ID);
    send(&rig, "gradings", grading(&rig).to_string().as_bytes()).await;
    let events = receive(&rig, "events", 5).await;
    let expected = ["ImageReceipt", "ImageReceipt", "ReadyForGradingEvent", "GradingReceipt", "OrderGradedEvent"];
    assert_eq!(kinds(&events), expected, "LIFE-072, LIFE-SM-10, LIFE-SM-12");

    let results = receive(&rig, "results", 1).await;
    let result = &results[0];
    assert_eq!((&result["ResultCode"], &result["Order"]["LocalId"]), (&json!("F"), &json!(LOCAL_ID)), "LIFE-RC-01");
    assert_eq!(result["Order"]["PatientOrderId"], events[0]["IrisOrderId"], "LIFE-009");
    assert_eq!(result["Gradings"]["DxCodes"], json!(["E113293"]), "ICD-042");
    let report = STANDARD.decode(result["ResultsDocument"]["Content"].as_str().unwrap()).unwrap();
    assert_eq!(rig.cloud.report(LOCAL_ID), Some(report), "LIFE-RS-19");
    // the same result for the EMR
    let kinds: Vec<Kind> = rig.cloud.deliveries().iter().map(|delivery| delivery.kind).collect();
    assert_eq!(kinds, [Kind::Oru, Kind::Dft], "LIFE-SM-12: and the charge");
}

#[tokio::test]
async fn a_delivery_that_the_proxy_reports_is_an_event_life_ev_07() {
    let rig = customer().await;
    send(&rig, "orders", request(&rig, &[]).to_string().as_bytes()).await;
    receive(&rig, "events", 1).await;
    images(&rig, LOCAL_ID);
    rig.cloud
        .control(LOCAL_ID, Control::Grade(Box::new(results::grading_by_name("normal in both eyes").unwrap())))
        .unwrap();
    receive(&rig, "events", 5).await;
    let delivery = rig.cloud.deliveries()[0].id;
    let receipt = r#"{"Outcome":"Accepted","Attempts":1,"AckCode":"AA","Ack":null,"Reason":null}"#;
    let (status, body) = rig.api().await.post(&format!("deliveries/{delivery}/receipt"), receipt).await;
    assert_eq!(status, 204, "{body}");
    let event = &receive(&rig, "events", 1).await[0];
    assert_eq!(event["ResultObjectType"], "ResultsDeliveryReceipt", "LIFE-EV-07, LIFE-SM-33");
    assert_eq!((&event["DeliveryType"], &event["Endpoint"]), (&json!("icproxy"), &json!("102330B")), "LIFE-075");
    assert_eq!(event["TransmissionStatus"], "Complete", "LIFE-076");
    assert_eq!(event.get("PatientLocalId"), None, "LIFE-070");
}

#[tokio::test]
async fn what_is_not_for_this_customer_leaves_no_trace() {
    let rig = customer().await;
    let other = request(&rig, &[("/ClientGuid", json!("63E3C9EF-66AC-4154-B0C2-494515EB99A7"))]);
    send(&rig, "orders", other.to_string().as_bytes()).await;
    send(&rig, "orders", b"no JSON").await;
    send(&rig, "orders", b"[]").await;
    send(&rig, "orders", request(&rig, &[("/Site/LocalId", json!("nowhere"))]).to_string().as_bytes()).await;
    let events = receive(&rig, "events", 1).await; // the others came before
    assert_eq!((&events[0]["Success"], &events[0]["IrisOrderId"]), (&json!(false), &json!(0)), "LIFE-029");
    assert_eq!(rig.cloud.organization_bus().counts("events").unwrap().active, 0, "LIFE-028: no event of any kind");
    let dead: Vec<_> = rig.cloud.organization_bus().dead_letters("orders").into_iter().map(|dead| dead.body).collect();
    assert_eq!(dead, [b"no JSON".to_vec(), b"[]".to_vec()], "LIFE-027");
    assert_eq!(rig.cloud.order_state(LOCAL_ID), None, "LIFE-SM-05");
    let ignored = rig.seen(|events| facts(events, "input.ignored").pop()).await;
    assert_eq!(ignored.0, "LIFE-SM-05", "LIFE-096: the journal alone tells");
}

/// A DICOM file (Part 10, explicit VR) of a patient's right or left eye (LIFE-054).
fn dicom(patient: &str, side: &str) -> Vec<u8> {
    let element = |tag: [u8; 4], vr: &str, value: &str| {
        let value = if value.len().is_multiple_of(2) { value.to_owned() } else { format!("{value} ") };
        [&tag[..], vr.as_bytes(), &(value.len() as u16).to_le_bytes(), value.as_bytes()].concat()
    };
    let patient = element([0x10, 0, 0x20, 0], "LO", patient); // (0010,0020)
    [vec![0; 128], b"DICM".to_vec(), patient, element([0x20, 0, 0x62, 0], "CS", side)].concat() // (0020,0062)
}

async fn put_blob(rig: &Rig, path: &str, content: Vec<u8>) -> u16 {
    let token = rig.token("https://storage.azure.com").await;
    let request = rig.client().put(format!("{}/{path}", rig.told["cloud.blob"])).bearer_auth(token);
    let request = request.header("x-ms-version", "2021-12-02").header("x-ms-blob-type", "BlockBlob").body(content);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn images_dropped_into_the_blob_storage_find_their_order_life_054() {
    let rig = customer().await;
    send(&rig, "orders", request(&rig, &[]).to_string().as_bytes()).await;
    receive(&rig, "events", 1).await;
    assert_eq!(put_blob(&rig, "drop/right.dcm", dicom("TestMRN1234", "R")).await, 201);
    assert_eq!(put_blob(&rig, "drop/stranger.dcm", dicom("nobody", "L")).await, 201);
    assert_eq!(put_blob(&rig, "drop/left.dcm", dicom("TestMRN1234", "L")).await, 201);
    let events = receive(&rig, "events", 4).await;
    assert_eq!(kinds(&events), ["ImageReceipt", "ImageReceipt", "ImageReceipt", "ReadyForGradingEvent"], "LIFE-054");
    assert_eq!((&events[1]["Success"], &events[1]["IrisOrderId"]), (&json!(false), &json!(0)), "LIFE-055");
    assert_eq!(rig.cloud.order_state(LOCAL_ID), Some(State::QueuedForGrading));
}

#[tokio::test]
async fn con_033_an_order_that_a_proxy_uploads_is_taken() {
    let rig = Rig::start().await;
    let name = "4b1f7c9e-0a53-4f6e-8d58-5d6f0c6a2b11.hl7";
    assert_eq!(put_blob(&rig, &format!("orders/another-clinic/{name}"), NEW_ORDER.to_vec()).await, 201);
    assert!(rig.cloud.submissions().is_empty());
    let installation = cloud_support::INSTALLATION;
    assert_eq!(put_blob(&rig, &format!("orders/{installation}/{name}"), NEW_ORDER.to_vec()).await, 201);
    assert_eq!(rig.cloud.submissions()[0].content, NEW_ORDER, "CON-033, TOP-010");
    assert_eq!(rig.cloud.order_state(PLACER), Some(State::AwaitingImages));
    assert_eq!(rig.api().await.status(Method::GET, "deliveries/none").await, 404);
}
