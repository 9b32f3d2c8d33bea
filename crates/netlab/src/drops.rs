//! Datagrams that the kernel dropped in a host.
//!
//! In:  `/proc` as seen from the host's network namespace; what the system grants a socket.
//! Out: counters of datagrams dropped because they were not read in time; the room there can be for
//!      them.

use std::fs;
use std::net::{Ipv4Addr, UdpSocket};

use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use nix::sys::socket::{getsockopt, setsockopt};

use crate::error::{Context, Result};
use crate::lab::Node;

/// Datagrams that arrived in a host and were dropped by the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drops {
    /// IPv4 and IPv6 datagrams for which a receive buffer had no room.
    pub receive_buffer: u64,
    /// IPv4 and IPv6 datagrams refused for other reasons, such as a wrong checksum.
    pub receive_errors: u64,
}

impl Drops {
    /// Reads the counters of `node` since it was made.
    pub fn of(node: &Node) -> Result<Self> {
        let (v4, v6) = node.enter(|| {
            let v4 = fs::read_to_string("/proc/thread-self/net/snmp");
            (v4, fs::read_to_string("/proc/thread-self/net/snmp6"))
        })?;
        let (v4, v6) = (v4.context("snmp")?, v6.unwrap_or_default());
        Ok(Self {
            receive_buffer: snmp(&v4, "RcvbufErrors") + snmp6(&v6, "Udp6RcvbufErrors"),
            receive_errors: snmp(&v4, "InErrors") + snmp6(&v6, "Udp6InErrors"),
        })
    }

    /// Returns what was dropped after `earlier` was read.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            receive_buffer: self.receive_buffer.saturating_sub(earlier.receive_buffer),
            receive_errors: self.receive_errors.saturating_sub(earlier.receive_errors),
        }
    }
}

/// Returns how many bytes of datagrams can wait for a program that asks for `bytes`. The kernel
/// counts more than their contents.
pub fn receive_buffer_granted(bytes: usize) -> Result<usize> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    // The first needs a privilege, and the second has a limit.
    setsockopt(&socket, RcvBufForce, &bytes).or_else(|_| setsockopt(&socket, RcvBuf, &bytes))?;
    Ok(getsockopt(&socket, RcvBuf)?)
}

/// Finds a counter of the `Udp:` group, whose names and values are on two lines.
fn snmp(text: &str, counter: &str) -> u64 {
    let mut lines = text.lines().filter(|line| line.starts_with("Udp:"));
    let (Some(names), Some(values)) = (lines.next(), lines.next()) else {
        return 0;
    };
    let mut pairs = names.split_whitespace().zip(values.split_whitespace());
    pairs
        .find(|(name, _)| *name == counter)
        .and_then(|(_, value)| value.parse().ok())
        .unwrap_or(0)
}

fn snmp6(text: &str, counter: &str) -> u64 {
    let mut pairs = text
        .lines()
        .filter_map(|line| line.split_once(char::is_whitespace));
    let found = pairs.find(|(name, _)| *name == counter);
    found
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
