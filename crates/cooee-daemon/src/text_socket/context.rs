//! What all clients of the text socket share.
//!
//! In:  the driver and this host, as soon as they are there.
//! Out: the interfaces in use; counts of clients.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use std::time::Duration;

use cooee::Name;
use tokio::sync::Semaphore;

use crate::host::Host;
use crate::lookup::watch::Watches;

/// What all clients of the socket share.
#[derive(Clone)]
pub(crate) struct Context {
    /// The queries of the driver, and this host; until there is an interface, nothing is found.
    pub(crate) driver: Rc<OnceCell<(Watches, Host)>>,
    /// How long to wait for a first answer of anybody.
    pub(crate) silence_max: Duration,
    /// How many have been served.
    pub(crate) counters: Rc<Counters>,
    /// How many more may browse, which has no end.
    pub(super) browsers: Rc<Semaphore>,
}

impl Context {
    /// Makes it for so many clients, of which half may browse.
    pub(crate) fn new(
        driver: Rc<OnceCell<(Watches, Host)>>,
        silence_max: Duration,
        clients_max: usize,
    ) -> Self {
        let browsers_max = clients_max.div_ceil(2).min(Semaphore::MAX_PERMITS);
        Self {
            driver,
            silence_max,
            counters: Rc::default(),
            browsers: Rc::new(Semaphore::new(browsers_max)),
        }
    }

    /// Returns the driver's queries, and the present name of this host.
    pub(super) fn driver(&self) -> Option<(&Watches, Option<Name>)> {
        let (watches, host) = self.driver.get()?;
        Some((watches, host.name()))
    }

    /// Returns the indices of the interfaces in use.
    pub(super) fn links(&self) -> Vec<u32> {
        let driver = self.driver.get();
        let decisions = driver
            .map(|(watches, _)| watches.mdns().interfaces())
            .unwrap_or_default();
        let used = decisions.iter().filter(|decision| decision.selected);
        used.map(|decision| decision.interface.index).collect()
    }
}

/// How many clients there are, and have been.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Now.
    pub(crate) clients: Cell<usize>,
    /// Since the start.
    pub(crate) served: Cell<u64>,
    /// Refused since the start, because there were too many.
    pub(crate) refused: Cell<u64>,
}

impl Counters {
    /// Counts a client that is refused.
    pub(super) fn refuse(&self) {
        self.refused.set(self.refused.get().saturating_add(1));
    }
}
