//! Problems with which the driver starts or goes on.
//!
//! In:  errors and diagnostics of sockets, interfaces, files and the engine.
//! Out: [`Warning`], with a text form for people.

use std::fmt;
use std::io;

use cooee_net::{Family, OpenError};
use cooee_proto::transmit::SendFailure;

use super::service::InterfaceId;
use crate::error::StateFileError;

/// A problem with which the driver can start or go on, and its consequence.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// An interface was chosen although the default rule refuses it.
    Interface(cooee_net::Decision),
    /// A socket is open, but the system did not grant everything.
    Socket(cooee_net::Warning),
    /// A socket could not be opened; it is tried again.
    Open(OpenError),
    /// Interface changes are not followed.
    Changes(io::Error),
    /// The state file cannot be used, or not all of it.
    StateFile(StateFileError),
    /// Nothing can be sent on an interface, or over one of its address families. Cooee keeps
    /// trying. Names are published there once it works.
    Sending {
        /// The interface.
        interface: InterfaceId,
        /// The family; both if `None`.
        family: Option<Family>,
        /// The reason.
        why: SendFailure,
    },
    /// A problem reported as `Sending` is over.
    SendingWorks {
        /// The interface.
        interface: InterfaceId,
        /// The family; both if `None`.
        family: Option<Family>,
    },
    /// A host sent more than the rate limit allows, for the first time. The excess is dropped.
    RateLimited,
    /// So many hosts send that the rate limit will soon forget some of them.
    SourcesFilling {
        /// How many are remembered.
        tracked: usize,
        /// How many can be remembered.
        max: usize,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interface(decision) => {
                write!(
                    f,
                    "interface {}: {}",
                    decision.interface.name, decision.reason
                )
            }
            Self::Socket(warning) => fmt::Display::fmt(warning, f),
            Self::Open(error) => write!(f, "{error}; trying again later"),
            Self::StateFile(error) => fmt::Display::fmt(error, f),
            Self::Changes(error) => {
                write!(f, "changes of interfaces cannot be followed: {error}")
            }
            Self::Sending {
                interface,
                family,
                why,
            } => {
                let over = Over(*family);
                write!(f, "nothing can be sent on {}{over}: {why}", interface.name())
            }
            Self::SendingWorks { interface, family } => {
                let over = Over(*family);
                write!(f, "sending on {}{over} works again", interface.name())
            }
            Self::RateLimited => f.write_str(
                "a host sends more than the rate limit allows; the excess is dropped, the rest served",
            ),
            Self::SourcesFilling { tracked, max } => write!(
                f,
                "the rate limit remembers {tracked} hosts of at most {max}; \
                 when it is full the one heard longest ago is forgotten"
            ),
        }
    }
}

/// The family in a message, if it is only one.
struct Over(Option<Family>);

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |family| write!(f, " over {family}"))
    }
}
