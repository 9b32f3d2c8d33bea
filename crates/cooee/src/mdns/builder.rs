//! Choices to make before a driver starts.
//!
//! In:  interfaces, families, limits.
//! Out: a running [`Mdns`], or a [`StartError`] that says of each interface why it cannot be used.

use std::path::PathBuf;

use cooee_net::{
    Choice, Decision, Family, Interface, InterfaceFilter, InterfaceSelector, InterfacesError,
    MulticastSocket, OpenError, SelectError, SelectionRule, SocketOptions,
};
use cooee_proto::config::{Config, SourceCheck};
use cooee_proto::limits::{Limits, RateLimit};

use crate::callback::Callback;
use crate::driver;
use crate::error::StartError;
use crate::mdns::Mdns;

/// Settings of a driver. Made by [`Mdns::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing starts until `build` is called"]
pub struct Builder {
    list: Option<Vec<InterfaceSelector>>,
    filter: Option<InterfaceFilter>,
    all: bool,
    ipv4: bool,
    ipv6: bool,
    config: Config,
    sockets: SocketOptions,
    queue_capacity: usize,
    state_file: Option<PathBuf>,
    host_names: HostNames,
}

/// Where the system's name for this host comes from.
pub(crate) type HostNames = fn() -> Option<String>;

/// What a driver starts with.
pub(crate) struct Settings {
    pub(crate) rule: SelectionRule,
    pub(crate) config: Config,
    pub(crate) sockets: SocketOptions,
    pub(crate) queue_capacity: usize,
    pub(crate) state_file: Option<PathBuf>,
    pub(crate) host_names: HostNames,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            list: None,
            filter: None,
            all: false,
            ipv4: true,
            ipv6: true,
            config: Config::default(),
            sockets: SocketOptions::default(),
            queue_capacity: QUEUE_CAPACITY,
            state_file: None,
            host_names: cooee_net::system_host_name,
        }
    }

    /// Takes the system's name for this host from elsewhere.
    #[cfg(test)]
    pub(crate) fn host_names(mut self, source: HostNames) -> Self {
        self.host_names = source;
        self
    }

    /// Uses exactly these interfaces, by name or index, whatever they are.
    ///
    /// Wins over every other rule. A choice that the default rule would refuse, such as a VPN, is
    /// obeyed with a warning. An empty list is an error.
    pub fn interfaces<I>(mut self, interfaces: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<InterfaceSelector>,
    {
        self.list = Some(interfaces.into_iter().map(Into::into).collect());
        self
    }

    /// Uses the interfaces that the function says yes to, in place of the default rule.
    ///
    /// It is asked about those that are up, can multicast and have an address; again whenever the
    /// interfaces change, on the driver's thread. It has to return at once. When it panics, the
    /// interface is not used.
    pub fn interface_filter(
        mut self,
        filter: impl Fn(&Interface) -> bool + Send + Sync + 'static,
    ) -> Self {
        let filter = Callback::new("a filter of interfaces: the interface is not used", filter);
        self.filter = Some(InterfaceFilter::new(move |interface| {
            filter.call(false, |filter| filter(interface))
        }));
        self
    }

    /// Uses every interface that is up, can multicast and has an address.
    pub fn all_interfaces(mut self) -> Self {
        self.all = true;
        self
    }

    /// Uses IPv4 alone.
    pub fn ipv4_only(mut self) -> Self {
        (self.ipv4, self.ipv6) = (true, false);
        self
    }

    /// Uses IPv6 alone.
    pub fn ipv6_only(mut self) -> Self {
        (self.ipv4, self.ipv6) = (false, true);
        self
    }

    /// Sets how much of everything the cache and the requests hold.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Sets how much one host may send before more of it is dropped unread; `None` reads everything.
    ///
    /// Default: 100 queries a second, 500 at once; 1,000 responses a second, 10,000 at once. What goes
    /// over it is counted, and the first time is a warning.
    pub fn rate_limit(mut self, limit: Option<RateLimit>) -> Self {
        self.config.rate_limit = limit;
        self
    }

    /// Sets whose packets are let in. Default: as RFC 6762 section 11 has it.
    pub fn source_check(mut self, check: SourceCheck) -> Self {
        self.config.source_check = check;
        self
    }

    /// Sets how many unread events a stream holds, at least 1. Default 16,384.
    ///
    /// Full: the stream forgets what is unread, says `Lagged` and tells the current state anew, at
    /// most once a second. A queue with less room than there are services never catches up.
    pub fn queue_capacity(mut self, events: usize) -> Self {
        self.queue_capacity = events.max(1);
        self
    }

    /// Sets how many bytes the kernel should hold per socket while nobody reads. Default 8 MiB.
    ///
    /// The system may grant less, which is a warning.
    pub fn receive_buffer_bytes(mut self, bytes: usize) -> Self {
        self.sockets.receive_buffer_bytes = bytes;
        self
    }

    /// Remembers in a file the names that were won in place of those asked for, so that after a
    /// restart they are tried first (RFC 6762 section 9). Default: nothing is remembered.
    ///
    /// A service or host asked for by another name is another one, with its own memory; what must
    /// not be renamed has none. The file is text of at most 2 MiB with the latest 1,024 names: a
    /// first line `cooee names 1`, then on each line the name asked for, a tab, and the name won,
    /// as `box.local` and `box-2.local`. It is read once, here, and replaced as a whole by a thread
    /// that nothing waits for but [`Mdns::shutdown`]. Several programs may share it. A file that is
    /// spoiled, or cannot be read or written, is no failure but a warning from the start on
    /// ([`Mdns::warnings`], [`StateFileError::is_unusable`](crate::StateFileError::is_unusable));
    /// one that is missing is made. What is something else, as a symbolic link, a FIFO or a folder,
    /// is left alone.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Sets the UDP port. Default 5353 (RFC 6762 section 3); any other speaks to nobody but
    /// programs set up alike, which is for tests.
    pub fn port(mut self, port: u16) -> Self {
        self.sockets.port = port;
        self
    }

    /// Says of every interface whether these choices take it, and why, without opening anything.
    ///
    /// # Errors
    ///
    /// The interfaces cannot be listed; the list is empty or names one that is not there.
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
    /// An interface that fails while others work is a warning ([`Mdns::warnings`]), and tried again.
    ///
    /// # Errors
    ///
    /// No interface to use, or no socket on any of them, or no thread.
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

    fn rule(&self) -> SelectionRule {
        let choice = match (&self.list, &self.filter) {
            (Some(list), _) => Choice::List(list.clone()),
            (None, Some(filter)) => Choice::Filter(filter.clone()),
            (None, None) if self.all => Choice::All,
            (None, None) => Choice::Default,
        };
        let mut rule = SelectionRule::new(choice);
        (rule.ipv4, rule.ipv6) = (self.ipv4, self.ipv6);
        rule
    }
}

/// Says of every interface whether the default rule takes it, and why, without opening anything.
///
/// # Errors
///
/// The interfaces cannot be listed.
pub fn interfaces() -> Result<Vec<Decision>, InterfacesError> {
    Builder::new().decisions()
}

/// Room for some thousand services that come in one burst while their consumer is busy.
const QUEUE_CAPACITY: usize = 16_384;
