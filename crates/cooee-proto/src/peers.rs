//! Hosts that are remembered, by link and address: up to a limit, the latest first.
//!
//! In:  hosts that are heard or answered, and data about each.
//! Out: the data of one; which one was used longest ago.

use alloc::vec::Vec;
use core::net::IpAddr;

use hashbrown::HashTable;
use slab::Slab;

use crate::collections::{id_of, mix};
use crate::link::LinkId;
use crate::linked_order::{Linked, LinkedOrder, OrderLinks};
use crate::time::Instant;

/// A host on a link, with any port.
pub(crate) type PeerAddr = (LinkId, IpAddr);

/// Hosts, each with its data. A call costs one look-up, for any input.
pub(crate) struct Peers<T> {
    key: u64,
    table: HashTable<u32>,
    peers: Slab<Peer<T>>,
    /// By the time of their last use.
    order: LinkedOrder,
}

struct Peer<T> {
    who: PeerAddr,
    order_links: OrderLinks,
    last: Instant,
    known: T,
}

impl<T> Linked for Peer<T> {
    fn order_links(&mut self) -> &mut OrderLinks {
        &mut self.order_links
    }
}

impl<T> Peers<T> {
    pub(crate) fn new(key: u64) -> Self {
        Self {
            key,
            table: HashTable::new(),
            peers: Slab::new(),
            order: LinkedOrder::default(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    /// Returns the data of a host, which is now the one used last.
    #[inline]
    pub(crate) fn call(&mut self, now: Instant, who: PeerAddr) -> Option<&mut T> {
        let id = self.find(who)?;
        self.order.push_back(&mut self.peers, id);
        let peer = self.peers.get_mut(id as usize)?;
        peer.last = now;
        Some(&mut peer.known)
    }

    /// Returns the data of a host, which keeps its position among the others.
    pub(crate) fn get(&self, who: PeerAddr) -> Option<&T> {
        let id = self.find(who)?;
        self.peers.get(id as usize).map(|peer| &peer.known)
    }

    /// Adds a host that is not there, as the one used last.
    pub(crate) fn add(&mut self, now: Instant, who: PeerAddr, known: T) {
        let slot = self.peers.insert(Peer {
            who,
            order_links: OrderLinks::default(),
            last: now,
            known,
        });
        let id = id_of(slot);
        let (key, peers) = (self.key, &self.peers);
        self.table.insert_unique(hash_of(key, who), id, |other| {
            peers
                .get(*other as usize)
                .map_or(0, |peer| hash_of(key, peer.who))
        });
        self.order.push_back(&mut self.peers, id);
    }

    /// Returns when the host used longest ago was used.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        let oldest = self.peers.get(self.order.front()? as usize);
        oldest.map(|peer| peer.last)
    }

    /// Forgets the host used longest ago.
    pub(crate) fn forget_oldest(&mut self) {
        if let Some(oldest) = self.order.front() {
            self.forget(oldest);
        }
    }

    /// Forgets a host. Returns its data.
    pub(crate) fn remove(&mut self, who: PeerAddr) -> Option<T> {
        let id = self.find(who)?;
        self.forget(id)
    }

    /// Forgets all hosts on a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        let on_link = |(id, peer): (usize, &Peer<T>)| (peer.who.0 == link).then_some(id);
        let gone: Vec<usize> = self.peers.iter().filter_map(on_link).collect();
        for id in gone.into_iter().filter_map(|id| u32::try_from(id).ok()) {
            self.forget(id);
        }
    }

    fn find(&self, who: PeerAddr) -> Option<u32> {
        let is_it = |id: &u32| {
            let peer = self.peers.get(*id as usize);
            peer.is_some_and(|peer| peer.who == who)
        };
        self.table.find(hash_of(self.key, who), is_it).copied()
    }

    fn forget(&mut self, id: u32) -> Option<T> {
        self.order.take_out(&mut self.peers, id);
        let peer = self.peers.try_remove(id as usize)?;
        let found = self
            .table
            .find_entry(hash_of(self.key, peer.who), |other| *other == id);
        if let Ok(found) = found {
            found.remove();
        }
        Some(peer.known)
    }
}

/// Keyed, so that nobody can choose addresses that collide.
pub(crate) fn hash_of(key: u64, (link, ip): PeerAddr) -> u64 {
    let [high, low] = match ip {
        IpAddr::V4(v4) => [1 << 32, u64::from(u32::from(v4))],
        IpAddr::V6(v6) => {
            let bits = u128::from(v6);
            [(bits >> 64) as u64, bits as u64]
        }
    };
    mix(mix(mix(key ^ u64::from(link.0)) ^ high) ^ low)
}
