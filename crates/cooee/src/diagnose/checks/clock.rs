//! The check of the clock.
//!
//! In:  what happened to the clocks of this machine during the observation.
//! Out: a finding about a clock that was set, or a machine that slept.

use std::time::Duration;

use super::Checked;
use crate::diagnose::clock::{ClockChange, ClockSet};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode};

/// Does the clock run evenly?
pub(super) fn even(facts: &Facts) -> Checked {
    let ClockChange { set, slept } = facts.clock;
    let mut findings = Vec::new();
    if let Some(set) = set {
        let (way, by) = match set {
            ClockSet::Forward(by) => ("forward", by),
            ClockSet::Back(by) => ("back", by),
        };
        let title = format!("the clock jumped {way} by {}", secs(by));
        findings.push(
            Finding::new(FindingCode::ClockJumped, title)
                .about("set")
                .shown_by(["the time of day and the time since the start differ".to_owned()])
                .because("somebody, or a service of time, set the clock; in a virtual machine, its host")
                .help("Cooee does not depend on the time of day; other programs may, and the times in captures are wrong"),
        );
    }
    if let Some(slept) = slept {
        let title = format!("the machine slept for {}", secs(slept));
        findings.push(
            Finding::new(FindingCode::ClockJumped, title)
                .about("slept")
                .shown_by(["a clock that counts sleep and one that does not differ".to_owned()])
                .because("the machine was suspended, and heard nothing meanwhile")
                .help("Cooee asks again after a sleep; other hosts may have forgotten the services of this one"),
        );
    }
    Checked::of(findings, || "it runs evenly".to_owned())
}

fn secs(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
