//! What is true, and whether the listeners know it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cooee_proto::link::LinkId;

use super::{
    LINKS, LISTENERS, Listener, Model, RESPONDERS, SERVICES, listener_name, responder_name, secs,
    service,
};

/// What a listener should know of a service: TXT strings and addresses with their links.
type Known = (Vec<Vec<u8>>, BTreeSet<(IpAddr, LinkId)>);

impl Model {
    /// Compares what every browse knows with what is there.
    pub(super) fn check_truth(&self) {
        for listener in 0..LISTENERS {
            let truth = self.truth(listener);
            for &browse in &self.browses[listener] {
                let known = self.known(listener, browse);
                let history = self.log.join("\n");
                assert_eq!(
                    known, truth,
                    "what me{listener} knows, and the truth, after\n{history}"
                );
            }
        }
    }

    /// Checks what must hold at any time: tables within bounds, nothing off the link.
    pub(super) fn check_limits(&self) {
        let history = || self.log.join("\n");
        for listener in 0..LISTENERS {
            let stats = self
                .world
                .node::<Listener>(&listener_name(listener))
                .stats();
            // A browse, and for each service and link SRV, TXT, A and AAAA.
            let questions = 1 + RESPONDERS * SERVICES * LINKS.len() * 4;
            assert!(
                stats.open_questions <= questions,
                "{stats:?} after\n{}",
                history()
            );
            let records = 8 * RESPONDERS * SERVICES * LINKS.len() + 100;
            assert!(
                stats.cache_records <= records,
                "{stats:?} after\n{}",
                history()
            );
        }
        let all = self.world.recording().transmissions();
        assert!(
            all.iter().all(|t| !t.off_link),
            "off the link after\n{}",
            history()
        );
        let lost = self.world.misdirected();
        assert!(lost.is_empty(), "{lost:?} after\n{}", history());
    }

    /// Checks that an hour in which nothing changes costs refreshes and brings no events.
    pub(super) fn check_quiet(&mut self) {
        let (began, events) = (self.world.now(), self.world.recording().events().len());
        self.world.run_for(secs(3_600));
        let history = self.log.join("\n");
        let new = &self.world.recording().events()[events..];
        assert!(new.is_empty(), "{new:?} without a cause, after\n{history}");
        for listener in 0..LISTENERS {
            let sent = self.world.sent(&listener_name(listener)).since(began);
            let asked = sent.questions().len();
            let bound = self.quiet_bound(listener);
            assert!(
                asked <= bound,
                "me{listener}: {asked} questions, bound {bound}\n{history}"
            );
        }
    }

    /// The most questions in a quiet hour: each record of interest once in 80 % of its TTL, the
    /// browse once more for each link.
    fn quiet_bound(&self, listener: usize) -> usize {
        if self.browses[listener].is_empty() {
            return 0;
        }
        let refreshes = |ttl_secs: usize| 3_600 * 10 / (ttl_secs * 8) + 1;
        let (host, other) = (refreshes(45), refreshes(60));
        let services: usize = self.services.iter().map(BTreeMap::len).sum();
        let per_link = 1 + other + services * (host + other) + RESPONDERS * 2 * host;
        LINKS.len() * per_link
    }

    fn truth(&self, listener: usize) -> BTreeMap<String, Known> {
        let mut truth = BTreeMap::new();
        for responder in 0..RESPONDERS {
            for (&number, &txt) in &self.services[responder] {
                let service = service(responder, number, txt);
                let strings = service.txt.iter().map(|s| s.as_bytes().to_vec()).collect();
                truth.insert(service.instance, (strings, self.paths(listener, responder)));
            }
        }
        truth
    }

    /// The addresses of a responder on each link that it shares with a listener.
    fn paths(&self, listener: usize, responder: usize) -> BTreeSet<(IpAddr, LinkId)> {
        let mut paths = BTreeSet::new();
        for (n, link) in LINKS.iter().enumerate() {
            if responder < LINKS.len() && responder != n {
                continue;
            }
            let id = self.world.link_id(&listener_name(listener), link);
            let addresses = self.world.addresses(&responder_name(responder), link);
            paths.extend(addresses.iter().map(|address| (address.ip, id)));
        }
        paths
    }

    fn known(
        &self,
        listener: usize,
        browse: cooee_proto::dnssd::event::RequestId,
    ) -> BTreeMap<String, Known> {
        let node = self.world.node::<Listener>(&listener_name(listener));
        let services = node.services(browse);
        let known = services.iter().map(|service| {
            let strings = service.txt.strings().map(<[u8]>::to_vec).collect();
            let addresses = service.addresses.iter().map(|a| (a.ip, a.link)).collect();
            (service.instance.label().into_owned(), (strings, addresses))
        });
        known.collect()
    }
}
