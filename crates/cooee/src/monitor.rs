//! Monitoring: every message that is received or sent.
//!
//! In:  datagrams as they pass the driver.
//! Out: a stream of messages, with bytes, addresses and a text form.

use cooee_net::InterfaceSelector;

use crate::error::MonitorError;
use crate::event::message::{Message, MonitorEvent};
use crate::options::options;
use crate::session::command::Command;
use crate::session::handle::Mdns;
use crate::session::queue::{Overflow, channel};
use crate::session::stream::{Feed, stream};

stream! {
    /// A stream of every message received or sent. Dropping it stops the monitoring.
    ///
    /// A slow reader loses the oldest messages and learns how many.
    Messages of Message => MonitorEvent
}

impl Mdns {
    /// Shows every message seen or sent from when it is started.
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// for event in mdns.monitor().start()?.blocking() {
    ///     println!("{event}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn monitor(&self) -> Monitor {
        Monitor {
            mdns: self.clone(),
            interface: None,
        }
    }
}

/// A view of every message: start it. See [`Mdns::monitor`].
#[derive(Clone, Debug)]
#[must_use = "a monitor does nothing until it is started"]
pub struct Monitor {
    mdns: Mdns,
    interface: Option<InterfaceSelector>,
}

options! { Monitor { interface } }

impl Monitor {
    /// Starts to show messages.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn start(self) -> Result<Messages, MonitorError> {
        let shared = self.mdns.shared();
        let link = shared.link(self.interface.as_ref())?;
        let (sender, receiver) = channel(MESSAGES_MAX, Overflow::DropOldest);
        let id = shared.next_id();
        shared.send(Command::Monitor { id, link, sender })?;
        Ok(Messages {
            feed: Feed::new(receiver, id, self.mdns.clone()),
        })
    }
}

/// How many messages wait for a monitor: at 9,000 bytes each, at most 18 MB.
const MESSAGES_MAX: usize = 2_048;
