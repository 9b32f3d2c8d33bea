//! A real python-zeroconf in a host: the script `zeroconf/peer.py`.
//!
//! In:  a host, and a Python that has the package `zeroconf` (`COOEE_PYTHON` names it).
//! Out: a running peer that browses and registers; its events read as `cooee pipe` writes them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::cooee::{self, Found};
use crate::error::Result;
use crate::lab::Node;
use crate::program::Running;

/// Names a Python that has the package `zeroconf`.
const PYTHON: &str = "COOEE_PYTHON";

/// The peer, in its own language.
const SCRIPT: &str = include_str!("zeroconf/peer.py");

/// How long it may take to listen, on a busy machine too.
const START_LIMIT: Duration = Duration::from_secs(20);

/// The Python to use: what `COOEE_PYTHON` names, else `python3`.
pub fn python() -> String {
    std::env::var(PYTHON).unwrap_or_else(|_| "python3".to_owned())
}

/// Why python-zeroconf cannot be run on this machine; `None` if it can.
pub fn missing() -> Option<String> {
    let imported = Command::new(python())
        .args(["-c", "import zeroconf.asyncio"])
        .output();
    let there = imported.is_ok_and(|output| output.status.success());
    (!there).then(|| {
        format!(
            "{} has no zeroconf (pip install zeroconf, {PYTHON})",
            python()
        )
    })
}

/// A running python-zeroconf; dropping it kills it, without a goodbye.
#[derive(Debug)]
pub struct Zeroconf(Running);

impl Zeroconf {
    /// Starts it in `node` and waits until it listens.
    pub fn start(node: &Node) -> Result<Self> {
        let mut command = node.command(python());
        command.args(["-c", SCRIPT]);
        let peer = Running::start_listening(command)?;
        peer.wait_stdout(START_LIMIT, |line| line.contains("\"ready\""))?;
        Ok(Self(peer))
    }

    /// Browses a type, such as `_http._tcp` or `_printer._sub._http._tcp`.
    pub fn browse(&self, service_type: &str) -> Result<()> {
        let command = json!({"do": "browse", "type": service_type});
        self.0.tell(&command.to_string())
    }

    /// Registers an instance on a host; it takes another name if the instance's is taken.
    pub fn register(
        &self,
        (instance, service_type, port): (&str, &str, u16),
        (host, address): (&str, Ipv4Addr),
    ) -> Result<()> {
        let command = json!({
            "do": "register", "instance": instance, "type": service_type, "port": port,
            "host": host, "address": address.to_string(),
        });
        self.0.tell(&command.to_string())
    }

    /// What it has found of a type and not lost, by instance name.
    pub fn services(&self, service_type: &str) -> Result<BTreeMap<String, Found>> {
        let mut events = cooee::objects(&self.0.stdout())?;
        events.retain(|event| event["type"] == service_type);
        cooee::services(&events)
    }

    /// The program, for its output and its end.
    pub fn running(&self) -> &Running {
        &self.0
    }
}
