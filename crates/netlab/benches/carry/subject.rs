//! The measured subjects.
//!
//! In:  a host on the link, and what to do there.
//! Out: an [`Agent`] that does it until it is dropped.

use std::collections::BTreeSet;
use std::time::Duration;

use netlab::avahi::{self, Avahi, Service, Settings};
use netlab::bench::{self, SUBJECT, say};
use netlab::clock::monotonic;
use netlab::cooee;
use netlab::error::{Context, Error, Result};
use netlab::foreign::{Foreign, Offer, Package};
use netlab::process::Memory;
use netlab::program::{Line, Running};
use netlab::{Node, Port};

mod cooee_peer;
mod mdns_sd_peer;

/// The type that is browsed and registered.
pub(crate) const SERVICE_TYPE: &str = "_bench._tcp";

/// A program that browses or registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The library `cooee`.
    Cooee,
    /// The program `cooee`, told what to do by the commands of `cooee pipe`.
    CooeePipe,
    /// The crate `mdns-sd`.
    MdnsSd,
    /// `zeroconf` for Python.
    Zeroconf,
    /// `avahi-daemon` with `avahi-browse`, or with the services in its configuration.
    Avahi,
}

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// It browses for instance names alone.
    Names,
    /// It browses and resolves every instance.
    Services,
    /// It registers services.
    Register,
}

/// A running subject; dropping it kills it.
pub(crate) struct Agent {
    /// When it was told what to do, on the machine's monotonic clock.
    pub(crate) since: Duration,
    held: Held,
}

enum Held {
    Program(Running),
    Foreign(Box<Foreign>),
    Avahi {
        daemon: Box<Avahi>,
        /// None where it registers.
        browse: Option<Box<Running>>,
    },
}

impl Subject {
    pub(crate) const ALL: [Self; 5] = [
        Self::Cooee,
        Self::CooeePipe,
        Self::MdnsSd,
        Self::Zeroconf,
        Self::Avahi,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cooee => "cooee",
            Self::CooeePipe => "cooee-pipe",
            Self::MdnsSd => "mdns-sd",
            Self::Zeroconf => "zeroconf",
            Self::Avahi => "avahi",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        bench::named(&Self::ALL, Self::name, "subject", name)
    }

    /// Builds what it needs, before the namespaces are entered.
    pub(crate) fn prepare(self) -> Result<()> {
        match self {
            Self::CooeePipe => cooee::build().map(drop),
            Self::Cooee | Self::MdnsSd | Self::Zeroconf | Self::Avahi => Ok(()),
        }
    }

    /// Returns why it cannot be measured; `None` if it can.
    pub(crate) fn missing(self, task: Task) -> Option<String> {
        match self {
            Self::MdnsSd if task == Task::Names => Some("it resolves all that it finds".to_owned()),
            Self::Cooee | Self::CooeePipe | Self::MdnsSd => None,
            Self::Zeroconf => Package::Zeroconf.missing(),
            Self::Avahi => avahi::missing(),
        }
    }

    /// Makes it begin in `node`, which has `port`. `services` is how many it registers.
    pub(crate) fn begin(
        self,
        task: Task,
        node: &Node,
        port: &Port,
        services: u32,
    ) -> Result<Agent> {
        let (since, held) = match self {
            Self::Cooee | Self::MdnsSd => {
                let mut command = node.command(std::env::current_exe()?);
                command.args([SUBJECT, self.name(), task.name(), &services.to_string()]);
                (monotonic(), Held::Program(Running::start(command)?))
            }
            Self::CooeePipe => {
                let pipe = cooee::start_pipe(node)?;
                let since = monotonic();
                tell_pipe(&pipe, task, services)?;
                (since, Held::Program(pipe))
            }
            Self::Zeroconf => {
                let peer = Foreign::start(Package::Zeroconf, node, port)?;
                let since = monotonic();
                tell_zeroconf(&peer, task, services)?;
                (since, Held::Foreign(Box::new(peer)))
            }
            Self::Avahi => begin_avahi(node, task, services)?,
        };
        Ok(Agent { since, held })
    }
}

impl Task {
    pub(crate) const ALL: [Self; 3] = [Self::Names, Self::Services, Self::Register];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Names => "names",
            Self::Services => "services",
            Self::Register => "register",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        bench::named(&Self::ALL, Self::name, "task", name)
    }
}

impl Agent {
    /// The memory of the process that keeps the records.
    pub(crate) fn memory(&self) -> Result<Memory> {
        Memory::of(match &self.held {
            Held::Program(running) => running.pid(),
            Held::Foreign(peer) => peer.running().pid(),
            Held::Avahi { daemon, .. } => daemon.pid(),
        })
    }

    /// Returns how many instances it has reported.
    pub(crate) fn found(&self, task: Task) -> usize {
        let lines = match &self.held {
            Held::Program(running) => running.stdout(),
            Held::Foreign(peer) => peer.running().stdout(),
            Held::Avahi { browse, .. } => browse.as_ref().map(|it| it.stdout()).unwrap_or_default(),
        };
        let found: BTreeSet<&str> = lines
            .iter()
            .filter_map(|line| instance_in(line, task))
            .collect();
        found.len()
    }
}

/// Returns the instance that a line reports, in any of the forms that the subjects use.
fn instance_in(line: &Line, task: Task) -> Option<&str> {
    let (event, sign) = match task {
        Task::Names => ("\"found\"", "+;"),
        Task::Services | Task::Register => ("\"resolved\"", "=;"),
    };
    if let Some(name) = line.text.strip_prefix(FOUND) {
        return Some(name);
    }
    if line.text.starts_with(sign) {
        return line.text.split(';').nth(3);
    }
    let rest = line.text.split("\"instance\":").nth(1)?;
    let name = rest.trim_start().split('"').nth(1);
    name.filter(|_| line.text.contains(event))
}

fn tell_pipe(pipe: &Running, task: Task, services: u32) -> Result<()> {
    match task {
        Task::Names => pipe.tell(&format!("browse {SERVICE_TYPE}")),
        Task::Services => pipe.tell(&format!("browse {SERVICE_TYPE} --resolve")),
        Task::Register => (0..services).try_for_each(|number| {
            let (instance, txt) = (instance(number), txt());
            pipe.tell(&format!(
                "register '{instance}' {SERVICE_TYPE} {PORT} --txt {txt} --host {HOST}"
            ))
        }),
    }
}

fn tell_zeroconf(peer: &Foreign, task: Task, services: u32) -> Result<()> {
    match task {
        Task::Names => peer.browse_names(SERVICE_TYPE),
        Task::Services => peer.browse(SERVICE_TYPE),
        Task::Register => (0..services).try_for_each(|number| {
            peer.register(&Offer {
                instance: &instance(number),
                service_type: SERVICE_TYPE,
                port: PORT,
                txt: &[txt()],
            })
        }),
    }
}

fn begin_avahi(node: &Node, task: Task, services: u32) -> Result<(Duration, Held)> {
    let service = |number| Service {
        instance: instance(number),
        service_type: SERVICE_TYPE.to_owned(),
        port: PORT,
        txt: vec![txt()],
    };
    let services = match task {
        Task::Names | Task::Services => 0,
        Task::Register => services,
    };
    let settings = Settings {
        host_name: HOST.to_owned(),
        interfaces: vec!["eth0".to_owned()],
        services: (0..services).map(service).collect(),
    };
    let daemon = Box::new(Avahi::launch(node, &settings)?);
    // Its own name is announced by then.
    if task != Task::Register {
        std::thread::sleep(AVAHI_START);
    }
    let since = monotonic();
    let browse = match task {
        Task::Names => Some(Box::new(daemon.follow(SERVICE_TYPE)?)),
        Task::Services => Some(Box::new(daemon.follow_resolved(SERVICE_TYPE)?)),
        Task::Register => None,
    };
    Ok((since, Held::Avahi { daemon, browse }))
}

/// The process that is one subject: `NAME TASK SERVICES`. It lives until it is killed, or for
/// [`LIFE`].
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let [name, task, services] = arguments else {
        return Err(Error::new("--subject what?"));
    };
    let (task, services) = (Task::named(task)?, services.parse().context(services)?);
    match Subject::named(name)? {
        Subject::Cooee => cooee_peer::run(task, services),
        Subject::MdnsSd => mdns_sd_peer::run(task, services),
        Subject::CooeePipe | Subject::Zeroconf | Subject::Avahi => {
            Err(Error::new("a program of its own"))
        }
    }
}

/// Returns the name of a registered instance: without capitals, because `mdns-sd` announces others
/// only once.
fn instance(number: u32) -> String {
    format!("bench instance {number:05}")
}

/// Returns the one attribute of each service: 200 bytes with its length.
fn txt() -> String {
    format!("{TXT_KEY}={}", txt_value())
}

fn txt_value() -> String {
    "x".repeat(199 - TXT_KEY.len() - 1)
}

fn tell_found(instance: &str) {
    say(&format!("{FOUND}{instance}"));
}

/// What a line with an instance begins with.
const FOUND: &str = "+ ";

const HOST: &str = "speaker";
const PORT: u16 = 8080;
const TXT_KEY: &str = "filler";

/// How long Avahi needs to announce its own name.
const AVAHI_START: Duration = Duration::from_secs(3);

/// Longer than any measurement; a process that was left behind ends by itself.
const LIFE: Duration = Duration::from_secs(7200);
