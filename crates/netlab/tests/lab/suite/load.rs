//! The generator that plays many hosts.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Ttl,
};
use netlab::error::Context;
use netlab::hosts::{self, Config, SERVICE_TTL_SECS};
use netlab::lab::Families;
use netlab::{Lab, Result, ensure};

const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), 5353);

const HOSTS: u32 = 200;

/// Past the longest delay, with room for a busy machine.
const ROUND: Duration = Duration::from_millis(400);

pub(crate) fn hosts_answer() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let (asker, crowd) = (lab.node("asker")?, lab.node("crowd")?);
    let port = lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    let home = lab.plug(&crowd, &segment, "lan1", Families::V4Only)?;
    let config = Config {
        interface: home.interface,
        count: HOSTS,
        network: Ipv4Addr::new(10, home.ipv4.octets()[1], 0, 0),
        ipv6: false,
        additional: true,
        seed: 7,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let stop_too = Arc::clone(&stop);
    let playing = std::thread::spawn(move || crowd.enter(move || hosts::play(&config, &stop_too)));
    let rounds = asker.enter(move || ask_twice(port.ipv4))?;
    stop.store(true, Ordering::Relaxed);
    let report = playing
        .join()
        .map_err(|_| netlab::Error::new("the generator panicked"))???;
    let (first, second) = rounds?;
    ensure!(
        first.len() == HOSTS as usize,
        "{} hosts answered: {report:?}",
        first.len()
    );
    let early = first
        .values()
        .filter(|after| **after < Duration::from_millis(19))
        .count();
    ensure!(early == 0, "{early} answers came early");
    let spread = first
        .values()
        .filter(|after| **after > Duration::from_millis(70))
        .count();
    ensure!(
        (60..=140).contains(&spread),
        "{spread} of {HOSTS} answers came in the later half"
    );
    ensure!(
        second.len() == 170,
        "{} hosts answered although 30 were known",
        second.len()
    );
    ensure!(report.responses == 370 && report.unsent == 0, "{report:?}");
    ensure!(
        report.known_answers == 30 && report.question_datagrams == 2,
        "{report:?}"
    );
    Ok(())
}

type Round = BTreeMap<IpAddr, Duration>;

fn ask_twice(own: Ipv4Addr) -> Result<(Round, Round)> {
    // Bound to the group, it hears nothing that was sent to one host alone.
    let receiver = UdpSocket::bind(GROUP)?;
    receiver.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &own)?;
    let sender = UdpSocket::bind((own, 5353))?;
    sender.set_multicast_loop_v4(false)?;
    let first = ask(&sender, &receiver, 0)?;
    // A record is multicast at most once a second.
    std::thread::sleep(Duration::from_millis(800));
    Ok((first, ask(&sender, &receiver, 30)?))
}

fn ask(sender: &UdpSocket, receiver: &UdpSocket, known: u32) -> Result<Round> {
    let service: Name = "_bench._tcp.local".parse().context("name")?;
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 1440);
    message
        .question(&service, RecordType::PTR, Class::IN, false)
        .context("question")?;
    for host in 0..known {
        let instance = service.prepend(format!("Bench Instance {host:05}").as_bytes());
        let fields = RecordFields {
            name: &service,
            class: Class::IN,
            cache_flush: false,
            ttl: Ttl(SERVICE_TTL_SECS),
            data: &RData::Ptr(instance.context("name")?),
        };
        message
            .record(Section::Answer, fields)
            .context("known answer")?;
    }
    message.finish();
    sender.send_to(&bytes, GROUP)?;
    let (start, mut round, mut buffer) = (Instant::now(), Round::new(), [0; 2048]);
    while let Some(left) = ROUND
        .checked_sub(start.elapsed())
        .filter(|left| !left.is_zero())
    {
        receiver.set_read_timeout(Some(left))?;
        let Ok((_, from)) = receiver.recv_from(&mut buffer) else {
            break;
        };
        let before = round.insert(from.ip(), start.elapsed());
        ensure!(before.is_none(), "{from} answered twice");
    }
    Ok(round)
}
