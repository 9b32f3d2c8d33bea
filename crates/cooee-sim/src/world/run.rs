//! How time passes: the next event in the queue happens, and its host is drained.

use std::rc::Rc;
use std::time::Duration;

use cooee_proto::time::Instant;
use cooee_proto::transmit::Datagram;

use crate::node::AnyNode;
use crate::queue::Coming;
use crate::recording::{Event, Packet};
use crate::world::World;

impl World {
    /// Lets time pass.
    ///
    /// # Panics
    /// Panics if a node asks to be woken at one instant again and again, sends without end, or the
    /// whole run takes too many steps.
    pub fn run_for(&mut self, span: Duration) {
        let end = self.now + span;
        while self.step(end) {}
        self.now = end;
    }

    /// Lets time pass until `done` holds, at most for `span`, and returns whether it came to hold.
    pub fn run_until(&mut self, span: Duration, mut done: impl FnMut(&Self) -> bool) -> bool {
        let end = self.now + span;
        loop {
            if done(self) {
                return true;
            }
            if !self.step(end) {
                self.now = end;
                return done(self);
            }
        }
    }

    /// Lets time pass and panics if any host sends anything.
    pub fn assert_silent_for(&mut self, span: Duration) {
        let before = self.recording.transmissions.len();
        self.run_for(span);
        let said = self.recording.text_from(before);
        assert!(
            said.is_empty(),
            "expected silence for {span:?}, heard:\n{said}"
        );
    }

    /// Lets time pass and panics if this host sends anything.
    pub fn assert_host_silent_for(&mut self, host: &str, span: Duration) {
        let before = self.sent(host).count();
        self.run_for(span);
        let said = self.sent(host).after(before).text();
        assert!(
            said.is_empty(),
            "expected silence of {host} for {span:?}, heard:\n{said}"
        );
    }

    fn step(&mut self, end: Instant) -> bool {
        let Some((at, coming)) = self.queue.pop_until(end) else {
            return false;
        };
        self.now = at;
        self.steps += 1;
        assert!(
            self.steps <= self.steps_max,
            "{} steps: the world never calms down",
            self.steps
        );
        match coming {
            Coming::Arrival {
                host,
                interface,
                packet,
            } => self.arrive(host, interface, &packet),
            Coming::Deadline { host } => self.wake_up(host, at),
        }
        true
    }

    fn arrive(&mut self, host: usize, interface: usize, packet: &Packet) {
        let end = &self.hosts[host].interfaces[interface];
        let node = self.hosts[host].node.as_ref();
        let to = packet.destination.port();
        let is_open = node.is_some_and(|node| node.port() == to || node.second_port() == Some(to));
        if !end.hears(packet.destination.ip()) || !is_open {
            return;
        }
        let (link, source) = (end.id, end.scoped(packet.source));
        let destination = packet.destination.ip();
        self.call(host, |node, now| {
            node.handle_datagram(
                now,
                Datagram {
                    link,
                    source,
                    destination,
                    bytes: &packet.bytes,
                },
            );
        });
    }

    fn wake_up(&mut self, host: usize, at: Instant) {
        if self.hosts[host].armed != Some(at) {
            return;
        }
        let host_state = &mut self.hosts[host];
        host_state.armed = None;
        let again = host_state.woken_at == Some(at);
        host_state.spins = if again { host_state.spins + 1 } else { 0 };
        host_state.woken_at = Some(at);
        host_state.wakeups += 1;
        let name = &self.hosts[host].name;
        assert!(
            self.hosts[host].spins < SPINS_MAX,
            "{name} asks for one instant again and again"
        );
        self.call(host, |node, now| node.handle_timeout(now));
    }

    /// Calls the node of a host, if it runs, then drains it.
    pub(super) fn call<R>(
        &mut self,
        host: usize,
        act: impl FnOnce(&mut dyn AnyNode, Instant) -> R,
    ) -> Option<R> {
        if !self.hosts[host].is_running() {
            return None;
        }
        let node = self.hosts[host].node.as_deref_mut()?;
        let outcome = act(node, self.now);
        self.drain(host);
        Some(outcome)
    }

    fn drain(&mut self, host: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for sent in 0.. {
            buffer.clear();
            let Some(node) = self.hosts[host].node.as_deref_mut() else {
                break;
            };
            let Some(outgoing) = node.poll_transmit(self.now, &mut buffer) else {
                break;
            };
            assert!(
                sent < SENDS_MAX,
                "{} sends without end",
                self.hosts[host].name
            );
            let delivery = self.carry(host, (outgoing.route, outgoing.port), &buffer);
            let node = self.hosts[host].node.as_deref_mut();
            if let Some((node, transmit)) = node.zip(outgoing.report) {
                node.handle_transmit(self.now, transmit, delivery);
            }
        }
        self.buffer = buffer;
        self.collect_events(host);
        self.arm(host);
    }

    fn collect_events(&mut self, host: usize) {
        let now = self.now;
        let name = Rc::clone(&self.hosts[host].name);
        let events = &mut self.recording.events;
        let mut sink = |text| {
            events.push(Event {
                at: now,
                host: name.clone(),
                text,
            })
        };
        if let Some(node) = self.hosts[host].node.as_deref_mut() {
            node.drain_events(now, &mut sink);
        }
    }

    fn arm(&mut self, host: usize) {
        let wanted = self.hosts[host]
            .node
            .as_deref()
            .and_then(|node| node.poll_timeout());
        let wanted = wanted.map(|at| at.max(self.now));
        if wanted == self.hosts[host].armed {
            return;
        }
        self.hosts[host].armed = wanted;
        if let Some(at) = wanted {
            self.queue.push(at, Coming::Deadline { host });
        }
    }
}

/// How often a node may ask for the same instant before it counts as a busy loop.
const SPINS_MAX: u32 = 1_000;

/// How many messages a node may send at one go.
const SENDS_MAX: u32 = 100_000;
