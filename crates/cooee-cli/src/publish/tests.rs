//! Following something published, with statuses that are fed: how it ends.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cooee::{InstanceName, Status};
use futures_core::Stream;

use super::{End, PublishEvent, Won, follow};
use crate::out::Out;
use crate::publish_output::PublishReport;
use crate::watch::Watch;

/// Returns its events, then pends for ever or ends.
struct Fed {
    events: VecDeque<PublishEvent>,
    ends: bool,
}

impl Stream for Fed {
    type Item = PublishEvent;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<PublishEvent>> {
        match self.events.pop_front() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// Follows these events. Returns how it ended, and the events that were printed.
fn followed(
    events: impl IntoIterator<Item = PublishEvent>,
    ends: bool,
    timeout: Option<Duration>,
) -> (End, Vec<String>) {
    let mut watch = Watch::new();
    let events = events.into_iter().collect();
    watch.add(Fed { events, ends });
    let mut bytes = Vec::new();
    let mut out = Out::new(&mut bytes, true);
    let end = follow(watch, timeout, &mut out, |report| {
        matches!(report, PublishReport::Registered { .. })
    });
    let text = String::from_utf8(bytes).unwrap();
    let event = |line: &str| line.split('"').nth(3).map(str::to_owned);
    (end.unwrap(), text.lines().filter_map(event).collect())
}

fn instance(label: &str) -> InstanceName {
    let http = "_http._tcp".parse().unwrap();
    InstanceName::new(label, &http).unwrap()
}

fn renamed() -> PublishEvent {
    PublishEvent::Status(Status::Renamed {
        old: instance("Web"),
        new: instance("Web (2)"),
    })
}

fn registered() -> PublishEvent {
    PublishEvent::Status(Status::Registered(instance("Web (2)")))
}

fn host_registered() -> PublishEvent {
    PublishEvent::Status(Status::HostRegistered("desk.local".parse().unwrap()))
}

const SIGNAL: PublishEvent = PublishEvent::Signal;

#[test]
fn a_signal_before_the_name_is_claimed_ends_without_a_name() {
    let (end, printed) = followed([SIGNAL, registered()], false, None);
    assert_eq!(end, End::Asked(Won::No));
    assert_eq!(printed, [""; 0], "what comes later is not reported");

    let (end, printed) = followed([renamed(), host_registered(), SIGNAL], false, None);
    assert_eq!(
        end,
        End::Asked(Won::No),
        "the host's name is not the service's"
    );
    assert!(!printed.contains(&"registered".to_owned()), "{printed:?}");
}

#[test]
fn a_signal_after_the_name_is_claimed_ends_with_it() {
    let events = [renamed(), host_registered(), registered(), SIGNAL];
    let (end, printed) = followed(events, false, None);
    assert_eq!(end, End::Asked(Won::Everywhere));
    assert_eq!(printed.last().map(String::as_str), Some("registered"));
}

#[test]
fn the_timeout_is_a_fault_only_if_the_name_is_not_claimed() {
    let now = Some(Duration::ZERO);
    assert_eq!(followed([], false, now).0, End::TimeUp);
    let (end, _) = followed([host_registered(), registered()], false, now);
    assert_eq!(end, End::Asked(Won::Everywhere));
}

#[test]
fn a_name_that_another_host_uses_and_the_end_of_the_driver_end_it() {
    let name: cooee::Name = "web.local".parse().unwrap();
    let taken = PublishEvent::Status(Status::NameTaken(name.clone()));
    assert_eq!(
        followed([taken, SIGNAL], false, None).0,
        End::NameTaken(name)
    );
    assert_eq!(followed([], true, None).0, End::Stopped);
}
