//! The time that simulators write into messages.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// A clock that stands still until it is moved, or the clock of the machine.
///
/// Cloud-made bytes are exact only if their instants are: a scenario's clock is therefore fixed. Clones share it.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<Mutex<Timestamp>>>);

impl Clock {
    /// A clock that shows `instant` until it is moved.
    pub fn fixed(instant: Timestamp) -> Clock {
        Clock(Some(Arc::new(Mutex::new(instant))))
    }

    /// The clock of the machine.
    pub fn system() -> Clock {
        Clock(None)
    }

    /// The instant that the clock shows.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Some(fixed) => *fixed.lock().unwrap_or_else(PoisonError::into_inner),
            None => Timestamp::now(),
        }
    }

    /// Sets a fixed clock; the clock of the machine cannot be set and stays as it is.
    pub fn set(&self, instant: Timestamp) {
        if let Some(fixed) = &self.0 {
            *fixed.lock().unwrap_or_else(PoisonError::into_inner) = instant;
        }
    }

    /// Moves a fixed clock forward.
    pub fn advance(&self, by: Duration) {
        let now = self.now();
        self.set(now.checked_add(by).unwrap_or(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told_and_clones_share_it() {
        let start: Timestamp = "2017-04-10T14:59:07Z".parse().unwrap();
        let clock = Clock::fixed(start);
        let other = clock.clone();
        assert_eq!(clock.now(), start);
        other.advance(Duration::from_secs(60));
        assert_eq!(clock.now().to_string(), "2017-04-10T15:00:07Z");
    }
}
