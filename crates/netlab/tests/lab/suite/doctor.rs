//! `cooee doctor`: faults that are planted, and what it says about each.
//!
//! In:  a host that asks the doctor, another host that publishes a service, and one fault.
//! Out: whether the doctor names the fault in the right words, and nothing without one.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use cooee_wire::{Class, Flags, Message, MessageBuilder, Name, RData, RecordFields, Section, Ttl};
use netlab::capture::MDNS_PORT;
use netlab::clock::monotonic;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::{Finished, Running};
use netlab::{Error, Lab, Node, Port, Result, Segment, cooee, ensure};
use nix::sys::signal::Signal;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, setsockopt, socket, sockopt,
};

use super::setup::HTTP;

const GROUP: SocketAddr = SocketAddr::new(
    std::net::IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)),
    MDNS_PORT,
);

/// How long the doctor may take, on a busy machine.
const DOCTOR_LIMIT: Duration = Duration::from_secs(40);

/// A port at which nobody listens.
const DISCARD_PORT: u16 = 9;

/// How long a finding may take to appear in a watch, or to be gone.
const WATCH_LIMIT: Duration = Duration::from_secs(90);

/// Leaves each answer twice as long as usual, for a busy machine.
const PATIENTLY: &[&str] = &["--timeout", "10"];

/// How long a command of `nft` may take.
const NFT_LIMIT: Duration = Duration::from_secs(10);

/// A host that asks the doctor, and one that publishes a service.
struct Scene {
    lab: Lab,
    segment: Segment,
    here: Node,
    here_port: Port,
    peer: Node,
    peer_port: Port,
    _service: Running,
}

impl Scene {
    fn new() -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (here, peer) = (lab.node("here")?.called("here"), lab.node("peer")?);
        let here_port = lab.plug(&here, &segment, "eth0", Families::Both)?;
        let peer_port = lab.plug(&peer, &segment, "eth0", Families::Both)?;
        let service = register(&peer, "Web")?;
        Ok(Self {
            lab,
            segment,
            here,
            here_port,
            peer,
            peer_port,
            _service: service,
        })
    }

    /// Asks the doctor, and returns what it says.
    fn ask(&self) -> Result<Finished> {
        ask(&self.here, &[])
    }

    fn nft(&self, rules: &[&str]) -> Result<()> {
        for rule in rules {
            let arguments: Vec<&str> = rule.split(' ').collect();
            self.here.run("nft", &arguments, NFT_LIMIT)?.success()?;
        }
        Ok(())
    }
}

fn register(node: &Node, instance: &str) -> Result<Running> {
    let service = cooee::start(node, &["register", instance, HTTP, "80", "--host", "peer"])?;
    service.wait_stdout(NFT_LIMIT, |line| line.contains("\"registered\""))?;
    Ok(service)
}

fn start(node: &Node, arguments: &[&str]) -> Result<Running> {
    let mut command = cooee::command(node)?;
    command.arg("doctor").args(arguments);
    Running::start(command)
}

fn ask(node: &Node, arguments: &[&str]) -> Result<Finished> {
    start(node, arguments)?.finish(DOCTOR_LIMIT)
}

/// Fails unless the doctor has found something, and says all of this.
fn assert_says(finished: &Finished, parts: &[&str]) -> Result<()> {
    let said = finished.stdout_text();
    for part in parts {
        ensure!(
            said.contains(part),
            "it does not say {part:?}: {said}{}",
            finished.stderr_text()
        );
    }
    ensure!(
        finished.status.code() == Some(1),
        "it ends with {}: {said}",
        finished.status
    );
    Ok(())
}

fn v4(port: &Port) -> Result<Ipv4Addr> {
    port.ipv4.ok_or_else(|| Error::new("no IPv4"))
}

pub(crate) fn healthy() -> Result<()> {
    let scene = Scene::new()?;
    let finished = scene.ask()?;
    let said = finished.stdout_text();
    ensure!(
        finished.status.success() && said.contains("no problems found"),
        "on a healthy link: {said}{}",
        finished.stderr_text()
    );
    for check in [
        "ok           multicast round trip: eth0 over IPv4 and eth0 over IPv6",
        "ok           unicast answers of others: eth0 over IPv4 and eth0 over IPv6",
        "ok           multicasts of others: eth0 over IPv4 and eth0 over IPv6",
    ] {
        ensure!(said.contains(check), "it does not say {check:?}: {said}");
    }
    Ok(())
}

const OUTPUT_CHAIN: &str = "add chain inet f out { type filter hook output priority 0 ; }";
const INPUT_CHAIN: &str = "add chain inet f in { type filter hook input priority 0 ; }";

pub(crate) fn drop_out() -> Result<()> {
    let scene = Scene::new()?;
    let rule = "add rule inet f out oifname eth0 udp dport 5353 drop";
    scene.nft(&["add table inet f", OUTPUT_CHAIN, rule])?;
    assert_says(
        &scene.ask()?,
        &[
            "error[sending-refused]: nothing can be sent on eth0 over IPv4",
            "error[sending-refused]: nothing can be sent on eth0 over IPv6",
            "= note: firewall rule: inet f out: oifname \"eth0\" udp dport 5353 drop",
            "= likely cause: a firewall on this host drops what goes out",
            "= help: allow outgoing UDP packets of port 5353",
        ],
    )
}

pub(crate) fn drop_in() -> Result<()> {
    let scene = Scene::new()?;
    let rule = "add rule inet f in iifname eth0 udp dport 5353 drop";
    scene.nft(&["add table inet f", INPUT_CHAIN, rule])?;
    assert_says(
        &scene.ask()?,
        &[
            "error[nothing-returns]: no multicast arrives on eth0 over IPv4, not even the own ones",
            "error[nothing-returns]: no multicast arrives on eth0 over IPv6, not even the own ones",
            "= note: firewall rule: inet f in: iifname \"eth0\" udp dport 5353 drop",
            "= likely cause: a firewall on this host drops what comes in",
            "= help: allow incoming UDP packets of port 5353",
        ],
    )
}

pub(crate) fn drop_unicast() -> Result<()> {
    let scene = Scene::new()?;
    let rule = "add rule inet f in iifname eth0 udp dport 5353 meta pkttype host drop";
    scene.nft(&["add table inet f", INPUT_CHAIN, rule])?;
    let peer = v4(&scene.peer_port)?;
    assert_says(
        &ask(&scene.here, PATIENTLY)?,
        &[
            "warning[unicast-blocked]: unicast answers do not arrive on eth0 over IPv4",
            &format!("= note: {peer} answers questions that want multicast answers, and none"),
            "= likely cause: a firewall lets multicasts in and drops unicasts to the port",
            "= help: allow incoming unicast UDP packets to port 5353",
        ],
    )
}

pub(crate) fn port_held() -> Result<()> {
    let scene = Scene::new()?;
    let hold = || UdpSocket::bind((Ipv4Addr::UNSPECIFIED, MDNS_PORT));
    let _held = scene.here.enter(hold)??;
    assert_says(
        &scene.ask()?,
        &[
            "error[port-held]: ",
            " holds UDP port 5353 exclusively over IPv4",
            "= likely cause: the program opened the port without SO_REUSEADDR and SO_REUSEPORT",
            "= help: stop ",
            "ok           multicast round trip: eth0 over IPv6",
        ],
    )
}

/// Opens the port as a good neighbour does, but on one address alone, where it gets all unicasts.
fn take_unicasts(own: Ipv4Addr) -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Datagram);
    let taken = socket(family, kind, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&taken, sockopt::ReuseAddr, &true)?;
    setsockopt(&taken, sockopt::ReusePort, &true)?;
    let address = SockaddrIn::from(SocketAddrV4::new(own, MDNS_PORT));
    bind(taken.as_raw_fd(), &address)?;
    Ok(taken)
}

pub(crate) fn unicast_taken() -> Result<()> {
    let scene = Scene::new()?;
    let own = v4(&scene.here_port)?;
    let _taken = scene
        .here
        .enter(move || take_unicasts(own))?
        .context("port 5353")?;
    assert_says(
        &scene.ask()?,
        &[
            "warning[unicast-taken]: ",
            " takes unicasts to port 5353 over IPv4",
            "= note: of 16 unicasts to an address of this host, 0 reached Cooee",
            &format!(" has a socket on {own}:5353"),
            "= likely cause: programs share the port",
        ],
    )
}

pub(crate) fn group_refused() -> Result<()> {
    let scene = Scene::new()?;
    scene
        .here
        .write_sysctl("net/ipv4/igmp_max_memberships", "0")?;
    assert_says(
        &scene.ask()?,
        &[
            "error[group-missing]: eth0 is not a member of the multicast group of IPv4",
            "= likely cause: the kernel refused to join the group; a limit may be reached",
            "= help: on Linux, raise `net.ipv4.igmp_max_memberships`",
        ],
    )
}

pub(crate) fn interface_down() -> Result<()> {
    let scene = Scene::new()?;
    scene.here.ip(&["link", "set", "eth0", "down"])?;
    assert_says(
        &scene.ask()?,
        &[
            "error[interface-down]: eth0 is switched off",
            "= note: eth0: down",
            "= help: switch it on: `ip link set eth0 up`",
        ],
    )
}

pub(crate) fn no_address() -> Result<()> {
    let scene = Scene::new()?;
    let setting = "net/ipv6/conf/eth0/disable_ipv6";
    scene.here.write_sysctl(setting, "1")?;
    scene.here.ip(&["addr", "flush", "dev", "eth0"])?;
    assert_says(
        &scene.ask()?,
        &[
            "error[no-address]: eth0 has no usable address",
            "= note: eth0: no usable address",
            "= help: give the interface an address",
        ],
    )
}

pub(crate) fn only_vpn() -> Result<()> {
    let mut lab = Lab::new()?;
    let segment = lab.segment()?;
    let here = lab.node("here")?;
    lab.plug(&here, &segment, "wg0", Families::Both)?;
    assert_says(
        &ask(&here, &[])?,
        &[
            "error[only-vpn]: the only network is wg0, a VPN or a container network",
            "= note: wg0: VPN by name (wg*)",
            "= help: if this network carries multicast, use it with `--interface wg0`",
        ],
    )
}

pub(crate) fn our_name() -> Result<()> {
    let scene = Scene::new()?;
    let twin = cooee::start(&scene.peer, &["publish-host", "here", "10.1.77.77"])?;
    twin.wait_stdout(NFT_LIMIT, |line| line.contains("\"host-registered\""))?;
    let peer = v4(&scene.peer_port)?;
    assert_says(
        &scene.ask()?,
        &[
            "error[host-name-taken]: another host has our host name here.local",
            &format!("= note: {peer} says that here.local has 10.1.77.77"),
            "= help: give one of them another name",
        ],
    )
}

/// Sends as many packets as fit, with pauses, until the time is over.
fn flood(from: Ipv4Addr, pause: Duration, lasting: Duration) -> Result<()> {
    let socket = UdpSocket::bind((from, 0))?;
    let end = monotonic() + lasting;
    while monotonic() < end {
        for _ in 0..10 {
            socket.send_to(&[0; 12], GROUP)?;
        }
        std::thread::sleep(pause);
    }
    Ok(())
}

pub(crate) fn flooding() -> Result<()> {
    let scene = Scene::new()?;
    let doctor = start(&scene.here, &[])?;
    let peer = v4(&scene.peer_port)?;
    let pause = Duration::from_millis(20);
    let lasting = Duration::from_secs(5);
    scene.peer.enter(move || flood(peer, pause, lasting))??;
    assert_says(
        &doctor.finish(DOCTOR_LIMIT)?,
        &[
            &format!("warning[flood]: {peer} floods the network: "),
            " packets per second",
            &format!("= help: find the device with the address {peer}"),
        ],
    )
}

/// Returns a response with one unique address.
fn response(owner: &str, address: Ipv4Addr) -> Result<Vec<u8>> {
    let owner: Name = owner.parse().context("a name")?;
    let mut bytes = Vec::new();
    let mut message = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 512);
    let fields = RecordFields {
        name: &owner,
        class: Class::IN,
        ttl: Ttl::from_field(120),
        cache_flush: true,
        data: &RData::A(address),
    };
    message.record(Section::Answer, fields).context("record")?;
    message.finish();
    Ok(bytes)
}

pub(crate) fn off_link() -> Result<()> {
    let scene = Scene::new()?;
    let far = Ipv4Addr::new(192, 0, 2, 9);
    scene
        .peer
        .ip(&["addr", "add", &format!("{far}/32"), "dev", "eth0"])?;
    let bytes = response("far.local", far)?;
    let doctor = start(&scene.here, &[])?;
    std::thread::sleep(Duration::from_secs(2));
    scene.peer.enter(move || -> Result<()> {
        let socket = UdpSocket::bind((far, 0))?;
        for _ in 0..3 {
            socket.send_to(&bytes, GROUP)?;
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    })??;
    assert_says(
        &doctor.finish(DOCTOR_LIMIT)?,
        &[
            "warning[off-link]: 192.0.2.9 answers, but is not on the link",
            "= note: the subnets of the link are ",
            "= help: correct the address of that host",
        ],
    )
}

/// Sends back every response of a host, until the time is over.
fn reflect(of: Ipv4Addr, own: Ipv4Addr, lasting: Duration) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, MDNS_PORT))?;
    socket.join_multicast_v4(&Ipv4Addr::new(224, 0, 0, 251), &own)?;
    socket.set_multicast_loop_v4(false)?;
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let end = monotonic() + lasting;
    let mut buffer = [0; 9_000];
    while monotonic() < end {
        let (length, source) = match socket.recv_from(&mut buffer) {
            Ok(received) => received,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error.into()),
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        let is_response =
            Message::parse(bytes).is_ok_and(|message| message.header().flags.is_response());
        if is_response && source.ip() == of {
            socket.send_to(bytes, GROUP)?;
        }
    }
    Ok(())
}

pub(crate) fn reflector() -> Result<()> {
    let mut scene = Scene::new()?;
    let mirror = scene.lab.node("mirror")?;
    let port = scene
        .lab
        .plug(&mirror, &scene.segment, "eth0", Families::V4Only)?;
    mirror.ip(&["route", "add", "224.0.0.0/4", "dev", "eth0"])?;
    let (of, own) = (v4(&scene.peer_port)?, v4(&port)?);
    let doctor = start(&scene.here, &[])?;
    let lasting = Duration::from_secs(6);
    let reflecting = std::thread::spawn(move || mirror.enter(move || reflect(of, own, lasting)));
    std::thread::sleep(Duration::from_secs(1));
    let _another = register(&scene.peer, "Another")?;
    let reflected = reflecting.join();
    reflected.map_err(|_| Error::new("the reflector panicked"))???;
    assert_says(
        &doctor.finish(DOCTOR_LIMIT)?,
        &[
            &format!("warning[reflector]: {own} repeats the packets of {of}"),
            &format!("= note: responses of {of} that came again from {own}: "),
            "= likely cause: a reflector or repeater",
        ],
    )
}

pub(crate) fn dropped() -> Result<()> {
    let scene = Scene::new()?;
    let doctor = start(&scene.here, &["--timeout", "6"])?;
    std::thread::sleep(Duration::from_secs(1));
    doctor.signal(Signal::SIGSTOP)?;
    let peer = v4(&scene.peer_port)?;
    let lasting = Duration::from_secs(2);
    scene
        .peer
        .enter(move || flood(peer, Duration::ZERO, lasting))??;
    doctor.signal(Signal::SIGCONT)?;
    assert_says(
        &doctor.finish(DOCTOR_LIMIT)?,
        &[
            "warning[datagrams-dropped]: the kernel dropped ",
            "= likely cause: packets come faster than they are read",
            "= help: raise `net.core.rmem_max`",
        ],
    )
}

pub(crate) fn snooping() -> Result<()> {
    let scene = Scene::new()?;
    let doctor = start(&scene.here, &["--timeout", "8"])?;
    std::thread::sleep(Duration::from_millis(2_500));
    scene.here_port.forget_groups()?;
    let peer = v4(&scene.peer_port)?;
    assert_says(
        &doctor.finish(DOCTOR_LIMIT)?,
        &[
            "error[multicast-lost]: multicasts of other hosts no longer arrive on eth0 over IPv4",
            &format!(
                "= note: {peer} was heard by multicast before; now it answers by unicast only"
            ),
            "= likely cause: a switch with IGMP or MLD snooping and no querier",
            "= help: switch on an IGMP and MLD querier",
        ],
    )
}

pub(crate) fn neighbour() -> Result<()> {
    let scene = Scene::new()?;
    let peer = v4(&scene.peer_port)?;
    // The hosts know each other's hardware addresses.
    scene.here.enter(move || -> Result<()> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        socket.send_to(&[0], (peer, DISCARD_PORT))?;
        Ok(())
    })??;
    scene.here_port.forget_groups()?;
    assert_says(
        &ask(&scene.here, PATIENTLY)?,
        &[
            "error[multicast-lost]: no multicast of another host arrives on eth0 over IPv4",
            &format!("= note: {peer} answers by unicast only"),
            "= likely cause: a switch with IGMP or MLD snooping and no querier",
        ],
    )
}

pub(crate) fn watching() -> Result<()> {
    let scene = Scene::new()?;
    let doctor = start(&scene.here, &["--watch", "--timeout", "4"])?;
    doctor.wait_stdout(DOCTOR_LIMIT, |line| line.starts_with("watching; "))?;
    scene.here_port.forget_groups()?;
    let lost =
        "error[multicast-lost]: multicasts of other hosts no longer arrive on eth0 over IPv4";
    doctor.wait_stdout(WATCH_LIMIT, |line| line.contains(lost))?;
    scene.here_port.remember_groups()?;
    let gone =
        " gone[multicast-lost]: multicasts of other hosts no longer arrive on eth0 over IPv4";
    doctor.wait_stdout(WATCH_LIMIT, |line| line.contains(gone))?;
    doctor.wait_stdout(WATCH_LIMIT, |line| line.is_empty())?;
    doctor.signal(Signal::SIGINT)?;
    let finished = doctor.finish(DOCTOR_LIMIT)?;
    let said = finished.stdout_text();
    ensure!(
        finished.status.success() && said.contains("no problem stands after "),
        "it ends with {}: {said}{}",
        finished.status,
        finished.stderr_text()
    );
    Ok(())
}

pub(crate) fn two_interfaces() -> Result<()> {
    let scene = Scene::new()?;
    let second = v4(&scene.peer_port)?;
    let first = Ipv4Addr::from(u32::from(second).wrapping_add(0x100));
    scene
        .peer
        .ip(&["addr", "add", &format!("{first}/16"), "dev", "eth0"])?;
    let doctor = start(&scene.here, &[])?;
    std::thread::sleep(Duration::from_secs(2));
    scene.peer.enter(move || -> Result<()> {
        for own in [first, second] {
            let bytes = response("docked.local", own)?;
            let socket = UdpSocket::bind((own, 0))?;
            socket.send_to(&bytes, GROUP)?;
        }
        Ok(())
    })??;
    let finished = doctor.finish(DOCTOR_LIMIT)?;
    ensure!(
        finished.status.success(),
        "{}{}",
        finished.stdout_text(),
        finished.stderr_text()
    );
    Ok(())
}

pub(crate) fn elsewhere() -> Result<()> {
    let mut scene = Scene::new()?;
    let tunnel = scene.lab.segment()?;
    let far = scene.lab.node("far")?;
    scene
        .lab
        .plug(&scene.here, &tunnel, "wg0", Families::V4Only)?;
    scene.lab.plug(&far, &tunnel, "eth0", Families::V4Only)?;
    let host = cooee::start(&far, &["publish-host", "far"])?;
    host.wait_stdout(NFT_LIMIT, |line| line.contains("\"host-registered\""))?;
    assert_says(
        &ask(&scene.here, &["far.local", "--timeout", "2"])?,
        &[
            "error[on-refused-interface]: far.local is only on wg0, which is not used",
            "= note: asked for the addresses of far.local: no answer in 3.5 s",
            "= note: on wg0 (VPN by name (wg*)): A 10.2.",
            "= help: use it: `--interface wg0`",
        ],
    )
}

pub(crate) fn steps() -> Result<()> {
    let scene = Scene::new()?;
    let found = ask(&scene.here, &["Web", HTTP, "--timeout", "2"])?;
    let said = found.stdout_text();
    let passed = "ok           the wanted name: asked for PTR records of _http._tcp.local: ";
    ensure!(
        found.status.success() && said.contains(passed),
        "it is not found: {said}"
    );
    assert_says(
        &ask(&scene.here, &["Nobody", HTTP, "--timeout", "2"])?,
        &[
            "error[not-found]: Nobody._http._tcp.local was not found: nobody answers for SRV",
            "= note: asked for PTR records of _http._tcp.local: only other records came (PTR Web.",
            "= likely cause: the device is off, or has another name; others answer",
        ],
    )
}
