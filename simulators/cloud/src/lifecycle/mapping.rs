//! Between HL7 orders and OrderRequest (08 section 13), in both directions.

use hl7::{Delimiters, Message, escape};
use results::{Diagnosis, Order as Hl7Order, Person};
use serde_json::{Value, json};

use super::json;
use super::order::Order;
use super::request::{Cpt, Request};
use super::tenancy::{Patient, Site};

/// LIFE-EN-06
const MARITAL_STATUS: &str = "ADILMPSTW";
/// LIFE-EN-02; others of the HL7 value set have the same form (LIFE-092).
fn is_race(code: &str) -> bool {
    let (number, check) = code.split_once('-').unwrap_or_default();
    number.len() == 4 && check.len() == 1 && (number.bytes().chain(check.bytes())).all(|b| b.is_ascii_digit())
}

/// What an ORM says as OrderRequest (LIFE-MAP). PID-19 has no property (LIFE-MAP-15).
pub(super) fn from_orm(order: &Hl7Order, message: &Message, with_demographics: bool) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let field = |path: &str| message.text(path).map(|text| text.trim_end().to_owned()).unwrap_or_default();
    let types: Vec<_> = order.evaluations.iter().map(|kind| kind.to_string()).collect();
    let dob = text(&order.dob);
    let dob = match (dob.get(..4), dob.get(4..6), dob.get(6..8)) {
        (Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => String::new(),
    };
    let mut request = json!({
        "Version": "2.3.1",
        "Site": { "LocalId": text(&order.location) },
        "Order": {
            "LocalId": text(&order.placer),
            "EvaluationTypes": types, // LIFE-MAP-26
            "ScheduledTime": scheduled(&field("ORC-9")),
            "DepartmentId": field("ORC-13.4"),
            "EncounterNumber": text(&order.encounter),
            "OrderableIdentifier": text(&order.service), // LIFE-MAP-24
            "CPTCode": { "Code": field("OBR-4.1"), "Description": field("OBR-4.2") },
        },
        "Patient": {
            "LocalId": text(&order.mrn),
            "Name": { "First": text(&order.given), "Last": text(&order.family) },
            "Dob": dob,
            "Genders": [{ "Context": "BirthGender", "Gender": text(&order.sex) }],
            "DxCode": order.submitted_dx.first().map(|dx| dx.code.clone()), // LIFE-MAP-25
        },
        "OrderingProvider": {
            "NPI": text(&order.provider.id),
            "Name": { "First": text(&order.provider.given), "Last": text(&order.provider.family) },
        },
    });
    if with_demographics {
        let phone = Some(field("PID-13.1")).filter(|phone| !phone.is_empty());
        let marital = field("PID-16.1");
        let demographics = json!({ "Patient": {
            "Race": Some(field("PID-10.1")).filter(|code| is_race(code)), // LIFE-MAP-09
            "Address": {
                "Street1": field("PID-11.1"), "Street2": field("PID-11.2"), "City": field("PID-11.3"),
                "State": field("PID-11.4"), "PostalCode": field("PID-11.5"),
            },
            "Phone": phone.unwrap_or_else(|| field("PID-13.6") + &field("PID-13.7")), // LIFE-MAP-11
            "PrimaryLanguage": field("PID-15.1"),
            "MaritalStatus": Some(marital).filter(|code| code.len() == 1 && MARITAL_STATUS.contains(code.as_str())),
        } });
        json::merge(&mut request, &demographics);
    }
    json::normal(request)
}

/// LIFE-MAP-19: `yyyyMMddHHmmss` as the local time it is.
fn scheduled(text: &str) -> Option<String> {
    let digits = text.get(..14)?;
    let local = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(local.to_string())
}

/// The order as the HL7 messages say it (04-oru section 1; DFT-GEN-011 for one that came as JSON).
pub(super) fn to_results(order: &Order, patient: &Patient, site: &Site, clinic: &Option<String>) -> Hl7Order {
    let bytes = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
    let (request, person) = (&order.request, &patient.part);
    let clinic = bytes(if site.name.is_some() { &site.name } else { clinic });
    let known = &request.ordering_provider;
    let (degrees, prefix) = (bytes(&known.degrees), bytes(&known.name.title));
    let mut made = match &order.hl7 {
        Some(given) => Hl7Order { provider: Person { degrees, prefix, ..given.provider.clone() }, ..given.clone() },
        None => Hl7Order {
            mrn: patient.local_id.clone().into_bytes(),
            encounter: bytes(&request.order.encounter_number),
            location: site.local_id.clone().into_bytes(),
            placer: bytes(&request.order.local_id),
            provider: Person { degrees, prefix, ..ordered_by(request) },
            service: match &request.order.orderable_identifier {
                Some(identifier) => escape(identifier.as_bytes(), &Delimiters::default()).into_owned(),
                None => procedure(&request.cpt()),
            },
            submitted_dx: submitted(request),
            evaluations: order.types.clone(),
            ..Hl7Order::default()
        },
    };
    // LIFE-007: the newest demographics, in the bytes in which they came
    [made.family, made.given, made.dob, made.sex] = patient.hl7.clone().unwrap_or_else(|| {
        let dob = person.dob.map(|dob| dob.0.strftime("%Y%m%d").to_string());
        [bytes(&person.name.last), bytes(&person.name.first), bytes(&dob), person.sex().into()]
    });
    Hl7Order { filler: order.id, clinic, ..made }
}

/// DFT-FT1-7-P1: a charge for a JSON order takes the procedure from CPTCode.
pub(super) fn for_charge(order: &Order, made: Hl7Order) -> Hl7Order {
    if order.hl7.is_some() { made } else { Hl7Order { service: procedure(&order.request.cpt()), ..made } }
}

/// The order of an ORM after JSON has changed it: what differs takes the place of the bytes of the ORM, the rest stays as it
/// came (LIFE-040, LIFE-MAP-03).
pub(super) fn changed(old: &Hl7Order, before: &Request, after: &Request) -> Hl7Order {
    let mut new = old.clone();
    if after.order.encounter_number != before.order.encounter_number {
        new.encounter = after.order.encounter_number.clone().unwrap_or_default().into_bytes();
    }
    if after.ordering_provider != before.ordering_provider {
        new.provider = ordered_by(after);
    }
    if after.cpt() != before.cpt() {
        new.service = procedure(&after.cpt());
    } else if let Some(identifier) = &after.order.orderable_identifier
        && after.order.orderable_identifier != before.order.orderable_identifier
    {
        new.service = escape(identifier.as_bytes(), &Delimiters::default()).into_owned();
    }
    if after.patient.dx_code != before.patient.dx_code {
        new.submitted_dx = submitted(after);
    }
    new
}

fn ordered_by(request: &Request) -> Person {
    let bytes = |text: &Option<String>| text.clone().unwrap_or_default().into_bytes();
    let known = &request.ordering_provider;
    Person {
        id: bytes(&known.npi),
        family: bytes(&known.name.last),
        given: bytes(&known.name.first),
        ..Person::default()
    }
}

/// ICD-008: what is no ICD-10 code is dropped; ICD-9 codes begin with two digits.
fn submitted(request: &Request) -> Vec<Diagnosis> {
    let code =
        request.patient.dx_code.as_ref().filter(|code| code.trim().starts_with(|c: char| c.is_ascii_alphabetic()));
    code.map(|code| Diagnosis { code: code.clone(), text: Vec::new() }).into_iter().collect()
}

/// ORU-OBR-4: code, `^`, description.
fn procedure(cpt: &Cpt) -> Vec<u8> {
    let part = |text: &Option<String>| {
        escape(text.as_deref().unwrap_or_default().as_bytes(), &Delimiters::default()).into_owned()
    };
    match (&cpt.code, &cpt.description) {
        (None, None) => Vec::new(),
        (_, None) => part(&cpt.code),
        _ => [part(&cpt.code), b"^".to_vec(), part(&cpt.description)].concat(),
    }
}
