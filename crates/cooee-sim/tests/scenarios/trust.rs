//! Hostile packets, and what stays true: a lie ends no question and heals.

use std::net::IpAddr;

use cooee_sim::{Foreign, Policy, World, ms, secs, seed};
use cooee_wire::RecordType;

use crate::*;

/// A packet of a peer to the group.
fn inject(world: &mut World, source: &str, bytes: &[u8]) {
    let destination: IpAddr = "224.0.0.251".parse().expect("an address");
    let source = source.parse().expect("an address");
    world.inject(
        "lan",
        &Foreign {
            source,
            destination,
            bytes,
        },
    );
}

fn hex(text: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("two digits");
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Pointers of `_http._tcp`, of a subtype and of the list of types, with the cache-flush bit.
const FLUSHING: &str = "000084000000000300000000055f68747470045f746370056c6f63616c00000c80010000119400040142c00c\
                        035f6161045f737562c00c000c8001000011940002c028\
                        095f7365727669636573075f646e732d7364045f756470c017000c8001000011940005025f62c012";
/// A denial of every pointer of `_http._tcp`.
const DENYING: &str = "000084000000000100000000055f68747470045f746370056c6f63616c00002f8001000000780007c00c0003000080";

#[test]
fn one_packet_of_a_neighbour_silences_no_browse() {
    for packet in [FLUSHING, DENYING] {
        let mut world = with_hosts(seed!(), 3, Policy::default());
        let id = browse(&mut world, "me", "_http._tcp");
        world.run_for(secs(2));
        assert_eq!(labels(&world, "me", id).len(), 3);
        inject(&mut world, "10.1.0.77:5353", &hex(packet));
        world.run_for(secs(70));
        assert_eq!(labels(&world, "me", id), ["h0", "h1", "h2"]);
        let asked = world.sent("me").questions_for(HTTP, RecordType::PTR);
        assert!(asked.len() >= 7, "{asked:?}");
        // A browse that starts while that packet is remembered asks like any other.
        stop(&mut world, "me", id);
        let before = world.sent("me").questions_for(HTTP, RecordType::PTR).len();
        browse(&mut world, "me", "_http._tcp");
        world.run_for(ms(200));
        let after = world.sent("me").questions_for(HTTP, RecordType::PTR).len();
        assert_eq!(after, before + 1);
    }
}
