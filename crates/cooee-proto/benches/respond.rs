//! The cost of an answer, and of registering many services.
//!
//! In:  legacy queries for one of many services; registrations.
//! Out: wall time for people; there is no limit here.

#![allow(
    clippy::print_stderr,
    missing_docs,
    reason = "criterion's macros make undocumented items; a benchmark speaks to people"
)]

mod work;

use std::hint::black_box;

use cooee_proto::time::{Duration, Instant};
use cooee_proto::wire::RecordType;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

use work::{announced, answered, engine, instance, name, query, sets};

fn answer(c: &mut Criterion) {
    let now = Instant::ZERO + Duration::from_secs(10);
    for count in [1_000, 10_000] {
        let mut engine = engine();
        announced(&mut engine, &sets(count));
        let each = (0..count).map(|n| query(&instance(n), RecordType::SRV));
        let host = query(&name("host.local"), RecordType::A);
        for (what, queries) in [
            ("SRV of each", each.collect()),
            ("A of the host", vec![host]),
        ] {
            let (mut buf, mut turn) = (Vec::new(), queries.iter().cycle());
            c.bench_function(&format!("legacy {what} of {count}"), |b| {
                b.iter(|| {
                    let bytes = black_box(turn.next().expect("endless"));
                    answered(&mut engine, (now, 40_000), bytes, &mut buf)
                });
            });
        }
    }
}

fn multicast(c: &mut Criterion) {
    for count in [1_000, 10_000] {
        let mut engine = engine();
        announced(&mut engine, &sets(count));
        let queries: Vec<Vec<u8>> = (0..count)
            .map(|n| query(&instance(n), RecordType::SRV))
            .collect();
        let mut now = Instant::ZERO + Duration::from_secs(10);
        let (mut buf, mut turn) = (Vec::new(), queries.iter().cycle());
        c.bench_function(&format!("multicast SRV of each of {count}"), |b| {
            b.iter(|| {
                // Each record is multicast once a second at most.
                now = now + Duration::from_millis(2);
                let bytes = black_box(turn.next().expect("endless"));
                answered(&mut engine, (now, 5_353), bytes, &mut buf)
            });
        });
    }
}

fn register(c: &mut Criterion) {
    let mut group = c.benchmark_group("register, probe and announce");
    group.sample_size(10);
    for count in [1_000, 10_000] {
        let sets = sets(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count} services"), |b| {
            b.iter_batched(
                engine,
                |mut engine| announced(&mut engine, &sets),
                BatchSize::LargeInput,
            );
        });
        eprintln!(
            "{count} services: {} packets",
            announced(&mut engine(), &sets)
        );
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .without_plots();
    targets = answer, multicast, register
}
criterion_main!(benches);
