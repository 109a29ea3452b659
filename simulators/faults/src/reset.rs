//! The connection breaks with a TCP reset.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::truncate::ending;
use crate::{Portion, Step};

/// So many bytes of a message pass, then the connection is reset.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Reset {
    /// Bytes that pass.
    pub after: usize,
}

impl Reset {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        ending(portion, self.after, Step::Reset)
    }
}
