//! AMQP 1.0 values and their bytes (part 1 of the standard).
//!
//! `serde_amqp` gives the type. Its decoder is not used: it subtracts from unchecked lengths, and its typed
//! performatives refuse what real clients send (string keys in `error.info`).

pub(super) use serde_amqp::Value;
use serde_amqp::described::Described;
use serde_amqp::descriptor::Descriptor;
use serde_amqp::primitives::{Array, Binary, OrderedMap, Symbol};

/// Values nested deeper than this are refused, so that no input can exhaust the stack.
const MAX_DEPTH: usize = 16;

/// Bytes that are no AMQP value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub &'static str);

type Result<T> = std::result::Result<T, Malformed>;

/// Takes one value from the front of `input`.
pub(super) fn decode(input: &mut &[u8]) -> Result<Value> {
    decode_nested(input, 0)
}

/// Takes one value from the front of `input` and returns its bytes undecoded.
pub(super) fn skip<'a>(input: &mut &'a [u8]) -> Result<&'a [u8]> {
    let all = *input;
    // a described value is 0x00, descriptor, value: each 0x00 makes one more value to come
    let mut values = 1;
    while values > 0 {
        match split(input, 1)?[0] {
            0x00 => values += 1,
            code => {
                content(code, input)?;
                values -= 1;
            }
        }
    }
    Ok(&all[..all.len() - input.len()])
}

fn decode_nested(input: &mut &[u8], depth: usize) -> Result<Value> {
    if depth > MAX_DEPTH {
        return Err(Malformed("values are nested too deeply"));
    }
    match split(input, 1)?[0] {
        0x00 => {
            let descriptor = decode_descriptor(input)?;
            let value = decode_nested(input, depth + 1)?;
            Ok(Value::Described(Box::new(Described { descriptor, value })))
        }
        code => decode_primitive(code, content(code, input)?, depth),
    }
}

fn decode_descriptor(input: &mut &[u8]) -> Result<Descriptor> {
    let code = split(input, 1)?[0];
    match decode_primitive(code, content(code, input)?, MAX_DEPTH)? {
        Value::Ulong(code) => Ok(Descriptor::Code(code)),
        Value::Symbol(name) => Ok(Descriptor::Name(name)),
        _ => Err(Malformed("a descriptor is neither ulong nor symbol")),
    }
}

fn split<'a>(input: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (head, tail) = input.split_at_checked(length).ok_or(Malformed("a value ends too early"))?;
    *input = tail;
    Ok(head)
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Malformed("a value has the wrong width"))
}

/// The bytes behind a format code; the code's first digit says how their number is written.
fn content<'a>(code: u8, input: &mut &'a [u8]) -> Result<&'a [u8]> {
    let length = match code >> 4 {
        0x4 => 0,
        0x5 => 1,
        0x6 => 2,
        0x7 => 4,
        0x8 => 8,
        0x9 => 16,
        0xA | 0xC | 0xE => usize::from(split(input, 1)?[0]),
        0xB | 0xD | 0xF => u32::from_be_bytes(fixed(split(input, 4)?)?) as usize,
        _ => return Err(Malformed("unknown format code")),
    };
    split(input, length)
}

fn decode_primitive(code: u8, bytes: &[u8], depth: usize) -> Result<Value> {
    Ok(match code {
        0x40 => Value::Null,
        0x41 => Value::Bool(true),
        0x42 => Value::Bool(false),
        0x56 => Value::Bool(bytes[0] != 0),
        0x43 => Value::Uint(0),
        0x44 => Value::Ulong(0),
        0x45 => Value::List(Vec::new()),
        0x50 => Value::Ubyte(bytes[0]),
        0x51 => Value::Byte(bytes[0] as i8),
        0x52 => Value::Uint(bytes[0].into()),
        0x53 => Value::Ulong(bytes[0].into()),
        0x54 => Value::Int((bytes[0] as i8).into()),
        0x55 => Value::Long((bytes[0] as i8).into()),
        0x60 => Value::Ushort(u16::from_be_bytes(fixed(bytes)?)),
        0x61 => Value::Short(i16::from_be_bytes(fixed(bytes)?)),
        0x70 => Value::Uint(u32::from_be_bytes(fixed(bytes)?)),
        0x71 => Value::Int(i32::from_be_bytes(fixed(bytes)?)),
        0x72 => f32::from_be_bytes(fixed(bytes)?).into(),
        0x73 => Value::Char(char::from_u32(u32::from_be_bytes(fixed(bytes)?)).ok_or(Malformed("no such character"))?),
        0x74 => Value::Decimal32(fixed(bytes)?.into()),
        0x80 => Value::Ulong(u64::from_be_bytes(fixed(bytes)?)),
        0x81 => Value::Long(i64::from_be_bytes(fixed(bytes)?)),
        0x82 => f64::from_be_bytes(fixed(bytes)?).into(),
        0x83 => Value::Timestamp(i64::from_be_bytes(fixed(bytes)?).into()),
        0x84 => Value::Decimal64(fixed(bytes)?.into()),
        0x94 => Value::Decimal128(fixed(bytes)?.into()),
        0x98 => Value::Uuid(fixed(bytes)?.into()),
        0xA0 | 0xB0 => Value::Binary(Binary::from(bytes)),
        0xA1 | 0xB1 => Value::String(utf8(bytes)?),
        0xA3 | 0xB3 => Value::Symbol(utf8(bytes)?.into()),
        0xC0 | 0xD0 => Value::List(decode_items(code, bytes, depth)?),
        0xC1 | 0xD1 => {
            let mut items = decode_items(code, bytes, depth)?.into_iter();
            let mut map = OrderedMap::new();
            while let Some(key) = items.next() {
                map.insert(key, items.next().ok_or(Malformed("a map has a key without a value"))?);
            }
            Value::Map(map)
        }
        0xE0 | 0xF0 => Value::Array(Array(decode_elements(code, bytes, depth)?)),
        _ => return Err(Malformed("unknown format code")),
    })
}

fn utf8(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Malformed("text is not UTF-8"))
}

/// The number of items at the front of a list, map or array. Each item needs a byte; an array of values without
/// content could claim more, but no client sends one, and the bound keeps memory in proportion to the input.
fn count(code: u8, bytes: &mut &[u8]) -> Result<usize> {
    let count = match code >> 4 {
        0xC | 0xE => usize::from(split(bytes, 1)?[0]),
        _ => u32::from_be_bytes(fixed(split(bytes, 4)?)?) as usize,
    };
    if count <= bytes.len() { Ok(count) } else { Err(Malformed("a value claims more items than it has bytes")) }
}

fn decode_items(code: u8, mut bytes: &[u8], depth: usize) -> Result<Vec<Value>> {
    (0..count(code, &mut bytes)?).map(|_| decode_nested(&mut bytes, depth + 1)).collect()
}

fn decode_elements(code: u8, mut bytes: &[u8], depth: usize) -> Result<Vec<Value>> {
    let count = count(code, &mut bytes)?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut element = split(&mut bytes, 1)?[0];
    let mut descriptor = None;
    if element == 0x00 {
        descriptor = Some(decode_descriptor(&mut bytes)?);
        element = split(&mut bytes, 1)?[0];
    }
    if depth >= MAX_DEPTH {
        return Err(Malformed("values are nested too deeply"));
    }
    (0..count)
        .map(|_| {
            let value = decode_primitive(element, content(element, &mut bytes)?, depth + 1)?;
            Ok(match &descriptor {
                Some(descriptor) => Value::Described(Box::new(Described { descriptor: descriptor.clone(), value })),
                None => value,
            })
        })
        .collect()
}

/// Appends the bytes of `value`; elements of an array must be of one type.
pub(super) fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Described(described) => {
            encode_descriptor(&described.descriptor, out);
            encode(&described.value, out);
        }
        // short forms: small, and Python's client knows descriptors in no other form
        Value::Bool(true) => out.push(0x41),
        Value::Bool(false) => out.push(0x42),
        Value::Uint(small @ 0..=0xFF) => out.extend([0x52, *small as u8]),
        Value::Ulong(small @ 0..=0xFF) => out.extend([0x53, *small as u8]),
        Value::Binary(bytes) if bytes.len() < 0x100 => encode_short(0xA0, bytes, out),
        Value::String(text) if text.len() < 0x100 => encode_short(0xA1, text.as_bytes(), out),
        Value::Symbol(name) if name.len() < 0x100 => encode_short(0xA3, name.as_bytes(), out),
        Value::List(items) if items.is_empty() => out.push(0x45),
        other => {
            out.push(code(other));
            encode_content(other, out);
        }
    }
}

fn encode_descriptor(descriptor: &Descriptor, out: &mut Vec<u8>) {
    out.push(0x00);
    match descriptor {
        Descriptor::Code(code) => encode(&Value::Ulong(*code), out),
        Descriptor::Name(name) => encode(&Value::Symbol(name.clone()), out),
    }
}

fn encode_short(code: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.extend([code, bytes.len() as u8]);
    out.extend(bytes);
}

/// The format code of a value in the form that holds every value of its type.
fn code(value: &Value) -> u8 {
    match value {
        Value::Symbol(_) => 0xB3,
        other => other.format_code(),
    }
}

/// The bytes behind the format code [`code`].
fn encode_content(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(v) => out.push(u8::from(*v)),
        Value::Ubyte(v) => out.push(*v),
        Value::Byte(v) => out.extend(v.to_be_bytes()),
        Value::Ushort(v) => out.extend(v.to_be_bytes()),
        Value::Short(v) => out.extend(v.to_be_bytes()),
        Value::Uint(v) => out.extend(v.to_be_bytes()),
        Value::Int(v) => out.extend(v.to_be_bytes()),
        Value::Ulong(v) => out.extend(v.to_be_bytes()),
        Value::Long(v) => out.extend(v.to_be_bytes()),
        Value::Float(v) => out.extend(v.to_be_bytes()),
        Value::Double(v) => out.extend(v.to_be_bytes()),
        Value::Char(v) => out.extend(u32::from(*v).to_be_bytes()),
        Value::Decimal32(v) => out.extend(v.as_inner()),
        Value::Decimal64(v) => out.extend(v.as_inner()),
        Value::Decimal128(v) => out.extend(v.as_inner()),
        Value::Timestamp(v) => out.extend(v.milliseconds().to_be_bytes()),
        Value::Uuid(v) => out.extend(v.as_inner()),
        Value::Binary(v) => encode_long(v, out),
        Value::String(v) => encode_long(v.as_bytes(), out),
        Value::Symbol(v) => encode_long(v.as_bytes(), out),
        Value::List(items) => encode_compound(items.len(), out, |out| {
            for item in items {
                encode(item, out);
            }
        }),
        Value::Map(map) => encode_compound(map.len() * 2, out, |out| {
            for (key, value) in map.iter() {
                encode(key, out);
                encode(value, out);
            }
        }),
        Value::Array(Array(elements)) => encode_compound(elements.len(), out, |out| {
            match elements.first() {
                Some(Value::Described(first)) => {
                    encode_descriptor(&first.descriptor, out);
                    out.push(code(&first.value));
                }
                Some(first) => out.push(code(first)),
                None => out.push(0x40),
            }
            for element in elements {
                encode_content(element, out);
            }
        }),
        Value::Described(described) => encode_content(&described.value, out), // an element of an array
    }
}

fn encode_long(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend((bytes.len() as u32).to_be_bytes());
    out.extend(bytes);
}

fn encode_compound(count: usize, out: &mut Vec<u8>, items: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    out.extend((count as u32).to_be_bytes());
    items(out);
    let size = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&size.to_be_bytes());
}

/// The bytes of `value`.
pub(super) fn to_bytes(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode(value, &mut out);
    out
}

/// A value with a numeric descriptor.
pub(super) fn described(code: u64, value: Value) -> Value {
    Value::Described(Box::new(Described { descriptor: Descriptor::Code(code), value }))
}

/// A symbol.
pub(super) fn symbol(name: &str) -> Value {
    Value::Symbol(Symbol::from(name))
}

/// A map.
pub(super) fn map(entries: impl IntoIterator<Item = (Value, Value)>) -> Value {
    let mut map = OrderedMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    Value::Map(map)
}

/// The text of a string or symbol.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        Value::Symbol(name) => Some(name.as_str()),
        _ => None,
    }
}

/// The entry of a map whose key is the string or symbol `key`: clients use both.
pub(super) fn entry<'a>(map: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(map) = map else { return None };
    map.iter().find(|(k, _)| text(k) == Some(key)).map(|(_, v)| v)
}

/// The entries of a map, keys as strings; none of anything else.
pub(super) fn entries(map: &Value) -> Vec<(Value, Value)> {
    let Value::Map(map) = map else { return Vec::new() };
    map.iter().filter_map(|(key, value)| Some((text(key)?.into(), value.clone()))).collect()
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
