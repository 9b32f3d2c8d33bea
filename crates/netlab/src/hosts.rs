//! Many hosts played by one thread, as a load for browsers.
//!
//! In:  questions received by a packet socket on one interface.
//! Out: each host's answers, after its own delay, one datagram per host; a [`HostsReport`]. RFC 6762
//!      sections 5.4 (unicast answers), 6 (delays, once per second), 7.1 (known answers), 7.2
//!      (truncated questions).
//!
//! Every host has an address of its own: frames are built completely and their sources are the
//! hosts', so that the receiver sees as many peers as there are hosts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::monotonic;
use crate::error::Result;
use crate::frame::{Mac, Udp};

mod answer;
mod cable;
mod device;
mod played;
mod question;
mod wheel;

pub use answer::{HOST_TTL_SECS, Mask, SERVICE_TTL_SECS};
pub use device::{Device, DeviceService, PlayedDevice};
pub use played::Played;

use answer::{AnswerFrames, RECORDS};
use cable::Cable;
use question::{Asked, Heard};
use wheel::Wheel;

/// The delay before a shared record is answered, in milliseconds.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# In any case where there may be multiple responses, such as queries
//# where the answer is a member of a shared resource record set, each
//# responder SHOULD delay its response by a random amount of time
//# selected with uniform random distribution in the range 20-120 ms.
const DELAY_MS: std::ops::RangeInclusive<u64> = 20..=120;

/// The delay after a truncated question, in milliseconds.
//= https://www.rfc-editor.org/rfc/rfc6762#section-7.2
//# A Multicast DNS responder seeing a Multicast DNS query with the TC
//# bit set defers its response for a time period randomly selected in
//# the interval 400-500 ms.
const TRUNCATED_DELAY_MS: std::ops::RangeInclusive<u64> = 400..=500;

/// The time between two multicasts of one record, in milliseconds.
//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//# a Multicast DNS responder MUST NOT
//# (except in the one special case of answering probe queries) multicast
//# a record on a given interface until at least one second has elapsed
//# since the last time that record was multicast on that particular
//# interface.
const MULTICAST_GAP_MS: u64 = 1000;

/// How long the thread sleeps at most before it looks whether to stop.
const IDLE_MS: u64 = 20;

/// The configuration of the hosts.
#[derive(Clone, Debug)]
pub struct Config {
    /// The interface on which they are heard.
    pub interface: String,
    /// How many there are; at most 50,000.
    pub count: u32,
    /// The network in which they have addresses, `10.x.0.0/16`; they take `10.x.16.0` upwards.
    pub network: Ipv4Addr,
    /// Whether they live on IPv6, with link-local addresses, instead of IPv4.
    pub ipv6: bool,
    /// Whether a PTR answer has SRV, TXT and addresses as additional records.
    pub additional: bool,
    /// The seed of the delays.
    pub seed: u64,
}

/// What the hosts did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostsReport {
    /// Datagrams that asked for something these hosts have.
    pub question_datagrams: u64,
    /// Questions in them.
    pub questions: u64,
    /// Known answers heard.
    pub known_answers: u64,
    /// Responses sent.
    pub responses: u64,
    /// Bytes of DNS in them.
    pub response_bytes: u64,
    /// Responses that the kernel did not take.
    pub unsent: u64,
    /// The most by which a response was late.
    pub late_max: Duration,
    /// When the first question came.
    pub first_question: Option<Duration>,
    /// When the first response went.
    pub first_response: Option<Duration>,
    /// When the last response went.
    pub last_response: Option<Duration>,
}

/// A response that waits for its time.
#[derive(Clone, Copy, Debug)]
struct Job {
    host: u32,
    /// What to send, for a unicast; a multicast takes what is pending at its time.
    unicast: Option<(Mask, u16)>,
}

/// A host's memory.
#[derive(Clone, Copy, Debug, Default)]
struct Host {
    /// The contents of its next multicast.
    pending: Mask,
    /// When it last multicast each of its records, in milliseconds; zero for never.
    multicast_ms: [u64; RECORDS.len()],
}

impl Host {
    /// The earliest millisecond at which all of `mask` may be multicast again.
    fn free_ms(&self, mask: Mask) -> u64 {
        let asked = RECORDS
            .iter()
            .zip(self.multicast_ms)
            .filter(|(record, _)| mask.has(**record));
        let last = asked.map(|(_, last)| last).max();
        last.filter(|last| *last > 0)
            .map_or(0, |last| last + MULTICAST_GAP_MS)
    }

    fn note_multicast(&mut self, mask: Mask, now: u64) {
        for (record, last) in RECORDS.iter().zip(&mut self.multicast_ms) {
            if mask.has(*record) {
                *last = now;
            }
        }
    }
}

struct Hosts {
    answers: AnswerFrames,
    cable: Cable,
    wheel: Wheel<Job>,
    hosts: Vec<Host>,
    queriers: Vec<(SocketAddr, Mac)>,
    random: fastrand::Rng,
    report: HostsReport,
    start: Duration,
}

impl Hosts {
    fn new(config: &Config) -> Result<Self> {
        let cable = Cable::open(&config.interface, config.ipv6)?;
        let start = monotonic();
        Ok(Self {
            answers: AnswerFrames::new(config)?,
            cable,
            wheel: Wheel::new(),
            hosts: vec![Host::default(); config.count as usize],
            queriers: Vec::new(),
            random: fastrand::Rng::with_seed(config.seed),
            report: HostsReport::default(),
            start,
        })
    }

    /// Answers until `stop` is set; then says goodbye if `leaves` is.
    fn play(mut self, stop: &AtomicBool, leaves: &AtomicBool) -> Result<HostsReport> {
        while !stop.load(Ordering::Relaxed) {
            self.turn()?;
        }
        if leaves.load(Ordering::Relaxed) {
            self.leave()?;
        }
        Ok(self.report)
    }

    /// Sends a goodbye of every host.
    fn leave(&mut self) -> Result<()> {
        for host in 0..self.hosts.len() as u32 {
            let frame = self.answers.goodbye(host)?;
            self.cable.outlet.queue(frame);
            if self.cable.outlet.is_full() {
                self.flush()?;
            }
        }
        self.flush()
    }

    /// Waits for a frame or the next response, then does what is due.
    fn turn(&mut self) -> Result<()> {
        let wait = self
            .wheel
            .next_due()
            .map_or(IDLE_MS, |due| due.saturating_sub(self.now_ms()));
        self.cable.wait(wait.min(IDLE_MS))?;
        while let Some(length) = self.cable.receive()? {
            self.hear(length);
        }
        self.send_due()
    }

    fn now_ms(&self) -> u64 {
        // From one on, so that zero can mean never.
        (monotonic().saturating_sub(self.start).as_millis() as u64).saturating_add(1)
    }

    fn hear(&mut self, length: usize) {
        let Some(udp) = Udp::parse(self.cable.frame(length)) else {
            return;
        };
        if udp.destination.port() != crate::capture::MDNS_PORT {
            return;
        }
        let from = (udp.source, udp.source_mac);
        let Some(heard) = Heard::read(udp.payload, self.hosts.len() as u32) else {
            return;
        };
        self.report.known_answers += heard.known.len() as u64;
        if heard.asked.is_empty() {
            // The rest of a known-answer list that did not fit beside its question.
            self.forget(&heard);
            return;
        }
        self.report.question_datagrams += 1;
        self.report.questions += heard.asked.len() as u64;
        self.report.first_question.get_or_insert_with(monotonic);
        self.schedule(&heard, from);
    }

    /// Removes known answers from what is about to be sent.
    fn forget(&mut self, heard: &Heard) {
        for (host, mask) in &heard.known {
            if let Some(host) = self.hosts.get_mut(*host as usize) {
                host.pending = host.pending.without(*mask);
            }
        }
    }

    fn schedule(&mut self, heard: &Heard, from: (SocketAddr, Mac)) {
        let now = self.now_ms();
        let querier = self.querier(from);
        for asked in &heard.asked {
            let Asked {
                first,
                last,
                mask,
                unicast,
            } = *asked;
            for host in first..last {
                let mask = mask.without(heard.known_of(host));
                if !mask.is_empty() {
                    let delay = self.delay(heard.truncated);
                    self.add(now, now + delay, host, mask, unicast.then_some(querier));
                }
            }
        }
    }

    fn add(&mut self, now: u64, due: u64, number: u32, mask: Mask, querier: Option<u16>) {
        if let Some(querier) = querier {
            let job = Job {
                host: number,
                unicast: Some((mask, querier)),
            };
            self.wheel.add(now, due, job);
            return;
        }
        let Some(host) = self.hosts.get_mut(number as usize) else {
            return;
        };
        let due = due.max(host.free_ms(mask));
        let waiting = !host.pending.is_empty();
        host.pending = host.pending.with(mask);
        if !waiting {
            self.wheel.add(
                now,
                due,
                Job {
                    host: number,
                    unicast: None,
                },
            );
        }
    }

    fn delay(&mut self, truncated: bool) -> u64 {
        let range = if truncated {
            TRUNCATED_DELAY_MS
        } else {
            DELAY_MS
        };
        self.random.u64(range)
    }

    fn querier(&mut self, from: (SocketAddr, Mac)) -> u16 {
        let known = self.queriers.iter().position(|querier| *querier == from);
        let number = known.unwrap_or_else(|| {
            self.queriers.push(from);
            self.queriers.len() - 1
        });
        number as u16
    }

    fn send_due(&mut self) -> Result<()> {
        let now = self.now_ms();
        while let Some((due, job)) = self.wheel.pop(now) {
            let late = Duration::from_millis(now - due);
            self.report.late_max = self.report.late_max.max(late);
            self.queue(now, job)?;
        }
        self.flush()
    }

    fn queue(&mut self, now: u64, job: Job) -> Result<()> {
        let frame = match job.unicast {
            Some((mask, querier)) => {
                let to = self.queriers.get(usize::from(querier)).copied();
                self.answers.frame(job.host, mask, to)?
            }
            None => {
                let Some(host) = self.hosts.get_mut(job.host as usize) else {
                    return Ok(());
                };
                let mask = std::mem::take(&mut host.pending);
                if mask.is_empty() {
                    return Ok(());
                }
                host.note_multicast(mask, now);
                self.answers.frame(job.host, mask, None)?
            }
        };
        self.cable.outlet.queue(frame);
        if self.cable.outlet.is_full() {
            self.flush()
        } else {
            Ok(())
        }
    }

    fn flush(&mut self) -> Result<()> {
        let queued = self.cable.outlet.queued();
        if queued == 0 {
            return Ok(());
        }
        let bytes = self.cable.outlet.queued_bytes();
        let sent = self.cable.outlet.send()?;
        self.report.responses += sent as u64;
        self.report.unsent += (queued - sent) as u64;
        self.report.response_bytes += bytes as u64 - (self.answers.header_bytes() * queued) as u64;
        let at = monotonic();
        self.report.first_response.get_or_insert(at);
        self.report.last_response = Some(at);
        Ok(())
    }
}

/// Returns the address of a host, by its number.
fn address_of(config: &Config, host: u32) -> IpAddr {
    let number = FIRST_HOST + host;
    if config.ipv6 {
        return IpAddr::V6(link_local_of(host));
    }
    IpAddr::V4(Ipv4Addr::from(u32::from(config.network) + number))
}

/// Returns the link-local address of a host, by its number.
fn link_local_of(host: u32) -> Ipv6Addr {
    let [_, _, high, low] = (FIRST_HOST + host).to_be_bytes();
    let number = u16::from_be_bytes([high, low]);
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0x02c0, 0x00ff, 0xfe00, number)
}

/// The number of the first host in its network.
const FIRST_HOST: u32 = 0x1000;
