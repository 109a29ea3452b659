//! One side says that it sends nothing more, and still receives.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::truncate::ending;
use crate::{Portion, Step};

/// So many bytes of a message pass, then the sending side of the connection is closed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HalfClose {
    /// Bytes that pass.
    pub after: usize,
}

impl HalfClose {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        ending(portion, self.after, Step::HalfClose)
    }
}
