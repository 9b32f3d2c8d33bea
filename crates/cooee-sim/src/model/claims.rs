//! Who holds which name: never two for long, once they can hear each other.
//!
//! In:  the names that peers hold, who can hear whom, who has sent data about a name.
//! Out: a panic if two keep holding one name. RFC 6762 section 9: a conflict shows when one of the
//!      two sends a packet.

use std::collections::BTreeMap;
use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_wire::{Name, RecordType};

use super::{LINKS, Model, PEERS, Peer, peer_name};
use crate::secs;

/// Two peers that hold one name on one link.
type Contest = (usize, usize, usize, Name);

/// Since when peers can hear each other, and which names they both hold.
#[derive(Default)]
pub(super) struct Claims {
    /// Since when two peers are connected on a link.
    together: BTreeMap<(usize, usize, usize), Instant>,
    /// When one of the two first sent data about the name after both held it and were connected.
    contests: BTreeMap<Contest, Option<Instant>>,
}

impl Model {
    /// Records who can hear whom, from now on.
    pub(super) fn note_connections(&mut self) {
        let now = self.world.now();
        for (a, b, link) in pairs() {
            let connected = self.can_hear(a, b, link);
            let together = &mut self.claims.together;
            if connected {
                // Until a link is tried again, packets may leave over one family only.
                let tried = [a, b].map(|peer| self.traffic.cadence.tried_again(peer, link));
                let since = tried.into_iter().fold(now, Instant::max);
                together.entry((a, b, link)).or_insert(since);
            } else {
                together.remove(&(a, b, link));
            }
        }
    }

    /// Checks that no two peers have held one name for ten seconds while they could hear each
    /// other.
    pub(super) fn check_claims(&mut self) {
        let now = self.world.now();
        let mut contests = std::mem::take(&mut self.claims.contests);
        let mut going_on = BTreeMap::new();
        for (a, b, link) in pairs() {
            let Some(&together) = self.claims.together.get(&(a, b, link)) else {
                continue;
            };
            for (name, held) in self.held_by_both(a, b) {
                let since = together.max(held);
                let spoken = self.last_conflict(a, b, link, &name);
                let key = (a, b, link, name);
                let known = contests.remove(&key).flatten();
                let first = known.filter(|first| *first >= since);
                let first = first.or(spoken.filter(|at| *at >= since));
                let lasted = first.map_or(Duration::ZERO, |first| now.saturating_since(first));
                assert!(
                    lasted <= CONTEST_MAX,
                    "p{a} and p{b} have both held {} on {} for {lasted:?}",
                    key.3,
                    LINKS[link]
                );
                going_on.insert(key, first);
            }
        }
        self.claims.contests = going_on;
    }

    fn held_by_both(&self, a: usize, b: usize) -> Vec<(Name, Instant)> {
        let (of_a, of_b) = (self.held(a), self.held(b));
        of_a.into_iter()
            .filter_map(|(name, since)| Some((name.clone(), since.max(*of_b.get(&name)?))))
            .collect()
    }

    /// The names that a peer holds, and since when.
    fn held(&self, peer: usize) -> BTreeMap<Name, Instant> {
        let node: &Peer = self.world.node(&peer_name(peer));
        let services = node.services.values();
        let services = services.map(|(name, since)| (name.name().clone(), *since));
        services.chain(node.host.clone()).collect()
    }

    /// Returns when one of two peers last sent a record for which the other has other data: a port,
    /// or an address of a family that both have. Attributes may be equal.
    fn last_conflict(&self, a: usize, b: usize, link: usize, name: &Name) -> Option<Instant> {
        let (a4, a6) = self.families(a, link);
        let (b4, b6) = self.families(b, link);
        let telling = [
            (RecordType::SRV, true),
            (RecordType::A, a4 && b4),
            (RecordType::AAAA, a6 && b6),
        ];
        let types = telling.into_iter().filter(|(_, tells)| *tells);
        let said = types.flat_map(|(rtype, _)| {
            [a, b].map(|peer| self.traffic.last_spoken((peer, link), name, rtype))
        });
        said.flatten().max()
    }

    /// Returns whether two peers hear everything that the other sends on a link.
    fn can_hear(&self, a: usize, b: usize, link: usize) -> bool {
        let on = |peer: usize| {
            let state = &self.peers[peer];
            state.alive && !state.asleep && state.plugged[link] && !self.refused[peer][link]
        };
        let ((a4, a6), (b4, b6)) = (self.families(a, link), self.families(b, link));
        on(a)
            && on(b)
            && (a4 && b4 || a6 && b6)
            && !self.lossy[link]
            && !self.parted.contains(&(link, a, b))
    }

    /// Returns whether a peer has an IPv4 address on a link, and whether it has an IPv6 address.
    fn families(&self, peer: usize, link: usize) -> (bool, bool) {
        let addresses = self.world.addresses(&peer_name(peer), LINKS[link]);
        let has = |v4| addresses.iter().any(|own| own.ip.is_ipv4() == v4);
        (has(true), has(false))
    }
}

fn pairs() -> impl Iterator<Item = (usize, usize, usize)> {
    let pairs = (0..PEERS).flat_map(|a| (a + 1..PEERS).map(move |b| (a, b)));
    pairs.flat_map(|(a, b)| (0..LINKS.len()).map(move |link| (a, b, link)))
}

/// How long two peers may continue after one of them has sent a packet.
const CONTEST_MAX: Duration = secs(10);
