//! A message comes in many pieces (MLLP-010).

use std::num::NonZeroUsize;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// A message comes in pieces, each a TCP segment of its own.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Bytes of a piece.
    pub every: NonZeroUsize,
    /// Milliseconds between two pieces.
    #[serde(default)]
    pub pause_ms: u64,
}

impl Split {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        for piece in portion.bytes.chunks(self.every.get()) {
            if self.pause_ms > 0 && !(steps.is_empty() && portion.from == 0) {
                steps.push(Step::Wait(Duration::from_millis(self.pause_ms)));
            }
            steps.push(Step::Bytes(piece.to_vec()));
        }
        steps
    }
}
