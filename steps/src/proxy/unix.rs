//! Process groups and signals, and what the system shows of processes.

use std::fs::{File, metadata, read_dir, read_link, read_to_string};
use std::io::Read;
use std::path::{Path, PathBuf};

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use super::{Resources, StopSignal};

/// What is read of a command line or an environment, in bytes, and of how many processes.
const MAX_TEXT: u64 = 256 * 1024;
const MAX_PROCESSES: usize = 64;

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

/// The beginning of a file; nothing if it cannot be read.
pub(super) fn beginning(path: &Path, most: u64) -> Vec<u8> {
    let mut content = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(most).read_to_end(&mut content));
    content
}

/// A process and all that it has started, with command line and environment as the system shows them. Only a system with `/proc`
/// shows them to a program without rights of its own; elsewhere there are none.
pub(super) fn processes(first: u32) -> Vec<(u32, Vec<u8>)> {
    let mut found = Vec::new();
    let mut next = vec![first];
    while let Some(process) = next.pop() {
        let folder = Path::new("/proc").join(process.to_string());
        if found.len() >= MAX_PROCESSES || !folder.exists() {
            continue;
        }
        let described = [beginning(&folder.join("cmdline"), MAX_TEXT), beginning(&folder.join("environ"), MAX_TEXT)];
        found.push((process, described.join(&b'\n')));
        for task in read_dir(folder.join("task")).into_iter().flatten().flatten() {
            let children = read_to_string(task.path().join("children")).unwrap_or_default();
            next.extend(children.split_whitespace().filter_map(|number| number.parse::<u32>().ok()));
        }
    }
    found
}

/// Names and contents of the files that a process has open outside the folders, or that have no name any more.
pub(super) fn open_files(process: u32, folders: &[PathBuf], most: u64) -> Vec<(PathBuf, Vec<u8>)> {
    let all = read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for descriptor in all {
        let Ok(target) = read_link(descriptor.path()) else { continue };
        let deleted = target.to_string_lossy().ends_with(" (deleted)");
        let regular = || metadata(descriptor.path()).is_ok_and(|about| about.is_file());
        if (deleted || !folders.iter().any(|folder| target.starts_with(folder))) && regular() {
            found.push((target, beginning(&descriptor.path(), most)));
        }
    }
    found
}

/// Memory that a process and its children hold, in bytes, and how many files and sockets they have open; nothing where the system
/// has no `/proc`.
pub(super) fn resources(process: u32) -> Option<Resources> {
    let mut sum = None;
    for (process, _) in processes(process) {
        let status = read_to_string(format!("/proc/{process}/status")).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = resident.split_whitespace().next()?.parse().ok()?;
        let open = read_dir(format!("/proc/{process}/fd")).ok()?.count();
        let Resources { memory, descriptors } = sum.unwrap_or_default();
        sum = Some(Resources { memory: memory + kibibytes * 1024, descriptors: descriptors + open });
    }
    sum
}
