//! The life of orders (08-order-lifecycle): state machine, examples, rules and properties.

mod examples;
mod gradings;
mod hl7_orders;
mod properties;
mod requests;
mod state_machine;
mod support;
