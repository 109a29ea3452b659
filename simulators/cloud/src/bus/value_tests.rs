use proptest::prelude::*;

use super::*;

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u8>().prop_map(Value::Ubyte),
        any::<u16>().prop_map(Value::Ushort),
        prop_oneof![any::<u32>(), 0..300u32].prop_map(Value::Uint),
        prop_oneof![any::<u64>(), 0..300u64].prop_map(Value::Ulong),
        any::<i8>().prop_map(Value::Byte),
        any::<i16>().prop_map(Value::Short),
        any::<i32>().prop_map(Value::Int),
        any::<i64>().prop_map(Value::Long),
        any::<f64>().prop_map(Value::from),
        any::<char>().prop_map(Value::Char),
        any::<i64>().prop_map(|ms| Value::Timestamp(ms.into())),
        any::<[u8; 16]>().prop_map(|bytes| Value::Uuid(bytes.into())),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Value::Binary(bytes.into())),
        ".{0,90}".prop_map(Value::String),
        "[a-z:-]{0,300}".prop_map(|name| Value::Symbol(name.into())),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
            proptest::collection::vec((scalar(), inner.clone()), 0..6).prop_map(map),
            (any::<u64>(), inner).prop_map(|(code, value)| described(code, value)),
            proptest::collection::vec(any::<u32>().prop_map(Value::Uint), 1..6)
                .prop_map(|elements| Value::Array(Array(elements))),
            proptest::collection::vec(".{0,9}".prop_map(|s| described(9, Value::String(s))), 1..6)
                .prop_map(|elements| Value::Array(Array(elements))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded_and_skipped(value in value()) {
        let bytes = to_bytes(&value);
        let mut rest = bytes.as_slice();
        prop_assert_eq!(decode(&mut rest), Ok(value));
        prop_assert!(rest.is_empty());
        prop_assert_eq!(skip(&mut bytes.as_slice()), Ok(bytes.as_slice()));
    }

    #[test]
    fn another_decoder_reads_what_is_encoded(value in scalar()) {
        let list = Value::List(vec![value.clone(), map([(symbol("k"), value)])]);
        prop_assert_eq!(serde_amqp::from_slice::<Value>(&to_bytes(&list)).unwrap(), list);
    }

    #[test]
    fn another_encoders_bytes_are_decoded(value in scalar()) {
        let list = Value::List(vec![value.clone(), map([(symbol("k"), value)])]);
        prop_assert_eq!(decode(&mut serde_amqp::to_vec(&list).unwrap().as_slice()), Ok(list));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = decode(&mut bytes.as_slice());
        let _ = skip(&mut bytes.as_slice());
    }
}

#[test]
fn bytes_are_those_of_the_standard() {
    // accepted as in part 3: descriptor smallulong 0x24, list0
    assert_eq!(to_bytes(&described(0x24, Value::List(vec![]))), [0x00, 0x53, 0x24, 0x45]);
    // an array of two uuids or timestamps has one constructor
    let array = Value::Array(Array(vec![Value::Timestamp(1.into()), Value::Timestamp(2.into())]));
    let wanted = [&[0xF0, 0, 0, 0, 21, 0, 0, 0, 2, 0x83][..], &1i64.to_be_bytes(), &2i64.to_be_bytes()].concat();
    assert_eq!(to_bytes(&array), wanted);
}

#[test]
fn hostile_lengths_and_depths_are_errors() {
    let deep = [0xC0, 0xFF, 0x01].repeat(1000);
    for hostile in [
        &[0xC0, 0x00][..],                                 // a list of 0 bytes has no room for its count
        &[0xD0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1],       // 4 GB promised
        &[0xF0, 0, 0, 0, 5, 0xFF, 0xFF, 0xFF, 0xFF, 0x40], // 4 billion nulls in 5 bytes
        &[0x00; 100],                                      // nothing but descriptors
        &deep,
    ] {
        assert!(decode(&mut &hostile[..]).is_err(), "{hostile:02X?}");
    }
    let nested = |depth| (0..depth).fold(Value::Null, |inner, _| Value::List(vec![inner]));
    assert_eq!(decode(&mut to_bytes(&nested(MAX_DEPTH)).as_slice()), Ok(nested(MAX_DEPTH)));
    let deeper = to_bytes(&nested(MAX_DEPTH + 1));
    assert_eq!(decode(&mut deeper.as_slice()), Err(Malformed("values are nested too deeply")));
}
