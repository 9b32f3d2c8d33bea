//! Each host's answers, read back.

use std::net::Ipv4Addr;

use cooee_wire::{Message, RecordType, Section};

use super::{AnswerFrames, Config, Mask};
use crate::frame::Udp;

fn config(additional: bool) -> Config {
    Config {
        interface: "eth0".to_owned(),
        count: 3,
        network: Ipv4Addr::new(10, 1, 0, 0),
        ipv6: false,
        additional,
        seed: 1,
    }
}

fn types(frame: &[u8], section: Section) -> Vec<RecordType> {
    let udp = Udp::parse(frame).expect("a datagram");
    let message = Message::parse(udp.payload).expect("a message");
    let records = message.records().map(|record| record.expect("a record"));
    records
        .filter(|(place, _)| *place == section)
        .map(|(_, record)| record.rtype)
        .collect()
}

#[test]
fn a_ptr_answer_brings_everything_along_in_about_340_bytes() {
    let mut answers = AnswerFrames::new(&config(true)).expect("answers");
    let frame = answers.frame(2, Mask::PTR, None).expect("a frame");
    let udp = Udp::parse(&frame).expect("a datagram");
    assert_eq!(udp.source.to_string(), "10.1.16.2:5353");
    assert!(
        (330..=350).contains(&udp.payload.len()),
        "{} bytes",
        udp.payload.len()
    );
    assert_eq!(types(&frame, Section::Answer), [RecordType::PTR]);
    let brought = [
        RecordType::SRV,
        RecordType::TXT,
        RecordType::A,
        RecordType::AAAA,
    ];
    assert_eq!(types(&frame, Section::Additional), brought);
}

#[test]
fn a_terse_host_brings_nothing_along() {
    let mut answers = AnswerFrames::new(&config(false)).expect("answers");
    let frame = answers.frame(0, Mask::PTR, None).expect("a frame");
    assert_eq!(types(&frame, Section::Additional), []);
    let both = answers
        .frame(0, Mask::SRV.with(Mask::A), None)
        .expect("a frame");
    assert_eq!(
        types(&both, Section::Answer),
        [RecordType::SRV, RecordType::A]
    );
}

#[test]
fn a_unicast_answer_goes_to_the_asker_alone() {
    let mut answers = AnswerFrames::new(&config(true)).expect("answers");
    let asker = "10.1.0.9:5353".parse().expect("an address");
    let frame = answers
        .frame(1, Mask::PTR, Some((asker, [9; 6])))
        .expect("a frame");
    assert_eq!(Udp::parse(&frame).expect("a datagram").destination, asker);
    assert_eq!(frame[..6], [9; 6]);
}

#[test]
fn a_goodbye_ends_all_five_records() {
    let mut answers = AnswerFrames::new(&config(true)).expect("answers");
    let frame = answers.goodbye(1).expect("a frame");
    let udp = Udp::parse(&frame).expect("a datagram");
    let message = Message::parse(udp.payload).expect("a message");
    let records = message.answers().map(|record| record.expect("a record"));
    assert!(records.clone().all(|record| record.ttl.is_goodbye()));
    assert_eq!(records.count(), 5);
}
