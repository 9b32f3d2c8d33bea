//! Broken engines: each check of the model is shown to find its flaw.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cooee_proto::Limits;
use cooee_proto::link::LinkId;
use cooee_proto::time::Instant;
use cooee_proto::transmit::{Datagram, Destination, Route};
use cooee_wire::{Message, Name, RecordType};

use super::super::peer::Flaw;
use super::super::strangers::Lie;
use super::super::{MakeFlaw, hostile, run_with};
use crate::Node;
use crate::nodes::Listener;
use crate::{ms, secs};

mod healing;

/// Two peers want one name, another browses, and all send packets now and then.
const HISTORY: &[&[u8]] = &[
    &browse(2),
    &publish(0),
    &publish(1),
    &wait(14),
    &retext(0, 1),
    &wait(13),
    &retext(1, 2),
    &wait(14),
];

const fn wait(power: u8) -> [u8; 2] {
    [0, power]
}

const fn browse(peer: u8) -> [u8; 2] {
    [16, peer]
}

const fn publish(peer: u8) -> [u8; 3] {
    [19, peer, 0]
}

const fn retext(peer: u8, txt: u8) -> [u8; 4] {
    [25, peer, 0, txt]
}

const fn flood(seed: u8) -> [u8; 3] {
    [63, 0, seed]
}

/// Returns what the model says of peers with a flaw.
fn breach(history: &[u8], flaw: MakeFlaw) -> String {
    assert!(
        run_with(1, history, &Lie::ALL, None) > 0,
        "it holds without a flaw"
    );
    let run = AssertUnwindSafe(|| run_with(1, history, &Lie::ALL, Some(flaw)));
    let Err(panic) = catch_unwind(run) else {
        return "nothing".to_owned();
    };
    let text = panic.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| "no text".to_owned())
}

fn assert_found(more: &[u8], flaw: MakeFlaw, expected: &str) {
    let history = [&HISTORY.concat(), more].concat();
    let found = breach(&history, flaw);
    assert!(found.contains(expected), "found: {found}");
}

/// Hears nothing, and so ignores every conflict.
struct Deaf;

impl Flaw for Deaf {
    fn hears(&mut self, _: Instant, _: &Datagram<'_>) -> bool {
        false
    }
}

#[test]
fn two_holders_of_one_name_are_found() {
    let more = [retext(0, 3).as_slice(), &wait(14)].concat();
    assert_found(&more, |_| Some(Box::new(Deaf)), "have both held Desk.");
}

/// Hears its first packets again and again.
#[derive(Default)]
struct Relives(Vec<(LinkId, SocketAddr, IpAddr, Vec<u8>)>);

impl Flaw for Relives {
    fn hears(&mut self, now: Instant, heard: &Datagram<'_>) -> bool {
        let message = Message::parse(heard.bytes);
        if now < BEGAN + secs(40) && message.is_ok_and(|message| is_response(&message)) {
            let bytes = heard.bytes.to_vec();
            self.0
                .push((heard.link, heard.source, heard.destination, bytes));
        }
        true
    }

    fn meddles(&mut self, now: Instant, listener: &mut Listener) {
        for (link, source, destination, bytes) in &self.0 {
            let again = Datagram {
                link: *link,
                source: *source,
                destination: *destination,
                bytes,
            };
            listener.handle_datagram(now, again);
        }
    }
}

#[test]
fn knowledge_of_what_has_expired_is_found() {
    let dead = [[28, 0], [28, 1], wait(17), wait(17), wait(17)].concat();
    let flaw: MakeFlaw = |peer| (peer == 2).then(|| Box::new(Relives::default()) as Box<dyn Flaw>);
    assert_found(&dead, flaw, "of an expired record");
}

/// Sends some messages again, after a while.
struct Repeats {
    after: Duration,
    wanted: fn(&Message<'_>) -> bool,
    again: Option<(Instant, Route, Vec<u8>)>,
    left: u32,
}

impl Repeats {
    fn boxed(after: Duration, left: u32, wanted: fn(&Message<'_>) -> bool) -> Box<dyn Flaw> {
        Box::new(Self {
            after,
            wanted,
            again: None,
            left,
        })
    }
}

impl Flaw for Repeats {
    fn says(&mut self, now: Instant, route: &mut Route, bytes: &[u8]) {
        let message = Message::parse(bytes).expect("a message of the agent");
        if (self.wanted)(&message) && self.again.is_none() {
            self.again = Some((now + self.after, *route, bytes.to_vec()));
        }
    }

    fn adds(&mut self, now: Instant) -> Option<(Route, Vec<u8>)> {
        let due = self.again.take_if(|(at, ..)| *at <= now && self.left > 0);
        let (_, route, bytes) = due?;
        self.left -= 1;
        self.again = Some((now + self.after, route, bytes.clone()));
        Some((route, bytes))
    }

    fn wakes(&self) -> Option<Instant> {
        let again = self.again.as_ref().filter(|_| self.left > 0);
        again.map(|(at, ..)| *at)
    }
}

fn is_response(message: &Message<'_>) -> bool {
    message.header().flags.is_response()
}

fn is_probe(message: &Message<'_>) -> bool {
    !is_response(message) && message.header().counts.authorities > 0
}

fn is_query(message: &Message<'_>) -> bool {
    !is_response(message) && message.header().counts.authorities == 0
}

#[test]
fn a_record_multicast_twice_within_a_second_is_found() {
    let flaw: MakeFlaw = |_| Some(Repeats::boxed(ms(900), 1, is_response));
    assert_found(&[], flaw, "multicast a record on");
}

#[test]
fn probes_in_too_quick_succession_are_found() {
    let flaw: MakeFlaw = |_| Some(Repeats::boxed(ms(240), 1, is_probe));
    assert_found(&[], flaw, "twice within 240ms");
}

/// Sends something new again and again.
struct Babbles {
    every: Duration,
    next: Instant,
    count: u32,
    what: fn(&Name) -> Vec<u8>,
}

fn babbles(every: Duration, what: fn(&Name) -> Vec<u8>) -> Option<Box<dyn Flaw>> {
    Some(Box::new(Babbles {
        every,
        next: BEGAN + secs(1),
        count: 0,
        what,
    }))
}

impl Flaw for Babbles {
    fn adds(&mut self, now: Instant) -> Option<(Route, Vec<u8>)> {
        if now < self.next {
            return None;
        }
        self.next = now + self.every;
        self.count += 1;
        let name = format!("word-{}.local", self.count);
        let bytes = (self.what)(&name.parse().expect("a name"));
        Some((LAN, bytes))
    }

    fn wakes(&self) -> Option<Instant> {
        Some(self.next)
    }
}

#[test]
fn probes_without_end_are_found() {
    let flaw: MakeFlaw = |_| babbles(ms(50), hostile::probe);
    assert_found(&[], flaw, "times within ten seconds");
}

/// Sends its responses to a host elsewhere, or on a link that does not exist.
struct Misdirects(Route);

impl Flaw for Misdirects {
    fn says(&mut self, _: Instant, route: &mut Route, bytes: &[u8]) {
        if Message::parse(bytes).is_ok_and(|message| is_response(&message)) {
            *route = self.0;
        }
    }
}

#[test]
fn an_answer_off_the_link_is_found() {
    let flaw: MakeFlaw = |_| {
        let destination = Destination::Unicast(([198, 51, 100, 1], 5_353).into());
        Some(Box::new(Misdirects(Route { destination, ..LAN })))
    };
    assert_found(&[], flaw, "off the link");
}

#[test]
fn a_message_to_no_link_is_found() {
    let flaw: MakeFlaw = |_| {
        let link = LinkId(99);
        Some(Box::new(Misdirects(Route { link, ..LAN })))
    };
    assert_found(&[], flaw, "sent where no link is");
}

/// Asks more for each datagram, and never ends a question.
#[derive(Default)]
struct Hoards(u32);

impl Flaw for Hoards {
    fn meddles(&mut self, now: Instant, listener: &mut Listener) {
        // Far beyond the limit, but no further: the test should find a flaw, not spend time.
        for number in self.0..(self.0 + 50).min(1_000) {
            let name = format!("leak-{number}.local");
            listener.query(now, name.parse().expect("a name"), RecordType::A);
            self.0 = number + 1;
        }
    }
}

#[test]
fn questions_that_pile_up_are_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(Hoards::default()));
    assert_found(&[], flaw, "asks more than its");
}

/// Never forgets a record to make room.
struct NeverFull;

impl Flaw for NeverFull {
    fn limits(&self, limits: &mut Limits) {
        limits.cache_records_max = usize::MAX;
        limits.cache_bytes_max = usize::MAX;
        limits.instances_per_browse_max = usize::MAX;
    }
}

#[test]
fn a_cache_over_its_limits_is_found() {
    let floods: Vec<[u8; 3]> = (0..40).map(flood).collect();
    let floods = [&floods.concat(), wait(0).as_slice()].concat();
    assert_found(&floods, |_| Some(Box::new(NeverFull)), "over its limits");
}

/// Hears nothing any more after a time.
struct GoesDeaf;

impl Flaw for GoesDeaf {
    fn hears(&mut self, now: Instant, _: &Datagram<'_>) -> bool {
        now < BEGAN + secs(4_500)
    }
}

#[test]
fn news_without_a_cause_is_found() {
    let flaw: MakeFlaw = |peer| (peer == 2).then(|| Box::new(GoesDeaf) as Box<dyn Flaw>);
    assert_found(&[], flaw, "news without a cause");
}

#[test]
fn chatter_in_a_quiet_hour_is_found() {
    let flaw: MakeFlaw = |_| Some(Repeats::boxed(secs(1), u32::MAX, is_query));
    assert_found(&[], flaw, "questions in a quiet hour");
    let flaw: MakeFlaw = |_| babbles(secs(1), hostile::lie);
    assert_found(&[], flaw, "messages in a quiet hour");
}

/// Wakes for nothing, again after a time.
struct Restless {
    every: Duration,
    next: Instant,
}

impl Flaw for Restless {
    fn adds(&mut self, now: Instant) -> Option<(Route, Vec<u8>)> {
        self.next = now + self.every;
        None
    }

    fn wakes(&self) -> Option<Instant> {
        Some(self.next)
    }
}

fn restless(every: Duration) -> Option<Box<dyn Flaw>> {
    let next = BEGAN;
    Some(Box::new(Restless { every, next }))
}

#[test]
fn waking_for_nothing_is_found() {
    assert_found(&[], |_| restless(ms(100)), "times in a quiet hour");
}

#[test]
fn a_deadline_that_repeats_is_found() {
    let again = "asks for one instant again and again";
    assert_found(&[], |_| restless(Duration::ZERO), again);
}

const LAN: Route = Route {
    link: LinkId(2),
    destination: Destination::Multicast,
};
/// When every world begins.
const BEGAN: Instant = Instant::from_nanos(86_400 * 1_000_000_000);
