//! The order of reports from two streams.

use super::Order;
use crate::output::Report;
use crate::output::tests::{instance, service};

fn words(reports: &[Report]) -> Vec<&'static str> {
    let word = |report: &Report| {
        if matches!(report, Report::Found(_)) {
            "found"
        } else if matches!(report, Report::Resolved(_)) {
            "resolved"
        } else {
            assert!(matches!(report, Report::Lost { .. }), "{report:?}");
            "lost"
        }
    };
    reports.iter().map(word).collect()
}

fn lost() -> Report {
    Report::Lost {
        instance: instance(),
        why: "goodbye",
    }
}

#[test]
fn found_comes_first_and_once_whichever_stream_is_read_first() {
    let mut order = Order::default();
    assert_eq!(
        words(&order.sort(Report::Resolved(service()))),
        ["found", "resolved"]
    );
    assert_eq!(words(&order.sort(Report::Found(instance()))), [""; 0]);

    let mut order = Order::default();
    assert_eq!(words(&order.sort(Report::Found(instance()))), ["found"]);
    assert_eq!(order.summary().count(), 1);
    assert_eq!(
        words(&order.sort(Report::Resolved(service()))),
        ["resolved"]
    );
    assert_eq!(order.summary().count(), 0);
}

#[test]
fn what_went_and_came_back_is_found_again() {
    let mut order = Order::default();
    order.sort(Report::Found(instance()));
    assert_eq!(words(&order.sort(lost())), ["lost"]);
    assert_eq!(words(&order.sort(lost())), [""; 0]);
    assert_eq!(words(&order.sort(Report::Found(instance()))), ["found"]);
}

#[test]
fn after_a_gap_everything_is_told_anew() {
    let mut order = Order::default();
    order.sort(Report::Found(instance()));
    order.sort(Report::Lagged { missed: 1 });
    assert_eq!(words(&order.sort(Report::Found(instance()))), ["found"]);
}

#[test]
fn a_summary_has_the_latest_state_once_sorted_by_type() {
    let mut order = Order::default();
    let named = |name: &str, service_type: &str, port| {
        let mut service = service();
        service.instance = crate::output::tests::named(name.as_bytes(), service_type);
        service.port = port;
        service
    };
    order.hold(Report::Resolved(named("b", "_ipp._tcp", 1)));
    order.hold(Report::Resolved(named("c", "_http._tcp", 2)));
    order.hold(Report::Resolved(named("gone", "_http._tcp", 3)));
    let changed = Report::Updated {
        service: named("b", "_ipp._tcp", 4),
        changed: vec!["endpoint"],
    };
    order.hold(changed);
    order.hold(Report::Removed {
        service: named("gone", "_http._tcp", 3),
        why: "goodbye",
    });
    order.sort(Report::Found(instance()));
    let expected = [
        Report::Resolved(named("c", "_http._tcp", 2)),
        Report::Resolved(named("b", "_ipp._tcp", 4)),
        Report::Found(instance()),
    ];
    assert_eq!(order.summary().collect::<Vec<_>>(), expected);
}

#[test]
fn names_that_differ_in_bytes_that_are_no_text_are_two_and_those_that_differ_in_case_are_one() {
    let named = crate::output::tests::named;
    let (one, other) = (
        named(b"caf\xc8x", "_ipp._tcp"),
        named(b"caf\xc9x", "_ipp._tcp"),
    );
    assert_eq!(one.instance, other.instance);
    let mut order = Order::default();
    for instance in [&one, &other] {
        assert_eq!(
            words(&order.sort(Report::Found(instance.clone()))),
            ["found"]
        );
    }
    assert_eq!((order.summary().count(), order.open), (2, 2));

    let mut order = Order::default();
    order.sort(Report::Found(named(b"Desk", "_ipp._tcp")));
    let mut desk = service();
    desk.instance = named(b"desk", "_IPP._tcp");
    assert_eq!(
        words(&order.sort(Report::Resolved(desk.clone()))),
        ["resolved"]
    );
    assert_eq!(order.open, 0);
    let lost = Report::Lost {
        instance: desk.instance,
        why: "goodbye",
    };
    assert_eq!(words(&order.sort(lost)), ["lost"]);
}

#[test]
fn what_is_not_available_is_found_and_not_waited_for() {
    let mut order = Order::default();
    let reports = order.sort(Report::Unavailable(instance()));
    assert!(matches!(
        &reports[..],
        [Report::Found(_), Report::Unavailable(_)]
    ));
    assert_eq!(order.open, 0);
    let summary: Vec<_> = order.summary().collect();
    assert_eq!(summary, [Report::Unavailable(instance())]);
}
