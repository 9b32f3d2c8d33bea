//! Groups on real sockets: `lo` in a separate namespace for each test.

use std::rc::Rc;
use std::time::Duration;

use cooee::blocking::{Events, NextError};
use cooee::{Family, Mdns, Name, RData, RecordEvent, RecordType, Records, Registration};

use super::claim::Owner;
use super::entry::{Entry, OwnHost, address_records};
use super::group::{EntryGroup, Progress};
use super::publisher::Publisher;
use crate::avahi::check::{self, Group as Given};
use crate::avahi::error::ErrorCode;
use crate::avahi::state::GroupState;

/// Longer than anything here takes, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(20);

/// Runs a test in a namespace.
fn on_lo(test: &str, body: impl AsyncFnOnce(Rc<Publisher>)) {
    let path = format!("publish::tests::{test}");
    netcell::run(&path, "ip link set lo up", || {
        let publisher = Publisher::new(driver(), true).over(Some(Family::V4));
        let publisher = Rc::new(publisher);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(LIMIT, body(publisher)).await.unwrap() });
    });
}

fn driver() -> Mdns {
    let builder = Mdns::builder().interfaces(["lo"]).ipv4_only();
    builder.build().unwrap()
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn own_host() -> OwnHost {
    let name = name("box.local");
    let requested = name.clone();
    OwnHost { name, requested }
}

fn group(publisher: &Rc<Publisher>) -> EntryGroup {
    EntryGroup::new(publisher, Owner::Client(1), 64)
}

fn given(interface: i32, flags: u32) -> Given {
    Given {
        interface,
        protocol: -1,
        flags,
    }
}

fn service(name: &str, host: &str, port: u16, interface: i32) -> Entry {
    let checked = check::add_service(given(interface, 0), name, "_http._tcp", "", host);
    Entry::service(checked.unwrap(), port, cooee::Txt::empty(), &own_host()).unwrap()
}

fn addresses(of: &str, text: &str) -> Vec<Entry> {
    let address = check::add_address(given(-1, 0), of, text).unwrap();
    let records = address_records(address).into_iter();
    records.map(Entry::Record).collect()
}

fn text(of: &str, value: &[u8], flags: u32) -> check::Record {
    let bytes = [&[u8::try_from(value.len()).unwrap()], value].concat();
    check::add_record(given(-1, flags), of, 1, 16, 120, &bytes).unwrap()
}

fn add(group: &mut EntryGroup, entries: Vec<Entry>) -> Result<(), ErrorCode> {
    group.add(entries, &own_host())
}

/// Commits a group, and waits until its state changes.
async fn outcome(group: &mut EntryGroup) -> (Progress, Option<GroupState>) {
    let mut progress = group.commit(&own_host()).unwrap();
    let state = progress.next().await;
    (progress, state)
}

fn follow(listener: &Mdns, of: &str, rtype: RecordType) -> Events<Records> {
    listener.query(name(of), rtype).start().unwrap().blocking()
}

/// Waits until a record is added.
fn await_added(records: &mut Events<Records>, wanted: impl Fn(&RData) -> bool) {
    loop {
        let event = records.next_timeout(LIMIT).unwrap();
        if matches!(&event, RecordEvent::Added { record, .. } if wanted(&record.data)) {
            return;
        }
    }
}

#[test]
fn a_name_with_addresses_of_both_families_is_one_claim() {
    let test = "a_name_with_addresses_of_both_families_is_one_claim";
    on_lo(test, async |publisher| {
        let listener = driver();
        let mut v4 = follow(&listener, "pair.local", RecordType::A);
        let mut v6 = follow(&listener, "pair.local", RecordType::AAAA);
        let mut one = group(&publisher);
        add(&mut one, addresses("pair.local", "10.0.0.7")).unwrap();
        add(&mut one, addresses("pair.local", "fe80::7")).unwrap();
        let (_, state) = outcome(&mut one).await;
        assert_eq!(state, Some(GroupState::Established));
        await_added(&mut v4, |data| *data == RData::A([10, 0, 0, 7].into()));
        await_added(&mut v6, |data| matches!(data, RData::Aaaa(_)));
        // A third one from another group joins them, and all stay when it goes.
        let mut other = group(&publisher);
        add(&mut other, addresses("pair.local", "10.0.0.8")).unwrap();
        let (_, state) = outcome(&mut other).await;
        assert_eq!(state, Some(GroupState::Established));
        let third = RData::A([10, 0, 0, 8].into());
        await_added(&mut v4, |data| *data == third);
        drop(other);
        let event = v4.next_timeout(LIMIT).unwrap();
        let RecordEvent::Removed { record, .. } = event else {
            panic!("{event:?}");
        };
        assert_eq!(record.data, third);
    });
}

#[test]
fn further_records_of_a_service_share_its_claim() {
    let test = "further_records_of_a_service_share_its_claim";
    on_lo(test, async |publisher| {
        let mut list = follow(&driver(), "Shelf._http._tcp.local", RecordType(29));
        let mut one = group(&publisher);
        let full = "Shelf._http._tcp.local";
        let location = check::add_record(given(-1, 1), full, 1, 29, 120, &[0; 16]).unwrap();
        add(&mut one, vec![Entry::Record(location)]).unwrap();
        add(&mut one, vec![service("Shelf", "", 80, -1)]).unwrap();
        let (_, state) = outcome(&mut one).await;
        assert_eq!(state, Some(GroupState::Established));
        await_added(&mut list, |_| true);
    });
}

#[test]
fn a_service_that_joins_the_records_of_another_group_follows_the_name_of_the_host() {
    let test = "a_service_that_joins_the_records_of_another_group_follows_the_name_of_the_host";
    on_lo(test, async |publisher| {
        let full = "Shelf._http._tcp.local";
        let mut places = follow(&driver(), full, RecordType::SRV);
        let location = check::add_record(given(-1, 1), full, 1, 29, 120, &[0; 16]).unwrap();
        let (mut records, mut joins) = (group(&publisher), group(&publisher));
        add(&mut records, vec![Entry::Record(location)]).unwrap();
        let (_, state) = outcome(&mut records).await;
        assert_eq!(state, Some(GroupState::Established));
        add(&mut joins, vec![service("Shelf", "", 80, -1)]).unwrap();
        let (_, state) = outcome(&mut joins).await;
        assert_eq!(state, Some(GroupState::Established));
        let is_on = |host: &str| {
            let host = name(host);
            move |data: &RData| matches!(data, RData::Srv(srv) if srv.target == host)
        };
        await_added(&mut places, is_on("box.local"));
        publisher.names.follow_host(&OwnHost {
            name: name("box-2.local"),
            ..own_host()
        });
        await_added(&mut places, is_on("box-2.local"));
    });
}

#[test]
fn a_service_for_one_family_is_published_over_that_until_its_name_has_an_entry_for_both() {
    let test =
        "a_service_for_one_family_is_published_over_that_until_its_name_has_an_entry_for_both";
    on_lo(test, async |publisher| {
        let mut list = follow(&driver(), "_http._tcp.local", RecordType::PTR);
        let of_family = |name: &str, protocol| {
            let given = Given {
                protocol,
                ..given(-1, 0)
            };
            let checked = check::add_service(given, name, "_http._tcp", "", "").unwrap();
            Entry::service(checked, 80, cooee::Txt::empty(), &own_host()).unwrap()
        };
        let (mut six, mut four) = (group(&publisher), group(&publisher));
        add(&mut six, vec![of_family("Six", 1)]).unwrap();
        add(&mut four, vec![of_family("Four", 0)]).unwrap();
        // The driver has no IPv6, so there is nothing to wait for.
        for group in [&mut six, &mut four] {
            let (_, state) = outcome(group).await;
            assert_eq!(state, Some(GroupState::Established));
        }
        let mut found = || {
            let event = list.next_timeout(LIMIT).unwrap();
            let RecordEvent::Added { record, .. } = event else {
                panic!("{event:?}");
            };
            record.data
        };
        assert_eq!(found(), RData::Ptr(name("Four._http._tcp.local")));
        let full = "Six._http._tcp.local";
        let location = check::add_record(given(-1, 1), full, 1, 29, 120, &[0; 16]).unwrap();
        let mut more = group(&publisher);
        add(&mut more, vec![Entry::Record(location)]).unwrap();
        let (_, state) = outcome(&mut more).await;
        assert_eq!(state, Some(GroupState::Established));
        assert_eq!(found(), RData::Ptr(name(full)));
    });
}

#[test]
fn nothing_points_to_a_service_elsewhere_whose_name_is_taken() {
    let test = "nothing_points_to_a_service_elsewhere_whose_name_is_taken";
    on_lo(test, async |publisher| {
        let listener = driver();
        let mut list = follow(&listener, "_shelf._sub._http._tcp.local", RecordType::PTR);
        let web = Registration::new("_http._tcp", "Shelf", 81).host_named("desk");
        let holder = driver();
        let holder = holder.register(web).await.unwrap();
        let mut one = group(&publisher);
        add(&mut one, vec![service("Shelf", "nas.local", 80, -1)]).unwrap();
        let whole = "_shelf._sub._http._tcp";
        let of = check::add_service_subtype(given(-1, 0), "Shelf", "_http._tcp", "", whole);
        let (of, label) = of.unwrap();
        assert_eq!(one.add_subtype(&of, &label), Ok(true));
        let (_, state) = outcome(&mut one).await;
        assert_eq!(state, Some(GroupState::Collision));
        let silence = Duration::from_millis(500);
        assert_eq!(list.next_timeout(silence), Err(NextError::TimedOut));
        drop(holder);
        let mut free = group(&publisher);
        add(&mut free, vec![service("Shelf 2", "nas.local", 80, -1)]).unwrap();
        let of = check::ServiceRef {
            name: "Shelf 2".to_owned(),
            ..of
        };
        assert_eq!(free.add_subtype(&of, &label), Ok(true));
        let (_, state) = outcome(&mut free).await;
        assert_eq!(state, Some(GroupState::Established));
        await_added(&mut list, |_| true);
    });
}

#[test]
fn the_same_service_may_be_added_twice_and_stays_until_both_are_gone() {
    let test = "the_same_service_may_be_added_twice_and_stays_until_both_are_gone";
    on_lo(test, async |publisher| {
        let listener = driver();
        let mut list = follow(&listener, "_http._tcp.local", RecordType::PTR);
        let mut one = group(&publisher);
        add(&mut one, vec![service("Web", "", 80, -1)]).unwrap();
        add(&mut one, vec![service("Web", "", 80, -1)]).unwrap();
        let differs = add(&mut one, vec![service("Web", "", 81, -1)]);
        assert_eq!(differs, Err(ErrorCode::Collision));
        let (_, state) = outcome(&mut one).await;
        assert_eq!(state, Some(GroupState::Established));
        let mut other = group(&publisher);
        add(&mut other, vec![service("Web", "", 80, -1)]).unwrap();
        let (_, state) = outcome(&mut other).await;
        assert_eq!(state, Some(GroupState::Established));
        await_added(&mut list, |_| true);
        drop(one);
        let silence = Duration::from_millis(500);
        assert_eq!(list.next_timeout(silence), Err(NextError::TimedOut));
        drop(other);
        let event = list.next_timeout(LIMIT).unwrap();
        assert!(matches!(event, RecordEvent::Removed { .. }), "{event:?}");
        assert_eq!(publisher.registry.borrow().len(), 0);
    });
}

#[test]
fn a_record_of_a_committed_group_is_replaced() {
    let test = "a_record_of_a_committed_group_is_replaced";
    on_lo(test, async |publisher| {
        let listener = driver();
        for flags in [0, 1] {
            let of = format!("note{flags}.local");
            let mut notes = follow(&listener, &of, RecordType::TXT);
            let mut one = group(&publisher);
            add(&mut one, vec![Entry::Record(text(&of, b"old", flags))]).unwrap();
            let missing = one.update_record(&text("other.local", b"new", 64), &own_host());
            assert_eq!(missing, Err(ErrorCode::NotFound));
            let (_, state) = outcome(&mut one).await;
            assert_eq!(state, Some(GroupState::Established));
            await_added(&mut notes, |_| true);
            let new = text(&of, b"new", 64 | flags);
            assert_eq!(one.update_record(&new, &own_host()), Ok(()));
            await_added(&mut notes, |data| *data == new.data);
            let late = add(&mut one, vec![Entry::Record(new)]);
            assert_eq!(late, Err(ErrorCode::BadState));
        }
    });
}

#[test]
fn what_has_no_interface_is_established_and_published_when_that_comes() {
    let test = "what_has_no_interface_is_established_and_published_when_that_comes";
    on_lo(test, async |publisher| {
        let mut one = group(&publisher);
        add(&mut one, vec![service("Late", "", 80, 99)]).unwrap();
        let (_, state) = outcome(&mut one).await;
        assert_eq!(state, Some(GroupState::Established));
        let mut both = group(&publisher);
        add(
            &mut both,
            vec![service("Soon", "", 80, 99), service("Now", "", 80, -1)],
        )
        .unwrap();
        let (mut progress, state) = outcome(&mut both).await;
        assert_eq!(state, Some(GroupState::Established));
        drop(both);
        assert_eq!(progress.next().await, None);
    });
}

#[test]
fn a_service_has_the_cookie_of_the_daemon_unless_it_wants_none() {
    let test = "a_service_has_the_cookie_of_the_daemon_unless_it_wants_none";
    on_lo(test, async |publisher| {
        let cookie = format!("org.freedesktop.Avahi.cookie={}", publisher.cookie);
        let listener = driver();
        for (flags, has_cookie) in [(0, true), (32, false)] {
            let name = format!("Web {flags}");
            let mut attributes = follow(
                &listener,
                &format!("Web\\032{flags}._http._tcp.local"),
                RecordType::TXT,
            );
            let checked = check::add_service(given(-1, flags), &name, "_http._tcp", "", "");
            let txt = check::txt([b"a=b".as_slice()]).unwrap();
            let entry = Entry::service(checked.unwrap(), 80, txt, &own_host()).unwrap();
            let mut one = group(&publisher);
            add(&mut one, vec![entry]).unwrap();
            let (_, state) = outcome(&mut one).await;
            assert_eq!(state, Some(GroupState::Established));
            await_added(&mut attributes, |data| {
                let RData::Txt(txt) = data else { return false };
                let strings: Vec<&[u8]> = txt.strings().collect();
                let with: [&[u8]; 2] = [b"a=b", cookie.as_bytes()];
                strings == if has_cookie { &with[..] } else { &with[..1] }
            });
        }
    });
}
