//! Engines that strangers make blind, deaf or loud.

use cooee_proto::transmit::Delivery;

use super::super::super::Model;
use super::super::super::steps::Step;
use super::super::super::strangers::Lie;
use super::*;

/// A stranger lies once to everybody on the first link.
fn lie(lie: Lie) -> [u8; 5] {
    let kind = Lie::TOLD.iter().position(|known| *known == lie);
    let kind = u8::try_from(kind.expect("one of them")).expect("a few");
    [192, 0, kind, 0, 0]
}

const fn foreign_publishes(number: u8) -> [u8; 4] {
    [39, 1, 0, number]
}

/// Keeps back some of its messages, after a while.
struct KeepsBack(fn(&Message<'_>) -> bool);

impl Flaw for KeepsBack {
    fn keeps(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let message = Message::parse(bytes).expect("a message of the agent");
        now > BEGAN + secs(10) && (self.0)(&message)
    }
}

fn asks_for_instances(message: &Message<'_>) -> bool {
    let mut questions = message.questions().flatten();
    is_query(message) && questions.any(|question| question.rtype == RecordType::PTR)
}

#[test]
fn a_browse_that_asks_too_seldom_is_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(KeepsBack(asks_for_instances)));
    assert_found(&[], flaw, "asks too seldom for services on");
}

/// Does not hear responses any more after a time.
struct HearsNoResponse;

impl Flaw for HearsNoResponse {
    fn hears(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let message = Message::parse(datagram.bytes);
        now < BEGAN + secs(40) || !message.is_ok_and(|message| is_response(&message))
    }
}

fn of_the_browser(flaw: impl Flaw + 'static, peer: usize) -> Option<Box<dyn Flaw>> {
    (peer == 2).then(|| Box::new(flaw) as Box<dyn Flaw>)
}

#[test]
fn what_the_owner_says_and_nobody_knows_is_found() {
    let more = [foreign_publishes(0).as_slice(), &wait(13)].concat();
    let flaw: MakeFlaw = |peer| of_the_browser(HearsNoResponse, peer);
    assert_found(&more, flaw, "although its owner has spoken");
}

/// Does not pass on what its user has changed.
struct KeepsStill;

impl Flaw for KeepsStill {
    fn updates(&self) -> bool {
        false
    }
}

#[test]
fn a_change_that_nobody_is_told_of_is_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(KeepsStill));
    assert_found(&[], flaw, "wrong long after the last lie");
}

/// Does not hear strangers.
struct DeafToStrangers;

fn is_stranger(source: IpAddr) -> bool {
    match source {
        IpAddr::V4(v4) => v4.octets()[2..] == [9, 9],
        IpAddr::V6(v6) => v6.segments()[6..] == [9, 9],
    }
}

impl Flaw for DeafToStrangers {
    fn hears(&mut self, _: Instant, datagram: &Datagram<'_>) -> bool {
        !is_stranger(datagram.source.ip())
    }
}

#[test]
fn a_question_that_is_never_answered_is_found() {
    let more = lie(Lie::Continues);
    let flaw: MakeFlaw = |_| Some(Box::new(DeafToStrangers));
    assert_found(&more, flaw, "has not answered an honest question");
}

/// Says something for each packet of a stranger.
#[derive(Default)]
struct Amplifies {
    heard: u32,
    said: u32,
}

impl Flaw for Amplifies {
    fn hears(&mut self, _: Instant, datagram: &Datagram<'_>) -> bool {
        self.heard += if is_stranger(datagram.source.ip()) {
            10
        } else {
            0
        };
        true
    }

    fn adds(&mut self, _: Instant) -> Option<(Route, Vec<u8>)> {
        if self.said == self.heard {
            return None;
        }
        self.said += 1;
        let name = format!("word-{}.local", self.said);
        Some((LAN, hostile::lie(&name.parse().expect("a name"))))
    }
}

#[test]
fn many_packets_drawn_by_few_are_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(Amplifies::default()));
    assert_found(&[], flaw, "packets of a stranger drew");
}

/// Takes everything for sent.
struct Confident;

impl Flaw for Confident {
    fn reports(&self, _: Delivery) -> Delivery {
        Delivery::LEFT
    }
}

#[test]
fn a_name_used_before_its_probes_have_left_is_found() {
    let confident: MakeFlaw = |_| Some(Box::new(Confident));
    let run = |flaw| {
        let mut model = Model::new(1, flaw);
        for step in [
            Step::Refuse(0, 0, 3),
            Step::Publish(0, 0),
            Step::Wait(secs(4)),
            Step::Refuse(0, 0, 0),
            Step::Wait(secs(4)),
        ] {
            model.act(step);
            model.check();
        }
    };
    run(None);
    let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(Some(confident)))) else {
        panic!("nothing was found");
    };
    let found = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    assert!(
        found.contains("before its probes have left"),
        "found: {found}"
    );
}
