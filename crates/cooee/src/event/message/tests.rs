//! The text form of messages.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cooee_proto::transmit::Verdict;

use super::{Direction, Message};
use crate::testing::{LAN, Offer, interface_names};

fn message(direction: Direction, bytes: &[u8]) -> String {
    let at = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_042);
    let interface = interface_names().of(LAN);
    Message {
        at,
        direction,
        interface,
        hop_limit: None,
        bytes: Arc::from(bytes),
    }
    .to_string()
}

#[test]
fn a_message_is_shown_with_time_direction_addresses_and_records() {
    let direction = Direction::Seen {
        source: "10.0.0.9:5353".parse().expect("an address"),
        destination: "224.0.0.251".parse().expect("an address"),
        verdict: Verdict::Response,
    };
    let bytes = Offer::new("web").response();
    let text = message(direction, &bytes);
    let head = format!(
        ";; 1700000000.000042 seen on lan0: 10.0.0.9:5353 -> 224.0.0.251, {} bytes\n; response",
        bytes.len()
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.contains("web._http._tcp.local. 120 IN,flush SRV 0 0 80 web-host.local.\n"));
}

#[test]
fn a_datagram_that_is_no_message_is_shown_as_such() {
    let direction = Direction::Sent {
        destination: "[ff02::fb%2]:5353".parse().expect("an address"),
    };
    let text = message(direction, b"no DNS");
    assert!(text.starts_with(";; 1700000000.000042 sent on lan0: -> [ff02::fb%2]:5353, 6 bytes\n"));
    assert!(text.contains("; malformed: "), "{text}");
}
