//! The driver on real sockets: `lo` in a separate namespace for each test, with a scripted
//! responder.
//!
//! Waits end with the awaited event; their limits are for when it never comes.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cooee_proto::event::Removal;
use cooee_wire::RecordType;

use crate::blocking::{Events, NextError};
use crate::testing::{Offer, Responder, in_namespace, name, sh};
use crate::{
    BrowseError, Direction, DriverError, Ignored, InstanceEvent, LookupError, Mdns, MonitorEvent,
    RecordEvent, ResolveError, ServiceEvent, Services, StartError, TypeEvent, Verdict, Warning,
};

/// Longer than anything here takes, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(20);

const LO: &str = "ip link set lo up";

fn on_lo() -> Mdns {
    Mdns::builder()
        .interfaces(["lo"])
        .ipv4_only()
        .build()
        .expect("lo can be used")
}

fn browse(mdns: &Mdns) -> Events<Services> {
    mdns.browse("_http._tcp")
        .start()
        .expect("the driver runs")
        .blocking()
}

/// Reads until each of these services has been added.
fn await_added<'a>(services: &mut Events<Services>, labels: impl IntoIterator<Item = &'a str>) {
    let mut missing: BTreeSet<&str> = labels.into_iter().collect();
    while !missing.is_empty() {
        match services.next_timeout(LIMIT) {
            Ok(ServiceEvent::Added(service)) => drop(missing.remove(&*service.name())),
            Ok(_) => {}
            Err(error) => panic!("{missing:?} not found: {error}"),
        }
    }
}

fn await_event(
    services: &mut Events<Services>,
    mut wanted: impl FnMut(&ServiceEvent) -> bool,
) -> ServiceEvent {
    loop {
        let event = services.next_timeout(LIMIT).expect("the event comes");
        if wanted(&event) {
            return event;
        }
    }
}

#[test]
fn a_browse_tells_of_a_service_that_comes_changes_and_goes() {
    let test = "driver::tests::a_browse_tells_of_a_service_that_comes_changes_and_goes";
    in_namespace(test, LO, || {
        let responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let mut services = browse(&mdns);
        let Ok(ServiceEvent::Added(service)) = services.next_timeout(LIMIT) else {
            panic!("the first event is its arrival");
        };
        assert_eq!(service.name(), "web");
        assert_eq!(service.host().to_string(), "web-host.local");
        assert_eq!(service.txt().get("path"), Some("/"));
        assert_eq!(
            service.socket_addrs(),
            ["10.0.0.9:80".parse().expect("an address")]
        );
        let interfaces: Vec<_> = service
            .addresses()
            .map(|address| address.interface().to_string())
            .collect();
        assert_eq!(interfaces, ["lo"]);

        responder.announce(Offer::new("web").with_txt("path=/new"));
        let Ok(ServiceEvent::Updated { service, diff }) = services.next_timeout(LIMIT) else {
            panic!("the second event is its change");
        };
        assert_eq!(service.txt().get("path"), Some("/new"));
        assert!(diff.txt && !diff.endpoint && !diff.addresses, "{diff:?}");

        responder.withdraw("web");
        let Ok(ServiceEvent::Removed { last, why }) = services.next_timeout(LIMIT) else {
            panic!("the third event is its departure");
        };
        assert_eq!(last.txt().get("path"), Some("/new"));
        assert_eq!(why, Removal::Goodbye);
        assert_eq!(
            services.next_timeout(Duration::from_millis(300)),
            Err(NextError::TimedOut)
        );
    });
}

#[test]
fn a_record_that_was_received_has_an_age() {
    let test = "driver::tests::a_record_that_was_received_has_an_age";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let mut services = browse(&mdns);
        await_added(&mut services, ["web"]);
        let cached = |name: &str, rtype| mdns.cached(name, rtype).wait();
        let found = cached("web-host.local", RecordType::A).expect("the driver runs");
        let [found] = &found[..] else {
            panic!("one address: {found:?}");
        };
        assert_eq!(found.interface.to_string(), "lo");
        assert_eq!(found.record.data.to_string(), "10.0.0.9");
        let ttl = Duration::from_secs(found.record.ttl.as_secs().into());
        // The two are taken at the same moment.
        assert_eq!(found.age + found.remaining, ttl);
        assert_eq!(cached("other.local", RecordType::ANY), Ok(Vec::new()));
        let error = cached("a..local", RecordType::A).expect_err("no name");
        assert!(error.to_string().contains("a..local"), "{error}");
    });
}

#[test]
fn a_service_is_resolved_by_name_once_or_followed() {
    let test = "driver::tests::a_service_is_resolved_by_name_once_or_followed";
    in_namespace(test, LO, || {
        let responder = Responder::new([Offer::new("Front Desk").with_type("_ipp._tcp")]);
        let mdns = on_lo();
        let service = mdns
            .resolve("_ipp._tcp", "front desk")
            .deadline(LIMIT)
            .wait();
        assert_eq!(service.map(|service| service.port()), Ok(80));

        let mut followed = mdns
            .resolve("_ipp._tcp", "Front Desk")
            .start()
            .expect("it starts")
            .blocking();
        assert!(matches!(
            followed.next_timeout(LIMIT),
            Ok(ServiceEvent::Added(_))
        ));
        responder.withdraw("Front Desk");
        assert!(matches!(
            followed.next_timeout(LIMIT),
            Ok(ServiceEvent::Removed { .. })
        ));
    });
}

#[test]
fn what_nobody_answers_for_ends_with_its_deadline_and_an_error_that_names_it() {
    let test =
        "driver::tests::what_nobody_answers_for_ends_with_its_deadline_and_an_error_that_names_it";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let soon = Duration::from_millis(50);
        let error = mdns
            .resolve("_ipp._tcp", "Nobody")
            .deadline(soon)
            .wait()
            .expect_err("nobody");
        assert!(matches!(error, ResolveError::TimedOut { .. }));
        let text = error.to_string();
        assert!(text.contains("Nobody") && text.contains("0.05 s") && text.contains("_ipp._tcp"));

        let error = mdns
            .lookup_host("nobody")
            .deadline(soon)
            .wait()
            .expect_err("nobody");
        assert!(error.to_string().contains("nobody.local"), "{error}");
        let ip = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
        let error = mdns
            .lookup_addr(ip)
            .deadline(soon)
            .wait()
            .expect_err("nobody");
        assert!(error.to_string().contains("192.0.2.7"), "{error}");

        let error = mdns.resolve("_ipp._tcp", "").wait().expect_err("no name");
        assert!(matches!(error, ResolveError::Name(_)));
        let error = mdns
            .lookup_host("example.com")
            .wait()
            .expect_err("no name under .local");
        assert!(matches!(error, LookupError::Name { .. }));
        let limit = Instant::now() + LIMIT;
        while mdns.metrics().queues.requests > 0 {
            assert!(Instant::now() < limit, "a request outlives its deadline");
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn hosts_addresses_records_types_and_names_are_looked_up() {
    let test = "driver::tests::hosts_addresses_records_types_and_names_are_looked_up";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let host = mdns
            .lookup_host("web-host")
            .deadline(LIMIT)
            .wait()
            .expect("it answers");
        assert_eq!(host.name, name("web-host.local"));
        let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["10.0.0.9"]);

        let ip = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 9));
        let names = mdns.lookup_addr(ip).deadline(LIMIT).wait();
        assert_eq!(names, Ok(vec![name("web-host.local")]));

        let asked = name("web._http._tcp.local");
        let mut records = mdns
            .query(&asked, RecordType::SRV)
            .start()
            .expect("it starts")
            .blocking();
        let Ok(RecordEvent::Added { record, interface }) = records.next_timeout(LIMIT) else {
            panic!("the record is there");
        };
        assert_eq!(
            (record.data.rtype(), interface.name()),
            (RecordType::SRV, "lo")
        );

        let mut types = mdns.browse_types().start().expect("it starts").blocking();
        let http: crate::ServiceType = "_http._tcp".parse().expect("a service type");
        assert_eq!(
            types.next_timeout(LIMIT),
            Ok(TypeEvent::Found(http.clone()))
        );

        let names = mdns.browse_instances(&http).interface("lo").start();
        let found = names.expect("it starts").blocking().next_timeout(LIMIT);
        let Ok(InstanceEvent::Found(instance)) = found else {
            panic!("{found:?}")
        };
        assert_eq!(instance.label(), "web");
    });
}

#[test]
fn a_browse_of_every_type_finds_services_of_each() {
    let test = "driver::tests::a_browse_of_every_type_finds_services_of_each";
    in_namespace(test, LO, || {
        let offers = ["_http._tcp", "_ipp._tcp", "_ssh._tcp"]
            .map(|service_type| Offer::new(&service_type[1..5]).with_type(service_type));
        let labels: Vec<String> = offers.iter().map(|offer| offer.label.clone()).collect();
        let responder = Responder::new(offers);
        let mdns = on_lo();
        let mut services = mdns.browse_all().start().expect("it starts").blocking();
        await_added(&mut services, labels.iter().map(String::as_str));
        responder.announce(Offer::new("late").with_type("_late._udp"));
        await_added(&mut services, ["late"]);
    });
}

#[test]
fn a_monitor_of_one_interface_shows_nothing_of_another() {
    let test = "driver::tests::a_monitor_of_one_interface_shows_nothing_of_another";
    let two = "ip link set lo up; ip link add one type veth peer name other; \
               ip link set other up; ip addr add 10.1.0.1/24 dev one; ip link set one up";
    in_namespace(test, two, || {
        let mdns = Mdns::builder().interfaces(["lo", "one"]).ipv4_only();
        let mdns = mdns.build().expect("both can be used");
        let mut both = mdns.monitor().start().expect("it starts").blocking();
        let narrow = mdns.monitor().interface("one").start();
        let mut narrow = narrow.expect("it starts").blocking();
        let _services = browse(&mdns);
        let mut seen = BTreeSet::new();
        while seen.len() < 2 {
            let event = both.next_timeout(LIMIT).expect("messages pass");
            let MonitorEvent::Message(message) = event else {
                panic!("{event:?}")
            };
            seen.insert(message.interface.name().to_owned());
        }
        let mut shown = 0;
        while let Ok(MonitorEvent::Message(message)) = narrow.next_timeout(Duration::ZERO) {
            assert_eq!(message.interface.name(), "one");
            shown += 1;
        }
        assert!(shown > 0, "it shows its own interface");
    });
}

#[test]
fn a_monitor_shows_what_is_sent_and_what_is_seen() {
    let test = "driver::tests::a_monitor_shows_what_is_sent_and_what_is_seen";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let mut messages = mdns.monitor().start().expect("it starts").blocking();
        let _services = browse(&mdns);
        let (mut sent, mut answered) = (false, false);
        while !(sent && answered) {
            let event = messages.next_timeout(LIMIT).expect("messages pass");
            let MonitorEvent::Message(message) = event else {
                panic!("{event:?}")
            };
            assert_eq!(message.interface.name(), "lo");
            let text = message.to_string();
            match message.direction {
                Direction::Sent { destination } => {
                    assert_eq!(destination.to_string(), "224.0.0.251:5353");
                    assert!(text.contains("_http._tcp.local. IN PTR"), "{text}");
                    sent = true;
                }
                Direction::Seen {
                    source,
                    destination,
                    verdict: Verdict::Response,
                } => {
                    assert_eq!(source.to_string(), "127.0.0.1:5353");
                    assert_eq!(destination.to_string(), "224.0.0.251");
                    assert!(text.contains("web._http._tcp.local."), "{text}");
                    answered = true;
                }
                Direction::Seen { .. } => {}
            }
        }
    });
}

/// Returns how many descriptors and threads the process has, as reported by the kernel.
fn descriptors_and_threads() -> (usize, usize) {
    let count = |path| std::fs::read_dir(path).expect("this is Linux").count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

#[test]
fn dropping_the_last_handle_closes_the_sockets_and_ends_the_thread() {
    let test = "driver::tests::dropping_the_last_handle_closes_the_sockets_and_ends_the_thread";
    in_namespace(test, LO, || {
        let before = descriptors_and_threads();
        let mdns = on_lo();
        let services = browse(&mdns);
        let other = mdns.clone();
        let running = descriptors_and_threads();
        assert!(
            running.0 > before.0 && running.1 > before.1,
            "{running:?} after {before:?}"
        );
        drop(mdns);
        drop(other);
        assert_eq!(
            descriptors_and_threads(),
            running,
            "a stream keeps the driver alive"
        );
        drop(services);
        // The thread has closed everything; the kernel needs a moment to remove the thread itself.
        let limit = Instant::now() + LIMIT;
        while descriptors_and_threads() != before && Instant::now() < limit {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(descriptors_and_threads(), before);
    });
}

#[test]
fn dropping_a_stream_stops_its_request() {
    let test = "driver::tests::dropping_a_stream_stops_its_request";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let limit = Instant::now() + LIMIT;
        let services = browse(&mdns);
        while mdns.metrics().engine.open_questions == 0 {
            assert!(Instant::now() < limit, "the question is not asked");
            thread::sleep(Duration::from_millis(1));
        }
        drop(services);
        while mdns.metrics().engine.open_questions > 0 || mdns.metrics().queues.requests > 0 {
            assert!(Instant::now() < limit, "the question is still asked");
            thread::sleep(Duration::from_millis(1));
        }
    });
}

#[test]
fn ten_subscribers_that_read_nothing_do_not_stop_an_eleventh() {
    let test = "driver::tests::ten_subscribers_that_read_nothing_do_not_stop_an_eleventh";
    in_namespace(test, LO, || {
        let responder = Responder::new([]);
        let mdns = Mdns::builder()
            .interfaces(["lo"])
            .ipv4_only()
            .queue_capacity(300);
        let mdns = mdns.build().expect("lo can be used");
        let _unread: Vec<_> = (0..10).map(|_| browse(&mdns)).collect();
        let _unread_monitor = mdns.monitor().start().expect("it starts");
        let mut read = browse(&mdns);
        let labels: Vec<String> = (0..250).map(|number| format!("service {number}")).collect();
        for label in &labels {
            responder.announce(Offer::new(label));
        }
        await_added(&mut read, labels.iter().map(String::as_str));
        for label in &labels {
            responder.withdraw(label);
        }
        let mut gone = 0;
        while gone < labels.len() {
            let event = read.next_timeout(LIMIT).expect("departures are reported");
            gone += usize::from(matches!(event, ServiceEvent::Removed { .. }));
        }
    });
}

#[test]
fn a_subscriber_that_has_lagged_is_told_the_current_state_anew() {
    let test = "driver::tests::a_subscriber_that_has_lagged_is_told_the_current_state_anew";
    in_namespace(test, LO, || {
        let first: Vec<String> = (0..6).map(|number| format!("first {number}")).collect();
        let second: Vec<String> = (0..6).map(|number| format!("second {number}")).collect();
        let responder = Responder::new(first.iter().map(|label| Offer::new(label)));
        let mdns = Mdns::builder()
            .interfaces(["lo"])
            .ipv4_only()
            .queue_capacity(10);
        let mdns = mdns.build().expect("lo can be used");
        let (mut slow, mut quick) = (browse(&mdns), browse(&mdns));
        await_added(&mut slow, first.iter().map(String::as_str));
        await_added(&mut quick, first.iter().map(String::as_str));
        first.iter().for_each(|label| responder.withdraw(label));
        second
            .iter()
            .for_each(|label| responder.announce(Offer::new(label)));
        await_added(&mut quick, second.iter().map(String::as_str));
        let mut gone = 0;
        await_event(&mut quick, |event| {
            gone += usize::from(matches!(event, ServiceEvent::Removed { .. }));
            gone == first.len()
        });

        let event = slow.next_timeout(LIMIT).expect("something has happened");
        assert!(
            matches!(event, ServiceEvent::Lagged { missed: 11.. }),
            "{event:?}"
        );
        let mut known = BTreeSet::new();
        while known.len() < second.len() {
            match slow.next_timeout(LIMIT).expect("the state is reported") {
                ServiceEvent::Added(service) => assert!(known.insert(service.name().into_owned())),
                other @ (ServiceEvent::Updated { .. }
                | ServiceEvent::Removed { .. }
                | ServiceEvent::Unavailable(_)
                | ServiceEvent::Lagged { .. }) => {
                    panic!("{other:?}")
                }
            }
        }
        assert_eq!(known, second.into_iter().collect());
        assert_eq!(mdns.metrics().queues.lagged, 1);
    });
}

#[test]
fn a_shutdown_ends_every_stream_and_every_wait_and_refuses_what_comes_later() {
    let test =
        "driver::tests::a_shutdown_ends_every_stream_and_every_wait_and_refuses_what_comes_later";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let (ended, ends) = mpsc::channel();
        thread::spawn({
            let (mut services, ended) = (browse(&mdns), ended.clone());
            move || ended.send(services.next().is_none())
        });
        thread::spawn({
            let resolve = mdns.resolve("_http._tcp", "Nobody").deadline(Duration::MAX);
            move || ended.send(resolve.wait() == Err(DriverError::Stopped.into()))
        });
        mdns.shutdown().wait().expect("it ends");
        mdns.shutdown().wait().expect("it has ended");
        assert_eq!(ends.recv_timeout(LIMIT), Ok(true));
        assert_eq!(ends.recv_timeout(LIMIT), Ok(true));
        assert!(matches!(
            mdns.browse("_http._tcp").start(),
            Err(BrowseError::Driver(_))
        ));
        assert_eq!(
            mdns.lookup_host("web").wait(),
            Err(DriverError::Stopped.into())
        );
        assert!(mdns.monitor().start().is_err());
    });
}

#[test]
fn errors_at_the_start_say_of_each_interface_why() {
    let test = "driver::tests::errors_at_the_start_say_of_each_interface_why";
    let script = "ip link set lo up; ip link add docker0 type veth peer name veth1; ip link set docker0 up; \
         ip link set veth1 up; ip addr add 192.0.2.1/24 dev docker0";
    in_namespace(test, script, || {
        let error = Mdns::new().expect_err("nothing to use").to_string();
        assert!(
            error.contains("lo: loopback") && error.contains("docker0: container"),
            "{error}"
        );

        let none: [&str; 0] = [];
        let error = Mdns::builder()
            .interfaces(none)
            .build()
            .expect_err("empty")
            .to_string();
        assert!(error.contains("empty"), "{error}");

        let error = Mdns::builder()
            .interfaces(["eth9"])
            .build()
            .expect_err("not there");
        assert!(error.to_string().contains("eth9"), "{error}");
        assert!(error.to_string().contains("docker0"), "{error}");

        let error = Mdns::builder()
            .interface_filter(|_| false)
            .build()
            .expect_err("refused");
        assert!(
            error.to_string().contains("refused by the filter"),
            "{error}"
        );
    });
}

#[test]
fn a_port_that_another_program_keeps_to_itself_is_an_error_with_a_hint() {
    let test = "driver::tests::a_port_that_another_program_keeps_to_itself_is_an_error_with_a_hint";
    in_namespace(test, LO, || {
        let _selfish = UdpSocket::bind("0.0.0.0:5353").expect("nobody has it");
        let error = Mdns::builder()
            .interfaces(["lo"])
            .ipv4_only()
            .build()
            .expect_err("taken");
        assert!(matches!(error, StartError::Open { .. }));
        let text = error.to_string();
        assert!(
            text.contains("lo") && text.contains("5353") && text.contains("SO_REUSE"),
            "{text}"
        );
    });
}

#[test]
fn a_choice_that_the_default_rule_would_refuse_is_obeyed_with_a_warning() {
    let test =
        "driver::tests::a_choice_that_the_default_rule_would_refuse_is_obeyed_with_a_warning";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let warnings = mdns.warnings();
        let about_lo = |warning: &&std::sync::Arc<Warning>| matches!(&***warning, Warning::Interface(decision) if decision.interface.name == "lo");
        assert_eq!(warnings.iter().filter(about_lo).count(), 1);
        let interfaces = mdns.interfaces();
        assert_eq!(interfaces.len(), 1);
        assert!(interfaces[0].selected);

        let error = mdns
            .browse("_http._tcp")
            .interface("eth9")
            .start()
            .expect_err("not in use");
        assert_eq!(
            error.to_string(),
            "interface \"eth9\" is not in use; in use: lo"
        );
    });
}

#[test]
fn what_was_heard_on_an_interface_goes_with_it_and_comes_back_with_it() {
    let test = "driver::tests::what_was_heard_on_an_interface_goes_with_it_and_comes_back_with_it";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let mut services = browse(&mdns);
        await_added(&mut services, ["web"]);

        sh("ip link set lo down");
        let event = await_event(&mut services, |event| {
            matches!(event, ServiceEvent::Removed { .. })
        });
        let ServiceEvent::Removed { why, .. } = event else {
            panic!("{event:?}")
        };
        assert_eq!(why, Removal::InterfaceGone);

        sh("ip link set lo up");
        await_added(&mut services, ["web"]);
        assert!(mdns.metrics().driver.interface_changes >= 2);
        assert_eq!(mdns.metrics().driver.deadlines_repeated, 0);
    });
}

#[test]
fn a_listed_interface_that_is_unplugged_is_used_again_when_it_is_back() {
    let test = "driver::tests::a_listed_interface_that_is_unplugged_is_used_again_when_it_is_back";
    let plug = "ip link add lan1 type veth peer name lan2; ip link set lan2 up; ip addr add 192.0.2.1/24 dev lan1; ip link set lan1 up";
    in_namespace(test, &format!("{LO}; {plug}"), || {
        let mdns = Mdns::builder()
            .interfaces(["lan1"])
            .ipv4_only()
            .build()
            .expect("it is there");
        let await_sockets = |wanted: usize| {
            let limit = Instant::now() + LIMIT;
            while mdns.metrics().sockets.open != wanted {
                assert!(Instant::now() < limit, "{:?}", mdns.metrics().sockets);
                thread::sleep(Duration::from_millis(5));
            }
        };
        await_sockets(1);
        sh("ip link del lan1");
        await_sockets(0);
        sh(plug);
        await_sockets(1);
        assert!(mdns.interfaces().iter().any(|decision| decision.selected));
    });
}

#[test]
fn a_quiet_driver_sleeps() {
    let test = "driver::tests::a_quiet_driver_sleeps";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let before = mdns.metrics().driver.turns;
        thread::sleep(Duration::from_secs(1));
        let turns = mdns.metrics().driver.turns - before;
        assert!(turns <= 3, "{turns} turns in a second with nothing to do");
    });
}

#[test]
fn a_family_that_cannot_be_opened_is_a_warning_and_is_opened_when_it_can() {
    let test =
        "driver::tests::a_family_that_cannot_be_opened_is_a_warning_and_is_opened_when_it_can";
    in_namespace(test, LO, || {
        let selfish = UdpSocket::bind("0.0.0.0:5353").expect("nobody has it");
        let mdns = Mdns::builder()
            .interfaces(["lo"])
            .build()
            .expect("IPv6 works");
        let warnings = mdns.warnings();
        let text = warnings
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n");
        assert!(
            text.contains("binding the UDP port") && text.contains("again later"),
            "{text}"
        );
        assert_eq!(mdns.metrics().sockets.open, 1);
        drop(selfish);
        let limit = Instant::now() + LIMIT;
        while mdns.metrics().sockets.open < 2 {
            assert!(Instant::now() < limit, "{:?}", mdns.metrics().sockets);
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(mdns.metrics().sockets.reopened, 1);
        let _responder = Responder::new([Offer::new("web")]);
        await_added(&mut browse(&mdns), ["web"]);
    });
}

/// A cable with both ends on this machine, `lan0` ready to use.
const CABLE: &str = "
    for s in accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/default/$s; done
    ip link add lan0 type veth peer name lan1
    ip link set lan1 up
    ip link set lan0 up";

#[test]
fn over_ipv6_a_link_local_address_comes_with_its_scope() {
    let test = "driver::tests::over_ipv6_a_link_local_address_comes_with_its_scope";
    in_namespace(test, CABLE, || {
        let mut offer = Offer::new("web");
        offer.ip = "fe80::99".parse().expect("an address");
        let _responder = Responder::on("lan0", cooee_net::Family::V6, [offer]);
        let mdns = Mdns::builder()
            .interfaces(["lan0"])
            .ipv6_only()
            .build()
            .expect("it is there");
        let event = browse(&mdns).next_timeout(LIMIT).expect("it is found");
        let ServiceEvent::Added(service) = event else {
            panic!("{event:?}")
        };
        let addresses: Vec<String> = service
            .addresses()
            .map(|address| address.to_string())
            .collect();
        assert_eq!(addresses, ["fe80::99%lan0"]);
        let index = service
            .addresses()
            .next()
            .expect("never empty")
            .interface()
            .index();
        let text = format!("[fe80::99%{index}]:80");
        assert_eq!(service.socket_addrs()[0].to_string(), text);
    });
}

#[test]
fn many_threads_that_start_and_drop_requests_all_come_to_an_end() {
    let test = "driver::tests::many_threads_that_start_and_drop_requests_all_come_to_an_end";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let started = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut services = browse(&mdns);
                    while started.fetch_add(1, Ordering::Relaxed) < 4_000 {
                        drop(mdns.browse("_http._tcp").start());
                        drop(mdns.monitor().start());
                        let _ = services.next_timeout(Duration::ZERO);
                    }
                });
            }
        });
        // Each of them was dropped, so none continues to run.
        let limit = Instant::now() + LIMIT;
        while mdns.metrics().queues.requests > 0 {
            assert!(Instant::now() < limit, "{:?}", mdns.metrics().queues);
            thread::sleep(Duration::from_millis(1));
        }
        let kept = browse(&mdns);
        await_added(&mut browse(&mdns), ["web"]);
        while mdns.metrics().queues.requests != 1 {
            assert!(Instant::now() < limit, "{:?}", mdns.metrics().queues);
            thread::sleep(Duration::from_millis(1));
        }
        drop(kept);
        mdns.shutdown().wait().expect("it ends");
        assert!(mdns.browse("_http._tcp").start().is_err());
    });
}

#[test]
fn without_descriptors_the_error_says_what_ran_out() {
    let test = "driver::tests::without_descriptors_the_error_says_what_ran_out";
    in_namespace(test, &format!("{LO}; ulimit -n 40"), || {
        let mut kept = Vec::new();
        let error = loop {
            match Mdns::builder().interfaces(["lo"]).build() {
                Ok(mdns) => kept.push(mdns),
                Err(error) => break error.to_string(),
            }
        };
        assert!(kept.len() < 40);
        assert!(error.contains("os error 24"), "{error}");
        // The others go on, and what they close can be used again.
        drop(kept);
        drop(on_lo());
    });
}

#[test]
fn a_flood_of_junk_keeps_nobody_from_being_served() {
    let test = "driver::tests::a_flood_of_junk_keeps_nobody_from_being_served";
    in_namespace(test, LO, || {
        let _responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let ends = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
                let limit = Instant::now() + 3 * LIMIT;
                while !ends.load(Ordering::Relaxed) && Instant::now() < limit {
                    // Full buffers are what a flood is about.
                    let _ = socket.send_to(&[0xff; 40], "127.0.0.1:5353");
                }
            });
            let limit = Instant::now() + LIMIT;
            while mdns.metrics().sockets.received < 10_000 {
                assert!(Instant::now() < limit, "the flood does not arrive");
                thread::sleep(Duration::from_millis(1));
            }
            await_added(&mut browse(&mdns), ["web"]);
            mdns.shutdown().wait().expect("it ends");
            ends.store(true, Ordering::Relaxed);
        });
        let metrics = mdns.metrics();
        let ignored: u64 = metrics.engine.ignored.iter().map(|(_, count)| count).sum();
        assert!(ignored >= 10_000, "{metrics:?}");
        assert!(metrics.engine.ignored.count(Ignored::NotOurs) < ignored);
    });
}

/// Reads messages until one is sent whose text holds all of these.
fn await_sent(messages: &mut Events<crate::Messages>, words: &[&str]) {
    loop {
        let event = messages
            .next_timeout(LIMIT)
            .unwrap_or_else(|_| panic!("{words:?} not sent"));
        let MonitorEvent::Message(message) = event else {
            panic!("{event:?}")
        };
        let text = message.to_string();
        let is_sent = matches!(message.direction, Direction::Sent { .. });
        if is_sent && words.iter().all(|word| text.contains(word)) {
            return;
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-7.1
//= type=test
//# to discover only the subset of pages advertised as having that
//# subtype property, the web browser issues a query for
//# "_printer._sub._http._tcp.<Domain>".
#[test]
fn a_browse_of_a_subtype_asks_for_it() {
    let test = "driver::tests::a_browse_of_a_subtype_asks_for_it";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let mut messages = mdns.monitor().start().expect("it starts").blocking();
        let _services = mdns
            .browse("_http._tcp")
            .subtype("_printer")
            .start()
            .expect("it starts");
        await_sent(
            &mut messages,
            &["? _printer._sub._http._tcp.local. IN", "PTR"],
        );
    });
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-10.4
//= type=test
//# When the cache receives this hint that it should reconfirm some
//# record, it MUST issue two or more queries for the resource record in
//# dispute.
#[test]
fn a_doubted_service_is_asked_for_again() {
    let test = "driver::tests::a_doubted_service_is_asked_for_again";
    in_namespace(test, LO, || {
        let responder = Responder::new([Offer::new("web")]);
        let mdns = on_lo();
        let mut services = browse(&mdns);
        let event = services.next_timeout(LIMIT).expect("it is found");
        let ServiceEvent::Added(service) = event else {
            panic!("{event:?}")
        };
        drop(responder);
        // What was asked to find it has been sent by then; its TTL has most of its time left.
        thread::sleep(Duration::from_millis(1_500));
        let mut messages = mdns.monitor().start().expect("it starts").blocking();
        mdns.reconfirm(&service).expect("the driver runs");
        await_sent(&mut messages, &["? web._http._tcp.local. IN", "SRV"]);
        await_sent(&mut messages, &["? web._http._tcp.local. IN", "SRV"]);
    });
}
