//! Consumers that never read, on real sockets: they cost a bounded queue each and delay nobody.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    reason = "a test that fails says so by a panic, as elsewhere"
)]

use std::time::{Duration, Instant};

use cooee::{Mdns, MonitorEvent, Registration, ServiceEvent, ServiceType, TypeEvent};

/// Longer than anything here takes, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(30);

/// How many unread events a stream of the listener holds.
const CAPACITY: usize = 8;

/// How many services there are: more than a queue holds.
const SERVICES: usize = 40;

fn on_lo(capacity: usize) -> Mdns {
    let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
    let built = builder.queue_capacity(capacity).build();
    built.expect("lo can be used")
}

#[test]
fn consumers_that_never_read_cost_a_bounded_queue_and_hold_up_nobody() {
    let test = "consumers_that_never_read_cost_a_bounded_queue_and_hold_up_nobody";
    netcell::run(test, "ip link set lo up", || {
        let (speaker, listener) = (on_lo(1_024), on_lo(CAPACITY));
        let http: ServiceType = "_http._tcp".parse().expect("a service type");
        let mut services = listener.browse(&http).start().expect("it starts");
        let mut everything = listener.browse_all().start().expect("it starts");
        let mut types = listener.browse_types().start().expect("it starts");
        let mut monitor = listener.monitor().start().expect("it starts");
        let host = listener.lookup_host("desk").start();
        let mut host = host.expect("it starts");
        let published: Vec<_> = (0..SERVICES)
            .map(|n| {
                let service = Registration::new(&http, format!("Web {n}"), 80);
                let started = speaker.register(service.host_named("desk")).start();
                started.expect("all of it is right")
            })
            .collect();
        let since = Instant::now();
        while listener.metrics().queues.lagged < 2 {
            assert!(since.elapsed() < LIMIT, "the queues overflow");
            std::thread::sleep(Duration::from_millis(50));
        }
        // Nobody has read anything, and yet queriers are served.
        let last = format!("Web {}", SERVICES - 1);
        let found = listener.resolve(&http, &last).deadline(LIMIT).wait();
        assert_eq!(found.expect("it answers").port(), 80);

        assert!(matches!(services.try_next(), Some(ServiceEvent::Lagged { missed }) if missed > 8));
        assert!(matches!(
            everything.try_next(),
            Some(ServiceEvent::Lagged { .. })
        ));
        assert!(matches!(types.try_next(), Some(TypeEvent::Found(_))));
        assert_eq!(types.try_next(), None, "one type is one event");
        let state = host.try_next().expect("the host is known");
        assert_eq!(state.addresses.len(), 1);
        assert_eq!(host.try_next(), None, "of a host the latest state is kept");
        let kept = std::iter::from_fn(|| monitor.try_next())
            .filter(|event| matches!(event, MonitorEvent::Message(_)));
        assert!(kept.count() > 0);
        drop(published);
    });
}
