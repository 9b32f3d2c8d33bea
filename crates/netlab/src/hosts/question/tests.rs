//! Questions reach the hosts they concern, known answers those they suppress.

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Ttl,
};

use super::{Asked, Heard, Mask};

fn query(questions: &[(&str, RecordType)], known: &[(&str, u32)], flags: Flags) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, flags, 1440);
    for (name, rtype) in questions {
        builder
            .question(&name_of(name), *rtype, Class::IN, false)
            .expect("room");
    }
    let service = name_of("_bench._tcp.local");
    for (instance, ttl_secs) in known {
        let fields = RecordFields {
            name: &service,
            class: Class::IN,
            cache_flush: false,
            ttl: Ttl(*ttl_secs),
            data: &RData::Ptr(name_of(instance)),
        };
        builder.record(Section::Answer, fields).expect("room");
    }
    builder.finish();
    bytes
}

fn name_of(text: &str) -> Name {
    text.parse().expect("a name")
}

fn asked(first: u32, last: u32, mask: Mask) -> Asked {
    Asked {
        first,
        last,
        mask,
        unicast: false,
    }
}

#[test]
fn the_type_concerns_all_hosts_and_a_name_its_own() {
    let bytes = query(
        &[
            ("_BENCH._tcp.local", RecordType::PTR),
            ("Bench Instance 00001._bench._tcp.local", RecordType::SRV),
            ("bench-host-00002.local", RecordType::ANY),
            ("bench-host-00003.local", RecordType::A),
            ("elsewhere.local", RecordType::A),
            ("_bench._tcp.local", RecordType::SRV),
        ],
        &[],
        Flags::QUERY,
    );
    let heard = Heard::read(&bytes, 3).expect("it concerns them");
    let wanted = [
        asked(0, 3, Mask::PTR),
        asked(1, 2, Mask::SRV),
        asked(2, 3, Mask::HOST),
    ];
    assert_eq!(heard.asked, wanted);
}

#[test]
fn a_known_answer_counts_down_to_half_its_ttl() {
    let known = [
        ("Bench Instance 00001._bench._tcp.local", 2250),
        ("Bench Instance 00000._bench._tcp.local", 2249),
    ];
    let bytes = query(
        &[("_bench._tcp.local", RecordType::PTR)],
        &known,
        Flags::QUERY,
    );
    let heard = Heard::read(&bytes, 3).expect("it concerns them");
    assert_eq!(heard.known_of(1), Mask::PTR);
    assert_eq!(heard.known_of(0), Mask::default());
}

#[test]
fn responses_and_other_questions_concern_nobody() {
    let own = [("_bench._tcp.local", RecordType::PTR)];
    assert_eq!(Heard::read(&query(&own, &[], Flags::RESPONSE), 3), None);
    let other = [("_other._tcp.local", RecordType::PTR)];
    assert_eq!(Heard::read(&query(&other, &[], Flags::QUERY), 3), None);
    assert_eq!(Heard::read(b"short", 3), None);
}
