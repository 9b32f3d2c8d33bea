//! Which findings stand from one round of a watch to the next.
//!
//! In:  the findings of each round, the links on which other hosts were heard, and the time.
//! Out: what has appeared and what is gone; multicast that stops after a while gets a finding of its
//!      own. No I/O, no clock.

use std::collections::BTreeMap;
use std::time::Duration;

use cooee_net::Family;

use super::finding::{Finding, FindingCode};

/// An interface and a family.
pub(super) type LinkName = (String, Family);

/// The findings that stand, and what was heard on each link.
#[derive(Debug, Default)]
pub(super) struct Standing {
    findings: Vec<Finding>,
    links: BTreeMap<LinkName, HeardSpan>,
}

/// What a round changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RoundChanges {
    pub(super) gone: Vec<Finding>,
    pub(super) appeared: Vec<Finding>,
}

/// From when until when multicasts of other hosts were heard on a link.
#[derive(Clone, Copy, Debug)]
struct HeardSpan {
    since: Duration,
    last: Duration,
    is_over: bool,
}

impl Standing {
    /// Takes the findings of a round, and makes them more exact. Returns what they change.
    pub(super) fn round(
        &mut self,
        now: Duration,
        heard: impl IntoIterator<Item = LinkName>,
        findings: &mut [Finding],
    ) -> RoundChanges {
        let lost: Vec<LinkName> = findings.iter().filter_map(lost_link).collect();
        for link in heard {
            if !lost.contains(&link) {
                self.note_heard(now, link);
            }
        }
        for finding in findings.iter_mut() {
            let span = lost_link(finding).and_then(|link| self.links.get_mut(&link));
            if let Some(span) = span {
                span.is_over = true;
                if span.last.saturating_sub(span.since) >= HEARD_MIN {
                    *finding = without_querier(finding, *span, now);
                }
            }
        }
        let is_new = |finding: &&Finding| !self.findings.iter().any(|old| old.is_same(finding));
        let appeared = findings.iter().filter(is_new).cloned().collect();
        let before = std::mem::replace(&mut self.findings, findings.to_vec());
        let is_gone = |old: &Finding| !self.findings.iter().any(|finding| finding.is_same(old));
        RoundChanges {
            gone: before.into_iter().filter(is_gone).collect(),
            appeared,
        }
    }

    fn note_heard(&mut self, now: Duration, link: LinkName) {
        let span = self.links.entry(link).or_insert(HeardSpan {
            since: now,
            last: now,
            is_over: false,
        });
        if std::mem::take(&mut span.is_over) {
            span.since = now;
        }
        span.last = now;
    }
}

/// Returns the link of which a finding says that multicasts no longer arrive.
fn lost_link(finding: &Finding) -> Option<LinkName> {
    let is_lost = finding.code == FindingCode::MulticastLost;
    let link = finding.interface.clone().zip(finding.family)?;
    is_lost.then_some(link)
}

/// A membership that nobody asks for again ends after some minutes, and all at once.
fn without_querier(lost: &Finding, span: HeardSpan, now: Duration) -> Finding {
    let interface = lost.interface.as_deref().unwrap_or_default();
    let family = lost.family.map(|family| family.to_string());
    let minutes = span.last.saturating_sub(span.since).as_secs() / 60;
    let title = format!(
        "multicasts of other hosts stopped on {interface} over {} after {minutes} min",
        family.unwrap_or_default()
    );
    let silent = now.saturating_sub(span.last).as_secs();
    Finding::new(FindingCode::NoQuerier, title)
        .on(interface, lost.family)
        .shown_by(lost.evidence.iter().cloned())
        .shown_by([format!("the last one was heard {silent} s ago")])
        .because(
            "a switch with IGMP or MLD snooping forgets the members of a group after some minutes, \
             and no querier asks for them",
        )
        .help("switch on an IGMP and MLD querier in the network, or switch snooping off")
}

/// A switch keeps a membership that was reported for minutes. What is lost sooner has other causes.
const HEARD_MIN: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
