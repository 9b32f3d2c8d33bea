//! The clients, and what each of them has.
//!
//! In:  calls, which make a client known; the bus's word that one has left.
//! Out: its objects, within the limits. When it leaves, everything of it ends.

use std::collections::HashMap;
use std::rc::Rc;

use zbus::Message;

use super::interface::Kind;
use super::object::Object;
use super::voice::{BUS, ObjectAddress, Voice};
use super::{BusCounters, House, Renamed};
use crate::avahi::error::ErrorCode;
use crate::publish::claim::Owner;
use crate::task::Task;

/// Every client that has something here.
pub(super) struct Clients {
    pub(super) house: Rc<House>,
    pub(super) voice: Voice,
    pub(super) renamed: Renamed,
    all: HashMap<u32, Client>,
    by_name: HashMap<Rc<str>, u32>,
    next: u32,
}

/// A client, by its unique name on the bus.
pub(super) struct Client {
    number: u32,
    name: Rc<str>,
    objects: HashMap<u32, Object>,
    /// Calls that wait for an answer.
    calls: Vec<(Task, Rc<()>)>,
    last_object: u32,
    counters: Rc<BusCounters>,
}

impl Clients {
    pub(super) fn new(house: Rc<House>, voice: Voice, renamed: Renamed) -> Self {
        Self {
            house,
            voice,
            renamed,
            all: HashMap::new(),
            by_name: HashMap::new(),
            next: 0,
        }
    }

    /// Returns a client, and makes it known if it is new.
    pub(super) fn enter(&mut self, name: &str) -> Result<&mut Client, ErrorCode> {
        let number = match self.by_name.get(name) {
            Some(number) => *number,
            None => self.add(name)?,
        };
        self.all.get_mut(&number).ok_or(ErrorCode::TooManyClients)
    }

    fn add(&mut self, name: &str) -> Result<u32, ErrorCode> {
        if self.all.len() >= self.house.limits.get().clients_max {
            return Err(ErrorCode::TooManyClients);
        }
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let client = Client {
            number,
            name: Rc::from(name),
            objects: HashMap::new(),
            calls: Vec::new(),
            last_object: 0,
            counters: Rc::clone(&self.house.counters),
        };
        client.counters.count_clients(1);
        self.voice.enter(&client.name);
        self.by_name.insert(Rc::clone(&client.name), number);
        self.all.insert(number, client);
        Ok(number)
    }

    /// Returns the client with a number.
    pub(super) fn numbered(&mut self, number: u32) -> Option<&mut Client> {
        self.all.get_mut(&number)
    }

    /// Returns the last parts of the paths of a client's objects.
    pub(super) fn paths_of(&mut self, number: u32) -> Vec<String> {
        let objects = self
            .numbered(number)
            .into_iter()
            .flat_map(|client| &client.objects);
        let mut parts: Vec<_> = objects
            .map(|(number, object)| format!("{}{number}", object.kind.name()))
            .collect();
        parts.sort();
        parts
    }

    /// Handles a signal of the bus: a client that has left loses everything.
    pub(super) fn hear(&mut self, message: &Message) {
        let header = message.header();
        let is_from_bus = header.sender().is_some_and(|name| name.as_str() == BUS);
        let member = header.member().map(|member| member.as_str());
        if !is_from_bus || member != Some("NameOwnerChanged") {
            return;
        }
        if let Ok((name, _, "")) = message.body().deserialize::<(&str, &str, &str)>() {
            self.remove(name);
        }
    }

    /// Ends everything of a client.
    pub(super) fn remove(&mut self, name: &str) {
        let number = self.by_name.remove(name);
        drop(number.and_then(|number| self.all.remove(&number)));
        self.voice.forget(name);
    }
}

impl Client {
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    pub(super) fn owner(&self) -> Owner {
        Owner::Client(self.number)
    }

    /// Returns whether it is the client with this name on the bus.
    pub(super) fn is(&self, name: &str) -> bool {
        &*self.name == name
    }

    /// Returns the address of its next object, and counts it.
    pub(super) fn next_address(
        &mut self,
        kind: Kind,
        max: usize,
    ) -> Result<ObjectAddress, ErrorCode> {
        self.check_room(max)?;
        self.last_object = self.last_object.wrapping_add(1);
        Ok(self.address_of(self.last_object, kind))
    }

    /// Returns the address of one of its objects.
    pub(super) fn address_of(&self, number: u32, kind: Kind) -> ObjectAddress {
        ObjectAddress {
            path: format!("/Client{}/{}{number}", self.number, kind.name()),
            interface: kind.interface().name,
            client: Rc::clone(&self.name),
        }
    }

    /// Keeps the object whose address was given out last.
    pub(super) fn keep(&mut self, object: Object) {
        self.objects.insert(self.last_object, object);
        self.counters.count_objects(1);
    }

    /// Keeps the work for a call that is answered later, and counts it as an object until then.
    pub(super) fn answer_later(
        &mut self,
        max: usize,
        work: impl Future<Output = ()> + 'static,
    ) -> Result<(), ErrorCode> {
        self.check_room(max)?;
        let mark = Rc::new(());
        let of_task = Rc::clone(&mark);
        let task = Task::spawn(async move {
            work.await;
            drop(of_task);
        });
        self.calls.push((task, mark));
        Ok(())
    }

    /// Returns whether there is this object.
    pub(super) fn has(&self, number: u32, kind: Kind) -> bool {
        let object = self.objects.get(&number);
        object.is_some_and(|object| object.kind == kind)
    }

    pub(super) fn object(&mut self, number: u32, kind: Kind) -> Option<&mut Object> {
        let object = self.objects.get_mut(&number);
        object.filter(|object| object.kind == kind)
    }

    pub(super) fn free(&mut self, number: u32) {
        if self.objects.remove(&number).is_some() {
            self.counters.count_objects(-1);
        }
    }

    /// Checks that one more object is allowed.
    pub(super) fn check_room(&mut self, max: usize) -> Result<(), ErrorCode> {
        self.calls.retain(|(_, mark)| Rc::strong_count(mark) > 1);
        match self.objects.len().saturating_add(self.calls.len()) < max {
            true => Ok(()),
            false => Err(ErrorCode::TooManyObjects),
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let objects = isize::try_from(self.objects.len()).unwrap_or(isize::MAX);
        self.counters.count_objects(objects.saturating_neg());
        self.counters.count_clients(-1);
    }
}
