//! Observing: the kind of each message, and the rules of Multicast DNS and of names that it breaks.
//!
//! In:  messages one after another: from a monitor, or from a capture.
//! Out: an [`Observation`] of each, and statistics by host. No I/O, no clock.
//! RFC 6762 sections 5.2, 6, 6.7, 8.2, 9, 10, 10.2, 11, 14 and 18.
//!
//! ```
//! use cooee::observe::{MessageKind, Observer, Sighting};
//!
//! // A response that contains a question.
//! let bytes = b"\0\0\x84\0\0\x01\0\0\0\0\0\0\x05_http\x04_tcp\x05local\0\0\x0c\0\x01";
//! let mut observer = Observer::new();
//! let seen = observer.observe(&Sighting {
//!     at: std::time::SystemTime::UNIX_EPOCH,
//!     source: "192.168.1.7:5353".parse()?,
//!     destination: "224.0.0.251:5353".parse()?,
//!     interface: 2,
//!     hop_limit: Some(255),
//!     bytes,
//! });
//! assert_eq!(seen.kind, MessageKind::Response);
//! for breach in &seen.breaches {
//!     println!("RFC {} section {}: {breach}", breach.rfc(), breach.section());
//! }
//! # assert_eq!(seen.breaches[0].section(), "6");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To watch the network, convert what a monitor shows:
//!
//! ```no_run
//! use cooee::MonitorEvent;
//! use cooee::observe::{Observer, Sighting};
//!
//! # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
//! let mut observer = Observer::new();
//! for event in mdns.monitor().start()?.blocking() {
//!     let MonitorEvent::Message(message) = event else { continue };
//!     let seen = observer.observe(&Sighting::from(&message));
//!     println!("{} on {}", seen.kind, message.interface);
//! }
//! # Ok(())
//! # }
//! ```

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use cooee_wire::{DecodeError, Message, Name, QuestionRef, RecordType};

mod asking;
mod breach;
mod claims;
mod crossings;
mod hosts;
mod kind;
mod limits;
mod naming;
mod observation;
mod recent;
mod repeats;
mod rules;
mod sighting;

pub use breach::{Breach, HeaderFlag};
pub use hosts::HostStats;
pub use kind::MessageKind;
pub use observation::Observation;
pub use sighting::Sighting;

pub(crate) use claims::ClaimedSet;

use asking::{Askers, Pace, Questions};
use claims::Claims;
use crossings::Crossings;
use hosts::Hosts;
use repeats::Repeats;
use sighting::LinkFamily;

/// Observes messages, and remembers of the past what it needs to judge the next one.
///
/// What it remembers is limited, whatever it observes: 1,024 hosts, 4,096 questions of each kind and
/// 4,096 claims of names. Hosts above the limit are counted together ([`Observer::other_hosts`]).
///
/// Some rules are kept by a program, and a message shows only its host. If two programs on one host
/// ask the same question, the host seems to repeat it too soon.
#[derive(Debug)]
pub struct Observer {
    seed: u64,
    questions: Questions,
    askers: Askers,
    claims: Claims,
    repeats: Repeats,
    crossings: Crossings,
    hosts: Hosts,
}

impl Observer {
    /// Creates an observer that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self {
            // Nobody can make names that look alike here.
            seed: RandomState::new().hash_one(0_u8),
            questions: Questions::new(),
            askers: Askers::new(),
            claims: Claims::new(),
            repeats: Repeats::new(),
            crossings: Crossings::new(),
            hosts: Hosts::new(),
        }
    }

    /// Judges one message. Messages must come in the order of their times.
    pub fn observe(&mut self, sighting: &Sighting<'_>) -> Observation {
        let now = sighting
            .at
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let observation = match Message::parse(sighting.bytes) {
            Ok(message) => self.judge(now, sighting, &message),
            Err(error) => malformed(error),
        };
        self.hosts.count(now, sighting, &observation);
        observation
    }

    /// Returns the hosts that have sent something, by address, chattiest first.
    #[must_use]
    pub fn hosts(&self) -> Vec<(IpAddr, HostStats)> {
        self.hosts.sorted()
    }

    /// Returns the sum over all hosts for which there was no room.
    #[must_use]
    pub fn other_hosts(&self) -> &HostStats {
        self.hosts.others()
    }

    /// Iterates over the unique record sets that were heard, each with the number of its interface
    /// and its type, in no particular order.
    pub(crate) fn claims(&self) -> impl Iterator<Item = (u32, RecordType, &ClaimedSet)> {
        self.claims.iter()
    }

    /// Returns whether two addresses belong to one host, as far as was heard.
    pub(crate) fn is_one_host(&self, one: IpAddr, other: IpAddr) -> bool {
        self.hosts.is_one(one, other)
    }

    fn judge(
        &mut self,
        now: Duration,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
    ) -> Observation {
        let fault = rules::first_fault(message);
        let mut breaches = rules::breaches(sighting, message);
        if message.header().flags.is_response() {
            let source = sighting.source.ip();
            self.hosts.learn(now, self.seed, source, message);
        }
        let kind = if rules::is_cut(message) {
            fault.map_or(MessageKind::Response, MessageKind::Malformed)
        } else if message.header().flags.is_response() {
            self.response(now, sighting, message, &mut breaches)
        } else {
            self.query(now, sighting, message, &mut breaches)
        };
        Observation {
            kind,
            fault,
            breaches,
            repeats: self.repeated(now, sighting, message),
            reflects: self.reflected(now, sighting, message),
        }
    }

    /// Returns the host whose response this one repeats. Many hosts may have the same shared
    /// records, so only a response with unique ones counts.
    fn repeated(
        &mut self,
        now: Duration,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
    ) -> Option<IpAddr> {
        let is_unique = message.header().flags.is_response()
            && message.records().flatten().any(|(_, it)| it.cache_flush);
        let source = sighting.source.ip();
        // What this program has sent also comes back to it.
        if !is_unique || !sighting.is_multicast() || source.is_unspecified() {
            return None;
        }
        let link = LinkFamily::of(sighting);
        let first = self.repeats.note(now, link, source, sighting.bytes)?;
        (!self.hosts.is_one(first, source)).then_some(first)
    }

    /// Returns the host on another link whose records this response brings across.
    fn reflected(
        &mut self,
        now: Duration,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
    ) -> Option<IpAddr> {
        let source = sighting.source.ip();
        let is_heard = sighting.is_multicast() && !source.is_unspecified();
        if !message.header().flags.is_response() || !is_heard {
            return None;
        }
        let from = (sighting.interface, source);
        let first = self.crossings.note(now, self.seed, from, message)?;
        (!self.hosts.is_one(first, source)).then_some(first)
    }

    fn query(
        &mut self,
        now: Duration,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
        breaches: &mut Vec<Breach>,
    ) -> MessageKind {
        if sighting.is_legacy() {
            return MessageKind::LegacyQuery;
        }
        let is_probe = message.header().counts.authorities > 0;
        let (link, source) = (LinkFamily::of(sighting), sighting.source.ip());
        let mut kind = if is_probe {
            MessageKind::Probe
        } else {
            MessageKind::Query
        };
        for question in message.questions().flatten() {
            let Ok(hash) = question.name.fold_hash(self.seed) else {
                continue;
            };
            self.askers.note(now, link, hash, question.rtype, source);
            if is_probe || !sighting.is_multicast() {
                continue;
            }
            let pace = self.questions.pace(now, link, source, hash, question.rtype);
            match pace.and_then(|pace| hurried(&pace, &question)) {
                Some(breach @ Breach::ProbeWithoutAuthority { .. }) => {
                    kind = MessageKind::Probe;
                    breaches.push(breach);
                }
                Some(breach) => breaches.push(breach),
                None => {}
            }
        }
        kind
    }

    fn response(
        &mut self,
        now: Duration,
        sighting: &Sighting<'_>,
        message: &Message<'_>,
        breaches: &mut Vec<Breach>,
    ) -> MessageKind {
        let link = LinkFamily::of(sighting);
        let source = sighting.source.ip();
        let hosts = &self.hosts;
        let is_sender = |other| hosts.is_one(source, other);
        let claims = &mut self.claims;
        for (other, conflict) in claims.note(now, self.seed, sighting, message, is_sender) {
            self.hosts.add_conflict(now, other);
            breaches.push(conflict);
        }
        let mut answers = message.answers().flatten().peekable();
        if answers.peek().is_some() && answers.clone().all(|record| record.ttl.is_goodbye()) {
            return MessageKind::Goodbye;
        }
        let is_asked = answers.any(|record| {
            let hash = record.name.fold_hash(self.seed);
            hash.is_ok_and(|hash| self.askers.asked(now, link, hash, record.rtype, source))
        });
        if message.header().counts.answers > 0 && sighting.is_multicast() && !is_asked {
            MessageKind::Announcement
        } else {
            MessageKind::Response
        }
    }
}

impl Default for Observer {
    fn default() -> Self {
        Self::new()
    }
}

fn malformed(error: DecodeError) -> Observation {
    Observation {
        kind: MessageKind::Malformed(error),
        fault: Some(error),
        breaches: Vec::new(),
        repeats: None,
        reflects: None,
    }
}

/// Returns the breach in a question that comes too soon after the same one.
fn hurried(pace: &Pace, question: &QuestionRef<'_>) -> Option<Breach> {
    let name: Name = question.name.to_name().ok()?;
    let rtype = question.rtype;
    Some(match *pace {
        Pace::Soon(gap) if rtype == RecordType::ANY && limits::is_probe_gap(gap) => {
            Breach::ProbeWithoutAuthority { name }
        }
        Pace::Soon(gap) => Breach::QueryTooSoon { name, rtype, gap },
        Pace::NotSlowing => Breach::QueryNotSlowing { name, rtype },
    })
}

#[cfg(test)]
mod tests;
