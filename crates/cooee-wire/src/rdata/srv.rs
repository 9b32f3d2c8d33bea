//! SRV: the host and port of a service.
//!
//! In:  record data, or priority, weight, port and target.
//! Out: [`SrvRef`] and [`Srv`]. RFC 2782, RFC 6762 section 18.14.

use crate::name::{Name, NameRef};

/// The data of an SRV record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Srv {
    /// Lower values are tried first.
    pub priority: u16,
    /// The share among equal priorities.
    pub weight: u16,
    /// The port of the service.
    pub port: u16,
    /// The host that offers the service.
    pub target: Name,
}

/// The data of an SRV record, borrowed from the message.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.14
//# Since all Multicast DNS implementations were
//# created after 1996, all Multicast DNS implementations are REQUIRED to
//# decode compressed SRV records correctly.
#[derive(Copy, Clone, Debug)]
pub struct SrvRef<'a> {
    /// Lower values are tried first.
    pub priority: u16,
    /// The share among equal priorities.
    pub weight: u16,
    /// The port of the service.
    pub port: u16,
    /// The host that offers the service.
    pub target: NameRef<'a>,
}

impl Srv {
    /// The length of the data before the target.
    pub(crate) const FIXED_LEN: usize = 6;

    /// Returns the data before the target.
    #[inline]
    pub(crate) const fn fixed(&self) -> [u8; Self::FIXED_LEN] {
        let [p0, p1] = self.priority.to_be_bytes();
        let [w0, w1] = self.weight.to_be_bytes();
        let [o0, o1] = self.port.to_be_bytes();
        [p0, p1, w0, w1, o0, o1]
    }
}

impl SrvRef<'_> {
    #[inline]
    pub(crate) fn matches(&self, srv: &Srv) -> bool {
        (self.priority, self.weight, self.port) == (srv.priority, srv.weight, srv.port)
            && self.target.matches(&srv.target)
    }
}

/// Packs the fixed fields for hashing.
#[inline]
pub(crate) const fn fixed_word(priority: u16, weight: u16, port: u16) -> u64 {
    (priority as u64) << 32 | (weight as u64) << 16 | port as u64
}
