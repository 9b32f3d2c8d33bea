//! How often what is published crosses to the driver's thread, on real sockets.
#![cfg(unix)]
#![allow(
    clippy::expect_used,
    reason = "a test that fails says so by a panic, as elsewhere"
)]

use std::future::IntoFuture;

use cooee::{Mdns, Registered, Registration, ServiceType};

#[path = "support/join.rs"]
mod support;

use support::join;

const SERVICES: usize = 100;

fn on_lo() -> Mdns {
    let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
    builder.build().expect("lo can be used")
}

fn register(mdns: &Mdns) -> Vec<Registered> {
    let http: ServiceType = "_http._tcp".parse().expect("a service type");
    let registering = (0..SERVICES).map(|n| {
        let service = Registration::new(&http, format!("Web {n}"), 80);
        mdns.register(service.host_named("desk")).into_future()
    });
    let registered = join(registering).into_iter();
    registered.map(|one| one.expect("it is free")).collect()
}

/// Each asks the driver once, and the driver answers once: the work for all is as much as they are.
#[test]
fn registering_crosses_to_the_thread_once_and_so_does_withdrawing() {
    let test = "registering_crosses_to_the_thread_once_and_so_does_withdrawing";
    netcell::run(test, "ip link set lo up", || {
        let mdns = on_lo();
        let before = mdns.metrics().driver.commands;
        let services = register(&mdns);
        let registered = mdns.metrics().driver.commands;
        assert_eq!(registered - before, SERVICES as u64);
        let withdrawing = services
            .into_iter()
            .map(|held| held.unregister().into_future());
        for goodbyes in join(withdrawing) {
            let goodbyes = goodbyes.expect("the driver runs");
            assert!(!goodbyes.is_empty(), "each says what was sent for it");
        }
        // The metrics are those of the last whole turn. The shutdown makes one, and is one command.
        mdns.shutdown().wait().expect("it ends");
        let withdrawn = mdns.metrics().driver.commands - registered;
        assert_eq!(withdrawn, SERVICES as u64 + 1);
    });
}
