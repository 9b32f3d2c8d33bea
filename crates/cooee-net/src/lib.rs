//! The operating-system layer for Multicast DNS: interfaces, sockets, changes and clocks.
//!
//! In:  the kernel's interface list, datagrams with their packet information, change notifications,
//!      clocks.
//! Out: plain values ([`Interface`], [`Received`], [`Decision`]), and small handles on which a
//!      driver can wait ([`MulticastSocket`], [`Watcher`]).
//!
//! This crate contains no DNS. It is the only crate of the project with `unsafe` code, and every
//! block states why it is sound.

#![allow(
    unsafe_code,
    reason = "system calls; the one crate of the project that may"
)]
#![deny(unsafe_op_in_unsafe_fn)]
#![warn(clippy::undocumented_unsafe_blocks)]

pub mod clock;
#[cfg(unix)]
mod control;
pub mod error;
pub mod facts;
mod file;
mod host;
pub mod interface;
#[cfg(target_os = "linux")]
mod netlink;
mod packet_info;
pub mod recv;
pub mod select;
pub mod send;
pub mod socket;
#[cfg(test)]
mod test_cable;
pub mod wait;
pub mod watch;

pub use clock::{Clock, ResumeDetector};
pub use error::{OpenError, Operation, Warning};
pub use facts::SystemFacts;
pub use file::open_regular;
pub use host::system_host_name;
pub use interface::{
    Family, Interface, InterfaceAddress, InterfaceFlags, InterfaceKind, interfaces,
};
pub use recv::{Received, RecvBatch};
pub use select::{
    Choice, Decision, InterfaceFilter, InterfaceSelector, InterfacesError, Reason, SelectError,
    SelectionRule, default_interfaces, select,
};
pub use send::{Destination, Outgoing, Refusal};
pub use socket::{
    MDNS_GROUP_V4, MDNS_GROUP_V6, MDNS_PORT, MulticastSocket, SocketOptions, port_is_shared,
};
pub use wait::{Alarm, Waited, Waiter};
pub use watch::{Damper, Watcher};
