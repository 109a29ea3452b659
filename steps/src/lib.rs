//! The conformance suite of the IRIS EMR Proxy: steps, runner, reports and command line.
//!
//! Scenarios in `features/` speak through [`vocabulary`] to the simulators that surround a proxy process. Everything that
//! happens is in the scenario's journal; verdicts and reports are read from there and from the snapshots.

mod accept;
pub mod cli;
pub mod generate;
mod live;
pub mod nearest;
pub mod proxy;
pub mod report;
pub mod runner;
pub mod snapshot;
pub mod suite;
pub mod vocabulary;
pub mod world;
