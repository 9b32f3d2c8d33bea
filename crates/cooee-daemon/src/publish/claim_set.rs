//! The records of one name and type that this host publishes.
//!
//! In:  claims, one by one.
//! Out: whether a new one contradicts them; those with the same data. Neither takes longer the more
//!      there are, as far as clients can bring that about: most names have one record of a type, and
//!      some types have thousands of instances.

use std::collections::HashMap;
use std::rc::Rc;

use cooee::RData;

use super::claim::Claim;
use crate::avahi::flags::PublishFlags;

/// Claims of one name and type.
pub(super) struct ClaimSet {
    claims: Claims,
    /// How many of them are unique.
    unique: usize,
}

enum Claims {
    Few(Vec<Rc<Claim>>),
    /// By their data.
    #[expect(
        clippy::box_collection,
        reason = "there are few such sets, and a map is twice as large as the list of the others"
    )]
    Many(Box<HashMap<RData, Vec<Rc<Claim>>>>),
}

impl ClaimSet {
    pub(super) fn new() -> Self {
        Self {
            // Most have one.
            claims: Claims::Few(Vec::with_capacity(1)),
            unique: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match &self.claims {
            Claims::Few(claims) => claims.is_empty(),
            Claims::Many(by_data) => by_data.is_empty(),
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    pub(super) fn push(&mut self, claim: Rc<Claim>) {
        if is_unique(&claim) {
            self.unique = self.unique.saturating_add(1);
        }
        if let Claims::Few(claims) = &mut self.claims {
            if claims.len() < FEW {
                return claims.push(claim);
            }
            let mut by_data = Box::default();
            for claim in claims.drain(..) {
                push(&mut by_data, claim);
            }
            self.claims = Claims::Many(by_data);
        }
        if let Claims::Many(by_data) = &mut self.claims {
            push(by_data, claim);
        }
    }

    /// Removes a claim. Returns whether it was there.
    pub(super) fn remove(&mut self, claim: &Claim) -> bool {
        let removed = match &mut self.claims {
            Claims::Few(claims) => take(claims, claim),
            Claims::Many(by_data) => match by_data.get_mut(&claim.data) {
                Some(same) => {
                    let removed = take(same, claim);
                    if same.is_empty() {
                        by_data.remove(&claim.data);
                    }
                    removed
                }
                None => false,
            },
        };
        if removed && is_unique(claim) {
            self.unique = self.unique.saturating_sub(1);
        }
        removed
    }

    /// Returns all of them.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = &Claim> + '_> {
        match &self.claims {
            Claims::Few(claims) => Box::new(claims.iter().map(Rc::as_ref)),
            Claims::Many(by_data) => Box::new(by_data.values().flatten().map(Rc::as_ref)),
        }
    }

    /// Returns those with the same data.
    pub(super) fn with_data<'a>(
        &'a self,
        data: &'a RData,
    ) -> Box<dyn Iterator<Item = &'a Claim> + 'a> {
        match &self.claims {
            Claims::Few(claims) => {
                let same = claims.iter().filter(move |known| known.data == *data);
                Box::new(same.map(Rc::as_ref))
            }
            Claims::Many(by_data) => {
                let same = by_data.get(data).into_iter().flatten();
                Box::new(same.map(Rc::as_ref))
            }
        }
    }

    /// Returns whether one of them and a new one cannot both be there. The same record may be
    /// published twice.
    pub(super) fn contradicts(&self, new: &Claim) -> bool {
        if self.unique == 0 && !is_unique(new) {
            return false;
        }
        self.iter().any(|known| {
            (is_unique(known) || is_unique(new))
                && !(is_one_of_many(known) && is_one_of_many(new))
                && meet(known.scope.interface, new.scope.interface)
                && meet(known.scope.protocol, new.scope.protocol)
                && known.data != new.data
        })
    }
}

fn push(by_data: &mut HashMap<RData, Vec<Rc<Claim>>>, claim: Rc<Claim>) {
    let same = by_data.entry(claim.data.clone());
    // Most data are claimed once.
    same.or_insert_with(|| Vec::with_capacity(1)).push(claim);
}

fn take(claims: &mut Vec<Rc<Claim>>, claim: &Claim) -> bool {
    let at = claims.iter().position(|known| **known == *claim);
    at.map(|at| claims.swap_remove(at)).is_some()
}

fn is_unique(claim: &Claim) -> bool {
    claim.flags.has(PublishFlags::UNIQUE)
}

fn is_one_of_many(claim: &Claim) -> bool {
    claim.flags.has(PublishFlags::ALLOW_MULTIPLE)
}

/// Returns whether two limits have something in common.
fn meet<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        (None, _) | (_, None) => true,
    }
}

/// How many are searched one by one.
const FEW: usize = 16;
