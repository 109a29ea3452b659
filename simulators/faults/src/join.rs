//! What was sent apart arrives in one piece (MLLP-011).

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// A message waits for what follows within this time, and all goes in one piece.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Milliseconds.
    pub within_ms: u64,
}

impl Join {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        vec![Step::Hold(Duration::from_millis(self.within_ms)), Step::Bytes(portion.bytes.to_vec())]
    }
}
