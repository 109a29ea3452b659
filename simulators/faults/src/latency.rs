//! Bytes arrive late.

use std::time::Duration;

use crate::Passage;

pub(crate) async fn pass(by: Duration) -> Passage {
    tokio::time::sleep(by).await; // the fault itself, not a wait for something
    Passage::Whole
}
