//! Names as devices use them: what is found can be asked for, and is one when it is one.

use alloc::string::ToString;

use super::*;

/// A name of labels that need not be text.
fn labels(labels: &[&[u8]]) -> Name {
    Name::from_labels(labels.iter().copied()).unwrap()
}

fn pointer(owner: &str, target: Name) -> (Name, bool, RData) {
    (name(owner), false, RData::Ptr(target))
}

const META: &str = "_services._dns-sd._udp.local";

//= https://www.rfc-editor.org/rfc/rfc6763#section-9
//= type=test
//# Including the domain in the PTR rdata allows
//# for slightly better name compression in Unicast DNS responses, but
//# only the first two labels are relevant for the purposes of service
//# type enumeration.
#[test]
fn a_type_listed_without_its_domain_is_found_once_and_lost_with_its_last_spelling() {
    let mut agent = agent_on(&[LAN, WIFI]);
    agent.browse_types(Instant::ZERO, None);
    let whole = [pointer(META, name("_http._tcp.local"))];
    let bare = [pointer(META, name("_HTTP._tcp"))];
    hear(&mut agent, at_ms(100), LAN, &response(4_500, &bare));
    hear(&mut agent, at_ms(200), LAN, &response(4_500, &whole));
    hear(&mut agent, at_ms(300), WIFI, &response(4_500, &bare));
    assert_eq!(told(&mut agent), ["type _HTTP._tcp"]);
    hear(&mut agent, at_ms(400), LAN, &response(0, &whole));
    hear(&mut agent, at_ms(500), LAN, &response(0, &bare));
    run(&mut agent, at_ms(3_000));
    assert!(told(&mut agent).is_empty());
    hear(&mut agent, at_ms(4_000), WIFI, &response(0, &bare));
    run(&mut agent, at_ms(6_000));
    assert_eq!(told(&mut agent), ["no type _HTTP._tcp"]);
}

#[test]
fn a_type_that_breaks_the_rules_for_service_names_is_found_browsed_and_resolved() {
    for label in [
        &b"_dyson_mqtt"[..],
        b"_123",
        b"_sixteen-letters-and-more",
        b"_a.b\x1b\xc8",
    ] {
        let mut agent = agent_on(&[LAN]);
        agent.browse_types(Instant::ZERO, None);
        let type_name = labels(&[label, b"_tcp", b"local"]);
        let listed = [pointer(META, type_name.clone())];
        hear(&mut agent, at_ms(100), LAN, &response(4_500, &listed));
        let service_type = ServiceType::from_name(&type_name).unwrap();
        assert_eq!(told(&mut agent), [alloc::format!("type {service_type}")]);
        let again = service_type.to_string().parse().unwrap();
        let options = BrowseOptions {
            resolve: true,
            ..BrowseOptions::default()
        };
        agent.browse(at_ms(200), &again, options);
        let instance = type_name.prepend(b"web").unwrap();
        let host = name("host.local");
        let srv = Srv {
            priority: 0,
            weight: 0,
            port: 80,
            target: host.clone(),
        };
        let all = [
            (type_name, false, RData::Ptr(instance.clone())),
            (instance.clone(), true, RData::Srv(srv)),
            (instance, true, RData::Txt(TxtData::default())),
            (host, true, RData::A(Ipv4Addr::new(10, 0, 0, 9))),
        ];
        hear(&mut agent, at_ms(300), LAN, &response(120, &all));
        assert_eq!(told(&mut agent), ["found web", "added web x1"]);
    }
}
