//! What clients weigh: bytes of the heap for each service and each resolver on the bus.
//!
//! In:  services that a client publishes, and resolvers of services.
//! Out: figures that must not grow. They count every thread: the library's and the engine's share too.

use std::time::Duration;

use stats_alloc::INSTRUMENTED_SYSTEM;

use super::bus::Bus;
use super::door::{Door, LO, in_virtual_time};
use crate::config::Limits;

/// How many there are.
const COUNT: usize = 400;

/// Bytes of a service that is published and announced, in a group of its own.
const PUBLISHED_MAX: usize = 4_200;

/// Bytes of a resolver that has found its service.
const RESOLVER_MAX: usize = 7_000;

#[test]
fn a_published_service_weighs_no_more_than_before() {
    let test = "dbus::tests::weight::a_published_service_weighs_no_more_than_before";
    netcell::run(test, LO, || in_virtual_time(published()));
}

async fn published() {
    let door = Door::open(Limits::default()).await;
    publish(&door.bus, 0, "").await;
    door.bus.forget();
    let before = settled().await;
    for number in 1..=COUNT {
        publish(&door.bus, number, "").await;
    }
    until_signals(&door.bus, "StateChanged", 2 * (COUNT + 1)).await;
    check("bytes per published service", before, PUBLISHED_MAX).await;
}

#[test]
fn a_resolver_weighs_no_more_than_before() {
    let test = "dbus::tests::weight::a_resolver_weighs_no_more_than_before";
    netcell::run(test, LO, || in_virtual_time(resolver()));
}

async fn resolver() {
    let door = Door::open(Limits::default()).await;
    for number in 0..=COUNT {
        publish(&door.bus, number, &format!("host{number}.local")).await;
    }
    until_signals(&door.bus, "StateChanged", 2 * (COUNT + 1)).await;
    resolve(&door.bus, 0).await;
    until_signals(&door.bus, "Found", 1).await;
    let before = settled().await;
    for number in 1..=COUNT {
        resolve(&door.bus, number).await;
    }
    until_signals(&door.bus, "Found", COUNT + 1).await;
    check("bytes per resolver", before, RESOLVER_MAX).await;
}

/// Prints a figure and checks it against its ceiling.
async fn check(what: &str, before: usize, max: usize) {
    let held = settled().await.saturating_sub(before);
    let figure = held / COUNT;
    eprintln!("{figure:>7} {what}, at most {max}");
    assert!(figure <= max, "{figure} {what}, more than {max}");
}

/// Publishes a service in a group of its own; on another host with its address, if one is named.
async fn publish(bus: &Bus, number: usize, host: &str) {
    let group = bus.create(PUBLISHER, "EntryGroupNew", &()).await;
    let group = (group.as_str(), "EntryGroup");
    if !host.is_empty() {
        let address = (-1, -1, NO_REVERSE, host, "10.1.1.1");
        bus.call(PUBLISHER, group, "AddAddress", &address).await;
    }
    let txt = vec![format!("number={number}").into_bytes()];
    let name = format!("Service {number}");
    let service = (-1, -1, 0_u32, name, TYPE, "", host, 9_000_u16, txt);
    bus.call(PUBLISHER, group, "AddService", &service).await;
    bus.call(PUBLISHER, group, "Commit", &()).await;
}

async fn resolve(bus: &Bus, number: usize) {
    let name = format!("Service {number}");
    let asked = (-1, 0, name, TYPE, "local", -1, 0_u32);
    bus.create(READER, "ServiceResolverNew", &asked).await;
}

/// Waits until so many signals of a name came. The driver is another thread, in real time.
async fn until_signals(bus: &Bus, member: &str, count: usize) {
    for _ in 0..3_000 {
        if bus.signals(member) >= count {
            return;
        }
        pass().await;
    }
    panic!("{} of {count} signals {member}", bus.signals(member));
}

/// Waits until nothing is allocated any more. Returns how many bytes there are.
async fn settled() -> usize {
    let mut before = bytes();
    let mut same = 0;
    for _ in 0..3_000 {
        pass().await;
        let now = bytes();
        same = if now == before { same + 1 } else { 0 };
        before = now;
        if same >= 100 {
            break;
        }
    }
    before
}

async fn pass() {
    std::thread::sleep(TICK);
    tokio::time::sleep(TICK).await;
}

fn bytes() -> usize {
    let stats = INSTRUMENTED_SYSTEM.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

const TICK: Duration = Duration::from_millis(10);

const PUBLISHER: &str = ":1.1";
const READER: &str = ":1.2";
const TYPE: &str = "_weight._tcp";

/// A flag of `AddAddress`: publishes no name of the address.
const NO_REVERSE: u32 = 16;
