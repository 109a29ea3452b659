//! A result of 3 kB into a frame and out of it, beside the copy of its bytes that each of the two makes.

#![allow(missing_docs)] // criterion's macro makes a public function

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mllp::{MllpCodec, frame};
use tokio_util::codec::{Decoder, Encoder};

const RESULT: &[u8] = include_bytes!("../../results/tests/data/oru/ref_default_abnormal.hl7");

fn framing(c: &mut Criterion) {
    let mut group = c.benchmark_group("MLLP");
    group.throughput(Throughput::Bytes(RESULT.len() as u64));
    group.bench_function(BenchmarkId::from_parameter("encode"), |b| {
        let (mut codec, mut out) = (MllpCodec::default(), BytesMut::new());
        b.iter(|| {
            out.clear();
            codec.encode(black_box(RESULT), &mut out).expect("no forbidden byte");
        });
    });
    let framed = frame(RESULT);
    group.bench_function(BenchmarkId::from_parameter("decode"), |b| {
        let mut codec = MllpCodec::default();
        let received = || BytesMut::from(framed.as_slice());
        b.iter_batched_ref(received, |from| codec.decode(black_box(from)).expect("no error"), BatchSize::SmallInput);
    });
    group.bench_function(BenchmarkId::from_parameter("decode, cut into portions of 500 bytes"), |b| {
        let mut codec = MllpCodec::default();
        b.iter_batched_ref(
            || BytesMut::with_capacity(framed.len()),
            |from| {
                let portions = black_box(&framed).chunks(500);
                portions
                    .filter_map(|portion| {
                        from.extend_from_slice(portion);
                        codec.decode(from).expect("no error")
                    })
                    .count()
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function(BenchmarkId::from_parameter("copy of the bytes"), |b| {
        let mut out = BytesMut::new();
        b.iter(|| {
            out.clear();
            out.extend_from_slice(black_box(RESULT));
        });
    });
    group.finish();
}

criterion_group!(benches, framing);
criterion_main!(benches);
