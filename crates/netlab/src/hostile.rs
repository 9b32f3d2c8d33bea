//! An attacker: thousands of packets per second that nobody should send.
//!
//! In:  a victim, kinds of packets, how many per second and for how long.
//! Out: those packets on the link, the same for the same seed; a [`Report`].
//!
//! An [`Attack`] is limited in time and number, and leaves by a packet socket in a host of the
//! laboratory. The victim's answers to addresses that do not exist end there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cable::Outlet;
use crate::clock::monotonic;
use crate::error::{Error, Result};
use crate::frame::{Mac, fragments};
use crate::lab::{Node, Port};

mod draft;
mod family;
mod malformed;
mod names;
mod queries;
mod records;
mod source;

pub use family::Family;
pub use source::Sources;

use family::Packet;
use names::Names;
use source::Sender;

/// The victim.
#[derive(Clone, Debug)]
pub struct Target {
    /// The hardware address of its interface.
    pub mac: Mac,
    /// Its IPv4 address there.
    pub ipv4: Ipv4Addr,
    /// Its IPv6 address there; without one no IPv6 is sent.
    pub ipv6: Option<Ipv6Addr>,
    /// The type that it browses for and registers under, such as `_http._tcp`.
    pub service_type: String,
    /// The instances that it has registered.
    pub instances: Vec<String>,
}

impl Target {
    /// Returns a victim that has registered these instances.
    pub fn of(port: &Port, service_type: &str, instances: Vec<String>) -> Result<Self> {
        Ok(Self {
            mac: port.mac,
            ipv4: port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?,
            ipv6: port.link_local,
            service_type: service_type.to_owned(),
            instances,
        })
    }

    fn address(&self, ipv6: bool) -> IpAddr {
        match self.ipv6 {
            Some(address) if ipv6 => address.into(),
            Some(_) | None => self.ipv4.into(),
        }
    }
}

/// What is to be sent.
#[derive(Clone, Debug)]
pub struct Attack {
    /// The interface that it leaves by.
    pub interface: String,
    /// The link's network, `10.x.0.0/16`.
    pub network: Ipv4Addr,
    /// The victim.
    pub target: Target,
    /// The kinds of packets, each as often as the others.
    pub families: Vec<Family>,
    /// Their claimed sources.
    pub sources: Sources,
    /// How many per second; at most 1,000,000.
    pub rate: u32,
    /// For how long.
    pub duration: Duration,
    /// The seed of the random choices.
    pub seed: u64,
}

/// What was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Datagrams that the kernel accepted.
    pub sent: u64,
    /// Frames that it did not accept.
    pub unsent: u64,
    /// How long it took.
    pub lasted: Duration,
}

impl Report {
    /// Returns the datagrams per second.
    pub fn rate(&self) -> f64 {
        self.sent as f64 / self.lasted.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// How often the packets that are due are sent.
const TICK: Duration = Duration::from_millis(1);

/// Sends from a host until everything is sent or its time is over.
pub fn attack_from(attacker: &Node, plan: Attack) -> Result<Report> {
    attacker.enter(move || attack(&plan, &AtomicBool::new(false)))?
}

/// Sends until everything is sent, its time is over or `stop` is set; call it inside the attacker's
/// host.
///
/// A sender that falls behind catches up, but never sends for longer than twice its time.
pub fn attack(attack: &Attack, stop: &AtomicBool) -> Result<Report> {
    let mut attacker = Attacker::new(attack);
    let mut outlet = Outlet::open(&attack.interface)?;
    let total = u64::from(attack.rate) * attack.duration.as_millis() as u64 / 1000;
    let (start, mut report) = (monotonic(), Report::default());
    while attacker.made < total && !stop.load(Ordering::Relaxed) {
        let after = monotonic().saturating_sub(start);
        if after >= attack.duration * 2 {
            break;
        }
        let due = after.as_micros() as u64 * u64::from(attack.rate) / 1_000_000;
        while attacker.made < due.min(total) {
            let id = attacker.made as u16;
            for frame in fragments(attacker.packet().frame(), id) {
                outlet.queue(frame);
            }
            if outlet.is_full() {
                report.unsent += flush(&mut outlet)?;
            }
        }
        report.unsent += flush(&mut outlet)?;
        std::thread::sleep(TICK);
    }
    report.sent = attacker.made.saturating_sub(report.unsent);
    report.lasted = monotonic().saturating_sub(start);
    Ok(report)
}

/// Sends the waiting frames. Returns how many were not accepted.
fn flush(outlet: &mut Outlet) -> Result<u64> {
    let queued = outlet.queued();
    Ok((queued - outlet.send()?) as u64)
}

/// Creates the packets of an attack, one by one.
#[derive(Clone, Debug)]
struct Attacker<'a> {
    attack: &'a Attack,
    names: Names,
    sender: Sender,
    random: fastrand::Rng,
    made: u64,
}

impl<'a> Attacker<'a> {
    fn new(attack: &'a Attack) -> Self {
        Self {
            attack,
            names: Names::new(&attack.target),
            sender: Sender::new(attack.network, attack.sources),
            random: fastrand::Rng::with_seed(attack.seed),
            made: 0,
        }
    }

    fn packet(&mut self) -> Packet {
        self.made += 1;
        let chosen = self.random.choice(&self.attack.families).copied();
        let family = chosen.unwrap_or(Family::Noise);
        let Self {
            attack,
            names,
            sender,
            random,
            ..
        } = self;
        Packet::of(family, attack, names, sender, random)
    }
}

#[cfg(test)]
mod tests;
