//! The engine by hand: one link, packets built with the codec, virtual time.

use alloc::vec;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};

use cooee_wire::{Class, Flags, Message, MessageBuilder, RecordFields, Section, Ttl};

use super::super::*;
use crate::asking::Interest;
use crate::event::{AnswerChange, Removal};
use crate::link::LinkAddress;
use crate::names::NameId;
use crate::time::Duration;
use crate::transmit::{Datagram, Ignored, Verdict};

const LINK: LinkId = LinkId(3);
const OURS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
const THEIRS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));
const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251));

fn at_ms(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn ptr(target: &str) -> RData {
    RData::Ptr(name(target))
}

fn info() -> LinkInfo {
    LinkInfo {
        addresses: vec![LinkAddress {
            ip: OURS,
            prefix_len: 24,
        }],
        mtu: 1_500,
    }
}

fn engine_on_a_link() -> Engine {
    configured(Config::default())
}

fn configured(config: Config) -> Engine {
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    let up = LinkChange::Up {
        link: LINK,
        info: info(),
    };
    engine.handle_link(Instant::ZERO, up);
    engine
}

fn query(owner: &str, rtype: RecordType) -> Query {
    Query {
        name: name(owner),
        rtype,
        link: None,
    }
}

/// Returns a response with records as `(owner, ttl, unique, data)`.
fn response(records: &[(&str, u32, bool, RData)]) -> Vec<u8> {
    message(Flags::RESPONSE, &[], records)
}

fn message(
    flags: Flags,
    questions: &[(&str, RecordType, bool)],
    records: &[(&str, u32, bool, RData)],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, 9_000);
    for (owner, rtype, unicast) in questions {
        builder
            .question(&name(owner), *rtype, Class::IN, *unicast)
            .unwrap();
    }
    for (owner, ttl, unique, data) in records {
        let owner = name(owner);
        let fields = RecordFields {
            name: &owner,
            class: Class::IN,
            cache_flush: *unique,
            ttl: Ttl(*ttl),
            data,
        };
        builder.record(Section::Answer, fields).unwrap();
    }
    builder.finish();
    bytes
}

fn from(source: IpAddr, port: u16, bytes: &[u8]) -> Datagram<'_> {
    Datagram {
        link: LINK,
        source: SocketAddr::new(source, port),
        destination: GROUP,
        bytes,
    }
}

fn hear(engine: &mut Engine, now: Instant, bytes: &[u8]) -> Verdict {
    engine.handle_datagram(now, from(THEIRS, 5353, bytes))
}

fn events(engine: &mut Engine) -> Vec<AnswerChange> {
    core::iter::from_fn(|| engine.poll_event())
        .map(|event| event.change)
        .collect()
}

/// Runs until `end`; returns the packets with their times.
fn run(engine: &mut Engine, end: Instant) -> Vec<(Instant, Vec<u8>)> {
    let mut sent = Vec::new();
    let mut buf = Vec::new();
    while let Some(deadline) = engine.poll_timeout().filter(|deadline| deadline.at <= end) {
        engine.handle_timeout(deadline.at);
        while engine.send_next(deadline.at, &mut buf).is_some() {
            sent.push((deadline.at, buf.clone()));
        }
    }
    sent
}

fn times(sent: &[(Instant, Vec<u8>)]) -> Vec<u64> {
    sent.iter()
        .map(|(at, _)| at.as_nanos() / 1_000_000)
        .collect()
}

#[test]
fn the_first_query_waits_20_to_120_ms_and_the_intervals_double_to_an_hour() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let sent = run(&mut engine, at_ms(3 * 3_600_000));
    let first = sent[0].0;
    assert!((at_ms(20)..=at_ms(120)).contains(&first), "{first}");
    let gaps: Vec<_> = sent
        .windows(2)
        .map(|pair| pair[1].0.saturating_since(pair[0].0))
        .collect();
    let doubled: Vec<_> = (0..12).map(|n| Duration::from_secs(1 << n)).collect();
    assert_eq!(gaps[..12], doubled);
    assert!(
        gaps[12..]
            .iter()
            .all(|gap| *gap == Duration::from_secs(3_600)),
        "{gaps:?}"
    );
}

#[test]
fn equal_queries_share_their_questions() {
    let mut engine = engine_on_a_link();
    let first = engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let second = engine.start_query(at_ms(5), query("_HTTP._tcp.local", RecordType::PTR));
    assert_eq!(run(&mut engine, at_ms(1_000)).len(), 1);
    let answer = response(&[("_http._tcp.local", 4500, false, ptr("a._http._tcp.local"))]);
    assert_eq!(hear(&mut engine, at_ms(1_000), &answer), Verdict::Response);
    let reported: Vec<_> = core::iter::from_fn(|| engine.poll_event())
        .map(|event| event.query)
        .collect();
    assert_eq!(reported, [first, second]);
    engine.stop_query(first);
    engine.stop_query(second);
    assert_eq!(run(&mut engine, at_ms(4_000_000)), []);
    assert_eq!(engine.stats().open_questions, 0);
}

#[test]
fn a_cached_record_has_an_age_and_the_time_that_it_is_kept() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let address = |last| RData::A(Ipv4Addr::new(10, 0, 0, last));
    let first = response(&[("a.local", 120, true, address(9))]);
    let _ = hear(&mut engine, at_ms(1_000), &first);
    let ages = |engine: &Engine, at| {
        let found = engine.cached(at_ms(at), &name("A.local"), RecordType::ANY);
        let ages = found.map(|found| {
            assert_eq!((found.link, found.answer.ttl), (LINK, Ttl(120)));
            let secs = (found.age.as_secs(), found.remaining.as_secs());
            (found.answer.data, secs)
        });
        ages.collect::<Vec<_>>()
    };
    assert_eq!(ages(&engine, 1_000), [(address(9), (0, 120))]);
    assert_eq!(ages(&engine, 31_000), [(address(9), (30, 90))]);
    // Received again, it is new. Another one replaces it, and it is kept for a second more.
    let _ = hear(&mut engine, at_ms(31_000), &first);
    assert_eq!(ages(&engine, 36_000), [(address(9), (5, 115))]);
    let other = response(&[("a.local", 120, true, address(7))]);
    let _ = hear(&mut engine, at_ms(36_000), &other);
    let both = [(address(9), (5, 1)), (address(7), (0, 120))];
    assert_eq!(ages(&engine, 36_000), both);
    let of_another = engine.cached(at_ms(36_000), &name("a.local"), RecordType::AAAA);
    assert_eq!(of_another.count(), 0);
}

#[test]
fn a_unique_answer_ends_the_series_until_80_percent_of_its_ttl() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    run(&mut engine, at_ms(150));
    let heard = at_ms(150);
    let answer = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
    let _ = hear(&mut engine, heard, &answer);
    let sent = run(&mut engine, heard + Duration::from_secs(119));
    let percents: Vec<_> = sent
        .iter()
        .map(|(at, _)| at.saturating_since(heard).as_millis() as f64 / 1_200.0)
        .collect();
    assert_eq!(percents.len(), 4, "{percents:?}");
    for (percent, wanted) in percents.iter().zip([80.0, 85.0, 90.0, 95.0]) {
        assert!((wanted..=wanted + 2.0).contains(percent), "{percents:?}");
    }
    assert_eq!(events(&mut engine).len(), 1);
    run(&mut engine, heard + Duration::from_secs(120));
    assert!(matches!(
        events(&mut engine)[..],
        [AnswerChange::Removed(_, Removal::Expired)]
    ));
}

#[test]
fn nothing_is_refreshed_that_nobody_asks_about() {
    let mut engine = engine_on_a_link();
    let id = engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let answer = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
    let _ = hear(&mut engine, at_ms(10), &answer);
    engine.stop_query(id);
    assert_eq!(run(&mut engine, at_ms(200_000)), []);
    assert_eq!(engine.stats().cache_records, 0);
    assert_eq!(engine.poll_timeout(), None);
}

#[test]
fn a_record_that_nobody_asks_about_wakes_nobody_before_its_end() {
    let mut engine = engine_on_a_link();
    let id = engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let answer = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
    let _ = hear(&mut engine, at_ms(10), &answer);
    let first = engine.poll_timeout().map(|deadline| deadline.at);
    assert!(
        first >= Some(at_ms(96_010)) && first <= Some(at_ms(98_410)),
        "{first:?}"
    );
    engine.stop_query(id);
    let first = engine.poll_timeout().map(|deadline| deadline.at);
    assert_eq!(first, Some(at_ms(120_010)));
}

#[test]
fn what_concerns_nobody_is_ignored_before_it_is_decoded() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let other = response(&[("_ipp._tcp.local", 4500, false, ptr("a._ipp._tcp.local"))]);
    assert_eq!(
        hear(&mut engine, at_ms(1), &other),
        Verdict::Ignored(Ignored::NotOurs)
    );
    assert_eq!(engine.stats().cache_records, 0);
}

#[test]
fn a_goodbye_takes_one_second() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let record = |ttl| response(&[("_http._tcp.local", ttl, false, ptr("a._http._tcp.local"))]);
    let _ = hear(&mut engine, at_ms(100), &record(4500));
    let _ = hear(&mut engine, at_ms(500), &record(0));
    assert_eq!(events(&mut engine).len(), 1);
    run(&mut engine, at_ms(1_499));
    assert_eq!(events(&mut engine).len(), 0);
    run(&mut engine, at_ms(1_500));
    assert!(matches!(
        events(&mut engine)[..],
        [AnswerChange::Removed(_, Removal::Goodbye)]
    ));
}

#[test]
fn a_goodbye_is_taken_back_by_the_record_itself() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let record = |ttl| response(&[("_http._tcp.local", ttl, false, ptr("a._http._tcp.local"))]);
    for (ms, ttl) in [(100, 4500), (500, 0), (900, 4500)] {
        let _ = hear(&mut engine, at_ms(ms), &record(ttl));
    }
    run(&mut engine, at_ms(10_000));
    assert!(matches!(events(&mut engine)[..], [AnswerChange::Added(_)]));
}

#[test]
fn a_cache_flush_replaces_what_is_older_than_a_second_after_a_second() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let record = |last| {
        response(&[(
            "a.local",
            120,
            true,
            RData::A(Ipv4Addr::new(10, 0, 0, last)),
        )])
    };
    let _ = hear(&mut engine, at_ms(0), &record(1));
    let _ = hear(&mut engine, at_ms(1_000), &record(2));
    run(&mut engine, at_ms(2_500));
    assert_eq!(
        events(&mut engine).len(),
        2,
        "both came within a second: both stay"
    );
    let _ = hear(&mut engine, at_ms(2_500), &record(3));
    assert!(matches!(events(&mut engine)[..], [AnswerChange::Added(_)]));
    run(&mut engine, at_ms(3_499));
    assert_eq!(events(&mut engine).len(), 0);
    run(&mut engine, at_ms(3_500));
    let gone = events(&mut engine);
    assert_eq!(gone.len(), 2);
    assert!(
        gone.iter()
            .all(|change| matches!(change, AnswerChange::Removed(_, Removal::Replaced)))
    );
}

#[test]
fn known_answers_with_half_their_life_left_are_listed_and_continued() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    run(&mut engine, at_ms(200));
    for n in 0..100 {
        let target = alloc::format!("instance number {n:03}._http._tcp.local").replace(' ', "-");
        let ttl = if n == 0 { 12 } else { 4500 };
        let _ = hear(
            &mut engine,
            at_ms(200),
            &response(&[("_http._tcp.local", ttl, false, ptr(&target))]),
        );
    }
    run(&mut engine, at_ms(6_200));
    let again = run(&mut engine, at_ms(8_000));
    assert!(again.len() >= 2, "{:?}", times(&again));
    let mut known = 0;
    for (index, (_, bytes)) in again.iter().enumerate() {
        let message = Message::parse(bytes).unwrap();
        let last = index + 1 == again.len();
        assert_eq!(message.header().flags.truncated(), !last);
        assert_eq!(message.header().counts.questions, u16::from(index == 0));
        assert!(bytes.len() <= 1_452);
        assert!(message.answers().all(|record| !record.unwrap().cache_flush));
        known += message.header().counts.answers;
    }
    assert_eq!(
        known, 99,
        "the one with a TTL of 12 s is past half of its life"
    );
}

#[test]
fn another_hosts_question_stands_for_ours_unless_it_knows_more() {
    let question = [("_http._tcp.local", RecordType::PTR, false)];
    let plain = message(Flags::QUERY, &question, &[]);
    let known = [("_http._tcp.local", 4500, false, ptr("a._http._tcp.local"))];
    let knowing = message(Flags::QUERY, &question, &known);
    for (heard, expected) in [(plain, 1), (knowing, 2)] {
        let mut engine = engine_on_a_link();
        engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
        let first = run(&mut engine, at_ms(150))[0].0;
        assert_eq!(
            hear(&mut engine, first + Duration::from_millis(500), &heard),
            Verdict::Query
        );
        let sent = run(&mut engine, first + Duration::from_millis(2_000));
        assert_eq!(sent.len() + 1, expected, "{:?}", times(&sent));
    }
}

#[test]
fn a_suppressed_question_is_next_asked_20_to_120_ms_after_its_interval() {
    let asked = message(
        Flags::QUERY,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &[],
    );
    let behind = |seed| {
        let mut engine = Engine::new(Config::default(), seed, Instant::ZERO);
        let info = info();
        engine.handle_link(Instant::ZERO, LinkChange::Up { link: LINK, info });
        engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
        let heard = run(&mut engine, at_ms(150))[0].0 + Duration::from_millis(900);
        let _ = hear(&mut engine, heard, &asked);
        let next = run(&mut engine, heard + Duration::from_millis(3_000))[0].0;
        next.saturating_since(heard + Duration::from_millis(2_000))
    };
    let delays: Vec<_> = (0..20).map(behind).collect();
    let (least, most) = (delays.iter().min().unwrap(), delays.iter().max().unwrap());
    assert!(*least >= Duration::from_millis(20), "{delays:?}");
    assert!(*most <= Duration::from_millis(120), "{delays:?}");
    assert!(*most - *least > Duration::from_millis(50), "{delays:?}");
}

#[test]
fn an_nsec_record_that_was_asked_for_denies_at_once_and_for_a_minute() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::AAAA));
    run(&mut engine, at_ms(150));
    let types = cooee_wire::TypeBitmap::from_types([RecordType::A]);
    let nsec = RData::Nsec(cooee_wire::Nsec {
        next: name("a.local"),
        types,
    });
    let _ = hear(
        &mut engine,
        at_ms(200),
        &response(&[("a.local", 120, true, nsec)]),
    );
    assert!(matches!(events(&mut engine)[..], [AnswerChange::Denied]));
    assert_eq!(run(&mut engine, at_ms(60_199)), []);
    engine.start_query(at_ms(60_199), query("a.local", RecordType::AAAA));
    assert!(
        matches!(events(&mut engine)[..], [AnswerChange::Denied]),
        "from the cache"
    );
    let again = run(&mut engine, at_ms(62_000));
    assert_eq!(times(&again), [60_200, 61_200]);
}

#[test]
fn two_unanswered_queries_of_others_have_a_record_asked_for_and_removed() {
    let question = message(
        Flags::QUERY,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &[],
    );
    let known = [("_http._tcp.local", 4500, false, ptr("b._http._tcp.local"))];
    let vouching = message(
        Flags::QUERY,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &known,
    );
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let answers = ["a", "b", "c"].map(|label| alloc::format!("{label}._http._tcp.local"));
    for target in &answers {
        let record = [("_http._tcp.local", 4500, false, ptr(target))];
        let _ = hear(&mut engine, at_ms(500), &response(&record));
    }
    events(&mut engine);
    let _ = hear(&mut engine, at_ms(20_000), &question);
    let _ = hear(&mut engine, at_ms(21_000), &vouching);
    let answered = [("_http._tcp.local", 4500, false, ptr(&answers[2]))];
    let _ = hear(&mut engine, at_ms(21_100), &response(&answered));
    run(&mut engine, at_ms(30_999));
    let asked = run(&mut engine, at_ms(40_999));
    assert_eq!(times(&asked)[..2], [31_000, 32_000]);
    assert_eq!(events(&mut engine).len(), 0);
    run(&mut engine, at_ms(41_000));
    let gone = events(&mut engine);
    let [AnswerChange::Removed(answer, Removal::Unanswered)] = &gone[..] else {
        panic!("{gone:?}");
    };
    assert_eq!(answer.data, ptr(&answers[0]));
    let asked = run(&mut engine, at_ms(45_000));
    assert_eq!(
        asked.len(),
        3,
        "the series of a newcomer: {:?}",
        times(&asked)
    );
}

#[test]
fn a_record_received_less_than_a_second_before_a_question_of_others_is_not_reconfirmed() {
    let question = message(
        Flags::QUERY,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &[],
    );
    for (received, asked) in [(19_000, true), (19_001, false)] {
        let mut engine = engine_on_a_link();
        engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
        let record = response(&[("_http._tcp.local", 4500, false, ptr("a._http._tcp.local"))]);
        let _ = hear(&mut engine, at_ms(received), &record);
        for ms in [20_000, 21_000] {
            let _ = hear(&mut engine, at_ms(ms), &question);
        }
        run(&mut engine, at_ms(30_999));
        let reconfirmed = times(&run(&mut engine, at_ms(31_000))) == [31_000];
        assert_eq!(reconfirmed, asked, "received at {received} ms");
    }
}

#[test]
fn one_unanswered_question_of_others_changes_nothing_and_a_third_does_not_restart_the_timeout() {
    let question = message(
        Flags::QUERY,
        &[("_http._tcp.local", RecordType::PTR, false)],
        &[],
    );
    let cases: [(&[u64], Option<u64>); 6] = [
        (&[20_000], None),
        (&[20_000, 20_249], None),
        (&[20_000, 20_250], Some(40_250)),
        (&[20_000, 79_999], Some(99_999)),
        (&[20_000, 80_001], None),
        (&[20_000, 21_000, 25_000], Some(41_000)),
    ];
    for (questions, gone) in cases {
        let mut engine = engine_on_a_link();
        engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
        let record = response(&[("_http._tcp.local", 4500, false, ptr("a._http._tcp.local"))]);
        let _ = hear(&mut engine, at_ms(500), &record);
        events(&mut engine);
        for &ms in questions {
            run(&mut engine, at_ms(ms));
            let _ = hear(&mut engine, at_ms(ms), &question);
        }
        run(&mut engine, at_ms(gone.unwrap_or(200_000) - 1));
        assert_eq!(events(&mut engine).len(), 0, "{questions:?}");
        run(&mut engine, at_ms(gone.unwrap_or(200_000)));
        assert_eq!(events(&mut engine).len(), usize::from(gone.is_some()));
    }
}

#[test]
fn a_doubted_record_is_asked_for_twice_or_more_and_gone_in_ten_seconds() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    run(&mut engine, at_ms(150));
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let _ = hear(
        &mut engine,
        at_ms(200),
        &response(&[("a.local", 120, true, data.clone())]),
    );
    events(&mut engine);
    assert!(engine.reconfirm(at_ms(5_000), LINK, &name("a.local"), &data));
    let sent = run(&mut engine, at_ms(14_999));
    assert!(sent.len() >= 2, "{:?}", times(&sent));
    assert!(sent[0].0 <= at_ms(5_000), "the first at once");
    assert_eq!(events(&mut engine).len(), 0);
    run(&mut engine, at_ms(15_000));
    assert!(matches!(
        events(&mut engine)[..],
        [AnswerChange::Removed(_, Removal::Unconfirmed)]
    ));
}

#[test]
fn aliases_are_followed_to_their_end_and_rings_end_nowhere() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let alias = |target: &str| RData::Cname(name(target));
    let address = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let chain = response(&[
        ("a.local", 120, true, alias("b.local")),
        ("b.local", 120, true, alias("c.local")),
        ("c.local", 120, true, address.clone()),
    ]);
    let _ = hear(&mut engine, at_ms(10), &chain);
    let reported = events(&mut engine);
    let [AnswerChange::Added(answer)] = &reported[..] else {
        panic!("{reported:?}")
    };
    assert_eq!((&answer.name, &answer.data), (&name("c.local"), &address));
    let ring = response(&[("c.local", 120, true, alias("a.local"))]);
    let _ = hear(&mut engine, at_ms(20), &ring);
    assert_eq!(engine.stats().open_questions, 3);
    let goodbye = response(&[("a.local", 0, true, alias("b.local"))]);
    let _ = hear(&mut engine, at_ms(30), &goodbye);
    run(&mut engine, at_ms(1_030));
    assert!(matches!(
        events(&mut engine)[..],
        [AnswerChange::Removed(_, Removal::Goodbye)]
    ));
    assert_eq!(engine.stats().open_questions, 1);
}

#[test]
fn ten_thousand_aliases_in_a_row_end_at_the_limit() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("n0.local", RecordType::A));
    for n in 0..10_000 {
        let (owner, target) = (
            alloc::format!("n{n}.local"),
            alloc::format!("n{}.local", n + 1),
        );
        let record = [(owner.as_str(), 120, true, RData::Cname(name(&target)))];
        let _ = hear(&mut engine, at_ms(10), &response(&record));
    }
    assert_eq!(
        engine.stats().open_questions,
        9,
        "the name and eight aliases"
    );
    assert_eq!(events(&mut engine).len(), 0);
}

#[test]
fn a_second_spelling_of_a_name_counts_as_bytes_of_the_cache() {
    let held = |owner: &str| {
        let mut engine = engine_on_a_link();
        engine.start_query(Instant::ZERO, query("box.local", RecordType::A));
        let address = RData::A(Ipv4Addr::new(10, 0, 0, 9));
        let _ = hear(
            &mut engine,
            at_ms(10),
            &response(&[(owner, 120, true, address)]),
        );
        engine.stats().cache_bytes
    };
    assert_eq!(held("BOX.local"), held("box.local") + "3box5local0".len());
}

/// Everybody asks for everything; counts how often that is looked at.
#[derive(Default)]
struct Looks(core::cell::Cell<u32>);

impl Interest for Looks {
    fn asks(&self, link: LinkId, name: NameId, _: RecordType) -> bool {
        self.asks_about(link, name)
    }

    fn asks_for_type(&self, link: LinkId, name: NameId, _: RecordType) -> bool {
        self.asks_about(link, name)
    }

    fn asks_about(&self, _: LinkId, _: NameId) -> bool {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() < 1_000, "a question costs too much");
        true
    }
}

/// Returns whether an address of `n0.local` is known, and how many sets of records were looked at.
fn has_address(engine: &mut Engine) -> (bool, u32) {
    let (looks, first) = (Looks::default(), engine.names.hold(&name("n0.local")));
    let cache = &engine.cache;
    let has = cache.has_answer(&engine.names, &looks, first, RecordType::A);
    engine.names.release(first);
    (has, looks.0.get())
}

/// Returns an engine that asks for the addresses of nine names, `n0.local` to `n8.local`.
fn engine_of_nine_names() -> (Engine, Vec<alloc::string::String>) {
    let mut engine = engine_on_a_link();
    let names: Vec<_> = (0..9).map(|n| alloc::format!("n{n}.local")).collect();
    for owner in &names {
        engine.start_query(Instant::ZERO, query(owner, RecordType::A));
    }
    (engine, names)
}

#[test]
fn an_address_behind_as_many_aliases_as_are_followed_is_known() {
    let (mut engine, names) = engine_of_nine_names();
    for (owner, target) in names.iter().zip(&names[1..]) {
        let alias = [(owner.as_str(), 120, true, RData::Cname(name(target)))];
        let _ = hear(&mut engine, at_ms(10), &response(&alias));
    }
    assert_eq!(has_address(&mut engine), (false, 8));
    let address = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let records = [("n8.local", 120, true, address)];
    let _ = hear(&mut engine, at_ms(10), &response(&records));
    assert_eq!(has_address(&mut engine), (true, 9));
}

#[test]
fn aliases_that_branch_cost_a_question_no_more_than_a_few_looks() {
    let (mut engine, names) = engine_of_nine_names();
    // Each is an alias of each: 9^8 ways lead on from the first.
    for owner in &names {
        for target in &names {
            let alias = [(owner.as_str(), 120, false, RData::Cname(name(target)))];
            let _ = hear(&mut engine, at_ms(10), &response(&alias));
        }
    }
    let (has, looks) = has_address(&mut engine);
    assert!(!has && looks <= 40, "{looks}");
}

#[test]
fn a_link_that_goes_takes_its_records_and_one_that_comes_back_is_asked_by_unicast() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let sent = run(&mut engine, at_ms(150));
    let unicast = |bytes: &[u8]| {
        Message::parse(bytes)
            .unwrap()
            .questions()
            .next()
            .unwrap()
            .unwrap()
            .unicast_response
    };
    assert!(
        !unicast(&sent[0].1),
        "a new question of the user is an ordinary one"
    );
    let record = [("_http._tcp.local", 4500, false, ptr("a._http._tcp.local"))];
    let _ = hear(&mut engine, at_ms(200), &response(&record));
    events(&mut engine);
    engine.handle_link(at_ms(300), LinkChange::Down { link: LINK });
    let gone = events(&mut engine);
    assert!(matches!(
        gone[..],
        [AnswerChange::Removed(_, Removal::InterfaceGone)]
    ));
    assert_eq!(run(&mut engine, at_ms(60_000)), []);
    engine.handle_link(
        at_ms(60_000),
        LinkChange::Up {
            link: LINK,
            info: info(),
        },
    );
    let sent = run(&mut engine, at_ms(61_500));
    assert_eq!(
        sent.iter()
            .map(|(_, bytes)| unicast(bytes))
            .collect::<Vec<_>>(),
        [true, false]
    );
}

#[test]
fn a_unicast_response_is_taken_for_two_seconds_after_a_question_that_wants_one() {
    let mut engine = Engine::new(Config::default(), 1, Instant::ZERO);
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    engine.handle_link(
        Instant::ZERO,
        LinkChange::Up {
            link: LINK,
            info: info(),
        },
    );
    let bytes = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
    let to_us = Datagram {
        destination: OURS,
        ..from(THEIRS, 5353, &bytes)
    };
    let unasked = engine.handle_datagram(at_ms(1), to_us);
    assert_eq!(unasked, Verdict::Ignored(Ignored::Unsolicited));
    let sent = run(&mut engine, at_ms(150));
    let too_late = sent[0].0 + Duration::from_millis(2_001);
    assert_eq!(engine.handle_datagram(at_ms(200), to_us), Verdict::Response);
    assert_eq!(
        engine.handle_datagram(too_late, to_us),
        Verdict::Ignored(Ignored::Unsolicited)
    );
    let elsewhere = "192.0.2.7:5353".parse().unwrap();
    let off_link = Datagram {
        source: elsewhere,
        ..to_us
    };
    assert_eq!(
        engine.handle_datagram(at_ms(200), off_link),
        Verdict::Ignored(Ignored::OffLink)
    );
}

#[test]
fn an_own_packet_that_comes_back_is_no_question_of_others() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let (at, bytes) = run(&mut engine, at_ms(150)).remove(0);
    let back = engine.handle_datagram(at, from(OURS, 5353, &bytes));
    assert_eq!(back, Verdict::Ignored(Ignored::OwnEcho));
    assert_eq!(
        hear(&mut engine, at, &bytes),
        Verdict::Query,
        "the same from another host"
    );
}

#[test]
fn the_cache_stays_within_its_limit_and_keeps_what_is_asked_about() {
    let mut config = Config::default();
    config.limits.cache_records_max = 50;
    let mut engine = Engine::new(config, 1, Instant::ZERO);
    engine.handle_link(
        Instant::ZERO,
        LinkChange::Up {
            link: LINK,
            info: info(),
        },
    );
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let wanted = ptr("a._http._tcp.local");
    for n in 0..1_000_u32 {
        let junk = alloc::format!("junk-{n}.local");
        let records = [
            ("_http._tcp.local", 4500, false, wanted.clone()),
            (
                junk.as_str(),
                100_000 + n,
                true,
                RData::A(Ipv4Addr::from(n)),
            ),
        ];
        let _ = hear(&mut engine, at_ms(10), &response(&records));
        assert!(engine.stats().cache_records <= 50);
    }
    assert_eq!(engine.stats().evicted, 951);
    assert!(matches!(events(&mut engine)[..], [AnswerChange::Added(_)]));
}

#[test]
fn records_that_nobody_asks_about_have_a_share_of_the_cache() {
    let mut config = Config::default();
    config.limits.cache_idle_records_max = 20;
    let mut engine = configured(config);
    let browse = engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let flood = |engine: &mut Engine, numbers: core::ops::Range<u32>| {
        for n in numbers {
            let (instance, junk) = (
                alloc::format!("{n}._http._tcp.local"),
                alloc::format!("junk-{n}.local"),
            );
            let address = RData::A(Ipv4Addr::from(n));
            let records = [
                ("_http._tcp.local", 4500, false, ptr(&instance)),
                (junk.as_str(), 120, true, address),
            ];
            let _ = hear(engine, at_ms(10), &response(&records));
        }
        engine.stats()
    };
    let stats = flood(&mut engine, 0..100);
    assert_eq!((stats.cache_records, stats.evicted), (120, 80));
    assert_eq!(events(&mut engine).len(), 100, "what is asked about stays");
    // Nobody asks for the pointers any more; one more record, and their share is kept.
    engine.stop_query(browse);
    engine.start_query(Instant::ZERO, query("_ipp._tcp.local", RecordType::PTR));
    let wanted = response(&[("_ipp._tcp.local", 4500, false, ptr("a._ipp._tcp.local"))]);
    let _ = hear(&mut engine, at_ms(20), &wanted);
    let stats = engine.stats();
    assert_eq!((stats.cache_records, stats.evicted), (21, 180));
    engine.handle_link(at_ms(30), LinkChange::Down { link: LINK });
    let stats = engine.stats();
    assert_eq!((stats.cache_records, stats.cache_bytes), (0, 0));
}

#[test]
fn one_host_displaces_nothing_that_another_has_said() {
    let mut config = Config::default();
    config.limits.cache_idle_records_max = 20;
    let mut engine = configured(config);
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let say = |engine: &mut Engine, from_host: u8, host: &str, ttl: u32| {
        let address = RData::A(Ipv4Addr::new(10, 0, 0, from_host));
        let records = [
            ("_http._tcp.local", 4_500, false, ptr("a._http._tcp.local")),
            (host, ttl, true, address),
        ];
        let source = IpAddr::V4(Ipv4Addr::new(10, 0, 0, from_host));
        let bytes = response(&records);
        let _ = engine.handle_datagram(at_ms(10), from(source, 5353, &bytes));
    };
    let honest = ["a.local", "b.local", "c.local"];
    for host in honest {
        say(&mut engine, 7, host, 60);
    }
    for n in 0..500 {
        say(&mut engine, 8, &alloc::format!("junk-{n}.local"), 4_500);
    }
    assert_eq!(engine.stats().cache_records, 21);
    let _ = events(&mut engine);
    for host in honest {
        engine.start_query(at_ms(20), query(host, RecordType::A));
        assert!(
            matches!(events(&mut engine)[..], [AnswerChange::Added(_)]),
            "{host}"
        );
    }
}

#[test]
fn newcomers_displace_nothing_that_is_asked_about() {
    let mut config = Config::default();
    config.limits.cache_records_max = 10;
    let mut engine = configured(config);
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    let hear_instance = |engine: &mut Engine, n: u32, ttl: u32| {
        let instance = ptr(&alloc::format!("{n}._http._tcp.local"));
        let records = [("_http._tcp.local", ttl, false, instance)];
        let _ = hear(engine, at_ms(10), &response(&records));
    };
    // The ones that are there first would end soonest.
    for n in 0..100 {
        hear_instance(&mut engine, n, 10 + n);
    }
    let added = events(&mut engine);
    assert!(matches!(added[..], [AnswerChange::Added(_), ..]) && added.len() == 10);
    let stats = engine.stats();
    assert_eq!(
        (stats.cache_records, stats.refused, stats.evicted),
        (10, 90, 0)
    );
    // A goodbye makes room.
    hear_instance(&mut engine, 0, 0);
    run(&mut engine, at_ms(2_000));
    hear_instance(&mut engine, 200, 120);
    assert_eq!(engine.stats().cache_records, 10);
}

#[test]
fn a_name_has_so_many_records_of_a_type_and_no_more() {
    let mut config = Config::default();
    config.limits.pointers_per_name_max = 30;
    config.limits.records_per_set_max = 5;
    let mut engine = configured(config);
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    engine.start_query(Instant::ZERO, query("host.local", RecordType::A));
    for n in 0..100 {
        let instance = ptr(&alloc::format!("{n}._http._tcp.local"));
        let address = RData::A(Ipv4Addr::from(n));
        let records = [
            ("_http._tcp.local", 120, false, instance),
            ("host.local", 120, false, address),
        ];
        let _ = hear(&mut engine, at_ms(10), &response(&records));
    }
    let stats = engine.stats();
    assert_eq!((stats.cache_records, stats.refused), (35, 70 + 95));
}

#[test]
fn a_query_lists_so_many_known_answers_and_no_more() {
    let mut config = Config::default();
    config.limits.known_answers_max = 10;
    let mut engine = configured(config);
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    for n in 0..30 {
        let instance = ptr(&alloc::format!("{n}._http._tcp.local"));
        let records = [("_http._tcp.local", 4_500, false, instance)];
        let _ = hear(&mut engine, at_ms(1), &response(&records));
    }
    let mut packet = Vec::new();
    assert!(engine.send_next(at_ms(200), &mut packet).is_some());
    let message = Message::parse(&packet).unwrap();
    let header = message.header();
    assert_eq!((header.counts.questions, header.counts.answers), (1, 10));
    assert!(!header.flags.truncated(), "nothing follows");
    assert_eq!(engine.stats().known_answers_unlisted, 20);
}

#[test]
fn hours_of_sleep_end_what_has_expired_meanwhile() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
    let answer = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
    let _ = hear(&mut engine, at_ms(10), &answer);
    events(&mut engine);
    let morning = at_ms(8 * 3_600_000);
    engine.handle_link(morning, LinkChange::Resumed);
    assert!(matches!(
        events(&mut engine)[..],
        [AnswerChange::Removed(_, Removal::Expired)]
    ));
    let sent = run(&mut engine, morning + Duration::from_millis(200));
    assert_eq!(sent.len(), 1);
}

#[test]
fn an_address_more_is_no_new_network_and_another_family_or_all_new_addresses_are() {
    let address = |ip: &str, prefix_len| LinkAddress {
        ip: ip.parse().unwrap(),
        prefix_len,
    };
    let cases = [
        (vec![address("10.0.0.1", 24)], 0),
        (vec![address("10.0.0.1", 24), address("10.0.0.7", 24)], 0),
        (vec![address("10.0.0.1", 24), address("fe80::1", 64)], 1),
        (vec![address("192.168.7.1", 24)], 1),
    ];
    for (addresses, asked) in cases {
        let mut engine = engine_on_a_link();
        engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
        run(&mut engine, at_ms(8_000));
        let info = LinkInfo {
            addresses: addresses.clone(),
            mtu: 1_500,
        };
        engine.handle_link(at_ms(9_000), LinkChange::Up { link: LINK, info });
        assert_eq!(run(&mut engine, at_ms(9_500)).len(), asked, "{addresses:?}");
    }
}

#[test]
fn what_one_packet_brought_is_refreshed_by_one_packet() {
    let mut engine = engine_on_a_link();
    for host in 0..20 {
        let owner = alloc::format!("host-{host}.local");
        engine.start_query(Instant::ZERO, query(&owner, RecordType::A));
    }
    run(&mut engine, at_ms(200));
    let owners: Vec<_> = (0..20)
        .map(|host| alloc::format!("host-{host}.local"))
        .collect();
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let records: Vec<_> = owners
        .iter()
        .map(|owner| (owner.as_str(), 120, true, data.clone()))
        .collect();
    let _ = hear(&mut engine, at_ms(300), &response(&records));
    let sent = run(&mut engine, at_ms(118_000));
    let questions: Vec<_> = sent
        .iter()
        .map(|(_, bytes)| Message::parse(bytes).unwrap().header().counts.questions)
        .collect();
    assert_eq!(questions, [20, 20, 20, 20], "at 80, 85, 90 and 95 %");
}

#[test]
fn what_many_hosts_sent_in_turn_is_refreshed_by_few_packets() {
    let mut engine = engine_on_a_link();
    let owners: Vec<_> = (0..200)
        .map(|host| alloc::format!("host-{host:03}.local"))
        .collect();
    for owner in &owners {
        engine.start_query(Instant::ZERO, query(owner, RecordType::A));
    }
    run(&mut engine, at_ms(200));
    for (host, owner) in (0..).zip(&owners) {
        let data = RData::A(Ipv4Addr::new(10, 0, 0, host));
        let answer = response(&[(owner, 120, true, data)]);
        let _ = hear(&mut engine, at_ms(300 + u64::from(host)), &answer);
    }
    let sent = run(&mut engine, at_ms(100_000));
    let questions = sent
        .iter()
        .map(|(_, bytes)| Message::parse(bytes).unwrap().header().counts.questions);
    assert_eq!(questions.sum::<u16>(), 200);
    assert!(sent.len() <= 12, "{:?}", times(&sent));
    // Not all at once: not all hosts should answer at once.
    assert!(sent.len() >= 6, "{:?}", times(&sent));
}

#[test]
fn after_datagrams_were_missed_what_may_have_more_answers_is_asked_once_more() {
    let mut engine = engine_on_a_link();
    engine.start_query(Instant::ZERO, query("_http._tcp.local", RecordType::PTR));
    engine.start_query(Instant::ZERO, query("a.local", RecordType::SRV));
    let srv = RData::Srv(cooee_wire::Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name("host.local"),
    });
    let reported = response(&[("a.local", 120, true, srv)]);
    assert_eq!(hear(&mut engine, at_ms(500), &reported), Verdict::Response);
    let asked = |engine: &mut Engine, until: Instant| -> Vec<(Instant, u16)> {
        let packets = run(engine, until);
        let counts = packets.iter().map(|(at, bytes)| {
            let message = Message::parse(bytes).unwrap();
            (*at, message.header().counts.questions)
        });
        counts.collect()
    };
    // The series: 0, 1, 3, 7 seconds.
    assert_eq!(asked(&mut engine, at_ms(8_000)).len(), 4);
    engine.handle_link(at_ms(8_000), LinkChange::Missed { link: LinkId(99) });
    engine.handle_link(at_ms(8_000), LinkChange::Missed { link: LINK });
    let again = asked(&mut engine, at_ms(9_000));
    let [(at, 1)] = again[..] else {
        panic!("{again:?}")
    };
    assert!(at >= at_ms(8_020) && at <= at_ms(8_120), "{at}");
    // Two causes within a second do not lead to two questions within a second.
    engine.handle_link(at_ms(9_000), LinkChange::Missed { link: LINK });
    engine.handle_link(at_ms(9_010), LinkChange::Missed { link: LINK });
    let again = asked(&mut engine, at_ms(12_000));
    assert_eq!(again.len(), 1, "{again:?}");
    assert!(again[0].0.saturating_since(at) >= Duration::from_secs(1));
    // The series continues where it was.
    assert_eq!(asked(&mut engine, at_ms(20_000)).len(), 1);
}

/// The driver's clock does neither; what feeds the engine another way may.
#[test]
fn a_step_of_ten_years_neither_panics_nor_spins() {
    let ten_years = Duration::from_secs(10 * 365 * 24 * 3_600);
    let start = Instant::ZERO + ten_years + ten_years;
    let mut engine = engine_on_a_link();
    engine.start_query(start, query("a.local", RecordType::A));
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let answer = response(&[("a.local", 120, true, data)]);
    let _ = hear(&mut engine, start, &answer);
    run(&mut engine, start + Duration::from_secs(10));
    assert_eq!(events(&mut engine).len(), 1);
    let mut buf = Vec::new();
    for at in [start - ten_years, Instant::ZERO, start + ten_years] {
        engine.handle_timeout(at);
        engine.handle_link(at, LinkChange::Missed { link: LINK });
        // Before a bucket's time began, it grants nothing.
        let heard = hear(&mut engine, at, &answer) == Verdict::Response;
        assert!(heard || at < start, "not heard at {at}");
        let mut sent = 0;
        while engine.send_next(at, &mut buf).is_some() {
            sent += 1;
        }
        assert!(sent <= 1, "{sent} packets at once");
    }
    // A received record counts from the later time, and is asked for at 80 % and over before it
    // ends.
    let known = events(&mut engine);
    assert!(!known.is_empty() && known.len() <= 4, "{known:?}");
    let later = start + ten_years + Duration::from_secs(200);
    let sent = run(&mut engine, later);
    assert!((4..=20).contains(&sent.len()), "{} packets", sent.len());
    let gone = events(&mut engine);
    let [AnswerChange::Removed(_, Removal::Expired), rest @ ..] = &gone[..] else {
        panic!("it is gone at the end of its life")
    };
    let mut rest = rest.iter();
    assert!(rest.all(|change| matches!(change, AnswerChange::Unanswered)));
}

/// Returns over which families each change was received, IPv4 first, and whether it is new.
fn families(engine: &mut Engine) -> Vec<(bool, bool, bool)> {
    let changes = events(engine).into_iter();
    changes
        .map(|change| match &change {
            AnswerChange::Added(answer) => (answer.families, true),
            AnswerChange::AlsoHeard(answer) => (answer.families, false),
            AnswerChange::Removed(..) | AnswerChange::Denied | AnswerChange::Unanswered => {
                panic!("{change:?}")
            }
        })
        .map(|(families, new)| (families.has_v4(), families.has_v6(), new))
        .collect()
}

#[test]
fn a_record_is_told_again_when_it_is_heard_over_another_family_if_that_is_wanted() {
    for follow_families in [true, false] {
        let mut engine = configured(Config {
            follow_families,
            ..Config::default()
        });
        engine.start_query(Instant::ZERO, query("a.local", RecordType::A));
        let answer = response(&[("a.local", 120, true, RData::A(Ipv4Addr::new(10, 0, 0, 9)))]);
        for _ in 0..2 {
            let _ = hear(&mut engine, at_ms(10), &answer);
        }
        for second in 1..4 {
            let over_v6 = Datagram {
                link: LINK,
                source: "[fe80::2]:5353".parse().unwrap(),
                destination: "ff02::fb".parse().unwrap(),
                bytes: &answer,
            };
            let _ = engine.handle_datagram(at_ms(second * 1_000), over_v6);
        }
        let again = follow_families.then_some((true, true, false));
        let told: Vec<_> = core::iter::once((true, false, true)).chain(again).collect();
        assert_eq!(families(&mut engine), told);
        // Whoever asks later learns at once over which families it was heard.
        engine.start_query(at_ms(5_000), query("a.local", RecordType::A));
        assert_eq!(families(&mut engine), [(true, true, true)]);
    }
}
