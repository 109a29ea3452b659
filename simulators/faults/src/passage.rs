//! One direction of a wire: bytes go in, and come out as the faults leave them.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::rules::Hit;
use crate::{Framing, Line, Portion, Step, Towards};

/// What has to be done with the receiving end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Write these bytes at once.
    Bytes(Vec<u8>),
    /// Close the connection; nothing comes any more.
    Close,
    /// Reset the connection; nothing comes any more.
    Reset,
    /// Close the sending side; nothing comes any more.
    HalfClose,
}

/// One direction of a [`Line`].
#[derive(Debug)]
pub struct Passage {
    line: Line,
    towards: Towards,
    lifted: watch::Receiver<u64>,
    steps: VecDeque<Step>,
    /// When the first step is over, if it is one that takes time and has begun.
    until: Option<Instant>,
    /// Part of an MLLP frame.
    partial: Vec<u8>,
    /// How much of it holds no end of a frame.
    scanned: usize,
    /// The message that passes: its number, how many bytes of it passed, and what it meets.
    message: (u64, usize, Option<Hit>),
    ended: bool,
}

impl Passage {
    pub(crate) fn new(line: Line, towards: Towards) -> Passage {
        let lifted = line.faults.lifted();
        Passage {
            line,
            towards,
            lifted,
            steps: VecDeque::new(),
            until: None,
            partial: Vec::new(),
            scanned: 0,
            message: (0, 0, None),
            ended: false,
        }
    }

    /// Takes bytes as they were read.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.ended {
            return;
        }
        match self.line.framing {
            Framing::Portions => self.begin(bytes),
            Framing::Exchange => {
                let number = self.line.exchange_number();
                if number != self.message.0 {
                    self.begin(bytes)
                } else {
                    self.go_on(bytes)
                }
                self.message.0 = number;
            }
            Framing::Mllp if self.partial.is_empty() && !self.line.is_disturbed(self.towards) => {
                self.steps.push_back(Step::Bytes(bytes.to_vec()));
            }
            Framing::Mllp => {
                self.partial.extend_from_slice(bytes);
                while let Some(end) = end_of_frame(&self.partial, self.scanned) {
                    self.scanned = 0;
                    let rest = self.partial.split_off(end);
                    let message = std::mem::replace(&mut self.partial, rest);
                    self.begin(&message);
                }
                self.scanned = self.partial.len();
            }
        }
    }

    /// No more bytes will come: what is left of a frame passes.
    pub fn finish(&mut self) {
        self.scanned = 0;
        let rest = std::mem::take(&mut self.partial);
        if !rest.is_empty() {
            self.begin(&rest);
        }
    }

    /// A message begins.
    fn begin(&mut self, bytes: &[u8]) {
        let (places, subject) = self.line.subject(bytes);
        let hit = self.line.faults.meet_bytes(&places, self.towards, &subject);
        (self.message.1, self.message.2) = (0, hit);
        self.go_on(bytes);
    }

    fn go_on(&mut self, bytes: &[u8]) {
        let (_, from, hit) = &mut self.message;
        match hit {
            None => self.steps.push_back(Step::Bytes(bytes.to_vec())),
            Some(Hit { fault, rng }) => self.steps.extend(fault.act(Portion { bytes, from: *from, rng })),
        }
        *from += bytes.len();
    }

    /// Whether [`Passage::next`] has something to do.
    pub fn has_work(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether more bytes should be read now: not while others wait, unless it is for more.
    pub fn takes_more(&self) -> bool {
        matches!(self.steps.front(), None | Some(Step::Hold(_)))
    }

    /// Waits as the faults demand and gives the next deed; nothing if there is none. May be dropped while it waits.
    pub async fn next(&mut self) -> Option<Deed> {
        loop {
            let step = self.steps.front()?;
            match step {
                Step::Wait(time) | Step::Hold(time) => {
                    let (until, holds) =
                        (*self.until.get_or_insert(Instant::now() + *time), matches!(step, Step::Hold(_)));
                    sleep_until(until).await; // the fault itself, not a wait for something
                    self.until = None;
                    self.steps.pop_front();
                    if holds {
                        return Some(Deed::Bytes(self.held()));
                    }
                }
                Step::Stall(time) => {
                    let until = *self.until.get_or_insert_with(|| Instant::now() + time.unwrap_or(FOR_EVER));
                    tokio::select! {
                        // an error means that the faults are gone
                        _ = self.lifted.changed() => {}
                        () = sleep_until(until) => {}
                    }
                    self.until = None;
                    self.steps.pop_front();
                }
                Step::Bytes(_) | Step::Close | Step::Reset | Step::HalfClose => {
                    let deed = match self.steps.pop_front()? {
                        Step::Bytes(bytes) if bytes.is_empty() => continue,
                        Step::Bytes(bytes) => return Some(Deed::Bytes(bytes)),
                        Step::Close => Deed::Close,
                        Step::Reset => Deed::Reset,
                        _ => Deed::HalfClose,
                    };
                    self.ended = true;
                    self.steps.clear();
                    return Some(deed);
                }
            }
        }
    }

    /// The bytes that were held, with all that came in the meantime.
    fn held(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(Step::Bytes(_) | Step::Hold(_)) = self.steps.front() {
            if let Some(Step::Bytes(bytes)) = self.steps.pop_front() {
                all.extend_from_slice(&bytes);
            }
        }
        all
    }
}

/// No scenario takes longer.
const FOR_EVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// Where the first frame ends, or the bytes that are none in front of one; nothing while it is incomplete.
fn end_of_frame(bytes: &[u8], scanned: usize) -> Option<usize> {
    if bytes.first()? != &mllp::VT {
        return Some(bytes.iter().position(|byte| *byte == mllp::VT).unwrap_or(bytes.len()));
    }
    let from = scanned.saturating_sub(1);
    let end = bytes[from..].windows(2).position(|pair| pair == [mllp::FS, mllp::CR]).map(|at| from + at + 2);
    end.or((bytes.len() > mllp::DEFAULT_MAX_CONTENT).then_some(bytes.len()))
}

#[cfg(test)]
mod tests;
