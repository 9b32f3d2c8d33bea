//! Tests of the text form.

use alloc::string::ToString;
use alloc::vec::Vec;

use super::*;
use crate::{Class, Flags, MessageBuilder, RecordType, Ttl};

fn message(build: impl FnOnce(&mut MessageBuilder<'_>)) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 7, Flags::QUERY, 1440);
    build(&mut builder);
    builder.finish();
    buffer
}

#[test]
fn a_message_is_one_line_an_item() {
    let host: Name = "My Host.local".parse().unwrap();
    let data = RData::A([10, 0, 0, 1].into());
    let bytes = message(|builder| {
        builder.set_truncated();
        builder
            .question(&host, RecordType::ANY, Class::IN, true)
            .unwrap();
        builder
            .question(&host, RecordType::AAAA, Class::ANY, false)
            .unwrap();
        let record = Record {
            name: host.clone(),
            class: Class::IN,
            ttl: Ttl(120),
            cache_flush: true,
            data: data.clone(),
        };
        builder.record(Section::Answer, (&record).into()).unwrap();
        builder
            .record(Section::Authority, (&record).into())
            .unwrap();
        builder
            .record(Section::Additional, (&record).into())
            .unwrap();
    });
    let text = "\
; query id 7 opcode 0 rcode 0 tc questions 2 answers 1 authorities 1 additionals 1
? My Host.local. IN,unicast ANY
? My Host.local. ANY AAAA
; answers
My Host.local. 120 IN,flush A 10.0.0.1
; authorities
My Host.local. 120 IN,flush A 10.0.0.1
; additionals
My Host.local. 120 IN,flush A 10.0.0.1
";
    assert_eq!(Dig(&Message::parse(&bytes).unwrap()).to_string(), text);
}

#[test]
fn a_fault_is_shown_where_it_is() {
    let mut bytes = message(|builder| {
        let txt = RData::parse(RecordType::TXT, b"\x01a").unwrap();
        let record = Record {
            name: Name::LOCAL,
            class: Class::IN,
            ttl: Ttl(1),
            cache_flush: false,
            data: txt,
        };
        builder.record(Section::Answer, (&record).into()).unwrap();
        builder.record(Section::Answer, (&record).into()).unwrap();
    });
    bytes.truncate(bytes.len() - 1);
    let string = 12 + 7 + 10;
    bytes[string] = 2;
    let text = "\
; query id 7 opcode 0 rcode 0 questions 0 answers 2 authorities 0 additionals 0
; answers
local. 1 IN TXT ; malformed: string_past_end at byte 29
; malformed: rdata_past_end at byte 43
";
    assert_eq!(Dig(&Message::parse(&bytes).unwrap()).to_string(), text);
}

#[test]
fn the_parts_of_a_message_show_what_their_lines_show() {
    let host: Name = "My Host.local".parse().unwrap();
    let mut bytes = message(|builder| {
        builder
            .question(&host, RecordType::SRV, Class::IN, true)
            .unwrap();
        let record = Record {
            name: host.clone(),
            class: Class::ANY,
            ttl: Ttl(120),
            cache_flush: false,
            data: RData::parse(RecordType::TXT, b"\x03a=1").unwrap(),
        };
        assert_eq!(record.to_string(), "My Host.local. 120 ANY TXT \"a=1\"");
        builder.record(Section::Answer, (&record).into()).unwrap();
    });
    let whole = Message::parse(&bytes).unwrap();
    let question = whole.questions().next().unwrap().unwrap();
    assert_eq!(question.to_string(), "My Host.local. IN,unicast SRV");
    let record = whole.answers().next().unwrap().unwrap();
    assert_eq!(record.to_string(), "My Host.local. 120 ANY TXT \"a=1\"");
    assert_eq!(record.data().unwrap().to_string(), "\"a=1\"");

    let string = bytes.len() - 4;
    bytes[string] = 9;
    let broken = Message::parse(&bytes).unwrap();
    let record = broken.answers().next().unwrap().unwrap();
    let fault = alloc::format!("My Host.local. TXT malformed: string_past_end at byte {string}");
    assert_eq!(record.to_string(), fault);
    let pointer_to_nowhere = message(|builder| {
        let data = RData::Ptr(host.clone());
        let record = Record {
            name: Name::LOCAL,
            class: Class::IN,
            ttl: Ttl(1),
            cache_flush: false,
            data,
        };
        builder.record(Section::Answer, (&record).into()).unwrap();
    });
    let mut bytes = pointer_to_nowhere;
    let last = bytes.len() - 1;
    bytes[last] = 0;
    let message = Message::parse(&bytes).unwrap();
    let data = message.answers().next().unwrap().unwrap().data().unwrap();
    let at = last - 1;
    let fault = alloc::format!("malformed: pointer_into_header at byte {at}");
    assert_eq!(data.to_string(), fault);
}
