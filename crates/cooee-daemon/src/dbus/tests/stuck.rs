//! A client that does not read what it is sent: what its browsers find, and what becomes of its groups.

use std::time::Duration;

use super::door::{Door, LO, in_virtual_time};
use crate::config::Limits;

#[test]
fn a_client_that_leaves_too_much_unread_loses_its_objects_and_others_do_not() {
    let test = "dbus::tests::stuck::a_client_that_leaves_too_much_unread_loses_its_objects_and_others_do_not";
    netcell::run(test, LO, || in_virtual_time(stuck()));
}

async fn stuck() {
    let limits = Limits {
        unread_bytes_max: 200_000,
        ..Limits::default()
    };
    let door = Door::open(limits).await;
    door.bus.stick(":1.1");
    for (client, browsers) in [(":1.1", BROWSERS_STUCK), (":1.2", BROWSERS)] {
        for _ in 0..browsers {
            let services = (-1, -1, "_http._tcp", "", 0_u32);
            let path = door.bus.create(client, "ServiceBrowserNew", &services);
            path.await;
        }
    }
    // Each browser says twice that there is nothing.
    tokio::time::sleep(Duration::from_secs(30)).await;
    let counters = &door.house.counters;
    assert_eq!(
        (counters.clients.get(), counters.objects.get()),
        (1, BROWSERS)
    );
    let state = door
        .bus
        .call(":1.2", ("/", "Server"), "GetState", &())
        .await;
    assert_eq!(state.body().deserialize::<i32>().unwrap(), 2);
}

#[test]
fn what_becomes_of_groups_counts_as_unread_like_all_other_signals() {
    let test = "dbus::tests::stuck::what_becomes_of_groups_counts_as_unread_like_all_other_signals";
    netcell::run(test, LO, || in_virtual_time(stuck_group()));
}

async fn stuck_group() {
    let limits = Limits {
        unread_bytes_max: 70_000,
        ..Limits::default()
    };
    let door = Door::open(limits).await;
    door.bus.stick(":1.1");
    let group = door.bus.create(":1.1", "EntryGroupNew", &()).await;
    let address = (group.as_str(), "EntryGroup");
    let record = (-1, -1, 0_u32, "day.local", 1_u16, 16_u16, 60_u32, DATA);
    for _ in 0..COMMITS {
        door.bus.call(":1.1", address, "AddRecord", &record).await;
        door.bus.call(":1.1", address, "Commit", &()).await;
        door.bus.call(":1.1", address, "Reset", &()).await;
    }
    tokio::time::sleep(Duration::from_secs(30)).await;
    let counters = &door.house.counters;
    assert_eq!((counters.clients.get(), counters.objects.get()), (0, 0));
}

const DATA: &[u8] = b"\x03a=1";

/// With two signals of some 170 bytes for each, it is sent more than it may leave unread.
const COMMITS: usize = 300;

/// With two signals of some 170 bytes each, it is sent more than it may leave unread.
const BROWSERS_STUCK: usize = 2_000;

/// Those of the other client: even if it answered too late, it would not leave too much.
const BROWSERS: usize = 10;
