//! What runs and what is published on behalf of one `cooee pipe`.
//!
//! In:  commands.
//! Out: streams of their results, in one watch; why a command cannot be executed.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use cooee::{
    Ignored, InstanceName, Mdns, Name, RecordType, Registered, RegisteredName, Registration, Status,
};

use super::command::{Command, Register};
use super::hosts::Hosts;
use super::service::{Given, ServiceNews};
use crate::convert;
use crate::failure::refusal;
use crate::families::{Families, Shown};
use crate::follow::Order;
use crate::output::{Instance, Named, Report};
use crate::publish_output::{self, PublishReport};
use crate::target::{BrowseTarget, HostName, texts};
use crate::watch::{Mapped, SourceId, Watch, once};

/// A report of a stream.
pub(crate) enum SessionEvent {
    /// Everything is withdrawn.
    AllEnded,
    Reports(Vec<Report>),
    PublishReports(Vec<PublishReport>),
    /// Something is no longer published, for the reason in this report.
    Ended {
        what: Entry,
        report: Box<PublishReport>,
    },
}

/// Something published; the number distinguishes those under one name.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    key: PublicationKey,
    serial: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum PublicationKey {
    Service(Name),
    Host(Name),
}

/// A request that listens, by its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Asked {
    Browse(Name),
    Resolve(Name),
    Host(Name),
    Query(Name, RecordType),
    Types,
}

/// What keeps something published.
enum Guard {
    Service(Registered, Rc<Cell<u16>>),
    Host(#[expect(dead_code, reason = "held for its drop")] RegisteredName),
}

/// Everything that runs.
pub(crate) struct Session {
    pub(crate) mdns: Mdns,
    pub(crate) watch: Watch<SessionEvent>,
    families: Families,
    /// Boxed, because a map is never full.
    published: HashMap<PublicationKey, Box<(u64, Guard)>>,
    running: HashMap<Asked, Vec<SourceId>>,
    hosts: Rc<RefCell<Hosts>>,
    serial: u64,
}

impl Session {
    pub(crate) fn new(mdns: Mdns, families: Families) -> Self {
        Self {
            mdns,
            watch: Watch::new(),
            families,
            published: HashMap::new(),
            running: HashMap::new(),
            hosts: Rc::default(),
            serial: 0,
        }
    }

    /// Executes a command, or returns why not.
    pub(crate) fn handle(&mut self, command: Command, line: &str) -> Result<(), String> {
        match command {
            Command::Register(register) => self.register(register, line),
            Command::Update {
                instance,
                txt,
                port,
            } => self.update(&instance, txt, port, line),
            Command::Unregister(instance) => self.withdraw(
                &PublicationKey::Service(instance.name().clone()),
                &instance.to_string(),
            ),
            Command::Browse { target, resolve } => self.browse(target, resolve),
            Command::StopBrowse(target) => self.stop(&Asked::browse(&target)),
            Command::Resolve(instance) => self.resolve(&instance),
            Command::StopResolve(instance) => self.stop(&Asked::Resolve(instance.name().clone())),
            Command::ResolveHost(name) => self.resolve_host(name.0),
            Command::StopResolveHost(name) => self.stop(&Asked::Host(name.0)),
            Command::Query(name, rtype) => self.query(name, rtype),
            Command::StopQuery(name, rtype) => self.stop(&Asked::Query(name, rtype)),
            Command::Types => self.types(),
            Command::StopTypes => self.stop(&Asked::Types),
            Command::PublishHost { name, addresses } => self.publish_host(name.0, addresses, line),
            Command::UnpublishHost(HostName(name)) => {
                self.withdraw(&PublicationKey::Host(name.clone()), &name.to_string())
            }
            // The caller handles these.
            Command::Metrics | Command::Quit => Ok(()),
        }
    }

    /// Handles something that is no longer published.
    pub(crate) fn end(&mut self, entry: &Entry) {
        self.hosts.borrow_mut().on_end(entry.serial);
        let held = self.published.get(&entry.key);
        if held.is_some_and(|held| held.0 == entry.serial) {
            self.published.remove(&entry.key);
        }
    }

    /// Stops everything that listens.
    pub(crate) fn stop_listening(&mut self) {
        let sources: Vec<SourceId> = self.running.drain().flat_map(|(_, ids)| ids).collect();
        for source in sources {
            self.watch.remove(source);
        }
    }

    /// Returns the counters.
    pub(crate) fn metrics(&self) -> PublishReport {
        let metrics = self.mdns.metrics();
        let size = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let ignored = |reason| metrics.engine.ignored.count(reason);
        let counters = [
            ("published", size(self.published.len())),
            ("requests", size(metrics.queues.requests)),
            ("sockets", size(metrics.sockets.open)),
            ("received", metrics.sockets.received),
            ("received_bytes", metrics.sockets.received_bytes),
            ("sent", metrics.sockets.sent),
            ("sent_bytes", metrics.sockets.sent_bytes),
            ("send_errors", metrics.sockets.send_errors),
            ("dropped_by_kernel", metrics.sockets.dropped_by_kernel),
            ("queries_heard", metrics.engine.queries),
            ("responses_heard", metrics.engine.responses),
            ("questions_asked", metrics.engine.questions),
            ("queries_held", metrics.engine.queries_held),
            ("answers_withheld", metrics.engine.answers_withheld),
            (
                "known_answers_unlisted",
                metrics.engine.known_answers_unlisted,
            ),
            ("rate_limited", ignored(Ignored::RateLimited)),
            ("off_link", ignored(Ignored::OffLink)),
            ("malformed", ignored(Ignored::Malformed)),
            ("too_long", ignored(Ignored::TooLong)),
            ("sources", size(metrics.engine.sources)),
            ("malformed_records", metrics.engine.malformed_records),
            ("cache_records", size(metrics.engine.cache_records)),
            ("cache_bytes", size(metrics.engine.cache_bytes)),
            ("evicted", metrics.engine.evicted),
            ("refused", metrics.engine.refused),
            ("replies_dropped", metrics.engine.replies_dropped),
            ("unsent", metrics.engine.unsent),
            ("conflicts", metrics.engine.conflicts),
            (
                "unknown_peers_refused",
                metrics.engine.unknown_peers_refused,
            ),
            ("recent_peers", size(metrics.engine.recent_peers)),
            ("notices_dropped", metrics.engine.notices_dropped),
            ("sent_forgotten", metrics.engine.sent_forgotten),
            ("ended_forgotten", metrics.engine.ended_forgotten),
            ("questions_skipped", metrics.engine.questions_skipped),
            ("truncated_dropped", metrics.engine.truncated_dropped),
            ("lagged", metrics.queues.lagged),
            ("turns", metrics.driver.turns),
        ];
        PublishReport::Metrics(BTreeMap::from(counters))
    }

    fn register(&mut self, register: Register, line: &str) -> Result<(), String> {
        let mut instance = register.instance;
        let mut entry = self.claim(
            PublicationKey::Service(instance.name().clone()),
            &instance.to_string(),
        )?;
        let service_type = instance.service_type();
        let mut registration =
            Registration::new(service_type, instance.label(), register.port).txt(register.txt);
        let subtypes = texts(&register.subtypes);
        for subtype in register.subtypes {
            registration = registration.subtype(subtype);
        }
        if let Some(host) = &register.host {
            registration = registration.host_named(host);
        }
        if !register.addresses.is_empty() {
            registration = registration.addresses(register.addresses.clone());
        }
        if register.no_rename {
            registration = registration.no_rename();
        }
        if register.any_type {
            registration = registration.any_type();
        }
        let started = self.mdns.register(registration).start();
        let (guard, news) = started.map_err(|error| refusal(&error))?;
        let same = guard.instance();
        if same.name().as_wire() == instance.name().as_wire() {
            // There can be thousands: they share the bytes of their names with the library.
            entry.key = PublicationKey::Service(same.name().clone());
            instance = same;
        }
        let port = Rc::new(Cell::new(register.port));
        let guard = Guard::Service(guard, Rc::clone(&port));
        self.published
            .insert(entry.key.clone(), Box::new((entry.serial, guard)));
        let given = Given {
            addresses: register.addresses,
            subtypes,
        };
        let families = self.families;
        let mut service = ServiceNews::new(instance, &port, given, &self.mdns, families);
        let (hosts, command) = (Rc::clone(&self.hosts), Box::<str>::from(line));
        self.watch.add(Mapped::new(news, move |status| {
            if status == Status::Withdrawn {
                return Some(entry.ended(service.unregistered()));
            }
            if let Some(message) = refused(&status) {
                let command = command.to_string();
                return Some(entry.ended(PublishReport::Error { command, message }));
            }
            let is_news = hosts.borrow_mut().on_status(entry.serial, &status);
            Some(SessionEvent::PublishReports(service.said(&status, is_news)))
        }));
        Ok(())
    }

    fn update(
        &mut self,
        instance: &InstanceName,
        txt: cooee::Txt,
        port: Option<u16>,
        line: &str,
    ) -> Result<(), String> {
        let key = PublicationKey::Service(instance.name().clone());
        let held = self.published.get(&key).map(|held| &held.1);
        let Some(Guard::Service(service, held_port)) = held else {
            return Err(format!("`{instance}` is not registered here"));
        };
        let update = service.update().txt(txt);
        let update = match port {
            Some(port) => {
                held_port.set(port);
                update.port(port)
            }
            None => update,
        };
        let (command, name) = (line.to_owned(), Instance::new(&service.instance(), None));
        self.watch.add(once(async move {
            match update.await {
                Ok(()) => SessionEvent::PublishReports(vec![PublishReport::UpdateAnnounced(name)]),
                Err(error) => SessionEvent::PublishReports(vec![PublishReport::Error {
                    command,
                    message: error.to_string(),
                }]),
            }
        }));
        Ok(())
    }

    fn publish_host(
        &mut self,
        name: Name,
        addresses: Vec<std::net::IpAddr>,
        line: &str,
    ) -> Result<(), String> {
        let text = name.to_string();
        let entry = self.claim(PublicationKey::Host(name.clone()), &text)?;
        let reported_addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        let started = self.mdns.register_host(&text, addresses).start();
        let (guard, news) = started.map_err(|error| error.to_string())?;
        self.published.insert(
            entry.key.clone(),
            Box::new((entry.serial, Guard::Host(guard))),
        );
        let mut held = name;
        let command = line.to_owned();
        self.watch.add(Mapped::new(news, move |status| {
            if let Status::HostRegistered(now) | Status::HostRenamed { new: now, .. } = &status {
                held = now.clone();
            }
            if status == Status::Withdrawn {
                let (name, goodbyes) = (Named::new(&held), None);
                return Some(entry.ended(PublishReport::HostUnregistered { name, goodbyes }));
            }
            if let Some(said) = publish_output::waiting(None, Some(&held), &status) {
                return Some(SessionEvent::PublishReports(vec![said]));
            }
            if let Status::HostRegistered(now) = &status {
                return Some(SessionEvent::PublishReports(vec![
                    PublishReport::HostRegistered {
                        name: Named::new(now),
                        addresses: reported_addresses.clone(),
                    },
                ]));
            }
            if let Some(message) = refused(&status) {
                let command = command.clone();
                return Some(entry.ended(PublishReport::Error { command, message }));
            }
            publish_output::of(&status).map(|said| SessionEvent::PublishReports(vec![said]))
        }));
        Ok(())
    }

    fn claim(&mut self, key: PublicationKey, name: &str) -> Result<Entry, String> {
        if self.published.contains_key(&key) {
            return Err(format!("`{name}` is published here already"));
        }
        self.serial = self.serial.wrapping_add(1);
        Ok(Entry {
            key,
            serial: self.serial,
        })
    }

    /// Withdraws something; its stream reports it.
    fn withdraw(&mut self, key: &PublicationKey, name: &str) -> Result<(), String> {
        match self.published.remove(key) {
            Some(_) => Ok(()),
            None => Err(format!("`{name}` is not published here")),
        }
    }

    fn browse(&mut self, target: BrowseTarget, resolve: bool) -> Result<(), String> {
        let asked = self.vacant(Asked::browse(&target))?;
        let mut names = self.mdns.browse_instances(&target.service_type);
        if let Some(subtype) = &target.subtype {
            names = names.subtype(subtype);
        }
        let order = Rc::new(RefCell::new(Order::default()));
        let text = target.text;
        let mut sources = Vec::new();
        let instances = names.start();
        let instances = instances.map_err(|error| error.to_string())?;
        let (kept, named) = (Rc::clone(&order), text.clone());
        sources.push(self.watch.add(Mapped::new(instances, move |event| {
            let report = convert::instance_event(event, Some(&named))?;
            Some(SessionEvent::Reports(kept.borrow_mut().sort(report)))
        })));
        if resolve {
            let mut services = self.mdns.browse(&target.service_type);
            if let Some(subtype) = &target.subtype {
                services = services.subtype(subtype);
            }
            let services = services.start().map_err(|error| error.to_string())?;
            let mut shown = Shown::new(self.families);
            sources.push(self.watch.add(Mapped::new(services, move |event| {
                let report = shown.event(event, Some(&text))?;
                Some(SessionEvent::Reports(order.borrow_mut().sort(report)))
            })));
        }
        self.running.insert(asked, sources);
        Ok(())
    }

    fn resolve(&mut self, instance: &InstanceName) -> Result<(), String> {
        let asked = self.vacant(Asked::Resolve(instance.name().clone()))?;
        let follow = self.mdns.resolve_instance(instance).start();
        let follow = follow.map_err(|error| error.to_string())?;
        let mut shown = Shown::new(self.families);
        let source = self.watch.add(Mapped::new(follow, move |event| {
            let report = shown.event(event, None)?;
            let lost = if let Report::Removed { service, why } = &report {
                let instance = service.instance.clone();
                Some(Report::Lost { instance, why })
            } else {
                None
            };
            Some(SessionEvent::Reports(
                std::iter::once(report).chain(lost).collect(),
            ))
        }));
        self.running.insert(asked, vec![source]);
        Ok(())
    }

    fn resolve_host(&mut self, name: Name) -> Result<(), String> {
        let lookup = self.mdns.lookup_host(&name);
        let lookup = self.families.narrow(lookup);
        let asked = self.vacant(Asked::Host(name))?;
        let follow = lookup.start();
        let follow = follow.map_err(|error| error.to_string())?;
        let source = self.watch.add(Mapped::new(follow, |host| {
            Some(SessionEvent::Reports(vec![convert::host(&host)]))
        }));
        self.running.insert(asked, vec![source]);
        Ok(())
    }

    fn query(&mut self, name: Name, rtype: RecordType) -> Result<(), String> {
        let asked = self.vacant(Asked::Query(name.clone(), rtype))?;
        let records = self.mdns.query(&name, rtype).start();
        let records = records.map_err(|error| error.to_string())?;
        let source = self.watch.add(Mapped::new(records, move |event| {
            let report = convert::record_event(event, &name)?;
            let is_denial = matches!(report, Report::Denied { .. });
            (!is_denial).then(|| SessionEvent::Reports(vec![report]))
        }));
        self.running.insert(asked, vec![source]);
        Ok(())
    }

    fn types(&mut self) -> Result<(), String> {
        let asked = self.vacant(Asked::Types)?;
        let types = self
            .mdns
            .browse_types()
            .start()
            .map_err(|error| error.to_string())?;
        let source = self.watch.add(Mapped::new(types, |event| {
            Some(SessionEvent::Reports(vec![convert::type_event(event)?]))
        }));
        self.running.insert(asked, vec![source]);
        Ok(())
    }

    fn vacant(&self, asked: Asked) -> Result<Asked, String> {
        if self.running.contains_key(&asked) {
            return Err("this request is already running".to_owned());
        }
        Ok(asked)
    }

    fn stop(&mut self, asked: &Asked) -> Result<(), String> {
        let sources = self
            .running
            .remove(asked)
            .ok_or("this request is not running")?;
        for source in sources {
            self.watch.remove(source);
        }
        Ok(())
    }
}

impl Asked {
    fn browse(target: &BrowseTarget) -> Self {
        Self::Browse(match &target.subtype {
            Some(subtype) => target.service_type.subtype_name(subtype),
            None => target.service_type.name().clone(),
        })
    }
}

impl Entry {
    fn ended(&self, report: PublishReport) -> SessionEvent {
        let what = self.clone();
        let report = Box::new(report);
        SessionEvent::Ended { what, report }
    }
}

/// Why nothing is published any more, if a status says that.
fn refused(status: &Status) -> Option<String> {
    match status {
        Status::NameTaken(name) => {
            let name = name.clone();
            Some(cooee::RegisterError::NameTaken { name }.to_string())
        }
        Status::Failed(error) => Some(error.to_string()),
        Status::Registered(_)
        | Status::Renamed { .. }
        | Status::HostRegistered(_)
        | Status::HostRenamed { .. }
        | Status::RecordRegistered
        | Status::Nameless(_)
        | Status::Withdrawn
        | Status::Lagged { .. }
        | _ => None,
    }
}
