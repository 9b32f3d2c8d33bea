//! The way from the agent's parts to the engine: every query has a role.
//!
//! In:  questions of the agent's parts.
//! Out: queries of the engine; for each of its events, the part that it is for.

use alloc::vec::Vec;

use cooee_wire::{Name, RecordType};

use super::ids::{HostId, RequestId, ServiceId};
use crate::collections::lengthen;
use crate::engine::Engine;
use crate::event::QueryId;
use crate::link::LinkId;
use crate::queries::Types;
use crate::time::Instant;

/// What a query of the engine is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The instances of a browse.
    Instances(RequestId),
    /// The types of an enumeration.
    Types(RequestId),
    /// The records of a plain query.
    Records(RequestId, RecordType),
    /// The names of an address.
    HostNames(RequestId),
    /// The SRV and TXT records of a service.
    Service(ServiceId),
    /// The addresses of a host.
    Host(HostId),
}

/// The engine, and the roles of its queries.
pub(super) struct Querying {
    pub(super) engine: Engine,
    /// By the slot of each query.
    roles: Vec<Option<Role>>,
}

impl Querying {
    pub(super) fn new(engine: Engine) -> Self {
        Self {
            engine,
            roles: Vec::new(),
        }
    }

    pub(super) fn ask(
        &mut self,
        now: Instant,
        name: &Name,
        types: Types,
        link: Option<LinkId>,
        role: Role,
    ) -> QueryId {
        let id = self.engine.start_asking(now, name, types, link);
        let slot = id.slot as usize;
        lengthen(&mut self.roles, slot.saturating_add(1), || None);
        if let Some(entry) = self.roles.get_mut(slot) {
            *entry = Some(role);
        }
        id
    }

    pub(super) fn stop(&mut self, id: QueryId) {
        self.engine.stop_query(id);
        if let Some(entry) = self.roles.get_mut(id.slot as usize) {
            *entry = None;
        }
    }

    /// Returns the role of a query that has not ended.
    pub(super) fn role(&self, id: QueryId) -> Option<Role> {
        self.roles.get(id.slot as usize).copied().flatten()
    }
}
