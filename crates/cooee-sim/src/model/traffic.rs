//! Checks the traffic on the links as it is sent.
//!
//! In:  every transmission, once.
//! Out: a panic if a peer sends what it must not; who sent what last, for other checks. RFC 6762
//!      sections 6 (one second between multicasts), 8.1 (probing) and 11 (off the link).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_wire::{Message, Name, QuestionRef, RData, RecordRef, RecordType, Section};

use super::cadence::Cadence;
use super::keys::{KEY, mixed};
use super::letter::type_name;
use super::peer::TTL_MAX;
use super::probed::Probed;
use super::voices::Voices;
use super::{LINKS, host_of, peer_of};
use crate::recording::Transmission;
use crate::{ms, secs};

/// A peer and a link.
pub(super) type Place = (usize, usize);

/// The traffic so far.
#[derive(Default)]
pub(super) struct Traffic {
    /// How many transmissions were looked at.
    pub(super) seen: usize,
    /// When a peer last multicast a record.
    multicast: BTreeMap<(Place, u64), Instant>,
    /// When a peer last multicast a unique record of a name and type.
    spoken: BTreeMap<(Place, u64, u16), Instant>,
    /// When a peer last probed for a name with the same records.
    probed: BTreeMap<(Place, u64), Instant>,
    /// The probes of a peer in the last ten seconds.
    recent: BTreeMap<Place, VecDeque<Instant>>,
    /// When anybody last probed for a name on a link.
    disputed: BTreeMap<(usize, u64), Instant>,
    /// Until when a record that was sent on a link may be believed.
    believed: BTreeMap<(usize, u64), Instant>,
    /// When a hostile host last sent anything.
    pub(super) lied: Option<Instant>,
    voices: Voices,
    pub(super) cadence: Cadence,
    pub(super) left: Probed,
}

impl Traffic {
    /// Processes the next transmission.
    pub(super) fn take(&mut self, transmission: &Transmission) {
        self.seen += 1;
        if transmission.host.is_none() {
            self.lied = Some(transmission.at);
        }
        assert!(!transmission.off_link, "off the link: {transmission:?}");
        let link = LINKS.iter().position(|link| **link == *transmission.link);
        let link = link.expect("a link of the model");
        let Ok(message) = Message::parse(transmission.bytes()) else {
            return;
        };
        let peer = transmission.host.as_deref().and_then(peer_of);
        let at = transmission.at;
        if let Some(peer) = peer {
            self.left.take(peer, link, transmission);
        }
        self.cadence.take(link, transmission, &message);
        if transmission.is_multicast() {
            let host = transmission.host.as_deref().and_then(host_of);
            self.voices.take(at, link, host, &message);
        }
        if message.header().flags.is_response() {
            let said = message.records().flatten();
            let (mut anew, mut again) = (false, false);
            for (section, record) in said {
                let Some(identity) = identity_of(&record) else {
                    continue;
                };
                self.believe(at, link, identity, record.ttl.as_secs());
                if let (RecordType::A | RecordType::AAAA, Ok(data)) = (record.rtype, record.data())
                {
                    let address = data.fold_hash(KEY).unwrap_or(0);
                    self.believe(at, link, mixed(0, address), record.ttl.as_secs());
                }
                if let Some(peer) = peer.filter(|_| transmission.is_multicast()) {
                    let repeated = self.say(at, (peer, link), identity, (section, &record));
                    anew |= !repeated;
                    again |= repeated;
                }
            }
            assert!(anew || !again, "{message:?} says nothing new at {at:?}");
        } else if message.header().counts.authorities > 0 {
            for question in message.questions().flatten() {
                let Ok(name) = question.name.fold_hash(KEY) else {
                    continue;
                };
                self.disputed.insert((link, name), at);
                if let Some(peer) = peer {
                    // Two services of one host may try one name after each other.
                    let claim = mixed(name, proposal(&message, &question));
                    self.probe(at, (peer, link), claim, &question);
                }
            }
        }
    }

    /// A host has restarted: it does not know what it sent before.
    pub(super) fn forget(&mut self, peer: usize) {
        self.multicast.retain(|(place, _), _| place.0 != peer);
        self.cadence.forget(peer);
        for link in 0..LINKS.len() {
            self.left.forget(peer, link);
        }
        self.forget_probes(peer);
    }

    /// A user has changed what a host claims: it may probe again.
    pub(super) fn forget_probes(&mut self, peer: usize) {
        self.probed.retain(|(place, _), _| place.0 != peer);
        self.recent.retain(|place, _| place.0 != peer);
    }

    /// Returns when a peer last multicast a unique record of a name and type.
    pub(super) fn last_spoken(
        &self,
        place: Place,
        name: &Name,
        rtype: RecordType,
    ) -> Option<Instant> {
        let key = (place, name.fold_hash(KEY), rtype.0);
        self.spoken.get(&key).copied()
    }

    /// Returns whether a record can still be in anybody's cache on a link; of any name if none is
    /// given.
    pub(super) fn is_believed(
        &self,
        now: Instant,
        link: usize,
        name: Option<&Name>,
        data: &RData,
    ) -> bool {
        let name = name.map_or(0, |name| name.fold_hash(KEY));
        let until = self.believed.get(&(link, mixed(name, data.fold_hash(KEY))));
        until.is_some_and(|until| *until + DELIVERY_MAX >= now)
    }

    /// Returns when a peer first asked for instances on a link, from a time on.
    pub(super) fn first_asked(&self, peer: usize, link: usize, from: Instant) -> Option<Instant> {
        self.voices.first_asked(peer, link, from)
    }

    /// Returns when a host last said that an instance is there.
    pub(super) fn pointed(&self, host: usize, link: usize, instance: &Name) -> Option<Instant> {
        let name = type_name().fold_hash(KEY);
        let data = RData::Ptr(instance.clone()).fold_hash(KEY);
        self.voices
            .said(host, (link, mixed(name, data), RecordType::PTR.0))
    }

    /// Returns when a host last said a record of a name and type.
    pub(super) fn said(
        &self,
        host: usize,
        link: usize,
        name: &Name,
        rtype: RecordType,
    ) -> Option<Instant> {
        self.voices.said(host, (link, name.fold_hash(KEY), rtype.0))
    }

    /// Returns when any other host last said a record of a name.
    pub(super) fn others_on(&self, link: usize, name: &Name, owner: usize) -> Option<Instant> {
        self.voices.others_on(link, name.fold_hash(KEY), owner)
    }

    fn believe(&mut self, at: Instant, link: usize, identity: u64, ttl_secs: u32) {
        let ttl = Duration::from_secs(ttl_secs.min(TTL_MAX.as_secs()).into());
        let until = self.believed.entry((link, identity)).or_insert(at);
        *until = (*until).max(at + ttl);
    }

    /// Returns a peer sends a record. Returns whether the previous packet of the same answer also
    /// contained it.
    fn say(
        &mut self,
        at: Instant,
        place: Place,
        identity: u64,
        (section, record): (Section, &RecordRef<'_>),
    ) -> bool {
        // A goodbye says something else than the record that it ends: that it no longer exists. RFC
        // 6762 section 10.1 wants it sent at any time, and returns a second in which the record may
        // be sent again before caches delete it.
        if record.ttl.is_goodbye() {
            return false;
        }
        let Ok(name) = record.name.fold_hash(KEY) else {
            return false;
        };
        if record.cache_flush {
            self.spoken.insert((place, name, record.rtype.0), at);
        }
        let Some(last) = self.multicast.insert((place, identity), at) else {
            return false;
        };
        let probe = self.disputed.get(&(place.1, name));
        let defends = probe.is_some_and(|probe| at.saturating_since(*probe) <= DEFENCE_WITHIN);
        let gap_min = if defends { ms(250) } else { secs(1) };
        let gap = at.saturating_since(last);
        // The packets of one answer are made at one moment, and each may bring the addresses along.
        let is_address = matches!(
            record.rtype,
            RecordType::A | RecordType::AAAA | RecordType::NSEC
        );
        let goes_along = is_address && section == Section::Additional;
        assert!(
            gap >= gap_min || (goes_along && gap.is_zero()),
            "p{} multicast a record on {} twice within {gap:?}: {record}",
            place.0,
            LINKS[place.1]
        );
        gap.is_zero()
    }

    fn probe(&mut self, at: Instant, place: Place, claim: u64, question: &QuestionRef<'_>) {
        if let Some(last) = self.probed.insert((place, claim), at) {
            let gap = at.saturating_since(last);
            assert!(
                gap >= ms(250),
                "p{} probed on {} twice within {gap:?}: {question}, at {at:?}",
                place.0,
                LINKS[place.1]
            );
        }
        let recent = self.recent.entry(place).or_default();
        recent.push_back(at);
        while recent.front().is_some_and(|first| *first + secs(10) < at) {
            recent.pop_front();
        }
        assert!(
            recent.len() <= PROBES_MAX,
            "p{} probed {} times within ten seconds",
            place.0,
            recent.len()
        );
    }
}

/// Returns the records that a probe proposes for the name in question.
fn proposal(message: &Message<'_>, question: &QuestionRef<'_>) -> u64 {
    let proposed = message.authorities().flatten();
    let of_name = proposed.filter(|record| record.name.matches_ref(&question.name));
    let data = of_name.filter_map(|record| record.data().ok()?.fold_hash(KEY).ok());
    data.fold(0, |all, data| all ^ data)
}

fn identity_of(record: &RecordRef<'_>) -> Option<u64> {
    let name = record.name.fold_hash(KEY).ok()?;
    let data = record.data().ok()?.fold_hash(KEY).ok()?;
    Some(mixed(name, data))
}

/// The longest time a packet is in transit.
const DELIVERY_MAX: Duration = secs(2);
/// How long after a probe an answer to it may come: a copy of the probe may be late by a second.
const DEFENCE_WITHIN: Duration = ms(1_500);
/// Three probes for each claim of a peer and each conflict before it has to slow down, and for two
/// slow attempts of each claim.
const PROBES_MAX: usize = 3 * (super::CLAIMS_MAX + 15 + 2 * super::CLAIMS_MAX);
