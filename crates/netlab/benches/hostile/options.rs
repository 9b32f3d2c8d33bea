//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};
use netlab::hostile::{Family, Sources};

use crate::subject::Subject;

pub(crate) const HELP: &str = "\
What it costs to be attacked.

  --subjects a,b     cooee, cooee-cli, mdns-sd, avahi (all)
  --seconds N        how long each is attacked (60)
  --rate N           how many hostile packets a second (10000)
  --families a,b     kinds of packets, such as pointers,aliases,queries (all but conflicts)
  --sources many|N   32,768 forged addresses, or one, by its number (many)
  --every MS         how often an honest host asks, in milliseconds (20)
  --seed N           what chance is drawn from (1)";

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) subjects: Vec<Subject>,
    pub(crate) duration: Duration,
    pub(crate) rate: u32,
    pub(crate) families: Vec<Family>,
    pub(crate) sources: Sources,
    pub(crate) asking: Duration,
    pub(crate) seed: u64,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            subjects: Subject::ALL.to_vec(),
            duration: Duration::from_secs(60),
            rate: 10_000,
            families: Family::mix(),
            sources: Sources::Many,
            asking: Duration::from_millis(20),
            seed: 1,
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--subjects" => self.subjects = list(value, Subject::named)?,
            "--seconds" => self.duration = Duration::from_secs(value.parse().context(value)?),
            "--rate" => self.rate = value.parse().context(value)?,
            "--families" => self.families = list(value, Family::named)?,
            "--sources" => {
                self.sources = match value {
                    "many" => Sources::Many,
                    number => Sources::One(number.parse().context(number)?),
                }
            }
            "--every" => self.asking = Duration::from_millis(value.parse().context(value)?),
            "--seed" => self.seed = value.parse().context(value)?,
            _ => return Err(Error::new(format!("{name}? try --help"))),
        }
        Ok(())
    }
}
