//! Messages as AMQP carries them (part 3.2 of the standard): sections, of which the bus rewrites header and
//! annotations only. What a sender wrote elsewhere is passed on byte for byte.

use std::time::Duration;

use jiff::Timestamp;

use super::broker::Delivery;
use super::value::{self, Malformed, Value, described, entry, map, symbol};

const HEADER: u64 = 0x70;
const DELIVERY_ANNOTATIONS: u64 = 0x71;
const MESSAGE_ANNOTATIONS: u64 = 0x72;
const PROPERTIES: u64 = 0x73;
const APPLICATION_PROPERTIES: u64 = 0x74;
const DATA: u64 = 0x75;
const VALUE: u64 = 0x77;

/// Message format of a batch: each data section holds one encoded message.
const BATCH: u32 = 0x8001_3700;

/// A message in a queue.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    /// The message id as text; names the message in the journal.
    pub id: String,
    /// When the sender wants it enqueued.
    pub scheduled: Option<Timestamp>,
    /// How long the sender wants it kept.
    pub time_to_live: Option<Duration>,
    header: Vec<Value>,
    annotations: Vec<(Value, Value)>,
    properties: Vec<u8>,
    application_properties: Vec<u8>,
    body: Vec<u8>,
}

/// A section's descriptor and all its bytes.
fn next_section<'a>(input: &mut &'a [u8]) -> Result<Option<(u64, &'a [u8])>, Malformed> {
    if input.is_empty() {
        return Ok(None);
    }
    let section = value::skip(input)?;
    let (Some(0x00), Ok(Value::Ulong(code))) = (section.first(), value::decode(&mut &section[1..])) else {
        return Err(Malformed("a section has no numeric descriptor"));
    };
    Ok(Some((code, section)))
}

/// The value inside a section.
fn section_value(section: &[u8]) -> Result<Value, Malformed> {
    match value::decode(&mut &section[..])? {
        Value::Described(described) => Ok(described.value),
        _ => Err(Malformed("a section is not described")),
    }
}

fn section_list(section: &[u8]) -> Result<Vec<Value>, Malformed> {
    match section_value(section)? {
        Value::List(fields) => Ok(fields),
        _ => Err(Malformed("a section is not a list")),
    }
}

/// The messages of one transfer: one, or those of a batch. A message without an id is given one by `new_id`,
/// because the JavaScript client fails on a message without (azure-wire).
pub(super) fn parse_transfer(
    format: u32,
    mut payload: &[u8],
    mut new_id: impl FnMut() -> String,
) -> Result<Vec<Message>, Malformed> {
    if format != BATCH {
        return Ok(vec![Message::parse(payload, new_id)?]);
    }
    let mut messages = Vec::new();
    while let Some((code, section)) = next_section(&mut payload)? {
        if code == DATA
            && let Value::Binary(message) = section_value(section)?
        {
            messages.push(Message::parse(&message, &mut new_id)?);
        }
    }
    Ok(messages)
}

impl Message {
    /// A message of one data section with content type `application/json`.
    pub fn json(body: Vec<u8>, id: &str) -> Message {
        let mut properties = vec![Value::Null; 7];
        properties[0] = id.into();
        properties[6] = symbol("application/json");
        Message {
            id: id.to_owned(),
            scheduled: None,
            time_to_live: None,
            header: Vec::new(),
            annotations: Vec::new(),
            properties: section(PROPERTIES, Value::List(properties)),
            application_properties: Vec::new(),
            body: section(DATA, Value::Binary(body.into())),
        }
    }

    fn parse(mut bytes: &[u8], new_id: impl FnOnce() -> String) -> Result<Message, Malformed> {
        let mut message = Message {
            id: String::new(),
            scheduled: None,
            time_to_live: None,
            header: Vec::new(),
            annotations: Vec::new(),
            properties: Vec::new(),
            application_properties: Vec::new(),
            body: Vec::new(),
        };
        let mut properties = Vec::new();
        while let Some((code, section)) = next_section(&mut bytes)? {
            match code {
                HEADER => {
                    message.header = section_list(section)?;
                    if let Some(Value::Uint(ms)) = message.header.get(2) {
                        message.time_to_live = Some(Duration::from_millis((*ms).into()));
                    }
                }
                MESSAGE_ANNOTATIONS => {
                    if let Value::Map(map) = section_value(section)? {
                        message.annotations = map.into_iter().collect();
                        message.scheduled = message.annotations.iter().find_map(scheduled_time);
                    }
                }
                PROPERTIES => {
                    properties = section_list(section)?;
                    message.properties = section.to_vec();
                }
                APPLICATION_PROPERTIES => message.application_properties = section.to_vec(),
                0x75..=0x78 => message.body.extend(section),
                DELIVERY_ANNOTATIONS => {} // delivery annotations end here by definition
                _ => return Err(Malformed("unknown message section")),
            }
        }
        match properties.first() {
            None | Some(Value::Null) => {
                message.id = new_id();
                properties.resize(properties.len().max(1), Value::Null);
                properties[0] = Value::String(message.id.clone());
                message.properties = self::section(PROPERTIES, Value::List(properties));
            }
            Some(id) => message.id = id_text(id),
        }
        Ok(message)
    }

    /// The bytes of a delivery; `locked_until` is written if the message is locked.
    pub fn encode(&self, delivery: &Delivery, locked_until: Option<Timestamp>) -> Vec<u8> {
        let mut header = self.header.clone();
        header.resize(header.len().max(5), Value::Null);
        header[4] = Value::Uint(delivery.delivery_count); // also when it is 0: clients show a missing one as undefined
        let time = |at: Timestamp| Value::Timestamp(at.as_millisecond().into());
        let mut annotations = self.annotations.clone();
        annotations.push((symbol("x-opt-message-state"), Value::Int(delivery.state)));
        annotations.push((symbol("x-opt-sequence-number"), Value::Long(delivery.sequence)));
        annotations.push((symbol("x-opt-enqueued-time"), time(delivery.enqueued)));
        annotations.extend(locked_until.map(|until| (symbol("x-opt-locked-until"), time(until))));

        let mut out = section(HEADER, Value::List(header));
        if let Some(token) = delivery.token {
            // clients that get a message otherwise than by a transfer have no delivery tag to look at
            let token = (symbol("x-opt-lock-token"), Value::Uuid(token.into_bytes().into()));
            out.extend(section(DELIVERY_ANNOTATIONS, map([token])));
        }
        out.extend(section(MESSAGE_ANNOTATIONS, map(annotations)));
        out.extend(&self.properties);
        match &delivery.dead {
            Some((reason, description)) => out.extend(self.with_reason(reason, description)),
            None => out.extend(&self.application_properties),
        }
        out.extend(&self.body);
        out
    }

    fn with_reason(&self, reason: &str, description: &str) -> Vec<u8> {
        let reason = ("DeadLetterReason".into(), reason.into());
        self.changed_properties(&[reason, ("DeadLetterErrorDescription".into(), description.into())])
    }

    /// The message with application properties changed or added.
    pub fn with_properties(&self, changes: &[(Value, Value)]) -> Message {
        Message { application_properties: self.changed_properties(changes), ..self.clone() }
    }

    fn changed_properties(&self, changes: &[(Value, Value)]) -> Vec<u8> {
        let before = match section_value(&self.application_properties) {
            Ok(Value::Map(map)) => map,
            _ => Default::default(),
        };
        section(APPLICATION_PROPERTIES, map(before.into_iter().chain(changes.iter().cloned())))
    }

    /// Bytes of what the sender wrote, header and annotations left out.
    pub fn size(&self) -> usize {
        self.properties.len() + self.application_properties.len() + self.body.len()
    }

    /// The payload: of data sections all bytes, of a value section its text or bytes.
    pub fn body(&self) -> Vec<u8> {
        let (mut rest, mut body) = (self.body.as_slice(), Vec::new());
        while let Ok(Some((DATA | VALUE, section))) = next_section(&mut rest) {
            match section_value(section) {
                Ok(Value::Binary(bytes)) => body.extend(bytes.iter()),
                Ok(Value::String(text)) => body.extend(text.bytes()),
                _ => {}
            }
        }
        body
    }
}

fn section(code: u64, value: Value) -> Vec<u8> {
    value::to_bytes(&described(code, value))
}

fn scheduled_time((key, time): &(Value, Value)) -> Option<Timestamp> {
    match time {
        Value::Timestamp(time) if value::text(key) == Some("x-opt-scheduled-enqueue-time") => {
            Timestamp::from_millisecond(time.milliseconds()).ok()
        }
        _ => None,
    }
}

fn id_text(id: &Value) -> String {
    match id {
        Value::String(text) => text.clone(),
        Value::Uuid(id) => uuid::Uuid::from_bytes(*id.as_inner()).to_string(),
        Value::Ulong(number) => number.to_string(),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => format!("{other:?}"),
    }
}

/// A request to `$cbs` or `$management`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Request {
    pub message_id: Value,
    pub reply_to: Option<String>,
    properties: Value,
    pub body: Value,
}

impl Request {
    pub fn parse(mut bytes: &[u8]) -> Result<Request, Malformed> {
        let mut request =
            Request { message_id: Value::Null, reply_to: None, properties: Value::Null, body: Value::Null };
        while let Some((code, section)) = next_section(&mut bytes)? {
            match code {
                PROPERTIES => {
                    let fields = section_list(section)?;
                    request.message_id = fields.first().cloned().unwrap_or_default();
                    request.reply_to = fields.get(4).and_then(value::text).map(str::to_owned);
                }
                APPLICATION_PROPERTIES => request.properties = section_value(section)?,
                DATA | VALUE => request.body = section_value(section)?,
                _ => {}
            }
        }
        Ok(request)
    }

    /// An application property that is text.
    pub fn property(&self, name: &str) -> Option<&str> {
        entry(&self.properties, name).and_then(value::text)
    }
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Response {
    pub status: i32,
    pub description: String,
    /// Symbol of an error condition.
    pub condition: Option<&'static str>,
    pub body: Value,
}

impl Response {
    pub fn refusal(status: i32, condition: &'static str, description: impl Into<String>) -> Response {
        Response { status, description: description.into(), condition: Some(condition), body: Value::Null }
    }

    /// The bytes of the answer to the request with `message_id`. Both spellings, because clients differ (azure-wire).
    pub fn encode(&self, message_id: &Value) -> Vec<u8> {
        let mut fields = vec![Value::Null; 6];
        fields[5] = message_id.clone();
        let mut properties = vec![
            ("status-code".into(), Value::Int(self.status)),
            ("statusCode".into(), Value::Int(self.status)),
            ("status-description".into(), self.description.as_str().into()),
            ("statusDescription".into(), self.description.as_str().into()),
        ];
        properties.extend(self.condition.map(|condition| ("errorCondition".into(), symbol(condition))));
        let mut out = section(PROPERTIES, Value::List(fields));
        out.extend(section(APPLICATION_PROPERTIES, map(properties)));
        out.extend(section(VALUE, self.body.clone()));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// Properties with message id `m-1`, application property `k` = true, one data section `{}`.
    const PLAIN: &[u8] =
        b"\x00\x53\x73\xC0\x06\x01\xA1\x03m-1\x00\x53\x74\xC1\x05\x02\xA1\x01k\x41\x00\x53\x75\xA0\x02{}";

    fn delivery(message: &Message, dead: Option<(String, String)>) -> Delivery {
        let message = Arc::new(message.clone());
        Delivery {
            sequence: 7,
            token: None,
            delivery_count: 0,
            enqueued: Timestamp::UNIX_EPOCH,
            dead,
            state: 0,
            message,
        }
    }

    #[test]
    fn all_but_header_and_annotations_is_passed_on_byte_for_byte() {
        let message = Message::parse(PLAIN, || unreachable!()).unwrap();
        assert_eq!((message.id.as_str(), message.body()), ("m-1", b"{}".to_vec()));
        let bytes = message.encode(&delivery(&message, None), None);
        // header: four nulls, then delivery-count 0 although that is the default
        assert!(
            bytes.starts_with(b"\x00\x53\x70\xD0\x00\x00\x00\x0A\x00\x00\x00\x05\x40\x40\x40\x40\x52\x00\x00\x53\x72")
        );
        assert!(bytes.ends_with(PLAIN));
        let sequence = b"\xA3\x15x-opt-sequence-number\x81\x00\x00\x00\x00\x00\x00\x00\x07";
        assert!(bytes.windows(sequence.len()).any(|window| window == sequence));
    }

    #[test]
    fn a_dead_letter_tells_its_reason_in_application_properties() {
        let message = Message::parse(PLAIN, || unreachable!()).unwrap();
        let dead = Some(("EmrNotAccepted".to_owned(), "AE".to_owned()));
        let request = Request::parse(&message.encode(&delivery(&message, dead), None)).unwrap();
        assert_eq!(request.property("DeadLetterReason"), Some("EmrNotAccepted"));
        assert_eq!(request.property("DeadLetterErrorDescription"), Some("AE"));
        assert_eq!(entry(&request.properties, "k"), Some(&Value::Bool(true)));
    }

    #[test]
    fn a_message_without_an_id_is_given_one_and_a_batch_is_taken_apart() {
        let bare = b"\x00\x53\x75\xA0\x01x";
        let batch = [&[0x00, 0x53, 0x75, 0xA0, PLAIN.len() as u8][..], PLAIN, b"\x00\x53\x75\xA0\x06", bare].concat();
        let messages = parse_transfer(BATCH, &batch, || "new".to_owned()).unwrap();
        assert_eq!(messages.iter().map(|m| m.id.as_str()).collect::<Vec<_>>(), ["m-1", "new"]);
        assert_eq!(
            Request::parse(&messages[1].encode(&delivery(&messages[1], None), None)).unwrap().message_id,
            "new".into()
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), section in 0x70u8..0x79) {
            let bytes = [&[0x00, 0x53, section], &bytes[..]].concat();
            let _ = Message::parse(&bytes, String::new).map(|message| message.body());
            let _ = Request::parse(&bytes);
        }
    }
}
