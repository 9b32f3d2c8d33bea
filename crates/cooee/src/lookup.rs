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
use cooee_proto::dnssd::host_name::host_to_look_up;
use cooee_wire::Name;

use crate::argument::TextOr;
use crate::error::{DriverError, LookupError};
use crate::event::discovery::Host;
use crate::options::{DEADLINE, options};
use crate::session::command::{Request, Sink};
use crate::session::handle::Mdns;
use crate::session::queue::End;
use crate::session::stream::{Feed, stream};
use crate::session::unread::AddressNames;

stream! {
    /// A stream of the complete states of a host. Dropping it stops the look-up.
    ///
    /// A slow reader gets only the latest state.
    HostUpdates of Host => Host
}

stream! {
    /// A stream of the names of an address, each time the whole set. Dropping it stops the look-up.
    ///
    /// A slow reader gets only the latest set.
    NameUpdates of AddressNames => Vec<Name>
}

/// A host to look up: await it, or start it. See [`Mdns::lookup_host`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until this is awaited, waited for or started"]
pub struct LookupHost {
    mdns: Mdns,
    name: Result<Name, LookupError>,
    families: AddressFamilies,
    interface: Option<InterfaceSelector>,
    deadline: Option<Duration>,
}

/// An address to look up: await it, or start it. See [`Mdns::lookup_addr`].
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until this is awaited, waited for or started"]
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
    /// after the first address arrived. [`LookupHost::start`] follows the host instead.
    ///
    /// ```no_run
    /// # async fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let nas = mdns.lookup_host("nas").await?;
    /// println!("{nas}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn lookup_host(&self, name: impl TextOr<Name>) -> LookupHost {
        LookupHost {
            mdns: self.clone(),
            name: host_name(name),
            families: AddressFamilies::default(),
            interface: None,
            deadline: None,
        }
    }

    /// Looks up the host names of an address (RFC 6762 section 4).
    ///
    /// ```no_run
    /// # fn example(mdns: cooee::Mdns) -> Result<(), Box<dyn std::error::Error>> {
    /// let names = mdns.lookup_addr("192.168.1.7".parse()?).wait()?;
    /// println!("{names:?}");
    /// # Ok(())
    /// # }
    /// ```
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
        deadline("Default 5 seconds. [`LookupHost::start`] has no deadline."),
        wait(Result<Host, LookupError>),
    }
}

options! {
    LookupAddr {
        interface,
        deadline("Default 5 seconds. [`LookupAddr::start`] has no deadline."),
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
    pub fn start(self) -> Result<HostUpdates, LookupError> {
        let (feed, _) = self.begin(None)?;
        Ok(HostUpdates { feed })
    }

    fn begin(self, deadline: Option<Duration>) -> Result<(Feed<Host>, Name), LookupError> {
        let name = self.name?;
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let request = Request::Host {
            name: name.clone(),
            families: self.families,
            link,
        };
        let sink = |sender| Sink::Host {
            sender,
            name: name.clone(),
        };
        let feed = self.mdns.subscribe(request, sink, deadline)?;
        Ok((feed, name))
    }
}

impl IntoFuture for LookupHost {
    type Output = Result<Host, LookupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let after = self.deadline.unwrap_or(DEADLINE);
            let (feed, name) = self.begin(Some(after))?;
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
    pub fn start(self) -> Result<NameUpdates, LookupError> {
        Ok(NameUpdates {
            feed: self.begin(None)?,
        })
    }

    fn begin(self, deadline: Option<Duration>) -> Result<Feed<AddressNames>, LookupError> {
        let link = self.mdns.shared().link(self.interface.as_ref())?;
        let request = Request::Address { ip: self.ip, link };
        Ok(self.mdns.subscribe(request, Sink::AddressNames, deadline)?)
    }
}

impl IntoFuture for LookupAddr {
    type Output = Result<Vec<Name>, LookupError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (asked, after) = (self.ip.to_string(), self.deadline.unwrap_or(DEADLINE));
            let feed = self.begin(Some(after))?;
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

/// Reads a host name; a single label gets `.local`.
fn host_name(given: impl TextOr<Name>) -> Result<Name, LookupError> {
    let wrong = |given: String, reason: String| LookupError::Name { given, reason };
    let name = given
        .read()
        .map_err(|not| wrong(not.given, not.error.to_string()))?;
    host_to_look_up(name.clone()).map_err(|error| wrong(name.to_string(), error.to_string()))
}

#[cfg(test)]
mod tests;
