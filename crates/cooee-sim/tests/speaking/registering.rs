//! How many packets it takes to register many services.

use cooee_proto::link::Family;
use cooee_sim::{Kind, secs, seed};

use crate::*;

/// What a host has sent to register services. Each packet is one datagram for each family.
#[derive(Debug)]
struct Sent {
    probes: usize,
    announcements: usize,
    bytes: usize,
}

impl Sent {
    fn datagrams(&self) -> usize {
        Family::BOTH.len() * (self.probes + self.announcements)
    }
}

/// Registers this many services at once, whose names begin with the same text.
fn register(services: usize, text_before: &str) -> Sent {
    let mut world = lan(seed!());
    speaking(&mut world, "a").on("lan");
    world.with("a", |me: &mut Speaker, now| {
        let service_type: ServiceType = "_http._tcp".parse().expect("a service type");
        for n in 0..services {
            let host = HostSpec::own("desk.local".parse().expect("a host name"));
            let label = format!("{text_before} {n:05}");
            let mut spec = ServiceSpec::new(&label, service_type.clone(), 8080, host);
            spec.txt = text("path=/");
            let published = me.agent.publish_service(now, spec);
            published.expect("it can be published");
        }
    });
    world.run_for(secs(30));
    assert_eq!(speaker(&world, "a").registered, services);
    let sent = world.sent("a");
    let lens: Vec<usize> = sent.messages().iter().map(|t| t.bytes().len()).collect();
    assert!(lens.iter().all(|len| *len <= IPV6_MESSAGE_MAX));
    let probes = world.sent("a").of_kind(Kind::Probe).count();
    Sent {
        probes,
        announcements: lens.len() - probes,
        bytes: lens.iter().sum(),
    }
}

#[test]
fn ten_thousand_services_are_registered_with_at_most_five_thousand_datagrams() {
    let sent = register(10_000, "Printer");
    assert!(sent.datagrams() <= 5_000, "{sent:?}");
}

#[test]
#[ignore = "prints a table"]
#[allow(clippy::print_stdout, reason = "it is a measurement")]
fn table_of_registering() {
    for text_before in ["Printer", "Printer number"] {
        for services in [100, 1_000, 10_000] {
            let sent = register(services, text_before);
            println!(
                "{text_before}, {services:5} services: {} datagrams; by family {} probes, {} \
                 announcements, {} KiB",
                sent.datagrams(),
                sent.probes,
                sent.announcements,
                sent.bytes / 1_024
            );
        }
    }
}

/// The longest message over IPv6 on a link with an MTU of 1,500 bytes.
const IPV6_MESSAGE_MAX: usize = 1_452;
