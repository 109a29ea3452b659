//! A message arrives late, by a fixed time and a random one.

use std::time::Duration;

use rand::RngExt;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// A message's first byte, and with it all others, arrives so much later.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Milliseconds.
    pub ms: u64,
    /// Up to so many milliseconds more, by chance.
    #[serde(default)]
    pub jitter_ms: u64,
}

impl Latency {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        let bytes = Step::Bytes(portion.bytes.to_vec());
        if portion.from > 0 {
            return vec![bytes];
        }
        let late = self.ms.saturating_add(portion.rng.random_range(0..=self.jitter_ms));
        vec![Step::Wait(Duration::from_millis(late)), bytes]
    }
}
