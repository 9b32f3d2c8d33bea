//! Merging what is unread about one service: every pair, and the resulting report.

use cooee_proto::event::Removal;

use super::{InstanceNews, ServiceNews, TypeNews};
use crate::event::discovery::ServiceEvent;
use crate::event::service::Service;
use crate::session::queue::{Coalesce, Overflow, Received, channel};
use crate::session::unread::IntoEvent;
use crate::testing::{Offer, service};

/// Returns a service and three states of it: as it was, with another TXT, with another port.
fn states() -> (Service, Service, Service) {
    let offer = Offer::new("web");
    let other_txt = offer.clone().with_txt("path=/new");
    let other_port = other_txt.clone().with_port(8_080);
    (service(&offer), service(&other_txt), service(&other_port))
}

fn updated(from: &Service, to: &Service) -> ServiceNews {
    ServiceNews::Updated(to.clone(), from.diff(to))
}

fn removed(last: &Service, why: Removal) -> ServiceNews {
    ServiceNews::Removed(last.clone(), why, Default::default())
}

/// Returns what a consumer reads after all of it has happened.
fn read(news: impl IntoIterator<Item = ServiceNews>) -> Option<ServiceEvent> {
    let (sender, receiver) = channel(8, Overflow::Restart);
    for item in news {
        sender.push(item);
    }
    let received = receiver.try_next()?;
    assert!(
        receiver.try_next().is_none(),
        "more than one event about one service"
    );
    match received {
        Received::Item(item) => Some(item.into_event()),
        Received::Lagged(missed) => panic!("{missed} missed"),
    }
}

#[test]
fn an_unread_arrival_takes_in_later_changes() {
    let (first, second, third) = states();
    let news = [
        ServiceNews::Added(first.clone()),
        updated(&first, &second),
        updated(&second, &third),
    ];
    assert_eq!(read(news), Some(ServiceEvent::Added(third)));
}

#[test]
fn a_service_that_came_and_went_unread_is_not_told() {
    let (first, ..) = states();
    assert_eq!(
        read([
            ServiceNews::Added(first.clone()),
            removed(&first, Removal::Goodbye)
        ]),
        None
    );
}

#[test]
fn unread_changes_add_up() {
    let (first, second, third) = states();
    let Some(ServiceEvent::Updated { service, diff }) =
        read([updated(&first, &second), updated(&second, &third)])
    else {
        panic!("two changes are a change");
    };
    assert_eq!(service, third);
    assert!(diff.txt && diff.endpoint && !diff.addresses, "{diff:?}");
}

#[test]
fn a_departure_takes_in_unread_changes_and_keeps_its_reason() {
    let (first, second, _) = states();
    let news = [updated(&first, &second), removed(&second, Removal::Expired)];
    assert_eq!(
        read(news),
        Some(ServiceEvent::Removed {
            last: second,
            why: Removal::Expired
        })
    );
}

#[test]
fn a_service_that_went_and_came_back_the_same_unread_is_not_told() {
    let (first, ..) = states();
    assert_eq!(
        read([removed(&first, Removal::Goodbye), ServiceNews::Added(first)]),
        None
    );
}

#[test]
fn a_service_that_went_and_came_back_changed_has_changed() {
    let (first, second, _) = states();
    let Some(ServiceEvent::Updated { service, diff }) = read([
        removed(&first, Removal::Goodbye),
        ServiceNews::Added(second.clone()),
    ]) else {
        panic!("it is there, changed");
    };
    assert_eq!(service, second);
    assert!(diff.txt && !diff.endpoint, "{diff:?}");
}

#[test]
fn a_change_before_a_departure_is_not_forgotten_when_the_service_comes_back() {
    let (first, second, _) = states();
    // The consumer knows `first`; `second` came, went and came back unread.
    let news = [
        updated(&first, &second),
        removed(&second, Removal::Expired),
        ServiceNews::Added(second.clone()),
    ];
    let Some(ServiceEvent::Updated { service, diff }) = read(news) else {
        panic!("what the consumer knows is out of date");
    };
    assert_eq!(service, second);
    assert!(diff.txt, "{diff:?}");
}

#[test]
fn services_merge_by_name_ignoring_case() {
    let loud = service(&Offer::new("WEB").with_txt("a=b"));
    let (first, ..) = states();
    let key = ServiceNews::Added(first).key();
    assert_eq!(ServiceNews::Added(loud).key(), key);
}

#[test]
fn names_and_types_that_came_and_went_unread_are_not_told() {
    let (first, ..) = states();
    let instance = first.instance().clone();
    let found = || InstanceNews::Found(instance.clone());
    let lost = || InstanceNews::Lost(instance.clone(), Removal::Goodbye);
    assert!(found().merge(lost()).is_none());
    assert!(lost().merge(found()).is_none());
    assert!(matches!(lost().merge(lost()), Some(InstanceNews::Lost(..))));
    let service_type = first.service_type().clone();
    let found = || TypeNews::Found(service_type.clone());
    let lost = || TypeNews::Lost(service_type.clone());
    assert!(found().merge(lost()).is_none());
    assert!(lost().merge(found()).is_none());
    assert!(matches!(found().merge(found()), Some(TypeNews::Found(_))));
}

#[test]
fn what_is_not_available_is_told_whether_the_service_was_known_or_not() {
    let (first, second, _) = states();
    let unavailable = || ServiceNews::Unavailable(first.instance().clone());
    let reported = || Some(ServiceEvent::Unavailable(first.instance().clone()));
    let added = ServiceNews::Added;
    assert_eq!(read([unavailable()]), reported());
    assert_eq!(read([unavailable(), unavailable()]), reported());
    let gone = removed(&first, Removal::Unavailable);
    assert_eq!(read([added(first.clone()), gone]), reported());
    assert_eq!(
        read([unavailable(), added(second.clone())]),
        Some(ServiceEvent::Added(second.clone()))
    );
    let why = Removal::Unavailable;
    let last = second.clone();
    assert_eq!(
        read([removed(&second, Removal::Expired), unavailable()]),
        Some(ServiceEvent::Removed { last, why })
    );
}
