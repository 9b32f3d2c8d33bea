//! What holds at any time on every peer: tables within limits, no event about an expired record.
//!
//! In:  counters, events and knowledge of the peers, after each step.
//! Out: a panic if one is out of bounds or late.

use std::net::IpAddr;

use cooee_proto::dnssd::event::{DiscoveryEvent, News};
use cooee_proto::dnssd::service::Service;
use cooee_proto::time::Instant;
use cooee_wire::{RData, Srv};

use super::peer::limits;
use super::{LINKS, Model, PEERS, Peer, peer_name};

impl Model {
    /// Looks at new traffic and new events in order of time.
    pub(super) fn check_news(&mut self) {
        let mut news = Vec::new();
        for peer in 0..PEERS {
            if !self.peers[peer].alive {
                self.news_seen[peer] = 0;
                continue;
            }
            let node: &Peer = self.world.node(&peer_name(peer));
            let all = node.listener.news();
            // A peer that has restarted has reported little yet.
            let seen = self.news_seen[peer].min(all.len());
            for (at, event) in &all[seen..] {
                let News::Discovery(event) = &event.news else {
                    continue;
                };
                self.traffic.cadence.stir(*at, peer, event);
                if let DiscoveryEvent::Added(service) | DiscoveryEvent::Updated(service, _) = event
                {
                    news.push((*at, peer, service.clone()));
                }
            }
            self.news_seen[peer] = all.len();
        }
        news.sort_by_key(|(at, ..)| *at);
        for (at, peer, service) in news {
            self.watch_until(at);
            self.assert_current(at, peer, &service, "reported");
        }
        self.watch_until(self.world.now());
        let lost = self.world.misdirected();
        assert!(lost.is_empty(), "sent where no link is: {lost:?}");
    }

    /// Checks the tables of every peer, and that what it knows has not expired.
    pub(super) fn check_tables(&self) {
        let limits = limits();
        for peer in 0..PEERS {
            let state = &self.peers[peer];
            if !state.alive || state.asleep {
                continue;
            }
            let node: &Peer = self.world.node(&peer_name(peer));
            let stats = node.listener.stats();
            assert!(
                stats.cache_records <= limits.cache_records_max
                    && stats.cache_bytes <= limits.cache_bytes_max,
                "the cache of p{peer} is over its limits: {stats:?}"
            );
            // A browse, and for each instance and link SRV, TXT, A and AAAA.
            let questions = 1 + limits.instances_per_browse_max * LINKS.len() * 4;
            let questions = questions * state.browses.len();
            assert!(
                stats.open_questions <= questions,
                "p{peer} asks more than its {questions} questions: {stats:?}"
            );
            for &browse in &state.browses {
                for service in node.services(browse) {
                    for address in &service.addresses {
                        assert!(
                            is_usable(address.ip),
                            "p{peer} is reported of {}, which no host can have: {service:?}",
                            address.ip
                        );
                    }
                    self.assert_current(self.world.now(), peer, &service, "knows");
                }
            }
        }
    }

    fn watch_until(&mut self, at: Instant) {
        let all = self.world.recording().transmissions();
        while let Some(next) = all.get(self.traffic.seen).filter(|next| next.at <= at) {
            self.traffic.take(next);
        }
    }

    /// Checks that each part of a service was sent recently enough to be believed.
    fn assert_current(&self, at: Instant, peer: usize, service: &Service, what: &str) {
        let name = service.instance.name();
        let srv = RData::Srv(Srv {
            priority: service.priority,
            weight: service.weight,
            port: service.port,
            target: service.host.clone(),
        });
        let txt = RData::Txt(service.txt.data().clone());
        let anywhere = |data: &RData| {
            (0..LINKS.len()).any(|link| self.traffic.is_believed(at, link, Some(name), data))
        };
        // A host may say that it has no attributes, and a hostile host may say so with its address.
        let txt_denied = service.txt.strings().next().is_none();
        assert!(
            anywhere(&srv) && (txt_denied || anywhere(&txt)),
            "p{peer} {what} of an expired record: {service:?}"
        );
        for address in &service.addresses {
            let data = RData::from(address.ip);
            let mut links = LINKS.iter().enumerate();
            let link =
                links.find(|(_, link)| self.world.link_id(&peer_name(peer), link) == address.link);
            let (link, _) = link.expect("a link of the peer");
            // Hosts of one name on two links are one to a browser: the address says enough.
            assert!(
                self.traffic.is_believed(at, link, None, &data),
                "p{peer} {what} of an expired address {}: {service:?}",
                address.ip
            );
        }
    }
}

/// Returns whether a host on a link can have an address.
fn is_usable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            !v4.is_unspecified() && !v4.is_loopback() && !v4.is_multicast() && !v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            let mapped = v6.to_ipv4_mapped().is_some();
            !v6.is_unspecified() && !v6.is_loopback() && !v6.is_multicast() && !mapped
        }
    }
}
