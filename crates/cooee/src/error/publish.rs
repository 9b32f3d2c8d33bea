//! Errors of publishing, reported before anything is sent where possible.
//!
//! In:  the caller's arguments, the engine's refusals, names of other hosts.
//! Out: [`RegisterError`], [`UpdateError`].

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use cooee_proto::dnssd::host_name::HostNameError;
use cooee_proto::dnssd::instance_name::InstanceNameError;
use cooee_proto::dnssd::service_type::ServiceTypeError;
use cooee_proto::dnssd::txt::TxtError;
use cooee_proto::dnssd::{PublishError, Unreachable};
use cooee_wire::Name;

use super::{DriverError, Seconds, UnknownInterface, variants};

/// Why something was not published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    Driver(DriverError),
    /// The interface is not in use.
    Interface(UnknownInterface),
    /// The instance name is invalid.
    Name(InstanceNameError),
    /// The service type or a subtype is invalid, or the type breaks a rule for service names, which
    /// [`Registration::any_type`](crate::Registration::any_type) allows.
    ServiceType(ServiceTypeError),
    /// The attributes do not form a TXT record.
    Txt(TxtError),
    /// The host name is invalid.
    Host {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No record can be published under this name.
    Record {
        /// The given value.
        given: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No host can have this address.
    Address {
        /// The given value.
        ip: IpAddr,
        /// The kind of address.
        reason: Unreachable,
    },
    /// A host was given no address.
    NoAddress {
        /// The host.
        given: String,
    },
    /// The engine refuses it: a record is too large, or there are too many.
    Refused(PublishError),
    /// Another host, or another registration of this one, uses the name, and it was not to be
    /// changed. Nothing is published.
    NameTaken {
        /// The name.
        name: Name,
    },
    /// The name was not claimed in time. Nothing is published.
    TimedOut {
        /// The name.
        name: Name,
        /// How long the call waited.
        after: Duration,
    },
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Interface(error) => error.fmt(f),
            Self::Name(error) => error.fmt(f),
            Self::ServiceType(error) => write!(f, "{error}{}", way_out(error)),
            Self::Txt(error) => error.fmt(f),
            Self::Host { given, reason } => write!(
                f,
                "`{given}` is not a host name to publish: {reason}; expected something like \
                 `printer.local`"
            ),
            Self::Record { given, reason } => {
                write!(f, "cannot publish a record under `{given}`: {reason}")
            }
            Self::Address { ip, reason } => {
                write!(f, "`{ip}` is not the address of a host: {reason}")
            }
            Self::NoAddress { given } => {
                write!(f, "`{given}` has no address to publish: give at least one")
            }
            Self::Refused(error) => error.fmt(f),
            Self::NameTaken { name } => write!(
                f,
                "`{name}` belongs to another host; choose another name, or allow a rename"
            ),
            Self::TimedOut { name, after } => write!(
                f,
                "`{name}` was not claimed within {}: no interface has an address, or other hosts \
                 dispute the name",
                Seconds(*after)
            ),
        }
    }
}

impl std::error::Error for RegisterError {}

variants! {
    RegisterError: Driver(DriverError), Interface(UnknownInterface), Name(InstanceNameError),
        ServiceType(ServiceTypeError), Txt(TxtError);
    UpdateError: Driver(DriverError), Txt(TxtError), Refused(PublishError);
}

/// Returns what allows a service type that is refused.
fn way_out(error: &ServiceTypeError) -> &'static str {
    match error {
        ServiceTypeError::ServiceName { .. } => "; `Registration::any_type` allows it",
        ServiceTypeError::Form { .. }
        | ServiceTypeError::Swapped { .. }
        | ServiceTypeError::Subtype { .. }
        | _ => "",
    }
}

impl From<PublishError> for RegisterError {
    fn from(error: PublishError) -> Self {
        use cooee_proto::RegisterError as Engine;
        match error {
            PublishError::Instance(error) => Self::Name(error),
            PublishError::ServiceType(error) => Self::ServiceType(error),
            PublishError::HostName { name } => Self::Host {
                given: name.to_string(),
                reason: HostNameError::NotOneLabel.to_string(),
            },
            PublishError::Register(Engine::NameTaken { name }) => Self::NameTaken { name },
            other @ (PublishError::Register(_) | PublishError::Unknown | _) => Self::Refused(other),
        }
    }
}

/// Why something published was not changed, or not in time.
///
/// Except for [`UpdateError::TimedOut`], it stays as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError {
    /// The driver accepts no requests, or it is not possible to wait for it.
    Driver(DriverError),
    /// The attributes do not form a TXT record.
    Txt(TxtError),
    /// A record cannot be published.
    Record {
        /// What is wrong with it.
        reason: String,
    },
    /// The engine refuses it: nothing is published any more, or a record is too large.
    Refused(PublishError),
    /// The change was accepted, but not announced in time; it will be announced as soon as
    /// possible.
    TimedOut {
        /// How long the call waited.
        after: Duration,
    },
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Txt(error) => error.fmt(f),
            Self::Record { reason } => f.write_str(reason),
            Self::Refused(error) => error.fmt(f),
            Self::TimedOut { after } => write!(
                f,
                "the change was not announced within {}: it came too soon after ten others, or the \
                 name is disputed; it is announced when that has passed",
                Seconds(*after)
            ),
        }
    }
}

impl std::error::Error for UpdateError {}
