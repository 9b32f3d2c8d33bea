//! An honest question in the middle of lies: its answer may be late, and comes.
//!
//! In:  a question of a host that nobody has heard of before, and lies that would prevent its answer.
//! Out: a panic when the owner does not answer in time.
//! RFC 6762 sections 7.2 (more known answers) and 7.4 (answers of others).

use std::net::SocketAddr;
use std::time::Duration;

use cooee_proto::link::Family;
use cooee_proto::time::Instant;
use cooee_wire::RecordType;

use super::healing::Living;
use super::hostile::strangers;
use super::letter::{Letter, type_name};
use super::strangers::Telling;
use super::{LINKS, Model, PEERS, forge, peer_name};
use crate::host::group;
use crate::{Foreign, MDNS_PORT, ms, secs};

impl Model {
    /// A host asks, and says that more known answers follow; a hostile host keeps sending some with
    /// its address.
    pub(super) fn continue_questions(&mut self, telling: &Telling) {
        let question = forge::question(&type_name(), RecordType::PTR, true);
        let Some(asked) = self.ask_honestly(telling, question) else {
            return;
        };
        let source = Some(asked.asker.ip());
        self.pester(telling, &asked, ms(350), |nth| Letter {
            source,
            ..Letter::new(forge::continuation(nth))
        });
    }

    /// A host asks, and asks again; a hostile host keeps sending the owner copies of its own
    /// answer, as if another host had given it to all.
    pub(super) fn copy_answers(&mut self, telling: &Telling) {
        let question = forge::question(&type_name(), RecordType::PTR, false);
        let Some(asked) = self.ask_honestly(telling, question) else {
            return;
        };
        let only = Some(peer_name(asked.service.owner));
        let copy = forge::answer(&asked.service.name);
        self.pester(telling, &asked, ms(15), |_| Letter {
            only: only.clone(),
            ..Letter::new(copy.clone())
        });
    }

    /// A hostile host keeps sending packets until the answer has had its time, as often as
    /// requested. In between, the question is repeated, like that of every host without an answer.
    fn pester(
        &mut self,
        telling: &Telling,
        asked: &Question,
        every: Duration,
        letter: impl Fn(u16) -> Letter,
    ) {
        let until = asked.at + ANSWERED_WITHIN;
        let (mut nth, mut is_asked, mut is_answered) = (0, false, false);
        while nth < telling.times || !is_answered {
            if !is_asked && self.now() >= asked.at + ASKED_AGAIN {
                self.send_question(telling.link, asked);
                is_asked = true;
            }
            self.post(telling.link, telling.way, &letter(nth));
            self.world.run_for(every);
            nth += 1;
            if !is_answered && self.now() >= until {
                self.assert_answered(telling.link, asked);
                is_answered = true;
            }
        }
    }

    /// Asks for the services of the model, one of which a peer holds undisturbed.
    fn ask_honestly(&mut self, telling: &Telling, bytes: Vec<u8>) -> Option<Question> {
        // Earlier hostile packets have had time to heal.
        let quiet = self
            .traffic
            .lied
            .is_none_or(|at| at + RECOVERS_WITHIN <= self.now());
        let living = self.living();
        let of_peers = living.into_iter().filter(|it| it.owner < PEERS && quiet);
        let held: Vec<Living> = of_peers
            .filter(|it| self.is_held_well(telling.link, it))
            .collect();
        let nth = usize::from(telling.pick).checked_rem(held.len())?;
        let service = held.into_iter().nth(nth)?;
        let (near, _) = strangers(telling.link, Family::V4);
        let asked = Question {
            at: self.now(),
            asker: SocketAddr::new(near, MDNS_PORT),
            bytes,
            service,
        };
        self.send_question(telling.link, &asked);
        Some(asked)
    }

    fn send_question(&mut self, link: usize, asked: &Question) {
        let foreign = Foreign {
            source: asked.asker,
            destination: group(Family::V4),
            bytes: &asked.bytes,
        };
        self.world.inject(LINKS[link], &foreign);
    }

    /// Returns whether a peer has a service on a link, by IPv4, in calm weather, and has announced
    /// it a while ago.
    fn is_held_well(&self, link: usize, service: &Living) -> bool {
        let now = self.now();
        let owner = service.owner;
        let since = self.clear_since(owner, owner, link);
        let addresses = self.world.addresses(&peer_name(owner), LINKS[link]);
        let has_v4 = addresses.iter().any(|own| own.ip.is_ipv4());
        let held = since.max(Some(service.won));
        let said = self.traffic.pointed(owner, link, &service.name);
        let said = said.filter(|at| Some(*at) >= held && *at + RECOVERS_WITHIN <= now);
        let others = self.traffic.others_on(link, &service.name, owner);
        let undisputed = others.is_none_or(|at| at + RECOVERS_WITHIN <= now);
        since.is_some() && has_v4 && said.is_some() && undisputed
    }

    fn assert_answered(&mut self, link: usize, asked: &Question) {
        self.check_news();
        let Question { service, at, .. } = asked;
        let said = self.traffic.pointed(service.owner, link, &service.name);
        assert!(
            said.is_some_and(|said| said >= *at),
            "p{} has not answered an honest question for {} on {}",
            service.owner,
            service.name,
            LINKS[link]
        );
    }

    fn now(&self) -> Instant {
        self.world.now()
    }
}

/// What was asked, by whom and when.
struct Question {
    at: Instant,
    asker: SocketAddr,
    bytes: Vec<u8>,
    service: Living,
}

/// When a host asks again that has no answer.
const ASKED_AGAIN: Duration = secs(1);
/// How long an answer may be kept back: by the wait for more known answers, or until the question comes
/// again.
const ANSWERED_WITHIN: Duration = secs(3);
/// How long after something else an owner is expected to answer as always.
const RECOVERS_WITHIN: Duration = secs(10);
