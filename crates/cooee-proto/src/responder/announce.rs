//! The life of a record on a link: from its first announcement to its goodbye.
//!
//! In:  claims established, disputed, withdrawn.
//! Out: announcements, goodbyes from the ledger of what was sent, NSEC records for missing types.
//!      RFC 6762 sections 6.1 (negative responses), 8.3, 8.4 and 10.1.

use alloc::vec::Vec;

use cooee_wire::{Nsec, RData, RecordType, Ttl, TypeBitmap};

use super::Responder;
use super::goodbyes::Goodbye;
use super::record::{OnLink, RecordId};
use crate::link::{Family, LinkId};
use crate::names::{NameId, Names};
use crate::registrations::OwnedRecord;
use crate::registrations::WithdrawalId;
use crate::time::Instant;
use crate::timing::CO_RESIDENT_TRUST;

impl Responder {
    /// Publishes a record on a link for one more registration.
    pub(crate) fn enter(&mut self, now: Instant, names: &mut Names, id: RecordId, link: LinkId) {
        let Some(record) = self.registry.get_mut(id) else {
            return;
        };
        if !record.is_valid_on(link) {
            return;
        }
        let name = record.name;
        let ended = self
            .recently_sent
            .last(now, names.name(name), &record.data, link);
        let on = record.enter(link);
        on.last = ended.max(on.last);
        on.live = on.live.saturating_add(1);
        if on.live == 1 && !on.is_yielded {
            self.forget_negative(names, name, link);
            self.outbox.announce(&mut self.registry, (link, id), now);
        }
    }

    /// Stops publishing a record on a link for one registration. After the last one it is gone
    /// there, without a goodbye: another host may have it.
    pub(crate) fn suspend(&mut self, names: &mut Names, id: RecordId, link: LinkId) {
        if self.leave(names, id, link) {
            if let Some(on) = self
                .registry
                .get_mut(id)
                .and_then(|record| record.on_mut(link))
            {
                on.end_life();
            }
        }
    }

    /// Withdraws records together on a link for one registration. Each that it was the last of gets
    /// a goodbye, if it was ever sent there, nothing replaces it, and no co-resident responder
    /// still announces it. `of` is the withdrawal that waits for them.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8.4
    //# In the case of unique records, a host
    //# SHOULD omit the "goodbye" announcement, since the cache-flush bit on
    //# the newly announced records will cause old rdata to be flushed from
    //# peer caches anyway.
    pub(crate) fn retire(
        &mut self,
        names: &mut Names,
        ids: &[RecordId],
        link: LinkId,
        of: Option<WithdrawalId>,
    ) {
        let gone: Vec<RecordId> = ids
            .iter()
            .copied()
            .filter(|&id| self.leave(names, id, link))
            .collect();
        for id in gone {
            let replaced = !self.registry.siblings(id, link).is_empty();
            let Some(record) = self.registry.get_mut(id) else {
                continue;
            };
            let (name, data) = (record.name, record.data.clone());
            let (unique, ttl, over) = (record.unique, record.ttl, record.over);
            let on = record.on_mut(link);
            let stays = on.as_ref().is_some_and(|on| on.announced_by_co_resident);
            let is_said = on.is_some_and(OnLink::end_life);
            //= https://www.rfc-editor.org/rfc/rfc6762#section-10.1
            //# In the case where a host knows that certain resource record data is
            //# about to become invalid (for example, when the host is undergoing a
            //# clean shutdown), the host SHOULD send an unsolicited Multicast DNS
            //# response packet, giving the same resource record name, rrtype,
            //# rrclass, and rdata, but an RR TTL of zero.
            if is_said && !replaced && !stays {
                let goodbye = Goodbye {
                    name: names.ours(name).clone(),
                    data,
                    unique,
                    ttl,
                    over,
                };
                self.goodbyes.say(link, goodbye, of);
            }
        }
    }

    /// Leaves a record out on a link, without a goodbye, because the publisher of the rest of the
    /// set excludes it there.
    pub(crate) fn yield_record(
        &mut self,
        now: Instant,
        names: &mut Names,
        id: RecordId,
        link: LinkId,
    ) {
        self.end_yield(id, link);
        let Some(record) = self.registry.get_mut(id) else {
            return;
        };
        let (name, on) = (record.name, record.enter(link));
        let until = now + CO_RESIDENT_TRUST;
        on.is_yielded = true;
        on.end_life();
        self.yielded.add(until, (link, id));
        self.outbox.drop_record(&mut self.registry, link, id);
        self.forget_negative(names, name, link);
    }

    /// Publishes a record again that was left out on a link.
    pub(crate) fn reclaim(&mut self, now: Instant, names: &mut Names, id: RecordId, link: LinkId) {
        if !self.end_yield(id, link) {
            return;
        }
        let record = self.registry.get(id);
        if let Some(record) = record.filter(|record| record.is_live_on(link)) {
            self.forget_negative(names, record.name, link);
            self.outbox.announce(&mut self.registry, (link, id), now);
        }
    }

    /// Ends the omission of a record on a link, without announcing it. Returns whether it was left
    /// out.
    pub(crate) fn end_yield(&mut self, id: RecordId, link: LinkId) -> bool {
        let record = self.registry.get_mut(id);
        let Some(on) = record.and_then(|record| record.on_mut(link)) else {
            return false;
        };
        if !core::mem::take(&mut on.is_yielded) {
            return false;
        }
        self.yielded.remove((link, id));
        true
    }

    /// Returns a record that has been left out for long, with its link; the caller ends that.
    pub(crate) fn yielded_long(&self, now: Instant) -> Option<(LinkId, RecordId)> {
        let (until, on) = self.yielded.first()?;
        (until <= now).then_some(on)
    }

    /// Announces the rest of a unique set from which a record was removed. If the rest consists
    /// only of records that were left out, those are published: nobody shares the set any more.
    pub(crate) fn reannounce_siblings(
        &mut self,
        now: Instant,
        names: &mut Names,
        id: RecordId,
        link: LinkId,
    ) {
        let siblings = self.registry.siblings(id, link);
        for &sibling in &siblings {
            self.outbox
                .announce(&mut self.registry, (link, sibling), now);
        }
        let Some(record) = self.registry.get(id).filter(|_| siblings.is_empty()) else {
            return;
        };
        let (name, rtype) = (record.name, record.data.rtype());
        for owned in self.registry.of_name(name).to_vec() {
            if owned.rtype == rtype {
                self.reclaim(now, names, owned.id, link);
            }
        }
    }

    /// Returns the NSEC record with the types that a name has on a link, for the family over which it
    /// is claimed; it is created at the first use.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
    //# To help differentiate these synthesized NSEC records (generated
    //# programmatically on-the-fly) from conventional Unicast DNS NSEC
    //# records (which actually exist in a signed DNS zone), the synthesized
    //# Multicast DNS NSEC records MUST NOT have the NSEC bit set in the Type
    //# Bit Map, whereas conventional Unicast DNS NSEC records do have the
    //# NSEC bit set.
    pub(crate) fn negative(
        &mut self,
        now: Instant,
        names: &mut Names,
        (name, over): (NameId, Option<Family>),
        link: LinkId,
    ) -> RecordId {
        if let Some(&id) = self.negatives.get(&(name, link)) {
            return id;
        }
        let live: Vec<(RecordType, Ttl)> = self
            .live(name, link)
            .map(|record| (record.data.rtype(), record.ttl))
            .collect();
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
        //# Consequently, if a Multicast DNS responder were
        //# to have records with rrtypes above 255, it MUST NOT generate these
        //# restricted-form NSEC records for those names, since to do so would
        //# imply that the name has no records with rrtypes above 255, which
        //# would be false.
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
        //# In such cases a Multicast DNS responder MUST either
        //# (a) emit no NSEC record for that name, or (b) emit a full NSEC record
        //# containing the appropriate Type Bit Map block(s) with the correct
        //# bits set for all the record types that exist.
        let types = TypeBitmap::from_types(live.iter().map(|&(rtype, _)| rtype));
        let ttl = live
            .iter()
            .map(|&(_, ttl)| ttl)
            .min_by_key(|ttl| ttl.as_secs());
        let owner = names.ours(name).clone();
        let record = OwnedRecord {
            name: owner.clone(),
            ttl: ttl.unwrap_or(NEGATIVE_TTL),
            unique: true,
            data: RData::Nsec(Nsec { next: owner, types }),
            link: Some(link),
        };
        let id = self.registry.hold(&record, over, names);
        if let Some(record) = self.registry.get_mut(id) {
            let before = self
                .recently_sent
                .last(now, names.name(name), &record.data, link);
            let on = record.enter(link);
            (on.live, on.last) = (1, before.max(on.last));
        }
        self.negatives.insert((name, link), id);
        id
    }

    /// Creates the NSEC record of a host that has addresses of one family only, so that it is sent
    /// with them.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
    //# In the event that a device has only IPv4 addresses but no IPv6
    //# addresses, or vice versa, then the appropriate NSEC record SHOULD be
    //# placed into the additional section, so that queriers can know with
    //# certainty that the device has no addresses of that kind.
    pub(crate) fn deny_missing_family(
        &mut self,
        now: Instant,
        names: &mut Names,
        (name, over): (NameId, Option<Family>),
        link: LinkId,
    ) {
        let has = |wanted| {
            self.live(name, link)
                .any(|record| record.data.rtype() == wanted)
        };
        //= https://www.rfc-editor.org/rfc/rfc6762#section-6.2
        //# Other Multicast DNS responders may treat this case as logically two
        //# interfaces (one with one or more IPv4 addresses, and the other with
        //# one or more IPv6 addresses), but responders that operate this way
        //# MUST NOT put the corresponding automatic NSEC records in replies they
        //# send (i.e., a negative IPv4 assertion in their IPv6 responses, and a
        //# negative IPv6 assertion in their IPv4 responses) because this would
        //# cause incorrect operation in responders on the network that work the
        //# former way.
        if has(RecordType::A) != has(RecordType::AAAA) {
            self.negative(now, names, (name, over), link);
        }
    }

    /// Returns whether a name has a record of a type on a link; every type counts for ANY.
    pub(crate) fn live(
        &self,
        name: NameId,
        link: LinkId,
    ) -> impl Iterator<Item = &super::record::OwnRecord> {
        let ids = self.registry.of_name(name).iter();
        ids.filter_map(|owned| self.registry.get(owned.id))
            .filter(move |record| {
                record.is_live_on(link) && record.data.rtype() != RecordType::NSEC
            })
    }

    /// Removes a registration that publishes a record on a link. Returns whether it was the last.
    fn leave(&mut self, names: &mut Names, id: RecordId, link: LinkId) -> bool {
        let Some(record) = self.registry.get_mut(id) else {
            return false;
        };
        let name = record.name;
        let Some(on) = record.on_mut(link) else {
            return false;
        };
        on.live = on.live.saturating_sub(1);
        if on.live > 0 {
            return false;
        }
        self.outbox.drop_record(&mut self.registry, link, id);
        self.forget_negative(names, name, link);
        true
    }

    fn forget_negative(&mut self, names: &mut Names, name: NameId, link: LinkId) {
        let Some(id) = self.negatives.remove(&(name, link)) else {
            return;
        };
        self.outbox.drop_record(&mut self.registry, link, id);
        self.release(names, id);
    }

    /// Adds a registration to a record, which is published nowhere yet, over both families or one.
    pub(crate) fn hold(
        &mut self,
        names: &mut Names,
        record: &OwnedRecord,
        over: Option<Family>,
    ) -> RecordId {
        self.registry.hold(record, over, names)
    }

    /// Removes a registration that holds a record; the last one removes the record, with everything
    /// that was to be sent of it.
    pub(crate) fn release(&mut self, names: &mut Names, id: RecordId) {
        if let Some(record) = self.registry.release(id) {
            let name = names.name(record.name);
            for on in &record.on_links {
                self.outbox.forget_all(on, id);
                self.recently_sent.note(name, &record.data, on);
                if on.is_yielded {
                    self.yielded.remove((on.link, id));
                }
            }
            names.release(record.name);
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6.1
//# In general, the TTL given for an NSEC record
//# SHOULD be the same as the TTL that the record would have had, had it
//# existed.
const NEGATIVE_TTL: Ttl = Ttl(120);
