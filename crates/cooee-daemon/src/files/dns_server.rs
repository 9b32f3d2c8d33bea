//! Publishes a DNS server, for hosts that look for one on the link.
//!
//! In:  its address.
//! Out: an SRV record of `_domain._udp.local`, and a host `ip-HEX.local` with the address, as from
//!      avahi-daemon.

use std::net::IpAddr;
use std::rc::Rc;

use cooee::{Name, RData, Srv};

use super::publish_name::Notes;
use crate::avahi::check::Record;
use crate::avahi::flags::{PublishFlags, Scope};
use crate::avahi::state::GroupState;
use crate::publish::claim::Owner;
use crate::publish::entry::{Entry, OwnHost};
use crate::publish::group::EntryGroup;
use crate::publish::publisher::Publisher;

/// Publishes a server for ever, or until it cannot be published.
pub(super) async fn publish(publisher: Rc<Publisher>, ip: IpAddr, notes: Notes) {
    let Some((host, records)) = records(ip) else {
        return notes.failed("it has no name");
    };
    let name = host.to_string();
    notes.registering(&name);
    let own_host = OwnHost {
        name: Name::LOCAL,
        requested: Name::LOCAL,
    };
    let mut group = EntryGroup::new(&publisher, Owner::Daemon, usize::MAX);
    let entries = records.into_iter().map(Entry::Record).collect();
    let committed = group.add(entries, &own_host);
    let mut progress = match committed.and_then(|()| group.commit(&own_host)) {
        Ok(progress) => progress,
        Err(error) => return notes.failed(group.refusal().unwrap_or(error.text())),
    };
    while let Some(state) = progress.next().await {
        match state {
            GroupState::Established => notes.established(&name),
            GroupState::Collision => notes.failed("another host uses the name"),
            GroupState::Failure => notes.failed(progress.failure.as_deref().unwrap_or_default()),
            GroupState::Uncommitted | GroupState::Registering => {}
        }
    }
}

/// Returns the name of a server, and its records.
fn records(ip: IpAddr) -> Option<(Name, [Record; 2])> {
    let (prefix, bytes) = match ip {
        IpAddr::V4(ip) => ("ip", ip.octets().to_vec()),
        IpAddr::V6(ip) => ("ip6", ip.octets().to_vec()),
    };
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let label = format!("{prefix}-{hex}");
    let host = Name::from_labels([label.as_bytes(), b"local"]).ok()?;
    let service = Name::from_labels([b"_domain".as_slice(), b"_udp", b"local"]).ok()?;
    let record = |flags, name, data| Record {
        scope: Scope::default(),
        flags,
        name,
        ttl_secs: TTL_SECS,
        data,
    };
    let srv = RData::Srv(Srv {
        priority: 0,
        weight: 0,
        port: PORT,
        target: host.clone(),
    });
    let unique = PublishFlags::UNIQUE.with(PublishFlags::ALLOW_MULTIPLE);
    let records = [
        record(unique, host.clone(), ip.into()),
        record(PublishFlags::NONE, service, srv),
    ];
    Some((host, records))
}

const PORT: u16 = 53;

/// How long others may use the records, in seconds (RFC 6762 section 10).
const TTL_SECS: u32 = 120;

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn the_name_of_a_server_is_its_address_in_hexadecimal() {
        for (ip, host) in [
            ("10.0.0.7", "ip-0a000007.local"),
            ("fd00::7", "ip6-fd000000000000000000000000000007.local"),
        ] {
            let (name, [address, srv]) = records(ip.parse().unwrap()).unwrap();
            assert_eq!(name, host.parse().unwrap());
            assert_eq!(address.name, name);
            assert_eq!(srv.name, "_domain._udp.local".parse().unwrap());
        }
    }
}
