//! Nothing arrives, and nothing says so.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// So many bytes of a message pass, then nothing until the faults are lifted or the time is over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Stall {
    /// Milliseconds; without end if left out.
    pub ms: Option<u64>,
    /// Bytes that pass before.
    pub after: usize,
}

impl Stall {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        let before = portion.from == 0 || portion.from < self.after;
        let Some(passes) = portion.up_to(self.after).filter(|_| before) else {
            return vec![Step::Bytes(portion.bytes.to_vec())];
        };
        let rest = &portion.bytes[passes.len()..];
        let parts = [Step::Bytes(passes.to_vec()), Step::Stall(self.ms.map(Duration::from_millis))];
        parts.into_iter().chain([Step::Bytes(rest.to_vec())]).collect()
    }
}
