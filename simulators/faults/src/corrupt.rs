//! A byte arrives as another one.

use rand::RngExt;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// One byte of a message is changed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Corrupt {
    /// Its offset in the message, which for MLLP begins with VT; any byte of the message's first portion if left out.
    pub at: Option<usize>,
    /// What it becomes; a bit of it is flipped if left out.
    pub value: Option<u8>,
}

impl Corrupt {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        let mut bytes = portion.bytes.to_vec();
        let at = match self.at {
            Some(at) => at.checked_sub(portion.from),
            None => (portion.from == 0).then(|| portion.rng.random_range(0..bytes.len().max(1))),
        };
        if let Some(byte) = at.and_then(|at| bytes.get_mut(at)) {
            *byte = self.value.unwrap_or_else(|| *byte ^ (1 << portion.rng.random_range(0..8)));
        }
        vec![Step::Bytes(bytes)]
    }
}
