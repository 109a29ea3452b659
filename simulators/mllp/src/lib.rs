//! MLLP Release 1 framing as a `tokio-util` codec: strict when it sends, tolerant when it receives.
//!
//! The codec knows nothing of HL7. Whatever arrives becomes a [`Received`]: a frame's content, or the bytes that are
//! no frame together with the reason, so that nothing is swallowed. Memory is bounded by the largest content allowed.

mod decode;
mod encode;

pub use decode::{Problem, Received};
pub use encode::{SendError, frame};

/// Start of a frame (MLLP-001).
pub const VT: u8 = 0x0B;
/// End of a frame's content, followed by [`CR`] (MLLP-001).
pub const FS: u8 = 0x1C;
/// End of a segment, and last byte of a frame (MLLP-001, MLLP-003).
pub const CR: u8 = 0x0D;

/// Largest content that a codec accepts unless told otherwise, in bytes: twice the 32 MiB of MLLP-016.
pub const DEFAULT_MAX_CONTENT: usize = 64 * 1024 * 1024;

/// The codec. [`Decoder`](tokio_util::codec::Decoder) gives [`Received`], [`Encoder`](tokio_util::codec::Encoder)
/// takes the content of one frame.
#[derive(Debug)]
pub struct MllpCodec {
    max_content: usize,
    state: decode::State,
}

impl MllpCodec {
    /// A codec that refuses contents of more than `max_content` bytes.
    pub fn new(max_content: usize) -> MllpCodec {
        MllpCodec { max_content, state: decode::State::default() }
    }
}

impl Default for MllpCodec {
    fn default() -> MllpCodec {
        MllpCodec::new(DEFAULT_MAX_CONTENT)
    }
}

/// The first byte of a content that MLLP-002 forbids, and its offset: any control byte but CR.
pub fn forbidden_byte(content: &[u8]) -> Option<(usize, u8)> {
    content.iter().copied().enumerate().find(|&(_, byte)| byte < 0x20 && byte != CR)
}
