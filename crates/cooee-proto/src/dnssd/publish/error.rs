//! Why something cannot be published.
//!
//! In:  problems of a name or a type; refusals of the engine.
//! Out: [`PublishError`]. RFC 6763 sections 4.1 and 7.

use cooee_wire::{Name, RecordType};

use super::super::instance_name::InstanceNameError;
use super::super::service_type::ServiceTypeError;
use super::fit::RecordError;
use crate::registrations::RegisterError;

/// Why something cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublishError {
    /// The instance name is invalid.
    Instance(InstanceNameError),
    /// The service type cannot be published; see
    /// [`ServiceSpec::any_type`](super::ServiceSpec::any_type).
    ServiceType(ServiceTypeError),
    /// The records cannot be registered.
    Register(RegisterError),
    /// The host name is not one label under `local`.
    HostName {
        /// The given value.
        name: Name,
    },
    /// A record cannot be published on its own.
    Record(RecordError),
    /// A further record is of a type that a service or a host can have only once, or not at all.
    ExtraRecord {
        /// The type.
        rtype: RecordType,
    },
    /// There is no such request, or it publishes something else.
    Unknown,
}

impl From<InstanceNameError> for PublishError {
    fn from(error: InstanceNameError) -> Self {
        Self::Instance(error)
    }
}

impl From<ServiceTypeError> for PublishError {
    fn from(error: ServiceTypeError) -> Self {
        Self::ServiceType(error)
    }
}

impl From<RecordError> for PublishError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<RegisterError> for PublishError {
    fn from(error: RegisterError) -> Self {
        Self::Register(error)
    }
}

impl core::fmt::Display for PublishError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Instance(error) => core::fmt::Display::fmt(error, f),
            Self::ServiceType(error) => core::fmt::Display::fmt(error, f),
            Self::Record(error) => core::fmt::Display::fmt(error, f),
            Self::Register(error) => core::fmt::Display::fmt(error, f),
            Self::HostName { name } => {
                write!(
                    f,
                    "`{name}` is not a host name: expected one label, as in `printer.local`"
                )
            }
            Self::ExtraRecord { rtype } => {
                write!(
                    f,
                    "a record of type {rtype} cannot be added to a service or a host"
                )
            }
            Self::Unknown => f.write_str("nothing is published by this request any more"),
        }
    }
}

impl core::error::Error for PublishError {}
