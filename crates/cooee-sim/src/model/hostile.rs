//! Hostile hosts on a link: damaged copies, questions from anywhere, floods of lies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use cooee_proto::link::Family;
use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, Record, RecordType, Section, Srv, Ttl,
};

use super::{LINKS, Model, PEERS, TYPE, peer_name};
use crate::host::group;
use crate::{Foreign, MDNS_PORT};

impl Model {
    /// Sends an earlier message again, with a few bytes changed or its end cut off.
    pub(super) fn mutate(&mut self, link: usize, nth: u8, damage: u8, way: u8) {
        let said = self.world.recording().transmissions();
        let Some(at) = said.len().checked_sub(1 + usize::from(nth)) else {
            return;
        };
        let mut bytes = said[at].bytes().to_vec();
        let mut place = usize::from(damage);
        for n in 0..=damage % 4 {
            place = (place * 31 + 7 + usize::from(n)) % bytes.len().max(1);
            if let Some(byte) = bytes.get_mut(place) {
                *byte = byte.wrapping_add(damage | 1);
            }
        }
        if damage % 8 == 7 {
            bytes.truncate(place);
        }
        self.inject(link, way, &bytes);
    }

    /// A question that no resolver of the model asks.
    pub(super) fn ask(&mut self, link: usize, what: u8, way: u8) {
        let names = [
            "_http._tcp.local",
            "Desk._http._tcp.local",
            "desk.local",
            "lamp.local",
            "_services._dns-sd._udp.local",
            "Lamp._http._tcp.local",
            "desk-2.local",
        ];
        let types = [RecordType::ANY, RecordType::PTR, RecordType::A];
        let name: Name = names[usize::from(what) % names.len()]
            .parse()
            .expect("a name");
        let rtype = types[usize::from(what / 8) % types.len()];
        let (unicast, probe) = (what & 0x80 != 0, what & 0x40 != 0);
        let mut bytes = Vec::new();
        let proposed = probe.then_some(what);
        write_query(&mut bytes, what.into(), &name, rtype, unicast, proposed);
        self.inject(link, way, &bytes);
    }

    /// Many services at once that nobody offers.
    pub(super) fn flood(&mut self, link: usize, seed: u8) {
        let type_name: Name = format!("{TYPE}.local").parse().expect("a name");
        for number in 0..FLOOD {
            let label = format!("ghost {seed} {number}");
            let name = type_name.prepend(label.as_bytes()).expect("a short label");
            let host: Name = format!("ghost-{seed}.local").parse().expect("a name");
            let srv = Srv {
                priority: 0,
                weight: 0,
                port: 1,
                target: host.clone(),
            };
            let pointer = Record {
                cache_flush: false,
                ..record(&type_name, RData::Ptr(name.clone()))
            };
            let text = RData::Txt(cooee_wire::TxtData::default());
            let mut records = vec![
                pointer,
                record(&name, RData::Srv(srv)),
                record(&name, text),
                host_record(&host, number),
            ];
            // Some are never resolved.
            records.truncate(1 + usize::from(seed.wrapping_add(number) % 4));
            let mut bytes = Vec::new();
            write_response(&mut bytes, &records);
            self.inject(link, 0, &bytes);
        }
    }

    /// Sends a hostile message in one of several ways: from near, from far, from a peer's own
    /// address, from port 5353 or another, to everybody or to one peer.
    fn inject(&mut self, link: usize, way: u8, bytes: &[u8]) {
        let peer = usize::from(way >> 4) % PEERS;
        let addresses = self.world.addresses(&peer_name(peer), LINKS[link]);
        let own = addresses.first().map(|address| address.ip);
        let family = match way % 16 {
            4 | 8 => Family::V6,
            _ => own.map_or(Family::V4, Family::of),
        };
        let (near, far) = strangers(link, family);
        let group = group(family);
        let own = own.filter(|ip| Family::of(*ip) == family).unwrap_or(near);
        let (source, port, destination) = match way % 16 {
            0..=4 => (near, MDNS_PORT, group),
            5 => (near, LEGACY_PORT, group),
            6 => (far, MDNS_PORT, group),
            7 | 8 => (far, LEGACY_PORT, group),
            9 => (own, MDNS_PORT, group),
            10 => (near, MDNS_PORT, own),
            11 => (near, LEGACY_PORT, own),
            12 => (far, MDNS_PORT, own),
            13 => (far, 53, own),
            14 => (near, 0, group),
            _ => (own, LEGACY_PORT, group),
        };
        let foreign = Foreign {
            source: SocketAddr::new(source, port),
            destination,
            bytes,
        };
        self.world.inject(LINKS[link], &foreign);
    }
}

/// Returns the addresses of a hostile host on a link, and of one elsewhere.
pub(super) fn strangers(link: usize, family: Family) -> (IpAddr, IpAddr) {
    let third = u8::try_from(link + 1).unwrap_or(u8::MAX);
    match family {
        Family::V4 => ([10, third, 9, 9].into(), [198, 51, 100, 1].into()),
        Family::V6 => (
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 9, 9).into(),
            Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into(),
        ),
    }
}

/// Writes a question; with a number, as a probe that proposes an address made of it.
fn write_query(
    bytes: &mut Vec<u8>,
    id: u16,
    name: &Name,
    rtype: RecordType,
    unicast: bool,
    proposed: Option<u8>,
) {
    let mut builder = MessageBuilder::new(bytes, id, Flags::QUERY, 1_400);
    let asked = builder.question(name, rtype, Class::IN, unicast);
    asked.expect("one question fits");
    if let Some(number) = proposed {
        let record = host_record(name, number);
        let put = builder.record(Section::Authority, (&record).into());
        put.expect("one record fits");
    }
    builder.finish();
}

/// Returns a probe for a host name.
#[cfg(test)]
pub(super) fn probe(name: &Name) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_query(&mut bytes, 0, name, RecordType::ANY, true, Some(1));
    bytes
}

/// Returns a response that gives a host an address, which others may have, too.
#[cfg(test)]
pub(super) fn lie(name: &Name) -> Vec<u8> {
    let mut bytes = Vec::new();
    let record = Record {
        cache_flush: false,
        ..host_record(name, 1)
    };
    write_response(&mut bytes, &[record]);
    bytes
}

fn write_response(bytes: &mut Vec<u8>, records: &[Record]) {
    let mut builder = MessageBuilder::new(bytes, 0, Flags::RESPONSE, 1_400);
    for record in records {
        let put = builder.record(Section::Answer, record.into());
        put.expect("some records fit");
    }
    builder.finish();
}

fn host_record(name: &Name, number: u8) -> Record {
    record(name, RData::A([10, 99, 9, number].into()))
}

fn record(name: &Name, data: RData) -> Record {
    Record {
        name: name.clone(),
        class: Class::IN,
        ttl: Ttl(120),
        cache_flush: true,
        data,
    }
}

const LEGACY_PORT: u16 = 40_000;
/// How many services a flood announces.
const FLOOD: u8 = 24;
