//! The two example drivers, run against each other on the loopback interface.

use std::net::Ipv4Addr;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cooee_proto::LinkAddress;
use cooee_proto::dnssd::event::DiscoveryEvent;

#[allow(dead_code, reason = "its `main` is not used here")]
#[path = "../examples/std_loop.rs"]
mod std_loop;
#[allow(dead_code, reason = "its `main` is not used here")]
#[path = "../examples/tokio_loop.rs"]
mod tokio_loop;

const LOOPBACK: LinkAddress = LinkAddress {
    ip: std::net::IpAddr::V4(Ipv4Addr::LOCALHOST),
    prefix_len: 8,
};

#[test]
fn the_example_with_tokio_finds_what_the_example_with_std_publishes() {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| std_loop::publish(LOOPBACK, &|| stop.load(Ordering::Relaxed)).unwrap());
        // The publisher has to stop even if this fails.
        let found = std::panic::catch_unwind(|| find("_http._tcp"));
        stop.store(true, Ordering::Relaxed);
        assert_eq!(found.ok(), Some(Some(8080)));
    });
}

/// Returns the port of the published service, as the browsing example sees it; `None` after a
/// minute.
fn find(service_type: &str) -> Option<u16> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut found = None;
    let browse = tokio_loop::browse(LOOPBACK, service_type, |event| {
        if let DiscoveryEvent::Added(service) = event {
            if service.instance.label() == "Front Door" {
                found = Some(service.port);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    });
    let limited = async { tokio::time::timeout(Duration::from_secs(60), browse).await };
    let ended = runtime.block_on(limited);
    assert!(matches!(ended, Ok(Ok(())) | Err(_)), "{ended:?}");
    found
}
