//! Process groups and signals.

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::signal::unix::{SignalKind, signal};

use super::StopSignal;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Puts the process and its children into a group of their own, so that none is left behind.
pub(super) fn group(command: &mut CommandWrap) {
    command.wrap(ProcessGroup::leader());
}

/// Asks the whole group to stop.
pub(super) fn request_stop(child: &mut dyn ChildWrapper, signal: StopSignal) -> std::io::Result<()> {
    child.signal(match signal {
        StopSignal::Term => SIGTERM,
        StopSignal::Interrupt => SIGINT,
    })
}

/// Waits until this program is interrupted or asked to end.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}
