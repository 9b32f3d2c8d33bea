//! Every registration: its claimed name, its records, the links for which it is meant.
//!
//! In:  record sets that are registered, changed and withdrawn; names that are lost.
//! Out: registrations by their id and by the name that they claim.

use alloc::boxed::Box;
use alloc::vec::Vec;

use slab::Slab;

use super::{RecordId, RecordSet, RegistrationId};
use crate::collections::{IdMap, SmallList, id_of, make_room};
use crate::link::{Family, LinkId, LinkInfo};
use crate::names::NameId;

/// Records that are published and withdrawn together, under one claimed name or none.
pub(crate) struct Registration {
    pub(crate) id: RegistrationId,
    pub(crate) claim: Option<NameId>,
    pub(crate) records: RecordIds,
    /// Whether other programs on this host may own the name too.
    pub(crate) cooperates: bool,
    /// The only links for which it is meant; every link if there are none.
    only: Option<Box<[LinkId]>>,
    /// The only family over which it is published; both if `None`.
    pub(crate) over: Option<Family>,
    /// Whether another host has the name, or the registration is held back: nothing is published
    /// until it is changed.
    pub(crate) lost: bool,
}

/// The records of a registration. A service has four.
pub(crate) type RecordIds = SmallList<RecordId, 4>;

/// All registrations of this host.
#[derive(Default)]
pub(crate) struct Registrations {
    table: Slab<Registration>,
    by_claim: IdMap<NameId, u32>,
    generation: u32,
}

impl Registrations {
    /// Adds a registration. The caller has checked that the name is free.
    pub(crate) fn add(
        &mut self,
        claim: Option<NameId>,
        records: RecordIds,
        set: &RecordSet,
    ) -> RegistrationId {
        self.generation = self.generation.wrapping_add(1);
        make_room(&mut self.table);
        let entry = self.table.vacant_entry();
        let slot = id_of(entry.key());
        let id = RegistrationId {
            slot,
            generation: self.generation,
        };
        entry.insert(Registration {
            id,
            claim,
            records,
            cooperates: set.cooperates,
            only: (!set.links.is_empty()).then(|| set.links.as_slice().into()),
            over: set.over,
            lost: false,
        });
        if let Some(claim) = claim {
            self.by_claim.insert(claim, slot);
        }
        id
    }

    /// Removes a registration.
    pub(crate) fn remove(&mut self, id: RegistrationId) -> Option<Registration> {
        self.get(id)?;
        let registration = self.table.try_remove(id.slot as usize)?;
        if let Some(claim) = registration.claim {
            self.by_claim.remove(&claim);
        }
        Some(registration)
    }

    /// Gives a registration another name and other records. Returns those that it had.
    pub(crate) fn rename(
        &mut self,
        id: RegistrationId,
        claim: Option<NameId>,
        records: RecordIds,
    ) -> (Option<NameId>, RecordIds) {
        let Some(registration) = self.get_mut(id) else {
            return (None, RecordIds::new());
        };
        registration.lost = false;
        let records = core::mem::replace(&mut registration.records, records);
        let before = core::mem::replace(&mut registration.claim, claim);
        if let Some(before) = before {
            self.by_claim.remove(&before);
        }
        if let Some(claim) = claim {
            self.by_claim.insert(claim, id.slot);
        }
        (before, records)
    }

    /// Gives a registration other records under the same name. Returns those that it had.
    pub(crate) fn exchange(&mut self, id: RegistrationId, records: RecordIds) -> Option<RecordIds> {
        let registration = self.get_mut(id)?;
        Some(core::mem::replace(&mut registration.records, records))
    }

    /// Publishes nothing of a registration until it is renamed.
    pub(crate) fn lose(&mut self, id: RegistrationId) {
        if let Some(registration) = self.get_mut(id) {
            registration.lost = true;
        }
    }

    pub(crate) fn get(&self, id: RegistrationId) -> Option<&Registration> {
        let registration = self.table.get(id.slot as usize);
        registration.filter(|registration| registration.id == id)
    }

    /// Returns the registration that claims a name.
    pub(crate) fn claimant(&self, name: NameId) -> Option<&Registration> {
        let slot = self.by_claim.get(&name);
        slot.and_then(|&slot| self.table.get(slot as usize))
    }

    pub(crate) fn ids(&self) -> Vec<RegistrationId> {
        let all = self.table.iter();
        all.map(|(_, registration)| registration.id).collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    fn get_mut(&mut self, id: RegistrationId) -> Option<&mut Registration> {
        let registration = self.table.get_mut(id.slot as usize);
        registration.filter(|registration| registration.id == id)
    }
}

impl Registration {
    /// Returns whether it is to be published on a link.
    pub(crate) fn is_for(&self, link: LinkId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&link))
    }

    /// Returns whether it can be published on a link: it is for that, and the link has its family.
    pub(crate) fn is_usable_on(&self, link: LinkId, info: &LinkInfo) -> bool {
        self.is_for(link) && self.over.is_none_or(|family| info.has_family(family))
    }

    /// Returns whether it is published over a family.
    pub(crate) fn is_over(&self, family: Family) -> bool {
        self.over.is_none_or(|over| over == family)
    }
}
