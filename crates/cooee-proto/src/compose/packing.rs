//! The contents of one response packet: whole answers, each with what its reader needs next.
//!
//! In:  the records to answer with, in order; the available room; the responder.
//! Out: a packet; which records it contains, and which are left for the next one. RFC 6762 sections
//!      6, 6.2, 6.4, 10.2 and 17; RFC 6763 section 12.
//!
//! Some readers look at one packet at a time. So a PTR record comes with its SRV and TXT records
//! and the addresses of their host. A packet without room for all of them leaves all of them to the
//! next one.

use alloc::vec::Vec;
use core::ops::Range;

use cooee_wire::{Class, Full, MessageBuilder, RData, RecordFields, RecordType, Section, Ttl};

use crate::collections::SmallList;
use crate::link::{Family, LinkId};
use crate::names::{NameId, Names};
use crate::responder::record::{OnLink, OwnRecord, RecordId};
use crate::responder::{BurstId, Owned, Responder};
use crate::time::Instant;
use crate::timing::LEGACY_TTL_SECS_MAX;

/// The destination of a packet.
#[derive(Clone, Copy)]
pub(super) enum Audience {
    /// Everybody on the link. A record that is not asked for must be free to be sent again, or have
    /// been sent in this same answer.
    Group { now: Instant, burst: BurstId },
    /// One host.
    Host,
    /// One host that uses conventional DNS: there is no second packet.
    LegacyHost,
}

impl Audience {
    /// Returns the time of a packet to everybody, and the answer to which it belongs.
    fn burst(self) -> Option<(Instant, BurstId)> {
        match self {
            Self::Group { now, burst } => Some((now, burst)),
            Self::Host | Self::LegacyHost => None,
        }
    }
}

/// Over which families a packet is read, which decides the records that it may hold.
#[derive(Clone, Copy)]
pub(super) enum Reach {
    /// By everybody over one family, or over both: it holds the records that are published over
    /// exactly these. Others would reach too many hosts, or count as sent where they were not.
    Over(Option<Family>),
    /// By one host over this family.
    HostBy(Family),
}

impl Reach {
    fn admits(self, record: &OwnRecord) -> bool {
        match self {
            Self::Over(over) => record.over == over,
            Self::HostBy(family) => record.is_over(family),
        }
    }
}

/// How long a packet may be.
#[derive(Clone, Copy)]
pub(super) struct Room {
    pub(super) len: usize,
    /// Whether it is longer than the link's MTU allows, for the sake of one record.
    pub(super) is_for_one: bool,
}

/// Writes the records of one packet.
pub(super) struct Writer<'a> {
    responder: &'a mut Responder,
    names: &'a Names,
    link: LinkId,
    reach: Reach,
    /// Whether some records are published over one family alone.
    is_limited: bool,
    to: Audience,
    /// Marks the records that are planned.
    stamp: u64,
    plan: SmallList<Planned, 8>,
    /// The records of the packet, except those that this answer has sent before.
    pub(super) written: SmallList<RecordId, 8>,
}

/// A record that is to be written.
#[derive(Clone, Copy)]
struct Planned {
    id: RecordId,
    section: Section,
    name: NameId,
    rtype: RecordType,
    /// Whether an earlier packet of the answer also contains it.
    again: bool,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        responder: &'a mut Responder,
        names: &'a Names,
        (link, reach): (LinkId, Reach),
        to: Audience,
    ) -> Self {
        let stamp = responder.stamp(&[]);
        Self {
            is_limited: responder.has_limited(),
            responder,
            names,
            link,
            reach,
            to,
            stamp,
            plan: SmallList::new(),
            written: SmallList::new(),
        }
    }

    /// Writes as many answers as fit, with everything that belongs to them. If not even the first
    /// fits, it is written with as much as fits.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.4
    //# When possible, a responder SHOULD, for the sake of network
    //# efficiency, aggregate as many responses as possible into a single
    //# Multicast DNS response message.
    pub(super) fn write(
        &mut self,
        builder: &mut MessageBuilder<'_>,
        answers: &[RecordId],
        room: Room,
    ) {
        let answers = answers.get(..RECORDS_PER_PACKET_MAX).unwrap_or(answers);
        if room.is_for_one {
            self.put_answers(builder, answers, 1);
        } else if let Audience::LegacyHost = self.to {
            if self.put_answers(builder, answers, usize::MAX) {
                for at in 0..self.written.len() {
                    if let Some(&id) = self.written.get(at) {
                        self.plan_additional(id, answers);
                    }
                }
            }
        } else {
            self.plan(builder, answers, room.len);
            self.put_planned(builder, Section::Answer);
        }
        self.put_planned(builder, Section::Additional);
    }

    /// Writes up to `count` answers without their additional records. What does not fit is left out.
    /// Returns whether all fit.
    fn put_answers(
        &mut self,
        builder: &mut MessageBuilder<'_>,
        answers: &[RecordId],
        count: usize,
    ) -> bool {
        let mut all_fit = true;
        let mut left = count;
        for &id in answers {
            if left == 0 {
                break;
            }
            if !self.plan_one(id, Section::Answer) {
                continue;
            }
            left = left.saturating_sub(1);
            if self.put_record(builder, Section::Answer, id).is_ok() {
                self.written.push(id);
            } else {
                let last = self.plan.len().saturating_sub(1);
                self.leave(last..self.plan.len());
                all_fit = false;
            }
        }
        all_fit
    }

    /// Returns those of the records that the packet does not contain, and could.
    pub(super) fn left_of(&self, records: &[RecordId]) -> Vec<RecordId> {
        let is_left = |id: &&RecordId| {
            let record = self.responder.record(**id);
            let record = record.filter(|own| self.reach.admits(own));
            record.is_some_and(|own| own.stamp != self.stamp && own.is_live_on(self.link))
        };
        records.iter().filter(is_left).copied().collect()
    }

    /// Plans answers, each with what belongs to it, as long as all of it fits.
    fn plan(&mut self, builder: &mut MessageBuilder<'_>, answers: &[RecordId], room: usize) {
        let empty = builder.checkpoint();
        // How long the message would be without name compression, and after the last trial.
        let (mut len, mut tried) = (builder.len(), 0);
        for &id in answers {
            let start = self.plan.len();
            if !self.plan_one(id, Section::Answer) {
                continue;
            }
            self.plan_additional(id, answers);
            len = len.saturating_add(self.len_of(start));
            if len > room {
                if !self.try_out(builder, tried, start) {
                    break;
                }
                tried = self.plan.len();
            }
        }
        if len > room {
            builder.rollback(empty);
        }
    }

    /// Tries whether the plan fits. Records that belong to the first answer are left out if they do
    /// not fit. If anything of another answer does not fit, the whole answer is left to the next
    /// packet.
    fn try_out(&mut self, builder: &mut MessageBuilder<'_>, from: usize, start: usize) -> bool {
        let mut at = from;
        while at < self.plan.len() {
            let set = self.set_at(at);
            let end = set.end;
            match (self.put(builder, set.clone(), Section::Answer), start) {
                (Ok(()), _) => at = end,
                (Err(Full), 0) => self.leave(set),
                (Err(Full), _) => {
                    self.leave(start..self.plan.len());
                    return false;
                }
            }
        }
        true
    }

    /// Returns the length of the plan from a position on, without name compression.
    fn len_of(&self, start: usize) -> usize {
        let planned = self.plan.iter().skip(start);
        let len = |planned: &Planned| {
            let data = self
                .responder
                .record(planned.id)
                .map(|own| own.data.wire_len());
            let name = self.names.name(planned.name).wire_len();
            [name, RECORD_LEN, data.unwrap_or(0)]
                .into_iter()
                .fold(0, usize::saturating_add)
        };
        planned.map(len).fold(0, usize::saturating_add)
    }

    /// Returns what is planned at a position: one answer, or a set of additional records. A set is
    /// sent as a whole, because readers flush the records that it lacks.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
    //# Any time a host sends a response packet containing some members of a
    //# unique RRSet, it MUST send the entire RRSet, preferably in a single
    //# packet, or if the entire RRSet will not fit in a single packet, in a
    //# quick burst of packets sent as close together as possible.
    fn set_at(&self, start: usize) -> Range<usize> {
        let mut end = start.saturating_add(1);
        if let Some(first) = self.plan.get(start) {
            let is_of_set = |planned: &Planned| {
                first.section == Section::Additional
                    && (first.section, first.name, first.rtype)
                        == (planned.section, planned.name, planned.rtype)
            };
            while self.plan.get(end).is_some_and(is_of_set) {
                end = end.saturating_add(1);
            }
        }
        start..end
    }

    /// Removes a part of the plan.
    fn leave(&mut self, part: Range<usize>) {
        for planned in self.plan.drain(part) {
            self.responder.unmark(planned.id);
        }
    }

    /// Writes the plan of a section; what does not fit is left out.
    fn put_planned(&mut self, builder: &mut MessageBuilder<'_>, section: Section) {
        let mut at = 0;
        while let Some(planned) = self.plan.get(at) {
            if planned.section != section {
                at = at.saturating_add(1);
                continue;
            }
            let set = self.set_at(at);
            if self.put(builder, set.clone(), section).is_err() {
                self.leave(set);
                continue;
            }
            at = set.end;
            for said in self.plan.get(set).unwrap_or_default() {
                if !said.again {
                    self.written.push(said.id);
                }
            }
        }
    }

    /// Writes a part of the plan, or nothing of it.
    fn put(
        &self,
        builder: &mut MessageBuilder<'_>,
        part: Range<usize>,
        section: Section,
    ) -> Result<(), Full> {
        let part = self.plan.get(part).unwrap_or_default();
        if let [alone] = part {
            return self.put_record(builder, section, alone.id);
        }
        let before = builder.checkpoint();
        let put = |planned: &Planned| self.put_record(builder, section, planned.id);
        let put = part.iter().try_for_each(put);
        put.inspect_err(|_| builder.rollback(before))
    }

    fn put_record(
        &self,
        builder: &mut MessageBuilder<'_>,
        section: Section,
        id: RecordId,
    ) -> Result<(), Full> {
        let Some(record) = self.responder.record(id) else {
            return Ok(());
        };
        let is_legacy = matches!(self.to, Audience::LegacyHost);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
        //# The cache-flush bit MUST NOT be set in any resource records in a
        //# response message sent in legacy unicast responses to UDP ports other
        //# than 5353.
        let ttl = match is_legacy {
            true => Ttl(record.ttl.as_secs().min(LEGACY_TTL_SECS_MAX)),
            false => record.ttl,
        };
        let fields = RecordFields {
            name: self.names.ours(record.name),
            class: Class::IN,
            //= https://www.rfc-editor.org/rfc/rfc6762#section-6.7
            //# In addition, the cache-flush
            //# bit described in Section 10.2, "Announcements to Flush Outdated Cache
            //# Entries", MUST NOT be set in legacy unicast responses.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
            //# The host
            //# MUST set the cache-flush bit on all members of the unique RRSet.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
            //# The cache-flush bit MUST NOT ever be set in any shared resource
            //# record.
            cache_flush: record.unique && !is_legacy,
            ttl,
            data: &record.data,
        };
        builder.record(section, fields)
    }

    /// Plans a record unless it is already planned. Returns whether it was not.
    fn plan_one(&mut self, id: RecordId, section: Section) -> bool {
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# A Multicast DNS responder MUST NOT place
        //# records from its cache, which have been learned from other responders
        //# on the network, in the Resource Record Sections of outgoing response
        //# messages.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6
        //# When a Multicast DNS responder constructs and sends a Multicast DNS
        //# response message, the Resource Record Sections of that message must
        //# contain only records for which that responder is explicitly
        //# authoritative.
        let on = (self.link, id);
        if self.is_limited {
            let record = self.responder.record(id);
            if record.is_some_and(|record| !self.reach.admits(record)) {
                return false;
            }
        }
        let Some(marked) = self.responder.mark(on, self.stamp, self.to.burst()) else {
            return false;
        };
        self.plan.push(Planned {
            id,
            section,
            name: marked.name,
            rtype: marked.rtype,
            again: section == Section::Additional && !marked.is_free,
        });
        true
    }

    /// Plans what the reader of a record needs next.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12.1
    //# When including a DNS-SD Service Instance Enumeration or Selective
    //# Instance Enumeration (subtype) PTR record in a response packet, the
    //# server/responder SHOULD include the following additional records:
    //# o  The SRV record(s) named in the PTR rdata.
    //# o  The TXT record(s) named in the PTR rdata.
    //# o  All address records (type "A" and "AAAA") named in the SRV rdata.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12.2
    //# When including an SRV record in a response packet, the
    //# server/responder SHOULD include the following additional records:
    //# o  All address records (type "A" and "AAAA") named in the SRV rdata.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12
    //# This section recommends which additional records SHOULD be generated
    //# to improve network efficiency, for both Unicast and Multicast DNS-SD
    //# responses.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12
    //# Note that while servers SHOULD add these additional records for
    //# efficiency purposes, as with all DNS additional records, it is the
    //# client's responsibility to determine whether or not to trust them.
    //= https://www.rfc-editor.org/rfc/rfc6763#section-12
    //# The additional-record generation rules in
    //# this section are RECOMMENDED for improving network efficiency, but
    //# are not required for correctness.
    fn plan_additional(&mut self, id: RecordId, answers: &[RecordId]) {
        let Some(record) = self.responder.record(id) else {
            return;
        };
        let (name, types) = match &record.data {
            RData::Ptr(target) => (self.names.find_name(target), &SERVICE_TYPES[..]),
            RData::Srv(srv) => (self.names.find_name(&srv.target), &ADDRESS_TYPES[..]),
            //= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
            //# When a Multicast DNS responder places an IPv4 or IPv6 address record
            //# (rrtype "A" or "AAAA") into a response message, it SHOULD also place
            //# any records of the other address type with the same name into the
            //# additional section, if there is space in the message.
            RData::A(_) | RData::Aaaa(_) => (Some(record.name), &ADDRESS_TYPES[..]),
            RData::Cname(_)
            | RData::Txt(_)
            | RData::Hinfo(_)
            | RData::Nsec(_)
            | RData::Opaque { .. } => return,
            _ => return,
        };
        let Some(name) = name else { return };
        let owned: SmallList<Owned, 8> = SmallList::from_slice(self.responder.of_name(name));
        for &rtype in types {
            self.plan_set(&owned, rtype, answers);
        }
    }

    /// Plans the records of a type among those of a name if they may be said unasked, and what follows
    /// from them.
    fn plan_set(&mut self, owned: &[Owned], rtype: RecordType, answers: &[RecordId]) {
        let of_type = owned.iter().filter(|owned| owned.rtype == rtype);
        let ids = of_type.map(|owned| owned.id);
        if !self.may_add(ids.clone(), rtype) {
            return;
        }
        for id in ids {
            let section = match self.is_answer(id, answers) {
                true => Section::Answer,
                false => Section::Additional,
            };
            if self.plan_one(id, section) && rtype == RecordType::SRV {
                self.plan_additional(id, answers);
            }
        }
    }

    /// Returns whether a record is one of those for which the packet is made.
    fn is_answer(&self, id: RecordId, answers: &[RecordId]) -> bool {
        match self.to {
            Audience::Group { now, .. } => self.responder.is_due_on(id, self.link, now),
            Audience::Host | Audience::LegacyHost => answers.contains(&id),
        }
    }

    /// Returns whether the records of a set may be said unasked: all of them, since a unique set is
    /// said as a whole, and not one within a second of the last time. Only the addresses of a host
    /// may be said once more in each packet of the answer that says them.
    fn may_add(&self, mut ids: impl Iterator<Item = RecordId>, rtype: RecordType) -> bool {
        let Audience::Group { now, burst } = self.to else {
            return true;
        };
        let is_address = ADDRESS_TYPES.contains(&rtype);
        let may = |on: &OnLink| on.is_free(now) || (is_address && on.burst == burst);
        ids.all(|id| {
            let record = self.responder.record(id);
            record.and_then(|own| own.on(self.link)).is_none_or(may)
        })
    }
}

/// SRV, TXT: where a PTR record leads. The addresses follow from the SRV record.
const SERVICE_TYPES: [RecordType; 2] = [RecordType::SRV, RecordType::TXT];
/// A, AAAA, and the record that denies the missing one of them.
const ADDRESS_TYPES: [RecordType; 3] = [RecordType::A, RecordType::AAAA, RecordType::NSEC];
/// Further records are not examined: no packet holds more.
pub(super) const RECORDS_PER_PACKET_MAX: usize = 512;
/// The type, class, TTL and length of a record, in bytes.
pub(super) const RECORD_LEN: usize = 10;
