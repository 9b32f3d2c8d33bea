//! The answers, byte by byte.
//!
//! In:  what was found, or what went wrong.
//! Out: lines as avahi-daemon writes them.

use std::net::IpAddr;

use cooee::Family;

use crate::avahi::error::ErrorCode;
use crate::avahi::flags::protocol_number;

/// Where an answer came from: the index of the interface, and the family of the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct From {
    /// The interface's index.
    pub index: u32,
    /// The family.
    pub transport: Family,
}

/// Answers `HELP`.
pub const HELP: &[u8] = b"+ Available commands are:
+      RESOLVE-HOSTNAME <hostname>
+      RESOLVE-HOSTNAME-IPV6 <hostname>
+      RESOLVE-HOSTNAME-IPV4 <hostname>
+      RESOLVE-ADDRESS <address>
+      BROWSE-DNS-SERVERS
+      BROWSE-DNS-SERVERS-IPV4
+      BROWSE-DNS-SERVERS-IPV6
";

/// Begins the answer to `BROWSE-DNS-SERVERS`.
pub const BROWSING: &[u8] = b"+ Browsing ...\n";

/// Answers with the address of a host.
pub fn host(from: From, name: &str, ip: IpAddr) -> Vec<u8> {
    let (index, protocol) = from.numbers();
    format!("+ {index} {protocol} {name} {ip}\n").into_bytes()
}

/// Answers with the name of an address.
pub fn name(from: From, name: &str) -> Vec<u8> {
    let (index, protocol) = from.numbers();
    format!("+ {index} {protocol} {name}\n").into_bytes()
}

/// Reports a DNS server that is there, or gone.
pub fn dns_server(is_there: bool, from: From, ip: IpAddr, port: u16) -> Vec<u8> {
    let (index, protocol) = from.numbers();
    let sign = if is_there { '>' } else { '<' };
    format!("{sign} {index} {protocol} {ip} {port}\n").into_bytes()
}

/// Answers that something failed.
pub fn failure(error: ErrorCode) -> Vec<u8> {
    with_number(error, error.text().as_bytes())
}

/// Answers to an empty line.
pub fn unreadable() -> Vec<u8> {
    let text = b"Failed to parse command, try \"HELP\".";
    with_number(ErrorCode::InvalidOperation, text)
}

/// Answers to a command that does not exist, or lacks its argument.
pub fn invalid_command(command: &[u8]) -> Vec<u8> {
    let text = [b"Invalid command \"", command, b"\", try \"HELP\"."].concat();
    with_number(ErrorCode::InvalidOperation, &text)
}

/// Answers to what is not an address.
pub fn not_an_address(given: &[u8]) -> Vec<u8> {
    let text = [b"Failed to parse address \"", given, b"\"."].concat();
    with_number(ErrorCode::InvalidAddress, &text)
}

fn with_number(error: ErrorCode, text: &[u8]) -> Vec<u8> {
    let number = format!("{:+} ", error.number());
    [number.as_bytes(), text, b"\n"].concat()
}

impl From {
    fn numbers(self) -> (u32, i32) {
        (self.index, protocol_number(self.transport))
    }
}
