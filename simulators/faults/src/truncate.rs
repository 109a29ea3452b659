//! The connection ends in the middle of a message, in an orderly way.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// So many bytes of a message pass, then the connection is closed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Truncate {
    /// Bytes that pass.
    pub after: usize,
}

impl Truncate {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        ending(portion, self.after, Step::Close)
    }
}

/// The portion, or what of it comes before the message's byte with that offset, and then the end.
pub(crate) fn ending(portion: Portion<'_>, after: usize, end: Step) -> Vec<Step> {
    match portion.up_to(after) {
        Some(passes) => vec![Step::Bytes(passes.to_vec()), end],
        None => vec![Step::Bytes(portion.bytes.to_vec())],
    }
}
