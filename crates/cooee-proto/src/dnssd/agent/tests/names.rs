//! Names as devices use them: what is found can be asked for, and equal names are one instance.

use alloc::string::ToString;

use super::*;

/// Returns a name of labels that need not be text.
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
    assert_eq!(reported(&mut agent), ["type _HTTP._tcp"]);
    hear(&mut agent, at_ms(400), LAN, &response(0, &whole));
    hear(&mut agent, at_ms(500), LAN, &response(0, &bare));
    run(&mut agent, at_ms(3_000));
    assert!(reported(&mut agent).is_empty());
    hear(&mut agent, at_ms(4_000), WIFI, &response(0, &bare));
    run(&mut agent, at_ms(6_000));
    assert_eq!(reported(&mut agent), ["no type _HTTP._tcp"]);
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
        assert_eq!(
            reported(&mut agent),
            [alloc::format!("type {service_type}")]
        );
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
        assert_eq!(reported(&mut agent), ["found web", "added web x1"]);
    }
}

/// Returns the records of an instance of `_http._tcp` on a host.
fn service(label: &[u8], host: Name) -> Vec<(Name, bool, RData)> {
    let instance = labels(&[label, b"_http", b"_tcp", b"local"]);
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: host.clone(),
    };
    let mut records = vec![
        pointer("_http._tcp.local", instance.clone()),
        (instance.clone(), true, RData::Srv(srv)),
        (instance, true, RData::Txt(TxtData::default())),
    ];
    if !host.is_root() {
        records.push((host, true, RData::A(Ipv4Addr::new(10, 0, 0, 9))));
    }
    records
}

#[test]
fn instances_that_differ_in_bytes_that_are_no_text_are_two() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    for label in [&b"caf\xc8x"[..], b"caf\xc9x"] {
        let records = service(label, name("host.local"));
        hear(&mut agent, at_ms(100), LAN, &response(120, &records));
    }
    let reported = reported(&mut agent);
    assert_eq!(reported.len(), 4, "{reported:?}");
}

#[test]
fn one_name_in_different_case_is_one_instance_told_as_its_owner_first_spelled_it() {
    let mut agent = agent_on(&[LAN, WIFI]);
    let http = "_http._tcp".parse().unwrap();
    let asked = InstanceName::to_ask_for("desk", &http).unwrap();
    agent.resolve(Instant::ZERO, &asked, None);
    let records = service(b"Desk", name("host.local"));
    hear(&mut agent, at_ms(100), LAN, &response(120, &records));
    assert_eq!(reported(&mut agent), ["added Desk x1"]);
    browse(&mut agent, at_ms(200));
    assert_eq!(reported(&mut agent), ["found Desk", "added Desk x1"]);
    let records = service(b"DESK", name("host.local"));
    hear(&mut agent, at_ms(300), WIFI, &response(120, &records));
    assert!(reported(&mut agent).is_empty());
    let pointers = [records[0].clone()];
    for link in [LAN, WIFI] {
        hear(&mut agent, at_ms(400), link, &response(0, &pointers));
    }
    run(&mut agent, at_ms(3_000));
    let news = reported(&mut agent);
    assert!(news.contains(&"lost Desk Goodbye".into()), "{news:?}");
    assert!(news.contains(&"removed Desk Goodbye".into()), "{news:?}");
}

#[test]
fn a_host_and_a_record_have_the_spelling_of_their_owner_and_not_of_the_question() {
    let mut agent = agent_on(&[LAN]);
    let asked = name("bOX.local");
    agent.lookup_host(Instant::ZERO, &asked, AddressFamilies::BOTH, None);
    let query = Query {
        name: asked,
        rtype: RecordType::A,
        link: None,
    };
    agent.query(Instant::ZERO, query);
    let address = RData::A(Ipv4Addr::new(10, 0, 0, 9));
    let records = [(name("Box.local"), true, address)];
    hear(&mut agent, at_ms(100), LAN, &response(120, &records));
    let mut told = Vec::new();
    while let Some(event) = agent.poll_event() {
        match event.news {
            News::Discovery(DiscoveryEvent::Host(host)) => told.extend(host.name),
            News::Discovery(DiscoveryEvent::RecordAdded(_, answer)) => told.push(answer.name),
            News::Discovery(_) | News::Publication(_) => panic!("no other news"),
        }
    }
    let told: Vec<_> = told.iter().map(Name::to_string).collect();
    assert_eq!(told, ["Box.local", "Box.local"]);
}

/// Returns how many of the packets sent until then ask for a name.
fn asks_for(agent: &mut Agent, wanted: &Name, end: Instant) -> usize {
    let (mut count, mut buf) = (0, Vec::new());
    while let Some(deadline) = agent.poll_timeout().filter(|deadline| deadline.at <= end) {
        agent.handle_timeout(deadline.at);
        while agent.poll_transmit(deadline.at, &mut buf).is_some() {
            let message = Message::parse(&buf).unwrap();
            let questions = message.questions().flatten();
            count += questions
                .filter(|question| question.name.matches(wanted))
                .count();
        }
    }
    count
}

// RFC 2782: "A Target of "." means that the service is decidedly not available at this domain."
#[test]
fn a_service_on_no_host_is_not_available_until_it_names_one() {
    let mut agent = agent_on(&[LAN]);
    browse(&mut agent, Instant::ZERO);
    let nowhere = service(b"web", Name::root());
    hear(&mut agent, at_ms(100), LAN, &response(120, &nowhere));
    assert_eq!(reported(&mut agent), ["found web", "unavailable web"]);
    assert_eq!(asks_for(&mut agent, &Name::root(), at_ms(5_000)), 0);

    // A request that starts later also gets the report, once.
    hear(&mut agent, at_ms(5_100), LAN, &response(120, &nowhere));
    assert!(reported(&mut agent).is_empty());
    browse(&mut agent, at_ms(5_200));
    assert_eq!(reported(&mut agent), ["found web", "unavailable web"]);

    let somewhere = service(b"web", name("host.local"));
    hear(&mut agent, at_ms(7_000), LAN, &response(120, &somewhere));
    assert_eq!(reported(&mut agent), ["added web x1", "added web x1"]);
    hear(&mut agent, at_ms(9_000), LAN, &response(120, &nowhere));
    run(&mut agent, at_ms(11_000));
    let news = reported(&mut agent);
    assert_eq!(news, ["removed web Unavailable", "removed web Unavailable"]);
}
