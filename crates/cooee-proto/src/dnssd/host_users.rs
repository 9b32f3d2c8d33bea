//! Who needs the addresses of a host: nearly always one, sometimes thousands of services.
//!
//! In:  users that come and go.
//! Out: all of them, in a slice; each comes and goes in constant time.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::ids::{RequestId, ServiceId};
use crate::collections::IdMap;

/// A user of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum HostUser {
    Service(ServiceId),
    Lookup(RequestId),
}

/// The users of a host. Every host has this, so it is small.
#[derive(Default)]
pub(super) enum HostUsers {
    #[default]
    None,
    One(HostUser),
    Many(Box<ManyUsers>),
}

/// A list of users, where in it each of them is, and how often it was added.
#[derive(Default)]
pub(super) struct ManyUsers {
    list: Vec<HostUser>,
    places: IdMap<HostUser, (usize, usize)>,
}

impl HostUsers {
    pub(super) fn as_slice(&self) -> &[HostUser] {
        match self {
            Self::None => &[],
            Self::One(user) => core::slice::from_ref(user),
            Self::Many(many) => &many.list,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.as_slice().is_empty()
    }

    /// Adds a user. One that is added twice has to be removed twice.
    pub(super) fn add(&mut self, user: HostUser) {
        *self = match core::mem::take(self) {
            Self::None => Self::One(user),
            Self::One(first) => {
                let mut many = Box::<ManyUsers>::default();
                many.add(first);
                many.add(user);
                Self::Many(many)
            }
            Self::Many(mut many) => {
                many.add(user);
                Self::Many(many)
            }
        };
    }

    /// Removes a user.
    pub(super) fn remove(&mut self, user: HostUser) {
        match self {
            Self::One(one) if *one == user => *self = Self::None,
            Self::Many(many) => {
                many.remove(user);
                if let Some(only) = many.only() {
                    *self = Self::One(only);
                }
            }
            Self::None | Self::One(_) => {}
        }
    }
}

impl ManyUsers {
    fn add(&mut self, user: HostUser) {
        let (_, times) = self.places.entry(user).or_insert_with(|| {
            self.list.push(user);
            (self.list.len().saturating_sub(1), 0)
        });
        *times = times.saturating_add(1);
    }

    fn remove(&mut self, user: HostUser) {
        let Some((place, times)) = self.places.get_mut(&user) else {
            return;
        };
        *times = times.saturating_sub(1);
        if *times > 0 {
            return;
        }
        let place = *place;
        self.places.remove(&user);
        self.list.swap_remove(place);
        let moved = self.list.get(place);
        if let Some((moved_to, _)) = moved.and_then(|moved| self.places.get_mut(moved)) {
            *moved_to = place;
        }
        // Thousands of services may have gone to another host.
        if self.list.len() < self.list.capacity() / SHRINK_PART {
            self.list.shrink_to_fit();
            self.places.shrink_to_fit();
        }
    }

    /// Returns the user, if there is one and it was added once.
    fn only(&self) -> Option<HostUser> {
        let [user] = self.list[..] else { return None };
        let (_, times) = self.places.get(&user)?;
        (*times == 1).then_some(user)
    }
}

/// A list that fills less than this part of its room gives back the rest.
const SHRINK_PART: usize = 4;

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::ids::ServiceId;
    use super::{HostUser, HostUsers};

    #[test]
    fn users_that_go_in_any_order_leave_exactly_the_others() {
        let user = |n| HostUser::Service(ServiceId(n));
        let mut users = HostUsers::default();
        for n in 0..100 {
            users.add(user(n));
        }
        for n in (0..100).step_by(3).chain((1..100).step_by(3)) {
            users.remove(user(n));
            users.remove(user(n));
            assert!(!users.as_slice().contains(&user(n)));
        }
        let mut left = users.as_slice().to_vec();
        left.sort_by_key(|user| match user {
            HostUser::Service(id) => id.0,
            HostUser::Lookup(_) => 0,
        });
        assert_eq!(left, (2..100).step_by(3).map(user).collect::<Vec<_>>());
        let [last, rest @ ..] = &left[..] else {
            panic!("nobody is left")
        };
        for user in rest {
            users.remove(*user);
        }
        assert!(matches!(users, HostUsers::One(one) if one == *last));
        users.remove(*last);
        assert!(users.is_empty());
    }

    #[test]
    fn a_user_that_was_added_twice_stays_until_it_is_removed_twice() {
        let user = HostUser::Service(ServiceId(1));
        let mut users = HostUsers::default();
        users.add(user);
        users.add(user);
        users.remove(user);
        assert_eq!(users.as_slice(), [user]);
        users.remove(user);
        assert!(users.is_empty());
    }
}
