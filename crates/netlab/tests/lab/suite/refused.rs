//! Systems that refuse to send, and ports that other programs hold.
//!
//! In:  a firewall rule in the host of Cooee; a socket without `SO_REUSEADDR` beside it.
//! Out: what Cooee reports during this, and what leaves once it can.

use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::AsRawFd;
use std::time::Duration;

use cooee_wire::Message;
use netlab::capture::{Capture, Seen};
use netlab::error::Context;
use netlab::lab::Families;
use netlab::{Lab, Node, Result, cooee, ensure};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn6, bind, setsockopt, socket, sockopt,
};

/// How long a command of `nft` may take.
const NFT_LIMIT: Duration = Duration::from_secs(10);

/// How long it may take until the failure is reported.
const SAID_LIMIT: Duration = Duration::from_secs(5);

/// How long it may take until a name is claimed after the rule is gone: the longest wait of a
/// back-off, probing, and time for a busy machine.
const WON_LIMIT: Duration = Duration::from_secs(20);

fn nft(node: &Node, rule: &str) -> Result<()> {
    let arguments: Vec<&str> = rule.split(' ').collect();
    node.run("nft", &arguments, NFT_LIMIT)?.success()?;
    Ok(())
}

fn is_probe(seen: &Seen) -> bool {
    Message::parse(&seen.payload).is_ok_and(|message| message.header().counts.authorities > 0)
}

fn announces(seen: &Seen, text: &[u8]) -> bool {
    let is_response =
        Message::parse(&seen.payload).is_ok_and(|message| message.header().flags.is_response());
    is_response && seen.payload.windows(text.len()).any(|part| part == text)
}

pub(crate) fn firewall() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    lab.plug(&here, &segment, "eth0", Families::Both)?;
    nft(&here, "add table inet f")?;
    nft(
        &here,
        "add chain inet f out { type filter hook output priority 0 ; }",
    )?;
    nft(
        &here,
        "add rule inet f out oifname eth0 udp dport 5353 drop",
    )?;
    let capture = Capture::start(&here)?;
    let pipe = cooee::start_pipe(&here)?;
    pipe.tell("register Desk _http._tcp 80 --txt a=1")?;
    let is_waiting = |line: &str| line.contains("\"waiting\"") && line.contains("\"eth0\"");
    pipe.wait_stdout(SAID_LIMIT, is_waiting)?;
    pipe.tell("update Desk _http._tcp --txt a=2")?;
    std::thread::sleep(Duration::from_secs(2));
    let is_registered = |line: &str| line.contains("\"registered\"");
    let said = pipe.stdout();
    ensure!(
        !said.iter().any(|line| is_registered(&line.text)),
        "registered, and nothing has left: {said:?}"
    );
    let left = capture.take();
    ensure!(!left.iter().any(|seen| seen.outgoing), "it left: {left:?}");
    nft(&here, "delete table inet f")?;
    pipe.wait_stdout(WON_LIMIT, is_registered)?;
    std::thread::sleep(Duration::from_secs(2));
    let sent: Vec<Seen> = capture.stop();
    let sent: Vec<&Seen> = sent.iter().filter(|seen| seen.outgoing).collect();
    for v4 in [true, false] {
        let of_family = sent.iter().filter(|seen| seen.source.is_ipv4() == v4);
        let of_family: Vec<_> = of_family.collect();
        let first = of_family.iter().position(|seen| announces(seen, b"a=2"));
        let Some(first) = first else {
            return Err(netlab::Error::new("the change was not announced"));
        };
        let probes = of_family[..first].iter().filter(|seen| is_probe(seen));
        let probes = probes.count();
        ensure!(probes >= 3, "announced after {probes} probes");
        let early = of_family.iter().any(|seen| announces(seen, b"a=1"));
        ensure!(!early, "what was changed before is announced");
    }
    Ok(())
}

/// Holds UDP port 5353 of IPv6 for itself.
fn hold_port() -> nix::Result<std::os::fd::OwnedFd> {
    let (family, kind) = (AddressFamily::Inet6, SockType::Datagram);
    // A program that is started in the meantime must not hold it, too.
    let held = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&held, sockopt::Ipv6V6Only, &true)?;
    let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 5353, 0, 0);
    bind(held.as_raw_fd(), &SockaddrIn6::from(any))?;
    Ok(held)
}

pub(crate) fn one_family() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    lab.plug(&here, &segment, "eth0", Families::Both)?;
    let held = here.enter(hold_port)?.context("port 5353")?;
    let capture = Capture::start(&here)?;
    let pipe = cooee::start_pipe(&here)?;
    pipe.tell("register Desk _http._tcp 80")?;
    let is_registered = |line: &str| line.contains("\"registered\"");
    pipe.wait_stdout(SAID_LIMIT, is_registered)?;
    let is_of_v6 = |line: &str| line.contains("\"eth0\"") && line.contains("\"IPv6\"");
    let is_waiting = |line: &str| line.contains("\"waiting\"") && is_of_v6(line);
    let said = pipe.stdout();
    ensure!(
        said.iter().any(|line| is_waiting(&line.text)),
        "it is not said that IPv6 is deaf: {said:?}"
    );
    pipe.wait_stderr(SAID_LIMIT, |line| line.contains("IPv6"))?;
    // The program that holds the port ends: hosts of the other family hear of us from the start.
    capture.take();
    drop(held);
    let says_desk = |seen: &Seen| seen.outgoing && announces(seen, b"Desk");
    let on_v6 = |seen: &Seen| seen.source.is_ipv6();
    let announced = || {
        let seen = capture.seen();
        seen.iter().any(|seen| says_desk(seen) && on_v6(seen))
    };
    ensure!(
        netlab::clock::wait_until(WON_LIMIT * 4, announced),
        "nothing is announced over IPv6"
    );
    let sent = capture.stop();
    let before = sent
        .iter()
        .take_while(|seen| !(says_desk(seen) && on_v6(seen)));
    let probes = before.filter(|seen| seen.outgoing && on_v6(seen) && is_probe(seen));
    let probes = probes.count();
    ensure!(probes >= 3, "announced after {probes} probes");
    let said = pipe.stdout();
    let is_over = |line: &str| line.contains("\"waiting-over\"") && is_of_v6(line);
    ensure!(
        said.iter().any(|line| is_over(&line.text)),
        "it is not said that IPv6 works: {said:?}"
    );
    Ok(())
}
