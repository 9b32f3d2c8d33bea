//! Names and records of a link, as a zone shows them.
//!
//! In:  names of a zone; records of the link.
//! Out: names of the link; records of the zone, or nothing of records that are of no use there. RFC
//!      8766 section 5.5.

use std::net::IpAddr;
use std::sync::Arc;

use cooee::{Name, RData, RecordType, Srv, Ttl};
use cooee_wire::{Class, Record};

use super::request::NAME_BYTES_MAX;
use super::zone::{Shows, Zone};

impl Zone {
    /// Returns a name of the zone as it is on the link; `None` if it cannot exist there.
    pub(super) fn to_link(&self, name: &Name) -> Option<Name> {
        match self.shows {
            Shows::Local | Shows::Addresses { .. } => Some(name.clone()),
            Shows::Link => {
                let local = Name::LOCAL;
                let labels = self.labels_before(name).chain(local.labels());
                Name::from_labels(labels).ok()
            }
        }
    }

    /// Returns a name of the link as it is in the zone; `None` if it is too long there.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-5.5
    //# Names in Multicast DNS answers that do not end in ".local" do not
    //# require any translation.
    fn name_of_link(&self, name: &Name) -> Option<Name> {
        let domain = match &self.shows {
            Shows::Link => Some(&self.apex),
            Shows::Addresses { hosts } => hosts.as_ref(),
            Shows::Local => None,
        };
        let name = match domain {
            Some(domain) if name.ends_with(&Name::LOCAL) => {
                let count = name.label_count().saturating_sub(1);
                let labels = name.labels().take(count).chain(domain.labels());
                Name::from_labels(labels).ok()?
            }
            Some(_) | None => name.clone(),
        };
        (name.wire_len() <= NAME_BYTES_MAX).then_some(name)
    }

    /// Returns a record of the link as the zone shows it.
    pub(super) fn record(&self, owner: &Name, data: &RData, ttl_secs: u32) -> Option<Record> {
        Some(Record {
            name: self.name_of_link(owner)?,
            class: Class::IN,
            ttl: Ttl(ttl_secs),
            cache_flush: false,
            data: self.data(data)?,
        })
    }

    fn data(&self, data: &RData) -> Option<RData> {
        match data {
            RData::A(ip) => self.is_usable((*ip).into()).then(|| data.clone()),
            RData::Aaaa(ip) => self.is_usable((*ip).into()).then(|| data.clone()),
            RData::Ptr(name) => self.name_of_link(name).map(RData::Ptr),
            RData::Cname(name) => self.name_of_link(name).map(RData::Cname),
            RData::Srv(srv) => Some(RData::Srv(Srv {
                target: self.name_of_link(&srv.target)?,
                ..srv.clone()
            })),
            RData::Txt(_) | RData::Hinfo(_) => Some(data.clone()),
            //= https://www.rfc-editor.org/rfc/rfc8766#section-5.5.3
            //# Multicast DNS NSEC records received on the local link MUST NOT be
            //# forwarded unmodified to a unicast querier
            RData::Nsec(_) => None,
            RData::Opaque { rtype, bytes } => self.opaque(*rtype, bytes),
            // A type of which nothing is known here may hold names.
            _ => None,
        }
    }

    /// Translates the names in data of other types that have any.
    fn opaque(&self, rtype: RecordType, bytes: &Arc<[u8]>) -> Option<RData> {
        let (before, names) = bytes_and_names(rtype);
        let (head, mut rest) = bytes.split_at_checked(before)?;
        let mut translated = head.to_vec();
        for _ in 0..names {
            let (name, tail) = split_name(rest)?;
            translated.extend_from_slice(self.name_of_link(&name)?.as_wire());
            rest = tail;
        }
        translated.extend_from_slice(rest);
        Some(RData::Opaque {
            rtype,
            bytes: translated.into(),
        })
    }

    /// Returns whether those who ask the zone can use an address. A link-local IPv6 address is of no
    /// use to anybody here, because an answer does not name its link.
    //= https://www.rfc-editor.org/rfc/rfc8766#section-5.5.2
    //# For a Discovery Proxy that is serving only clients outside the
    //# local link, DNS A and AAAA records for IPv4 link-local addresses
    //# [RFC3927] and IPv6 link-local addresses [RFC4862] SHOULD be
    //# suppressed.
    fn is_usable(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => self.shows == Shows::Local || !ip.is_link_local(),
            IpAddr::V6(ip) => !ip.is_unicast_link_local(),
        }
    }
}

/// Returns how many bytes stand before the names in data of a type, and how many names there are.
fn bytes_and_names(rtype: RecordType) -> (usize, usize) {
    match rtype {
        RecordType::DNAME
        | RecordType::NS
        | RecordType::MD
        | RecordType::MF
        | RecordType::MB
        | RecordType::MG
        | RecordType::MR => (0, 1),
        RecordType::MX
        | RecordType::AFSDB
        | RecordType::RT
        | RecordType::KX
        | RecordType::SVCB
        | RecordType::HTTPS => (2, 1),
        RecordType::RP | RecordType::MINFO => (0, 2),
        RecordType::PX => (2, 2),
        _ => (0, 0),
    }
}

/// Splits data after the uncompressed name with which it begins.
fn split_name(bytes: &[u8]) -> Option<(Name, &[u8])> {
    let mut position = 0_usize;
    loop {
        let len = usize::from(*bytes.get(position)?);
        position = position.checked_add(len)?.checked_add(1)?;
        if len == 0 {
            break;
        }
    }
    let (name, tail) = bytes.split_at_checked(position)?;
    Some((Name::from_wire(name).ok()?, tail))
}

#[cfg(test)]
mod tests;
