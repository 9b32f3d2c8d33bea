//! Questions that nobody answers, on `lo` in a separate namespace, in virtual time.

use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use cooee::{Mdns, Name, RecordType};
use tokio::task::LocalSet;
use tokio::time::{Instant, advance};

use super::super::counters::DnsCounters;
use super::super::scope::Scope;
use super::{Heard, QUESTIONS_MAX, QuestionKey, Questions, RATE_PAUSE, Started};

const WAIT: Duration = Duration::from_millis(2_200);
const ASKER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const THIRD: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 3));

/// Runs a test of questions of which so many per second may start.
fn on_lo(test: &str, per_second: u32, body: impl AsyncFnOnce(&Questions)) {
    let path = format!("dns::questions::tests::{test}");
    netcell::run(&path, "ip link set lo up", || {
        let mdns = Mdns::builder().interfaces(["lo"]).ipv4_only().build();
        let counters = Rc::<DnsCounters>::default();
        let questions = Questions::new(mdns.unwrap(), WAIT, per_second, counters);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        LocalSet::new().block_on(&runtime, body(&questions));
    });
}

fn address_of(host: &str) -> QuestionKey {
    let name: Name = host.parse().unwrap();
    (Scope::All, name, RecordType::A)
}

async fn ask(questions: &Questions, asker: IpAddr, key: QuestionKey) -> (Heard, Duration) {
    let begun = Instant::now();
    let heard = questions.ask(asker, key, &[1]).await;
    (heard, begun.elapsed())
}

#[test]
fn a_host_is_missing_only_if_both_families_were_asked_for() {
    let test = "a_host_is_missing_only_if_both_families_were_asked_for";
    on_lo(test, 4, async |questions| {
        let (heard, _) = ask(questions, ASKER, address_of("both.local")).await;
        assert_eq!(heard, Heard::Silent { for_siblings: true });
        // There is budget for one question.
        for source in [OTHER, OTHER, THIRD] {
            assert!(questions.rate.borrow_mut().allows(source, Instant::now()));
        }
        let (heard, _) = ask(questions, ASKER, address_of("one.local")).await;
        let for_siblings = false;
        assert_eq!(heard, Heard::Silent { for_siblings });
    });
}

#[test]
fn a_question_that_waits_for_its_turn_is_answered_in_time() {
    let test = "a_question_that_waits_for_its_turn_is_answered_in_time";
    on_lo(test, 1, async |questions| {
        assert!(questions.rate.borrow_mut().allows(OTHER, Instant::now()));
        let (heard, after) = ask(questions, ASKER, address_of("late.local")).await;
        assert_eq!(heard, Heard::Unknown);
        assert!(after >= WAIT && after <= WAIT + 2 * RATE_PAUSE, "{after:?}");
        // It has gone on, so the next one to ask knows sooner.
        let (heard, after) = ask(questions, ASKER, address_of("late.local")).await;
        assert!(matches!(heard, Heard::Silent { .. }), "{heard:?}");
        assert!(after < WAIT, "{after:?}");
    });
}

#[test]
fn what_the_driver_does_not_ask_is_not_tried_again() {
    let test = "what_the_driver_does_not_ask_is_not_tried_again";
    on_lo(test, 100, async |questions| {
        let (_, name, rtype) = address_of("a.local");
        let (heard, after) = ask(questions, ASKER, (Scope::One(99), name, rtype)).await;
        assert_eq!((heard, after), (Heard::Unknown, Duration::ZERO));
    });
}

#[test]
fn a_question_that_may_not_start_yet_ends_no_other() {
    let test = "a_question_that_may_not_start_yet_ends_no_other";
    on_lo(test, 10_000, async |questions| {
        let start = |number: usize| {
            let key = address_of(&format!("{number}.local"));
            matches!(questions.follow_now(ASKER, &key), Started::Runs(_))
        };
        let started = (0..).take_while(|number| start(*number)).count();
        assert!(started > QUESTIONS_MAX, "{started}");
        let running = || questions.running.borrow().len();
        assert_eq!(running(), QUESTIONS_MAX);
        for number in 0..100 {
            assert!(!start(100_000 + number));
        }
        assert_eq!(running(), QUESTIONS_MAX);
        advance(Duration::from_secs(1)).await;
        assert!(start(200_000));
        assert_eq!(running(), QUESTIONS_MAX);
    });
}
