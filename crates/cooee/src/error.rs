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

/// Lets `?` turn an error into the variant that holds it.
macro_rules! variants {
    ($($error:ident: $($variant:ident($inner:ty)),+;)+) => {
        $($(
            impl From<$inner> for $error {
                fn from(error: $inner) -> Self {
                    Self::$variant(error)
                }
            }
        )+)+
    };
}
pub(crate) use variants;

pub use publish::{RegisterError, UpdateError};
pub use state_file::StateFileError;

/// Why [`Builder::build`](crate::Builder::build) failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The interfaces could not be listed, or none of them may be used.
    Interfaces(InterfacesError),
    /// No socket could be opened on any of the chosen interfaces.
    Open {
        /// Each attempt, and why it failed. Never empty.
        failures: Vec<OpenError>,
    },
    /// The operating system has no means of waiting for sockets.
    Wait(io::Error),
    /// The driver's thread could not be started.
    Thread(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interfaces(error) => error.fmt(f),
            Self::Open { failures } => {
                write!(f, "no socket could be opened: {}", Failures(failures))
            }
            Self::Wait(error) => write!(
                f,
                "waiting for sockets is not possible: {error}; is the limit of open files reached?"
            ),
            Self::Thread(error) => write!(
                f,
                "the driver's thread could not be started: {error}; is the limit of threads \
                 reached?"
            ),
        }
    }
}

impl std::error::Error for StartError {}

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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriverError {
    /// The driver has shut down, with all of its requests.
    Stopped,
    /// The `Mdns` was created before this process was forked; the driver runs in the other process.
    Forked,
    /// This is a function that a driver calls, such as one that chooses names. The driver continues
    /// only when the function has returned.
    InCallback,
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped => {
                f.write_str("the Multicast DNS driver has shut down; create a new `Mdns`")
            }
            Self::Forked => f.write_str(
                "this process was forked after the `Mdns` was created, and does not have its \
                 thread; create a new `Mdns`",
            ),
            Self::InCallback => f.write_str(
                "a function that the driver calls cannot wait for it; wait on another thread",
            ),
        }
    }
}

impl std::error::Error for DriverError {}

/// The driver does not use the named interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownInterface {
    /// The given value.
    pub given: InterfaceSelector,
    /// The names of the interfaces in use.
    pub in_use: Vec<String>,
}

impl fmt::Display for UnknownInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, in_use } = self;
        write!(f, "interface {given} is not in use; {}", InUse(in_use))
    }
}

impl std::error::Error for UnknownInterface {}

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
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrowseError {
    /// The driver accepts no requests.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
    /// The service type or the subtype is invalid.
    ServiceType(ServiceTypeError),
}

impl fmt::Display for BrowseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
            Self::ServiceType(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BrowseError {}

/// Why a service was not resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
    /// The service type is invalid.
    ServiceType(ServiceTypeError),
    /// The instance name is invalid.
    Name(InstanceNameError),
    /// The service says that it is not available: its SRV record names no host (RFC 2782).
    Unavailable {
        /// The service.
        instance: InstanceName,
    },
    /// No answer came in time.
    TimedOut {
        /// The service.
        instance: InstanceName,
        /// How long the call waited.
        after: Duration,
    },
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
            Self::ServiceType(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::Unavailable { instance } => write!(
                f,
                "`{instance}` is not available: its SRV record names no host"
            ),
            Self::TimedOut { instance, after } => write!(
                f,
                "`{instance}` was not resolved within {}: no such service answers here; browse `{}` \
                 to see which do",
                Seconds(*after),
                instance.service_type()
            ),
        }
    }
}

impl std::error::Error for ResolveError {}

/// Why a host or an address was not found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
    /// The given value is not a host name for Multicast DNS.
    Name {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The host answered that it has no such address (RFC 6762 section 6.1).
    NoAddress {
        /// The host.
        name: Name,
    },
    /// No answer came in time.
    TimedOut {
        /// What was asked for.
        asked: String,
        /// How long the call waited.
        after: Duration,
    },
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
            Self::Name { given, reason } => write!(
                f,
                "`{given}` is not a host name to look up: {reason}; expected something like \
                 `printer.local`"
            ),
            Self::NoAddress { name } => write!(
                f,
                "`{name}` says that it has no address of the wanted family"
            ),
            Self::TimedOut { asked, after } => {
                let after = Seconds(*after);
                write!(
                    f,
                    "`{asked}` was not found within {after}: no host here answers for it"
                )
            }
        }
    }
}

impl std::error::Error for LookupError {}

/// Why a query did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryError {
    /// The driver accepts no requests.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
    /// The name is invalid.
    Name {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: NameError,
    },
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
            Self::Name { given, reason } => write!(f, "`{given}` is not a name to query: {reason}"),
        }
    }
}

impl std::error::Error for QueryError {}

/// Why a monitor did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MonitorError {
    /// The driver accepts no requests.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
}

impl fmt::Display for MonitorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MonitorError {}

variants! {
    StartError: Interfaces(InterfacesError);
    BrowseError: Driver(DriverError), Interface(UnknownInterface), ServiceType(ServiceTypeError);
    ResolveError: Driver(DriverError), Interface(UnknownInterface), ServiceType(ServiceTypeError),
        Name(InstanceNameError);
    LookupError: Driver(DriverError), Interface(UnknownInterface);
    QueryError: Driver(DriverError), Interface(UnknownInterface);
    MonitorError: Driver(DriverError), Interface(UnknownInterface);
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
