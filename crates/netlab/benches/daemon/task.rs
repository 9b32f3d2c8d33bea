//! What a daemon does while it is measured.
//!
//! In:  a daemon on its bus, hosts on the link.
//! Out: clients that do it; when they were done.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use netlab::error::{Context, Error, Result};
use netlab::foreign::python;
use netlab::program::Running;
use netlab::served::Served;

/// What a daemon does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Nothing, on a quiet link.
    Idle,
    /// It publishes services, each in a group of its own.
    Publish,
    /// It finds the services of as many hosts.
    Find,
    /// It finds and resolves them.
    Resolve,
    /// It finds them for many clients at once.
    Clients,
    /// It is attacked.
    Hostile,
}

impl Task {
    pub(crate) const ALL: &[Self] = &[
        Self::Idle,
        Self::Publish,
        Self::Find,
        Self::Resolve,
        Self::Clients,
        Self::Hostile,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Publish => "publish",
            Self::Find => "find",
            Self::Resolve => "resolve",
            Self::Clients => "clients",
            Self::Hostile => "hostile",
        }
    }

    /// Whether hosts with a service each are on the link.
    pub(crate) fn needs_hosts(self) -> bool {
        matches!(self, Self::Find | Self::Resolve | Self::Clients)
    }

    /// What the clients are told, if there are any.
    fn words(self, services: u32, clients: u32) -> Option<Vec<String>> {
        let (word, clients) = match self {
            Self::Publish => ("publish", 1),
            Self::Find => ("browse", 1),
            Self::Resolve => ("resolve", 1),
            Self::Clients => ("browse", clients),
            Self::Idle | Self::Hostile => return None,
        };
        Some([word.to_owned(), services.to_string(), clients.to_string()].into())
    }
}

/// Clients on the bus; dropping it ends them.
pub(crate) struct Load(Running);

impl Load {
    /// Starts the clients of a task, if it has any, and waits until they are on the bus.
    pub(crate) fn start(
        served: &Served,
        task: Task,
        services: u32,
        clients: u32,
    ) -> Result<Option<Self>> {
        let Some(words) = task.words(services, clients) else {
            return Ok(None);
        };
        let script = served.bus().folder().join("avahi_load.py");
        write(&script)?;
        let mut command = served.command(python());
        command.arg(&script).args(words);
        let running = Running::start_listening(command)?;
        running.wait_stdout(READY_LIMIT, |line| line == "ready")?;
        Ok(Some(Self(running)))
    }

    /// Lets the clients begin. Returns how long they took, or how far they got.
    pub(crate) fn run(&self, limit: Duration) -> Result<std::result::Result<f64, String>> {
        self.0.tell("begin")?;
        let done = self.0.wait_stdout(limit, |line| line.starts_with("done "));
        match done {
            Ok(line) => {
                let seconds = line.text.split(' ').nth(1).unwrap_or_default();
                Ok(Ok(seconds.parse().context(seconds)?))
            }
            Err(error) => {
                let lines = self.0.stdout();
                let last = lines
                    .iter()
                    .rev()
                    .find(|line| line.text.starts_with("so far"));
                let last = last.ok_or_else(|| Error::new(format!("no client: {error}")))?;
                Ok(Err(last.text.clone()))
            }
        }
    }
}

fn write(script: &PathBuf) -> Result<()> {
    fs::write(script, include_str!("../../peers/avahi_load.py")).context(script.display())
}

/// How long the clients may take to be on the bus.
const READY_LIMIT: Duration = Duration::from_secs(20);
