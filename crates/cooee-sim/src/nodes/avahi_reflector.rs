//! Avahi's reflector: puts every record, question and probe of one link on its other links.
//!
//! In:  what is heard on two links or more.
//! Out: the same records and questions, put together anew and sent from the host's own address.
//!
//! It models `enable-reflector=yes` without filters, as far as it shows on the wire. Each record
//! goes on at once by itself, unless the other link has seen it in the last half second. A question
//! goes on too, and is answered from the caches of the other links besides. Only link-local
//! addresses and what the host itself has sent stay. A query of conventional DNS goes on untouched
//! from a second port, and so do the replies to it.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use cooee_proto::link::{Family, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};
use cooee_wire::{Message, Record, Section};

use crate::node::{MDNS_PORT, Node, Outgoing};
use crate::rng::Rng;
use crate::{Setup, secs};

use side::{QuestionKey, Side, is_link_local, is_same};

mod side;

/// Reflects between its links like `avahi-daemon`, without services of its own.
pub struct AvahiReflector {
    rng: Rng,
    links: BTreeMap<LinkId, LinkInfo>,
    sides: BTreeMap<SideId, Side>,
    /// Queries of conventional DNS whose replies go back, by the identifier they went on with.
    slots: BTreeMap<u16, Slot>,
    next_slot: u16,
    ready: VecDeque<(Outgoing, Vec<u8>)>,
}

/// An interface, over one address family.
type SideId = (LinkId, Family);

struct Slot {
    until: Instant,
    id: u16,
    link: LinkId,
    to: SocketAddr,
}

impl AvahiReflector {
    /// Returns a reflector; attach its host to two links or more.
    pub fn new(setup: Setup<'_>) -> Self {
        Self {
            rng: Rng::new(setup.seed),
            links: BTreeMap::new(),
            sides: BTreeMap::new(),
            slots: BTreeMap::new(),
            next_slot: 1,
            ready: VecDeque::new(),
        }
    }

    fn others(&self, id: SideId) -> Vec<SideId> {
        let (link, family) = id;
        let ids = self.sides.keys().copied();
        ids.filter(|other| other.0 != link && other.1 == family)
            .collect()
    }

    fn each_other(&mut self, id: SideId, mut act: impl FnMut(&mut Side)) {
        for other in self.others(id) {
            act(self.sides.entry(other).or_default());
        }
    }

    fn hear_query(&mut self, now: Instant, id: SideId, is_own: bool, message: &Message<'_>) {
        let counts = message.header().counts;
        let is_truncated = message.header().flags.truncated();
        let mut answers: Vec<Record> = Vec::new();
        for question in message.questions().flatten() {
            let Ok(name) = question.name.to_name() else {
                return;
            };
            let asked: QuestionKey = (name, question.rtype);
            if !is_own {
                self.each_other(id, |side| {
                    side.plan_query(now, &asked);
                    answers.extend(side.known(now, &asked));
                });
            }
            if counts.answers == 0 && !is_truncated {
                self.side(id).hear_query(now, &asked);
            }
        }
        answers.retain(|record| !is_link_local(record));
        for known in owned(message, Section::Answer) {
            answers.retain(|record| !is_same(record, &known));
        }
        for proposed in owned(message, Section::Authority) {
            if !is_own {
                self.each_other(id, |side| side.plan_probe(now, &proposed));
            }
        }
        let is_at_once = counts.authorities > 0
            || (!is_truncated && answers.iter().all(|record| record.cache_flush));
        for record in answers {
            let jitter = (!is_at_once).then_some(&mut self.rng);
            let side = self.sides.entry(id).or_default();
            side.plan_response(now, &record, jitter);
        }
    }

    fn hear_response(&mut self, now: Instant, id: SideId, is_own: bool, message: &Message<'_>) {
        let counts = message.header().counts;
        if counts.questions > 0 || counts.answers == 0 || counts.authorities > 0 {
            return;
        }
        let sections = [Section::Answer, Section::Additional];
        for record in sections.into_iter().flat_map(|it| owned(message, it)) {
            if !is_own {
                if !is_link_local(&record) {
                    self.each_other(id, |side| side.plan_response(now, &record, None));
                }
                self.side(id).keep(now, &record);
            }
            self.side(id).hear_response(now, &record);
        }
    }

    /// Passes a query of conventional DNS on, with an identifier and from a port of its own.
    fn pass_query(&mut self, now: Instant, datagram: &Datagram<'_>, id: u16) {
        self.slots.retain(|_, slot| slot.until > now);
        if self.slots.len() >= SLOTS_MAX {
            return;
        }
        let (number, link) = (self.next_slot, datagram.link);
        self.next_slot = number.checked_add(1).unwrap_or(1);
        let (until, to) = (now + secs(2), datagram.source);
        self.slots.insert(
            number,
            Slot {
                until,
                id,
                link,
                to,
            },
        );
        let family = Family::of(to.ip());
        for (link, family) in self.others((link, family)) {
            let destination = Destination::MulticastBy(family);
            let route = Route { link, destination };
            let outgoing = Outgoing::from(route).from_port(PASSING_PORT);
            let bytes = with_id(datagram.bytes, number);
            self.ready.push_back((outgoing, bytes));
        }
    }

    /// Passes a reply to such a query back. Returns whether it is one.
    fn pass_reply(&mut self, now: Instant, datagram: &Datagram<'_>, id: u16) -> bool {
        let slot = self.slots.get(&id).filter(|slot| slot.until > now);
        let Some(slot) = slot.filter(|slot| slot.link != datagram.link) else {
            return false;
        };
        let (link, destination) = (slot.link, Destination::Unicast(slot.to));
        let bytes = with_id(datagram.bytes, slot.id);
        let outgoing = Outgoing::from(Route { link, destination });
        self.ready.push_back((outgoing, bytes));
        true
    }

    fn side(&mut self, id: SideId) -> &mut Side {
        self.sides.entry(id).or_default()
    }

    fn is_own(&self, link: LinkId, ip: IpAddr) -> bool {
        let info = self.links.get(&link);
        info.is_some_and(|info| info.has_address(ip))
    }

    fn send_due(&mut self, now: Instant) {
        for (&(link, family), side) in &mut self.sides {
            let destination = Destination::MulticastBy(family);
            for bytes in side.take_due(now) {
                let outgoing = Outgoing::from(Route { link, destination });
                self.ready.push_back((outgoing, bytes));
            }
        }
    }
}

impl Node for AvahiReflector {
    fn handle_datagram(&mut self, now: Instant, datagram: Datagram<'_>) {
        let (link, source) = (datagram.link, datagram.source);
        let Ok(message) = Message::parse(datagram.bytes) else {
            return;
        };
        let header = message.header();
        let is_own = self.is_own(link, source.ip());
        let id = (link, Family::of(source.ip()));
        match (header.flags.is_response(), source.port()) {
            (false, MDNS_PORT) => self.hear_query(now, id, is_own, &message),
            (false, PASSING_PORT) if is_own => {}
            (false, _) => self.pass_query(now, &datagram, header.id),
            (true, MDNS_PORT) if datagram.destination.is_multicast() => {
                self.hear_response(now, id, is_own, &message);
            }
            (true, MDNS_PORT) => {
                if !self.pass_reply(now, &datagram, header.id) {
                    self.hear_response(now, id, is_own, &message);
                }
            }
            (true, _) => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.send_due(now);
    }

    fn handle_link(&mut self, _: Instant, change: LinkChange) {
        match change {
            LinkChange::Up { link, info } => {
                for address in &info.addresses {
                    self.side((link, Family::of(address.ip)));
                }
                self.links.insert(link, info);
            }
            LinkChange::Down { link } => {
                self.links.remove(&link);
                self.sides.retain(|id, _| id.0 != link);
            }
            LinkChange::Missed { .. } | LinkChange::Resumed => {}
        }
    }

    fn poll_transmit(&mut self, _: Instant, buf: &mut Vec<u8>) -> Option<Outgoing> {
        let (outgoing, bytes) = self.ready.pop_front()?;
        buf.extend(bytes);
        Some(outgoing)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.sides.values().filter_map(Side::next_due).min()
    }

    fn drain_events(&mut self, _: Instant, _: &mut dyn FnMut(String)) {}

    fn second_port(&self) -> Option<u16> {
        Some(PASSING_PORT)
    }
}

fn owned<'m>(message: &Message<'m>, wanted: Section) -> Vec<Record> {
    let all = message.records().flatten();
    let records = all.filter(|(section, _)| *section == wanted);
    records
        .filter_map(|(_, record)| record.to_record().ok())
        .collect()
}

fn with_id(message: &[u8], id: u16) -> Vec<u8> {
    let mut bytes = message.to_vec();
    bytes[..2].copy_from_slice(&id.to_be_bytes());
    bytes
}

/// The port of queries of conventional DNS that it passes on.
const PASSING_PORT: u16 = 45_353;
/// How many of them it passes on at once.
const SLOTS_MAX: usize = 100;
