//! The stop signal (CON-079): Ctrl-C or Ctrl-Break; only the latter can be sent to a process group.

use std::io;

use tokio::signal::windows::{ctrl_break, ctrl_c};

/// Done at the first stop signal; listens from the call on.
pub(crate) fn signal() -> io::Result<impl Future<Output = ()>> {
    let (mut ctrl_break, mut ctrl_c) = (ctrl_break()?, ctrl_c()?);
    Ok(async move {
        tokio::select! { _ = ctrl_break.recv() => {}, _ = ctrl_c.recv() => {} }
    })
}
