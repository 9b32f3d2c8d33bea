//! What the kernel may do to a host: forget its groups, refuse its datagrams, drop datagrams
//! unread; and a consumer that does not read.
//!
//! In:  a host that registers and browses, an observer, and one fault.
//! Out: whether the fault is counted and affects nobody else, and everything is right soon
//!      afterwards.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use cooee_wire::{Class, Flags, MessageBuilder, Name, RData, RecordFields, Section, Ttl};
use netlab::capture::MDNS_PORT;
use netlab::clock::wait_until;
use netlab::cooee;
use netlab::drops::Drops;
use netlab::error::Context;
use netlab::lab::Families;
use netlab::process::Memory;
use netlab::program::Running;
use netlab::{Error, Lab, Node, Port, Result, ensure};
use nix::sys::signal::Signal;

use super::life::cpu_of;
use super::setup::{HTTP, ONCE_LIMIT};

/// How long it may take until the fault is known and repaired.
const GOOD_LIMIT: Duration = Duration::from_secs(10);

/// A host that runs a pipe, and an observer.
struct Pair {
    here: Node,
    here_port: Port,
    onlooker: Node,
    onlooker_port: Port,
}

impl Pair {
    fn new(families: Families) -> Result<Self> {
        let mut lab = Lab::new()?;
        let segment = lab.segment()?;
        let (here, onlooker) = (lab.node("here")?, lab.node("onlooker")?);
        let here_port = lab.plug(&here, &segment, "lan1", families)?;
        let onlooker_port = lab.plug(&onlooker, &segment, "eth0", families)?;
        Ok(Self {
            here,
            here_port,
            onlooker,
            onlooker_port,
        })
    }

    /// Fails unless a new host finds these.
    fn assert_found(&self, wanted: &[&str]) -> Result<()> {
        let found = cooee::run(&self.onlooker, &["browse", HTTP, "--once"], ONCE_LIMIT)?;
        let names: Vec<String> = cooee::services(&found)?.into_keys().collect();
        ensure!(names == wanted, "a newcomer finds {names:?}");
        Ok(())
    }

    /// Runs a script in the host, and returns what it says.
    fn script(&self, script: &str) -> Result<String> {
        let ended = self.here.run("sh", &["-ec", script], GOOD_LIMIT)?;
        Ok(ended.success()?.stdout_text().trim().to_owned())
    }
}

fn register(pipe: &Running, name: &str) -> Result<()> {
    pipe.tell(&format!("register '{name}' {HTTP} 80 --host here"))?;
    let wanted = format!("\"{name}\"");
    pipe.wait_stdout(ONCE_LIMIT, |line| {
        line.contains("\"registered\"") && line.contains(&wanted)
    })?;
    Ok(())
}

/// Asks a pipe for its counters until one of them satisfies `wanted`.
fn wait_counter(pipe: &Running, name: &str, wanted: impl Fn(u64) -> bool) -> Result<()> {
    let mut last = None;
    let reached = wait_until(GOOD_LIMIT, || {
        let _ = pipe.tell("metrics");
        std::thread::sleep(Duration::from_millis(100));
        let events = cooee::objects(&pipe.stdout()).unwrap_or_default();
        let reported = events
            .iter()
            .rev()
            .find(|event| event["event"] == "metrics");
        last = reported.and_then(|event| event[name].as_u64());
        last.is_some_and(&wanted)
    });
    ensure!(reached, "{name} is {last:?}");
    Ok(())
}

/// Returns how often the kernel of a host says that it is a member of the group of a family.
fn memberships(pair: &Pair, group: &str) -> Result<usize> {
    let script = format!("cat /proc/net/igmp /proc/net/igmp6 | grep -c {group} || true");
    pair.script(&script)?.parse().context("a count")
}

/// The groups as the kernel prints them.
const GROUP_V4: &str = "FB0000E0";
const GROUP_V6: &str = "ff0200000000000000000000000000fb";

pub(crate) fn forgotten_v6() -> Result<()> {
    let pair = Pair::new(Families::V6Only)?;
    let address = pair.here_port.ipv6.ok_or_else(|| Error::new("no IPv6"))?;
    // An MTU too small for IPv6 takes addresses and groups away; the groups stay away.
    let script = format!(
        "ip link set lan1 mtu 1200; ip link set lan1 mtu 1500
         ip addr add {address}/64 dev lan1 nodad
         grep -c {GROUP_V6} /proc/net/igmp6 || true"
    );
    forgotten(&pair, GROUP_V6, &script)
}

pub(crate) fn forgotten_v4() -> Result<()> {
    let pair = Pair::new(Families::V4Only)?;
    let address = pair.here_port.ipv4.ok_or_else(|| Error::new("no IPv4"))?;
    // The interface visits another namespace, and keeps its index.
    let script = format!(
        "unshare -n sleep 20 & away=$!
         until [ \"$(readlink /proc/$away/ns/net)\" != \"$(readlink /proc/self/ns/net)\" ]; do :; done
         ip link set lan1 netns $away
         nsenter -t $away -n ip link set lan1 netns $$
         kill $away
         echo 1 > /proc/sys/net/ipv6/conf/lan1/disable_ipv6
         ip link set lan1 up; ip addr add {address}/16 dev lan1
         grep -c {GROUP_V4} /proc/net/igmp || true"
    );
    forgotten(&pair, GROUP_V4, &script)
}

fn forgotten(pair: &Pair, group: &str, fault: &str) -> Result<()> {
    let pipe = cooee::start_pipe(&pair.here)?;
    register(&pipe, "Web")?;
    ensure!(memberships(pair, group)? == 1, "it never was a member");
    let index = pair.script("cat /sys/class/net/lan1/ifindex")?;
    let left = pair.script(fault)?;
    ensure!(left == "0", "the kernel forgot nothing: {left}");
    let same = pair.script("cat /sys/class/net/lan1/ifindex")?;
    ensure!(
        same == index,
        "it is another interface: {same}, not {index}"
    );
    let joined = || memberships(pair, group).is_ok_and(|count| count == 1);
    let again = wait_until(GOOD_LIMIT, joined);
    ensure!(again, "it is no member any more: {:?}", pipe.stderr());
    pair.assert_found(&["Web"])?;
    let said = pipe.stdout();
    let renamed = said.iter().any(|line| line.text.contains("renamed"));
    ensure!(!renamed, "it fled from itself: {said:?}");
    Ok(())
}

pub(crate) fn refused() -> Result<()> {
    let pair = Pair::new(Families::V6Only)?;
    let pipe = cooee::start_pipe(&pair.here)?;
    register(&pipe, "Before")?;
    // Without this route every datagram to the group is refused: the network is unreachable.
    let route = "multicast ff00::/8 dev lan1 table local";
    pair.script(&format!("ip -6 route del {route}"))?;
    pipe.tell(&format!("register 'Meanwhile' {HTTP} 80 --host here"))?;
    wait_counter(&pipe, "send_errors", |errors| errors >= 3)?;
    let before = cpu_of(&pipe)?;
    std::thread::sleep(Duration::from_secs(3));
    let cpu = cpu_of(&pipe)?.saturating_sub(before);
    ensure!(cpu < Duration::from_millis(300), "it spins: {cpu:?}");
    pair.script(&format!("ip -6 route add {route} proto kernel metric 256"))?;
    // Everything is claimed again when the next attempt succeeds: nothing was sent, and nothing
    // defended.
    let registered = |line: &str| line.contains("\"registered\"") && line.contains("Meanwhile");
    pipe.wait_stdout(RETRIED_WITHIN, registered)?;
    pair.assert_found(&["Before", "Meanwhile"])?;
    register(&pipe, "After")?;
    pair.assert_found(&["After", "Before", "Meanwhile"])
}

/// The longest wait for the next try, which is ten seconds, and the time that probing takes.
const RETRIED_WITHIN: Duration = Duration::from_secs(15);

/// Room for more than the largest receive buffer holds.
const FLOOD: usize = 40_000;

/// The questions of a browse are this far apart by then.
const LONG_QUIET: Duration = Duration::from_secs(16);

pub(crate) fn overrun() -> Result<()> {
    let pair = Pair::new(Families::V4Only)?;
    let pipe = cooee::start_pipe(&pair.here)?;
    register(&pipe, "Own")?;
    pipe.tell(&format!("browse {HTTP} --resolve"))?;
    pipe.wait_stdout(ONCE_LIMIT, |line| line.contains("\"resolved\""))?;
    std::thread::sleep(LONG_QUIET);
    // It is stopped, and what arrives until it continues has no room.
    pipe.signal(Signal::SIGSTOP)?;
    let before = Drops::of(&pair.here)?;
    let from = pair
        .onlooker_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4"))?;
    pair.onlooker.enter(move || flood(from))??;
    let dropped = Drops::of(&pair.here)?.since(before).receive_buffer;
    ensure!(dropped > 0, "the kernel had room for everything");
    let newcomer = cooee::start(&pair.onlooker, &["register", "New", HTTP, "81"])?;
    newcomer.wait_stdout(ONCE_LIMIT, |line| line.contains("\"registered\""))?;
    std::thread::sleep(Duration::from_millis(1500));
    pipe.signal(Signal::SIGCONT)?;
    wait_counter(&pipe, "dropped_by_kernel", |count| count > 0)?;
    let found = |line: &str| line.contains("\"resolved\"") && line.contains("\"New\"");
    pipe.wait_stdout(GOOD_LIMIT, found)?;
    pair.assert_found(&["New", "Own"])
}

/// How long the program is stopped, and how long the shorter of two services is there.
const STOPPED: Duration = Duration::from_secs(5);
const SHORT: Ttl = Ttl(3);

pub(crate) fn stopped() -> Result<()> {
    let pair = Pair::new(Families::V4Only)?;
    let pipe = cooee::start_pipe(&pair.here)?;
    register(&pipe, "Own")?;
    pipe.tell(&format!("browse {HTTP}"))?;
    let has =
        |name: &'static str| move |line: &str| line.contains("\"found\"") && line.contains(name);
    pipe.wait_stdout(ONCE_LIMIT, has("\"Own\""))?;
    pipe.signal(Signal::SIGSTOP)?;
    let from = pair
        .onlooker_port
        .ipv4
        .ok_or_else(|| Error::new("no IPv4"))?;
    pair.onlooker.enter(move || {
        let socket = UdpSocket::bind((from, MDNS_PORT))?;
        for (name, ttl) in [("Short", SHORT), ("Long", Ttl(4_500))] {
            let group = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), MDNS_PORT);
            socket.send_to(&pointer(name, ttl)?, group)?;
        }
        Ok::<_, Error>(())
    })??;
    std::thread::sleep(STOPPED);
    pipe.signal(Signal::SIGCONT)?;
    pipe.wait_stdout(GOOD_LIMIT, has("\"Long\""))?;
    let said = pipe.stdout();
    let is_short = said.iter().any(|line| line.text.contains("\"Short\""));
    ensure!(!is_short, "what had ended counts as new: {said:?}");
    Ok(())
}

/// A response that says a service is there.
fn pointer(name: &str, ttl: Ttl) -> Result<Vec<u8>> {
    let owner: Name = format!("{HTTP}.local").parse().context("a name")?;
    let instance: Name = format!("{name}.{HTTP}.local").parse().context("a name")?;
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::RESPONSE, 512);
    let record = RecordFields {
        name: &owner,
        class: Class::IN,
        cache_flush: false,
        ttl,
        data: &RData::Ptr(instance),
    };
    builder
        .record(Section::Answer, record)
        .context("a record")?;
    builder.finish();
    Ok(bytes)
}

/// Sends junk to the group as fast as it goes.
fn flood(from: Ipv4Addr) -> Result<()> {
    let socket = UdpSocket::bind((from, 0))?;
    let group = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)), MDNS_PORT);
    let junk = [0; 1400];
    for _ in 0..FLOOD {
        // A full send buffer drops it, which is one less.
        let _ = socket.send_to(&junk, group);
    }
    Ok(())
}

/// Services of a storm, in rounds.
const ROUNDS: usize = 3;
const STORM: usize = 300;

/// How much the program may hold for one who does not read.
const GROWTH_MAX: u64 = 16 << 20;

pub(crate) fn unread() -> Result<()> {
    let pair = Pair::new(Families::V4Only)?;
    let (pipe, outlet) = start_unread(&pair)?;
    pipe.tell(&format!("register 'Own' {HTTP} 80 --host here"))?;
    pipe.tell(&format!("browse {HTTP} --resolve"))?;
    let other = cooee::start_pipe(&pair.onlooker)?;
    let before = Memory::of(pipe.pid())?;
    for round in 0..ROUNDS {
        for number in 0..STORM {
            let name = format!("Round {round} {number}");
            other.tell(&format!("register '{name}' {HTTP} 80 --host other"))?;
        }
        wait_events(&other, "registered", (round + 1) * STORM)?;
        std::thread::sleep(Duration::from_millis(1500));
        for number in 0..STORM {
            other.tell(&format!("unregister 'Round {round} {number}' {HTTP}"))?;
        }
        wait_events(&other, "unregistered", (round + 1) * STORM)?;
    }
    other.tell(&format!("register 'Last' {HTTP} 80 --host other"))?;
    // Queriers are answered although nobody reads here.
    pair.assert_found(&["Last", "Own"])?;
    let after = Memory::of(pipe.pid())?;
    let grown = after.peak.saturating_sub(before.resident);
    ensure!(
        grown < GROWTH_MAX,
        "it grew by {grown}: {before:?}, {after:?}"
    );

    // Now it is read, until it is current.
    let lines = read_on(outlet);
    let (mut names, mut shown) = (BTreeSet::new(), 0);
    let wanted = BTreeSet::from(["Last".to_owned(), "Own".to_owned()]);
    let is_right = wait_until(GOOD_LIMIT, || {
        for line in lines.try_iter() {
            shown += usize::from(line.contains("\"resolved\""));
            follow(&line, &mut names);
        }
        names == wanted
    });
    ensure!(is_right, "it shows {names:?}");
    let all = ROUNDS * STORM;
    ensure!(shown < all, "all {all} of the storm were kept for it");
    Ok(())
}

/// A pipe whose output goes where nobody reads for now.
fn start_unread(pair: &Pair) -> Result<(Running, File)> {
    let path = pair.here.folder()?.join("outlet");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).context("mkfifo")?;
    // Open both ways, so that neither end waits for the other.
    let outlet = OpenOptions::new().read(true).write(true).open(&path)?;
    let program = cooee::command(&pair.here)?;
    let program = program.get_args().last().map(ToOwned::to_owned);
    let mut command = pair.here.command("sh");
    command.args(["-c", "exec \"$0\" pipe > \"$1\""]);
    command.arg(program.ok_or_else(|| Error::new("no program"))?);
    command.arg(&path);
    Ok((Running::start_listening(command)?, outlet))
}

fn read_on(outlet: File) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(outlet).lines().map_while(|line| line.ok()) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

/// What is there after one more line.
fn follow(line: &str, names: &mut BTreeSet<String>) {
    let Ok(event) = serde_json::from_str::<serde_json::Value>(line) else {
        return;
    };
    let name = event["instance"].as_str().unwrap_or_default().to_owned();
    match event["event"].as_str() {
        Some("resolved") => {
            names.insert(name);
        }
        Some("lost") => {
            names.remove(&name);
        }
        // The state is reported again from here.
        Some("lagged") => names.clear(),
        _ => {}
    }
}

fn wait_events(pipe: &Running, event: &str, count: usize) -> Result<()> {
    let wanted = format!("\"event\":\"{event}\"");
    let seen = || {
        pipe.stdout()
            .iter()
            .filter(|line| line.text.contains(&wanted))
            .count()
    };
    let reached = wait_until(ONCE_LIMIT, || seen() >= count);
    ensure!(reached, "{} {event}, not {count}", seen());
    Ok(())
}
