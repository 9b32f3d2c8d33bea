//! The generator that plays many hosts, and Cooee on a link full of them.
//!
//! In:  questions by hand, and by `cooee`.
//! Out: whether each host answers as it should, and each is found.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use cooee_wire::{
    Class, Flags, MessageBuilder, Name, RData, RecordFields, RecordType, Section, Ttl,
};
use netlab::cooee;
use netlab::drops::{Drops, receive_buffer_granted};
use netlab::error::Context;
use netlab::hosts::{Config, HostsReport, Played, SERVICE_TTL_SECS};
use netlab::lab::Families;
use netlab::{Error, Lab, Result, Segment, ensure};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBuf;

const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), 5353);

const HOSTS: u32 = 200;

/// How long `cooee browse --once` may take on a crowded link.
const BROWSE_LIMIT: Duration = Duration::from_secs(30);

/// How many hosts the second question lists as known.
const KNOWN: u32 = 30;

/// How long all answers may take on a busy machine.
const ROUND_LIMIT: Duration = Duration::from_secs(30);

/// How long to listen after the last expected answer, in case a host answers twice. After this
/// time, each record may be multicast again.
const QUIET: Duration = Duration::from_secs(1);

/// The requested size of the receive buffer: it holds all answers while the reader waits for the
/// processor.
const BUFFER_BYTES: usize = 4 << 20;

/// The room that the answers of a thousand hosts need at most. The kernel counts 1,280 or 2,304
/// bytes for each.
const ALL_ANSWERS_BYTES: usize = 1000 * 2304;

pub(crate) fn hosts_answer() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let asker = lab.node("asker")?;
    let port = lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    let own = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
    let crowd = play(&mut lab, &segment, HOSTS, true)?;
    let rounds = asker.enter(move || ask_twice(own))?;
    let (report, drops) = (crowd.stop()?, Drops::of(&asker)?);
    let (first, second) = rounds?;
    ensure!(
        first.len() == HOSTS as usize,
        "{} hosts answered: {report:?}, {drops:?}",
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
        // A busy machine makes answers later, never earlier: there is no upper bound.
        spread >= 60,
        "{spread} of {HOSTS} answers came in the later half"
    );
    ensure!(
        second.len() == (HOSTS - KNOWN) as usize,
        "{} hosts answered although {KNOWN} were known: {report:?}, {drops:?}",
        second.len()
    );
    let responses = u64::from(2 * HOSTS - KNOWN);
    ensure!(
        report.responses == responses && report.unsent == 0,
        "{report:?}"
    );
    ensure!(
        report.known_answers == u64::from(KNOWN) && report.question_datagrams == 2,
        "{report:?}"
    );
    Ok(())
}

pub(crate) fn thousand() -> Result<()> {
    let (report, drops) = browse_crowd(1000, true)?;
    // A smaller buffer loses what comes while a busy machine does not let the program read.
    let is_roomy = receive_buffer_granted(ALL_ANSWERS_BYTES)? >= ALL_ANSWERS_BYTES;
    ensure!(
        drops.receive_buffer == 0 || !is_roomy,
        "{drops:?}, although the buffer has room for everything"
    );
    // Each host once for the first question; the second lists what is known. A host answers again
    // if its answer was dropped.
    ensure!(
        report.responses < 1500 + drops.receive_buffer,
        "they were asked too much: {report:?}, {drops:?}"
    );
    Ok(())
}

pub(crate) fn thousand_terse() -> Result<()> {
    let (report, _) = browse_crowd(1000, false)?;
    let each = report.questions as f64 / report.question_datagrams.max(1) as f64;
    ensure!(
        each >= 10.0,
        "{each:.1} questions in each datagram: {report:?}"
    );
    Ok(())
}

/// Has `cooee browse --once` find all hosts of a crowd.
fn browse_crowd(count: u32, additional: bool) -> Result<(HostsReport, Drops)> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let asker = lab.node("asker")?;
    lab.plug(&asker, &segment, "eth0", Families::V4Only)?;
    let crowd = play(&mut lab, &segment, count, additional)?;
    let before = Drops::of(&asker)?;
    let events = cooee::run(&asker, &["browse", "_bench._tcp", "--once"], BROWSE_LIMIT)?;
    let drops = Drops::of(&asker)?.since(before);
    let report = crowd.stop()?;
    let found = cooee::services(&events)?;
    ensure!(
        found.len() == count as usize,
        "{} of {count} found: {report:?}",
        found.len()
    );
    let wrong = found
        .values()
        .find(|found| found.port != 8080 || found.addresses.len() != 2);
    ensure!(wrong.is_none(), "{wrong:?}");
    Ok((report, drops))
}

/// Plays `count` hosts in a node of their own.
fn play(lab: &mut Lab, segment: &Segment, count: u32, additional: bool) -> Result<Played> {
    let node = lab.node("crowd")?;
    let home = lab.plug(&node, segment, "lan1", Families::V4Only)?;
    let config = Config {
        interface: home.interface,
        count,
        network: segment.network(),
        ipv6: false,
        additional,
        seed: 7,
    };
    Played::start(&node, config)
}

type Round = BTreeMap<IpAddr, Duration>;

fn ask_twice(own: Ipv4Addr) -> Result<(Round, Round)> {
    // Bound to the group, it hears nothing that was sent to one host alone.
    let receiver = UdpSocket::bind(GROUP)?;
    receiver.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &own)?;
    let sender = UdpSocket::bind((own, 5353))?;
    sender.set_multicast_loop_v4(false)?;
    setsockopt(&receiver, RcvBuf, &BUFFER_BYTES)?;
    let first = ask(&sender, &receiver, 0)?;
    Ok((first, ask(&sender, &receiver, KNOWN)?))
}

/// Asks once, and waits for an answer from each host that is not known.
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
    // Taken before the question leaves: measured so, an answer may be late but never early.
    let start = Instant::now();
    sender.send_to(&bytes, GROUP)?;
    let (mut round, mut buffer) = (Round::new(), [0; 2048]);
    loop {
        let is_complete = round.len() >= (HOSTS - known) as usize;
        let wait = if is_complete {
            QUIET
        } else {
            ROUND_LIMIT.saturating_sub(start.elapsed())
        };
        if wait.is_zero() {
            return Ok(round);
        }
        receiver.set_read_timeout(Some(wait))?;
        let Ok((_, from)) = receiver.recv_from(&mut buffer) else {
            return Ok(round);
        };
        let before = round.insert(from.ip(), start.elapsed());
        ensure!(before.is_none(), "{from} answered twice");
    }
}
