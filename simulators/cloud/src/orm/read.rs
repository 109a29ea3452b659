//! From a message to a request.

use super::fields::Fields;
use super::{Action, LocationSource, OrderProfile, Refusal, rules, select, structure};
use hl7::{Message, ParseError};
use results::{Diagnosis, Order, Person};

/// An order message that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What ORC-1 asks for.
    pub action: Action,
    /// The order with decoded values; filler number and clinic name are for the caller to fill in.
    pub order: Order,
}

/// Reads and judges the content of a frame or request body.
///
/// # Errors
/// The content is no HL7 message (ACK-027), or an order that [`read`] refuses.
pub fn judge(content: &[u8], profile: &OrderProfile) -> Result<Request, Refusal> {
    read(&Message::parse(content).map_err(|error| unreadable(&error))?, profile)
}

/// MSH-3.1 and MSH-4.1, which tell apart the customers of a shared link (TOP-095).
pub fn sender(message: &Message) -> (Vec<u8>, Vec<u8>) {
    let header = message.segments().next();
    let header = header.map(|header| Fields::new(header, message.delimiters(), "MSH", 1));
    header.map(|msh| (msh.value(3, 1, 1), msh.value(4, 1, 1))).unwrap_or_default()
}

/// Judges a message and reads the order from it.
///
/// # Errors
/// The first thing that is wrong, in the order: control bytes, message type, segments, then the fields as they come.
pub fn read(message: &Message, profile: &OrderProfile) -> Result<Request, Refusal> {
    // MLLP-027: LF and CR LF are taken as segment ends.
    if message.bytes().iter().any(|b| *b < b' ' && !matches!(b, b'\r' | b'\n')) {
        return Err(Refusal::new("MLLP-025", 102, "message", "must not contain control bytes"));
    }
    if let Some(header) = message.segments().next() {
        rules::check(rules::MESSAGE_TYPE, &Fields::new(header, message.delimiters(), "MSH", 1), 1, profile)?;
    }
    let structure::Segments { msh, pid, pv1, orc, obr, dg1 } = structure::segments(message)?;
    rules::check(rules::MSH, &msh, 1, profile)?;
    let (mrn, repetition) = select::patient_id(&pid, profile)?;
    rules::check(rules::PATIENT_ID, &pid, repetition, profile)?;
    rules::check(rules::PID, &pid, 1, profile)?;
    rules::check(rules::PV1, &pv1, 1, profile)?;
    let action = action(&orc, profile)?;
    rules::check(rules::ORC, &orc, 1, profile)?;
    let provider = select::provider(&orc, profile)?;
    rules::check(rules::PROVIDER, &orc, provider, profile)?;
    rules::check(rules::ENTERER, &orc, 1, profile)?;
    dg1.iter().try_for_each(|dg1| rules::check(rules::DG1, dg1, 1, profile))?;

    let order = Order {
        mrn: pid.value(mrn, repetition, 1),
        family: pid.value(5, 1, 1),
        given: pid.value(5, 1, 2),
        dob: pid.value(7, 1, 1),
        sex: pid.value(8, 1, 1),
        encounter: pid.value(18, 1, 1),
        location: match profile.location.source {
            LocationSource::Pv1 => pv1.value(3, 1, 1),
            LocationSource::Orc => orc.value(13, 1, 1),
        },
        placer: orc.value(2, 1, 1),
        provider: Person {
            id: orc.value(12, provider, 1),
            family: orc.value(12, provider, 2),
            given: orc.value(12, provider, 3),
            ..Person::default()
        },
        service: obr.map(|obr| obr.encoded(4)).unwrap_or_default(),
        version: msh.value(12, 1, 1),
        submitted_dx: dg1.iter().map(diagnosis).collect(),
        sending_facility: msh.value(4, 1, 1),
        ssn: pid.value(19, 1, 1), // sent again only with `dft.pid19: echo` (DFT-C3)
        evaluations: profile.evaluation_types.clone(),
        ..Order::default()
    };
    Ok(Request { action, order })
}

/// ORC-1 (03-orm, section 5).
fn action(orc: &Fields, profile: &OrderProfile) -> Result<Action, Refusal> {
    let code = orc.value(1, 1, 1);
    let agreed = profile.order_control.iter().find(|(agreed, _)| agreed.as_bytes() == code);
    let requirement = match &code[..] {
        b"" => "ORM-ORC-1",
        b"XO" => "ORM-OC-XO",
        b"XR" => "ORM-OC-XR",
        b"CR" => "ORM-OC-CR",
        _ => "ORM-OC-OTHER",
    };
    let error = if code.is_empty() { 101 } else { 103 };
    agreed
        .map(|(_, action)| *action)
        .ok_or_else(|| orc.refuse(requirement, error, (1, 1, 0), "must be an agreed order control code"))
}

/// DFT-DX-009: the text is DG1-3.2; the description stands in for an empty one.
fn diagnosis(dg1: &Fields) -> Diagnosis {
    let code = String::from_utf8_lossy(&dg1.value(3, 1, 1)).into_owned();
    let text = Some(dg1.value(3, 1, 2)).filter(|text| !text.is_empty()).unwrap_or_else(|| dg1.value(4, 1, 1));
    Diagnosis { code, text }
}

/// The parser's own words quote the message, which may hold PHI.
fn unreadable(error: &ParseError) -> Refusal {
    match error {
        ParseError::Empty | ParseError::NotMsh { .. } => {
            Refusal::new("ORM-SEG-001", 100, "MSH", "must be the first segment")
        }
        ParseError::Illegal { offset: 3, .. } => {
            Refusal::new("ORM-MSH-1", 102, "MSH-1", "must be a punctuation character, usually |")
        }
        ParseError::Cut { .. } => Refusal::new("ORM-MSH-1", 101, "MSH-1", "required, but missing"),
        ParseError::Length { .. } | ParseError::Illegal { .. } | ParseError::Equal { .. } => {
            Refusal::new("ORM-MSH-2", 102, "MSH-2", "must be 4 or 5 different punctuation characters, usually ^~\\&")
        }
    }
}
