//! What a name stands for: a service type, an instance, a host.
//!
//! In:  the owner of a record, or the name of a question.
//! Out: [`Owner`]. RFC 6763 sections 4.1 (instances), 7.1 (subtypes) and 9 (the list of types).

use cooee_wire::Name;

use crate::dnssd::service_type::{ServiceType, service_types};

/// What a name under `local` stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The list of all service types.
    AllTypes,
    /// A service type, or one of its subtypes.
    Type(ServiceType),
    /// An instance of a service type.
    Instance(ServiceType),
    /// A host.
    Host,
    /// Something that no rule lets through.
    Other,
}

impl Owner {
    pub(super) fn of(name: &Name) -> Self {
        let count = name.label_count();
        if count == HOST_LABELS && is_local(name) {
            return Self::Host;
        }
        if *name == service_types() {
            return Self::AllTypes;
        }
        let above = |levels: usize| {
            let labels = name.labels().skip(levels);
            Name::from_labels(labels)
                .ok()
                .and_then(|name| ServiceType::from_name(&name))
        };
        let is_subtype = |()| name.labels().nth(1).is_some_and(is_sub);
        match count {
            TYPE_LABELS => above(0).map_or(Self::Other, Self::Type),
            INSTANCE_LABELS => above(1).map_or(Self::Other, Self::Instance),
            SUBTYPE_LABELS if is_subtype(()) => above(2).map_or(Self::Other, Self::Type),
            _ => Self::Other,
        }
    }
}

fn is_local(name: &Name) -> bool {
    let last = name.labels().last();
    last.is_some_and(|label| label.eq_ignore_ascii_case(b"local"))
}

fn is_sub(label: &[u8]) -> bool {
    label.eq_ignore_ascii_case(b"_sub")
}

/// `printer.local`.
const HOST_LABELS: usize = 2;
/// `_ipp._tcp.local`.
const TYPE_LABELS: usize = 3;
/// `Printer._ipp._tcp.local`.
const INSTANCE_LABELS: usize = 4;
/// `_color._sub._ipp._tcp.local`.
const SUBTYPE_LABELS: usize = 5;

#[cfg(test)]
mod tests {
    use cooee_wire::Name;

    use super::Owner;
    use crate::dnssd::service_type::ServiceType;

    #[test]
    fn each_form_of_name_is_recognised() {
        let ipp: ServiceType = "_ipp._tcp".parse().expect("a type");
        for (text, owner) in [
            ("_services._dns-sd._udp.local", Owner::AllTypes),
            ("_IPP._tcp.local", Owner::Type(ipp.clone())),
            ("_color._sub._ipp._tcp.local", Owner::Type(ipp.clone())),
            (r"A\.b._ipp._tcp.local", Owner::Instance(ipp.clone())),
            ("_a._ipp._tcp.local", Owner::Instance(ipp)),
            ("printer.LOCAL", Owner::Host),
            ("printer.example", Owner::Other),
            ("a.b.local", Owner::Other),
            ("_ipp._sctp.local", Owner::Other),
            ("x._xub._ipp._tcp.local", Owner::Other),
            ("7.0.99.10.in-addr.arpa", Owner::Other),
            ("local", Owner::Other),
        ] {
            let name: Name = text.parse().expect("a name");
            assert_eq!(Owner::of(&name), owner, "{text}");
        }
    }
}
