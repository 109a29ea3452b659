//! The proxy under test: how it is started, watched and stopped, or reached where it runs already.

mod instance;
mod profile;
mod traces;
#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;

pub use instance::{Instance, StartError};
pub use profile::{Attach, CloudPorts, Launch, Profile, ProfileError, Proxy, Ready, StopSignal, Timing};
pub use traces::{Trace, search};
