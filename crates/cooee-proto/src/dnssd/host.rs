//! Host look-ups: the addresses behind a host name, on one link or on all.
//!
//! In:  A and AAAA records that appear and disappear.
//! Out: the current addresses of a host, and who needs to know of a change. RFC 6762 sections 3
//!      (host names) and 6.1 (a host without addresses of one family).

use core::net::IpAddr;

use cooee_wire::{Name, RecordType};
use slab::Slab;

use super::address::{admit, arrange};
use super::asker::{Querying, Role};
use super::event::HostState;
use super::host_users::{HostUser, HostUsers};
use super::ids::HostId;
use super::name_map::NameIndex;
use super::service::LinkedAddress;
use crate::collections::insert;
use crate::engine::Engine;
use crate::event::{AnswerChange, Event, QueryId, Removal};
use crate::link::LinkId;
use crate::ordered::OrderedMap;
use crate::queries::Types;
use crate::time::Instant;

/// Which families of addresses to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressFamilies {
    /// IPv4: A records.
    pub v4: bool,
    /// IPv6: AAAA records.
    pub v6: bool,
}

impl AddressFamilies {
    /// IPv4 and IPv6.
    pub const BOTH: Self = Self { v4: true, v6: true };

    /// Returns the types of their records; `None` for no family.
    fn types(self) -> Option<Types> {
        match (self.v4, self.v6) {
            (true, true) => Some(Types::ADDRESSES),
            (true, false) => Some(Types::one(RecordType::A)),
            (false, true) => Some(Types::one(RecordType::AAAA)),
            (false, false) => None,
        }
    }
}

impl Default for AddressFamilies {
    fn default() -> Self {
        Self::BOTH
    }
}

/// All hosts that are looked up; equal look-ups are merged.
pub(super) struct HostLookups {
    hosts: Slab<Host>,
    by_name: NameIndex,
    /// Hosts whose users hear of a change later, and why an address was last removed.
    waiting: OrderedMap<HostId, Option<Removal>>,
}

struct Host {
    /// As its owner spells it, once it has shown an address.
    name: Name,
    is_spelled: bool,
    /// Whether it has an address.
    has_address: bool,
    /// Whether the host itself says that it has no IPv4 address.
    v4_denied: bool,
    /// Whether the host itself says that it has no IPv6 address.
    v6_denied: bool,
    families: AddressFamilies,
    link: Option<LinkId>,
    /// The cache holds the answers.
    query: Option<QueryId>,
    users: HostUsers,
}

impl HostLookups {
    pub(super) fn new(key: u64) -> Self {
        Self {
            hosts: Slab::new(),
            by_name: NameIndex::new(key),
            waiting: OrderedMap::default(),
        }
    }

    /// Looks up a host for one more user.
    pub(super) fn acquire(
        &mut self,
        now: Instant,
        asker: &mut Querying,
        name: &Name,
        (link, families): (Option<LinkId>, AddressFamilies),
        user: HostUser,
    ) -> HostId {
        let same = |id: &u32| {
            let host = self.hosts.get(*id as usize);
            host.is_some_and(|host| {
                host.link == link && host.families == families && host.name == *name
            })
        };
        let known = self.by_name.candidates(name).find(same).map(HostId);
        let id = known.unwrap_or_else(|| self.start(now, asker, name, (link, families)));
        if let Some(host) = self.hosts.get_mut(id.0 as usize) {
            host.users.add(user);
        }
        id
    }

    /// Removes a user; the last one ends the look-up.
    pub(super) fn release(&mut self, asker: &mut Querying, id: HostId, user: HostUser) {
        let Some(host) = self.hosts.get_mut(id.0 as usize) else {
            return;
        };
        host.users.remove(user);
        if !host.users.is_empty() {
            return;
        }
        self.waiting.remove(id);
        let host = self.hosts.remove(id.0 as usize);
        if let Some(query) = host.query {
            asker.stop(query);
        }
        self.by_name.remove(&host.name, id.0);
    }

    /// Handles an address that appeared or disappeared. Returns whether its users need to know.
    pub(super) fn on_event(&mut self, id: HostId, event: &Event, engine: &Engine) -> bool {
        let Some(host) = self.hosts.get_mut(id.0 as usize) else {
            return false;
        };
        match &event.change {
            AnswerChange::Added(answer) => {
                let Some(ip) = answer.data.ip() else {
                    return false;
                };
                let is_first = !core::mem::replace(&mut host.has_address, true);
                if is_first && answer.name == host.name {
                    host.name = answer.name.clone();
                    host.is_spelled = true;
                }
                host.admit(ip);
            }
            AnswerChange::Removed(answer, _) => {
                if answer.data.ip().is_none() {
                    return false;
                }
                host.has_address = host.addresses(engine).next().is_some();
            }
            AnswerChange::Denied => host.deny(event.rtype),
            AnswerChange::AlsoHeard(_) | AnswerChange::Unanswered => return false,
        }
        true
    }

    /// Returns the state of a host in its form for users. It may have several names, and has no
    /// address of a family if none of them has one.
    pub(super) fn offered(&self, ids: &[HostId], engine: &Engine) -> HostState {
        let mut offered: Option<HostState> = None;
        for host in ids.iter().filter_map(|id| self.hosts.get(id.0 as usize)) {
            let joint = offered.get_or_insert_with(|| HostState {
                v4_denied: host.v4_denied,
                v6_denied: host.v6_denied,
                ..HostState::default()
            });
            joint.v4_denied &= host.v4_denied;
            joint.v6_denied &= host.v6_denied;
            admit(&mut joint.addresses, host.addresses(engine), engine);
        }
        let mut offered = offered.unwrap_or_default();
        arrange(&mut offered.addresses, engine);
        offered
    }

    /// Returns the name of a host as its owner spells it. It may have several names.
    pub(super) fn spelling(&self, ids: &[HostId]) -> Option<Name> {
        let mut hosts = ids.iter().filter_map(|id| self.hosts.get(id.0 as usize));
        let spelled = hosts.find(|host| host.is_spelled);
        spelled.map(|host| host.name.clone())
    }

    /// Returns the addresses of a host that were received.
    pub(super) fn addresses<'a>(
        &'a self,
        id: HostId,
        engine: &'a Engine,
    ) -> impl Iterator<Item = LinkedAddress> + 'a {
        let host = self.hosts.get(id.0 as usize);
        host.into_iter().flat_map(|host| host.addresses(engine))
    }

    /// Returns who needs to know about a host.
    pub(super) fn users(&self, id: HostId) -> &[HostUser] {
        self.hosts
            .get(id.0 as usize)
            .map_or(&[], |host| host.users.as_slice())
    }

    /// Tells the users of a host later.
    pub(super) fn postpone(&mut self, id: HostId, why: Option<Removal>) {
        let known = self.waiting.or_default(id);
        *known = why.or(*known);
    }

    /// Returns whether users of a host hear of a change later.
    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes a host whose users hear of a change now.
    pub(super) fn take_waiting(&mut self) -> Option<(HostId, Option<Removal>)> {
        self.waiting.pop_first()
    }

    /// Returns the host's name and the link on which it is looked up.
    pub(super) fn name(&self, id: HostId) -> Option<&Name> {
        self.hosts.get(id.0 as usize).map(|host| &host.name)
    }

    fn start(
        &mut self,
        now: Instant,
        asker: &mut Querying,
        name: &Name,
        (link, families): (Option<LinkId>, AddressFamilies),
    ) -> HostId {
        let host = Host {
            name: name.clone(),
            is_spelled: false,
            has_address: false,
            v4_denied: false,
            v6_denied: false,
            families,
            link,
            query: None,
            users: HostUsers::default(),
        };
        let id = HostId(insert(&mut self.hosts, host));
        let hosts = &self.hosts;
        self.by_name.insert(name, id.0, |other| {
            hosts.get(other as usize).map(|host| &host.name)
        });
        let query = families
            .types()
            .map(|types| asker.ask(now, name, types, link, Role::Host(id)));
        if let Some(host) = self.hosts.get_mut(id.0 as usize) {
            host.query = query;
        }
        id
    }
}

impl Host {
    fn addresses<'a>(&self, engine: &'a Engine) -> impl Iterator<Item = LinkedAddress> + use<'a> {
        let answers = self.query.map(|query| engine.answers(query));
        let answers = answers.into_iter().flatten();
        answers.filter_map(|(link, data)| {
            let ip = data.ip()?;
            Some(LinkedAddress { ip, link })
        })
    }

    fn admit(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(_) => self.v4_denied = false,
            IpAddr::V6(_) => self.v6_denied = false,
        }
    }

    fn deny(&mut self, rtype: RecordType) {
        self.v4_denied |= rtype == RecordType::A;
        self.v6_denied |= rtype == RecordType::AAAA;
    }
}
