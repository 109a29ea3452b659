//! Synthetic patients and their orders (03-orm, TOP-065).

use emr::Patient;
use hl7::Message;
use jiff::Timestamp;
use journal::Seed;
use proptest::prelude::*;

/// Elements of use R in 03-orm, section 3, with the profile `base`; DG1 is there.
const REQUIRED: &str = "MSH-2 MSH-3 MSH-7 MSH-9.1 MSH-9.2 MSH-10 MSH-11 MSH-12 PID-2.1 PID-5.1 PID-5.2 PID-7 PID-8 PV1-2 PV1-3.1 \
                        ORC-1 ORC-2.1 ORC-9 ORC-12.1 ORC-12.2 ORC-12.3 ORC-12.13 DG1-1 DG1-2 DG1-3.1 DG1-4";

fn at() -> Timestamp {
    "2024-02-29T23:59:58Z".parse().unwrap()
}

proptest! {
    #[test]
    fn an_order_parses_and_has_every_required_element(seed: u64, control in "NW|CA|XO", id in "[A-Z0-9]{1,20}") {
        let patient = Patient::synthetic(Seed::new(seed));
        let order = Message::parse(patient.order(&control, &id, at()).unwrap()).unwrap();
        for path in REQUIRED.split_whitespace() {
            prop_assert!(order.text(path).is_some(), "{} is missing", path);
        }
        let segments: Vec<_> = order.segments().map(|segment| segment.name().to_vec()).collect();
        prop_assert_eq!(segments, [b"MSH", b"PID", b"PV1", b"ORC", b"OBR", b"DG1"]);
        for (path, expected) in [
            ("MSH-7", "20240229235958"),
            ("MSH-9", "ORM^O01"),
            ("MSH-10", id.as_str()),
            ("PID-2.1", patient.mrn.as_str()),
            ("PID-2.5", "MRN"),
            ("PID-5", &format!("{}^{}", patient.family, patient.given)),
            ("PID-18", &patient.account),
            ("PID-19", &patient.ssn),
            ("ORC-1", &control),
            ("ORC-2", &format!("{}^EPC", patient.order_number)),
            ("ORC-9", "20240229235958"),
            ("ORC-12.13", "SERDOTON"),
            ("OBR-6", "20240229"),
        ] {
            let actual = String::from_utf8_lossy(order.raw(path).unwrap_or_default()).into_owned();
            prop_assert_eq!(actual, expected, "{}", path);
        }
        let birth = order.text("PID-7").unwrap().into_owned();
        prop_assert_eq!(jiff::civil::Date::strptime("%Y%m%d", &birth).unwrap(), patient.birth_date);
        prop_assert_eq!(birth.len(), 8);
        prop_assert!(matches!(&*order.text("PID-8").unwrap(), "M" | "F"));
    }

    #[test]
    fn an_order_is_ascii_in_segments_that_end_with_cr_mllp_002_mllp_003(seed: u64) {
        let order = Patient::synthetic(Seed::new(seed)).order("NW", "1", at()).unwrap();
        prop_assert!(order.is_ascii());
        prop_assert_eq!(mllp::forbidden_byte(&order), None);
        prop_assert!(order.ends_with(b"\r") && !order.windows(2).any(|pair| pair == b"\r\r"));
    }

    #[test]
    fn every_canary_is_in_the_order_and_rare_enough_top_065(seed: u64) {
        let patient = Patient::synthetic(Seed::new(seed));
        let order = String::from_utf8(patient.order("NW", "1", at()).unwrap()).unwrap();
        let canaries = patient.canaries();
        prop_assert_eq!(canaries.len(), 10);
        for (n, canary) in canaries.iter().enumerate() {
            prop_assert!(order.contains(canary.as_str()), "{} is not in the order", canary);
            prop_assert!(canary.len() >= 10, "{} is short", canary);
            prop_assert!(canaries.iter().enumerate().all(|(m, other)| m == n || !other.contains(canary.as_str())));
        }
        // the rest of an order names no canary: it is the same for every patient
        let template = include_str!("../data/order.hl7");
        prop_assert!(canaries.iter().all(|canary| !template.contains(canary.as_str())));
    }

    #[test]
    fn two_seeds_share_no_canary_and_equal_seeds_all_bytes(one: u64, other: u64) {
        prop_assume!(one != other);
        let (first, second) = (Patient::synthetic(Seed::new(one)), Patient::synthetic(Seed::new(other)));
        prop_assert!(first.canaries().iter().all(|canary| !second.canaries().contains(canary)));
        let again = Patient::synthetic(Seed::new(one));
        prop_assert_eq!(first.order("NW", "1", at()).unwrap(), again.order("NW", "1", at()).unwrap());
        prop_assert_ne!(first.order("NW", "1", at()).unwrap(), second.order("NW", "1", at()).unwrap());
    }
}

#[test]
fn neighbouring_seeds_give_patients_with_nothing_in_common() {
    let mut seen = std::collections::HashSet::new();
    for seed in 0..1000 {
        for canary in Patient::synthetic(Seed::new(seed)).canaries() {
            assert!(seen.insert(canary.clone()), "{canary} comes twice");
        }
    }
}

#[test]
fn the_formats_are_those_told() {
    let patient = Patient::synthetic(Seed::new(1));
    let shape = |text: &str| text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    assert_eq!(shape(&patient.mrn), "MRN0000000000");
    assert_eq!(shape(&patient.account), "ACC0000000000");
    assert_eq!(shape(&patient.order_number), "ORD0000000000");
    assert_eq!(shape(&patient.ssn), "000-00-0000");
    assert!(patient.ssn.starts_with('9'));
    assert_eq!(shape(&patient.phone), "(000)000-0000");
    assert!(patient.phone.starts_with("(1"));
    assert_eq!(shape(&patient.zip), "00000-0000");
    for name in [&patient.family, &patient.given, &patient.city] {
        assert!(name.chars().all(|c| c.is_ascii_alphabetic()), "{name}");
        assert!(name.chars().rev().take(8).all(|c| c.is_ascii_uppercase()), "{name}");
    }
}

#[test]
fn a_value_that_would_end_its_field_is_refused() {
    let patient = Patient::synthetic(Seed::new(1));
    let error = patient.order("NW", "12|34", at()).unwrap_err().to_string();
    assert!(error.starts_with("MSH-10: `|` at byte 2 of the value would end the element"), "{error}");
    let strange = Patient { family: "DOE^JOHN".into(), ..patient };
    assert!(strange.order("NW", "1", at()).is_err());
}
