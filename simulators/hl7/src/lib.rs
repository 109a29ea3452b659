//! A byte-exact, lossless model of HL7 version 2 messages.
//!
//! A [`Message`] owns the bytes it was read from and gives them back unchanged. No character set is assumed: elements
//! are byte slices, found on demand by [`Path`] (`PID-5[2].1`), and only [`Message::text`] decodes escapes and shows
//! text. The crate does no IO.

pub mod ack;
mod delimiters;
pub mod names;
pub mod show;

mod diff;
mod edit;
mod escape;
mod message;
mod path;
mod segment;

pub use delimiters::{Delimiters, ParseError};
pub use diff::{Diff, Difference, Note, Verdict, diff};
pub use edit::EditError;
pub use escape::{escape, unescape};
pub use message::Message;
pub use path::{Path, PathError};
pub use segment::{Segment, Value};
