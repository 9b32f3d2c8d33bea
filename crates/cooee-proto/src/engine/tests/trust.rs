//! What is believed of strangers, and for how long: whatever they say, the questions go on.

use super::lan::*;
use crate::event::AnswerChange;

const HTTP: &str = "_http._tcp.local";

/// The bytes that a text of hexadecimal digits stands for.
fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A packet of another host on the link.
fn hear_from(lan: &mut Lan, host: u8, bytes: &[u8]) {
    let source = alloc::format!("10.0.0.{host}:5353");
    let _ = lan.hear(&source, "224.0.0.251", bytes);
}

fn response(records: &[OwnedRecord]) -> Vec<u8> {
    message(0, Flags::RESPONSE, &[], Section::Answer, records)
}

fn pointer(owner: &str, target: &str, ttl: u32) -> OwnedRecord {
    record(owner, ttl, false, RData::Ptr(name(target)))
}

/// When a question was asked, in milliseconds.
fn asked(lan: &Lan, owner: &str, rtype: RecordType) -> Vec<u64> {
    let asks = |sent: &&Sent| {
        let message = Message::parse(&sent.bytes).unwrap();
        let mut questions = message.questions().map(Result::unwrap);
        !message.header().flags.is_response()
            && questions.any(|question| {
                question.rtype == rtype && question.name.to_name() == Ok(name(owner))
            })
    };
    let sent = lan.sent.iter().filter(asks);
    sent.map(|sent| sent.at.as_nanos() / 1_000_000).collect()
}

fn told(lan: &mut Lan) -> Vec<AnswerChange> {
    let engine = &mut lan.hosts[0];
    core::iter::from_fn(|| engine.poll_event())
        .map(|event| event.change)
        .collect()
}

/// A pointer of a type, of a subtype and of the list of types, each with the cache-flush bit.
const FLUSHING: &str = "000084000000000300000000055f68747470045f746370056c6f63616c00000c80010000119400040142c00c\
                        035f6161045f737562c00c000c8001000011940002c028\
                        095f7365727669636573075f646e732d7364045f756470c017000c8001000011940005025f62c012";
/// A denial of every pointer of a type.
const DENYING: &str = "000084000000000100000000055f68747470045f746370056c6f63616c00002f8001000000780007c00c0003000080";

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# The cache-flush bit MUST NOT ever be set in any shared resource
//# record.  To do so would cause all the other shared versions of this
//# resource record with different rdata from different responders to be
//# immediately deleted from all the caches on the network.
#[test]
fn a_cache_flush_bit_at_a_shared_name_ends_nothing_and_answers_nothing() {
    let names = [
        HTTP,
        "_aa._sub._http._tcp.local",
        "_services._dns-sd._udp.local",
    ];
    for owner in names {
        let mut lan = Lan::new(1);
        lan.register(0, &service_set("web", 80, "a=1"));
        lan.ask_for(0, owner, RecordType::PTR);
        lan.run_until(at_ms(2_000));
        let other = pointer(owner, "other._http._tcp.local", 4_500);
        hear_from(&mut lan, 7, &response(&[other]));
        lan.run_until(at_ms(5_000));
        let before = told(&mut lan).len();
        hear_from(&mut lan, 8, &hex(FLUSHING));
        lan.run_until(at_ms(70_000));
        let changes = told(&mut lan);
        let [AnswerChange::Added(answer)] = &changes[..] else {
            panic!("{owner}: {changes:?}");
        };
        assert!(!answer.unique, "{owner}");
        assert_eq!(before, if owner == HTTP { 2 } else { 1 }, "{owner}");
        let gaps: Vec<u64> = asked(&lan, owner, RecordType::PTR)
            .windows(2)
            .map(|pair| pair[1] - pair[0])
            .collect();
        assert_eq!(
            gaps,
            [1_000, 2_000, 4_000, 8_000, 16_000, 32_000],
            "{owner}"
        );
    }
}

#[test]
fn a_browse_asks_though_a_pointer_with_the_cache_flush_bit_is_known() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 8, &hex(FLUSHING));
    for owner in ["_aa._sub._http._tcp.local", "_services._dns-sd._udp.local"] {
        lan.ask_for(0, owner, RecordType::PTR);
        lan.run_until(lan.now + Duration::from_millis(200));
        assert_eq!(asked(&lan, owner, RecordType::PTR).len(), 1, "{owner}");
    }
    lan.run_until(at_ms(60_000));
    assert_eq!(asked(&lan, HTTP, RecordType::PTR).len(), 6);
}

#[test]
fn a_denial_at_a_shared_name_denies_nothing() {
    let mut lan = Lan::new(1);
    lan.ask_for(0, HTTP, RecordType::PTR);
    lan.run_until(at_ms(200));
    hear_from(&mut lan, 8, &hex(DENYING));
    lan.run_until(at_ms(60_000));
    assert_eq!(asked(&lan, HTTP, RecordType::PTR).len(), 6);
    lan.ask_for(0, HTTP, RecordType::PTR);
    assert!(told(&mut lan).is_empty());
    assert_eq!(lan.hosts[0].stats().cache_records, 0);
}
