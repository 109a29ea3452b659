//! Large and strange input.

use hl7::{Message, Value, ack, diff};
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn ten_thousand_fields_and_segments_are_read_orm_neg_707() {
    let mut bytes = b"MSH|^~\\&|A\rPID".to_vec();
    (1..=10_000).for_each(|n| bytes.extend_from_slice(format!("|{n}").as_bytes()));
    (1..=10_000).for_each(|n| bytes.extend_from_slice(format!("\rDG1|{n}").as_bytes()));
    let mut message = Message::parse(bytes.clone()).unwrap();
    assert_eq!(message.segment("PID", 1).unwrap().fields(), 10_000);
    assert_eq!(message.raw("PID-10000"), Some(&b"10000"[..]));
    assert_eq!(message.count("DG1"), 10_000);
    assert_eq!(message.raw("DG1[10000]-1"), Some(&b"10000"[..]));

    assert!(message.remove_segment("DG1", 5_000));
    message.set(&"PID-9999".parse().unwrap(), b"x").unwrap();
    let found = diff(&bytes, message.bytes());
    let labels: Vec<_> = found.differences.iter().map(|difference| difference.label.as_str()).collect();
    assert_eq!(labels, ["PID-9999", "DG1[5000] Diagnosis"]);
}

#[test]
fn one_missing_segment_of_ten_thousand_is_one_difference() {
    let mut bytes = b"MSH|^~\\&|A".to_vec();
    (1..=10_000).for_each(|n| bytes.extend_from_slice(format!("\rDG1|{n}").as_bytes()));
    let mut message = Message::parse(bytes.clone()).unwrap();
    assert!(message.remove_segment("DG1", 5_000));
    let found = diff(&bytes, message.bytes());
    assert_eq!(found.differences.len(), 1, "{found}");
    assert_eq!(found.differences[0].expected, b"DG1|5000");
}

#[test]
fn a_field_of_a_mebibyte_is_read_and_compared_orm_neg_706() {
    let started = Instant::now();
    let mut bytes = b"MSH|^~\\&|A\rOBX|1|ED|x|1|".to_vec();
    let start = bytes.len();
    bytes.resize(start + (1 << 20), b'A');
    let mut other = bytes.clone();
    other[start + 700_000] = b'B';
    let message = Message::parse(bytes.clone()).unwrap();
    assert!(matches!(message.get(&"OBX-5".parse().unwrap()), Value::Present(value) if value.len() == 1 << 20));
    let report = diff(&bytes, &other).to_string();
    assert!(report.contains(&format!("from byte {}", start + 700_000)), "{report}");
    assert!(report.len() < 1_000, "{report}");
    assert!(started.elapsed() < Duration::from_secs(10), "linear time");
}

proptest! {
    #[test]
    fn no_bytes_make_any_function_panic(
        x in "(MSH|MSA|BHS|[|^~&#\\\\\"\r\nA-C0-2é]){0,60}",
        y in any::<Vec<u8>>(),
        number in 0..12_usize,
    ) {
        for bytes in [x.as_bytes(), &y, &[b"MSH|^~\\&|", x.as_bytes()].concat()] {
            let _ = ack::read(bytes);
            let _ = diff(bytes, &y).to_string();
            let _ = diff(bytes, x.as_bytes()).to_string();
            let _ = hl7::show::bytes(bytes);
            let _ = hl7::show::hex(bytes, number);
            let Ok(mut message) = Message::parse(bytes) else { continue };
            let _ = message.control_id().len() + message.message_type().0.len();
            for segment in message.segments() {
                let _ = (segment.name(), segment.fields(), segment.field(number));
            }
            for path in ["MSH-1.2", "MSH[2]-1", "MSH[2]-2.1", "BHS-2", "MSH-3.2.2", "MSA-1"] {
                let _ = (message.text(path), message.raw(path));
                let _ = message.set(&path.parse().unwrap(), &y);
            }
            message.insert_segment(number, x.as_bytes());
            let _ = message.remove_segment("MSH", 2);
            let builder = ack::Builder {
                time: x.clone(),
                control_id: format!("7{x}"),
                code: ack::Code::AE,
                text: Some(x.clone()),
                error: Some(ack::ErrorDetail { location: None, code: 101 }),
            };
            prop_assert!(ack::read(&builder.build(&message)).is_ok());
            prop_assert!(ack::read(&builder.build_unreadable()).is_ok());
        }
    }
}
