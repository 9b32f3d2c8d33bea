//! No name is used without real probing.
//!
//! In:  what left each peer, by address family.
//! Out: a panic if a peer uses a name as its own before three probes for it have left there. RFC
//!      6762 sections 8.1 (three probes, and 250 ms after the last) and 10.2 (the cache-flush bit).

use std::collections::{BTreeMap, VecDeque};

use cooee_proto::link::Family;
use cooee_proto::time::Instant;
use cooee_wire::{Message, Name};

use super::LINKS;
use super::keys::KEY;
use crate::ms;
use crate::recording::Transmission;

/// A peer, a link, whether it is IPv4, and a name.
type Claim = (usize, usize, bool, u64);

/// The last probes that have left.
#[derive(Default)]
pub(super) struct Probed(BTreeMap<Claim, VecDeque<Instant>>);

impl Probed {
    /// Takes a message that a peer has sent.
    pub(super) fn take(&mut self, peer: usize, link: usize, sent: &Transmission) {
        let Ok(message) = Message::parse(sent.bytes()) else {
            return;
        };
        let families = sent.packets.iter().map(|packet| {
            let family = Family::of(packet.destination.ip());
            matches!(family, Family::V4)
        });
        for v4 in families {
            if message.header().flags.is_response() {
                self.check(sent.at, (peer, link, v4), &message);
            } else if message.header().counts.authorities > 0 {
                self.note(sent.at, (peer, link, v4), &message);
            }
        }
    }

    /// A peer is on a link again, or with other names: its earlier probes there do not count.
    pub(super) fn forget(&mut self, peer: usize, link: usize) {
        self.0.retain(|claim, _| (claim.0, claim.1) != (peer, link));
    }

    fn note(&mut self, at: Instant, (peer, link, v4): (usize, usize, bool), message: &Message<'_>) {
        for question in message.questions().flatten() {
            let Ok(name) = question.name.fold_hash(KEY) else {
                continue;
            };
            let probes = self.0.entry((peer, link, v4, name)).or_default();
            probes.push_back(at);
            if probes.len() > PROBES {
                probes.pop_front();
            }
        }
    }

    fn check(&self, at: Instant, (peer, link, v4): (usize, usize, bool), message: &Message<'_>) {
        for (_, record) in message.records().flatten() {
            let Ok(name) = record.name.to_name() else {
                continue;
            };
            if !record.cache_flush || record.ttl.is_goodbye() || !is_local(&name) {
                continue;
            }
            let probes = self.0.get(&(peer, link, v4, name.fold_hash(KEY)));
            let is_probed = probes.is_some_and(|probes| {
                let last = probes.back().map(|last| *last + ms(250));
                probes.len() == PROBES && last.is_some_and(|last| last <= at)
            });
            assert!(
                is_probed,
                "p{peer} uses {name} on {} over IPv{} before its probes have left, at {at:?}: {probes:?}",
                LINKS[link],
                if v4 { 4 } else { 6 }
            );
        }
    }
}

/// Returns whether a name is one that hosts claim; names of addresses are shared by all programs of
/// a host.
fn is_local(name: &Name) -> bool {
    name.labels()
        .last()
        .is_some_and(|label| label.eq_ignore_ascii_case(b"local"))
}

/// How many probes there are.
const PROBES: usize = 3;
