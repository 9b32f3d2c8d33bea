//! The states that Avahi reports: of the server, and of entry groups.
//!
//! In:  what has become of names.
//! Out: the numbers on D-Bus.

/// The state of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum ServerState {
    /// Nothing is known yet.
    Invalid = 0,
    /// The host name is being claimed.
    Registering = 1,
    /// The host name is claimed.
    Running = 2,
    /// Another host uses the name.
    Collision = 3,
    /// The server does not work.
    Failure = 4,
}

/// The state of an entry group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum GroupState {
    /// It was not committed, or was reset.
    Uncommitted = 0,
    /// Its names are being claimed.
    Registering = 1,
    /// Everything in it is announced.
    Established = 2,
    /// Another host uses one of its names.
    Collision = 3,
    /// It could not be published.
    Failure = 4,
}

/// Which domains a domain browser looks for (RFC 6763 section 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DomainBrowserKind {
    /// Domains to browse.
    Browse,
    /// The default domain to browse.
    BrowseDefault,
    /// Domains in which to register.
    Register,
    /// The default domain in which to register.
    RegisterDefault,
    /// Domains that are browsed automatically.
    BrowseLegacy,
}

impl ServerState {
    /// Returns its number on D-Bus.
    pub fn number(self) -> i32 {
        self as i32
    }
}

impl GroupState {
    /// Returns its number on D-Bus.
    pub fn number(self) -> i32 {
        self as i32
    }
}

impl DomainBrowserKind {
    /// Reads the number of a client.
    pub fn from_number(number: i32) -> Option<Self> {
        match number {
            0 => Some(Self::Browse),
            1 => Some(Self::BrowseDefault),
            2 => Some(Self::Register),
            3 => Some(Self::RegisterDefault),
            4 => Some(Self::BrowseLegacy),
            _ => None,
        }
    }

    /// Returns the first label of the name that is asked for.
    pub fn label(self) -> &'static str {
        match self {
            Self::Browse => "b",
            Self::BrowseDefault => "db",
            Self::Register => "r",
            Self::RegisterDefault => "dr",
            Self::BrowseLegacy => "lb",
        }
    }
}
