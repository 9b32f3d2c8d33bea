//! What is built is read back alike, and its checksums are right.

use super::{Udp, fold, multicast_mac, sum};

fn datagram<'a>(source: &str, destination: &str, payload: &'a [u8]) -> Udp<'a> {
    Udp {
        source_mac: [2, 0, 0, 0, 0, 7],
        source: source.parse().expect("an address"),
        destination: destination.parse().expect("an address"),
        ttl: 255,
        payload,
    }
}

#[test]
fn ipv4_is_read_back_as_built() {
    let sent = datagram("10.1.0.7:5353", "224.0.0.251:5353", b"odd");
    let frame = sent.build(multicast_mac(sent.destination.ip()));
    assert_eq!(Udp::parse(&frame), Some(sent));
    assert_eq!(frame[..6], [0x01, 0x00, 0x5e, 0, 0, 0xfb]);
    assert_eq!(
        fold(sum(&frame[14..34])),
        0xffff,
        "the header sums to all ones"
    );
}

#[test]
fn ipv6_is_read_back_as_built() {
    let sent = datagram("[fe80::7]:5353", "[ff02::fb]:5353", b"even");
    let frame = sent.build(multicast_mac(sent.destination.ip()));
    assert_eq!(Udp::parse(&frame), Some(sent));
    let pseudo = sum(&frame[22..54]) + 17 + 12;
    assert_eq!(
        fold(pseudo + sum(&frame[54..])),
        0xffff,
        "header and data sum to all ones"
    );
}

#[test]
fn a_frame_cut_anywhere_is_no_datagram() {
    let frame = datagram("10.1.0.7:5353", "224.0.0.251:5353", b"payload").build([0; 6]);
    for length in 0..frame.len() {
        assert_eq!(Udp::parse(&frame[..length]), None, "{length}");
    }
}

#[test]
fn a_fragment_is_no_datagram() {
    let mut frame = datagram("10.1.0.7:5353", "224.0.0.251:5353", b"payload").build([0; 6]);
    frame[20] = 0x20;
    assert_eq!(Udp::parse(&frame), None);
}
