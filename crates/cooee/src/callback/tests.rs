//! User functions that panic, or wait where they must not; on real sockets where necessary.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use cooee_net::Waiter;

use super::{Callback, enter_driver_thread, may_wait, wake};
use crate::blocking::NextError;
use crate::error::DriverError;
use crate::session::queue::{Overflow, channel};
use crate::session::shared::Shared;
use crate::session::stream::Feed;
use crate::session::unread::InstanceNews;
use crate::testing::{Offer, Responder, in_namespace, sh};
use crate::{
    BrowseError, Instances, Mdns, RegisterError, Registered, Registration, ResolveError, Services,
    UpdateError,
};

#[test]
fn a_panic_in_a_function_gives_the_fallback_each_time() {
    let callback = Callback::new("a test", || -> u32 { panic!("on purpose") });
    for _ in 0..3 {
        assert_eq!(callback.call(7, |function| function()), 7);
    }
}

#[test]
fn a_panic_in_the_drop_of_what_a_function_has_captured_ends_there() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let bomb = Bomb;
    let callback = Callback::new("a test", move || {
        let _ = &bomb;
        1
    });
    assert_eq!(callback.call(0, |function| function()), 1);
    drop(callback);
}

#[test]
fn a_panic_whose_payload_panics_ends_there() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose");
        }
    }
    let callback = Callback::new("a test", || -> u32 { std::panic::panic_any(Bomb) });
    assert_eq!(callback.call(7, |function| function()), 7);
}

#[test]
fn a_panic_in_a_waker_ends_there() {
    struct Angry;
    impl std::task::Wake for Angry {
        fn wake(self: Arc<Self>) {
            panic!("on purpose");
        }
    }
    wake(Arc::new(Angry).into());
}

#[test]
fn only_inside_a_function_that_a_driver_calls_may_nobody_wait() {
    let ask = Callback::new("a test", may_wait);
    assert_eq!(ask.call(Ok(()), |ask| ask()), Ok(()), "no driver calls it");
    let driver = thread::spawn(move || {
        enter_driver_thread();
        let inside = ask.call(Ok(()), |ask| ask());
        (inside, may_wait())
    });
    let seen = driver.join().expect("it does not panic");
    assert_eq!(seen, (Err(DriverError::InCallback), Ok(())));
}

const LIMIT: Duration = Duration::from_secs(20);

const LO: &str = "ip link set lo up";

fn on_lo() -> Mdns {
    let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
    builder.build().expect("lo can be used")
}

#[test]
fn a_filter_that_panics_refuses_the_interface_and_the_driver_goes_on() {
    let test = "callback::tests::a_filter_that_panics_refuses_the_interface_and_the_driver_goes_on";
    let card = |name: &str, net: u8| {
        format!(
            "ip link add {name} type veth peer name peer{net}; ip link set peer{net} up; \
             ip link set {name} up; ip addr add 10.9.{net}.1/24 dev {name}"
        )
    };
    in_namespace(test, &card("good0", 1), || {
        let builder = Mdns::builder().ipv4_only().interface_filter(|interface| {
            assert!(interface.name != "bad0", "on purpose");
            interface.name == "good0"
        });
        let mdns = builder.build().expect("good0 can be used");
        sh(&card("bad0", 2));
        let since = Instant::now();
        let decision = loop {
            let all = mdns.interfaces();
            if let Some(bad) = all.into_iter().find(|on| on.interface.name == "bad0") {
                break bad;
            }
            assert!(since.elapsed() < LIMIT, "the driver follows changes");
            thread::sleep(Duration::from_millis(20));
        };
        assert!(!decision.selected, "{decision:?}");
        let web = Registration::new("_http._tcp", "Web", 80).host_named("desk");
        let web = mdns.register(web).deadline(LIMIT).wait();
        assert_eq!(web.expect("the driver goes on").name(), "Web");
    });
}

fn browse(mdns: &Mdns) -> Services {
    mdns.browse("_http._tcp").start().expect("the driver runs")
}

/// Returns every way to wait for a driver, each with whether it returned the error.
fn wait_in_every_way(mdns: &Mdns, registered: Registered) -> Vec<(&'static str, bool)> {
    let is_refused = |error: DriverError| error == DriverError::InCallback;
    let soon = Duration::from_secs(2);
    let service = Registration::new("_http._tcp", "Inner", 80).host_named("inner");
    let services = || browse(mdns).blocking();
    let mut polled = services().into_stream();
    let polled = pin!(polled.next()).poll(&mut Context::from_waker(Waker::noop()));
    vec![
        (
            "resolve",
            matches!(
                mdns.resolve("_http._tcp", "Nobody").deadline(soon).wait(),
                Err(ResolveError::Driver(error)) if is_refused(error)
            ),
        ),
        (
            "lookup_host",
            mdns.lookup_host("nobody").wait() == Err(DriverError::InCallback.into()),
        ),
        (
            "lookup_addr",
            mdns.lookup_addr([10, 9, 9, 9].into()).wait() == Err(DriverError::InCallback.into()),
        ),
        (
            "register",
            matches!(
                mdns.register(service).wait(),
                Err(RegisterError::Driver(error)) if is_refused(error)
            ),
        ),
        (
            "register_host",
            matches!(
                mdns.register_host("inner", []).wait(),
                Err(RegisterError::Driver(error)) if is_refused(error)
            ),
        ),
        (
            "update",
            matches!(
                registered.update().port(81).wait(),
                Err(UpdateError::Driver(error)) if is_refused(error)
            ),
        ),
        (
            "unregister",
            registered.unregister().wait() == Err(DriverError::InCallback),
        ),
        ("next", services().next().is_none()),
        (
            "next_timeout",
            services().next_timeout(soon) == Err(DriverError::InCallback.into()),
        ),
        ("for_at_most", services().for_at_most(soon).next().is_none()),
        ("poll", matches!(polled, Poll::Ready(None))),
        (
            "shutdown",
            mdns.shutdown().wait() == Err(DriverError::InCallback),
        ),
    ]
}

#[test]
fn whoever_waits_inside_a_function_that_the_driver_calls_gets_an_error() {
    let test = "callback::tests::\
                whoever_waits_inside_a_function_that_the_driver_calls_gets_an_error";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let other = Registration::new("_http._tcp", "Other", 80).host_named("desk");
        let other = mdns.register(other).deadline(LIMIT).wait();
        let other = Mutex::new(Some(other.expect("the name is free")));
        let (tell, reported) = mpsc::channel();
        let inside = mdns.clone();
        let web = Registration::new("_http._tcp", "Web", 80).host_named("desk");
        let web = web.rename_with(move |_, _| {
            let other = other.lock().expect("nobody panics").take();
            if let Some(other) = other {
                let _ = tell.send(wait_in_every_way(&inside, other));
            }
            None
        });
        let started = mdns.register(web).start();
        let _kept = started.expect("all of it is right");
        let outcomes = reported
            .recv_timeout(LIMIT)
            .expect("nothing waits for ever");
        let waited: Vec<_> = outcomes.iter().filter(|(_, refused)| !refused).collect();
        assert!(waited.is_empty(), "{waited:?}");
        assert!(mdns.shutdown().wait().is_ok(), "the driver has ended");
    });
}

#[test]
fn a_process_that_was_forked_off_gets_an_error_and_no_wait() {
    let waiter = Waiter::new().expect("the system can wait");
    let shared = Shared::new(waiter.alarm(), 8, None).into_forked_off();
    let mdns = Mdns::from_shared(Arc::new(shared));
    let forked = DriverError::Forked;
    assert_eq!(
        mdns.browse("_http._tcp").start().err(),
        Some(BrowseError::Driver(forked))
    );
    let resolved = mdns.resolve("_http._tcp", "Web").wait();
    assert_eq!(resolved, Err(forked.into()));
    let service = Registration::new("_http._tcp", "Web", 80);
    let registered = mdns.register(service).wait();
    assert_eq!(registered.err(), Some(RegisterError::Driver(forked)));
    assert_eq!(mdns.shutdown().wait(), Err(forked));

    // A stream that was made before the fork, in which something is still unread.
    let (sender, receiver) = channel::<InstanceNews>(8, Overflow::DropOldest);
    let feed = Feed::new(receiver, mdns.shared().next_id(), mdns.clone());
    let mut events = Instances { feed }.blocking();
    assert_eq!(events.next_timeout(LIMIT), Err(NextError::Driver(forked)));
    assert_eq!(events.next(), None);
    drop(sender);
}
