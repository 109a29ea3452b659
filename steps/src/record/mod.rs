//! A tap between real parties: bytes pass unchanged, and what passes is written to a journal as the simulators write it.

mod reading;
mod recorder;
mod secrets;
mod tap;
mod tls;

pub use reading::{Unreadable, read};
pub use recorder::{Protocol, Recorder};
pub use tap::{Tap, listen};
pub use tls::{Doors, TlsError};
