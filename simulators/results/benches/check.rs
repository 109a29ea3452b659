//! How long it takes to check a result of default form.

#![allow(missing_docs)] // criterion's macro makes a public function

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use results::check::{Agreements, check};

fn abnormal(c: &mut Criterion) {
    let message = include_bytes!("../tests/data/oru/ref_default_abnormal.hl7");
    c.bench_function("check ref_default_abnormal", |b| b.iter(|| check(black_box(message), &Agreements::default())));
}

criterion_group!(benches, abnormal);
criterion_main!(benches);
