//! A foreign host: answers for its services and its addresses like other implementations.
//!
//! In:  queries, instructions of the test.
//! Out: answers after a random delay, announcements, updates, goodbyes. RFC 6762 sections 6
//!      (responding), 7.1 and 7.2 (known answers), 10.1 (goodbye).
//!
//! It is written with `cooee-wire` alone and shares no code with the engine, so that the two do not
//! share their faults.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use cooee_proto::link::{LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};
use cooee_wire::{Message, Name, Record, RecordType, Ttl};

use crate::node::{MDNS_PORT, Node, Outgoing};
use crate::rng::Rng;
use crate::{Setup, ms, secs};

pub use catalogue::ServiceRecords;

mod answer;
mod catalogue;

/// Plays a host of another implementation, with services, an address on each link and its own
/// behaviour.
pub struct Responder {
    rng: Rng,
    host: Name,
    policy: Policy,
    links: BTreeMap<LinkId, LinkInfo>,
    /// What the host holds on every link; addresses are added per link.
    records: Vec<Record>,
    pending: Vec<Pending>,
    ready: VecDeque<(LinkId, Destination, Vec<u8>)>,
    /// When a record was last multicast on a link.
    lately: Vec<(Instant, LinkId, Record)>,
    heard: Vec<Heard>,
}

/// How a [`Responder`] behaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The least time it takes to answer.
    pub delay_min: Duration,
    /// The most time it takes to answer.
    pub delay_max: Duration,
    /// Whether it adds what the querier will want next: SRV, TXT, addresses.
    pub additionals: bool,
    /// Whether it denies missing types with NSEC.
    pub nsec: bool,
    /// Whether it leaves out known answers.
    pub known_answers: bool,
    /// Whether it answers by unicast where that is preferred.
    pub unicast: bool,
    /// Whether it answers any question for an alias with the alias (CNAME).
    pub follow_aliases: bool,
    /// Whether it answers at all.
    pub mute: bool,
    /// The TTL of SRV, A and AAAA records.
    pub ttl_host: Ttl,
    /// The TTL of other records.
    pub ttl_other: Ttl,
    /// The least time between two multicasts of one record on a link.
    pub gap: Duration,
}

/// A question that a [`Responder`] heard, answered or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When.
    pub at: Instant,
    /// On which link.
    pub link: LinkId,
    /// The source.
    pub source: SocketAddr,
    /// The requested name.
    pub name: Name,
    /// The type asked for.
    pub rtype: RecordType,
    /// Whether a unicast answer was preferred.
    pub unicast: bool,
}

/// An answer that waits for its time.
struct Pending {
    at: Instant,
    link: LinkId,
    to: Destination,
    asker: SocketAddr,
    /// The least time since the last multicast of a record.
    gap: Duration,
    answers: Vec<Record>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            delay_min: ms(20),
            delay_max: ms(120),
            additionals: true,
            nsec: false,
            known_answers: true,
            unicast: true,
            follow_aliases: false,
            mute: false,
            ttl_host: Ttl(120),
            ttl_other: Ttl(4_500),
            gap: secs(1),
        }
    }
}

impl Responder {
    /// Returns a responder for `<host>.local` that has no service yet.
    pub fn new(setup: Setup<'_>) -> Self {
        Self {
            rng: Rng::new(setup.seed),
            host: catalogue::local(setup.name),
            policy: Policy::default(),
            links: BTreeMap::new(),
            records: Vec::new(),
            pending: Vec::new(),
            ready: VecDeque::new(),
            lately: Vec::new(),
            heard: Vec::new(),
        }
    }

    /// Returns a constructor of a responder with one service of a type, named like its host.
    pub fn serving(service_type: &str) -> impl FnOnce(Setup<'_>) -> Self {
        move |setup| Self::new(setup).service(setup.name, service_type)
    }

    /// Changes how it behaves.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Adds a service of a type such as `_http._tcp` on port 80, TXT `path=/`.
    #[must_use]
    pub fn service(mut self, instance: &str, service_type: &str) -> Self {
        let service = ServiceRecords::new(instance, service_type, &self.host);
        self.add(service.records(&self.policy));
        self
    }

    /// Returns its host name.
    pub fn host(&self) -> &Name {
        &self.host
    }

    /// Returns how it behaves, to be changed.
    pub fn policy(&mut self) -> &mut Policy {
        &mut self.policy
    }

    /// Returns every question it heard.
    pub fn heard(&self) -> &[Heard] {
        &self.heard
    }

    /// Adds records without announcing them.
    pub fn add(&mut self, records: impl IntoIterator<Item = Record>) {
        for record in records {
            if !self.records.contains(&record) {
                self.records.push(record);
            }
        }
    }

    /// Forgets records silently, as if they had never existed.
    pub fn forget(&mut self, which: impl Fn(&Record) -> bool) -> Vec<Record> {
        let (gone, kept) = self.records.drain(..).partition(|record| which(record));
        self.records = kept;
        gone
    }

    /// Multicasts everything it holds, without a question.
    pub fn announce(&mut self, now: Instant) {
        for link in self.link_ids() {
            let records = self.catalogue(link);
            self.send(now, link, &records);
        }
    }

    /// Multicasts a goodbye for everything it holds and forgets it; its addresses stay.
    pub fn goodbye(&mut self, now: Instant) {
        self.withdraw(now, |_| true);
    }

    /// Multicasts a goodbye for some records and forgets them.
    pub fn withdraw(&mut self, now: Instant, which: impl Fn(&Record) -> bool) {
        let mut gone = self.forget(which);
        for record in &mut gone {
            record.ttl = Ttl::ZERO;
        }
        for link in self.link_ids() {
            self.send(now, link, &gone);
        }
    }

    /// Replaces records of the same name and type, and multicasts the new ones.
    pub fn replace(&mut self, now: Instant, records: &[Record]) {
        let same = |a: &Record, b: &Record| a.name == b.name && a.rtype() == b.rtype();
        self.records
            .retain(|held| !records.iter().any(|new| same(held, new)));
        self.records.extend_from_slice(records);
        for link in self.link_ids() {
            self.send(now, link, records);
        }
    }

    /// Multicasts records on every link at once, held or not.
    pub fn say(&mut self, now: Instant, records: &[Record]) {
        for link in self.link_ids() {
            self.send(now, link, records);
        }
    }

    /// Multicasts records on one link at once, held or not.
    pub fn send(&mut self, now: Instant, link: LinkId, records: &[Record]) {
        for message in answer::pack(records, &[]) {
            self.ready
                .push_back((link, Destination::Multicast, message));
        }
        let spoken = records.iter().map(|record| (now, link, record.clone()));
        self.lately.extend(spoken);
    }

    fn link_ids(&self) -> Vec<LinkId> {
        self.links.keys().copied().collect()
    }

    fn hear(&mut self, now: Instant, datagram: &Datagram<'_>, message: &Message<'_>) {
        for question in message.questions().flatten() {
            let Ok(name) = question.name.to_name() else {
                continue;
            };
            self.heard.push(Heard {
                at: now,
                link: datagram.link,
                source: datagram.source,
                name,
                rtype: question.rtype,
                unicast: question.unicast_response,
            });
        }
    }
}

impl Node for Responder {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let Ok(message) = Message::parse(datagram.bytes) else {
            return;
        };
        if message.header().flags.is_response() || datagram.source.port() != MDNS_PORT {
            return;
        }
        self.hear(now, &datagram, &message);
        if self.policy.known_answers {
            self.spare_known(&datagram, &message);
        }
        if !self.policy.mute {
            self.plan_answers(now, &datagram, &message);
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        let (due, later) = self
            .pending
            .drain(..)
            .partition(|pending| pending.at <= now);
        self.pending = later;
        let due: Vec<Pending> = due;
        for pending in due {
            self.answer(now, pending);
        }
    }

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                self.links.insert(link, info);
            }
            LinkChange::Down { link } => {
                self.links.remove(&link);
                self.pending.retain(|pending| pending.link != link);
            }
            LinkChange::Missed { .. } | LinkChange::Resumed => {}
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let (link, destination, bytes) = self.ready.pop_front()?;
        buf.extend(bytes);
        Some(Route { link, destination }.into())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.pending.iter().map(|pending| pending.at).min()
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}
}

#[cfg(test)]
mod tests;
