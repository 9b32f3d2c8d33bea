//! The daemon's door on a bus of its own.
//!
//! In:  limits.
//! Out: a served bus, and the house behind it.

use std::cell::Cell;
use std::rc::Rc;

use cooee::Mdns;
use tokio::task::{LocalSet, yield_now};

use super::super::{BusCounters, House, serve};
use super::bus::Bus;
use crate::avahi::state::ServerState;
use crate::config::Limits;
use crate::host::{Host, Publishes};
use crate::lookup::watch::Watches;
use crate::publish::publisher::Publisher;
use crate::task::Task;

/// The script of a namespace with `lo` alone.
pub(super) const LO: &str = "ip link set lo up; ip link set lo multicast on";

/// A bus that the daemon serves.
pub(super) struct Door {
    pub(super) mdns: Mdns,
    pub(super) house: Rc<House>,
    pub(super) bus: Bus,
    _served: Task,
}

impl Door {
    /// Opens a door. Must run in a `LocalSet`, in a namespace of its own.
    pub(super) async fn open(limits: Limits) -> Self {
        let mdns = Mdns::builder()
            .interfaces(["lo"])
            .build()
            .expect("a driver");
        let publishes = Publishes {
            addresses: false,
            hinfo: false,
        };
        let host = Host::start(mdns.clone(), "day".to_owned(), publishes);
        while host.now().state != ServerState::Running {
            yield_now().await;
        }
        let house = Rc::new(House {
            watches: Watches::new(mdns.clone()),
            host,
            publisher: Rc::new(Publisher::new(mdns.clone(), false)),
            limits: Rc::new(Cell::new(limits)),
            clients_may_publish: true,
            publishes: true,
            browse_domains: vec!["example.com".to_owned()],
            counters: Rc::<BusCounters>::default(),
        });
        let (bus, connection) = Bus::new().await;
        let served = Rc::clone(&house);
        let served = Task::spawn(async move {
            let ended = serve(connection, served).await;
            panic!("the door closed: {ended:?}");
        });
        Self {
            mdns,
            house,
            bus,
            _served: served,
        }
    }
}

/// Runs a test in a time that passes when there is nothing to do.
pub(super) fn in_virtual_time(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    LocalSet::new().block_on(&runtime, test);
}
