//! How submitted JSON is read (08 section 2.8), before anybody looks at what it says.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The properties of OrderRequest and GradingSubmission in their documented case. Others are ignored (LIFE-021).
#[rustfmt::skip]
const NAMES: &[&str] = &[
    "AdditionalInfo", "Address", "Associations", "AzureBlobStorage", "CPTCode", "Camera", "CameraOperator",
    "CameraOperatorUserName", "City", "ClientGuid", "Code", "Container", "Context", "Degrees", "DepartmentId", "Description",
    "Dob", "DxCode", "Email", "EmailAddress", "EncounterNumber", "Ethnicity", "EvaluationTypes", "FaxNumber", "FileName",
    "Finding", "Findings", "First", "Gender", "Genders", "Gradable", "GroupId", "GroupOrdinal", "HealthPlan", "IPAddress",
    "ImageContext", "Images", "IndividualId", "Last", "Laterality", "LocalId", "Location", "MACAddress", "Manufacturer",
    "MaritalStatus", "MemberId", "MissingEyeReason", "Model", "NPI", "Name", "OD", "OS", "Order", "OrderControlCode",
    "OrderableIdentifier", "OrderingProvider", "ParentLocalId", "Patient", "Phone", "PostalCode", "PrimaryCareProvider",
    "PrimaryLanguage", "Race", "ReferringProvider", "Result", "ScheduledTime", "SerialNumber", "SingleEyeOnly", "Site",
    "SoftwareVersion", "State", "Street1", "Street2", "StudyInstanceUniqueId", "Taken", "Taxonomy", "Title",
    "UngradableReasons", "UserNameSubmitting", "Version",
];

/// Other names of some properties (LIFE-RQ-22, LIFE-RQ-33, LIFE-RQ-57). The documented name wins when both are given.
const ALIASES: &[(&str, &str)] =
    &[("zip", "PostalCode"), ("street", "Street1"), ("value", "Gender"), ("datetimeoffset", "Taken")];

/// The object with documented property names and without what counts as absent. `None`: no JSON object (LIFE-027).
pub(super) fn read(bytes: &[u8]) -> Option<Value> {
    match serde_json::from_slice(bytes).ok()? {
        Value::Object(object) => Some(Value::Object(documented(object))),
        _ => None,
    }
}

/// [`read`] for a value made by ourselves.
pub(super) fn normal(value: Value) -> Value {
    present(value).unwrap_or_else(|| Value::Object(Map::new()))
}

/// LIFE-022: null, empty text, empty object and absent are the same.
fn present(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) => {
            let items: Vec<_> = items.into_iter().filter_map(present).collect();
            (!items.is_empty()).then_some(Value::Array(items))
        }
        Value::Object(object) => {
            let object = documented(object);
            (!object.is_empty()).then_some(Value::Object(object))
        }
        other => Some(other),
    }
}

/// LIFE-020
fn documented(object: Map<String, Value>) -> Map<String, Value> {
    let mut known = Map::new();
    let mut aliased = Vec::new();
    for (name, value) in object {
        let Some(value) = present(value) else { continue };
        if let Some(name) = NAMES.iter().find(|known| known.eq_ignore_ascii_case(&name)) {
            known.insert((*name).to_owned(), value);
        } else if let Some((_, name)) = ALIASES.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&name)) {
            aliased.push(((*name).to_owned(), value));
        }
    }
    for (name, value) in aliased {
        known.entry(name).or_insert(value);
    }
    known
}

/// Lays `change` over `base`: what is present replaces, what is absent stays (LIFE-040).
pub(super) fn merge(base: &mut Value, change: &Value) {
    match (base, change) {
        (Value::Object(base), Value::Object(change)) => {
            for (name, value) in change {
                merge(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (base, change) => *base = change.clone(),
    }
}

/// The text at a JSON pointer, for receipts of requests that cannot be read further.
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer)?.as_str()
}

/// An option: its code, or an id as number or digits (LIFE-023).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code(pub(super) String);

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(code) => Ok(Self(code)),
            Value::Number(id) => Ok(Self(id.to_string())),
            _ => Err(serde::de::Error::custom("an option is given by its code or id")),
        }
    }
}

/// A day: ISO 8601 or `M/d/yyyy` (LIFE-025).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        // a day sent as an instant is the day that is written, whatever the offset
        let of_instant = || text.parse::<Timestamp>().ok().and_then(|_| text.get(..10)?.parse().ok());
        let day = text.parse().ok().or_else(of_instant).or_else(|| american(&text));
        day.map(Self).ok_or_else(|| serde::de::Error::custom("a date is written yyyy-MM-dd or M/d/yyyy"))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

/// An instant: ISO 8601, or a day in either form; without offset it is taken as UTC. Written with seven fraction digits (LIFE-025).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub Timestamp);

impl Instant {
    /// Reads any of the accepted forms.
    pub(super) fn read(text: &str) -> Option<Self> {
        let local = || text.parse::<DateTime>().ok().or_else(|| american(text).map(DateTime::from));
        let utc = || local().and_then(|local| local.to_zoned(TimeZone::UTC).ok()).map(|zoned: Zoned| zoned.timestamp());
        text.parse().ok().or_else(utc).map(Self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::read(&text).ok_or_else(|| serde::de::Error::custom("a time is written in ISO 8601, a date also M/d/yyyy"))
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let utc = self.0.to_zoned(TimeZone::UTC).datetime();
        let fraction = utc.subsec_nanosecond() / 100;
        to.collect_str(&format_args!("{}.{fraction:07}+00:00", utc.strftime("%Y-%m-%dT%H:%M:%S")))
    }
}

fn american(text: &str) -> Option<Date> {
    strtime::parse("%m/%d/%Y", text).ok()?.to_date().ok()
}
