//! An honest question in the middle of lies: its answer may be late, and comes.
//!
//! In:  a question of a host that nobody has heard of before, and lies that would prevent its answer.
//! Out: a panic when the owner does not answer in time.
//! RFC 6762 section 7.2 (more known answers).

use std::net::SocketAddr;
use std::time::Duration;

use cooee_proto::link::Family;
use cooee_proto::time::Instant;
use cooee_wire::RecordType;

use super::healing::Living;
use super::hostile::strangers;
use super::strangers::{Telling, type_name};
use super::{LINKS, Model, PEERS, forge, peer_name};
use crate::host::group;
use crate::{Foreign, MDNS_PORT, ms, secs};

impl Model {
    /// Somebody asks, and says that more known answers follow; a stranger goes on sending some in the
    /// name of the one who asked.
    pub(super) fn continue_questions(&mut self, telling: &Telling) {
        let Some(asked) = self.ask_honestly(telling) else {
            return;
        };
        for nth in 0..CONTINUATIONS {
            let foreign = Foreign {
                source: asked.asker,
                destination: group(Family::V4),
                bytes: &forge::continuation(nth),
            };
            self.world.inject(LINKS[telling.link], &foreign);
            self.world.run_for(ms(350));
        }
        self.assert_answered(telling.link, &asked);
    }

    /// Asks for the services of the model, one of which a peer holds undisturbed.
    fn ask_honestly(&mut self, telling: &Telling) -> Option<Question> {
        // What strangers have done before has its time to heal.
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
        let asker = SocketAddr::new(near, MDNS_PORT);
        let bytes = forge::truncated_question(&type_name(), RecordType::PTR);
        let foreign = Foreign {
            source: asker,
            destination: group(Family::V4),
            bytes: &bytes,
        };
        let at = self.now();
        self.world.inject(LINKS[telling.link], &foreign);
        Some(Question { at, asker, service })
    }

    /// Whether a peer has a service on a link, by IPv4, in calm weather, and has said so a while ago.
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
        let until = asked.at + ANSWERED_WITHIN;
        let left = until.saturating_since(self.now());
        self.world.run_for(left);
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
    service: Living,
}

/// How long an answer may be kept back by the wait for more known answers.
const ANSWERED_WITHIN: Duration = secs(3);
/// How long after something else an owner is expected to answer as always.
const RECOVERS_WITHIN: Duration = secs(10);
/// How many packets of a stranger continue a question.
const CONTINUATIONS: u8 = 12;
