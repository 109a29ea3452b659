//! Customers' messages and journals without their patients: pseudonyms, moved dates, masked texts, all of the same length.

mod attachment;
mod files;
mod journals;
mod known;
mod message;
mod pseudonym;
mod table;
mod text;

pub use files::{DeidentifyError, Written, all};
pub use pseudonym::{Key, KeyError};
pub use table::Counts;

use known::Known;
use pseudonym::Key as Pseudonyms;

/// What the parts share: the key, what is known of all patients, and what was replaced.
struct Work {
    key: Pseudonyms,
    known: Known,
    keep_providers: bool,
    counts: Counts,
}
