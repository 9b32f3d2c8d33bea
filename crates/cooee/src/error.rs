//! Errors of each call: whose fault it is, and what to do about it.
//!
//! In:  errors of the operating system, the caller or the clock.
//! Out: one small error type per call.

use std::fmt;
use std::io;
use std::time::Duration;

use cooee_net::{InterfaceSelector, InterfacesError, OpenError};
use cooee_proto::dnssd::instance_name::{InstanceName, InstanceNameError};
use cooee_proto::dnssd::service_type::ServiceTypeError;
use cooee_wire::{Name, NameError};

mod publish;
mod state_file;

pub use publish::{RegisterError, UpdateError};
pub use state_file::StateFileError;

/// Why [`Builder::build`](crate::Builder::build) failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The interfaces could not be listed, or none of them may be used.
    #[error(transparent)]
    Interfaces(#[from] InterfacesError),
    /// No socket could be opened on any of the chosen interfaces.
    #[error("no socket could be opened: {}", Failures(.failures))]
    Open {
        /// Each attempt, and why it failed. Never empty.
        failures: Vec<OpenError>,
    },
    /// The operating system has no means of waiting for sockets.
    #[error("waiting for sockets is not possible: {0}; is the limit of open files reached?")]
    Wait(io::Error),
    /// The driver's thread could not be started.
    #[error("the driver's thread could not be started: {0}; is the limit of threads reached?")]
    Thread(io::Error),
}

struct Failures<'a>(&'a [OpenError]);

impl fmt::Display for Failures<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, failure) in self.0.iter().enumerate() {
            let gap = if place == 0 { "" } else { "; " };
            write!(f, "{gap}{failure}")?;
        }
        Ok(())
    }
}

/// Why it is not possible to send a request to the driver or to wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The driver has shut down, with all of its requests.
    #[error("the Multicast DNS driver has shut down; create a new `Mdns`")]
    Stopped,
    /// The `Mdns` was created before this process was forked; the driver runs in the other process.
    #[error(
        "this process was forked after the `Mdns` was created, and does not have its thread; \
         create a new `Mdns`"
    )]
    Forked,
    /// This is a function that a driver calls, such as one that chooses names. The driver continues
    /// only when the function has returned.
    #[error("a function that the driver calls cannot wait for it; wait on another thread")]
    InCallback,
}

/// The driver does not use the named interface.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interface {given} is not in use; {}", InUse(.in_use))]
#[non_exhaustive]
pub struct UnknownInterface {
    /// The given value.
    pub given: InterfaceSelector,
    /// The names of the interfaces in use.
    pub in_use: Vec<String>,
}

struct InUse<'a>(&'a [String]);

impl fmt::Display for InUse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("none is"),
            names => write!(f, "in use: {}", names.join(", ")),
        }
    }
}

/// Why a browse did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BrowseError {
    /// The driver accepts no requests.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The interface is not in use.
    #[error(transparent)]
    Interface(#[from] UnknownInterface),
    /// The service type or the subtype is invalid.
    #[error(transparent)]
    ServiceType(#[from] ServiceTypeError),
}

/// Why a service was not resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The interface is not in use.
    #[error(transparent)]
    Interface(#[from] UnknownInterface),
    /// The service type is invalid.
    #[error(transparent)]
    ServiceType(#[from] ServiceTypeError),
    /// The instance name is invalid.
    #[error(transparent)]
    Name(#[from] InstanceNameError),
    /// The service says that it is not available: its SRV record names no host (RFC 2782).
    #[error("`{instance}` is not available: its SRV record names no host")]
    Unavailable {
        /// The service.
        instance: InstanceName,
    },
    /// No answer came in time.
    #[error(
        "`{instance}` was not resolved within {}: no such service answers here; \
         browse `{}` to see which do", Seconds(*.after), .instance.service_type()
    )]
    TimedOut {
        /// The service.
        instance: InstanceName,
        /// How long the call waited.
        after: Duration,
    },
}

/// Why a host or an address was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The interface is not in use.
    #[error(transparent)]
    Interface(#[from] UnknownInterface),
    /// The given value is not a host name for Multicast DNS.
    #[error(
        "`{given}` is not a host name to look up: {reason}; expected something like `printer.local`"
    )]
    Name {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host answered that it has no such address (RFC 6762 section 6.1).
    #[error("`{name}` says that it has no address of the wanted family")]
    NoAddress {
        /// The host.
        name: Name,
    },
    /// No answer came in time.
    #[error("`{asked}` was not found within {}: no host here answers for it", Seconds(*.after))]
    TimedOut {
        /// What was asked for.
        asked: String,
        /// How long the call waited.
        after: Duration,
    },
}

/// Why a query did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The driver accepts no requests.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The interface is not in use.
    #[error(transparent)]
    Interface(#[from] UnknownInterface),
    /// The name is invalid.
    #[error("`{given}` is not a name to query: {reason}")]
    Name {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: NameError,
    },
}

/// Why a monitor did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The driver accepts no requests.
    #[error(transparent)]
    Driver(#[from] DriverError),
    /// The interface is not in use.
    #[error(transparent)]
    Interface(#[from] UnknownInterface),
}

/// How long the call waited, in the one form that all messages use.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0.as_secs_f64())
    }
}

#[cfg(test)]
mod tests;
