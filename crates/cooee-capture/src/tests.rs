//! Interfaces, hop limits and frames of 802.11.

use std::time::Duration;

use super::Capture;
use super::write::{
    LINKTYPE_ETHERNET, enhanced_packet, frame, interface_description, section_header,
};

const RADIO: u16 = 105;
const RADIOTAP: u16 = 127;

/// Returns the IP packet of a small datagram.
fn packet(hop_limit: u8) -> Vec<u8> {
    let source = "10.0.0.9:5353".parse().expect("an address");
    let group = "224.0.0.251:5353".parse().expect("an address");
    frame(source, group, hop_limit, b"a message").split_off(14)
}

/// Reads one frame of a kind of link.
fn read(link_type: u16, frame: &[u8]) -> Capture {
    let mut file = Vec::new();
    section_header(&mut file);
    interface_description(&mut file, "wlan0", link_type);
    enhanced_packet(&mut file, 0, Duration::from_millis(1_500), frame);
    Capture::read(&file).expect("a capture")
}

/// Returns a data frame of 802.11 with these first bytes and as many for the header.
fn radio(control: [u8; 2], header_bytes: usize) -> Vec<u8> {
    let mut frame = control.to_vec();
    frame.resize(header_bytes, 0);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);
    frame.extend(packet(255));
    frame
}

fn is_found(capture: &Capture) -> bool {
    capture.datagrams.len() == 1 && capture.datagrams[0].bytes == b"a message"
}

#[test]
fn a_datagram_has_its_interface_hop_limit_and_time() {
    let mut ethernet = vec![0; 12];
    ethernet.extend([8, 0]);
    ethernet.extend(packet(64));
    let capture = read(LINKTYPE_ETHERNET, &ethernet);
    assert!(is_found(&capture));
    let datagram = &capture.datagrams[0];
    assert_eq!(capture.interfaces[datagram.interface], "wlan0");
    assert_eq!(datagram.hop_limit, 64);
    assert_eq!(datagram.since_epoch, Duration::from_millis(1_500));
    assert_eq!(datagram.at, Duration::ZERO);
}

#[test]
fn data_frames_of_802_11_are_read_with_every_form_of_header() {
    for (control, header_bytes) in [
        ([0x08, 0x02], 24),
        ([0x08, 0x03], 30),
        ([0x88, 0x02], 26),
        ([0x88, 0x82], 30),
    ] {
        let frame = radio(control, header_bytes);
        assert!(is_found(&read(RADIO, &frame)), "{control:?}");
    }
}

#[test]
fn other_frames_of_802_11_are_left_out() {
    // A beacon, no data, encrypted, several packets in one.
    let mut aggregate = radio([0x88, 0x02], 26);
    aggregate[24] = 0x80;
    for frame in [
        radio([0x80, 0x00], 24),
        radio([0x48, 0x02], 24),
        radio([0x08, 0x42], 24),
        aggregate,
    ] {
        let capture = read(RADIO, &frame);
        assert_eq!((capture.datagrams.len(), capture.unknown_links), (0, 0));
    }
}

#[test]
fn a_radiotap_header_is_skipped_and_says_whether_there_is_padding() {
    // Version, pad, length, present: only the flags.
    let mut plain = vec![0, 0, 9, 0, 2, 0, 0, 0, 0];
    plain.extend(radio([0x88, 0x02], 26));
    assert!(is_found(&read(RADIOTAP, &plain)));
    let mut padded = vec![0, 0, 9, 0, 2, 0, 0, 0, 0x20];
    padded.extend(radio([0x88, 0x02], 28));
    assert!(is_found(&read(RADIOTAP, &padded)));
    // A time comes first, at a multiple of eight bytes, after a second word of fields.
    let mut timed = vec![0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0];
    timed.extend([7; 8]);
    timed.push(0x20);
    timed.extend(radio([0x88, 0x02], 28));
    assert!(is_found(&read(RADIOTAP, &timed)));
}

#[test]
fn headers_of_802_11_that_end_early_are_left_out() {
    let mut whole = vec![0, 0, 9, 0, 2, 0, 0, 0, 0x20];
    whole.extend(radio([0x88, 0x02], 28));
    for length in 0..whole.len() {
        let _ = read(RADIOTAP, &whole[..length]);
    }
    // All fields present, for ever.
    assert!(!is_found(&read(RADIOTAP, &[0xff; 40])));
}
