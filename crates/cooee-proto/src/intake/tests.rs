//! The border, exhaustively: every opcode and rcode, every way in.

use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;

use super::*;
use crate::link::{LinkAddress, LinkId};

fn link() -> LinkInfo {
    let address = |ip: &str, prefix_len| LinkAddress {
        ip: ip.parse().unwrap(),
        prefix_len,
    };
    LinkInfo {
        addresses: vec![address("10.0.0.1", 24), address("fd00::1", 64)],
        mtu: 1_500,
    }
}

fn judge(source: &str, destination: &str, bytes: &[u8]) -> Result<bool, Ignored> {
    judge_by(SourceCheck::Local, source, destination, bytes)
}

fn judge_by(
    check: SourceCheck,
    source: &str,
    destination: &str,
    bytes: &[u8],
) -> Result<bool, Ignored> {
    let source: SocketAddr = source.parse().unwrap();
    let destination = destination.parse().unwrap();
    let datagram = Datagram {
        link: LinkId(1),
        source,
        destination,
        bytes,
    };
    admit(&datagram, &link(), check).map(|admitted| admitted.multicast)
}

fn header(flags: u16) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    bytes[2..4].copy_from_slice(&flags.to_be_bytes());
    bytes
}

const GROUP: &str = "224.0.0.251";

//= https://www.rfc-editor.org/rfc/rfc6762#section-18.3
//= type=test
//# Multicast DNS messages received with an OPCODE other than
//# zero MUST be silently ignored.
//= https://www.rfc-editor.org/rfc/rfc6762#section-18.11
//= type=test
//# Multicast DNS messages received with non-zero Response
//# Codes MUST be silently ignored.
#[test]
fn of_all_flags_only_opcode_and_rcode_matter() {
    for flags in 0..=u16::MAX {
        let expected = if flags & 0x780f == 0 {
            Ok(true)
        } else {
            Err(Ignored::Opcode)
        };
        assert_eq!(
            judge("10.0.0.2:5353", GROUP, &header(flags)),
            expected,
            "{flags:#06x}"
        );
    }
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-6
//= type=test
//# Multicast DNS implementations MUST silently ignore any Multicast DNS
//# responses they receive where the source UDP port is not 5353.
#[test]
fn responses_come_from_port_5353_and_queries_from_any() {
    for port in [1, 53, 5352, 5354, 65_535] {
        let source = alloc::format!("10.0.0.2:{port}");
        assert_eq!(
            judge(&source, GROUP, &header(0x8400)),
            Err(Ignored::ResponsePort)
        );
        assert_eq!(judge(&source, GROUP, &header(0)), Ok(true));
    }
    assert_eq!(
        judge("10.0.0.2:0", GROUP, &header(0)),
        Err(Ignored::BadSource)
    );
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-11
//= type=test
//# For responses received with a unicast destination address in the
//# IP header, the source IP address in the packet is checked to see
//# if it is an address on a local subnet.
#[test]
fn what_comes_to_the_group_is_local_and_what_comes_to_us_must_be_on_link() {
    let cases = [
        ("10.0.0.2:5353", "10.0.0.1", true),
        ("10.0.1.2:5353", "10.0.0.1", false),
        ("169.254.3.4:5353", "10.0.0.1", true),
        ("192.0.2.7:53", "10.0.0.1", false),
        ("[fd00::2]:5353", "fd00::1", true),
        ("[fd00:0:0:1::2]:5353", "fd00::1", false),
        ("[fe80::2]:5353", "fd00::1", true),
        ("[2001:db8::1]:5353", "fd00::1", false),
    ];
    for (source, ours, on_link) in cases {
        let unicast = judge(source, ours, &header(0));
        assert_eq!(
            unicast,
            if on_link {
                Ok(false)
            } else {
                Err(Ignored::OffLink)
            },
            "{source}"
        );
        assert_eq!(
            judge(source, GROUP, &header(0)),
            Ok(true),
            "{source} to the group"
        );
    }
}

#[test]
fn the_stricter_check_refuses_multicast_from_another_subnet_too() {
    let cases = [
        ("10.0.0.2:5353", true),
        ("10.0.1.2:5353", false),
        ("169.254.3.4:5353", true),
        ("[fd00::2]:5353", true),
        ("[fd00:0:0:1::2]:5353", false),
        ("[fe80::2]:5353", true),
        ("[2001:db8::1]:49152", false),
    ];
    for (source, on_link) in cases {
        for (destination, multicast) in [(GROUP, true), ("10.0.0.1", false)] {
            let expected = if on_link {
                Ok(multicast)
            } else {
                Err(Ignored::OffLink)
            };
            let judged = judge_by(SourceCheck::SameSubnet, source, destination, &header(0));
            assert_eq!(judged, expected, "{source} to {destination}");
        }
    }
}

#[test]
fn sources_that_cannot_be_hosts_are_refused() {
    for source in [
        "0.0.0.0:5353",
        "224.0.0.251:5353",
        "255.255.255.255:5353",
        "[::]:5353",
        "[ff02::fb]:5353",
    ] {
        assert_eq!(
            judge(source, GROUP, &header(0)),
            Err(Ignored::BadSource),
            "{source}"
        );
    }
}

#[test]
fn what_is_too_short_or_too_long_is_refused() {
    for len in [0, 1, 11] {
        assert_eq!(
            judge("10.0.0.2:5353", GROUP, &vec![0; len]),
            Err(Ignored::Malformed)
        );
    }
    assert_eq!(judge("10.0.0.2:5353", GROUP, &vec![0; 9_000]), Ok(true));
    assert_eq!(
        judge("10.0.0.2:5353", GROUP, &vec![0; 9_001]),
        Err(Ignored::TooLong)
    );
}
