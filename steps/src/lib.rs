//! The conformance suite of the IRIS EMR Proxy: steps, runner, reports and command line.
//!
//! Scenarios in `features/` speak through [`vocabulary`] to the simulators that surround a proxy process. Everything that
//! happens is in the scenario's journal; verdicts and reports are read from there and from the snapshots.

mod accept;
pub mod cli;
pub mod deidentify;
pub mod evidence;
pub mod generate;
mod live;
pub mod load;
mod ports;
pub mod proxy;
pub mod record;
pub mod replay;
pub mod report;
pub mod retry;
pub mod runner;
pub mod shrink;
pub mod snapshot;
pub mod suite;
pub mod vocabulary;
pub mod world;
