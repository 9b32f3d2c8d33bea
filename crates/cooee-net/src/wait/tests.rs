//! Waits end for their proper reasons, and for no others.
//!
//! These tests also run as a Windows program under Wine.

use std::thread;
use std::time::{Duration, Instant};

use super::Waiter;
use crate::interface::Family;
use crate::socket::{MulticastSocket, SocketOptions};
use crate::test_cable;
use crate::watch::Watcher;

const LONG: Duration = Duration::from_secs(10);

const SHORT: Duration = Duration::from_millis(30);

/// Waits once. Returns the keys, and whether it ended before its timeout.
fn wait(waiter: &mut Waiter, timeout: Duration) -> (Vec<usize>, bool) {
    let start = Instant::now();
    let mut ready = vec![999];
    waiter.wait(Some(timeout), &mut ready).expect("waits");
    (ready, start.elapsed() < timeout)
}

#[test]
fn a_wait_with_nothing_to_wait_for_ends_with_its_time() {
    let mut waiter = Waiter::new().expect("a waiter");
    assert_eq!(wait(&mut waiter, SHORT), (vec![], false));
}

#[test]
fn an_alarm_ends_a_wait_of_another_thread_or_the_next_one_and_no_more() {
    let mut waiter = Waiter::new().expect("a waiter");
    let alarm = waiter.alarm();
    let ringer = thread::spawn({
        let alarm = alarm.clone();
        move || {
            thread::sleep(SHORT);
            alarm.ring().expect("rings");
        }
    });
    assert_eq!(wait(&mut waiter, LONG), (vec![], true));
    ringer.join().expect("the ringer does not panic");
    alarm.ring().expect("rings");
    alarm.ring().expect("rings");
    assert_eq!(wait(&mut waiter, LONG), (vec![], true));
    assert_eq!(wait(&mut waiter, SHORT), (vec![], false));
}

#[test]
fn a_socket_is_ready_until_it_is_read_and_never_after_its_guard_is_gone() {
    let test = "wait::tests::a_socket_is_ready_until_it_is_read_and_never_after_its_guard_is_gone";
    test_cable::run(test, test_cable::CABLE, || {
        let interface = test_cable::interface("lan0");
        let open = || {
            let options = SocketOptions::default();
            MulticastSocket::open(&interface, Family::V4, &options)
                .expect("opens")
                .0
        };
        let mut waiter = Waiter::new().expect("a waiter");
        let socket = waiter.watch_socket(open(), 7).expect("is waited for");
        assert_eq!(wait(&mut waiter, SHORT), (vec![], false));
        socket
            .send_multicast(b"to all, and so to the sender")
            .expect("sends");
        assert_eq!(wait(&mut waiter, LONG), (vec![7], true));
        assert_eq!(
            wait(&mut waiter, LONG),
            (vec![7], true),
            "ready for as long as it is unread"
        );
        let mut batch = crate::recv::RecvBatch::with_slots(8);
        assert_eq!(socket.recv_batch(&mut batch).expect("reads"), 1);
        assert_eq!(wait(&mut waiter, SHORT), (vec![], false));

        socket
            .send_multicast(b"and nobody reads it")
            .expect("sends");
        drop(socket);
        assert_eq!(wait(&mut waiter, SHORT), (vec![], false));
        let again = waiter.watch_socket(open(), 8).expect("is waited for");
        again
            .send_multicast(b"the waiter still works")
            .expect("sends");
        assert_eq!(wait(&mut waiter, LONG), (vec![8], true));
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_change_of_interfaces_ends_a_wait() {
    let test = "wait::tests::a_change_of_interfaces_ends_a_wait";
    test_cable::run(test, test_cable::CABLE, || {
        let mut waiter = Waiter::new().expect("a waiter");
        let watcher = Watcher::new().expect("a watcher");
        let mut watcher = waiter.watch_changes(watcher, 3).expect("is waited for");
        let script = "ip addr add 10.99.0.7/24 dev lan0";
        let status = std::process::Command::new("sh")
            .args(["-c", script])
            .status();
        assert!(status.expect("there is a shell").success());
        assert_eq!(wait(&mut waiter, LONG), (vec![3], true));
        assert!(watcher.drain());
        let addresses = watcher
            .interfaces()
            .iter()
            .flat_map(|interface| &interface.addresses);
        assert!(
            addresses
                .map(|address| address.ip.to_string())
                .any(|ip| ip == "10.99.0.7")
        );
    });
}

#[cfg(not(target_os = "linux"))]
#[test]
fn changes_of_interfaces_can_be_waited_for() {
    let mut waiter = Waiter::new().expect("a waiter");
    let watcher = Watcher::new().expect("a watcher");
    let _watcher = waiter.watch_changes(watcher, 3).expect("is waited for");
    assert_eq!(wait(&mut waiter, SHORT), (vec![], false));
}
