//! The table of hosts, chattiest first.
//!
//! In:  what was counted by host.
//! Out: lines for people, or a JSON object for each host.

use std::net::IpAddr;

use anstyle::Style;
use cooee::observe::{HostStats, Observer};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;

use crate::escape::{escape, fit};
use crate::output::Named;

/// What one host has sent, for programs.
#[derive(Debug, Serialize)]
pub(super) struct HostTraffic {
    event: &'static str,
    address: String,
    #[serde(flatten)]
    name: Option<Named>,
    packets: u64,
    bytes: u64,
    questions: u64,
    answers: u64,
    conflicts: u64,
    breaches: u64,
    malformed: u64,
}

/// Returns the objects of all hosts.
pub(super) fn json(observer: &Observer) -> Vec<HostTraffic> {
    let hosts = observer.hosts().into_iter();
    hosts
        .map(|(address, stats)| object(address, &stats))
        .collect()
}

fn object(address: IpAddr, stats: &HostStats) -> HostTraffic {
    HostTraffic {
        event: "host_traffic",
        address: address.to_string(),
        name: stats.name.as_ref().map(Named::new),
        packets: stats.packets,
        bytes: stats.bytes,
        questions: stats.questions,
        answers: stats.answers,
        conflicts: stats.conflicts,
        breaches: stats.breaches,
        malformed: stats.malformed,
    }
}

/// Returns the table, with at most this many hosts and columns.
pub(super) fn text(observer: &Observer, hosts_max: usize, columns: usize) -> String {
    let hosts = observer.hosts();
    let mut out = format!("{HEAD}{}{HEAD:#}\n", fit(TITLE, columns));
    let shown = hosts.iter().take(hosts_max);
    let mut lines: Vec<String> = shown
        .map(|(address, stats)| row(&address.to_string(), stats))
        .collect();
    let left = hosts.len().saturating_sub(hosts_max);
    if left > 0 {
        lines.push(format!("and {left} more hosts"));
    }
    let others = observer.other_hosts();
    if others.packets > 0 {
        lines.push(row("(others)", others));
    }
    for line in lines {
        out.push_str(&fit(&line, columns));
        out.push('\n');
    }
    out
}

fn row(address: &str, stats: &HostStats) -> String {
    let name = stats.name.as_ref().map(ToString::to_string);
    let name = name.unwrap_or_default();
    format!(
        "{:>8} {:>10} {:>9} {:>8} {:>9} {:>8}  {} {}",
        stats.packets,
        stats.bytes,
        stats.questions,
        stats.answers,
        stats.conflicts,
        stats.breaches,
        padded(address),
        escape(&name),
    )
}

fn padded(address: &str) -> String {
    let blanks = ADDRESS_COLUMNS.saturating_sub(address.width());
    format!("{address}{}", " ".repeat(blanks))
}

const TITLE: &str =
    " PACKETS      BYTES QUESTIONS  ANSWERS CONFLICTS BREACHES  ADDRESS         NAME";
const ADDRESS_COLUMNS: usize = 15;
const HEAD: Style = Style::new().bold();
