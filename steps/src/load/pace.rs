//! When messages are due.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::MOST_MESSAGES;

/// A sleeper is woken late by this much at most through the timer alone; what is more counts as latency.
const TIMER: Duration = Duration::from_millis(2);

/// The schedule of one flow, from which each connection takes the next message.
#[derive(Debug)]
pub(super) struct Pace {
    start: Instant,
    end: Instant,
    /// Messages a second; without, the next one is due at once.
    rate: Option<f64>,
    next: AtomicU64,
}

impl Pace {
    pub fn new(start: Instant, rate: Option<f64>, duration: Duration) -> Pace {
        Pace { start, end: start + duration, rate, next: AtomicU64::new(0) }
    }

    /// Whether nothing more will be due.
    pub fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// Waits until the next message is due. Gives its number, from 0, and the instant from which its latency counts: when it was
    /// due, unless it was the timer alone that let it wait. Nothing, when the time is over or there were as
    /// many as a load may have.
    pub async fn next(&self) -> Option<(u64, Instant)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let due = match self.rate {
            Some(rate) => self.start + Duration::from_secs_f64(number as f64 / rate),
            None => Instant::now(),
        };
        if due >= self.end || number >= MOST_MESSAGES {
            return None;
        }
        if due <= Instant::now() {
            return Some((number, due));
        }
        tokio::time::sleep_until(due.into()).await;
        Some((number, Instant::now().min(due + TIMER)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_are_due_at_the_rate_and_latency_counts_from_then() {
        let start = Instant::now();
        let pace = Pace::new(start, Some(100.0), Duration::from_millis(45));
        let mut due = Vec::new();
        while let Some((number, from)) = pace.next().await {
            due.push((number, from.duration_since(start).as_millis() as u64 / 10));
            if number == 1 {
                tokio::time::sleep(Duration::from_millis(30)).await; // a stall does not move what is due behind it
            }
        }
        assert_eq!(due, [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
    }

    #[tokio::test]
    async fn without_a_rate_a_load_ends_with_the_last_message_that_it_may_have() {
        let pace = Pace::new(Instant::now(), None, Duration::from_secs(3_600));
        pace.next.store(MOST_MESSAGES - 1, Ordering::Relaxed);
        assert!(pace.next().await.is_some());
        assert!(pace.next().await.is_none());
    }

    #[tokio::test]
    async fn without_a_rate_the_next_one_is_due_at_once_until_the_end() {
        let pace = Pace::new(Instant::now(), None, Duration::from_millis(20));
        assert!(pace.next().await.is_some());
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(pace.next().await.is_none());
    }
}
