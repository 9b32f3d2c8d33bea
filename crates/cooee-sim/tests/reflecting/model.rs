//! A model: links, reflectors and hosts at random, with rules that are switched at random.
//!
//! In:  a seed.
//! Out: a panic if a record crosses without a rule, if an address that is valid on its own link
//!      alone crosses, if packets multiply, or if a service that is allowed is not found within two
//!      seconds.

use std::collections::{BTreeMap, BTreeSet};

use cooee_proto::dnssd::event::{DiscoveryEvent, News, RequestId};
use cooee_proto::reflect::Rule;
use cooee_sim::{
    Listener, Policy, Reflecting, Responder, Rng, Seed, Transmission, World, ms, secs, seed,
};
use cooee_wire::{Message, Name, RData, Record};

use super::{name, serving, set_rules, types};

const TYPES: [&str; 2] = ["_http._tcp", "_ipp._tcp"];

/// A rule, by numbers: the services of a type on one link are shown on another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shown {
    from: usize,
    to: usize,
    of: usize,
}

struct Router {
    name: String,
    links: Vec<usize>,
    shown: BTreeSet<Shown>,
}

struct Service {
    host: String,
    link: usize,
    of: usize,
    is_there: bool,
}

struct Model {
    world: World,
    rng: Rng,
    links: usize,
    routers: Vec<Router>,
    services: Vec<Service>,
    /// What was said on each link: the records of responses, by name and type, and by whom.
    said: Vec<BTreeMap<(Name, u16), BTreeSet<String>>>,
    /// How many transmissions were checked.
    checked: usize,
    host_packets: usize,
    router_packets: usize,
}

impl Model {
    fn new(seed: Seed) -> Self {
        let mut world = World::new(seed);
        let mut rng = Rng::new(world.fork_seed());
        let links = 2 + pick(&mut rng, 3);
        for link in 0..links {
            world.link(&link_name(link));
        }
        let mut model = Self {
            world,
            links,
            routers: Vec::new(),
            services: Vec::new(),
            said: vec![BTreeMap::new(); links],
            checked: 0,
            host_packets: 0,
            router_packets: 0,
            rng,
        };
        for n in 0..=pick(&mut model.rng, 3) {
            model.add_router(n);
        }
        for link in 0..links {
            let host = format!("me{link}");
            model.world.host(&host, Listener::new).on(&link_name(link));
        }
        for n in 0..links * 2 {
            model.add_service(n);
        }
        model
    }

    /// Adds a reflector on two links or more, without rules.
    fn add_router(&mut self, n: usize) {
        let name = format!("router{n}");
        let mut links: Vec<usize> = (0..self.links).collect();
        while links.len() > 2 && pick(&mut self.rng, 2) == 0 {
            links.remove(pick(&mut self.rng, links.len()));
        }
        let mut setup = self.world.host(&name, Reflecting::new);
        for link in &links {
            setup = setup.on(&link_name(*link));
        }
        self.routers.push(Router {
            name,
            links,
            shown: BTreeSet::new(),
        });
    }

    fn add_service(&mut self, n: usize) {
        let (host, link) = (format!("h{n}"), n % self.links);
        let of = pick(&mut self.rng, TYPES.len());
        let policy = Policy {
            nsec: pick(&mut self.rng, 2) == 0,
            ..Policy::default()
        };
        serving(&mut self.world, &host, TYPES[of], &link_name(link), policy);
        self.services.push(Service {
            host,
            link,
            of,
            is_there: true,
        });
    }

    fn step(&mut self) {
        match pick(&mut self.rng, 10) {
            0..=2 => self.switch_rule(),
            3..=4 => self.come_or_go(),
            5..=6 => self.announce(),
            7 => self.ask(),
            8 => self.find_all(),
            _ => {
                let span = ms(self.rng.below(3_000));
                self.world.run_for(span);
            }
        }
        let span = ms(self.rng.below(300));
        self.world.run_for(span);
        self.check();
    }

    fn switch_rule(&mut self) {
        let router = pick(&mut self.rng, self.routers.len());
        let router = &mut self.routers[router];
        let from = router.links[pick(&mut self.rng, router.links.len())];
        let to = router.links[pick(&mut self.rng, router.links.len())];
        let of = pick(&mut self.rng, TYPES.len());
        if from == to {
            return;
        }
        let shown = Shown { from, to, of };
        if !router.shown.remove(&shown) {
            router.shown.insert(shown);
        }
        let rules: Vec<Rule> = router
            .shown
            .iter()
            .map(|shown| {
                let [from, to] = [shown.from, shown.to].map(link_name);
                super::rule(
                    &self.world,
                    &router.name,
                    &from,
                    &to,
                    types([TYPES[shown.of]]),
                )
            })
            .collect();
        let name = router.name.clone();
        set_rules(&mut self.world, &name, rules);
    }

    /// Lets a service come, or go with a goodbye.
    fn come_or_go(&mut self) {
        let which = pick(&mut self.rng, self.services.len());
        let service = &mut self.services[which];
        service.is_there = !service.is_there;
        let (is_there, of) = (service.is_there, TYPES[service.of]);
        self.world.with(&service.host, |host: &mut Responder, now| {
            if is_there {
                let label = host.host().first_label().expect("a label").to_vec();
                let label = String::from_utf8(label).expect("text");
                let records = cooee_sim::ServiceRecords::new(&label, of, host.host());
                let records = records.records(host.policy());
                host.add(records);
                host.announce(now);
            } else {
                host.goodbye(now);
            }
        });
    }

    fn announce(&mut self) {
        let which = pick(&mut self.rng, self.services.len());
        let host = &self.services[which].host;
        self.world
            .with(host, |host: &mut Responder, now| host.announce(now));
    }

    /// Looks for a type on one link, and stops at once.
    fn ask(&mut self) {
        let me = format!("me{}", pick(&mut self.rng, self.links));
        let of = TYPES[pick(&mut self.rng, TYPES.len())];
        self.world.with(&me, |me: &mut Listener, now| {
            let request = me.browse(now, of);
            me.stop(now, request);
        });
    }

    /// Looks for everything on all links, and checks after two seconds that what is allowed was
    /// found.
    fn find_all(&mut self) {
        let mut browses: Vec<(usize, usize, RequestId)> = Vec::new();
        for link in 0..self.links {
            for (of, text) in TYPES.into_iter().enumerate() {
                let me = format!("me{link}");
                let request = self
                    .world
                    .with(&me, |me: &mut Listener, now| me.browse(now, text));
                browses.push((link, of, request));
            }
        }
        self.world.run_for(secs(2));
        for (link, of, request) in browses {
            let me = format!("me{link}");
            let found = self.ever_found(&me, request);
            let origins = self.origins(link, of);
            for service in &self.services {
                let is_due =
                    service.of == of && service.is_there && origins.contains(&service.link);
                assert!(
                    !is_due || found.contains(&service.host),
                    "{} on link {} is not found on link {link}: {found:?}; {}",
                    service.host,
                    service.link,
                    self.rules()
                );
            }
            self.world
                .with(&me, |me: &mut Listener, now| me.stop(now, request));
        }
    }

    /// Returns the labels of the services that a browse has resolved so far. One may be gone again
    /// at the end, because an old record of it has expired.
    fn ever_found(&self, host: &str, request: RequestId) -> BTreeSet<String> {
        let news = self.world.node::<Listener>(host).news().iter();
        let its = news.filter(|(_, event)| event.request == request);
        let added = its.filter_map(|(_, event)| match &event.news {
            News::Discovery(DiscoveryEvent::Added(service)) => Some(service),
            News::Discovery(_) | News::Publication(_) => None,
        });
        let labels = added.map(|service| service.instance.label().into_owned());
        labels.collect()
    }

    /// Returns the links whose services of a type must be found on a link: by a rule, or by the
    /// rules of two reflectors with a link in between.
    ///
    /// A reflector does not pass on what it has sent itself. So the first of the two must not show
    /// the services on the link in between as well: the other one is silent then.
    fn origins(&self, link: usize, of: usize) -> BTreeSet<usize> {
        let shows = |router: &Router, from: usize, to: usize| {
            router.shown.contains(&Shown { from, to, of })
        };
        let all = || self.routers.iter();
        let mut origins = BTreeSet::from([link]);
        for origin in 0..self.links {
            let is_shown = all().any(|router| shows(router, origin, link));
            let mut between = (0..self.links).flat_map(|between| {
                let near = all().filter(move |near| shows(near, between, link));
                near.map(move |near| (between, near))
            });
            let is_shown_by_two = between.any(|(between, near)| {
                !shows(near, origin, between) && all().any(|far| shows(far, origin, between))
            });
            if is_shown || is_shown_by_two {
                origins.insert(origin);
            }
        }
        origins
    }

    fn rules(&self) -> String {
        let rules = self.routers.iter().flat_map(|router| {
            let shown = router.shown.iter();
            shown.map(|shown| format!("{}: {shown:?}", router.name))
        });
        rules.collect::<Vec<_>>().join(", ")
    }

    /// Checks what was sent since the last time.
    fn check(&mut self) {
        let all = self.world.recording().transmissions();
        let new: Vec<Transmission> = all[self.checked..].to_vec();
        self.checked = all.len();
        for transmission in new {
            let host = transmission.host.as_deref().expect("a host sent it");
            let router = self.routers.iter().find(|router| router.name == host);
            let link = (0..self.links).find(|link| *link_name(*link) == *transmission.link);
            let link = link.expect("a link");
            match router {
                Some(router) => {
                    self.router_packets += transmission.packets.len();
                    self.check_crossing(router, link, &transmission);
                }
                None => self.host_packets += transmission.packets.len(),
            }
            for record in records(&transmission) {
                let key = (record.name.clone(), record.rtype().0);
                let said = self.said[link].entry(key).or_default();
                said.insert(host.to_owned());
            }
        }
        let limit = self.host_packets * self.routers.len() * self.links;
        assert!(
            self.router_packets <= limit,
            "{} packets of reflectors for {} of hosts",
            self.router_packets,
            self.host_packets
        );
        for router in &self.routers {
            let node = self.world.node::<Reflecting>(&router.name);
            let most = node.most_for_one();
            assert!(most < router.links.len() as u64, "{most} for one");
        }
    }

    fn check_crossing(&self, router: &Router, link: usize, transmission: &Transmission) {
        let message = Message::parse(transmission.bytes()).expect("a message");
        for question in message.questions() {
            let asked = question.expect("whole").name.to_name().expect("a name");
            let is_allowed = router
                .shown
                .iter()
                .any(|shown| shown.from == link && self.is_about(&asked, shown.of));
            let is_repeated = !message.header().flags.is_response();
            assert!(
                is_allowed || !is_repeated,
                "{asked} is asked on link {link}"
            );
        }
        for record in records(transmission) {
            assert!(!matches!(record.data, RData::Aaaa(_)), "{record:?} crosses");
            let key = (record.name.clone(), record.rtype().0);
            let is_allowed = router.shown.iter().any(|shown| {
                shown.to == link
                    && self.is_about(subject(&record), shown.of)
                    && self.said[shown.from]
                        .get(&key)
                        .is_some_and(|hosts| hosts.iter().any(|host| *host != router.name))
            });
            assert!(is_allowed, "{record:?} is on link {link} without a rule");
        }
    }

    /// Returns whether a name is that of a type, or of a service of it, or of its host.
    fn is_about(&self, asked: &Name, of: usize) -> bool {
        let of_type = name(&format!("{}.local", TYPES[of]));
        let services = self.services.iter().filter(|service| service.of == of);
        let mut hosts = services.map(|service| name(&format!("{}.local", service.host)));
        asked.ends_with(&of_type) || hosts.any(|host| host == *asked)
    }
}

/// Returns the records of a response.
fn records(transmission: &Transmission) -> Vec<Record> {
    let Ok(message) = Message::parse(transmission.bytes()) else {
        return Vec::new();
    };
    if !message.header().flags.is_response() {
        return Vec::new();
    }
    let records = message.records().filter_map(Result::ok);
    records
        .filter_map(|(_, record)| record.to_record().ok())
        .collect()
}

/// Returns the name that a record is about: in the list of types, the type.
fn subject(record: &Record) -> &Name {
    let is_list = record.name == name("_services._dns-sd._udp.local");
    match (&record.data, is_list) {
        (RData::Ptr(listed), true) => listed,
        _ => &record.name,
    }
}

fn link_name(link: usize) -> String {
    format!("link{link}")
}

fn pick(rng: &mut Rng, count: usize) -> usize {
    let count = u64::try_from(count).expect("few");
    usize::try_from(rng.below(count)).expect("few")
}

/// Runs worlds with consecutive seeds; the first is chosen by `COOEE_SEED`.
fn run(first: Seed, worlds: u64, steps: usize) {
    for n in 0..worlds {
        let mut model = Model::new(Seed::of(first.number().wrapping_add(n)));
        for _ in 0..steps {
            model.step();
        }
    }
}

#[test]
fn whatever_is_switched_only_what_is_allowed_crosses_and_all_of_it_is_found() {
    run(seed!(), 12, 250);
}

#[test]
#[ignore = "takes minutes; a million steps"]
fn a_million_steps_of_the_model() {
    run(seed!(), 1_000, 1_000);
}
