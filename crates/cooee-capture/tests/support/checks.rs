//! The checks that tests and the fuzz target make of any file.

use cooee_capture::{Capture, write};

/// Reads bytes as a capture. What is read can be written, and then read again.
pub(crate) fn read(file: &[u8]) {
    let Ok(capture) = Capture::read(file) else {
        return;
    };
    assert_eq!(Capture::read(file).as_ref(), Ok(&capture));
    let mut written = Vec::new();
    write::section_header(&mut written);
    write::interface_description(&mut written, "eth0", write::LINKTYPE_ETHERNET);
    let small = |length: usize| length <= PAYLOAD_MAX;
    let whole: Vec<_> = capture
        .datagrams
        .iter()
        .filter(|datagram| small(datagram.bytes.len()))
        .collect();
    for datagram in &whole {
        let (source, destination) = (datagram.source, datagram.destination);
        let frame = write::frame(source, destination, datagram.hop_limit, &datagram.bytes);
        write::enhanced_packet(&mut written, 0, datagram.since_epoch, &frame);
    }
    let again = Capture::read(&written).expect("what was written is a capture");
    assert_eq!(again.interfaces, ["eth0"]);
    assert_eq!(again.datagrams.len(), whole.len());
    for (again, datagram) in again.datagrams.iter().zip(whole) {
        assert_eq!(
            (again.source, again.destination),
            (datagram.source, datagram.destination)
        );
        assert_eq!(again.hop_limit, datagram.hop_limit);
        assert_eq!(again.since_epoch, datagram.since_epoch);
        assert_eq!(again.bytes, datagram.bytes);
    }
}

/// The largest payload of one UDP datagram over IPv4.
const PAYLOAD_MAX: usize = 65_507;
