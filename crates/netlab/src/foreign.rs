//! Foreign peers in a host: a program of `peers/` around another project's package.
//!
//! In:  a host, and what the peer needs on the machine.
//! Out: a running peer that browses and registers; its events are read in the form of `cooee pipe`.
//!      All of them accept the commands, and report the events, that `peers/zeroconf.py` describes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::wait_until;
use crate::cooee::{self, Found};
use crate::error::{Context, Error, Result};
use crate::lab::{Node, Port};
use crate::program::{Finished, Running};

mod place;

pub use place::python;

/// The package of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// `bonjour-service` of npm.
    BonjourService,
    /// `@homebridge/ciao` of npm, which publishes only.
    Ciao,
    /// JmDNS of Debian.
    Jmdns,
    /// python-zeroconf of PyPI, the version in `peers/requirements.txt`.
    NewestZeroconf,
    /// python-zeroconf of a Python of the machine, usually Debian's.
    Zeroconf,
}

/// What a peer publishes.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The instance's name, which may have to change.
    pub instance: &'a str,
    /// The type, such as `_http._tcp`.
    pub service_type: &'a str,
    /// The port.
    pub port: u16,
    /// The TXT strings, each `key=value`.
    pub txt: &'a [String],
}

/// A running peer; dropping it kills it, without a goodbye.
#[derive(Debug)]
pub struct Foreign {
    running: Running,
    host: String,
    address: Ipv4Addr,
}

/// The peers, each in its own language.
const PYTHON: &str = include_str!("../peers/zeroconf.py");
const JAVA: &str = include_str!("../peers/Jmdns.java");
const BONJOUR_SERVICE: &str = concat!(
    include_str!("../peers/lines.js"),
    include_str!("../peers/bonjour_service.js")
);
const CIAO: &str = concat!(
    include_str!("../peers/lines.js"),
    include_str!("../peers/ciao.js")
);

/// How long it may take until it listens, even on a busy machine: Java compiles its source first.
const START_LIMIT: Duration = Duration::from_secs(30);

impl Package {
    /// Returns why it cannot be run on this machine; `None` if it can.
    pub fn missing(self) -> Option<String> {
        match self {
            Self::BonjourService | Self::Ciao => place::missing_npm(),
            Self::Jmdns => place::missing_java(),
            Self::NewestZeroconf => place::missing_newest_zeroconf(),
            Self::Zeroconf => place::missing_zeroconf(),
        }
    }

    fn command(self, node: &Node, host: &str, address: Ipv4Addr) -> Result<Command> {
        let (name, text) = match self {
            Self::BonjourService => ("bonjour_service.js", BONJOUR_SERVICE),
            Self::Ciao => ("ciao.js", CIAO),
            Self::Jmdns => ("Jmdns.java", JAVA),
            Self::NewestZeroconf | Self::Zeroconf => ("zeroconf.py", PYTHON),
        };
        // Not where the package's own name would lead back to it.
        let script = node.folder()?.join(format!("peer-{name}"));
        std::fs::write(&script, text).context(script.display())?;
        let mut command = match self {
            Self::BonjourService | Self::Ciao => {
                let mut command = node.command("node");
                command.env("NODE_PATH", place::npm()?);
                command
            }
            Self::Zeroconf => node.command(python()),
            Self::NewestZeroconf => node.command(place::newest_python()?),
            Self::Jmdns => {
                let mut command = node.command("java");
                // Starts fast and uses little: it shares the processors with what is measured.
                command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]);
                command.arg(place::JARS.join(":"));
                command
            }
        };
        command.arg(script);
        if self == Self::Jmdns {
            command.args([&address.to_string(), host]);
        }
        Ok(command)
    }
}

impl Foreign {
    /// Starts it in `node`, which has `port`, and waits until it listens.
    ///
    /// What it registers is on a host with the node's name.
    pub fn start(package: Package, node: &Node, port: &Port) -> Result<Self> {
        let host = node.name().to_owned();
        let address = port.ipv4.ok_or_else(|| Error::new("no IPv4 address"))?;
        // Some let the routes decide where a multicast goes; a host usually has a gateway.
        node.ip(&["route", "replace", "default", "dev", &port.interface])?;
        let command = package.command(node, &host, address)?;
        let running = Running::start_listening(command)?;
        running.wait_stdout(START_LIMIT, |line| line.contains("\"ready\""))?;
        Ok(Self {
            running,
            host,
            address,
        })
    }

    /// Browses a type, such as `_http._tcp` or `_printer._sub._http._tcp`.
    pub fn browse(&self, service_type: &str) -> Result<()> {
        self.tell(&json!({"do": "browse", "type": service_type}))
    }

    /// Browses a type and resolves nothing; only `zeroconf` can.
    pub fn browse_names(&self, service_type: &str) -> Result<()> {
        self.tell(&json!({"do": "browse", "type": service_type, "resolve": false}))
    }

    /// Makes it ask once more for everything it browses; `bonjour-service` does so only on request.
    pub fn ask_again(&self) -> Result<()> {
        self.tell(&json!({"do": "ask_again"}))
    }

    /// Registers a service; the result is an event.
    pub fn register(&self, offer: &Offer<'_>) -> Result<()> {
        self.tell(&json!({
            "do": "register", "instance": offer.instance, "type": offer.service_type,
            "port": offer.port, "txt": offer.txt,
            "host": self.host, "address": self.address.to_string(),
        }))
    }

    /// Replaces the TXT record of a service, named as it was when it was registered.
    pub fn update(&self, instance: &str, service_type: &str, txt: &[String]) -> Result<()> {
        self.tell(&json!({
            "do": "update", "instance": instance, "type": service_type, "txt": txt,
        }))
    }

    /// Withdraws a service, named as it was when it was registered.
    pub fn unregister(&self, instance: &str, service_type: &str) -> Result<()> {
        self.tell(&json!({"do": "unregister", "instance": instance, "type": service_type}))
    }

    /// Returns what it has found of a type and not lost, by instance name.
    pub fn services(&self, service_type: &str) -> Result<BTreeMap<String, Found>> {
        let mut events = self.events()?;
        events.retain(|event| event["type"] == service_type);
        let mut services = cooee::services(&events)?;
        for found in services.values_mut() {
            found.addresses = found.addresses.iter().map(|text| short(text)).collect();
        }
        Ok(services)
    }

    /// Waits until it has reported this many services as registered.
    pub fn wait_registered(&self, limit: Duration, count: usize) -> Result<()> {
        let registered = || {
            let events = self.events().unwrap_or_default().into_iter();
            events
                .filter(|event| event["event"] == "registered")
                .count()
        };
        if wait_until(limit, || registered() >= count) {
            return Ok(());
        }
        Err(Error::new(format!(
            "{} of {count} registered: {:?}; {:?}",
            registered(),
            self.running.stdout(),
            self.running.stderr()
        )))
    }

    /// Returns the events so far.
    pub fn events(&self) -> Result<Vec<Value>> {
        cooee::objects(&self.running.stdout())
    }

    /// Ends it properly, with goodbyes for what it published.
    pub fn leave(mut self, limit: Duration) -> Result<Finished> {
        self.running.close_input();
        self.running.finish(limit)
    }

    /// Returns the program, for its output and its end.
    pub fn running(&self) -> &Running {
        &self.running
    }

    fn tell(&self, command: &Value) -> Result<()> {
        self.running.tell(&command.to_string())
    }
}

/// Returns an address in its shortest form, which not everybody uses.
fn short(address: &str) -> String {
    let parsed = address.parse::<IpAddr>();
    parsed.map_or_else(|_| address.to_owned(), |address| address.to_string())
}
