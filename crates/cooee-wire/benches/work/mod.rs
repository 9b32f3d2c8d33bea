//! The work that is measured: decode a packet and iterate over it, build it, hash three question
//! names.
//!
//! Shared by the wall-clock benchmark, the instruction counts and the allocation test, so that all
//! measure the same.

pub(crate) mod fixtures;

use std::hint::black_box;

use cooee_wire::{
    Class, DecodeError, Flags, Full, Message, MessageBuilder, Name, NameRef, Record, RecordType,
    Section,
};

/// Reads everything in a packet: every question and record, and the typed data of each record.
#[inline(never)]
pub(crate) fn decode(packet: &[u8]) -> Result<usize, DecodeError> {
    let message = Message::parse(packet)?;
    let mut items = 0;
    for question in message.questions() {
        black_box(&question?);
        items += 1;
    }
    for record in message.records() {
        let (section, record) = record?;
        black_box((section, &record, &record.data()?));
        items += 1;
    }
    Ok(items)
}

/// A packet in owned parts, ready to be written.
pub(crate) struct Prepared {
    flags: Flags,
    questions: Vec<(Name, RecordType, Class, bool)>,
    records: Vec<(Section, Record)>,
}

/// Splits a packet into its parts, so that building it can be measured alone.
pub(crate) fn prepare(packet: &[u8]) -> Result<Prepared, DecodeError> {
    let message = Message::parse(packet)?;
    let mut questions = Vec::new();
    for question in message.questions() {
        let question = question?;
        let name = question.name.to_name()?;
        questions.push((
            name,
            question.rtype,
            question.class,
            question.unicast_response,
        ));
    }
    let mut records = Vec::new();
    for record in message.records() {
        let (section, record) = record?;
        records.push((section, record.to_record()?));
    }
    Ok(Prepared {
        flags: message.header().flags,
        questions,
        records,
    })
}

/// Writes a packet into a reused buffer.
#[inline(never)]
pub(crate) fn build(prepared: &Prepared, buffer: &mut Vec<u8>) -> Result<usize, Full> {
    let mut builder = MessageBuilder::new(buffer, 0, prepared.flags, 9000);
    for (name, rtype, class, unicast_response) in &prepared.questions {
        builder.question(name, *rtype, *class, *unicast_response)?;
    }
    for (section, record) in &prepared.records {
        builder.record(*section, record.into())?;
    }
    Ok(builder.finish())
}

/// Returns the names of up to three questions of a packet, read once.
pub(crate) fn question_names(packet: &[u8]) -> Result<Vec<NameRef<'_>>, DecodeError> {
    let questions = Message::parse(packet)?.questions();
    questions
        .take(3)
        .map(|question| Ok(question?.name))
        .collect()
}

/// Hashes names, as a look-up of a packet's questions does.
#[inline(never)]
pub(crate) fn hash(names: &[NameRef<'_>], seed: u64) -> Result<u64, DecodeError> {
    names
        .iter()
        .try_fold(0, |sum, name| Ok(sum ^ name.fold_hash(seed)?))
}
