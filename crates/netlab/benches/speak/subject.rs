//! The measured subjects.
//!
//! In:  a host on the link, and how many services to register.
//! Out: a [`Speaker`] that runs there until it is dropped.

use std::time::Duration;

use netlab::Node;
use netlab::avahi::{self, Avahi, Service, Settings};
use netlab::bench::{self, SUBJECT, cpu_of};
use netlab::clock::monotonic;
use netlab::error::{Context, Error, Result};
use netlab::program::Running;

use crate::query::{SERVICE_TYPE, instance};

mod cooee_peer;
mod echo;
mod mdns_sd_peer;

/// A program that registers services and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A bare loop that sends back each datagram that it receives: the cost of the kernel alone.
    Echo,
    /// The same with up to 64 datagrams per system call.
    EchoBatch,
    /// The library `cooee`.
    Cooee,
    /// The crate `mdns-sd`.
    MdnsSd,
    /// `avahi-daemon` with the services in its configuration.
    Avahi,
}

/// A running subject.
pub(crate) struct Speaker {
    /// When it began to register, on the machine's monotonic clock.
    pub(crate) since: Duration,
    held: Held,
}

enum Held {
    Program(Running),
    Avahi(Avahi),
}

impl Subject {
    pub(crate) const ALL: [Self; 5] = [
        Self::Echo,
        Self::EchoBatch,
        Self::Cooee,
        Self::MdnsSd,
        Self::Avahi,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::EchoBatch => "echo-batch",
            Self::Cooee => "cooee",
            Self::MdnsSd => "mdns-sd",
            Self::Avahi => "avahi",
        }
    }

    pub(crate) fn named(name: &str) -> Result<Self> {
        bench::named(&Self::ALL, Self::name, "subject", name)
    }

    /// Returns whether it is a floor: it registers nothing, and what it sends back is not an
    /// answer.
    pub(crate) fn is_echo(self) -> bool {
        match self {
            Self::Echo | Self::EchoBatch => true,
            Self::Cooee | Self::MdnsSd | Self::Avahi => false,
        }
    }

    /// Returns why it cannot be measured here; `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Echo | Self::EchoBatch | Self::Cooee | Self::MdnsSd => None,
            Self::Avahi => avahi::missing(),
        }
    }

    /// Makes it register this many services in `node`.
    pub(crate) fn speak(self, node: &Node, services: u32) -> Result<Speaker> {
        match self {
            Self::Echo | Self::EchoBatch | Self::Cooee | Self::MdnsSd => {
                let mut command = node.command(std::env::current_exe()?);
                command.args([SUBJECT, self.name(), &services.to_string()]);
                let running = Running::start(command)?;
                let line = running.wait_stdout(START_LIMIT, |line| line.starts_with(SINCE))?;
                let nanos = line.text.trim_start_matches(SINCE).trim();
                Ok(Speaker {
                    since: Duration::from_nanos(nanos.parse().context(nanos)?),
                    held: Held::Program(running),
                })
            }
            Self::Avahi => {
                let service = |number| Service {
                    instance: instance(number),
                    service_type: SERVICE_TYPE.to_owned(),
                    port: PORT,
                    txt: vec![TXT.to_owned()],
                };
                let settings = Settings {
                    host_name: "speaker".to_owned(),
                    interfaces: vec!["eth0".to_owned()],
                    services: (0..services).map(service).collect(),
                };
                let daemon = Avahi::launch(node, &settings)?;
                Ok(Speaker {
                    since: monotonic(),
                    held: Held::Avahi(daemon),
                })
            }
        }
    }
}

impl Speaker {
    /// The processor time it has used so far.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.pid())
    }

    /// Returns its process.
    pub(crate) fn pid(&self) -> u32 {
        match &self.held {
            Held::Program(running) => running.pid(),
            Held::Avahi(daemon) => daemon.pid(),
        }
    }
}

/// The process that is one subject: `NAME SERVICES`. It lives until it is killed, or for
/// [`LIFE`].
pub(crate) fn main(arguments: &[String]) -> Result<()> {
    let [name, services] = arguments else {
        return Err(Error::new("--subject what?"));
    };
    let services = services.parse().context(services)?;
    match Subject::named(name)? {
        Subject::Echo => echo::one_by_one(),
        Subject::EchoBatch => echo::in_batches(),
        Subject::Cooee => cooee_peer::speak(services),
        Subject::MdnsSd => mdns_sd_peer::speak(services),
        Subject::Avahi => Err(Error::new("a program of its own")),
    }
}

/// Prints that it begins.
fn begin() {
    bench::say(&format!("{SINCE} {}", monotonic().as_nanos()));
}

/// Keeps the registrations for as long as any measurement may take.
fn keep<T>(held: T) {
    std::thread::sleep(LIFE);
    drop(held);
}

/// The port of all services.
const PORT: u16 = 8080;

/// Their one attribute.
const TXT: &str = "path=/";

const SINCE: &str = "since";

const START_LIMIT: Duration = Duration::from_secs(10);

/// Longer than any measurement; a process that was left behind ends by itself.
const LIFE: Duration = Duration::from_secs(120);
