//! The same surroundings for either daemon: a link with three other hosts.
//!
//! In:  which daemon.
//! Out: a host with that daemon, hosts whose Avahi publishes fixed services, and a name for every
//!      address.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use netlab::avahi::{Service, Settings};
use netlab::error::Context;
use netlab::lab::Families;
use netlab::program::Running;
use netlab::served::{Daemon, Served};
use netlab::{Error, Lab, Node, Port, Result, harness};

use super::kde_connect;

/// How long a publisher may take to have its name.
const ESTABLISHED_LIMIT: Duration = Duration::from_secs(20);

/// A link with `here`, whose daemon is tested, and with the hosts that it finds.
pub(crate) struct Surroundings {
    published: Vec<Running>,
    /// The daemon that is tested, on `here.local`.
    pub(crate) here: Served,
    /// Avahi on `peer.local`.
    pub(crate) peer: Served,
    _others: [Served; 2],
    names: Vec<(String, String)>,
}

/// Hosts that are plugged in and have no daemon yet.
pub(crate) struct Plugged {
    hosts: Vec<(Host, Node, Port)>,
}

/// A host of the surroundings, by its name on the link.
#[derive(Clone)]
struct Host {
    name: &'static str,
    families: Families,
    services: Vec<Service>,
}

impl Plugged {
    /// Makes the hosts of a link of their own; every interface is called the same.
    pub(crate) fn new(lab: &mut Lab) -> Result<Self> {
        let segment = lab.segment()?;
        let [_, number, ..] = segment.network().octets();
        let mut hosts = Vec::new();
        for host in all_hosts() {
            let node = lab.node(&format!("{}{number}", host.name))?;
            let port = lab.plug(&node, &segment, "lan1", host.families)?;
            hosts.push((host, node, port));
        }
        Ok(Self { hosts })
    }

    /// Starts all daemons at the same time: `daemon` on the first host, Avahi on the others.
    pub(crate) fn start(self, daemon: Daemon) -> Result<Surroundings> {
        let served: Vec<Result<Served>> = thread::scope(|scope| {
            let hosts = self.hosts.iter().enumerate();
            let start = |(number, (host, node, _)): (usize, &(Host, Node, Port))| {
                let daemon = if number == 0 { daemon } else { Daemon::Avahi };
                let settings = host.settings();
                let node = node.clone();
                scope.spawn(move || Served::start(&node, daemon, &settings))
            };
            let started: Vec<_> = hosts.map(start).collect();
            let joined = started.into_iter().map(|host| {
                host.join()
                    .unwrap_or_else(|_| Err(Error::new("a start panicked")))
            });
            joined.collect()
        });
        let served: Vec<Served> = served.into_iter().collect::<Result<_>>()?;
        let [here, peer, four, six] =
            <[Served; 4]>::try_from(served).map_err(|_| Error::new("not four hosts"))?;
        let of_host = |(host, _, port): &(Host, Node, Port)| names_of(host.name, port);
        let mut names: Vec<_> = self.hosts.iter().flat_map(of_host).collect();
        // The longest first, as one address can begin with another.
        names.sort_by_key(|(address, _)| std::cmp::Reverse(address.len()));
        let mut surroundings = Surroundings {
            published: Vec::new(),
            here,
            peer,
            _others: [four, six],
            names,
        };
        surroundings.write_at_peer()?;
        surroundings.publish_subtype()?;
        Ok(surroundings)
    }
}

impl Host {
    fn settings(&self) -> Settings {
        Settings {
            host_name: self.name.to_owned(),
            interfaces: vec!["lan1".to_owned()],
            services: self.services.clone(),
        }
    }
}

impl Surroundings {
    /// Returns a command for `here`; `$AT_PEER` before a command runs that one at `peer`.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.here.command(program);
        command.env("AT_PEER", format!("sh {}", self.at_peer().display()));
        command.env("KDE_CONNECT", harness::role_words(kde_connect::ROLE));
        command
    }

    fn at_peer(&self) -> PathBuf {
        self.here.bus().folder().join("at-peer")
    }

    /// Writes the script that runs its arguments as a command at `peer`.
    fn write_at_peer(&self) -> Result<()> {
        let command = self.peer.command("env");
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let words: Vec<String> = words.map(|word| quoted(&word.to_string_lossy())).collect();
        let address = format!("DBUS_SYSTEM_BUS_ADDRESS={}", self.peer.bus().address());
        let script = format!("exec {} {} \"$@\"\n", words.join(" "), quoted(&address));
        fs::write(self.at_peer(), script).context("at-peer")
    }

    /// Puts a name in place of each address.
    pub(crate) fn named(&self, text: &str) -> String {
        let replaced =
            |text: String, (address, name): &(String, String)| text.replace(address, name);
        self.names.iter().fold(text.to_owned(), replaced)
    }

    /// Lets `peer` publish a printer under a subtype, as the drivers of Apple look for it.
    fn publish_subtype(&mut self) -> Result<()> {
        let mut command = self.peer.command("avahi-publish");
        command.args(["--subtype=_universal._sub._ipp._tcp", "-s", PRINTER]);
        command.args(["_ipp._tcp", "631"]).args(PRINTER_TXT);
        let publisher = Running::start(command)?;
        publisher.wait_stderr(ESTABLISHED_LIMIT, |line| line.starts_with("Established"))?;
        self.published.push(publisher);
        Ok(())
    }
}

/// The instance name of the printer.
const PRINTER: &str = "Front Desk (2nd floor)";

/// Its TXT strings: with a value, with an empty value, with none, and with an equals sign.
const PRINTER_TXT: [&str; 5] = [
    "txtvers=1",
    "rp=ipp/print",
    "note=",
    "Transparent",
    "pdl=application/pdf,image/urf;q=1",
];

/// The hosts, with the tested one first.
fn all_hosts() -> [Host; 4] {
    let host = |name, families, services| Host {
        name,
        families,
        services,
    };
    let sink = [
        "device=alsa_out",
        "rate=48000",
        "format=s16le",
        "channels=2",
    ];
    let raop = [
        "txtvers=1",
        "ch=2",
        "cn=0,1",
        "et=0,1",
        "sr=44100",
        "ss=16",
        "tp=UDP,TCP",
    ];
    let of_peer = vec![
        service("Web", "_http._tcp", 80, &["path=/"]),
        service(
            "Café \"au lait\"; 1.5 €",
            "_http._tcp",
            8080,
            &["a=b c", "d"],
        ),
        service("Bare", "_http._udp", 1, &[]),
        service("x@Speaker", "_pulse-sink._tcp", 4713, &sink),
        service("001122334455@Hall", "_raop._tcp", 5000, &raop),
        service(
            "Desk",
            "_kdeconnect._udp",
            1716,
            &["id=Desk", "type=desktop"],
        ),
    ];
    let of_four = vec![service("Four", "_ssh._tcp", 22, &[])];
    let of_six = vec![service("Six", "_ssh._tcp", 22, &["only=6"])];
    [
        host("here", Families::Both, Vec::new()),
        host("peer", Families::Both, of_peer),
        host("four", Families::V4Only, of_four),
        host("six", Families::V6Only, of_six),
    ]
}

fn service(instance: &str, service_type: &str, port: u16, txt: &[&str]) -> Service {
    Service {
        instance: instance.to_owned(),
        service_type: service_type.to_owned(),
        port,
        txt: txt.iter().map(|string| (*string).to_owned()).collect(),
    }
}

fn names_of(host_name: &str, port: &Port) -> Vec<(String, String)> {
    let v4 = port.ipv4.map(|address| (address.to_string(), "4"));
    let v6 = port.ipv6.map(|address| (address.to_string(), "6"));
    let link_local = port.link_local.map(|address| (address.to_string(), "LL"));
    let known = [v4, v6, link_local].into_iter().flatten();
    known
        .map(|(address, kind)| (address, format!("<{host_name} {kind}>")))
        .collect()
}

/// Returns a word as a shell reads it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}
