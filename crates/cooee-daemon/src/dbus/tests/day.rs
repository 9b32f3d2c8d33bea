//! A day of clients that come, crash and stall leaves nothing behind.

use std::alloc::System;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

use cooee::Mdns;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::task::yield_now;

use super::super::House;
use super::bus::Bus;
use super::door::{Door, LO, in_virtual_time};
use crate::config::Limits;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

#[test]
fn a_day_of_clients_leaves_no_object_no_descriptor_and_no_byte_behind() {
    let test =
        "dbus::tests::day::a_day_of_clients_leaves_no_object_no_descriptor_and_no_byte_behind";
    netcell::run(test, LO, || in_virtual_time(day()));
}

async fn day() {
    let Door {
        mdns, house, bus, ..
    } = &Door::open(Limits::default()).await;
    let mut clients = 0;
    let mut hours = Vec::new();
    for _hour in 0..HOURS {
        for _ in 0..ROUNDS {
            round(bus, &mut clients).await;
            tokio::time::sleep(Duration::from_secs(3_600 / ROUNDS - STAY.as_secs())).await;
        }
        bus.forget();
        hours.push(Left::now(house, mdns).await);
    }
    check(&hours);
}

/// Checks that nothing is left, and that the hours after the first few leave no byte more.
fn check(hours: &[Left]) {
    let (early, late) = hours.split_at(EARLY_HOURS);
    for left in hours {
        let things = [
            left.clients,
            left.objects,
            left.claims,
            left.queries,
            left.questions,
        ];
        assert_eq!(
            things, [0; 5],
            "clients, objects, claims, queries, questions"
        );
        let first = (hours[0].shares, hours[0].descriptors);
        assert_eq!((left.shares, left.descriptors), first, "tasks, descriptors");
    }
    let most = |hours: &[Left]| hours.iter().map(|left| left.bytes).max();
    let growth = most(late).zip(most(early));
    let growth = growth.map(|(late, early)| late.saturating_sub(early));
    assert!(growth < Some(BYTES_MAX), "bytes: {hours:?}");
}

/// How long it takes until every table has its room.
const EARLY_HOURS: usize = 16;

/// What chance may add to the room of a table. A client of the late hours that left 26 bytes behind
/// would be more.
const BYTES_MAX: usize = 24 * 1024;

/// How often clients come in an hour.
const ROUNDS: u64 = 30;

/// How long they stay.
const STAY: Duration = Duration::from_secs(30);

const HOURS: u32 = 24;

/// What is there when every client has left.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Left {
    clients: usize,
    objects: usize,
    /// Tasks of objects and calls: each has a share of the house.
    shares: usize,
    claims: usize,
    questions: usize,
    queries: usize,
    descriptors: usize,
    bytes: usize,
}

impl Left {
    async fn now(house: &Rc<House>, mdns: &Mdns) -> Self {
        // The driver is another thread: what it was told to end, it ends in real time.
        let mut last = None;
        for _ in 0..10_000 {
            yield_now().await;
            std::thread::sleep(Duration::from_millis(20));
            let left = Self::count(house, mdns);
            if last.as_ref() == Some(&left) {
                return left;
            }
            last = Some(left);
        }
        last.expect("it was counted")
    }

    fn count(house: &Rc<House>, mdns: &Mdns) -> Self {
        let stats = INSTRUMENTED_SYSTEM.stats();
        Self {
            clients: house.counters.clients.get(),
            objects: house.counters.objects.get(),
            shares: Rc::strong_count(house),
            claims: house.publisher.registry.borrow().len(),
            queries: house.watches.len(),
            questions: mdns.metrics().engine.open_questions,
            descriptors: fs::read_dir("/proc/self/fd").expect("proc").count(),
            bytes: stats.bytes_allocated - stats.bytes_deallocated,
        }
    }
}

/// One client of each kind comes, and leaves.
async fn round(bus: &Bus, clients: &mut u32) {
    let names: Vec<String> = (0..4)
        .map(|kind| format!(":1.{}", *clients + kind))
        .collect();
    *clients += 4;
    if let [tidy, crashing, stalling, empty] = &names[..] {
        publish(bus, tidy, true).await;
        publish(bus, crashing, false).await;
        browse(bus, tidy, true).await;
        browse(bus, crashing, false).await;
        stall(bus, stalling).await;
        bus.call(empty, ("/", "Server"), "GetState", &()).await;
    }
    tokio::time::sleep(STAY).await;
    for name in &names {
        bus.leave(name).await;
    }
}

const PRINTERS: &str = "_printer._sub._http._tcp";
const NO_TXT: &[&[u8]] = &[];

async fn publish(bus: &Bus, client: &str, is_tidy: bool) {
    let group = bus.create(client, "EntryGroupNew", &()).await;
    let group_of = (group.as_str(), "EntryGroup");
    for number in 0..3 {
        let name = format!("of {client} {number}");
        let txt = vec![b"a=1".to_vec()];
        let service = (-1, -1, 0_u32, name, "_http._tcp", "", "", 80_u16, txt);
        bus.call(client, group_of, "AddService", &service).await;
    }
    let subtype = (
        -1,
        -1,
        0_u32,
        format!("of {client} 0"),
        "_http._tcp",
        "",
        PRINTERS,
    );
    bus.call(client, group_of, "AddServiceSubtype", &subtype)
        .await;
    let (name, host) = (format!("elsewhere {client}"), "other.local");
    let elsewhere = (-1, -1, 0_u32, name, "_http._tcp", "", host, 80_u16, NO_TXT);
    bus.call(client, group_of, "AddService", &elsewhere).await;
    let address = (
        -1,
        -1,
        16_u32,
        format!("{}.local", &client[1..]),
        "10.1.1.1",
    );
    bus.call(client, group_of, "AddAddress", &address).await;
    let data: &[u8] = b"\x03a=1";
    let record = (-1, -1, 0_u32, "shared.local", 1_u16, 16_u16, 60_u32, data);
    bus.call(client, group_of, "AddRecord", &record).await;
    bus.call(client, group_of, "Commit", &()).await;
    if is_tidy {
        bus.call(client, group_of, "Reset", &()).await;
        bus.call(client, group_of, "Free", &()).await;
    }
}

async fn browse(bus: &Bus, client: &str, is_tidy: bool) {
    let any = (-1, -1);
    let mut objects = Vec::new();
    for form in ["New", "Prepare"] {
        let member = |kind: &str| format!("{kind}{form}");
        let services = (any.0, any.1, "_http._tcp", "", 0_u32);
        let types = (any.0, any.1, "", 0_u32);
        let records = (any.0, any.1, "day.local", 1_u16, 1_u16, 0_u32);
        let domains = (any.0, any.1, "", 0, 0_u32);
        let host = (any.0, any.1, "nobody.local", -1, 0_u32);
        let service = (any.0, any.1, "nobody", "_http._tcp", "", -1, 0_u32);
        let address = (any.0, any.1, "10.9.8.7", 0_u32);
        let kind = "ServiceBrowser";
        objects.push((kind, bus.create(client, &member(kind), &services).await));
        let kind = "ServiceTypeBrowser";
        objects.push((kind, bus.create(client, &member(kind), &types).await));
        let kind = "RecordBrowser";
        objects.push((kind, bus.create(client, &member(kind), &records).await));
        let kind = "DomainBrowser";
        objects.push((kind, bus.create(client, &member(kind), &domains).await));
        let kind = "HostNameResolver";
        objects.push((kind, bus.create(client, &member(kind), &host).await));
        let kind = "ServiceResolver";
        objects.push((kind, bus.create(client, &member(kind), &service).await));
        let kind = "AddressResolver";
        objects.push((kind, bus.create(client, &member(kind), &address).await));
    }
    if is_tidy {
        for (kind, path) in objects {
            bus.call(client, (&path, kind), "Start", &()).await;
            bus.call(client, (&path, kind), "Free", &()).await;
        }
    }
}

/// Calls that are answered later, and of which the answers are not read.
async fn stall(bus: &Bus, client: &str) {
    let host = (-1, -1, "nobody.local", -1, 0_u32);
    let service = (-1, -1, "nobody", "_http._tcp", "local", -1, 0_u32);
    let server = ("/", "Server");
    drop(bus.begin(client, server, "ResolveHostName", &host).await);
    drop(bus.begin(client, server, "ResolveService", &service).await);
}
