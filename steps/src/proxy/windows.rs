//! Job objects. Windows has no signals that another process without a console would receive.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use process_wrap::tokio::{ChildWrapper, CommandWrap, JobObject};
use tokio::process::Command;

use super::{Resources, StopSignal};

/// Whether a process can be paused: a scenario that needs it is blocked.
pub const CAN_PAUSE: bool = false;
/// Whether a process can be started on a full disk: a scenario that needs it is blocked.
pub const CAN_FILL_DISK: bool = false;

/// Not to be had.
pub(super) fn pause(_child: &mut dyn ChildWrapper) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not to be had.
pub(super) fn resume(_child: &mut dyn ChildWrapper) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The command as it is: nobody asks for more, see [`CAN_FILL_DISK`].
pub(super) fn without_disk(command: &Path) -> Command {
    Command::new(command)
}

/// Puts the process and its children into a job object of their own, so that none is left behind.
pub(super) fn group(command: &mut CommandWrap) {
    command.wrap(JobObject);
}

/// Ends the job: there is no gentler way that every program understands.
pub(super) fn request_stop(child: &mut dyn ChildWrapper, _signal: StopSignal) -> std::io::Result<()> {
    child.start_kill()
}

/// Waits until this program is interrupted.
pub(crate) async fn asked_to_end() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

/// The beginning of a file; nothing if it cannot be read.
pub(super) fn beginning(path: &Path, most: u64) -> Vec<u8> {
    let mut content = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(most).read_to_end(&mut content));
    content
}

/// Windows shows command lines and environments of processes to nobody without rights of his own.
pub(super) fn processes(_first: u32) -> Vec<(u32, Vec<u8>)> {
    Vec::new()
}

/// Nor what they have open; a deleted file keeps its name there until it is closed, so that the look at the folders finds it.
pub(super) fn open_files(_process: u32, _folders: &[PathBuf], _most: u64) -> Vec<(PathBuf, Vec<u8>)> {
    Vec::new()
}

/// Nor what they hold.
pub(super) fn resources(_process: u32) -> Option<Resources> {
    None
}
