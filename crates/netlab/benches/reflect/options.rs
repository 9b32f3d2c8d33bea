//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};

use crate::router::Kind;

pub(crate) const HELP: &str = "\
cargo bench -p netlab --bench reflect -- [options]
  --routers cooeed,avahi,mdns-repeater   which to measure
  --services 10,100                      how many hosts there are, with a service each
  --rounds 1                             how often each is measured, at most 9; medians are shown
  --chatter 20                           seconds in which another browser asks, at most 60";

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) routers: Vec<Kind>,
    pub(crate) services: Vec<u32>,
    pub(crate) rounds: u32,
    pub(crate) chatter: Duration,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            routers: Kind::ALL.to_vec(),
            services: vec![10, 100],
            rounds: 1,
            chatter: Duration::from_secs(20),
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--routers" => {
                let named = |one: &str| bench::named(&Kind::ALL, Kind::name, "router", one);
                self.routers = list(value, named)?;
            }
            "--services" => self.services = list(value, |one| one.parse().context(one))?,
            "--rounds" => {
                let rounds: u32 = value.parse().context(value)?;
                self.rounds = rounds.clamp(1, ROUNDS_MAX);
            }
            "--chatter" => {
                let seconds: u64 = value.parse().context(value)?;
                self.chatter = Duration::from_secs(seconds.min(CHATTER_SECS_MAX));
            }
            _ => return Err(Error::new(format!("{name}? try --help"))),
        }
        Ok(())
    }
}

/// How often each reflector is measured at most.
const ROUNDS_MAX: u32 = 9;

/// How long the other browser asks at most.
const CHATTER_SECS_MAX: u64 = 60;
