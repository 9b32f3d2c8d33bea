//! Options for starting a driver.
//!
//! In:  interfaces, families, limits.
//! Out: a running [`Mdns`], or a [`StartError`] that says for each interface why it cannot be used.

use std::path::PathBuf;

use cooee_net::{
    Choice, Decision, Family, Interface, InterfaceFilter, InterfaceSelector, InterfacesError,
    MulticastSocket, OpenError, SelectError, SelectionRule, SocketOptions,
};
use cooee_proto::config::{Config, SourceCheck};
use cooee_proto::limits::{Limits, RateLimit};

use crate::callback::Callback;
use crate::driver::{self, HostNames, Settings};
use crate::error::StartError;
use crate::session::handle::Mdns;

/// Options of a driver. Created by [`Mdns::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing starts until `build` is called"]
pub struct Builder {
    choice: Choice,
    ipv4: bool,
    ipv6: bool,
    config: Config,
    sockets: SocketOptions,
    queue_capacity: usize,
    state_file: Option<PathBuf>,
    host_names: HostNames,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            choice: Choice::Default,
            ipv4: true,
            ipv6: true,
            config: Config::default(),
            sockets: SocketOptions::default(),
            queue_capacity: QUEUE_CAPACITY,
            state_file: None,
            host_names: cooee_net::system_host_name,
        }
    }

    /// Reads the system's name for this host from elsewhere.
    #[cfg(test)]
    pub(crate) fn host_names(mut self, source: HostNames) -> Self {
        self.host_names = source;
        self
    }

    /// Uses exactly these interfaces, by name or index.
    ///
    /// If the default rule refuses one of them, such as a VPN, it is used with a warning. An empty
    /// list is an error. Of this, [`interface_filter`](Self::interface_filter) and
    /// [`all_interfaces`](Self::all_interfaces), the last call counts.
    pub fn interfaces<I>(mut self, interfaces: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<InterfaceSelector>,
    {
        self.choice = Choice::List(interfaces.into_iter().map(Into::into).collect());
        self
    }

    /// Uses the interfaces that the function accepts, instead of the default rule.
    ///
    /// The function is called for interfaces that are up, support multicast and have an address,
    /// and again whenever the interfaces change. It is called on the driver's thread and must
    /// return at once. If it panics, the interface is not used.
    pub fn interface_filter(
        mut self,
        filter: impl Fn(&Interface) -> bool + Send + Sync + 'static,
    ) -> Self {
        let filter = Callback::new("a filter of interfaces: the interface is not used", filter);
        self.choice = Choice::Filter(InterfaceFilter::new(move |interface| {
            filter.call(false, |filter| filter(interface))
        }));
        self
    }

    /// Uses every interface that is up, supports multicast and has an address.
    pub fn all_interfaces(mut self) -> Self {
        self.choice = Choice::All;
        self
    }

    /// Uses only IPv4.
    pub fn ipv4_only(mut self) -> Self {
        (self.ipv4, self.ipv6) = (true, false);
        self
    }

    /// Uses only IPv6.
    pub fn ipv6_only(mut self) -> Self {
        (self.ipv4, self.ipv6) = (false, true);
        self
    }

    /// Tells queries ([`Mdns::query`]) again of a record that is received over another family than
    /// before: [`RecordEvent::Added`](crate::RecordEvent::Added) is repeated with more of
    /// [`Answer::families`](crate::Answer::families). By default, a record is reported once, with
    /// the families over which it was received until then.
    ///
    /// ```no_run
    /// let mdns = cooee::Mdns::builder().follow_families().build()?;
    /// # Ok::<(), cooee::StartError>(())
    /// ```
    pub fn follow_families(mut self) -> Self {
        self.config.follow_families = true;
        self
    }

    /// Sets the limits of the cache and the requests.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Limits how much one host may send; the excess is dropped unread. `None` reads everything.
    ///
    /// Default: 100 queries per second, 500 at once; 1,000 responses per second, 10,000 at once.
    /// The excess is counted, and causes a warning the first time. It also limits how many records
    /// the questions of one host, and of all hosts together, make this host multicast:
    /// [`RateLimit::answers`] and [`RateLimit::all_answers`].
    pub fn rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.config.rate_limit = limit;
        self
    }

    /// Sets whose packets are accepted. Default: as in RFC 6762 section 11.
    pub fn source_check(mut self, check: SourceCheck) -> Self {
        self.config.source_check = check;
        self
    }

    /// Sets how many unread events a stream holds, at least 1. Default 16,384.
    ///
    /// Full: the stream discards its unread events, reports `Lagged`, and then reports the current
    /// state again, at most once per second. A queue with less room than there are services never
    /// catches up.
    pub fn queue_capacity(mut self, events: usize) -> Self {
        self.queue_capacity = events.max(1);
        self
    }

    /// Sets how many bytes the kernel should buffer per socket. Default 8 MiB.
    ///
    /// The system may grant less, which causes a warning.
    pub fn receive_buffer_bytes(mut self, bytes: usize) -> Self {
        self.sockets.receive_buffer_bytes = bytes;
        self
    }

    /// Stores the names that were chosen after conflicts in a file, so that they are tried first
    /// after a restart (RFC 6762 section 9). Default: nothing is stored.
    ///
    /// The names are stored by the name that was requested; another requested name has its own
    /// entry. A name that must not be changed is not stored.
    ///
    /// The file is text of at most 2 MiB with the latest 1,024 names. Its first line is
    /// `cooee names 1`. Each further line has the requested name, a tab, and the chosen name, such
    /// as `box.local` and `box-2.local`. The file is read once, here. A separate thread replaces it
    /// as a whole; only [`Mdns::shutdown`] waits for that. Several programs may share the file.
    ///
    /// A file that is damaged, or cannot be read or written, is a warning from the start
    /// ([`Mdns::warnings`], [`StateFileError::is_unusable`](crate::StateFileError::is_unusable)). A
    /// missing file is created. Anything but a regular file, such as a symbolic link, a FIFO or a
    /// folder, is left alone.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Sets the UDP port. Default 5353 (RFC 6762 section 3). Any other port reaches only programs
    /// with the same setting, which is useful for tests.
    pub fn port(mut self, port: u16) -> Self {
        self.sockets.port = port;
        self
    }

    /// Returns, for every interface, whether these options use it, and why, without opening
    /// anything.
    ///
    /// ```no_run
    /// for decision in cooee::Mdns::builder().decisions()? {
    ///     println!("{}: {}", decision.interface.name, decision.reason);
    /// }
    /// # Ok::<(), cooee::InterfacesError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the interfaces cannot be listed, or if the list is empty or names an
    /// interface that does not exist.
    pub fn decisions(&self) -> Result<Vec<Decision>, InterfacesError> {
        match cooee_net::select(&cooee_net::interfaces()?, &self.rule()) {
            Ok(decisions) | Err(SelectError::NothingLeft { decisions }) => Ok(decisions),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks which of the sockets that [`build`](Self::build) opens cannot be opened, and why. It
    /// joins no group and sends nothing, so it does not detect a firewall.
    ///
    /// # Errors
    ///
    /// As for [`decisions`](Self::decisions).
    pub fn check_sockets(&self) -> Result<Vec<OpenError>, InterfacesError> {
        let rule = self.rule();
        let mut failures = Vec::new();
        for decision in self
            .decisions()?
            .iter()
            .filter(|decision| decision.selected)
        {
            let interface = &decision.interface;
            for family in [Family::V4, Family::V6] {
                if rule.wants(family) && interface.has_usable(family) {
                    let checked = MulticastSocket::check(interface, family, &self.sockets);
                    failures.extend(checked.err());
                }
            }
        }
        Ok(failures)
    }

    /// Opens the sockets and starts the driver's thread.
    ///
    /// An interface that fails while others work causes a warning ([`Mdns::warnings`]), and is
    /// tried again.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no interface to use, if no socket can be opened on any of them,
    /// or if there is no thread.
    pub fn build(self) -> Result<Mdns, StartError> {
        let rule = self.rule();
        let Self {
            config,
            sockets,
            queue_capacity,
            state_file,
            host_names,
            ..
        } = self;
        driver::start(Settings {
            rule,
            config,
            sockets,
            queue_capacity,
            state_file,
            host_names,
        })
    }

    /// Returns the families that the driver will use, and its port.
    pub(crate) fn families_and_port(&self) -> (Vec<Family>, u16) {
        let rule = self.rule();
        let mut families = vec![Family::V4, Family::V6];
        families.retain(|family| rule.wants(*family));
        (families, self.sockets.port)
    }

    fn rule(&self) -> SelectionRule {
        let mut rule = SelectionRule::new(self.choice.clone());
        (rule.ipv4, rule.ipv6) = (self.ipv4, self.ipv6);
        rule
    }
}

/// Room for a burst of some thousand services while their consumer is busy.
const QUEUE_CAPACITY: usize = 16_384;
