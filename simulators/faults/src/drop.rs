//! A message is swallowed.

use crate::Step;

/// Nothing of it arrives.
pub(crate) fn act() -> Vec<Step> {
    Vec::new()
}
