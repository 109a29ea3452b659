//! The messages against the specification: reference messages byte for byte, worked cases, vectors, and properties.

mod charges;
mod codes;
mod discrete;
mod encoding;
mod every_option;
mod fields;
mod narrative;
mod options;
mod placement;
mod reference_messages;
mod refusals;
mod report;
mod support;
mod tables;
