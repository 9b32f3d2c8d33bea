//! The steps of a history, and what each does.

use super::{
    Duration, Foreign, LINKS, LISTENERS, Listener, Model, RESPONDERS, Responder, SERVICES, Weather,
    World, foreigner, listener_name, ms, records, responder_name, secs, service,
};
use crate::weather::Loss;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Wait(Duration),
    Browse(usize),
    StopBrowse(usize, usize),
    Reconfirm(usize, usize, usize),
    Publish(usize, usize),
    Withdraw(usize, usize),
    Retext(usize, usize, u8),
    Announce(usize),
    Crash(usize),
    Restart(usize),
    Unplug(usize, usize),
    Plug(usize, usize),
    Sleep(usize),
    Wake(usize),
    Part(usize, usize, usize),
    Heal(usize),
    Weather(usize, u8),
    Garbage(usize, u8),
}

/// Decodes the next step; none when the bytes are used up.
pub(super) fn next(bytes: &mut impl Iterator<Item = u8>) -> Option<Step> {
    let kind = bytes.next()?;
    let mut pick = |count: usize| bytes.next().map_or(0, usize::from) % count;
    Some(match kind % 24 {
        0..=4 => Step::Wait(ms(1 << pick(18))),
        5 => Step::Browse(pick(LISTENERS)),
        6 => Step::StopBrowse(pick(LISTENERS), pick(4)),
        7 => Step::Reconfirm(pick(LISTENERS), pick(RESPONDERS), pick(SERVICES)),
        8..=10 => Step::Publish(pick(RESPONDERS), pick(SERVICES)),
        11 => Step::Withdraw(pick(RESPONDERS), pick(SERVICES)),
        12 => {
            let (responder, number) = (pick(RESPONDERS), pick(SERVICES));
            Step::Retext(responder, number, u8::try_from(pick(8)).unwrap_or(0))
        }
        13 => Step::Announce(pick(RESPONDERS)),
        14 => Step::Crash(pick(RESPONDERS)),
        15 => Step::Restart(pick(RESPONDERS)),
        16 => Step::Unplug(pick(LISTENERS), pick(LINKS.len())),
        17 => Step::Plug(pick(LISTENERS), pick(LINKS.len())),
        18 => Step::Sleep(pick(LISTENERS)),
        19 => Step::Wake(pick(LISTENERS)),
        20 => Step::Part(pick(LINKS.len()), pick(LISTENERS), pick(RESPONDERS)),
        21 => Step::Heal(pick(LINKS.len())),
        22 => Step::Weather(pick(LINKS.len()), u8::try_from(pick(4)).unwrap_or(0)),
        _ => Step::Garbage(pick(LINKS.len()), u8::try_from(pick(256)).unwrap_or(0)),
    })
}

impl Model {
    /// Does one step; what makes no sense now (waking who is awake) does nothing.
    pub(super) fn act(&mut self, step: Step) {
        match step {
            Step::Wait(span) => self.world.run_for(span),
            Step::Browse(l) if self.asleep[l] || self.browses[l].len() >= 4 => {}
            Step::Browse(l) => self.browse(l),
            Step::StopBrowse(l, nth) => self.stop_browse(l, nth),
            Step::Reconfirm(l, r, number) => self.reconfirm(l, r, number),
            Step::Publish(r, number) => self.publish(r, number),
            Step::Withdraw(r, number) => self.withdraw(r, number),
            Step::Retext(r, number, txt) => self.retext(r, number, txt),
            Step::Announce(r) => self.with_responder(r, |h, now| h.announce(now)),
            Step::Crash(r) => self.crash(r),
            Step::Restart(r) => self.restart(r),
            Step::Unplug(l, link) => {
                self.plugged.insert((l, link), false);
                self.world.unplug(&listener_name(l), LINKS[link]);
            }
            Step::Plug(l, link) => self.plug(l, link),
            Step::Sleep(l) => {
                self.asleep[l] = true;
                self.world.sleep(&listener_name(l));
            }
            Step::Wake(l) => self.wake(l),
            Step::Part(link, l, r) => part(&mut self.world, link, l, r),
            Step::Heal(link) => self.world.heal(LINKS[link]),
            Step::Weather(link, kind) => {
                self.world.weather(LINKS[link], weather(kind));
            }
            Step::Garbage(link, seed) => self.garbage(link, seed),
        }
    }

    fn stop_browse(&mut self, listener: usize, nth: usize) {
        if self.asleep[listener] || nth >= self.browses[listener].len() {
            return;
        }
        let id = self.browses[listener].remove(nth);
        self.world
            .with(&listener_name(listener), |me: &mut Listener, now| {
                me.stop(now, id)
            });
    }

    fn reconfirm(&mut self, listener: usize, responder: usize, number: usize) {
        if self.asleep[listener] {
            return;
        }
        let label = service(responder, number, 0).instance;
        self.world
            .with(&listener_name(listener), |me: &mut Listener, now| {
                me.reconfirm(now, &label, super::TYPE);
            });
    }

    fn publish(&mut self, responder: usize, number: usize) {
        if !self.alive[responder] || self.services[responder].contains_key(&number) {
            return;
        }
        self.services[responder].insert(number, 0);
        let held = records(responder, number, 0);
        self.with_responder(responder, |h, now| {
            h.add(held.clone());
            h.announce(now);
        });
    }

    fn withdraw(&mut self, responder: usize, number: usize) {
        if !self.alive[responder] || self.services[responder].remove(&number).is_none() {
            return;
        }
        let name = service(responder, number, 0).name();
        self.with_responder(responder, |h, now| {
            h.withdraw(now, |record| {
                let points = cooee_wire::RData::Ptr(name.clone());
                record.name == name || record.data == points
            });
        });
    }

    fn retext(&mut self, responder: usize, number: usize, txt: u8) {
        let Some(held) = self.services[responder].get_mut(&number) else {
            return;
        };
        *held = txt;
        let record = service(responder, number, txt).txt_record(super::manners().ttl_other);
        self.with_responder(responder, |h, now| h.replace(now, &[record]));
    }

    fn crash(&mut self, responder: usize) {
        self.alive[responder] = false;
        self.services[responder].clear();
        self.world.crash(&responder_name(responder));
    }

    fn restart(&mut self, responder: usize) {
        if !self.alive[responder] {
            self.alive[responder] = true;
            self.world.restart(&responder_name(responder), foreigner);
        }
    }

    fn with_responder(
        &mut self,
        responder: usize,
        act: impl FnOnce(&mut Responder, cooee_proto::time::Instant),
    ) {
        if self.alive[responder] {
            self.world.with(&responder_name(responder), act);
        }
    }

    /// Somebody repeats a message of before with one byte changed.
    fn garbage(&mut self, link: usize, seed: u8) {
        let said = self.world.recording().transmissions();
        let Some(nth) = usize::from(seed).checked_rem(said.len()) else {
            return;
        };
        let mut bytes = said[said.len() - 1 - nth].bytes().to_vec();
        let at = usize::from(seed) * 7 % bytes.len().max(1);
        // The flags and counts are left, so that it is no response: what it says is not believed.
        bytes.truncate(at.max(1));
        let source = std::net::SocketAddr::from(([10, 9, 9, 9], 5_353));
        let destination = std::net::IpAddr::from([224, 0, 0, 251]);
        self.world.inject(
            LINKS[link],
            &Foreign {
                source,
                destination,
                bytes: &bytes,
            },
        );
    }
}

fn part(world: &mut World, link: usize, listener: usize, responder: usize) {
    let (me, host) = (listener_name(listener), responder_name(responder));
    world.partition(LINKS[link], &[&me], &[&host]);
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
        _ => Weather::rough().with_loss(storm).doubling(0.1),
    }
}
