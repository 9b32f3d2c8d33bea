//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};
use netlab::served::Daemon;

use crate::task::Task;

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) daemons: Vec<Daemon>,
    pub(crate) tasks: Vec<Task>,
    /// How many services are published, found and resolved.
    pub(crate) services: u32,
    /// How many clients browse at once.
    pub(crate) clients: u32,
    /// How long a task may take.
    pub(crate) limit: Duration,
    /// How long the daemon is idle, and under attack.
    pub(crate) quiet: Duration,
}

/// The help text.
pub(crate) const HELP: &str = "\
cargo bench -p netlab --bench daemon -- [options]
  --daemons avahi,cooeed         which to measure
  --tasks idle,publish,find,resolve,clients,hostile
                                 what they do
  --services 1000                how many services are published, found and resolved
  --clients 100                  how many clients browse at once
  --limit 120                    seconds that a task may take
  --quiet 20                     seconds idle, and under attack";

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            daemons: DAEMONS.to_vec(),
            tasks: Task::ALL.to_vec(),
            services: 1000,
            clients: 100,
            limit: Duration::from_secs(120),
            quiet: Duration::from_secs(20),
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let seconds = || Ok::<_, Error>(Duration::from_secs(value.parse().context(value)?));
        match name {
            "--daemons" => {
                let named = |one: &str| bench::named(DAEMONS, name_of, "daemon", one);
                self.daemons = list(value, named)?;
            }
            "--tasks" => {
                let named = |one: &str| bench::named(Task::ALL, Task::name, "task", one);
                self.tasks = list(value, named)?;
            }
            "--services" => self.services = value.parse().context(value)?,
            "--clients" => self.clients = value.parse().context(value)?,
            "--limit" => self.limit = seconds()?,
            "--quiet" => self.quiet = seconds()?,
            _ => return Err(Error::new(format!("{name}? try --help"))),
        }
        Ok(())
    }
}

const DAEMONS: &[Daemon] = &[Daemon::Avahi, Daemon::Cooeed];

/// Returns the name of a daemon's program.
pub(crate) fn name_of(daemon: Daemon) -> &'static str {
    match daemon {
        Daemon::Avahi => "avahi",
        Daemon::Cooeed => "cooeed",
    }
}
