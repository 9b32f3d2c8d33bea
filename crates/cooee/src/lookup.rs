//! Host names to addresses, and addresses to host names.
//!
//! In:  `printer.local`, or an IP address.
//! Out: a [`Host`] with scoped addresses; the names of an address. RFC 6762 sections 3 (names under
//!      `.local`), 4 (reverse lookup) and 6.1 (negative answers).

use std::future::{Future, IntoFuture};
use std::net::IpAddr;
use std::pin::Pin;
use std::time::Duration;

use cooee_net::InterfaceSelector;
use cooee_proto::dnssd::AddressFamilies;
use cooee_wire::Name;

use crate::command::{Request, Sink};
use crate::error::{DriverError, LookupError};
use crate::mdns::Mdns;
use crate::options::options;
use crate::queue::{Coalesce, End, Overflow, channel};
use crate::resolve::DEADLINE;
use crate::service::ScopedAddr;
use crate::stream::{Feed, Told, stream};

/// The known state of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// Its addresses, best first, each with the interface on which it was received.
    pub addresses: Vec<ScopedAddr>,
    /// Whether the host itself says that it has no IPv4 address (RFC 6762 section 6.1).
    pub v4_denied: bool,
    /// Whether the host itself says that it has no IPv6 address.
    pub v6_denied: bool,
}

stream! {
    /// A stream of the complete states of a host. Dropping it stops the lookup.
    ///
    /// A slow reader gets only the latest state.
    FollowHost of Host => Host
}

stream! {
    /// A stream of the names of an address, each time the whole set. Dropping it stops the lookup.
    ///
    /// A slow reader gets only the latest set.
    FollowNames of HostNames => Vec<Name>
}

/// A lookup of a host: await it, or follow it. See [`Mdns::lookup_host`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until this is awaited, waited for or followed"]
pub struct LookupHost {
    mdns: Mdns,
    given: String,
    families: AddressFamilies,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

/// A lookup of an address: await it, or follow it. See [`Mdns::lookup_addr`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until this is awaited, waited for or followed"]
pub struct LookupAddr {
    mdns: Mdns,
    ip: IpAddr,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

impl Mdns {
    /// Looks up the addresses of a host; `.local` may be left out.
    ///
    /// Awaiting it returns the known addresses once both families have been answered, or a moment
    /// after the first address arrived.
    pub fn lookup_host(&self, name: &str) -> LookupHost {
        LookupHost {
            mdns: self.clone(),
            given: name.to_owned(),
            families: AddressFamilies::default(),
            interface: None,
            deadline: None,
        }
    }

    /// Looks up the host names of an address (RFC 6762 section 4).
    pub fn lookup_addr(&self, ip: IpAddr) -> LookupAddr {
        LookupAddr {
            mdns: self.clone(),
            ip,
            interface: None,
            deadline: None,
        }
    }
}

options! {
    LookupHost {
        interface,
        deadline("Default 5 seconds. [`LookupHost::follow`] has no deadline."),
        wait(Result<Host, LookupError>),
    }
}

options! {
    LookupAddr {
        interface,
        deadline("Default 5 seconds. [`LookupAddr::follow`] has no deadline."),
        wait(Result<Vec<Name>, LookupError>),
    }
}

impl LookupHost {
    /// Limits the lookup to IPv4 addresses.
    pub fn ipv4_only(mut self) -> Self {
        self.families = AddressFamilies {
            v4: true,
            v6: false,
        };
        self
    }

    /// Limits the lookup to IPv6 addresses.
    pub fn ipv6_only(mut self) -> Self {
        self.families = AddressFamilies {
            v4: false,
            v6: true,
        };
        self
    }

    /// Follows the host's addresses as long as the stream is kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is invalid, if the interface is not in use, or if the driver
    /// has shut down.
    pub fn follow(self) -> Result<FollowHost, LookupError> {
        let (feed, _) = self.start(None)?;
        Ok(FollowHost { feed })
    }

    fn start(self, deadline: Option<Duration>) -> Result<(Feed<Host>, Name), LookupError> {
        let name = host_name(&self.given)?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let families = self.families;
        let request = Request::Host {
            name: name.clone(),
            families,
            link,
        };
        let (sender, receiver) = channel(1, Overflow::Restart);
        let sink = Sink::Host {
            sender,
            name: name.clone(),
        };
        let feed = self.mdns.start(request, sink, receiver, deadline)?;
        Ok((feed, name))
    }
}

impl IntoFuture for LookupHost {
    type Output = Result<Host, LookupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let after = self.deadline.unwrap_or(DEADLINE);
            let (feed, name) = self.start(Some(after))?;
            let mut latest = None;
            // The driver ends the queue when the answer is complete, or when time is up.
            let end = loop {
                match feed.next().await {
                    Ok(host) => latest = Some(host),
                    Err(end) => break end,
                }
            };
            match (latest, end) {
                (Some(host), _) if !host.addresses.is_empty() => Ok(host),
                (_, End::Driver(error)) => Err(error.into()),
                (_, End::Done) => Err(LookupError::NoAddress { name }),
                (_, End::TimedOut) => Err(LookupError::TimedOut {
                    asked: name.to_string(),
                    after,
                }),
            }
        })
    }
}

impl LookupAddr {
    /// Follows the address's names as long as the stream is kept.
    ///
    /// # Errors
    ///
    /// Returns an error if the interface is not in use, or if the driver has shut down.
    pub fn follow(self) -> Result<FollowNames, LookupError> {
        Ok(FollowNames {
            feed: self.start(None)?,
        })
    }

    fn start(self, deadline: Option<Duration>) -> Result<Feed<HostNames>, LookupError> {
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let request = Request::Address { ip: self.ip, link };
        let (sender, receiver) = channel(1, Overflow::Restart);
        Ok(self
            .mdns
            .start(request, Sink::HostNames(sender), receiver, deadline)?)
    }
}

impl IntoFuture for LookupAddr {
    type Output = Result<Vec<Name>, LookupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (asked, after) = (self.ip.to_string(), self.deadline.unwrap_or(DEADLINE));
            let feed = self.start(Some(after))?;
            loop {
                match feed.next().await {
                    Ok(names) if names.is_empty() => {}
                    Ok(names) => return Ok(names),
                    Err(End::TimedOut) => return Err(LookupError::TimedOut { asked, after }),
                    Err(End::Driver(error)) => return Err(error.into()),
                    Err(End::Done) => return Err(DriverError::Stopped.into()),
                }
            }
        })
    }
}

impl Coalesce for Host {
    type Key = ();

    fn key(&self) -> Option<()> {
        Some(())
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl Told for Host {
    type Event = Self;

    fn told(self) -> Self {
        self
    }

    fn lagged(_missed: u64) -> Option<Self> {
        None
    }
}

/// The names of an address: the whole set.
#[derive(Debug)]
pub(crate) struct HostNames(pub(crate) Vec<Name>);

impl Coalesce for HostNames {
    type Key = ();

    fn key(&self) -> Option<()> {
        Some(())
    }

    fn merge(self, newer: Self) -> Option<Self> {
        Some(newer)
    }
}

impl Told for HostNames {
    type Event = Vec<Name>;

    fn told(self) -> Vec<Name> {
        self.0
    }

    fn lagged(_missed: u64) -> Option<Vec<Name>> {
        None
    }
}

/// Reads a host name; a single label gets `.local`.
//= https://www.rfc-editor.org/rfc/rfc6762#section-3
//# Any DNS query for a name ending with ".local." MUST be sent to the
//# mDNS IPv4 link-local multicast address 224.0.0.251 (or its IPv6
//# equivalent FF02::FB).
fn host_name(given: &str) -> Result<Name, LookupError> {
    let wrong = |reason: String| LookupError::Name {
        given: given.to_owned(),
        reason,
    };
    let name: Name = given.parse().map_err(|error| wrong(format!("{error}")))?;
    if name.is_root() {
        return Err(wrong("it is empty".to_owned()));
    }
    let local =
        Name::from_labels([b"local".as_slice()]).map_err(|error| wrong(error.to_string()))?;
    if name.label_count() == 1 {
        return name
            .concat(&local)
            .map_err(|error| wrong(error.to_string()));
    }
    //= https://www.rfc-editor.org/rfc/rfc6762#section-13
    //# The option to fail-over to Multicast DNS for names not ending in
    //# ".local." SHOULD be a user-configured option, and SHOULD be disabled
    //# by default because of the possible security issues related to
    //# unintended local resolution of apparently global names.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-21
    //# To avoid this, a host MUST NOT append the search suffix ".local.", if
    //# present, to any relative (partially qualified) host name containing
    //# two or more labels.
    if !name.ends_with(&local) {
        return Err(wrong("it does not end in `.local`".to_owned()));
    }
    Ok(name)
}

#[cfg(test)]
mod tests;
