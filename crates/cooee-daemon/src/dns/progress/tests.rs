//! Answers in virtual time.

use std::time::Duration;

use cooee::{RData, RecordType, Ttl};
use tokio::time::{Instant, advance};

use super::{
    ANSWERS_GAP, ANSWERS_WAIT, HeardOnLink, PACKET_WAIT, Progress, SIBLING_WAIT, State, later,
};

const WAIT: Duration = Duration::from_millis(2_200);

fn progress(name: &str, rtype: RecordType) -> Progress {
    Progress::begin(Instant::now(), &name.parse().unwrap(), rtype)
}

fn heard(link: u32, last: u8) -> HeardOnLink {
    HeardOnLink {
        link,
        name: "a.local".parse().unwrap(),
        data: RData::A([10, 0, 0, last].into()),
    }
}

/// Judges a question on the links 2 and 3, of whose name nothing else is known.
fn judge(progress: &Progress) -> State {
    progress.judge(Instant::now(), &[2, 3], None, WAIT)
}

#[tokio::test(start_paused = true)]
async fn one_host_answers_with_the_records_of_one_packet() {
    let mut progress = progress("a.local", RecordType::A);
    assert_eq!(
        judge(&progress),
        State::WaitUntil(later(Instant::now(), WAIT))
    );
    advance(Duration::from_millis(300)).await;
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    let until = later(Instant::now(), PACKET_WAIT);
    assert_eq!(judge(&progress), State::WaitUntil(until));
    advance(PACKET_WAIT / 2).await;
    progress.on_heard(Instant::now(), heard(2, 2), Ttl(120));
    assert_eq!(judge(&progress), State::WaitUntil(until));
    advance(PACKET_WAIT / 2).await;
    assert_eq!(judge(&progress), State::Complete);
    assert_eq!(progress.records().count(), 2);
}

#[tokio::test(start_paused = true)]
async fn several_hosts_have_time_to_answer_and_later_all_is_known_at_once() {
    let mut progress = progress("_http._tcp.local", RecordType::PTR);
    let begun = Instant::now();
    advance(Duration::from_millis(100)).await;
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    assert_eq!(
        judge(&progress),
        State::WaitUntil(later(begun, ANSWERS_WAIT))
    );
    advance(Duration::from_millis(590)).await;
    progress.on_heard(Instant::now(), heard(2, 2), Ttl(120));
    let until = later(Instant::now(), ANSWERS_GAP);
    assert_eq!(judge(&progress), State::WaitUntil(until));
    advance(ANSWERS_GAP).await;
    assert_eq!(judge(&progress), State::Complete);
    advance(Duration::from_secs(60)).await;
    assert_eq!(judge(&progress), State::Complete);
}

#[tokio::test(start_paused = true)]
async fn answers_without_an_end_do_not_delay_the_reply_beyond_the_wait() {
    let mut progress = progress("_http._tcp.local", RecordType::PTR);
    let begun = Instant::now();
    for last in 0..200 {
        progress.on_heard(Instant::now(), heard(2, last), Ttl(120));
        if judge(&progress) == State::Complete {
            break;
        }
        advance(Duration::from_millis(50)).await;
    }
    assert_eq!(Instant::now() - begun, WAIT);
}

#[tokio::test(start_paused = true)]
async fn a_type_that_is_denied_on_every_link_is_absent_at_once() {
    let mut progress = progress("a.local", RecordType::AAAA);
    progress.on_denied(2);
    assert!(matches!(judge(&progress), State::WaitUntil(_)));
    progress.on_denied(2);
    progress.on_denied(3);
    assert_eq!(judge(&progress), State::Absent);
    // One that has it after all ends the denial.
    progress.on_heard(Instant::now(), heard(3, 1), Ttl(120));
    progress.on_gone(&heard(3, 1));
    assert!(matches!(judge(&progress), State::WaitUntil(_)));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_exists_has_no_other_type_soon_after() {
    let progress = progress("a.local", RecordType::AAAA);
    advance(Duration::from_millis(100)).await;
    let exists = Some(Instant::now());
    let judge = || progress.judge(Instant::now(), &[2], exists, WAIT);
    let until = later(Instant::now(), SIBLING_WAIT);
    assert_eq!(judge(), State::WaitUntil(until));
    advance(SIBLING_WAIT).await;
    assert_eq!(judge(), State::Absent);
}

#[tokio::test(start_paused = true)]
async fn a_name_for_which_nobody_answers_is_given_up_after_the_wait() {
    let mut progress = progress("nobody.local", RecordType::A);
    advance(WAIT - Duration::from_millis(1)).await;
    assert!(matches!(judge(&progress), State::WaitUntil(_)));
    advance(Duration::from_millis(1)).await;
    assert_eq!(judge(&progress), State::Silent);
    // It is answered at once if it comes later, and again when it has gone.
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    advance(PACKET_WAIT).await;
    assert_eq!(judge(&progress), State::Complete);
    progress.on_gone(&heard(2, 1));
    assert_eq!(judge(&progress), State::Silent);
}

#[tokio::test(start_paused = true)]
async fn after_lost_events_the_answer_is_complete_only_when_all_had_time_to_be_reported() {
    let mut progress = progress("_http._tcp.local", RecordType::PTR);
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    advance(Duration::from_secs(60)).await;
    assert_eq!(judge(&progress), State::Complete);
    progress.on_lost(Instant::now());
    let lost = Instant::now();
    assert_eq!(judge(&progress), State::WaitUntil(later(lost, WAIT)));
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    assert_eq!(
        judge(&progress),
        State::WaitUntil(later(lost, ANSWERS_WAIT))
    );
}

#[tokio::test(start_paused = true)]
async fn only_what_was_never_answered_is_silent() {
    let mut progress = progress("_http._tcp.local", RecordType::PTR);
    let end = later(Instant::now(), WAIT);
    assert_eq!(progress.silent_from(WAIT), Some(end));
    progress.on_heard(Instant::now(), heard(2, 1), Ttl(120));
    progress.on_gone(&heard(2, 1));
    assert_eq!(progress.silent_from(WAIT), None);
}
