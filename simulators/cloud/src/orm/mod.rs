//! How the mock cloud reads and judges an ORM^O01 (03-orm): pure functions from bytes to a [`Request`] or a [`Refusal`].
//!
//! Whether an order is known, open or a duplicate (03-orm, section 7.9) is the caller's matter.
#![allow(clippy::result_large_err)] // a refusal is made once per message; a box would only hide its fields

mod fields;
mod read;
mod refusal;
mod rules;
mod select;
mod structure;

pub use read::{Request, judge, read, sender};
pub use refusal::Refusal;
pub use results::order_profile::{
    Action, Location, LocationSource, OrderProfile, PatientId, PatientIdSource, Provider, TypeComponent,
};
