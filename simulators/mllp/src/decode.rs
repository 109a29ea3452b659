//! Receiving: frames out of any bytes, however they are cut.

use std::fmt;
use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

use crate::{CR, FS, MllpCodec, VT};

/// What arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The content of a complete frame, which may hold bytes that MLLP-002 forbids
    /// (see [`forbidden_byte`](crate::forbidden_byte)).
    Content(Bytes),
    /// Bytes that are no complete frame.
    Malformed {
        /// Why.
        problem: Problem,
        /// The bytes, without the VT that began them.
        bytes: Bytes,
    },
}

/// Why bytes are no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Bytes other than CR, LF and blank outside a frame (MLLP-020).
    OutsideFrame,
    /// A second VT before FS CR; reading goes on at the second one (MLLP-022).
    SecondStart,
    /// The data ended before FS CR (MLLP-021).
    Unfinished,
    /// More than the allowed content; the rest of the frame is passed over (MLLP-016).
    TooLong,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Problem::OutsideFrame => "bytes outside a frame (MLLP-020)",
            Problem::SecondStart => "a second VT before FS CR (MLLP-022)",
            Problem::Unfinished => "the data ended before FS CR (MLLP-021)",
            Problem::TooLong => "the frame is longer than allowed (MLLP-016)",
        })
    }
}

/// Where in the byte stream the decoder stands.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum State {
    /// Between frames.
    #[default]
    Outside,
    /// Behind a VT; so many bytes of the buffer hold no end.
    Inside { scanned: usize },
    /// In the rest of a frame that was too long.
    PassingOver,
}

impl MllpCodec {
    /// Leaves out what may stand between frames (MLLP-013) and gives what may not.
    fn outside(&mut self, from: &mut BytesMut) -> Option<Received> {
        let ignored = from.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count();
        from.advance(ignored);
        match memchr::memchr(VT, from) {
            Some(0) => {
                from.advance(1);
                self.state = State::Inside { scanned: 0 };
                None
            }
            Some(start) => Some(malformed(Problem::OutsideFrame, from.split_to(start))),
            None if from.is_empty() => None,
            None => Some(malformed(Problem::OutsideFrame, from.split())),
        }
    }

    fn inside(&mut self, from: &mut BytesMut, scanned: usize) -> Option<Received> {
        // an end may stand right behind the longest content
        let window = from.len().min(self.max_content.saturating_add(1));
        for at in memchr::memchr2_iter(VT, FS, from.get(scanned..window).unwrap_or_default()).map(|at| scanned + at) {
            match (from[at], from.get(at + 1)) {
                (VT, _) => {
                    let first_part = from.split_to(at);
                    from.advance(1);
                    self.state = State::Inside { scanned: 0 };
                    return Some(malformed(Problem::SecondStart, first_part));
                }
                (_, Some(&CR)) => {
                    let content = from.split_to(at).freeze();
                    from.advance(2);
                    self.state = State::Outside;
                    return Some(Received::Content(content));
                }
                // the CR may come in the next portion (MLLP-012)
                (_, None) => {
                    self.state = State::Inside { scanned: at };
                    return None;
                }
                // an FS without CR belongs to the content, which is then refused for it (MLLP-026)
                (_, Some(_)) => {}
            }
        }
        if from.len() > self.max_content {
            self.state = State::PassingOver;
            return Some(malformed(Problem::TooLong, from.split_to(self.max_content)));
        }
        self.state = State::Inside { scanned: from.len() };
        None
    }

    fn pass_over(&mut self, from: &mut BytesMut) {
        for at in 0..from.len() {
            let end = match from[at] {
                VT => at,
                FS if from.get(at + 1) == Some(&CR) => at + 2,
                FS if at + 1 == from.len() => return from.advance(at),
                _ => continue,
            };
            from.advance(end);
            self.state = State::Outside;
            return;
        }
        from.clear();
    }
}

fn malformed(problem: Problem, bytes: BytesMut) -> Received {
    Received::Malformed { problem, bytes: bytes.freeze() }
}

impl Decoder for MllpCodec {
    type Item = Received;
    type Error = io::Error;

    fn decode(&mut self, from: &mut BytesMut) -> io::Result<Option<Received>> {
        loop {
            let before = (from.len(), std::mem::discriminant(&self.state));
            let received = match self.state {
                State::Outside => self.outside(from),
                State::Inside { scanned } => self.inside(from, scanned),
                State::PassingOver => {
                    self.pass_over(from);
                    None
                }
            };
            let moved = before != (from.len(), std::mem::discriminant(&self.state));
            if received.is_some() || !moved {
                return Ok(received);
            }
        }
    }

    fn decode_eof(&mut self, from: &mut BytesMut) -> io::Result<Option<Received>> {
        if let Some(received) = self.decode(from)? {
            return Ok(Some(received));
        }
        let inside = matches!(self.state, State::Inside { .. });
        self.state = State::Outside;
        let rest = from.split();
        Ok(inside.then(|| malformed(Problem::Unfinished, rest)))
    }
}
