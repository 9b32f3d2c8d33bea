//! The reflector beside the engine.
//!
//! In:  the user's rules, links that come and go, datagrams.
//! Out: packets for other links; counters.

use std::collections::BTreeMap;

use cooee_proto::config::SourceCheck;
use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::reflect::{Reflected, Reflector, RuleStats};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery};

use crate::event::service::InterfaceNames;
use crate::reflect::ReflectRule;

/// A reflector that costs nothing before there is a rule.
pub(super) struct Reflection {
    seed: u64,
    source_check: SourceCheck,
    /// Whether unicast answers reach this program.
    has_unicast: bool,
    rules: Vec<ReflectRule>,
    /// Absent without rules.
    reflector: Option<Reflector>,
    /// The links that are up, for a reflector that is yet to come.
    links: BTreeMap<LinkId, LinkChange>,
    /// The link that an interface last had, by its name.
    known: BTreeMap<String, LinkId>,
}

impl Reflection {
    pub(super) fn new(seed: u64, source_check: SourceCheck, has_unicast: bool) -> Self {
        Self {
            seed,
            source_check,
            has_unicast,
            rules: Vec::new(),
            reflector: None,
            links: BTreeMap::new(),
            known: BTreeMap::new(),
        }
    }

    /// Replaces the rules.
    pub(super) fn set_rules(&mut self, rules: Vec<ReflectRule>) {
        self.rules = rules;
        if self.rules.is_empty() {
            self.reflector = None;
            return;
        }
        if self.reflector.is_none() {
            let reflector = Reflector::new(self.seed);
            let mut reflector = reflector.with_source_check(self.source_check);
            let links = self.links.values();
            links.for_each(|change| reflector.handle_link(change.clone()));
            self.reflector = Some(reflector);
        }
        self.bind();
    }

    /// Handles a link that came, went or changed.
    pub(super) fn handle_link(&mut self, change: &LinkChange, names: &InterfaceNames) {
        match change {
            LinkChange::Up { link, .. } => {
                let name = names.of(*link).name().to_string();
                // The index of an interface that is gone may be used again.
                self.known.retain(|_, known| known != link);
                self.known.insert(name, *link);
                self.links.insert(*link, change.clone());
            }
            LinkChange::Down { link } => {
                self.links.remove(link);
            }
            LinkChange::Missed { .. } | LinkChange::Resumed => return,
        }
        if let Some(reflector) = &mut self.reflector {
            reflector.handle_link(change.clone());
            self.bind();
        }
    }

    /// Gives the reflector the rules with the present links.
    fn bind(&mut self) {
        let Some(reflector) = &mut self.reflector else {
            return;
        };
        let link_of = |name: &str| self.known.get(name).copied();
        let rules = self.rules.iter().map(|rule| {
            let mut rule = rule.bind(link_of);
            rule.unicast_answers = self.has_unicast;
            rule
        });
        reflector.set_rules(rules.collect());
    }

    pub(super) fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        if let Some(reflector) = &mut self.reflector {
            reflector.handle_datagram(now, datagram);
        }
    }

    /// Writes the next packet into `packet`.
    pub(super) fn poll_transmit(
        &mut self,
        now: Instant,
        packet: &mut Vec<u8>,
    ) -> Option<Reflected> {
        self.reflector.as_mut()?.poll_transmit(now, packet)
    }

    /// Handles the result of a packet.
    pub(super) fn handle_transmit(
        &mut self,
        now: Instant,
        reflected: Reflected,
        delivery: Delivery,
    ) {
        if let Some(reflector) = &mut self.reflector {
            reflector.handle_transmit(now, reflected, delivery);
        }
    }

    /// Returns when there is a packet to send.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.reflector.as_ref()?.poll_timeout()
    }

    /// Returns whether there is a packet to send now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|due| due <= now)
    }

    /// Returns what each rule has done, in their order.
    pub(super) fn stats(&self) -> impl Iterator<Item = RuleStats> {
        let rules = self.reflector.iter().flat_map(Reflector::rules);
        rules.map(|(_, stats)| *stats)
    }

    pub(super) fn is_on(&self) -> bool {
        self.reflector.is_some()
    }
}

#[cfg(test)]
mod tests {
    use cooee_proto::config::SourceCheck;
    use cooee_proto::link::{LinkChange, LinkId, LinkInfo};
    use cooee_proto::reflect::ServiceFilter;

    use super::Reflection;
    use crate::event::service::InterfaceNames;
    use crate::reflect::ReflectRule;

    #[test]
    fn the_index_of_an_interface_that_is_gone_may_be_used_again() {
        let mut reflection = Reflection::new(1, SourceCheck::Local, true);
        let rule = ReflectRule::new("eth0", "eth1", ServiceFilter::default());
        reflection.set_rules(vec![rule]);
        let link = LinkId(7);
        for (name, from) in [("eth0", link), ("vpn0", LinkId(0))] {
            let mut names = InterfaceNames::default();
            names.learn([(7, name)].into_iter());
            let info = LinkInfo {
                addresses: Vec::new(),
                mtu: 1_500,
            };
            reflection.handle_link(&LinkChange::Up { link, info }, &names);
            let reflector = reflection.reflector.as_ref();
            let rules = reflector.expect("there are rules").rules();
            let bound: Vec<LinkId> = rules.map(|(rule, _)| rule.from).collect();
            assert_eq!(bound, [from], "{name}");
            reflection.handle_link(&LinkChange::Down { link }, &names);
        }
    }
}
