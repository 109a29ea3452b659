//! A message of 1 kB from the bytes of its sender to those for its receiver, beside the typed messages of an AMQP library.

#![allow(missing_docs)] // criterion's macro makes a public function

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fe2o3_amqp::types::messaging::message::__private::{Deserializable, Serializable};
use fe2o3_amqp::types::messaging::{ApplicationProperties, Body, Message, Properties};
use fe2o3_amqp::types::primitives::{Binary, Value};

/// A message with an id, two application properties and 1 kB of data.
fn sent() -> Vec<u8> {
    let properties = Properties::builder().message_id("order 4711".to_owned()).content_type("application/json").build();
    let application = ApplicationProperties::builder().insert("Kind", "ORU").insert("Version", 2).build();
    let builder = Message::builder().properties(properties).application_properties(application);
    let message = builder.data(Binary::from(vec![b'x'; 1_024])).build();
    serde_amqp::to_vec(&Serializable(message)).expect("it can be written")
}

fn pass_on(c: &mut Criterion) {
    let sent = sent();
    let mut group = c.benchmark_group("AMQP message, decode and encode");
    group.throughput(Throughput::Bytes(sent.len() as u64));
    group.bench_function(BenchmarkId::from_parameter("bus (ours)"), |b| {
        b.iter(|| cloud::bus::passed_on(black_box(&sent)).expect("a message"));
    });
    group.bench_function(BenchmarkId::from_parameter("fe2o3-amqp-types"), |b| {
        b.iter(|| {
            let message: Deserializable<Message<Body<Value>>> =
                serde_amqp::from_slice(black_box(&sent)).expect("a message");
            serde_amqp::to_vec(&Serializable(message.0)).expect("it can be written")
        });
    });
    group.finish();
}

criterion_group!(benches, pass_on);
criterion_main!(benches);
