//! What each step does.

use super::peer::{port_of, spec, text};
use super::steps::{BROWSES_MAX, ForeignStep, Step};
use super::{
    FOREIGNERS, LABELS, LINKS, Model, PEERS, Peer, Publication, Responder, SERVICES, TWINS,
    foreign_name, foreigner, peer_name, records, service,
};
use std::net::Ipv6Addr;
use std::time::Duration;

use crate::weather::Loss;
use crate::{Addressing, Weather, ms, secs};
use cooee_proto::link::{Family, LinkAddress};

impl Model {
    /// Does one step; a step that has no meaning now (waking a host that is awake) does nothing.
    pub(super) fn act(&mut self, step: Step) {
        match step {
            Step::Wait(span) => self.wait(span),
            Step::Browse(p) => self.browse(p),
            Step::StopBrowse(p, nth) => self.stop_browse(p, nth),
            Step::Reconfirm(p, f, number) => self.reconfirm(p, f, number),
            Step::Publish(p, label) => self.publish(p, label),
            Step::Withdraw(p, nth) => self.withdraw(p, nth),
            Step::Retext(p, nth, txt) => self.retext(p, nth, txt),
            Step::Report(p, nth, port) => self.report(p, nth, port),
            Step::Crash(p) => self.crash(p),
            Step::Restart(p, again) => self.restart(p, again),
            Step::Unplug(p, link) => self.unplug(p, link),
            Step::Plug(p, link) => self.plug(p, link),
            Step::Readdress(p, link, kind) => self.readdress(p, link, kind),
            Step::Sleep(p) => {
                self.peers[p].asleep = true;
                self.world.sleep(&peer_name(p));
            }
            Step::Wake(p) => self.wake(p),
            Step::Foreign(f, what) => self.act_foreign(f, what),
            Step::Part(link, p, other) => self.part(link, p, other),
            Step::Heal(link) => {
                self.parted.retain(|(parted, ..)| *parted != link);
                self.world.heal(LINKS[link]);
            }
            Step::Weather(link, kind) => {
                let weather = weather(kind);
                self.lossy[link] = weather.loss != Loss::None;
                self.calm[link] = weather == Weather::calm();
                self.world.weather(LINKS[link], weather);
            }
            Step::Mutate(link, nth, damage, way) => self.mutate(link, nth, damage, way),
            Step::Ask(link, what, way) => self.ask(link, what, way),
            Step::Flood(link, seed) => self.flood(link, seed),
            Step::Lie(telling) => self.tell_lie(telling),
            Step::Refuse(p, link, families) => self.refuse(p, link, families),
        }
    }

    /// Waits, and checks in the meantime what must hold at any time.
    fn wait(&mut self, span: Duration) {
        let mut rest = span;
        while rest > CHECKED_EVERY {
            self.world.run_for(CHECKED_EVERY);
            self.check();
            rest -= CHECKED_EVERY;
        }
        self.world.run_for(rest);
    }

    fn is_up(&self, peer: usize) -> bool {
        self.peers[peer].alive && !self.peers[peer].asleep
    }

    pub(super) fn browse(&mut self, peer: usize) {
        if !self.is_up(peer) || self.peers[peer].browses.len() >= BROWSES_MAX {
            return;
        }
        let id = self.world.with(&peer_name(peer), |me: &mut Peer, now| {
            me.listener.browse(now, super::TYPE)
        });
        self.peers[peer].browses.push(id);
        self.peers[peer].browsing_since = Some(self.world.now());
    }

    fn stop_browse(&mut self, peer: usize, nth: usize) {
        if !self.is_up(peer) || nth >= self.peers[peer].browses.len() {
            return;
        }
        self.traffic.cadence.forget(peer);
        let id = self.peers[peer].browses.remove(nth);
        if self.peers[peer].browses.is_empty() {
            self.peers[peer].browsing_since = None;
        }
        self.world.with(&peer_name(peer), |me: &mut Peer, now| {
            me.listener.stop(now, id);
        });
    }

    fn reconfirm(&mut self, peer: usize, foreign: usize, number: usize) {
        if !self.is_up(peer) {
            return;
        }
        let label = service(foreign, number, 0).instance;
        self.world.with(&peer_name(peer), |me: &mut Peer, now| {
            me.listener.reconfirm(now, &label, super::TYPE);
        });
    }

    fn publish(&mut self, peer: usize, label: usize) {
        if !self.is_up(peer) || self.peers[peer].publications.len() >= SERVICES {
            return;
        }
        let serial = self.peers[peer].published;
        self.peers[peer].published += 1;
        self.publish_as(peer, label, 0, serial * PORTS);
    }

    fn publish_as(&mut self, peer: usize, label: usize, txt: u8, port: u16) {
        self.traffic.forget_probes(peer);
        let spec = spec(LABELS[label], HOSTS[peer], port_of(peer, port), txt);
        let name = peer_name(peer);
        let request = self
            .world
            .with(&name, |me: &mut Peer, now| me.publish(now, spec));
        self.peers[peer].publications.push(Publication {
            request,
            label,
            txt,
            port,
            changed: self.world.now(),
        });
    }

    fn withdraw(&mut self, peer: usize, nth: usize) {
        if !self.is_up(peer) || nth >= self.peers[peer].publications.len() {
            return;
        }
        self.traffic.forget_probes(peer);
        let request = self.peers[peer].publications.remove(nth).request;
        let is_last = self.peers[peer].publications.is_empty();
        self.world.with(&peer_name(peer), |me: &mut Peer, now| {
            me.withdraw(now, request, is_last);
        });
    }

    fn retext(&mut self, peer: usize, nth: usize, txt: u8) {
        if !self.is_up(peer) {
            return;
        }
        let now = self.world.now();
        if let Some(held) = self.peers[peer].publications.get_mut(nth) {
            held.txt = txt;
            held.changed = now;
            let request = held.request;
            self.world.with(&peer_name(peer), |me: &mut Peer, now| {
                me.retext(now, request, text(txt));
            });
        }
    }

    fn report(&mut self, peer: usize, nth: usize, port: u16) {
        if !self.is_up(peer) {
            return;
        }
        let now = self.world.now();
        if let Some(held) = self.peers[peer].publications.get_mut(nth) {
            held.changed = now;
            held.port = held.port / PORTS * PORTS + port % PORTS;
            let (request, port) = (held.request, port_of(peer, held.port));
            self.world.with(&peer_name(peer), |me: &mut Peer, now| {
                me.report(now, request, port);
            });
        }
    }

    fn crash(&mut self, peer: usize) {
        let state = &mut self.peers[peer];
        if !state.alive {
            return;
        }
        (state.alive, state.asleep) = (false, false);
        state.browses.clear();
        state.browsing_since = None;
        self.world.crash(&peer_name(peer));
    }

    pub(super) fn restart(&mut self, peer: usize, again: bool) {
        if self.peers[peer].alive {
            return;
        }
        self.peers[peer].alive = true;
        self.traffic.forget(peer);
        let flaw = self.flaw.map(|flaw| flaw(peer));
        self.world
            .restart(&peer_name(peer), |setup| Peer::new(setup, flaw.flatten()));
        let before = std::mem::take(&mut self.peers[peer].publications);
        for held in before.into_iter().filter(|_| again) {
            self.publish_as(peer, held.label, held.txt, held.port);
        }
    }

    fn unplug(&mut self, peer: usize, link: usize) {
        self.peers[peer].plugged[link] = false;
        self.traffic.left.forget(peer, link);
        self.world.unplug(&peer_name(peer), LINKS[link]);
    }

    pub(super) fn plug(&mut self, peer: usize, link: usize) {
        if !self.peers[peer].plugged[link] {
            self.peers[peer].plugged[link] = true;
            self.traffic.forget_probes(peer);
            self.world.plug(&peer_name(peer), LINKS[link]);
        }
    }

    pub(super) fn readdress(&mut self, peer: usize, link: usize, kind: u8) {
        self.traffic.forget_probes(peer);
        let addressing = addressing(peer, link, kind);
        let now = self.world.now();
        self.traffic.cadence.readdress(now, peer, link);
        self.world
            .readdress(&peer_name(peer), LINKS[link], &addressing);
    }

    pub(super) fn wake(&mut self, peer: usize) {
        if self.peers[peer].asleep {
            self.peers[peer].asleep = false;
            for link in 0..LINKS.len() {
                self.traffic.left.forget(peer, link);
            }
            self.traffic.forget_probes(peer);
            self.world.wake(&peer_name(peer));
        }
    }

    /// Whatever could not be sent before must be sent again, including probes.
    pub(super) fn refuse(&mut self, peer: usize, link: usize, families: u8) {
        let refused = [Family::V4, Family::V6];
        let chosen = refused.into_iter().enumerate();
        let chosen: Vec<Family> = chosen
            .filter(|(nth, _)| families >> nth & 1 == 1)
            .map(|(_, family)| family)
            .collect();
        self.traffic.forget_probes(peer);
        self.refused[peer][link] = !chosen.is_empty();
        self.world.refuse_on(&peer_name(peer), LINKS[link], &chosen);
    }

    fn part(&mut self, link: usize, peer: usize, other: usize) {
        let name = match other.checked_sub(PEERS) {
            None if other == peer => return,
            None => peer_name(other),
            Some(foreign) => foreign_name(foreign % FOREIGNERS),
        };
        self.parted.insert((link, peer.min(other), peer.max(other)));
        self.world
            .partition(LINKS[link], &[&peer_name(peer)], &[&name]);
    }

    fn act_foreign(&mut self, foreign: usize, what: ForeignStep) {
        let name = foreign_name(foreign);
        if !self.foreign[foreign].alive {
            if matches!(what, ForeignStep::Restart) {
                self.foreign[foreign].alive = true;
                self.world.restart(&name, foreigner);
            }
            return;
        }
        let now = self.world.now();
        let state = &mut self.foreign[foreign];
        let held = &mut state.services;
        let with = |model: &mut Self, act: &mut dyn FnMut(&mut Responder, _)| {
            model.world.with(&name, act);
        };
        match what {
            ForeignStep::Publish(number) if held.contains_key(&number) => {}
            ForeignStep::Publish(number) => {
                held.insert(number, 0);
                state.changed[number] = now;
                let records = records(foreign, number, 0);
                with(self, &mut |h, now| {
                    h.add(records.clone());
                    h.announce(now);
                });
            }
            ForeignStep::Withdraw(number) => {
                held.remove(&number);
                let gone = service(foreign, number, 0).name();
                let points = cooee_wire::RData::Ptr(gone.clone());
                with(self, &mut |h, now| {
                    h.withdraw(now, |record| record.name == gone || record.data == points);
                });
            }
            ForeignStep::Retext(number, txt) => {
                let Some(held) = held.get_mut(&number) else {
                    return;
                };
                *held = txt;
                state.changed[number] = now;
                let record = service(foreign, number, txt).txt_record(super::TTL_OTHER);
                with(self, &mut |h, now| {
                    h.replace(now, std::slice::from_ref(&record))
                });
            }
            ForeignStep::Announce => with(self, &mut |h, now| h.announce(now)),
            ForeignStep::Crash => {
                self.foreign[foreign].alive = false;
                self.foreign[foreign].services.clear();
                self.world.crash(&name);
            }
            ForeignStep::Restart => {}
        }
    }
}

fn addressing(peer: usize, link: usize, kind: u8) -> Addressing {
    let [low, other] = [peer, link].map(|n| u8::try_from(n + 1).unwrap_or(u8::MAX));
    let v4 = |third: u8, prefix_len| LinkAddress {
        ip: [10, other, third, low].into(),
        prefix_len,
    };
    let v6 = |last: u16| LinkAddress {
        ip: Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, other.into(), last).into(),
        prefix_len: 64,
    };
    match kind {
        0 => Addressing::V4,
        1 => Addressing::V6,
        // Another address of the same network; two of them.
        2 => Addressing::Exactly(vec![v4(77, 16)]),
        3 => Addressing::Exactly(vec![v4(77, 16), v4(78, 16)]),
        4 => Addressing::Exactly(Vec::new()),
        // Two of the family in which a hostile packet may come from an own address.
        TWINS => Addressing::Exactly(vec![v4(0, 16), v6(low.into()), v6(0x7700 | u16::from(low))]),
        _ => Addressing::Dual,
    }
}

fn weather(kind: u8) -> Weather {
    let storm = Loss::Burst {
        worsens: 0.2,
        betters: 0.2,
        loss_good: 0.2,
        loss_bad: 1.0,
    };
    match kind {
        0 => Weather::calm(),
        1 => Weather::rough(),
        2 => Weather::calm()
            .echoing()
            .doubling(0.3)
            .reordering(0.3, secs(1)),
        _ => Weather::rough()
            .with_loss(storm)
            .doubling(0.1)
            .reordering(0.3, ms(900)),
    }
}

/// How many ports a service may report one after another.
const PORTS: u16 = 4;
/// The host name that each peer wants: two want the same.
const HOSTS: [&str; PEERS] = ["desk.local", "desk.local", "lamp.local"];
/// How often the rules are checked during a wait.
const CHECKED_EVERY: Duration = secs(2);
