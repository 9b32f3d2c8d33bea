//! Links and address families that take no packets, and when each is tried again.
//!
//! In:  what became of the packets of a link.
//! Out: when the link may be used, by which families; what has begun to work again; news for the user.
//! RFC 6762 sections 8 (probing before a name is used) and 10.2 (after an absence).

use alloc::collections::BTreeMap;

use super::registration::{ClaimChange, ClaimEvent};
use super::{Engine, Link};
use crate::collections::Few;
use crate::event::Notice;
use crate::link::{Family, LinkId};
use crate::prober::Stage;
use crate::registrations::RegistrationId;
use crate::time::{Duration, Instant};
use crate::timing::{OUTAGE_BORNE, SEND_RETRY_MAX, SEND_RETRY_MIN};
use crate::transmit::{Delivery, Destination, Fate, Route, SendFailure};

/// What keeps packets from leaving by a link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Troubles {
    /// Nothing could be sent at all.
    all: Option<Trouble>,
    /// Nothing could be sent over one family, while the other one worked.
    v4: Option<Trouble>,
    v6: Option<Trouble>,
}

/// A way out that does not work.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    since: Instant,
    retry_at: Instant,
    wait: Duration,
    why: SendFailure,
    /// Whether it has lasted for so long that names may have been lost meanwhile.
    is_long: bool,
    /// Whether names were probed for meanwhile, which nobody has heard this way.
    has_missed_probes: bool,
    /// What the user was told of it.
    told: Option<SendFailure>,
}

impl Trouble {
    fn new(since: Instant, why: SendFailure) -> Self {
        Self {
            since,
            retry_at: Instant::ZERO,
            wait: Duration::ZERO,
            why,
            is_long: false,
            has_missed_probes: false,
            told: None,
        }
    }

    /// It did not work this time either. Packets that were polled together are one try.
    fn goes_on(&mut self, now: Instant, why: SendFailure) {
        self.why = why;
        self.is_long = now.saturating_since(self.since) >= OUTAGE_BORNE;
        if self.retry_at <= now || self.wait.is_zero() {
            self.postpone(now);
        }
    }

    /// It is being tried: what becomes of that is known before the next time.
    fn postpone(&mut self, now: Instant) {
        let twice = self.wait.saturating_mul(2);
        self.wait = twice.clamp(SEND_RETRY_MIN, SEND_RETRY_MAX);
        self.retry_at = now + self.wait;
    }

    /// Whether names are to be claimed anew before they are used this way.
    fn needs_claims(&self) -> bool {
        self.is_long || self.has_missed_probes
    }

    /// What the user is to be told now, if anything: once a cause.
    fn tell(&mut self) -> Option<SendFailure> {
        if !self.is_long || self.told == Some(self.why) {
            return None;
        }
        self.told = Some(self.why);
        self.told
    }
}

impl Troubles {
    /// Whether everything works.
    fn is_none(&self) -> bool {
        self.all.is_none() && self.v4.is_none() && self.v6.is_none()
    }

    /// When the link is tried next, if it takes nothing.
    pub(super) fn open_at(&self) -> Instant {
        self.all.map_or(Instant::ZERO, |trouble| trouble.retry_at)
    }

    /// Whether there is anything to be said on the link now. After a long time the first packet is a
    /// knock: names may have been lost meanwhile, and nothing is said under them unprobed.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.all
            .is_none_or(|trouble| trouble.retry_at <= now && !trouble.is_long)
    }

    /// By which families a multicast goes out.
    pub(super) fn destination(&self) -> Destination {
        match (&self.v4, &self.v6) {
            (Some(_), None) => Destination::MulticastBy(Family::V6),
            (None, Some(_)) => Destination::MulticastBy(Family::V4),
            (None, None) | (Some(_), Some(_)) => Destination::Multicast,
        }
    }

    /// A packet is on its way: the next one has to wait for what becomes of it, if nothing worked.
    pub(super) fn trying(&mut self, now: Instant) {
        if let Some(trouble) = &mut self.all {
            trouble.postpone(now);
        }
    }

    /// When the link or a family in trouble is to be tried for its own sake.
    pub(super) fn knock_at(&self) -> Option<Instant> {
        match &self.all {
            Some(trouble) => trouble.is_long.then_some(trouble.retry_at),
            None => {
                let families = [self.v4, self.v6].into_iter().flatten();
                families.map(|trouble| trouble.retry_at).min()
            }
        }
    }

    /// What is to be tried now for its own sake, if it is a family.
    pub(super) fn knock(&mut self, now: Instant) -> Option<Family> {
        if self.all.is_some() {
            self.trying(now);
            return None;
        }
        Family::BOTH.into_iter().find(|&family| {
            let due = self.of_mut(family).as_mut();
            let due = due.filter(|trouble| trouble.retry_at <= now);
            due.map(|trouble| trouble.postpone(now)).is_some()
        })
    }

    /// Why nothing leaves, once the user was told.
    pub(super) fn told(&self) -> Option<SendFailure> {
        self.all?.told
    }

    /// Everything is tried at once: something has changed.
    pub(super) fn hurry(&mut self, now: Instant) {
        let all = [&mut self.all, &mut self.v4, &mut self.v6];
        for trouble in all.into_iter().flatten() {
            (trouble.retry_at, trouble.wait) = (now, Duration::ZERO);
        }
    }

    /// Whether our names can be used over a family: whoever is there has heard us claim them.
    pub(super) fn is_claimed_over(&self, family: Family) -> bool {
        let own = match family {
            Family::V4 => &self.v4,
            Family::V6 => &self.v6,
        };
        let mut troubles = [&self.all, own].into_iter().flatten();
        !troubles.any(Trouble::needs_claims)
    }

    /// Whether a family was not in trouble by itself.
    pub(super) fn spares(&self, family: Family) -> bool {
        match family {
            Family::V4 => self.v4.is_none(),
            Family::V6 => self.v6.is_none(),
        }
    }

    /// A probe has left, but not by the families in trouble.
    pub(super) fn probed(&mut self) {
        for trouble in [&mut self.v4, &mut self.v6].into_iter().flatten() {
            trouble.has_missed_probes = true;
        }
    }

    /// The addresses of the link have changed: a family that it does not have is in no trouble.
    pub(super) fn keep_families(&mut self, has_family: impl Fn(Family) -> bool) {
        for family in Family::BOTH
            .into_iter()
            .filter(|&family| !has_family(family))
        {
            *self.of_mut(family) = None;
        }
    }

    /// Learns from what became of a packet, over each family that it was for; `alone` if it was a
    /// knock at one of them.
    fn learn(&mut self, now: Instant, tried: [Tried; 2], alone: bool) -> Lesson {
        let mut lesson = Lesson::default();
        let left = tried.iter().any(|(_, outcome)| *outcome == Some(Ok(())));
        let mut since = now;
        if left && !alone {
            if let Some(trouble) = self.all.take() {
                since = trouble.since;
                lesson.works(trouble, None);
            }
        } else if !alone {
            let mut failures = tried
                .iter()
                .filter_map(|(_, outcome)| outcome.and_then(Result::err));
            let why = failures.next().unwrap_or(SendFailure::NoSocket);
            let trouble = self.all.get_or_insert(Trouble::new(now, why));
            trouble.goes_on(now, why);
            lesson.waiting = trouble.tell();
            lesson.fails(lesson.waiting, None);
        }
        for (family, outcome) in tried {
            let trouble = self.of_mut(family);
            match outcome {
                Some(Ok(())) => {
                    if let Some(trouble) = trouble.take() {
                        lesson.works(trouble, Some(family));
                    }
                }
                Some(Err(why)) if left || alone => {
                    let trouble = trouble.get_or_insert(Trouble::new(since, why));
                    trouble.goes_on(now, why);
                    lesson.fails(trouble.tell(), Some(family));
                }
                Some(Err(_)) | None => {}
            }
        }
        lesson
    }

    fn of_mut(&mut self, family: Family) -> &mut Option<Trouble> {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

/// What became of a packet over a family, if it was for that one and the reason lies in the way.
type Tried = (Family, Option<Result<(), SendFailure>>);

/// What follows from what became of a packet.
#[derive(Default)]
struct Lesson {
    /// What has begun to fail or to work: everything, or a family.
    news: Few<(Option<Family>, Option<SendFailure>), 2>,
    /// Nothing leaves, which the user is to be told.
    waiting: Option<SendFailure>,
    /// Hosts can be reached again that may have missed something.
    works_again: bool,
}

impl Lesson {
    fn works(&mut self, trouble: Trouble, family: Option<Family>) {
        if trouble.told.is_some() {
            self.news.push((family, None));
        }
        self.works_again |= trouble.needs_claims();
    }

    fn fails(&mut self, why: Option<SendFailure>, family: Option<Family>) {
        if why.is_some() {
            self.news.push((family, why));
        }
    }
}

/// Returns the time from which a link accepts packets.
pub(super) fn open_at(links: &BTreeMap<LinkId, Link>, link: LinkId) -> Instant {
    let known = links.get(&link);
    known.map_or(Instant::ZERO, |link| link.troubles.open_at())
}

/// Whether a packet to the group was sent, by one family at least.
pub(super) fn has_left(delivery: Delivery) -> bool {
    datagrams_of(delivery) > 0
}

/// As how many datagrams a packet to the group was sent: one by each family that it left by.
pub(super) fn datagrams_of(delivery: Delivery) -> usize {
    let families = Family::BOTH.into_iter();
    families
        .filter(|family| delivery.over(*family) == Fate::Left)
        .count()
}

/// Why it was not sent, if the reason lies in the packet and not in the link.
pub(super) fn is_too_long(delivery: Delivery) -> bool {
    let too_long = Fate::Failed(SendFailure::TooLong);
    Family::BOTH
        .into_iter()
        .any(|family| delivery.over(family) == too_long)
}

impl Engine {
    /// Learns from a multicast what works on a link; `knock` if it was for that alone.
    //= https://www.rfc-editor.org/rfc/rfc6762#section-8
    //# Whenever a Multicast DNS responder starts up, wakes up from sleep,
    //# receives an indication of a network interface "Link Change" event, or
    //# has any other reason to believe that its network connectivity may
    //# have changed in some relevant way, it MUST perform the two startup
    //# steps below: Probing (Section 8.1) and Announcing (Section 8.3).
    pub(super) fn learn(&mut self, now: Instant, route: Route, delivery: Delivery, knock: bool) {
        let link = route.link;
        let Some(known) = self.links.get_mut(&link) else {
            return;
        };
        let info = &known.info;
        let works = |family| match delivery.over(family) {
            Fate::Left => true,
            Fate::Unsuited => !info.has_family(family),
            Fate::Failed(_) => false,
        };
        if known.troubles.is_none() && has_left(delivery) && Family::BOTH.into_iter().all(works) {
            return;
        }
        let only = match route.destination {
            Destination::MulticastBy(only) => Some(only),
            Destination::Multicast | Destination::Unicast(_) => None,
        };
        let tried = Family::BOTH.map(|family| {
            let was_for = only.is_none_or(|only| only == family);
            let outcome = match delivery.over(family) {
                Fate::Left => Some(Ok(())),
                Fate::Failed(SendFailure::TooLong) => None,
                Fate::Failed(why) => Some(Err(why)),
                Fate::Unsuited if info.has_family(family) => Some(Err(SendFailure::NoSocket)),
                Fate::Unsuited => None,
            };
            (family, outcome.filter(|_| was_for))
        });
        let lesson = known.troubles.learn(now, tried, knock && only.is_some());
        for (family, why) in lesson.news {
            self.notices.push_back(match why {
                Some(why) => Notice::SendingFails { link, family, why },
                None => Notice::SendingWorks { link, family },
            });
        }
        if let Some(why) = lesson.waiting {
            self.tell_waiting(link, why);
        }
        if lesson.works_again {
            self.ask_anew(now, link);
            self.claim_after_outage(now, link);
            self.drain(now);
        }
    }

    /// What is published on a link has to wait.
    fn tell_waiting(&mut self, link: LinkId, why: SendFailure) {
        for id in self.prober.ids() {
            self.tell_if_waiting(id, link, why);
        }
    }

    /// What is published on a link that takes no packets waits from the start.
    pub(super) fn tell_if_blocked(&mut self, id: RegistrationId, link: LinkId) {
        let blocked = self.links.get(&link).and_then(|link| link.troubles.told());
        if let Some(why) = blocked {
            self.tell_if_waiting(id, link, why);
        }
    }

    /// Whether packets leave by a link, as far as is known.
    pub(super) fn takes_packets(&self, link: LinkId) -> bool {
        open_at(&self.links, link) == Instant::ZERO
    }

    /// Whether nothing leaves by a link, and the user was told.
    pub(super) fn is_blocked(&self, link: LinkId) -> bool {
        let known = self.links.get(&link);
        known.is_some_and(|link| link.troubles.told().is_some())
    }

    fn tell_if_waiting(&mut self, registration: RegistrationId, link: LinkId, why: SendFailure) {
        let known = self.prober.get(registration);
        if known.is_some_and(|known| known.is_for(link) && !known.lost) {
            self.claim_events.push_back(ClaimEvent {
                registration,
                link,
                change: ClaimChange::Waiting(why),
            });
        }
    }

    /// Claims anew what hosts may not have heard us claim, or may have claimed unheard.
    fn claim_after_outage(&mut self, now: Instant, link: LinkId) {
        for id in self.prober.ids() {
            let Some(registration) = self.prober.get(id).filter(|known| !known.lost) else {
                continue;
            };
            let is_unheard = match registration.stage(link) {
                Some(Stage::Probing { sent, .. }) => sent == 0,
                Some(Stage::Held) | None => false,
            };
            if !is_unheard {
                self.claim_anew(now, id, link);
            }
        }
    }
}
