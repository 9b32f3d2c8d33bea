//! Goodbyes: what is withdrawn on each link, and what was sent where for each withdrawal.
//!
//! In:  records that are withdrawn; the results of the packets with their goodbyes.
//! Out: goodbyes that are due; [`Withdrawn`] when each goodbye of a withdrawal was tried. RFC 6762
//!      section 10.1.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use cooee_wire::{Name, RData, Ttl};

use crate::collections::{Queue, SmallList};
use crate::link::{Family, LinkId};
use crate::link_map::LinkMap;
use crate::ordered::OrderedMap;
use crate::registrations::{GoodbyesOn, WithdrawalId, Withdrawn};
use crate::time::{Duration, Instant};

/// A record that needs a goodbye, as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Goodbye {
    pub(crate) name: Name,
    pub(crate) data: RData,
    pub(crate) unique: bool,
    pub(crate) ttl: Ttl,
    /// The only family over which it was sent; both if `None`.
    pub(crate) over: Option<Family>,
}

/// All pending goodbyes, and the withdrawals that wait for some of them.
#[derive(Default)]
pub(crate) struct Goodbyes {
    waiting: LinkMap<VecDeque<UnsentGoodbye>>,
    reports: OrderedMap<WithdrawalId, Report>,
    withdrawn: Queue<Withdrawn>,
    last: u64,
}

/// A goodbye on its way to a link.
#[derive(Clone, Debug)]
pub(crate) struct UnsentGoodbye {
    pub(crate) goodbye: Goodbye,
    /// The withdrawal that waits for it, until it was tried once.
    of: Option<WithdrawalId>,
    /// When nobody stores the record any more, if the goodbye could not be sent in time.
    until: Option<Instant>,
}

/// What was sent so far for a withdrawal.
#[derive(Default)]
struct Report {
    /// Whether everything that belongs to the withdrawal is known.
    is_complete: bool,
    /// How many goodbyes are still to be tried, by link.
    open: SmallList<(LinkId, usize), 2>,
    sent: Vec<GoodbyesOn>,
}

impl Goodbyes {
    /// Begins a withdrawal, which ends with [`finish`](Self::finish).
    pub(crate) fn begin(&mut self) -> WithdrawalId {
        self.last = self.last.wrapping_add(1);
        let id = WithdrawalId(self.last);
        self.reports.insert(id, Report::default());
        id
    }

    /// Completes a withdrawal: all its goodbyes are known, and it is reported when each was tried.
    pub(crate) fn finish(&mut self, id: WithdrawalId) {
        if let Some(report) = self.reports.get_mut(id) {
            report.is_complete = true;
        }
        self.end_if_done(id);
    }

    /// Sends a goodbye on a link as soon as possible, for a withdrawal that waits for it.
    pub(crate) fn say(&mut self, link: LinkId, goodbye: Goodbye, of: Option<WithdrawalId>) {
        if let Some(report) = of.and_then(|id| self.reports.get_mut(id)) {
            report.expect(link);
        }
        let until = None;
        let waiting = UnsentGoodbye { goodbye, of, until };
        self.waiting.or_default(link).push_back(waiting);
    }

    /// Returns when the next goodbye is due.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        self.waiting.keys().map(open_at).min()
    }

    /// Returns a link on which a goodbye can be sent now.
    pub(crate) fn due_link(
        &mut self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        self.waiting.retain(|link, queue| {
            let is_over = |waiting: &UnsentGoodbye| waiting.until.is_some_and(|until| until <= now);
            while is_open(link) && queue.front().is_some_and(is_over) {
                queue.pop_front();
            }
            !queue.is_empty()
        });
        let mut links = self.waiting.keys();
        links.find(|link| is_open(*link))
    }

    /// Returns the next goodbye of a link.
    pub(crate) fn first(&self, link: LinkId) -> Option<&Goodbye> {
        let first = self.waiting.get(link)?.front()?;
        Some(&first.goodbye)
    }

    /// Takes the next goodbye of a link: it is in a packet now.
    pub(crate) fn take(&mut self, link: LinkId) -> Option<UnsentGoodbye> {
        let queue = self.waiting.get_mut(link)?;
        let first = queue.pop_front();
        if queue.is_empty() {
            self.waiting.remove(link);
        }
        first
    }

    /// Records that a packet with these goodbyes has left a link, as this many datagrams.
    pub(crate) fn said(&mut self, link: LinkId, said: &[UnsentGoodbye], datagrams: usize) {
        let mut counts: OrderedMap<WithdrawalId, usize> = OrderedMap::default();
        for id in said.iter().filter_map(|waiting| waiting.of) {
            let count = counts.or_default(id);
            *count = count.saturating_add(1);
        }
        for (id, &records) in counts.iter() {
            if let Some(report) = self.reports.get_mut(id) {
                report.said(link, records, datagrams);
            }
            self.end_if_done(id);
        }
    }

    /// Records that a packet with these goodbyes has not left: they are due again, if anybody still
    /// stores their records. No withdrawal waits for the link any longer.
    pub(crate) fn say_again(&mut self, now: Instant, link: LinkId, unsaid: Vec<UnsentGoodbye>) {
        let queue = self.waiting.or_default(link);
        for mut waiting in unsaid.into_iter().rev() {
            let ttl = Duration::from_secs(waiting.goodbye.ttl.as_secs().into());
            waiting.until.get_or_insert(now + ttl);
            waiting.of = None;
            queue.push_front(waiting);
        }
        self.give_up(link);
    }

    /// Ends the waits of all withdrawals for a link.
    pub(crate) fn give_up(&mut self, link: LinkId) {
        let mut done = Vec::new();
        self.reports.for_each_mut(|id, report| {
            report.open.retain(|(other, _)| *other != link);
            if report.is_done() {
                done.push(id);
            }
        });
        done.into_iter().for_each(|id| self.end_if_done(id));
    }

    /// Removes the pending goodbyes of a link.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.waiting.remove(link);
        self.give_up(link);
    }

    /// Returns a withdrawal of which each goodbye was tried, with what was sent.
    pub(crate) fn poll_withdrawn(&mut self) -> Option<Withdrawn> {
        self.withdrawn.pop_front()
    }

    /// Returns whether there is a withdrawal to poll.
    pub(crate) fn has_withdrawn(&self) -> bool {
        !self.withdrawn.is_empty()
    }

    fn end_if_done(&mut self, id: WithdrawalId) {
        if !self.reports.get(id).is_some_and(Report::is_done) {
            return;
        }
        let report = self.reports.remove(id).unwrap_or_default();
        let goodbyes = report.sent;
        self.withdrawn.push_back(Withdrawn { id, goodbyes });
    }
}

impl Report {
    fn expect(&mut self, link: LinkId) {
        match self.open.iter_mut().find(|(other, _)| *other == link) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => self.open.push((link, 1)),
        }
    }

    fn said(&mut self, link: LinkId, records: usize, datagrams: usize) {
        if let Some((_, count)) = self.open.iter_mut().find(|(other, _)| *other == link) {
            *count = count.saturating_sub(records);
        }
        self.open.retain(|(_, count)| *count > 0);
        let records = records.saturating_mul(datagrams);
        match self.sent.iter_mut().find(|on| on.link == link) {
            Some(on) => {
                on.datagrams = on.datagrams.saturating_add(datagrams);
                on.records = on.records.saturating_add(records);
            }
            None => self.sent.push(GoodbyesOn {
                link,
                datagrams,
                records,
            }),
        }
    }

    fn is_done(&self) -> bool {
        self.is_complete && self.open.is_empty()
    }
}
