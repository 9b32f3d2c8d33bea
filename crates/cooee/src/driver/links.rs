//! The sockets: up to two per interface, opened, closed and reopened.
//!
//! In:  the interfaces to use; failures of sockets; the passage of time.
//! Out: sockets for reading and sending, and [`LinkChange`]s for the engine.

use std::io;
use std::time::Duration;

use cooee_net::{Family, Interface, MulticastSocket, OpenError, SocketOptions, Waited, Waiter};
use cooee_proto::link::{LinkAddress, LinkChange, LinkId, LinkInfo};
use cooee_proto::time::Instant;

use crate::event::warning::Warning;
use crate::session::shared::Shared;

/// Every interface in use, with its sockets.
pub(super) struct Links {
    families: Vec<Family>,
    options: SocketOptions,
    /// Ordered by index.
    links: Vec<Link>,
    /// The datagrams that were lost by sockets that are now closed.
    dropped_before: u64,
    reopened: u64,
}

/// An interface in use.
struct Link {
    interface: Interface,
    ports: [Port; 2],
    /// What was reported to the engine; `None` if the link is down.
    reported: Option<LinkInfo>,
}

/// A socket, or why there is none.
enum Port {
    /// The interface has no usable address of the family, or the family is not wanted.
    Closed,
    Open {
        socket: Waited<MulticastSocket>,
        /// The number of failed reads since the last successful one.
        failures: u32,
    },
    Failed {
        retry_at: Instant,
        backoff: Duration,
    },
}

/// The result of opening and closing.
pub(super) type Outcome = (Vec<LinkChange>, Vec<OpenError>);

impl Links {
    pub(super) fn new(families: Vec<Family>, options: SocketOptions) -> Self {
        Self {
            families,
            options,
            links: Vec::new(),
            dropped_before: 0,
            reopened: 0,
        }
    }

    /// Opens missing sockets on these interfaces, and closes those on others. Joins again on
    /// interfaces that were reported as disturbed, because the system may have dropped the
    /// memberships.
    pub(super) fn apply<'a>(
        &mut self,
        now: Instant,
        interfaces: impl Iterator<Item = &'a Interface>,
        interrupted: &[u32],
        waiter: &Waiter,
        shared: &Shared,
    ) -> Outcome {
        let interfaces: Vec<&Interface> = interfaces.collect();
        let (mut changes, mut failures) = (Vec::new(), Vec::new());
        let indexes = self.links.iter().map(|link| link.interface.index);
        let is_used = |index: u32| interfaces.iter().any(|used| used.index == index);
        let gone: Vec<u32> = indexes.filter(|index| !is_used(*index)).collect();
        for index in gone {
            changes.extend(self.remove(index));
        }
        for interface in interfaces {
            let index = interface.index;
            if let Err(place) = self.find(index) {
                self.links.insert(place, Link::new(interface.clone()));
            }
            let Some(link) = self
                .links
                .iter_mut()
                .find(|link| link.interface.index == index)
            else {
                continue;
            };
            let was_running = link.interface.flags.running;
            link.interface = interface.clone();
            for family in &self.families {
                let wanted = interface.has_usable(*family);
                let lost = link.close_unless(*family, wanted);
                self.dropped_before = self.dropped_before.saturating_add(lost);
                if wanted && link.is_closed(*family) {
                    failures.extend(link.open(now, *family, &self.options, waiter, shared).err());
                }
            }
            let is_interrupted = !was_running || interrupted.contains(&index);
            if interface.flags.running && is_interrupted {
                link.rejoin(now);
            }
            changes.extend(link.change(&self.families));
        }
        (changes, failures)
    }

    /// Tries again, when it is time, to open sockets that failed.
    pub(super) fn retry(&mut self, now: Instant, waiter: &Waiter, shared: &Shared) -> Outcome {
        let (mut changes, mut failures) = (Vec::new(), Vec::new());
        if self.deadline().is_none_or(|deadline| deadline > now) {
            return (changes, failures);
        }
        for link in &mut self.links {
            for family in &self.families {
                if link.port(*family).retry_at().is_none_or(|at| at > now) {
                    continue;
                }
                match link.open(now, *family, &self.options, waiter, shared) {
                    Ok(()) => self.reopened = self.reopened.saturating_add(1),
                    Err(error) => {
                        tracing::debug!(%error, "a socket could still not be opened");
                        failures.push(error);
                    }
                }
            }
            changes.extend(link.change(&self.families));
        }
        (changes, failures)
    }

    /// Returns when to try again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.links
            .iter()
            .flat_map(|link| &link.ports)
            .filter_map(Port::retry_at)
            .min()
    }

    /// Joins every group again: after sleep, switches and kernels may have forgotten the
    /// memberships.
    pub(super) fn rejoin(&mut self, now: Instant) {
        for link in &mut self.links {
            link.rejoin(now);
        }
    }

    /// Returns the socket with this key.
    pub(super) fn socket(&self, key: usize) -> Option<&MulticastSocket> {
        let (index, family) = parts(key)?;
        self.of(LinkId(index), family)
    }

    /// Returns the socket of a link and family.
    pub(super) fn of(&self, link: LinkId, family: Family) -> Option<&MulticastSocket> {
        match self.link(link.0)?.port(family) {
            Port::Open { socket, .. } => Some(socket),
            Port::Closed | Port::Failed { .. } => None,
        }
    }

    /// Returns the port that all sockets share; the engine always sees 5353.
    pub(super) fn port(&self) -> u16 {
        self.options.port
    }

    pub(super) fn families(&self) -> &[Family] {
        &self.families
    }

    /// Records that a read succeeded.
    pub(super) fn note_received(&mut self, key: usize) {
        if let Some(Port::Open { failures, .. }) = self.port_mut(key) {
            *failures = 0;
        }
    }

    /// Records that a read failed. A socket that keeps failing is closed and reopened.
    pub(super) fn note_failure(&mut self, now: Instant, key: usize, error: &io::Error) {
        let Some(port) = self.port_mut(key) else {
            return;
        };
        let Port::Open { socket, failures } = port else {
            return;
        };
        *failures = failures.saturating_add(1);
        let interface = socket.interface_name();
        tracing::debug!(interface, family = %socket.family(), %error, failures, "reading failed");
        if *failures < FAILURES_MAX {
            return;
        }
        let lost = socket.dropped();
        *port = Port::failed(now, BACKOFF_MIN);
        self.dropped_before = self.dropped_before.saturating_add(lost);
    }

    pub(super) fn open_sockets(&self) -> usize {
        self.sockets().count()
    }

    /// Returns how many datagrams the kernel has dropped because they were not read in time.
    pub(super) fn dropped(&self) -> u64 {
        let open = self.sockets().map(MulticastSocket::dropped);
        open.fold(self.dropped_before, u64::saturating_add)
    }

    pub(super) fn reopened(&self) -> u64 {
        self.reopened
    }

    fn sockets(&self) -> impl Iterator<Item = &MulticastSocket> {
        self.links
            .iter()
            .flat_map(|link| &link.ports)
            .filter_map(|port| match port {
                Port::Open { socket, .. } => Some(&**socket),
                Port::Closed | Port::Failed { .. } => None,
            })
    }

    fn remove(&mut self, index: u32) -> Option<LinkChange> {
        let mut link = self.links.remove(self.find(index).ok()?);
        for family in &self.families {
            self.dropped_before = self
                .dropped_before
                .saturating_add(link.close_unless(*family, false));
        }
        link.reported.map(|_| LinkChange::Down {
            link: LinkId(index),
        })
    }

    fn port_mut(&mut self, key: usize) -> Option<&mut Port> {
        let (index, family) = parts(key)?;
        let place = self.find(index).ok()?;
        Some(self.links.get_mut(place)?.port_mut(family))
    }

    fn link(&self, index: u32) -> Option<&Link> {
        self.links.get(self.find(index).ok()?)
    }

    /// Returns the place of an interface, or the one where it would be.
    fn find(&self, index: u32) -> Result<usize, usize> {
        let index_of = |link: &Link| link.interface.index;
        self.links.binary_search_by_key(&index, index_of)
    }
}

impl Link {
    fn new(interface: Interface) -> Self {
        Self {
            interface,
            ports: [Port::Closed, Port::Closed],
            reported: None,
        }
    }

    fn port(&self, family: Family) -> &Port {
        let [v4, v6] = &self.ports;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    fn port_mut(&mut self, family: Family) -> &mut Port {
        let [v4, v6] = &mut self.ports;
        match family {
            Family::V4 => v4,
            Family::V6 => v6,
        }
    }

    fn is_closed(&self, family: Family) -> bool {
        matches!(self.port(family), Port::Closed)
    }

    /// Closes a socket that is not wanted. Returns how many datagrams the kernel had dropped on it.
    fn close_unless(&mut self, family: Family, wanted: bool) -> u64 {
        if wanted {
            return 0;
        }
        match std::mem::replace(self.port_mut(family), Port::Closed) {
            Port::Open { socket, .. } => socket.dropped(),
            Port::Closed | Port::Failed { .. } => 0,
        }
    }

    fn open(
        &mut self,
        now: Instant,
        family: Family,
        options: &SocketOptions,
        waiter: &Waiter,
        shared: &Shared,
    ) -> Result<(), OpenError> {
        let opened = MulticastSocket::open(&self.interface, family, options);
        let index = self.interface.index;
        let port = self.port_mut(family);
        let (socket, warnings) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                *port = Port::failed(now, port.next_backoff());
                return Err(error);
            }
        };
        for warning in warnings {
            shared.note(Warning::Socket(warning));
        }
        match waiter.watch_socket(socket, key(index, family)) {
            Ok(socket) => {
                *port = Port::Open {
                    socket,
                    failures: 0,
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a socket cannot be waited for");
                *port = Port::failed(now, port.next_backoff());
            }
        }
        Ok(())
    }

    fn rejoin(&mut self, now: Instant) {
        for port in &mut self.ports {
            let Port::Open { socket, .. } = port else {
                continue;
            };
            if let Err(error) = socket.rejoin() {
                tracing::debug!(%error, "joining again failed");
                *port = Port::failed(now, BACKOFF_MIN);
            }
        }
    }

    /// Returns the change to report to the engine, if there is one.
    fn change(&mut self, families: &[Family]) -> Option<LinkChange> {
        let now = self.info(families);
        if now == self.reported {
            return None;
        }
        let link = LinkId(self.interface.index);
        self.reported.clone_from(&now);
        Some(match now {
            Some(info) => LinkChange::Up { link, info },
            None => LinkChange::Down { link },
        })
    }

    /// Describes the link; `None` without a socket or a cable.
    fn info(&self, families: &[Family]) -> Option<LinkInfo> {
        let is_open = self
            .ports
            .iter()
            .any(|port| matches!(port, Port::Open { .. }));
        if !is_open || !self.interface.flags.running {
            return None;
        }
        let usable = families
            .iter()
            .flat_map(|family| self.interface.usable(*family));
        let addresses = usable
            .map(|address| LinkAddress {
                ip: address.ip,
                prefix_len: address.prefix_len,
            })
            .collect();
        Some(LinkInfo {
            addresses,
            mtu: self.interface.mtu,
        })
    }
}

impl Port {
    fn failed(now: Instant, backoff: Duration) -> Self {
        Self::Failed {
            retry_at: now + backoff,
            backoff,
        }
    }

    fn next_backoff(&self) -> Duration {
        match self {
            Self::Failed { backoff, .. } => backoff.saturating_mul(2).min(BACKOFF_MAX),
            Self::Closed | Self::Open { .. } => BACKOFF_MIN,
        }
    }

    fn retry_at(&self) -> Option<Instant> {
        match self {
            Self::Failed { retry_at, .. } => Some(*retry_at),
            Self::Closed | Self::Open { .. } => None,
        }
    }
}

/// Returns the key of a socket: its interface's index, which is never 0, and its family.
fn key(index: u32, family: Family) -> usize {
    let family = match family {
        Family::V4 => 0,
        Family::V6 => 1,
    };
    (index as usize) << 1 | family
}

fn parts(key: usize) -> Option<(u32, Family)> {
    let family = if key & 1 == 0 { Family::V4 } else { Family::V6 };
    Some((u32::try_from(key >> 1).ok()?, family))
}

/// How many consecutive reads may fail before a socket is reopened.
const FAILURES_MAX: u32 = 8;

/// The first wait before a socket is reopened; doubled each time.
const BACKOFF_MIN: Duration = Duration::from_secs(1);

const BACKOFF_MAX: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;
