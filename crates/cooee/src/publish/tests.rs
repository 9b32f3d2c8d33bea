//! Registering on real sockets: `lo` in a separate namespace for each test.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use cooee_proto::event::Removal;
use cooee_wire::{RData, RecordType};

use crate::blocking::{Events, NextError};
use crate::testing::{Offer, Responder, in_namespace, name, sh};
use crate::{
    InstanceNameError, Mdns, RegisterError, Registered, RegisteredName, Registration, ServiceEvent,
    Services, Status, StatusStream, UpdateError,
};

/// Longer than anything here takes, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(20);

const LO: &str = "ip link set lo up";

fn on_lo() -> Mdns {
    let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
    builder.build().expect("lo can be used")
}

fn web(label: &str) -> Registration {
    Registration::new("_http._tcp", label, 8080)
        .txt(("path", "/"))
        .host_named("desk")
}

fn register(mdns: &Mdns, label: &str) -> Registered {
    let register = mdns.register(web(label)).deadline(LIMIT);
    register.wait().expect("the name is free")
}

fn browse(mdns: &Mdns) -> Events<Services> {
    mdns.browse("_http._tcp")
        .start()
        .expect("the driver runs")
        .blocking()
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

fn await_status(
    news: &mut Events<StatusStream>,
    mut wanted: impl FnMut(&Status) -> bool,
) -> Status {
    loop {
        let status = news.next_timeout(LIMIT).expect("the news come");
        if wanted(&status) {
            return status;
        }
    }
}

//= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
//= type=test
//# However, the device
//# or service SHOULD NOT require the user to configure a name before it
//# can be used.
#[test]
fn a_service_that_nobody_named_has_the_name_of_the_host() {
    let test = "publish::tests::a_service_that_nobody_named_has_the_name_of_the_host";
    let named = format!("{LO}; echo corner.example > /proc/sys/kernel/hostname");
    in_namespace(test, &named, || {
        let mdns = on_lo();
        let unnamed = Registration::unnamed("_http._tcp", 8080);
        let service = mdns.register(unnamed).wait().expect("it is registered");
        assert_eq!(service.name(), "corner");
        assert_eq!(service.host(), Some(name("corner.local")));
    });
}

#[test]
fn a_service_is_found_changes_and_leaves_with_goodbyes() {
    let test = "publish::tests::a_service_is_found_changes_and_leaves_with_goodbyes";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let service = register(&speaker, "Front Door");
        assert_eq!(service.name(), "Front Door");
        assert_eq!(service.host(), Some(name("desk.local")));
        let mut services = browse(&listener);
        let ServiceEvent::Added(found) = await_event(&mut services, |_| true) else {
            panic!("the first event is its arrival");
        };
        assert_eq!((found.port(), found.txt().get("path")), (8080, Some("/")));
        service
            .update_txt(("path", "/new"))
            .wait()
            .expect("it is registered");
        await_event(
            &mut services,
            |event| matches!(event, ServiceEvent::Updated { service, .. } if service.txt().get("path") == Some("/new")),
        );
        service.update().port(81).wait().expect("it is registered");
        await_event(
            &mut services,
            |event| matches!(event, ServiceEvent::Updated { service, .. } if service.port() == 81),
        );
        let goodbyes = service.unregister().wait().expect("the driver runs");
        let on: Vec<&str> = goodbyes
            .interfaces
            .iter()
            .map(|on| on.interface.name())
            .collect();
        assert_eq!(on, ["lo"]);
        assert!(goodbyes.interfaces[0].records >= 3, "{goodbyes:?}");
        await_event(&mut services, |event| {
            matches!(
                event,
                ServiceEvent::Removed {
                    why: Removal::Goodbye,
                    ..
                }
            )
        });
    });
}

/// Waits until the service has these attributes: a change that was sent is not yet read.
fn await_txt(listener: &Mdns, wanted: &str) {
    let followed = listener.resolve("_http._tcp", "Web").start();
    let mut services = followed.expect("the driver runs").blocking();
    await_event(&mut services, |event| match event {
        ServiceEvent::Added(service) | ServiceEvent::Updated { service, .. } => {
            service.txt().to_string() == wanted
        }
        ServiceEvent::Removed { .. }
        | ServiceEvent::Unavailable(_)
        | ServiceEvent::Lagged { .. } => false,
    });
}

#[test]
fn one_attribute_is_changed_while_the_others_stay() {
    let test = "publish::tests::one_attribute_is_changed_while_the_others_stay";
    in_namespace(test, LO, || {
        let (listener, speaker) = (on_lo(), on_lo());
        let web = Registration::new("_http._tcp", "Web", 80).host_named("desk");
        let web = web.txt([("path", "/"), ("version", "2")]);
        let web = speaker.register(web).deadline(LIMIT).wait();
        let web = web.expect("the name is free");
        web.set_txt_key("path", "/new").wait().expect("it fits");
        web.remove_txt_key("version").wait().expect("it is there");
        await_txt(&listener, r#""path=/new""#);
        let refused = web.set_txt_key("a=b", "c").wait();
        assert!(matches!(refused, Err(UpdateError::Txt(_))));
        // All of it is replaced.
        web.update_txt([("only", "one")]).wait().expect("it fits");
        web.set_txt_key("more", "two").wait().expect("it fits");
        await_txt(&listener, r#""only=one" "more=two""#);
    });
}

#[test]
fn a_taken_name_is_changed_and_both_names_are_told() {
    let test = "publish::tests::a_taken_name_is_changed_and_both_names_are_told";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let (service, news) = mdns
            .register(web("Web"))
            .start()
            .expect("all of it is right");
        let mut news = news.blocking();
        let renamed = await_status(&mut news, |status| matches!(status, Status::Renamed { .. }));
        let Status::Renamed { old, new } = renamed else {
            panic!("{renamed:?}");
        };
        assert_eq!((&*old.label(), &*new.label()), ("Web", "Web (2)"));
        await_status(
            &mut news,
            |status| matches!(status, Status::Registered(won) if won.label() == "Web (2)"),
        );
        assert_eq!(service.name(), "Web (2)");
        let again = register(&mdns, "Web (2)");
        assert_eq!(again.name(), "Web (3)");
    });
}

#[test]
fn a_function_that_drops_what_it_is_to_name_ends_that_and_nothing_else() {
    let test = "publish::tests::\
                a_function_that_drops_what_it_is_to_name_ends_that_and_nothing_else";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let held: Arc<Mutex<Option<(Registered, Mdns)>>> = Arc::default();
        let inside = Arc::clone(&held);
        let (called, calls) = std::sync::mpsc::channel();
        let registration = web("Web").rename_with(move |taken, attempt| {
            let dropped = inside.lock().expect("nobody panics").take();
            let _ = called.send(dropped.is_some());
            Some(format!("{taken} no. {attempt}"))
        });
        let mut hold = held.lock().expect("nobody panics");
        let started = mdns.register(registration).start();
        let (service, news) = started.expect("all of it is right");
        *hold = Some((service, mdns.clone()));
        drop(hold);
        assert_eq!(calls.recv_timeout(LIMIT), Ok(true), "it was there to drop");
        let mut news = news.blocking();
        let end = loop {
            match news.next_timeout(LIMIT) {
                Ok(_) => {}
                Err(end) => break end,
            }
        };
        assert_eq!(end, NextError::Stopped);
        assert_eq!(register(&mdns, "Other").name(), "Other");
    });
}

#[test]
fn a_function_names_what_is_taken_and_its_panic_gives_up_the_name_alone() {
    let test = "publish::tests::\
                a_function_names_what_is_taken_and_its_panic_gives_up_the_name_alone";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let chosen =
            web("Web").rename_with(|taken, attempt| Some(format!("{taken} no. {attempt}")));
        let chosen = mdns.register(chosen).deadline(LIMIT).wait();
        let chosen = chosen.expect("its second name is free");
        assert_eq!(chosen.name(), "Web no. 1");
        let panics = web("Web").rename_with(|_, _| panic!("on purpose"));
        let refused = mdns.register(panics).deadline(LIMIT).wait();
        assert!(
            matches!(refused, Err(RegisterError::NameTaken { .. })),
            "{refused:?}"
        );
        assert_eq!(
            register(&mdns, "Other").name(),
            "Other",
            "the driver goes on"
        );
    });
}

//= https://www.rfc-editor.org/rfc/rfc6762#section-9
//= type=test
//# Once an available unique name has been determined, by probing
//# without receiving any conflicting response, record this newly
//# chosen name in persistent storage so that the device will use
//# the same name the next time it is power-cycled.
#[test]
fn a_name_that_was_won_is_had_again_after_a_restart() {
    let test = "publish::tests::a_name_that_was_won_is_had_again_after_a_restart";
    in_namespace(test, LO, || {
        let file = std::env::temp_dir().join(format!("cooee-names-{}", std::process::id()));
        let begin = || {
            let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
            builder.state_file(&file).build().expect("lo can be used")
        };
        let holder = Responder::new([Offer::new("Web")]);
        let mdns = begin();
        assert_eq!(register(&mdns, "Web").name(), "Web (2)");
        mdns.shutdown().wait().expect("it ends");
        drop(holder);
        let mdns = begin();
        let (service, news) = mdns.register(web("Web")).start().expect("all is right");
        let mut news = news.blocking();
        await_status(&mut news, |status| matches!(status, Status::Renamed { .. }));
        await_status(&mut news, |status| matches!(status, Status::Registered(_)));
        assert_eq!(service.name(), "Web (2)", "though `Web` is free now");
        assert_eq!(register(&mdns, "Site").name(), "Site");
        let rigid = mdns.register(web("Web").no_rename()).deadline(LIMIT).wait();
        assert_eq!(rigid.expect("it is free").name(), "Web");
        let spoiled =
            |warning: &Arc<crate::Warning>| matches!(**warning, crate::Warning::StateFile(_));
        assert!(!mdns.warnings().iter().any(spoiled));
        let text = std::fs::read_to_string(&file).expect("it was written");
        assert_eq!(text.lines().count(), 2, "{text}");
        std::fs::remove_file(&file).expect("it is there");
    });
}

#[test]
fn a_change_is_done_once_it_is_announced() {
    let test = "publish::tests::a_change_is_done_once_it_is_announced";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let mut seen = mdns.monitor().start().expect("the driver runs");
        let mut was_sent = |text: &str| {
            std::iter::from_fn(|| seen.try_next()).any(|event| match event {
                crate::MonitorEvent::Message(message) => {
                    matches!(message.direction, crate::Direction::Sent { .. })
                        && message.to_string().contains(text)
                        && cooee_wire::Message::parse(&message.bytes)
                            .is_ok_and(|message| message.header().flags.is_response())
                }
                crate::MonitorEvent::Lagged { .. } => false,
            })
        };
        let (early, _) = mdns.register(web("Early")).start().expect("all is right");
        let soon = Duration::from_millis(10);
        let update = early.update().port(1).deadline(soon).wait();
        assert_eq!(
            update,
            Err(UpdateError::TimedOut { after: soon }),
            "it is probed for"
        );
        let service = register(&mdns, "Web");
        assert!(was_sent("Web._http._tcp.local"));
        for path in ["/one", "/two", "/three"] {
            let update = service.update().txt(("path", path)).deadline(LIMIT).wait();
            update.expect("it is registered");
            assert!(was_sent(&format!("path={path}")), "{path}");
        }
        sh("ip link set lo down");
        let nobody = service.update().txt(("path", "/four")).deadline(LIMIT);
        nobody.wait().expect("nothing is up to announce it on");
    });
}

#[test]
fn the_status_of_a_service_begins_with_the_renames_that_led_to_its_names() {
    let test = "publish::tests::\
                the_status_of_a_service_begins_with_the_renames_that_led_to_its_names";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let service = register(&mdns, "Web");
        let mut news = service.status().blocking();
        let mut next = || news.next_timeout(LIMIT).expect("it is reported");
        let renamed = next();
        let Status::Renamed { old, new } = renamed else {
            panic!("{renamed:?}");
        };
        assert_eq!((&*old.label(), &*new.label()), ("Web", "Web (2)"));
        assert_eq!(next(), Status::Registered(new));
    });
}

#[test]
fn a_program_that_changes_its_attributes_all_the_time_is_held_up_by_nothing() {
    let test = "publish::tests::\
                a_program_that_changes_its_attributes_all_the_time_is_held_up_by_nothing";
    in_namespace(test, LO, || {
        let (mdns, listener) = (on_lo(), on_lo());
        let service = register(&mdns, "Web");
        let mut news = service.status().blocking();
        let soon = Duration::from_millis(50);
        for n in 0..40 {
            let update = service.update().txt(("n", n.to_string()));
            if n % 2 == 0 {
                update.start().expect("it is registered");
                continue;
            }
            let mut future = update.into_future();
            let mut context = Context::from_waker(Waker::noop());
            let _ = future.as_mut().poll(&mut context);
        }
        let delayed = await_status(&mut news, |status| !matches!(status, Status::Registered(_)));
        assert!(
            matches!(delayed, Status::UpdateDelayed { by } if by <= Duration::from_secs(60)),
            "{delayed:?}"
        );
        let waited = service.update().txt(("n", "41")).deadline(soon).wait();
        assert_eq!(waited, Err(UpdateError::TimedOut { after: soon }));
        let found = listener.resolve("_http._tcp", "Web").deadline(LIMIT).wait();
        assert_eq!(found.expect("it answers").port(), 8080);
        assert_eq!(register(&mdns, "Other").name(), "Other");
        assert!(service.unregister().wait().is_ok());
    });
}

#[test]
fn a_service_moves_to_the_new_name_when_the_system_has_another() {
    static NAME: Mutex<&str> = Mutex::new("old");
    fn host_name() -> Option<String> {
        Some((*NAME.lock().expect("nobody panics")).to_owned())
    }
    let test = "publish::tests::a_service_moves_to_the_new_name_when_the_system_has_another";
    in_namespace(test, LO, || {
        let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
        let mdns = builder.host_names(host_name).build();
        let (mdns, listener) = (mdns.expect("lo can be used"), on_lo());
        let service = Registration::new("_http._tcp", "Web", 8080);
        let service = mdns.register(service).deadline(LIMIT).wait();
        let service = service.expect("the name is free");
        assert_eq!(service.host(), Some(name("old.local")));
        let named = register(&mdns, "Named");
        let mut services = browse(&listener);
        let old = listener.lookup_host("old").start().expect("it starts");
        let mut old = old.blocking();
        let found = old.next_timeout(LIMIT).expect("it is there");
        assert_eq!(found.addresses.len(), 1);
        let mut news = service.status().blocking();
        *NAME.lock().expect("nobody panics") = "new";
        await_status(
            &mut news,
            |status| matches!(status, Status::HostRenamed { new, .. } if *new == name("new.local")),
        );
        await_status(
            &mut news,
            |status| matches!(status, Status::HostRegistered(host) if *host == name("new.local")),
        );
        await_event(
            &mut services,
            |event| matches!(event, ServiceEvent::Added(service) | ServiceEvent::Updated { service, .. } if *service.host() == name("new.local")),
        );
        // That the host has no IPv6 address may be reported after its address.
        let mut states = std::iter::from_fn(|| old.next_timeout(LIMIT).ok());
        let gone = states.find(|host| host.addresses.is_empty());
        assert!(gone.is_some(), "a goodbye was sent");
        assert_eq!(service.host(), Some(name("new.local")));
        assert_eq!(named.host(), Some(name("desk.local")), "it was given");
        let later = Registration::new("_http._tcp", "Later", 8080);
        let later = mdns.register(later).deadline(LIMIT).wait();
        let later = later.expect("the name is free");
        assert_eq!(later.host(), Some(name("new.local")), "it is one host");
    });
}

#[test]
fn further_records_are_found_beside_the_service_and_its_host() {
    let test = "publish::tests::further_records_are_found_beside_the_service_and_its_host";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let hinfo = RData::parse(RecordType(13), b"\x03cpu\x02os").expect("a HINFO record");
        let raw = RData::parse(RecordType(65_280), b"raw").expect("any bytes");
        let service = web("Web").record(raw.clone()).host_record(hinfo.clone());
        let service = speaker.register(service).deadline(LIMIT).wait();
        let _service = service.expect("the name is free");
        for (owner, data) in [("Web._http._tcp.local", raw), ("desk.local", hinfo)] {
            let asked = listener.query(name(owner), data.rtype()).start();
            let mut records = asked.expect("the driver runs").blocking();
            let event = records.next_timeout(LIMIT).expect("the record is found");
            assert!(
                matches!(&event, crate::RecordEvent::Added { record, .. } if record.data == data),
                "{event:?}"
            );
        }
        let alias = RData::Cname(name("other.local"));
        let refused = speaker.register(web("B").record(alias)).wait().map(drop);
        assert!(refused.unwrap_err().to_string().contains("CNAME"));
    });
}

#[test]
fn without_a_rename_a_taken_name_is_an_error_and_nothing_is_published() {
    let test = "publish::tests::without_a_rename_a_taken_name_is_an_error_and_nothing_is_published";
    in_namespace(test, LO, || {
        let _holder = Responder::new([Offer::new("Web")]);
        let mdns = on_lo();
        let refused = mdns.register(web("Web").no_rename()).deadline(LIMIT).wait();
        let Err(RegisterError::NameTaken { name: taken }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(taken, name("Web._http._tcp.local"));
        let goodbyes = mdns.shutdown().wait().expect("it ends");
        assert!(goodbyes.is_empty());
    });
}

#[test]
fn a_shutdown_returns_when_the_goodbyes_are_on_the_wire() {
    let test = "publish::tests::a_shutdown_returns_when_the_goodbyes_are_on_the_wire";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let service = register(&speaker, "Front Door");
        let mut services = browse(&listener);
        await_event(&mut services, |event| {
            matches!(event, ServiceEvent::Added(_))
        });
        let mut news = service.status().blocking();
        let goodbyes = speaker.shutdown().wait().expect("it ends");
        assert_eq!(goodbyes.interfaces.len(), 1);
        await_status(&mut news, |status| *status == Status::Withdrawn);
        assert_eq!(news.next_timeout(LIMIT), Err(NextError::Stopped));
        await_event(&mut services, |event| {
            matches!(
                event,
                ServiceEvent::Removed {
                    why: Removal::Goodbye,
                    ..
                }
            )
        });
        assert!(service.update().port(1).wait().is_err());
        assert!(service.unregister().wait().is_err());
    });
}

#[test]
fn a_dropped_guard_says_goodbye_while_its_handle_lives_on() {
    let test = "publish::tests::a_dropped_guard_says_goodbye_while_its_handle_lives_on";
    in_namespace(test, LO, || {
        let listener = on_lo();
        let mut services = browse(&listener);
        let speaker = on_lo();
        drop(register(&speaker, "One"));
        await_event(&mut services, |event| {
            matches!(
                event,
                ServiceEvent::Removed {
                    why: Removal::Goodbye,
                    ..
                }
            )
        });
        // The driver goes on.
        drop(register(&speaker, "Two"));
    });
}

#[test]
fn a_guard_keeps_its_service_without_a_handle_and_the_last_of_both_says_goodbye() {
    let test = "publish::tests::a_guard_keeps_its_service_without_a_handle_and_the_last_of_both_says_goodbye";
    in_namespace(test, LO, || {
        let listener = on_lo();
        let speaker = on_lo();
        let service = register(&speaker, "One");
        drop(speaker);
        // A browse that begins now asks again, and only the guard is left to answer.
        let fresh = on_lo();
        let mut services = browse(&fresh);
        await_event(&mut services, |event| {
            matches!(event, ServiceEvent::Added(_))
        });
        service.update().port(81).wait().expect("it is registered");
        let mut also = browse(&listener);
        await_event(&mut also, |event| matches!(event, ServiceEvent::Added(_)));
        drop(service);
        for services in [&mut services, &mut also] {
            await_event(services, |event| {
                matches!(
                    event,
                    ServiceEvent::Removed {
                        why: Removal::Goodbye,
                        ..
                    }
                )
            });
        }
    });
}

#[test]
fn without_an_address_it_waits_for_one_and_a_deadline_ends_that() {
    let test = "publish::tests::without_an_address_it_waits_for_one_and_a_deadline_ends_that";
    let cable = "ip link set lo up; ip link add lan0 type veth peer name lan1; ip link set lan1 up; \
                 ip link set lan0 up";
    in_namespace(test, cable, || {
        let builder = Mdns::builder().interfaces(["lan0"]).ipv4_only();
        let mdns = builder
            .build()
            .expect("an interface without an address can be chosen");
        let early = Duration::from_millis(300);
        let timed_out = mdns.register(web("Early")).deadline(early).wait();
        let Err(RegisterError::TimedOut {
            name: waited_for,
            after,
        }) = timed_out
        else {
            panic!("{timed_out:?}");
        };
        assert_eq!((waited_for, after), (name("Early._http._tcp.local"), early));
        let (_service, news) = mdns
            .register(web("Late"))
            .start()
            .expect("all of it is right");
        let mut news = news.blocking();
        assert_eq!(news.next_timeout(early), Err(NextError::TimedOut));
        sh("ip addr add 10.99.0.1/24 dev lan0");
        await_status(&mut news, |status| matches!(status, Status::Registered(_)));
    });
}

#[test]
fn hosts_aliases_and_records_are_published() {
    let test = "publish::tests::hosts_aliases_and_records_are_published";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let wait =
            |published: Result<RegisteredName, RegisterError>| published.expect("it is free");
        let ip = "10.0.0.71".parse().expect("an address");
        let host = wait(speaker.register_host("box", [ip]).deadline(LIMIT).wait());
        // The same again is the same host.
        let twice = wait(speaker.register_host("box", [ip]).deadline(LIMIT).wait());
        let alias = speaker
            .register_alias("www", host.name())
            .deadline(LIMIT)
            .wait();
        let alias = wait(alias);
        let found = listener
            .lookup_host("www")
            .deadline(LIMIT)
            .wait()
            .expect("it is there");
        assert_eq!(found.addresses.first().map(|found| found.ip()), Some(ip));
        let data = RData::parse(RecordType(13), b"\x03cpu\x02os").expect("a HINFO record");
        let record = speaker.register_record("box.local", data.clone());
        let shared = wait(record.clone().shared().deadline(LIMIT).wait());
        let mut records = listener
            .query(name("box.local"), RecordType(13))
            .start()
            .expect("the driver runs")
            .blocking();
        let event = records.next_timeout(LIMIT).expect("the record is found");
        assert!(matches!(event, crate::RecordEvent::Added { record, .. } if record.data == data));
        assert!(
            twice
                .unregister()
                .wait()
                .expect("the driver runs")
                .is_empty()
        );
        for published in [alias, shared, host] {
            assert!(
                !published
                    .unregister()
                    .wait()
                    .expect("the driver runs")
                    .is_empty()
            );
        }
    });
}

#[test]
fn several_records_of_one_name_are_published_together_and_have_no_reverse_records() {
    let test = "publish::tests::several_records_of_one_name_are_published_together_and_have_no_reverse_records";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let ips: [std::net::Ipv4Addr; 2] = [[10, 0, 0, 72].into(), [10, 0, 0, 73].into()];
        let [one, other] = ips.map(RData::A);
        let both = speaker.register_record("pair.local", one).record(other);
        let both = both.deadline(LIMIT).wait().expect("it is free");
        let mut hosts = listener
            .lookup_host("pair")
            .start()
            .expect("the driver runs")
            .blocking();
        loop {
            let host = hosts.next_timeout(LIMIT).expect("both are found");
            if ips.iter().all(|ip| {
                host.addresses
                    .iter()
                    .any(|found| found.ip() == std::net::IpAddr::V4(*ip))
            }) {
                break;
            }
        }
        let reverse = listener.lookup_addr(ips[0].into());
        assert!(reverse.deadline(Duration::from_millis(300)).wait().is_err());
        let alias = speaker.register_alias("www", "pair");
        let error = alias
            .record(RData::A(ips[0]))
            .start()
            .map(drop)
            .unwrap_err();
        assert!(error.to_string().contains("alias"), "{error}");
        assert!(
            !both
                .unregister()
                .wait()
                .expect("the driver runs")
                .is_empty()
        );
    });
}

/// Waits until a stream of records has reported all of these additions and removals.
fn await_records(records: &mut Events<crate::Records>, mut wanted: Vec<(bool, RData)>) {
    while !wanted.is_empty() {
        let event = records.next_timeout(LIMIT).expect("the records change");
        let happened = if let crate::RecordEvent::Added { record, .. } = event {
            (true, record.data)
        } else if let crate::RecordEvent::Removed { record, .. } = event {
            (false, record.data)
        } else {
            continue;
        };
        let at = wanted.iter().position(|change| *change == happened);
        wanted.remove(at.unwrap_or_else(|| panic!("{happened:?} was not expected")));
    }
}

#[test]
fn records_in_the_place_of_others_are_announced_and_what_stays_is_left_alone() {
    let test =
        "publish::tests::records_in_the_place_of_others_are_announced_and_what_stays_is_left_alone";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let [one, other, third] = [1, 2, 3].map(|last| RData::A([10, 0, 0, last].into()));
        let pair = |second: &RData| {
            let both = speaker.register_record("pair.local", one.clone());
            both.record(second.clone())
        };
        let published = pair(&other).deadline(LIMIT).wait().expect("it is free");
        let records = listener.query(name("pair.local"), RecordType::A).start();
        let mut records = records.expect("the driver runs").blocking();
        await_records(
            &mut records,
            vec![(true, one.clone()), (true, other.clone())],
        );
        let updated = published.update(pair(&third)).deadline(LIMIT).wait();
        updated.expect("it is published");
        await_records(&mut records, vec![(true, third.clone()), (false, other)]);
        let elsewhere = speaker.register_record("solo.local", third.clone());
        let refused = published.update(elsewhere).wait();
        assert!(
            matches!(refused, Err(UpdateError::Refused(_))),
            "{refused:?}"
        );
        let wrong = speaker.register_record("pair.local", RData::A([127, 0, 0, 1].into()));
        let refused = published.update(wrong).wait();
        let Err(UpdateError::Record { reason }) = &refused else {
            panic!("{refused:?}");
        };
        assert!(
            reason.starts_with("`127.0.0.1` is not the address"),
            "{reason}"
        );
        drop(published);
        await_records(&mut records, vec![(false, one), (false, third)]);
    });
}

#[test]
fn what_points_to_a_name_comes_and_goes_with_it() {
    let test = "publish::tests::what_points_to_a_name_comes_and_goes_with_it";
    in_namespace(test, LO, || {
        let (speaker, listener) = (on_lo(), on_lo());
        let instance = name("Shelf._http._tcp.local");
        let text = RData::parse(RecordType::TXT, b"\x03a=b").expect("a TXT record");
        let list = listener.query(name("_x._sub._http._tcp.local"), RecordType::PTR);
        let mut list = list.start().expect("the driver runs").blocking();
        let claim = || {
            let claim = speaker.register_record(instance.clone(), text.clone());
            claim.pointer(name("_x._sub._http._tcp.local"), instance.clone())
        };
        let published = claim().deadline(LIMIT).wait().expect("it is free");
        let pointer = RData::Ptr(instance.clone());
        await_records(&mut list, vec![(true, pointer.clone())]);
        drop(published);
        await_records(&mut list, vec![(false, pointer)]);
        let _other = Responder::new([Offer::new("Shelf")]);
        let taken = claim().deadline(LIMIT).wait();
        assert!(
            matches!(taken, Err(RegisterError::NameTaken { .. })),
            "{taken:?}"
        );
        let silence = Duration::from_millis(500);
        assert_eq!(list.next_timeout(silence), Err(NextError::TimedOut));
    });
}

#[test]
fn an_interface_may_come_after_what_is_published_on_it() {
    let test = "publish::tests::an_interface_may_come_after_what_is_published_on_it";
    let cable = "ip link set lo up; ip link add net0 type veth peer name net1; ip link set net1 up; \
                 ip link set net0 up; ip addr add 10.98.0.1/24 dev net0";
    in_namespace(test, cable, || {
        let mdns = Mdns::builder().ipv4_only().build();
        let mdns = mdns.expect("there is an interface");
        let record = mdns.register_record("late.local", RData::A([10, 0, 0, 7].into()));
        let (_record, record) = record.interface_index(99).start().expect("it waits");
        let service = mdns.register(web("Late").interface_index(99)).start();
        let (_service, service) = service.expect("it waits");
        let (mut record, mut service) = (record.blocking(), service.blocking());
        let prompt = mdns.register_record("now.local", RData::A([10, 0, 0, 8].into()));
        let _prompt = prompt.deadline(LIMIT).wait().expect("it is free");
        let silence = Duration::from_millis(1);
        assert_eq!(record.next_timeout(silence), Err(NextError::TimedOut));
        while let Ok(status) = service.next_timeout(silence) {
            assert!(matches!(status, Status::HostRegistered(_)), "{status:?}");
        }
        sh(
            "ip link add lan0 index 99 type veth peer name lan1; ip link set lan1 up; \
            ip link set lan0 up; ip addr add 10.99.0.1/24 dev lan0",
        );
        await_status(&mut record, |status| *status == Status::RecordRegistered);
        await_status(&mut service, |status| {
            matches!(status, Status::Registered(_))
        });
    });
}

#[test]
fn an_address_that_reaches_nobody_is_published_on_request_unless_it_does_harm() {
    let test = "publish::tests::an_address_that_reaches_nobody_is_published_on_request_unless_it_does_harm";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let record = |ip: &str| {
            let ip = ip.parse().expect("an address");
            mdns.register_record("odd.local", RData::A(ip))
        };
        for ip in ["0.0.0.0", "192.0.2.1"] {
            assert!(record(ip).start().is_err(), "{ip}");
            let odd = record(ip).any_address().deadline(LIMIT).wait();
            odd.map(drop).expect("it is allowed");
        }
        for ip in ["127.0.0.1", "224.0.0.251", "255.255.255.255"] {
            assert!(record(ip).any_address().start().is_err(), "{ip}");
        }
    });
}

#[test]
fn a_record_that_is_not_probed_for_is_announced_at_once() {
    let test = "publish::tests::a_record_that_is_not_probed_for_is_announced_at_once";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let record = mdns.register_record("known.local", RData::A([10, 0, 0, 7].into()));
        let _record = record
            .unprobed()
            .deadline(LIMIT)
            .wait()
            .expect("it is sent");
        assert_eq!(mdns.metrics().sockets.sent, 1);
    });
}

#[test]
fn what_is_wrong_is_told_before_anything_is_sent() {
    let test = "publish::tests::what_is_wrong_is_told_before_anything_is_sent";
    in_namespace(test, LO, || {
        let mdns = on_lo();
        let refused = |registration: Registration| {
            let begun = Instant::now();
            let error = mdns.register(registration).wait().map(drop).unwrap_err();
            assert!(begun.elapsed() < LIMIT, "{error}");
            error
        };
        assert_eq!(
            refused(web("")),
            RegisterError::Name(InstanceNameError::Empty)
        );
        let add = |web: Registration, n| web.txt((&*format!("k{n}"), "v".repeat(240)));
        let many = (0..40).fold(web("a"), add);
        let large = RData::parse(RecordType(65_280), &[0; 9_000]).expect("any bytes");
        for (registration, named) in [
            (web("a").host_named("b.example"), "b.example"),
            (
                web("a").addresses(["224.0.0.1".parse().expect("an address")]),
                "224.0.0.1",
            ),
            (web("a").addresses([]), "desk.local"),
            (web("a").interface("eth7"), "eth7"),
            (web("a").txt(("k", "v".repeat(300))), "255"),
            (web("a").txt(("k=", "v")), "k="),
            (web("a").txt(("", "bad")), "`=bad` needs a key"),
            (many, "8192"),
            (web(&"x".repeat(64)), "64"),
            (web("a\nb"), "control"),
            (web("a").host_named("a.b.local"), "a.b.local"),
            (web("a").host_named("x".repeat(64)), "xxx"),
            (
                web("a").addresses(["0.0.0.0".parse().expect("an address")]),
                "0.0.0.0",
            ),
            (web("a").record(large), "9,000"),
        ] {
            let error = refused(registration).to_string();
            assert!(error.contains(named), "{error}");
        }
        let host = mdns.register_host("nas", []).interface("eth7").wait();
        let error = host.map(drop).unwrap_err().to_string();
        assert!(error.contains("eth7"), "{error}");
        assert_eq!(mdns.metrics().sockets.sent, 0);
    });
}

/// A cable with addresses of both families at this end.
const CABLE: &str = "
    for s in accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/default/$s; done
    ip link add lan0 type veth peer name lan1
    ip link set lan1 up
    ip link set lan0 up
    ip addr add 10.77.0.1/24 dev lan0";

#[test]
fn a_family_without_a_socket_is_told_to_whoever_registers_and_whoever_asks_later() {
    let test = "publish::tests::a_family_without_a_socket_is_told_to_whoever_registers_and_whoever_asks_later";
    in_namespace(test, CABLE, || {
        let selfish = std::net::UdpSocket::bind("0.0.0.0:5353").expect("nobody has it");
        let builder = Mdns::builder().interfaces(["lan0"]);
        let mdns = builder.build().expect("IPv6 works");
        let is_waiting = |status: &Status| {
            matches!(status, Status::Waiting { interface, family, .. }
                if interface.name() == "lan0" && *family == Some(crate::Family::V4))
        };
        let is_registered = |status: &Status| matches!(status, Status::Registered(_));
        let (service, news) = mdns.register(web("Web")).start().expect("it starts");
        let mut news = news.blocking();
        let first = await_status(&mut news, |status| {
            is_waiting(status) || is_registered(status)
        });
        assert!(is_waiting(&first), "{first:?}");
        await_status(&mut news, is_registered);

        let mut late = service.status().blocking();
        let reported = [(); 2].map(|()| late.next_timeout(LIMIT).expect("the news come"));
        assert!(
            is_waiting(&reported[0]) && is_registered(&reported[1]),
            "{reported:?}"
        );

        drop(selfish);
        let over = |status: &Status| matches!(status, Status::WaitingOver { .. });
        await_status(&mut news, over);
        let mut late = service.status().blocking();
        let reported = late.next_timeout(LIMIT).expect("the news come");
        assert!(is_registered(&reported), "{reported:?}");
    });
}
