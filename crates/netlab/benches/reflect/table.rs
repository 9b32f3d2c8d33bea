//! The report.
//!
//! In:  what each phase carried and cost.
//! Out: one line for each.

use std::time::Duration;

use crate::case::{Phase, Traffic};
use crate::router::Kind;

pub(crate) fn heading() -> String {
    format!(
        "{:>8} {:<13} {:<8} {:>5} {:>8} | {:>17} {:>17} | {:>10} {:>10} | {:>8} {:>8} {:>9} {:>10}",
        "services",
        "router",
        "phase",
        "found",
        "after s",
        "sent on link 1",
        "sent on link 2",
        "link 1",
        "link 2",
        "received",
        "CPU ms",
        "us/packet",
        "memory kB",
    )
}

/// Returns the line of one phase.
pub(crate) fn row(kind: Kind, count: u32, phase: &Phase) -> String {
    let received = phase.received();
    format!(
        "{count:>8} {:<13} {:<8} {:>5} {:>8} | {:>17} {:>17} | {:>10} {:>10} | {received:>8} \
         {:>8.1} {:>9.1} {:>10}",
        kind.name(),
        phase.name,
        phase.found,
        phase.took.map_or("-".to_owned(), seconds),
        traffic(phase.devices.sent),
        traffic(phase.office.sent),
        phase.devices.packets(),
        phase.office.packets(),
        phase.cpu.as_secs_f64() * 1e3,
        phase.cpu.as_secs_f64() * 1e6 / received.max(1) as f64,
        phase.memory.resident / 1024,
    )
}

fn seconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64())
}

fn traffic(traffic: Traffic) -> String {
    let kib = traffic.bytes.div_ceil(1024);
    format!("{} {kib:>5} KiB", traffic.packets)
}
