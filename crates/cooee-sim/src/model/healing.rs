//! A lie heals: after hostile hosts stop, browsers know again who is there.
//!
//! In:  who hears whom, who has sent what, what the browsers know.
//! Out: a panic if a browser does not know a living service in time, or does not know exactly its
//!      owner's data after the owner has sent it.
//!
//! A browser must know a service from the time when it knew of it, asked for its type, or received
//! it, as long as browser and owner hear each other. Hostile hosts may hide it, but at most for
//! [`HEALS_WITHIN`] after they have stopped; data from the owner itself heals at once.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::time::Instant;
use cooee_wire::{Name, RecordType};

use super::bounds::{HEALED_WITHIN, HEALS_WITHIN};
use super::peer::{limits, port_of};
use super::truth::strings;
use super::{FOREIGNERS, LINKS, Model, PEERS, Peer, foreign_name, peer_name, service};
use crate::{ms, secs};

/// A browser, an owner and a link.
type Way = (usize, usize, usize);

/// Who hears whom, and which services browsers must know.
#[derive(Default)]
pub(super) struct Healing {
    clear: BTreeMap<Way, Clear>,
    /// What a browser must know of a service on a link.
    duties: BTreeMap<(usize, usize, Name), Duty>,
}

/// What a browser must know of a service on a link.
#[derive(Clone, Copy, Default)]
struct Duty {
    /// Since when it must know it.
    owed: Option<Instant>,
    /// Since when its owner has sent everything about it without being contradicted.
    heard: Option<Instant>,
}

/// Two hosts hear everything that the other sends.
struct Clear {
    since: Instant,
    addresses: [Vec<IpAddr>; 2],
}

/// A service that somebody offers.
pub(super) struct Living {
    pub(super) owner: usize,
    pub(super) name: Name,
    host: Name,
    port: u16,
    txt: Vec<Vec<u8>>,
    /// Since when its owner has its name.
    pub(super) won: Instant,
    /// Since when it has its present data.
    since: Instant,
}

impl Model {
    /// Records who hears whom well, from now on.
    pub(super) fn note_clear(&mut self) {
        let now = self.world.now();
        for browser in 0..PEERS {
            for owner in 0..PEERS + FOREIGNERS {
                for link in 0..links_of(owner) {
                    let addresses = [browser, owner].map(|host| self.ips(host, link));
                    let hears = self.hears_well(browser, owner, link);
                    let clear = &mut self.healing.clear;
                    let known = clear.get(&(browser, owner, link));
                    if !hears {
                        clear.remove(&(browser, owner, link));
                    } else if known.is_none_or(|known| known.addresses != addresses) {
                        // Until a link is tried again, packets may leave over one family only.
                        let cadence = &self.traffic.cadence;
                        let tried = [browser, owner].map(|host| cadence.tried_again(host, link));
                        let since = tried.into_iter().fold(now, Instant::max);
                        clear.insert((browser, owner, link), Clear { since, addresses });
                    }
                }
            }
        }
    }

    /// Records peers whose tables are full: what is refused for lack of room need not be known.
    pub(super) fn note_crowds(&mut self) {
        let limits = limits();
        for peer in (0..PEERS).filter(|peer| self.peers[*peer].alive) {
            let node: &Peer = self.world.node(&peer_name(peer));
            let refused = node.listener.stats().refused;
            let room = limits.instances_per_browse_max - limits.instances_per_browse_max / 8;
            let browses = self.peers[peer].browses.iter();
            let full = browses.map(|browse| node.listener.instances(*browse).len());
            let is_full = full.max().is_some_and(|known| known >= room);
            if is_full || refused != self.crowded[peer].1 {
                self.crowded[peer] = (self.world.now(), refused);
            }
        }
    }

    /// Returns since when a browser hears an owner on a link without disturbance.
    pub(super) fn clear_since(&self, browser: usize, owner: usize, link: usize) -> Option<Instant> {
        let clear = self.healing.clear.get(&(browser, owner, link));
        clear.map(|clear| clear.since)
    }

    /// Checks that every browser knows what it must know.
    pub(super) fn check_healing(&mut self) {
        let living = self.living();
        let mut duties = std::mem::take(&mut self.healing.duties);
        let mut going_on = BTreeMap::new();
        for browser in 0..PEERS {
            for service in &living {
                for link in 0..links_of(service.owner) {
                    let key = (browser, link, service.name.clone());
                    let before = duties.remove(&key).unwrap_or_default();
                    if let Some(duty) = self.check_duty(browser, link, service, before) {
                        going_on.insert(key, duty);
                    }
                }
            }
        }
        self.healing.duties = going_on;
    }

    /// Checks one service of one browser on one link. Returns what the browser must know of it from
    /// now on.
    fn check_duty(
        &self,
        browser: usize,
        link: usize,
        service: &Living,
        before: Duty,
    ) -> Option<Duty> {
        let now = self.world.now();
        let browsing = self.peers[browser].browsing_since?;
        let clear = self.clear_since(browser, service.owner, link)?;
        let crowded = self.crowded[browser].0;
        let start = clear.max(service.since).max(browsing).max(crowded);
        let knows = self.knows(browser, link, service);
        let owed = before.owed.filter(|owed| *owed >= start);
        let owed = owed.or_else(|| {
            // What was sent at that very moment may have been sent before it, and be lost.
            let after = start + ms(1);
            let asked = self.traffic.first_asked(browser, link, after);
            let reported = self.traffic.pointed(service.owner, link, &service.name);
            let reported = reported.filter(|at| *at >= after);
            let known = knows.then_some(now);
            [asked, reported, known].into_iter().flatten().min()
        });
        let disturbed = self.disturbed(link, service);
        let spoken = self.spoken_in_full(link, service);
        let spoken = spoken.filter(|at| *at >= start.max(disturbed) + FLUSH_WITHIN);
        // It was complete with the last of its records, not with the first.
        let heard = spoken.map(|_| before.heard.unwrap_or(now));
        let is_heard = heard.is_some_and(|at| now >= at + HEARD_WITHIN);
        let is_past = owed.is_some() && now >= start.max(disturbed) + HEALED_WITHIN;
        if is_heard || is_past {
            assert!(
                knows && self.knows_right(browser, link, service),
                "p{browser} does not know {} on {} as its owner says it, which was {}: {:?}",
                service.name,
                LINKS[link],
                if is_heard {
                    "heard"
                } else {
                    "lied about long ago"
                },
                self.services_named(browser, &service.name)
            );
        }
        let waited = owed.map_or(Duration::ZERO, |owed| {
            now.saturating_since(owed.max(disturbed))
        });
        assert!(
            knows || waited <= HEALS_WITHIN,
            "p{browser} does not know {} on {} again, {waited:?} after the last lie",
            service.name,
            LINKS[link]
        );
        Some(Duty { owed, heard })
    }

    /// The existing services whose names are not in dispute.
    pub(super) fn living(&self) -> Vec<Living> {
        let mut living = Vec::new();
        for foreign in 0..FOREIGNERS {
            for (&number, &txt) in &self.foreign[foreign].services {
                let held = service(foreign, number, txt);
                living.push(Living {
                    owner: PEERS + foreign,
                    name: held.name(),
                    host: held.host.clone(),
                    port: held.port,
                    txt: strings(txt),
                    won: self.foreign[foreign].changed[number],
                    since: self.foreign[foreign].changed[number],
                });
            }
        }
        for peer in (0..PEERS).filter(|peer| self.peers[*peer].alive) {
            let node: &Peer = self.world.node(&peer_name(peer));
            let Some((host, host_since)) = &node.host else {
                continue;
            };
            for held in &self.peers[peer].publications {
                if let Some((name, since)) = node.services.get(&held.request) {
                    living.push(Living {
                        owner: peer,
                        name: name.name().clone(),
                        host: host.clone(),
                        port: port_of(peer, held.port),
                        txt: strings(held.txt),
                        won: *since.max(host_since),
                        since: held.changed.max(*since).max(*host_since),
                    });
                }
            }
        }
        let claimed = |name: &Name, owner: usize| {
            living
                .iter()
                .filter(|other| other.owner != owner)
                .any(|other| other.name == *name || other.host == *name)
        };
        let disputed: Vec<bool> = living
            .iter()
            .map(|it| claimed(&it.name, it.owner) || claimed(&it.host, it.owner))
            .collect();
        let mut disputed = disputed.into_iter();
        living.retain(|_| !disputed.next().unwrap_or_default());
        living
    }

    /// Returns when a hostile host, or another host, last sent something about a service or its
    /// host.
    fn disturbed(&self, link: usize, service: &Living) -> Instant {
        let names = [&service.name, &service.host];
        let others = names.map(|name| self.traffic.others_on(link, name, service.owner));
        let others = others.into_iter().flatten().max();
        let lied = self.traffic.lied;
        others.max(lied).unwrap_or(self.world.began())
    }

    /// Returns when the owner had last sent each record of a service: the oldest of these times.
    fn spoken_in_full(&self, link: usize, service: &Living) -> Option<Instant> {
        let owner = service.owner;
        let said = |name, rtype| self.traffic.said(owner, link, name, rtype);
        let mut oldest = self.traffic.pointed(owner, link, &service.name)?;
        for rtype in [RecordType::SRV, RecordType::TXT] {
            oldest = oldest.min(said(&service.name, rtype)?);
        }
        for ip in self.ips(owner, link) {
            let rtype = if ip.is_ipv4() {
                RecordType::A
            } else {
                RecordType::AAAA
            };
            oldest = oldest.min(said(&service.host, rtype)?);
        }
        Some(oldest)
    }

    /// Returns whether every browse of a peer knows a service by an address of a link.
    pub(super) fn knows(&self, browser: usize, link: usize, service: &Living) -> bool {
        let id = self.world.link_id(&peer_name(browser), LINKS[link]);
        let known = self.services_named(browser, &service.name);
        known.iter().all(|known| {
            let known = known.as_ref();
            known.is_some_and(|known| known.addresses.iter().any(|own| own.link == id))
        })
    }

    /// Returns whether a peer knows what is true of a service on a link.
    pub(super) fn knows_right(&self, browser: usize, link: usize, service: &Living) -> bool {
        let id = self.world.link_id(&peer_name(browser), LINKS[link]);
        let [mine, truth] = [browser, service.owner].map(|host| self.ips(host, link));
        let known = self.services_named(browser, &service.name);
        known.into_iter().flatten().all(|known| {
            let on_link = known.addresses.iter().filter(|own| own.link == id);
            let addresses: Vec<IpAddr> = on_link.map(|own| own.ip).collect();
            // A host need not send anything about a family that it no longer has.
            let flushed = |ip: &&IpAddr| truth.iter().any(|own| own.is_ipv4() == ip.is_ipv4());
            // One address on several links is reported once, with the link on whose subnet it is.
            // Without such a link, a hostile host decides with which one, by saying it elsewhere
            // too. Connections do not depend on that, as they do with link-local addresses.
            let reported = |ip: &IpAddr| {
                let is_near = mine.iter().any(|own| own.is_ipv4() == ip.is_ipv4());
                addresses.contains(ip)
                    || (ip.is_ipv4() && !is_near && known.addresses.iter().any(|own| own.ip == *ip))
            };
            let right = addresses
                .iter()
                .filter(flushed)
                .all(|ip| truth.contains(ip))
                && truth.iter().all(reported);
            // Its user sees the data of the first link.
            let txt: Vec<Vec<u8>> = known.txt.strings().map(<[u8]>::to_vec).collect();
            let is_first = link == 0;
            let same = known.host == service.host && known.port == service.port;
            right && (!is_first || (same && txt == service.txt))
        })
    }

    /// Returns what each browse of a peer knows of a name.
    fn services_named(
        &self,
        browser: usize,
        name: &Name,
    ) -> Vec<Option<std::sync::Arc<cooee_proto::dnssd::service::Service>>> {
        let node: &Peer = self.world.node(&peer_name(browser));
        let of_browse = |browse: &RequestId| {
            let services = node.services(*browse);
            services
                .into_iter()
                .find(|known| known.instance.name() == name)
        };
        self.peers[browser].browses.iter().map(of_browse).collect()
    }

    /// Returns whether a browser and an owner hear everything that the other says, in calm weather.
    fn hears_well(&self, browser: usize, owner: usize, link: usize) -> bool {
        let is_up = |host: usize| match host.checked_sub(PEERS) {
            Some(foreign) => self.foreign[foreign].alive,
            None => {
                let state = &self.peers[host];
                let sends = !self.refused[host][link];
                state.alive && !state.asleep && state.plugged[link] && sends
            }
        };
        let [mine, theirs] = [browser, owner].map(|host| self.ips(host, link));
        let shared = |v4| {
            let has = |ips: &[IpAddr]| ips.iter().any(|ip| ip.is_ipv4() == v4);
            has(&mine) && has(&theirs)
        };
        let parted = (link, browser.min(owner), browser.max(owner));
        is_up(browser)
            && is_up(owner)
            && (shared(true) || shared(false))
            && self.calm[link]
            && !self.parted.contains(&parted)
    }

    pub(super) fn ips(&self, host: usize, link: usize) -> Vec<IpAddr> {
        let name = host
            .checked_sub(PEERS)
            .map_or(peer_name(host), foreign_name);
        let addresses = self.world.addresses(&name, LINKS[link]);
        addresses.iter().map(|address| address.ip).collect()
    }
}

/// Returns how many of the links a host is on.
pub(super) fn links_of(host: usize) -> usize {
    // The first foreign host lives on one link.
    if host == PEERS { 1 } else { LINKS.len() }
}

/// How long it takes until only the owner's data is believed.
const HEARD_WITHIN: Duration = secs(3);
/// Data younger than this is not flushed by the owner's data (RFC 6762 section 10.2), and packets
/// in rough weather may arrive this late.
const FLUSH_WITHIN: Duration = ms(1_100);
