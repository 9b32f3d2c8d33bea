//! The known interfaces, with which news is distinguished from repetition.
//!
//! In:  lists, and single changes where the operating system reports them.
//! Out: whether that was news; which interfaces may have lost memberships.

use crate::interface::{Interface, InterfaceAddress, interfaces};

/// The interfaces as last reported, ordered by index.
#[derive(Debug)]
pub(super) struct Known {
    interfaces: Vec<Interface>,
    /// Those that were gone or lost an address, even if they have it again.
    interrupted: Vec<u32>,
}

impl Known {
    pub(super) fn new(interfaces: Vec<Interface>) -> Self {
        Self {
            interfaces,
            interrupted: Vec::new(),
        }
    }

    pub(super) fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// Returns the interfaces that were gone or lost an address since the last call.
    pub(super) fn take_interrupted(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.interrupted)
    }

    /// Lists the interfaces again. If the list is not available, nothing changes.
    pub(super) fn refresh(&mut self) -> bool {
        match interfaces() {
            Ok(list) => self.replace(list),
            Err(error) => {
                tracing::debug!(%error, "listing the interfaces failed");
                false
            }
        }
    }

    pub(super) fn replace(&mut self, list: Vec<Interface>) -> bool {
        let changed = !same(&self.interfaces, &list);
        let interrupted = self.interfaces.iter().filter(|known| lost(known, &list));
        let interrupted: Vec<u32> = interrupted.map(|known| known.index).collect();
        interrupted
            .into_iter()
            .for_each(|index| self.interrupt(index));
        self.interfaces = list;
        changed
    }

    fn interrupt(&mut self, index: u32) {
        if !self.interrupted.contains(&index) {
            self.interrupted.push(index);
        }
    }
}

/// Single changes, for systems that report them.
#[cfg(any(target_os = "linux", test))]
impl Known {
    /// Marks all interfaces, because messages about them were lost.
    pub(super) fn shake_all(&mut self) {
        let indexes = self.interfaces.iter().map(|interface| interface.index);
        let indexes: Vec<u32> = indexes.collect();
        indexes.into_iter().for_each(|index| self.interrupt(index));
    }

    /// Processes a report about an interface, without its addresses.
    pub(super) fn link(&mut self, mut news: Interface) -> bool {
        match self
            .interfaces
            .iter_mut()
            .find(|known| known.index == news.index)
        {
            None => {
                let place = self
                    .interfaces
                    .partition_point(|known| known.index < news.index);
                self.interfaces.insert(place, news);
                true
            }
            Some(known) => {
                news.addresses = std::mem::take(&mut known.addresses);
                let changed = *known
                    != Interface {
                        addresses: Vec::new(),
                        ..news.clone()
                    };
                *known = news;
                changed
            }
        }
    }

    /// Processes a report that an interface is gone.
    pub(super) fn link_gone(&mut self, index: u32) -> bool {
        let before = self.interfaces.len();
        self.interfaces.retain(|known| known.index != index);
        let is_news = self.interfaces.len() != before;
        if is_news {
            self.interrupt(index);
        }
        is_news
    }

    /// Processes a report about an address.
    pub(super) fn address(&mut self, index: u32, news: InterfaceAddress) -> bool {
        let Some(interface) = self
            .interfaces
            .iter_mut()
            .find(|known| known.index == index)
        else {
            return false;
        };
        match interface
            .addresses
            .iter_mut()
            .find(|known| same_place(known, &news))
        {
            None => {
                interface.addresses.push(news);
                true
            }
            Some(known) => std::mem::replace(known, news.clone()) != news,
        }
    }

    /// Processes a report that an address is gone.
    pub(super) fn address_gone(&mut self, index: u32, gone: &InterfaceAddress) -> bool {
        let Some(interface) = self
            .interfaces
            .iter_mut()
            .find(|known| known.index == index)
        else {
            return false;
        };
        let before = interface.addresses.len();
        interface.addresses.retain(|known| !same_place(known, gone));
        let is_news = interface.addresses.len() != before;
        if is_news {
            self.interrupt(index);
        }
        is_news
    }
}

/// Returns whether a list lacks an interface, or one of its addresses.
fn lost(known: &Interface, list: &[Interface]) -> bool {
    let new = list.iter().find(|new| new.index == known.index);
    new.is_none_or(|new| {
        let mut addresses = known.addresses.iter();
        !addresses.all(|own| new.addresses.iter().any(|other| same_place(own, other)))
    })
}

/// Compares the address alone: it can exist twice with different prefixes.
fn same_place(known: &InterfaceAddress, news: &InterfaceAddress) -> bool {
    known.ip == news.ip && known.prefix_len == news.prefix_len
}

/// Compares lists, ignoring the order of the addresses of an interface.
fn same(known: &[Interface], list: &[Interface]) -> bool {
    known.len() == list.len()
        && known
            .iter()
            .zip(list)
            .all(|(known, new)| same_interface(known, new))
}

fn same_interface(known: &Interface, new: &Interface) -> bool {
    (&known.name, known.index, known.flags, known.kind, known.mtu)
        == (&new.name, new.index, new.flags, new.kind, new.mtu)
        && known.addresses.len() == new.addresses.len()
        && known
            .addresses
            .iter()
            .all(|address| new.addresses.contains(address))
}

#[cfg(test)]
mod tests;
