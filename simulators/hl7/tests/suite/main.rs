//! Proofs of the message model.

mod ack;
mod diff;
mod edit;
mod escape;
mod examples;
mod generate;
mod limits;
mod names;
mod oracles;
mod parse;
mod path;
mod show;
