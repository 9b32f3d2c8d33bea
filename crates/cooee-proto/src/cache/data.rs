//! The data of a cached record, in which names are those of the table: the instance in a PTR record
//! and the owner of its SRV and TXT records are one name, and so are the host in SRV records and
//! the owner of its addresses.
//!
//! In:  data of a received record.
//! Out: the same data, to compare with and to give out.

use alloc::boxed::Box;
use core::net::{Ipv4Addr, Ipv6Addr};

use cooee_wire::{DecodeError, NameRef, RData, RDataRef, RecordType, Srv, TxtData};

use crate::names::{NameId, Names};

/// The data of a cached record.
pub(super) enum Data {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Ptr(NameId),
    Srv(Target),
    Txt(TxtData),
    /// Any other, or data with a name that the table spells in another way.
    Other(Box<RData>),
}

/// The data of an SRV record.
pub(super) struct Target {
    priority: u16,
    weight: u16,
    port: u16,
    host: NameId,
}

impl Data {
    /// Stores received data.
    ///
    /// # Errors
    ///
    /// Returns an error if a name in it is malformed; no name is held then.
    pub(super) fn store(data: &RDataRef<'_>, names: &mut Names) -> Result<Self, DecodeError> {
        let stored = match data {
            RDataRef::A(ip) => Some(Self::A(*ip)),
            RDataRef::Aaaa(ip) => Some(Self::Aaaa(*ip)),
            RDataRef::Ptr(name) => names.mention(name)?.map(Self::Ptr),
            RDataRef::Srv(srv) => names.mention(&srv.target)?.map(|host| {
                Self::Srv(Target {
                    priority: srv.priority,
                    weight: srv.weight,
                    port: srv.port,
                    host,
                })
            }),
            RDataRef::Cname(_)
            | RDataRef::Txt(_)
            | RDataRef::Nsec(_)
            | RDataRef::Hinfo(_)
            | RDataRef::Opaque { .. } => None,
            _ => None,
        };
        if let Some(stored) = stored {
            return Ok(stored);
        }
        let data = data.to_owned()?;
        if let RData::Txt(txt) = data {
            return Ok(Self::Txt(txt));
        }
        Ok(Self::Other(Box::new(data)))
    }

    /// Lets go of the names in it.
    pub(super) fn release(self, names: &mut Names) {
        match self {
            Self::Ptr(name) | Self::Srv(Target { host: name, .. }) => names.forget(name),
            Self::A(_) | Self::Aaaa(_) | Self::Txt(_) | Self::Other(_) => {}
        }
    }

    /// Returns the type of record that holds it.
    pub(super) fn rtype(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::AAAA,
            Self::Ptr(_) => RecordType::PTR,
            Self::Srv(_) => RecordType::SRV,
            Self::Txt(_) => RecordType::TXT,
            Self::Other(data) => data.rtype(),
        }
    }

    /// Returns it in its form for others.
    pub(super) fn to_rdata(&self, names: &Names) -> RData {
        match self {
            Self::A(ip) => RData::A(*ip),
            Self::Aaaa(ip) => RData::Aaaa(*ip),
            Self::Ptr(name) => RData::Ptr(names.name(*name).clone()),
            Self::Srv(target) => RData::Srv(Srv {
                priority: target.priority,
                weight: target.weight,
                port: target.port,
                target: names.name(target.host).clone(),
            }),
            Self::Txt(txt) => RData::Txt(txt.clone()),
            Self::Other(data) => (**data).clone(),
        }
    }

    /// Returns whether received data is the same.
    pub(super) fn matches(&self, received: &RDataRef<'_>, names: &Names) -> bool {
        let is = |name: &NameRef<'_>, id: NameId| name.matches(names.name(id));
        match (self, received) {
            (Self::Ptr(name), RDataRef::Ptr(received)) => is(received, *name),
            (Self::Srv(target), RDataRef::Srv(received)) => {
                (target.priority, target.weight, target.port)
                    == (received.priority, received.weight, received.port)
                    && is(&received.target, target.host)
            }
            (Self::A(ip), RDataRef::A(received)) => ip == received,
            (Self::Aaaa(ip), RDataRef::Aaaa(received)) => ip == received,
            (Self::Txt(txt), RDataRef::Txt(received)) => txt.as_bytes() == *received,
            (Self::Other(data), received) => received.matches(data),
            (Self::A(_) | Self::Aaaa(_) | Self::Ptr(_) | Self::Srv(_) | Self::Txt(_), _) => false,
        }
    }

    /// Returns a part of a hash of it.
    pub(super) fn hash(&self, key: u64, names: &Names) -> u32 {
        short(self.to_rdata(names).fold_hash(key))
    }

    /// Returns its length on the wire, without compression.
    pub(super) fn wire_len(&self, names: &Names) -> usize {
        self.to_rdata(names).wire_len()
    }
}

/// Returns the part of the hash of data by which a record is found; a look-up also compares the
/// data.
pub(super) fn short(hash: u64) -> u32 {
    (hash >> 32) as u32
}
