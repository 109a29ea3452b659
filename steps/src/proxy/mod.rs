//! The proxy under test: how it is started, watched and stopped, or reached where it runs already.

mod instance;
#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
mod profile;
mod traces;

pub(crate) use platform::asked_to_end;

pub use instance::{Instance, Remote, StartError};
pub use platform::{CAN_FILL_DISK, CAN_PAUSE};
pub use profile::{Attach, FixedCloud, Launch, Profile, ProfileError, Proxy, Ready, StopSignal, Timing};
pub use traces::{Searcher, Trace, search};
