//! Recorded traffic played again, and judged by the recording and by rules that hold for any traffic.

mod answering;
mod compare;
mod play;
mod recording;
mod rules;
mod stage;

pub use compare::same_answer;
pub use play::{Played, against};
pub use recording::{Act, Delivered, Recording, RecordingError, Step, scenarios};
pub use rules::{Finding, Rule};
pub use stage::Stage;
