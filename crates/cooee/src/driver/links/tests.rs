//! Sockets that fail are closed and reopened after a wait; the engine is informed.

use std::io;
use std::time::Duration;

use cooee_net::{Family, Interface, SocketOptions, Waiter};
use cooee_proto::link::{LinkChange, LinkId};
use cooee_proto::time::Instant;

use super::{BACKOFF_MAX, BACKOFF_MIN, FAILURES_MAX, Links, Port, key, parts};
use crate::driver::CHANGES_KEY;
use crate::session::shared::Shared;
use crate::testing::in_namespace;

#[test]
fn a_key_stands_for_one_interface_and_family_and_never_for_the_watcher() {
    for index in [1, 2, 3, 1_000_000] {
        for family in [Family::V4, Family::V6] {
            let key = key(index, family);
            assert_ne!(key, CHANGES_KEY);
            assert_eq!(parts(key), Some((index, family)));
        }
    }
}

#[test]
fn attempts_to_open_a_socket_come_ever_more_rarely_but_never_end() {
    let mut port = Port::Closed;
    let mut waits = Vec::new();
    for _ in 0..10 {
        port = Port::failed(Instant::ZERO, port.next_backoff());
        waits.push(port.retry_at().expect("it is tried again").as_nanos() / 1_000_000_000);
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    assert_eq!(BACKOFF_MAX, Duration::from_secs(60));
}

/// One interface in use, in the namespace of a test.
struct World {
    links: Links,
    waiter: Waiter,
    shared: Shared,
    lo: Interface,
}

impl World {
    fn new(families: Vec<Family>) -> Self {
        let waiter = Waiter::new().expect("a waiter");
        let shared = Shared::new(waiter.alarm(), 1, None);
        let interfaces = cooee_net::interfaces().expect("interfaces can be listed");
        let lo = interfaces
            .into_iter()
            .find(|interface| interface.name == "lo");
        let links = Links::new(families, SocketOptions::default());
        Self {
            links,
            waiter,
            shared,
            lo: lo.expect("there is lo"),
        }
    }

    fn apply(&mut self, interfaces: &[Interface]) -> Vec<LinkChange> {
        let applied = self.links.apply(
            Instant::ZERO,
            interfaces.iter(),
            &[],
            &self.waiter,
            &self.shared,
        );
        assert!(applied.1.is_empty(), "{:?}", applied.1);
        applied.0
    }
}

const LO: &str = "ip link set lo up";

#[test]
fn a_link_is_told_once_and_again_when_its_addresses_change_and_when_it_is_gone() {
    let test = "driver::links::tests::a_link_is_told_once_and_again_when_its_addresses_change_and_when_it_is_gone";
    in_namespace(test, LO, || {
        let mut world = World::new(vec![Family::V4]);
        let mut lo = world.lo.clone();
        let link = LinkId(lo.index);
        let changes = world.apply(std::slice::from_ref(&lo));
        let [LinkChange::Up { info, .. }] = &changes[..] else {
            panic!("{changes:?}")
        };
        assert_eq!(info.addresses.len(), 1, "only of the wanted family");
        assert_eq!(world.apply(&[lo.clone()]), []);

        let mut other = lo.addresses[0].clone();
        other.ip = "127.0.0.2".parse().expect("an address");
        lo.addresses.push(other);
        let changes = world.apply(std::slice::from_ref(&lo));
        let [LinkChange::Up { info, .. }] = &changes[..] else {
            panic!("{changes:?}")
        };
        assert_eq!(info.addresses.len(), 2);

        lo.flags.running = false;
        assert_eq!(world.apply(&[lo.clone()]), [LinkChange::Down { link }]);
        assert_eq!(
            world.links.open_sockets(),
            1,
            "a pulled cable closes nothing"
        );
        lo.flags.running = true;
        assert!(matches!(
            world.apply(&[lo.clone()])[..],
            [LinkChange::Up { .. }]
        ));

        lo.addresses.clear();
        assert_eq!(world.apply(&[lo]), [LinkChange::Down { link }]);
        assert_eq!(world.links.open_sockets(), 0);
        assert_eq!(world.apply(&[]), [], "it was down already");
    });
}

#[test]
fn a_socket_that_goes_on_failing_is_closed_and_opened_again_after_a_while() {
    let test = "driver::links::tests::a_socket_that_goes_on_failing_is_closed_and_opened_again_after_a_while";
    in_namespace(test, LO, || {
        let mut world = World::new(vec![Family::V4]);
        let lo = world.lo.clone();
        world.apply(std::slice::from_ref(&lo));
        let (now, key) = (Instant::from_nanos(5), key(lo.index, Family::V4));
        let error = io::Error::from(io::ErrorKind::NetworkDown);
        for _ in 1..FAILURES_MAX {
            world.links.note_failure(now, key, &error);
        }
        world.links.note_received(key);
        for _ in 1..FAILURES_MAX {
            world.links.note_failure(now, key, &error);
        }
        assert_eq!(
            world.links.open_sockets(),
            1,
            "a read that worked starts the count anew"
        );
        world.links.note_failure(now, key, &error);
        assert_eq!(world.links.open_sockets(), 0);
        assert!(world.links.socket(key).is_none());
        world.links.note_failure(now, key, &error);

        let retry_at = now + BACKOFF_MIN;
        assert_eq!(world.links.deadline(), Some(retry_at));
        let early = world.links.retry(now, &world.waiter, &world.shared);
        assert_eq!((early.0.len(), world.links.open_sockets()), (0, 0));
        let (changes, failures) = world.links.retry(retry_at, &world.waiter, &world.shared);
        assert!(
            changes.is_empty() && failures.is_empty(),
            "{changes:?} {failures:?}"
        );
        assert_eq!((world.links.open_sockets(), world.links.reopened()), (1, 1));
        assert_eq!(world.links.deadline(), None);
    });
}
