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
    /// A check that could not be made is no problem, and neither is a note.
    pub fn is_healthy(&self) -> bool {
        !self.findings.iter().any(Finding::is_problem)
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
    /// Which host or name it is about, if there may be several findings of the kind.
    pub(crate) subject: String,
}

impl Finding {
    /// Returns whether it is an error or a warning, and not a note.
    pub fn is_problem(&self) -> bool {
        self.severity != Severity::Note
    }

    /// Returns whether another finding is about the same problem. Its words may differ, for example
    /// in a rate.
    pub fn is_same(&self, other: &Self) -> bool {
        self.code == other.code
            && self.interface == other.interface
            && self.family == other.family
            && self.subject == other.subject
    }

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
            subject: String::new(),
        }
    }

    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = subject.into();
        self
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
    /// It works; something is unusual or against a rule.
    Note,
}

impl Severity {
    /// Returns its name: `error`, `warning` or `note`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
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
    /// Multicasts of other hosts were heard for minutes and then stopped, and their unicasts arrive.
    NoQuerier "no-querier" Error;
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
    /// A name breaks a rule, or many programs cannot use it.
    OddName "odd-name" Note;
    /// The C library should ask a module for names that is not installed.
    NssModuleMissing "nss-module-missing" Warning;
    /// A module for names under `.local` is installed and not asked.
    NssModuleUnused "nss-module-unused" Note;
    /// The access point possibly lets no multicast pass between its clients.
    ClientIsolation "client-isolation" Warning;
    /// The clock was set, or the machine slept.
    ClockJumped "clock-jumped" Warning;
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
    /// Only notes were made; how many.
    Noted(usize),
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
    /// Other records that came instead, such as other services of the type. At most 8.
    pub others: Vec<SearchAnswer>,
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
