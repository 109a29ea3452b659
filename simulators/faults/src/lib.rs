//! Faults as data: which message on which wire meets which disturbance.
//!
//! A [`Plan`] is a list of [`Rule`]s, read from YAML. [`Faults`] holds the rules that are in force in a scenario; whoever
//! carries messages asks it ([`Faults::meet`]) and does what the [`Fault`] says. For byte streams that is done here: a
//! [`Line`] cuts a stream into messages, a [`Passage`] turns each into [`Deed`]s, and [`relay`] does these between two
//! streams. Faults of bytes have a file each; they are pure, so that time and sockets are dealt with in one place.

mod bandwidth;
mod corrupt;
mod drop;
mod fault;
mod half_close;
mod join;
mod latency;
mod line;
mod passage;
mod place;
mod plan;
mod relay;
mod reset;
mod rule;
mod rules;
mod split;
mod stall;
mod truncate;

pub use bandwidth::Bandwidth;
pub use corrupt::Corrupt;
pub use fault::{Certificate, Class, ClockSkew, Condition, Detach, Fault, ForcedClose, Pause, Status, TlsVersion};
pub use half_close::HalfClose;
pub use join::Join;
pub use latency::Latency;
pub use line::{Exchange, Framing, Line};
pub use passage::{Deed, Passage};
pub use place::{Place, Towards};
pub use plan::{EXAMPLE, Plan, PlanError, PlanFile};
pub use relay::{Ended, Wire, relay};
pub use reset::Reset;
pub use rule::{Rule, Subject, When};
pub use rules::Faults;
pub use split::Split;
pub use stall::Stall;
pub use truncate::Truncate;

use std::time::Duration;

use rand_chacha::ChaCha8Rng;

/// Bytes of a message as they come.
struct Portion<'a> {
    bytes: &'a [u8],
    /// How many bytes of the message came before.
    from: usize,
    /// Choices of the rule that acts.
    rng: &'a mut ChaCha8Rng,
}

impl Portion<'_> {
    /// The part in front of the message's byte with that offset; nothing if the portion ends before it.
    fn up_to(&self, offset: usize) -> Option<&[u8]> {
        self.bytes.get(..offset.saturating_sub(self.from))
    }
}

/// What is done one after the other with a portion.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Bytes(Vec<u8>),
    Wait(Duration),
    /// Until all faults are lifted, or for so long.
    Stall(Option<Duration>),
    /// What follows within this time goes in one piece.
    Hold(Duration),
    Close,
    Reset,
    HalfClose,
}
