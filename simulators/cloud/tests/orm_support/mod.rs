//! What the tables of order cases are made of.
#![allow(dead_code)] // each test binary uses a part

use cloud::orm::{Action, LocationSource, OrderProfile, PatientIdSource, TypeComponent};
use hl7::Message;

/// The base message of 03-orm, section 7.
pub const NEW_ORDER: &[u8] = include_bytes!("../data/derived-new-order.hl7");

/// One change to a message.
#[derive(Clone, Copy)]
pub enum Edit<'a> {
    /// The element at a path gets this text.
    Set(&'a str, &'a str),
    /// The same with bytes.
    Bytes(&'a str, &'a [u8]),
    /// The segment is removed.
    Drop(&'a str),
    /// A new segment behind the first one of that name.
    Add(&'a str, &'a str),
    /// The segment is moved behind another one.
    Move(&'a str, &'a str),
    /// Bytes at the end of the message.
    Append(&'a [u8]),
    /// A text is replaced wherever it occurs.
    Replace(&'a str, &'a str),
    /// Other content altogether.
    Content(&'a [u8]),
}

/// The changed message.
pub fn edited(content: &[u8], edits: &[Edit]) -> Vec<u8> {
    edits.iter().fold(content.to_vec(), |content, edit| apply(content, *edit))
}

fn apply(content: Vec<u8>, edit: Edit) -> Vec<u8> {
    let parsed = || Message::parse(content.clone()).expect("edits by path need a readable header");
    match edit {
        Edit::Set(path, text) => set(parsed(), path, text.as_bytes()),
        Edit::Bytes(path, bytes) => set(parsed(), path, bytes),
        Edit::Drop(name) => dropped(parsed(), name),
        Edit::Add(after, segment) => added(parsed(), after, segment.as_bytes()),
        Edit::Move(name, after) => {
            let segment = parsed().segment(name, 1).expect("the segment to move").bytes().to_vec();
            let rest = Message::parse(dropped(parsed(), name)).expect("MSH stays");
            added(rest, after, &segment)
        }
        Edit::Append(bytes) => [&content[..], bytes].concat(),
        Edit::Replace(from, to) => {
            let text = String::from_utf8(content).expect("the examples are ASCII");
            assert!(text.contains(from), "nothing to replace: {from}");
            text.replace(from, to).into_bytes()
        }
        Edit::Content(bytes) => bytes.to_vec(),
    }
}

fn set(mut message: Message, path: &str, raw: &[u8]) -> Vec<u8> {
    message.set(&path.parse().expect("a path"), raw).expect("an element that can be set");
    message.into_bytes()
}

fn dropped(mut message: Message, name: &str) -> Vec<u8> {
    assert!(message.remove_segment(name, 1), "no segment {name} to remove");
    message.into_bytes()
}

fn added(mut message: Message, after: &str, segment: &[u8]) -> Vec<u8> {
    let after = message.segment(after, 1).expect("the segment in front").index();
    message.insert_segment(after, segment);
    message.into_bytes()
}

/// `base` with the provider type of the sample data.
pub fn base() -> OrderProfile {
    let mut profile = OrderProfile::default();
    profile.provider.r#type = "SERDOTON".to_owned();
    profile
}

pub fn pid3() -> OrderProfile {
    let mut profile = base();
    profile.patient_id.source = PatientIdSource::Pid3;
    profile
}

pub fn control_xo() -> OrderProfile {
    let mut profile = base();
    profile.order_control.insert("XO".to_owned(), Action::Change);
    profile
}

/// The provider type in component 9.
pub fn type_in_9() -> OrderProfile {
    let mut profile = base();
    profile.provider.type_component = TypeComponent::Nine;
    profile
}

/// The clinic from ORC-13.1.
pub fn location_in_orc() -> OrderProfile {
    let mut profile = base();
    profile.location.source = LocationSource::Orc;
    profile
}

/// MSH-4 names the parent entity; `ANCL` of the base message is agreed.
pub fn hub() -> OrderProfile {
    OrderProfile { parent_entity: Some(vec!["NORTH".to_owned(), "ANCL".to_owned()]), ..base() }
}

/// `POC01` of the base message is the only clinic.
pub fn one_clinic() -> OrderProfile {
    OrderProfile { known_locations: Some([("POC01".to_owned(), "First Clinic".to_owned())].into()), ..base() }
}
