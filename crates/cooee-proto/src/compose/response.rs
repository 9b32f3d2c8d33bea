//! Response packets: goodbyes, multicast answers and announcements, unicast replies.
//!
//! In:  what is due on a link; the registry.
//! Out: one packet a call: answers first, then what the asker will want next.
//! RFC 6762 sections 6, 6.2, 6.7, 10.1, 10.2, 17 and 18; RFC 6763 section 12.

use alloc::vec::Vec;

use cooee_wire::{
    Class, Flags, Full, MessageBuilder, RData, RecordFields, RecordType, Section, Ttl,
};

use crate::intake::MESSAGE_LEN_MAX;
use crate::link::LinkId;
use crate::names::{NameId, Names};
use crate::responder::Responder;
use crate::responder::record::RecordId;
use crate::responder::registry::Registry;
use crate::responder::reply::Reply;
use crate::time::Instant;
use crate::timing::LEGACY_TTL_SECS_MAX;

/// Makes the next goodbye packet, if any, into `buf`. Returns its link.
pub(crate) fn compose_farewell(
    responder: &mut Responder,
    budget: impl Fn(LinkId) -> usize,
    buf: &mut Vec<u8>,
) -> Option<LinkId> {
    let link = responder.farewells.front()?.0;
    let mut builder = MessageBuilder::new(buf, 0, Flags::RESPONSE, budget(link));
    while let Some((other, farewell)) = responder.farewells.front() {
        let fields = RecordFields {
            name: &farewell.name,
            class: Class::IN,
            cache_flush: farewell.unique,
            ttl: Ttl::ZERO,
            data: &farewell.data,
        };
        if *other != link
            || (builder.record(Section::Answer, fields).is_err() && !builder.is_empty())
        {
            break;
        }
        responder.farewells.pop_front();
    }
    builder.finish();
    Some(link)
}

/// Makes the next multicast response that is due, if any, into `buf`. Returns its link.
pub(crate) fn compose_multicast(
    now: Instant,
    responder: &mut Responder,
    names: &Names,
    budget: impl Fn(LinkId) -> usize,
    buf: &mut Vec<u8>,
) -> Option<LinkId> {
    let link = responder.outbox.due_link(now)?;
    let candidates: Vec<RecordId> = responder
        .outbox
        .candidates(&responder.registry, link, now)
        .take(RECORDS_PER_PACKET_MAX)
        .collect();
    let room = match candidates.first() {
        Some(first) => room_for(&responder.registry, names, *first, budget(link)),
        None => budget(link),
    };
    let mut writer = Writer::new(&mut responder.registry, names, link, false);
    let builder = MessageBuilder::new(buf, 0, Flags::RESPONSE, room);
    writer.write(builder, &candidates);
    for id in writer.written {
        responder
            .outbox
            .sent(&mut responder.registry, link, id, now);
    }
    Some(link)
}

/// Makes a unicast reply into `buf`. Returns whether there is anything to say.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
//# it MUST repeat the query ID and the
//# question given in the query message.
pub(crate) fn compose_reply(
    responder: &mut Responder,
    names: &Names,
    reply: &Reply,
    budget: usize,
    buf: &mut Vec<u8>,
) -> bool {
    let mut writer = Writer::new(
        &mut responder.registry,
        names,
        reply.link,
        reply.legacy.is_some(),
    );
    let mut builder = match &reply.legacy {
        Some(legacy) => MessageBuilder::new(buf, legacy.id, Flags::RESPONSE, budget).legacy(),
        None => MessageBuilder::new(buf, 0, Flags::RESPONSE, budget),
    };
    for (name, rtype, class) in reply.legacy.iter().flat_map(|legacy| &legacy.questions) {
        if builder.question(name, *rtype, *class, false).is_err() {
            break;
        }
    }
    writer.write(builder, &reply.records);
    !writer.written.is_empty()
}

/// Writes the records of one packet.
struct Writer<'a> {
    registry: &'a mut Registry,
    names: &'a Names,
    link: LinkId,
    legacy: bool,
    stamp: u64,
    written: Vec<RecordId>,
}

impl<'a> Writer<'a> {
    fn new(registry: &'a mut Registry, names: &'a Names, link: LinkId, legacy: bool) -> Self {
        let stamp = registry.next_stamp();
        Self {
            registry,
            names,
            link,
            legacy,
            stamp,
            written: Vec::new(),
        }
    }

    /// Writes answers, as many as fit, then additional records, as many as fit.
    fn write(&mut self, mut builder: MessageBuilder<'_>, answers: &[RecordId]) {
        let mut all = true;
        for &id in answers {
            if self.put(&mut builder, Section::Answer, id).is_err() {
                all = false;
                break;
            }
        }
        let mut at = 0;
        while let Some(&id) = self.written.get(at) {
            if !all || self.put_additional(&mut builder, id).is_err() {
                break;
            }
            at += 1;
        }
        if self.legacy && !all {
            builder.set_truncated();
        }
        builder.finish();
    }

    fn put(
        &mut self,
        builder: &mut MessageBuilder<'_>,
        section: Section,
        id: RecordId,
    ) -> Result<(), Full> {
        let Some(record) = self.registry.get_mut(id) else {
            return Ok(());
        };
        if record.stamp == self.stamp || !record.is_live_on(self.link) {
            return Ok(());
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in a
        //# response message sent in legacy unicast responses to UDP ports other
        //# than 5353.
        let ttl = match self.legacy {
            true => Ttl(record.ttl.as_secs().min(LEGACY_TTL_SECS_MAX)),
            false => record.ttl,
        };
        let fields = RecordFields {
            name: self.names.name(record.name),
            class: Class::IN,
            cache_flush: record.unique && !self.legacy,
            ttl,
            data: &record.data,
        };
        builder.record(section, fields)?;
        record.stamp = self.stamp;
        self.written.push(id);
        Ok(())
    }

    /// Adds what the reader of a record will want next.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12.1
    //# When including a DNS-SD Service Instance Enumeration or Selective
    //# Instance Enumeration (subtype) PTR record in a response packet, the
    //# server/responder SHOULD include the following additional records:
    fn put_additional(
        &mut self,
        builder: &mut MessageBuilder<'_>,
        id: RecordId,
    ) -> Result<(), Full> {
        let Some(record) = self.registry.get(id) else {
            return Ok(());
        };
        let name = record.name;
        let data = record.data.clone();
        if let RData::Ptr(target) = &data {
            return self.put_types(builder, self.names.find_name(target), &SERVICE_TYPES);
        }
        if let RData::Srv(srv) = &data {
            return self.put_types(builder, self.names.find_name(&srv.target), &ADDRESS_TYPES);
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
        //# When a Multicast DNS responder places an IPv4 or IPv6 address record
        //# (rrtype "A" or "AAAA") into a response message, it SHOULD also place
        //# any records of the other address type with the same name into the
        //# additional section, if there is space in the message.
        if matches!(data, RData::A(_) | RData::Aaaa(_)) {
            return self.put_types(builder, Some(name), &ADDRESS_TYPES);
        }
        Ok(())
    }

    fn put_types(
        &mut self,
        builder: &mut MessageBuilder<'_>,
        name: Option<NameId>,
        types: &[RecordType],
    ) -> Result<(), Full> {
        let Some(name) = name else { return Ok(()) };
        for at in 0..self.registry.of_name(name).len() {
            let Some(&id) = self.registry.of_name(name).get(at) else {
                continue;
            };
            let rtype = self.registry.get(id).map(|record| record.data.rtype());
            if rtype.is_some_and(|rtype| types.contains(&rtype)) {
                self.put(builder, Section::Additional, id)?;
            }
        }
        Ok(())
    }
}

/// The room for a packet that begins with a record: more than the link's MTU leaves, if that
/// record alone needs it.
//= https://www.rfc-editor.org/rfc/rfc6762#section-17
//# In the case of a single Multicast DNS resource record that is too
//# large to fit in a single MTU-sized multicast response packet, a
//# Multicast DNS responder SHOULD send the resource record alone, in a
//# single IP datagram, using multiple IP fragments.
fn room_for(registry: &Registry, names: &Names, first: RecordId, budget: usize) -> usize {
    let Some(record) = registry.get(first) else {
        return budget;
    };
    let len = HEADER_LEN + names.name(record.name).wire_len() + RECORD_LEN + record.data.wire_len();
    if len <= budget {
        budget
    } else {
        len.min(MESSAGE_LEN_MAX - IP_HEADERS_LEN)
    }
}

/// SRV, TXT: what a PTR record leads to. The addresses follow from the SRV record.
const SERVICE_TYPES: [RecordType; 2] = [RecordType::SRV, RecordType::TXT];
/// A, AAAA, and the record that says which of them there are not.
const ADDRESS_TYPES: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::NSEC];
/// More records than fit into any packet are not looked at.
const RECORDS_PER_PACKET_MAX: usize = 512;
/// A message header, in bytes.
const HEADER_LEN: usize = 12;
/// Type, class, TTL and length of a record, in bytes.
const RECORD_LEN: usize = 10;
/// An IPv6 header and a UDP header, in bytes.
const IP_HEADERS_LEN: usize = 48;
