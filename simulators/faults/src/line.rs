//! A stream as a sequence of messages that rules can be about.

use std::sync::{Arc, Mutex, PoisonError};

use crate::{Faults, Passage, Place, Subject, Towards};

/// What a message is on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// An MLLP frame. While rules concern the stream, a frame is held back until it is complete.
    Mllp,
    /// A request or the answer to it, one after the other as in HTTP/1.1; see [`Line::exchange`].
    Exchange,
    /// Each portion on its own.
    Portions,
}

/// What is asked for, and at which place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The part of the cloud that answers.
    pub place: Place,
    /// Name of the request.
    pub request: String,
}

/// A wire: one connection with both its directions.
#[derive(Clone, Debug)]
pub struct Line {
    pub(crate) faults: Faults,
    pub(crate) framing: Framing,
    /// The names of this place.
    places: Vec<Place>,
    /// The exchange that goes on, and its number.
    exchange: Arc<Mutex<(u64, Option<Exchange>)>>,
}

impl Line {
    /// A wire that is known under the names `places`.
    pub fn new(faults: Faults, places: &[Place], framing: Framing) -> Line {
        Line { faults, framing, places: places.to_vec(), exchange: Arc::default() }
    }

    /// One direction of it.
    pub fn passage(&self, towards: Towards) -> Passage {
        Passage::new(self.clone(), towards)
    }

    /// Says that a request begins.
    pub fn exchange(&self, exchange: Exchange) {
        let mut now = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
        *now = (now.0 + 1, Some(exchange));
    }

    /// The number of the present exchange.
    pub(crate) fn exchange_number(&self) -> u64 {
        self.exchange.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The present places, and what a message on the wire is to a rule.
    pub(crate) fn subject(&self, bytes: &[u8]) -> (Vec<Place>, Subject<'static>) {
        match self.framing {
            Framing::Mllp => (self.places.clone(), Subject::of_frame(bytes)),
            Framing::Portions => (self.places.clone(), Subject::default()),
            Framing::Exchange => match &self.exchange.lock().unwrap_or_else(PoisonError::into_inner).1 {
                Some(exchange) => (vec![exchange.place], Subject::of_request(&exchange.request)),
                None => (self.places.clone(), Subject::default()),
            },
        }
    }

    /// Whether any rule is about what goes this way.
    pub(crate) fn is_disturbed(&self, towards: Towards) -> bool {
        self.faults.concern(&self.places, towards)
    }
}
