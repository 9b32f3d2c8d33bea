//! Names of addresses, read back.
//!
//! In:  a name in `in-addr.arpa` (RFC 1035 section 3.5) or `ip6.arpa` (RFC 3596 section 2.5).
//! Out: the address, or as much of it as there is, and what stands before it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cooee::Name;

/// A name that ends with an address, or with the beginning of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReverseName {
    /// The address, with zeros in place of what is missing.
    pub(super) ip: IpAddr,
    /// How many bits of it the name has.
    pub(super) bits: u8,
    /// How many labels stand before the address.
    pub(super) labels_before: usize,
}

impl ReverseName {
    /// Reads a name; `None` if it is not in one of the two domains.
    pub(super) fn read(name: &Name) -> Option<Self> {
        let labels: Vec<&[u8]> = name.labels().collect();
        let (&arpa, rest) = labels.split_last()?;
        let (&family, rest) = rest.split_last()?;
        let is = |label: &[u8], wanted: &str| label.eq_ignore_ascii_case(wanted.as_bytes());
        if !is(arpa, "arpa") {
            return None;
        }
        if is(family, "in-addr") {
            return Some(v4(rest));
        }
        is(family, "ip6").then(|| v6(rest))
    }

    /// Returns whether it names one address and nothing else.
    pub(super) fn is_address(&self) -> bool {
        self.labels_before == 0 && self.bits == self.bits_max()
    }

    /// Returns how many labels the domain of a network has in which this name is: that of the
    /// shortest whole number of labels, but never that of one address.
    pub(super) fn domain_labels(&self, network_bits: u8) -> usize {
        let per_label = self.bits_per_label();
        let longest = self.bits_max().saturating_sub(per_label);
        let labels = network_bits.min(longest).div_ceil(per_label);
        usize::from(labels).saturating_add(SUFFIX_LABELS)
    }

    fn bits_per_label(&self) -> u8 {
        match self.ip {
            IpAddr::V4(_) => 8,
            IpAddr::V6(_) => 4,
        }
    }

    fn bits_max(&self) -> u8 {
        match self.ip {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }
}

fn v4(labels: &[&[u8]]) -> ReverseName {
    let octets = labels.iter().rev().map_while(|label| octet(label));
    let octets: Vec<u8> = octets.take(4).collect();
    let mut bytes = [0; 4];
    bytes
        .iter_mut()
        .zip(&octets)
        .for_each(|(byte, octet)| *byte = *octet);
    ReverseName {
        ip: Ipv4Addr::from(bytes).into(),
        bits: bits(octets.len(), 8),
        labels_before: labels.len().saturating_sub(octets.len()),
    }
}

fn v6(labels: &[&[u8]]) -> ReverseName {
    let digits = labels.iter().rev().map_while(|label| digit(label));
    let digits: Vec<u8> = digits.take(32).collect();
    let places = (0..32_u32).rev().map(|place| place.saturating_mul(4));
    let word = digits.iter().zip(places);
    let word = word.fold(0, |word: u128, (digit, place)| {
        word | (u128::from(*digit) << place)
    });
    ReverseName {
        ip: Ipv6Addr::from_bits(word).into(),
        bits: bits(digits.len(), 4),
        labels_before: labels.len().saturating_sub(digits.len()),
    }
}

fn bits(labels: usize, per_label: u8) -> u8 {
    let labels = u8::try_from(labels).unwrap_or_default();
    labels.saturating_mul(per_label)
}

/// Reads a number from 0 to 255, without leading zeros.
fn octet(label: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(label).ok()?;
    let octet = text.parse::<u8>().ok()?;
    (octet.to_string() == text).then_some(octet)
}

/// Reads one hexadecimal digit.
fn digit(label: &[u8]) -> Option<u8> {
    let [digit] = label else { return None };
    let digit = char::from(*digit).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// `in-addr.arpa` and `ip6.arpa` have two labels.
const SUFFIX_LABELS: usize = 2;

#[cfg(test)]
mod tests {
    use super::ReverseName;
    use crate::avahi::reverse::reverse_name;

    fn read(name: &str) -> Option<ReverseName> {
        ReverseName::read(&name.parse().unwrap())
    }

    #[test]
    fn the_name_of_an_address_reads_back() {
        for text in ["10.0.3.255", "0.0.0.0", "fd00::12:abcd", "::"] {
            let ip = text.parse().unwrap();
            let name = ReverseName::read(&reverse_name(ip).unwrap()).unwrap();
            assert_eq!((name.ip, name.is_address()), (ip, true));
        }
    }

    #[test]
    fn what_stands_before_an_address_is_counted() {
        let name = read("lb._dns-sd._udp.0.2.0.10.IN-ADDR.arpa").unwrap();
        let expected = ("10.0.2.0".parse().unwrap(), 32, 3);
        assert_eq!((name.ip, name.bits, name.labels_before), expected);
        let name = read("2.0.10.in-addr.arpa").unwrap();
        let expected = ("10.0.2.0".parse().unwrap(), 24, 0);
        assert_eq!((name.ip, name.bits, name.labels_before), expected);
        assert!(!name.is_address());
        for odd in [
            "01.0.2.0.10.in-addr.arpa",
            "256.2.0.10.in-addr.arpa",
            "+1.2.0.10.in-addr.arpa",
        ] {
            assert!(!read(odd).unwrap().is_address(), "{odd}");
        }
        assert_eq!(read("5.2.0.10.in-addr.arpa.local"), None);
        assert_eq!(read("local"), None);
    }

    #[test]
    fn the_domain_of_a_network_ends_between_two_labels_and_is_never_one_address() {
        let name = read("9.8.7.10.in-addr.arpa").unwrap();
        let labels = [8, 20, 24, 25, 32].map(|bits| name.domain_labels(bits));
        assert_eq!(labels, [3, 5, 5, 5, 5]);
        let name = read("1.0.ip6.arpa").unwrap();
        let labels = [64, 62, 127, 128].map(|bits| name.domain_labels(bits));
        assert_eq!(labels, [18, 18, 33, 33]);
    }
}
