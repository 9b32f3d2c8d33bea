//! What becomes of something published.
//!
//! In:  what the driver reports about it.
//! Out: [`Status`]; [`Goodbyes`], the report of a withdrawal. RFC 6762 sections 8 (probing and
//!      announcing), 9 (conflicts) and 10.1 (goodbyes).

use std::fmt;
use std::time::Duration;

use cooee_net::Family;
use cooee_proto::dnssd::instance_name::InstanceName;
use cooee_proto::transmit::SendFailure;
use cooee_wire::Name;

use super::service::InterfaceId;
use crate::error::RegisterError;

/// The status of something published.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(rename_all = "snake_case")
)]
#[non_exhaustive]
pub enum Status {
    /// A service has claimed its name on every link, and is being announced.
    Registered(InstanceName),
    /// A service's name is used by another host: the next one is being claimed. `Registered`
    /// follows.
    Renamed {
        /// The name that another host uses.
        old: InstanceName,
        /// The name that is tried now.
        new: InstanceName,
    },
    /// A host has claimed its name on every link, and is being announced.
    HostRegistered(Name),
    /// A host's name is used by another host, or the system has a new name for this host: the next
    /// one is being claimed. `HostRegistered` follows.
    HostRenamed {
        /// The name that it had or tried.
        old: Name,
        /// The name that is tried now.
        new: Name,
    },
    /// Records have claimed their name on every link, and are being announced.
    RecordRegistered,
    /// A service was changed eleven times within a minute. This change waits, and is sent together
    /// with later ones (RFC 6762 section 8.4). Reported once for all that wait.
    UpdateDelayed {
        /// How long from now.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::seconds"))]
        by: Duration,
    },
    /// After a minute of conflicts, no free name was found. This one is being tried, and the search
    /// continues (RFC 6762 section 9). Another host claims every name.
    Nameless(Name),
    /// Nothing leaves by this interface, or over one family of it, so nothing is published there;
    /// it is tried again and again, and claimed again once that works.
    ///
    /// For an interface as a whole, what is published on others is reported again after this;
    /// without others, `Registered` or its like follow when it works again. For one family, the
    /// hosts that use only that one do not hear of it; it comes before `Registered` if they never
    /// did.
    Waiting {
        /// The interface.
        interface: InterfaceId,
        /// The family; both if `None`.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::family"))]
        family: Option<Family>,
        /// Why nothing can be sent.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::text"))]
        why: SendFailure,
    },
    /// What was reported with `Waiting` is over: packets leave again, or the interface or its addresses
    /// of the family are gone.
    WaitingOver {
        /// The interface.
        interface: InterfaceId,
        /// The family; both if `None`.
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::family"))]
        family: Option<Family>,
    },
    /// Another host uses the name, and it was not to be changed: nothing is published any more.
    NameTaken(Name),
    /// It was not published at all.
    Failed(
        #[cfg_attr(feature = "serde", serde(serialize_with = "super::serialize::text"))]
        RegisterError,
    ),
    /// It was withdrawn, with goodbyes for what was announced of it.
    Withdrawn,
    /// The consumer read too slowly, and the oldest events were dropped.
    Lagged {
        /// How many.
        missed: u64,
    },
}

impl Status {
    /// Returns whether no event follows it.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::NameTaken(_) | Self::Failed(_) | Self::Withdrawn)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registered(instance) => write!(f, "registered {instance}"),
            Self::Renamed { old, new } => write!(f, "renamed {old} to {new}"),
            Self::HostRegistered(host) => write!(f, "registered host {host}"),
            Self::HostRenamed { old, new } => write!(f, "renamed host {old} to {new}"),
            Self::RecordRegistered => f.write_str("registered"),
            Self::UpdateDelayed { by } => write!(f, "update delayed by {} s", by.as_secs()),
            Self::Nameless(name) => write!(f, "no free name found yet; trying {name}"),
            Self::NameTaken(name) => write!(f, "name taken: {name}"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Withdrawn => f.write_str("withdrawn"),
            Self::Lagged { missed } => write!(f, "lagged: {missed} events were dropped"),
            Self::Waiting {
                interface,
                family: Some(family),
                why,
            } => write!(f, "waiting on {interface} over {family}: {why}"),
            Self::Waiting {
                interface,
                family: None,
                why,
            } => write!(f, "waiting on {interface}: {why}"),
            Self::WaitingOver {
                interface,
                family: Some(family),
            } => write!(f, "waiting no more on {interface} over {family}"),
            Self::WaitingOver {
                interface,
                family: None,
            } => write!(f, "waiting no more on {interface}"),
        }
    }
}

/// The goodbyes that were sent (RFC 6762 section 10.1).
///
/// Empty if nothing that was withdrawn had been announced, or if other registrations still need all
/// of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Goodbyes {
    /// Where they were sent, interface by interface.
    pub interfaces: Vec<GoodbyesOn>,
}

/// Writes how many datagrams were sent, and where.
impl fmt::Display for Goodbyes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("no goodbyes were sent");
        }
        f.write_str("goodbyes were sent: ")?;
        for (n, on) in self.interfaces.iter().enumerate() {
            let comma = if n > 0 { ", " } else { "" };
            let plural = if on.datagrams == 1 { "" } else { "s" };
            let (datagrams, interface) = (on.datagrams, &on.interface);
            write!(f, "{comma}{datagrams} datagram{plural} on {interface}")?;
        }
        Ok(())
    }
}

impl Goodbyes {
    /// Returns whether none was sent.
    pub fn is_empty(&self) -> bool {
        self.interfaces.is_empty()
    }

    /// Returns how many datagrams were sent.
    pub fn datagrams(&self) -> usize {
        self.interfaces.iter().map(|on| on.datagrams).sum()
    }
}

/// The goodbyes that were sent on one interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct GoodbyesOn {
    /// The interface.
    pub interface: InterfaceId,
    /// How many datagrams held a goodbye; IPv4 and IPv6 count separately.
    pub datagrams: usize,
    /// How many records had a goodbye, counted in each datagram.
    pub records: usize,
}

#[cfg(test)]
mod tests {
    use super::{Goodbyes, GoodbyesOn};
    use crate::event::service::InterfaceId;

    #[test]
    fn a_report_of_goodbyes_says_how_many_were_sent_where() {
        let on = |index, name: &str, datagrams| GoodbyesOn {
            interface: InterfaceId::new(index, name),
            datagrams,
            records: 4,
        };
        let report = |interfaces| Goodbyes { interfaces }.to_string();
        assert_eq!(report(vec![]), "no goodbyes were sent");
        assert_eq!(
            report(vec![on(2, "eth0", 1), on(3, "wlan0", 2)]),
            "goodbyes were sent: 1 datagram on eth0, 2 datagrams on wlan0"
        );
    }
}
