//! Whether the machine and the harness were fit for the run: what a reader of a red result asks first.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant, SystemTime};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Round trips that are measured.
const ECHOES: usize = 200;
/// A machine that takes longer for an echo on loopback is too busy for time limits to mean something.
const SLOW: Duration = Duration::from_millis(20);
/// A clock that moves by more during a run was set.
const STEP: Duration = Duration::from_millis(500);

/// Something about the harness or its machine, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was looked at.
    pub name: String,
    /// How it was.
    pub value: String,
}

impl Finding {
    /// A finding.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Finding {
        Finding { name: name.into(), value: value.into() }
    }
}

/// The harness's look at itself, begun before a run and ended behind it.
#[derive(Clone, Debug)]
pub struct HarnessCheck {
    began: (Instant, SystemTime),
    ended: (Instant, SystemTime),
    /// Round trips of 64 bytes over loopback, the shortest first; none if loopback did not work.
    echoes: Vec<Duration>,
}

impl HarnessCheck {
    /// Measures loopback and notes the clocks.
    pub fn begin() -> HarnessCheck {
        let now = (Instant::now(), SystemTime::now());
        HarnessCheck { began: now, ended: now, echoes: echoes().unwrap_or_default() }
    }

    /// The run is over.
    pub fn end(&mut self) {
        self.ended = (Instant::now(), SystemTime::now());
    }

    /// By how much the wall clock moved otherwise than time did.
    fn step(&self) -> Duration {
        let passed = self.ended.0 - self.began.0;
        match self.ended.1.duration_since(self.began.1) {
            Ok(wall) => wall.abs_diff(passed),
            Err(back) => back.duration() + passed,
        }
    }

    /// What was found.
    pub fn findings(&self) -> Vec<Finding> {
        let latency = match (self.echoes.get(self.echoes.len() / 2), self.echoes.last()) {
            (Some(median), Some(worst)) => {
                let words = if *worst > SLOW { "; the machine was busy, so time limits may say too much" } else { "" };
                format!("{} µs, at worst {} µs, of {ECHOES}{words}", median.as_micros(), worst.as_micros())
            }
            _ => "loopback could not be measured".to_owned(),
        };
        let step = self.step();
        let clock = match step > STEP {
            true => format!("the clock was set during the run, by {} ms", step.as_millis()),
            false => "the wall clock ran like time itself".to_owned(),
        };
        [("an echo on loopback", latency), ("clock", clock)].map(|(name, value)| Finding::new(name, value)).into()
    }
}

fn echoes() -> io::Result<Vec<Duration>> {
    const LIMIT: Option<Duration> = Some(Duration::from_secs(2));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut near = TcpStream::connect(listener.local_addr()?)?;
    let (mut far, _) = listener.accept()?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(LIMIT)?;
    }
    let echo = std::thread::spawn(move || -> io::Result<()> {
        let mut portion = [0; 64];
        for _ in 0..ECHOES {
            far.read_exact(&mut portion)?;
            far.write_all(&portion)?;
        }
        Ok(())
    });
    let mut times = Vec::with_capacity(ECHOES);
    for _ in 0..ECHOES {
        let mut portion = [0; 64];
        let began = Instant::now();
        near.write_all(&portion)?;
        near.read_exact(&mut portion)?;
        times.push(began.elapsed());
    }
    echo.join().map_err(|_| io::Error::other("the echo panicked"))??;
    times.sort_unstable();
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_during_the_run_is_noticed() {
        let mut check = HarnessCheck::begin();
        check.end();
        assert!(check.findings()[1].value.starts_with("the wall clock ran"), "{:?}", check.findings());
        check.ended.1 -= Duration::from_secs(3600);
        assert!(check.findings()[1].value.starts_with("the clock was set during the run"), "{:?}", check.findings());
    }

    #[test]
    fn a_busy_machine_is_named() {
        let mut check = HarnessCheck::begin();
        assert_eq!(check.echoes.len(), ECHOES);
        check.echoes = vec![Duration::from_micros(30), Duration::from_micros(40), Duration::from_millis(90)];
        assert_eq!(
            check.findings()[0].value,
            "40 µs, at worst 90000 µs, of 200; the machine was busy, so time limits may say too much"
        );
    }
}
