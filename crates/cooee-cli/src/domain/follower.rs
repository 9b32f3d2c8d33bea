//! Follows the services of a domain: which questions to ask and when, and what has changed.
//!
//! In:  answers and failures, the time.
//! Out: questions that are due; reports, as for the services of a link. RFC 6763 sections 4, 5, 7.1
//!      and 9.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::mem;
use std::time::Instant;

use cooee::{Family, InstanceName, Name, RecordType, ServiceType};

use super::message::{DnsQuestion, ZoneRecords};
use super::resolver::LookedUp;
use super::services::{ZoneService, addresses, attributes, first_choice};
use super::slot::{EXPIRED, NO_ADDRESS, UNANSWERED, Wanted, ZoneSlot, poll_min};
use crate::args::{BrowsingDomain, NAME_BYTES_MAX};
use crate::families::Families;
use crate::output::{Action, Instance, Report};
use crate::target::BrowseTarget;

/// What is wanted of a domain.
#[derive(Clone, Debug)]
pub(super) enum ZoneGoal {
    /// The types of its services.
    Types,
    /// The services of every type.
    All,
    /// The services of one type.
    Type(BrowseTarget),
    /// One service.
    Instance(InstanceName),
}

/// Follows a domain.
pub(super) struct ZoneFollower {
    domain: BrowsingDomain,
    goal: ZoneGoal,
    families: Families,
    slots: HashMap<DnsQuestion, ZoneSlot>,
    types: BTreeSet<ServiceType>,
    instances: BTreeMap<Name, ZoneInstance>,
    reports: VecDeque<Report>,
    warnings: VecDeque<String>,
    warned: BTreeSet<String>,
    failure: Option<String>,
}

/// An instance, and what was reported of it.
struct ZoneInstance {
    instance: Instance,
    service: Option<ZoneService>,
    is_unavailable: bool,
}

/// What the records say about a service.
enum ServiceState {
    /// Not everything is known yet.
    Open,
    Complete(ZoneService),
    /// Something is missing, for this reason.
    Incomplete(&'static str),
    /// Its SRV record names no host.
    Unavailable,
}

impl ZoneFollower {
    /// Starts with nothing known.
    pub(super) fn new(
        domain: BrowsingDomain,
        goal: ZoneGoal,
        families: Families,
        now: Instant,
    ) -> Self {
        let mut follower = Self {
            domain,
            goal,
            families,
            slots: HashMap::new(),
            types: BTreeSet::new(),
            instances: BTreeMap::new(),
            reports: VecDeque::new(),
            warnings: VecDeque::new(),
            warned: BTreeSet::new(),
            failure: None,
        };
        follower.refresh(now, HashMap::new());
        follower
    }

    /// Returns the next question that is due, which counts as asked from now on.
    pub(super) fn next_question(&mut self, now: Instant) -> Option<DnsQuestion> {
        let waiting = self.slots.iter_mut().filter(|(_, slot)| !slot.is_asked);
        let (question, slot) = waiting.min_by_key(|(asked, slot)| (slot.due, rank(asked.rtype)))?;
        if slot.due > now {
            return None;
        }
        slot.is_asked = true;
        Some(question.clone())
    }

    /// Returns when the next question is due, if one is not asked yet.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let waiting = self.slots.values().filter(|slot| !slot.is_asked);
        waiting.map(|slot| slot.due).min()
    }

    /// Takes the answer to a question, or why there is none.
    pub(super) fn on_answer(
        &mut self,
        now: Instant,
        question: &DnsQuestion,
        answer: Result<LookedUp, String>,
    ) {
        let wait_min = poll_min(self.slots.len());
        let Some(slot) = self.slots.get_mut(question) else {
            return;
        };
        slot.is_asked = false;
        if slot.failures > 0 {
            self.failure = None;
        }
        let was_tried = mem::replace(&mut slot.was_tried, true);
        match answer {
            Ok(found) => {
                let is_news = slot.accept(now, wait_min, found.records);
                if is_news || !was_tried || !found.others.is_empty() {
                    self.update(now, question, found.others);
                }
            }
            Err(failure) => {
                let is_news = slot.fail(now);
                self.fail(failure);
                if is_news || !was_tried {
                    self.update(now, question, HashMap::new());
                }
            }
        }
    }

    /// Returns the next report.
    pub(super) fn next_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    /// Returns the next failure that has not been there before.
    pub(super) fn next_warning(&mut self) -> Option<String> {
        self.warnings.pop_front()
    }

    /// Returns whether every question was answered, or has failed, at least once.
    pub(super) fn is_round_over(&self) -> bool {
        self.slots.values().all(|slot| slot.was_tried)
    }

    /// Returns an instance that says that it is not available.
    pub(super) fn unavailable(&self) -> Option<InstanceName> {
        let mut all = self.instances.values();
        let found = all.find(|shown| shown.is_unavailable)?;
        Some(found.instance.key.clone())
    }

    /// Returns why nothing was found: the latest failure, or what the domain does not have.
    pub(super) fn why_nothing(&self) -> Option<String> {
        if self.failure.is_some() {
            return self.failure.clone();
        }
        let absent = |question: &DnsQuestion| {
            let (known, _) = self.slots.get(question)?.known.as_ref()?;
            known.data.is_empty().then(|| {
                let DnsQuestion { name, rtype } = question;
                if known.name_exists {
                    format!("`{name}` has no {rtype} record")
                } else {
                    format!("`{name}` does not exist")
                }
            })
        };
        let mut asked: Vec<&DnsQuestion> = self.slots.keys().collect();
        asked.sort_by_key(|question| rank(question.rtype));
        asked.into_iter().find_map(absent)
    }

    fn fail(&mut self, failure: String) {
        self.failure = Some(failure.clone());
        self.warn(failure);
    }

    fn warn(&mut self, warning: String) {
        if self.warned.len() < WARNINGS_MAX && self.warned.insert(warning.clone()) {
            self.warnings.push_back(warning);
        }
    }

    /// Reports what the answer to one question changes. Questions that nothing needs any more remain
    /// until the next list.
    fn update(
        &mut self,
        now: Instant,
        question: &DnsQuestion,
        others: HashMap<DnsQuestion, ZoneRecords>,
    ) {
        let is_one = matches!(self.goal, ZoneGoal::Instance(_));
        if is_one || question.rtype == RecordType::PTR {
            return self.refresh(now, others);
        }
        let mut wanted = Wanted::all(now, mem::take(&mut self.slots), others);
        let names = match question.rtype {
            RecordType::SRV | RecordType::TXT => vec![question.name.clone()],
            _ => {
                let host = Some(&question.name);
                let names = self.instances.keys();
                let names = names.filter(|name| wanted.target(name).as_ref() == host);
                names.cloned().collect()
            }
        };
        for name in names {
            let state = self.state(&name, &mut wanted);
            if let Some(shown) = self.instances.get_mut(&name) {
                self.reports.extend(shown.enter(state));
            }
        }
        self.slots = wanted.into_slots();
    }

    /// Derives the questions from what is known, and reports what has changed. `others` are records
    /// that save questions.
    fn refresh(&mut self, now: Instant, others: HashMap<DnsQuestion, ZoneRecords>) {
        let mut wanted = Wanted::new(now, mem::take(&mut self.slots), others);
        let mut found = BTreeMap::new();
        match self.goal.clone() {
            ZoneGoal::Types => {
                let types = self.listed_types(&mut wanted);
                self.report_types(types);
            }
            ZoneGoal::All => {
                for service_type in self.listed_types(&mut wanted) {
                    self.list(service_type.name(), None, &mut wanted, &mut found);
                }
            }
            ZoneGoal::Type(target) => {
                let name = match &target.subtype {
                    Some(subtype) => target.service_type.subtype_name(subtype),
                    None => target.service_type.name().clone(),
                };
                self.list(&name, Some(&target.text), &mut wanted, &mut found);
            }
            ZoneGoal::Instance(instance) => {
                let name = self.domain.name_of(instance.name());
                found.extend(name.map(|name| (name, Instance::new(&instance, None))));
            }
        }
        self.report_instances(found, &mut wanted);
        self.slots = wanted.into_slots();
    }

    /// Returns the types that the domain lists: only the first two labels count (RFC 6763 section 9).
    fn listed_types(&self, wanted: &mut Wanted) -> BTreeSet<ServiceType> {
        let Some(name) = self.domain.name_of(&LISTING) else {
            return BTreeSet::new();
        };
        let listed = wanted.slot(&name, RecordType::PTR).pointers();
        let types = listed.filter_map(|listed| ServiceType::from_name(&on_link(listed, 2)?));
        types.take(TYPES_MAX).collect()
    }

    /// Adds the instances that are listed under a name of the link.
    fn list(
        &mut self,
        name: &Name,
        type_text: Option<&str>,
        wanted: &mut Wanted,
        found: &mut BTreeMap<Name, Instance>,
    ) {
        let Some(name) = self.domain.name_of(name) else {
            return;
        };
        for listed in wanted.slot(&name, RecordType::PTR).pointers() {
            // An instance may be in another domain (RFC 6763 section 4.1), but not on a link.
            let instance = on_link(listed, 3).and_then(|name| InstanceName::from_name(&name));
            let Some(instance) = instance else {
                continue;
            };
            if !is_askable(listed) {
                continue;
            }
            if found.len() >= INSTANCES_MAX {
                self.warn(format!("only {INSTANCES_MAX} services are followed"));
                return;
            }
            found.insert(listed.clone(), Instance::new(&instance, type_text));
        }
    }

    fn report_types(&mut self, types: BTreeSet<ServiceType>) {
        let report = |action, service_type: &ServiceType| Report::Type {
            action,
            service_type: service_type.to_string(),
        };
        let gone = self.types.difference(&types);
        self.reports
            .extend(gone.map(|gone| report(Action::Remove, gone)));
        let come = types.difference(&self.types);
        self.reports
            .extend(come.map(|come| report(Action::Add, come)));
        self.types = types;
    }

    fn report_instances(&mut self, found: BTreeMap<Name, Instance>, wanted: &mut Wanted) {
        let why = wanted.why_gone();
        let before = mem::take(&mut self.instances);
        let (mut kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = before
            .into_iter()
            .partition(|(name, _)| found.contains_key(name));
        for (_, mut gone) in gone {
            self.reports.extend(gone.remove(why));
            let instance = gone.instance;
            self.reports.push_back(Report::Lost { instance, why });
        }
        let is_listed = !matches!(self.goal, ZoneGoal::Instance(_));
        for (name, instance) in found {
            let state = self.state(&name, wanted);
            let shown = kept.entry(name).or_insert_with(|| {
                let found = is_listed.then(|| Report::Found(instance.clone()));
                self.reports.extend(found);
                ZoneInstance::new(instance)
            });
            self.reports.extend(shown.enter(state));
        }
        self.instances = kept;
    }

    /// Returns what is known about a service, and asks for the rest.
    fn state(&self, name: &Name, wanted: &mut Wanted) -> ServiceState {
        let slot = wanted.slot(name, RecordType::TXT);
        let (txt, mut is_stale) = (slot.known_data().map(attributes), slot.is_stale);
        let slot = wanted.slot(name, RecordType::SRV);
        is_stale |= slot.is_stale;
        let Some(srv) = slot.known_data().map(first_choice) else {
            return ServiceState::Open;
        };
        if is_stale {
            return ServiceState::Incomplete(UNANSWERED);
        }
        let Some(srv) = srv else {
            return ServiceState::Incomplete(EXPIRED);
        };
        if srv.target.is_root() {
            return ServiceState::Unavailable;
        }
        let (mut records, mut is_known) = (Vec::new(), true);
        for family in self.families.wanted().filter(|_| is_askable(&srv.target)) {
            let rtype = match family {
                Family::V4 => RecordType::A,
                Family::V6 => RecordType::AAAA,
            };
            let slot = wanted.slot(&srv.target, rtype);
            is_known &= slot.was_tried;
            is_stale |= slot.is_stale;
            records.extend_from_slice(slot.known_data().unwrap_or_default());
        }
        let addresses = addresses(records.iter());
        match txt {
            Some(_) if is_known && addresses.is_empty() => {
                ServiceState::Incomplete(if is_stale { UNANSWERED } else { NO_ADDRESS })
            }
            Some(txt) if is_known => ServiceState::Complete(ZoneService {
                srv,
                txt,
                addresses,
            }),
            Some(_) | None => ServiceState::Open,
        }
    }
}

impl ZoneInstance {
    fn new(instance: Instance) -> Self {
        Self {
            instance,
            service: None,
            is_unavailable: false,
        }
    }

    /// Returns what to report when the service is in this state.
    fn enter(&mut self, state: ServiceState) -> Vec<Report> {
        let was_unavailable = mem::take(&mut self.is_unavailable);
        match state {
            ServiceState::Open => {
                self.is_unavailable = was_unavailable;
                Vec::new()
            }
            ServiceState::Complete(service) => {
                let shown = service.report(&self.instance);
                let changed = self.service.as_ref().map(|before| service.changes(before));
                self.service = Some(service);
                match changed {
                    None => vec![Report::Resolved(shown)],
                    Some(changed) if changed.is_empty() => Vec::new(),
                    Some(changed) => vec![Report::Updated {
                        service: shown,
                        changed,
                    }],
                }
            }
            ServiceState::Incomplete(why) => self.remove(why).into_iter().collect(),
            ServiceState::Unavailable => {
                self.is_unavailable = true;
                let removed = self.remove("not available");
                let unavailable = Report::Unavailable(self.instance.clone());
                let unavailable = (!was_unavailable).then_some(unavailable);
                removed.into_iter().chain(unavailable).collect()
            }
        }
    }

    /// Returns that the service is gone, if it was there.
    fn remove(&mut self, why: &'static str) -> Option<Report> {
        let last = self.service.take()?;
        let service = last.report(&self.instance);
        Some(Report::Removed { service, why })
    }
}

/// Returns the order of questions: first those from whose answers others follow.
fn rank(rtype: RecordType) -> u8 {
    match rtype {
        RecordType::PTR => 0,
        RecordType::SRV => 1,
        RecordType::TXT => 2,
        _ => 3,
    }
}

/// Returns the first labels of a name as they would be on a link.
fn on_link(name: &Name, labels: usize) -> Option<Name> {
    let local = Name::LOCAL;
    let labels = name.labels().take(labels).chain(local.labels());
    Name::from_labels(labels).ok()
}

/// Returns whether a name may be asked for in unicast DNS.
fn is_askable(name: &Name) -> bool {
    name.wire_len() <= NAME_BYTES_MAX && !name.ends_with(&Name::LOCAL)
}

/// Where a domain lists its types.
const LISTING: Name = Name::from_static(&(b"\x09_services\x07_dns-sd\x04_udp\x05local\0" as &[u8]));

/// How many services are followed, and how many types.
const INSTANCES_MAX: usize = 1_000;
const TYPES_MAX: usize = 300;

/// How many different failures are reported.
const WARNINGS_MAX: usize = 16;

#[cfg(test)]
mod tests;
