//! The performatives of AMQP 1.0 (parts 2.7, 3.4 and 5.3 of the standard), as far as the bus reads and writes them.
//!
//! Decoding is tolerant: a missing field is null, an unknown outcome or property is passed over.

use bytes::{Buf, Bytes};
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;

use super::value::{self, Malformed, Value, described, symbol};

/// An error as AMQP carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub name: String,
    pub description: String,
}

impl Condition {
    pub fn new(name: &str, description: impl Into<String>) -> Condition {
        Condition { name: name.to_owned(), description: description.into() }
    }

    fn to_value(&self) -> Value {
        // with an empty info: Python's client hangs if a rejection has fewer than three fields
        described(0x1D, Value::List(vec![symbol(&self.name), Value::String(self.description.clone()), Value::Null]))
    }
}

/// A frame's body.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Performative {
    Open { max_frame_size: u32, idle_time_out: Option<u32> },
    Begin { next_outgoing_id: u32, incoming_window: u32 },
    Attach(Attach),
    Flow(Flow),
    Transfer(Transfer),
    Disposition { role: Role, first: u32, last: u32, settled: bool, state: Option<State> },
    Detach { handle: u32, closed: bool },
    End,
    Close,
    SaslInit { mechanism: String, response: Vec<u8> },
}

/// Which end of a link speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Sender,
    Receiver,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attach {
    pub name: String,
    pub handle: u32,
    pub role: Role,
    pub snd_settle_mode: Value,
    pub rcv_settle_mode: Value,
    pub source: Value,
    pub target: Value,
    pub initial_delivery_count: u32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Flow {
    pub next_incoming_id: Option<u32>,
    pub incoming_window: u32,
    pub next_outgoing_id: u32,
    pub link: Option<LinkFlow>,
    pub echo: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct LinkFlow {
    pub handle: u32,
    pub delivery_count: Option<u32>,
    pub credit: u32,
    pub drain: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Transfer {
    pub handle: u32,
    pub delivery_id: Option<u32>,
    pub message_format: u32,
    pub settled: bool,
    pub more: bool,
    pub aborted: bool,
}

/// The state of a delivery; [`State::Other`] is not an outcome.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Accepted,
    /// With the error's info map, where Service Bus clients put the reason of a dead letter.
    Rejected(Option<Condition>, Value),
    Released,
    /// With the changes that Service Bus clients ask for in place of annotations.
    Modified {
        undeliverable_here: bool,
        changes: Value,
    },
    Other,
}

/// The fields of a list; missing ones are null.
struct Fields(std::vec::IntoIter<Value>);

impl Fields {
    fn of(value: Value) -> Result<(u64, Fields), Malformed> {
        let Value::Described(described) = value else { return Err(Malformed("a composite value has no descriptor")) };
        let Described { descriptor, value } = *described;
        match (descriptor, value) {
            (Descriptor::Code(code), Value::List(fields)) => Ok((code, Fields(fields.into_iter()))),
            (Descriptor::Name(_), _) => Err(Malformed("symbolic descriptors are not supported")),
            _ => Err(Malformed("a composite value is not a list")),
        }
    }

    fn value(&mut self) -> Value {
        self.0.next().unwrap_or_default()
    }

    fn skip(&mut self, fields: usize) -> &mut Fields {
        (0..fields).for_each(|_| drop(self.value()));
        self
    }

    fn uint(&mut self) -> Result<Option<u32>, Malformed> {
        match self.value() {
            Value::Null => Ok(None),
            Value::Uint(number) => Ok(Some(number)),
            _ => Err(Malformed("a field is not a uint")),
        }
    }

    fn mandatory_uint(&mut self) -> Result<u32, Malformed> {
        self.uint()?.ok_or(Malformed("a mandatory field is missing"))
    }

    fn flag(&mut self) -> bool {
        self.value() == Value::Bool(true)
    }

    fn role(&mut self) -> Result<Role, Malformed> {
        match self.value() {
            Value::Bool(true) => Ok(Role::Receiver),
            Value::Bool(false) => Ok(Role::Sender),
            _ => Err(Malformed("a role is not a boolean")),
        }
    }

    fn text(&mut self) -> String {
        value::text(&self.value()).unwrap_or_default().to_owned()
    }
}

/// Takes the performative from the front of a frame's body; what is left is the payload of a transfer.
pub(super) fn decode(body: &mut Bytes) -> Result<Performative, Malformed> {
    let mut rest = &body[..];
    let performative = value::decode(&mut rest)?;
    body.advance(body.len() - rest.len());
    let (code, mut fields) = Fields::of(performative)?;
    let f = &mut fields;
    Ok(match code {
        0x10 => Performative::Open {
            max_frame_size: f.skip(2).uint()?.unwrap_or(u32::MAX),
            idle_time_out: f.skip(1).uint()?,
        },
        0x11 => {
            Performative::Begin { next_outgoing_id: f.skip(1).mandatory_uint()?, incoming_window: f.mandatory_uint()? }
        }
        0x12 => Performative::Attach(Attach {
            name: f.text(),
            handle: f.mandatory_uint()?,
            role: f.role()?,
            snd_settle_mode: f.value(),
            rcv_settle_mode: f.value(),
            source: f.value(),
            target: f.value(),
            initial_delivery_count: f.skip(2).uint()?.unwrap_or(0),
        }),
        0x13 => {
            let (next_incoming_id, incoming_window) = (f.uint()?, f.mandatory_uint()?);
            let next_outgoing_id = f.mandatory_uint()?;
            let (handle, delivery_count, credit) = (f.skip(1).uint()?, f.uint()?, f.uint()?);
            let (drain, echo) = (f.skip(1).flag(), f.flag());
            let link = handle.map(|handle| LinkFlow { handle, delivery_count, credit: credit.unwrap_or(0), drain });
            Performative::Flow(Flow { next_incoming_id, incoming_window, next_outgoing_id, link, echo })
        }
        0x14 => Performative::Transfer(Transfer {
            handle: f.mandatory_uint()?,
            delivery_id: f.uint()?,
            message_format: f.skip(1).uint()?.unwrap_or(0),
            settled: f.flag(),
            more: f.flag(),
            aborted: f.skip(3).flag(),
        }),
        0x15 => {
            let (role, first) = (f.role()?, f.mandatory_uint()?);
            let last = f.uint()?.unwrap_or(first);
            Performative::Disposition { role, first, last, settled: f.flag(), state: decode_state(f.value())? }
        }
        0x16 => Performative::Detach { handle: f.mandatory_uint()?, closed: f.flag() },
        0x17 => Performative::End,
        0x18 => Performative::Close,
        0x41 => {
            let mechanism = f.text();
            let response = match f.value() {
                Value::Binary(bytes) => bytes.into_vec(),
                _ => Vec::new(),
            };
            Performative::SaslInit { mechanism, response }
        }
        _ => return Err(Malformed("unknown performative")),
    })
}

fn decode_state(state: Value) -> Result<Option<State>, Malformed> {
    if state == Value::Null {
        return Ok(None);
    }
    let (code, mut f) = Fields::of(state)?;
    Ok(Some(match code {
        0x24 => State::Accepted,
        0x25 => match f.value() {
            Value::Null => State::Rejected(None, Value::Null),
            error => {
                let (_, mut error) = Fields::of(error)?;
                let condition = Condition { name: error.text(), description: error.text() };
                State::Rejected(Some(condition), error.value())
            }
        },
        0x26 => State::Released,
        0x27 => State::Modified { undeliverable_here: f.skip(1).flag(), changes: f.value() },
        _ => State::Other,
    }))
}

/// The bytes of a composite value.
fn composite(code: u64, fields: Vec<Value>) -> Vec<u8> {
    value::to_bytes(&described(code, Value::List(fields)))
}

fn optional(number: Option<u32>) -> Value {
    number.map_or(Value::Null, Value::Uint)
}

pub(super) fn open(container: &str, max_frame_size: u32, channel_max: u16, idle_time_out: u32) -> Vec<u8> {
    composite(
        0x10,
        vec![
            container.into(),
            Value::Null,
            Value::Uint(max_frame_size),
            Value::Ushort(channel_max),
            Value::Uint(idle_time_out),
        ],
    )
}

pub(super) fn begin(remote_channel: u16, incoming_window: u32, outgoing_window: u32, handle_max: u32) -> Vec<u8> {
    let windows = [Value::Uint(0), Value::Uint(incoming_window), Value::Uint(outgoing_window)];
    let mut fields = vec![Value::Ushort(remote_channel)];
    fields.extend(windows);
    fields.push(Value::Uint(handle_max));
    composite(0x11, fields)
}

impl Attach {
    /// The bytes of the answer: the same link seen from here. Modes, source and target are the client's, unread.
    pub fn answer(&self, max_message_size: u64) -> Vec<u8> {
        composite(
            0x12,
            vec![
                self.name.as_str().into(),
                Value::Uint(self.handle),
                Value::Bool(self.role == Role::Sender), // ours is the other one
                self.snd_settle_mode.clone(),
                self.rcv_settle_mode.clone(),
                self.source.clone(),
                self.target.clone(),
                Value::Null,
                Value::Null,
                if self.role == Role::Receiver { Value::Uint(0) } else { Value::Null },
                Value::Ulong(max_message_size),
            ],
        )
    }
}

pub(super) fn flow(flow: &Flow, outgoing_window: u32) -> Vec<u8> {
    let mut fields = vec![
        optional(flow.next_incoming_id),
        Value::Uint(flow.incoming_window),
        Value::Uint(flow.next_outgoing_id),
        Value::Uint(outgoing_window),
    ];
    if let Some(link) = flow.link {
        fields.extend([
            Value::Uint(link.handle),
            optional(link.delivery_count),
            Value::Uint(link.credit),
            Value::Null,
            Value::Bool(link.drain),
        ]);
    }
    composite(0x13, fields)
}

/// The first transfer of a delivery, or one that continues it when `first` is nothing.
pub(super) fn transfer(handle: u32, first: Option<(u32, &[u8])>, settled: bool, more: bool) -> Vec<u8> {
    let (id, tag, format) = match first {
        Some((id, tag)) => (Value::Uint(id), Value::Binary(tag.to_vec().into()), Value::Uint(0)),
        None => (Value::Null, Value::Null, Value::Null),
    };
    composite(0x14, vec![Value::Uint(handle), id, tag, format, Value::Bool(settled), Value::Bool(more)])
}

pub(super) fn settled(role: Role, delivery: u32, state: &State) -> Vec<u8> {
    let state = match state {
        State::Accepted => described(0x24, Value::List(vec![])),
        State::Rejected(None, _) => described(0x25, Value::List(vec![])),
        State::Rejected(Some(condition), _) => described(0x25, Value::List(vec![condition.to_value()])),
        State::Released => described(0x26, Value::List(vec![])),
        State::Modified { undeliverable_here, .. } => {
            described(0x27, Value::List(vec![Value::Bool(true), Value::Bool(*undeliverable_here)]))
        }
        State::Other => Value::Null,
    };
    let role = Value::Bool(role == Role::Receiver);
    composite(0x15, vec![role, Value::Uint(delivery), Value::Uint(delivery), Value::Bool(true), state])
}

pub(super) fn detach(handle: u32, closed: bool, error: Option<&Condition>) -> Vec<u8> {
    let mut fields = vec![Value::Uint(handle), Value::Bool(closed)];
    fields.extend(error.map(Condition::to_value));
    composite(0x16, fields)
}

pub(super) fn end() -> Vec<u8> {
    composite(0x17, vec![])
}

pub(super) fn close(error: Option<&Condition>) -> Vec<u8> {
    composite(0x18, error.map(Condition::to_value).into_iter().collect())
}

pub(super) fn sasl_mechanisms(names: &[&str]) -> Vec<u8> {
    let names = names.iter().map(|name| symbol(name)).collect::<Vec<_>>();
    composite(0x40, vec![Value::Array(serde_amqp::primitives::Array(names))])
}

/// Code 0 is success, 1 a refusal.
pub(super) fn sasl_outcome(code: u8) -> Vec<u8> {
    composite(0x44, vec![Value::Ubyte(code)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_transfer_leaves_its_payload_in_the_body() {
        // descriptor 0x14, list8: handle 0, delivery-id 1, tag, format 0, settled false, more true
        let mut body = Bytes::from_static(b"\x00\x53\x14\xC0\x0A\x06\x43\x52\x01\xA0\x01T\x43\x42\x41payload");
        let transfer = Transfer { delivery_id: Some(1), more: true, ..Transfer::default() };
        assert_eq!(decode(&mut body), Ok(Performative::Transfer(transfer)));
        assert_eq!(body, "payload");
    }

    #[test]
    fn string_keys_in_an_errors_info_are_read() {
        // as the JavaScript client writes a dead letter: disposition, rejected, error, map with string keys
        let info = value::map([("DeadLetterReason".into(), "EmrNotAccepted".into())]);
        let error = described(0x1D, Value::List(vec![symbol("com.microsoft:dead-letter"), Value::Null, info.clone()]));
        let rejected = described(0x25, Value::List(vec![error]));
        let fields = vec![Value::Bool(true), Value::Uint(7), Value::Null, Value::Bool(false), rejected];
        let mut body = Bytes::from(composite(0x15, fields));
        let condition = Condition::new("com.microsoft:dead-letter", "");
        let state = Some(State::Rejected(Some(condition), info));
        let wanted = Performative::Disposition { role: Role::Receiver, first: 7, last: 7, settled: false, state };
        assert_eq!(decode(&mut body), Ok(wanted));
    }

    #[test]
    fn a_settled_rejection_carries_no_error() {
        // azure-wire: the JavaScript client fails if an error is present, the Python client if the type differs
        let bytes = settled(Role::Sender, 3, &State::Rejected(None, Value::Null));
        let wanted = b"\x00\x53\x15\xD0\x00\x00\x00\x0E\x00\x00\x00\x05\x42\x52\x03\x52\x03\x41\x00\x53\x25\x45";
        assert_eq!(bytes, wanted);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(
            code in 0x10u8..0x48, fields in proptest::collection::vec(any::<u8>(), 0..48),
        ) {
            let head = [0x00, 0x53, code, 0xC0, fields.len() as u8];
            let _ = decode(&mut Bytes::from([&head[..], &fields].concat()));
        }
    }
}
