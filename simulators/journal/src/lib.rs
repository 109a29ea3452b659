//! What happened in a scenario, in one ordered list.
//!
//! Every byte that crosses a wire, every fault, process event and verdict becomes an [`Event`] in the scenario's
//! [`Journal`]. Steps wait for events ([`Journal::eventually`], [`Journal::never`]) instead of sleeping; reports are
//! written from events and from nothing else. [`Clock`] and [`Seed`] are the only sources of time and randomness of
//! the simulators, so that equal seeds give equal bytes.

mod clock;
mod event;
pub mod jsonl;
mod seed;
mod store;

pub use clock::Clock;
pub use event::{Direction, Event, Link, Peer, What};
pub use seed::Seed;
pub use store::{Journal, TimedOut, catch_panic_locations};
