//! The checks: each turns facts into findings.
//!
//! In:  [`Facts`].
//! Out: findings, and for each check what came of it. Nothing is read or sent here.

use super::facts::Facts;
use super::finding::{CheckOutcome, CheckReport, Finding};

mod clock;
mod interfaces;
mod names;
mod port;
mod search;
mod traffic;
mod trips;

#[cfg(test)]
mod tests;

/// The result of one check.
pub(super) enum Checked {
    /// No problem; what was seen.
    Passed(String),
    /// Problems, at least one.
    Failed(Vec<Finding>),
    /// The check could not be made; why.
    NotPossible(String),
}

impl Checked {
    /// Returns the findings, or what was seen if there are none.
    fn of(findings: Vec<Finding>, seen: impl FnOnce() -> String) -> Self {
        match findings.is_empty() {
            true => Self::Passed(seen()),
            false => Self::Failed(findings),
        }
    }
}

/// Makes every check. Returns the findings, the most severe first, and what was checked.
pub(super) fn all(facts: &Facts) -> (Vec<Finding>, Vec<CheckReport>) {
    let mut findings = Vec::new();
    let mut reports = Vec::new();
    for (check, make) in CHECKS {
        if check == WANTED && facts.search.is_none() {
            continue;
        }
        let outcome = match make(facts) {
            Checked::Passed(seen) => CheckOutcome::Passed(seen),
            Checked::Failed(mut found) => {
                let count = found.len();
                found.truncate(FINDINGS_MAX);
                if let Some(last) = found.last_mut().filter(|_| count > FINDINGS_MAX) {
                    let more = count.saturating_sub(FINDINGS_MAX);
                    last.evidence
                        .push(format!("there are {more} more such problems"));
                }
                let is_problem = found.iter().any(Finding::is_problem);
                findings.extend(found);
                match is_problem {
                    true => CheckOutcome::Failed(count),
                    false => CheckOutcome::Noted(count),
                }
            }
            Checked::NotPossible(why) => CheckOutcome::NotPossible(why),
        };
        reports.push(CheckReport { check, outcome });
    }
    findings.sort_by_key(|finding| finding.severity);
    (findings, reports)
}

/// The check that is made only if a name is wanted.
const WANTED: &str = "the wanted name";

/// How many findings one check reports. A hostile host can make any number.
const FINDINGS_MAX: usize = 16;

type Check = fn(&Facts) -> Checked;

const CHECKS: [(&str, Check); 19] = [
    ("interfaces", interfaces::usable),
    ("cables and radio links", interfaces::carrier),
    ("UDP port", port::open),
    ("multicast groups", port::memberships),
    ("firewall rules", trips::firewall),
    ("sending", trips::sending),
    ("multicast round trip", trips::multicast),
    ("unicast to this host", trips::to_self),
    ("unicast answers of others", trips::unicast),
    ("multicasts of others", trips::multicast_of_others),
    ("receive buffers", port::buffers),
    ("own host name", traffic::own_name),
    ("names of others", traffic::names),
    ("rules of names", names::rules),
    ("rates of others", traffic::rates),
    ("sources of others", traffic::sources),
    ("names in other programs", interfaces::name_service),
    ("clock", clock::even),
    (WANTED, search::wanted),
];

/// Joins texts as in `a, b and c`.
pub(super) fn listed(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    match items.as_slice() {
        [] => "none".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
