//! The stop signal (CON-079).

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::signal;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::signal;
