//! A batch returns what was put into it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{RecvBatch, SLOT_BYTES, SLOTS, Slot};
use crate::packet_info::PacketInfo;

fn slot(position: usize, length: usize, source: SocketAddr) -> Slot {
    Slot {
        position,
        length,
        truncated: false,
        source,
        info: PacketInfo::default(),
    }
}

#[test]
fn a_batch_has_room_for_one_to_all_slots() {
    for (asked, granted) in [(0, 1), (1, 1), (7, 7), (SLOTS, SLOTS), (usize::MAX, SLOTS)] {
        let batch = RecvBatch::with_slots(asked);
        assert_eq!(batch.bytes.len(), granted * SLOT_BYTES, "asked for {asked}");
        assert!(batch.is_empty());
    }
}

#[test]
fn each_datagram_comes_back_from_its_own_slot() {
    let source = SocketAddr::from((Ipv4Addr::LOCALHOST, 5353));
    let mut batch = RecvBatch::with_slots(3);
    for (position, bytes) in batch.bytes.chunks_exact_mut(SLOT_BYTES).enumerate() {
        bytes.fill(u8::try_from(position).expect("three slots"));
    }
    batch
        .filled
        .extend([slot(0, 2, source), slot(2, SLOT_BYTES, source)]);
    assert_eq!(batch.len(), 2);
    let bytes: Vec<&[u8]> = batch.iter().map(|datagram| datagram.bytes).collect();
    assert_eq!(bytes[0], [0, 0]);
    assert_eq!(bytes[1], [2; SLOT_BYTES]);
}

#[test]
fn an_untold_destination_is_unspecified_and_never_a_group() {
    let mut batch = RecvBatch::with_slots(2);
    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let v6 = SocketAddr::from((Ipv6Addr::LOCALHOST, 1));
    batch.filled.extend([slot(0, 0, v4), slot(1, 0, v6)]);
    let destinations: Vec<IpAddr> = batch.iter().map(|datagram| datagram.destination).collect();
    let unspecified: [IpAddr; 2] = [Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into()];
    assert_eq!(destinations, unspecified);
}

#[test]
fn the_newest_drop_count_is_the_one_that_counts() {
    let source = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let mut batch = RecvBatch::with_slots(3);
    for (position, dropped) in [Some(3), Some(5), None].into_iter().enumerate() {
        let info = PacketInfo {
            dropped,
            ..PacketInfo::default()
        };
        batch.filled.push(Slot {
            info,
            ..slot(position, 0, source)
        });
    }
    assert_eq!(batch.last_dropped(), Some(5));
}
