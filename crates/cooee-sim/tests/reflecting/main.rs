//! The reflector on virtual links: what crosses, what does not, and that nothing goes round.

use cooee_proto::dnssd::event::RequestId;
use cooee_proto::reflect::{Refusal, Rule, RuleStats, ServiceFilter};
use cooee_sim::{Listener, Policy, Reflecting, Responder, Setup, World, seed};
use cooee_wire::{Class, Name, RData, Record, Ttl};

mod asking;
mod beside;
mod crossing;
mod loops;
mod model;
mod zones;

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// Returns a record that has one owner.
fn unique(owner: &str, ttl_secs: u32, data: RData) -> Record {
    Record {
        name: name(owner),
        class: Class::IN,
        cache_flush: true,
        ttl: Ttl(ttl_secs),
        data,
    }
}

/// A filter for service types such as `_http._tcp`.
fn types<const N: usize>(types: [&str; N]) -> ServiceFilter {
    ServiceFilter::of_types(types.map(|text| text.parse().expect("a service type")))
}

/// Returns a rule of a reflector between two of its links.
fn rule(world: &World, host: &str, from: &str, to: &str, filter: ServiceFilter) -> Rule {
    Rule::new(world.link_id(host, from), world.link_id(host, to), filter)
}

/// Returns the links `home` and `lab` with the reflector `router`, which shows the HTTP services of
/// `lab` to `home`.
fn two_links(seed: impl Into<cooee_sim::Seed>) -> World {
    let mut world = World::new(seed);
    world.link("home").link("lab");
    world.host("router", Reflecting::new).on("home").on("lab");
    let rules = vec![rule(&world, "router", "lab", "home", types(["_http._tcp"]))];
    set_rules(&mut world, "router", rules);
    world
}

fn set_rules(world: &mut World, host: &str, rules: Vec<Rule>) {
    world.with(host, |router: &mut Reflecting, _| router.set_rules(rules));
}

fn stats(world: &World, host: &str) -> RuleStats {
    world.node::<Reflecting>(host).stats()[0]
}

/// Attaches a foreign host with one service, which is named like it.
fn serving(world: &mut World, host: &str, service_type: &str, link: &str, policy: Policy) {
    let make = |setup: Setup<'_>| {
        Responder::new(setup)
            .with_policy(policy)
            .service(setup.name, service_type)
    };
    world.host(host, make).on(link);
}

/// Attaches an agent that browses.
fn browsing(world: &mut World, host: &str, service_type: &str, link: &str) -> RequestId {
    world.host(host, Listener::new).on(link);
    world.with(host, |me: &mut Listener, now| me.browse(now, service_type))
}

/// Returns the labels of the services that a browse has resolved, in order.
fn found(world: &World, host: &str, request: RequestId) -> Vec<String> {
    let services = world.node::<Listener>(host).services(request);
    let labels = services
        .iter()
        .map(|service| service.instance.label().into_owned());
    let mut labels: Vec<String> = labels.collect();
    labels.sort();
    labels
}
