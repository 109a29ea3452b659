//! Nothing arrives until the fault is lifted.

use tokio::sync::watch;

use crate::{Fault, Passage};

pub(crate) async fn pass(mut fault: watch::Receiver<Option<Fault>>) -> Passage {
    // an error means that the line is gone, and with it the fault
    let _ = fault.wait_for(|fault| *fault != Some(Fault::Stall)).await;
    Passage::Whole
}
