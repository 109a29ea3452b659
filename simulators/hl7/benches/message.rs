//! Reading, asking, changing and writing a result of 3 kB, beside two other parsers and beside the bytes themselves.

#![allow(missing_docs)] // criterion's macro makes a public function

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hl7::{Message, Path};

const RESULT: &[u8] = include_bytes!("../../results/tests/data/oru/ref_default_abnormal.hl7");

fn text() -> &'static str {
    str::from_utf8(RESULT).expect("the result is ASCII")
}

/// From bytes until every field has been looked at.
fn every_field(c: &mut Criterion) {
    let mut group = c.benchmark_group("every field");
    group.throughput(Throughput::Bytes(RESULT.len() as u64));
    group.bench_function(BenchmarkId::from_parameter("hl7 (ours)"), |b| {
        b.iter(|| {
            let message = Message::parse(black_box(RESULT)).expect("a message");
            let values = message.segments().flat_map(|segment| segment.values());
            values.map(|value| value.raw().map_or(0, <[u8]>::len)).sum::<usize>()
        });
    });
    group.bench_function(BenchmarkId::from_parameter("hl7-parser"), |b| {
        b.iter(|| {
            let message = hl7_parser::parse_message(black_box(text())).expect("a message");
            let fields = message.segments().flat_map(|segment| segment.fields().map(|field| field.raw_value().len()));
            fields.sum::<usize>()
        });
    });
    group.bench_function(BenchmarkId::from_parameter("rust-hl7"), |b| {
        b.iter(|| {
            let message = rusthl7::message::Message::new(black_box(text()));
            let fields =
                message.segments.iter().flat_map(|segment| segment.fields.iter().map(|field| field.source.len()));
            fields.sum::<usize>()
        });
    });
    group.bench_function(BenchmarkId::from_parameter("memchr pass"), |b| {
        b.iter(|| memchr::memchr2_iter(b'|', b'\r', black_box(RESULT)).sum::<usize>());
    });
    group.finish();
}

/// One component by its path, in a message that has been read.
fn query(c: &mut Criterion) {
    let mut group = c.benchmark_group("query PID-5.1");
    let (ours, path) = (Message::parse(RESULT).expect("a message"), "PID-5.1".parse::<Path>().expect("a path"));
    group.bench_function(BenchmarkId::from_parameter("hl7 (ours)"), |b| b.iter(|| ours.get(black_box(&path)).raw()));
    let other = hl7_parser::parse_message(text()).expect("a message");
    group.bench_function(BenchmarkId::from_parameter("hl7-parser"), |b| {
        b.iter(|| other.query(black_box("PID.5.1")).map(|found| found.raw_value().len()));
    });
    let third = rusthl7::message::Message::new(text());
    group.bench_function(BenchmarkId::from_parameter("rust-hl7"), |b| {
        b.iter(|| third.query(black_box("PID.F5.C1")).len())
    });
    group.finish();
}

/// Another family name, and the bytes of the message with it. The other parsers cannot change a message.
fn edit(c: &mut Criterion) {
    let path = "PID-5.1".parse::<Path>().expect("a path");
    let message = Message::parse(RESULT).expect("a message");
    c.bench_function("edit PID-5.1 and encode/hl7 (ours)", |b| {
        b.iter(|| {
            let mut message = message.clone();
            message.set(black_box(&path), b"ROE").expect("it can be set");
            message.into_bytes()
        });
    });
}

criterion_group!(benches, every_field, query, edit);
criterion_main!(benches);
