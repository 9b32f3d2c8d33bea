//! Queries for the services that the subjects register, and a first check of the answers.
//!
//! In:  the number of a service.
//! Out: the message that asks for its SRV record.

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RDataRef, RecordType};
use netlab::error::{Context, Result};

/// The type of all services.
pub(crate) const SERVICE_TYPE: &str = "_bench._tcp";

/// Returns the instance name of a service: without capitals, because `mdns-sd` announces others
/// only once.
pub(crate) fn instance(number: u32) -> String {
    format!("bench instance {number:05}")
}

/// Asks for the SRV record of a service, which is unique.
pub(crate) fn query(number: u32, id: u16) -> Result<Vec<u8>> {
    let service: Name = format!("{SERVICE_TYPE}.local").parse().context("name")?;
    let name = service.prepend(instance(number).as_bytes());
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, id, Flags::QUERY, 512);
    message
        .question(&name.context("name")?, RecordType::SRV, Class::IN, false)
        .context("question")?;
    message.finish();
    Ok(bytes)
}

/// Returns whether a message contains an answer.
pub(crate) fn is_answer(bytes: &[u8]) -> bool {
    Message::parse(bytes).is_ok_and(|message| {
        let header = message.header();
        header.flags.is_response() && header.counts.answers > 0
    })
}

/// Returns the numbers of the services whose SRV records a response announces.
pub(crate) fn announced(bytes: &[u8]) -> Vec<u32> {
    let Ok(message) = Message::parse(bytes) else {
        return Vec::new();
    };
    if !message.header().flags.is_response() {
        return Vec::new();
    }
    let answers = message.answers().map_while(std::result::Result::ok);
    let announced = answers
        .filter(|record| record.rtype == RecordType::SRV && !record.ttl.is_goodbye())
        .filter(|record| matches!(record.data(), Ok(RDataRef::Srv { .. })))
        .filter_map(|record| number_of(&record.name.to_name().ok()?));
    announced.collect()
}

fn number_of(name: &Name) -> Option<u32> {
    let label = name.labels().next()?;
    let text = std::str::from_utf8(label).ok()?;
    text.strip_prefix("bench instance ")?.parse().ok()
}
