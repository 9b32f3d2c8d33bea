//! What follows when packets begin or cease to leave on a link.
//!
//! In:  the results of packets; links that come and go.
//! Out: names claimed again; events and notices for the user. RFC 6762 sections 8 (probing before a
//!      name is used) and 10.2 (after an absence).

use super::Engine;
use super::claim::{ClaimChange, ClaimEvent};
use crate::event::Notice;
use crate::link::{Family, LinkId};
use crate::links::WayNews;
use crate::prober::Stage;
use crate::registrations::{Registration, RegistrationId};
use crate::time::Instant;
use crate::transmit::{Delivery, Route, SendFailure};

impl Engine {
    /// Learns from a multicast what works on a link; `knock` if it was only a test.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8
    //# Whenever a Multicast DNS responder starts up, wakes up from sleep,
    //# receives an indication of a network interface "Link Change" event, or
    //# has any other reason to believe that its network connectivity may
    //# have changed in some relevant way, it MUST perform the two startup
    //# steps below: Probing (Section 8.1) and Announcing (Section 8.3).
    pub(super) fn learn(&mut self, now: Instant, route: Route, delivery: Delivery, knock: bool) {
        let link = route.link;
        let Some(lesson) = self.links.learn(now, route, delivery, knock) else {
            return;
        };
        self.tell_all(link, lesson.news);
        if lesson.works_again {
            self.ask_anew(now, link);
            self.claim_after_outage(now, link);
            self.drain(now);
        }
    }

    /// Tells of a link to whoever keeps a log, and for everything that is published there.
    fn tell_all(&mut self, link: LinkId, news: WayNews) {
        for (family, why) in news {
            self.notices.push_back(match why {
                Some(why) => Notice::SendingFails { link, family, why },
                None => Notice::SendingWorks { link, family },
            });
            self.tell_claims(link, family, why);
        }
    }

    fn tell_claims(&mut self, link: LinkId, family: Option<Family>, why: Option<SendFailure>) {
        for id in self.registrations.ids() {
            self.tell_claim(id, link, family, why);
        }
    }

    /// Tells of a link, for everything that is published there.
    pub(super) fn tell_claims_all(&mut self, link: LinkId, news: WayNews) {
        for (family, why) in news {
            self.tell_claims(link, family, why);
        }
    }

    /// Reports a registration on a link that accepts no packets as waiting from the start.
    pub(super) fn tell_if_blocked(&mut self, id: RegistrationId, link: LinkId) {
        for (family, why) in self.links.blocked(link) {
            self.tell_claim(id, link, family, why);
        }
    }

    /// A name is used on a link: some hosts may not have heard it claimed.
    pub(super) fn tell_unheard(&mut self, link: LinkId) {
        let news = self.links.tell_unheard(link);
        self.tell_all(link, news);
    }

    fn tell_claim(
        &mut self,
        registration: RegistrationId,
        link: LinkId,
        family: Option<Family>,
        why: Option<SendFailure>,
    ) {
        let known = self.registrations.get(registration);
        let is_meant = |known: &Registration| {
            let concerns = family.is_none_or(|family| known.is_over(family));
            known.is_for(link) && concerns && !known.lost
        };
        if known.is_some_and(is_meant) {
            let change = match why {
                Some(why) => ClaimChange::Waiting { family, why },
                None => ClaimChange::WaitingOver { family },
            };
            self.claim_events.push_back(ClaimEvent {
                registration,
                link,
                change,
            });
        }
    }

    /// Claims again the names that hosts may not have heard us claim, or may have claimed unheard.
    fn claim_after_outage(&mut self, now: Instant, link: LinkId) {
        for id in self.registrations.ids() {
            if self.registrations.get(id).is_none_or(|known| known.lost) {
                continue;
            }
            let is_unheard = match self.prober.stage(id, link) {
                Some(Stage::Probing { sent, .. }) => sent == 0,
                Some(Stage::Held) | None => false,
            };
            if !is_unheard {
                self.claim_anew(now, id, link);
            }
        }
    }
}
