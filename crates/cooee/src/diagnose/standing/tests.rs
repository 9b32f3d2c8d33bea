//! Rounds in virtual time.

use std::time::Duration;

use cooee_net::Family;

use super::{LinkName, RoundChanges, Standing};
use crate::diagnose::finding::{Finding, FindingCode};

fn link() -> LinkName {
    ("eth0".to_owned(), Family::V4)
}

/// What the checks find when unicasts of other hosts arrive, and their multicasts do not.
fn lost() -> Finding {
    Finding::new(FindingCode::MulticastLost, "lost".to_owned())
        .on("eth0", Some(Family::V4))
        .shown_by(["10.0.0.2 answers by unicast only".to_owned()])
}

/// Makes a round at a second, and returns the codes of what appears and of what is gone.
fn round(
    standing: &mut Standing,
    secs: u64,
    is_heard: bool,
    mut findings: Vec<Finding>,
) -> (Vec<FindingCode>, Vec<FindingCode>) {
    let heard = is_heard.then(link);
    let RoundChanges { gone, appeared } =
        standing.round(Duration::from_secs(secs), heard, &mut findings);
    let codes = |findings: Vec<Finding>| findings.iter().map(|finding| finding.code).collect();
    (codes(appeared), codes(gone))
}

#[test]
fn silence_after_minutes_while_unicasts_arrive_shows_snooping_without_a_querier() {
    let mut standing = Standing::default();
    for secs in [5, 20, 80, 140, 200] {
        assert_eq!(round(&mut standing, secs, true, vec![]), (vec![], vec![]));
    }
    let mut findings = vec![lost()];
    let changes = standing.round(Duration::from_secs(260), [], &mut findings);
    let finding = findings.first().expect("one");
    assert_eq!(changes.appeared, findings);
    assert_eq!(finding.code, FindingCode::NoQuerier);
    assert_eq!(
        finding.title,
        "multicasts of other hosts stopped on eth0 over IPv4 after 3 min"
    );
    assert_eq!(
        finding.evidence,
        [
            "10.0.0.2 answers by unicast only",
            "the last one was heard 60 s ago"
        ]
    );
    // It stands, although its evidence changes, until multicasts are heard again.
    assert_eq!(
        round(&mut standing, 320, false, vec![lost()]),
        (vec![], vec![])
    );
    let gone = (vec![], vec![FindingCode::NoQuerier]);
    assert_eq!(round(&mut standing, 380, true, vec![]), gone);
    // What is lost soon after that is another matter.
    let soon = (vec![FindingCode::MulticastLost], vec![]);
    assert_eq!(round(&mut standing, 400, true, vec![lost()]), soon);
}

#[test]
fn silence_without_any_answer_shows_nothing() {
    let mut standing = Standing::default();
    for secs in [5, 100, 200] {
        round(&mut standing, secs, true, vec![]);
    }
    // All hosts may have been switched off.
    assert_eq!(round(&mut standing, 900, false, vec![]), (vec![], vec![]));
}

#[test]
fn multicast_that_never_worked_for_a_minute_is_lost_for_another_reason() {
    let mut standing = Standing::default();
    round(&mut standing, 5, true, vec![]);
    let appeared = (vec![FindingCode::MulticastLost], vec![]);
    assert_eq!(round(&mut standing, 30, false, vec![lost()]), appeared);
}

#[test]
fn a_finding_with_other_numbers_is_the_same_and_one_about_another_host_is_not() {
    let flood = |host: &str, rate: u32| {
        let title = format!("{host} floods: {rate}");
        Finding::new(FindingCode::Flood, title).about(host)
    };
    let mut standing = Standing::default();
    let code = || vec![FindingCode::Flood];
    let first = round(&mut standing, 5, false, vec![flood("a", 60)]);
    assert_eq!(first, (code(), vec![]));
    let same = round(&mut standing, 20, false, vec![flood("a", 70)]);
    assert_eq!(same, (vec![], vec![]));
    let other = round(&mut standing, 40, false, vec![flood("b", 70)]);
    assert_eq!(other, (code(), code()));
}
