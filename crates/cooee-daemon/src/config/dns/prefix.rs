//! Networks, as `192.168.1.0/24`.
//!
//! In:  text; an address and the length of its prefix.
//! Out: a [`Prefix`], which says whether an address is in it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    ip: IpAddr,
    len: u8,
}

impl Prefix {
    /// Returns the network of an address. A length that is too long means the address alone.
    pub fn of(ip: IpAddr, len: u8) -> Self {
        let len = len.min(bits_max(ip));
        Self { ip, len }
    }

    /// Returns how many bits its addresses share.
    pub fn bits(self) -> u8 {
        self.len
    }

    /// Returns whether an address is in it. An IPv4 address written as an IPv6 one counts as IPv4.
    pub fn contains(self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let is_same_family = ip.is_ipv4() == self.ip.is_ipv4();
        let differing = (word(ip) ^ word(self.ip)).leading_zeros();
        is_same_family && differing >= u32::from(self.len)
    }
}

/// Returns the bits of an address, the first one first.
fn word(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << (Ipv6Addr::BITS - u32::BITS),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn bits_max(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

impl FromStr for Prefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a network: expected something like `192.168.1.0/24` or `fd00::/64`"
            )
        };
        let (ip, len) = text.split_once('/').ok_or_else(wrong)?;
        let ip: IpAddr = ip.parse().map_err(|_| wrong())?;
        let len: u8 = len.parse().map_err(|_| wrong())?;
        match len <= bits_max(ip) {
            true => Ok(Self { ip, len }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::Prefix;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_contains_the_addresses_that_share_its_bits() {
        let cases = [
            ("10.1.0.0/16", "10.1.255.1", true),
            ("10.1.0.0/16", "10.2.0.1", false),
            ("10.1.0.0/16", "::ffff:10.1.0.1", true),
            ("10.1.128.0/17", "10.1.127.255", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("fd00::/64", "fd00::ffff", true),
            ("fd00::/64", "fd00:0:0:1::1", false),
            ("::1/128", "::1", true),
            ("::1/128", "::2", false),
        ];
        for (network, ip, is_in) in cases {
            let ip = ip.parse().unwrap();
            assert_eq!(prefix(network).contains(ip), is_in, "{ip} in {network}");
        }
    }

    #[test]
    fn what_is_not_a_network_is_refused() {
        for text in [
            "10.0.0.0",
            "10.0.0.0/33",
            "fd00::/129",
            "10.0/8",
            "a/8",
            "10.0.0.0/-1",
            "",
        ] {
            assert!(text.parse::<Prefix>().is_err(), "{text}");
        }
    }
}
