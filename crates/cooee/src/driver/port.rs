//! The port, as the sockets and as the engine see it.
//!
//! In:  addresses with either. Out: the same with the other. RFC 6762 section 3.

use std::net::SocketAddr;

/// Returns the address with port `to` in place of `from`. Programs that use another port can so
/// behave as if it were 5353.
pub(super) fn exchange_port(mut address: SocketAddr, from: u16, to: u16) -> SocketAddr {
    if address.port() == from {
        address.set_port(to);
    }
    address
}

/// RFC 6762 section 3.
pub(super) const MDNS_PORT: u16 = 5353;
