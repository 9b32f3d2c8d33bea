//! The measured reflectors.
//!
//! In:  a host with an interface on each link.
//! Out: a [`Router`] that reflects between them until it is dropped.

use std::path::Path;

use netlab::avahi::{self, Settings};
use netlab::cooeed::{self, Cooeed};
use netlab::error::{Error, Result};
use netlab::program::Running;
use netlab::served::{Daemon, Served};
use netlab::{Node, cooee};

/// The interface on the link of the services.
pub(crate) const DEVICES: &str = "devices0";

/// The interface on the link of the browser.
pub(crate) const OFFICE: &str = "office0";

/// The type that the played hosts offer.
pub(crate) const SERVICE_TYPE: &str = "_bench._tcp";

/// A program that reflects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `cooeed` with one `[[reflect]]` table.
    Cooeed,
    /// `avahi-daemon` with `enable-reflector=yes`.
    Avahi,
    /// `mdns-repeater`.
    Repeater,
}

/// A running reflector; dropping it kills it.
pub(crate) enum Router {
    Cooeed(Box<Cooeed>),
    Avahi(Box<Served>),
    Repeater(Box<Running>),
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Cooeed, Self::Avahi, Self::Repeater];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cooeed => "cooeed",
            Self::Avahi => "avahi",
            Self::Repeater => "mdns-repeater",
        }
    }

    /// Builds what it needs, before the namespaces are entered.
    pub(crate) fn prepare(self) -> Result<()> {
        cooee::build()?;
        match self {
            Self::Cooeed => cooeed::build(),
            Self::Avahi | Self::Repeater => Ok(()),
        }
    }

    /// Returns why it cannot be measured; `None` if it can.
    pub(crate) fn missing(self) -> Option<String> {
        match self {
            Self::Cooeed => None,
            Self::Avahi => avahi::missing(),
            Self::Repeater => {
                let is_there = |folder: &str| Path::new(folder).join(REPEATER).exists();
                let found = FOLDERS.into_iter().any(is_there);
                (!found).then(|| format!("{REPEATER} is not installed"))
            }
        }
    }

    /// Starts it in `node`.
    pub(crate) fn start(self, node: &Node) -> Result<Router> {
        Ok(match self {
            Self::Cooeed => {
                let rule = format!(
                    "[[reflect]]\nfrom = \"{DEVICES}\"\nto = \"{OFFICE}\"\n\
                     allow = [\"{SERVICE_TYPE}\"]\n"
                );
                let interfaces = format!("{DEVICES},{OFFICE}");
                let daemon = Cooeed::start_with(node, "router", &interfaces, &rule)?;
                Router::Cooeed(Box::new(daemon))
            }
            Self::Avahi => {
                let settings = Settings {
                    host_name: "router".to_owned(),
                    interfaces: vec![DEVICES.to_owned(), OFFICE.to_owned()],
                    services: Vec::new(),
                };
                let change = ("[publish]", "[reflector]\nenable-reflector=yes\n[publish]");
                let served = Served::start_with(node, Daemon::Avahi, &settings, &[change])?;
                Router::Avahi(Box::new(served))
            }
            Self::Repeater => {
                let mut command = node.command(REPEATER);
                command.args(["-f", DEVICES, OFFICE]);
                Router::Repeater(Box::new(Running::start(command)?))
            }
        })
    }
}

impl Router {
    /// Returns the process that reflects.
    pub(crate) fn pid(&self) -> Result<u32> {
        match self {
            Self::Cooeed(daemon) => Ok(daemon.pid()),
            Self::Avahi(served) => served.pid(),
            Self::Repeater(running) => Ok(running.pid()),
        }
    }

    /// Fails with its last words if it has ended.
    pub(crate) fn check(&self) -> Result<()> {
        let path = format!("/proc/{}/exe", self.pid()?);
        if std::fs::read_link(&path).is_ok() {
            return Ok(());
        }
        let said = match self {
            Self::Repeater(running) => running.stderr(),
            Self::Avahi(served) => served.log(),
            Self::Cooeed(_) => Vec::new(),
        };
        let last = said.last().map(|line| line.text.clone());
        Err(Error::new(format!("the router has ended: {last:?}")))
    }
}

const REPEATER: &str = "mdns-repeater";

const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
