//! What services weigh: bytes of the heap for each, and allocations for each packet.
//!
//! In:  services that are cached and registered, packets of other hosts, in virtual time.
//! Out: figures that must not grow; on request a profile, by kind of structure and by place.
//!
//! `cargo xtask weigh` prints the figures and the profile.
#![allow(
    unsafe_code,
    reason = "counting bytes takes a global allocator, and the trait that makes one is unsafe"
)]
#![allow(
    clippy::print_stdout,
    reason = "the figures and the profile are for people"
)]

#[path = "support/counting.rs"]
mod counting;
#[path = "support/weighed.rs"]
mod weighed;

use counting::{Counting, allocations, held};
use weighed::Host;

#[global_allocator]
static COUNTING: Counting = Counting;

/// How many services are weighed.
const SERVICES: usize = 10_000;
/// Bytes of a service of five records, with 200 bytes of attributes, that was found and resolved.
const CACHED_MAX: usize = 1_420;
/// Bytes of a service that is registered and announced.
const REGISTERED_MAX: usize = 1_060;

/// Prints a figure and checks it against its ceiling.
fn check(what: &str, figure: usize, max: usize) {
    println!("{figure:>7} {what}, at most {max}");
    assert!(figure <= max, "{figure} {what}, more than {max}");
}

#[test]
fn a_cached_service_weighs_no_more_than_before() {
    let (host, held) = held(|| Host::that_browses(SERVICES));
    assert_eq!(host.added, SERVICES);
    check("bytes per cached service", held / SERVICES, CACHED_MAX);
}

#[test]
fn a_registered_service_weighs_no_more_than_before() {
    let (host, held) = held(|| Host::that_publishes(SERVICES));
    assert_eq!(host.announced, SERVICES);
    let each = held / SERVICES;
    check("bytes per registered service", each, REGISTERED_MAX);
}

#[test]
fn records_of_a_service_that_come_and_go_leave_no_room_behind() {
    let mut host = Host::that_browses(2);
    // The tables that all services share keep their room.
    host.hear_more_of(0);
    let ((), held) = held(|| host.hear_more_of(1));
    println!("HELD {}", held as isize);
    assert!(held < 64, "{held} bytes are left of them");
}

#[test]
fn a_packet_that_concerns_nobody_allocates_no_more_than_before() {
    let mut host = Host::that_browses(100);
    let foreign = weighed::foreign_answer();
    host.hear(1, &foreign);
    let count = allocations(|| host.hear(1, &foreign));
    check("allocations for a packet that concerns nobody", count, 0);
}

#[test]
fn a_packet_that_resolves_a_service_allocates_no_more_than_before() {
    let mut host = Host::that_browses(100);
    let counts = (100..200).map(|n| {
        let packet = weighed::service(n);
        allocations(|| host.hear(n, &packet))
    });
    let each = counts.sum::<usize>() / 100;
    check("allocations for a packet that resolves a service", each, 10);
}

#[test]
fn a_question_that_is_answered_allocates_no_more_than_before() {
    let mut host = Host::that_publishes(100);
    let counts = (0..100).map(|n| {
        let packet = weighed::question(n);
        let before = host.sent;
        let count = allocations(|| host.hear(1, &packet));
        assert_eq!(host.sent, before + 1);
        count
    });
    let each = counts.sum::<usize>() / 100;
    check("allocations for a question that is answered", each, 2);
}

#[test]
#[ignore = "prints for people; `cargo xtask weigh` runs it"]
fn profile() {
    counting::profile("cached", SERVICES, || Host::that_browses(SERVICES));
    counting::profile("registered", SERVICES, || Host::that_publishes(SERVICES));
}
