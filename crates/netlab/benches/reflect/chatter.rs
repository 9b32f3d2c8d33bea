//! A browser on the link of the services that asks anew, as one that has no cache.
//!
//! In:  a host on the link, and for how long.
//! Out: questions for all services, without known answers, to which every host answers by multicast.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use cooee_wire::{Class, Flags, MessageBuilder, Name, RecordType};
use netlab::Node;
use netlab::capture::MDNS_PORT;
use netlab::clock::monotonic;
use netlab::error::{Context, Error, Result};

use crate::router::SERVICE_TYPE;

/// Asks again and again.
pub(crate) fn chatter(node: &Node, duration: Duration) -> Result<()> {
    let socket = node.enter(|| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, MDNS_PORT)))??;
    socket.set_multicast_ttl_v4(255)?;
    let question = question()?;
    let end = monotonic() + duration;
    while monotonic() < end {
        socket.send_to(&question, (GROUP, MDNS_PORT))?;
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

fn question() -> Result<Vec<u8>> {
    let name: Name = format!("{SERVICE_TYPE}.local").parse().context("type")?;
    let mut packet = Vec::new();
    let mut message = MessageBuilder::new(&mut packet, 0, Flags::QUERY, BUDGET_BYTES);
    let written = message.question(&name, RecordType::PTR, Class::IN, false);
    written.map_err(|_| Error::new("message too small"))?;
    message.finish();
    Ok(packet)
}

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);

const BUDGET_BYTES: usize = 512;

/// Longer than the second in which no host multicasts a record twice.
const PAUSE: Duration = Duration::from_secs(2);
