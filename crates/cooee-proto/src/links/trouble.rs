//! Links and address families that accept no packets, and when each is tried again.
//!
//! In:  the results of a link's packets.
//! Out: when the link may be used, over which families; what has begun to work again; what the user
//!      must know. RFC 6762 sections 8 (probing before a name is used) and 10.2 (after an absence).

use super::Links;
use crate::collections::SmallList;
use crate::link::Family;
use crate::time::{Duration, Instant};
use crate::timing::{OUTAGE_BORNE, SEND_RETRY_MAX, SEND_RETRY_MIN};
use crate::transmit::{Delivery, Destination, Fate, Route, SendFailure};

/// The failures that prevent packets from leaving on a link.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Troubles {
    /// Nothing could be sent at all.
    all: Way,
    /// Nothing could be sent over one family, while the other one worked.
    v4: Way,
    v6: Way,
}

/// A way out.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    trouble: Option<Trouble>,
    /// The failure that the user knows of; `None` if the user believes that it works.
    reported: Option<SendFailure>,
}

impl Way {
    /// Returns why nothing leaves, if the user was informed.
    fn blocked(&self) -> Option<SendFailure> {
        self.trouble.and(self.reported)
    }

    /// Returns what is to be reported to the user at once, if anything: once per cause.
    fn tell(&mut self) -> Option<SendFailure> {
        let why = self.trouble?.why;
        (self.reported.replace(why) != Some(why)).then_some(why)
    }

    /// The same for what has lasted.
    fn tell_if_long(&mut self) -> Option<SendFailure> {
        self.trouble.filter(|trouble| trouble.is_long)?;
        self.tell()
    }
}

/// A failure of a link, or of one of its families.
#[derive(Clone, Copy, Debug)]
struct Trouble {
    since: Instant,
    retry_at: Instant,
    wait: Duration,
    why: SendFailure,
    /// Whether it has lasted so long that names may have been lost.
    is_long: bool,
    /// Whether names were probed for during it, which hosts reached this way have not heard.
    has_missed_probes: bool,
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
        }
    }

    /// Records that it did not work this time either. Packets that were polled together are one
    /// attempt.
    fn goes_on(&mut self, now: Instant, why: SendFailure) {
        self.why = why;
        self.is_long = now.saturating_since(self.since) >= OUTAGE_BORNE;
        if self.retry_at <= now || self.wait.is_zero() {
            self.postpone(now);
        }
    }

    /// Records an attempt: its result is known before the next one.
    fn postpone(&mut self, now: Instant) {
        let twice = self.wait.saturating_mul(2);
        self.wait = twice.clamp(SEND_RETRY_MIN, SEND_RETRY_MAX);
        self.retry_at = now + self.wait;
    }

    /// Returns whether names must be claimed again before they are used this way.
    fn needs_claims(&self) -> bool {
        self.is_long || self.has_missed_probes
    }
}

impl Troubles {
    /// Returns whether everything works.
    fn is_none(&self) -> bool {
        let mut ways = [self.all, self.v4, self.v6].into_iter();
        ways.all(|way| way.trouble.is_none() && way.reported.is_none())
    }

    /// Returns when the link is tried next, if it accepts nothing.
    pub(super) fn open_at(&self) -> Instant {
        let trouble = self.all.trouble;
        trouble.map_or(Instant::ZERO, |trouble| trouble.retry_at)
    }

    /// Returns whether anything may be sent on the link now. After a long failure the first packet
    /// is a test: names may have been lost, and nothing is sent under them without probing.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.all
            .trouble
            .is_none_or(|trouble| trouble.retry_at <= now && !trouble.is_long)
    }

    /// Returns the families over which a multicast is sent.
    pub(super) fn destination(&self) -> Destination {
        match (&self.v4.trouble, &self.v6.trouble) {
            (Some(_), None) => Destination::MulticastBy(Family::V6),
            (None, Some(_)) => Destination::MulticastBy(Family::V4),
            (None, None) | (Some(_), Some(_)) => Destination::Multicast,
        }
    }

    /// Records that a packet is in transit: if nothing worked before, the next one waits for its
    /// result.
    pub(super) fn trying(&mut self, now: Instant) {
        if let Some(trouble) = &mut self.all.trouble {
            trouble.postpone(now);
        }
    }

    /// Returns when a failed link or family is to be tested.
    pub(super) fn knock_at(&self) -> Option<Instant> {
        match &self.all.trouble {
            Some(trouble) => trouble.is_long.then_some(trouble.retry_at),
            None => {
                let families = [self.v4.trouble, self.v6.trouble].into_iter().flatten();
                families.map(|trouble| trouble.retry_at).min()
            }
        }
    }

    /// Returns the family to be tested now, if there is one.
    pub(super) fn knock(&mut self, now: Instant) -> Option<Family> {
        if self.all.trouble.is_some() {
            self.trying(now);
            return None;
        }
        Family::BOTH.into_iter().find(|&family| {
            let due = self.of_mut(family).trouble.as_mut();
            let due = due.filter(|trouble| trouble.retry_at <= now);
            due.map(|trouble| trouble.postpone(now)).is_some()
        })
    }

    /// Returns whether nothing leaves, and the user knows.
    pub(super) fn is_blocked(&self) -> bool {
        self.all.blocked().is_some()
    }

    /// By what nothing leaves and why, as far as the user knows.
    pub(super) fn blocked(&self) -> WayNews {
        let mut blocked = WayNews::new();
        for family in WAYS {
            if let Some(why) = self.of(family).blocked() {
                blocked.push((family, Some(why)));
            }
        }
        blocked
    }

    /// The link is gone: returns that everything of which the user was told is over.
    pub(super) fn end(&self) -> WayNews {
        let reported = WAYS
            .into_iter()
            .filter(|way| self.of(*way).reported.is_some());
        reported.map(|way| (way, None)).collect()
    }

    /// Reports the families whose hosts have not heard a claim for a name that is used from now on.
    pub(super) fn tell_unheard(&mut self) -> WayNews {
        let mut news = WayNews::new();
        for family in Family::BOTH {
            let way = self.of_mut(family);
            let is_unheard = way.trouble.is_some_and(|trouble| trouble.has_missed_probes);
            if is_unheard {
                news.extend(way.tell().map(|why| (Some(family), Some(why))));
            }
        }
        news
    }

    /// Returns the state of a link that counts as new: the user still knows what was reported.
    pub(super) fn renewed(&self) -> Self {
        let renewed = |Way { reported, .. }| Way {
            trouble: None,
            reported,
        };
        Self {
            all: renewed(self.all),
            v4: renewed(self.v4),
            v6: renewed(self.v6),
        }
    }

    /// Schedules all attempts at once, because something has changed.
    pub(super) fn hurry(&mut self, now: Instant) {
        let all = [&mut self.all, &mut self.v4, &mut self.v6];
        for trouble in all.into_iter().filter_map(|way| way.trouble.as_mut()) {
            (trouble.retry_at, trouble.wait) = (now, Duration::ZERO);
        }
    }

    /// Returns whether our names can be used over a family: its hosts have heard us claim them.
    pub(super) fn is_claimed_over(&self, family: Family) -> bool {
        let ways = [self.all, self.of(Some(family))];
        let mut troubles = ways.iter().filter_map(|way| way.trouble.as_ref());
        !troubles.any(Trouble::needs_claims)
    }

    /// Returns whether a family had no failure of its own.
    pub(super) fn spares(&self, family: Family) -> bool {
        self.of(Some(family)).trouble.is_none()
    }

    /// Records that a probe has left, but not over the failed families.
    pub(super) fn probed(&mut self) {
        for way in [&mut self.v4, &mut self.v6] {
            if let Some(trouble) = &mut way.trouble {
                trouble.has_missed_probes = true;
            }
        }
    }

    /// Forgets the troubles of families that the link has lost; returns those that the user knows of.
    pub(super) fn keep_families(&mut self, has_family: impl Fn(Family) -> bool) -> WayNews {
        let mut over = WayNews::new();
        for family in Family::BOTH {
            if !has_family(family) && core::mem::take(self.of_mut(family)).reported.is_some() {
                over.push((Some(family), None));
            }
        }
        over
    }

    /// Learns from the result of a packet over each family that it was for; `alone` if it was a
    /// test of one of them.
    fn learn(&mut self, now: Instant, tried: [Tried; 2], alone: bool) -> Lesson {
        let mut lesson = Lesson::default();
        let left = tried.iter().any(|(_, outcome)| *outcome == Some(Ok(())));
        let mut since = now;
        if left && !alone {
            since = self.all.trouble.map_or(now, |trouble| trouble.since);
            lesson.works(&mut self.all, None);
        } else if !alone {
            let mut failures = tried
                .iter()
                .filter_map(|(_, outcome)| outcome.and_then(Result::err));
            let why = failures.next().unwrap_or(SendFailure::NoSocket);
            lesson.fails(&mut self.all, None, Trouble::new(now, why), now);
        }
        for (family, outcome) in tried {
            let way = self.of_mut(family);
            match outcome {
                Some(Ok(())) => lesson.works(way, Some(family)),
                Some(Err(why)) if left || alone => {
                    lesson.fails(way, Some(family), Trouble::new(since, why), now);
                }
                Some(Err(_)) | None => {}
            }
        }
        lesson
    }

    fn of(&self, family: Option<Family>) -> Way {
        match family {
            None => self.all,
            Some(Family::V4) => self.v4,
            Some(Family::V6) => self.v6,
        }
    }

    fn of_mut(&mut self, family: Family) -> &mut Way {
        match family {
            Family::V4 => &mut self.v4,
            Family::V6 => &mut self.v6,
        }
    }
}

/// The result of a packet over a family, if it was for that family and the reason lies in the link.
type Tried = (Family, Option<Result<(), SendFailure>>);

/// What has begun to fail or to work, for the user: everything, or a family.
pub(crate) type WayNews = SmallList<(Option<Family>, Option<SendFailure>), 2>;

/// Everything, and each family.
const WAYS: [Option<Family>; 3] = [None, Some(Family::V4), Some(Family::V6)];

/// The consequences of a packet's result.
#[derive(Default)]
pub(crate) struct Lesson {
    pub(crate) news: WayNews,
    /// Hosts that may have missed packets can be reached again.
    pub(crate) works_again: bool,
}

impl Lesson {
    fn works(&mut self, way: &mut Way, family: Option<Family>) {
        let before = core::mem::take(way);
        if before.reported.is_some() {
            self.news.push((family, None));
        }
        self.works_again |= before.trouble.is_some_and(|trouble| trouble.needs_claims());
    }

    fn fails(&mut self, way: &mut Way, family: Option<Family>, fresh: Trouble, now: Instant) {
        way.trouble.get_or_insert(fresh).goes_on(now, fresh.why);
        if let Some(why) = way.tell_if_long() {
            self.news.push((family, Some(why)));
        }
    }
}

impl Links {
    /// Learns from a multicast what works on a link, `None` if everything still does; `knock` if it
    /// was only a test.
    pub(crate) fn learn(
        &mut self,
        now: Instant,
        route: Route,
        delivery: Delivery,
        knock: bool,
    ) -> Option<Lesson> {
        let known = self.up.get_mut(route.link)?;
        let info = &known.info;
        let works = |family| match delivery.over(family) {
            Fate::Left => true,
            Fate::Unsuited => !info.has_family(family),
            Fate::Failed(_) => false,
        };
        if known.troubles.is_none() && has_left(delivery) && Family::BOTH.into_iter().all(works) {
            return None;
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
        Some(known.troubles.learn(now, tried, knock && only.is_some()))
    }
}

/// Returns whether a packet to the group was sent, by one family at least.
pub(crate) fn has_left(delivery: Delivery) -> bool {
    datagrams_of(delivery) > 0
}

/// As how many datagrams a packet to the group was sent: one by each family that it left by.
pub(crate) fn datagrams_of(delivery: Delivery) -> usize {
    let families = Family::BOTH.into_iter();
    families
        .filter(|family| delivery.over(*family) == Fate::Left)
        .count()
}

/// Returns whether it was not sent because of the packet and not of the link.
pub(crate) fn is_too_long(delivery: Delivery) -> bool {
    let too_long = Fate::Failed(SendFailure::TooLong);
    Family::BOTH
        .into_iter()
        .any(|family| delivery.over(family) == too_long)
}
