//! Trying again, with pauses of 50 ms that double up to 2 s.

use std::future::Future;
use std::time::Duration;

use tokio::time::sleep;

/// How often a call to the cloud is made before the signal is abandoned (CON-076); with the pauses that is about 1.5 s.
const TIMES: usize = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(50);

fn next(pause: Duration) -> Duration {
    (pause * 2).min(Duration::from_secs(2))
}

/// Tries until it succeeds.
pub(crate) async fn until_done<T, F>(what: &str, mut attempt: impl FnMut() -> F) -> T
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt().await {
            Ok(done) => return done,
            Err(error) => log!("{what}: {error:#}; will try again"),
        }
        sleep(pause).await;
        pause = next(pause);
    }
}

/// Tries a bounded number of times (CON-076). Every error has been logged.
pub(crate) async fn few_times<T, F>(what: &str, mut attempt: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut pause = FIRST_PAUSE;
    for time in 1..=TIMES {
        match attempt().await {
            Ok(done) => return Some(done),
            Err(error) => log!("{what}: {error:#} (attempt {time} of {TIMES})"),
        }
        if time < TIMES {
            sleep(pause).await;
            pause = next(pause);
        }
    }
    None
}
