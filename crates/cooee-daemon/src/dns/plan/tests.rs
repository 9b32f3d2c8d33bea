//! Questions, and what becomes of them before anything is asked.

use cooee::{Name, RData, RecordType};
use cooee_wire::Class;

use super::super::links::{Link, Links};
use super::super::reply::Content;
use super::super::scope::Scope;
use super::{Plan, plan};
use crate::config::{DnsServer, LinkZone};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn settings() -> DnsServer {
    let zone = |zone: &str, interface: &str| LinkZone {
        name: name(zone),
        interface: interface.to_owned(),
        servers: vec![name("proxy.example"), name("other.example")],
        contact: name("admin.example"),
    };
    DnsServer {
        zones: vec![zone("eth0.example", "eth0"), zone("gone.example", "gone")],
        ..DnsServer::default()
    }
}

fn links() -> Links {
    let link = |index, name: &str, network: &str| Link {
        index,
        name: name.to_owned(),
        networks: vec![network.parse().unwrap(), "fe80::/64".parse().unwrap()],
    };
    Links {
        used: vec![
            link(2, "eth0", "10.1.2.3/24"),
            link(3, "eth1", "10.9.0.1/20"),
        ],
        ..Links::default()
    }
}

/// Returns what becomes of a question, as text.
fn becomes(asked: &str, rtype: RecordType) -> String {
    match plan(&settings(), &links(), (&name(asked), rtype, Class::IN)) {
        Plan::Ask(question) => {
            let scope = match question.zone.scope {
                Scope::All => "all".to_owned(),
                Scope::One(index) => index.to_string(),
                Scope::None => "none".to_owned(),
            };
            format!("ask {} on {scope}", question.name)
        }
        Plan::Answer(Content::Found {
            answers: records, ..
        }) => {
            let data = records.iter().map(|record| {
                let RData::Ptr(domain) = &record.data else {
                    return record.data.rtype().to_string();
                };
                domain.to_string()
            });
            data.collect::<Vec<_>>().join(" ")
        }
        Plan::Answer(Content::Empty(soa)) => format!("nothing in {}", soa.name),
        Plan::Answer(other) => format!("{other:?}"),
    }
}

#[test]
fn other_domains_classes_and_transfers_are_refused() {
    for other in [
        ".",
        "example",
        "example.com",
        "www.example.com",
        "1.2.0.192.in-addr.arpa",
        "arpa",
    ] {
        assert_eq!(becomes(other, RecordType::A), "Refused", "{other}");
    }
    assert_eq!(becomes("eth0.example", RecordType::AXFR), "Refused");
    for number in [0, 41, 249, 250, 251, 253, 254] {
        assert_eq!(becomes("a.local", RecordType(number)), "Refused");
    }
    let chaos = plan(
        &settings(),
        &links(),
        (&name("a.local"), RecordType::A, Class(3)),
    );
    assert_eq!(chaos, Plan::Answer(Content::Refused));
}

#[test]
fn nobody_says_that_a_name_does_not_exist_as_long_as_there_is_no_link() {
    let asked = (&name("a.local"), RecordType::A, Class::IN);
    let answer = plan(&settings(), &Links::default(), asked);
    assert_eq!(answer, Plan::Answer(Content::Failed));
}

#[test]
fn local_is_asked_on_all_links_and_a_zone_on_its_own() {
    assert_eq!(becomes("Box.Local", RecordType::A), "ask Box.Local on all");
    assert_eq!(
        becomes("Box.eth0.example", RecordType::A),
        "ask Box.local on 2"
    );
    assert_eq!(becomes("box.gone.example", RecordType::A), "Failed");
    let mut settings = settings();
    settings.serves_local = false;
    let refused = plan(
        &settings,
        &links(),
        (&name("a.local"), RecordType::A, Class::IN),
    );
    assert_eq!(refused, Plan::Answer(Content::Refused));
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-6.3
//= type=test
//# for any query for the zone apex name of a zone delegated to a
//# Discovery Proxy, the Discovery Proxy MUST generate the appropriate
//# immediate answers as described above
//= https://www.rfc-editor.org/rfc/rfc8766#section-6.3
//= type=test
//# for any query for any name below the zone apex, for RRTYPEs SOA,
//# NS, or DS, the Discovery Proxy MUST generate an immediate negative
//# answer.
#[test]
fn the_zone_itself_and_its_delegation_are_answered_at_once() {
    let apex = "ETH0.example";
    assert_eq!(becomes(apex, RecordType::SOA), "SOA");
    assert_eq!(becomes(apex, RecordType::NS), "NS NS");
    assert_eq!(becomes(apex, RecordType::ANY), "SOA NS NS");
    assert_eq!(becomes(apex, RecordType::A), "nothing in eth0.example");
    assert_eq!(becomes("local", RecordType::SOA), "SOA");
    for rtype in [
        RecordType::SOA,
        RecordType::NS,
        RecordType::DS,
        RecordType::DNSKEY,
    ] {
        assert_eq!(becomes("a.eth0.example", rtype), "nothing in eth0.example");
        assert_eq!(
            becomes("gone.gone.example", rtype),
            "nothing in gone.example"
        );
        assert_eq!(becomes("a.local", rtype), "nothing in local");
    }
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-6.1
//= type=test
//# The SERIAL field MUST be zero.
#[test]
fn the_soa_record_has_the_recommended_numbers() {
    let asked = (&name("eth0.example"), RecordType::SOA, Class::IN);
    let Plan::Answer(Content::Found {
        answers: records, ..
    }) = plan(&settings(), &links(), asked)
    else {
        panic!("no answer");
    };
    let RData::Opaque { bytes, .. } = &records[0].data else {
        panic!("{:?}", records[0]);
    };
    let names = [name("proxy.example"), name("admin.example")];
    let numbers = [0_u32, 7_200, 3_600, 86_400, 10].map(u32::to_be_bytes);
    let expected = [names[0].as_wire(), names[1].as_wire(), &numbers.concat()].concat();
    assert_eq!(**bytes, *expected);
    assert_eq!(records[0].ttl.as_secs(), 10);
}

//= https://www.rfc-editor.org/rfc/rfc8766#section-6.4
//= type=test
//# If it does not implement Long-Lived Queries, it MUST return an
//# immediate negative answer for those queries
#[test]
fn services_of_the_zone_itself_are_denied_at_once_but_like_names_below_are_asked() {
    let services = [
        ("_dns-llq", "_udp"),
        ("_dns-llq", "_tcp"),
        ("_dns-llq-tls", "_tcp"),
        ("_dns-push-tls", "_tcp"),
        ("_dns-update", "_udp"),
        ("_DNS-Update", "_tcp"),
        ("_dns-update-tls", "_tcp"),
    ];
    for (service, protocol) in services {
        let asked = format!("{service}.{protocol}.eth0.example");
        assert_eq!(becomes(&asked, RecordType::SRV), "nothing in eth0.example");
        let below = format!("x.{asked}");
        let expected = format!("ask x.{service}.{protocol}.local on 2");
        assert_eq!(becomes(&below, RecordType::SRV), expected);
    }
}

#[test]
fn the_zone_is_the_domain_to_browse_and_nobody_registers() {
    for label in ["b", "db", "lb", "LB"] {
        let asked = |domain: &str| format!("{label}._dns-sd._udp.{domain}");
        let of = |domain: &str| becomes(&asked(domain), RecordType::PTR);
        assert_eq!(of("eth0.example"), "eth0.example");
        assert_eq!(of("local"), "local");
        assert_eq!(of("0.2.1.10.in-addr.arpa"), "eth0.example");
        assert_eq!(of("0.0.9.10.in-addr.arpa"), "local");
        let other = becomes(&asked("eth0.example"), RecordType::TXT);
        assert_eq!(other, "nothing in eth0.example");
    }
    for label in ["r", "dr"] {
        let asked = format!("{label}._dns-sd._udp.eth0.example");
        assert_eq!(becomes(&asked, RecordType::PTR), "nothing in eth0.example");
    }
    let types = becomes("_services._dns-sd._udp.eth0.example", RecordType::PTR);
    assert_eq!(types, "ask _services._dns-sd._udp.local on 2");
}

/// A resolver that tells each server no more of a name than it needs asks for addresses of the
/// names above (RFC 9156 section 2.1).
#[test]
fn names_of_services_have_no_addresses() {
    for name in ["_tcp", "_http._tcp", "Web._http._tcp", "_", "_x.sub"] {
        for domain in ["eth0.example", "local"] {
            let asked = format!("{name}.{domain}");
            for rtype in [RecordType::A, RecordType::AAAA] {
                assert_eq!(becomes(&asked, rtype), format!("nothing in {domain}"));
            }
            assert!(
                becomes(&asked, RecordType::TXT).starts_with("ask "),
                "{asked}"
            );
        }
    }
    assert_eq!(becomes("a_b.local", RecordType::A), "ask a_b.local on all");
    let address = "9.2.1.10.in-addr.arpa";
    assert_eq!(
        becomes(address, RecordType::A),
        "nothing in 2.1.10.in-addr.arpa"
    );
}

#[test]
fn addresses_are_asked_on_the_link_that_has_their_network() {
    let of = |asked: &str| becomes(asked, RecordType::PTR);
    assert_eq!(
        of("9.2.1.10.in-addr.arpa"),
        "ask 9.2.1.10.in-addr.arpa on 2"
    );
    assert_eq!(
        of("9.15.9.10.in-addr.arpa"),
        "ask 9.15.9.10.in-addr.arpa on 3"
    );
    assert_eq!(of("9.16.9.10.in-addr.arpa"), "Refused");
    let v6 = crate::avahi::reverse::reverse_name("fe80::7".parse().unwrap()).unwrap();
    assert_eq!(of(&v6.to_string()), format!("ask {v6} on 2"));
    // The domain of the network, a name within it, and one above it.
    assert_eq!(becomes("2.1.10.in-addr.arpa", RecordType::SOA), "SOA");
    assert_eq!(
        of("x.9.2.1.10.in-addr.arpa"),
        "nothing in 2.1.10.in-addr.arpa"
    );
    assert_eq!(becomes("15.9.10.in-addr.arpa", RecordType::NS), "NS");
    assert_eq!(becomes("9.10.in-addr.arpa", RecordType::SOA), "Refused");
    let mut settings = settings();
    settings.serves_reverse = false;
    let asked = name("9.2.1.10.in-addr.arpa");
    let refused = plan(&settings, &links(), (&asked, RecordType::PTR, Class::IN));
    assert_eq!(refused, Plan::Answer(Content::Refused));
}
