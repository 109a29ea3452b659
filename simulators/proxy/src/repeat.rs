//! Trying again, with pauses of 50 ms that double up to 2 s, and giving up in time.

use std::time::Duration;

use anyhow::{Result, anyhow};
use tokio::time::{sleep, timeout};

/// How long a call may take that no setting limits.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);
/// How often a call to the cloud is made before the signal is abandoned (CON-076); with the pauses that is about 1.5 s.
const TIMES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// Tries until it succeeds.
pub(crate) async fn until_done<T, F: Future<Output = Result<T>>>(what: &str, mut call: impl FnMut() -> F) -> T {
    let mut pause = FIRST_PAUSE;
    loop {
        match call().await {
            Ok(done) => return done,
            Err(error) => log!("{what}: {error:#}; will try again"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// Tries a bounded number of times (CON-076). Every error has been logged.
pub(crate) async fn few_times<T, F: Future<Output = Result<T>>>(what: &str, mut call: impl FnMut() -> F) -> Option<T> {
    for time in 1..=TIMES {
        match call().await {
            Ok(done) => return Some(done),
            Err(error) => log!("{what}: {error:#} (attempt {time} of {TIMES})"),
        }
        if time < TIMES {
            sleep(FIRST_PAUSE * 2u32.pow(time - 1)).await;
        }
    }
    None
}

/// Gives up after `limit`.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, work).await.map_err(|_| anyhow!("no answer within {} ms", limit.as_millis()))?
}
