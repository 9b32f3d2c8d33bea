//! What is true, and whether the browsers know it.
//!
//! In:  what every host publishes, under the name it has claimed.
//! Out: a panic if a browser knows anything else.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::link::LinkId;

use super::peer::port_of;
use super::{FOREIGNERS, LINKS, Model, PEERS, Peer, foreign_name, peer_name, service};

/// What a browser should know of a service.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    host: String,
    port: u16,
    txt: Vec<Vec<u8>>,
    addresses: BTreeSet<(IpAddr, LinkId)>,
}

impl Model {
    /// Compares what every browse knows with what is there.
    pub(super) fn check_truth(&self) {
        for peer in 0..PEERS {
            let truth = self.truth(peer);
            for &browse in &self.peers[peer].browses {
                let known = self.known(peer, browse);
                let labels: BTreeSet<&String> = known.keys().chain(truth.keys()).collect();
                for label in labels {
                    let (known, truth) = (known.get(label), truth.get(label));
                    assert!(
                        known == truth,
                        "p{peer} knows of {label:?} not the truth:\n{known:?}\n{truth:?}"
                    );
                }
            }
        }
    }

    fn truth(&self, browser: usize) -> BTreeMap<String, Known> {
        let mut truth = BTreeMap::new();
        for foreign in 0..FOREIGNERS {
            for (&number, &txt) in &self.foreign[foreign].services {
                let service = service(foreign, number, txt);
                let known = Known {
                    host: service.host.to_string(),
                    port: service.port,
                    txt: strings(txt),
                    addresses: self.paths(browser, &foreign_name(foreign), foreign > 0),
                };
                truth.insert(service.instance, known);
            }
        }
        for peer in 0..PEERS {
            let node: &Peer = self.world.node(&peer_name(peer));
            for held in &self.peers[peer].publications {
                let won = node.services.get(&held.request);
                let (name, _) = won.unwrap_or_else(|| panic!("p{peer} has won no name"));
                let host = node.host.as_ref();
                let (host, _) = host.unwrap_or_else(|| panic!("p{peer} has won no host name"));
                let known = Known {
                    host: host.to_string(),
                    port: port_of(peer, held.port),
                    txt: strings(held.txt),
                    addresses: self.paths(browser, &peer_name(peer), true),
                };
                let label = name.label().into_owned();
                let other = truth.insert(label, known);
                assert!(other.is_none(), "two hosts hold {name}");
            }
        }
        truth
    }

    /// Returns the addresses of a host on each link that it shares with a browser.
    fn paths(&self, browser: usize, host: &str, on_both: bool) -> BTreeSet<(IpAddr, LinkId)> {
        let mut paths = BTreeSet::new();
        for link in LINKS.iter().take(if on_both { LINKS.len() } else { 1 }) {
            let id = self.world.link_id(&peer_name(browser), link);
            let addresses = self.world.addresses(host, link);
            paths.extend(addresses.iter().map(|address| (address.ip, id)));
        }
        paths
    }

    fn known(&self, peer: usize, browse: RequestId) -> BTreeMap<String, Known> {
        let node: &Peer = self.world.node(&peer_name(peer));
        let services = node.services(browse);
        let known = services.iter().map(|service| {
            let known = Known {
                host: service.host.to_string(),
                port: service.port,
                txt: service.txt.strings().map(<[u8]>::to_vec).collect(),
                addresses: service.addresses.iter().map(|a| (a.ip, a.link)).collect(),
            };
            (service.instance.label().into_owned(), known)
        });
        known.collect()
    }
}

pub(super) fn strings(txt: u8) -> Vec<Vec<u8>> {
    vec![format!("v={txt}").into_bytes()]
}
