//! Hosts and links: named network namespaces joined by bridges.
//!
//! In:  names of hosts, links and interfaces.
//! Out: [`Node`]s that run programs, and the [`Port`]s they have on [`Segment`]s.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sched::{CloneFlags, setns};

use crate::error::{Context, Error, Result};
use crate::frame::Mac;
use crate::program::{Finished, Running};

/// The folder for what the laboratory writes; a private tmpfs that ends with it.
const FOLDER: &str = "/run/netlab";

/// How long an `ip` command may take.
const IP_LIMIT: Duration = Duration::from_secs(10);

/// A laboratory in the namespaces of this process, which [`crate::harness`] has made.
#[derive(Debug)]
pub struct Lab {
    segments: u8,
    ports: u32,
}

/// One link into which hosts can be plugged: a bridge that filters nothing.
#[derive(Clone, Debug)]
pub struct Segment {
    name: String,
    number: u8,
}

impl Segment {
    /// The network that its ports have their IPv4 addresses in, a /16.
    pub fn network(&self) -> Ipv4Addr {
        Ipv4Addr::new(10, self.number, 0, 0)
    }
}

/// One host: a network namespace with loopback up.
#[derive(Clone, Debug)]
pub struct Node {
    name: String,
    /// The system's name, for programs that ask; otherwise the machine's name.
    host_name: Option<String>,
}

/// A host's interface on a segment.
#[derive(Clone, Debug)]
pub struct Port {
    /// The interface's name inside the host.
    pub interface: String,
    /// The interface's index inside the host.
    pub index: u32,
    /// Its hardware address.
    pub mac: Mac,
    /// Its IPv4 address, in a /16 of the segment's own; none on IPv6-only ports.
    pub ipv4: Option<Ipv4Addr>,
    /// Its routable IPv6 address, in a /64 of the segment's own; none on IPv4-only ports.
    pub ipv6: Option<Ipv6Addr>,
    /// Its link-local IPv6 address; none on IPv4-only ports.
    pub link_local: Option<Ipv6Addr>,
    /// The other end of the cable, in the laboratory's namespace.
    cable: String,
}

/// Which address families a port gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Families {
    /// IPv4 and IPv6, with a routable and a link-local address.
    Both,
    /// IPv4, and IPv6 with a link-local address alone.
    LinkLocal,
    /// IPv4 alone; IPv6 is switched off on the interface.
    V4Only,
    /// IPv6 alone; no IPv4 address is given.
    V6Only,
}

/// Selects the test that a process runs; its presence shows that the process is inside.
pub(crate) const INSIDE: &str = "COOEE_LAB_INSIDE";

/// Returns whether this process is in namespaces that [`crate::harness`] made.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

impl Lab {
    /// Creates an empty laboratory; fails outside the namespaces of [`crate::harness`].
    pub fn new() -> Result<Self> {
        if !is_inside() {
            return Err(Error::new(
                "the laboratory only exists inside its own namespaces",
            ));
        }
        run(Command::new("mount").args(["-t", "tmpfs", "tmpfs", "/run"]))?;
        fs::create_dir_all("/run/netns").context("/run/netns")?;
        fs::create_dir_all(FOLDER).context(FOLDER)?;
        ip(&["link", "set", "lo", "up"])?;
        Ok(Self {
            segments: 0,
            ports: 0,
        })
    }

    /// Creates a link.
    pub fn segment(&mut self) -> Result<Segment> {
        self.segments = self
            .segments
            .checked_add(1)
            .ok_or_else(|| Error::new("segments"))?;
        let name = format!("seg{}", self.segments);
        ip(&[
            "link",
            "add",
            &name,
            "type",
            "bridge",
            "mcast_snooping",
            "0",
        ])?;
        fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1").context(&name)?;
        // A switch has no firewall: where bridges pass packets to one, they must not here.
        for table in ["iptables", "ip6tables", "arptables"] {
            let setting = format!("/proc/sys/net/bridge/bridge-nf-call-{table}");
            if Path::new(&setting).exists() {
                fs::write(&setting, "0").context(&setting)?;
            }
        }
        ip(&["link", "set", &name, "up"])?;
        Ok(Segment {
            name,
            number: self.segments,
        })
    }

    /// Creates hosts, each plugged into a segment through an interface of this name.
    pub fn plugged<const N: usize>(
        &mut self,
        names: [&str; N],
        segment: &Segment,
        interface: &str,
        families: Families,
    ) -> Result<[(Node, Port); N]> {
        let mut hosts = Vec::with_capacity(N);
        for name in names {
            let node = self.node(name)?;
            let port = self.plug(&node, segment, interface, families)?;
            hosts.push((node, port));
        }
        let hosts = hosts.try_into();
        hosts.map_err(|_| Error::new("a host for each name"))
    }

    /// Creates a host with nothing but loopback.
    pub fn node(&mut self, name: &str) -> Result<Node> {
        ip(&["netns", "add", name])?;
        let node = Node {
            name: name.to_owned(),
            host_name: None,
        };
        node.write_sysctl("net/ipv6/conf/all/accept_dad", "0")?;
        node.write_sysctl("net/ipv6/conf/default/accept_dad", "0")?;
        node.ip(&["link", "set", "lo", "up"])?;
        Ok(node)
    }

    /// A host that was made before.
    pub fn existing(&self, name: &str) -> Result<Node> {
        let made = Path::new("/run/netns").join(name).exists();
        let node = Node {
            name: name.to_owned(),
            host_name: None,
        };
        if made {
            Ok(node)
        } else {
            Err(Error::new(format!("no host is called {name}")))
        }
    }

    /// Plugs a host into a segment through an interface of any name, up and addressed.
    pub fn plug(
        &mut self,
        node: &Node,
        segment: &Segment,
        interface: &str,
        families: Families,
    ) -> Result<Port> {
        let cable = self.wire(node, segment, interface)?;
        node.dress(segment, interface, families, self.ports, cable)
    }

    /// Plugs a host in as [`Self::plug`] does, with a hardware address that another interface of the
    /// host may have too, as the VLANs of one cable do.
    pub fn plug_as(
        &mut self,
        node: &Node,
        segment: &Segment,
        interface: &str,
        families: Families,
        mac: Mac,
    ) -> Result<Port> {
        let cable = self.wire(node, segment, interface)?;
        let bytes = mac.map(|byte| format!("{byte:02x}"));
        node.ip(&["link", "set", interface, "address", &bytes.join(":")])?;
        node.dress(segment, interface, families, self.ports, cable)
    }

    /// Lays a cable between a host and a segment. Returns the name of its end in the segment.
    fn wire(&mut self, node: &Node, segment: &Segment, interface: &str) -> Result<String> {
        self.ports += 1;
        let cable = format!("cable{}", self.ports);
        let peer = [
            "type", "veth", "peer", "name", interface, "netns", &node.name,
        ];
        ip(&[&["link", "add", &cable][..], &peer].concat())?;
        ip(&["link", "set", &cable, "master", &segment.name, "up"])?;
        Ok(cable)
    }
}

impl Node {
    /// Returns the host's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the same host, whose programs see the system's name as `host_name`.
    pub fn called(self, host_name: &str) -> Self {
        let host_name = Some(host_name.to_owned());
        Self { host_name, ..self }
    }

    /// Returns a folder of the host's own, on the laboratory's tmpfs.
    pub fn folder(&self) -> Result<PathBuf> {
        let folder = Path::new(FOLDER).join(&self.name);
        fs::create_dir_all(&folder).context(folder.display())?;
        Ok(folder)
    }

    /// Returns a command that will run `program` in this host.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]);
        if let Some(host_name) = &self.host_name {
            let script = "echo \"$1\" > /proc/sys/kernel/hostname && shift && exec \"$@\"";
            command.args(["unshare", "--uts", "sh", "-c", script, "sh", host_name]);
        }
        command.arg(program);
        command
    }

    /// Runs a program in this host to its end.
    pub fn run(&self, program: &str, arguments: &[&str], limit: Duration) -> Result<Finished> {
        let mut command = self.command(program);
        command.args(arguments);
        Running::start(command)?.finish(limit)
    }

    /// Takes the host and its interfaces away; programs in it must have ended.
    pub fn remove(self) -> Result<()> {
        ip(&["netns", "delete", &self.name])
    }

    /// Runs `ip` in this host, for what [`Lab`] has no method for.
    pub fn ip(&self, arguments: &[&str]) -> Result<()> {
        ip(&[&["-n", &self.name][..], arguments].concat())
    }

    /// Sets a kernel setting of this host, by its path below `/proc/sys`.
    pub fn write_sysctl(&self, path: &str, value: &str) -> Result<()> {
        let (path, value) = (format!("/proc/sys/{path}"), value.to_owned());
        self.enter(move || fs::write(&path, value).context(path))?
    }

    /// Runs `work` on a separate thread whose network is this host's.
    ///
    /// Sockets opened there stay in the host wherever they are used afterwards.
    pub fn enter<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let path = format!("/run/netns/{}", self.name);
        let namespace = fs::File::open(&path).context(path)?;
        let thread = std::thread::spawn(move || -> Result<T> {
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).context("setns")?;
            Ok(work())
        });
        thread
            .join()
            .map_err(|_| Error::new("the work inside the host panicked"))?
    }

    /// Returns an interface its addresses, brings it up and describes it.
    fn dress(
        &self,
        segment: &Segment,
        interface: &str,
        families: Families,
        port: u32,
        cable: String,
    ) -> Result<Port> {
        let [_, _, high, low] = port.to_be_bytes();
        let ipv4 = Ipv4Addr::new(10, segment.number, high, low);
        let network = u16::from(segment.number);
        let ipv6 = Ipv6Addr::new(0xfd00, 0, 0, network, 0, 0, 0, port as u16);
        let routable = matches!(families, Families::Both | Families::V6Only);
        let setting = |name: &str| format!("net/ipv6/conf/{interface}/{name}");
        self.write_sysctl(&setting("accept_dad"), "0")?;
        if families == Families::V4Only {
            self.write_sysctl(&setting("disable_ipv6"), "1")?;
        }
        self.ip(&["link", "set", interface, "up"])?;
        if families != Families::V6Only {
            self.ip(&["addr", "add", &format!("{ipv4}/16"), "dev", interface])?;
        }
        if routable {
            let ipv6 = format!("{ipv6}/64");
            self.ip(&["addr", "add", &ipv6, "dev", interface, "nodad"])?;
        }
        let (index, mac, link_local) = self.describe(interface)?;
        Ok(Port {
            interface: interface.to_owned(),
            index,
            mac,
            ipv4: (families != Families::V6Only).then_some(ipv4),
            ipv6: routable.then_some(ipv6),
            link_local,
            cable,
        })
    }

    /// Returns an interface's index, hardware address and link-local address.
    fn describe(&self, interface: &str) -> Result<(u32, Mac, Option<Ipv6Addr>)> {
        let arguments = ["-j", "address", "show", "dev", interface];
        let shown = self
            .run("ip", &arguments, IP_LIMIT)?
            .success()?
            .stdout_text();
        let links: serde_json::Value = serde_json::from_str(&shown).context(&shown)?;
        let link = &links[0];
        let index = link["ifindex"]
            .as_u64()
            .and_then(|index| u32::try_from(index).ok());
        let addresses = link["addr_info"].as_array().into_iter().flatten();
        let link_local = addresses
            .filter_map(|address| address["local"].as_str()?.parse::<Ipv6Addr>().ok())
            .find(Ipv6Addr::is_unicast_link_local);
        let mac = link["address"].as_str().and_then(mac_of);
        Ok((
            index.ok_or_else(|| Error::new(format!("no index in {shown}")))?,
            mac.ok_or_else(|| Error::new(format!("no hardware address in {shown}")))?,
            link_local,
        ))
    }
}

impl Port {
    /// Returns the addresses that another host on `interface` gets from a responder that leaves out
    /// link-local addresses where there are better ones.
    pub fn addresses_on(&self, interface: &str) -> BTreeSet<String> {
        let v4 = self.ipv4.map(|address| address.to_string());
        let link_local = self
            .link_local
            .map(|address| format!("{address}%{interface}"));
        let v6 = self.ipv6.map(|address| address.to_string()).or(link_local);
        [v4, v6].into_iter().flatten().collect()
    }

    /// Every address it has, without scopes.
    pub fn addresses(&self) -> BTreeSet<String> {
        let v4 = self.ipv4.map(|address| address.to_string());
        let v6 = [self.ipv6, self.link_local].map(|address| Some(address?.to_string()));
        [v4].into_iter().chain(v6).flatten().collect()
    }

    /// Pulls the cable out, so that the host's interface loses its carrier.
    pub fn unplug(&self) -> Result<()> {
        ip(&["link", "set", &self.cable, "down"])
    }

    /// Lets the switch forget that the host is a member of any group: it no longer gets multicasts.
    pub fn forget_groups(&self) -> Result<()> {
        self.flood_multicasts("off")
    }

    /// Lets the switch send all multicasts to the host again.
    pub fn remember_groups(&self) -> Result<()> {
        self.flood_multicasts("on")
    }

    fn flood_multicasts(&self, state: &str) -> Result<()> {
        let arguments = ["link", "set", "dev", &self.cable, "mcast_flood", state];
        run(Command::new("bridge").args(arguments))
    }

    /// Puts the cable back in.
    pub fn replug(&self) -> Result<()> {
        ip(&["link", "set", &self.cable, "up"])
    }
}

/// Reads `02:00:00:00:00:01`.
fn mac_of(text: &str) -> Option<Mac> {
    let bytes = text
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok());
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}

fn ip(arguments: &[&str]) -> Result<()> {
    run(Command::new("ip").args(arguments))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().context(format!("{command:?}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::new(format!("{command:?}: {said}")))
}
