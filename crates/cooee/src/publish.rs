//! Publishing: services, hosts, aliases and single records.
//!
//! In:  a [`Registration`]; or a name, with addresses or data.
//! Out: a guard, [`Registered`] or [`RegisteredName`]: what it publishes is claimed, announced,
//!      defended, and withdrawn when it is dropped. RFC 6763 sections 4 to 7; RFC 6762 sections 8 to
//!      10.

use cooee_proto::dnssd::ExtraRecord;
use cooee_wire::{RData, Ttl};

mod attributes;
mod guard;
mod host;
mod name;
mod record;
mod registered;
mod rename;
mod service;
mod status;
mod unregister;

pub use attributes::IntoTxt;
pub use host::RegisterHost;
pub use name::RegisteredName;
pub use record::{RegisterRecord, UpdateRecords};
pub use registered::{Registered, Update};
pub use service::{Register, Registration};
pub use status::StatusStream;
pub use unregister::Unregister;

/// Returns records with the TTL with which they are published.
fn extra(records: Vec<RData>, ttl: Ttl) -> Vec<ExtraRecord> {
    let records = records.into_iter();
    records.map(|data| ExtraRecord { data, ttl }).collect()
}

#[cfg(test)]
mod tests;
