//! Everything that reads bytes of others, each behind one function that takes any bytes and panics when a promise is broken.
//!
//! cargo-fuzz calls them for as long as one likes (docs/fuzzing.md); `cargo test` calls them with a few thousand inputs.

use std::time::Duration;

use bytes::BytesMut;
use cloud::bus::{Access, Bus, BusConfig, QueueConfig};
use cloud::contract::Contract;
use faults::Plan;
use hl7::{Delimiters, Message, Path, escape, unescape};
use journal::{Clock, Journal, Seed};
use mllp::{MllpCodec, Received};
use results::check::{Agreements, check as check_message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::codec::Decoder;

/// Longest content that the codec takes here, in bytes.
const MAX_CONTENT: usize = 1024;

/// Takes any bytes.
type Entry = fn(&[u8]);

/// All entry points by their names.
pub const ALL: &[(&str, Entry)] = &[
    ("hl7_message", hl7_message),
    ("hl7_path", hl7_path),
    ("hl7_escape", hl7_escape),
    ("hl7_diff", hl7_diff),
    ("mllp", mllp),
    ("amqp", amqp),
    ("contract", contract),
    ("profile", profile),
    ("check", check),
    ("journal", journal),
];

/// A message keeps its bytes; every field that one walks over is the one that its path finds; setting an element to what it is
/// changes nothing.
pub fn hl7_message(data: &[u8]) {
    let Ok(message) = Message::parse(data) else { return };
    assert_eq!(message.bytes(), data);
    for segment in message.segments() {
        assert_eq!(segment.values().count(), segment.fields(), "{:?}", String::from_utf8_lossy(segment.bytes()));
        for (at, value) in segment.values().enumerate().take(100) {
            assert_eq!(segment.field(at + 1), value);
        }
    }
    for text in ["MSH-2", "MSH-9.1", "PID[1]-3[1].1.1", "OBX-5", "ZZZ-300"] {
        let path: Path = text.parse().expect("a path");
        let Some(value) = message.get(&path).raw().map(<[u8]>::to_vec) else { continue };
        let mut same = message.clone();
        same.set(&path, &value).expect("what is there can be set");
        assert_eq!(same.bytes(), data, "{text}");
    }
}

/// A path is written as it is read.
pub fn hl7_path(data: &[u8]) {
    let Some(path) = str::from_utf8(data).ok().and_then(|text| text.parse::<Path>().ok()) else { return };
    assert_eq!(path.to_string().parse(), Ok(path));
    let _ = (path.name(), path.label());
}

/// What is escaped is read back, and holds no delimiter.
pub fn hl7_escape(data: &[u8]) {
    let d = Delimiters::default();
    let escaped = escape(data, &d);
    assert_eq!(unescape(&escaped, &d), data);
    assert!(!escaped.iter().any(|byte| [d.field, d.component, d.repetition, d.subcomponent].contains(byte)));
    let _ = unescape(data, &d);
}

/// A message differs in nothing from itself, and from another one in something. The two halves of the data are the messages.
pub fn hl7_diff(data: &[u8]) {
    let (one, other) = data.split_at(data.len() / 2);
    assert!(hl7::diff(one, one).differences.is_empty());
    let diff = hl7::diff(one, other);
    assert_eq!(diff.differences.is_empty(), one == other, "{diff}");
    let _ = diff.to_string();
}

/// However the bytes are cut, the same comes out, and nothing is longer than allowed. The first byte says how they are cut.
pub fn mllp(data: &[u8]) {
    let Some((cut, bytes)) = data.split_first() else { return };
    let decoded = |portion: usize| {
        let (mut codec, mut buffer, mut all) = (MllpCodec::new(MAX_CONTENT), BytesMut::new(), Vec::new());
        for portion in bytes.chunks(portion) {
            buffer.extend_from_slice(portion);
            while let Some(received) = codec.decode(&mut buffer).expect("it reads no file") {
                all.push(received);
            }
            assert!(buffer.len() <= MAX_CONTENT + portion.len() + 1, "{} bytes are kept", buffer.len());
        }
        while let Some(received) = codec.decode_eof(&mut buffer).expect("it reads no file") {
            all.push(received);
        }
        all
    };
    let frames = |all: &[Received]| {
        let contents = all.iter().filter_map(|received| match received {
            Received::Content(content) => Some(content.to_vec()),
            Received::Malformed { .. } => None,
        });
        contents.collect::<Vec<_>>()
    };
    let (whole, cut) = (decoded(bytes.len().max(1)), decoded(usize::from(*cut) + 1));
    assert_eq!(frames(&whole), frames(&cut));
    assert!(frames(&whole).iter().all(|content| content.len() <= MAX_CONTENT));
}

/// A client of the bus may send anything: the connection ends, and nothing is kept of it.
pub fn amqp(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.expect("a runtime starts").block_on(async {
        let access = Access { key_name: "k".into(), key: "k".into(), queues: None, listen: true, send: true };
        let config = BusConfig::new("localhost", vec![QueueConfig::new("q")], access);
        let journal = Journal::bounded("fuzz", 100);
        let bus = Bus::new(config, journal, Clock::system(), Seed::new(1));
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let served = tokio::spawn({
            let bus = bus.clone();
            async move { bus.serve(theirs, "fuzz".to_owned()).await }
        });
        let (mut read, mut write) = tokio::io::split(ours);
        let reading = tokio::spawn(async move {
            let mut sink = Vec::new();
            let _ = read.read_to_end(&mut sink).await;
        });
        // the server may be gone before all is written
        let _ = write.write_all(data).await;
        let _ = write.shutdown().await;
        let ended = tokio::time::timeout(Duration::from_secs(600), served).await.expect("the connection ends");
        ended.expect("no panic");
        drop(write);
        reading.await.expect("no panic");
    });
}

/// A contract that is read can be asked.
pub fn contract(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Contract::parse("fuzz.yaml", text) {
        Ok(contract) => drop((contract.all_hosts(), contract.switch("on_receipt"))),
        Err(error) => assert!(error.to_string().contains("fuzz.yaml"), "{error}"),
    }
}

/// Settings of results, and plans of faults, are read or refused with a reason.
pub fn profile(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Err(error) = yaml::parse::<results::Profile>(text, "fuzz.yaml") {
        assert!(!error.to_string().is_empty());
    }
    if let Err(error) = Plan::parse(text, "fuzz.yaml") {
        assert!(error.to_string().contains("fuzz.yaml"), "{error}");
    }
}

/// Every problem that is found can be described.
pub fn check(data: &[u8]) {
    if let Ok(problems) = check_message(data, &Agreements::default()) {
        problems.iter().for_each(|problem| drop(format!("{problem:?}")));
    }
}

/// A journal that is read is written as it was.
pub fn journal(data: &[u8]) {
    let Ok(events) = journal::jsonl::read(data) else { return };
    let mut written = Vec::new();
    journal::jsonl::write(&mut written, &events).expect("memory takes it");
    assert_eq!(journal::jsonl::read(written.as_slice()).expect("it was just written"), events);
}
