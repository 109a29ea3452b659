//! The smallest traffic that still breaks the same rule, by delta debugging, and the scenario made of it.

mod case;
mod minimize;
mod scenario;
mod search;

pub use case::{Case, Item, Reply};
pub use scenario::{ScenarioError, write};
pub use search::{Attempts, Found, Limits, NotShrunk, shrink};
