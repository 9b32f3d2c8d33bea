//! A host that thousands of services use, and that changes with every packet.

use super::*;

const SERVICES: usize = 1_200;

/// Returns a packet with a service on a host.
fn service(label: &str, host: &str) -> Vec<u8> {
    let instance = name(&alloc::format!("{label}._http._tcp.local"));
    let srv = Srv {
        priority: 0,
        weight: 0,
        port: 80,
        target: name(host),
    };
    let txt = TxtData::from_strings([b"a=1".as_slice()]).unwrap();
    let records = [
        (
            name("_http._tcp.local"),
            false,
            RData::Ptr(instance.clone()),
        ),
        (instance.clone(), true, RData::Srv(srv)),
        (instance, true, RData::Txt(txt)),
    ];
    response(4_500, &records)
}

/// Returns an agent that knows many services on one host.
fn agent_with_a_busy_host() -> (Agent, RequestId) {
    let mut agent = agent_on(&[LAN]);
    let id = browse(&mut agent, Instant::ZERO);
    run(&mut agent, at_ms(500));
    for n in 0..SERVICES {
        let packet = service(&alloc::format!("s{n}"), "host.local");
        hear(&mut agent, at_ms(500), LAN, &packet);
    }
    hear(&mut agent, at_ms(500), LAN, &address(0));
    run(&mut agent, at_ms(5_000));
    assert_eq!(reported(&mut agent).len(), 2 * SERVICES);
    (agent, id)
}

/// Returns a packet with one more address of the host.
fn address(n: u8) -> Vec<u8> {
    let data = RData::A(Ipv4Addr::new(10, 0, 0, 100 + n));
    response(4_500, &[(name("host.local"), false, data)])
}

#[test]
fn changes_of_a_host_wait_while_its_services_are_looked_at_and_none_is_forgotten() {
    let (mut agent, _) = agent_with_a_busy_host();
    hear(&mut agent, at_ms(6_000), LAN, &address(1));
    assert!(!agent.hosts.has_waiting(), "the first change is passed on");
    for n in 2..20 {
        hear(&mut agent, at_ms(6_000), LAN, &address(n));
        assert!(agent.hosts.has_waiting(), "the others wait");
    }
    run(&mut agent, at_ms(6_100));
    assert!(!agent.hosts.has_waiting());
    let reported = reported(&mut agent);
    for n in 0..SERVICES {
        let of_service = alloc::format!("updated s{n} ");
        let last = reported.iter().rfind(|news| news.starts_with(&of_service));
        assert!(last.is_some_and(|news| news.ends_with("x20")), "{last:?}");
    }
    assert!(reported.len() <= 2 * SERVICES, "{}", reported.len());
}

#[test]
fn a_host_that_is_gone_is_not_waited_for() {
    let (mut agent, id) = agent_with_a_busy_host();
    for n in 1..3 {
        hear(&mut agent, at_ms(6_000), LAN, &address(n));
    }
    assert!(agent.hosts.has_waiting());
    agent.stop(at_ms(6_000), id);
    assert!(!agent.hosts.has_waiting());
}

/// Returns a packet with one more address of each of some hosts that have few users.
fn addresses_of_others(n: u8) -> Vec<u8> {
    let address = |host: usize| {
        let data = RData::A(Ipv4Addr::new(10, 0, 1, n));
        (name(&alloc::format!("other{host}.local")), false, data)
    };
    response(4_500, &(0..OTHERS / 16).map(address).collect::<Vec<_>>())
}

const OTHERS: usize = 640;

#[test]
fn a_busy_host_does_not_wait_for_ever_while_other_hosts_change() {
    let (mut agent, _) = agent_with_a_busy_host();
    for n in 0..OTHERS {
        let host = alloc::format!("other{}.local", n / 16);
        let packet = service(&alloc::format!("o{n}"), &host);
        hear(&mut agent, at_ms(5_500), LAN, &packet);
    }
    hear(&mut agent, at_ms(5_500), LAN, &addresses_of_others(0));
    run(&mut agent, at_ms(6_000));
    reported(&mut agent);
    hear(&mut agent, at_ms(6_000), LAN, &addresses_of_others(1));
    hear(&mut agent, at_ms(6_000), LAN, &address(1));
    assert!(agent.hosts.has_waiting());
    for n in 2..60 {
        let now = at_ms(6_000 + u64::from(n) * 5);
        hear(&mut agent, now, LAN, &addresses_of_others(n));
        run(&mut agent, now);
    }
    let told = reported(&mut agent);
    assert!(told.iter().any(|news| news.starts_with("updated s")));
}
