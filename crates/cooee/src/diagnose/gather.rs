//! Gathers the facts: observes the network for some seconds, and asks the system.
//!
//! In:  a driver, or the reason why there is none.
//! Out: [`Facts`]. RFC 6762 sections 5.4 (questions that want unicast answers) and 5.5 (questions
//!      by unicast).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cooee_net::{Decision, Family, SystemFacts};
use cooee_proto::dnssd::host_name;
use cooee_wire::{Name, RecordType};

use super::DiagnoseProgress;
use super::clock::{ClockChange, ClockReading};
use super::facts::{Facts, LinkFacts, OpenFailure, SmallBuffer, ToSelf};
use super::traffic::{Heard, Traffic};
use crate::error::{DriverError, StartError};
use crate::event::message::{Direction, Message, MonitorEvent};
use crate::event::warning::Warning;
use crate::lock::lock;
use crate::monitor::Messages;
use crate::query::Records;
use crate::session::blocking::{Events, NextError};
use crate::session::handle::Mdns;

mod probe;

use probe::{PeerProbes, send_question};

/// What a driver that could not start leaves for a diagnosis.
pub(super) fn without_driver(
    error: StartError,
    decisions: Vec<Decision>,
    families: Vec<Family>,
    port: u16,
) -> Result<Facts, StartError> {
    let failures = match &error {
        StartError::Interfaces(cooee_net::InterfacesError::Select(
            cooee_net::SelectError::NothingLeft { .. },
        )) => Vec::new(),
        StartError::Open { failures } => failures.iter().map(OpenFailure::from).collect(),
        StartError::Interfaces(_) | StartError::Wait(_) | StartError::Thread(_) => {
            return Err(error);
        }
    };
    let mut facts = empty(decisions, &families, port);
    facts.failures = failures;
    Ok(facts)
}

fn empty(decisions: Vec<Decision>, families: &[Family], port: u16) -> Facts {
    Facts {
        links: links(&decisions, families),
        decisions,
        port,
        failures: Vec::new(),
        system: SystemFacts::read(port),
        buffers: Vec::new(),
        dropped: 0,
        traffic: Traffic::default(),
        host: cooee_net::system_host_name().map(|name| host_name::system_host_name(Some(&name))),
        observed: Duration::ZERO,
        own_pid: std::process::id(),
        search: None,
        clock: ClockChange::default(),
    }
}

fn links(decisions: &[Decision], families: &[Family]) -> Vec<LinkFacts> {
    let selected = decisions.iter().filter(|decision| decision.selected);
    let links = selected.flat_map(|decision| {
        let interface = &decision.interface;
        let families = families.iter().copied();
        let usable = families.filter(|family| interface.has_usable(*family));
        usable.map(|family| LinkFacts {
            interface: interface.name.clone(),
            index: interface.index,
            family,
            has_carrier: interface.flags.running,
            refused: None,
            to_self: None,
            peers: Vec::new(),
        })
    });
    links.collect()
}

/// A part of the observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Hear what others say, before anything is asked.
    Pause,
    /// Hear what others say.
    Listen,
    /// Ask by multicast for a unicast answer.
    WantUnicast,
    /// Ask by multicast for a multicast answer.
    WantMulticast,
    /// Ask by unicast.
    AskAlone,
}

impl Step {
    /// The steps that ask other hosts, and where each ends in the observation, 0 to 1.
    const PROBES: [(Self, f64); 3] = [
        (Self::WantUnicast, 0.66),
        (Self::WantMulticast, 0.84),
        (Self::AskAlone, 1.0),
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Pause | Self::Listen => "listening",
            Self::WantUnicast => "asking for unicast answers",
            Self::WantMulticast => "asking for multicast answers",
            Self::AskAlone => "asking hosts directly",
        }
    }
}

/// A running observation.
pub(super) struct Watching {
    mdns: Mdns,
    stop: Arc<AtomicBool>,
    start: Instant,
    /// How long after the start of the round the questions begin.
    pause: Duration,
    duration: Duration,
    clock: ClockReading,
    messages: Events<Messages>,
    _own_name: Vec<Records>,
    dropped_before: u64,
    families: Vec<Family>,
    pub(super) facts: Facts,
    marker: Arc<[u8]>,
}

impl Watching {
    /// Begins to listen through a running driver.
    pub(super) fn start(
        mdns: &Mdns,
        duration: Duration,
        stop: Arc<AtomicBool>,
    ) -> Result<Self, DriverError> {
        let (families, port) = {
            let state = lock(&mdns.shared().state);
            (state.families.clone(), state.port)
        };
        let messages = mdns.monitor().start().map_err(|_| DriverError::Stopped)?;
        let mut facts = empty(mdns.interfaces(), &families, port);
        facts.host = lock(&mdns.shared().state)
            .system_host
            .clone()
            .or(facts.host);
        let own = facts.host.iter();
        let own_name = own.flat_map(|host| {
            [RecordType::A, RecordType::AAAA].map(|rtype| mdns.query(host, rtype).start().ok())
        });
        Ok(Self {
            _own_name: own_name.flatten().collect(),
            mdns: mdns.clone(),
            stop,
            start: Instant::now(),
            pause: Duration::ZERO,
            duration,
            clock: ClockReading::now(),
            messages: messages.blocking(),
            dropped_before: mdns.metrics().sockets.dropped_by_kernel,
            families,
            facts,
            marker: marker(),
        })
    }

    /// Returns the driver.
    pub(super) fn mdns(&self) -> &Mdns {
        &self.mdns
    }

    /// Listens for a while, then asks. Returns what was heard since the round before.
    pub(super) fn round(
        &mut self,
        pause: Duration,
        progress: &mut dyn FnMut(DiagnoseProgress),
    ) -> Result<Facts, DriverError> {
        self.pause = pause;
        self.listen(Step::Pause, Duration::ZERO, progress)?;
        self.ask_everyone();
        self.listen(Step::Listen, self.duration.mul_f64(0.1), progress)?;
        self.send_to_self();
        self.listen(Step::Listen, self.duration.mul_f64(0.44), progress)?;
        let mut probes = PeerProbes::start(&mut self.facts);
        for (step, until) in Step::PROBES {
            probes.ask(step, self);
            let mut until = self.duration.mul_f64(until);
            if step == Step::WantUnicast {
                // The next step asks the same, by multicast too.
                let asked = self.start.elapsed().saturating_sub(self.pause);
                until = until.max(asked.saturating_add(QUESTION_GAP));
            }
            self.listen_too(step, until, &mut probes, progress)?;
        }
        drop(probes);
        Ok(self.finish())
    }

    /// Asks on each link which services there are; the packets must come back.
    fn ask_everyone(&mut self) {
        let Ok(everything) = EVERYTHING.parse::<Name>() else {
            return;
        };
        for place in 0..self.facts.links.len() {
            send_question(self, place, &everything, RecordType::PTR);
        }
    }

    /// Sends unicasts to the own addresses, each from another port.
    fn send_to_self(&mut self) {
        for link in &mut self.facts.links {
            let mut decisions = self.facts.decisions.iter();
            let decision = decisions.find(|decision| decision.interface.index == link.index);
            let address = decision.and_then(|decision| {
                let address = decision.interface.usable(link.family).next()?;
                Some(address.ip)
            });
            let Some(address) = address else { continue };
            let sends = (0..TO_SELF).map(|_| {
                cooee_net::facts::send_to_self(address, self.facts.port, link.index, &self.marker)
            });
            let sent = sends.filter(Result::is_ok).count();
            link.to_self = Some(ToSelf { sent, arrived: 0 });
        }
    }

    fn listen(
        &mut self,
        step: Step,
        until: Duration,
        progress: &mut dyn FnMut(DiagnoseProgress),
    ) -> Result<(), DriverError> {
        while let Some(left) = self.left(until)? {
            progress(self.progress(step));
            self.take(left.min(PROGRESS_PAUSE))?;
        }
        Ok(())
    }

    /// Returns how long it is until this time after the pause, if it is not over.
    fn left(&self, until: Duration) -> Result<Option<Duration>, DriverError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(DriverError::Stopped);
        }
        let until = self.pause.saturating_add(until);
        Ok(until.checked_sub(self.start.elapsed()))
    }

    /// Listens, and reads the sockets of the probes too.
    fn listen_too(
        &mut self,
        step: Step,
        until: Duration,
        probes: &mut PeerProbes,
        progress: &mut dyn FnMut(DiagnoseProgress),
    ) -> Result<(), DriverError> {
        while let Some(left) = self.left(until)? {
            progress(self.progress(step));
            self.take(left.min(PROGRESS_PAUSE))?;
            for heard in probes.read(self.start.elapsed()) {
                self.hear(&heard);
            }
        }
        probes.note(step, &mut self.facts);
        Ok(())
    }

    fn progress(&self, step: Step) -> DiagnoseProgress {
        DiagnoseProgress {
            elapsed: self.start.elapsed().min(self.duration),
            total: self.duration,
            step: step.text(),
        }
    }

    /// Takes the messages that are there, and waits for one at most so long.
    fn take(&mut self, wait: Duration) -> Result<(), DriverError> {
        let end = Instant::now().checked_add(wait);
        loop {
            let left = end.map_or(Duration::ZERO, |end| {
                end.saturating_duration_since(Instant::now())
            });
            match self.messages.next_timeout(left) {
                Ok(MonitorEvent::Message(message)) => self.note(&message),
                Ok(MonitorEvent::Lagged { missed }) => {
                    let traffic = &mut self.facts.traffic;
                    traffic.missed = traffic.missed.saturating_add(missed);
                }
                Err(NextError::TimedOut) => return Ok(()),
                Err(NextError::Stopped) => return Err(DriverError::Stopped),
                Err(NextError::Driver(error)) => return Err(error),
            }
            if left.is_zero() {
                return Ok(());
            }
        }
    }

    fn note(&mut self, message: &Message) {
        let index = message.interface.index();
        match message.direction {
            Direction::Sent { destination } if destination.ip().is_multicast() => {
                let family = super::traffic::family_of(destination.ip());
                let bytes = Arc::clone(&message.bytes);
                self.facts.traffic.note_sent((index, family), bytes);
            }
            Direction::Sent { .. } => {}
            Direction::Seen {
                source,
                destination,
                ..
            } => self.hear(&Heard {
                at: self.start.elapsed(),
                interface_index: index,
                source,
                destination,
                bytes: Arc::clone(&message.bytes),
            }),
        }
    }

    fn hear(&mut self, heard: &Heard) {
        if heard.bytes == self.marker {
            let mut links = self.facts.links.iter_mut();
            let decisions = &self.facts.decisions;
            let link = links.find(|link| {
                link.family.contains(heard.destination)
                    && decisions.iter().any(|decision| {
                        let mut addresses = decision.interface.addresses.iter();
                        decision.interface.index == link.index
                            && addresses.any(|address| address.ip == heard.destination)
                    })
            });
            if let Some(to_self) = link.and_then(|link| link.to_self.as_mut()) {
                to_self.arrived = to_self.arrived.saturating_add(1);
            }
            return;
        }
        let mut traffic = std::mem::take(&mut self.facts.traffic);
        traffic.note_heard(heard, |ip| self.facts.is_own(ip));
        self.facts.traffic = traffic;
    }

    /// Returns the facts, and begins the next round.
    fn finish(&mut self) -> Facts {
        let facts = &mut self.facts;
        facts.observed = self.start.elapsed();
        facts.decisions = self.mdns.interfaces();
        // Memberships and holders as they are at the end; the driver has joined by now.
        facts.system = SystemFacts::read(facts.port);
        let dropped = self.mdns.metrics().sockets.dropped_by_kernel;
        facts.dropped = dropped.saturating_sub(self.dropped_before);
        self.dropped_before = dropped;
        let clock = ClockReading::now();
        facts.clock = clock.since(&self.clock);
        (self.clock, self.start) = (clock, Instant::now());
        for warning in self.mdns.warnings() {
            note_warning(facts, &warning);
        }
        let next = facts.next_round(links(&facts.decisions, &self.families));
        std::mem::replace(&mut self.facts, next)
    }
}

fn note_warning(facts: &mut Facts, warning: &Warning) {
    if let Warning::Open(error) = warning {
        let failure = OpenFailure::from(error);
        let is_known = |known: &OpenFailure| {
            known.interface == failure.interface && known.family == failure.family
        };
        // The socket may have been opened since.
        let works = facts.links.iter().any(|link| {
            let trips = facts.traffic.trips.get(&(link.index, link.family));
            link.interface == failure.interface
                && link.family == failure.family
                && trips.is_some_and(|trips| trips.returned > 0)
        });
        if !works && !facts.failures.iter().any(is_known) {
            facts.failures.push(failure);
        }
    } else if let Warning::Socket(cooee_net::Warning::ReceiveBufferSmall {
        interface,
        asked,
        granted,
    }) = warning
    {
        facts.buffers.push(SmallBuffer {
            interface: interface.clone(),
            asked: *asked,
            granted: *granted,
        });
    }
}

/// Returns a message that concerns nobody: a response without records, with an id of its own.
fn marker() -> Arc<[u8]> {
    use std::hash::BuildHasher;
    let id = std::collections::hash_map::RandomState::new().hash_one(Instant::now());
    let [a, b, ..] = id.to_be_bytes();
    Arc::from([a, b, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// The name that asks for all types of services (RFC 6763 section 9).
const EVERYTHING: &str = "_services._dns-sd._udp.local";

/// How long after a question the same may be asked again (RFC 6762 section 5.2).
const QUESTION_GAP: Duration = Duration::from_secs(1);

/// How many unicasts this host sends to itself: programs that share a port may each get a part.
const TO_SELF: usize = 16;

/// How often progress is reported, and how long an answer may wait to be read.
pub(super) const PROGRESS_PAUSE: Duration = Duration::from_millis(100);
