//! A message as JSON, as docs/JSON.md describes it.
//!
//! In:  a message with what was observed of it.
//! Out: [`MessageReport`].

use cooee_wire::{Flags, Message, QuestionRef, Record, RecordRef, Section};
use serde::Serialize;

use super::{MDNS_RFC, ShownMessage, since_epoch};
use crate::output::Named;

/// A message; the fields of its way are left out if it is unknown.
#[derive(Debug, Serialize)]
pub(crate) struct MessageReport {
    event: &'static str,
    #[serde(flatten)]
    way: Option<Passage>,
    kind: &'static str,
    size: usize,
    #[serde(flatten)]
    header: Option<Header>,
    questions: Vec<Question>,
    answers: Vec<RecordObject>,
    authorities: Vec<RecordObject>,
    additionals: Vec<RecordObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    breaches: Vec<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reflects: Option<String>,
}

/// When, where and between whom a message was seen.
#[derive(Debug, Serialize)]
struct Passage {
    time: f64,
    interface: String,
    source: String,
    destination: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hop_limit: Option<u8>,
}

#[derive(Debug, Serialize)]
struct Header {
    id: u16,
    opcode: u8,
    rcode: u16,
    flags: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Question {
    #[serde(flatten)]
    name: Named,
    #[serde(rename = "type")]
    rtype: String,
    class: String,
    unicast: bool,
}

#[derive(Debug, Serialize)]
struct RecordObject {
    #[serde(flatten)]
    name: Named,
    #[serde(rename = "type")]
    rtype: String,
    class: String,
    cache_flush: bool,
    ttl: u32,
    rdata: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Fault {
    offset: usize,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    rfc: Option<u16>,
    section: &'static str,
    rule: &'static str,
    text: String,
}

impl ShownMessage<'_> {
    /// Returns the message for programs.
    pub(crate) fn report(&self) -> MessageReport {
        let sighting = &self.sighting;
        let way = Passage {
            time: since_epoch(sighting.at).as_secs_f64(),
            interface: self.interface.to_owned(),
            source: sighting.source.to_string(),
            destination: sighting.destination.to_string(),
            hop_limit: sighting.hop_limit,
        };
        let breaches = self.observation.breaches.iter();
        let breaches = breaches.map(|breach| Rule {
            rfc: Some(breach.rfc()).filter(|rfc| *rfc != MDNS_RFC),
            section: breach.section(),
            rule: breach.as_str(),
            text: breach.to_string(),
        });
        MessageReport {
            way: Some(way),
            breaches: breaches.collect(),
            repeats: self.observation.repeats.map(|other| other.to_string()),
            reflects: self.observation.reflects.map(|other| other.to_string()),
            ..self.contents()
        }
    }

    /// Returns the message without its way.
    pub(crate) fn contents(&self) -> MessageReport {
        let bytes = self.sighting.bytes;
        let message = Message::parse(bytes).ok();
        let section = |section| {
            let records = message
                .iter()
                .flat_map(|message| message.records().flatten());
            let records = records.filter(|(of, _)| *of == section);
            records.filter_map(|(_, record)| item(&record)).collect()
        };
        let questions = message
            .iter()
            .flat_map(|message| message.questions().flatten());
        let fault = self.observation.fault.map(|fault| Fault {
            offset: fault.offset,
            reason: fault.kind.as_str(),
        });
        MessageReport {
            event: "message",
            way: None,
            kind: self.observation.kind.as_str(),
            size: bytes.len(),
            header: message.as_ref().map(header),
            questions: questions.filter_map(|one| asked(&one)).collect(),
            answers: section(Section::Answer),
            authorities: section(Section::Authority),
            additionals: section(Section::Additional),
            fault,
            breaches: Vec::new(),
            repeats: None,
            reflects: None,
        }
    }
}

fn header(message: &Message<'_>) -> Header {
    let header = message.header();
    let set = |(name, bit): (&'static str, u16)| (header.flags.0 & bit != 0).then_some(name);
    Header {
        id: header.id,
        opcode: header.flags.opcode(),
        rcode: header.flags.rcode().0,
        flags: FLAGS.into_iter().filter_map(set).collect(),
    }
}

fn asked(question: &QuestionRef<'_>) -> Option<Question> {
    Some(Question {
        name: Named::new(&question.name.to_name().ok()?),
        rtype: question.rtype.to_string(),
        class: question.class.to_string(),
        unicast: question.unicast_response,
    })
}

fn item(record: &RecordRef<'_>) -> Option<RecordObject> {
    let record: Record = record.to_record().ok()?;
    let mut rdata = Vec::new();
    record.data.write_uncompressed(&mut rdata);
    Some(RecordObject {
        name: Named::new(&record.name),
        rtype: record.rtype().to_string(),
        class: record.class.to_string(),
        cache_flush: record.cache_flush,
        ttl: record.ttl.as_secs(),
        rdata: rdata.iter().map(|byte| format!("{byte:02x}")).collect(),
        text: format!("{:#}", record.data),
    })
}

/// The flags with their bits: RFC 1035 section 4.1.1, RFC 4035 section 3.
const FLAGS: [(&str, u16); 8] = [
    ("qr", 0x8000),
    ("aa", Flags::RESPONSE.0 & 0x7fff),
    ("tc", 0x0200),
    ("rd", 0x0100),
    ("ra", 0x0080),
    ("z", 0x0040),
    ("ad", 0x0020),
    ("cd", 0x0010),
];
