//! Probing: claims a unique name on each link before answering for it.
//!
//! In:  registrations, links, conflicts received, the passage of time.
//! Out: probes to send; claims that are established; claims that are lost. RFC 6762 sections 8.1
//!      (probing), 8.2 (simultaneous probes) and 9 (conflicts).

mod conflicts;
pub(crate) mod tiebreak;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use slab::Slab;

use self::conflicts::Conflicts;
use crate::collections::{IdMap, id_of};
use crate::link::LinkId;
use crate::names::NameId;
use crate::registrations::{RecordSet, RegistrationId};
use crate::responder::record::RecordId;
use crate::rng::Rng;
use crate::time::{Duration, Instant};
use crate::timing::{PROBE_DELAY_MAX, PROBE_INTERVAL, PROBES, TIEBREAK_LOSSES_MAX, TIEBREAK_PAUSE};

/// Records that are published and withdrawn together, under one claimed name or none.
pub(crate) struct Registration {
    pub(crate) id: RegistrationId,
    pub(crate) claim: Option<NameId>,
    pub(crate) records: Vec<RecordId>,
    /// Whether other programs on this host may own the name too.
    pub(crate) cooperates: bool,
    /// The only links for which it is meant; every link if empty.
    only: Vec<LinkId>,
    pub(crate) stages: Vec<(LinkId, Stage)>,
    /// Whether another host has the name, or the registration is held back: nothing is published
    /// until it is changed.
    pub(crate) lost: bool,
    /// How many simultaneous probes in a row were lost.
    losses: u8,
}

/// The progress of a claim on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// `sent` probes were sent; the next one, or the end of the wait, comes at `next`.
    Probing { sent: u8, next: Instant },
    /// The name is ours here.
    Held,
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

/// All registrations, and the probes to come.
pub(crate) struct Prober {
    registrations: Slab<Registration>,
    by_claim: IdMap<NameId, u32>,
    due: BTreeMap<LinkId, BTreeSet<(Instant, u32)>>,
    /// Claims that are established unless another host objects before then.
    finishing: BTreeSet<(Instant, LinkId, u32)>,
    pub(crate) conflicts: Conflicts,
    generation: u32,
    rng: Rng,
}

impl Prober {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        Self {
            registrations: Slab::new(),
            by_claim: IdMap::default(),
            due: BTreeMap::new(),
            finishing: BTreeSet::new(),
            conflicts: Conflicts::default(),
            generation: 0,
            rng: Rng::new(rng.seed()),
        }
    }

    /// Adds a registration; it is on no link yet. The caller has checked that the name is free.
    pub(crate) fn add(
        &mut self,
        claim: Option<NameId>,
        records: Vec<RecordId>,
        set: &RecordSet,
    ) -> RegistrationId {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.registrations.vacant_entry();
        let slot = id_of(entry.key());
        let id = RegistrationId {
            slot,
            generation: self.generation,
        };
        let stages = Vec::new();
        entry.insert(Registration {
            id,
            claim,
            records,
            cooperates: set.cooperates,
            only: set.links.clone(),
            stages,
            lost: false,
            losses: 0,
        });
        if let Some(claim) = claim {
            self.by_claim.insert(claim, slot);
        }
        id
    }

    /// Removes a registration, with everything that was to be sent for it.
    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<Registration> {
        self.get(id)?;
        self.leave_links(id);
        let registration = self.registrations.try_remove(id.slot as usize)?;
        if let Some(claim) = registration.claim {
            self.by_claim.remove(&claim);
        }
        Some(registration)
    }

    /// Returns a registration another name and other records; it is then on no link.
    pub(crate) fn rename(
        &mut self,
        id: RegistrationId,
        claim: Option<NameId>,
        records: Vec<RecordId>,
    ) {
        self.leave_links(id);
        let Some(registration) = self.registrations.get_mut(id.slot as usize) else {
            return;
        };
        let before = core::mem::replace(&mut registration.claim, claim);
        registration.records = records;
        registration.losses = 0;
        registration.lost = false;
        if let Some(before) = before {
            self.by_claim.remove(&before);
        }
        if let Some(claim) = claim {
            self.by_claim.insert(claim, id.slot);
        }
    }

    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        self.registrations
            .get(id.slot as usize)
            .filter(|registration| registration.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Registration> {
        let registration = self.registrations.get_mut(id.slot as usize);
        registration.filter(|registration| registration.id == id)
    }

    /// Returns the registration that claims a name.
    pub(crate) fn claimant(&self, name: NameId) -> Option<&Registration> {
        self.by_claim
            .get(&name)
            .and_then(|&slot| self.registrations.get(slot as usize))
    }

    pub(crate) fn ids(&self) -> Vec<RegistrationId> {
        self.registrations
            .iter()
            .map(|(_, registration)| registration.id)
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.registrations.len()
    }

    /// Claims nothing for a registration on any link, until it is renamed.
    pub(crate) fn hold_back(&mut self, id: RegistrationId) {
        self.leave_links(id);
        if let Some(registration) = self.get_mut(id) {
            registration.lost = true;
        }
    }

    /// Starts to claim a name on a link, or marks records without one as established.
    ///
    /// Returns whether the registration is established there at once.
    pub(crate) fn begin(&mut self, now: Instant, id: RegistrationId, link: LinkId) -> bool {
        let pause = self.conflicts.pause(now);
        let first = self.first_probe(now + pause, link);
        let Some(registration) = self.get_mut(id) else {
            return false;
        };
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# If a responder knows by other means that its unique resource record
        //# set name, rrtype, and rrclass cannot already be in use by any other
        //# responder on the network, then it SHOULD skip the probing step for
        //# that resource record set.
        if registration.claim.is_none() {
            registration.set_stage(link, Stage::Held);
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
        self.due.remove(&link);
        self.finishing.retain(|&(_, other, _)| other != link);
        for (_, registration) in &mut self.registrations {
            registration.stages.retain(|&(other, _)| other != link);
        }
    }

    /// Returns when something is due.
    pub(crate) fn next_deadline(&self, open_at: impl Fn(LinkId) -> Instant) -> Option<Instant> {
        let due = self.due.iter();
        let first = due.filter_map(|(&link, due)| Some((link, due.first()?.0)));
        let probe = first.map(|(link, at)| at.max(open_at(link))).min();
        let finish = self.finishing.first().map(|&(at, _, _)| at);
        [probe, finish].into_iter().flatten().min()
    }

    /// Returns a claim to which nobody has objected in time; it is held from now on.
    pub(crate) fn poll_established(&mut self, now: Instant) -> Option<(RegistrationId, LinkId)> {
        let &(at, link, slot) = self.finishing.first()?;
        if at > now {
            return None;
        }
        //= https://www.rfc-editor.org/rfc/rfc6762#section-8.1
        //# If, by 250 ms after the third probe, no
        //# conflicting Multicast DNS responses have been received, the host may
        //# move to the next step, announcing.
        self.finishing.pop_first();
        let registration = self.registrations.get_mut(slot as usize)?;
        registration.set_stage(link, Stage::Held);
        registration.losses = 0;
        Some((registration.id, link))
    }

    /// Returns a link on which a probe is due and can be sent.
    pub(crate) fn due_link(
        &self,
        now: Instant,
        is_open: impl Fn(LinkId) -> bool,
    ) -> Option<LinkId> {
        let is_due = |due: &BTreeSet<(Instant, u32)>| due.first().is_some_and(|&(at, _)| at <= now);
        self.due
            .iter()
            .find(|(link, due)| is_due(due) && is_open(**link))
            .map(|(&link, _)| link)
    }

    /// Returns the registrations whose probe is due on a link, in order.
    pub(crate) fn due_on(&self, now: Instant, link: LinkId) -> impl Iterator<Item = &Registration> {
        let due = self
            .due
            .get(&link)
            .into_iter()
            .flat_map(move |due| due.range(..=(now, u32::MAX)));
        due.filter_map(|&(_, slot)| self.registrations.get(slot as usize))
    }

    /// Records that a probe of a registration is in transit on a link: it is not due until its
    /// result is known.
    pub(crate) fn take(&mut self, id: RegistrationId, link: LinkId) {
        let Some(registration) = self.registrations.get(id.slot as usize) else {
            return;
        };
        if let Some(Stage::Probing { next, .. }) = registration.stage(link) {
            if let Some(due) = self.due.get_mut(&link) {
                due.remove(&(next, id.slot));
            }
        }
    }

    /// Records that it has not left: it is due again, not before `not_before`.
    pub(crate) fn not_sent(&mut self, id: RegistrationId, link: LinkId, not_before: Instant) {
        let Some(registration) = self.get_mut(id) else {
            return;
        };
        if let Some(Stage::Probing { sent, next }) = registration.stage(link) {
            let next = next.max(not_before);
            registration.set_stage(link, Stage::Probing { sent, next });
            self.due.entry(link).or_default().insert((next, id.slot));
        }
    }

    /// Records that a probe of a registration has left on a link.
    pub(crate) fn sent(&mut self, now: Instant, id: RegistrationId, link: LinkId) {
        let Some(registration) = self.registrations.get_mut(id.slot as usize) else {
            return;
        };
        let Some(Stage::Probing { sent, next: before }) = registration.stage(link) else {
            return;
        };
        let (sent, next) = (sent.saturating_add(1), now + PROBE_INTERVAL);
        registration.set_stage(link, Stage::Probing { sent, next });
        if let Some(due) = self.due.get_mut(&link) {
            due.remove(&(before, id.slot));
            if sent < PROBES {
                due.insert((next, id.slot));
                return;
            }
        }
        self.finishing.insert((next, link, id.slot));
    }

    /// Handles a response with a record of a claimed name that is not ours.
    pub(crate) fn on_conflict(
        &mut self,
        now: Instant,
        name: NameId,
        link: LinkId,
        same_type_held: bool,
    ) -> Option<(RegistrationId, Outcome)> {
        let registration = self.claimant(name)?;
        let id = registration.id;
        let outcome = match registration.stage(link)? {
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
        Some((id, outcome))
    }

    /// Handles a simultaneous probe of another host that was lost.
    pub(crate) fn on_lost_tiebreak(
        &mut self,
        now: Instant,
        id: RegistrationId,
        link: LinkId,
    ) -> Outcome {
        let Some(registration) = self.get_mut(id) else {
            return Outcome::Ignored;
        };
        registration.losses = registration.losses.saturating_add(1);
        let is_lost = registration.losses >= TIEBREAK_LOSSES_MAX;
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
                self.begin(now, id, link);
            }
            Outcome::Lost => {
                self.conflicts.count(now);
                self.hold_back(id);
            }
        }
    }

    /// Returns when a first probe is sent: with another one that is due within the span, otherwise
    /// at a random moment of it.
    fn first_probe(&mut self, from: Instant, link: LinkId) -> Instant {
        let span = (from, 0)..=(from + PROBE_DELAY_MAX, u32::MAX);
        let joined = self.due.get(&link).and_then(|due| due.range(span).next());
        match joined {
            Some(&(at, _)) => at,
            None => from + self.rng.delay(Duration::ZERO, PROBE_DELAY_MAX),
        }
    }

    fn probe_from(&mut self, id: RegistrationId, link: LinkId, next: Instant) {
        let Some(registration) = self.registrations.get_mut(id.slot as usize) else {
            return;
        };
        registration.set_stage(link, Stage::Probing { sent: 0, next });
        self.due.entry(link).or_default().insert((next, id.slot));
    }

    fn leave_links(&mut self, id: RegistrationId) {
        let links: Vec<LinkId> = match self.get(id) {
            Some(registration) => registration.stages.iter().map(|&(link, _)| link).collect(),
            None => return,
        };
        for link in links {
            self.leave_link(id, link);
        }
    }

    /// Forgets how far a claim has come on a link. Returns when it may be probed for again: 250 ms after
    /// its last probe.
    pub(crate) fn leave_link(&mut self, id: RegistrationId, link: LinkId) -> Instant {
        let mut free_at = Instant::ZERO;
        let Some(registration) = self.registrations.get_mut(id.slot as usize) else {
            return free_at;
        };
        if let Some(Stage::Probing { next, sent }) = registration.stage(link) {
            if sent > 0 {
                free_at = next;
            }
            if let Some(due) = self.due.get_mut(&link) {
                due.remove(&(next, id.slot));
            }
            self.finishing.remove(&(next, link, id.slot));
        }
        registration.stages.retain(|&(other, _)| other != link);
        free_at
    }
}

impl Registration {
    pub(crate) fn stage(&self, link: LinkId) -> Option<Stage> {
        self.stages
            .iter()
            .find(|(other, _)| *other == link)
            .map(|&(_, stage)| stage)
    }

    /// Returns whether it is to be published on a link.
    pub(crate) fn is_for(&self, link: LinkId) -> bool {
        self.only.is_empty() || self.only.contains(&link)
    }

    pub(crate) fn is_held_on(&self, link: LinkId) -> bool {
        self.stage(link) == Some(Stage::Held)
    }

    fn set_stage(&mut self, link: LinkId, stage: Stage) {
        match self.stages.iter_mut().find(|(other, _)| *other == link) {
            Some((_, current)) => *current = stage,
            None => self.stages.push((link, stage)),
        }
    }
}
