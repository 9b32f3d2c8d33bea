//! The grammar of a line.
//!
//! In:  the bytes of a line, without its end.
//! Out: a [`Request`], or the answer that refuses it.
//!
//! Avahi reads with C's `sscanf`: words are separated by any white space, the first one has at most
//! 63 bytes, and what follows is the second one, of at most 1,013 bytes. The rest does not count.

use std::net::IpAddr;

use cooee::{Family, Name};

use super::answer::{failure, invalid_command, not_an_address, unreadable};
use crate::avahi::check::fqdn;
use crate::avahi::error::ErrorCode;

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// `HELP`.
    Help,
    /// `RESOLVE-HOSTNAME` and its siblings.
    Host {
        /// The full name.
        name: Name,
        /// The family; either if `None`.
        family: Option<Family>,
    },
    /// `RESOLVE-ADDRESS`.
    Address(IpAddr),
    /// `BROWSE-DNS-SERVERS` and its siblings.
    DnsServers {
        /// The family of the addresses; either if `None`.
        family: Option<Family>,
    },
}

/// Reads a line.
///
/// # Errors
///
/// Returns the whole answer to a line that cannot be served.
pub fn read(line: &[u8]) -> Result<Request, Vec<u8>> {
    // A C string ends at the first NUL.
    let line = line.split(|byte| *byte == 0).next().unwrap_or_default();
    let (command, rest) = word(line, COMMAND_BYTES_MAX);
    let (argument, _) = word(rest, ARGUMENT_BYTES_MAX);
    let (name, family) = split_family(command);
    if command.is_empty() {
        return Err(unreadable());
    }
    match (name, argument.is_empty()) {
        (b"HELP", _) if family.is_none() => Ok(Request::Help),
        (b"RESOLVE-HOSTNAME", false) => host(argument, family),
        (b"RESOLVE-ADDRESS", false) if family.is_none() => address(argument),
        (b"BROWSE-DNS-SERVERS", true) => Ok(Request::DnsServers { family }),
        _ => Err(invalid_command(command)),
    }
}

fn host(argument: &[u8], family: Option<Family>) -> Result<Request, Vec<u8>> {
    let text = std::str::from_utf8(argument).map_err(|_| failure(ErrorCode::InvalidHostName))?;
    let name = fqdn(text).map_err(failure)?;
    Ok(Request::Host { name, family })
}

fn address(argument: &[u8]) -> Result<Request, Vec<u8>> {
    let ip = std::str::from_utf8(argument).ok().map(str::parse);
    match ip {
        Some(Ok(ip)) => Ok(Request::Address(ip)),
        Some(Err(_)) | None => Err(not_an_address(argument)),
    }
}

/// Returns a command without the family at its end, and the family.
fn split_family(command: &[u8]) -> (&[u8], Option<Family>) {
    let families = [(&b"-IPV4"[..], Family::V4), (b"-IPV6", Family::V6)];
    for (end, family) in families {
        if let Some(name) = command.strip_suffix(end) {
            return (name, Some(family));
        }
    }
    (command, None)
}

/// Returns the first word, cut after so many bytes, and what follows.
fn word(text: &[u8], bytes_max: usize) -> (&[u8], &[u8]) {
    let start = text.iter().position(|byte| !is_space(*byte));
    let text = start
        .and_then(|start| text.get(start..))
        .unwrap_or_default();
    let space = text.iter().position(|byte| is_space(*byte));
    let end = space.unwrap_or(text.len()).min(bytes_max);
    text.split_at_checked(end).unwrap_or((text, b""))
}

/// Returns whether a byte is white space for C's `isspace`.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

const COMMAND_BYTES_MAX: usize = 63;
const ARGUMENT_BYTES_MAX: usize = 1_013;

#[cfg(test)]
mod tests {
    use super::{Request, read};
    use cooee::Family;

    fn refused(line: &[u8]) -> String {
        String::from_utf8_lossy(&read(line).unwrap_err()).into_owned()
    }

    fn host(name: &str, family: Option<Family>) -> Result<Request, Vec<u8>> {
        let name = name.parse().unwrap();
        Ok(Request::Host { name, family })
    }

    #[test]
    fn words_are_separated_by_any_white_space_and_further_ones_do_not_count() {
        assert_eq!(read(b"HELP"), Ok(Request::Help));
        assert_eq!(read(b" \t HELP me\r"), Ok(Request::Help));
        let either = host("box.local", None);
        assert_eq!(read(b"RESOLVE-HOSTNAME box.local"), either);
        assert_eq!(read(b"RESOLVE-HOSTNAME\x0bbox.local. now"), either);
        let v6 = host("box.local", Some(Family::V6));
        assert_eq!(read(b"RESOLVE-HOSTNAME-IPV6 box.local\r"), v6);
        let address = Request::Address([10, 0, 0, 1].into());
        assert_eq!(read(b"RESOLVE-ADDRESS 10.0.0.1"), Ok(address));
        let family = Some(Family::V4);
        assert_eq!(
            read(b"BROWSE-DNS-SERVERS-IPV4"),
            Ok(Request::DnsServers { family })
        );
    }

    #[test]
    fn what_cannot_be_served_is_refused_in_avahis_words() {
        let unreadable = "-21 Failed to parse command, try \"HELP\".\n";
        assert_eq!(refused(b""), unreadable);
        assert_eq!(refused(b" \r"), unreadable);
        assert_eq!(refused(b"\0HELP"), unreadable);
        let invalid = |word: &str| format!("-21 Invalid command \"{word}\", try \"HELP\".\n");
        assert_eq!(refused(b"help"), invalid("help"));
        assert_eq!(refused(b"-IPV4"), invalid("-IPV4"));
        assert_eq!(refused(b"HELP-IPV4"), invalid("HELP-IPV4"));
        assert_eq!(refused(b"RESOLVE-HOSTNAME"), invalid("RESOLVE-HOSTNAME"));
        assert_eq!(
            refused(b"RESOLVE-ADDRESS-IPV4 ::"),
            invalid("RESOLVE-ADDRESS-IPV4")
        );
        assert_eq!(
            refused(b"BROWSE-DNS-SERVERS x"),
            invalid("BROWSE-DNS-SERVERS")
        );
        assert_eq!(refused(&[b'x'; 80]), invalid(&"x".repeat(63)));
        assert_eq!(
            read(b"A\xff").unwrap_err(),
            b"-21 Invalid command \"A\xff\", try \"HELP\".\n"
        );
        assert_eq!(refused(b"RESOLVE-HOSTNAME box"), "-3 Invalid host name\n");
        assert_eq!(
            refused(b"RESOLVE-HOSTNAME 10.0.0.1"),
            "-3 Invalid host name\n"
        );
        assert_eq!(
            refused(b"RESOLVE-HOSTNAME a.\xff"),
            "-3 Invalid host name\n"
        );
        let address = "-14 Failed to parse address \"10.0.0\".\n";
        assert_eq!(refused(b"RESOLVE-ADDRESS 10.0.0 x"), address);
    }
}
