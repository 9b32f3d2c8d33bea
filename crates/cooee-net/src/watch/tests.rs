//! Changes of real interfaces that are reported, or rightly not.

use std::time::Duration;
#[cfg(target_os = "linux")]
use std::time::Instant;

use super::{Known, Watcher, poll};
use crate::interface::{Family, interfaces};
use crate::test_cable;
#[cfg(target_os = "linux")]
use crate::wait::Waiter;

/// Waits for events and drains them until they say that something changed.
#[cfg(target_os = "linux")]
fn hears_change(mut drain: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(3);
    while Instant::now() < end {
        if drain() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}

/// Drains the kernel's remaining messages about past changes.
#[cfg(target_os = "linux")]
fn settle(mut drain: impl FnMut() -> bool) {
    let mut quiet = Instant::now();
    let end = quiet + Duration::from_secs(3);
    while quiet.elapsed() < Duration::from_millis(200) && Instant::now() < end {
        if drain() {
            quiet = Instant::now();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_watcher_starts_with_what_is_there() {
    test_cable::run(
        "watch::tests::a_watcher_starts_with_what_is_there",
        test_cable::CABLE,
        || {
            let watcher = Watcher::new().expect("can be had");
            let known = watcher.interfaces();
            let lan0 = known
                .iter()
                .find(|interface| interface.name == "lan0")
                .expect("lan0 is there");
            assert!(lan0.has_usable(Family::V4), "{lan0:?}");
            assert!(watcher.recheck_interval() >= Duration::from_secs(5));
        },
    );
}

#[test]
fn a_watcher_that_polls_finds_what_differs() {
    let mut known = Known::new(Vec::new());
    let mut source = poll::Polling::open().expect("a socket");
    let there = !interfaces().expect("a list").is_empty();
    assert_eq!(source.drain(&mut known), there);
    assert!(!source.drain(&mut known), "the same list again");
}

/// Wine 8 accepts a subscription, returns no handle for it and never calls back. There the watcher
/// polls, which this test shows. The callbacks themselves have not been run; they need a Windows
/// machine.
#[cfg(windows)]
#[test]
fn a_change_is_found_where_the_system_tells_nothing() {
    test_cable::run(
        "watch::tests::a_change_is_found_where_the_system_tells_nothing",
        "",
        || {
            let mut watcher = Watcher::new().expect("can be had");
            assert_eq!(watcher.recheck_interval(), poll::RECHECK_INTERVAL);
            assert!(!watcher.recheck());
            for change in ["add", "del"] {
                // Wine starts a Unix program, but cannot tell how it ended.
                let ip = ["addr", change, "10.99.0.7/24", "dev", "lan0"];
                let _ = std::process::Command::new(r"Z:\usr\sbin\ip")
                    .args(ip)
                    .status();
                let heard = (0..300).any(|_| {
                    std::thread::sleep(Duration::from_millis(10));
                    watcher.drain()
                });
                assert!(heard, "{change}");
                assert!(!watcher.drain());
            }
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn each_change_is_heard_and_then_all_is_quiet() {
    test_cable::run(
        "watch::tests::each_change_is_heard_and_then_all_is_quiet",
        test_cable::CABLE,
        || {
            let mut watcher = Watcher::new().expect("can be had");
            settle(|| watcher.drain());
            let changes = [
                "ip addr add 10.99.0.7/24 dev lan0",
                "ip addr del 10.99.0.7/24 dev lan0",
                "ip addr add fd00:99::7/64 dev lan0 nodad",
                "ip addr del fd00:99::7/64 dev lan0",
                "ip link set lan1 down",
                "ip link set lan1 up",
                "ip link set lan0 mtu 1400",
                "ip link add name lab-br type bridge",
                "ip link set lan1 master lab-br",
                "ip link set lan1 nomaster",
                "ip link set lab-br name lab-br2",
                "ip link del lab-br2",
            ];
            for change in changes {
                assert!(!watcher.drain(), "before {change}");
                test_cable::sh(change);
                assert!(hears_change(|| watcher.drain()), "{change}");
                settle(|| watcher.drain());
                assert!(
                    !watcher.recheck(),
                    "what was heard is what is listed, after {change}"
                );
            }
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_update_of_lifetimes_alone_is_no_change() {
    test_cable::run(
        "watch::tests::an_update_of_lifetimes_alone_is_no_change",
        test_cable::CABLE,
        || {
            test_cable::sh(
                "ip addr add fd00:99::8/64 dev lan0 nodad valid_lft 1000 preferred_lft 900",
            );
            let mut waiter = Waiter::new().expect("a waiter");
            let watcher = Watcher::new().expect("can be had");
            let mut watched = waiter.watch_changes(watcher, 5).expect("can be waited on");
            settle(|| watched.drain());
            let mut ready = Vec::new();
            test_cable::sh(
                "ip addr change fd00:99::8/64 dev lan0 nodad valid_lft 2000 preferred_lft 1900",
            );
            waiter
                .wait(Some(Duration::from_secs(2)), &mut ready)
                .expect("waits");
            assert_eq!(ready, [5], "the kernel does tell");
            assert!(!watched.drain(), "and it is no change");
            test_cable::sh(
                "ip addr change fd00:99::8/64 dev lan0 nodad valid_lft 2000 preferred_lft 0",
            );
            assert!(hears_change(|| watched.drain()), "deprecation is one");
            let lan0 = test_cable::interface("lan0");
            let eight = lan0
                .addresses
                .iter()
                .find(|address| address.ip.to_string() == "fd00:99::8");
            assert!(!eight.expect("still there").usable);
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_flood_of_changes_that_overflows_the_socket_is_still_a_change() {
    test_cable::run(
        "watch::tests::a_flood_of_changes_that_overflows_the_socket_is_still_a_change",
        test_cable::CABLE,
        || {
            let mut watcher = Watcher::new().expect("can be had");
            settle(|| watcher.drain());
            // Up and down again and again, with nobody reading, and back to the initial state.
            test_cable::sh(
                "i=0; while [ $i -lt 300 ]; do echo addr add 10.1.$((i / 250)).$((i % 250))/32 dev \
                 lan0; i=$((i + 1)); done > /tmp/$$; i=0; while [ $i -lt 10 ]; do ip -force -batch \
                 /tmp/$$; sed 's/ add / del /' /tmp/$$ | ip -force -batch -; i=$((i + 1)); done; \
                 rm /tmp/$$",
            );
            assert!(hears_change(|| watcher.drain()));
            settle(|| watcher.drain());
            assert!(!watcher.recheck());
        },
    );
}
