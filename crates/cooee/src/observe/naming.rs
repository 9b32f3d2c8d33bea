//! The rules of names that a record breaks.
//!
//! In:  one record of a response.
//! Out: a breach of RFC 6763 sections 4.1.1, 4.1.2 and 7, or of RFC 6335 section 5.1.

use cooee_proto::dnssd::service_type::{ServiceType, ServiceTypeError};
use cooee_wire::{Name, RDataRef, RecordRef, RecordType};

use super::breach::Breach;

/// Returns the first rule that the names of a record break.
pub(super) fn of_record(record: &RecordRef<'_>) -> Option<Breach> {
    let is_of_services = matches!(record.rtype, RecordType::PTR | RecordType::SRV);
    if record.ttl.is_goodbye() || !is_of_services {
        return None;
    }
    let owner = record.name.to_name().ok()?;
    if record.rtype == RecordType::SRV {
        return of_instance(&owner);
    }
    let Ok(RDataRef::Ptr(target)) = record.data() else {
        return None;
    };
    let target = target.to_name().ok()?;
    if begins_with(&owner, [b"_services", b"_dns-sd"]) {
        return of_type(&target);
    }
    of_type(&without_subtype(&owner)).or_else(|| of_instance(&target))
}

/// Checks the name of a service: a label, and the type. Other names pass.
fn of_instance(name: &Name) -> Option<Breach> {
    let service_type = name.parent()?;
    let mut labels = service_type.labels();
    if !labels.next()?.starts_with(b"_") || !labels.next()?.starts_with(b"_") {
        return None;
    }
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
    //# This <Instance> portion of the Service Instance Name is stored
    //# directly in the DNS as a single DNS label of canonical precomposed
    //# UTF-8 [RFC3629] "Net-Unicode" (Unicode Normalization Form C)
    //# [RFC5198] text.
    let label = name.labels().next()?;
    let is_text = std::str::from_utf8(label).is_ok();
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.1
    //# MUST NOT contain ASCII control characters
    if !is_text || label.iter().any(u8::is_ascii_control) {
        return Some(Breach::InstanceText { name: name.clone() });
    }
    of_type(&service_type)
}

/// Checks the name of a type of services. Names that do not begin as one pass.
fn of_type(name: &Name) -> Option<Breach> {
    let mut labels = name.labels();
    let (first, second) = (labels.next()?, labels.next()?);
    if !first.starts_with(b"_") || !second.starts_with(b"_") {
        return None;
    }
    //= https://www.rfc-editor.org/rfc/rfc6763#section-4.1.2
    //# The second label is either "_tcp" (for application
    //# protocols that run over TCP) or "_udp" (for all others).
    let protocols: [&[u8]; 2] = [b"_tcp", b"_udp"];
    if !protocols
        .iter()
        .any(|known| known.eq_ignore_ascii_case(second))
    {
        return Some(Breach::Protocol { name: name.clone() });
    }
    //= https://www.rfc-editor.org/rfc/rfc6335#section-5.1
    //# MUST be at least 1 character and no more than 15 characters long
    match ServiceType::from_name(name)?.check_service_name() {
        Err(ServiceTypeError::ServiceName { rule, .. }) => Some(Breach::ServiceName {
            name: name.clone(),
            rule,
        }),
        Ok(()) | Err(_) => None,
    }
}

/// Returns the type of which a name is a subtype, or the name itself.
fn without_subtype(name: &Name) -> Name {
    let is_subtype = name.labels().nth(1).is_some_and(|label| label == b"_sub");
    let parent = is_subtype.then(|| name.parent()?.parent()).flatten();
    parent.unwrap_or_else(|| name.clone())
}

fn begins_with(name: &Name, labels: [&[u8]; 2]) -> bool {
    let mut first = name.labels();
    labels.iter().all(|label| {
        first
            .next()
            .is_some_and(|it| it.eq_ignore_ascii_case(label))
    })
}
