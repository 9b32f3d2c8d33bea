//! Which records a user can publish.
//!
//! In:  a record of any type.
//! Out: why it cannot be published, if it cannot. RFC 6762 section 3; RFC 6763 section 8.

use core::fmt;
use core::net::IpAddr;

use cooee_wire::{Name, RData, RecordType};

use crate::address::Unreachable;
use crate::registrations::RecordSet;

/// Why a record cannot be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Its name does not end in `.local`, `.in-addr.arpa` or `.ip6.arpa`, or has no other label.
    NotLocal,
    /// It is an SRV record without a host, as which every host could take it for its own.
    NoHost,
    /// Its type is an option or a kind of question, and never data.
    PseudoType {
        /// The type.
        rtype: RecordType,
    },
    /// Its address is not that of a host.
    Address {
        /// The address.
        ip: IpAddr,
        /// What is wrong with it.
        reason: Unreachable,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotLocal => {
                f.write_str("it does not end in `.local`, `.in-addr.arpa` or `.ip6.arpa`")
            }
            Self::NoHost => {
                f.write_str("its SRV record names no host; the host must have a name under `local`")
            }
            Self::PseudoType { rtype } => {
                write!(
                    f,
                    "`{rtype}` is not a type of data, but an option or a question"
                )
            }
            Self::Address { ip, reason } => {
                write!(f, "`{ip}` is not the address of a host: {reason}")
            }
        }
    }
}

impl core::error::Error for RecordError {}

/// Checks that a record can be published on its own.
///
/// # Errors
///
/// Returns an error if its name is neither under `local` nor that of an address, if its address is not that of a host, if its
/// type is never data (`OPT`, `ANY`), or if it is an SRV record without a host.
///
/// ```
/// use cooee_proto::dnssd::{RecordError, check_record};
/// use cooee_proto::wire::RData;
///
/// let address = RData::A([10, 0, 0, 9].into());
/// assert_eq!(check_record(&"nas.local".parse()?, &address), Ok(()));
/// assert_eq!(check_record(&"nas.example".parse()?, &address), Err(RecordError::NotLocal));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn check_record(name: &Name, data: &RData) -> Result<(), RecordError> {
    let is_local = name.label_count() >= 2 && name.ends_with(&Name::LOCAL);
    if !is_local && !is_reverse(name) {
        return Err(RecordError::NotLocal);
    }
    let rtype = data.rtype();
    if rtype.is_pseudo() {
        return Err(RecordError::PseudoType { rtype });
    }
    //= https://www.rfc-editor.org/rfc/rfc6763#section-8
    //# Note: When used with Multicast DNS [RFC6762], the target host field
    //# of the placeholder SRV record MUST NOT be the empty root label.
    match data {
        RData::Srv(srv) if srv.target.is_root() => Err(RecordError::NoHost),
        RData::A(ip) => check_address((*ip).into()),
        RData::Aaaa(ip) => check_address((*ip).into()),
        RData::Ptr(_)
        | RData::Cname(_)
        | RData::Srv(_)
        | RData::Txt(_)
        | RData::Hinfo(_)
        | RData::Nsec(_)
        | RData::Opaque { .. } => Ok(()),
        _ => Ok(()),
    }
}

/// Checks records that are published together.
pub(in crate::dnssd) fn check_set(set: &RecordSet) -> Result<(), RecordError> {
    set.records
        .iter()
        .try_for_each(|record| match check_record(&record.name, &record.data) {
            Err(RecordError::Address { reason, .. }) if set.any_address && reason.is_harmless() => {
                Ok(())
            }
            checked => checked,
        })
}

/// Returns whether a name is one under which an address is asked for, as hosts publish it with their
/// addresses.
fn is_reverse(name: &Name) -> bool {
    let labels = name.label_count();
    let mut last = name.labels().skip(labels.saturating_sub(2));
    let (Some(zone), Some(top)) = (last.next(), last.next()) else {
        return false;
    };
    let is_zone =
        |zone: &[u8]| zone.eq_ignore_ascii_case(b"in-addr") || zone.eq_ignore_ascii_case(b"ip6");
    labels > 2 && is_zone(zone) && top.eq_ignore_ascii_case(b"arpa")
}

fn check_address(ip: IpAddr) -> Result<(), RecordError> {
    match Unreachable::of(ip) {
        Some(reason) => Err(RecordError::Address { ip, reason }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use cooee_wire::{Name, RData, RecordType, Srv};

    use super::{RecordError, check_record};

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    //= https://www.rfc-editor.org/rfc/rfc6763#section-8
    //= type=test
    //# Note: When used with Multicast DNS [RFC6762], the target host field
    //# of the placeholder SRV record MUST NOT be the empty root label.
    #[test]
    fn a_placeholder_names_a_host() {
        let placeholder = |target: &str| {
            RData::Srv(Srv {
                priority: 0,
                weight: 0,
                port: 0,
                target: name(target),
            })
        };
        let owner = name("web._printer._tcp.local");
        let check = |target| check_record(&owner, &placeholder(target));
        assert_eq!(check("desk.local"), Ok(()));
        assert_eq!(check("."), Err(RecordError::NoHost));
        for outside in ["web.example", "local"] {
            let checked = check_record(&name(outside), &placeholder("desk.local"));
            assert_eq!(checked, Err(RecordError::NotLocal));
        }
    }

    #[test]
    fn the_name_of_an_address_can_have_records_and_other_names_outside_local_cannot() {
        let check = |owner| check_record(&name(owner), &RData::Ptr(name("desk.local")));
        assert_eq!(check("9.0.0.10.in-addr.arpa"), Ok(()));
        assert_eq!(check("8.b.d.0.1.0.0.2.IP6.ARPA"), Ok(()));
        for outside in ["in-addr.arpa", "x.arpa", "a.b.arpa", "arpa.local.example"] {
            assert_eq!(check(outside), Err(RecordError::NotLocal), "{outside}");
        }
    }

    #[test]
    fn a_record_is_not_published_with_an_address_that_leads_nowhere() {
        let check = |ip: &str| {
            let data = RData::A(ip.parse().expect("an address"));
            check_record(&name("desk.local"), &data)
        };
        assert_eq!(check("10.0.0.9"), Ok(()));
        for nowhere in ["127.0.0.1", "192.0.2.1"] {
            assert!(matches!(check(nowhere), Err(RecordError::Address { .. })));
        }
    }

    #[test]
    fn a_record_is_not_published_with_a_type_that_is_never_data() {
        let check = |rtype| {
            let bytes = [1].as_slice().into();
            check_record(&name("desk.local"), &RData::Opaque { rtype, bytes })
        };
        assert_eq!(check(RecordType(65_280)), Ok(()));
        for rtype in [0, 41, 249, 250, 251, 252, 253, 254, 255].map(RecordType) {
            assert_eq!(check(rtype), Err(RecordError::PseudoType { rtype }));
        }
    }
}
