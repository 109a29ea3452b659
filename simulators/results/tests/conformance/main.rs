//! The messages against the specification: reference messages byte for byte, worked cases, vectors, and properties.

mod care_plans;
mod charges;
mod codes;
mod codes_of_every_exam;
mod custom_sets;
mod discrete;
mod encoding;
mod evaluations;
mod every_option;
mod exams;
mod fields;
mod findings;
mod narrative;
mod older_set;
mod options;
mod placement;
mod random;
mod reference_messages;
mod refusals;
mod refused;
mod report;
mod support;
mod tables;
