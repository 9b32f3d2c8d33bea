//! The names in hostile messages.
//!
//! In:  what the victim browses for and what it owns.
//! Out: those names on the wire; names that exist only here.

use fastrand::Rng;

use super::Target;
use super::draft::name;

/// The names of one attack.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    service_type: Vec<String>,
    /// What the victim browses for.
    pub(crate) browsed: Vec<u8>,
    /// The instances that the victim has registered; never empty.
    owned: Vec<Vec<u8>>,
}

/// How many hostile instances appear repeatedly.
const REGULARS: u8 = 16;

impl Names {
    pub(crate) fn new(target: &Target) -> Self {
        let service_type: Vec<String> = target.service_type.split('.').map(str::to_owned).collect();
        let labels: Vec<&str> = service_type.iter().map(String::as_str).collect();
        let instance = |instance: &String| name(&[&[instance.as_str()], &labels[..]].concat());
        let mut owned: Vec<_> = target.instances.iter().map(instance).collect();
        if owned.is_empty() {
            owned.push(name(&["nobody"]));
        }
        Self {
            browsed: name(&labels),
            owned,
            service_type,
        }
    }

    /// One of the instances that the victim has registered.
    pub(crate) fn owned(&self, random: &mut Rng) -> &[u8] {
        &self.owned[random.usize(..self.owned.len())]
    }

    /// Returns an instance of the browsed type.
    pub(crate) fn instance(&self, label: &str) -> Vec<u8> {
        let labels = self.service_type.iter().map(String::as_str);
        name(&[label].into_iter().chain(labels).collect::<Vec<_>>())
    }

    /// Returns one of a few instances of the browsed type that do not exist.
    pub(crate) fn regular(&self, random: &mut Rng) -> Vec<u8> {
        self.instance(&format!("Evil {}", random.u8(..REGULARS)))
    }

    /// Returns an instance of the browsed type that was probably never seen before.
    pub(crate) fn unheard_of(&self, random: &mut Rng) -> Vec<u8> {
        self.instance(&format!("Flood {:016x}", random.u64(..)))
    }

    /// Returns a host that was probably never seen before.
    pub(crate) fn host(random: &mut Rng) -> Vec<u8> {
        name(&[&format!("flood-{:016x}", random.u64(..))])
    }
}
