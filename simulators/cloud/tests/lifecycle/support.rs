//! An organization with a clinic, and inputs for it.
#![allow(dead_code)]

use cloud::lifecycle::{
    Control, ControlImage, Delivery, Event, Input, Kind, Lifecycle, Numbers, Organization, Output, State,
};
use cloud::lifecycle::{OrderResults, Refused};
use jiff::Timestamp;
use journal::{Clock, Seed};
use serde_json::{Value, json};
use uuid::Uuid;

/// The ClientGuid of the published examples.
pub const CLIENT: Uuid = Uuid::from_u128(0x63E3C9EF_66AC_4154_B0C2_494515EB99A7);
pub const OTHER_CLIENT: Uuid = Uuid::from_u128(0xAAAAAAAA_66AC_4154_B0C2_494515EB99A7);

pub fn example(name: &str) -> String {
    let path = format!("{}/tests/data/json/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The outputs of one input, by kind.
#[derive(Debug)]
pub struct Out(pub Vec<Output>);

impl Out {
    pub fn events(&self) -> Vec<&Event> {
        self.0.iter().filter_map(|out| if let Output::Event(event) = out { Some(event) } else { None }).collect()
    }

    /// Kinds of the events; failed ones with `!`.
    pub fn kinds(&self) -> Vec<String> {
        let failed = |event: &Event| if event.success { "" } else { "!" };
        self.events().iter().map(|event| format!("{}{}", event.result_object_type, failed(event))).collect()
    }

    pub fn result(&self) -> &OrderResults {
        let results = self.0.iter().find_map(|out| if let Output::Result(result) = out { Some(result) } else { None });
        results.unwrap_or_else(|| panic!("no result: {:?}", self.0))
    }

    pub fn json(&self) -> Value {
        serde_json::to_value(self.result()).unwrap()
    }

    pub fn deliveries(&self) -> Vec<&Delivery> {
        self.0
            .iter()
            .filter_map(|out| if let Output::Delivery(delivery) = out { Some(delivery) } else { None })
            .collect()
    }

    pub fn delivered(&self) -> Vec<Kind> {
        self.deliveries().iter().map(|delivery| delivery.kind).collect()
    }

    pub fn content(&self, kind: Kind) -> String {
        let delivery = self.deliveries().into_iter().find(|delivery| delivery.kind == kind).expect("a delivery");
        String::from_utf8(delivery.content.clone()).unwrap()
    }

    /// The requirement by which the input was ignored, and nothing else came of it.
    pub fn ignored(&self) -> &'static str {
        match self.0.as_slice() {
            [Output::Ignored(Refused { requirement, .. })] => requirement,
            other => panic!("not ignored: {other:?}"),
        }
    }
}

pub struct Rig {
    pub life: Lifecycle,
    pub clock: Clock,
    pub client: Uuid,
    pub control_id: u32,
}

/// The organization of the published examples: sites PC1234, 12345 and 434254; charges on.
pub fn organization(guid: Uuid) -> Organization {
    let mut organization = Organization::new(guid, "PC1234");
    organization.sites[0].address.state = Some("FL".into());
    for local_id in ["12345", "434254", "2134", "102330B", "POC01"] {
        organization.sites.push(cloud::lifecycle::Site { local_id: local_id.into(), ..Default::default() });
    }
    organization.results_profile = serde_yaml::from_str("environment: test\ndft: { enabled: true }").unwrap();
    organization
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with(|_| {})
    }

    pub fn with(set_up: impl FnOnce(&mut Organization)) -> Rig {
        let clock = Clock::fixed(at("2022-01-02T17:42:18Z"));
        let numbers = Numbers { order: 1_224_035, image: 3_677_459, patient: 400_123, ..Numbers::default() };
        let mut life = Lifecycle::new(Seed::new(7), clock.clone(), numbers);
        let mut organization = organization(CLIENT);
        set_up(&mut organization);
        life.set_up(organization);
        Rig { life, clock, client: CLIENT, control_id: 0 }
    }

    pub fn option(key: &str, value: &str) -> Rig {
        Rig::with(|organization| organization.settings = serde_yaml::from_str(&format!("{key}: {value}")).unwrap())
    }

    pub fn input(&mut self, input: Input) -> Out {
        Out(self.life.handle(self.client, input))
    }

    pub fn request(&mut self, request: &Value) -> Out {
        self.input(Input::OrderRequest(serde_json::to_vec(request).unwrap()))
    }

    pub fn grading(&mut self, submission: &Value) -> Out {
        self.input(Input::GradingSubmission(serde_json::to_vec(submission).unwrap()))
    }

    pub fn store(&mut self, path: &str) {
        let out = self.input(Input::ImageStored { path: path.into(), content: Vec::new() });
        assert_eq!(out.0, [], "storing says nothing");
    }

    pub fn control(&mut self, local_id: &str, control: Control) -> Out {
        self.input(Input::Control { local_id: local_id.into(), control })
    }

    pub fn image(&mut self, local_id: &str, laterality: &str) -> Out {
        self.control(local_id, Control::Image(image(laterality)))
    }

    /// The result of a new order with an image of each eye and a normal grading.
    pub fn graded(&mut self, request: &Value) -> Value {
        let out = self.request(request);
        assert!(out.events().iter().all(|event| event.success), "{:?}", out.0);
        let local_id = request["Order"]["LocalId"].as_str().unwrap();
        self.images(local_id);
        self.grading(&normal(local_id)).json()
    }

    /// Both eyes.
    pub fn images(&mut self, local_id: &str) {
        self.image(local_id, "OD");
        self.image(local_id, "OS");
    }

    pub fn state(&self, local_id: &str) -> Option<State> {
        self.life.state(self.client, local_id)
    }

    /// An ORM with a control id of its own.
    pub fn orm(&mut self, code: &str, placer: &str, patient: &str) -> Out {
        self.control_id += 1;
        let id = self.control_id;
        self.input(Input::Orm(orm(code, placer, patient, id)))
    }
}

pub fn image(laterality: &str) -> ControlImage {
    ControlImage { laterality: laterality.into(), file_name: format!("{laterality}.jpg"), ..ControlImage::default() }
}

pub fn orm(code: &str, placer: &str, patient: &str, control_id: u32) -> Vec<u8> {
    let segments = [
        format!("MSH|^~\\&|EPIC|ANCL||IRIS|20170410102836|HJ123|ORM^O01|{control_id}|T|2.3"),
        format!(
            "PID|1|{patient}^^^^MRN|||DOE^JOHN||19581012|M||2106-3|1 WAY^^BELLEVUE^WA^98104||4254445555||en|M||1234|111-22-3333"
        ),
        "PV1||O|POC01".to_owned(),
        format!("ORC|{code}|{placer}^EPC|||||||20170410150905|||OP0001^DOE^JACK^^^^^^^^^^NPI|DFM^^^20403"),
        "OBR|1|||92250^FUNDUS PHOTOGRAPHY^EAP".to_owned(),
        "DG1|1|ICD10|E11.41^Type 2 diabetes^I10|Type 2 diabetes".to_owned(),
    ];
    (segments.join("\r") + "\r").into_bytes()
}

/// The minimal request of the reference examples under another LocalId.
pub fn nw(local_id: &str) -> Value {
    let mut request: Value = serde_json::from_str(&example("ref_order_request_minimal")).unwrap();
    request["Order"]["LocalId"] = json!(local_id);
    request
}

/// A NW for another patient.
pub fn nw_of(local_id: &str, patient: &str) -> Value {
    set(nw(local_id), "/Patient/LocalId", json!(patient))
}

pub fn of_code(code: &str, local_id: &str) -> Value {
    let mut request = nw(local_id);
    request["OrderControlCode"] = json!(code);
    request
}

/// `request` with the value at a JSON pointer replaced, or removed by null.
pub fn set(mut request: Value, pointer: &str, value: Value) -> Value {
    let (object, name) = pointer.rsplit_once('/').unwrap();
    let object = request.pointer_mut(object).unwrap().as_object_mut().unwrap();
    match value {
        Value::Null => drop(object.remove(name)),
        value => drop(object.insert(name.into(), value)),
    }
    request
}

/// A NW that names images of these eyes, which are stored first.
pub fn nw_with_images(rig: &mut Rig, local_id: &str, eyes: &[&str]) -> Value {
    let images: Vec<_> = eyes
        .iter()
        .map(|eye| {
            let file = format!("{local_id}-{eye}.jpg");
            rig.store(&format!("images/{file}"));
            json!({ "LocalId": file, "Laterality": eye, "AzureBlobStorage": { "Container": "images", "FileName": file } })
        })
        .collect();
    set(nw(local_id), "/Camera", json!({ "Images": images }))
}

pub fn eye(retinopathy: &str) -> Value {
    json!({ "Gradable": true, "Findings": [
        { "Finding": "Diabetic Retinopathy", "Result": retinopathy }, { "Finding": "Macular Edema", "Result": "None" } ] })
}

pub fn submission(local_id: &str, right: Value, left: Value) -> Value {
    json!({ "Version": "2.3.1", "ClientGuid": CLIENT, "LocalId": local_id, "Site": { "LocalId": "PC1234" },
            "OD": right, "OS": left })
}

pub fn normal(local_id: &str) -> Value {
    submission(local_id, eye("None"), eye("None"))
}
