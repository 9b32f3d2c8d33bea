//! On which links each registration holds its name.
//!
//! In:  claims that are established, links and registrations that end.
//! Out: the links of a registration, by its slot: thousands of claims are established, and few are
//!      being probed for. RFC 6762 section 8.1.

use alloc::vec::Vec;

use crate::collections::{Few, lengthen};
use crate::link::LinkId;
use crate::registrations::RegistrationId;

/// The links on which names are ours.
#[derive(Default)]
pub(super) struct HeldLinks(Vec<Held>);

/// Those of the registration that has the slot.
#[derive(Default)]
struct Held {
    generation: u32,
    links: Few<LinkId>,
}

impl HeldLinks {
    /// Returns the links on which a registration holds its name.
    pub(super) fn of(&self, id: RegistrationId) -> &[LinkId] {
        let held = self.0.get(id.slot as usize);
        let held = held.filter(|held| held.generation == id.generation);
        held.map_or(&[], |held| held.links.as_slice())
    }

    /// Adds a link.
    pub(super) fn add(&mut self, id: RegistrationId, link: LinkId) {
        let slot = id.slot as usize;
        lengthen(&mut self.0, slot.saturating_add(1), Held::default);
        let Some(held) = self.0.get_mut(slot) else {
            return;
        };
        if held.generation != id.generation {
            held.generation = id.generation;
            held.links = Few::default();
        }
        if !held.links.as_slice().contains(&link) {
            held.links.push(link);
        }
    }

    /// Removes a link.
    pub(super) fn remove(&mut self, id: RegistrationId, link: LinkId) {
        let held = self.0.get_mut(id.slot as usize);
        if let Some(held) = held.filter(|held| held.generation == id.generation) {
            held.links.retain(|other| *other != link);
        }
    }

    /// Removes a link from all registrations.
    pub(super) fn drop_link(&mut self, link: LinkId) {
        for held in &mut self.0 {
            held.links.retain(|other| *other != link);
        }
    }
}
