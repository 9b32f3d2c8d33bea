//! Which names several hosts share, judged by the names alone.
//!
//! In:  a name.
//! Out: whether DNS-SD lets any number of hosts have records there. RFC 6762 section 10.2 (the
//!      cache-flush bit); RFC 6763 sections 4, 7.1, 9 and 11.

use cooee_wire::Name;

/// Returns whether a name is a service type, a subtype, or one under which types and domains are
/// listed.
//= https://www.rfc-editor.org/rfc/rfc6762#section-10.2
//# The cache-flush bit MUST NOT ever be set in any shared resource
//# record.  To do so would cause all the other shared versions of this
//# resource record with different rdata from different responders to be
//# immediately deleted from all the caches on the network.
pub(super) fn is_shared(name: &Name) -> bool {
    let mut labels = name.labels();
    let [first, second, third, fourth] = [(); 4].map(|()| labels.next().unwrap_or_default());
    is_type(first, second)
        || (is(second, b"_sub") && is_type(third, fourth))
        || (is(second, b"_dns-sd") && is(third, b"_udp"))
}

fn is_type(service: &[u8], protocol: &[u8]) -> bool {
    service.starts_with(b"_") && (is(protocol, b"_tcp") || is(protocol, b"_udp"))
}

fn is(label: &[u8], wanted: &[u8]) -> bool {
    label.eq_ignore_ascii_case(wanted)
}

#[cfg(test)]
mod tests {
    use super::is_shared;

    #[test]
    fn types_subtypes_and_the_lists_of_dns_sd_are_shared_and_nothing_else() {
        let shared = [
            "_http._tcp.local",
            "_SLEEP-proxy._UDP.local",
            "_colour._sub._printer._tcp.local",
            "plain._SUB._printer._tcp.local",
            "_services._dns-sd._udp.local",
            "b._dns-sd._udp.local",
            "_http._tcp.example.com",
        ];
        let unique = [
            "local",
            "host.local",
            "_tcp.local",
            "desk._http._tcp.local",
            "_desk._http._tcp.local",
            "_sub._http._tcp.local",
            "plain._sub.local",
            "http._tcp.local",
            "1.0.0.10.in-addr.arpa",
        ];
        for name in shared {
            assert!(is_shared(&name.parse().unwrap()), "{name}");
        }
        for name in unique {
            assert!(!is_shared(&name.parse().unwrap()), "{name}");
        }
    }
}
