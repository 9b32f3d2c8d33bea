//! The names that are claimed, each once, with everything that is published under it.
//!
//! In:  entries of whatever group, when they come, change and go.
//! Out: one registration for each claimed name and interface. Entries of one name share its claim, as
//!      the addresses of a host do, or a service and further records of it.
//!      RFC 6762 sections 8.1 (one claim) and 8.4 (changes).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use cooee::{
    Family, Mdns, Name, RData, RegisterError, RegisterRecord, Registered, RegisteredName,
    StatusStream, Subtype, Ttl, UpdateError,
};

use super::entry::{Entry, OwnHost, ServiceEntry};

/// Every name that is claimed.
pub(crate) struct ClaimedNames {
    mdns: Mdns,
    /// The name of this host, as soon as it is known.
    own_host: RefCell<Option<OwnHost>>,
    by_key: RefCell<HashMap<ClaimKey, Weak<ClaimedName>>>,
}

/// A name, and the interface to which its claim is limited.
type ClaimKey = (Name, Option<u32>);

/// A claimed name, and what is published under it: over one family if all of it is for that one, and
/// otherwise over both, since a name is claimed once.
struct ClaimedName {
    names: Rc<ClaimedNames>,
    key: ClaimKey,
    /// The name of this host, as who began it knew it.
    own_host: OwnHost,
    guard: RefCell<Option<Guard>>,
    /// The only family over which it is published now; both if `None`.
    over: Cell<Option<Family>>,
    parts: RefCell<Vec<(u64, Rc<Entry>)>>,
    last_part: Cell<u64>,
}

enum Guard {
    /// A service on this host, with further records of its name.
    Service(Registered),
    /// Any records of a name.
    Records(RegisteredName),
}

/// An entry that is published, until this is dropped.
pub(crate) struct Publication(Kind);

enum Kind {
    /// Nothing of it is claimed.
    Alone(RegisteredName),
    /// It shares the claim of its name.
    Part { name: Rc<ClaimedName>, number: u64 },
}

impl ClaimedNames {
    pub(crate) fn new(mdns: Mdns) -> Rc<Self> {
        Rc::new(Self {
            mdns,
            own_host: RefCell::default(),
            by_key: RefCell::default(),
        })
    }

    /// Lets services that share the claim of other records follow the name of this host. Those that
    /// have a claim of their own do so by themselves.
    pub(crate) fn follow_host(&self, own_host: &OwnHost) {
        let before = self.own_host.replace(Some(own_host.clone()));
        if before.as_ref() == Some(own_host) {
            return;
        }
        let names: Vec<_> = self.by_key.borrow().values().cloned().collect();
        for name in names.iter().filter_map(Weak::upgrade) {
            name.follow_host();
        }
    }

    /// Starts to publish an entry.
    pub(crate) fn publish(
        self: &Rc<Self>,
        entry: &Rc<Entry>,
        own_host: &OwnHost,
    ) -> Result<(Publication, StatusStream), RegisterError> {
        let interface = entry.scope().interface;
        let Some(name) = entry.claimed_name(own_host) else {
            let (alone, status) = entry.alone(&self.mdns)?.start()?;
            return Ok((Publication(Kind::Alone(alone)), status));
        };
        let key = (name.clone(), interface);
        let known = self.by_key.borrow().get(&key).and_then(Weak::upgrade);
        let (name, number, status) = match known {
            Some(known) => {
                let number = known
                    .add(Rc::clone(entry))
                    .map_err(|error| refused(&key.0, &error))?;
                let status = known.status()?;
                (known, number, status)
            }
            None => {
                let parts = vec![(0, Rc::clone(entry))];
                let (guard, status) = Guard::start(&self.mdns, &key, &parts, own_host)?;
                let name = Rc::new(ClaimedName {
                    names: Rc::clone(self),
                    key: key.clone(),
                    own_host: own_host.clone(),
                    guard: RefCell::new(Some(guard)),
                    over: Cell::new(entry.scope().protocol),
                    parts: RefCell::new(parts),
                    last_part: Cell::new(0),
                });
                self.by_key.borrow_mut().insert(key, Rc::downgrade(&name));
                (name, 0, status)
            }
        };
        Ok((Publication(Kind::Part { name, number }), status))
    }
}

impl Publication {
    /// Publishes another entry in its place, which claims the same name or none either.
    pub(crate) fn update(&self, mdns: &Mdns, entry: &Rc<Entry>) -> Result<(), UpdateError> {
        match &self.0 {
            Kind::Alone(alone) => {
                let new = entry.alone(mdns);
                let new = new.map_err(|error| UpdateError::Record {
                    reason: error.to_string(),
                })?;
                alone.update(new).start()
            }
            Kind::Part { name, number } => name.replace(*number, Rc::clone(entry)),
        }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if let Kind::Part { name, number } = &self.0 {
            name.remove(*number);
        }
    }
}

impl ClaimedName {
    fn add(&self, entry: Rc<Entry>) -> Result<u64, UpdateError> {
        if self.parts.borrow().len() >= PARTS_MAX {
            let reason = format!("a name is claimed with at most {PARTS_MAX} entries");
            return Err(UpdateError::Record { reason });
        }
        let number = self.last_part.get().wrapping_add(1);
        self.last_part.set(number);
        self.parts.borrow_mut().push((number, entry));
        self.apply().inspect_err(|_| self.forget(number))?;
        Ok(number)
    }

    fn replace(&self, number: u64, entry: Rc<Entry>) -> Result<(), UpdateError> {
        let mut parts = self.parts.borrow_mut();
        let part = parts.iter_mut().find(|(known, _)| *known == number);
        if let Some((_, part)) = part {
            *part = entry;
        }
        drop(parts);
        self.apply()
    }

    fn forget(&self, number: u64) {
        self.parts
            .borrow_mut()
            .retain(|(known, _)| *known != number);
    }

    /// Takes an entry out. With the last one, everything is dropped.
    fn remove(&self, number: u64) {
        self.forget(number);
        if self.parts.borrow().is_empty() {
            return;
        }
        if let Err(error) = self.apply() {
            tracing::debug!(%error, "what stays under a name cannot be published");
        }
    }

    /// Publishes the services on this host under its present name.
    fn follow_host(&self) {
        let shares = matches!(&*self.guard.borrow(), Some(Guard::Records(_)));
        let parts = self.parts.borrow();
        let mut services = parts.iter().filter_map(|(_, part)| part.as_service());
        if !shares || services.all(|service| service.host.is_some()) {
            return;
        }
        if let Err(error) = self.apply() {
            tracing::debug!(%error, "a service cannot follow the name of its host");
        }
    }

    /// Publishes what there is now.
    fn apply(&self) -> Result<(), UpdateError> {
        let known = self.names.own_host.borrow();
        let own_host = known.as_ref().unwrap_or(&self.own_host);
        let parts = self.parts.borrow();
        let mut guard = self.guard.borrow_mut();
        let over = family_of(&parts);
        if self.over.replace(over) != over {
            *guard = None;
        }
        match &*guard {
            Some(Guard::Service(service)) => {
                if let Some(update) = service_update(service, &parts) {
                    return update.start();
                }
            }
            Some(Guard::Records(records)) => {
                let new = request(&self.names.mdns, &self.key, &parts, own_host);
                return records.update(new).start();
            }
            None => {}
        }
        // The service is gone, and other records of its name are not; or the family is another one.
        *guard = None;
        let started = Guard::start(&self.names.mdns, &self.key, &parts, own_host);
        let (new, _) = started.map_err(|error| UpdateError::Record {
            reason: error.to_string(),
        })?;
        *guard = Some(new);
        Ok(())
    }

    /// Returns a stream of its status, beginning with the present one.
    fn status(&self) -> Result<StatusStream, RegisterError> {
        match &*self.guard.borrow() {
            Some(Guard::Service(service)) => Ok(service.status()),
            Some(Guard::Records(records)) => Ok(records.status()),
            None => Err(RegisterError::NameTaken {
                name: self.key.0.clone(),
            }),
        }
    }
}

impl Drop for ClaimedName {
    fn drop(&mut self) {
        let mut by_key = self.names.by_key.borrow_mut();
        if by_key
            .get(&self.key)
            .is_some_and(|known| known.strong_count() == 0)
        {
            by_key.remove(&self.key);
        }
    }
}

impl Guard {
    fn start(
        mdns: &Mdns,
        key: &ClaimKey,
        parts: &[(u64, Rc<Entry>)],
        own_host: &OwnHost,
    ) -> Result<(Self, StatusStream), RegisterError> {
        let only = match parts {
            [(_, only)] => only.as_service(),
            _ => None,
        };
        if let Some(service) = only.filter(|service| service.host.is_none()) {
            let registration = service.registration(own_host);
            let (registered, status) = mdns.register(registration).start()?;
            return Ok((Self::Service(registered), status));
        }
        let (records, status) = request(mdns, key, parts, own_host).start()?;
        Ok((Self::Records(records), status))
    }
}

/// Returns the change that makes a service what its parts are; `None` if they are not one service.
fn service_update(service: &Registered, parts: &[(u64, Rc<Entry>)]) -> Option<cooee::Update> {
    let mut services = parts.iter().filter_map(|(_, part)| part.as_service());
    let own = services.next()?;
    let of = |service: &ServiceEntry| (service.service.scope.protocol, service.port);
    let differs = |(protocol, port), (other, of_other)| protocol != other && port != of_other;
    if services.any(|other| differs(of(own), of(other))) {
        // Those of one name for one family each have several SRV records together.
        return None;
    }
    let mut subtypes: Vec<Subtype> = Vec::new();
    let mut records: Vec<RData> = Vec::new();
    for (_, part) in parts {
        match &**part {
            Entry::Service(ServiceEntry { subtypes: more, .. }) => {
                for subtype in more.iter().filter_map(|subtype| subtype.parse().ok()) {
                    if !subtypes.contains(&subtype) {
                        subtypes.push(subtype);
                    }
                }
            }
            Entry::Record(record) if !records.contains(&record.data) => {
                records.push(record.data.clone());
            }
            Entry::Record(_) => {}
        }
    }
    let update = service.update().no_txt().txt(&own.txt).port(own.port);
    Some(update.subtypes(subtypes).records(records))
}

/// Returns the family for which all entries of a name are; `None` if they are not all for one.
fn family_of(parts: &[(u64, Rc<Entry>)]) -> Option<Family> {
    let mut families = parts.iter().map(|(_, part)| part.scope().protocol);
    let first = families.next().flatten();
    first.filter(|_| families.all(|family| family == first))
}

/// Describes all records of a name, each once.
fn request(
    mdns: &Mdns,
    key: &ClaimKey,
    parts: &[(u64, Rc<Entry>)],
    own_host: &OwnHost,
) -> RegisterRecord {
    let (name, interface) = key;
    let mut records: Vec<(RData, Ttl)> = Vec::new();
    let mut pointers = Vec::new();
    for (_, part) in parts {
        for record in part.own_records(own_host) {
            if !records.iter().any(|(data, _)| *data == record.0) {
                records.push(record);
            }
        }
        if let Entry::Service(service) = &**part {
            for pointer in service.pointers() {
                if !pointers.contains(&pointer) {
                    pointers.push(pointer);
                }
            }
        }
    }
    let mut records = records.into_iter();
    let (first, ttl) = records.next().unwrap_or((RData::Ptr(name.clone()), Ttl(0)));
    let first = mdns.register_record(name.clone(), first).ttl(ttl);
    let all = records.fold(first, |all, (data, ttl)| all.record_with_ttl(data, ttl));
    let pointers = pointers.into_iter();
    let all = pointers.fold(all, |all, (from, to)| all.pointer(from, to));
    let all = match interface {
        Some(index) => all.any_address().interface_index(*index),
        None => all.any_address(),
    };
    match family_of(parts) {
        Some(Family::V4) => all.ipv4_only(),
        Some(Family::V6) => all.ipv6_only(),
        None => all,
    }
}

fn refused(name: &Name, error: &UpdateError) -> RegisterError {
    RegisterError::Record {
        given: name.to_string(),
        reason: error.to_string(),
    }
}

/// How many entries share the claim of a name: each change tells the library of all of them.
const PARTS_MAX: usize = 256;
