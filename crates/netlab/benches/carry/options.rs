//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};

use crate::subject::{Subject, Task};

pub(crate) const HELP: &str = "\
What a browser and a publisher make the network carry, and the memory they need.

  --hosts A,B         how many hosts are browsed (100,1000,5000)
  --services N        how many services are registered (10000)
  --subjects a,b      cooee, cooee-pipe, mdns-sd, zeroconf, avahi (all)
  --tasks a,b         names, services, register (all)
  --idle SECONDS      how long all browse on after the first 15 s (600)";

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) hosts: Vec<u32>,
    pub(crate) services: u32,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) idle: Duration,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            hosts: vec![100, 1000, 5000],
            services: 10_000,
            subjects: Subject::ALL.to_vec(),
            tasks: Task::ALL.to_vec(),
            idle: Duration::from_secs(600),
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--hosts" => self.hosts = list(value, |item| item.parse().context(item))?,
            "--services" => self.services = value.parse().context(value)?,
            "--subjects" => self.subjects = list(value, Subject::named)?,
            "--tasks" => self.tasks = list(value, Task::named)?,
            "--idle" => self.idle = Duration::from_secs(value.parse().context(value)?),
            _ => return Err(Error::new(format!("{name}? try --help"))),
        }
        Ok(())
    }

    /// Returns how many hosts or services a task is measured with.
    pub(crate) fn sizes(&self, task: Task) -> Vec<u32> {
        match task {
            Task::Names | Task::Services => self.hosts.clone(),
            Task::Register => vec![self.services],
        }
    }
}
