//! Links with difficult conditions.
//!
//! In:  noise, one family alone, large records, several listeners on one host.
//! Out: whether everything is found anyway.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use cooee_wire::{Class, Flags, MessageBuilder, RecordType};
use netlab::avahi::Service;
use netlab::capture::MDNS_PORT;
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::{Error, Lab, Result, ensure};

use super::announce::Announcement;
use super::setup::{HTTP, ONCE_LIMIT, Pair, avahi, service};

const GROUP: IpAddr = IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251));

pub(crate) fn noise() -> Result<()> {
    let mut pair = Pair::new()?;
    let _avahi = pair.avahi(vec![service("Before the noise", 80)])?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    let names = || -> Result<Vec<String>> {
        let services = cooee::services(&cooee::objects(&browsing.stdout())?)?;
        Ok(services.into_keys().collect())
    };
    let there = wait_until(ONCE_LIMIT, || names().is_ok_and(|names| names.len() == 1));
    ensure!(there, "nothing was found before the noise");
    let target = pair
        .here_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let babbler = pair.lab.node("babbler")?;
    let port = pair
        .lab
        .plug(&babbler, &pair.segment, "eth0", Families::Both)?;
    let own = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    babbler.enter(move || babble(own, target))??;
    let quiet = pair.lab.node("quiet")?;
    pair.lab
        .plug(&quiet, &pair.segment, "eth0", Families::Both)?;
    let _other = avahi(
        &quiet,
        "quiet",
        &["eth0"],
        vec![service("After the noise", 81)],
    )?;
    let wanted = ["After the noise", "Before the noise"];
    let both = wait_until(Duration::from_secs(5), || {
        names().is_ok_and(|names| names == wanted)
    });
    ensure!(
        both,
        "after the noise there is {:?}; it said {:?}",
        names()?,
        browsing.stderr()
    );
    Ok(())
}

/// Sends what nobody should send, to the group and to one host, from port 5353 and others.
fn babble(own: Ipv4Addr, target: Ipv4Addr) -> Result<()> {
    let to = [
        SocketAddr::new(GROUP, MDNS_PORT),
        SocketAddr::new(target.into(), MDNS_PORT),
    ];
    let mut random = fastrand::Rng::with_seed(1);
    for port in [MDNS_PORT, 0] {
        let socket = UdpSocket::bind((own, port))?;
        for length in [0, 1, 11, 12, 13, 100, 512, 1472, 9000, 30_000] {
            for _ in 0..20 {
                let mut bytes: Vec<u8> = (0..length).map(|_| random.u8(..)).collect();
                for to in to {
                    socket.send_to(&bytes, to)?;
                }
                // A response with counts that it cannot hold.
                let header = [0, 0, 0x84, 0, 0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff];
                bytes
                    .iter_mut()
                    .zip(header)
                    .for_each(|(byte, wanted)| *byte = wanted);
                for to in to {
                    socket.send_to(&bytes, to)?;
                }
            }
        }
        // A thousand questions in a burst.
        let question = question()?;
        for _ in 0..1000 {
            socket.send_to(&question, SocketAddr::new(GROUP, MDNS_PORT))?;
        }
    }
    Ok(())
}

fn question() -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 1440);
    let name = format!("{HTTP}.local").parse().context("name")?;
    message
        .question(&name, RecordType::PTR, Class::IN, false)
        .context("question")?;
    message.finish();
    Ok(bytes)
}

pub(crate) fn ipv6_alone() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let (peer, here) = (lab.node("peer")?, lab.node("here")?);
    let port = lab.plug(&peer, &segment, "eth0", Families::V6Only)?;
    lab.plug(&here, &segment, "lan1", Families::V6Only)?;
    let _avahi = avahi(&peer, "peer", &["eth0"], vec![service("Six alone", 80)])?;
    let events = cooee::run(&here, &["browse", HTTP, "--once"], ONCE_LIMIT)?;
    let found = cooee::services(&events)?;
    let shown = found.get("Six alone").map(|found| found.addresses.clone());
    ensure!(
        shown == Some(port.addresses_on("lan1")),
        "it is shown at {shown:?}"
    );
    Ok(())
}

pub(crate) fn large_txt() -> Result<()> {
    let pair = Pair::new()?;
    let own = pair
        .peer_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    // Avahi refuses to send what needs fragments; others do send it.
    let txt: Vec<String> = (0..12)
        .map(|number| format!("{number}={:a<250}", ""))
        .collect();
    let message = Announcement {
        name: "Large",
        address: own,
        txt: &txt,
        ttl_secs: 120,
    }
    .bytes()?;
    ensure!(
        message.len() > 3000,
        "{} bytes need no fragments",
        message.len()
    );
    let sender = pair
        .peer
        .enter(move || UdpSocket::bind((own, MDNS_PORT)))??;
    let shown = || -> Result<Option<Vec<Vec<u8>>>> {
        let found = cooee::services(&cooee::objects(&browsing.stdout())?)?;
        Ok(found.get("Large").map(|found| found.txt.clone()))
    };
    let wanted: Vec<Vec<u8>> = txt.iter().cloned().map(String::into_bytes).collect();
    let found = wait_until(Duration::from_secs(5), || {
        let sent = sender.send_to(&message, SocketAddr::new(GROUP, MDNS_PORT));
        std::thread::sleep(Duration::from_millis(200));
        sent.is_ok() && shown().is_ok_and(|shown| shown.as_ref() == Some(&wanted))
    });
    ensure!(found, "its TXT is {:?}", shown()?);
    Ok(())
}

pub(crate) fn several() -> Result<()> {
    let pair = Pair::new()?;
    let services: Vec<Service> = (0..30_u16)
        .map(|number| service(&format!("No. {number}"), 8000 + number))
        .collect();
    let _avahi = pair.avahi(services)?;
    // Each holds port 5353; an answer to one of them alone reaches only one socket.
    let arguments = ["browse", HTTP, "--once"];
    let started: Result<Vec<_>> = (0..4)
        .map(|_| cooee::start(&pair.here, &arguments))
        .collect();
    for browsing in started? {
        let events = cooee::objects(&browsing.finish(ONCE_LIMIT)?.success()?.stdout)?;
        let found = cooee::services(&events)?.len();
        ensure!(found == 30, "one of four found {found} of 30");
    }
    Ok(())
}

pub(crate) fn every_type() -> Result<()> {
    let pair = Pair::new()?;
    let printer = Service {
        service_type: "_ipp._tcp".to_owned(),
        ..service("Printer", 631)
    };
    let udp = Service {
        service_type: "_ntp._udp".to_owned(),
        ..service("Clock", 123)
    };
    let avahi = pair.avahi(vec![service("Web", 80), printer, udp])?;
    let events = cooee::run(&pair.here, &["browse", "--once"], ONCE_LIMIT)?;
    let found = cooee::services(&events)?;
    let shown: Vec<(&str, &str)> = found
        .iter()
        .map(|(name, found)| (name.as_str(), found.service_type.as_str()))
        .collect();
    let wanted = [
        ("Clock", "_ntp._udp"),
        ("Printer", "_ipp._tcp"),
        ("Web", "_http._tcp"),
    ];
    ensure!(shown == wanted, "found {shown:?}");

    let subtyped = avahi.publish_subtype(&service("Special", 82), "_special._sub._http._tcp")?;
    avahi.wait_established(&subtyped, Duration::from_secs(10))?;
    let events = cooee::run(
        &pair.here,
        &["browse", "_http._tcp,_special", "--once"],
        ONCE_LIMIT,
    )?;
    let names: Vec<String> = cooee::services(&events)?.into_keys().collect();
    ensure!(names == ["Special"], "of the subtype there is {names:?}");
    Ok(())
}
