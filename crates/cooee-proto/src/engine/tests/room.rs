//! What comes and goes leaves no room behind.

use super::lan::*;
use crate::event::AnswerChange;
use crate::limits::Limits;
use crate::link::LinkChange;

const HTTP: &str = "_http._tcp.local";
const GROUP: &str = "224.0.0.251";

fn pointer(owner: &str, n: u32) -> OwnedRecord {
    let target = name(&alloc::format!("i{n}.{owner}"));
    record(owner, 4_500, false, RData::Ptr(target))
}

fn hear(lan: &mut Lan, records: &[OwnedRecord]) {
    let bytes = message(0, Flags::RESPONSE, &[], Section::Answer, records);
    let _ = lan.hear("10.0.0.9:5353", GROUP, &bytes);
}

#[test]
fn the_queues_of_changes_and_reports_give_back_the_room_of_a_burst() {
    let mut lan = Lan::with(1, &Config::default());
    lan.ask_for(0, HTTP, RecordType::PTR);
    for packet in 0..50 {
        let pointers: Vec<_> = (0..40).map(|n| pointer(HTTP, packet * 40 + n)).collect();
        hear(&mut lan, &pointers);
        while lan.hosts[0].poll_event().is_some() {}
    }
    let now = lan.now;
    lan.hosts[0].handle_link(now, LinkChange::Down { link: LINK });
    let events = core::iter::from_fn(|| lan.hosts[0].poll_event());
    let is_removal = |change: &AnswerChange| matches!(change, AnswerChange::Removed(..));
    assert_eq!(
        events.filter(|event| is_removal(&event.change)).count(),
        2_000
    );
    let engine = &lan.hosts[0];
    let rooms = [engine.cache.room_of_changes(), engine.reports.room()];
    assert!(rooms.iter().all(|room| *room <= 64), "{rooms:?}");
}

#[test]
fn a_question_that_is_settled_again_and_again_is_forgotten_once() {
    let mut lan = Lan::with(1, &Config::default());
    lan.ask_for(0, "desk.local", RecordType::A);
    for n in 0..9 {
        // The one before has just ended.
        let at = at_ms(500 + 1_005 * u64::from(n));
        lan.run_until(at);
        let address = RData::A([10, 0, 1, n].into());
        hear(&mut lan, &[record("desk.local", 1, true, address)]);
        while lan.hosts[0].poll_event().is_some() {}
        assert!(lan.hosts[0].querier.quiet_len() <= 1);
    }
    lan.run_until(at_ms(60_000));
}

#[test]
fn sets_that_nobody_asks_about_are_counted_by_no_table_of_hosts() {
    let config = Config {
        limits: Limits::small(),
        ..Config::default()
    };
    let mut lan = Lan::with(1, &config);
    lan.ask_for(0, HTTP, RecordType::PTR);
    let idle: Vec<_> = (0..6).map(|n| pointer("_other._tcp.local", n)).collect();
    let mut records = alloc::vec![pointer(HTTP, 0)];
    records.extend(idle);
    hear(&mut lan, &records);
    assert_eq!(lan.hosts[0].stats().cache_records, 7);
    assert_eq!(lan.hosts[0].cache.crowds(), 0);
    let asked: Vec<_> = (0..6).map(|n| pointer(HTTP, n)).collect();
    hear(&mut lan, &asked);
    assert_eq!(lan.hosts[0].cache.crowds(), 1);
    let query = lan.hosts[0].poll_event().expect("an answer").query;
    lan.hosts[0].stop_query(query);
    assert_eq!(lan.hosts[0].cache.crowds(), 0);
}

#[test]
fn a_record_is_known_again_however_many_its_set_has_had() {
    let mut lan = Lan::with(1, &Config::default());
    lan.ask_for(0, HTTP, RecordType::PTR);
    let records = |lan: &Lan| lan.hosts[0].stats().cache_records;
    for n in 0..20 {
        for again in [n, n, 0, n / 2] {
            hear(&mut lan, &[pointer(HTTP, again)]);
        }
        assert_eq!(records(&lan), n as usize + 1);
    }
    for n in (0..20).rev() {
        let mut gone = pointer(HTTP, n);
        gone.ttl = Ttl(0);
        hear(&mut lan, &[gone]);
        let soon = lan.now + Duration::from_millis(1_010);
        lan.run_until(soon);
        for left in 0..n {
            hear(&mut lan, &[pointer(HTTP, left)]);
        }
        assert_eq!(records(&lan), n as usize);
    }
}
