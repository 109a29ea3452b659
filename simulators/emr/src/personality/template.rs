//! The language of the templates: values, and how they are written.

use fake::Fake;
use fake::faker::name::en::{FirstName, LastName};
use hl7::Delimiters;
use jiff::Timestamp;
use journal::Seed;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, context};
use rand::RngExt;

use crate::{Patient, time_stamp};

/// The names of the values that every order has.
pub(super) const NAMES: [&str; 6] = ["time", "day", "message_id", "order", "provider", "patient"];

/// The values of an order; `seed` is its own.
pub(super) fn values(seed: Seed, index: u32, at: Timestamp) -> Value {
    let patient = Patient::synthetic(seed);
    let time = time_stamp(at);
    context! {
        day => &time[..8],
        time,
        message_id => format!("{}{index:06}", seed.hex("message", 8)),
        order => context! { number => patient.order_number },
        provider => provider(seed),
        patient => context! {
            mrn => patient.mrn,
            family => patient.family,
            given => patient.given,
            birth_date => patient.birth_date.strftime("%Y%m%d").to_string(),
            sex => patient.sex.to_string(),
            street => patient.street,
            city => patient.city,
            zip => patient.zip,
            phone => patient.phone,
            account => patient.account,
            ssn => patient.ssn,
        },
    }
}

/// An ordering provider nobody is: no NPI begins with 9.
fn provider(seed: Seed) -> Value {
    let mut rng = seed.derive("provider").rng();
    let name = |text: String| text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_uppercase();
    let family: String = LastName().fake_with_rng(&mut rng);
    let given: String = FirstName().fake_with_rng(&mut rng);
    context! {
        npi => format!("9{:09}", rng.random_range(0..1_000_000_000)),
        local_id => format!("OP{:04}", rng.random_range(0..10_000)),
        family => name(family),
        given => name(given),
    }
}

/// Templates whose values are escaped for the delimiters.
pub(super) fn environment(delimiters: Delimiters) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_debug(true); // errors then know their place
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("HL7"));
    environment.set_formatter(move |out, _, value| {
        let refuse = |problem| Err(Error::new(ErrorKind::BadEscape, problem));
        if matches!(value.kind(), ValueKind::Map | ValueKind::Seq | ValueKind::None | ValueKind::Undefined) {
            return refuse("the value is no text; name a part of it");
        }
        let text = value.to_string();
        if text.chars().any(char::is_control) {
            return refuse("the value holds a control character, which has no place in a message (MLLP-002)");
        }
        let escaped = hl7::escape(text.as_bytes(), &delimiters);
        out.write_str(&String::from_utf8_lossy(&escaped)).map_err(Error::from)
    });
    environment
}
