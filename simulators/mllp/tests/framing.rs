//! Framing against bytes written by hand from the specification (02-mllp-and-ack, section 1).

use bytes::{Bytes, BytesMut};
use mllp::{MllpCodec, Problem, Received, SendError, forbidden_byte, frame};
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder};

/// Feeds the portions one after the other, then the end of data.
fn receive(codec: &mut MllpCodec, portions: &[&[u8]]) -> Vec<Received> {
    let mut buffer = BytesMut::new();
    let mut all = Vec::new();
    for portion in portions {
        buffer.extend_from_slice(portion);
        while let Some(received) = codec.decode(&mut buffer).unwrap() {
            all.push(received);
        }
    }
    while let Some(received) = codec.decode_eof(&mut buffer).unwrap() {
        all.push(received);
    }
    all
}

fn content(bytes: &'static [u8]) -> Received {
    Received::Content(Bytes::from_static(bytes))
}

fn malformed(problem: Problem, bytes: &'static [u8]) -> Received {
    Received::Malformed { problem, bytes: Bytes::from_static(bytes) }
}

#[test]
fn mllp_001_a_frame_is_vt_content_fs_cr() {
    let expected = [0x0B, 0x4D, 0x53, 0x48, 0x7C, 0x0D, 0x1C, 0x0D];
    assert_eq!(frame(b"MSH|\r"), expected);
    let mut sent = BytesMut::new();
    MllpCodec::default().encode(b"MSH|\r".as_slice(), &mut sent).unwrap();
    assert_eq!(sent[..], expected);
    assert_eq!(receive(&mut MllpCodec::default(), &[&expected]), [content(b"MSH|\r")]);
}

#[test]
fn mllp_002_a_sender_refuses_every_control_byte_but_cr() {
    for byte in (0..0x20).filter(|&byte| byte != 0x0D) {
        let error = MllpCodec::default().encode([b'M', byte].as_slice(), &mut BytesMut::new()).unwrap_err();
        assert!(matches!(error, SendError::ForbiddenByte { offset: 1, byte: b } if b == byte), "{byte}");
    }
    assert_eq!(forbidden_byte(b"MSH\r\x7F\xFF"), None);
}

#[test]
fn mllp_010_a_frame_may_come_byte_by_byte() {
    let bytes: Vec<[u8; 1]> = frame(b"MSH|^~\\&\r").into_iter().map(|b| [b]).collect();
    let portions: Vec<&[u8]> = bytes.iter().map(<[u8; 1]>::as_slice).collect();
    assert_eq!(receive(&mut MllpCodec::default(), &portions), [content(b"MSH|^~\\&\r")]);
}

#[test]
fn mllp_011_two_frames_may_come_at_once() {
    let received = receive(&mut MllpCodec::default(), &[b"\x0BA\r\x1C\r\x0BB\r\x1C\r"]);
    assert_eq!(received, [content(b"A\r"), content(b"B\r")]);
}

#[test]
fn mllp_012_the_two_end_bytes_may_come_apart() {
    assert_eq!(
        receive(&mut MllpCodec::default(), &[b"\x0BA\r\x1C", b"\r\x0BB\x1C", b"\r"]),
        [content(b"A\r"), content(b"B")]
    );
}

#[test]
fn mllp_013_line_ends_and_blanks_between_frames_are_ignored() {
    assert_eq!(
        receive(&mut MllpCodec::default(), &[b"\r\n \x0BA\x1C\r\r\n", b" \x0BB\x1C\r \n"]),
        [content(b"A"), content(b"B")]
    );
}

#[test]
fn mllp_020_bytes_without_vt_are_reported_and_the_next_frame_is_read() {
    let received = receive(&mut MllpCodec::default(), &[b"MSH|no start\x1C\r\x0BA\x1C\r"]);
    assert_eq!(received, [malformed(Problem::OutsideFrame, b"MSH|no start\x1C\r"), content(b"A")]);
}

#[test]
fn mllp_021_an_unfinished_frame_is_reported_at_the_end_of_data() {
    assert_eq!(
        receive(&mut MllpCodec::default(), &[b"\x0BMSH|", b"half"]),
        [malformed(Problem::Unfinished, b"MSH|half")]
    );
    assert_eq!(receive(&mut MllpCodec::default(), &[b"\x0BMSH|\x1C"]), [malformed(Problem::Unfinished, b"MSH|\x1C")]);
}

#[test]
fn mllp_022_a_second_vt_starts_again() {
    let received = receive(&mut MllpCodec::default(), &[b"\x0Bfirst\x0Bsecond\x1C\r"]);
    assert_eq!(received, [malformed(Problem::SecondStart, b"first"), content(b"second")]);
}

#[test]
fn mllp_023_an_fs_without_cr_before_a_vt_ends_the_first_part() {
    let received = receive(&mut MllpCodec::default(), &[b"\x0Bfirst\x1C\x0Bsecond\x1C\r"]);
    assert_eq!(received, [malformed(Problem::SecondStart, b"first\x1C"), content(b"second")]);
}

#[test]
fn mllp_024_an_empty_frame_has_an_empty_content() {
    assert_eq!(receive(&mut MllpCodec::default(), &[b"\x0B\x1C\r"]), [content(b"")]);
}

#[test]
fn mllp_026_an_fs_inside_stays_in_the_content() {
    let received = receive(&mut MllpCodec::default(), &[b"\x0BA\x1CB\x1C\r"]);
    assert_eq!(received, [content(b"A\x1CB")]);
    assert_eq!(forbidden_byte(b"A\x1CB"), Some((1, 0x1C)));
}

#[test]
fn mllp_016_the_largest_content_passes_and_one_byte_more_does_not() {
    let received = receive(&mut MllpCodec::new(4), &[b"\x0B1234\x1C\r\x0B12345", b"67\x1C", b"\r\x0Bok\x1C\r"]);
    assert_eq!(received, [content(b"1234"), malformed(Problem::TooLong, b"1234"), content(b"ok")]);
}

proptest! {
    /// However the bytes are cut, the same frames come out, and every byte is accounted for.
    #[test]
    fn frames_do_not_depend_on_the_portions(
        contents in prop::collection::vec(prop::collection::vec(any::<u8>().prop_filter("no frame byte", |b| ![0x0B, 0x1C].contains(b)), 0..40), 0..5),
        cuts in prop::collection::vec(1usize..9, 1..60),
    ) {
        let bytes: Vec<u8> = contents.iter().flat_map(|c| frame(c)).collect();
        let mut portions = Vec::new();
        let mut rest = bytes.as_slice();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let (portion, tail) = rest.split_at((*cut).min(rest.len()));
            portions.push(portion);
            rest = tail;
        }
        let expected: Vec<_> = contents.iter().map(|c| Received::Content(c.clone().into())).collect();
        prop_assert_eq!(receive(&mut MllpCodec::default(), &portions), expected);
    }

    /// Arbitrary bytes never panic, never hang, and the buffer stays below the limit.
    #[test]
    fn arbitrary_bytes_are_survived(bytes in prop::collection::vec(prop_oneof![Just(0x0B), Just(0x1C), Just(0x0D), any::<u8>()], 0..300)) {
        let mut codec = MllpCodec::new(50);
        let mut buffer = BytesMut::new();
        for byte in bytes {
            buffer.extend_from_slice(&[byte]);
            while codec.decode(&mut buffer).unwrap().is_some() {}
            prop_assert!(buffer.len() <= 52);
        }
    }
}
