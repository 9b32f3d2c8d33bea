//! The report.
//!
//! In:  results.
//! Out: one line for each.

use std::time::Duration;

use crate::case::{Carried, Traffic};

pub(crate) fn heading(idle: Duration) -> String {
    format!(
        "{:<9} {:<11} {:>6} {:>6} | {:>16} {:>16} | {:>16} {:>16} | {:>9} {:>8}\n{:<9} {:<11} {:>6} \
         {:>6} | {:>16} {:>16} | {:>16} {:>16} | {:>9} {:>8}",
        "",
        "",
        "",
        "",
        "at first",
        "at first",
        "in",
        format!("{} s idle", idle.as_secs()),
        "",
        "",
        "task",
        "subject",
        "of",
        "found",
        "it sent",
        "others sent",
        "it sent",
        "others sent",
        "memory",
        "each"
    )
}

/// Returns the line of one result, and of the memory that it has beyond `base`.
pub(crate) fn row(carried: &Carried, base: Carried) -> String {
    let more = carried.resident.saturating_sub(base.resident);
    let instances = carried.found.saturating_sub(base.found).max(1) as u64;
    format!(
        "{:<9} {:<11} {:>6} {:>6} | {:>16} {:>16} | {:>16} {:>16} | {:>5} KiB {:>6} B",
        carried.task.name(),
        carried.subject.name(),
        carried.count,
        carried.found,
        traffic(carried.asked),
        traffic(carried.answered),
        traffic(carried.asked_idle),
        traffic(carried.answered_idle),
        carried.resident / 1024,
        more / instances
    )
}

fn traffic(traffic: Traffic) -> String {
    let kib = traffic.bytes.div_ceil(1024);
    format!("{} {kib:>5} KiB", traffic.packets)
}
