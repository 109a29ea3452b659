//! The stop signal (CON-079): SIGTERM or SIGINT.

use std::io;

use tokio::signal::unix::{SignalKind, signal as listen};

/// Done at the first stop signal; listens from the call on.
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    let (mut term, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
    })
}
