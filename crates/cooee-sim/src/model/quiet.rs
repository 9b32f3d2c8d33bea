//! An hour in which nothing changes: no events, and no more traffic than refreshing costs.
//!
//! In:  a world that has settled.
//! Out: a panic if there is any event, or more traffic or wake-ups than the TTLs require.

use cooee_wire::Ttl;

use super::{FOREIGNERS, LINKS, Model, PEERS, TTL_HOST, TTL_OTHER, foreign_name, peer_name};
use crate::secs;

impl Model {
    /// Checks the traffic and the wake-ups of a quiet hour.
    pub(super) fn check_quiet(&mut self) {
        let events = self.world.recording().events().len();
        let began = self.world.now();
        let woken = |model: &Self| {
            let hosts = (0..PEERS).map(peer_name);
            hosts
                .map(|name| model.world.wakeups(&name))
                .collect::<Vec<u64>>()
        };
        let before = woken(self);
        self.world.run_for(secs(3_600));
        let new = &self.world.recording().events()[events..];
        assert!(new.is_empty(), "news without a cause: {new:?}");
        self.check();
        let bounds: Vec<usize> = (0..PEERS).map(|peer| self.questions_max(peer)).collect();
        let all: usize = bounds.iter().sum();
        for peer in 0..PEERS {
            let sent = self.world.sent(&peer_name(peer)).since(began);
            let asked = sent.questions().len();
            let bound = bounds[peer];
            assert!(
                asked <= bound,
                "p{peer} asks {asked} questions in a quiet hour, bound {bound}"
            );
            // Each question is at most one message, and causes each owner to answer once.
            let bound = bound + all;
            let count = sent.count();
            assert!(
                count <= bound,
                "p{peer} sends {count} messages in a quiet hour, bound {bound}"
            );
            // Each message is planned once. Each received record has a deadline for its refresh and
            // one for its end, and each of these may be found to have moved.
            let wakeups = self.world.wakeups(&peer_name(peer)) - before[peer];
            let bound = 4 * (bound + self.records() * LINKS.len() * 40) as u64 + 100;
            assert!(
                wakeups <= bound,
                "p{peer} wakes {wakeups} times in a quiet hour, bound {bound}"
            );
        }
    }

    /// Returns the most questions of a peer in a quiet hour: each record of interest once in 80 %
    /// of its TTL, the browse once more, on each link.
    fn questions_max(&self, peer: usize) -> usize {
        if self.peers[peer].browses.is_empty() {
            return 0;
        }
        let refreshes = |ttl: Ttl| 3_600 * 10 / (ttl.as_secs() as usize * 8) + 1;
        let (host, other) = (refreshes(TTL_HOST), refreshes(TTL_OTHER));
        let hosts = PEERS + FOREIGNERS;
        LINKS.len() * (1 + other + self.services() * (host + other) + hosts * 2 * host)
    }

    /// Returns how many services there are.
    pub(super) fn services(&self) -> usize {
        let own = self.peers.iter().map(|peer| peer.publications.len());
        let foreign = self.foreign.iter().map(|foreign| foreign.services.len());
        own.chain(foreign).sum()
    }

    /// Returns how many records a browser keeps of all that there is.
    pub(super) fn records(&self) -> usize {
        let hosts = (0..FOREIGNERS).map(foreign_name).count() + PEERS;
        3 * self.services() + 3 * hosts
    }
}
