//! The laboratory's own links.
//!
//! In:  hosts on two segments.
//! Out: whether frames go where they should and nowhere else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use netlab::capture::Capture;
use netlab::clock::wait_until;
use netlab::lab::Families;
use netlab::{Lab, Result, ensure};

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251));

pub(crate) fn hosts_hear_each_other() -> Result<()> {
    let mut lab = Lab::new()?;
    let (here, there) = (lab.segment()?, lab.segment()?);
    let (a, b, c) = (lab.node("a")?, lab.node("b")?, lab.node("c")?);
    let port = lab.plug(&a, &here, "eth0", Families::Both)?;
    lab.plug(&b, &here, "lan1", Families::Both)?;
    lab.plug(&c, &there, "eth0", Families::Both)?;
    let captures = [
        Capture::start(&a)?,
        Capture::start(&b)?,
        Capture::start(&c)?,
    ];
    let from = SocketAddr::from((port.ipv4.unwrap_or(Ipv4Addr::LOCALHOST), 5353));
    a.enter(move || -> Result<()> {
        let socket = std::net::UdpSocket::bind(from)?;
        socket.send_to(b"hello", SocketAddr::new(GROUP, 5353))?;
        Ok(())
    })??;
    let heard = wait_until(Duration::from_secs(2), || !captures[1].seen().is_empty());
    ensure!(heard, "the neighbour heard nothing");
    std::thread::sleep(Duration::from_millis(50));
    let [a, b, c] = captures.map(Capture::stop);
    ensure!(
        a.len() == 1 && a[0].outgoing && a[0].interface == "eth0",
        "sender saw {a:?}"
    );
    ensure!(
        b.len() == 1 && !b[0].outgoing && b[0].interface == "lan1",
        "neighbour saw {b:?}"
    );
    ensure!(
        b[0].payload == b"hello" && b[0].source == from,
        "neighbour saw {b:?}"
    );
    ensure!(c.is_empty(), "the other segment saw {c:?}");
    Ok(())
}

pub(crate) fn any_name() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let node = lab.node("host")?;
    for name in [
        "eth0", "lan1", "veth0", "docker0", "br-1", "wg0", "tun0", "utun3",
    ] {
        let port = lab.plug(&node, &segment, name, Families::Both)?;
        ensure!(port.interface == name && port.index > 1, "{port:?}");
        ensure!(
            port.addresses_on(name).len() == 2 && port.link_local.is_some(),
            "{port:?} lacks an address"
        );
    }
    Ok(())
}
