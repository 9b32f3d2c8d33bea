//! Any history, decoded from bytes: whatever happens, what listeners know becomes the truth.
//!
//! In:  bytes, from a fuzzer or from a seed.
//! Out: a panic if a listener contradicts itself, floods, or does not come to know the truth.

use std::collections::BTreeMap;
use std::time::Duration;

use cooee_proto::dnssd::event::RequestId;
use cooee_wire::{Record, Ttl};

use crate::nodes::{Listener, Manners, Responder, ServiceRecords};
use crate::{Birth, Foreign, Rng, Weather, World, ms, secs};

mod steps;
mod truth;

/// Runs the history that `bytes` spell in a world of `seed`, then lets the weather clear and
/// compares what each listener knows with what is there.
///
/// # Panics
/// When they differ; with the history in the message.
pub fn run(seed: u64, bytes: &[u8]) {
    let mut model = Model::new(seed);
    let mut bytes = bytes.iter().copied();
    while let Some(step) = steps::next(&mut bytes) {
        model.log.push(format!("+{:?} {step:?}", model.world.age()));
        model.act(step);
        model.check_limits();
    }
    model.settle();
    model.check_truth();
    model.check_quiet();
}

/// Returns the bytes of a random history.
pub fn random_history(seed: u64) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let length = 20 + rng.below(200);
    (0..length)
        .flat_map(|_| rng.bits().to_le_bytes().into_iter().take(1))
        .collect()
}

/// A world, and what is true in it.
struct Model {
    world: World,
    /// The services that each responder holds: label to TXT string.
    services: [BTreeMap<usize, u8>; RESPONDERS],
    alive: [bool; RESPONDERS],
    asleep: [bool; LISTENERS],
    plugged: BTreeMap<(usize, usize), bool>,
    browses: [Vec<RequestId>; LISTENERS],
    log: Vec<String>,
}

impl Model {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed);
        for link in LINKS {
            world.link(link);
        }
        let mut plugged = BTreeMap::new();
        for listener in 0..LISTENERS {
            world
                .host(&listener_name(listener), Listener::new)
                .on(LINKS[0])
                .on(LINKS[1]);
        }
        for responder in 0..RESPONDERS {
            let setup = world.host(&responder_name(responder), foreigner);
            // The first lives on one link, the second on the other, the rest on both.
            let setup = if responder == 1 {
                setup
            } else {
                setup.on(LINKS[0])
            };
            if responder == 0 {
                setup
            } else {
                setup.on(LINKS[1])
            };
        }
        for listener in 0..LISTENERS {
            for link in 0..LINKS.len() {
                plugged.insert((listener, link), true);
            }
        }
        let mut model = Self {
            world,
            services: Default::default(),
            alive: [true; RESPONDERS],
            asleep: [false; LISTENERS],
            plugged,
            browses: Default::default(),
            log: Vec::new(),
        };
        model.browse(0);
        model
    }

    fn browse(&mut self, listener: usize) {
        let name = listener_name(listener);
        let id = self
            .world
            .with(&name, |me: &mut Listener, now| me.browse(now, TYPE));
        self.browses[listener].push(id);
    }

    /// The weather clears, everyone wakes and is connected; all that was said wrong runs out.
    fn settle(&mut self) {
        for link in LINKS {
            self.world.weather(link, Weather::calm());
            self.world.heal(link);
        }
        for listener in 0..LISTENERS {
            for link in 0..LINKS.len() {
                self.plug(listener, link);
            }
            self.wake(listener);
        }
        self.log
            .push(format!("+{:?} all is well from here", self.world.age()));
        // The longest a browse may wait before it asks again, and then the answers.
        self.world.run_for(secs(3_600 + 3_600 / 50 + 10));
    }

    fn plug(&mut self, listener: usize, link: usize) {
        self.plugged.insert((listener, link), true);
        self.world.plug(&listener_name(listener), LINKS[link]);
    }

    fn wake(&mut self, listener: usize) {
        if self.asleep[listener] {
            self.asleep[listener] = false;
            self.world.wake(&listener_name(listener));
        }
    }
}

/// A foreign host whose records live for a minute at the most.
fn foreigner(birth: Birth<'_>) -> Responder {
    Responder::new(birth).with_manners(manners())
}

fn manners() -> Manners {
    Manners {
        ttl_host: Ttl(45),
        ttl_other: Ttl(60),
        nsec: true,
        ..Manners::default()
    }
}

fn listener_name(listener: usize) -> String {
    format!("me{listener}")
}

fn responder_name(responder: usize) -> String {
    format!("h{responder}")
}

fn service(responder: usize, number: usize, txt: u8) -> ServiceRecords {
    let host = format!("{}.local", responder_name(responder))
        .parse()
        .expect("a name");
    let label = format!("{number} on {}", responder_name(responder));
    let mut service = ServiceRecords::new(&label, TYPE, &host);
    service.txt = vec![format!("v={txt}")];
    service
}

fn records(responder: usize, number: usize, txt: u8) -> Vec<Record> {
    service(responder, number, txt).records(&manners())
}

const TYPE: &str = "_http._tcp";
const LINKS: [&str; 2] = ["lan", "wifi"];
const LISTENERS: usize = 2;
const RESPONDERS: usize = 4;
const SERVICES: usize = 3;

#[cfg(test)]
mod tests;
