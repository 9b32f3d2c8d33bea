//! What a diagnosis says: findings, and what was checked.
//!
//! In:  the results of the checks.
//! Out: [`Diagnosis`], plain data with a short text form.

use std::fmt;
use std::time::Duration;

use cooee_net::Family;

/// The result of [`Mdns::diagnose`](crate::Mdns::diagnose).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// The problems, the most severe first.
    pub findings: Vec<Finding>,
    /// Every check, in the order in which they were made.
    pub checks: Vec<CheckReport>,
    /// What was asked for the wanted name, if there was one ([`Diagnose::host`](crate::Diagnose::host),
    /// [`Diagnose::service`](crate::Diagnose::service)).
    pub search: Vec<SearchStep>,
    /// How long the network was observed; zero if no interface could be used.
    pub observed: Duration,
}

impl Diagnosis {
    /// Returns whether no check found a problem.
    ///
    /// A check that could not be made is no problem.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }
}

/// A problem, with what shows it and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The kind of problem. It does not change between versions.
    pub code: FindingCode,
    /// How much it hinders.
    pub severity: Severity,
    /// The interface, if the problem is there.
    pub interface: Option<String>,
    /// The address family, if the problem is of one only.
    pub family: Option<Family>,
    /// What is wrong, in one sentence.
    pub title: String,
    /// What was observed.
    pub evidence: Vec<String>,
    /// The likely cause.
    pub cause: String,
    /// What to do.
    pub help: Vec<String>,
}

impl Finding {
    pub(crate) fn new(code: FindingCode, title: String) -> Self {
        Self {
            severity: code.severity(),
            code,
            interface: None,
            family: None,
            title,
            evidence: Vec::new(),
            cause: String::new(),
            help: Vec::new(),
        }
    }

    pub(crate) fn on(mut self, interface: &str, family: Option<Family>) -> Self {
        (self.interface, self.family) = (Some(interface.to_owned()), family);
        self
    }

    pub(crate) fn shown_by(mut self, evidence: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: {}", self.severity, self.code, self.title)
    }
}

/// How much a problem hinders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Multicast DNS does not work here.
    Error,
    /// It works in part, or another host disturbs it.
    Warning,
}

impl Severity {
    /// Returns its name: `error` or `warning`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Declares the kinds of findings with their names and severities.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident $name:literal $severity:ident;)+) => {
        /// The kinds of problems.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FindingCode {
            $($(#[doc = $doc])+ $code,)+
        }

        impl FindingCode {
            /// Returns its name, such as `port-held`. Names do not change between versions.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)+
                }
            }

            /// Returns how much a problem of this kind hinders.
            pub fn severity(self) -> Severity {
                match self {
                    $(Self::$code => Severity::$severity,)+
                }
            }
        }
    };
}

codes! {
    /// No interface can be used.
    NoInterface "no-interface" Error;
    /// No interface is switched on.
    InterfaceDown "interface-down" Error;
    /// No interface has an address.
    NoAddress "no-address" Error;
    /// The only interfaces are VPNs or lead to containers.
    OnlyVpn "only-vpn" Error;
    /// An interface that is used has no cable or no radio link.
    NoCarrier "no-carrier" Error;
    /// Another program holds the port and does not share it.
    PortHeld "port-held" Error;
    /// A socket cannot be opened for another reason.
    SocketRefused "socket-refused" Error;
    /// The system is not a member of the multicast group.
    GroupMissing "group-missing" Error;
    /// The system refuses to send to the group.
    SendingRefused "sending-refused" Error;
    /// What is sent to the group does not come back.
    NothingReturns "nothing-returns" Error;
    /// Multicasts of other hosts do not arrive, but their unicasts do.
    MulticastLost "multicast-lost" Error;
    /// Unicast answers do not arrive, but multicasts do.
    UnicastBlocked "unicast-blocked" Warning;
    /// Another program on this host takes the unicasts.
    UnicastTaken "unicast-taken" Warning;
    /// The kernel dropped datagrams because they were not read in time.
    DatagramsDropped "datagrams-dropped" Warning;
    /// Another host has our host name.
    HostNameTaken "host-name-taken" Error;
    /// Another program on this host answers for our host name with other addresses.
    HostNameDiffers "host-name-differs" Warning;
    /// Two hosts have one name.
    NameClaimedTwice "name-claimed-twice" Warning;
    /// A host sends too many packets.
    Flood "flood" Warning;
    /// A host outside of the subnets of the link answers.
    OffLink "off-link" Warning;
    /// A packet comes again from another host.
    Reflector "reflector" Warning;
    /// The name is only on an interface that is not used.
    OnRefusedInterface "on-refused-interface" Error;
    /// The name was not found.
    NotFound "not-found" Error;
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A check, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckReport {
    /// What was checked, such as `multicast round trip`.
    pub check: &'static str,
    /// The outcome.
    pub outcome: CheckOutcome,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckOutcome {
    /// No problem was found; what was seen.
    Passed(String),
    /// Problems were found; how many.
    Failed(usize),
    /// The check could not be made; why.
    NotPossible(String),
}

/// A question for a name that is wanted, and its answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchStep {
    /// What was asked for, such as `SRV records of Front Door._http._tcp.local`.
    pub asked: String,
    /// How long answers were waited for.
    pub waited: Duration,
    /// The answers, in the order in which they came.
    pub answers: Vec<SearchAnswer>,
}

/// An answer to a question for a name that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchAnswer {
    /// The record's type and data.
    pub text: String,
    /// The interface on which it was received.
    pub interface: String,
    /// How long after the question it was received.
    pub after: Duration,
}
