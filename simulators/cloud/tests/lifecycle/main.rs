//! The life of orders (08-order-lifecycle): state machine, examples, rules and properties.

mod control_codes;
mod entities;
mod examples;
mod forgetting;
mod gradings;
mod hl7_orders;
mod images;
mod order_results;
mod properties;
mod requests;
mod required;
mod state_machine;
mod support;
