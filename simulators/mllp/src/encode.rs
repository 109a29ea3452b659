//! Sending: only conforming frames leave.

use bytes::{BufMut, BytesMut};
use tokio_util::codec::Encoder;

use crate::{CR, FS, MllpCodec, VT, forbidden_byte};

/// A content that must not be put into a frame.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// MLLP-002: the receiver could take the byte for the end of the frame, or refuse it.
    #[error("byte 0x{byte:02X} at offset {offset} must not occur in a frame (MLLP-002)")]
    ForbiddenByte {
        /// Offset in the content.
        offset: usize,
        /// The byte.
        byte: u8,
    },
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// The frame of a content: VT, content, FS, CR (MLLP-001). For any content; [`MllpCodec`] checks it first.
pub fn frame(content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(content.len() + 3);
    frame.push(VT);
    frame.extend_from_slice(content);
    frame.extend_from_slice(&[FS, CR]);
    frame
}

impl Encoder<&[u8]> for MllpCodec {
    type Error = SendError;

    fn encode(&mut self, content: &[u8], to: &mut BytesMut) -> Result<(), SendError> {
        if let Some((offset, byte)) = forbidden_byte(content) {
            return Err(SendError::ForbiddenByte { offset, byte });
        }
        to.reserve(content.len() + 3);
        to.put_u8(VT);
        to.put_slice(content);
        to.put_slice(&[FS, CR]);
        Ok(())
    }
}
