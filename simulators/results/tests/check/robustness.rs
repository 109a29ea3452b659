//! No bytes make the check panic, and what it says always lies in the message.

use proptest::prelude::*;
use results::check::{Agreements, MOST_PROBLEMS};
use results::order_profile::OrderProfile;
use results::profile::Profile;

use crate::example;

const FILES: [&str; 7] = [
    "oru/ref_default_abnormal.hl7",
    "oru/published_example_b.hl7",
    "oru/ref_discrete_obx_nte.hl7",
    "mdm/ref_document_pdf.hl7",
    "dft/ref_o2_all_gradable.hl7",
    "dft/published_example_c.hl7",
    "orm/derived-repeating-ids.hl7",
];

fn survives(message: &[u8]) {
    let (profile, orders) = (Profile::default(), OrderProfile::default());
    let strict = Agreements { results: Some(&profile), orders: Some(&orders) };
    for agreements in [Agreements::default(), strict] {
        let Ok(problems) = results::check::check(message, &agreements) else { continue };
        assert!(problems.len() <= MOST_PROBLEMS);
        for problem in problems {
            let range = &problem.range;
            assert!(range.start <= range.end && range.end <= message.len(), "{problem:?}");
            assert!(!problem.expected.is_empty() && !problem.path.is_empty(), "{problem:?}");
        }
    }
}

fn delimiters_and_bytes() -> impl Strategy<Value = u8> {
    prop_oneof![Just(b'|'), Just(b'^'), Just(b'~'), Just(b'\\'), Just(b'&'), Just(b'\r'), Just(b'\n'), any::<u8>()]
}

proptest! {
    #[test]
    fn random_bytes_behind_any_header_are_survived(
        header in prop_oneof![
            Just(&b""[..]),
            Just(&b"MSH|^~\\&|IRIS|IRIS|A|B|20170410145907||ORU^R01|170410145907|T|2.4\rOBX|"[..]),
            Just(&b"MSH|^~\\&|IRIS|IRIS|A|B|20170410145907||DFT^P03|170410145907|T|2.4\rFT1|1|"[..]),
            Just(&b"MSH|^~\\&|||||20170410145907||ACK|1|T|2.4\rMSA|"[..]),
            Just(&b"MSH|^~\\&|||||20170410145907||ORM^O01|1|T|2.4\rPID|"[..]),
        ],
        rest in prop::collection::vec(delimiters_and_bytes(), 0..400),
    ) {
        survives(&[header, &rest[..]].concat());
    }

    #[test]
    fn changed_messages_are_survived(
        file in prop::sample::select(&FILES[..]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, delimiters_and_bytes()), 1..12),
    ) {
        let mut message = example(file);
        for (at, kind, byte) in changes {
            let at = at.index(message.len().max(1)).min(message.len().saturating_sub(1));
            if message.is_empty() {
                break;
            }
            match kind {
                0 => message[at] = byte,
                1 => message.insert(at, byte),
                2 => drop(message.remove(at)),
                _ => message.truncate(at.max(1)),
            }
        }
        survives(&message);
    }
}

#[test]
fn large_messages_are_checked_in_reasonable_time() {
    let base = example("oru/ref_default_abnormal.hl7");
    let started = std::time::Instant::now();
    survives(&[&base[..], &b"OBX|1|ST|X^^IRIS|1|Y\r".repeat(20_000)].concat());
    survives(&[&base[..], b"ZZZ", &b"|".repeat(500_000)].concat());
    survives(&[&base[..], b"OBX|34|ED|||PDF^TEXT^^Base64^", &b"A".repeat(4_000_000), b"||||||F\r"].concat());
    survives(&[&base[..], b"OBX|34|FT|Result^^IRIS|024|", &br"\".repeat(300_000), b"||||||F\r"].concat());
    survives(&[b"MSH|^~\\&|A|B|||20170410145907||ORM^O01|1|T|2.4\rPID||", &b"A^^^^X~".repeat(100_000)[..]].concat());
    assert!(started.elapsed() < std::time::Duration::from_secs(30), "{:?}", started.elapsed());
}
