//! Engines with flaws that hostile packets can exploit.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use cooee_proto::dnssd::service::Service;
use cooee_proto::transmit::Delivery;

use super::super::super::Model;
use super::super::super::steps::Step;
use super::super::super::strangers::Lie;
use super::*;

/// Returns a hostile host lies once about the first link, to all hosts that the lie is for.
fn lie(lie: Lie) -> [u8; 5] {
    let kind = Lie::ALL.iter().position(|known| *known == lie);
    let kind = u8::try_from(kind.expect("one of them")).expect("a few");
    [192, 0, kind, 0, 0]
}

const fn foreign_publishes(number: u8) -> [u8; 4] {
    [39, 1, 0, number]
}

/// Drops some of its messages, after a while.
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
    assert_found(&more, flaw, "as its owner says it");
}

/// Does not announce its user's changes.
struct KeepsStill;

impl Flaw for KeepsStill {
    fn updates(&self) -> bool {
        false
    }
}

#[test]
fn a_change_that_nobody_is_told_of_is_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(KeepsStill));
    assert_found(&[], flaw, "as its owner says it");
}

/// Does not hear hostile hosts.
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

/// Sends something for each hostile packet.
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

/// Treats every packet as sent.
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

/// Believes for ever what it has heard of services that there are not, and does not ask about them.
#[derive(Default)]
struct BelievesGhosts(Relives);

impl Flaw for BelievesGhosts {
    fn hears(&mut self, now: Instant, heard: &Datagram<'_>) -> bool {
        !is_stranger(heard.source.ip()) || self.0.hears(now, heard)
    }

    fn keeps(&mut self, _: Instant, bytes: &[u8]) -> bool {
        let message = Message::parse(bytes).expect("a message of the agent");
        let mut questions = message.questions().flatten();
        is_query(&message)
            && questions.any(|question| question.name.to_string().starts_with("ghost"))
    }

    fn meddles(&mut self, now: Instant, listener: &mut Listener) {
        self.0.meddles(now, listener);
    }
}

#[test]
fn a_service_that_is_not_resolved_and_not_asked_about_is_found() {
    // Between the two, so much time passes that their questions share no packet.
    let (told, apart) = (lie(Lie::SolePointer), [wait(9), wait(10)].concat());
    let history = [browse(2).as_slice(), &apart, &told, &wait(17)].concat();
    let flaw: MakeFlaw = |peer| of_the_browser(BelievesGhosts::default(), peer);
    let found = breach(&history, flaw);
    assert!(
        found.contains("which it has not resolved"),
        "found: {found}"
    );
}

/// Shows an address that leads nowhere.
struct ShowsNowhere;

impl Flaw for ShowsNowhere {
    fn shows(&self, services: &mut [Arc<Service>]) {
        for service in services {
            for address in &mut Arc::make_mut(service).addresses {
                address.ip = Ipv6Addr::LOCALHOST.into();
            }
        }
    }
}

#[test]
fn an_address_that_no_host_can_have_is_found() {
    let flaw: MakeFlaw = |_| Some(Box::new(ShowsNowhere));
    assert_found(&[], flaw, "which no host can have");
}

/// Sends nothing for a moment after another host has sent something similar.
#[derive(Default)]
struct GivesWay(Option<Instant>);

impl Flaw for GivesWay {
    fn hears(&mut self, now: Instant, datagram: &Datagram<'_>) -> bool {
        let message = Message::parse(datagram.bytes);
        if is_stranger(datagram.source.ip()) && message.is_ok_and(|message| is_response(&message)) {
            self.0 = Some(now);
        }
        true
    }

    fn keeps(&mut self, now: Instant, bytes: &[u8]) -> bool {
        let message = Message::parse(bytes).expect("a message of the agent");
        let lately = |at| now.saturating_since(at) < secs(1);
        is_response(&message) && self.0.is_some_and(lately)
    }
}

#[test]
fn an_answer_that_copies_of_it_silence_for_ever_is_found() {
    let more = lie(Lie::Copies);
    let flaw: MakeFlaw = |_| Some(Box::<GivesWay>::default());
    assert_found(&more, flaw, "has not answered an honest question");
}

/// Takes for a program of its own host whatever comes from one of its IPv6 addresses.
struct TrustsItself(Option<(LinkId, SocketAddr, IpAddr, Vec<u8>)>);

impl Flaw for TrustsItself {
    fn hears(&mut self, _: Instant, datagram: &Datagram<'_>) -> bool {
        self.0 = None;
        if let IpAddr::V6(ip) = datagram.source.ip() {
            // Its IPv4 address has the same numbers.
            let [.., link, host] = ip.segments().map(|part| part.to_le_bytes()[0]);
            let source = SocketAddr::from(([10, link, 0, host], 5_353));
            let group = Ipv4Addr::new(224, 0, 0, 251).into();
            self.0 = Some((datagram.link, source, group, datagram.bytes.to_vec()));
        }
        true
    }

    fn meddles(&mut self, now: Instant, listener: &mut Listener) {
        if let Some((link, source, destination, bytes)) = self.0.take() {
            let again = Datagram {
                link,
                source,
                destination,
                bytes: &bytes,
            };
            listener.handle_datagram(now, again);
        }
    }
}

#[test]
fn a_host_that_believes_its_own_address_is_found() {
    // Two addresses of a family, and a probe that proposes one of them.
    let [kind, link, lie, pick, _] = lie(Lie::OwnSource);
    let twins = [[244, 0, 0].as_slice(), &wait(13)].concat();
    let probe = [kind, link, lie, pick, 1];
    let more = [&twins, probe.as_slice(), &wait(17), &wait(17), &wait(17)].concat();
    let flaw: MakeFlaw = |peer| (peer == 0).then(|| Box::new(TrustsItself(None)) as Box<dyn Flaw>);
    assert_found(&more, flaw, "as its owner says it");
}
