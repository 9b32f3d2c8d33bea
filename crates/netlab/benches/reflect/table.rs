//! The report.
//!
//! In:  what each round of a phase carried and cost.
//! Out: one line for each phase, with the medians of its rounds.

use std::time::Duration;

use netlab::bench::Sorted;

use crate::case::{Phase, Traffic};
use crate::router::Kind;

pub(crate) fn heading() -> String {
    format!(
        "{:>8} {:<13} {:<8} {:>5} {:>7} | {:^33} | {:^33} | {:>8} {:>9} {:>9}\n{:>46} | {:>16} \
         {:>16} | {:>16} {:>16} |",
        "services",
        "router",
        "phase",
        "found",
        "after s",
        "link 1: packets, KiB",
        "link 2: packets, KiB",
        "CPU ms",
        "us/packet",
        "memory kB",
        "",
        "sent",
        "received",
        "sent",
        "received",
    )
}

/// Returns the line of one phase, from all its rounds.
pub(crate) fn row(kind: Kind, count: u32, rounds: &[&Phase]) -> String {
    let median = |value: &dyn Fn(&Phase) -> f64| {
        Sorted::new(rounds.iter().map(|phase| value(phase))).median()
    };
    let traffic = |of: &dyn Fn(&Phase) -> Traffic| {
        let packets = median(&|phase| of(phase).packets as f64);
        let kib = median(&|phase| of(phase).bytes as f64) / 1024.0;
        format!("{packets:.0} {kib:>8.1}")
    };
    let per_packet = |phase: &Phase| millis(phase.cpu) * 1e3 / phase.received().max(1) as f64;
    let took = median(&|phase| phase.took.map_or(f64::NAN, |took| took.as_secs_f64()));
    format!(
        "{count:>8} {:<13} {:<8} {:>5.0} {took:>7.2} | {:>16} {:>16} | {:>16} {:>16} | {:>8.1} \
         {:>9.1} {:>9.0}",
        kind.name(),
        rounds.first().map_or("", |phase| phase.name),
        median(&|phase| phase.found as f64),
        traffic(&|phase| phase.devices.sent),
        traffic(&|phase| phase.devices.received),
        traffic(&|phase| phase.office.sent),
        traffic(&|phase| phase.office.received),
        median(&|phase| millis(phase.cpu)),
        median(&per_packet),
        median(&|phase| (phase.memory.resident / 1024) as f64),
    )
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
