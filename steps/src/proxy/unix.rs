//! Process groups and signals.

use std::path::Path;

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::StopSignal;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

/// Whether a process can be paused.
pub const CAN_PAUSE: bool = true;
/// Whether a process can be started on a full disk.
pub const CAN_FILL_DISK: bool = true;

/// Takes the processor away from the whole group.
pub(super) fn pause(child: &mut dyn ChildWrapper) -> std::io::Result<()> {
    child.signal(libc::SIGSTOP)
}

/// Gives it back.
pub(super) fn resume(child: &mut dyn ChildWrapper) -> std::io::Result<()> {
    child.signal(libc::SIGCONT)
}

/// A command whose arguments follow, in which every write to a file fails: no file may grow beyond 0 bytes, and the signal
/// that says so is ignored. Pipes are no files.
pub(super) fn without_disk(command: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ && ulimit -f 0 && exec \"$0\" \"$@\""]).arg(command);
    shell
}

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
