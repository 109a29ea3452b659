//! Bytes come slowly.

use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Portion, Step};

/// Pieces that a second is cut into.
const PIECES: u32 = 50;

/// So many bytes a second pass.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Bytes a second.
    pub bytes_per_second: NonZeroU32,
}

impl Bandwidth {
    pub(crate) fn act(&self, portion: Portion<'_>) -> Vec<Step> {
        let rate = self.bytes_per_second.get();
        let piece = rate.div_ceil(PIECES) as usize;
        let late = |piece: &[u8]| Duration::from_secs_f64(piece.len() as f64 / f64::from(rate));
        portion.bytes.chunks(piece).flat_map(|piece| [Step::Wait(late(piece)), Step::Bytes(piece.to_vec())]).collect()
    }
}
