//! The proxy under test: how it is started, watched and stopped, or reached where it runs already.

mod forms;
mod instance;
mod output;
#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
mod profile;
mod traces;
mod watch;

pub(crate) use platform::asked_to_end;

pub use instance::{Instance, Remote, StartError};
pub use platform::{CAN_FILL_DISK, CAN_PAUSE};
pub use profile::{Attach, FixedCloud, Launch, Profile, ProfileError, Proxy, REFERENCE, Ready, StopSignal, Timing};
pub use traces::{Searcher, Trace, search};

/// What this process and its children hold of their host; nothing where the system does not tell it.
pub fn own_resources() -> Option<Resources> {
    platform::resources(std::process::id())
}

/// What a process and its children hold of their host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Resident memory in bytes.
    pub memory: u64,
    /// Open files and sockets.
    pub descriptors: usize,
}
