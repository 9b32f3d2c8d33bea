//! The subjects of the attack.
//!
//! In:  a host on the link.
//! Out: a [`Victim`] that holds services and browses for their type until it is dropped.

use std::collections::BTreeSet;
use std::time::Duration;

use cooee_wire::Name;
use netlab::asker::Wanted;
use netlab::avahi::{self, Avahi, Service, Settings};
use netlab::bench::{self, SUBJECT, say};
use netlab::error::{Context, Error, Result};
use netlab::program::{Line, Running};
use netlab::{Node, avahi_browse, cooee};

mod cooee_peer;
mod mdns_sd_peer;

/// The type of all services.
pub(crate) const SERVICE_TYPE: &str = "_bench._tcp";

/// How many services of the honest host must be shown.
pub(crate) const HONEST: usize = 3;

/// What the names of the honest host's services begin with.
const HONEST_PREFIX: &str = "Honest ";

/// How many services the victim holds.
const OWN: u16 = 10;

/// The ports of the services count up from here.
const PORT: u16 = 8000;

/// The one attribute of each.
const TXT: &str = "path=/";

/// The name of the process that plays the honest host.
const HONEST_HOST: &str = "honest";

/// A program that registers and browses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The library `cooee`.
    Cooee,
    /// The program `cooee pipe`.
    CooeeProgram,
    /// The crate `mdns-sd`.
    MdnsSd,
    /// `avahi-daemon`, and `avahi-browse`, whose cost is not counted.
    Avahi,
}

/// A running subject.
pub(crate) struct Victim(Held);

enum Held {
    /// Prints `+ NAME` and `- NAME`.
    Program(Running),
    /// Prints JSON.
    Pipe(Running),
    Avahi {
        daemon: Box<Avahi>,
        browse: Box<Running>,
    },
}

impl Subject {
    pub(crate) const ALL: [Self; 4] = [Self::Cooee, Self::CooeeProgram, Self::MdnsSd, Self::Avahi];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cooee => "cooee",
            Self::CooeeProgram => "cooee-cli",
            Self::MdnsSd => "mdns-sd",
            Self::Avahi => "avahi",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        bench::named(&Self::ALL, Self::name, "subject", name)
    }

    /// Builds what it needs, before the namespaces are entered.
    pub(crate) fn prepare(self) -> Result<()> {
        match self {
            Self::CooeeProgram => cooee::build().map(drop),
            Self::Cooee | Self::MdnsSd | Self::Avahi => Ok(()),
        }
    }

    /// Returns why it cannot be measured here; `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Cooee | Self::CooeeProgram | Self::MdnsSd => None,
            Self::Avahi => avahi::missing(),
        }
    }

    /// Makes it register and browse in `node`.
    pub(crate) fn start(self, node: &Node) -> Result<Victim> {
        let held = match self {
            Self::Cooee | Self::MdnsSd => Held::Program(role(node, self.name())?),
            Self::CooeeProgram => {
                let pipe = cooee::start_pipe(node)?;
                for (number, instance) in (0..).zip(instances()) {
                    let port = PORT + number;
                    pipe.tell(&format!(
                        "register '{instance}' {SERVICE_TYPE} {port} --txt {TXT} --host victim"
                    ))?;
                }
                pipe.tell(&format!("browse {SERVICE_TYPE} --resolve"))?;
                Held::Pipe(pipe)
            }
            Self::Avahi => {
                let service = |(number, instance)| Service {
                    instance,
                    service_type: SERVICE_TYPE.to_owned(),
                    port: PORT + number,
                    txt: vec![TXT.to_owned()],
                };
                let settings = Settings {
                    host_name: "victim".to_owned(),
                    interfaces: vec!["eth0".to_owned()],
                    services: (0..).zip(instances()).map(service).collect(),
                };
                let daemon = Avahi::start(node, &settings)?;
                let browse = Box::new(daemon.follow(SERVICE_TYPE)?);
                let daemon = Box::new(daemon);
                Held::Avahi { daemon, browse }
            }
        };
        Ok(Victim(held))
    }
}

impl Victim {
    /// The process whose cost is counted.
    pub(crate) fn pid(&self) -> u32 {
        match &self.0 {
            Held::Program(running) | Held::Pipe(running) => running.pid(),
            Held::Avahi { daemon, .. } => daemon.pid(),
        }
    }

    /// Returns how many services of the honest host it shows.
    pub(crate) fn shown(&self) -> usize {
        match &self.0 {
            Held::Program(running) => {
                let mut there = BTreeSet::new();
                for line in running.stdout() {
                    match line.text.split_at_checked(2) {
                        Some(("+ ", name)) => drop(there.insert(name.to_owned())),
                        Some(("- ", name)) => drop(there.remove(name)),
                        Some(_) | None => {}
                    }
                }
                there.len()
            }
            Held::Pipe(running) => {
                let events = cooee::objects(&honest_lines(running));
                events
                    .and_then(|events| cooee::services(&events))
                    .map_or(0, |services| services.len())
            }
            Held::Avahi { browse, .. } => {
                let present = avahi_browse::present(&browse.stdout());
                let honest = |name: &&String| name.starts_with(HONEST_PREFIX);
                present.iter().filter(honest).count()
            }
        }
    }

    /// Returns how often one of them was gone.
    pub(crate) fn lost(&self) -> usize {
        let gone = |line: &&Line| match &self.0 {
            Held::Program(_) => line.text.starts_with("- "),
            Held::Pipe(_) => line.text.contains("\"lost\""),
            Held::Avahi { .. } => {
                line.text.starts_with('-') && line.text.contains(HONEST_PREFIX.trim())
            }
        };
        let lines = match &self.0 {
            Held::Program(running) => running.stdout(),
            Held::Pipe(running) => honest_lines(running),
            Held::Avahi { browse, .. } => browse.stdout(),
        };
        lines.iter().filter(gone).count()
    }
}

/// Starts the host whose services must be shown.
pub(crate) fn honest(node: &Node) -> Result<Running> {
    role(node, HONEST_HOST)
}

/// Returns the names of the victim's services.
pub(crate) fn instances() -> Vec<String> {
    (0..OWN).map(|number| format!("Own {number}")).collect()
}

/// Returns the victim's services, to be asked for.
pub(crate) fn wanted() -> Result<Vec<Wanted>> {
    let service: Name = format!("{SERVICE_TYPE}.local").parse().context("name")?;
    let wanted = |(number, instance): (u16, String)| {
        let name = service.prepend(instance.as_bytes()).context("name")?;
        let port = PORT + number;
        Ok(Wanted { name, port })
    };
    (0..).zip(instances()).map(wanted).collect()
}

/// Runs the process that plays a part: `NAME`. It lives until it is killed, or for [`LIFE`].
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let [name] = arguments else {
        return Err(Error::new("--subject what?"));
    };
    if name == HONEST_HOST {
        let names: Vec<String> = (0..HONEST)
            .map(|number| format!("{HONEST_PREFIX}{number}"))
            .collect();
        return cooee_peer::hold(&names, LIFE);
    }
    match Subject::named(name)? {
        Subject::Cooee => cooee_peer::hold_and_browse(&instances(), LIFE),
        Subject::MdnsSd => mdns_sd_peer::hold_and_browse(&instances(), LIFE),
        Subject::CooeeProgram | Subject::Avahi => Err(Error::new("a program of its own")),
    }
}

/// Prints that an instance came or went, if it is one of the honest host.
fn tell(sign: char, instance: &str) {
    if instance.starts_with(HONEST_PREFIX) {
        say(&format!("{sign} {instance}"));
    }
}

fn role(node: &Node, name: &str) -> Result<Running> {
    let mut command = node.command(std::env::current_exe()?);
    command.args([SUBJECT, name]);
    Running::start(command)
}

fn honest_lines(running: &Running) -> Vec<Line> {
    let mut lines = running.stdout();
    lines.retain(|line| line.text.contains(&format!("\"{HONEST_PREFIX}")));
    lines
}

/// Longer than any measurement; a process that was left behind ends by itself.
const LIFE: Duration = Duration::from_secs(400);
