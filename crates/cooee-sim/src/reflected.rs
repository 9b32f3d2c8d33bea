//! One reflector between hostile hosts: any datagrams on three links, any time between them.
//!
//! In:  bytes, from a fuzzer or from its corpus.
//! Out: nothing, or a panic: a packet that cannot be read, that is not for its link, that tells a
//!      link-local address, or more packets than links.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use cooee_proto::link::{Family, LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::reflect::{Pattern, Reflector, Rule, ServiceFilter};
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Delivery, Destination};

use crate::MDNS_PORT;
use crate::host::group;
use crate::single::read_whole;

/// Runs one reflector through the datagrams that `bytes` encode.
///
/// Each is a byte for the link and the kind of sender, one for the time before it, two for its
/// length, and its contents.
///
/// # Panics
/// Panics if the reflector does what it must not.
pub fn run(bytes: &[u8]) {
    let mut reflector = reflector();
    let mut now = Instant::from_nanos(1);
    let (mut multicasts, mut limit) = (0, 0);
    // From where the packets came that cross.
    let mut origins = Vec::new();
    let mut rest = bytes;
    while let Some((&[sender, wait, high, low], tail)) = rest.split_first_chunk() {
        now = now + Duration::from_millis(u64::from(wait) * u64::from(wait) / 8);
        let len = usize::from(u16::from_be_bytes([high, low])).min(tail.len());
        let (contents, after) = tail.split_at(len);
        rest = after;
        multicasts += drain(&mut reflector, now, &origins);
        if reflector.poll_timeout().is_none() {
            origins.clear();
        }
        let link = LinkId(u32::from(sender & 3) + 1);
        origins.push(link);
        let datagram = Datagram {
            link,
            source: source(link, sender),
            destination: destination(link, sender),
            bytes: contents,
        };
        reflector.handle_datagram(now, datagram);
        multicasts += drain(&mut reflector, now, &origins);
        // A long message may need several packets. Known answers may wait for their query.
        limit += OTHERS * (1 + len / 400);
        assert!(multicasts <= limit, "{multicasts} packets, at most {limit}");
    }
}

/// A reflector on three links: everything of the first is found on the second, and a part of it on
/// the third; the first and the second are one zone for one type.
fn reflector() -> Reflector {
    let mut reflector = Reflector::new(7);
    for link in LINKS {
        let ip = own(link);
        let info = LinkInfo {
            addresses: vec![LinkAddress { ip, prefix_len: 16 }],
            mtu: 1_500,
        };
        reflector.handle_link(LinkChange::Up { link, info });
    }
    let [first, second, third] = LINKS;
    let http = "_http._tcp".parse().expect("a service type");
    let mut part = ServiceFilter::default();
    part.instances = Some(vec![Pattern::new("*a*")]);
    part.hosts = vec![Pattern::new("h*")];
    let mut zone = Rule::new(second, first, ServiceFilter::of_types([http]));
    zone.one_zone = true;
    reflector.set_rules(vec![
        Rule::new(first, second, ServiceFilter::default()),
        Rule::new(first, third, part),
        zone,
    ]);
    reflector
}

/// Checks what the reflector sends because of datagrams from some links. Returns how often it
/// multicasts.
fn drain(reflector: &mut Reflector, now: Instant, origins: &[LinkId]) -> usize {
    let mut packet = Vec::new();
    let mut multicasts = 0;
    while let Some(reflected) = reflector.poll_transmit(now, &mut packet) {
        let route = reflected.route;
        let crosses = origins.iter().any(|origin| *origin != route.link);
        assert!(crosses, "it goes back");
        let message = read_whole(&packet).expect("it can be read");
        let is_response = message.header().flags.is_response();
        for (_, record) in message.records().flatten().filter(|_| is_response) {
            let data = record.data().expect("it can be read");
            let stays = match data.ip() {
                Some(IpAddr::V4(ip)) => ip.is_link_local(),
                Some(IpAddr::V6(ip)) => ip.is_unicast_link_local(),
                None => false,
            };
            assert!(!stays, "{record:?} crosses");
        }
        match route.destination {
            Destination::Unicast(_) => assert!(is_response, "a question to one host"),
            Destination::Multicast | Destination::MulticastBy(_) => multicasts += 1,
        }
        reflector.handle_transmit(now, reflected, Delivery::LEFT);
    }
    multicasts
}

fn own(link: LinkId) -> IpAddr {
    address(link, 1)
}

fn address(link: LinkId, host: u8) -> IpAddr {
    let link = u8::try_from(link.0).unwrap_or(u8::MAX);
    IpAddr::V4(Ipv4Addr::new(10, link, 0, host))
}

/// Returns a sender: one of two hosts of the link, a resolver without Multicast DNS, a host from
/// elsewhere, or the reflector itself.
fn source(link: LinkId, sender: u8) -> SocketAddr {
    let (ip, port) = match sender >> 5 {
        0..4 => (address(link, 2 + (sender >> 5)), MDNS_PORT),
        4 | 5 => (address(link, 9), 40_000),
        6 => (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), MDNS_PORT),
        _ => (own(link), MDNS_PORT),
    };
    SocketAddr::new(ip, port)
}

fn destination(link: LinkId, sender: u8) -> IpAddr {
    match sender & 0x10 {
        0 => group(Family::V4),
        _ => own(link),
    }
}

/// The links of the reflector. Datagrams also come from a fourth one, which it does not have.
const LINKS: [LinkId; 3] = [LinkId(1), LinkId(2), LinkId(3)];
/// How many other links there are for each.
const OTHERS: usize = LINKS.len() - 1;

#[cfg(test)]
mod tests;
