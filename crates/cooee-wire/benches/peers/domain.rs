//! `domain`.

use std::hint::black_box;

use domain::base::message_builder::StaticCompressor;
use domain::base::name::FlattenInto;
use domain::base::{Message, MessageBuilder, Name, ParsedName, Question, Record};
use domain::rdata::AllRecordData;

type Owned = Record<Name<Vec<u8>>, AllRecordData<Vec<u8>, Name<Vec<u8>>>>;

/// A packet in owned parts, ready to be written.
pub(crate) struct Prepared {
    response: bool,
    questions: Vec<Question<Name<Vec<u8>>>>,
    sections: [Vec<Owned>; 3],
}

pub(crate) fn decode(packet: &[u8]) {
    let message = Message::from_octets(packet).unwrap();
    for question in message.question() {
        black_box(question.unwrap());
    }
    for record in message.iter() {
        let (record, section) = record.unwrap();
        black_box(
            record
                .to_record::<AllRecordData<_, ParsedName<_>>>()
                .unwrap(),
        );
        black_box(section);
    }
}

pub(crate) fn prepare(packet: &[u8]) -> Prepared {
    let message = Message::from_octets(packet).unwrap();
    let questions = message.question().map(|question| {
        let question = question.unwrap();
        let name: Name<Vec<u8>> = (*question.qname()).flatten_into();
        Question::new(name, question.qtype(), question.qclass())
    });
    let (_, answers, authorities, additionals) = message.sections().unwrap();
    let sections = [answers, authorities, additionals].map(|section| {
        let records = section.into_records::<AllRecordData<_, ParsedName<_>>>();
        records
            .map(|record| record.unwrap().flatten_into())
            .collect()
    });
    Prepared {
        response: message.header().qr(),
        questions: questions.collect(),
        sections,
    }
}

pub(crate) fn build(prepared: &Prepared, buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    let target = StaticCompressor::new(std::mem::take(buffer));
    let mut builder = MessageBuilder::from_target(target).unwrap();
    builder.header_mut().set_qr(prepared.response);
    builder.header_mut().set_aa(prepared.response);
    let mut builder = builder.question();
    prepared
        .questions
        .iter()
        .for_each(|question| builder.push(question).unwrap());
    let mut builder = builder.answer();
    prepared.sections[0]
        .iter()
        .for_each(|record| builder.push(record).unwrap());
    let mut builder = builder.authority();
    prepared.sections[1]
        .iter()
        .for_each(|record| builder.push(record).unwrap());
    let mut builder = builder.additional();
    prepared.sections[2]
        .iter()
        .for_each(|record| builder.push(record).unwrap());
    *buffer = builder.finish().into_target();
    buffer.len()
}
