//! Synthetic patients and their orders.

use fake::Fake;
use fake::faker::address::en::{CityName, StreetName};
use fake::faker::name::en::{FirstName, LastName};
use hl7::{EditError, Message, Path};
use jiff::Timestamp;
use jiff::civil::Date;
use journal::Seed;
use rand::RngExt;

use crate::time_stamp;

/// `derived-new-order.hl7` of the specification: a conforming ORM^O01 for the profile `base` with `provider.type` SERDOTON.
const ORDER: &[u8] = include_bytes!("../data/order.hl7");

/// A patient nobody is, with one order. All values are ASCII letters, digits and plain punctuation, none an HL7 delimiter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patient {
    /// Medical record number, `MRN` and 10 digits (PID-2, PID-3).
    pub mrn: String,
    /// Family name (PID-5.1).
    pub family: String,
    /// Given name (PID-5.2).
    pub given: String,
    /// Date of birth (PID-7).
    pub birth_date: Date,
    /// `M` or `F` (PID-8).
    pub sex: char,
    /// House number and street (PID-11.1).
    pub street: String,
    /// City (PID-11.3).
    pub city: String,
    /// ZIP code with extension (PID-11.5).
    pub zip: String,
    /// Phone number with an area code that is never given out (PID-13.1).
    pub phone: String,
    /// Account number, `ACC` and 10 digits (PID-18).
    pub account: String,
    /// Social security number from a range that is never given out (PID-19).
    pub ssn: String,
    /// Placer order number, `ORD` and 10 digits (ORC-2.1).
    pub order_number: String,
}

impl Patient {
    /// The patient that belongs to a seed: always the same one, and no other seed's.
    pub fn synthetic(seed: Seed) -> Patient {
        let digits = |name, count| digits(seed, name, count);
        let name = |name, text: String| rare(seed, name, &text);
        let mut rng = seed.derive("patient").rng();
        // days 1 to 28 exist in every month
        let (year, month, day) = (rng.random_range(1930..2006), rng.random_range(1..13), rng.random_range(1..29));
        let phone = digits("phone", 9);
        let ssn = digits("ssn", 8);
        Patient {
            mrn: format!("MRN{}", digits("mrn", 10)),
            family: name("family", LastName().fake_with_rng(&mut rng)),
            given: name("given", FirstName().fake_with_rng(&mut rng)),
            birth_date: jiff::civil::date(year, month, day),
            sex: if rng.random() { 'F' } else { 'M' },
            street: format!("{} {}", rng.random_range(1..9999), name("street", StreetName().fake_with_rng(&mut rng))),
            city: name("city", CityName().fake_with_rng(&mut rng)),
            zip: format!("{}-{}", digits("zip", 5), digits("zip extension", 4)),
            phone: format!("(1{}){}-{}", &phone[..2], &phone[2..5], &phone[5..]),
            account: format!("ACC{}", digits("account", 10)),
            ssn: format!("9{}-{}-{}", &ssn[..2], &ssn[2..4], &ssn[4..]),
            order_number: format!("ORD{}", digits("order", 10)),
        }
    }

    /// The values that must be found nowhere but on the wires (TOP-065). Sex and date of birth are not rare enough.
    pub fn canaries(&self) -> Vec<String> {
        [
            &self.mrn,
            &self.family,
            &self.given,
            &self.street,
            &self.city,
            &self.zip,
            &self.phone,
            &self.account,
            &self.ssn,
            &self.order_number,
        ]
        .map(String::clone)
        .to_vec()
    }

    /// The ORM^O01 of the patient's order, made and scheduled at the instant `at` (in UTC). `control` is ORC-1: `NW`, `CA` or
    /// `XO`; `control_id` is MSH-10. Both are written as they are.
    ///
    /// # Errors
    /// One of them, or a changed value of the patient, would end its field.
    pub fn order(&self, control: &str, control_id: &str, at: Timestamp) -> Result<Vec<u8>, EditError> {
        let time = time_stamp(at);
        let day = &time[..8];
        let birth_date = self.birth_date.strftime("%Y%m%d").to_string();
        let sex = self.sex.to_string();
        let mut order = Message::parse(ORDER)?;
        for (path, value) in [
            ("MSH-7", time.as_str()),
            ("MSH-10", control_id),
            ("PID-2.1", &self.mrn),
            ("PID-3", &self.mrn),
            ("PID-5.1", &self.family),
            ("PID-5.2", &self.given),
            ("PID-7", &birth_date),
            ("PID-8", &sex),
            ("PID-11.1", &self.street),
            ("PID-11.2", ""),
            ("PID-11.3", &self.city),
            ("PID-11.5", &self.zip),
            ("PID-13", &self.phone),
            ("PID-18", &self.account),
            ("PID-19", &self.ssn),
            ("PV1-44", &time),
            ("ORC-1", control),
            ("ORC-2.1", &self.order_number),
            ("ORC-7.4", day),
            ("ORC-9", &time),
            ("OBR-2.1", &self.order_number),
            ("OBR-6", day),
            ("OBR-27.4", day),
            ("OBR-36", day),
        ] {
            let path: Path = path.parse().expect("the path is a constant");
            order.set(&path, value.as_bytes())?;
        }
        Ok(order.into_bytes())
    }
}

/// Random digits that belong to the name.
fn digits(seed: Seed, name: &str, count: usize) -> String {
    let mut rng = seed.derive(name).rng();
    (0..count).map(|_| char::from(rng.random_range(b'0'..=b'9'))).collect()
}

/// The letters of a text and eight more in upper case, which make it a word found nowhere else.
fn rare(seed: Seed, name: &str, text: &str) -> String {
    let mut rng = seed.derive(name).rng();
    let suffix = (0..8).map(|_| char::from(rng.random_range(b'A'..=b'Z')));
    text.chars().filter(char::is_ascii_alphabetic).chain(suffix).collect()
}
