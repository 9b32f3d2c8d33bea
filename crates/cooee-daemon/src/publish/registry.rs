//! What is published on this host, and by whom.
//!
//! In:  the records of each entry, when it is added to a group and when it is taken out.
//! Out: whether a record contradicts another one of this host; whether what was heard is our own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use cooee::{Name, RData, RecordType};

use super::claim::{Claim, Owner};
use super::claim_set::ClaimSet;
use crate::avahi::error::ErrorCode;
use crate::avahi::flags::ResultFlags;

/// Every record that is published on this host.
#[derive(Default)]
pub(crate) struct Registry {
    claims: HashMap<(Name, u16), ClaimSet>,
    /// How much each owner has.
    holdings: HashMap<Owner, Holding>,
}

/// How much an owner has published, or is about to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Holding {
    records: usize,
    /// Their names and data on the wire.
    bytes: usize,
}

impl Holding {
    fn of(claims: &[Rc<Claim>]) -> Self {
        let mut data = Vec::new();
        let names: usize = claims.iter().map(|claim| claim.name.wire_len()).sum();
        claims
            .iter()
            .for_each(|claim| claim.data.write_uncompressed(&mut data));
        Self {
            records: claims.len(),
            bytes: names.saturating_add(data.len()),
        }
    }

    fn plus(self, more: Self) -> Self {
        Self {
            records: self.records.saturating_add(more.records),
            bytes: self.bytes.saturating_add(more.bytes),
        }
    }

    fn minus(self, less: Self) -> Self {
        Self {
            records: self.records.saturating_sub(less.records),
            bytes: self.bytes.saturating_sub(less.bytes),
        }
    }
}

/// The records of an entry, which are in the registry until this is dropped.
pub(crate) struct Held {
    registry: Rc<RefCell<Registry>>,
    claims: Vec<Rc<Claim>>,
}

impl Held {
    /// Adds the records of an entry, all or none.
    ///
    /// # Errors
    ///
    /// Returns `Collision` if one of them is unique, and this host publishes another one of its name
    /// and type, with other data; `TooManyEntries` if a client would have too much.
    pub(crate) fn new(
        registry: &Rc<RefCell<Registry>>,
        claims: Vec<Rc<Claim>>,
    ) -> Result<Self, ErrorCode> {
        registry.borrow_mut().add(&claims)?;
        let registry = Rc::clone(registry);
        Ok(Self { registry, claims })
    }

    /// Checks that the owner may have other records in the place of the present ones.
    ///
    /// # Errors
    ///
    /// Returns `TooManyEntries` if a client would have too much.
    pub(crate) fn check_replacement(&self, claims: &[Rc<Claim>]) -> Result<(), ErrorCode> {
        let registry = self.registry.borrow();
        registry.check_room(&self.claims, claims)
    }

    /// Has other records in the place of the present ones, whatever they contradict.
    pub(crate) fn replace(&mut self, claims: Vec<Rc<Claim>>) {
        let mut registry = self.registry.borrow_mut();
        registry.remove(&self.claims);
        registry.insert(&claims);
        self.claims = claims;
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.registry.borrow_mut().remove(&self.claims);
    }
}

impl Registry {
    fn add(&mut self, claims: &[Rc<Claim>]) -> Result<(), ErrorCode> {
        self.check_room(&[], claims)?;
        if claims.iter().any(|claim| self.contradicts(claim)) {
            return Err(ErrorCode::Collision);
        }
        self.insert(claims);
        Ok(())
    }

    /// Checks that an owner may have some records, if it gives others up.
    fn check_room(&self, old: &[Rc<Claim>], new: &[Rc<Claim>]) -> Result<(), ErrorCode> {
        let Some(owner) = new.first().map(|claim| claim.owner) else {
            return Ok(());
        };
        let held = self.holdings.get(&owner).copied().unwrap_or_default();
        let held = held.minus(Holding::of(old)).plus(Holding::of(new));
        let is_too_much = held.records > CLIENT_RECORDS_MAX || held.bytes > CLIENT_BYTES_MAX;
        match owner != Owner::Daemon && is_too_much {
            true => Err(ErrorCode::TooManyEntries),
            false => Ok(()),
        }
    }

    fn insert(&mut self, claims: &[Rc<Claim>]) {
        for claim in claims {
            let known = self.claims.entry(key(claim)).or_insert_with(ClaimSet::new);
            known.push(Rc::clone(claim));
            let holding = self.holdings.entry(claim.owner).or_default();
            *holding = holding.plus(Holding::of(std::slice::from_ref(claim)));
        }
    }

    /// Adds records one by one, until one contradicts another.
    fn add_each(&mut self, claims: &[Rc<Claim>]) -> Result<(), ErrorCode> {
        claims.chunks(1).try_for_each(|claim| self.add(claim))
    }

    fn remove(&mut self, claims: &[Rc<Claim>]) {
        for claim in claims {
            let Some(known) = self.claims.get_mut(&key(claim)) else {
                continue;
            };
            if !known.remove(claim) {
                continue;
            }
            if known.is_empty() {
                self.claims.remove(&key(claim));
            }
            if let Some(holding) = self.holdings.get_mut(&claim.owner) {
                *holding = holding.minus(Holding::of(std::slice::from_ref(claim)));
                if *holding == Holding::default() {
                    self.holdings.remove(&claim.owner);
                }
            }
        }
    }

    /// Returns the flags of a record that was heard: whether this host publishes it, and whether
    /// this client does.
    pub(crate) fn flags(&self, name: &Name, data: &RData, client: u32) -> ResultFlags {
        let known = self.claims.get(&(name.clone(), data.rtype().0));
        let same = known.map(|known| known.with_data(data));
        flags_of(same.into_iter().flatten(), client)
    }

    /// Returns the same flags of a service: whether this host publishes it and offers it itself, and
    /// whether this client publishes it.
    pub(crate) fn service_flags(
        &self,
        name: &Name,
        client: u32,
        is_here: impl Fn(&Name) -> bool,
    ) -> ResultFlags {
        let known = self.claims.get(&(name.clone(), RecordType::SRV.0));
        let claims = || known.into_iter().flat_map(ClaimSet::iter);
        let flags = flags_of(claims(), client);
        let offers = |claim: &Claim| matches!(&claim.data, RData::Srv(srv) if is_here(&srv.target));
        match claims().any(offers) {
            true => flags,
            false => flags.without(ResultFlags::LOCAL),
        }
    }

    /// Returns how many records are published.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.claims.values().map(ClaimSet::len).sum()
    }

    fn contradicts(&self, new: &Claim) -> bool {
        let known = self.claims.get(&key(new));
        known.is_some_and(|known| known.contradicts(new))
    }
}

fn flags_of<'a>(claims: impl Iterator<Item = &'a Claim>, client: u32) -> ResultFlags {
    claims.fold(ResultFlags::NONE, |flags, claim| {
        let flags = flags.with(ResultFlags::LOCAL);
        match claim.owner == Owner::Client(client) {
            true => flags.with(ResultFlags::OUR_OWN),
            false => flags,
        }
    })
}

/// Returns whether some records contradict each other.
pub(crate) fn contradict(claims: &[Rc<Claim>]) -> bool {
    Registry::default().add_each(claims).is_err()
}

fn key(claim: &Claim) -> (Name, u16) {
    (claim.name.clone(), claim.data.rtype().0)
}

/// How many records a client may publish: some 20,000 services.
const CLIENT_RECORDS_MAX: usize = 65_536;

/// How many bytes their names and data may have together.
const CLIENT_BYTES_MAX: usize = 16 * 1_024 * 1_024;

#[cfg(test)]
mod tests {
    use super::{Claim, Owner, Rc, Registry};
    use crate::avahi::error::ErrorCode;
    use crate::avahi::flags::{PublishFlags, ResultFlags, Scope};
    use cooee::{Name, RData};

    fn record(name: &str, last: u8, flags: PublishFlags, interface: Option<u32>) -> Claim {
        Claim {
            owner: Owner::Client(1),
            scope: Scope {
                interface,
                protocol: None,
            },
            flags,
            name: name.parse().unwrap(),
            data: RData::A([10, 0, 0, last].into()),
        }
    }

    fn claim(name: &str, last: u8, flags: PublishFlags, interface: Option<u32>) -> Rc<Claim> {
        Rc::new(record(name, last, flags, interface))
    }

    #[test]
    fn a_unique_record_contradicts_others_of_its_name_on_the_same_interface_but_not_itself() {
        let unique = PublishFlags::UNIQUE;
        let multiple = unique.with(PublishFlags::ALLOW_MULTIPLE);
        let shared = PublishFlags::NONE;
        let cases = [
            ((unique, None), (unique, None), true),
            ((unique, None), (shared, None), true),
            ((shared, None), (shared, None), false),
            ((multiple, None), (multiple, None), false),
            ((multiple, None), (unique, None), true),
            ((unique, Some(2)), (unique, Some(3)), false),
            ((unique, Some(2)), (unique, None), true),
        ];
        for ((first, on), (second, other), collides) in cases {
            let mut registry = Registry::default();
            registry.add(&[claim("a.local", 1, first, on)]).unwrap();
            let same = registry.add(&[claim("a.local", 1, second, other)]);
            assert_eq!(same, Ok(()), "{first:?} {second:?}");
            registry.remove(&[claim("a.local", 1, second, other)]);
            let added = registry.add(&[claim("A.local", 2, second, other)]);
            let wanted = if collides {
                Err(ErrorCode::Collision)
            } else {
                Ok(())
            };
            assert_eq!(added, wanted, "{first:?} {second:?}");
        }
    }

    #[test]
    fn an_entry_is_added_whole_or_not_at_all_and_nothing_of_it_stays_behind() {
        let mut registry = Registry::default();
        let first = [claim("a.local", 1, PublishFlags::UNIQUE, None)];
        registry.add(&first).unwrap();
        let other = claim("b.local", 1, PublishFlags::UNIQUE, None);
        let against = claim("a.local", 2, PublishFlags::UNIQUE, None);
        assert!(registry.add(&[other, against]).is_err());
        assert_eq!(registry.len(), 1);
        registry.remove(&first);
        assert_eq!(registry.len(), 0);
    }

    #[test]
    fn what_was_heard_is_local_if_it_is_published_here_and_our_own_if_the_client_did_it() {
        let mut registry = Registry::default();
        let ours = claim("a.local", 1, PublishFlags::UNIQUE, None);
        registry.add(std::slice::from_ref(&ours)).unwrap();
        let local = ResultFlags::LOCAL;
        let own = local.with(ResultFlags::OUR_OWN);
        assert_eq!(registry.flags(&ours.name, &ours.data, 1), own);
        assert_eq!(registry.flags(&ours.name, &ours.data, 2), local);
        let other = RData::A([10, 0, 0, 2].into());
        assert_eq!(registry.flags(&ours.name, &other, 1), ResultFlags::NONE);
    }

    #[test]
    fn a_service_is_local_if_this_host_publishes_it_and_offers_it_itself() {
        let mut registry = Registry::default();
        let service = Rc::new(Claim {
            data: RData::Srv(cooee::Srv {
                priority: 0,
                weight: 0,
                port: 80,
                target: "here.local".parse().unwrap(),
            }),
            ..record("Web._http._tcp.local", 1, PublishFlags::UNIQUE, None)
        });
        registry.add(std::slice::from_ref(&service)).unwrap();
        let own = ResultFlags::LOCAL.with(ResultFlags::OUR_OWN);
        let on = |host: &str| {
            let host: Name = host.parse().unwrap();
            move |target: &Name| *target == host
        };
        let flags = |client, host| registry.service_flags(&service.name, client, on(host));
        assert_eq!(flags(1, "here.local"), own);
        assert_eq!(flags(2, "here.local"), ResultFlags::LOCAL);
        assert_eq!(flags(1, "box.local"), ResultFlags::OUR_OWN);
        assert_eq!(flags(2, "box.local"), ResultFlags::NONE);
        let other = claim("Other._http._tcp.local", 1, PublishFlags::NONE, None);
        registry.add(std::slice::from_ref(&other)).unwrap();
        let flags = registry.service_flags(&other.name, 1, on("here.local"));
        assert_eq!(flags, ResultFlags::NONE);
    }

    #[test]
    fn thousands_of_records_of_one_name_are_found_by_their_data_and_taken_out_again() {
        let mut registry = Registry::default();
        let numbered = |number: u32| Claim {
            data: RData::A(number.into()),
            ..record("a.local", 0, PublishFlags::NONE, Some(number % 3))
        };
        let all: Vec<Rc<Claim>> = (0..20_000).map(numbered).map(Rc::new).collect();
        for claim in &all {
            registry.add(std::slice::from_ref(claim)).unwrap();
        }
        let local = ResultFlags::LOCAL;
        assert_eq!(registry.flags(&all[7].name, &all[7].data, 2), local);
        let unique = claim("a.local", 1, PublishFlags::UNIQUE, None);
        let refused = registry.add(std::slice::from_ref(&unique));
        assert_eq!(refused, Err(ErrorCode::Collision));
        registry.remove(&all);
        assert_eq!((registry.len(), registry.holdings.len()), (0, 0));
        registry.add(std::slice::from_ref(&unique)).unwrap();
    }

    #[test]
    fn a_client_has_a_limit_of_records_and_of_bytes_and_the_daemon_has_none() {
        let large = |number: u32| Claim {
            data: RData::parse(cooee::RecordType(999), &[0; 60_000]).unwrap(),
            ..record(&format!("a{number}.local"), 0, PublishFlags::NONE, None)
        };
        let mut registry = Registry::default();
        let added = (0..1_000).take_while(|number| registry.add(&[large(*number).into()]).is_ok());
        let added = added.count();
        assert!((270..280).contains(&added), "{added}");
        let other = |owner| Claim {
            owner,
            ..large(2_000)
        };
        assert!(registry.add(&[other(Owner::Client(2)).into()]).is_ok());
        assert!(registry.add(&[other(Owner::Client(1)).into()]).is_err());
        let daemon: Vec<Rc<Claim>> = (0..300).map(|_| Rc::new(other(Owner::Daemon))).collect();
        assert!(registry.add(&daemon).is_ok());
        registry.remove(&[large(0), large(1)].map(Rc::new));
        assert!(registry.add(&[other(Owner::Client(1)).into()]).is_ok());
    }
}
