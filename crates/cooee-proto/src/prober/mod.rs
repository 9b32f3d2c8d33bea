//! Probing: claims a unique name on each link before answering for it.
//!
//! In:  claims that begin and end, links, conflicts received, the passage of time.
//! Out: probes to send; claims that are established; claims that are lost. RFC 6762 sections 8.1
//!      (probing), 8.2 (simultaneous probes) and 9 (conflicts).

mod conflicts;
mod held;
pub(crate) mod tiebreak;

use alloc::vec::Vec;

use self::conflicts::Conflicts;
use self::held::HeldLinks;
use crate::collections::{IdMap, SmallList};
use crate::link::LinkId;
use crate::registrations::RegistrationId;
use crate::rng::Rng;
use crate::schedule::Schedule;
use crate::time::{Duration, Instant};
use crate::timing::{PROBE_DELAY_MAX, PROBE_INTERVAL, PROBES, TIEBREAK_LOSSES_MAX, TIEBREAK_PAUSE};

/// The progress of a claim on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// `sent` probes were sent; the next one, or the end of the wait, comes at `next`.
    Probing { sent: u8, next: Instant },
    /// The name is ours here.
    Held,
}

/// The probes for a name on a link.
#[derive(Clone, Copy)]
struct Probing {
    /// How many were sent.
    sent: u8,
    /// When the next one comes, or the end of the wait.
    next: Instant,
}

/// The effect of a conflict on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing.
    Ignored,
    /// Probing begins again on that link.
    Reset,
    /// Another host has the name.
    Lost,
}

/// The progress of a claim, on the links where the name is not ours yet.
#[derive(Default)]
struct Progress {
    probing: SmallList<(LinkId, Probing), 1>,
    /// How many simultaneous probes in a row were lost.
    losses: u8,
}

/// How far the claim of each registration has come, and the probes to come.
pub(crate) struct Prober {
    progress: IdMap<RegistrationId, Progress>,
    held: HeldLinks,
    due: Schedule<RegistrationId>,
    /// Claims that are established unless another host objects before then.
    finishing: Schedule<RegistrationId>,
    pub(crate) conflicts: Conflicts,
    rng: Rng,
}

impl Prober {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            progress: IdMap::default(),
            held: HeldLinks::default(),
            due: Schedule::default(),
            finishing: Schedule::default(),
            conflicts: Conflicts::default(),
            rng: Rng::new(rng.seed()),
        }
    }

    /// Forgets how far the claim of a registration has come, on every link.
    pub(crate) fn leave(&mut self, id: RegistrationId) {
        self.leave_links(id);
        self.end_progress(id);
    }

    /// Claims nothing for a registration on any link.
    pub(crate) fn leave_links(&mut self, id: RegistrationId) {
        let probing = self.probing(id).iter().map(|&(link, _)| link);
        let held = self.held.of(id).iter().copied();
        let links: SmallList<LinkId, 4> = probing.chain(held).collect();
        for link in links {
            self.leave_link(id, link);
        }
    }

    /// Returns how far a registration has come on a link.
    pub(crate) fn stage(&self, id: RegistrationId, link: LinkId) -> Option<Stage> {
        if self.is_held_on(id, link) {
            return Some(Stage::Held);
        }
        let Probing { sent, next } = self.probing_on(id, link)?;
        Some(Stage::Probing { sent, next })
    }

    /// Returns whether the name of a registration is ours on a link.
    pub(crate) fn is_held_on(&self, id: RegistrationId, link: LinkId) -> bool {
        self.held.of(id).contains(&link)
    }

    /// Returns the links on which a registration holds its name.
    pub(crate) fn held_links(&self, id: RegistrationId) -> Vec<LinkId> {
        self.held.of(id).to_vec()
    }

    /// Starts to claim the name of a registration on a link. One that `claims` none is established
    /// there at once. Returns whether it is.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        id: RegistrationId,
        link: LinkId,
        claims: bool,
    ) -> bool {
        let pause = self.conflicts.pause(now);
        let first = self.first_probe(now + pause, link);
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# If a responder knows by other means that its unique resource record
        //# set name, rrtype, and rrclass cannot already be in use by any other
        //# responder on the network, then it SHOULD skip the probing step for
        //# that resource record set.
        if !claims {
            self.held.add(id, link);
            return true;
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# The first startup step is that, for all those resource records that a
        //# Multicast DNS responder desires to be unique on the local link, it
        //# MUST send a Multicast DNS query asking for those resource records, to
        //# see if any of them are already in use.
        self.probe_from(id, link, first);
        false
    }

    /// Handles a link that is gone: nothing is claimed there any more.
    pub(crate) fn drop_link(&mut self, link: LinkId) {
        self.due.drop_link(link);
        self.finishing.drop_link(link);
        self.held.drop_link(link);
        for progress in self.progress.values_mut() {
            progress.probing.retain(|(other, _)| *other != link);
        }
    }

    /// Returns when something is due.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        let probe = self.due.next_deadline(open_at);
        let finish = self.finishing.first().map(|(at, ..)| at);
        [probe, finish].into_iter().flatten().min()
    }

    /// Returns a claim to which nobody has objected in time; it is held from now on.
    pub(crate) fn poll_established(&mut self, now: Instant) -> Option<(RegistrationId, LinkId)> {
        let (at, link, id) = self.finishing.first()?;
        if at > now {
            return None;
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# If, by 250 ms after the third probe, no
        //# conflicting Multicast DNS responses have been received, the host may
        //# move to the next step, announcing.
        self.finishing.of_link(link).remove(at, id);
        self.held.add(id, link);
        if let Some(progress) = self.progress.get_mut(&id) {
            progress.losses = 0;
            progress.probing.retain(|(other, _)| *other != link);
            if progress.probing.is_empty() {
                self.end_progress(id);
            }
        }
        Some((id, link))
    }

    /// Returns a link on which a probe is due and can be sent.
    pub(crate) fn due_link(
        &self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        self.due.due_link(now, is_open)
    }

    /// Returns the registrations whose probe is due on a link, in order.
    pub(crate) fn due_on(
        &self,
        now: Instant,
        link: LinkId,
    ) -> impl Iterator<Item = RegistrationId> + '_ {
        let queue = self.due.get(link).into_iter();
        let due = queue.flat_map(move |queue| queue.until(now));
        due.map(|(_, id)| id)
    }

    /// Records that a probe of a registration is in transit on a link: it is not due until its
    /// result is known.
    pub(crate) fn take(&mut self, id: RegistrationId, link: LinkId) {
        if let Some(Probing { next, .. }) = self.probing_on(id, link) {
            if let Some(due) = self.due.get_mut(link) {
                due.remove(next, id);
            }
        }
    }

    /// Records that it has not left: it is due again, not before `not_before`.
    pub(crate) fn not_sent(&mut self, id: RegistrationId, link: LinkId, not_before: Instant) {
        if let Some(Probing { sent, next }) = self.probing_on(id, link) {
            let next = next.max(not_before);
            self.set_probing(id, link, Probing { sent, next });
            self.due.of_link(link).add(next, id);
        }
    }

    /// Records that a probe of a registration has left on a link.
    pub(crate) fn sent(&mut self, now: Instant, id: RegistrationId, link: LinkId) {
        let Some(Probing { sent, next: before }) = self.probing_on(id, link) else {
            return;
        };
        let (sent, next) = (sent.saturating_add(1), now + PROBE_INTERVAL);
        self.set_probing(id, link, Probing { sent, next });
        if let Some(due) = self.due.get_mut(link) {
            due.remove(before, id);
            if sent < PROBES {
                due.add(next, id);
                return;
            }
        }
        self.finishing.of_link(link).add(next, id);
    }

    /// Handles a response with a record of the name of a registration that is not ours.
    pub(crate) fn on_conflict(
        &mut self,
        now: Instant,
        id: RegistrationId,
        link: LinkId,
        same_type_held: bool,
    ) -> Option<Outcome> {
        let outcome = match self.stage(id, link)? {
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
            //# Apparently conflicting Multicast
            //# DNS responses received *before* the first probe packet is sent MUST
            //# be silently ignored (see discussion of stale probe packets in Section
            //# 8.2, "Simultaneous Probe Tiebreaking", below).
            Stage::Probing { sent: 0, .. } => Outcome::Ignored,
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
            //# During probing, from the time the first probe packet is sent until
            //# 250 ms after the third probe, if any conflicting Multicast DNS
            //# response is received, then the probing host MUST defer to the
            //# existing host, and SHOULD choose new names for some or all of its
            //# resource records as appropriate.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
            //# In the case of a host
            //# probing using query type "ANY" as recommended above, any answer
            //# containing a record with that name, of any type, MUST be considered a
            //# conflicting response and handled accordingly.
            Stage::Probing { .. } => Outcome::Lost,
            //= https://www.rfc-editor.org/rfc/rfc6762#section-9
            //# It is very important that any host receiving a resource record that
            //# conflicts with one of its own MUST take action as described above.
            //= https://www.rfc-editor.org/rfc/rfc6762#section-8.3
            //# Whenever a Multicast DNS responder receives any Multicast DNS
            //# response (solicited or otherwise) containing a conflicting resource
            //# record, the conflict MUST be resolved as described in Section 9,
            //# "Conflict Resolution".
            Stage::Held if same_type_held => Outcome::Reset,
            Stage::Held => Outcome::Ignored,
        };
        self.act(now, id, link, outcome);
        Some(outcome)
    }

    /// Handles a simultaneous probe of another host that was lost.
    pub(crate) fn on_lost_tiebreak(
        &mut self,
        now: Instant,
        id: RegistrationId,
        link: LinkId,
    ) -> Outcome {
        let Some(progress) = self.progress.get_mut(&id) else {
            return Outcome::Ignored;
        };
        progress.losses = progress.losses.saturating_add(1);
        let is_lost = progress.losses >= TIEBREAK_LOSSES_MAX;
        if is_lost {
            self.act(now, id, link, Outcome::Lost);
            return Outcome::Lost;
        }
        self.leave_link(id, link);
        let pause = self.conflicts.pause(now).max(TIEBREAK_PAUSE);
        self.probe_from(id, link, now + pause);
        Outcome::Reset
    }

    fn act(&mut self, now: Instant, id: RegistrationId, link: LinkId, outcome: Outcome) {
        match outcome {
            Outcome::Ignored => {}
            Outcome::Reset => {
                self.conflicts.count(now);
                self.leave_link(id, link);
                self.begin(now, id, link, true);
            }
            Outcome::Lost => {
                self.conflicts.count(now);
                self.leave_links(id);
            }
        }
    }

    /// Returns when a first probe is sent: with another one that is due within the span, otherwise
    /// at a random moment of it.
    fn first_probe(&mut self, from: Instant, link: LinkId) -> Instant {
        let span = from..=from + PROBE_DELAY_MAX;
        let queue = self.due.get(link);
        let joined = queue.and_then(|queue| queue.within(span).next());
        match joined {
            Some((at, _)) => at,
            None => from + self.rng.delay(Duration::ZERO, PROBE_DELAY_MAX),
        }
    }

    fn probe_from(&mut self, id: RegistrationId, link: LinkId, next: Instant) {
        self.set_probing(id, link, Probing { sent: 0, next });
        self.due.of_link(link).add(next, id);
    }

    /// Forgets how far a claim has come on a link. Returns when it may be probed for again: 250 ms after
    /// its last probe.
    pub(crate) fn leave_link(&mut self, id: RegistrationId, link: LinkId) -> Instant {
        let mut free_at = Instant::ZERO;
        if let Some(Probing { next, sent }) = self.probing_on(id, link) {
            if sent > 0 {
                free_at = next;
            }
            for queue in [&mut self.due, &mut self.finishing] {
                if let Some(queue) = queue.get_mut(link) {
                    queue.remove(next, id);
                }
            }
        }
        self.held.remove(id, link);
        if let Some(progress) = self.progress.get_mut(&id) {
            progress.probing.retain(|(other, _)| *other != link);
        }
        free_at
    }

    fn probing(&self, id: RegistrationId) -> &[(LinkId, Probing)] {
        let progress = self.progress.get(&id);
        progress.map_or(&[], |progress| &progress.probing)
    }

    fn probing_on(&self, id: RegistrationId, link: LinkId) -> Option<Probing> {
        let mut probing = self.probing(id).iter();
        probing.find_map(|&(other, probing)| (other == link).then_some(probing))
    }

    fn set_probing(&mut self, id: RegistrationId, link: LinkId, probing: Probing) {
        let all = &mut self.progress.entry(id).or_default().probing;
        match all.iter_mut().find(|(other, _)| *other == link) {
            Some((_, current)) => *current = probing,
            None => all.push((link, probing)),
        }
    }

    /// Forgets the progress of a claim. After the last of many, their room is given back.
    fn end_progress(&mut self, id: RegistrationId) {
        self.progress.remove(&id);
        if self.progress.is_empty() {
            self.progress.shrink_to_fit();
        }
    }
}
