//! Tests of reading a message in place.

use alloc::vec;
use alloc::vec::Vec;

use super::*;

/// Returns a message with these numbers of questions and records, each with an owner of one letter
/// in turn.
fn message(counts: [u8; 4]) -> Vec<u8> {
    let [questions, answers, authorities, additionals] = counts;
    let mut bytes = vec![0; HEADER_LEN];
    for (at, count) in [5, 7, 9, 11].into_iter().zip(counts) {
        bytes[at] = count;
    }
    let mut owners = b'a'..=b'z';
    for _ in 0..questions {
        bytes.extend_from_slice(&[1, owners.next().unwrap(), 0, 0, 1, 0, 1]);
    }
    for _ in 0..answers + authorities + additionals {
        bytes.extend_from_slice(&[1, owners.next().unwrap(), 0, 0, 1, 0, 1]);
        bytes.extend_from_slice(&[0, 0, 0, 9, 0, 4, 10, 0, 0, 1]);
    }
    bytes
}

/// The owners' letters of what is read, as text.
fn owners<'a>(records: impl Iterator<Item = Result<RecordRef<'a>, DecodeError>>) -> Vec<u8> {
    let letters = records.map(|record| record.unwrap().name.labels().next().unwrap().unwrap()[0]);
    letters.collect()
}

#[test]
fn each_section_holds_its_own_records() {
    let bytes = message([2, 3, 1, 2]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.questions().count(), 2);
    assert_eq!(owners(message.answers()), b"cde");
    assert_eq!(owners(message.authorities()), b"f");
    assert_eq!(owners(message.additionals()), b"gh");
    let sections: Vec<Section> = message.records().map(|record| record.unwrap().0).collect();
    let (answer, authority, additional) =
        (Section::Answer, Section::Authority, Section::Additional);
    let expected = [answer, answer, answer, authority, additional, additional];
    assert_eq!(sections, expected);
    assert_eq!(message.bytes(), bytes);
}

#[test]
fn a_message_without_questions_begins_with_its_records() {
    let bytes = message([0, 1, 0, 1]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(owners(message.answers()), b"a");
    assert_eq!(message.authorities().count(), 0);
    assert_eq!(owners(message.additionals()), b"b");
}

#[test]
fn a_question_cut_short_hides_the_records_behind_it() {
    let mut bytes = message([1, 0, 0, 0]);
    bytes[7] = 1;
    bytes.pop();
    let message = Message::parse(&bytes).unwrap();
    let fault = DecodeError::new(DecodeErrorKind::QuestionTruncated, HEADER_LEN);
    assert_eq!(message.questions().next().unwrap().unwrap_err(), fault);
    let records: Vec<_> = message.records().collect();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].as_ref().unwrap_err(), &fault);
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//= type=test
//# In particular, the
//# rrclass field of an OPT record encodes the sender's UDP payload size,
//# and should be interpreted as a sixteen-bit length value in the range
//# 0-65535, not a one-bit flag and a fifteen-bit length.
#[test]
fn class_and_ttl_of_an_opt_record_are_read_whole_and_those_of_others_are_not() {
    let mut bytes = message([0, 0, 0, 1]);
    let (rtype, class) = (HEADER_LEN + 4, HEADER_LEN + 5);
    bytes[class] = 0x85;
    bytes[class + 2] = 0x80;
    let read = |bytes: &[u8]| {
        let message = Message::parse(bytes).unwrap();
        let record = message.additionals().next().unwrap().unwrap();
        assert_eq!(record.name.offset(), HEADER_LEN);
        (record.class, record.cache_flush, record.ttl)
    };
    assert_eq!(read(&bytes), (Class(0x0501), true, Ttl(0)));
    bytes[rtype] = RecordType::OPT.0 as u8;
    assert_eq!(read(&bytes), (Class(0x8501), false, Ttl(0x8000_0009)));
}
