//! What to do with a question.
//!
//! In:  the settings, the links in use, a question.
//! Out: its answer if nothing needs to be asked, or what to ask on which links. RFC 8766 section 6,
//!      RFC 6763 section 11.

use cooee::{Name, RData, RecordType, Ttl};
use cooee_wire::{Class, Record};

use super::links::Links;
use super::reply::Content;
use super::reverse::ReverseName;
use super::zone::{Shows, Zone, find};
use crate::config::DnsServer;

/// What to do with a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Give this answer.
    Answer(Content),
    /// Ask the links.
    Ask(LinkQuestion),
}

/// What to ask on the links, and for which zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LinkQuestion {
    pub(super) zone: Zone,
    /// The name on the link.
    pub(super) name: Name,
    pub(super) rtype: RecordType,
}

/// Returns what to do with a question.
pub(super) fn plan(
    settings: &DnsServer,
    links: &Links,
    (name, rtype, class): (&Name, RecordType, Class),
) -> Plan {
    // Types that no record has: transfers, transactions, options.
    let is_of_no_record = rtype.is_pseudo() && rtype != RecordType::ANY;
    if class != Class::IN || is_of_no_record {
        return Plan::Answer(Content::Refused);
    }
    let Some(zone) = find(settings, links, name) else {
        return Plan::Answer(Content::Refused);
    };
    let ttl_secs = settings.ttl_secs_max;
    if let Some(records) = administrative(&zone, name, rtype, ttl_secs) {
        return Plan::Answer(match records.as_slice() {
            [] => Content::Empty(zone.soa(ttl_secs)),
            [_, ..] => Content::Found {
                answers: records,
                additional: Vec::new(),
            },
        });
    }
    let Some(on_link) = zone.to_link(name) else {
        return Plan::Answer(Content::Empty(zone.soa(ttl_secs)));
    };
    if links.expected(zone.scope).is_empty() {
        return Plan::Answer(Content::Failed);
    }
    Plan::Ask(LinkQuestion {
        zone,
        name: on_link,
        rtype,
    })
}

/// Returns the records of questions about the zone itself; `None` for all others.
fn administrative(
    zone: &Zone,
    name: &Name,
    rtype: RecordType,
    ttl_secs: u32,
) -> Option<Vec<Record>> {
    if *name == zone.apex {
        return Some(at_apex(zone, rtype, ttl_secs));
    }
    //= https://www.rfc-editor.org/rfc/rfc8766#section-6.3
    //# for any query for any name below the zone apex, for RRTYPEs SOA,
    //# NS, or DS, the Discovery Proxy MUST generate an immediate negative
    //# answer.
    if NEVER_ON_A_LINK.contains(&rtype) {
        return Some(Vec::new());
    }
    let labels: Vec<&[u8]> = match &zone.shows {
        Shows::Local | Shows::Link => zone.labels_before(name).collect(),
        //= https://www.rfc-editor.org/rfc/rfc8766#section-6.5
        //# a Discovery Proxy
        //# configured with delegated reverse mapping subdomains is responsible
        //# for generating immediate (positive or negative) answers for address-
        //# based unicast Domain Enumeration queries
        Shows::Addresses { .. } => match ReverseName::read(name) {
            Some(reverse) if reverse.is_address() && may_name_a_host(rtype) => return None,
            Some(reverse) => name.labels().take(reverse.labels_before).collect(),
            None => Vec::new(),
        },
    };
    if let Some(service) = enumeration(&labels) {
        let is_browsed = rtype == RecordType::PTR && BROWSED.iter().any(|label| is(service, label));
        let domains = is_browsed.then(|| browsing_domain(zone, name, ttl_secs));
        return Some(domains.into_iter().collect());
    }
    let is_metadata = METADATA.iter().any(|(service, protocol)| {
        matches!(*labels, [first, second] if is(first, service) && is(second, protocol))
    });
    let is_host = !labels.iter().any(|label| label.starts_with(b"_"));
    if matches!(rtype, RecordType::A | RecordType::AAAA) && !is_host {
        return Some(Vec::new());
    }
    (is_metadata || zone.shows_addresses()).then(Vec::new)
}

fn at_apex(zone: &Zone, rtype: RecordType, ttl_secs: u32) -> Vec<Record> {
    let wants = |wanted| rtype == wanted || rtype == RecordType::ANY;
    let mut records = Vec::new();
    if wants(RecordType::SOA) {
        records.push(zone.soa(ttl_secs));
    }
    if wants(RecordType::NS) {
        records.extend(zone.name_servers(ttl_secs));
    }
    records
}

/// Returns the first label of a question for domains to browse or to register in.
fn enumeration<'l>(labels: &[&'l [u8]]) -> Option<&'l [u8]> {
    match *labels {
        [first, dns_sd, udp] if is(dns_sd, "_dns-sd") && is(udp, "_udp") => ENUMERATED
            .iter()
            .any(|label| is(first, label))
            .then_some(first),
        _ => None,
    }
}

/// Names the domain in which to browse: the zone itself, or the one that shows the names of the link.
fn browsing_domain(zone: &Zone, owner: &Name, ttl_secs: u32) -> Record {
    let domain = match &zone.shows {
        Shows::Local | Shows::Link => zone.apex.clone(),
        Shows::Addresses { hosts } => hosts.clone().unwrap_or(Name::LOCAL),
    };
    Record {
        name: owner.clone(),
        class: Class::IN,
        ttl: Ttl(ttl_secs),
        cache_flush: false,
        data: RData::Ptr(domain),
    }
}

/// Returns whether the name of an address may have records of a type.
fn may_name_a_host(rtype: RecordType) -> bool {
    matches!(rtype, RecordType::PTR | RecordType::CNAME | RecordType::ANY)
}

fn is(label: &[u8], wanted: &str) -> bool {
    label.eq_ignore_ascii_case(wanted.as_bytes())
}

/// Types that no name below the zone's own has: the first three by RFC 8766 section 6.3, the others
/// because nothing is signed.
const NEVER_ON_A_LINK: [RecordType; 7] = [
    RecordType::SOA,
    RecordType::NS,
    RecordType::DS,
    RecordType::DNSKEY,
    RecordType::RRSIG,
    RecordType::NSEC,
    RecordType(50),
];

/// Questions for domains: to browse, to browse by default, to browse without being asked, to register
/// in, to register in by default (RFC 6763 section 11).
const ENUMERATED: [&str; 5] = ["b", "db", "lb", "r", "dr"];

/// Those of them to which there is an answer: nobody registers anything here.
const BROWSED: [&str; 3] = ["b", "db", "lb"];

//= https://www.rfc-editor.org/rfc/rfc8766#section-6.4
//# A Discovery Proxy MUST return an immediate negative answer for
//# "_dns-update._udp.<zone> SRV" queries, "_dns-update._tcp.<zone> SRV"
//# queries, and "_dns-update-tls._tcp.<zone> SRV" queries, since using
//# DNS Update [RFC2136] to change zones generated dynamically from local
//# Multicast DNS data is not possible.
//= https://www.rfc-editor.org/rfc/rfc8766#section-6.4
//# If it does not implement Long-Lived Queries, it MUST return an
//# immediate negative answer for those queries, instead of passing those
//# queries through to the local network as Multicast DNS queries and
//# then waiting unsuccessfully for answers that will not be forthcoming.
//= https://www.rfc-editor.org/rfc/rfc8766#section-6.4
//# Otherwise, it MUST return an immediate negative answer for
//# those queries.
const METADATA: [(&str, &str); 7] = [
    ("_dns-llq", "_udp"),
    ("_dns-llq", "_tcp"),
    ("_dns-llq-tls", "_tcp"),
    ("_dns-push-tls", "_tcp"),
    ("_dns-update", "_udp"),
    ("_dns-update", "_tcp"),
    ("_dns-update-tls", "_tcp"),
];

#[cfg(test)]
mod tests;
