//! Checks of the names that other hosts announce.
//!
//! In:  the summary of the traffic.
//! Out: notes about names that break a rule, and about host names with other characters than letters,
//!      digits and hyphens. RFC 6762 section 16 allows those; many programs do not.

use std::collections::BTreeMap;

use cooee_wire::{Name, RecordType};

use super::traffic::interface;
use super::{Checked, listed};
use crate::diagnose::facts::Facts;
use crate::diagnose::finding::{Finding, FindingCode};

/// Do the names follow the rules?
pub(super) fn rules(facts: &Facts) -> Checked {
    let broken = facts.traffic.odd_names.iter();
    let mut findings: Vec<Finding> = broken
        .map(|(index, host, text)| {
            let title = format!("{host} announces a name that breaks a rule");
            Finding::new(FindingCode::OddName, title)
                .about(format!("{host} {text}"))
                .on(interface(facts, *index), None)
                .shown_by([text.clone()])
                .because("the program that announces it does not check its names")
                .help("programs that do may not find it; report it to the maker of the device")
        })
        .collect();
    let mut hosts = BTreeMap::new();
    for (index, rtype, set) in facts.traffic.observer.claims() {
        let Some(name) = set.name.as_ref().filter(|_| rtype != RecordType::SRV) else {
            continue;
        };
        if !is_plain(name) {
            let sources = set.claims.iter().map(|claim| claim.host.to_string());
            hosts.insert((index, name.to_string()), listed(sources));
        }
    }
    findings.extend(hosts.into_iter().map(|((index, name), sources)| {
        let title =
            format!("the host name {name} has other characters than letters, digits and hyphens");
        Finding::new(FindingCode::OddName, title)
            .about(name)
            .on(interface(facts, index), None)
            .shown_by([format!("it is announced by {sources}")])
            .because("the host was given such a name; Multicast DNS allows it")
            .help("many other programs cannot look it up: choose a plain name for the host")
    }));
    Checked::of(findings, || "none breaks a rule".to_owned())
}

/// Returns whether the first label is a host name of old.
fn is_plain(name: &Name) -> bool {
    let first = name.labels().next().unwrap_or_default();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let has_hyphen_outside = first.starts_with(b"-") || first.ends_with(b"-");
    first.iter().all(is_plain) && !has_hyphen_outside
}
