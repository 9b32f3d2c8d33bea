//! The names by which the parts of DNS-SD speak of requests, services and hosts.

use crate::ordered::keys;

/// A request to the agent, which runs until it is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(crate) u64);

/// A service that is being resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ServiceId(pub(super) u32);

/// A host whose addresses somebody needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HostId(pub(super) u32);

keys! {
    RequestId: u64 RequestId, |id| id.0;
    ServiceId: u32 ServiceId, |id| id.0;
    HostId: u32 HostId, |id| id.0;
}
