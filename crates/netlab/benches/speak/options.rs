//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};
use netlab::lab::Families;

use crate::subject::Subject;

pub(crate) const HELP: &str = "\
What it costs to register many services and to answer for them.

  --runs N              how often each is measured (5)
  --services A,B        how many services are registered (1000,10000)
  --subjects a,b        echo, echo-batch, cooee, mdns-sd, avahi (all)
  --what a,b            announcing, legacy, latency (all)
  --families v4|both    which addresses the link has (v4)
  --to group|host       where legacy queries go: to the group or to the host itself (group)
  --queries N           how many legacy queries are asked in one run (300000)
  --ports N             from how many source ports (16)
  --outstanding N       how many of them wait for an answer at a time, for each port (16)
  --limit SECONDS       how long announcing may take (20)";

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) runs: usize,
    pub(crate) services: Vec<u32>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) what: Vec<What>,
    pub(crate) families: Families,
    pub(crate) limit: Duration,
    pub(crate) load: Load,
}

/// The load of legacy queries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) queries: u64,
    pub(crate) ports: usize,
    pub(crate) outstanding: usize,
    /// Whether they go to the group, not to the host itself.
    pub(crate) to_group: bool,
}

/// A kind of measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Announcing,
    Legacy,
    Latency,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            runs: 5,
            services: vec![1000, 10_000],
            subjects: Subject::ALL.to_vec(),
            what: vec![What::Announcing, What::Legacy, What::Latency],
            families: Families::V4Only,
            limit: Duration::from_secs(20),
            load: Load {
                queries: 300_000,
                ports: 16,
                outstanding: 16,
                to_group: true,
            },
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--runs" => self.runs = value.parse().context(value)?,
            "--services" => self.services = list(value, |item| item.parse().context(item))?,
            "--subjects" => self.subjects = list(value, Subject::named)?,
            "--what" => self.what = list(value, What::named)?,
            "--limit" => self.limit = Duration::from_secs(value.parse().context(value)?),
            "--queries" => self.load.queries = value.parse().context(value)?,
            "--ports" => self.load.ports = value.parse().context(value)?,
            "--outstanding" => self.load.outstanding = value.parse().context(value)?,
            "--families" => {
                self.families = match value {
                    "v4" => Families::V4Only,
                    "both" => Families::Both,
                    _ => return Err(Error::new("--families v4 or both")),
                }
            }
            "--to" => {
                self.load.to_group = match value {
                    "group" => true,
                    "host" => false,
                    _ => return Err(Error::new("--to group or host")),
                }
            }
            _ => return Err(Error::new(format!("{name}? try --help"))),
        }
        Ok(())
    }
}

impl What {
    fn named(name: &str) -> Result<Self> {
        match name {
            "announcing" => Ok(Self::Announcing),
            "legacy" => Ok(Self::Legacy),
            "latency" => Ok(Self::Latency),
            _ => Err(Error::new(format!("nothing is called {name}"))),
        }
    }
}
