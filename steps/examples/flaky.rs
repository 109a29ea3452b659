//! A proxy for tests of the harness: another program, but the second time that it is started it ends at once.
//!
//! `flaky FILE PROGRAM ARGUMENT...`; `FILE` counts.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), Some(program)) = (arguments.next(), arguments.next()) else { return ExitCode::from(2) };
    let counted = OpenOptions::new().create(true).append(true).open(file).and_then(|mut file| {
        file.write_all(b"x")?;
        file.metadata()
    });
    let started = counted.map(|data| data.len()).unwrap_or(2);
    if started == 2 {
        return ExitCode::FAILURE;
    }
    let status = Command::new(program).args(arguments).status();
    if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
