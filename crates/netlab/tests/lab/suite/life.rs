//! What happens to services and links while Cooee runs.
//!
//! In:  goodbyes, changes, interfaces that vanish, silence.
//! Out: whether the output follows, and the cost.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use netlab::capture::{Capture, MDNS_PORT, interfaces_sent_on};
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::{Error, Lab, Node, Port, Result, ensure};

use super::announce::Announcement;
use super::changes::{wait_for_addresses, wait_for_names};
use super::setup::{HTTP, ONCE_LIMIT, Pair, service};

const GROUP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), MDNS_PORT);

pub(crate) fn goodbye_on_one_link() -> Result<()> {
    let mut lab = Lab::new()?;
    let (one, two) = (lab.segment()?, lab.segment()?);
    let (peer, here) = (lab.node("peer")?, lab.node("here")?);
    let first = lab.plug(&peer, &one, "eth0", Families::V4Only)?;
    let second = lab.plug(&peer, &two, "eth1", Families::V4Only)?;
    lab.plug(&here, &one, "lan1", Families::V4Only)?;
    lab.plug(&here, &two, "lan2", Families::V4Only)?;
    let capture = Capture::start(&here)?;
    let browsing = cooee::start(&here, &["browse", HTTP])?;
    let voices = [Voice::of(&peer, &first)?, Voice::of(&peer, &second)?];
    until_asked(&capture, 2)?;
    voices[0].say("Printer", 120, "a=1")?;
    voices[1].say("Printer", 120, "a=1")?;
    let both = BTreeSet::from([voices[0].text(), voices[1].text()]);
    wait_for_addresses(&browsing, "Printer", &both)?;
    voices[1].say("Printer", 0, "a=1")?;
    wait_for_addresses(&browsing, "Printer", &BTreeSet::from([voices[0].text()]))?;
    let events = cooee::objects(&browsing.stdout())?;
    let lost = events
        .iter()
        .filter(|event| event["event"] == "lost")
        .count();
    ensure!(
        lost == 0,
        "it was lost although one link still has it: {events:?}"
    );
    voices[0].say("Printer", 0, "a=1")?;
    wait_for_names(&browsing, Duration::from_secs(2), &[])
}

pub(crate) fn txt_changes() -> Result<()> {
    let pair = Pair::with(Families::V4Only)?;
    let capture = Capture::start(&pair.here)?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    let voice = Voice::of(&pair.peer, &pair.peer_port)?;
    until_asked(&capture, 1)?;
    voice.say("Printer", 120, "paper=full")?;
    wait_for_names(&browsing, Duration::from_secs(3), &["Printer"])?;
    voice.say("Printer", 120, "paper=out")?;
    let updated = || -> Result<bool> {
        let events = cooee::objects(&browsing.stdout())?;
        Ok(events.iter().any(|event| {
            event["event"] == "updated"
                && event["changed"] == serde_json::json!(["txt"])
                && event["txt"] == serde_json::json!(["paper=out"])
        }))
    };
    let in_time = wait_until(Duration::from_secs(2), || {
        updated().is_ok_and(|updated| updated)
    });
    ensure!(in_time, "no such update among {:?}", browsing.stdout());
    Ok(())
}

pub(crate) fn peer_moves() -> Result<()> {
    let pair = Pair::with(Families::V4Only)?;
    let _avahi = pair.avahi(vec![service("Moving", 80)])?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    let old = pair.peer_port.addresses_on("lan1");
    wait_for_addresses(&browsing, "Moving", &old)?;
    // By then Avahi has sent all announcements of the old addresses: what follows is the change.
    std::thread::sleep(Duration::from_secs(3));
    let before = pair
        .peer_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4 address"))?;
    let [a, b, ..] = before.octets();
    let new = Ipv4Addr::new(a, b, 200, 2);
    // Otherwise the kernel removes the second address of a network with the first.
    pair.peer
        .write_sysctl("net/ipv4/conf/all/promote_secondaries", "1")?;
    pair.peer
        .ip(&["addr", "add", &format!("{new}/16"), "dev", "eth0"])?;
    pair.peer
        .ip(&["addr", "del", &format!("{before}/16"), "dev", "eth0"])?;
    wait_for_addresses(&browsing, "Moving", &BTreeSet::from([new.to_string()]))
}

pub(crate) fn interface_vanishes() -> Result<()> {
    let mut pair = Pair::new()?;
    let (segment, other) = (pair.lab.segment()?, pair.lab.node("other")?);
    pair.lab.plug(&other, &segment, "eth0", Families::Both)?;
    let _avahi = pair.avahi(vec![service("Stays", 80)])?;
    let services = vec![service("Comes and goes", 81)];
    let _other = super::setup::avahi(&other, "other", &["eth0"], services)?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    wait_for_names(&browsing, ONCE_LIMIT, &["Stays"])?;
    for round in 0..2 {
        pair.lab
            .plug(&pair.here, &segment, "usb0", Families::Both)?;
        let both = wait_for_names(
            &browsing,
            Duration::from_secs(5),
            &["Comes and goes", "Stays"],
        );
        both.context(format!("plugged in, round {round}"))?;
        pair.here.ip(&["link", "delete", "usb0"])?;
        let one = wait_for_names(&browsing, Duration::from_secs(3), &["Stays"]);
        one.context(format!("pulled out, round {round}"))?;
    }
    Ok(())
}

pub(crate) fn silence() -> Result<()> {
    let pair = Pair::new()?;
    let capture = Capture::start(&pair.here)?;
    let browsing = cooee::start(&pair.here, &["browse", HTTP])?;
    let asked = wait_until(ONCE_LIMIT, || !capture.seen().is_empty());
    ensure!(asked, "it never asked");
    // A cable that comes back makes it ask again; after that nothing happens.
    pair.here_port.unplug()?;
    std::thread::sleep(Duration::from_secs(1));
    pair.here_port.replug()?;
    std::thread::sleep(Duration::from_secs(2));
    let (before, cpu) = (capture.seen().len(), cpu_of(&browsing)?);
    std::thread::sleep(Duration::from_secs(8));
    let (sent, cpu) = (
        capture.seen().len() - before,
        cpu_of(&browsing)?.saturating_sub(cpu),
    );
    // Questions 1, 2, 4 and 8 seconds apart, in each family: three fit at most.
    ensure!(sent <= 6, "{sent} datagrams in eight seconds of silence");
    ensure!(
        cpu < Duration::from_millis(80),
        "{cpu:?} of processor time in eight idle seconds"
    );
    Ok(())
}

/// A host that announces by hand.
struct Voice {
    socket: UdpSocket,
    address: Ipv4Addr,
}

impl Voice {
    fn of(node: &Node, port: &Port) -> Result<Self> {
        let address = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
        let socket = node.enter(move || UdpSocket::bind((address, MDNS_PORT)))??;
        Ok(Self { socket, address })
    }

    fn say(&self, name: &str, ttl_secs: u32, txt: &str) -> Result<()> {
        let txt = [txt.to_owned()];
        let announcement = Announcement {
            name,
            address: self.address,
            txt: &txt,
            ttl_secs,
        };
        self.socket.send_to(&announcement.bytes()?, GROUP)?;
        Ok(())
    }

    fn text(&self) -> String {
        self.address.to_string()
    }
}

/// Waits until the host has asked on this many interfaces. What is announced before is no answer to
/// anything, and is said only once.
fn until_asked(capture: &Capture, wanted: usize) -> Result<()> {
    let asked = || interfaces_sent_on(&capture.seen()).len();
    let in_time = wait_until(ONCE_LIMIT, || asked() >= wanted);
    ensure!(in_time, "asked on {} interfaces, not {wanted}", asked());
    Ok(())
}

/// Returns the processor time of all threads of a program.
pub(crate) fn cpu_of(program: &Running) -> Result<Duration> {
    let path = format!("/proc/{}/task", program.pid());
    let mut nanos = 0;
    for task in std::fs::read_dir(&path).context(&path)? {
        let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
        let first = text
            .split_whitespace()
            .next()
            .and_then(|word| word.parse::<u64>().ok());
        nanos += first.ok_or_else(|| Error::new(text.clone()))?;
    }
    Ok(Duration::from_nanos(nanos))
}
