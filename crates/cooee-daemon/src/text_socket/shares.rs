//! Shares of a limited number of places, so that one user cannot take all of them.
//!
//! In:  who wants a place.
//! Out: a [`TakenPlace`], which is free again when it is dropped; or none.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A limited number of places. Each user but root gets a quarter of them at most.
pub(super) struct Shares {
    places_max: usize,
    taken: Rc<RefCell<BTreeMap<u32, usize>>>,
}

/// A place that is taken.
pub(super) struct TakenPlace {
    user: u32,
    taken: Rc<RefCell<BTreeMap<u32, usize>>>,
}

impl Shares {
    /// Makes so many places.
    pub(super) fn new(places_max: usize) -> Self {
        let taken = Rc::default();
        Self { places_max, taken }
    }

    /// Returns whether there is a place for somebody.
    pub(super) fn has_room(&self) -> bool {
        let taken = self.taken.borrow().values().sum::<usize>();
        taken < self.places_max
    }

    /// Returns a place for a user, if there is one, and the user has not had a share.
    pub(super) fn take(&self, user: u32) -> Option<TakenPlace> {
        if !self.has_room() {
            return None;
        }
        let mut taken = self.taken.borrow_mut();
        let own = taken.get(&user).copied().unwrap_or_default();
        if user != ROOT && own >= self.places_max.div_ceil(PART) {
            return None;
        }
        taken.insert(user, own.saturating_add(1));
        let taken = Rc::clone(&self.taken);
        Some(TakenPlace { user, taken })
    }
}

impl Drop for TakenPlace {
    fn drop(&mut self) {
        let mut taken = self.taken.borrow_mut();
        match taken.get_mut(&self.user) {
            Some(own) if *own > 1 => *own = own.saturating_sub(1),
            Some(_) | None => {
                taken.remove(&self.user);
            }
        }
    }
}

const ROOT: u32 = 0;

/// One user gets one of so many parts.
const PART: usize = 4;

#[cfg(test)]
mod tests {
    use super::{ROOT, Shares, TakenPlace};

    fn take_all(shares: &Shares, user: u32) -> Vec<TakenPlace> {
        std::iter::from_fn(|| shares.take(user)).collect()
    }

    #[test]
    fn a_user_gets_a_quarter_and_root_whatever_is_free() {
        let shares = Shares::new(16);
        let mut first = take_all(&shares, 1000);
        let second = take_all(&shares, 1001);
        let root = take_all(&shares, ROOT);
        assert_eq!((first.len(), second.len(), root.len()), (4, 4, 8));
        assert!(!shares.has_room() && shares.take(1002).is_none());
        drop(first.pop());
        assert!(shares.has_room());
        assert_eq!(take_all(&shares, 1001).len(), 0);
        assert_eq!(take_all(&shares, 1000).len(), 1);
        drop((first, second, root));
        assert!(shares.taken.borrow().is_empty());
    }

    #[test]
    fn one_place_may_be_taken_by_anybody_and_none_by_nobody() {
        assert_eq!(take_all(&Shares::new(1), 1000).len(), 1);
        assert_eq!(take_all(&Shares::new(0), ROOT).len(), 0);
    }
}
