//! The engine's listening half on virtual links: the requirements of RFC 6762, clause by clause.

use std::time::Duration;

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::transmit::Destination;
use cooee_sim::{Babble, Babbler, HostSetup, Listener, Policy, Responder, Rng, Seed, Setup, World};
use cooee_wire::{Class, Flags, MessageBuilder, Name, RData, Rcode, Record, RecordType, Ttl};

mod airtime;
mod alias;
mod coherence;
mod intake;
mod links;
mod schedule;
mod services;
mod traffic;
mod trust;

/// The name that a browse for `_http._tcp` asks about.
const HTTP: &str = "_http._tcp.local";

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Returns a link with one listening host, `me`.
fn alone(seed: impl Into<Seed>) -> World {
    let mut world = World::new(seed);
    world.link("lan");
    listening(&mut world, "me").on("lan");
    world
}

/// Returns a link with `me` and `printer`, which serves `_http._tcp`.
fn with_printer(seed: impl Into<Seed>) -> World {
    let mut world = alone(seed);
    world
        .host("printer", Responder::serving("_http._tcp"))
        .on("lan");
    world
}

/// Returns a link with `me` and the hosts `h0`, `h1`..., which serve `_http._tcp` with the given
/// behaviour.
fn with_hosts(seed: impl Into<Seed>, count: usize, policy: Policy) -> World {
    let mut world = alone(seed);
    for n in 0..count {
        let policy = policy.clone();
        let make = move |setup: Setup<'_>| {
            Responder::new(setup)
                .with_policy(policy)
                .service(setup.name, "_http._tcp")
        };
        world.host(&format!("h{n}"), make).on("lan");
    }
    world
}

fn listening<'w>(world: &'w mut World, host: &str) -> HostSetup<'w> {
    world.host(host, Listener::new)
}

fn listener<'w>(world: &'w World, host: &str) -> &'w Listener {
    world.node(host)
}

fn query(world: &mut World, host: &str, of: &str, rtype: RecordType) -> RequestId {
    world.with(host, |me: &mut Listener, now| {
        me.query(now, name(of), rtype)
    })
}

fn stop(world: &mut World, host: &str, id: RequestId) {
    world.with(host, |me: &mut Listener, now| me.stop(now, id));
}

fn browse(world: &mut World, host: &str, service_type: &str) -> RequestId {
    world.with(host, |me: &mut Listener, now| me.browse(now, service_type))
}

/// Returns the labels of the services that a request knows, in order.
fn labels(world: &World, host: &str, id: RequestId) -> Vec<String> {
    let services = listener(world, host).services(id);
    let mut labels: Vec<String> = services
        .iter()
        .map(|service| service.instance.label().into_owned())
        .collect();
    labels.sort();
    labels
}

/// Creates a host that multicasts one question at these times from now.
fn asker(world: &mut World, host: &str, of: &str, rtype: RecordType, times: &[Duration]) {
    let mut bytes = Vec::new();
    let mut builder = MessageBuilder::new(&mut bytes, 0, Flags::QUERY, 500);
    builder
        .question(&name(of), rtype, Class::IN, false)
        .expect("room");
    builder.finish();
    let mut before = Duration::ZERO;
    let mut left = Vec::from(times).into_iter();
    let script = move |_: &mut Rng| {
        let at = left.next()?;
        let after = at - std::mem::replace(&mut before, at);
        Some(Babble {
            after,
            to: Destination::Multicast,
            bytes: bytes.clone(),
        })
    };
    world.host(host, Babbler::following(script)).on("lan");
}

fn a_record(owner: &str, ip: &str, ttl_secs: u32) -> Record {
    let data = RData::A(ip.parse().expect("an IPv4 address"));
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(ttl_secs),
        cache_flush: true,
        data,
    }
}

fn ptr_record(owner: &str, target: Name, ttl_secs: u32) -> Record {
    let data = RData::Ptr(target);
    Record {
        name: name(owner),
        class: Class::IN,
        ttl: Ttl(ttl_secs),
        cache_flush: false,
        data,
    }
}

/// This many instances of `_http._tcp`, with their PTR records alone.
fn shared_ptrs(count: usize) -> Vec<Record> {
    let target = |n| name(&format!("an instance with number {n}._http._tcp.local"));
    (0..count)
        .map(|n| ptr_record(HTTP, target(n), 4_500))
        .collect()
}
