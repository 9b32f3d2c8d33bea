//! Flags, interfaces and protocols as Avahi's clients give them, and the flags of results.
//!
//! In:  numbers.
//! Out: sets of named bits; [`Scope`], an interface and a family that have been checked.

use cooee::Family;

use super::error::ErrorCode;

macro_rules! bits {
    ($(#[doc = $doc:literal])* $set:ident { $(#[doc = $bit_doc:literal] $bit:ident = $value:literal;)+ }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $set(u32);

        impl $set {
            /// No flag.
            pub const NONE: Self = Self(0);
            $(#[doc = $bit_doc] pub const $bit: Self = Self($value);)+

            /// Creates a set from a client's number, with whatever bits.
            pub const fn from_bits(bits: u32) -> Self {
                Self(bits)
            }

            /// Returns the number.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Returns the flags of both.
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Returns the flags that another set does not have.
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// Returns whether it has all flags of another set.
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Returns whether it has no flags but those of another set.
            pub const fn is_within(self, allowed: Self) -> bool {
                self.0 & !allowed.0 == 0
            }
        }
    };
}

bits! {
    /// How something is published.
    PublishFlags {
        /// The record is unique: it is probed for.
        UNIQUE = 1;
        /// It is not probed for.
        NO_PROBE = 2;
        /// It is not announced.
        NO_ANNOUNCE = 4;
        /// Several local records of the key are allowed, although they are unique.
        ALLOW_MULTIPLE = 8;
        /// No reverse record is published for an address.
        NO_REVERSE = 16;
        /// The cookie is not added to the TXT record.
        NO_COOKIE = 32;
        /// What is there is replaced.
        UPDATE = 64;
        /// Publish by unicast DNS, which is not supported.
        USE_WIDE_AREA = 128;
        /// Publish by multicast DNS.
        USE_MULTICAST = 256;
    }
}

bits! {
    /// How something is looked up.
    LookupFlags {
        /// Ask by unicast DNS.
        USE_WIDE_AREA = 1;
        /// Ask by multicast DNS.
        USE_MULTICAST = 2;
        /// Do not ask for a TXT record.
        NO_TXT = 4;
        /// Do not ask for an address.
        NO_ADDRESS = 8;
    }
}

bits! {
    /// Where a result comes from.
    ResultFlags {
        /// From the cache.
        CACHED = 1;
        /// From unicast DNS.
        WIDE_AREA = 2;
        /// From multicast DNS.
        MULTICAST = 4;
        /// Published by this daemon.
        LOCAL = 8;
        /// Published by the same client.
        OUR_OWN = 16;
        /// From the configuration.
        STATIC = 32;
    }
}

/// The interface and the family to which a call is limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// The interface's index; every interface if `None`. 0 is allowed, and is no interface.
    pub interface: Option<u32>,
    /// The family of the packets; both if `None`.
    pub protocol: Option<Family>,
}

impl Scope {
    /// Reads the two numbers of a call, in the order in which Avahi checks them.
    ///
    /// # Errors
    ///
    /// Returns `InvalidInterface` or `InvalidInterfaceProtocol`.
    pub fn read(interface: i32, protocol: i32) -> Result<Self, ErrorCode> {
        Ok(Self {
            interface: read_interface(interface)?,
            protocol: read_protocol(protocol)?,
        })
    }
}

/// Reads an interface: its index, or -1 for any.
///
/// # Errors
///
/// Returns `InvalidInterface`.
pub fn read_interface(interface: i32) -> Result<Option<u32>, ErrorCode> {
    match (interface, u32::try_from(interface)) {
        (ANY, _) => Ok(None),
        (_, Ok(index)) => Ok(Some(index)),
        (_, Err(_)) => Err(ErrorCode::InvalidInterface),
    }
}

/// Reads a protocol: 0 is IPv4, 1 is IPv6, -1 is any.
///
/// # Errors
///
/// Returns `InvalidInterfaceProtocol`.
pub fn read_protocol(protocol: i32) -> Result<Option<Family>, ErrorCode> {
    match protocol {
        ANY => Ok(None),
        0 => Ok(Some(Family::V4)),
        1 => Ok(Some(Family::V6)),
        _ => Err(ErrorCode::InvalidInterfaceProtocol),
    }
}

/// Returns the number of a family.
pub fn protocol_number(family: Family) -> i32 {
    match family {
        Family::V4 => 0,
        Family::V6 => 1,
    }
}

/// Any interface, or any protocol.
pub const ANY: i32 = -1;
