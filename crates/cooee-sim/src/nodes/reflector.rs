//! The reflector of the engine on a simulated host.
//!
//! In:  rules, by the names of links.
//! Out: what crosses, and what the rules have counted.

use std::collections::BTreeMap;

use cooee_proto::link::LinkChange;
use cooee_proto::reflect::{Reflector, Rule, RuleStats};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Destination};

use crate::Setup;
use crate::node::{Node, Outgoing};

/// Runs a [`Reflector`] alone, and checks the border of what it sends: at most one packet for each
/// other link and each that asked, for one that it heard.
pub struct Reflecting {
    reflector: Reflector,
    /// By the number of what was heard: how often something was multicast because of it.
    multicasts: BTreeMap<u64, u64>,
}

impl Reflecting {
    /// Returns a reflector without rules; attach its host to two links or more.
    pub fn new(setup: Setup<'_>) -> Self {
        Self {
            reflector: Reflector::new(setup.seed),
            multicasts: BTreeMap::new(),
        }
    }

    /// Replaces the rules.
    pub fn set_rules(&mut self, rules: Vec<Rule>) {
        self.reflector.set_rules(rules);
    }

    /// Returns what the rules have done, in their order.
    pub fn stats(&self) -> Vec<RuleStats> {
        let rules = self.reflector.rules();
        rules.map(|(_, stats)| *stats).collect()
    }

    /// Returns the most packets that it has multicast for one that it heard.
    pub fn most_for_one(&self) -> u64 {
        self.multicasts.values().copied().max().unwrap_or(0)
    }
}

impl Node for Reflecting {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        self.reflector.handle_datagram(now, datagram);
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        self.reflector.handle_link(change);
    }

    fn poll_transmit(&mut self, now: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let reflected = self.reflector.poll_transmit(now, buf)?;
        let (route, cause) = (reflected.route, reflected.cause);
        // The world takes every packet that its link and family have room for.
        self.reflector
            .handle_transmit(now, reflected, Delivery::LEFT);
        if !matches!(route.destination, Destination::Unicast(_)) {
            *self.multicasts.entry(cause).or_default() += 1;
        }
        Some(route.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.reflector.poll_timeout()
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}
}
