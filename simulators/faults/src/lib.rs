//! Disturbed byte streams: one file per fault.
//!
//! A [`Line`] stands for a wire. It can be given a [`Fault`] at any time and loses it again; [`relay`] carries bytes
//! between two streams under the line's fault and writes every portion into the journal.

mod cut;
mod latency;
mod relay;
mod stall;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

pub use relay::{Wire, relay};

/// What can be wrong with a wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Each portion towards the proxy arrives so much later.
    Latency(Duration),
    /// Nothing arrives at the proxy until the fault is lifted.
    Stall,
    /// The connection breaks once, behind so many bytes towards the proxy.
    Cut {
        /// Bytes that still pass.
        after: usize,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Latency(by) => write!(f, "latency of {} ms", by.as_millis()),
            Fault::Stall => write!(f, "stall"),
            Fault::Cut { after } => write!(f, "cut behind {after} bytes"),
        }
    }
}

/// A wire whose fault can be set and lifted. Clones are the same wire.
#[derive(Clone, Debug, Default)]
pub struct Line(Arc<LineState>);

#[derive(Debug, Default)]
struct LineState {
    fault: watch::Sender<Option<Fault>>,
    /// Bytes that passed under the current fault.
    passed: Mutex<usize>,
}

/// What becomes of a portion of bytes.
#[derive(Debug, PartialEq)]
pub(crate) enum Passage {
    /// It goes through.
    Whole,
    /// So many bytes go through, then the connection ends.
    CutAt(usize),
}

impl Line {
    /// Puts a fault on the wire.
    pub fn set(&self, fault: Fault) {
        *self.passed() = 0;
        self.0.fault.send_replace(Some(fault));
    }

    /// Takes the fault off the wire.
    pub fn lift(&self) {
        self.0.fault.send_replace(None);
    }

    /// Waits as the fault demands and says what becomes of `portion` bytes.
    pub(crate) async fn pass(&self, portion: usize) -> Passage {
        let fault = self.0.fault.borrow().clone();
        match fault {
            None => Passage::Whole,
            Some(Fault::Latency(by)) => latency::pass(by).await,
            Some(Fault::Stall) => stall::pass(self.0.fault.subscribe()).await,
            Some(Fault::Cut { after }) => {
                let passage = cut::pass(after, &mut self.passed(), portion);
                if passage != Passage::Whole {
                    self.lift();
                }
                passage
            }
        }
    }

    fn passed(&self) -> std::sync::MutexGuard<'_, usize> {
        self.0.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
