//! Tests of the builder.

use super::*;
use crate::Message;
use crate::dig::Dig;
use alloc::string::ToString;

#[test]
fn names_are_compressed_against_earlier_ones() {
    let mut buffer = Vec::new();
    let mut builder = MessageBuilder::new(&mut buffer, 0, Flags::RESPONSE, 1440);
    let host: Name = "host.local".parse().unwrap();
    let service: Name = "_http._tcp.local".parse().unwrap();
    let instance = service.prepend(b"Dr. Who").unwrap();
    for (name, data) in [
        (&service, RData::Ptr(instance.clone())),
        (&instance, RData::Ptr(host)),
    ] {
        let fields = RecordFields {
            name,
            class: Class::IN,
            cache_flush: false,
            ttl: Ttl(120),
            data: &data,
        };
        builder.record(Section::Answer, fields).unwrap();
    }
    let len = builder.finish();
    assert_eq!(len, 12 + 18 + 10 + 10 + 2 + 10 + 7);
    let message = Message::parse(&buffer).unwrap();
    assert_eq!(
        Dig(&message).to_string(),
        "; response id 0 opcode 0 rcode 0 aa questions 0 answers 2 authorities 0 additionals 0\n\
         ; answers\n\
         _http._tcp.local. 120 IN PTR Dr\\. Who._http._tcp.local.\n\
         Dr\\. Who._http._tcp.local. 120 IN PTR host.local.\n"
    );
}
