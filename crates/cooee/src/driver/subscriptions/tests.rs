//! Requests, in virtual time and without sockets: deadlines, ends, restarts, browses of all types.

use std::task::{Context, Poll, Waker};

use cooee_proto::dnssd::event::News;
use cooee_proto::dnssd::{AddressFamilies, Agent, BrowseOptions};
use cooee_proto::time::{Duration, Instant};

use super::subscription::OTHER_FAMILY_WAIT;
use super::{RESTART_GAP, Subscriptions};
use crate::error::DriverError;
use crate::event::discovery::Host;
use crate::metrics::QueueMetrics;
use crate::session::SubscriptionId;
use crate::session::command::{Ending, Request, Sink};
use crate::session::queue::{Coalesce, End, Overflow, Received, Receiver, channel};
use crate::session::unread::IntoEvent;
use crate::session::unread::ServiceNews;
use crate::testing::{Offer, agent, hear, interface_names, name};

const ID: SubscriptionId = SubscriptionId(7);

/// The driver without its sockets.
struct World {
    now: Instant,
    agent: Agent,
    subscriptions: Subscriptions,
    metrics: QueueMetrics,
}

impl World {
    fn new() -> Self {
        let (agent, subscriptions) = (agent(), Subscriptions::default());
        Self {
            now: Instant::ZERO,
            agent,
            subscriptions,
            metrics: QueueMetrics::default(),
        }
    }

    fn start(&mut self, request: Request, sink: Sink, deadline: Option<Duration>) {
        let ending = match deadline {
            Some(after) => Ending::WithAnswer {
                by: self.now + after,
            },
            None => Ending::WhenStopped,
        };
        self.subscriptions
            .start(self.now, &mut self.agent, ID, request, sink, ending);
        self.turn();
    }

    fn browse_all(&mut self, capacity: usize) -> Receiver<ServiceNews> {
        let (sender, receiver) = channel(capacity, Overflow::Restart);
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        self.start(Request::BrowseAll { options }, Sink::Services(sender), None);
        receiver
    }

    fn lookup(&mut self, deadline: Duration) -> Receiver<Host> {
        let (sender, receiver) = channel(1, Overflow::Restart);
        let name = name("web-host.local");
        let families = AddressFamilies::BOTH;
        let request = Request::Host {
            name: name.clone(),
            families,
            link: None,
        };
        self.start(request, Sink::Host { sender, name }, Some(deadline));
        receiver
    }

    fn hear(&mut self, offer: &Offer) {
        hear(&mut self.agent, self.now, offer);
        self.turn();
    }

    /// Does the driver's work of a turn, without reading and sending.
    fn turn(&mut self) {
        self.agent.handle_timeout(self.now);
        self.subscriptions.restart_due(self.now, &mut self.agent);
        while let Some(event) = self.agent.poll_event() {
            let News::Discovery(news) = event.news else {
                panic!("nothing is published: {event:?}");
            };
            let (agent, names) = (&mut self.agent, interface_names());
            let event = (event.request, news);
            self.subscriptions
                .deliver(self.now, agent, event, &names, &mut self.metrics);
        }
        self.subscriptions.on_timeout(self.now, &mut self.agent);
        self.subscriptions.wake();
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        self.turn();
    }
}

fn read<T: Coalesce>(receiver: &Receiver<T>) -> Poll<Result<Received<T>, End>> {
    receiver.poll(&mut Context::from_waker(Waker::noop()))
}

/// Returns the reports in short form: `+web`, `~web`, `-web`, `?` for a gap.
fn reported(receiver: &Receiver<ServiceNews>) -> Vec<String> {
    let mut reported = Vec::new();
    while let Some(received) = receiver.try_next() {
        reported.push(match received {
            Received::Lagged(_) => "?".to_owned(),
            Received::Item(ServiceNews::Added(service)) => format!("+{}", service.name()),
            Received::Item(ServiceNews::Updated(service, _)) => format!("~{}", service.name()),
            Received::Item(ServiceNews::Removed(service, ..)) => format!("-{}", service.name()),
            Received::Item(ServiceNews::Unavailable(instance)) => {
                format!("!{}", instance.label())
            }
        });
    }
    reported.sort();
    reported
}

const MOMENT: Duration = Duration::from_nanos(1);

#[test]
fn a_request_that_nobody_answers_ends_at_its_deadline_and_not_before() {
    let mut world = World::new();
    let after = Duration::from_secs(3);
    let receiver = world.lookup(after);
    assert_eq!(world.subscriptions.deadline(), Some(Instant::ZERO + after));
    world.pass(after - MOMENT);
    assert!(read(&receiver).is_pending());
    world.pass(MOMENT);
    assert!(matches!(read(&receiver), Poll::Ready(Err(End::TimedOut))));
    assert_eq!(world.subscriptions.len(), 0);
    assert_eq!(world.subscriptions.deadline(), None);
    assert_eq!(world.agent.stats().open_questions, 0);
}

#[test]
fn a_look_up_with_addresses_of_one_family_waits_a_moment_for_the_other() {
    let mut world = World::new();
    let receiver = world.lookup(Duration::from_secs(3));
    world.pass(Duration::from_secs(1));
    world.hear(&Offer::new("web"));
    let Poll::Ready(Ok(Received::Item(host))) = read(&receiver) else {
        panic!("an address came")
    };
    assert_eq!(host.into_event().addresses.len(), 1);
    assert!(read(&receiver).is_pending());
    world.pass(OTHER_FAMILY_WAIT - MOMENT);
    assert!(read(&receiver).is_pending());
    world.pass(MOMENT);
    assert!(matches!(
        read(&receiver),
        Poll::Ready(Err(End::TimedOut | End::Done))
    ));
    assert_eq!(world.subscriptions.len(), 0);
}

#[test]
fn a_look_up_with_addresses_of_both_families_ends_at_once() {
    let mut world = World::new();
    let receiver = world.lookup(Duration::from_secs(3));
    let mut offer = Offer::new("web");
    world.hear(&offer);
    offer.ip = "fd00::9".parse().expect("an address");
    offer.label = "other".to_owned();
    world.hear(&offer);
    let Poll::Ready(Ok(Received::Item(host))) = read(&receiver) else {
        panic!("addresses came")
    };
    assert_eq!(host.into_event().addresses.len(), 2);
    assert!(matches!(read(&receiver), Poll::Ready(Err(End::Done))));
}

#[test]
fn stopping_a_request_stops_what_was_asked_for_it() {
    let mut world = World::new();
    let receiver = world.browse_all(16);
    world.hear(&Offer::new("web"));
    world.hear(&Offer::new("desk").with_type("_ipp._tcp"));
    world.hear(&Offer::new("web"));
    assert!(world.agent.stats().open_questions >= 3);
    world.subscriptions.stop(world.now, &mut world.agent, ID);
    assert_eq!(
        (
            world.subscriptions.len(),
            world.agent.stats().open_questions
        ),
        (0, 0)
    );
    reported(&receiver);
    assert!(matches!(
        read(&receiver),
        Poll::Ready(Err(End::Driver(DriverError::Stopped)))
    ));
}

#[test]
fn a_browse_of_every_type_follows_a_type_until_it_and_all_its_services_are_gone() {
    let mut world = World::new();
    let receiver = world.browse_all(16);
    let (web, desk) = (Offer::new("web"), Offer::new("desk").with_type("_ipp._tcp"));
    // Once for the type, once more for the service of it.
    for offer in [&web, &desk, &web, &desk] {
        world.hear(offer);
    }
    assert_eq!(reported(&receiver), ["+desk", "+web"]);
    assert_eq!(world.subscriptions.by_request.len(), 3);
    world.hear(&web.goodbye());
    world.pass(Duration::from_secs(2));
    assert_eq!(reported(&receiver), ["-web"]);
    assert_eq!(
        world.subscriptions.by_request.len(),
        2,
        "the type is browsed for ever"
    );
    world.hear(&Offer::new("web"));
    world.hear(&Offer::new("web"));
    assert_eq!(reported(&receiver), ["+web"]);
}

#[test]
fn a_consumer_that_lags_for_ever_makes_the_request_start_anew_once_a_second() {
    let mut world = World::new();
    let receiver = world.browse_all(2);
    let offers = ["a", "b", "c", "d"].map(Offer::new);
    for offer in offers.iter().chain(&offers) {
        world.hear(offer);
    }
    assert_eq!(reported(&receiver), ["?"]);
    let mut restarts = 0;
    for _ in 0..100 {
        if reported(&receiver).contains(&"?".to_owned()) {
            restarts += 1;
        }
        world.subscriptions.restart(world.now, ID);
        world.pass(RESTART_GAP / 10);
    }
    assert!(
        (8..=11).contains(&restarts),
        "{restarts} restarts in 10 seconds"
    );
}

#[test]
fn a_restart_tells_the_current_state_from_the_start() {
    let mut world = World::new();
    let receiver = world.browse_all(3);
    let offers = ["a", "b"].map(Offer::new);
    for offer in offers.iter().chain(&offers) {
        world.hear(offer);
    }
    assert_eq!(reported(&receiver), ["+a", "+b"]);
    for offer in offers {
        world.hear(&offer.goodbye());
    }
    world.pass(Duration::from_secs(2));
    let offers = ["c", "d"].map(Offer::new);
    for offer in offers.iter().chain(&offers) {
        world.hear(offer);
    }
    assert_eq!(reported(&receiver), ["?"]);
    world.subscriptions.restart(world.now, ID);
    world.turn();
    assert_eq!(reported(&receiver), ["+c", "+d"]);
}
