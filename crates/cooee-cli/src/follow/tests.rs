//! The order of reports from two streams.

use super::Order;
use crate::report::Report;
use crate::report::tests::{instance, service};

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
    assert_eq!(order.unresolved().count(), 1);
    assert_eq!(
        words(&order.sort(Report::Resolved(service()))),
        ["resolved"]
    );
    assert_eq!(order.unresolved().count(), 0);
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
