//! AMQP 1.0 frames (part 2.3 of the standard): protocol headers and length-prefixed frames.

use bytes::{Buf, Bytes, BytesMut};

/// Largest frame in either direction, announced in Open; the size that Azure uses.
pub(super) const MAX_FRAME_SIZE: u32 = 65_536;
/// The standard's least maximum, which a peer may not undercut.
pub(super) const MIN_MAX_FRAME_SIZE: u32 = 512;

/// Protocol header of the SASL layer.
pub(super) const SASL_HEADER: [u8; 8] = *b"AMQP\x03\x01\x00\x00";
/// Protocol header of AMQP itself.
pub(super) const AMQP_HEADER: [u8; 8] = *b"AMQP\x00\x01\x00\x00";

/// What layer a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Amqp,
    Sasl,
}

/// What is read from a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Header([u8; 8]),
    Frame { kind: Kind, channel: u16, body: Bytes },
}

/// Bytes that are no frame; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct FramingError(String);

/// Takes the next header or frame from `buffer`, or nothing if it is not complete yet.
pub(super) fn next_unit(buffer: &mut BytesMut) -> Result<Option<Unit>, FramingError> {
    let Some(head) = buffer.first_chunk::<8>().copied() else { return Ok(None) };
    // as a frame's size, "AMQP" would be over a gigabyte: the two cannot be confused
    if head.starts_with(b"AMQP") {
        buffer.advance(8);
        return Ok(Some(Unit::Header(head)));
    }
    let [a, b, c, d, offset, kind, channel_high, channel_low] = head;
    let size = u32::from_be_bytes([a, b, c, d]);
    let start = u32::from(offset) * 4;
    if size > MAX_FRAME_SIZE {
        return Err(FramingError(format!("a frame of {size} bytes is larger than the {MAX_FRAME_SIZE} announced")));
    }
    if start < 8 || size < start {
        return Err(FramingError(format!("a frame of {size} bytes cannot have its body at byte {start}")));
    }
    let kind = match kind {
        0 => Kind::Amqp,
        1 => Kind::Sasl,
        other => return Err(FramingError(format!("frame type {other} is neither AMQP (0) nor SASL (1)"))),
    };
    if buffer.len() < size as usize {
        return Ok(None);
    }
    let mut body = buffer.split_to(size as usize).freeze();
    body.advance(start as usize);
    Ok(Some(Unit::Frame { kind, channel: u16::from_be_bytes([channel_high, channel_low]), body }))
}

/// Appends a frame made of `parts` to `out`. An empty frame is a heartbeat.
pub(super) fn put_frame(out: &mut BytesMut, kind: Kind, channel: u16, parts: &[&[u8]]) {
    let size = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    out.extend_from_slice(&(size as u32).to_be_bytes());
    out.extend_from_slice(&[2, u8::from(kind == Kind::Sasl)]);
    out.extend_from_slice(&channel.to_be_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_and_frames_are_told_apart_and_may_arrive_in_pieces() {
        let wire = b"AMQP\x03\x01\x00\x00\x00\x00\x00\x0A\x02\x01\x00\x00\x00S\x00\x00\x00\x0C\x03\x00\x01\x02xxxx";
        let mut buffer = BytesMut::new();
        let mut units = Vec::new();
        for byte in wire {
            buffer.extend_from_slice(&[*byte]);
            units.extend(next_unit(&mut buffer).unwrap());
        }
        let sasl = Unit::Frame { kind: Kind::Sasl, channel: 0, body: Bytes::from_static(b"\x00S") };
        // an extended header of 4 bytes is passed over
        let empty = Unit::Frame { kind: Kind::Amqp, channel: 0x0102, body: Bytes::new() };
        assert_eq!(units, [Unit::Header(SASL_HEADER), sasl, empty]);
    }

    #[test]
    fn an_empty_frame_is_eight_bytes() {
        let mut out = BytesMut::new();
        put_frame(&mut out, Kind::Amqp, 0, &[]);
        assert_eq!(out.as_ref(), [0, 0, 0, 8, 2, 0, 0, 0]);
    }

    #[test]
    fn a_frame_may_be_as_large_as_announced() {
        let mut buffer = BytesMut::new();
        put_frame(&mut buffer, Kind::Amqp, 0, &[&vec![7; MAX_FRAME_SIZE as usize - 8]]);
        let unit = next_unit(&mut buffer).unwrap();
        assert!(matches!(unit, Some(Unit::Frame { body, .. }) if body.len() == MAX_FRAME_SIZE as usize - 8));
    }

    #[test]
    fn frames_that_lie_about_their_size_are_refused() {
        for bad in [
            [0, 1, 0, 1, 2, 0, 0, 0], // 65,537 bytes
            [0, 0, 0, 7, 2, 0, 0, 0], // shorter than its header
            [0, 0, 0, 8, 1, 0, 0, 0], // body inside the header
            [0, 0, 0, 8, 2, 9, 0, 0], // neither AMQP nor SASL
            *b"HTTP/1.1",
        ] {
            assert!(next_unit(&mut BytesMut::from(&bad[..])).is_err(), "{bad:02X?}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = next_unit(&mut buffer) {}
        }
    }
}
