//! SIGTERM and SIGINT.

use std::future::Future;
use std::io;

use tokio::signal::unix::{SignalKind, signal as listen};

/// Done at the first stop signal; listens from the call on.
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    let mut term = listen(SignalKind::terminate())?;
    let mut interrupt = listen(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
