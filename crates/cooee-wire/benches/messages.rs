//! Measures the time to decode and to build the packets in `fixtures/`, beside other libraries.
//!
//! Run with `cargo bench -p cooee-wire`. Decoding means reading every question and record with its
//! typed data. Building means writing records prepared before, with compressed names.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the harness makes undocumented items; a fixture that does not decode ends the run"
)]

mod peers;
mod work;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use work::fixtures;

fn decoding(criterion: &mut Criterion) {
    for (name, packet) in fixtures::all() {
        let mut group = criterion.benchmark_group(format!("decode/{name}"));
        group.throughput(Throughput::Bytes(packet.len() as u64));
        group.bench_function("cooee-wire", |b| {
            b.iter(|| work::decode(black_box(&packet)).unwrap())
        });
        group.bench_function("hickory-proto", |b| {
            b.iter(|| peers::hickory::decode(black_box(&packet)))
        });
        group.bench_function("simple-dns", |b| {
            b.iter(|| peers::simple::decode(black_box(&packet)))
        });
        group.bench_function("domain", |b| {
            b.iter(|| peers::domain::decode(black_box(&packet)))
        });
        group.finish();
    }
}

fn building(criterion: &mut Criterion) {
    for (name, packet) in fixtures::all() {
        let mut group = criterion.benchmark_group(format!("build/{name}"));
        group.throughput(Throughput::Bytes(packet.len() as u64));
        let mut buffer = Vec::with_capacity(9000);
        let prepared = work::prepare(&packet).unwrap();
        group.bench_function("cooee-wire", |b| {
            b.iter(|| work::build(black_box(&prepared), &mut buffer).unwrap());
        });
        let prepared = peers::hickory::prepare(&packet);
        group.bench_function("hickory-proto", |b| {
            b.iter(|| peers::hickory::build(black_box(&prepared), &mut buffer));
        });
        let prepared = peers::simple::prepare(&packet);
        group.bench_function("simple-dns", |b| {
            b.iter(|| peers::simple::build(black_box(&prepared), &mut buffer));
        });
        let prepared = peers::domain::prepare(&packet);
        group.bench_function("domain", |b| {
            b.iter(|| peers::domain::build(black_box(&prepared), &mut buffer));
        });
        group.finish();
    }
}

fn hashing(criterion: &mut Criterion) {
    let packet = fixtures::one("stranger");
    let names = work::question_names(&packet).unwrap();
    criterion.bench_function("hash/three question names", |b| {
        b.iter(|| work::hash(black_box(&names), 7).unwrap());
    });
}

fn settings() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(700))
        .sample_size(50)
}

criterion_group! {
    name = messages;
    config = settings();
    targets = decoding, building, hashing
}
criterion_main!(messages);
