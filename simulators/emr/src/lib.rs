//! The simulated EMR integration engine.
//!
//! It sends orders to the proxy on link C1, where it is the TCP client ([`Emr::connect`]), and listens for results, charges and
//! documents on link C2, where the proxy connects (TOP-022, TOP-023). What arrives on C2 is answered as the [`Script`] says. Every
//! byte, frame, opening and closing goes into the journal; a sent portion is recorded as soon as the system has taken it.

mod answer;
mod engine;
mod orders;
mod patient;
mod personality;
mod reply;
mod results;
mod script;
mod wire;

pub use answer::{Answer, Class, UnknownAnswer, Variant};
pub use engine::{Emr, Options};
pub use orders::{Cut, NoAnswer, OrdersConnection};
pub use patient::Patient;
pub use personality::{EXAMPLE, Personality, PersonalityError, PersonalityFile};
pub use script::{Rule, Script};

/// An HL7 time stamp in UTC, `yyyyMMddHHmmss`.
fn time_stamp(at: jiff::Timestamp) -> String {
    at.strftime("%Y%m%d%H%M%S").to_string()
}
