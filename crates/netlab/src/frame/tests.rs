//! What is built is read back alike, and its checksums are right.

use super::{Udp, fold, fragments, multicast_mac, sum, word};

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

#[test]
fn a_long_packet_goes_in_fragments_that_join_up() {
    let payload: Vec<u8> = (0..4000_u16).map(|number| number as u8).collect();
    let sent = datagram("10.1.0.7:5353", "224.0.0.251:5353", &payload);
    let frame = sent.build(multicast_mac(sent.destination.ip()));
    let pieces = fragments(frame.clone(), 7);
    assert_eq!(pieces.len(), 3);
    let mut joined = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        assert!(piece.len() <= 1514, "it fits an Ethernet frame");
        assert_eq!(fold(sum(&piece[14..34])), 0xffff, "the header is right");
        assert_eq!(word(piece, 18), Some(7), "they belong together");
        let more = if number < 2 { 0x2000 } else { 0 };
        let offset = (joined.len() / 8) as u16;
        assert_eq!(word(piece, 20), Some(more | offset));
        assert_eq!(Udp::parse(piece), None, "one alone is no datagram");
        joined.extend_from_slice(&piece[34..]);
    }
    assert_eq!(joined, frame[34..]);
    assert_eq!(fragments(joined[..100].to_vec(), 7).len(), 1);
}
