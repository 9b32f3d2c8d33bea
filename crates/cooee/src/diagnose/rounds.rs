//! One diagnosis after another of one driver.
//!
//! In:  a driver, or the options of one; how long each observation takes.
//! Out: the facts of each round. A driver that could not start is tried again in the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::facts::Facts;
use super::gather::{self, Watching};
use super::search::{Search, Target};
use super::{DiagnoseError, DiagnoseProgress, Subject};
use crate::error::{DriverError, StartError};

/// Where the facts come from, round by round.
pub(super) struct Rounds {
    subject: Subject,
    duration: Duration,
    wanted: Option<Target>,
    stop: Arc<AtomicBool>,
    watching: Option<Watching>,
}

impl Rounds {
    /// `stop` ends a round early, with an error.
    pub(super) fn new(
        subject: Subject,
        duration: Duration,
        wanted: Option<Target>,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self {
            subject,
            duration,
            wanted,
            stop,
            watching: None,
        }
    }

    /// Listens for `pause`, then observes the network and searches for the name that is wanted.
    pub(super) fn next(
        &mut self,
        pause: Duration,
        progress: &mut dyn FnMut(DiagnoseProgress),
    ) -> Result<Facts, DiagnoseError> {
        let mut pause = pause;
        if self.watching.is_none() {
            self.sleep(std::mem::take(&mut pause))?;
            if let Some(facts) = self.start()? {
                return Ok(facts);
            }
        }
        let Some(watching) = &mut self.watching else {
            return Err(DriverError::Stopped.into());
        };
        let mut facts = watching.round(pause, progress)?;
        if let Some(wanted) = &self.wanted {
            progress(DiagnoseProgress {
                elapsed: self.duration,
                total: self.duration,
                step: "searching",
            });
            let search = Search::run(watching.mdns(), wanted, &facts.decisions, facts.port);
            facts.search = Some(search);
        }
        Ok(facts)
    }

    /// Starts to watch a driver. Returns what is known if there is none.
    fn start(&mut self) -> Result<Option<Facts>, DiagnoseError> {
        let mdns = match &self.subject {
            Subject::Running(mdns) => {
                mdns.shared().may_wait()?;
                mdns.clone()
            }
            Subject::Options(builder) => {
                let (families, port) = builder.families_and_port();
                let decisions = builder.decisions().map_err(StartError::Interfaces)?;
                match builder.clone().build() {
                    Ok(mdns) => mdns,
                    Err(error) => {
                        let mut facts = gather::without_driver(error, decisions, families, port)?;
                        let wanted = self.wanted.as_ref();
                        facts.search = wanted
                            .map(|wanted| Search::only_elsewhere(wanted, &facts.decisions, port));
                        return Ok(Some(facts));
                    }
                }
            }
        };
        let stop = Arc::clone(&self.stop);
        self.watching = Some(Watching::start(&mdns, self.duration, stop)?);
        Ok(None)
    }

    fn sleep(&self, pause: Duration) -> Result<(), DriverError> {
        let start = Instant::now();
        while let Some(left) = pause.checked_sub(start.elapsed()) {
            if self.stop.load(Ordering::Relaxed) {
                return Err(DriverError::Stopped);
            }
            thread::sleep(left.min(gather::PROGRESS_PAUSE));
        }
        Ok(())
    }
}
