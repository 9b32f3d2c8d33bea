//! What is to be measured.
//!
//! In:  the command line.
//! Out: [`Options`].

use std::time::Duration;

use netlab::bench::{self, list};
use netlab::error::{Context, Error, Result};

use crate::subject::Subject;

/// What is to be measured.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) runs: usize,
    pub(crate) instances: Vec<u32>,
    /// Whether the hosts send no additional records, for each round.
    pub(crate) terse: Vec<bool>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) limit: Duration,
}

impl Options {
    pub(crate) fn read(arguments: &[String]) -> Result<Self> {
        let mut options = Self {
            runs: 5,
            instances: vec![1000, 5000],
            terse: vec![false, true],
            subjects: Subject::ALL.to_vec(),
            limit: Duration::from_secs(20),
        };
        bench::options(arguments, |name, value| options.set(name, value))?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "--runs" => self.runs = value.parse().context(value)?,
            "--limit" => self.limit = Duration::from_secs(value.parse().context(value)?),
            "--instances" => self.instances = list(value, |item| item.parse().context(item))?,
            "--subjects" => self.subjects = list(value, Subject::named)?,
            "--terse" => {
                self.terse = match value {
                    "yes" => vec![false, true],
                    "no" => vec![false],
                    "only" => vec![true],
                    _ => return Err(Error::new("--terse yes, no or only")),
                }
            }
            _ => return Err(Error::new(format!("{name}? try --runs 3 --instances 1000"))),
        }
        Ok(())
    }
}
